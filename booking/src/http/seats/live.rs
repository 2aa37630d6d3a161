//! The seat map as it changes: over a WebSocket (RFC 6455) or as server-sent events (WHATWG HTML section 9.2).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::admission::Admission;
use shared::drop::allowed_origins;
use shared::http::{PathOf, QueryOf};
use shared::problem::{Problem, codes};
use url::Url;
use utoipa::ToSchema;

use super::SeatStatus;
use crate::app::AppState;
use crate::domain::ids::ShowId;
use crate::http::caller::Shopper;
use crate::http::error::found;
use crate::live::{End, News, Watcher};

/// Nothing is expected of a watcher but control frames.
const MAX_MESSAGE_BYTES: usize = 1024;
/// What a connection sets aside for reading; the default is a hundred times as much.
const READ_BUFFER_BYTES: usize = 1024;
/// A client that takes nothing for so long is given up.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// When a client connects again, ms: jittered, because many connections break together.
const RETRY_MS: std::ops::RangeInclusive<u32> = 1_000..=4_000;
/// A WebSocket is closed with this code when the admission's token has expired (RFC 6455 section 7.4.2: private use).
const ADMISSION_EXPIRED: u16 = 4401;

/// And with this one when the admission has ended.
const ADMISSION_ENDED: u16 = 4403;
/// And with this one when the show was cancelled, or is over.
const SHOW_OVER: u16 = 4410;

/// From where a watcher goes on.
#[derive(Debug, Deserialize)]
pub struct LiveQuery {
    /// The version of the map that the client has.
    since: Option<i64>,
}

/// The first message, and the one that says that the map must be loaded again.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveVersion {
    /// Messages go on from this version.
    pub version: i64,
    /// `true`: what changed before it is not known any more; load the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reload: Option<bool>,
}

/// What changed. A client applies it where it knows `since` or a later version; otherwise it has missed something, and
/// connects again with `since`, or loads the map.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveChanges<'a> {
    /// The version before.
    pub since: i64,
    /// The version after.
    pub version: i64,
    /// Seats by their labels and what they are now. None: a sign of life.
    #[schema(value_type = Vec<(String, SeatStatus)>)]
    pub changes: Vec<(&'a str, SeatStatus)>,
    /// When.
    pub at: Timestamp,
}

/// The seat map as it changes, over a WebSocket: first `{version}`, then `{since, version, changes, at}`, at most ten
/// times a second; `{version, reload: true}` says that the map must be loaded again. An empty list of changes is a sign of
/// life. Closed with 1012 when this replica stops, with 4401 when the admission's token has expired: connect again, with
/// `since` and a fresh token. Closed with 4403 when the admission has ended, with 4410 when the show was cancelled or is
/// over: nothing more will be told.
#[utoipa::path(get, path = "/v1/shows/{id}/seats/live", tag = "shop",
    params(("id" = ShowId, Path, description = "The show"),
           ("since" = Option<i64>, Query, description = "The version of the map that the client has")),
    responses((status = 101, description = "The messages", body = LiveChanges<'static>),
              (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
              (status = 403, description = "`wrong_drop`; `cross_origin`: the page is of a site that the drop does not allow"),
              (status = 404, description = "No such show"), (status = 426, description = "Not a WebSocket"),
              (status = 429, description = "`rate_limited`: too many at once"),
              (status = 503, description = "`streams_full`, `dependency_unavailable`")))]
pub async fn live(
    State(app): State<AppState>,
    shopper: Shopper,
    PathOf(id): PathOf<ShowId>,
    QueryOf(query): QueryOf<LiveQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let (watched, admission) = admitted(&app, &shopper, id).await?;
    check_origin(&app, &admission, &headers).await?;
    let upgrade = upgrade.map_err(|no| Problem::from(&codes::MALFORMED).detail(no.body_text()))?;
    let watcher = app.live.watch(&watched, &admission, query.since).await?;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(move |socket| converse(socket, watcher)))
}

/// The seat map as it changes, as server-sent events: `version` first, then `changes`, at most ten times a second;
/// `reload` says that the map must be loaded again; `over` that nothing more is told, with a `code`: `admission_expired`
/// (connect again with a fresh token), `admission_ended`, `show_not_on_sale`. The id of an event
/// comes back as `Last-Event-ID`.
#[utoipa::path(get, path = "/v1/shows/{id}/seats/events", tag = "shop",
    params(("id" = ShowId, Path, description = "The show"),
           ("since" = Option<i64>, Query, description = "The version of the map that the client has"),
           ("Last-Event-ID" = Option<i64>, Header, description = "The same, by a browser that connects again")),
    responses((status = 200, description = "The events", body = LiveChanges<'static>, content_type = "text/event-stream"),
              (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
              (status = 403, description = "`wrong_drop`"), (status = 404, description = "No such show"),
              (status = 429, description = "`rate_limited`: too many at once"),
              (status = 503, description = "`streams_full`, `dependency_unavailable`")))]
pub async fn events(
    State(app): State<AppState>,
    shopper: Shopper,
    PathOf(id): PathOf<ShowId>,
    QueryOf(query): QueryOf<LiveQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (watched, admission) = admitted(&app, &shopper, id).await?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let watcher = app.live.watch(&watched, &admission, last.or(query.since)).await?;
    let retry = Bytes::from(format!("retry: {}\n", rand::random_range(RETRY_MS)));
    let head = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "private, no-store"),
        // Proxies that gather answers would keep the events to themselves.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let first = futures::stream::once(std::future::ready(Ok::<_, Infallible>(retry)));
    let rest = futures::stream::unfold(Some(watcher), async |watcher| {
        let mut watcher = watcher?;
        Some(match watcher.next().await {
            News::Frame(frame) => (Ok(frame.event), Some(watcher)),
            News::Over(end) => (Ok(good_bye(end)), None),
        })
    });
    Ok((head, Body::from_stream(futures::StreamExt::chain(first, rest))).into_response())
}

async fn admitted(
    app: &AppState,
    shopper: &Shopper,
    id: ShowId,
) -> Result<(std::sync::Arc<crate::domain::catalogue::ShowPlan>, Admission), Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let admission = shopper.admission_to(&plan.show.sold_by())?.clone();
    Ok((plan, admission))
}

/// Browsers send a site's cookies with sockets that any page opens, and say which page that was; other clients say
/// nothing and send no cookies by themselves.
async fn check_origin(app: &AppState, admission: &Admission, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let own = Url::parse(&app.public_url).map(|url| url.origin().ascii_serialization());
    if own.is_ok_and(|own| own == origin) || (authority.is_some() && authority == text(HOST)) {
        return Ok(());
    }
    let allowed = allowed_origins(&app.redis, &admission.drop).await?;
    if allowed.iter().any(|allowed| allowed == origin) {
        return Ok(());
    }
    Err(Problem::from(&codes::CROSS_ORIGIN))
}

/// Tells a watcher everything until one side ends it.
async fn converse(mut socket: WebSocket, mut watcher: Watcher) {
    loop {
        let message = tokio::select! {
            news = watcher.next() => match news {
                News::Frame(frame) => Message::Text(frame.text),
                News::Over(end) => closing(end),
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Text(_) | Message::Binary(_))) => closing_for_a_message(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        };
        let is_last = matches!(message, Message::Close(_));
        let sent = tokio::time::timeout(SEND_TIMEOUT, socket.send(message)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn closing(end: End) -> Message {
    let (code, reason) = match end {
        End::Closing => (close_code::RESTART, "this replica stops, another goes on"),
        End::AdmissionExpired => (ADMISSION_EXPIRED, "admission_expired"),
        End::AdmissionEnded => (ADMISSION_ENDED, "admission_ended"),
        End::ShowOver => (SHOW_OVER, "show_not_on_sale"),
    };
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

fn closing_for_a_message() -> Message {
    let reason = "nothing is expected of a watcher".into();
    Message::Close(Some(CloseFrame { code: close_code::POLICY, reason }))
}

fn over(code: &str) -> Bytes {
    format!("event: over\ndata: {{\"code\":\"{code}\"}}\n\n").into()
}

fn good_bye(end: End) -> Bytes {
    match end {
        End::Closing => {
            let retry_ms = rand::random_range(RETRY_MS);
            format!("retry: {retry_ms}\n: this replica stops, another goes on\n\n").into()
        }
        End::AdmissionExpired => over("admission_expired"),
        End::AdmissionEnded => over("admission_ended"),
        End::ShowOver => over("show_not_on_sale"),
    }
}
