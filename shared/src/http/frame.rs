//! The layers around all routes of a service, from the outside in: panics become 500s, request ids, traces and
//! metrics, headers that browsers obey, a bound on bodies. All requests pass here, so nothing is allocated that is not
//! needed.

mod durations;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tracing::Instrument as _;
use utoipa::openapi::OpenApi;
use uuid::{Builder, fmt::Hyphenated};

use self::durations::Durations;
use super::assets::{Asset, asset_response};
use super::explain::{code_page, codes_page, reference_page};
use crate::pages::errors_as_pages;
use crate::problem::{Code, Problem, codes};

/// No request of the services needs more.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// Slower answers are logged as warnings.
const SLOW: Duration = Duration::from_secs(1);
/// Pages load nothing from elsewhere, run nothing inline, and stand in nobody's frame.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a service tells about itself.
pub struct Frame {
    /// `waitroom` or `booking`: the prefix of its metrics.
    pub service: &'static str,
    /// Its OpenAPI document.
    pub openapi: OpenApi,
    /// Its own error codes, besides the common ones.
    pub codes: &'static [&'static Code],
}

struct Explained {
    openapi: serde_json::Value,
    codes: Vec<&'static Code>,
}

/// Puts the common routes and layers around a service's routes.
pub fn frame(routes: Router, frame: Frame) -> Router {
    let Frame { service, openapi, codes: own_codes } = frame;
    let openapi = serde_json::to_value(openapi).expect("an OpenAPI document is JSON");
    let codes = codes::ALL.iter().chain(own_codes).copied().collect();
    let explained = Router::new()
        .route("/openapi.json", get(async |State(known): State<Arc<Explained>>| Json(known.openapi.clone())))
        .route("/docs", get(async |State(known): State<Arc<Explained>>| reference_page(&known.openapi)))
        .route("/problems", get(async |State(known): State<Arc<Explained>>| codes_page(&known.codes)))
        .route("/problems/{code}", get(problem_page))
        .with_state(Arc::new(Explained { openapi, codes }))
        .route(
            "/assets/shared/{*path}",
            get(async |Path(path): Path<String>, headers: HeaderMap| {
                asset_response::<Asset>(&path, &headers)
            }),
        );
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(RandomId))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
            Problem::from(&codes::INTERNAL).into_response()
        }))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(for_browsers))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    let durations = Arc::new(Durations::new(service));
    routes
        .merge(explained)
        .layer(middleware::from_fn(move |request, next| {
            observe(Arc::clone(&durations), service, request, next)
        }))
        .fallback(async || Problem::from(&codes::NOT_FOUND))
        .method_not_allowed_fallback(async || Problem::from(&codes::METHOD_NOT_ALLOWED))
        .layer(layers)
}

async fn problem_page(State(known): State<Arc<Explained>>, Path(code): Path<String>) -> Response {
    match known.codes.iter().find(|known| known.code == code) {
        Some(code) => code_page(code).into_response(),
        None => Problem::from(&codes::NOT_FOUND).into_response(),
    }
}

/// A random UUID, without asking the system for every one.
#[derive(Clone, Copy)]
struct RandomId;

impl MakeRequestId for RandomId {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        let id = Builder::from_random_bytes(rand::random()).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)).ok().map(RequestId::new)
    }
}

/// Errors as pages to people, and the headers that browsers obey.
async fn for_browsers(request: Request, next: Next) -> Response {
    let mut response = errors_as_pages(request, next).await;
    let headers = response.headers_mut();
    let standard = [
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in standard {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// One span and one measurement a request. The route is the pattern, never the path: paths can carry what is private.
async fn observe(durations: Arc<Durations>, service: &'static str, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    // Fields of a span that nobody wants are not worked out.
    let span = tracing::info_span!(
        "request",
        service,
        %method,
        route,
        request_id = request_id(&request),
        traceparent = trace_parent(request.headers()),
    );
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let took = started.elapsed();
    durations.record(route, &method, response.status(), took);
    span.in_scope(|| log(&response, took));
    response
}

fn request_id(request: &Request) -> Option<&str> {
    request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok())
}

/// Bugs are errors, each one. A dependency that is away fails every request: that is said once a second, and counted
/// by the metrics. The rest is for debugging.
fn log(response: &Response, took: Duration) {
    let status = response.status();
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let problem = response.extensions().get::<Problem>();
    let (code, cause) = (problem.map(|problem| problem.code().code), problem.and_then(Problem::cause));
    let status_code = status.as_u16();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        if is_first_of_its_second() {
            tracing::warn!(status = status_code, code, cause, took_ms, "requests are refused");
        }
    } else if status.is_server_error() {
        tracing::error!(status = status_code, code, cause, took_ms, "a request failed");
    } else if took > SLOW {
        tracing::warn!(status = status_code, code, took_ms, "a request was slow");
    } else {
        tracing::debug!(status = status_code, code, took_ms, "a request was answered");
    }
}

/// Whether nothing was said yet in this second of the process's life.
fn is_first_of_its_second() -> bool {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    static LAST: AtomicU64 = AtomicU64::new(0);
    let second = STARTED.elapsed().as_secs() + 1;
    LAST.swap(second, Ordering::Relaxed) != second
}

/// The caller's trace (W3C Trace Context), where it has the right form.
fn trace_parent(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let well_formed = value.len() == 55 && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    well_formed.then_some(value)
}
