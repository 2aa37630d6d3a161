//! The saga's steps between its beginning and its end.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::store::{Dependency, constraint, within};
use sqlx::PgConnection;

use super::begin::lock;
use super::{LEASE, Payments, StepError, add_seat_map, end_reservation, note};
use crate::domain::booking::Contact;
use crate::domain::ids::PaymentId;
use crate::domain::outbox::Row;
use crate::domain::payment::{
    Authorised, Authorising, Capturing, GatewayReference, Payment, VoidReason, Voiding,
};
use crate::domain::reservation::ReservationStatus;
use crate::store::error::ADMISSION_SPENT;
use crate::store::postgres;
use crate::store::{bookings, events};

/// What became of writing the booking.
#[derive(Debug)]
pub enum Booked {
    /// It is written; the money may be taken.
    Capturing(Payment<Capturing>),
    /// It cannot be; the money must be let go.
    GivenUp(Payment<Voiding>, Vec<Row>),
}

impl Payments {
    /// Records that the gateway holds the money.
    pub async fn record_authorised(
        &self,
        payment: Payment<Authorising>,
        reference: GatewayReference,
        now: Timestamp,
    ) -> Result<Payment<Authorised>, StepError> {
        let query = sqlx::query!(
            "WITH moved AS (
                 UPDATE booking.payments
                 SET state = 'authorised', gateway_reference = $2, authorised_at = $3, updated_at = $3,
                     next_attempt_at = $4
                 WHERE id = $1 AND state = 'authorising'
                 RETURNING id)
             INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
             SELECT $3, 'payment.authorised', id, 'booking', $5 FROM moved",
            payment.id.0,
            reference.0,
            now.to_sqlx() as _,
            (now + LEASE).to_sqlx() as _,
            json!({ "reservation_id": payment.reservation }),
        );
        let recorded = within(Dependency::Postgres, query.execute(&self.pool)).await?;
        if recorded.rows_affected() == 0 { Err(StepError::Moved) } else { Ok(payment.authorised(reference)) }
    }

    /// Writes the booking, unseen, if the reservation still owns its seats and its admission was not spent elsewhere.
    pub async fn book(&self, payment: Payment<Authorised>, now: Timestamp) -> Result<Booked, StepError> {
        let written = postgres(async {
            let mut tx = self.pool.begin().await?;
            let facts = lock(&mut tx, payment.reservation).await?.ok_or(StepError::Moved)?;
            let given_up = match () {
                () if facts.status != ReservationStatus::Paying || facts.seats_owned < facts.seats => {
                    Some(VoidReason::SeatsLost)
                }
                () if facts.admission_spent => Some(VoidReason::AdmissionSpent),
                () => None,
            };
            if let Some(reason) = given_up {
                return Ok(Err(reason));
            }
            let contact = move_to_capturing(&mut tx, payment.id, now).await?;
            match bookings::write_unseen(&mut tx, payment.reservation, &contact, now).await {
                Ok(booking) => {
                    let payload = json!({ "reservation_id": payment.reservation });
                    events::record(&mut tx, "booking.booked", booking.0, "booking", payload, now).await?;
                    note(&mut tx, payment.id, payment.reservation, "capturing", now).await?;
                    tx.commit().await?;
                    Ok(Ok(()))
                }
                Err(error) if constraint(&error) == Some(ADMISSION_SPENT) => {
                    Ok(Err(VoidReason::AdmissionSpent))
                }
                Err(error) => Err(StepError::from(error)),
            }
        })
        .await?;
        match written {
            Ok(()) => Ok(Booked::Capturing(payment.booked())),
            Err(reason) => {
                let messages =
                    self.record_voiding(&Leaving::from("authorised", &payment, reason), now).await?;
                Ok(Booked::GivenUp(payment.given_up(reason), messages))
            }
        }
    }

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
    async fn record_voiding(&self, leaving: &Leaving, now: Timestamp) -> Result<Vec<Row>, StepError> {
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
struct Leaving {
    state: &'static str,
    payment: PaymentId,
    reservation: crate::domain::ids::ReservationId,
    reason: VoidReason,
}

impl Leaving {
    fn from<S>(state: &'static str, payment: &Payment<S>, reason: VoidReason) -> Self {
        Self { state, payment: payment.id, reservation: payment.reservation, reason }
    }
}

async fn move_to_capturing(
    tx: &mut PgConnection,
    id: PaymentId,
    now: Timestamp,
) -> Result<Contact, StepError> {
    let row = sqlx::query!(
        "UPDATE booking.payments SET state = 'capturing', updated_at = $2, next_attempt_at = $3
         WHERE id = $1 AND state = 'authorised'
         RETURNING contact_email, contact_name",
        id.0,
        now.to_sqlx() as _,
        (now + LEASE).to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    let row = row.ok_or(StepError::Moved)?;
    Ok(Contact { email: row.contact_email, name: row.contact_name })
}

async fn move_to_voiding(tx: &mut PgConnection, leaving: &Leaving, now: Timestamp) -> Result<(), StepError> {
    let moved = sqlx::query!(
        "UPDATE booking.payments SET state = 'voiding', failure = $3, updated_at = $4, next_attempt_at = $5
         WHERE id = $1 AND state = $2",
        leaving.payment.0,
        leaving.state,
        leaving.reason.as_str(),
        now.to_sqlx() as _,
        (now + LEASE).to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    if moved.rows_affected() == 0 { Err(StepError::Moved) } else { Ok(()) }
}
