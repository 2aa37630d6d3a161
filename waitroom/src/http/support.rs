//! The support code of a place: something short to say on the telephone.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::http::{Address, to_completion};
use shared::problem::Problem;
use utoipa::ToSchema;

use super::caller::Holder;
use super::limits::Action;
use super::places::private;
use crate::app::AppState;
use crate::domain::code::SupportCode;
use crate::domain::visit::PlaceProof;
use crate::registry::Known;

/// A support code.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SupportCodeAnswer {
    /// Eight characters of Crockford's base 32, as `XXXX-XXXX`. It proves nothing: only operators can look it up.
    #[schema(example = "7KQ2-M4XT")]
    support_code: String,
}

/// The support code of a place; made when it is first asked for.
pub(super) async fn code_of(
    app: &AppState,
    known: &Known,
    proof: &PlaceProof,
) -> Result<SupportCode, Problem> {
    let (app, slug, place) = (app.clone(), known.drop.slug.clone(), proof.place);
    to_completion(async move {
        let drawn = || SupportCode::new(rand::random());
        Ok(app.support_codes.code_of(&slug, place, app.clock.now(), drawn).await?)
    })
    .await
}

/// A short code by which operators find this place, the same however often it is asked for.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/places/me/support-code", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The code", body = SupportCodeAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 403, description = "`cross_origin`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn give_support_code(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<Response, Problem> {
    app.limiter.check(Action::SupportCode, &proof.identity, address)?;
    let support_code = code_of(&app, &known, &proof).await?.to_string();
    Ok((private(), Json(SupportCodeAnswer { support_code })).into_response())
}
