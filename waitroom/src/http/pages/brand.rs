//! A drop's own look: its stylesheet and its logo, from our own origin, and what the pages show of them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shared::digest::{hex, sha256};
use shared::http::PathOf;
use shared::ids::DropSlug;
use shared::problem::{Problem, codes as common};

use crate::app::AppState;
use crate::domain::drop::Drop;
use crate::http::caller::OfDrop;

const OUR_NAME: &str = "Stanchion";

/// What the pages of a drop show of its brand.
#[derive(Default)]
pub(in crate::http) struct Brand {
    name: Option<String>,
    pub(in crate::http) text: Option<String>,
    pub(in crate::http) logo_url: Option<String>,
    /// The stylesheet that comes after that of all pages.
    pub(in crate::http) stylesheet_url: Option<String>,
}

impl Brand {
    /// The brand of a drop.
    pub(in crate::http) fn of(drop: &Drop) -> Self {
        let (slug, branding) = (&drop.slug, &drop.settings.branding);
        let stylesheet = stylesheet(drop);
        Self {
            name: branding.name.clone(),
            text: branding.text.clone(),
            logo_url: branding.logo.as_ref().map(|logo| format!("/q/{slug}/logo/{}", logo.name())),
            stylesheet_url: stylesheet.map(|_| format!("/q/{slug}/brand.css")),
        }
    }

    /// Who sells: ours, where the operator says nothing.
    pub(in crate::http) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(OUR_NAME)
    }
}

/// The colours were checked when they were set: what cannot be read any more since is not used.
fn stylesheet(drop: &Drop) -> Option<String> {
    drop.settings.branding.theme().ok().flatten().map(|theme| theme.stylesheet())
}

/// The drop's colours as a stylesheet; 404 where it has those of all pages.
pub(super) async fn show_stylesheet(OfDrop(known): OfDrop, headers: HeaderMap) -> Result<Response, Problem> {
    let stylesheet = stylesheet(&known.drop).ok_or(&common::NOT_FOUND)?;
    let etag = format!("\"{}\"", hex(&sha256(&stylesheet)[..8]));
    let asked = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = asked.is_some_and(|tags| tags.contains(&etag));
    let caching = [(ETAG, etag), (CACHE_CONTROL, "public, max-age=10".to_owned())];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(CONTENT_TYPE, "text/css; charset=utf-8")], stylesheet).into_response())
}

#[derive(Deserialize)]
pub(super) struct LogoPath {
    #[expect(dead_code, reason = "`OfDrop` reads it")]
    drop: DropSlug,
    name: String,
}

/// The drop's logo, under the name that its digest gave it: what is cached never changes.
pub(super) async fn show_logo(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    PathOf(path): PathOf<LogoPath>,
) -> Result<Response, Problem> {
    let logo = known.drop.settings.branding.logo.as_ref().filter(|logo| logo.name() == path.name);
    let logo = logo.ok_or(&common::NOT_FOUND)?;
    let bytes = app.logos.find(&known.drop.slug, logo.name()).await?.ok_or(&common::NOT_FOUND)?;
    let headers = [(CONTENT_TYPE, logo.media_type()), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes).into_response())
}
