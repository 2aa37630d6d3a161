//! `POST /v1/check-ins`: a gate scans a ticket, and is told whether it lets in.

pub(super) mod batch;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::http::{Address, Body, to_completion};
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes as common};
use shared::store::{Dependency, StoreError};
use utoipa::ToSchema;

use super::codes;
use crate::app::AppState;
use crate::domain::booking::TicketStatus;
use crate::domain::check_in::{InvalidTicket, Mode, Scan, ScanId, Told};
use crate::domain::ids::{ShowId, TicketId};
use crate::domain::ticket::{InvalidQr, QrClaims, verify};
use crate::metrics;
use crate::store::check_ins::{self, Outcome};

/// A scan of a ticket's code.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScanBody {
    /// What the QR code says.
    #[schema(example = "ST1.q80…")]
    qr: String,
    /// The show that the gate lets in to. A ticket for another one is refused.
    #[serde(default)]
    show_id: Option<ShowId>,
    /// What the gate is called, for those who ask later: 1 to 60 characters.
    #[serde(default)]
    #[schema(example = "North")]
    gate: Option<String>,
    /// Names the scan: 1 to 100 visible ASCII characters, used for no other scan. Repeating it repeats nothing.
    #[serde(default)]
    scan_id: Option<String>,
    /// When it was scanned; now where it is missing or in the future.
    #[serde(default)]
    scanned_at: Option<Timestamp>,
}

/// Somebody is let in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LetIn {
    /// The ticket.
    ticket_id: TicketId,
    /// The show it lets in to.
    show_id: ShowId,
    /// The seat's label.
    #[schema(example = "A12")]
    seat: String,
    /// The price category.
    category: String,
    /// The fare: a child's ticket lets in a child.
    fare: String,
    /// `used`.
    status: TicketStatus,
    /// When it was scanned.
    checked_in_at: Timestamp,
    /// At which gate.
    gate: Option<String>,
}

/// Checks a ticket in, once: of two gates that scan it at the same moment one is told to let in. With a `scan_id`,
/// repeating the request gives the same answer.
#[utoipa::path(
    post, path = "/v1/check-ins", tag = "gate",
    request_body = ScanBody,
    responses(
        (status = 200, description = "Let in, now or before by the same scan", body = LetIn),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 409, description = "`already_used` with `used_at` and `used_gate`; `ticket_cancelled` with `cancelled_at`"),
        (status = 422, description = "`invalid_ticket` with the `reason`; `scan_id_reused`, `invalid_fields`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`: ask again with the same `scan_id`"),
    )
)]
pub(super) async fn check_in(
    State(app): State<AppState>,
    operator: Operator,
    Address(address): Address,
    Body(body): Body<ScanBody>,
) -> Result<Response, Problem> {
    operator.require(Role::Gate)?;
    app.limits.check_in(&operator.subject, address)?;
    let claims = genuine(&app, &body).map_err(|(invalid, show)| refusal(invalid, show))?;
    let scan = body.scan(claims, app.clock.now())?;
    let work = async move {
        let (pool, now) = (&app.store.pool, app.clock.now());
        check_ins::record(pool, &[scan], Mode::Asks, &operator.subject, now).await
    };
    let outcome = to_completion(Box::pin(work)).await?.pop().ok_or_else(nothing_said)?;
    measure(&outcome);
    answer(outcome)
}

/// The claims of a code that this shop signed, for the show that the gate lets in to.
fn genuine(app: &AppState, body: &ScanBody) -> Result<QrClaims, (InvalidTicket, Option<ShowId>)> {
    let claims = verify(body.qr.trim(), &[app.tickets.public()]).map_err(|error| {
        let invalid = match error {
            InvalidQr::Malformed => InvalidTicket::Malformed,
            InvalidQr::UnknownKey | InvalidQr::BadSignature => InvalidTicket::Forged,
        };
        (invalid, None)
    });
    match claims {
        Ok(claims) if body.show_id.is_some_and(|show| show != claims.show) => {
            metrics::check_in("invalid_ticket");
            Err((InvalidTicket::WrongShow, Some(claims.show)))
        }
        Ok(claims) => Ok(claims),
        Err(invalid) => {
            metrics::check_in("invalid_ticket");
            Err(invalid)
        }
    }
}

impl ScanBody {
    fn scan(&self, claims: QrClaims, now: Timestamp) -> Result<Scan, Problem> {
        let invalid = |field: &'static str, detail: String| {
            Problem::from(&common::INVALID_FIELDS).detail(detail).with("field", field)
        };
        let id = self.scan_id.as_deref().map(str::parse::<ScanId>).transpose();
        let id = id.map_err(|error| invalid("scan_id", error.to_string()))?;
        let gate = self.gate.as_deref().map(str::parse).transpose();
        let gate =
            gate.map_err(|error: crate::domain::check_in::InvalidGate| invalid("gate", error.to_string()))?;
        let at = to_the_microsecond(self.scanned_at.map_or(now, |at| at.min(now)));
        Ok(Scan { id: id.unwrap_or_else(ScanId::random), claims, gate, at })
    }
}

/// What the store keeps of a time: an answer is the same when it is read again.
fn to_the_microsecond(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

fn nothing_said() -> Problem {
    StoreError::unexpected(Dependency::Postgres, "a scan had no outcome").into()
}

/// A code that names no ticket that can be scanned.
fn refusal(invalid: InvalidTicket, ticket_show: Option<ShowId>) -> Problem {
    let problem =
        Problem::from(&codes::INVALID_TICKET).detail(invalid.to_string()).with("reason", invalid.as_str());
    match ticket_show {
        Some(show) => problem.with("ticket_show_id", show.to_string()),
        None => problem,
    }
}

fn answer(outcome: Outcome) -> Result<Response, Problem> {
    let (ticket, at, gate, told) = match outcome {
        Outcome::Invalid(invalid) => return Err(refusal(invalid, None)),
        Outcome::IdReused => return Err(Problem::from(&codes::SCAN_ID_REUSED)),
        Outcome::Told { ticket, at, gate, told } => (*ticket, at, gate, told),
    };
    let problem = match told {
        Told::LetIn => {
            let QrClaims { ticket: ticket_id, show: show_id, seat } = ticket.claims;
            let (category, fare, status) = (ticket.category, ticket.fare, TicketStatus::Used);
            let body = LetIn { ticket_id, show_id, seat, category, fare, status, checked_in_at: at, gate };
            return Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response());
        }
        Told::AlreadyUsed(used) => Problem::from(&codes::ALREADY_USED)
            .with("used_at", used.at.to_string())
            .with("used_gate", used.gate),
        Told::Cancelled { at } => {
            Problem::from(&codes::TICKET_CANCELLED).with("cancelled_at", at.map(|at| at.to_string()))
        }
    };
    Err(problem.with("ticket_id", ticket.id.to_string()).with("seat", ticket.claims.seat))
}

fn measure(outcome: &Outcome) {
    metrics::check_in(match outcome {
        Outcome::Told { told, .. } => told.as_str(),
        Outcome::Invalid(_) => "invalid_ticket",
        Outcome::IdReused => "scan_id_reused",
    });
}
