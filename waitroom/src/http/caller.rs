//! Who calls: a visitor by an account or the device cookie, the holder of a place by its token.

use axum::extract::{FromRequestParts, Path};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use shared::http::{bearer, cookie, require_same_origin};
use shared::ids::{DropSlug, Identity};
use shared::problem::{Problem, codes as common};

use super::{codes, error};
use crate::app::AppState;
use crate::domain::visit::PlaceProof;
use crate::registry::Known;

const DEVICE_COOKIE: &str = "device";
/// A browser keeps its cookies this long.
const COOKIE_MAX_AGE_S: u32 = 30 * 86_400;

/// The drop that a path names.
#[derive(Deserialize)]
pub(super) struct DropPath {
    pub drop: DropSlug,
}

/// The drop of the request's path.
///
/// Errors: 404.
pub struct OfDrop(pub Known);

impl FromRequestParts<AppState> for OfDrop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let path = Path::<DropPath>::from_request_parts(parts, app).await;
        let Path(DropPath { drop: slug }) = path.map_err(|_| Problem::from(&common::NOT_FOUND))?;
        app.drop(&slug).await?.map(Self).ok_or_else(|| error::no_such_drop(&slug))
    }
}

/// Who joins: an account, by its token as Bearer, on however many devices; or else a browser, by its signed device cookie.
/// A browser without one gets one: see [`Visitor::cookie`].
///
/// Errors: 401 `account_invalid`, `account_expired`; 503 where the issuer's keys cannot be had; 403 `cross_origin` where a page of another site makes the browser change something.
pub struct Visitor {
    /// Who.
    pub identity: Identity,
    /// The cookie to set, where the browser had none.
    pub cookie: Option<HeaderValue>,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        if let Some(token) = bearer(&parts.headers)? {
            return Ok(Self { identity: app.accounts.identity(token).await?, cookie: None });
        }
        let known = cookie(&parts.headers, DEVICE_COOKIE).and_then(|cookie| app.tokens.check_device(&cookie));
        if let Some(identity) = known {
            require_same_origin(&parts.method, &parts.headers)?;
            return Ok(Self { identity, cookie: None });
        }
        let fresh = app.tokens.sign_device(rand::random());
        let identity = app.tokens.check_device(&fresh).expect("a cookie just signed is genuine");
        Ok(Self { identity, cookie: Some(set_cookie(app, DEVICE_COOKIE, &fresh)) })
    }
}

/// The holder of a place token of the path's drop: as Bearer, or in its cookie.
///
/// Errors: 401 `place_required`, `place_invalid`; 403 `cross_origin`; 404.
pub struct Holder {
    /// The drop.
    pub known: Known,
    /// What the token proves.
    pub proof: PlaceProof,
}

impl FromRequestParts<AppState> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let OfDrop(known) = OfDrop::from_request_parts(parts, app).await?;
        let slug = &known.drop.slug;
        let token = if let Some(token) = bearer(&parts.headers)? {
            token.to_owned()
        } else {
            let token = cookie(&parts.headers, &place_cookie(slug));
            let token = token.ok_or_else(|| Problem::from(&codes::PLACE_REQUIRED))?;
            require_same_origin(&parts.method, &parts.headers)?;
            token
        };
        let proof = app.proofs.proof(slug.as_str(), &token, || app.tokens.check_place(slug, &token));
        let proof = proof.ok_or_else(|| Problem::from(&codes::PLACE_INVALID))?;
        Ok(Self { known, proof: PlaceProof::clone(&proof) })
    }
}

/// The cookie of a place token.
pub(super) fn place_cookie(drop: &DropSlug) -> String {
    format!("place_{drop}")
}

/// A `Set-Cookie` value that scripts and other sites cannot use.
pub(super) fn set_cookie(app: &AppState, name: &str, value: &str) -> HeaderValue {
    let secure = app.config.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_MAX_AGE_S}{secure}");
    HeaderValue::from_str(&text).expect("our cookies are plain ASCII")
}

/// The headers that set these cookies.
pub(super) fn setting(cookies: impl IntoIterator<Item = HeaderValue>) -> HeaderMap {
    cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)).collect()
}
