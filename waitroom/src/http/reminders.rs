//! "Mail me when my turn is near": asked for, looked at, taken back.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::http::{Address, Body, to_completion};
use shared::mail::EmailAddress;
use shared::pages::{Language, Reader};
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

use super::caller::Holder;
use super::codes;
use super::limits::Action;
use super::places::private;
use crate::app::AppState;
use crate::domain::drop::DropState;
use crate::domain::line::Line as _;
use crate::domain::place::Score;
use crate::domain::reminder::{self, NEAR_S, Needless};
use crate::domain::visit::PlaceProof;
use crate::registry::Known;
use crate::store::reminders::{Asked, Known as Reminder, NewReminder};

/// Where to send the mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReminderBody {
    /// One address. It is kept until the mail has gone or the drop is over, and used for nothing else.
    #[schema(example = "ann@example.com")]
    email: String,
}

/// A reminder.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReminderAnswer {
    /// Enough of the address for its owner to know it; null once it is erased.
    #[schema(example = "a…@example.com")]
    pub(super) email_masked: Option<String>,
    /// `pending`, `sent`, `failed` (it could not be sent), or `over` (the place or the drop ended before).
    pub(super) status: String,
    /// The mail goes when the wait may be this short, or at the call; seconds.
    near_s: u64,
}

impl ReminderAnswer {
    fn of(reminder: Reminder) -> Self {
        let (email_masked, status) = match reminder {
            Reminder::Pending(email) => (Some(email.masked()), "pending".to_owned()),
            Reminder::Ended(status) => (None, status),
        };
        Self { email_masked, status, near_s: NEAR_S }
    }

    #[cfg(test)]
    pub(super) fn sample(email_masked: Option<&str>, status: &str) -> Self {
        Self { email_masked: email_masked.map(str::to_owned), status: status.to_owned(), near_s: NEAR_S }
    }
}

/// Keeps a reminder for this place, unless a mail would come too late.
pub(super) async fn remind(
    app: &AppState,
    known: &Known,
    proof: &PlaceProof,
    (email, language): (&str, Language),
) -> Result<ReminderAnswer, Problem> {
    if app.mailer.is_none() {
        return Err(Problem::from(&codes::MAIL_NOT_CONFIGURED));
    }
    let now = app.clock.now();
    if known.drop.state(now, None) == DropState::Closed {
        return Err(Problem::from(&codes::DROP_CLOSED));
    }
    let email: EmailAddress = email
        .parse()
        .map_err(|error| Problem::from(&common::INVALID_FIELDS).detail(format!("email: {error}")))?;
    if let Some(why) = needless(app, known, proof).await? {
        let reminder = reminder_of(app, known, proof).await?;
        let is_sent = reminder.is_some_and(|reminder| reminder.status == "sent");
        return Err(if is_sent { Problem::from(&codes::ALREADY_REMINDED) } else { no_mail_needed(why) });
    }
    let score = proof.score.unwrap_or_else(|| Score::drawn(&known.drop.seed, proof.place));
    let (app, slug, place) = (app.clone(), known.drop.slug.clone(), proof.place);
    to_completion(async move {
        let new = NewReminder { place, score, email: &email, language };
        match app.reminders.ask(&slug, new, now).await? {
            Asked::Kept => Ok(ReminderAnswer::of(Reminder::Pending(email))),
            Asked::Sent => Err(Problem::from(&codes::ALREADY_REMINDED)),
            Asked::TooMany => Err(Problem::from(&codes::TOO_MANY_REMINDERS)),
        }
    })
    .await
}

/// Why a mail to the holder of this place would come too late; `None` where it would not.
pub(super) async fn needless(
    app: &AppState,
    known: &Known,
    proof: &PlaceProof,
) -> Result<Option<Needless>, Problem> {
    let standing = app.line.stands(&known.drop.slug, proof.place).await?;
    Ok(reminder::needless(&standing, &known.drop, &known.pulse().pace))
}

fn no_mail_needed(why: Needless) -> Problem {
    let detail = match why {
        Needless::Near => "the wait may be ten minutes or less already: keep the page of the line open",
        Needless::Called => "it is this place's turn already: claim the admission",
        Needless::Over => "this place does not wait any more",
    };
    Problem::from(&codes::NO_MAIL_NEEDED).detail(detail).with("reason", why.as_str())
}

/// The reminder of this place, if there is one.
pub(super) async fn reminder_of(
    app: &AppState,
    known: &Known,
    proof: &PlaceProof,
) -> Result<Option<ReminderAnswer>, Problem> {
    Ok(app.reminders.find(&known.drop.slug, proof.place).await?.map(ReminderAnswer::of))
}

/// Forgets the reminder of this place.
pub(super) async fn forget(app: &AppState, known: &Known, proof: &PlaceProof) -> Result<(), Problem> {
    let (app, slug, place) = (app.clone(), known.drop.slug.clone(), proof.place);
    to_completion(async move { Ok(app.reminders.forget(&slug, place).await?) }).await
}

/// Asks for one mail when the turn is near: when the wait may be ten minutes or less, or at the call. It is written in the
/// language that the browser prefers among those that the drop offers. Asking again replaces the address and the language.
#[utoipa::path(
    put, path = "/v1/drops/{drop}/places/me/reminder", tag = "visitor", request_body = ReminderBody,
    params(
        ("drop" = String, Path, description = "The drop's slug"),
        ("Accept-Language" = Option<String>, Header, description = "What the mail is written in, where the drop offers it"),
    ),
    responses(
        (status = 200, description = "The reminder", body = ReminderAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 403, description = "`cross_origin`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`already_reminded`; `no_mail_needed`, with the `reason`: `near`, `called` or `over`"),
        (status = 410, description = "`drop_closed`"),
        (status = 422, description = "`invalid_fields`, `mail_not_configured`, `too_many_reminders`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn put_reminder(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
    reader: Reader,
    Body(body): Body<ReminderBody>,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Remind, &proof.identity, address)?;
    let language = reader.language(&known.drop.settings.languages);
    let answer = remind(&app, &known, &proof, (&body.email, language)).await?;
    Ok((private(), Json(answer)).into_response())
}

/// What has become of the reminder.
#[utoipa::path(
    get, path = "/v1/drops/{drop}/places/me/reminder", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The reminder", body = ReminderAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 404, description = "`not_found`: also where nobody asked for one"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn show_reminder(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Remind, &proof.identity, address)?;
    let none = || Problem::from(&common::NOT_FOUND).detail("this place has no reminder");
    let answer = reminder_of(&app, &known, &proof).await?.ok_or_else(none)?;
    Ok((private(), Json(answer)).into_response())
}

/// Takes the wish back: the address is erased at once.
#[utoipa::path(
    delete, path = "/v1/drops/{drop}/places/me/reminder", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 204, description = "Forgotten, also where there was none"),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 403, description = "`cross_origin`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn delete_reminder(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<StatusCode, Problem> {
    app.limiter.check(Action::Remind, &proof.identity, address)?;
    forget(&app, &known, &proof).await?;
    Ok(StatusCode::NO_CONTENT)
}
