//! The admin port: whether the process lives, whether it can work, and its metrics.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What a service needs in order to work.
#[derive(Clone, Default)]
pub struct Readiness(Vec<(&'static str, Check)>);

impl Readiness {
    /// Needs nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Needs this check to succeed.
    #[must_use]
    pub fn needs<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.0.push((name, Arc::new(move || Box::pin(check()))));
        self
    }
}

#[derive(Clone)]
struct Admin {
    readiness: Readiness,
    stopping: CancellationToken,
}

/// `/livez`, `/readyz`, `/metrics`.
pub fn admin_router(readiness: Readiness, stopping: CancellationToken) -> Router {
    Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(async || crate::telemetry::metrics().render()))
        .with_state(Admin { readiness, stopping })
}

/// 200 when everything needed is there; 503 with what is missing, and while stopping.
async fn readyz(State(admin): State<Admin>) -> Response {
    let mut checks = serde_json::Map::new();
    let mut ready = !admin.stopping.is_cancelled();
    for (name, check) in &admin.readiness.0 {
        let outcome = check().await;
        ready &= outcome.is_ok();
        checks.insert((*name).to_owned(), outcome.map_or_else(|reason| json!(reason), |()| json!("ok")));
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "checks": checks }))).into_response()
}
