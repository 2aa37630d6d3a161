//! Where the page of a show leads, and where its scripts ask.

use super::super::exchange::Exchange;
use super::super::plan;
use crate::domain::catalogue::ShowPlan;

/// Where the page and its parts are.
pub(super) struct Ways {
    /// The page itself.
    pub(super) here: String,
    /// The page that looks for the best seats.
    pub(super) search: String,
    /// Where the form goes.
    pub(super) action: String,
    /// The hall's plan.
    pub(super) plan: String,
    /// The seats as they change.
    pub(super) seats: String,
    /// The best seats.
    pub(super) best: String,
    /// The seats can only be asked for, not be listened to.
    pub(super) only_asked: bool,
}

impl Ways {
    /// Those of a show; for a basket or a booking that is to have other seats they are its own, and `is_live` for somebody
    /// whose turn has not ended.
    pub(super) fn of(plan: &ShowPlan, exchange: Option<&Exchange>, is_live: bool) -> Self {
        let show = plan.show.show_id;
        let Some(exchange) = exchange else {
            return Self {
                here: format!("/shows/{show}"),
                search: format!("/shows/{show}"),
                action: format!("/shows/{show}/reserve"),
                plan: plan::address(plan),
                seats: format!("/v1/shows/{show}/seats"),
                best: format!("/v1/shows/{show}/best-seats"),
                only_asked: false,
            };
        };
        let (live, basket, home) = (format!("/v1/shows/{show}/seats"), exchange.basket(), exchange.home());
        let here = exchange.here();
        Self {
            search: here.split('?').next().unwrap_or_default().to_owned(),
            here,
            action: format!("{home}/seats"),
            plan: plan::address_within(plan, &basket),
            seats: if is_live { live } else { format!("{basket}/map") },
            best: format!("{home}/best-seats"),
            only_asked: !is_live,
        }
    }

    /// The page with the seats as a map or as a list.
    pub(super) fn showing(&self, view: &str) -> String {
        let sign = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{sign}view={view}", self.here)
    }
}
