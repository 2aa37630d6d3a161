//! Places: join, look, claim, leave. The pages use the same functions as the API's handlers.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, SET_COOKIE};
use jiff::Timestamp;
use serde::Serialize;
use shared::http::{Address, to_completion};
use shared::ids::{DropSlug, Identity};
use shared::problem::Problem;
use utoipa::ToSchema;

mod look;

pub use look::{LastSeen, look};

use super::caller::{Holder, OfDrop, Visitor, place_cookie, set_cookie, setting};
use super::limits::Action;
use crate::app::AppState;
use crate::domain::admission;
use crate::domain::estimate::Polls;
use crate::domain::line::Grant;
use crate::domain::place::Place;
use crate::domain::visit::{self, JoinedLine, PlaceProof};
use crate::metrics;
use crate::registry::Known;

/// Most places fit, without a token.
const ANSWER_BYTES: usize = 768;

/// A place, and the token that proves it where that is new.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceAnswer {
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// The place's token, where it is new or another than the one that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_token: Option<String>,
}

/// An admission.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdmissionAnswer {
    /// The token for the shop.
    pub admission_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// In how many seconds that is.
    pub expires_in: i64,
    /// Where a browser goes: carries a single-use code, never the token.
    pub booking_url: String,
}

/// Gives a visitor a place, or the one they have; says whether it is new.
pub async fn join(app: &AppState, known: &Known, identity: Identity) -> Result<(bool, PlaceAnswer), Problem> {
    let (app, known) = (app.clone(), known.clone());
    to_completion(async move {
        app.postgres_answers().await?;
        let keys = app.tokens.place_keys();
        let mut asked = known.memory().ask();
        let mut joined = visit::join(&app.line, keys, &known.drop, identity.clone()).await;
        if joined.as_ref().is_ok_and(JoinedLine::is_settling) {
            app.tick_once(&known).await?;
            asked = known.memory().ask();
            joined = visit::join(&app.line, keys, &known.drop, identity).await;
        }
        metrics::joined(&joined);
        let joined = joined?;
        let place_token = Some(app.tokens.sign_place(&known.drop.slug, &joined.proof));
        let shown = look::remember(&app, &known, asked, &joined.standing, None);
        let polls = Polls { is_hidden: false, chance: rand::random() };
        let place = look::tell(&known, &known.pulse(), &joined.standing, &joined.proof, shown, polls);
        Ok((joined.is_new, PlaceAnswer { place, place_token }))
    })
    .await
}

/// Picks up the admission of a called place. The ledger knows of it before it is answered.
pub async fn claim(app: &AppState, known: &Known, proof: PlaceProof) -> Result<AdmissionAnswer, Problem> {
    let (app, known) = (app.clone(), known.clone());
    to_completion(async move {
        let slug = &known.drop.slug;
        let claimed = admission::claim(&app.line, &known.drop, &proof).await;
        metrics::claimed(&claimed);
        let grant = claimed?;
        if grant.entry.is_some() {
            app.recorder.record(slug).await?;
        }
        let shop = app.config.booking_origin();
        let code = app.line.put_code(slug, grant.sid, &proof.identity, &shop).await?;
        let booking_url = format!("{shop}/enter?drop={slug}&code={code}&to=%2Fdrops%2F{slug}");
        Ok(admission_answer(&app, slug, proof.identity, &grant, booking_url))
    })
    .await
}

pub(super) fn admission_answer(
    app: &AppState,
    drop: &DropSlug,
    identity: Identity,
    grant: &Grant,
    booking_url: String,
) -> AdmissionAnswer {
    let expires_at = Timestamp::from_millisecond(grant.expires_ms).unwrap_or(Timestamp::MAX);
    AdmissionAnswer {
        admission_token: app.tokens.sign_admission(drop, identity, grant),
        token_type: "Bearer",
        expires_at,
        expires_in: (expires_at.as_second() - app.clock.now().as_second()).max(0),
        booking_url,
    }
}

/// Gives a place up. The ledger knows of it before it is answered.
pub async fn leave(app: &AppState, known: &Known, proof: PlaceProof) -> Result<(), Problem> {
    let (app, known) = (app.clone(), known.clone());
    to_completion(async move {
        let left = visit::leave(&app.line, &known.drop, &proof).await?;
        known.memory().end(proof.place);
        if left.is_some() {
            app.recorder.record(&known.drop.slug).await?;
        }
        Ok(())
    })
    .await
}

/// Takes a place in the line, or gives the one that this visitor has.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/places", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 201, description = "A new place", body = PlaceAnswer),
        (status = 200, description = "The place that this visitor has", body = PlaceAnswer),
        (status = 401, description = "`account_invalid`, `account_expired`: an account's token was sent as Bearer"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`drop_not_open`, `already_served`"),
        (status = 410, description = "`drop_closed`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn join_drop(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    visitor: Visitor,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Join, &visitor.identity, address)?;
    let (is_new, answer) = join(&app, &known, visitor.identity).await?;
    let token = answer.place_token.as_deref().unwrap_or_default();
    let cookies =
        visitor.cookie.into_iter().chain([set_cookie(&app, &place_cookie(&known.drop.slug), token)]);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, private(), setting(cookies), Json(answer)).into_response())
}

/// Where the place stands.
#[utoipa::path(
    get, path = "/v1/drops/{drop}/places/me", tag = "visitor",
    params(
        ("drop" = String, Path, description = "The drop's slug"),
        ("hidden" = Option<bool>, Query, description = "Whether nobody looks at the page: it asks once a minute then"),
        ("X-Last-Position" = Option<u64>, Header, description = "The position that was last shown: none above it is"),
    ),
    responses(
        (status = 200, description = "The place; with a new `place_token` after a requeue or a new epoch", body = PlaceAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn show_place(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
    seen: LastSeen,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Look, &proof.identity, address)?;
    let answer = look(&app, &known, proof, seen).await?;
    let mut response = (private(), json(&answer)).into_response();
    if let Some(token) = &answer.place_token {
        let cookie = set_cookie(&app, &place_cookie(&known.drop.slug), token);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Leaves the line.
#[utoipa::path(
    delete, path = "/v1/drops/{drop}/places/me", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 204, description = "Left, also where there was no place any more"),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 403, description = "`cross_origin`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn leave_drop(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<StatusCode, Problem> {
    app.limiter.check(Action::Leave, &proof.identity, address)?;
    leave(&app, &known, proof).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Picks up the admission of a called place: the same one however often it is asked for.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/places/me/admission", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The admission", body = AdmissionAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 403, description = "`cross_origin`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`not_your_turn`"),
        (status = 410, description = "`turn_lapsed`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn claim_admission(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Claim, &proof.identity, address)?;
    let answer = claim(&app, &known, proof).await?;
    Ok((private(), Json(answer)).into_response())
}

/// A place as JSON, in a buffer that does not have to grow.
fn json(answer: &PlaceAnswer) -> impl IntoResponse {
    let mut body = Vec::with_capacity(ANSWER_BYTES);
    serde_json::to_writer(&mut body, answer).expect("a place is plain JSON");
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body)
}

/// What is one visitor's must not be kept by anything between.
pub(super) fn private() -> [(http::HeaderName, HeaderValue); 1] {
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}
