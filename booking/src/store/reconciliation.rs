//! Our books, for comparing them with the gateway's.

use jiff_sqlx::ToSqlx as _;
use shared::money::Money;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use uuid::Uuid;

use super::bookings::currency;
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::reconcile::{OurPayment, OurState, Period};
use crate::gateway::Attempt;

/// Our books.
#[derive(Clone)]
pub struct Books {
    pool: PgPool,
}

impl Books {
    /// The books in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Payments at this gateway that were begun in the period, and those with these ids or
    /// names at the gateway, in the order of their ids; at most `limit`.
    pub async fn payments(
        &self,
        gateway: &str,
        period: Period,
        (ids, names): (&[Uuid], &[String]),
        limit: usize,
    ) -> Result<Vec<OurPayment>, StoreError> {
        let query = sqlx::query_as!(
            Row,
            r#"SELECT payment.id AS "id: PaymentId", payment.reservation_id AS "reservation: ReservationId",
                  payment.gateway, payment.gateway_reference, payment.amount_minor, payment.currency,
                  CASE WHEN payment.state <> 'declined' OR payment.failure <> 'action_required'
                            OR payment.let_go_at IS NOT NULL THEN payment.state
                       WHEN reservation.status IN ('pending', 'paying') THEN 'asked_back'
                       ELSE 'letting_go' END AS "state!",
                  refunds.done AS "done!", refunds.under_way AS "under_way!",
                  greatest(payment.updated_at, refunds.changed_at) AS "changed_at!: jiff_sqlx::Timestamp",
                  payment.created_at AS "created_at: jiff_sqlx::Timestamp"
           FROM booking.payments AS payment
           JOIN booking.reservations AS reservation ON reservation.id = payment.reservation_id
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(amount_minor) FILTER (WHERE state = 'refunded'), 0)::bigint AS done,
                      coalesce(sum(amount_minor) FILTER (WHERE state = 'pending'), 0)::bigint AS under_way,
                      max(updated_at) AS changed_at
               FROM booking.refunds WHERE payment_id = payment.id) AS refunds
           WHERE payment.gateway = $1
             AND (payment.created_at >= $2 AND payment.created_at < $3 OR payment.id = ANY ($4)
                  OR payment.gateway_reference = ANY ($6))
           ORDER BY payment.id LIMIT $5"#,
            gateway,
            period.from.to_sqlx() as _,
            period.to.to_sqlx() as _,
            ids,
            i64::try_from(limit).unwrap_or(i64::MAX),
            names,
        );
        let rows = within(Dependency::Postgres, query.fetch_all(&self.pool)).await?;
        rows.into_iter().map(OurPayment::try_from).collect()
    }

    /// Payments that are not finished, or have a refund under way, at a gateway that is none of these: the first so many.
    pub async fn waiting_elsewhere(
        &self,
        gateways: &[String],
        limit: usize,
    ) -> Result<Vec<OurPayment>, StoreError> {
        let query = sqlx::query_as!(
            Row,
            r#"SELECT payment.id AS "id: PaymentId", payment.reservation_id AS "reservation: ReservationId",
                  payment.gateway, payment.gateway_reference, payment.amount_minor, payment.currency, payment.state,
                  0::bigint AS "done!", coalesce(refunds.under_way, 0) AS "under_way!",
                  payment.updated_at AS "changed_at!: jiff_sqlx::Timestamp",
                  payment.created_at AS "created_at: jiff_sqlx::Timestamp"
           FROM (SELECT id, 0::bigint AS under_way FROM booking.payments
                 WHERE state IN ('authorising', 'authorised', 'capturing', 'voiding')
                 UNION ALL
                 SELECT payment_id, sum(amount_minor)::bigint FROM booking.refunds
                 WHERE state = 'pending' GROUP BY payment_id) AS refunds
           JOIN booking.payments AS payment ON payment.id = refunds.id
           WHERE payment.gateway <> ALL ($1)
           ORDER BY payment.id LIMIT $2"#,
            gateways,
            i64::try_from(limit).unwrap_or(i64::MAX),
        );
        let rows = within(Dependency::Postgres, query.fetch_all(&self.pool)).await?;
        rows.into_iter().map(OurPayment::try_from).collect()
    }

    /// Whether the money of an attempt that is over belongs to no other one: none of its reservation is under way, and
    /// none goes on with its charge.
    pub async fn is_nobodys(&self, attempt: &Attempt) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar!(
            r#"SELECT NOT EXISTS (
                   SELECT FROM booking.payments
                   WHERE id <> $1 AND reservation_id = $2
                     AND state IN ('authorising', 'authorised', 'capturing', 'voiding'))
               AND NOT EXISTS (
                   SELECT FROM booking.payments
                   WHERE id <> $1 AND gateway_reference = $3
                     AND state NOT IN ('voided', 'declined', 'failed')) AS "nobodys!""#,
            attempt.payment.0,
            attempt.reservation.0,
            attempt.reference.as_ref().map(|reference| reference.0.as_str()),
        );
        within(Dependency::Postgres, query.fetch_one(&self.pool)).await
    }
}

/// A payment with the sums of its refunds.
struct Row {
    id: PaymentId,
    reservation: ReservationId,
    gateway: String,
    gateway_reference: Option<String>,
    amount_minor: i64,
    currency: String,
    state: String,
    done: i64,
    under_way: i64,
    changed_at: jiff_sqlx::Timestamp,
    created_at: jiff_sqlx::Timestamp,
}

impl TryFrom<Row> for OurPayment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            reservation: row.reservation,
            gateway: row.gateway,
            reference: row.gateway_reference,
            amount: Money::new(row.amount_minor, currency(&row.currency)?),
            state: state(&row.state),
            refunded_minor: row.done,
            refunding_minor: row.under_way,
            changed_at: row.changed_at.to_jiff(),
            created_at: row.created_at.to_jiff(),
        })
    }
}

fn state(text: &str) -> OurState {
    match text {
        "captured" | "refunding" | "refunded" => OurState::Captured,
        "voided" | "declined" | "failed" => OurState::Over,
        "asked_back" => OurState::AskedBack,
        _ => OurState::UnderWay,
    }
}
