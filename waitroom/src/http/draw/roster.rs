//! The roster of a draw as text.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use shared::problem::{Problem, codes as common};

use super::super::caller::OfDrop;
use crate::app::AppState;
use crate::domain::drop::Roster;
use crate::domain::roster::BYTES_A_LINE;
use crate::store::roster::Rosters;

/// A roster that is published never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The roster of the draw: every place that was in the lobby at opening, in draw order, an id a line.
#[utoipa::path(
    get, path = "/v1/drops/{drop}/draw/roster", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The ids, 36 lower-case characters and a newline each; the ETag is the SHA-256 of the whole", body = String, content_type = "text/plain"),
        (status = 304, description = "The client has it"),
        (status = 404, description = "`not_found`: no such drop, or its roster is not published yet"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn show_roster(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let drop = &known.drop;
    let published = drop.roster.filter(|_| drop.reveals_draw(app.clock.now()));
    let unpublished = || Problem::from(&common::NOT_FOUND).detail("the roster is published after opening");
    let roster = published.ok_or_else(unpublished)?;
    let etag = format!("\"{}\"", roster.digest());
    let is_known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|tags| tags.to_str().is_ok_and(|tags| tags.contains(&etag) || tags.trim() == "*"));
    let caching = [(ETAG, etag), (CACHE_CONTROL, FOR_EVER.to_owned())];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let first = app.rosters.page(&drop.slug, roster.id, 0).await?;
    let length = roster.count * u64::try_from(BYTES_A_LINE).unwrap_or(u64::MAX);
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_LENGTH, length.to_string())];
    Ok((caching, kind, text(app.rosters.clone(), drop.slug.clone(), roster, first)).into_response())
}

/// The pages one after the other, each read when the one before is on its way: a slow reader costs one page. Where
/// Postgres goes away in between, the text breaks off, and its length says so.
fn text(rosters: Rosters, slug: shared::ids::DropSlug, roster: Roster, first: Vec<u8>) -> Body {
    let pages = stream::try_unfold((0_u32, Some(first)), move |(number, page)| {
        let (rosters, slug) = (rosters.clone(), slug.clone());
        async move {
            let page = match page {
                Some(page) => page,
                None => rosters.page(&slug, roster.id, number).await?,
            };
            Ok::<_, shared::store::StoreError>((!page.is_empty()).then_some((page, (number + 1, None))))
        }
    });
    Body::from_stream(pages)
}
