//! The pages of the line: the list of drops and the queue page. A GET never takes a place, so that link previews do
//! not; with script the page joins over the API, without it the forms here do. The texts are in `words/`.

mod asker;
pub(super) mod brand;
mod help;
mod view;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use rust_embed::RustEmbed;
use serde::Deserialize;
use shared::http::{Address, QueryOf, asset_response, cookie};
use shared::pages::{FormOf, Reader, own_pages_only, page, policy_with_form_target};
use shared::problem::Problem;
use url::Url;
use url::form_urlencoded::Serializer;

use self::asker::Asker;
use self::brand::Brand;
use self::view::{DropsPage, QueuePage, View, WayOut};
use super::caller::{OfDrop, Visitor, place_cookie, set_cookie, setting};
use super::codes;
use super::draw;
use super::drops::DropStatus;
use super::limits::Action;
use super::places::{self, LastSeen, PlaceAnswer};
use super::shown::Shown;
use crate::app::AppState;
use crate::domain::visit::PlaceProof;
use crate::registry::Known;
use crate::words;

/// The files of these pages.
#[derive(RustEmbed)]
#[folder = "assets"]
struct Asset;

/// The pages and their files.
pub(super) fn routes(app: &AppState) -> Router<AppState> {
    Router::new()
        .route("/", get(list))
        .route("/q/{drop}", get(show))
        .route("/q/{drop}/join", post(join).get(back))
        .route("/q/{drop}/leave", post(leave).get(back))
        .route("/q/{drop}/claim", post(claim).get(back))
        .route("/q/{drop}/draw", get(draw::page::show))
        .merge(help::routes())
        .layer(middleware::from_fn(own_pages_only))
        .layer(middleware::from_fn_with_state(app.clone(), remember_language))
        .route("/q/{drop}/brand.css", get(brand::show_stylesheet))
        .route("/q/{drop}/logo/{name}", get(brand::show_logo))
        .route("/assets/waitroom/{*path}", get(asset))
}

/// A layer: whoever asks for a language by the address finds it again.
async fn remember_language(
    State(app): State<AppState>,
    reader: Reader,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if let Some((name, tag)) = reader.choice() {
        response.headers_mut().append(SET_COOKIE, set_cookie(&app, name, tag));
    }
    response
}

/// Where the visitor wants to go when it is their turn, and what a page without script showed last.
#[derive(Default, Deserialize)]
struct Wish {
    #[serde(default)]
    return_to: Option<String>,
    #[serde(default)]
    seen: Option<String>,
}

impl Wish {
    /// The wish, where it leads to the shop of this installation or to a site that may use this drop's line, and nowhere
    /// else.
    fn url(&self, app: &AppState, known: &Known) -> Option<Url> {
        let url = Url::parse(self.return_to.as_deref()?).ok()?;
        let allowed = &known.drop.settings.allowed_origins;
        (is_in_shop(app, &url) || allowed.contains(&url.origin().ascii_serialization())).then_some(url)
    }

    /// The position that was shown last, where it was that of the proved place.
    fn seen(&self, proof: &PlaceProof) -> Option<u64> {
        self.seen.as_deref()?.parse::<Shown>().ok()?.position_of(proof)
    }
}

fn is_in_shop(app: &AppState, url: &Url) -> bool {
    url.origin() == app.config.booking_url.origin()
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    asset_response::<Asset>(&path, &headers)
}

async fn list(State(app): State<AppState>, reader: Reader) -> Response {
    let now = app.clock.now();
    let all = app.registry.all();
    let drops = all.iter().map(|known| DropStatus::of(known, now)).collect();
    page(StatusCode::OK, &DropsPage::of(drops, words::in_language(reader.language(&[]))))
}

async fn show(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    QueryOf(wish): QueryOf<Wish>,
    reader: Reader,
    Address(address): Address,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let slug = &known.drop.slug;
    let token = cookie(&headers, &place_cookie(slug));
    let proof = token.and_then(|token| app.tokens.check_place(slug, &token));
    let mut cookies: Vec<_> = visitor.cookie.into_iter().collect();
    let mut queue = queue_page(&app, &known, &wish, &reader);
    if let Some(proof) = proof {
        queue.is_elsewhere = help::is_elsewhere(&app, &known, &proof, &headers).await;
        app.limiter.check(Action::Look, &proof.identity, address)?;
        let seen = LastSeen { position: wish.seen(&proof), is_hidden: false };
        match places::look(&app, &known, proof.clone(), seen).await {
            Ok(PlaceAnswer { place, place_token }) => {
                let renewed = place_token.as_deref().and_then(|token| app.tokens.check_place(slug, token));
                queue.stand(&place, Shown::of(&place, renewed.as_ref().unwrap_or(&proof)));
                cookies.extend(place_token.map(|token| set_cookie(&app, &place_cookie(slug), &token)));
            }
            // The page is worth having all the same: it goes on asking.
            Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => queue.is_offline = true,
            Err(problem) => return Err(problem),
        }
    }
    Ok((setting(cookies), answer(&app, StatusCode::OK, &queue)).into_response())
}

fn queue_page(app: &AppState, known: &Known, wish: &Wish, reader: &Reader) -> QueuePage {
    let now = app.clock.now();
    let status = DropStatus::of(known, now);
    let shop_url = format!("{}/drops/{}", app.config.booking_origin(), known.drop.slug);
    let wished = wish.url(app, known);
    let way_out = wished.clone().filter(|url| !is_in_shop(app, url));
    let way_out = way_out.map_or(WayOut::Shop(shop_url), WayOut::Back);
    let offered = &known.drop.settings.languages;
    let say = words::for_reader(&known.drop, reader);
    let mut queue = QueuePage::of(status, now, (way_out, wished), (say, offered));
    queue.brand = Brand::of(&known.drop);
    queue
}

/// The claim's form is answered with a way into the shop.
fn answer(app: &AppState, status: StatusCode, queue: &QueuePage) -> Response {
    let policy = policy_with_form_target(&app.config.booking_url.origin().ascii_serialization());
    ([(CONTENT_SECURITY_POLICY, policy)], page(status, queue)).into_response()
}

async fn join(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    visitor: Visitor,
    reader: Reader,
    FormOf(wish): FormOf<Wish>,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Join, &visitor.identity, address)?;
    let slug = &known.drop.slug;
    let mut cookies: Vec<_> = visitor.cookie.into_iter().collect();
    match places::join(&app, &known, visitor.identity).await {
        Ok((_, joined)) => {
            cookies.extend(joined.place_token.map(|token| set_cookie(&app, &place_cookie(slug), &token)));
            Ok((setting(cookies), to_queue(&app, &known, &wish)).into_response())
        }
        Err(problem) if problem.code().code == codes::ALREADY_SERVED.code => {
            let mut queue = queue_page(&app, &known, &wish, &reader);
            queue.view = View::Finished;
            Ok(answer(&app, problem.status(), &queue))
        }
        // The queue page says why by itself.
        Err(problem) if is_one_of(&problem, &[&codes::DROP_NOT_OPEN, &codes::DROP_CLOSED]) => {
            Ok(to_queue(&app, &known, &wish).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn leave(State(app): State<AppState>, asker: Asker) -> Result<Redirect, Problem> {
    let holder = asker.may(&app, Action::Leave)?;
    places::leave(&app, &holder.known, holder.proof).await?;
    Ok(to_queue(&app, &holder.known, &Wish::default()))
}

async fn claim(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    asker: Result<Asker, Response>,
    FormOf(wish): FormOf<Wish>,
) -> Result<Redirect, Problem> {
    let Ok(asker) = asker else { return Ok(to_queue(&app, &known, &wish)) };
    let proof = asker.may(&app, Action::Claim)?.proof;
    match places::claim(&app, &known, proof).await {
        Ok(admission) => {
            let wished = wish.url(&app, &known).filter(|url| is_in_shop(&app, url));
            Ok(Redirect::to(&inshop_url(&admission.booking_url, wished.as_ref())))
        }
        Err(problem) if is_one_of(&problem, &[&codes::NOT_YOUR_TURN, &codes::TURN_LAPSED]) => {
            Ok(to_queue(&app, &known, &wish))
        }
        Err(problem) => Err(problem),
    }
}

async fn back(State(app): State<AppState>, OfDrop(known): OfDrop) -> Redirect {
    to_queue(&app, &known, &Wish::default())
}

/// Back to the queue page, with the wish.
fn to_queue(app: &AppState, known: &Known, wish: &Wish) -> Redirect {
    let path = format!("/q/{}", known.drop.slug);
    let Some(url) = wish.url(app, known) else { return Redirect::to(&path) };
    let query = Serializer::new(String::new()).append_pair("return_to", url.as_str()).finish();
    Redirect::to(&format!("{path}?{query}"))
}

/// The way into the shop, to the page that was wished for.
fn inshop_url(booking_url: &str, wished: Option<&Url>) -> String {
    let (Ok(mut url), Some(wished)) = (Url::parse(booking_url), wished) else {
        return booking_url.to_owned();
    };
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "to")
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let to = &wished[url::Position::BeforePath..url::Position::AfterQuery];
    url.query_pairs_mut().clear().extend_pairs(pairs).append_pair("to", to);
    url.into()
}

fn is_one_of(problem: &Problem, codes: &[&shared::problem::Code]) -> bool {
    codes.iter().any(|code| code.code == problem.code().code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_into_the_shop_leads_to_the_page_that_was_wished_for() {
        let way = "http://shop.test/enter?drop=one&code=abc&to=%2Fdrops%2Fone";
        let wished = Url::parse("http://shop.test/shows/7?x=1#y").unwrap();
        assert_eq!(inshop_url(way, None), way);
        assert_eq!(
            inshop_url(way, Some(&wished)),
            "http://shop.test/enter?drop=one&code=abc&to=%2Fshows%2F7%3Fx%3D1"
        );
    }

    #[test]
    fn every_module_the_pages_name_is_there() {
        for name in [
            "queue.js",
            "stream.js",
            "alerts.js",
            "notify.js",
            "times.js",
            "help-link.js",
            "help.js",
            "move.js",
        ] {
            assert!(Asset::get(name).is_some(), "{name}");
        }
    }
}
