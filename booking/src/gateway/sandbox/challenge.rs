//! 3-D Secure as the sandbox plays it: the bank asks the buyer back, the buyer approves or does not, and the same charge
//! goes on for the next attempt of the same reservation, under that attempt's key.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::{Deserialize, Serialize};
use shared::digest::{hex, sha256};
use shared::money::Money;
use shared::store::{Dependency, StoreError, within};
use uuid::Uuid;

use super::ledger::Ledger;
use super::service::{Refusal, Sandbox, answered, key};
use super::{ChargeStatus, NewCharge};
use crate::domain::ids::ReservationId;

/// What the name of a charge begins with, where a buyer goes on with it.
const PREFIX: &str = "ch_";

/// What stands in place of a card where a buyer who approved goes on with a charge.
pub(super) fn continued(token: &str) -> Option<Uuid> {
    token.strip_prefix(PREFIX)?.parse().ok()
}

/// What the browser gets for the bank's question: as with Stripe, the token to go on with stands before `_secret_`.
pub(super) fn client_secret(charge: Uuid) -> String {
    let digest = sha256(format!("the sandbox's question about {charge}"));
    format!("{PREFIX}{}_secret_{}", charge.simple(), hex(&digest[..8]))
}

/// The charge that a client secret is about; `None`: it is none of the sandbox's.
pub(super) fn asked_about(secret: &str) -> Option<Uuid> {
    let charge = continued(secret.split_once("_secret_")?.0)?;
    (client_secret(charge) == secret).then_some(charge)
}

/// What the buyer tells the bank.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BuyersAnswer {
    pub(super) client_secret: String,
    pub(super) approves: bool,
}

/// What is gone on with, and what for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Continuation {
    pub(super) amount: Money,
    pub(super) reservation: ReservationId,
}

/// `POST /v1/challenges`: the buyer approves, or does not. Saying the same again changes nothing.
pub(super) async fn answer(
    State(sandbox): State<Sandbox>,
    Json(said): Json<BuyersAnswer>,
) -> Result<Response, Refusal> {
    let charge = asked_about(&said.client_secret).ok_or(Refusal::NotFound)?;
    let is_new = sandbox.ledger.authenticate(charge, said.approves, sandbox.clock.now()).await?;
    let key = sandbox.ledger.key_of(charge).await?.ok_or(Refusal::NotFound)?;
    let booked = sandbox.find(&key).await?;
    let expected = if said.approves { ChargeStatus::Authorised } else { ChargeStatus::Declined };
    if booked.view.status != expected {
        return Err(Refusal::NotPossible("the bank does not ask any more"));
    }
    let happened = booked.happened();
    Ok(answered(is_new.then_some(&key), happened, booked))
}

/// `POST /v1/charges/{reference}/continue`: another attempt goes on with a charge.
pub(super) async fn go_on(
    State(sandbox): State<Sandbox>,
    Path(charge): Path<Uuid>,
    headers: HeaderMap,
    Json(asked): Json<Continuation>,
) -> Result<Response, Refusal> {
    let (key, now) = (key(&headers)?, sandbox.clock.now());
    let is_new = sandbox.ledger.go_on(charge, key, &asked, now).await?;
    if is_new || sandbox.ledger.key_of(charge).await?.as_deref() == Some(key) {
        let booked = sandbox.find(key).await?;
        return Ok(answered(is_new.then_some(key), "charge.authorised", booked));
    }
    if let Some(known) = sandbox.ledger.key_for(charge, &asked).await? {
        let booked = sandbox.find(&known).await?;
        if booked.view.status == ChargeStatus::ActionRequired {
            return Ok(answered(None, "", booked));
        }
    }
    // There is nothing to go on with: like a card that is refused, it is in the books.
    let Continuation { amount, reservation } = asked;
    let token = format!("{PREFIX}{}", charge.simple());
    let refused = NewCharge { token, amount, reservation: Some(reservation) };
    let is_new = sandbox.ledger.authorise(key, &refused, true, now).await?.is_some();
    let booked = sandbox.find(key).await?;
    Ok(answered(is_new.then_some(key), "charge.declined", booked))
}

impl Ledger {
    /// Writes what the buyer told the bank; `false`: the bank does not ask.
    async fn authenticate(&self, charge: Uuid, approves: bool, now: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query!(
            "UPDATE sandbox_gateway.charges
             SET status = CASE WHEN $2 THEN 'authorised' ELSE 'declined' END, updated_at = $3,
                 decline_code = CASE WHEN $2 THEN NULL ELSE 'authentication_failed' END
             WHERE id = $1 AND status = 'action_required'",
            charge,
            approves,
            now.to_sqlx() as _,
        );
        let done = within(Dependency::Postgres, query.execute(self.pool())).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives an approved charge to the attempt with this key; `false`: it is not approved, it is of another reservation or
    /// amount, or the key is used.
    async fn go_on(
        &self,
        charge: Uuid,
        key: &str,
        asked: &Continuation,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query!(
            "WITH moved AS (
                 UPDATE sandbox_gateway.charges SET idempotency_key = $2, updated_at = $6
                 WHERE id = $1 AND status = 'authorised' AND reservation = $3 AND amount_minor = $4 AND currency = $5
                   AND idempotency_key <> $2
                   AND NOT EXISTS (SELECT FROM sandbox_gateway.charges WHERE idempotency_key = $2)
                 RETURNING id, amount_minor)
             INSERT INTO sandbox_gateway.operations
                 (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
             SELECT $7, id, 'authorise', $2, amount_minor, 'authorised', $6 FROM moved",
            charge,
            key,
            asked.reservation.0,
            asked.amount.amount_minor,
            asked.amount.currency.as_str(),
            now.to_sqlx() as _,
            Uuid::new_v4(),
        );
        let done = within(Dependency::Postgres, query.execute(self.pool())).await?;
        Ok(done.rows_affected() == 1)
    }

    /// The key that a charge has now.
    async fn key_of(&self, charge: Uuid) -> Result<Option<String>, StoreError> {
        let query =
            sqlx::query_scalar!("SELECT idempotency_key FROM sandbox_gateway.charges WHERE id = $1", charge);
        within(Dependency::Postgres, query.fetch_optional(self.pool())).await
    }

    /// The key of a charge, where it is for this.
    async fn key_for(&self, charge: Uuid, asked: &Continuation) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar!(
            "SELECT idempotency_key FROM sandbox_gateway.charges
             WHERE id = $1 AND reservation = $2 AND amount_minor = $3 AND currency = $4",
            charge,
            asked.reservation.0,
            asked.amount.amount_minor,
            asked.amount.currency.as_str(),
        );
        within(Dependency::Postgres, query.fetch_optional(self.pool())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_secret_names_its_charge_and_no_other_text_does() {
        let charge = Uuid::from_u128(7);
        let secret = client_secret(charge);
        assert_eq!(asked_about(&secret), Some(charge));
        assert_eq!(continued(secret.split("_secret_").next().unwrap()), Some(charge));
        assert_eq!(asked_about(&format!("ch_{}_secret_0011223344556677", charge.simple())), None);
        assert_eq!(asked_about("ch_"), None);
        assert_eq!(continued("tok_ok"), None);
    }
}
