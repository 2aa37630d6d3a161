//! A booking in a calendar (`/v1/bookings/{id}.ics`), and all its tickets on paper (`/v1/bookings/{id}.pdf`).

use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use shared::problem::Problem;
use url::Url;

use crate::app::AppState;
use crate::domain::booking::{Booking, BookingStatus, Ticket, TicketStatus};
use crate::http::codes;
use crate::http::error::found;
use crate::http::tickets::{paper, sheets};
use crate::printing::calendar::{Entry, ics};
use crate::printing::sheet::address;
use crate::store::catalogue;

/// A booking as a calendar's event. The entry of a booking that was given back takes the one before out of the calendar.
#[utoipa::path(
    get, path = "/v1/bookings/{booking_id}.ics", tag = "bookings",
    params(("booking_id" = crate::domain::ids::BookingId, Path, description = "The booking")),
    responses(
        (status = 200, description = "An event (RFC 5545)", content_type = "text/calendar", body = String),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn calendar(app: &AppState, booking: &Booking) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(booking.show).await)?;
    let theatre = found(catalogue::theatre(&app.pool, plan.show.theatre.theatre_id).await)?.details;
    let host = Url::parse(&app.public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let seats: Vec<&str> = booking.tickets.iter().map(|ticket| ticket.seat.as_str()).collect();
    let is_cancelled = booking.status != BookingStatus::Confirmed;
    // Whatever is changed about the show after the booking makes a later version, and so does its end.
    let changed = plan.updated_at.duration_since(booking.booked_at).as_secs();
    let entry = Entry {
        uid: format!("{}@{}", booking.id, host.unwrap_or_default()),
        sequence: u64::try_from(changed).unwrap_or_default() + u64::from(is_cancelled),
        stamp: app.clock.now(),
        starts_at: plan.show.starts_at,
        ends_at: plan.show.ends_at,
        summary: plan.show.movie.title.clone(),
        location: format!("{}, {}", theatre.name, address(&theatre)),
        description: format!(
            "Booking {}\n{}\nSeats {}",
            booking.reference.0,
            plan.show.screen.name,
            seats.join(", ")
        ),
        url: format!("{}/b/{}", app.public_url, booking.id),
        is_cancelled,
    };
    let headers = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"booking-{}.ics\"", booking.reference.0)),
    ];
    Ok((headers, ics(&entry)).into_response())
}

/// All tickets of a booking that let in, on paper.
#[utoipa::path(
    get, path = "/v1/bookings/{booking_id}.pdf", tag = "bookings",
    params(("booking_id" = crate::domain::ids::BookingId, Path, description = "The booking")),
    responses(
        (status = 200, description = "A page a ticket", content_type = "application/pdf", body = Vec<u8>),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`ticket_cancelled`: no ticket of it lets in"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn printed(app: &AppState, booking: &Booking) -> Result<Response, Problem> {
    let lets_in = |ticket: &&Ticket| ticket.status != TicketStatus::Cancelled;
    let tickets: Vec<Ticket> = booking.tickets.iter().filter(lets_in).cloned().collect();
    if tickets.is_empty() {
        return Err(Problem::from(&codes::TICKET_CANCELLED));
    }
    paper(sheets(app, booking.show, &booking.reference.0, &tickets).await?).await
}
