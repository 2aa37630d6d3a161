//! The saga's last transactions where nothing was sold: each writes the final state together with the answer to every
//! repetition of the request, and with what must reach others.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::ids::Identity;
use sqlx::PgConnection;

use super::begin::lock;
use super::{Finished, Outcome, Payments, Requester, StepError, add_seat_map, end_reservation, note};
use crate::domain::confirm::Refusal;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::outbox::Row;
use crate::domain::payment::{Authorising, Decline, GatewayReference, Payment, VoidReason, Voided, Voiding};
use crate::domain::reservation::ReservationStatus;
use crate::gateway::Attempt;
use crate::store::{events, idempotency, postgres, refunds};

impl Payments {
    /// Records that the card was refused: the reservation may be paid for again while its hold lasts.
    pub async fn decline(
        &self,
        payment: Payment<Authorising>,
        decline: Decline,
        now: Timestamp,
    ) -> Result<Finished, StepError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let facts = lock(&mut tx, payment.reservation).await?.ok_or(StepError::Moved)?;
            let end = Ending { from: "authorising", to: "declined", failure: Some(decline.as_str()) };
            let requester = end_payment(&mut tx, payment.id, &end, now).await?;
            note(&mut tx, payment.id, payment.reservation, "declined", now).await?;
            let lives = facts.expires_at > now;
            let message = give_back(&mut tx, payment.reservation, lives, now).await?;
            let refusal = if lives { Refusal::Declined(decline) } else { Refusal::ReservationExpired };
            let outcome = self.answer(&mut tx, &requester, refusal, now).await?;
            tx.commit().await?;
            Ok(Finished { outcome, messages: vec![message] })
        })
        .await
    }

    /// Records that the gateway let go of an attempt that was given up.
    pub async fn voided(
        &self,
        payment: Payment<Voiding>,
        voided: Voided,
        now: Timestamp,
    ) -> Result<Finished, StepError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let state = if voided == Voided::Authorisation { "voided" } else { "failed" };
            let finished = self.end_given_up(&mut tx, &payment, state, now).await?;
            tx.commit().await?;
            Ok(finished)
        })
        .await
    }

    /// Records that the gateway had taken the money of an attempt that was given up, and promises it back.
    pub async fn captured_late(
        &self,
        payment: Payment<Voiding>,
        reference: &GatewayReference,
        now: Timestamp,
    ) -> Result<Finished, StepError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let finished = self.end_given_up(&mut tx, &payment, "refunding", now).await?;
            let attempt = Attempt::of(&payment, Some(reference));
            refunds::promise_late_capture(&mut tx, attempt, payment.amount, now).await?;
            tx.commit().await?;
            Ok(finished)
        })
        .await
    }

    /// Ends an attempt that was given up, and answers its request.
    async fn end_given_up(
        &self,
        tx: &mut PgConnection,
        payment: &Payment<Voiding>,
        state: &'static str,
        now: Timestamp,
    ) -> Result<Finished, StepError> {
        let facts = lock(tx, payment.reservation).await?.ok_or(StepError::Moved)?;
        let reason = payment.state.reason;
        let end = Ending { from: "voiding", to: state, failure: Some(reason.as_str()) };
        let requester = end_payment(tx, payment.id, &end, now).await?;
        note(tx, payment.id, payment.reservation, state, now).await?;
        let mut messages = Vec::new();
        let lives = reason == VoidReason::NotTaken && facts.expires_at > now;
        if reason == VoidReason::NotTaken {
            messages.push(give_back(tx, payment.reservation, lives, now).await?);
        }
        let outcome = self.answer(tx, &requester, Refusal::after(reason, lives), now).await?;
        Ok(Finished { outcome, messages })
    }

    /// Answers a request with a refusal: for good, or by forgetting its key.
    async fn answer(
        &self,
        tx: &mut PgConnection,
        requester: &Requester,
        refusal: Refusal,
        now: Timestamp,
    ) -> Result<Outcome, StepError> {
        if refusal.is_final() {
            let answer = self.answers.refused(&refusal);
            idempotency::finish(tx, &requester.buyer, &requester.key, &answer, now).await?;
            Ok(Outcome::Answered(answer))
        } else {
            idempotency::forget(tx, &requester.buyer, &requester.key).await?;
            Ok(Outcome::Undone(refusal))
        }
    }
}

/// From which state a payment comes to which final one, and why if it failed.
struct Ending {
    from: &'static str,
    to: &'static str,
    failure: Option<&'static str>,
}

async fn end_payment(
    tx: &mut PgConnection,
    id: PaymentId,
    end: &Ending,
    now: Timestamp,
) -> Result<Requester, StepError> {
    let row = sqlx::query!(
        r#"UPDATE booking.payments
           SET state = $3, failure = $4, updated_at = $5, ended_at = $5, next_attempt_at = NULL, last_error = NULL,
               captured_at = CASE WHEN $3 = 'refunding' THEN $5 ELSE captured_at END
           WHERE id = $1 AND state = $2
           RETURNING buyer AS "buyer: Identity", idempotency_key"#,
        id.0,
        end.from,
        end.to,
        end.failure,
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    let row = row.ok_or(StepError::Moved)?;
    Ok(Requester { buyer: row.buyer, key: IdempotencyKey::stored(row.idempotency_key) })
}

/// Gives a reservation back to its buyer after an attempt that came to nothing: to pay again, or as expired.
async fn give_back(
    tx: &mut PgConnection,
    id: ReservationId,
    lives: bool,
    now: Timestamp,
) -> Result<Row, sqlx::Error> {
    if lives {
        sqlx::query!(
            "UPDATE booking.reservations SET status = 'pending', payment_deadline = NULL, updated_at = $2
             WHERE id = $1 AND status = 'paying'",
            id.0,
            now.to_sqlx() as _,
        )
        .execute(&mut *tx)
        .await?;
        events::record(tx, "reservation.pending", id.0, "booking", json!({}), now).await?;
    } else {
        end_reservation(tx, id, ReservationStatus::Expired, now).await?;
    }
    add_seat_map(tx, id, now).await
}
