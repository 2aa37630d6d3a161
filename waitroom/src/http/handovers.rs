//! A place on another device: a single-use code, made on the one and redeemed on the other. It stays one place of one
//! identity, with one admission, however many devices look at it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use shared::http::{Address, Body, rate_limited, to_completion};
use shared::ids::DropSlug;
use shared::problem::Problem;
use utoipa::ToSchema;

use super::caller::{Holder, OfDrop, place_cookie, set_cookie, setting};
use super::codes;
use super::limits::Action;
use super::places::{LastSeen, PlaceAnswer, look, private};
use crate::app::AppState;
use crate::domain::code::HandoverCode;
use crate::domain::visit::PlaceProof;
use crate::registry::Known;
use crate::store::line::{HANDOVER_LIFETIME, PutHandover};

/// The least width of the picture, pixels.
const PICTURE_PX: u32 = 240;

/// What takes a place to another device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MoveAnswer {
    /// To type: Crockford's base 32, in groups of four. Good once.
    #[schema(example = "3ZQ4-8M0T-…")]
    pub(super) code: String,
    /// The page to open on the other device: the code is in the fragment, which browsers send to nobody.
    pub(super) url: String,
    /// The address as a QR code: an SVG of black on white, with its quiet zone.
    pub(super) qr_svg: String,
    /// Until when the code is good.
    pub(super) expires_at: Timestamp,
}

impl MoveAnswer {
    /// The page that the code is typed on.
    pub(super) fn page(&self) -> &str {
        self.url.split('#').next().unwrap_or_default()
    }
}

/// Whether a place is open on several devices.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MovesAnswer {
    /// When a code last took the place to another device; null where none has, or nobody knows any more.
    opened_elsewhere_at: Option<Timestamp>,
}

/// A code that takes a place to another device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemMove {
    /// The code; small letters, missing hyphens, and I, L and O for 1, 1 and 0 are all right.
    code: String,
}

/// Makes a code for this place.
pub(super) async fn hand_over(
    app: &AppState,
    known: &Known,
    proof: PlaceProof,
) -> Result<MoveAnswer, Problem> {
    let (app, slug) = (app.clone(), known.drop.slug.clone());
    to_completion(async move {
        let code = HandoverCode::new(rand::random());
        if let PutHandover::TooMany(wait) = app.line.put_handover(&slug, &code, &proof).await? {
            let seconds = wait.as_secs();
            let policy = format!("\"moves\";q=20;w={}", HANDOVER_LIFETIME.as_secs());
            return Err(rate_limited(&format!("\"moves\";r=0;t={seconds}"), &policy).retry_after(wait));
        }
        let url = format!("{}/q/{slug}/move#{code}", app.config.issuer());
        let good_for = SignedDuration::try_from(HANDOVER_LIFETIME).expect("minutes fit");
        let expires_at = app.clock.now().saturating_add(good_for).unwrap_or(Timestamp::MAX);
        Ok(MoveAnswer { qr_svg: drawn(&url), code: code.to_string(), url, expires_at })
    })
    .await
}

fn drawn(url: &str) -> String {
    let code = QrCode::with_error_correction_level(url, EcLevel::M);
    // 2,331 bytes fit, and a public URL, a slug and a code are far shorter; whoever has a longer one types.
    let picture =
        code.map(|code| code.render::<svg::Color<'_>>().min_dimensions(PICTURE_PX, PICTURE_PX).build());
    let picture = picture.unwrap_or_default();
    // Without the XML declaration, it can stand in a page.
    picture.find("<svg").map(|start| picture[start..].to_owned()).unwrap_or_default()
}

/// Redeems a code: the place, with its token.
pub(super) async fn take_over(app: &AppState, known: &Known, code: &str) -> Result<PlaceAnswer, Problem> {
    let spent = || Problem::from(&codes::CODE_SPENT);
    let code: HandoverCode = code.parse().map_err(|_| spent())?;
    let (app, known) = (app.clone(), known.clone());
    to_completion(async move {
        let slug = &known.drop.slug;
        let proof = app.line.spend_handover(slug, &code).await?.ok_or_else(spent)?;
        if let Err(error) = app.line.note_elsewhere(slug, proof.place, app.clock.now()).await {
            tracing::info!(drop = %slug, %error, "the device that a place came from will not say that it is open elsewhere");
        }
        let place_token = app.tokens.sign_place(slug, &proof);
        let mut answer = look(&app, &known, proof, LastSeen::default()).await?;
        answer.place_token.get_or_insert(place_token);
        Ok(answer)
    })
    .await
}

/// The cookie of a place that was taken over.
pub(super) fn cookie_of(app: &AppState, drop: &DropSlug, answer: &PlaceAnswer) -> http::HeaderMap {
    setting(answer.place_token.as_deref().map(|token| set_cookie(app, &place_cookie(drop), token)))
}

/// A code that takes this place to another device, good once and for five minutes.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/places/me/moves", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 201, description = "The code", body = MoveAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 403, description = "`cross_origin`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`; also where a place has had 20 codes in five minutes"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn move_place(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Move, &proof.identity, address)?;
    let answer = hand_over(&app, &known, proof).await?;
    Ok((StatusCode::CREATED, private(), Json(answer)).into_response())
}

/// Whether this place has been opened on another device: what the device that made a code asks, to say so.
#[utoipa::path(
    get, path = "/v1/drops/{drop}/places/me/moves", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "When it was, if it was", body = MovesAnswer),
        (status = 401, description = "`place_required`, `place_invalid`"),
        (status = 404, description = "`not_found`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn show_moves(
    State(app): State<AppState>,
    Address(address): Address,
    Holder { known, proof }: Holder,
) -> Result<Response, Problem> {
    app.limiter.check(Action::Move, &proof.identity, address)?;
    let opened_elsewhere_at = app.line.elsewhere(&known.drop.slug, proof.place).await?;
    Ok((private(), Json(MovesAnswer { opened_elsewhere_at })).into_response())
}

/// Takes a place over from another device. Who had the code can look at the place, claim and leave like the visitor
/// who made it; the place stays the same, and so does its one admission.
#[utoipa::path(
    post, path = "/v1/drops/{drop}/places/moves/redeem", tag = "visitor", request_body = RedeemMove,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The place, with its token", body = PlaceAnswer),
        (status = 404, description = "`not_found`"),
        (status = 410, description = "`code_spent`: also where there never was such a code"),
        (status = 422, description = "`invalid_fields`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn redeem_move(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    Address(address): Address,
    Body(body): Body<RedeemMove>,
) -> Result<Response, Problem> {
    app.limiter.check_address(Action::Redeem, address)?;
    let answer = take_over(&app, &known, &body.code).await?;
    let cookie = cookie_of(&app, &known.drop.slug, &answer);
    Ok((private(), cookie, Json(answer)).into_response())
}
