//! Streams: a visitor's place, pushed. The same object as a poll's, at once and on every change (Server-Sent Events,
//! WHATWG HTML section 9.2).

mod body;
mod event;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName};
use shared::http::Address;
use shared::problem::Problem;
use shared::service::Hangup;

use self::body::PlaceStream;
use super::caller::{Holder, place_cookie, set_cookie, setting};
use super::limits::{Action, too_many_streams};
use super::places::{LastSeen, PlaceAnswer, private};
use super::shown::Shown;
use crate::app::AppState;

/// The place as a stream of events, each named `place` with the place as its data: at once and on every change; the
/// id of an event comes back as `Last-Event-ID`. A comment every 15 seconds keeps the connection.
#[utoipa::path(
    get, path = "/v1/drops/{drop}/places/me/events", tag = "visitor",
    params(
        ("drop" = String, Path, description = "The drop's slug"),
        ("hidden" = Option<bool>, Query, description = "Whether nobody looks at the page"),
        ("X-Last-Position" = Option<u64>, Header, description = "The position that was last shown, by a poll"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen"),
    ),
    responses(
        (status = 200, description = "The events", body = PlaceAnswer, content_type = "text/event-stream"),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`: too many at once, or too often"),
        (status = 503, description = "`streams_full`, `dependency_unavailable`"),
    )
)]
pub(super) async fn follow_place(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
    seen: LastSeen,
    hangup: Option<Extension<Hangup>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Follow, &proof.identity, address)?;
    let drop = &known.drop.slug;
    let Extension(hangup) = hangup.unwrap_or_default();
    let seat = app.streams.enter(drop, proof.place, &proof.identity, address, hangup);
    let seat = seat.map_err(too_many_streams)?;
    let shown = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<Shown>().ok());
    let (stream, renewed) =
        PlaceStream::begin(app.clone(), known.clone(), proof, seat, (seen, shown)).await?;
    let cookie = renewed.map(|token| set_cookie(&app, &place_cookie(drop), &token));
    let own = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // Proxies that gather answers would keep the events to themselves.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((own, private(), setting(cookie), Body::from_stream(stream)).into_response())
}
