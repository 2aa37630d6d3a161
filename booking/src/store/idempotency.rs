//! Idempotency keys: a row a key and buyer, made with the work it begins, answered with the state that ends it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::Identity;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};

use crate::domain::idempotency::{IdempotencyKey, Keyed, Known, StoredAnswer, kept_since};
use crate::domain::ids::{ReservationId, ShowId};

/// How many forgotten keys one purge deletes.
const PURGE_BATCH: i64 = 1_000;

/// The keys of all buyers.
#[derive(Clone)]
pub struct Keys {
    pool: PgPool,
}

impl Keys {
    /// Keys in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// What is known of a key.
    pub async fn known(&self, keyed: &Keyed, now: Timestamp) -> Result<Known, StoreError> {
        let query = sqlx::query!(
            "SELECT route, body_digest, status, response_status, response_headers, response_body
             FROM booking.idempotency_keys
             WHERE buyer = $1 AND key = $2 AND (created_at >= $3 OR status = 'running')",
            keyed.buyer.as_str(),
            keyed.key.as_str(),
            kept_since(now).to_sqlx() as _,
        );
        let row = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        let Some(row) = row else { return Ok(Known::Nothing) };
        if row.route != keyed.route || row.body_digest != keyed.digest.0 {
            return Ok(Known::OtherRequest);
        }
        match (row.response_status, row.response_headers, row.response_body) {
            (Some(status), Some(headers), Some(body)) => {
                let status = u16::try_from(status).map_err(|_| unexpected("an impossible status"))?;
                let headers =
                    serde_json::from_value(headers).map_err(|error| unexpected(&error.to_string()))?;
                Ok(Known::Answered(StoredAnswer { status, headers, body }))
            }
            _ => Ok(Known::Running),
        }
    }

    /// Deletes answers that are not kept any longer, a batch at a time; how many it deleted.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, StoreError> {
        let query = sqlx::query!(
            "DELETE FROM booking.idempotency_keys
             WHERE (buyer, key) IN (SELECT buyer, key FROM booking.idempotency_keys
                                    WHERE created_at < $1 AND status = 'finished'
                                    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
            kept_since(now).to_sqlx() as _,
            PURGE_BATCH,
        );
        Ok(within(Dependency::Postgres, query.execute(&self.pool)).await?.rows_affected())
    }

    /// Whose a reservation is, and of which show.
    pub async fn owner(&self, id: ReservationId) -> Result<Option<(Identity, ShowId)>, StoreError> {
        let query = sqlx::query!(
            r#"SELECT buyer AS "buyer: Identity", show_id AS "show: ShowId" FROM booking.reservations WHERE id = $1"#,
            id.0,
        );
        let row = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        Ok(row.map(|row| (row.buyer, row.show)))
    }
}

/// Takes a key for the work that this transaction begins. `false`: it was taken before.
pub(super) async fn take(
    tx: &mut PgConnection,
    keyed: &Keyed,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!(
        "INSERT INTO booking.idempotency_keys AS known
             (buyer, key, route, body_digest, status, reservation_id, created_at)
         VALUES ($1, $2, $3, $4, 'running', $5, $6)
         ON CONFLICT (buyer, key) DO UPDATE
         SET route = excluded.route, body_digest = excluded.body_digest, status = 'running',
             reservation_id = excluded.reservation_id, created_at = excluded.created_at, response_status = NULL,
             response_headers = NULL, response_body = NULL, finished_at = NULL
         WHERE known.status = 'finished' AND known.created_at < $7",
        keyed.buyer.as_str(),
        keyed.key.as_str(),
        keyed.route,
        &keyed.digest.0,
        reservation.0,
        now.to_sqlx() as _,
        kept_since(now).to_sqlx() as _,
    );
    Ok(taken.execute(tx).await?.rows_affected() == 1)
}

/// Writes the answer that every repetition gets.
pub(super) async fn finish(
    tx: &mut PgConnection,
    buyer: &Identity,
    key: &IdempotencyKey,
    answer: &StoredAnswer,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let status = i16::try_from(answer.status).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let headers = serde_json::to_value(&answer.headers).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!(
        "UPDATE booking.idempotency_keys
         SET status = 'finished', response_status = $3, response_headers = $4, response_body = $5, finished_at = $6
         WHERE buyer = $1 AND key = $2 AND status = 'running'",
        buyer.as_str(),
        key.as_str(),
        status,
        headers,
        answer.body,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets a key whose work was undone, so that it may be used again.
pub(super) async fn forget(
    tx: &mut PgConnection,
    buyer: &Identity,
    key: &IdempotencyKey,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM booking.idempotency_keys WHERE buyer = $1 AND key = $2 AND status = 'running'",
        buyer.as_str(),
        key.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn unexpected(reason: &str) -> StoreError {
    StoreError::unexpected(Dependency::Postgres, format!("a stored answer cannot be read: {reason}"))
}
