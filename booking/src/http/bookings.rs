//! `POST /v1/bookings`: pay for a reservation. `GET /v1/bookings/{id}`: what it became. `…/cancel`: give it back. `…/seats`:
//! have other seats.

mod answers;
pub(super) mod cancel;
pub(super) mod documents;
pub(super) mod exchange;

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use shared::http::{Body, PathOf, to_completion};
use shared::ids::Identity;
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

pub use answers::{BookingAnswers, BookingView};

use super::caller::Caller;
use super::codes;
use super::error::found;
use crate::app::AppState;
use crate::domain::booking::{Booking, Contact};
use crate::domain::checkout::Confirmed;
use crate::domain::confirm::Confirmation;
use crate::domain::idempotency::{BodyDigest, IdempotencyKey, Keyed};
use crate::domain::ids::{BookingId, ReservationId, ShowId};
use crate::gateway::PaymentToken;
use crate::metrics::money as measured;
use crate::store::bookings;
use crate::store::idempotency::Owner;

const ROUTE: &str = "POST /v1/bookings";
const MAX_TOKEN_CHARACTERS: usize = 255;
/// When a client may ask again whose payment is being worked on.
const PROCESSING_RETRY: Duration = Duration::from_secs(2);

/// What is paid for, with what, and whom the tickets are for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmBody {
    /// The reservation.
    reservation_id: ReservationId,
    /// What the payment gateway's script gave in place of a card. Not needed where there is nothing to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "tok_ok", max_length = 255)]
    payment_token: Option<String>,
    /// Whom the tickets are for.
    contact: ContactBody,
}

/// Whom the tickets are for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactBody {
    /// Where mail goes.
    #[schema(format = Email, example = "ada@example.org")]
    email: String,
    /// The name on the booking.
    #[schema(example = "Ada Lovelace")]
    name: String,
}

/// The payment is being worked on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Processing {
    /// The reservation.
    reservation_id: ReservationId,
    /// `processing`.
    #[schema(example = "processing")]
    status: &'static str,
    /// When to ask again with the same key, seconds.
    retry_after_s: u64,
}

/// Pays for a reservation. Repeating the request with the same key repeats nothing: the final answer is the same,
/// byte for byte, for 24 hours. Until the payment gateway's answer is known the answer is 202: ask again with the same
/// key.
#[utoipa::path(
    post, path = "/v1/bookings", tag = "bookings",
    request_body = ConfirmBody,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters")),
    responses(
        (status = 201, description = "Booked and paid", body = BookingView),
        (status = 202, description = "The payment is being worked on; ask again with the same key", body = Processing),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`, `malformed`"),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 402, description = "`payment_declined` (the reservation stays, unless the detail says that its seats are free again); `payment_action_required` with `client_secret`"),
        (status = 403, description = "`not_yours`, `admission_spent`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`seats_lost`, `already_booked` with `booking_id`, `payment_in_progress`"),
        (status = 410, description = "`reservation_expired`"),
        (status = 422, description = "`invalid_fields`, `idempotency_key_reused`, `payment_token_required`"),
        (status = 503, description = "`dependency_unavailable`, `payment_gateway_unavailable`: nothing was charged; the same key may be used again"),
    )
)]
pub(super) async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<ConfirmBody>,
) -> Result<Response, Problem> {
    let started = Instant::now();
    let key = idempotency_key(&headers)?;
    let load = state.load.clone();
    let work = to_completion(Box::pin(async move { take(&state, &caller, key, body).await }));
    let answered = load.measure(work, |answered| status_of(answered).is_server_error()).await;
    measured::confirm(status_of(&answered).as_u16(), started.elapsed());
    answered
}

fn status_of(answered: &Result<Response, Problem>) -> StatusCode {
    answered.as_ref().map_or_else(Problem::status, Response::status)
}

/// A repetition is answered before anything else is looked at; only then does it matter whose the reservation is.
async fn take(
    state: &AppState,
    caller: &Caller,
    key: IdempotencyKey,
    body: ConfirmBody,
) -> Result<Response, Problem> {
    let reservation = body.reservation_id;
    let digest = BodyDigest::of(&body);
    let owner = state.till.keys.owner(reservation, (&key, ROUTE, &digest), state.clock.now()).await?;
    let keyed = |buyer| Keyed { buyer, key, route: ROUTE, digest };
    match owner {
        Some(Owner { buyer, show, known }) if caller.owns(reservation, &buyer) => {
            match Confirmed::of(known) {
                Some(known) => answer(known, reservation),
                None => begin(state, keyed(buyer), body, show).await,
            }
        }
        stranger => {
            let known = match caller.identity().cloned().map(keyed) {
                Some(keyed) => state.till.checkout.known(&keyed).await?,
                None => None,
            };
            let code = if stranger.is_some() { &codes::NOT_YOURS } else { &common::NOT_FOUND };
            known.map_or_else(|| Err(Problem::from(code)), |known| answer(known, reservation))
        }
    }
}

async fn begin(state: &AppState, keyed: Keyed, body: ConfirmBody, show: ShowId) -> Result<Response, Problem> {
    let invalid = |detail: String| Problem::from(&common::INVALID_FIELDS).detail(detail);
    let contact = Contact::parse(&body.contact.email, &body.contact.name)
        .map_err(|error| invalid(error.to_string()))?;
    let reservation = body.reservation_id;
    let too_long = |token: &String| !(1..=MAX_TOKEN_CHARACTERS).contains(&token.len());
    if body.payment_token.as_ref().is_some_and(too_long) {
        return Err(invalid(format!("payment_token needs 1 to {MAX_TOKEN_CHARACTERS} characters")));
    }
    let asked = Confirmation { keyed, reservation, token: body.payment_token.map(PaymentToken), contact };
    answer(state.till.checkout.confirm(asked, show).await?, reservation)
}

fn answer(confirmed: Confirmed, reservation: ReservationId) -> Result<Response, Problem> {
    match confirmed {
        Confirmed::Answered(stored) => answers::response(stored),
        Confirmed::Processing => {
            let retry_after_s = PROCESSING_RETRY.as_secs();
            let body = Processing { reservation_id: reservation, status: "processing", retry_after_s };
            let headers =
                [("retry-after", retry_after_s.to_string()), ("cache-control", "no-store".to_owned())];
            Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
        }
        Confirmed::KeyReused => Err(Problem::from(&codes::IDEMPOTENCY_KEY_REUSED)),
        Confirmed::NotNow(refusal) => Err(answers::problem(&refusal)),
        Confirmed::NotFound => Err(Problem::from(&common::NOT_FOUND)),
    }
}

/// The key of a request that must have one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    let mut values = headers.get_all("Idempotency-Key").iter();
    let value = values.next().ok_or_else(|| Problem::from(&codes::IDEMPOTENCY_KEY_MISSING))?;
    if values.next().is_some() {
        return Err(Problem::from(&codes::IDEMPOTENCY_KEY_INVALID).detail("there is more than one"));
    }
    IdempotencyKey::parse(value.as_bytes()).map_err(|_| Problem::from(&codes::IDEMPOTENCY_KEY_INVALID))
}

/// A booking with its tickets, for its owner.
#[utoipa::path(
    get, path = "/v1/bookings/{booking_id}", tag = "bookings",
    params(("booking_id" = BookingId, Path, description = "The booking")),
    responses(
        (status = 200, description = "The booking", body = BookingView),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathOf(name): PathOf<String>,
) -> Result<Response, Problem> {
    let not_found = || Problem::from(&common::NOT_FOUND);
    // A path's part cannot be told from its ending by the router: `{id}.ics` and `{id}.pdf` come here too.
    let (id, form) = name.rsplit_once('.').map_or((name.as_str(), None), |(id, form)| (id, Some(form)));
    let id: BookingId = id.parse().map_err(|_| not_found())?;
    let booking = own(&state, &caller, id).await?;
    match form {
        None => Ok(([(CACHE_CONTROL, "no-store")], Json(state.till.answers.view(&booking))).into_response()),
        Some("ics") => documents::calendar(&state, &booking).await,
        Some("pdf") => documents::printed(&state, &booking).await,
        Some(_) => Err(not_found()),
    }
}

/// A booking of the caller's.
///
/// Errors: 404; 403 `not_yours`.
async fn own(state: &AppState, caller: &Caller, id: BookingId) -> Result<Booking, Problem> {
    let booking = found(bookings::find(&state.store.pool, id).await)?;
    caller.must_own(booking.reservation, &booking.buyer)?;
    Ok(booking)
}

impl Caller {
    /// Who asks, where an admission says it.
    fn identity(&self) -> Option<&Identity> {
        self.admissions().next().map(|admission| &admission.identity)
    }
}
