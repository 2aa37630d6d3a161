//! What people who wait need besides their position: a mail when their turn is near, the place on another device, a code
//! to read out on the telephone. Plain forms; with script the queue page shows them within itself.

mod view;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use shared::http::{Address, cookie};
use shared::ids::DropSlug;
use shared::pages::{FormOf, Reader, page};
use shared::problem::{Problem, codes as common};

use self::view::{EmailFault, HelpPage, MovePage};
use super::super::caller::{Holder, OfDrop, place_cookie, set_cookie, setting};
use super::super::limits::Action;
use super::super::{codes, handovers, reminders, support};
use super::asker::Asker;
use super::is_one_of;
use crate::app::AppState;
use crate::domain::visit::PlaceProof;
use crate::registry::Known;
use crate::words;

/// The pages and their forms.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/q/{drop}/help", get(show))
        .route("/q/{drop}/help/support-code", post(give_support_code).get(back))
        .route("/q/{drop}/help/move", post(hand_over).get(back))
        .route("/q/{drop}/help/reminder", post(remind).get(back))
        .route("/q/{drop}/help/no-reminder", post(forget).get(back))
        .route("/q/{drop}/move", get(show_move).post(take_over))
}

#[derive(Deserialize)]
struct ReminderForm {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
struct MoveForm {
    #[serde(default)]
    code: String,
}

async fn back(OfDrop(known): OfDrop) -> Redirect {
    Redirect::to(&format!("/q/{}/help", known.drop.slug))
}

/// The cookie of a browser whose place has, or had, a code for another device: only its queue page asks about that.
fn moving_cookie(drop: &DropSlug) -> String {
    format!("moving_{drop}")
}

fn set_moving(app: &AppState, drop: &DropSlug) -> HeaderValue {
    set_cookie(app, &moving_cookie(drop), "1")
}

/// Whether the place is open on another device too, as far as this browser can know; not where the line cannot be asked.
pub(super) async fn is_elsewhere(
    app: &AppState,
    known: &Known,
    proof: &PlaceProof,
    headers: &HeaderMap,
) -> bool {
    let slug = &known.drop.slug;
    cookie(headers, &moving_cookie(slug)).is_some()
        && app.line.elsewhere(slug, proof.place).await.is_ok_and(|at| at.is_some())
}

async fn help_page(app: &AppState, holder: &Holder, reader: &Reader) -> Result<HelpPage, Problem> {
    let Holder { known, proof } = holder;
    let drop = &known.drop;
    let mut help = HelpPage::of(drop, words::for_reader(drop, reader));
    if app.mailer.is_some() {
        help.has_mail = true;
        help.reminder = reminders::reminder_of(app, known, proof).await?;
        help.needless = reminders::needless(app, known, proof).await?;
    }
    help.support_code = app.support_codes.made(&drop.slug, proof.place).await?.map(|code| code.to_string());
    help.elsewhere = app.line.elsewhere(&drop.slug, proof.place).await?;
    Ok(help)
}

async fn show(State(app): State<AppState>, asker: Asker, reader: Reader) -> Result<Response, Problem> {
    let holder = asker.may(&app, Action::Remind)?;
    Ok(page(StatusCode::OK, &help_page(&app, &holder, &reader).await?))
}

async fn give_support_code(
    State(app): State<AppState>,
    asker: Asker,
    reader: Reader,
) -> Result<Response, Problem> {
    let holder = asker.may(&app, Action::SupportCode)?;
    let mut help = help_page(&app, &holder, &reader).await?;
    help.is_code_asked = true;
    help.support_code = Some(support::code_of(&app, &holder.known, &holder.proof).await?.to_string());
    Ok(page(StatusCode::OK, &help))
}

async fn hand_over(State(app): State<AppState>, asker: Asker, reader: Reader) -> Result<Response, Problem> {
    let holder = asker.may(&app, Action::Move)?;
    let mut help = help_page(&app, &holder, &reader).await?;
    help.handover = Some(handovers::hand_over(&app, &holder.known, holder.proof).await?);
    let moving = set_moving(&app, &holder.known.drop.slug);
    Ok((setting([moving]), page(StatusCode::OK, &help)).into_response())
}

async fn remind(
    State(app): State<AppState>,
    asker: Asker,
    reader: Reader,
    FormOf(form): FormOf<ReminderForm>,
) -> Result<Response, Problem> {
    let holder = asker.may(&app, Action::Remind)?;
    let Holder { known, proof } = &holder;
    let language = reader.language(&known.drop.settings.languages);
    let asked = reminders::remind(&app, known, proof, (&form.email, language)).await;
    let mut help = help_page(&app, &holder, &reader).await?;
    let fault = match asked {
        Ok(_) => return Ok(page(StatusCode::OK, &help.saying_so())),
        Err(problem) if is_one_of(&problem, &[&common::INVALID_FIELDS]) => EmailFault::NoAddress,
        Err(problem) if is_one_of(&problem, &[&codes::TOO_MANY_REMINDERS]) => EmailFault::TooMany,
        // The page says by itself that it has been sent, or why it need not be.
        Err(problem) if is_one_of(&problem, &[&codes::ALREADY_REMINDED, &codes::NO_MAIL_NEEDED]) => {
            return Ok(page(problem.status(), &help.saying_so()));
        }
        Err(problem) if is_one_of(&problem, &[&codes::DROP_CLOSED]) => {
            return Ok(to_queue(known).into_response());
        }
        Err(problem) => return Err(problem),
    };
    help.typed = form.email;
    help.fault = Some(fault);
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &help))
}

async fn forget(State(app): State<AppState>, asker: Asker, reader: Reader) -> Result<Response, Problem> {
    let holder = asker.may(&app, Action::Remind)?;
    reminders::forget(&app, &holder.known, &holder.proof).await?;
    Ok(page(StatusCode::OK, &help_page(&app, &holder, &reader).await?.saying_so()))
}

fn to_queue(known: &Known) -> Redirect {
    Redirect::to(&format!("/q/{}", known.drop.slug))
}

/// The page that a moved place's address leads to. The code is in the fragment, which only the page's script sees.
async fn show_move(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    reader: Reader,
    headers: HeaderMap,
) -> Response {
    page(StatusCode::OK, &move_page(&app, &known, &reader, &headers))
}

fn move_page(app: &AppState, known: &Known, reader: &Reader, headers: &HeaderMap) -> MovePage {
    let slug = &known.drop.slug;
    let token = cookie(headers, &place_cookie(slug));
    let mut page = MovePage::of(&known.drop, words::for_reader(&known.drop, reader));
    page.has_place = token.is_some_and(|token| app.tokens.check_place(slug, &token).is_some());
    page
}

async fn take_over(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    reader: Reader,
    headers: HeaderMap,
    FormOf(form): FormOf<MoveForm>,
) -> Result<Response, Problem> {
    app.limiter.check_address(Action::Redeem, address)?;
    match handovers::take_over(&app, &known, &form.code).await {
        Ok(answer) => {
            let slug = &known.drop.slug;
            let mut cookies = handovers::cookie_of(&app, slug, &answer);
            cookies.append(SET_COOKIE, set_moving(&app, slug));
            Ok((cookies, to_queue(&known)).into_response())
        }
        Err(problem) if is_one_of(&problem, &[&codes::CODE_SPENT]) => {
            let mut spent = move_page(&app, &known, &reader, &headers);
            spent.is_spent = true;
            Ok(page(problem.status(), &spent))
        }
        Err(problem) => Err(problem),
    }
}
