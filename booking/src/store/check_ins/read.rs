//! What is known of scans: the tickets they are of, what was told before, and who was let in twice.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::check_in::{Scan, ScanId, ScannedTicket, Told, Use};
use crate::domain::ids::{ShowId, TicketId};
use crate::domain::ticket::QrClaims;
use crate::store::bookings::unexpected;

/// A scan that was recorded.
#[derive(Clone)]
pub(super) struct Recorded {
    pub ticket: TicketId,
    pub at: Timestamp,
    pub gate: Option<String>,
    pub told: Told,
}

/// The tickets of these scans, locked in the order in which a cancellation locks them.
pub(super) async fn lock_tickets(
    tx: &mut PgConnection,
    scans: &[Scan],
) -> Result<HashMap<TicketId, ScannedTicket>, StoreError> {
    let ids: Vec<Uuid> = scans.iter().map(|scan| scan.claims.ticket.0).collect();
    let rows = sqlx::query!(
        r#"SELECT ticket.id AS "id: TicketId", ticket.show_id AS "show: ShowId", label, category, fare, ticket.status,
                  used_at AS "used_at: jiff_sqlx::Timestamp", used_gate,
                  ticket.cancelled_at AS "cancelled_at: jiff_sqlx::Timestamp"
           FROM booking.tickets AS ticket
           WHERE ticket.id = ANY($1)
             AND EXISTS (SELECT FROM booking.bookings
                         WHERE bookings.id = ticket.booking_id AND confirmed_at IS NOT NULL)
           ORDER BY ticket.show_id, ticket.seat, ticket.id
           FOR UPDATE OF ticket"#,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    let tickets = rows.into_iter().map(|row| {
        let ticket = ScannedTicket {
            id: row.id,
            claims: QrClaims { ticket: row.id, show: row.show, seat: row.label },
            category: row.category,
            fare: row.fare,
            status: row.status.parse().map_err(unexpected)?,
            used: row.used_at.map(|at| Use { at: at.to_jiff(), gate: row.used_gate }),
            cancelled_at: row.cancelled_at.map(jiff_sqlx::Timestamp::to_jiff),
        };
        Ok((ticket.id, ticket))
    });
    tickets.collect()
}

/// What was told before under these scans' ids.
pub(super) async fn recorded(
    tx: &mut PgConnection,
    scans: &[Scan],
) -> Result<HashMap<ScanId, Recorded>, StoreError> {
    let ids: Vec<String> = scans.iter().map(|scan| scan.id.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT scan_id, ticket_id AS "ticket: TicketId", scanned_at AS "scanned_at: jiff_sqlx::Timestamp", gate, told,
                  told_at AS "told_at: jiff_sqlx::Timestamp", told_gate
           FROM booking.check_ins WHERE scan_id = ANY($1)"#,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    let known = rows.into_iter().map(|row| {
        let told_at = row.told_at.map(jiff_sqlx::Timestamp::to_jiff);
        let told = match (row.told.as_str(), told_at) {
            ("let_in", _) => Told::LetIn,
            ("already_used", Some(at)) => Told::AlreadyUsed(Use { at, gate: row.told_gate }),
            ("ticket_cancelled", at) => Told::Cancelled { at },
            (other, _) => return Err(unexpected(format!("a scan was told {other:?}"))),
        };
        let id = row.scan_id.parse().map_err(unexpected)?;
        let at = row.scanned_at.to_jiff();
        Ok((id, Recorded { ticket: row.ticket, at, gate: row.gate, told }))
    });
    known.collect()
}

/// Somebody who was let in with a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entry {
    /// The ticket.
    #[serde(skip)]
    pub ticket: TicketId,
    /// The seat's label.
    #[serde(skip)]
    pub seat: String,
    /// Whether it is the one that counts: the earliest.
    #[serde(skip)]
    pub counts: bool,
    /// The scan.
    pub scan_id: String,
    /// Where.
    pub gate: Option<String>,
    /// When.
    pub scanned_at: Timestamp,
}

/// Everybody who was let in with those of these tickets that let in more than once, ticket by ticket, the earliest
/// first.
pub async fn duplicates(pool: &PgPool, tickets: &[TicketId]) -> Result<Vec<Entry>, StoreError> {
    let ids: Vec<Uuid> = tickets.iter().map(|ticket| ticket.0).collect();
    let query = sqlx::query!(
        r#"WITH entries AS (
               SELECT ticket_id, scan_id, gate, scanned_at, counts, count(*) OVER (PARTITION BY ticket_id) AS entries
               FROM booking.check_ins
               WHERE ticket_id = ANY($1) AND (told = 'let_in' OR is_report) AND told <> 'ticket_cancelled')
           SELECT ticket_id AS "ticket: TicketId", label, scan_id, gate, counts,
                  scanned_at AS "scanned_at: jiff_sqlx::Timestamp"
           FROM entries JOIN booking.tickets AS ticket ON ticket.id = ticket_id
           WHERE entries > 1
           ORDER BY ticket.show_id, ticket.seat, ticket_id, counts DESC, scanned_at, scan_id"#,
        &ids,
    );
    let rows = within(Dependency::Postgres, query.fetch_all(pool)).await?;
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            ticket: row.ticket,
            seat: row.label,
            counts: row.counts,
            scan_id: row.scan_id,
            gate: row.gate,
            scanned_at: row.scanned_at.to_jiff(),
        })
        .collect())
}
