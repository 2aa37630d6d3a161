//! The operator family: the catalogue, made and changed by those who may, and money given back.

mod bookings;
mod movies;
mod reconciliation;
mod screens;
mod shows;
mod theatres;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::header::ETAG;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::http::IfMatch;
use shared::problem::{Problem, codes};
use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(movies::routes())
        .merge(theatres::routes())
        .merge(screens::routes())
        .merge(shows::routes())
        .merge(bookings::routes())
        .merge(reconciliation::routes())
}

/// The version that a change is to replace, where its sender names one.
///
/// Errors: 412 `precondition_failed` where it is not the version that there is.
fn meant(if_match: Option<&IfMatch>, version: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match if_match {
        None => Ok(None),
        Some(if_match) if if_match.matches(version.as_microsecond()) => Ok(Some(version)),
        Some(_) => Err(Problem::from(&codes::PRECONDITION_FAILED)),
    }
}

/// The new version of what was changed.
///
/// Errors: 412 `precondition_failed` where somebody else was faster, else 404.
fn changed(changed: Option<Timestamp>, meant: Option<Timestamp>) -> Result<Timestamp, Problem> {
    let refused = if meant.is_some() { &codes::PRECONDITION_FAILED } else { &codes::NOT_FOUND };
    changed.ok_or_else(|| Problem::from(refused))
}

/// Something with its version as the entity tag.
fn tagged<T: Serialize>(version: Timestamp, body: T) -> Response {
    ([(ETAG, format!("\"{}\"", version.as_microsecond()))], Json(body)).into_response()
}

/// A document with a JSON merge patch applied (RFC 7396), one level deep: null puts a field back to its default.
fn patched<T: Serialize + DeserializeOwned>(current: &T, patch: Value) -> Result<T, Problem> {
    let Value::Object(patch) = patch else {
        return Err(Problem::from(&codes::INVALID_FIELDS).detail("a patch is a JSON object"));
    };
    let mut document = serde_json::to_value(current).map_err(|_| Problem::from(&codes::INTERNAL))?;
    for (field, value) in patch {
        match (value, document.as_object_mut()) {
            (Value::Null, Some(document)) => drop(document.remove(&field)),
            (value, Some(document)) => drop(document.insert(field, value)),
            (_, None) => {}
        }
    }
    serde_json::from_value(document)
        .map_err(|error| Problem::from(&codes::INVALID_FIELDS).detail(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: String,
        #[serde(default)]
        size: Option<u8>,
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_clears() {
        let thing = Thing { name: "a".to_owned(), size: Some(1) };
        assert_eq!(
            patched(&thing, json!({"name": "b"})).unwrap(),
            Thing { name: "b".to_owned(), size: Some(1) }
        );
        assert_eq!(patched(&thing, json!({"size": null})).unwrap().size, None);
        for bad in [json!({"nmae": "b"}), json!({"name": null}), json!([])] {
            assert_eq!(patched(&thing, bad).unwrap_err().code().code, "invalid_fields");
        }
    }
}
