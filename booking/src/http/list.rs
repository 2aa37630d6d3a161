//! Lists in parts, and answers that may be cached.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::problem::{Problem, codes};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::store::catalogue::Page;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many items at most (1 to 200, by default 50).
    pub limit: Option<u32>,
    /// The `next_cursor` of the part before.
    pub cursor: Option<Uuid>,
}

impl ListQuery {
    /// The part of the table, with one item more to see whether there is another part.
    pub fn page(&self) -> Result<Page, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            Ok(Page { after: self.cursor, limit: i64::from(limit) + 1 })
        } else {
            Err(Problem::from(&codes::MALFORMED).detail("limit must be 1 to 200"))
        }
    }
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; null at the end.
    pub next_cursor: Option<Uuid>,
}

impl<T> List<T> {
    /// A part made of what was read for this page, which may be one item more than asked for.
    pub fn of(mut items: Vec<T>, page: Page, id: impl Fn(&T) -> Uuid) -> Self {
        let asked = usize::try_from(page.limit - 1).unwrap_or_default();
        let more = items.len() > asked;
        items.truncate(asked);
        let next_cursor = items.last().filter(|_| more).map(id);
        Self { items, next_cursor }
    }
}

/// An answer that anybody may keep for `max_age_s`, and revalidate by its digest.
pub fn cached<T: Serialize>(headers: &HeaderMap, max_age_s: u32, body: &T) -> Response {
    let Ok(bytes) = serde_json::to_vec(body) else { return Problem::from(&codes::INTERNAL).into_response() };
    let digest = Sha256::digest(&bytes);
    let tag = URL_SAFE_NO_PAD.encode(&digest[..12]);
    let caching = format!("public, max-age={max_age_s}");
    tagged(headers, &tag, &caching, || ([(CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// An answer with an entity tag; 304 where the client has it.
pub fn tagged(headers: &HeaderMap, tag: &str, caching: &str, body: impl FnOnce() -> Response) -> Response {
    let tag = format!("\"{tag}\"");
    let sent = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // Compression makes tags weak on their way; they are compared weakly (RFC 9110 section 13.1.2).
    let known =
        sent.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    let head = [(ETAG, tag), (CACHE_CONTROL, caching.to_owned())];
    if known { (StatusCode::NOT_MODIFIED, head).into_response() } else { (head, body()).into_response() }
}

/// Something that was made, with its address.
pub fn created<T: Serialize>(location: &str, body: T) -> Response {
    (StatusCode::CREATED, [(http::header::LOCATION, location.to_owned())], Json(body)).into_response()
}
