//! What the pages of both services share: rendering a template, languages, colours, the policy a page that leads elsewhere
//! needs, and errors told to people instead of programs.

mod colour;
mod language;
mod words;

#[cfg(test)]
mod contrast;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;

pub use colour::{Colour, NoColour, READABLE};
pub use language::{Language, Reader};
pub use words::{Catalogue, Words, differences, shared_words};

use crate::http::{PAGE_POLICY, require_same_origin};
use crate::problem::{Problem, codes};

/// A page made for one visitor: never stored by anybody.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let caching = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (status, caching, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Problem::from(&codes::INTERNAL).into_response()
        }
    }
}

/// The policy of a page whose form is answered with a redirect to another origin, which browsers hold against the
/// `form-action` of the page the form stood on.
pub fn policy_with_form_target(origin: &str) -> HeaderValue {
    let own = "form-action 'self'";
    let policy = PAGE_POLICY.replace(own, &format!("{own} {origin}"));
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(PAGE_POLICY))
}

/// The policy of a page that needs more than its own origin: a directive and what is added to it, each.
pub fn policy_with(more: &[(&str, &str)]) -> HeaderValue {
    let policy = more.iter().fold(PAGE_POLICY.to_owned(), |policy, (directive, sources)| {
        let own = format!("{directive} 'self'");
        if policy.contains(&own) {
            policy.replace(&own, &format!("{own} {sources}"))
        } else {
            format!("{policy}; {directive} {sources}")
        }
    });
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(PAGE_POLICY))
}

/// Whether the client is a browser that shows what it gets: it names HTML itself, where a program's `*/*` does not.
pub fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| range.trim_start().starts_with("text/html"))
}

/// A form as browsers post it.
///
/// Errors: 400 `malformed`, 413 `body_too_large`, 415 `unsupported_media_type`.
#[derive(Debug)]
pub struct FormOf<T>(pub T);

impl<T, S> FromRequest<S> for FormOf<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form = Form::from_request(request, state).await;
        let Form(form) = form.map_err(|rejection: FormRejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::from(&codes::BODY_TOO_LARGE),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::from(&codes::UNSUPPORTED_MEDIA_TYPE)
                .detail("send the form as application/x-www-form-urlencoded"),
            _ => Problem::from(&codes::MALFORMED).detail(rejection.body_text()),
        })?;
        Ok(Self(form))
    }
}

/// A layer: takes what changes something from the service's own pages alone, whether a cookie comes with it or not.
pub async fn own_pages_only(request: Request, next: Next) -> Response {
    match require_same_origin(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// A layer: answers problems as pages to browsers, with the same status and `Retry-After`. Programs, and everybody at
/// the API's own paths, get the document.
pub async fn errors_as_pages(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    let for_people = wants_html(request.headers());
    let safe = request.method().is_safe();
    let request_id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let mut response = next.run(request).await;
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| is_problem).cloned() else {
        return response;
    };
    if !for_people {
        response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
        return response;
    }
    let mut answer = page(problem.status(), &ErrorPage::new(&problem, safe, request_id));
    if let Some(wait) = response.headers().get(RETRY_AFTER) {
        answer.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    answer.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    answer.extensions_mut().insert(problem);
    answer
}

/// An error told to a person.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    status: u16,
    code: &'static str,
    detail: Option<String>,
    retry_after_s: Option<u64>,
    safe: bool,
    request_id: Option<String>,
}

impl ErrorPage {
    fn new(problem: &Problem, safe: bool, request_id: Option<String>) -> Self {
        let document = problem.document();
        Self {
            status: problem.code().status,
            code: problem.code().code,
            detail: document["detail"].as_str().map(str::to_owned),
            retry_after_s: document["retry_after_s"].as_u64(),
            safe,
            request_id,
        }
    }

    fn heading(&self) -> &'static str {
        match self.status {
            400 | 413 | 415 | 422 => "That did not work",
            401 | 403 => "This is not open to you",
            404 => "There is nothing here",
            405 => "That is not possible here",
            429 => "One moment, please",
            503 => "We will be right back",
            _ => "Something went wrong on our side",
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

    async fn ask(
        path: &str,
        accept: &'static str,
        code: &'static crate::problem::Code,
    ) -> (Response, String) {
        let answer = move || async move { Problem::from(code).detail("<b>no</b>").with("retry_after_s", 3) };
        let routes = Router::new().fallback(get(answer)).layer(middleware::from_fn(errors_as_pages));
        let request = Request::get(path).header(ACCEPT, accept).body(Body::empty()).unwrap();
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(parts, Body::empty()), String::from_utf8(text.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_common_error_is_told_to_a_browser_as_a_page() {
        for code in codes::ALL {
            let (response, text) = ask("/q/one", BROWSER, code).await;
            assert_eq!(response.status().as_u16(), code.status);
            assert!(text.contains("<h1>") && text.contains("&#60;b&#62;no"), "{text}");
            assert!(response.extensions().get::<Problem>().is_some(), "the log needs the code");
        }
    }

    #[test]
    fn a_policy_is_widened_by_what_is_named_alone() {
        let policy = policy_with(&[("script-src", "https://pay.test"), ("frame-src", "https://pay.test")]);
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("script-src 'self' https://pay.test;"), "{policy}");
        assert!(policy.ends_with("; frame-src https://pay.test"), "{policy}");
        assert!(policy.contains("style-src 'self';") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(policy_with(&[]), PAGE_POLICY);
    }

    #[tokio::test]
    async fn a_form_that_is_none_is_a_problem() {
        let takes = async |FormOf(_): FormOf<std::collections::BTreeMap<String, u32>>| "taken";
        let routes = || Router::new().route("/", axum::routing::post(takes));
        for (kind, body, status) in [
            ("application/x-www-form-urlencoded", "seats=2", 200),
            ("application/x-www-form-urlencoded", "seats=two", 400),
            ("application/json", "{}", 415),
        ] {
            let request = Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
            let response = routes().oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.extensions().get::<Problem>().is_some(), status != 200);
        }
    }

    #[tokio::test]
    async fn a_program_gets_the_problem_document() {
        for (path, accept) in [("/q/one", "*/*"), ("/q/one", "application/json"), ("/v1/drops/one", BROWSER)]
        {
            let (response, text) = ask(path, accept, &codes::NOT_FOUND).await;
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert!(text.contains("not_found"));
        }
    }
}
