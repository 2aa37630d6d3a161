//! Errors as clients see them: RFC 9457 problem documents. A service declares its codes as constants; each has a page
//! that explains it at `/problems/<code>`.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::store::StoreError;

/// A kind of error: a stable code, its status, and the words that explain it.
#[derive(Debug)]
pub struct Code {
    /// The stable code clients switch on.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// A short summary.
    pub title: &'static str,
    /// What it means and what to do, for the page that explains it.
    pub help: &'static str,
}

impl Code {
    /// Declares a code.
    pub const fn new(code: &'static str, status: u16, title: &'static str, help: &'static str) -> Self {
        Self { code, status, title, help }
    }
}

/// Codes that every service answers with.
pub mod codes {
    use super::Code;

    /// The request is not what HTTP or JSON allow.
    pub const MALFORMED: Code = Code::new(
        "malformed",
        400,
        "The request is malformed",
        "The body is not valid JSON, or a parameter does not have the form that the reference says. Send it again corrected.",
    );
    /// No or a bad operator token.
    pub const OPERATOR_TOKEN_INVALID: Code = Code::new(
        "operator_token_invalid",
        401,
        "An operator token is needed",
        "Send a valid operator token as `Authorization: Bearer …`.",
    );
    /// The role does not suffice.
    pub const ROLE_INSUFFICIENT: Code = Code::new(
        "role_insufficient",
        403,
        "Your role does not allow this",
        "Ask an operator with a higher role (viewer < operator < admin; gate may only check in).",
    );
    /// A browser's request from elsewhere.
    pub const CROSS_ORIGIN: Code = Code::new(
        "cross_origin",
        403,
        "The request came from another site",
        "Requests that change something and carry a cookie are only taken from the service's own pages.",
    );
    /// Nothing is there.
    pub const NOT_FOUND: Code = Code::new(
        "not_found",
        404,
        "There is nothing here",
        "Check the address. What was deleted or never existed is not told apart.",
    );
    /// The method is not offered here.
    pub const METHOD_NOT_ALLOWED: Code = Code::new(
        "method_not_allowed",
        405,
        "The method is not allowed here",
        "The `Allow` header names the methods of this address.",
    );
    /// The body is too large.
    pub const BODY_TOO_LARGE: Code =
        Code::new("body_too_large", 413, "The request is too large", "Send less in one request.");
    /// Not JSON.
    pub const UNSUPPORTED_MEDIA_TYPE: Code = Code::new(
        "unsupported_media_type",
        415,
        "The content type is not supported",
        "Send `Content-Type: application/json`.",
    );
    /// A field is unknown, missing or out of bounds.
    pub const INVALID_FIELDS: Code = Code::new(
        "invalid_fields",
        422,
        "A field is not valid",
        "The detail names the field. Unknown fields are refused, so that a misspelt one is noticed.",
    );
    /// A precondition header is needed.
    pub const PRECONDITION_REQUIRED: Code = Code::new(
        "precondition_required",
        428,
        "If-Match is required",
        "Read the resource first and send its ETag as `If-Match`, so that nobody's change is overwritten unseen.",
    );
    /// The resource has changed since it was read.
    pub const PRECONDITION_FAILED: Code = Code::new(
        "precondition_failed",
        412,
        "It has changed since you read it",
        "Read the resource again, look at the difference, and repeat the change with the new ETag.",
    );
    /// Too many requests.
    pub const RATE_LIMITED: Code =
        Code::new("rate_limited", 429, "Too many requests", "Wait as long as `Retry-After` says.");
    /// A bug.
    pub const INTERNAL: Code = Code::new(
        "internal",
        500,
        "Something went wrong on our side",
        "This is a bug; the request id helps to find it. Trying again may or may not help.",
    );
    /// Redis or Postgres is away.
    pub const DEPENDENCY_UNAVAILABLE: Code = Code::new(
        "dependency_unavailable",
        503,
        "A part of the system is away",
        "Nothing was decided by guessing. Try again after `Retry-After`; with an Idempotency-Key nothing happens twice.",
    );

    /// All of them.
    pub const ALL: &[&Code] = &[
        &MALFORMED,
        &OPERATOR_TOKEN_INVALID,
        &ROLE_INSUFFICIENT,
        &CROSS_ORIGIN,
        &NOT_FOUND,
        &METHOD_NOT_ALLOWED,
        &BODY_TOO_LARGE,
        &UNSUPPORTED_MEDIA_TYPE,
        &INVALID_FIELDS,
        &PRECONDITION_REQUIRED,
        &PRECONDITION_FAILED,
        &RATE_LIMITED,
        &INTERNAL,
        &DEPENDENCY_UNAVAILABLE,
    ];
}

/// One error as it is answered: a [`Code`], what happened this time, and what a client needs to act.
#[derive(Debug, Clone)]
pub struct Problem {
    code: &'static Code,
    detail: Option<String>,
    members: Map<String, Value>,
    cause: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl From<&'static Code> for Problem {
    fn from(code: &'static Code) -> Self {
        Self { code, detail: None, members: Map::new(), cause: None, headers: Vec::new() }
    }
}

impl Problem {
    /// Says what happened this time. Never a stack, a query or a secret.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a member that a client needs to act.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says when trying again makes sense: in the header, rounded up to seconds, and as `retry_after_s`.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        self.header(RETRY_AFTER, &seconds.to_string())
            .with("retry_after_s", u64::try_from(seconds).unwrap_or(u64::MAX))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Says why, for the log alone.
    #[must_use]
    pub fn because(mut self, cause: &impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Why, for the log alone.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The code.
    pub fn code(&self) -> &'static Code {
        self.code
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened this time, or else the code's title.
    pub fn sentence(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.code.title)
    }

    /// The document (RFC 9457 section 3).
    pub fn document(&self) -> Value {
        let mut document = json!({
            "type": format!("/problems/{}", self.code.code),
            "title": self.code.title,
            "status": self.code.status,
            "code": self.code.code,
        });
        if let Some(detail) = &self.detail {
            document["detail"] = detail.as_str().into();
        }
        for (name, value) in &self.members {
            document[name] = value.clone();
        }
        document
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.document().to_string();
        let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (self.status(), [content_type], body).into_response();
        for (name, value) in self.headers.clone() {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A store's failure at the boundary: the client hears 503 for what may pass and 500 for a bug, the log hears why.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = match &error {
            StoreError::Unavailable { .. } => {
                Self::from(&codes::DEPENDENCY_UNAVAILABLE).retry_after(Duration::from_secs(2))
            }
            StoreError::Lost => {
                Self::from(&codes::DEPENDENCY_UNAVAILABLE).retry_after(Duration::from_secs(1))
            }
            StoreError::Unexpected { .. } => Self::from(&codes::INTERNAL),
        };
        problem.because(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        let problem = Problem::from(&codes::RATE_LIMITED).retry_after(Duration::from_millis(1200));
        assert_eq!(problem.document()["retry_after_s"], 2);
        assert_eq!(problem.into_response().headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn the_type_is_the_page_that_explains_the_code() {
        let document = Problem::from(&codes::NOT_FOUND).detail("no such drop").document();
        assert_eq!(document["type"], "/problems/not_found");
        assert_eq!(document["status"], 404);
        assert_eq!(document["detail"], "no such drop");
    }
}
