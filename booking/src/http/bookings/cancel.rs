//! `POST /v1/bookings/{id}/cancel`: give a booking back.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use serde::Serialize;
use shared::http::{PathOf, to_completion};
use shared::money::Currency;
use shared::problem::Problem;
use utoipa::ToSchema;

use super::own;
use crate::app::AppState;
use crate::domain::booking::BookingStatus;
use crate::domain::ids::BookingId;
use crate::domain::refund::{Cancelled, RefundStatus};
use crate::http::caller::Caller;

/// A booking that was given back.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancelledBody {
    /// The booking.
    pub booking_id: BookingId,
    /// Where it is: `cancelled`, then `refunded` when all of its money has been given back.
    pub status: BookingStatus,
    /// What its buyer gets.
    pub refund: RefundBody,
}

/// What the buyer of a cancelled booking gets.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundBody {
    /// The amount in the currency's minor unit.
    #[schema(example = 1250)]
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// Which share of the price that is by the policy.
    #[schema(example = 50)]
    pub percent: u8,
    /// Where the money is.
    pub status: RefundStatus,
}

impl From<Cancelled> for CancelledBody {
    fn from(cancelled: Cancelled) -> Self {
        let Cancelled { booking, status, amount, percent, refund } = cancelled;
        Self {
            booking_id: booking,
            status,
            refund: RefundBody {
                amount_minor: amount.amount_minor,
                currency: amount.currency,
                percent,
                status: refund,
            },
        }
    }
}

/// Gives a booking back, for its owner. Its tickets let in no more and its seats are on sale again at once; the money
/// is on its way when this answers. How much that is depends on how long before the show it is. Asking again gives the
/// same answer, and says where the money is.
#[utoipa::path(
    post, path = "/v1/bookings/{booking_id}/cancel", tag = "bookings",
    params(("booking_id" = BookingId, Path, description = "The booking")),
    responses(
        (status = 200, description = "Given back, now or before", body = CancelledBody),
        (status = 400, description = "`too_late`"),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`already_used`"),
        (status = 503, description = "`dependency_unavailable`: ask again"),
    )
)]
pub(in crate::http) async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<BookingId>,
) -> Result<Response, Problem> {
    let booking = own(&state, &caller, id).await?;
    let refunder = state.till.refunder.clone();
    let work = async move { refunder.cancel(id, booking.reservation, &booking.buyer).await };
    let cancelled = to_completion(Box::pin(work)).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(CancelledBody::from(cancelled))).into_response())
}
