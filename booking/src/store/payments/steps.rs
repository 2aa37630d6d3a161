//! The saga's steps between its beginning and its end.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::begin::lock;
use super::book::recorded;
use super::{LEASE, Payments, StepError, add_seat_map, end_reservation, note};
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::outbox::Row;
use crate::domain::payment::{
    Authorised, Authorising, Capturing, GatewayReference, Payment, VoidReason, Voiding,
};
use crate::domain::reservation::ReservationStatus;
use crate::store::{bookings, postgres};

impl Payments {
    /// Records that an attempt is given up whose authorisation is not known.
    pub async fn give_up(
        &self,
        payment: Payment<Authorising>,
        reason: VoidReason,
        now: Timestamp,
    ) -> Result<(Payment<Voiding>, Vec<Row>), StepError> {
        let messages = self.record_voiding(&Leaving::from("authorising", &payment, reason), now).await?;
        Ok((payment.given_up(reason), messages))
    }

    /// Records that the gateway refused the capture for good: cancels the unseen booking and frees its seats.
    pub async fn refuse_capture(
        &self,
        payment: Payment<Capturing>,
        now: Timestamp,
    ) -> Result<(Payment<Voiding>, Vec<Row>), StepError> {
        let leaving = Leaving::from("capturing", &payment, VoidReason::CaptureRefused);
        let messages = self.record_voiding(&leaving, now).await?;
        Ok((payment.refused(), messages))
    }

    /// Records that an attempt is given up, and what that means for its reservation: one that the gateway never saw
    /// stays as it is until the gateway has said so, every other ends now.
    pub(super) async fn record_voiding(
        &self,
        leaving: &Leaving,
        now: Timestamp,
    ) -> Result<Vec<Row>, StepError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            lock(&mut tx, leaving.reservation).await?;
            move_to_voiding(&mut tx, leaving, now).await?;
            let mut messages = Vec::new();
            let end = match leaving.reason {
                VoidReason::NotTaken => None,
                VoidReason::DeadlinePassed => Some(ReservationStatus::Expired),
                VoidReason::SeatsLost | VoidReason::AdmissionSpent | VoidReason::CaptureRefused => {
                    Some(ReservationStatus::Cancelled)
                }
            };
            if let Some(status) = end {
                bookings::cancel_unseen(&mut tx, leaving.reservation, now).await?;
                end_reservation(&mut tx, leaving.reservation, status, now).await?;
                messages.push(add_seat_map(&mut tx, leaving.reservation, now).await?);
            }
            note(&mut tx, leaving.payment, leaving.reservation, "voiding", now).await?;
            tx.commit().await?;
            Ok(messages)
        })
        .await
    }
}

/// An attempt that leaves a state to be voided.
pub(super) struct Leaving {
    state: &'static str,
    payment: PaymentId,
    reservation: ReservationId,
    reason: VoidReason,
    /// The gateway's name for the charge, where it has become known since.
    reference: Option<GatewayReference>,
}

impl Leaving {
    fn from<S>(state: &'static str, payment: &Payment<S>, reason: VoidReason) -> Self {
        Self { state, payment: payment.id, reservation: payment.reservation, reason, reference: None }
    }

    /// Leaving instead of booking.
    pub(super) fn unbooked(payment: &Payment<Authorised>, reason: VoidReason) -> Self {
        let state = recorded(payment);
        Self { reference: Some(payment.state.reference.clone()), ..Self::from(state, payment, reason) }
    }
}

async fn move_to_voiding(tx: &mut PgConnection, leaving: &Leaving, now: Timestamp) -> Result<(), StepError> {
    let moved = sqlx::query!(
        "UPDATE booking.payments
         SET state = 'voiding', failure = $3, updated_at = $4, next_attempt_at = $5,
             gateway_reference = coalesce($6, gateway_reference),
             authorised_at = CASE WHEN $6 IS NULL THEN authorised_at ELSE coalesce(authorised_at, $4) END
         WHERE id = $1 AND state = $2",
        leaving.payment.0,
        leaving.state,
        leaving.reason.as_str(),
        now.to_sqlx() as _,
        (now + LEASE).to_sqlx() as _,
        leaving.reference.as_ref().map(|reference| reference.0.as_str()),
    )
    .execute(tx)
    .await?;
    if moved.rows_affected() == 0 { Err(StepError::Moved) } else { Ok(()) }
}
