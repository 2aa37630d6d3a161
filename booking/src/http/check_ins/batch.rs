//! `POST /v1/check-ins/batch`: a gate that had no network tells whom it let in meanwhile.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use serde::{Deserialize, Serialize};
use shared::http::{Address, Body, to_completion};
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

use super::{ScanBody, genuine, measure, nothing_said};
use crate::app::AppState;
use crate::domain::check_in::{InvalidTicket, Mode, Scan, Told};
use crate::domain::ids::TicketId;
use crate::store::check_ins::{self, Entry, Outcome};

/// The most scans at once; a gate with more sends several batches.
const MAX_SCANS: usize = 500;

/// Scans made while the gate had no network.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct BatchBody {
    /// At most 500, in any order; each needs a `scan_id`.
    scans: Vec<ScanBody>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct BatchAnswer {
    /// A result a scan, in the order in which they were sent.
    results: Vec<ScanResult>,
    /// Tickets of this batch with which more than one was let in.
    duplicates: Vec<Duplicate>,
}

/// What became of one scan of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ScanResult {
    /// The scan.
    scan_id: String,
    /// `let_in`: it is the ticket's use. `already_used`: another scan, which was earlier, is. `ticket_cancelled`: the
    /// ticket had been given back. `invalid_ticket`, `scan_id_reused`: nothing was recorded.
    #[schema(example = "let_in")]
    outcome: &'static str,
    /// The ticket, where the code names one.
    ticket_id: Option<TicketId>,
    /// Its seat.
    seat: Option<String>,
    /// Why a ticket is invalid.
    reason: Option<InvalidTicket>,
}

/// A ticket with which more than one was let in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Duplicate {
    /// The ticket.
    ticket_id: TicketId,
    /// Its seat.
    seat: String,
    /// The entry that counts: the earliest.
    kept: Entry,
    /// The others.
    others: Vec<Entry>,
}

/// Tells of scans made without a network. Everything is taken that can be: of several entries with one ticket the
/// earliest counts, whichever gate tells of it first, and all of them are listed. Repeating a batch repeats nothing.
#[utoipa::path(
    post, path = "/v1/check-ins/batch", tag = "gate",
    request_body = BatchBody,
    responses(
        (status = 200, description = "What became of each", body = BatchAnswer),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 422, description = "`invalid_fields`: nothing was recorded"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`: send the same batch again"),
    )
)]
pub(in crate::http) async fn check_in_batch(
    State(app): State<AppState>,
    operator: Operator,
    Address(address): Address,
    Body(body): Body<BatchBody>,
) -> Result<Response, Problem> {
    operator.require(Role::Gate)?;
    app.limits.check_in(&operator.subject, address)?;
    let scans = parse(&app, &body)?;
    let genuine: Vec<Scan> = scans.iter().filter_map(|scan| scan.as_ref().ok().cloned()).collect();
    let pool = app.store.pool.clone();
    let work = async move {
        let now = app.clock.now();
        check_ins::record(&app.store.pool, &genuine, Mode::Reports, &operator.subject, now).await
    };
    let mut outcomes = to_completion(Box::pin(work)).await?.into_iter();
    let mut results = Vec::with_capacity(scans.len());
    for (scan, body) in scans.iter().zip(&body.scans) {
        let outcome = match scan {
            Ok(_) => outcomes.next().ok_or_else(nothing_said)?,
            Err(invalid) => Outcome::Invalid(*invalid),
        };
        measure(&outcome);
        results.push(result(body.scan_id.clone().unwrap_or_default(), outcome));
    }
    let tickets: Vec<TicketId> = results.iter().filter_map(|result| result.ticket_id).collect();
    let duplicates = grouped(check_ins::duplicates(&pool, &tickets).await?);
    Ok(([(CACHE_CONTROL, "no-store")], Json(BatchAnswer { results, duplicates })).into_response())
}

/// The scans whose codes are genuine; the others by what is wrong with them.
fn parse(app: &AppState, body: &BatchBody) -> Result<Vec<Result<Scan, InvalidTicket>>, Problem> {
    let invalid =
        |detail: String| Problem::from(&common::INVALID_FIELDS).detail(detail).with("field", "scans");
    if !(1..=MAX_SCANS).contains(&body.scans.len()) {
        return Err(invalid(format!("scans needs 1 to {MAX_SCANS} of them")));
    }
    let now = app.clock.now();
    let scan = |(index, scan): (usize, &ScanBody)| {
        if scan.scan_id.is_none() {
            return Err(invalid(format!("scans[{index}] needs a scan_id")));
        }
        match genuine(app, scan) {
            Ok(claims) => scan.scan(claims, now).map(Ok),
            Err((invalid, _)) => Ok(Err(invalid)),
        }
    };
    body.scans.iter().enumerate().map(scan).collect()
}

fn result(scan_id: String, outcome: Outcome) -> ScanResult {
    let nothing =
        ScanResult { scan_id, outcome: "scan_id_reused", ticket_id: None, seat: None, reason: None };
    match outcome {
        Outcome::IdReused => nothing,
        Outcome::Invalid(reason) => ScanResult { outcome: "invalid_ticket", reason: Some(reason), ..nothing },
        Outcome::Told { ticket, told, .. } => ScanResult {
            outcome: match told {
                Told::LetIn => "let_in",
                Told::AlreadyUsed(_) => "already_used",
                Told::Cancelled { .. } => "ticket_cancelled",
            },
            ticket_id: Some(ticket.id),
            seat: Some(ticket.claims.seat),
            ..nothing
        },
    }
}

/// Entries come ticket by ticket, the one that counts first.
fn grouped(entries: Vec<Entry>) -> Vec<Duplicate> {
    let mut duplicates: Vec<Duplicate> = Vec::new();
    for entry in entries {
        match duplicates.last_mut().filter(|last| last.ticket_id == entry.ticket) {
            Some(last) => last.others.push(entry),
            None => duplicates.push(Duplicate {
                ticket_id: entry.ticket,
                seat: entry.seat.clone(),
                kept: entry,
                others: Vec::new(),
            }),
        }
    }
    duplicates
}
