//! Words the outcomes of a confirm: as bytes, because every repetition of a request is answered with the same ones.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use shared::money::Money;
use shared::problem::Problem;
use shared::secret::Secret;
use shared::store::{Dependency, StoreError};
use std::time::Duration;
use utoipa::ToSchema;

use crate::domain::booking::{Booking, BookingStatus, Ticket, TicketStatus};
use crate::domain::confirm::{Answers, Refusal};
use crate::domain::idempotency::StoredAnswer;
use crate::domain::ids::{BookingId, ReservationId, ShowId, TicketId};
use crate::domain::manage::ManageKey;
use crate::domain::payment::Decline;
use crate::domain::ticket::{QrClaims, TicketKey};
use crate::http::codes;

/// When a payment that the gateway did not take may be tried again.
const GATEWAY_RETRY: Duration = Duration::from_secs(3);
const PAYMENT_RETRY: Duration = Duration::from_secs(2);

/// A booking as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingView {
    /// Its id.
    pub booking_id: BookingId,
    /// What its buyer reads out at the counter: 8 characters.
    #[schema(example = "7KQ2M9XA")]
    pub reference: String,
    /// Where it is.
    pub status: BookingStatus,
    /// The reservation it was.
    pub reservation_id: ReservationId,
    /// The show.
    pub show_id: ShowId,
    /// The seats, by label.
    pub seats: Vec<String>,
    /// What the tickets cost together.
    pub total: Money,
    /// When it was confirmed.
    pub booked_at: Timestamp,
    /// A ticket a seat.
    pub tickets: Vec<TicketView>,
    /// Suffices to read this booking.
    pub manage_token: String,
}

/// A ticket as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// Its id.
    pub ticket_id: TicketId,
    /// The seat's label.
    #[schema(example = "A12")]
    pub seat: String,
    /// The price category.
    pub category: String,
    /// The fare.
    pub fare: String,
    /// What it cost.
    pub price: Money,
    /// Where it is.
    pub status: TicketStatus,
    /// What its QR code says, for the gate.
    pub qr: String,
}

/// Words answers with the keys of private links and tickets.
pub struct BookingAnswers {
    manage: ManageKey,
    tickets: TicketKey,
}

impl BookingAnswers {
    /// Answers with the keys that follow from the service's secret.
    pub fn derive(secret: &Secret) -> Self {
        Self { manage: ManageKey::derive(secret), tickets: TicketKey::derive(secret) }
    }

    /// A booking as its owner sees it.
    pub fn view(&self, booking: &Booking) -> BookingView {
        BookingView {
            booking_id: booking.id,
            reference: booking.reference.0.clone(),
            status: booking.status,
            reservation_id: booking.reservation,
            show_id: booking.show,
            seats: booking.tickets.iter().map(|ticket| ticket.seat.clone()).collect(),
            total: booking.total,
            booked_at: booking.booked_at,
            tickets: booking.tickets.iter().map(|ticket| self.ticket(ticket)).collect(),
            manage_token: self.manage.token(booking.reservation),
        }
    }

    fn ticket(&self, ticket: &Ticket) -> TicketView {
        let claims = QrClaims { ticket: ticket.id, show: ticket.show, seat: ticket.seat.clone() };
        TicketView {
            ticket_id: ticket.id,
            seat: ticket.seat.clone(),
            category: ticket.category.clone(),
            fare: ticket.fare.clone(),
            price: ticket.price,
            status: ticket.status,
            qr: self.tickets.sign(&claims),
        }
    }
}

impl Answers for BookingAnswers {
    fn booked(&self, booking: &Booking) -> StoredAnswer {
        let body = serde_json::to_vec(&self.view(booking)).expect("a booking is representable as JSON");
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("location", format!("/v1/bookings/{}", booking.id)),
        ];
        stored(StatusCode::CREATED, headers, body)
    }

    fn refused(&self, refusal: &Refusal) -> StoredAnswer {
        let problem = problem(refusal);
        let headers = [
            ("content-type", "application/problem+json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ];
        stored(problem.status(), headers, problem.document().to_string().into_bytes())
    }
}

fn stored<const N: usize>(status: StatusCode, headers: [(&str, String); N], body: Vec<u8>) -> StoredAnswer {
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    StoredAnswer { status: status.as_u16(), headers, body }
}

/// A stored answer as a response.
pub(super) fn response(stored: StoredAnswer) -> Result<Response, Problem> {
    let unreadable = |reason: String| Problem::from(StoreError::unexpected(Dependency::Postgres, reason));
    let status = StatusCode::from_u16(stored.status).map_err(|error| unreadable(error.to_string()))?;
    let mut response = (status, stored.body).into_response();
    for (name, value) in stored.headers {
        let name = HeaderName::try_from(name).map_err(|error| unreadable(error.to_string()))?;
        let value = HeaderValue::try_from(value).map_err(|error| unreadable(error.to_string()))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// A refusal as the client hears it.
pub(super) fn problem(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::ReservationExpired => Problem::from(&codes::RESERVATION_EXPIRED),
        Refusal::SeatsLost => Problem::from(&codes::SEATS_LOST),
        Refusal::AdmissionSpent => Problem::from(&codes::ADMISSION_SPENT),
        Refusal::AlreadyBooked { booking } => {
            Problem::from(&codes::ALREADY_BOOKED).with("booking_id", booking.to_string())
        }
        Refusal::TokenMissing => Problem::from(&codes::PAYMENT_TOKEN_REQUIRED),
        Refusal::Declined(Decline::ActionRequired { client_secret }) => {
            Problem::from(&codes::PAYMENT_ACTION_REQUIRED).with("client_secret", client_secret.as_str())
        }
        Refusal::Declined(decline) => declined(
            decline.as_str(),
            match decline {
                Decline::InsufficientFunds => "the card does not hold the amount; the reservation stays",
                _ => "the card was declined; the reservation stays",
            },
        ),
        Refusal::CaptureRefused => declined(
            "capture_refused",
            "the payment was withdrawn; nothing was charged and the seats are free again",
        ),
        Refusal::PaymentUnderWay => Problem::from(&codes::PAYMENT_IN_PROGRESS).retry_after(PAYMENT_RETRY),
        Refusal::GatewayUnavailable => {
            Problem::from(&codes::PAYMENT_GATEWAY_UNAVAILABLE).retry_after(GATEWAY_RETRY)
        }
    }
}

fn declined(reason: &str, detail: &str) -> Problem {
    Problem::from(&codes::PAYMENT_DECLINED).detail(detail).with("decline_code", reason)
}
