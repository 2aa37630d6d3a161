//! What the pages of both services share: rendering a template, languages, colours, forms, and the policy a page that
//! leads elsewhere needs.

mod colour;
mod errors;
mod language;
mod links;
mod words;

#[cfg(test)]
mod contrast;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;

pub use colour::{Colour, NoColour, READABLE};
pub use errors::errors_as_pages;
pub use language::{Language, Reader};
pub use links::{LanguageLink, language_links};
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use http::header::CONTENT_TYPE;
    use tower::ServiceExt as _;

    use super::*;

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
}
