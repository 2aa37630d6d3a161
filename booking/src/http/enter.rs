//! From the line into the shop: a single-use code, redeemed server to server, becomes this shop's own cookie. Tokens
//! never travel in a URL.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, SET_COOKIE};
use serde::Deserialize;
use shared::admission::cookie_name;
use shared::http::{QueryOf, cookie};
use shared::ids::DropSlug;
use shared::problem::{Problem, codes};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::renew::admission_cookie;
use crate::app::AppState;
use crate::store::waitroom::{Redeemed, redeem};

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(enter))
}

#[derive(Debug, Deserialize)]
struct EnterQuery {
    /// The drop.
    drop: DropSlug,
    /// The single-use code.
    code: String,
    /// Where to go in this shop; by default the page of the drop.
    to: Option<String>,
}

/// Brings a browser in: 303 to a page of this shop, with the admission in a cookie.
#[utoipa::path(get, path = "/enter", tag = "shop",
    params(("drop" = DropSlug, Query, description = "The drop"), ("code" = String, Query, description = "The single-use code"),
           ("to" = Option<String>, Query, description = "Where to go in this shop; by default the drop's page")),
    responses((status = 303, description = "To the page, or back to the line where the code is spent"),
              (status = 400, description = "`malformed`: no drop, no code, or a `to` that leads elsewhere"),
              (status = 503, description = "Waitroom cannot be reached")))]
async fn enter(
    State(app): State<AppState>,
    QueryOf(query): QueryOf<EnterQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let to = match query.to {
        None => format!("/drops/{}", query.drop),
        Some(to) if is_local(&to) => to,
        Some(_) => return Err(Problem::from(&codes::MALFORMED).detail("to must be a path of this shop")),
    };
    let mut response = match redeem(&app, &query.code).await? {
        Redeemed::Admission(fresh) => {
            let admission = app.verifier.verify(&fresh.admission_token).await.map_err(Problem::from)?;
            if admission.drop != query.drop {
                return Err(Problem::from(&codes::MALFORMED).detail("the code is for another drop"));
            }
            let mut response = Redirect::to(&to).into_response();
            response.headers_mut().append(SET_COOKIE, admission_cookie(&app, &query.drop, &fresh));
            response
        }
        // A reload of the link: whoever is in already goes on, whoever is not goes back to the line.
        Redeemed::Spent if is_in(&app, &headers, &query.drop).await => Redirect::to(&to).into_response(),
        Redeemed::Spent => {
            Redirect::to(&format!("{}/q/{}", app.config.waitroom_public_url, query.drop)).into_response()
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Whether a path leads to a page of this shop: absolute, and not one that browsers read as another host.
fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && bytes.next() == Some(b'/') && bytes.next() != Some(b'/')
}

async fn is_in(app: &AppState, headers: &HeaderMap, drop: &DropSlug) -> bool {
    match cookie(headers, &cookie_name(drop)) {
        Some(token) => app.verifier.verify(&token).await.is_ok(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_shop_are_gone_to() {
        for good in ["/", "/drops/a", "/shows/1?seat=A1"] {
            assert!(is_local(good), "{good}");
        }
        for bad in ["", "drops", "//evil.test", "/\\evil.test", "https://evil.test", "/a\nb", "/ä"] {
            assert!(!is_local(bad), "{bad:?}");
        }
    }
}
