//! What people who wait need besides their position: a mail when their turn is near, the place on another device, a code
//! to read out on the telephone. Plain forms; with script the queue page shows them within itself.

mod view;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shared::http::{Address, cookie};
use shared::pages::{FormOf, page};
use shared::problem::{Problem, codes as common};

use self::view::{EmailFault, HelpPage, MovePage};
use super::super::caller::{Holder, OfDrop, place_cookie};
use super::super::limits::Action;
use super::super::{codes, handovers, reminders, support};
use super::is_one_of;
use crate::app::AppState;
use crate::registry::Known;

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

/// Where there is no place to help with: the queue page says why.
fn queue(known: &Known) -> Redirect {
    Redirect::to(&format!("/q/{}", known.drop.slug))
}

async fn back(OfDrop(known): OfDrop) -> Redirect {
    Redirect::to(&format!("/q/{}/help", known.drop.slug))
}

async fn help_page(app: &AppState, holder: &Holder) -> Result<HelpPage, Problem> {
    let reminder = match app.mailer {
        Some(_) => reminders::reminder_of(app, &holder.known, &holder.proof).await?,
        None => None,
    };
    let drop = &holder.known.drop;
    let mut help = HelpPage::of(drop, app.mailer.is_some(), reminder);
    help.support_code =
        app.support_codes.made(&drop.slug, holder.proof.place).await?.map(|code| code.to_string());
    Ok(help)
}

async fn show(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    holder: Result<Holder, Problem>,
) -> Result<Response, Problem> {
    let Ok(holder) = holder else { return Ok(queue(&known).into_response()) };
    app.limiter.check(Action::Remind, &holder.proof.identity, address)?;
    Ok(page(StatusCode::OK, &help_page(&app, &holder).await?))
}

async fn give_support_code(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    holder: Result<Holder, Problem>,
) -> Result<Response, Problem> {
    let Ok(holder) = holder else { return Ok(queue(&known).into_response()) };
    app.limiter.check(Action::SupportCode, &holder.proof.identity, address)?;
    let mut help = help_page(&app, &holder).await?;
    help.is_code_asked = true;
    help.support_code = Some(support::code_of(&app, &known, &holder.proof).await?.to_string());
    Ok(page(StatusCode::OK, &help))
}

async fn hand_over(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    holder: Result<Holder, Problem>,
) -> Result<Response, Problem> {
    let Ok(holder) = holder else { return Ok(queue(&known).into_response()) };
    app.limiter.check(Action::Move, &holder.proof.identity, address)?;
    let mut help = help_page(&app, &holder).await?;
    help.handover = Some(handovers::hand_over(&app, &known, holder.proof).await?);
    Ok(page(StatusCode::OK, &help))
}

async fn remind(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    holder: Result<Holder, Problem>,
    FormOf(form): FormOf<ReminderForm>,
) -> Result<Response, Problem> {
    let Ok(holder) = holder else { return Ok(queue(&known).into_response()) };
    app.limiter.check(Action::Remind, &holder.proof.identity, address)?;
    let asked = reminders::remind(&app, &known, &holder.proof, &form.email).await;
    let mut help = help_page(&app, &holder).await?;
    let fault = match asked {
        Ok(_) => return Ok(page(StatusCode::OK, &help.saying_so())),
        Err(problem) if is_one_of(&problem, &[&common::INVALID_FIELDS]) => EmailFault::NoAddress,
        Err(problem) if is_one_of(&problem, &[&codes::TOO_MANY_REMINDERS]) => EmailFault::TooMany,
        // The page says by itself that it has been sent.
        Err(problem) if is_one_of(&problem, &[&codes::ALREADY_REMINDED]) => {
            return Ok(page(problem.status(), &help));
        }
        Err(problem) if is_one_of(&problem, &[&codes::DROP_CLOSED]) => {
            return Ok(queue(&known).into_response());
        }
        Err(problem) => return Err(problem),
    };
    help.typed = form.email;
    help.fault = Some(fault);
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &help))
}

async fn forget(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    holder: Result<Holder, Problem>,
) -> Result<Response, Problem> {
    let Ok(holder) = holder else { return Ok(queue(&known).into_response()) };
    app.limiter.check(Action::Remind, &holder.proof.identity, address)?;
    reminders::forget(&app, &known, &holder.proof).await?;
    Ok(page(StatusCode::OK, &help_page(&app, &holder).await?.saying_so()))
}

/// The page that a moved place's address leads to. The code is in the fragment, which only the page's script sees.
async fn show_move(State(app): State<AppState>, OfDrop(known): OfDrop, headers: HeaderMap) -> Response {
    page(StatusCode::OK, &MovePage::of(&known.drop, has_place(&app, &known, &headers), false))
}

fn has_place(app: &AppState, known: &Known, headers: &HeaderMap) -> bool {
    let slug = &known.drop.slug;
    cookie(headers, &place_cookie(slug)).is_some_and(|token| app.tokens.check_place(slug, &token).is_some())
}

async fn take_over(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    headers: HeaderMap,
    FormOf(form): FormOf<MoveForm>,
) -> Result<Response, Problem> {
    app.limiter.check_address(Action::Redeem, address)?;
    match handovers::take_over(&app, &known, &form.code).await {
        Ok(answer) => {
            let cookie = handovers::cookie_of(&app, &known.drop.slug, &answer);
            Ok((cookie, queue(&known)).into_response())
        }
        Err(problem) if is_one_of(&problem, &[&codes::CODE_SPENT]) => {
            let has_place = has_place(&app, &known, &headers);
            Ok(page(problem.status(), &MovePage::of(&known.drop, has_place, true)))
        }
        Err(problem) => Err(problem),
    }
}
