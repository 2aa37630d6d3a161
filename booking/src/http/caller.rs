//! Who asks: somebody with an admission, or with the token of a private link.

use axum::extract::FromRequestParts;
use axum_extra::extract::CookieJar;
use http::request::Parts;
use shared::admission::{Admission, Admissions};
use shared::http::{bearer, require_same_origin};
use shared::ids::Identity;
use shared::problem::Problem;

use super::codes::{MANAGE_TOKEN_INVALID, NOT_YOURS, WRONG_DROP};
use crate::app::AppState;
use crate::domain::ids::ReservationId;
use crate::domain::manage::ManageKey;
use shared::ids::DropSlug;

/// The name of the cookie that carries a private link's token; the reservation's id follows.
pub const MANAGE_COOKIE_PREFIX: &str = "manage_";

/// Somebody who may shop: was let into at least one drop.
pub struct Shopper(pub Admissions);

impl Shopper {
    /// The admission to this drop.
    ///
    /// Errors: 403 `wrong_drop`.
    pub fn admission_to(&self, drop: &DropSlug) -> Result<&Admission, Problem> {
        self.0.to(drop).ok_or_else(|| Problem::from(&WRONG_DROP).with("drop", drop.as_str()))
    }
}

impl FromRequestParts<AppState> for Shopper {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match parts.extensions.get::<Admissions>() {
            Some(admissions) => Ok(Self(admissions.clone())),
            None => state.verifier.admissions(&parts.method, &parts.headers).await.map(Self),
        }
    }
}

/// Somebody who may deal with reservations or bookings: which ones, [`Caller::must_own`] says.
pub struct Caller {
    admissions: Option<Admissions>,
    managed: Vec<ReservationId>,
}

impl Caller {
    /// Whether this reservation, and its booking, is the caller's.
    pub fn owns(&self, reservation: ReservationId, buyer: &Identity) -> bool {
        let admitted = self.admissions.iter().flat_map(Admissions::iter);
        self.managed.contains(&reservation)
            || admitted.into_iter().any(|admission| admission.identity == *buyer)
    }

    /// The admissions that were shown.
    pub fn admissions(&self) -> impl Iterator<Item = &Admission> {
        self.admissions.iter().flat_map(Admissions::iter)
    }

    /// Goes on only for the owner.
    ///
    /// Errors: 403 `not_yours`.
    pub fn must_own(&self, reservation: ReservationId, buyer: &Identity) -> Result<(), Problem> {
        if self.owns(reservation, buyer) { Ok(()) } else { Err(Problem::from(&NOT_YOURS)) }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let managed = managed(parts, &state.manage)?;
        match state.verifier.admissions(&parts.method, &parts.headers).await {
            Ok(admissions) => Ok(Self { admissions: Some(admissions), managed }),
            Err(_) if !managed.is_empty() => Ok(Self { admissions: None, managed }),
            Err(problem) => Err(problem),
        }
    }
}

/// The reservations whose private links the request carries: the bearer token, or else cookies.
fn managed(parts: &Parts, key: &ManageKey) -> Result<Vec<ReservationId>, Problem> {
    if let Some(token) = bearer(&parts.headers)? {
        return match (ManageKey::looks_like_one(token), key.verify(token)) {
            (true, None) => Err(Problem::from(&MANAGE_TOKEN_INVALID)),
            (_, found) => Ok(found.into_iter().collect()),
        };
    }
    let jar = CookieJar::from_headers(&parts.headers);
    let cookies = jar.iter().filter(|cookie| cookie.name().starts_with(MANAGE_COOKIE_PREFIX));
    let managed: Vec<ReservationId> = cookies.filter_map(|cookie| key.verify(cookie.value())).collect();
    if !managed.is_empty() {
        require_same_origin(&parts.method, &parts.headers)?;
    }
    Ok(managed)
}
