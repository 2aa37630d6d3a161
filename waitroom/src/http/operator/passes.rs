//! Priority passes.

// utoipa's `params(Type)` expands to a path that the lint takes for one of ours.
#![allow(unused_qualifications)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::http::{Body, PathOf, QueryOf, to_completion};
use shared::ids::{DropSlug, Identity, uuid_v7};
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::caller::DropPath;
use super::super::codes;
use super::super::error::no_such_drop;
use super::super::places::private;
use super::{PageQuery, stored};
use crate::app::AppState;
use crate::domain::drop::DropState;
use crate::domain::line::{Line as _, Spot};
use crate::domain::pass::{Pass, PassId};
use crate::domain::place::PlaceId;
use crate::store::passes::NewPass;

/// The most characters that a reason, an account or an issuer has.
const MAX_TEXT: usize = 500;

/// Whom to give a pass: a place, or an account, which need not have joined.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PassBody {
    /// Somebody who is in the line: the `place_id` that they see.
    #[serde(default)]
    place_id: Option<PlaceId>,
    /// An account's id at booking; with `issuer`, the subject of an account there.
    #[serde(default)]
    account: Option<String>,
    /// The `OpenID` issuer of the account, as its tokens name it.
    #[serde(default)]
    issuer: Option<String>,
    /// Why, for the audit log; at most 500 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// The pass of a path.
#[derive(Deserialize)]
pub(in crate::http) struct PassPath {
    drop: DropSlug,
    pass: PassId,
}

/// A page of passes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PassPage {
    /// The passes, the oldest first; those that were taken back are in the audit log.
    items: Vec<Pass>,
    /// Where to go on; null at the end.
    next_cursor: Option<String>,
}

/// Gives somebody a priority pass: once the drop is open, their place is called before those who wait without one. It
/// is for the identity, whichever place that has in this drop, now or later.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/passes", tag = "operator", request_body = PassBody,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 201, description = "The pass", body = Pass),
        (status = 200, description = "The pass that they have already", body = Pass),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`: the drop is closed"),
        (status = 422, description = "`invalid_fields`; also where nobody in the line has this `place_id`"),
        (status = 503, description = "`dependency_unavailable`: ask again; nobody gets two"),
    )
)]
pub(in crate::http) async fn give_pass(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    Body(body): Body<PassBody>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    to_completion(async move {
        let slug = path.drop;
        let known = app.drop(&slug).await?.ok_or_else(|| no_such_drop(&slug))?;
        let now = stored(app.clock.now());
        if known.drop.state(now, None) == DropState::Closed {
            return Err(Problem::from(&codes::INVALID_STATE).detail("a drop that is closed calls nobody"));
        }
        let place_id = place_of(&app, &slug, &body).await?;
        let pass = Pass {
            pass_id: PassId(uuid_v7(now)),
            place_id,
            account: body.account,
            issuer: body.issuer,
            reason: body.reason,
            given_by: operator.subject,
            given_at: now,
        };
        let (pass, is_new) = app.passes.give(NewPass { drop: &slug, pass }).await?;
        // Said again where they had one: an earlier answer may have been lost on its way to Redis.
        app.line.give_pass(&slug, pass.place_id, pass.pass_id.0).await?;
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, private(), Json(pass)).into_response())
    })
    .await
}

/// The first place of whom the pass is for.
async fn place_of(app: &AppState, slug: &DropSlug, body: &PassBody) -> Result<PlaceId, Problem> {
    let invalid = |detail: &str| Problem::from(&common::INVALID_FIELDS).detail(detail);
    for (name, text) in [("reason", &body.reason), ("account", &body.account), ("issuer", &body.issuer)] {
        if text.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > MAX_TEXT) {
            return Err(invalid(&format!("{name} must have 1 to {MAX_TEXT} characters")));
        }
    }
    let identity = match (body.place_id, &body.account, &body.issuer) {
        (Some(place), None, None) => {
            let standing = app.line.stands(slug, place).await?;
            return match standing.spot {
                Spot::Unknown => Err(invalid("place_id: nobody in this line has it")),
                _ => Ok(place.of_generation(0)),
            };
        }
        (None, Some(account), None) => {
            let id = account.parse::<Uuid>().map_err(|_| {
                invalid(
                    "account must be an account's id at booking, or the subject of an issuer that is named",
                )
            })?;
            Identity::account(id)
        }
        (None, Some(account), Some(issuer)) => Identity::account_at(issuer, account),
        _ => return Err(invalid("give one of place_id and account, and issuer only with account")),
    };
    Ok(app.tokens.place_keys().first_place(slug, &identity))
}

/// Who has a pass.
#[utoipa::path(
    get, path = "/v1/operator/drops/{drop}/passes", tag = "operator",
    params(("drop" = String, Path, description = "The drop's slug"), PageQuery),
    responses(
        (status = 200, description = "A page of passes", body = PassPage),
        (status = 400, description = "`malformed`"),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn list_passes(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let after = page.cursor()?;
    app.drop(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    let items = app.passes.page(&path.drop, after.unwrap_or(Uuid::nil()), page.limit()).await?;
    let next_cursor = page.next(&items, |pass| pass.pass_id);
    Ok((private(), Json(PassPage { items, next_cursor })).into_response())
}

/// Takes a pass back. A place that is in the side list already stays there.
#[utoipa::path(
    delete, path = "/v1/operator/drops/{drop}/passes/{pass}", tag = "operator",
    params(("drop" = String, Path, description = "The drop's slug"), ("pass" = String, Path, description = "The pass's id")),
    responses(
        (status = 204, description = "Taken back, also where it had been"),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`: ask again"),
    )
)]
pub(in crate::http) async fn take_pass(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<PassPath>,
) -> Result<StatusCode, Problem> {
    operator.require(Role::Operator)?;
    to_completion(async move {
        let now = stored(app.clock.now());
        let taken = app.passes.take(&path.drop, path.pass, &operator.subject, now).await?;
        let taken = taken.ok_or_else(|| Problem::from(&common::NOT_FOUND).detail("there is no such pass"))?;
        if let Some(place) = taken.place {
            app.line.take_pass(&path.drop, place).await?;
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
