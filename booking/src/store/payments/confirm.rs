//! The saga's last transaction where something was sold: the booking is confirmed, its buyer may see it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::{Value, json};
use shared::money::Money;
use shared::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Finished, Outcome, Payments, Requester, StepError, book};
use crate::domain::booking::{Booking, Unseen};
use crate::domain::confirm::{Confirmation, Facts};
use crate::domain::idempotency::StoredAnswer;
use crate::domain::ids::PaymentId;
use crate::domain::outbox::{Message, Row};
use crate::domain::payment::{Capturing, Payment};
use crate::store::bookings::{self, unexpected};
use crate::store::{outbox, postgres};

impl Payments {
    /// Records the capture: the booking is confirmed, its buyer may see it.
    pub async fn confirm(&self, payment: Payment<Capturing>, now: Timestamp) -> Result<Finished, StepError> {
        let now = as_stored(now);
        postgres(async {
            let mut connection = self.pool.acquire().await?;
            let unseen = match payment.state.booked {
                Some(booked) => *booked,
                None => bookings::read_unseen(&mut connection, payment.reservation, now)
                    .await?
                    .ok_or(StepError::Moved)?,
            };
            let finished = self.write(&mut connection, unseen, End::Paid(payment.id), now).await?;
            finished.ok_or(StepError::Moved)
        })
        .await
    }

    /// Books a reservation that costs nothing, in the transaction that has its rows locked.
    pub(super) async fn book_free(
        &self,
        tx: &mut PgConnection,
        asked: &Confirmation,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Finished, StoreError> {
        debug_assert_eq!(facts.total, Money::new(0, facts.total.currency), "there is nothing to pay");
        let now = as_stored(now);
        let seats = usize::try_from(facts.seats).map_err(unexpected)?;
        let whose = (&asked.keyed.buyer, &asked.contact);
        let unseen = book::write_free(tx, asked.reservation, seats, whose, now).await?;
        let requester = Requester { buyer: asked.keyed.buyer.clone(), key: asked.keyed.key.clone() };
        let finished = self.write(tx, unseen, End::Free(&requester), now).await?;
        finished.ok_or_else(|| unexpected("a free booking was not confirmed"))
    }

    /// `None`: the payment has moved on.
    async fn write(
        &self,
        connection: &mut PgConnection,
        unseen: Unseen,
        end: End<'_>,
        now: Timestamp,
    ) -> Result<Option<Finished>, StoreError> {
        let booking = Booking { booked_at: now, ..unseen.booking };
        let slot_end = Message::SlotEnd { drop: unseen.drop, sid: unseen.sid };
        let seat_map = Message::SeatMap { reservation: booking.reservation };
        let messages = vec![(booking.reservation.0, seat_map), (booking.id.0, slot_end)];
        let answer = self.answers.booked(&booking);
        let rows = write(connection, &booking, end, &answer, &messages, now).await?;
        Ok(rows.map(|ids| {
            let row = |((aggregate, message), id)| Row { id, aggregate, message, attempts: 0 };
            let messages = messages.into_iter().zip(ids).map(row).collect();
            Finished { outcome: Outcome::Answered(answer), messages }
        }))
    }
}

/// What the booking's confirmation ends.
#[derive(Clone, Copy)]
enum End<'a> {
    /// This payment, which knows whose request it serves.
    Paid(PaymentId),
    /// This request.
    Free(&'a Requester),
}

/// A time as Postgres keeps it, in microseconds: the answer says the same as the booking that is read later.
fn as_stored(now: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(now.as_microsecond()).expect("a timestamp without its nanoseconds is one")
}

async fn write(
    connection: &mut PgConnection,
    booking: &Booking,
    end: End<'_>,
    answer: &StoredAnswer,
    messages: &[(Uuid, Message)],
    now: Timestamp,
) -> sqlx::Result<Option<Vec<i64>>> {
    let (payment, requester) = match end {
        End::Paid(payment) => (Some(payment), None),
        End::Free(requester) => (None, Some(requester)),
    };
    let status = i16::try_from(answer.status).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let headers = serde_json::to_value(&answer.headers).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let (kinds, aggregates, payloads) = events(booking, payment);
    let outgoing = outbox::columns(messages);
    let row = sqlx::query_file!(
        "sql/confirm_booking.sql",
        booking.reservation.0,
        payment.map(|payment| payment.0),
        now.to_sqlx() as _,
        status,
        headers,
        answer.body,
        requester.map(|requester| requester.buyer.as_str()),
        requester.map(|requester| requester.key.as_str()),
        &kinds,
        &aggregates,
        &payloads,
        &outgoing.aggregates,
        &outgoing.destinations,
        &outgoing.payloads,
        (now + outbox::LEASE).to_sqlx() as _,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.rows))
}

/// What the audit trail is told: what happened, to what, and what it belongs to.
fn events(booking: &Booking, payment: Option<PaymentId>) -> (Vec<String>, Vec<Uuid>, Vec<Value>) {
    let of_reservation = json!({ "reservation_id": booking.reservation });
    let told = [
        payment.map(|payment| ("payment.captured", payment.0, of_reservation.clone())),
        Some(("reservation.confirmed", booking.reservation.0, json!({ "booking_id": booking.id }))),
        Some(("booking.confirmed", booking.id.0, of_reservation)),
    ];
    told.into_iter().flatten().map(|(kind, id, payload)| (kind.to_owned(), id, payload)).collect()
}
