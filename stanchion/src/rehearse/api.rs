//! Carries what a visitor asks over HTTP and turns what comes back into an [`Answer`].

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::clock::Clock;
use tokio::sync::Semaphore;
use url::Url;

use super::script::{Answer, Ask, Booking, Place, Refusal, Reservation, Text};
use super::stream::PlaceStream;

/// How long a visitor's browser waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// The longest that a stream is followed without opening it again.
const STREAM_AT_MOST: Duration = Duration::from_hours(1);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Long enough to send a request, mostly too short for the answer to one that changes something.
const HANG_UP_AFTER: Duration = Duration::from_millis(6);
/// The asked-for pause is never believed to be longer than this.
const PAUSE_AT_MOST: Duration = Duration::from_mins(1);

/// The two services of an installation, over a bounded number of connections.
#[derive(Debug)]
pub struct Api {
    client: reqwest::Client,
    waitroom: Url,
    booking: Url,
    drop: String,
    in_flight: Semaphore,
    hang_ups: AtomicU64,
}

impl Api {
    /// A client for visitors of `drop` that has at most `connections` requests under way.
    pub fn new(waitroom: Url, booking: Url, drop: &str, connections: usize) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .pool_max_idle_per_host(connections)
            .pool_idle_timeout(Duration::from_secs(20))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .no_proxy()
            .build()
            .context("no HTTP client could be made")?;
        let in_flight = Semaphore::new(connections);
        Ok(Self { client, waitroom, booking, drop: drop.to_owned(), in_flight, hang_ups: AtomicU64::new(0) })
    }

    /// Sends `ask`. Returns the answer and how long it took from sending, waiting for a free connection not counted.
    pub async fn send(&self, ask: &Ask) -> (Answer, Duration) {
        let _permit = self.in_flight.acquire().await.ok();
        let sent = tokio::time::Instant::now();
        if matches!(ask, Ask::Exchange { hangs_up: true, .. }) {
            self.send_and_hang_up(ask).await;
            return (Answer::Lost, sent.elapsed());
        }
        let answer = match self.request(ask).send().await {
            Ok(response) => read(ask, response).await.unwrap_or(Answer::Lost),
            Err(_) => Answer::Lost,
        };
        (answer, sent.elapsed())
    }

    /// Reads no answer: every second time it closes the connection after a moment, when the service is mostly in the
    /// middle of its work, else when the answer begins.
    async fn send_and_hang_up(&self, ask: &Ask) {
        let is_early = self.hang_ups.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        let patience = if is_early { HANG_UP_AFTER } else { ANSWER_WITHIN };
        let _hung_up = tokio::time::timeout(patience, self.request(ask).send()).await;
    }

    /// Opens the stream of a place. A stream that is open does not count as a request under way.
    pub async fn follow(&self, ask: &Ask) -> Result<PlaceStream, Answer> {
        let _permit = self.in_flight.acquire().await.ok();
        let response = self.request(ask).timeout(STREAM_AT_MOST).send().await.map_err(|_| Answer::Lost)?;
        let is_a_stream = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|is| is.as_bytes().starts_with(b"text/event-stream"));
        match response.status().as_u16() {
            200 if is_a_stream => Ok(PlaceStream::new(response)),
            _ => Err(read(ask, response).await.unwrap_or(Answer::Lost)),
        }
    }

    /// The public state of the drop: `None` if there is no such drop.
    pub async fn drop_state(&self) -> anyhow::Result<Option<String>> {
        #[derive(Deserialize)]
        struct Status {
            state: String,
        }
        let response = self.to_waitroom(Method::GET, "").send().await?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let status: Status = serde_json::from_slice(&response.error_for_status()?.bytes().await?)?;
        Ok(Some(status.state))
    }

    fn request(&self, ask: &Ask) -> RequestBuilder {
        match ask {
            Ask::Join => self.to_waitroom(Method::POST, "/places"),
            Ask::JoinAgain { device } => self
                .to_waitroom(Method::POST, "/places")
                .header(header::COOKIE, device.as_ref())
                .header("Sec-Fetch-Site", "same-origin"),
            Ask::LookUpPlace { place_token, last_position, is_hidden } => {
                let path = if *is_hidden { "/places/me?hidden=true" } else { "/places/me" };
                with_position(self.to_waitroom(Method::GET, path).bearer_auth(place_token), *last_position)
            }
            Ask::FollowPlace { place_token, last_position } => {
                let request = self.to_waitroom(Method::GET, "/places/me/events").bearer_auth(place_token);
                with_position(request, *last_position)
            }
            Ask::Claim { place_token } => {
                self.to_waitroom(Method::POST, "/places/me/admission").bearer_auth(place_token)
            }
            Ask::Leave { place_token } => {
                self.to_waitroom(Method::DELETE, "/places/me").bearer_auth(place_token)
            }
            Ask::EndAdmission { admission_token } => {
                self.to_waitroom(Method::POST, "/admission/end").bearer_auth(admission_token)
            }
            Ask::LookUpShows => self.to_booking(Method::GET, &format!("drops/{}/shows", self.drop)),
            Ask::LookUpSeats { admission_token, show_id } => {
                self.to_booking(Method::GET, &format!("shows/{show_id}/seats")).bearer_auth(admission_token)
            }
            Ask::Reserve { admission_token, show_id, seats } => self
                .to_booking(Method::POST, &format!("shows/{show_id}/reserve"))
                .bearer_auth(admission_token)
                .json(&json!({ "seats": seats })),
            Ask::Exchange { reservation, seats, .. } => self
                .to_booking(Method::PUT, &format!("reservations/{}/seats", reservation.reservation_id))
                .bearer_auth(&reservation.manage_token)
                .json(&json!({ "seats": seats })),
            Ask::Confirm { reservation, payment } => self
                .to_booking(Method::POST, "bookings")
                .bearer_auth(&reservation.manage_token)
                .header("Idempotency-Key", payment.idempotency_key.as_ref())
                .json(&json!({
                    "reservation_id": reservation.reservation_id,
                    "payment_token": payment.card.token(),
                    "contact": { "email": "visitor@rehearsal.example", "name": "A Visitor" },
                })),
            Ask::LookUpReservation { reservation } => self
                .to_booking(Method::GET, &format!("reservations/{}", reservation.reservation_id))
                .bearer_auth(&reservation.manage_token),
            Ask::Cancel { booking_id, manage_token } => self
                .to_booking(Method::POST, &format!("bookings/{booking_id}/cancel"))
                .bearer_auth(manage_token),
            Ask::Release { reservation } => self
                .to_booking(Method::DELETE, &format!("reservations/{}", reservation.reservation_id))
                .bearer_auth(&reservation.manage_token),
        }
    }

    fn to_waitroom(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, address(&self.waitroom, &format!("v1/drops/{}{path}", self.drop)))
    }

    fn to_booking(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, address(&self.booking, &format!("v1/{path}")))
    }
}

fn with_position(request: RequestBuilder, position: Option<u64>) -> RequestBuilder {
    match position {
        Some(position) => request.header("X-Last-Position", position),
        None => request,
    }
}

fn address(base: &Url, path: &str) -> String {
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}

/// The typed answer; `None` when the body broke off or is not what the contract says.
async fn read(ask: &Ask, response: Response) -> Option<Answer> {
    let status = response.status().as_u16();
    let (retry_after, device) = (retry_after(&response), device(&response));
    let body = response.bytes().await.ok()?;
    if status >= 300 {
        let code = parse::<Problem>(&body).map(|problem| problem.code).unwrap_or_default();
        return Some(Answer::Refused(Refusal { status, code, retry_after }));
    }
    match ask {
        Ask::Join | Ask::JoinAgain { .. } | Ask::LookUpPlace { .. } => {
            parse(&body).map(|place| Answer::Place(Place { device, ..place }))
        }
        // The server answers, but not with a stream.
        Ask::FollowPlace { .. } => None,
        Ask::Claim { .. } => parse::<Admission>(&body).map(|it| Answer::Admitted(it.admission_token.into())),
        Ask::LookUpShows => parse::<Items<_>>(&body).map(|list| Answer::Shows(list.items)),
        Ask::LookUpSeats { .. } => parse::<SeatMap>(&body).map(|map| Answer::Seats(map.seats)),
        Ask::Reserve { .. } | Ask::Exchange { .. } => {
            parse::<ReservationBody>(&body).map(|it| Answer::Reserved(it.into()))
        }
        Ask::LookUpReservation { .. } => parse::<ReservationBody>(&body)
            .map(|it| Answer::Basket { status: it.status, seats: labels(it.seats) }),
        Ask::Confirm { .. } if status == 202 => {
            let pause = parse::<Processing>(&body)?.retry_after_s.clamp(0.1, PAUSE_AT_MOST.as_secs_f64());
            Some(Answer::Processing(Duration::from_secs_f64(pause)))
        }
        Ask::Confirm { .. } => {
            let answer_digest = digest(&body);
            parse::<BookingBody>(&body).map(|it| Answer::Booked(Booking { answer_digest, ..it.into() }))
        }
        Ask::Cancel { .. } => parse::<CancelledBody>(&body).map(|it| Answer::Cancelled(it.refund.percent)),
        Ask::Release { .. } | Ask::EndAdmission { .. } | Ask::Leave { .. } => Some(Answer::Done),
    }
}

/// The cookie that names the browser, as it is sent back.
fn device(response: &Response) -> Option<Text> {
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    let mut cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    cookies.find(|cookie| cookie.starts_with("device=")).map(Text::from)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(PAUSE_AT_MOST))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct Admission {
    admission_token: String,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct SeatMap {
    seats: Vec<super::script::Seat>,
}

#[derive(Deserialize)]
struct Processing {
    #[serde(default)]
    retry_after_s: f64,
}

#[derive(Deserialize)]
struct ReservationBody {
    reservation_id: Text,
    manage_token: Text,
    #[serde(default)]
    status: String,
    #[serde(default)]
    expires_at: Option<Timestamp>,
    seats: Vec<LabelledSeat>,
}

impl From<ReservationBody> for Reservation {
    fn from(body: ReservationBody) -> Self {
        let holds_for =
            body.expires_at.map(|at| Duration::try_from(at - Clock::System.now()).unwrap_or_default());
        let seats = labels(body.seats);
        Self { reservation_id: body.reservation_id, manage_token: body.manage_token, holds_for, seats }
    }
}

/// Tells answers apart; collisions cost a finding, never make one.
fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}

#[derive(Deserialize)]
struct CancelledBody {
    refund: RefundBody,
}

#[derive(Deserialize)]
struct RefundBody {
    percent: u8,
}

#[derive(Deserialize)]
struct BookingBody {
    booking_id: String,
    show_id: String,
    seats: Vec<LabelledSeat>,
}

/// Seats are listed as labels or as objects with a label.
#[derive(Deserialize)]
#[serde(untagged)]
enum LabelledSeat {
    Label(String),
    Object { seat: String },
}

fn labels(seats: Vec<LabelledSeat>) -> Vec<String> {
    let label = |seat| match seat {
        LabelledSeat::Label(seat) | LabelledSeat::Object { seat } => seat,
    };
    seats.into_iter().map(label).collect()
}

impl From<BookingBody> for Booking {
    fn from(body: BookingBody) -> Self {
        Self {
            booking_id: body.booking_id,
            show_id: body.show_id,
            seats: labels(body.seats),
            answer_digest: 0,
        }
    }
}
