//! The audit of the gates: a ticket lets in once, and only where it was not given back.

use serde_json::Value;
use shared::audit::{Check, Finding};
use sqlx::PgPool;

/// Checks what was scanned against the tickets.
pub async fn gate(pool: &PgPool) -> anyhow::Result<Vec<Check>> {
    Ok(vec![used_once(pool).await?, used_is_not_given_back(pool).await?])
}

fn check(
    name: &'static str,
    invariant: &'static str,
    examined: Option<i64>,
    sentence: &str,
    offences: Vec<Option<Value>>,
) -> Check {
    let examined = examined.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    let findings = offences.into_iter().flatten().map(|row| Finding::new(sentence, row)).collect();
    Check::new(name, invariant, examined, findings)
}

/// A used ticket has one scan that counts, of the time and at the gate of its use; no other ticket has one. Counts
/// rather than trusts the index: the index may have been dropped.
async fn used_once(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!("SELECT count(*) FROM booking.tickets WHERE status = 'used'")
        .fetch_one(pool)
        .await?;
    let offences = sqlx::query_scalar!(
        r#"SELECT jsonb_build_object('ticket_id', ticket.id, 'status', ticket.status, 'used_at', used_at,
                                     'entries', count(scan.scan_id),
                                     'entries_at', jsonb_agg(scan.scanned_at ORDER BY scan.scanned_at))
           FROM booking.tickets AS ticket
           LEFT JOIN booking.check_ins AS scan ON scan.ticket_id = ticket.id AND scan.counts
           GROUP BY ticket.id
           HAVING count(scan.scan_id) <> (ticket.status = 'used')::integer
               OR bool_or(scan.scanned_at IS DISTINCT FROM used_at OR scan.gate IS DISTINCT FROM used_gate)
                  AND ticket.status = 'used'"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a ticket that was used let in one person, and nobody was let in with another";
    Ok(check("gate.used_once", invariant, examined, "a ticket and its scans do not agree", offences))
}

async fn used_is_not_given_back(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!("SELECT count(*) FROM booking.tickets WHERE status = 'used'")
        .fetch_one(pool)
        .await?;
    let offences = sqlx::query_scalar!(
        r#"SELECT jsonb_build_object('ticket_id', ticket.id, 'booking_id', booking.id, 'booking', booking.status)
           FROM booking.tickets AS ticket JOIN booking.bookings AS booking ON booking.id = ticket.booking_id
           WHERE ticket.status = 'used' AND booking.status <> 'confirmed'"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "nobody was let in with a ticket whose booking was given back";
    let sentence = "a used ticket belongs to a booking that was given back";
    Ok(check("gate.used_is_not_given_back", invariant, examined, sentence, offences))
}
