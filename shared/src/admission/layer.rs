//! A tower layer that lets only the admitted through. Any service built on `http` types can use it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum_extra::extract::CookieJar;
use http::{HeaderMap, Request};
use tower::{Layer, Service};

use super::{ADMISSION_REQUIRED, Admission, AdmissionError, Verifier};
use crate::http::{bearer, require_same_origin};
use crate::ids::DropSlug;
use crate::problem::Problem;

/// More cookies than this are not looked at.
const MAX_COOKIES: usize = 16;

/// The name of the cookie that carries a browser's admission to a drop.
pub fn cookie_name(drop: &DropSlug) -> String {
    format!("admission_{drop}")
}

/// The admissions a request has shown: the bearer's one, or one for each drop a browser has been let into.
#[derive(Clone, Debug)]
pub struct Admissions(Vec<Admission>);

impl Admissions {
    /// Admissions that have been verified.
    pub fn new(admissions: Vec<Admission>) -> Self {
        Self(admissions)
    }

    /// The admission to this drop, if one was shown.
    pub fn to(&self, drop: &DropSlug) -> Option<&Admission> {
        self.0.iter().find(|admission| admission.drop == *drop)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Admission> {
        self.0.iter()
    }
}

/// The admission tokens a request carries: the bearer token alone, or else the cookies. Never the URL.
///
/// Errors: 400 for a malformed `Authorization`, 403 for a cookie-borne change from another origin.
pub fn presented_tokens(method: &http::Method, headers: &HeaderMap) -> Result<Vec<String>, Problem> {
    if let Some(token) = bearer(headers)? {
        return Ok(vec![token.to_owned()]);
    }
    let jar = CookieJar::from_headers(headers);
    let cookies = jar.iter().filter(|cookie| cookie.name().starts_with("admission_"));
    let tokens: Vec<String> = cookies.take(MAX_COOKIES).map(|cookie| cookie.value().to_owned()).collect();
    if !tokens.is_empty() {
        require_same_origin(method, headers)?;
    }
    Ok(tokens)
}

impl Verifier {
    /// The admissions a request has shown.
    ///
    /// Errors: 401 `admission_required`, `admission_invalid`, `admission_expired`; 403 `cross_origin`; 503 without keys.
    pub async fn admissions(
        &self,
        method: &http::Method,
        headers: &HeaderMap,
    ) -> Result<Admissions, Problem> {
        let tokens = presented_tokens(method, headers)?;
        let mut admissions = Vec::with_capacity(tokens.len());
        let mut refusal: Option<AdmissionError> = None;
        for token in &tokens {
            match self.verify(token).await {
                Ok(admission) => admissions.push(admission),
                Err(error) => refusal = Some(error),
            }
        }
        match (admissions.is_empty(), refusal) {
            (false, _) => Ok(Admissions(admissions)),
            (true, Some(error)) => Err(error.into()),
            (true, None) => Err(Problem::from(&ADMISSION_REQUIRED)),
        }
    }
}

/// Lets only the admitted through; puts [`Admissions`] into the request's extensions.
#[derive(Clone)]
pub struct AdmissionLayer {
    verifier: Verifier,
}

impl AdmissionLayer {
    /// A layer that asks this verifier.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = AdmissionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmissionService { inner, verifier: self.verifier.clone() }
    }
}

/// The service made by [`AdmissionLayer`].
#[derive(Clone)]
pub struct AdmissionService<S> {
    inner: S,
    verifier: Verifier,
}

impl<S, B> Service<Request<B>> for AdmissionService<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let verifier = self.verifier.clone();
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            match verifier.admissions(&parts.method, &parts.headers).await {
                Ok(admissions) => {
                    parts.extensions.insert(admissions);
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(problem) => Ok(problem.into_response()),
            }
        })
    }
}
