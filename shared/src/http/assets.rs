//! Files embedded into the binary: stylesheets, modules, pictures.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use rust_embed::RustEmbed;

use crate::digest::hex;
use crate::problem::{Problem, codes};

/// The files that both services' pages use.
#[derive(RustEmbed)]
#[folder = "assets"]
pub struct Asset;

/// An embedded file, revalidated by its digest; 404 where there is none.
pub fn asset_response<E: RustEmbed>(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = E::get(path) else { return Problem::from(&codes::NOT_FOUND).into_response() };
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..8]));
    let known = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.contains(&etag));
    let caching =
        [(ETAG, etag), (CACHE_CONTROL, "public, max-age=60, stale-while-revalidate=600".to_owned())];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, content_type(path))], file.data).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
