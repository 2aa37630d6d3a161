//! The outbox's rows: written with the change that caused them, taken one an aggregate and destination, oldest first.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::{DropSlug, Sid};
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::ids::ReservationId;
use crate::domain::outbox::{Destination, Message, Row};
use crate::store::epochs::SLOTS_LIVE;

/// How long whoever took a row has it to itself: longer than a delivery takes, and so short that a freed seat is on sale
/// again within five seconds.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(3);

#[derive(Serialize, Deserialize)]
struct SlotEnd {
    drop: DropSlug,
    sid: Sid,
}

#[derive(Serialize, Deserialize)]
struct SeatMap {
    reservation: ReservationId,
}

/// Adds a row to the transaction of the change that caused it. It is due after the lease of whoever caused it, who
/// delivers it directly.
pub(super) async fn add(
    tx: &mut PgConnection,
    aggregate: Uuid,
    message: Message,
    now: Timestamp,
) -> Result<Row, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "INSERT INTO booking.outbox (aggregate_id, destination, kind, payload, created_at, next_attempt_at)
         VALUES ($1, $2, 'changed', $3, $4, $5)
         RETURNING id",
        aggregate,
        message.destination().as_str(),
        payload(&message),
        now.to_sqlx() as _,
        (now + LEASE).to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(Row { id, aggregate, message, attempts: 0 })
}

fn payload(message: &Message) -> Value {
    match message {
        Message::SlotEnd { drop, sid } => json!(SlotEnd { drop: drop.clone(), sid: *sid }),
        Message::SeatMap { reservation } => json!(SeatMap { reservation: *reservation }),
    }
}

/// Rows that a larger statement writes, a column each.
pub(super) struct Columns {
    pub(super) aggregates: Vec<Uuid>,
    pub(super) destinations: Vec<String>,
    pub(super) payloads: Vec<Value>,
}

/// The rows of these messages, each with what it belongs to.
pub(super) fn columns(messages: &[(Uuid, Message)]) -> Columns {
    Columns {
        aggregates: messages.iter().map(|(aggregate, _)| *aggregate).collect(),
        destinations: messages.iter().map(|(_, message)| message.destination().as_str().to_owned()).collect(),
        payloads: messages.iter().map(|(_, message)| payload(message)).collect(),
    }
}

/// Takes due rows, for a lease: of each aggregate and destination only the oldest that is unsent.
pub async fn take_due(pool: &PgPool, limit: i64, now: Timestamp) -> Result<Vec<Row>, StoreError> {
    let query = sqlx::query!(
        "WITH due AS (
             SELECT id FROM booking.outbox AS row
             WHERE sent_at IS NULL AND dead_at IS NULL AND next_attempt_at <= $1
               AND NOT EXISTS (SELECT FROM booking.outbox AS older
                               WHERE older.destination = row.destination AND older.aggregate_id = row.aggregate_id
                                 AND older.id < row.id AND older.sent_at IS NULL AND older.dead_at IS NULL)
             ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED)
         UPDATE booking.outbox AS row
         SET attempts = attempts + 1, next_attempt_at = $3
         FROM due WHERE row.id = due.id
         RETURNING row.id, aggregate_id, destination, payload, attempts",
        now.to_sqlx() as _,
        limit,
        (now + LEASE).to_sqlx() as _,
    );
    let rows = within(Dependency::Postgres, query.fetch_all(pool)).await?;
    let message = |destination: &str, payload| {
        message(destination, payload).map_err(|reason| {
            StoreError::unexpected(Dependency::Postgres, format!("an outbox row: {reason}"))
        })
    };
    rows.into_iter()
        .map(|row| {
            let message = message(&row.destination, row.payload)?;
            Ok(Row { id: row.id, aggregate: row.aggregate_id, message, attempts: row.attempts })
        })
        .collect()
}

fn message(destination: &str, payload: Value) -> Result<Message, String> {
    let destination: Destination = destination.parse().map_err(|error| format!("{error}"))?;
    let parsed = match destination {
        Destination::SlotEnd => serde_json::from_value::<SlotEnd>(payload)
            .map(|SlotEnd { drop, sid }| Message::SlotEnd { drop, sid }),
        Destination::SeatMap => serde_json::from_value::<SeatMap>(payload)
            .map(|SeatMap { reservation }| Message::SeatMap { reservation }),
    };
    parsed.map_err(|error| error.to_string())
}

/// Notes that rows were delivered.
pub async fn sent(pool: &PgPool, ids: &[i64], now: Timestamp) -> Result<(), StoreError> {
    let query = sqlx::query!(
        "UPDATE booking.outbox SET sent_at = $2, last_error = NULL WHERE id = ANY ($1) AND sent_at IS NULL",
        ids,
        now.to_sqlx() as _,
    );
    within(Dependency::Postgres, query.execute(pool)).await.map(drop)
}

/// Notes that a row could not be delivered, and when to try again. A slot's end is dead when no slot can live any more.
pub async fn failed(
    pool: &PgPool,
    id: i64,
    error: &str,
    (now, next): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let query = sqlx::query!(
        "UPDATE booking.outbox
         SET last_error = $2, next_attempt_at = $3,
             dead_at = CASE WHEN destination = 'slot_end' AND created_at < $4 THEN $5::timestamptz END
         WHERE id = $1 AND sent_at IS NULL",
        id,
        error,
        next.to_sqlx() as _,
        (now - SLOTS_LIVE).to_sqlx() as _,
        now.to_sqlx() as _,
    );
    within(Dependency::Postgres, query.execute(pool)).await.map(drop)
}
