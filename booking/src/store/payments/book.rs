//! Writing the booking, unseen: one statement that locks the reservation and its claims, and where it still owns its
//! seats and its admission is not spent, writes the booking and its tickets and takes the payment on to its capture.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::ids::{DropSlug, Identity, Sid};
use shared::money::{Currency, Money};
use shared::store::{StoreError, constraint};
use sqlx::PgConnection;
use uuid::Uuid;

use super::steps::Leaving;
use super::{LEASE, Payments, StepError};
use crate::domain::booking::{Booking, BookingStatus, Contact, Reference, Ticket, TicketStatus, Unseen};
use crate::domain::ids::{BookingId, ReservationId, ShowId, TicketId};
use crate::domain::outbox::Row;
use crate::domain::payment::{Authorised, Capturing, Payment, VoidReason, Voiding};
use crate::domain::reservation::ReservationStatus;
use crate::store::bookings::unexpected;
use crate::store::error::ADMISSION_SPENT;
use crate::store::postgres;

/// What became of writing the booking.
#[derive(Debug)]
pub enum Booked {
    /// It is written; the money may be taken.
    Capturing(Payment<Capturing>),
    /// It cannot be; the money must be let go.
    GivenUp(Payment<Voiding>, Vec<Row>),
}

/// The state in which a payment that the gateway holds money for is recorded.
pub(super) fn recorded(payment: &Payment<Authorised>) -> &'static str {
    if payment.state.is_recorded { "authorised" } else { "authorising" }
}

impl Payments {
    /// Writes the booking, unseen, if the reservation still owns its seats and its admission was not spent elsewhere. That
    /// the gateway holds the money is recorded with it, where it was not before.
    pub async fn book(&self, payment: Payment<Authorised>, now: Timestamp) -> Result<Booked, StepError> {
        let written: Result<Unseen, VoidReason> = postgres::<_, StepError>(async {
            let mut connection = self.pool.acquire().await?;
            match write(&mut connection, &Order::paid(&payment), now).await {
                Err(error) if constraint(&error) == Some(ADMISSION_SPENT) => {
                    Ok(Err(VoidReason::AdmissionSpent))
                }
                written => match written?.ok_or(StepError::Moved)? {
                    Written { booked: Some(booked), .. } => Ok(Ok(booked)),
                    unwritten => Ok(Err(unwritten.obstacle()?.ok_or(StepError::Moved)?)),
                },
            }
        })
        .await?;
        match written {
            Ok(booked) => Ok(Booked::Capturing(payment.booked(booked))),
            Err(reason) => {
                let messages = self.record_voiding(&Leaving::unbooked(&payment, reason), now).await?;
                Ok(Booked::GivenUp(payment.given_up(reason), messages))
            }
        }
    }
}

/// Writes the booking of a reservation that costs nothing, in the transaction that has its rows locked.
pub(super) async fn write_free(
    tx: &mut PgConnection,
    reservation: ReservationId,
    seats: usize,
    (buyer, contact): (&Identity, &Contact),
    now: Timestamp,
) -> Result<Unseen, StoreError> {
    let order = Order { reservation, seats, payment: None, contact: Some(contact), actor: buyer.as_str() };
    let written = write(tx, &order, now).await?;
    written.and_then(|written| written.booked).ok_or_else(|| unexpected("a free booking was not written"))
}

/// What is to be booked.
struct Order<'a> {
    reservation: ReservationId,
    seats: usize,
    /// The payment that it is for; none where there is nothing to pay.
    payment: Option<&'a Payment<Authorised>>,
    /// Whom it is for, where no payment says it.
    contact: Option<&'a Contact>,
    actor: &'a str,
}

impl<'a> Order<'a> {
    fn paid(payment: &'a Payment<Authorised>) -> Self {
        let Payment { reservation, seats, .. } = *payment;
        Self { reservation, seats, payment: Some(payment), contact: None, actor: "booking" }
    }

    /// What the audit trail is told, and of what.
    fn events(&self, booking: BookingId) -> (Vec<String>, Vec<Uuid>) {
        let payment = self.payment.map(|payment| (payment.id.0, payment.state.is_recorded));
        let authorised = payment.filter(|(_, is_recorded)| !is_recorded);
        let told = [
            authorised.map(|(id, _)| ("payment.authorised", id)),
            Some(("booking.booked", booking.0)),
            payment.map(|(id, _)| ("payment.capturing", id)),
        ];
        told.into_iter().flatten().map(|(kind, id)| (kind.to_owned(), id)).unzip()
    }
}

/// What a reservation was found to be, and its booking if that allowed one.
struct Written {
    status: String,
    seats: i64,
    seats_owned: i64,
    spent: bool,
    booked: Option<Unseen>,
}

impl Written {
    /// Why there is no booking; `None`: the payment has moved on.
    fn obstacle(&self) -> Result<Option<VoidReason>, StoreError> {
        let status: ReservationStatus = self.status.parse().map_err(unexpected)?;
        Ok(match () {
            () if status != ReservationStatus::Paying || self.seats_owned < self.seats => {
                Some(VoidReason::SeatsLost)
            }
            () if self.spent => Some(VoidReason::AdmissionSpent),
            () => None,
        })
    }
}

async fn write(
    connection: &mut PgConnection,
    order: &Order<'_>,
    now: Timestamp,
) -> sqlx::Result<Option<Written>> {
    let (id, reference) = (BookingId::at(now), Reference::random(&mut rand::rng()));
    let tickets: Vec<Uuid> = (0..order.seats).map(|_| TicketId::at(now).0).collect();
    let (kinds, aggregates) = order.events(id);
    let row = sqlx::query_file!(
        "sql/book_reservation.sql",
        order.reservation.0,
        order.payment.map(|payment| payment.id.0),
        order.payment.map(recorded),
        order.payment.map(|payment| payment.state.reference.0.as_str()),
        id.0,
        reference.0,
        &tickets,
        order.contact.map(|contact| contact.email.as_str()),
        order.contact.map(|contact| contact.name.as_str()),
        now.to_sqlx() as _,
        (now + LEASE).to_sqlx() as _,
        &kinds,
        &aggregates,
        order.actor,
        json!({ "reservation_id": order.reservation }),
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency: Currency = row.currency.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let show: ShowId = row.show;
    let prices = row.prices.iter().map(|price| Money::new(*price, currency));
    let seats =
        row.ids.into_iter().zip(row.labels).zip(row.categories.into_iter().zip(row.fares)).zip(prices);
    let tickets = seats.map(|(((id, seat), (category, fare)), price)| Ticket {
        id: TicketId(id),
        show,
        seat,
        category,
        fare,
        price,
        status: TicketStatus::Valid,
    });
    let booking = Booking {
        id,
        reservation: order.reservation,
        reference,
        show,
        buyer: row.buyer,
        status: BookingStatus::Confirmed,
        total: Money::new(row.total_minor, currency),
        booked_at: now,
        tickets: tickets.collect(),
    };
    let booked = row.booked.then_some(Unseen { booking, drop: row.drop, sid: row.sid });
    Ok(Some(Written {
        status: row.status,
        seats: row.seat_count.into(),
        seats_owned: row.seats_owned,
        spent: row.spent,
        booked,
    }))
}
