//! The shop's pages. They do what the API's handlers do, by the same functions and for the same callers, and say it
//! in HTML: whatever a page can do, an API client can. All forms work without script. The texts are in `templates/`.

mod cancel;
mod catalogue;
mod checkout;
mod entrance;
mod exchange;
mod hall;
mod plan;
mod show;
mod tickets;
mod view;
mod visit;

use axum::Router;
use axum::extract::Path;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue};
use rust_embed::RustEmbed;
use shared::http::asset_response;
use shared::ids::DropSlug;
use shared::pages::own_pages_only;
use url::form_urlencoded::Serializer;

use super::MANAGE_COOKIE_PREFIX;
use crate::app::AppState;
use crate::domain::ids::ReservationId;

/// How long a browser keeps the key to a basket or a booking, seconds: longer than shows are sold ahead.
const MANAGE_MAX_AGE_S: u32 = 400 * 86_400;

/// The files of these pages.
#[derive(RustEmbed)]
#[folder = "assets"]
struct Asset;

/// The pages and their files.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(catalogue::browse))
        .route("/drops/{drop}", get(catalogue::drop))
        .route("/drops/{drop}/visit", get(visit::look))
        .route("/movies/{id}", get(catalogue::movie))
        .route("/shows/{id}", get(show::show))
        .route("/shows/{id}/plan", get(plan::plan))
        .route("/shows/{id}/reserve", post(show::reserve).get(show::back))
        .route("/checkout/{id}", get(checkout::show))
        .route("/checkout/{id}/pay", post(checkout::pay).get(checkout::back))
        .route("/checkout/{id}/seats", post(exchange::change).get(exchange::back))
        .route("/checkout/{id}/plan", get(exchange::plan_of))
        .route("/checkout/{id}/map", get(exchange::map))
        .route("/checkout/{id}/best-seats", get(exchange::best))
        .route("/checkout/{id}/bank", post(checkout::bank::answer).get(checkout::back))
        .route("/checkout/{id}/release", post(checkout::release).get(checkout::back))
        .route("/b/offline.js", get(entrance::worker))
        .route("/b/{id}", get(tickets::show))
        .route("/b/{id}/cancel", get(cancel::ask).post(cancel::cancel))
        .route("/b/{id}/seats", get(exchange::booked::show).post(exchange::booked::change))
        .route("/b/{id}/best-seats", get(exchange::booked::best))
        .route("/b/{id}/tickets/{ticket}", get(entrance::show))
        .route("/b/{id}/open", post(tickets::open).get(tickets::back))
        .layer(middleware::from_fn(own_pages_only))
        .route("/assets/booking/{*path}", get(asset))
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    asset_response::<Asset>(&path, &headers)
}

/// The queue page of a drop, from where the visitor comes back to `path`.
fn queue_url(app: &AppState, drop: &DropSlug, path: &str) -> String {
    let back = format!("{}{path}", app.public_url);
    let query = Serializer::new(String::new()).append_pair("return_to", &back).finish();
    format!("{}/q/{drop}?{query}", app.config.waitroom_public_url)
}

/// The cookie that lets this browser come back to a reservation and its booking, whatever becomes of the admission.
fn manage_cookie(app: &AppState, reservation: ReservationId) -> HeaderValue {
    let token = app.manage.token(reservation);
    let secure = if app.public_url.starts_with("https:") { "; Secure" } else { "" };
    let text = format!(
        "{MANAGE_COOKIE_PREFIX}{reservation}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={MANAGE_MAX_AGE_S}{secure}"
    );
    HeaderValue::try_from(text).expect("ids and tokens are plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_the_pages_name_is_there() {
        for name in [
            "seats.js",
            "checkout.js",
            "exchange.js",
            "kept.js",
            "card.js",
            "stripe.js",
            "paying.js",
            "private-link.js",
            "ticket.js",
            "visit.js",
            "offline.js",
            "shop.css",
            "no-script.css",
        ] {
            assert!(Asset::get(name).is_some(), "{name}");
        }
    }
}
