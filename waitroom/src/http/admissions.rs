//! Admissions after the claim: redeem a code, renew, end.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shared::admission::{ADMISSION_REQUIRED, Admission};
use shared::http::{Address, Body, bearer, to_completion};
use shared::ids::DropSlug;
use shared::problem::Problem;
use utoipa::ToSchema;

use super::caller::OfDrop;
use super::codes;
use super::limits::Action;
use super::places::{AdmissionAnswer, admission_answer, private};
use crate::app::AppState;
use crate::domain::admission;
use crate::domain::line::Line as _;

/// A single-use code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemBody {
    /// The code from `booking_url`.
    code: String,
    /// The origin that redeems it; where it is said, it must be the one that the code was made for.
    #[serde(default)]
    origin: Option<String>,
}

/// Redeems the code that brought a browser to the shop: server to server, once, within a minute.
#[utoipa::path(
    post, path = "/v1/admission-codes/redeem", tag = "shop",
    request_body = RedeemBody,
    responses(
        (status = 200, description = "The admission", body = AdmissionAnswer),
        (status = 410, description = "`code_spent`"),
        (status = 422, description = "`invalid_fields`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn redeem_code(
    State(app): State<AppState>,
    Body(body): Body<RedeemBody>,
) -> Result<Response, Problem> {
    to_completion(async move {
        let spent =
            app.line.spend_code(&body.code).await?.ok_or_else(|| Problem::from(&codes::CODE_SPENT))?;
        if body.origin.is_some_and(|origin| origin != spent.origin) {
            return Err(Problem::from(&codes::CODE_SPENT).detail("the code was made for another site"));
        }
        let booking_url = format!("{}/drops/{}", spent.origin, spent.drop);
        let answer = admission_answer(&app, &spent.drop, spent.identity, &spent.grant, booking_url);
        Ok((private(), Json(answer)).into_response())
    })
    .await
}

/// A fresh token for a session that goes on.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/admission/renewals", tag = "shop",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "A fresh admission", body = AdmissionAnswer),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 404, description = "`not_found`"),
        (status = 410, description = "`session_over`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn renew_admission(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let admission = admission_of(&app, &known.drop.slug, &headers).await?;
    app.limiter.check(Action::Renew, &admission.identity, address)?;
    to_completion(async move {
        let grant = admission::renew(&app.line, &admission.drop, admission.sid).await?;
        let booking_url = format!("{}/drops/{}", app.config.booking_origin(), admission.drop);
        let answer = admission_answer(&app, &admission.drop, admission.identity, &grant, booking_url);
        Ok((private(), Json(answer)).into_response())
    })
    .await
}

/// Done shopping: the slot is free for the next. The ledger knows of it before it is answered.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/admission/end", tag = "shop",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 204, description = "Ended, also where it had ended before"),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn end_admission(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let admission = admission_of(&app, &known.drop.slug, &headers).await?;
    to_completion(async move {
        if app.line.end(&admission.drop, admission.sid).await?.is_some() {
            app.recorder.record(&admission.drop).await?;
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn admission_of(app: &AppState, drop: &DropSlug, headers: &HeaderMap) -> Result<Admission, Problem> {
    let token = bearer(headers)?.ok_or_else(|| Problem::from(&ADMISSION_REQUIRED))?;
    let admission = app.tokens.verifier().verify(token).await?;
    if admission.drop == *drop {
        Ok(admission)
    } else {
        Err(Problem::from(&shared::admission::ADMISSION_INVALID))
    }
}
