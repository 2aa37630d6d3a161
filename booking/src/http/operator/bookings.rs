//! Bookings, by operators: which there are, and giving money back.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::http::{Body, PathOf, QueryOf, to_completion};
use shared::money::Money;
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::AppState;
use crate::domain::booking::BookingStatus;
use crate::domain::idempotency::BodyDigest;
use crate::domain::ids::{BookingId, RefundId, ShowId};
use crate::domain::refund::{RefundRequest, RefundStatus, Refunded};
use crate::http::bookings::idempotency_key;
use crate::http::list::{List, ListQuery};
use crate::store::bookings::{self, Filter, ListedBooking, ListedRefund};

const MAX_REASON_CHARACTERS: usize = 500;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(refund))
}

/// Which bookings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct BookingsQuery {
    /// How many items at most (1 to 200, by default 50).
    limit: Option<u32>,
    /// The `next_cursor` of the part before.
    cursor: Option<Uuid>,
    /// Of this show.
    show_id: Option<ShowId>,
    /// Where they are.
    #[param(inline)]
    status: Option<BookingStatus>,
    /// What their buyer reads out at the counter.
    reference: Option<String>,
    /// With a refund that is there.
    #[param(inline)]
    refund: Option<RefundStatus>,
}

/// A booking as operators see it.
#[derive(Debug, Serialize, ToSchema)]
struct OperatorBooking {
    /// Its id.
    booking_id: BookingId,
    /// What its buyer reads out at the counter.
    #[schema(example = "7KQ2M9XA")]
    reference: String,
    /// Where it is.
    status: BookingStatus,
    /// The show.
    show_id: ShowId,
    /// The seats, by label.
    seats: Vec<String>,
    /// What the tickets cost together.
    total: Money,
    /// When it was confirmed.
    booked_at: Timestamp,
    /// What was given back of its price, or is to be; oldest first.
    refunds: Vec<OperatorRefund>,
}

/// A refund as operators see it.
#[derive(Debug, Serialize, ToSchema)]
struct OperatorRefund {
    /// Its id.
    refund_id: RefundId,
    /// How much.
    amount: Money,
    /// Where it is.
    status: RefundStatus,
    /// `cancelled` by the buyer, by an `operator`, or a `late_capture`: money that came after the payment was given up.
    #[schema(example = "cancelled")]
    cause: String,
    /// Why, in the words of who asked for it.
    reason: String,
    /// Who asked for it.
    requested_by: String,
    /// When.
    created_at: Timestamp,
    /// What last went wrong with it.
    last_error: Option<String>,
}

impl From<ListedBooking> for OperatorBooking {
    fn from(booking: ListedBooking) -> Self {
        Self {
            booking_id: booking.id,
            reference: booking.reference,
            status: booking.status,
            show_id: booking.show,
            seats: booking.seats,
            total: booking.total,
            booked_at: booking.booked_at,
            refunds: booking.refunds.into_iter().map(OperatorRefund::from).collect(),
        }
    }
}

impl From<ListedRefund> for OperatorRefund {
    fn from(refund: ListedRefund) -> Self {
        Self {
            refund_id: refund.id,
            amount: refund.amount,
            status: refund.status,
            cause: refund.cause,
            reason: refund.reason,
            requested_by: refund.by,
            created_at: refund.created_at,
            last_error: refund.last_error,
        }
    }
}

/// Bookings with their refunds, in the order in which they were made.
#[utoipa::path(get, path = "/v1/operator/bookings", operation_id = "operator_list_bookings", tag = "operator",
    params(BookingsQuery),
    responses((status = 200, description = "A part of the list", body = List<OperatorBooking>)))]
async fn list(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(query): QueryOf<BookingsQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let BookingsQuery { limit, cursor, show_id, status, reference, refund } = query;
    let page = ListQuery { limit, cursor }.page()?;
    let filter = Filter { show: show_id, status, reference, refund };
    let items = bookings::list(&app.store.pool, &filter, page).await?;
    let items = items.into_iter().map(OperatorBooking::from).collect();
    let list = List::of(items, page, |booking: &OperatorBooking| booking.booking_id.0);
    Ok(([(CACHE_CONTROL, "no-store")], Json(list)).into_response())
}

/// What to give back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    /// How much. Left out: all that is left; then the booking is cancelled and its seats are on sale again, unless one
    /// of its tickets has been used.
    #[serde(default)]
    amount: Option<Money>,
    /// Why, for the audit trail: 1 to 500 characters.
    #[schema(example = "the projector broke down")]
    reason: String,
}

/// A refund that was asked for.
#[derive(Debug, Serialize, ToSchema)]
struct RefundedBody {
    /// The refund.
    refund_id: RefundId,
    /// Of which booking.
    booking_id: BookingId,
    /// Where the booking is.
    status: BookingStatus,
    /// What is given back.
    refund: RefundedPart,
}

/// What is given back.
#[derive(Debug, Serialize, ToSchema)]
struct RefundedPart {
    /// How much.
    #[serde(flatten)]
    amount: Money,
    /// Where the money is.
    status: RefundStatus,
}

impl From<Refunded> for RefundedBody {
    fn from(refunded: Refunded) -> Self {
        Self {
            refund_id: refunded.id,
            booking_id: refunded.booking,
            status: refunded.status,
            refund: RefundedPart { amount: refunded.amount, status: refunded.refund },
        }
    }
}

/// Gives back a part of what a booking cost, or all that is left of it. The money is on its way when this answers. With
/// an `Idempotency-Key`, repeating the request repeats nothing.
#[utoipa::path(post, path = "/v1/operator/bookings/{id}/refund", operation_id = "operator_refund_booking", tag = "operator",
    params(("id" = BookingId, Path, description = "The booking"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    request_body = RefundBody,
    responses((status = 202, description = "On its way", body = RefundedBody),
              (status = 400, description = "`idempotency_key_invalid`, `malformed`"),
              (status = 404, description = "No such booking"),
              (status = 422, description = "`refund_too_large` with what is `refundable`, `invalid_fields`, `idempotency_key_reused`"),
              (status = 503, description = "`dependency_unavailable`")))]
async fn refund(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(booking): PathOf<BookingId>,
    headers: HeaderMap,
    Body(body): Body<RefundBody>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let key = if headers.contains_key("Idempotency-Key") {
        Some((idempotency_key(&headers)?, BodyDigest::of(&body)))
    } else {
        None
    };
    let reason = body.reason.trim().to_owned();
    if !(1..=MAX_REASON_CHARACTERS).contains(&reason.chars().count()) {
        let sentence = format!("reason needs 1 to {MAX_REASON_CHARACTERS} characters");
        return Err(Problem::from(&codes::INVALID_FIELDS).detail(sentence).with("field", "reason"));
    }
    let request = RefundRequest { booking, amount: body.amount, reason, operator: operator.subject, key };
    let refunder = app.till.refunder.clone();
    let refunded = to_completion(Box::pin(async move { refunder.refund(&request).await })).await?;
    Ok((StatusCode::ACCEPTED, [(CACHE_CONTROL, "no-store")], Json(RefundedBody::from(refunded)))
        .into_response())
}
