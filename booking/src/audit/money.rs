//! The audit of the money: our payments against the gateway's books, bookings against payments, and what was promised
//! to be finished, sent and answered.

mod books;
mod promises;

use jiff::Timestamp;
use shared::audit::{Check, Finding};
use sqlx::PgPool;

/// Makes a check of two queries: how many rows were looked at, and the rows that contradict the invariant, as JSON.
macro_rules! check {
    ($pool:expr, $name:literal, $invariant:literal, $sentence:literal, $examined:literal, $offences:literal $(, $argument:expr)*) => {{
        let examined = sqlx::query_scalar!($examined).fetch_one($pool).await?;
        let offences = sqlx::query_scalar!($offences $(, $argument)*).fetch_all($pool).await?;
        super::found($name, $invariant, $sentence, examined, offences)
    }};
}

use check;

/// Checks that no money moved without a booking or a refund, that no booking was made without money, and that nothing
/// that was begun is left undone.
pub async fn money(pool: &PgPool, now: Timestamp) -> anyhow::Result<Vec<Check>> {
    Ok(vec![
        books::captured_here_is_captured_there(pool).await?,
        books::captured_there_is_captured_here(pool).await?,
        books::nothing_is_held_for_nobody(pool).await?,
        books::refusals_agree(pool).await?,
        books::refunds_agree(pool).await?,
        books::the_gateways_books_add_up(pool).await?,
        books::one_capture_a_booking(pool).await?,
        books::refunds_stay_within_captures(pool).await?,
        promises::a_confirmed_booking_is_paid(pool).await?,
        promises::captured_money_has_a_booking(pool).await?,
        promises::sagas_end(pool, now).await?,
        promises::refunds_end(pool, now).await?,
        promises::what_is_being_paid_has_a_payment(pool).await?,
        promises::the_outbox_is_sent(pool, now).await?,
        promises::answers_are_true(pool).await?,
        promises::answered_tickets_are_kept(pool).await?,
    ])
}

fn found(
    name: &'static str,
    invariant: &'static str,
    sentence: &str,
    examined: Option<i64>,
    offences: Vec<Option<serde_json::Value>>,
) -> Check {
    let findings = offences.into_iter().flatten().map(|row| Finding::new(sentence, row)).collect();
    Check::new(
        name,
        invariant,
        examined.and_then(|count| count.try_into().ok()).unwrap_or_default(),
        findings,
    )
}
