//! What the shop asks of waitroom, server to server.

use serde::Deserialize;
use serde_json::json;
use shared::ids::DropSlug;
use shared::problem::{Problem, codes};

use crate::app::AppState;

/// An admission as waitroom gives it.
#[derive(Debug, Deserialize)]
pub struct FreshAdmission {
    /// The token.
    pub admission_token: String,
    /// How long it is valid, seconds.
    pub expires_in: u32,
}

/// What became of a single-use code.
#[derive(Debug)]
pub enum Redeemed {
    /// It was good for this.
    Admission(FreshAdmission),
    /// It was used, is too old, or never was.
    Spent,
}

/// Redeems a single-use code.
///
/// Errors: 503 `dependency_unavailable` where waitroom gives no answer.
pub async fn redeem(app: &AppState, code: &str) -> Result<Redeemed, Problem> {
    let url = format!("{}/v1/admission-codes/redeem", app.config.waitroom_internal_url);
    let response = app.http.post(url).json(&json!({ "code": code })).send().await.map_err(unavailable)?;
    match response.status().as_u16() {
        200 => response.json().await.map(Redeemed::Admission).map_err(unavailable),
        400..=499 => Ok(Redeemed::Spent),
        status => {
            tracing::warn!(status, "waitroom did not redeem a code");
            Err(away())
        }
    }
}

/// A fresh token for an admission; `None` where its session is over or waitroom gives no answer.
pub async fn renew(app: &AppState, drop: &DropSlug, token: &str) -> Option<FreshAdmission> {
    let url = format!("{}/v1/drops/{drop}/admission/renewals", app.config.waitroom_internal_url);
    let response = app.http.post(url).bearer_auth(token).send().await.ok()?;
    let fresh: FreshAdmission = response.error_for_status().ok()?.json().await.ok()?;
    // Only what this shop itself accepts is put into a cookie.
    let admission = app.verifier.verify(&fresh.admission_token).await.ok()?;
    (admission.drop == *drop).then_some(fresh)
}

fn unavailable(error: reqwest::Error) -> Problem {
    tracing::warn!(error = %error.without_url(), "waitroom could not be reached");
    away()
}

fn away() -> Problem {
    Problem::from(&codes::DEPENDENCY_UNAVAILABLE)
        .detail("the waiting room cannot be reached")
        .retry_after(std::time::Duration::from_secs(2))
}
