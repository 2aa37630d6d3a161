//! A small installation in memory that answers by the HTTP contract: a line that calls everybody, and a hall that
//! sells each seat once. It can be told to misbehave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use shared::clock::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::line::Line;

const ROWS: [&str; 4] = ["A", "B", "C", "D"];
const SEATS_A_ROW: u32 = 10;
/// How long a reservation lives where it lives for a moment.
const SHORT_HOLD: Duration = Duration::from_millis(800);
/// Seats in the hall.
pub const SEATS: usize = 40;

/// What goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The first answer to every payment breaks off after the booking was made.
    LostPaymentAnswers,
    /// The first answer to every payment is 202.
    SlowPayments,
    /// So many joins are answered 503.
    RefusedJoins(u64),
    /// Nobody is ever called.
    NobodyCalled,
    /// Every seat is always free to everybody.
    SeatsSoldTwice,
    /// Every join is given a place of its own, whoever joins.
    SecondPlaces,
    /// Positions go up.
    PositionsRise,
    /// Whoever does not look for a moment has another place afterwards.
    PlacesForgotten,
    /// Whoever leaves is still in line.
    NobodyLeaves,
    /// A payment that is sent again is answered with other bytes.
    AnswersChange,
    /// An exchange that is refused takes some of the seats all the same.
    ExchangesMixSeats,
    /// Reservations live for a moment.
    ShortHolds,
    /// They do, and can be paid for when they are over.
    PaidTooLate,
    /// There are no streams.
    NoStreams,
    /// Every stream ends after its first event.
    StreamsBreak,
}

struct Basket {
    seats: Vec<String>,
    over_at: Instant,
}

impl Basket {
    fn is_over(&self) -> bool {
        Instant::now() >= self.over_at
    }
}

#[derive(Default)]
struct Hall {
    /// Seat to reservation.
    taken: BTreeMap<String, String>,
    reservations: BTreeMap<String, Basket>,
    cooling_down: bool,
    /// Idempotency key to booking.
    bookings: BTreeMap<String, Value>,
    seen_keys: BTreeSet<String>,
    booked: BTreeSet<String>,
}

/// The state behind the routes; outlives a server that is stopped and started again.
#[derive(Clone)]
pub struct Fake {
    fault: Fault,
    line: Line,
    hall: Arc<Mutex<Hall>>,
    next: Arc<AtomicU64>,
    joins: Arc<AtomicU64>,
}

/// A server of the fake on a port.
pub struct Running {
    pub address: String,
    port: u16,
    task: JoinHandle<()>,
}

impl Fake {
    pub fn new(fault: Fault) -> Self {
        Self::with_a_line(fault, 0)
    }

    /// A fake that calls a place when it has been looked at more often than this.
    pub fn with_a_line(fault: Fault, looks: u64) -> Self {
        let line = Line::new(fault, looks);
        Self { fault, line, hall: Arc::default(), next: Arc::default(), joins: Arc::default() }
    }

    /// How often somebody looked whose page was hidden.
    pub fn hidden_looks(&self) -> u64 {
        self.line.hidden_looks()
    }

    /// Serves on `port`, or on any free one for 0.
    pub async fn serve(&self, port: u16) -> Running {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = self.router();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Running { address: format!("http://127.0.0.1:{port}"), port, task }
    }

    pub fn seats_booked(&self) -> usize {
        self.hall.lock().unwrap().booked.len()
    }

    pub fn bookings(&self) -> Vec<String> {
        let hall = self.hall.lock().unwrap();
        hall.bookings.values().map(|booking| booking["booking_id"].as_str().unwrap().to_owned()).collect()
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/v1/drops/{drop}", get(status))
            .route("/v1/drops/{drop}/places", post(join))
            .route("/v1/drops/{drop}/places/me", get(place).delete(leave))
            .route("/v1/drops/{drop}/places/me/events", get(events))
            .route("/v1/drops/{drop}/places/me/admission", post(claim))
            .route("/v1/drops/{drop}/admission/end", post(end))
            .route("/v1/drops/{drop}/shows", get(shows))
            .route("/v1/shows/{id}/seats", get(seats))
            .route("/v1/shows/{id}/reserve", post(reserve))
            .route("/v1/bookings", post(confirm))
            .route("/v1/bookings/{id}/cancel", post(cancel))
            .route("/v1/reservations/{id}", delete(release).get(basket))
            .route("/v1/reservations/{id}/seats", put(exchange))
            .with_state(self.clone())
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn has_short_holds(&self) -> bool {
        matches!(self.fault, Fault::ShortHolds | Fault::PaidTooLate)
    }

    fn is_sold_out(&self) -> bool {
        self.seats_booked() == SEATS
    }

    /// The place as it is shown now.
    fn place(&self, token: &str) -> Option<Value> {
        let mut place = self.line.look(token)?;
        if self.is_sold_out() {
            place["state"] = "sold_out".into();
        }
        Some(place)
    }
}

impl Running {
    /// Stops the server as `kill -9` would: listening socket and connections are gone.
    pub async fn kill(self) -> u16 {
        self.task.abort();
        let _cancelled = self.task.await;
        self.port
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    let body = json!({ "type": format!("/problems/{code}"), "status": status.as_u16(), "code": code });
    (status, [("retry-after", "1")], Json(body)).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

async fn status(State(fake): State<Fake>, Path(drop): Path<String>) -> Response {
    if drop != "midnight-premiere" {
        return problem(StatusCode::NOT_FOUND, "not_found");
    }
    let state = if fake.is_sold_out() { "sold_out" } else { "open" };
    Json(json!({ "drop": drop, "state": state })).into_response()
}

async fn join(State(fake): State<Fake>, headers: HeaderMap, body: String) -> Response {
    assert_eq!(body, "", "a join carries nothing");
    if matches!(fake.fault, Fault::RefusedJoins(times) if fake.joins.fetch_add(1, Ordering::Relaxed) < times)
    {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    }
    let device = headers.get("cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
    if device.is_some() {
        assert_eq!(headers["sec-fetch-site"], "same-origin", "a cookie is taken from own pages alone");
    }
    let joined = fake.line.join(device, fake.number());
    let status = if joined.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let mut place = fake.place(&joined.token).unwrap();
    place["place_token"] = joined.token.into();
    let cookie = format!("{}; Path=/; HttpOnly", joined.device);
    (status, [("set-cookie", cookie)], Json(place)).into_response()
}

async fn place(State(fake): State<Fake>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if query.as_deref() == Some("hidden=true") {
        fake.line.is_hidden();
    }
    match bearer(&headers).and_then(|token| fake.place(token)) {
        Some(place) => Json(place).into_response(),
        None => problem(StatusCode::UNAUTHORIZED, "place_token_required"),
    }
}

/// A place every 20 ms; the stream ends when it is no longer waiting.
async fn events(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let token = bearer(&headers).unwrap().to_owned();
    if fake.fault == Fault::NoStreams || fake.place(&token).is_none() {
        return problem(StatusCode::NOT_FOUND, "not_found");
    }
    let events = futures::stream::unfold(Some("retry: 100\n\n: hello\n\n"), move |first| {
        let (fake, token) = (fake.clone(), token.clone());
        async move {
            let head = first?;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let place = fake.place(&token).unwrap();
            let goes_on = place["state"] == "waiting" && fake.fault != Fault::StreamsBreak;
            let event = format!("{head}event: place\ndata: {place}\n\n");
            Some((Ok::<_, std::io::Error>(event), goes_on.then_some("")))
        }
    });
    ([("content-type", "text/event-stream")], Body::from_stream(events)).into_response()
}

async fn leave(State(fake): State<Fake>, headers: HeaderMap) -> StatusCode {
    fake.line.leave(bearer(&headers).unwrap());
    StatusCode::NO_CONTENT
}

async fn end() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn claim(State(fake): State<Fake>) -> Json<Value> {
    Json(json!({ "admission_token": format!("admission-{}", fake.number()), "expires_in": 300 }))
}

async fn shows(State(fake): State<Fake>) -> Json<Value> {
    let taken = fake.hall.lock().unwrap().taken.len();
    Json(json!({ "items": [
        { "show_id": "over", "status": "completed", "available_seats": 7 },
        { "show_id": "show", "status": "scheduled", "available_seats": SEATS - taken },
    ], "next_cursor": null }))
}

async fn seats(State(fake): State<Fake>, Path(show): Path<String>) -> Json<Value> {
    assert_eq!(show, "show", "a show that is over is not for sale");
    let hall = fake.hall.lock().unwrap();
    let mut seats = Vec::new();
    for (y, row) in ROWS.iter().enumerate() {
        for number in 1..=SEATS_A_ROW {
            let label = format!("{row}{number}");
            let status = if hall.taken.contains_key(&label) { "reserved" } else { "available" };
            seats.push(json!({ "seat": label, "row": row, "number": number, "x": number, "y": y,
                "category": "standard", "price": { "amount_minor": 1250, "currency": "EUR" },
                "status": status, "features": [] }));
        }
    }
    Json(json!({ "show_id": show, "version": 1, "screen": { "name": "One", "rows": [] }, "seats": seats }))
}

async fn reserve(State(fake): State<Fake>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    assert!(bearer(&headers).unwrap().starts_with("admission-"));
    let wanted: Vec<String> = serde_json::from_value(body["seats"].clone()).unwrap();
    let mut hall = fake.hall.lock().unwrap();
    if hall.cooling_down {
        return problem(StatusCode::TOO_MANY_REQUESTS, "cooling_down");
    }
    if fake.fault != Fault::SeatsSoldTwice && wanted.iter().any(|seat| hall.taken.contains_key(seat)) {
        return problem(StatusCode::CONFLICT, "seats_unavailable");
    }
    let id = format!("r{}", fake.number());
    if fake.fault != Fault::SeatsSoldTwice {
        hall.taken.extend(wanted.iter().map(|seat| (seat.clone(), id.clone())));
    }
    let hold = if fake.has_short_holds() { SHORT_HOLD } else { Duration::from_mins(10) };
    let expires_at = Clock::System.now() + hold;
    let over_at = Instant::now() + hold;
    hall.reservations.insert(id.clone(), Basket { seats: wanted.clone(), over_at });
    let manage_token = format!("manage-{id}");
    let body = json!({ "reservation_id": id, "manage_token": manage_token, "status": "pending", "expires_at": expires_at, "seats": wanted });
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn basket(State(fake): State<Fake>, Path(id): Path<String>) -> Json<Value> {
    let mut hall = fake.hall.lock().unwrap();
    let is_over = hall.reservations[&id].is_over();
    if is_over {
        hall.taken.retain(|_, owner| *owner != id);
        hall.cooling_down = true;
    }
    let status = if is_over { "expired" } else { "pending" };
    let manage_token = format!("manage-{id}");
    let seats = hall.reservations[&id].seats.clone();
    Json(json!({ "reservation_id": id, "manage_token": manage_token, "status": status, "seats": seats }))
}

/// Other seats for a reservation.
async fn exchange(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert_eq!(bearer(&headers), Some(format!("manage-{id}").as_str()));
    let wanted: Vec<String> = serde_json::from_value(body["seats"].clone()).unwrap();
    let mut hall = fake.hall.lock().unwrap();
    let is_somebody_elses = |seat: &String| hall.taken.get(seat).is_some_and(|owner| *owner != id);
    if wanted.iter().any(is_somebody_elses) {
        if fake.fault == Fault::ExchangesMixSeats {
            hall.reservations.get_mut(&id).unwrap().seats = wanted;
        }
        return problem(StatusCode::CONFLICT, "seats_unavailable");
    }
    hall.taken.retain(|_, owner| *owner != id);
    hall.taken.extend(wanted.iter().map(|seat| (seat.clone(), id.clone())));
    hall.reservations.get_mut(&id).unwrap().seats.clone_from(&wanted);
    let manage_token = format!("manage-{id}");
    Json(json!({ "reservation_id": id, "manage_token": manage_token, "status": "pending", "seats": wanted }))
        .into_response()
}

/// Sells the seats of a cancelled booking again.
async fn cancel(State(fake): State<Fake>, headers: HeaderMap, Path(id): Path<String>) -> Json<Value> {
    let reservation = id.strip_prefix("b-").unwrap();
    assert_eq!(bearer(&headers), Some(format!("manage-{reservation}").as_str()));
    let mut hall = fake.hall.lock().unwrap();
    hall.taken.retain(|_, owner| owner != reservation);
    let seats = hall.reservations[reservation].seats.clone();
    hall.booked.retain(|seat| !seats.contains(seat));
    Json(
        json!({ "booking_id": id, "status": "cancelled", "refund": { "percent": 100, "status": "pending" } }),
    )
}

async fn release(State(fake): State<Fake>, Path(id): Path<String>) -> StatusCode {
    fake.hall.lock().unwrap().taken.retain(|_, owner| *owner != id);
    StatusCode::NO_CONTENT
}

async fn confirm(State(fake): State<Fake>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let id = body["reservation_id"].as_str().unwrap();
    assert_eq!(bearer(&headers), Some(format!("manage-{id}").as_str()));
    let mut hall = fake.hall.lock().unwrap();
    let is_first = hall.seen_keys.insert(key.clone());
    if let Some(refusal) = refused_card(body["payment_token"].as_str().unwrap()) {
        return refusal;
    }
    if hall.reservations[id].is_over() && fake.fault != Fault::PaidTooLate {
        return problem(StatusCode::GONE, "reservation_expired");
    }
    if is_first && fake.fault == Fault::SlowPayments {
        let body = json!({ "reservation_id": id, "status": "processing", "retry_after_s": 0.1 });
        return (StatusCode::ACCEPTED, Json(body)).into_response();
    }
    if !hall.bookings.contains_key(&key) {
        let labels = hall.reservations[id].seats.clone();
        let seats: Vec<_> =
            labels.iter().map(|seat| json!({ "seat": seat, "category": "standard" })).collect();
        let booking = json!({ "booking_id": format!("b-{id}"), "show_id": "show", "seats": seats });
        hall.booked.extend(labels);
        hall.bookings.insert(key.clone(), booking);
    }
    if is_first && fake.fault == Fault::LostPaymentAnswers {
        let broken = futures::stream::once(async { Err::<String, _>(std::io::Error::other("cut")) });
        return (StatusCode::CREATED, Body::from_stream(broken)).into_response();
    }
    let mut booking = hall.bookings[&key].clone();
    if fake.fault == Fault::AnswersChange {
        booking["answered"] = fake.number().into();
    }
    (StatusCode::CREATED, Json(booking)).into_response()
}

fn refused_card(token: &str) -> Option<Response> {
    match token {
        "tok_declined" => Some(problem(StatusCode::PAYMENT_REQUIRED, "payment_declined")),
        "tok_action_required" => Some(problem(StatusCode::PAYMENT_REQUIRED, "payment_action_required")),
        "tok_down" => Some(problem(StatusCode::SERVICE_UNAVAILABLE, "payment_gateway_unavailable")),
        _ => None,
    }
}
