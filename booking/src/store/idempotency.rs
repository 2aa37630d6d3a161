//! Idempotency keys: a row a key and buyer, made with the work it begins, answered with the state that ends it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::Identity;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};

use crate::domain::idempotency::{BodyDigest, IdempotencyKey, Keyed, Known, StoredAnswer, kept_since};
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
        let query = sqlx::query_as!(
            Entry,
            r#"SELECT route, body_digest, response_status, response_headers, response_body
               FROM booking.idempotency_keys
               WHERE buyer = $1 AND key = $2 AND (created_at >= $3 OR status = 'running')"#,
            keyed.buyer.as_str(),
            keyed.key.as_str(),
            kept_since(now).to_sqlx() as _,
        );
        let entry = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        entry.map_or(Ok(Known::Nothing), |entry| entry.known(keyed.route, &keyed.digest))
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

    /// Whose a reservation is, of which show, and what is known of this key in the hands of its buyer.
    pub async fn owner(
        &self,
        id: ReservationId,
        (key, route, digest): (&IdempotencyKey, &str, &BodyDigest),
        now: Timestamp,
    ) -> Result<Option<Owner>, StoreError> {
        let query = sqlx::query!(
            r#"SELECT reservation.buyer AS "buyer: Identity", show_id AS "show: ShowId", route AS "route?",
                      body_digest AS "body_digest?", response_status, response_headers, response_body
               FROM booking.reservations AS reservation
               LEFT JOIN booking.idempotency_keys AS known
                   ON known.buyer = reservation.buyer AND known.key = $2
                      AND (known.created_at >= $3 OR known.status = 'running')
               WHERE reservation.id = $1"#,
            id.0,
            key.as_str(),
            kept_since(now).to_sqlx() as _,
        );
        let row = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        let Some(row) = row else { return Ok(None) };
        let (response_status, response_headers, response_body) =
            (row.response_status, row.response_headers, row.response_body);
        let entry = row.route.zip(row.body_digest).map(|(route, body_digest)| Entry {
            route,
            body_digest,
            response_status,
            response_headers,
            response_body,
        });
        let known = entry.map_or(Ok(Known::Nothing), |entry| entry.known(route, digest))?;
        Ok(Some(Owner { buyer: row.buyer, show: row.show, known }))
    }
}

/// Whose a reservation is, and what its buyer's key says.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Its buyer.
    pub buyer: Identity,
    /// Its show.
    pub show: ShowId,
    /// What is known of the key that was asked for.
    pub known: Known,
}

/// A key as it is stored.
struct Entry {
    route: String,
    body_digest: Vec<u8>,
    response_status: Option<i16>,
    response_headers: Option<serde_json::Value>,
    response_body: Option<Vec<u8>>,
}

impl Entry {
    fn known(self, route: &str, digest: &BodyDigest) -> Result<Known, StoreError> {
        if self.route != route || self.body_digest != digest.0 {
            return Ok(Known::OtherRequest);
        }
        match (self.response_status, self.response_headers, self.response_body) {
            (Some(status), Some(headers), Some(body)) => {
                let status = u16::try_from(status).map_err(|_| unexpected("an impossible status"))?;
                let headers =
                    serde_json::from_value(headers).map_err(|error| unexpected(&error.to_string()))?;
                Ok(Known::Answered(StoredAnswer { status, headers, body }))
            }
            _ => Ok(Known::Running),
        }
    }
}

/// Takes a key for the work that this transaction begins. `false`: it was taken before.
pub(super) async fn take(
    tx: &mut PgConnection,
    keyed: &Keyed,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query_file!(
        "sql/take_key.sql",
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
