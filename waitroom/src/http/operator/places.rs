//! Where the visitor stands who read out a support code.

// utoipa's `params(Type)` expands to a path that the lint takes for one of ours.
#![allow(unused_qualifications)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shared::http::{PathOf, to_completion};
use shared::ids::DropSlug;
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

use super::super::error::no_such_drop;
use super::super::places::private;
use super::stored;
use crate::app::AppState;
use crate::domain::code::SupportCode;
use crate::domain::estimate::Polls;
use crate::domain::line::{Line as _, Spot};
use crate::domain::place::{Place, PlaceId, Sight};
use crate::registry::Known;
use crate::store::support::HistoryLine;

/// The support code of a path.
#[derive(Deserialize)]
pub(in crate::http) struct SupportPath {
    drop: DropSlug,
    support_code: String,
}

/// A place as its visitor sees it, and what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SupportedPlace {
    /// The code, as it is shown to the visitor.
    support_code: String,
    /// Where the place stands now; null where the line does not know it: its memory was lost, and the visitor has not
    /// been back since.
    place: Option<Place>,
    /// What the ledger knows of this visitor's places in this drop, the newest first, at most 200 lines.
    history: Vec<HistoryLine>,
}

/// Finds the place of a visitor who read out their support code, without counting as a visit of theirs. The audit log
/// tells who looked.
#[utoipa::path(
    get, path = "/v1/operator/drops/{drop}/places/{support_code}", tag = "operator",
    params(
        ("drop" = String, Path, description = "The drop's slug"),
        ("support_code" = String, Path, description = "Small letters, missing hyphens, and I, L and O for 1, 1 and 0 are all right"),
    ),
    responses(
        (status = 200, description = "The place", body = SupportedPlace),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn look_up_place(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<SupportPath>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let nobody = || Problem::from(&common::NOT_FOUND).detail("nobody in this drop has this support code");
    let known = app.drop(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    let code: SupportCode = path.support_code.parse().map_err(|_| nobody())?;
    to_completion(async move {
        let now = stored(app.clock.now());
        let found = app.support_codes.look_up(&known.drop.slug, &code, &operator.subject, now).await?;
        let (first, history) = found.ok_or_else(nobody)?;
        let place = stands(&app, &known, first).await?;
        let answer = SupportedPlace { support_code: code.to_string(), place, history };
        Ok((private(), Json(answer)).into_response())
    })
    .await
}

/// The place as its visitor would see it who asks for the first time.
async fn stands(app: &AppState, known: &Known, first: PlaceId) -> Result<Option<Place>, Problem> {
    let standing = app.line.stands(&known.drop.slug, first).await?;
    if standing.spot == Spot::Unknown {
        return Ok(None);
    }
    let pulse = known.pulse();
    let sight = Sight {
        drop: &known.drop,
        health: pulse.health.as_ref(),
        pace: &pulse.pace,
        asked: first,
        began_behind: None,
        shown: None,
        polls: Polls { is_hidden: false, chance: 0.5 },
    };
    Ok(Some(Place::seen(&standing, &sight)))
}
