//! Who may use a drop's line from another site (CORS, WHATWG Fetch section 3.2): the pages of its `allowed_origins`, and
//! those by Bearer alone. Nothing here allows credentials, so no cookie of a visitor ever works from another site.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::options;
use futures::future::{BoxFuture, Either};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use shared::problem::{Problem, codes as common};
use tower::{Layer, Service};

use super::caller::OfDrop;
use crate::app::AppState;
use crate::domain::drop::Drop;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
/// What clients may send.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, if-none-match, last-event-id, traceparent, x-last-position, x-request-id",
);
/// What clients may read besides the headers that everybody may.
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("etag, ratelimit, ratelimit-policy, retry-after, x-request-id");
/// A browser asks again after so many seconds.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");

/// The paths that other sites may use ask first (a preflight), because of the Bearer.
pub(super) fn preflights() -> Router<AppState> {
    [
        "/v1/drops/{drop}",
        "/v1/drops/{drop}/draw",
        "/v1/drops/{drop}/places",
        "/v1/drops/{drop}/places/me",
        "/v1/drops/{drop}/places/me/events",
        "/v1/drops/{drop}/places/me/admission",
        "/v1/drops/{drop}/places/me/support-code",
        "/v1/drops/{drop}/places/me/moves",
        "/v1/drops/{drop}/places/me/reminder",
        "/v1/drops/{drop}/places/moves/redeem",
        "/v1/drops/{drop}/admission/renewals",
        "/v1/drops/{drop}/admission/end",
    ]
    .into_iter()
    .fold(Router::new(), |routes, path| routes.route(path, options(preflight)))
}

/// Whether a page of that origin may.
async fn preflight(OfDrop(known): OfDrop, asked: HeaderMap) -> Response {
    let Some(origin) = asked.get(ORIGIN).filter(|_| asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD)) else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let mut response = if allows(&known.drop, origin) {
        let headers = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (ACCESS_CONTROL_MAX_AGE, MAX_AGE_S),
        ];
        (StatusCode::NO_CONTENT, headers).into_response()
    } else {
        let detail = "this drop's allowed_origins do not name the page's origin";
        Problem::from(&common::CROSS_ORIGIN).detail(detail).into_response()
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    response
}

fn allows(drop: &Drop, origin: &HeaderValue) -> bool {
    drop.settings.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

/// Lets the pages of allowed origins read the answers of the routes it is laid around, errors too.
#[derive(Clone)]
pub(super) struct Cors(AppState);

impl Cors {
    pub(super) fn new(app: &AppState) -> Self {
        Self(app.clone())
    }

    /// The request's origin, where the drop of its path allows it.
    fn allowed(&self, request: &Request) -> Option<HeaderValue> {
        let origin = request.headers().get(ORIGIN)?;
        let slug = request.uri().path().strip_prefix("/v1/drops/")?.split('/').next()?;
        let known = self.0.registry.get(&slug.parse().ok()?)?;
        allows(&known.drop, origin).then(|| origin.clone())
    }
}

impl<S> Layer<S> for Cors {
    type Service = CorsService<S>;

    fn layer(&self, inner: S) -> CorsService<S> {
        CorsService { cors: self.clone(), inner }
    }
}

/// See [`Cors`].
#[derive(Clone)]
pub(super) struct CorsService<S> {
    cors: Cors,
    inner: S,
}

impl<S> Service<Request> for CorsService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // Most requests come from the own pages and from programs: they pay for a look at one header.
        let Some(origin) = self.cors.allowed(&request) else { return Either::Left(self.inner.call(request)) };
        let answer = self.inner.call(request);
        Either::Right(Box::pin(async move {
            let mut response = answer.await?;
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
            if !headers.contains_key(VARY) {
                headers.insert(VARY, HeaderValue::from_static("origin"));
            }
            Ok(response)
        }))
    }
}
