//! Our payments against the gateway's books, for operators.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::http::QueryOf;
use shared::money::Money;
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::reconcile::{
    Class, Comparison, Difference, MAX_ENTRIES, OurState, Period, ReconcileError, Sums,
};
use crate::gateway::BookedStatus;

/// The longest period.
const MAX_PERIOD: SignedDuration = SignedDuration::from_hours(31 * 24);
/// What is looked at where nothing else is said.
const DEFAULT_PERIOD: SignedDuration = SignedDuration::from_hours(24);
/// How many differences are shown; all are counted.
const MAX_SHOWN: usize = 500;
/// When books that could not be read may be asked for again.
const RETRY: Duration = Duration::from_secs(5);

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(reconciliation))
}

/// Which period.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PeriodQuery {
    /// With whose books; by default those of the gateway that takes new payments.
    #[param(example = "sandbox")]
    gateway: Option<String>,
    /// Payments begun from then on; by default a day before `to`.
    from: Option<Timestamp>,
    /// Payments begun before then; by default now.
    to: Option<Timestamp>,
}

impl PeriodQuery {
    fn period(&self, now: Timestamp) -> Result<Period, Problem> {
        let to = self.to.unwrap_or(now);
        let from = self.from.map_or_else(|| to.checked_sub(DEFAULT_PERIOD), Ok);
        let from = from.map_err(|_| Problem::from(&codes::MALFORMED).detail("to is out of range"))?;
        if from >= to || to.duration_since(from) > MAX_PERIOD {
            return Err(Problem::from(&codes::MALFORMED).detail("from must be before to, by 31 days at most"));
        }
        Ok(Period { from, to })
    }
}

/// Our payments of a period compared with the gateway's books.
#[derive(Debug, Serialize, ToSchema)]
struct Reconciliation {
    /// Which gateway.
    #[schema(example = "sandbox")]
    gateway: &'static str,
    /// Payments begun from then on.
    from: Timestamp,
    /// Payments begun before then.
    to: Timestamp,
    /// When they were compared. What changed less than a minute before is no difference yet.
    compared_at: Timestamp,
    /// How many payments of ours there are.
    payments: usize,
    /// How many charges of the gateway's there are.
    charges: usize,
    /// What was captured and given back, by currency and side.
    totals: BTreeMap<String, Sums>,
    /// How many differences there are of each class; all classes are named.
    counts: BTreeMap<&'static str, usize>,
    /// The differences, the first 500 of them.
    differences: Vec<DifferenceBody>,
}

/// One difference, with what each side says.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceBody {
    /// Which.
    class: Class,
    /// The gateway that has the payment, or whose books name the charge.
    #[schema(example = "sandbox")]
    gateway: String,
    /// The payment of ours, where there is one.
    payment_id: Option<PaymentId>,
    /// What it paid for.
    reservation_id: Option<ReservationId>,
    /// The gateway's name for the charge, where it is known.
    reference: Option<String>,
    /// What we say.
    ours: Option<Ours>,
    /// What the gateway says.
    theirs: Option<Theirs>,
}

/// What we say of a payment.
#[derive(Debug, Serialize, ToSchema)]
struct Ours {
    /// Where it is.
    state: OurState,
    /// How much was to be paid.
    amount: Money,
    /// What was given back, minor units.
    refunded_minor: i64,
    /// What is on its way back, minor units.
    refunding_minor: i64,
}

/// What the gateway says of a charge.
#[derive(Debug, Serialize, ToSchema)]
struct Theirs {
    /// `open`, `authorised`, `declined`, `captured` or `voided`.
    #[schema(example = "captured")]
    status: &'static str,
    /// How much was asked for.
    amount: Money,
    /// What was captured, minor units.
    captured_minor: i64,
    /// What of that was given back, minor units.
    refunded_minor: i64,
}

fn word(status: BookedStatus) -> &'static str {
    match status {
        BookedStatus::Open => "open",
        BookedStatus::Authorised => "authorised",
        BookedStatus::Declined => "declined",
        BookedStatus::Captured => "captured",
        BookedStatus::Voided => "voided",
    }
}

impl DifferenceBody {
    /// A difference from the books of this gateway.
    fn new(difference: Difference, compared: &str) -> Self {
        let Difference { class, ours, theirs } = difference;
        let charged = theirs.as_ref().map(|charge| charge.reference.0.clone());
        Self {
            class,
            gateway: ours.as_ref().map_or(compared, |payment| &payment.gateway).to_owned(),
            payment_id: ours.as_ref().map(|payment| payment.id).or(theirs.as_ref().and_then(|c| c.payment)),
            reservation_id: ours.as_ref().map(|payment| payment.reservation),
            reference: charged.or_else(|| ours.as_ref().and_then(|payment| payment.reference.clone())),
            ours: ours.map(|payment| Ours {
                state: payment.state,
                amount: payment.amount,
                refunded_minor: payment.refunded_minor,
                refunding_minor: payment.refunding_minor,
            }),
            theirs: theirs.map(|charge| Theirs {
                status: word(charge.status),
                amount: charge.amount,
                captured_minor: charge.captured_minor,
                refunded_minor: charge.refunded_minor,
            }),
        }
    }
}

/// Compares our payments of a period with the gateway's books: totals, and each difference with its class.
#[utoipa::path(get, path = "/v1/operator/reconciliation", operation_id = "operator_reconciliation", tag = "operator",
    params(PeriodQuery),
    responses((status = 200, description = "Both sides, compared", body = Reconciliation),
              (status = 400, description = "`malformed`: the period is too long or no period, or the gateway is not configured"),
              (status = 422, description = "`too_many_payments`: choose a shorter period"),
              (status = 503, description = "`dependency_unavailable`: the gateway does not show its books")))]
async fn reconciliation(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(query): QueryOf<PeriodQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let compared_at = app.clock.now();
    let period = query.period(compared_at)?;
    let gateway = match &query.gateway {
        None => app.gateways.current(),
        Some(name) => app.gateways.named(name).ok_or_else(|| unknown_gateway(&app))?,
    };
    let compared = app.till.reconciler.compare(gateway, period).await?;
    let mut counts: BTreeMap<&'static str, usize> = Class::ALL.map(|class| (class.as_str(), 0)).into();
    for difference in &compared.differences {
        *counts.entry(difference.class.as_str()).or_default() += 1;
    }
    let Comparison { payments, charges, sums, differences } = compared;
    let body = Reconciliation {
        gateway: gateway.name(),
        from: period.from,
        to: period.to,
        compared_at,
        payments,
        charges,
        totals: sums,
        counts,
        differences: differences
            .into_iter()
            .take(MAX_SHOWN)
            .map(|difference| DifferenceBody::new(difference, gateway.name()))
            .collect(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn unknown_gateway(app: &AppState) -> Problem {
    let names = app.gateways.names().join(", ");
    Problem::from(&codes::MALFORMED).detail(format!("no such gateway is configured; there are: {names}"))
}

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::TooMany => {
                Self::from(&crate::http::codes::TOO_MANY_PAYMENTS).with("max", MAX_ENTRIES)
            }
            ReconcileError::Gateway(no_answer) => Self::from(&codes::DEPENDENCY_UNAVAILABLE)
                .detail("the payment gateway does not show its books now")
                .because(&no_answer)
                .retry_after(RETRY),
            ReconcileError::Store(error) => error.into(),
        }
    }
}
