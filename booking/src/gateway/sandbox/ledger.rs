//! The sandbox gateway's books, in Postgres in a schema of their own, so that they survive a restart like a foreign
//! gateway's would. Every operation is one statement and is carried out once a key.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::money::{Currency, Money};
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use uuid::Uuid;

use super::challenge::client_secret;
use super::faults::Fault;
use super::{ChargeStatus, ChargeView, NewCharge};

/// How the slow card's charge takes its time.
pub const SLOW: SignedDuration = SignedDuration::from_secs(10);

/// The books.
#[derive(Clone)]
pub struct Ledger {
    pool: PgPool,
}

/// What the gateway decides about a card's token at once.
#[derive(Clone, Copy, Debug)]
struct Decision {
    status: &'static str,
    decline_code: Option<&'static str>,
    undecided_for: SignedDuration,
}

impl Decision {
    fn on(token: &str) -> Self {
        let (status, decline_code) = match token {
            "tok_ok" | "tok_slow" | "tok_capture_refused" => ("authorised", None),
            _ if Fault::of_token(token).is_some() => ("authorised", None),
            "tok_insufficient_funds" => ("declined", Some("insufficient_funds")),
            "tok_action_required" => ("action_required", None),
            "tok_declined" => ("declined", Some("declined")),
            _ => ("declined", Some("unknown_token")),
        };
        let undecided_for = if token == "tok_slow" { SLOW } else { SignedDuration::ZERO };
        Self { status, decline_code, undecided_for }
    }

    const DECLINED: Self =
        Self { status: "declined", decline_code: Some("declined"), undecided_for: SignedDuration::ZERO };
}

/// A charge with the token it was made with, which decides how the gateway misbehaves.
pub struct Booked {
    /// The charge as it is shown.
    pub view: ChargeView,
    /// The card's token.
    pub token: String,
}

/// A charge as it is stored.
struct Charge {
    id: Uuid,
    amount_minor: i64,
    currency: String,
    token: String,
    status: String,
    captured_minor: i64,
    refunded_minor: i64,
    decline_code: Option<String>,
    decided_at: jiff_sqlx::Timestamp,
}

impl Charge {
    fn booked(self, now: Timestamp) -> Result<Booked, StoreError> {
        let undecided = self.decided_at.to_jiff() > now && self.status != "voided";
        let status = if undecided { ChargeStatus::Processing } else { status(&self.status)? };
        let action = status == ChargeStatus::ActionRequired;
        let currency: Currency = self.currency.parse().map_err(|_| unexpected("currency", &self.currency))?;
        let view = ChargeView {
            reference: self.id.to_string(),
            status,
            amount: Money::new(self.amount_minor, currency),
            captured_minor: self.captured_minor,
            refunded_minor: self.refunded_minor,
            decline_code: self.decline_code,
            client_secret: action.then(|| client_secret(self.id)),
        };
        Ok(Booked { view, token: self.token })
    }
}

impl Ledger {
    /// Books in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Where the books are kept.
    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Makes a charge; `None`: one was made under this key before. A mishap declines it, whatever the card.
    pub async fn authorise(
        &self,
        key: &str,
        charge: &NewCharge,
        is_declined: bool,
        now: Timestamp,
    ) -> Result<Option<Booked>, StoreError> {
        let NewCharge { token, amount, reservation } = charge;
        let decision = if is_declined { Decision::DECLINED } else { Decision::on(token) };
        let query = sqlx::query_as!(
            Charge,
            r#"WITH made AS (
                   INSERT INTO sandbox_gateway.charges
                       (id, idempotency_key, amount_minor, currency, token, status, decline_code, decided_at,
                        created_at, updated_at, reservation)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $11)
                   ON CONFLICT ON CONSTRAINT charges_idempotency_key_is_unique DO NOTHING
                   RETURNING *),
               noted AS (
                   INSERT INTO sandbox_gateway.operations
                       (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
                   SELECT $10, id, 'authorise', $2, amount_minor, status, $9 FROM made)
               SELECT id, amount_minor, currency, token, status, captured_minor, refunded_minor, decline_code,
                      decided_at AS "decided_at: jiff_sqlx::Timestamp"
               FROM made"#,
            Uuid::new_v4(),
            key,
            amount.amount_minor,
            amount.currency.as_str(),
            token,
            decision.status,
            decision.decline_code,
            (now + decision.undecided_for).to_sqlx() as _,
            now.to_sqlx() as _,
            Uuid::new_v4(),
            reservation.map(|reservation| reservation.0),
        );
        let made = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        made.map(|charge| charge.booked(now)).transpose()
    }

    /// The charge made under this key.
    pub async fn charge(&self, key: &str, now: Timestamp) -> Result<Option<Booked>, StoreError> {
        let query = sqlx::query_as!(
            Charge,
            r#"SELECT id, amount_minor, currency, token, status, captured_minor, refunded_minor, decline_code,
                      decided_at AS "decided_at: jiff_sqlx::Timestamp"
               FROM sandbox_gateway.charges WHERE idempotency_key = $1"#,
            key,
        );
        let found = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        found.map(|charge| charge.booked(now)).transpose()
    }

    /// Takes held money. `None`: nothing moved, because there is nothing held or it was taken before.
    pub async fn capture(
        &self,
        charge: &str,
        key: &str,
        amount: Money,
        now: Timestamp,
    ) -> Result<Option<Booked>, StoreError> {
        let query = sqlx::query_as!(
            Charge,
            r#"WITH moved AS (
                   UPDATE sandbox_gateway.charges
                   SET status = 'captured', captured_minor = $3, updated_at = $4
                   WHERE idempotency_key = $1 AND status = 'authorised' AND decided_at <= $4
                     AND amount_minor >= $3 AND currency = $6 AND token <> 'tok_capture_refused'
                   RETURNING *),
               noted AS (
                   INSERT INTO sandbox_gateway.operations
                       (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
                   SELECT $5, id, 'capture', $2, $3, 'captured', $4 FROM moved)
               SELECT id, amount_minor, currency, token, status, captured_minor, refunded_minor, decline_code,
                      decided_at AS "decided_at: jiff_sqlx::Timestamp"
               FROM moved"#,
            charge,
            key,
            amount.amount_minor,
            now.to_sqlx() as _,
            Uuid::new_v4(),
            amount.currency.as_str(),
        );
        let moved = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        moved.map(|charge| charge.booked(now)).transpose()
    }

    /// Lets go of held money, and of a charge whose buyer was asked back. `false`: there was no money to let go of.
    pub async fn void(&self, charge: &str, key: &str, now: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query!(
            "WITH asked_back AS (
                 UPDATE sandbox_gateway.charges SET status = 'voided', updated_at = $3
                 WHERE idempotency_key = $1 AND status = 'action_required'),
             moved AS (
                 UPDATE sandbox_gateway.charges SET status = 'voided', updated_at = $3
                 WHERE idempotency_key = $1 AND status = 'authorised'
                 RETURNING id, amount_minor)
             INSERT INTO sandbox_gateway.operations
                 (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
             SELECT $4, id, 'void', $2, amount_minor, 'voided', $3 FROM moved",
            charge,
            key,
            now.to_sqlx() as _,
            Uuid::new_v4(),
        );
        let done = within(Dependency::Postgres, query.execute(&self.pool)).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether a charge was voided under this key before, so that asking again gets the same answer.
    pub async fn was_voided_under(&self, key: &str) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM sandbox_gateway.operations
                              WHERE kind = 'void' AND idempotency_key = $1 AND outcome = 'voided') AS "found!""#,
            key,
        );
        within(Dependency::Postgres, found.fetch_one(&self.pool)).await
    }

    /// Makes sure that a charge nobody has asked for yet is refused when it comes.
    pub async fn refuse_ahead(&self, charge: &str, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query!(
            "WITH made AS (
                 INSERT INTO sandbox_gateway.charges
                     (id, idempotency_key, amount_minor, currency, token, status, decided_at, created_at, updated_at)
                 VALUES ($1, $2, 0, 'XXX', '', 'voided', $3, $3, $3)
                 ON CONFLICT ON CONSTRAINT charges_idempotency_key_is_unique DO NOTHING
                 RETURNING id)
             INSERT INTO sandbox_gateway.operations
                 (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
             SELECT $4, id, 'void', $5, 0, 'refused_ahead', $3 FROM made",
            Uuid::new_v4(),
            charge,
            now.to_sqlx() as _,
            Uuid::new_v4(),
            key,
        );
        within(Dependency::Postgres, query.execute(&self.pool)).await?;
        Ok(())
    }

    /// Gives captured money back. `false`: it was given back under this key before, or there is not so much left.
    pub async fn refund(
        &self,
        charge: &str,
        key: &str,
        amount: Money,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query!(
            "WITH moved AS (
                 UPDATE sandbox_gateway.charges
                 SET refunded_minor = refunded_minor + $3, updated_at = $4,
                     status = CASE WHEN refunded_minor + $3 = captured_minor THEN 'refunded' ELSE status END
                 WHERE idempotency_key = $1 AND captured_minor >= refunded_minor + $3 AND currency = $6
                   AND NOT EXISTS (SELECT FROM sandbox_gateway.operations
                                   WHERE kind = 'refund' AND idempotency_key = $2)
                 RETURNING id)
             INSERT INTO sandbox_gateway.operations
                 (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
             SELECT $5, id, 'refund', $2, $3, 'refunded', $4 FROM moved",
            charge,
            key,
            amount.amount_minor,
            now.to_sqlx() as _,
            Uuid::new_v4(),
            amount.currency.as_str(),
        );
        let done = within(Dependency::Postgres, query.execute(&self.pool)).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether money was given back under this key before.
    pub async fn was_refunded_under(&self, key: &str) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM sandbox_gateway.operations
                              WHERE kind = 'refund' AND idempotency_key = $1) AS "found!""#,
            key,
        );
        within(Dependency::Postgres, found.fetch_one(&self.pool)).await
    }
}

/// The status stored as this word.
pub(super) fn status(text: &str) -> Result<ChargeStatus, StoreError> {
    Ok(match text {
        "authorised" => ChargeStatus::Authorised,
        "declined" => ChargeStatus::Declined,
        "action_required" => ChargeStatus::ActionRequired,
        "captured" => ChargeStatus::Captured,
        "voided" => ChargeStatus::Voided,
        "refunded" => ChargeStatus::Refunded,
        _ => return Err(unexpected("status", text)),
    })
}

/// The books hold what they cannot.
pub(super) fn unexpected(what: &str, text: &str) -> StoreError {
    StoreError::unexpected(Dependency::Postgres, format!("a charge has the {what} {text:?}"))
}
