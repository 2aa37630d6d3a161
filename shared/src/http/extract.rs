//! Extractors that refuse with problems instead of plain text.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{self, FromRequest, FromRequestParts, Path, Query, Request};
use http::header::IF_MATCH;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Problem, codes};

/// A JSON body.
///
/// Errors: 400 `malformed`, 413 `body_too_large`, 415 `unsupported_media_type`, 422 `invalid_fields`.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(body) = Json::from_request(request, state).await.map_err(|rejection| refusal(&rejection))?;
        Ok(Self(body))
    }
}

fn refusal(rejection: &JsonRejection) -> Problem {
    let detail = rejection.body_text();
    let code = match rejection {
        JsonRejection::JsonDataError(_) => &codes::INVALID_FIELDS,
        JsonRejection::MissingJsonContentType(_) => &codes::UNSUPPORTED_MEDIA_TYPE,
        JsonRejection::BytesRejection(error) if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE => {
            &codes::BODY_TOO_LARGE
        }
        _ => &codes::MALFORMED,
    };
    Problem::from(code).detail(detail)
}

/// Path parameters. A parameter that cannot name anything names nothing: 404.
#[derive(Debug)]
pub struct PathOf<T>(pub T);

impl<T, S> FromRequestParts<S> for PathOf<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_| Problem::from(&codes::NOT_FOUND))
    }
}

/// Query parameters.
///
/// Errors: 400 `malformed`.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<T, S> FromRequestParts<S> for QueryOf<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|error| Problem::from(&codes::MALFORMED).detail(error.body_text()))
    }
}

/// The `If-Match` header (RFC 9110 section 13.1.1) as it was sent.
///
/// Errors: 428 `precondition_required` where it is missing.
#[derive(Debug)]
pub struct IfMatch(String);

impl IfMatch {
    /// Whether it names this version (`"7"`), or any (`*`).
    pub fn matches(&self, version: i64) -> bool {
        let own = format!("\"{version}\"");
        self.0.split(',').map(str::trim).any(|tag| tag == "*" || tag == own)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let value =
            parts.headers.get(IF_MATCH).ok_or_else(|| Problem::from(&codes::PRECONDITION_REQUIRED))?;
        let text = value
            .to_str()
            .map_err(|_| Problem::from(&codes::MALFORMED).detail("If-Match must be an ETag"))?;
        Ok(Self(text.to_owned()))
    }
}

/// Where it may be missing.
///
/// Errors: 400 `malformed`.
impl<S: Send + Sync> extract::OptionalFromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if parts.headers.contains_key(IF_MATCH) {
            <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
        } else {
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_names_one_of_several_versions_or_any() {
        assert!(IfMatch("\"7\"".to_owned()).matches(7));
        assert!(IfMatch("\"6\", \"7\"".to_owned()).matches(7));
        assert!(IfMatch("*".to_owned()).matches(7));
        assert!(!IfMatch("7".to_owned()).matches(7));
        assert!(!IfMatch("W/\"7\"".to_owned()).matches(7));
    }
}
