//! Who sends a form about their place.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use shared::http::Address;
use shared::problem::Problem;

use crate::app::AppState;
use crate::http::caller::{Holder, OfDrop};
use crate::http::limits::Action;

/// The holder of a place of the path's drop, who is let through when it is known what they ask for. Whoever holds none
/// goes to the queue page, which says why.
///
/// Errors: 404.
pub(super) struct Asker {
    holder: Holder,
    address: Option<IpAddr>,
}

impl Asker {
    /// The holder, unless they do this too often.
    ///
    /// Errors: 429 `rate_limited`.
    pub(super) fn may(self, app: &AppState, action: Action) -> Result<Holder, Problem> {
        app.limiter.check(action, &self.holder.proof.identity, self.address)?;
        Ok(self.holder)
    }
}

impl FromRequestParts<AppState> for Asker {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        let known = OfDrop::from_request_parts(parts, app).await.map_err(IntoResponse::into_response);
        let slug = known?.0.drop.slug.clone();
        let Ok(Address(address)) = Address::from_request_parts(parts, app).await;
        match Holder::from_request_parts(parts, app).await {
            Ok(holder) => Ok(Self { holder, address }),
            Err(_) => Err(Redirect::to(&format!("/q/{slug}")).into_response()),
        }
    }
}
