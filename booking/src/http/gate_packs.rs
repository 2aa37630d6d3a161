//! `GET /v1/shows/{id}/gate-pack`: what a gate needs to check tickets without a network.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::http::{PathOf, QueryOf};
use shared::keys::JwkSet;
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa::ToSchema;

use super::error::found;
use crate::app::AppState;
use crate::domain::gate_list::GateList;
use crate::domain::ids::ShowId;
use crate::store::gate_lists;

/// A change is recorded under the time at which it began. Lists of changes go back a little further than asked, so that
/// one that was still being written when the last list was made is not missed.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// Which changes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PackQuery {
    /// The `as_of` of the pack before: only what changed from about then on.
    since: Option<Timestamp>,
}

/// What a gate needs to check tickets without a network.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GatePack {
    /// The show.
    show_id: ShowId,
    /// What is shown.
    title: String,
    /// When it begins.
    starts_at: Timestamp,
    /// How old the list is: what was given back or used later is not on it.
    as_of: Timestamp,
    /// The public keys that verify codes and the list.
    keys: JwkSet,
    /// The tickets to refuse, as a compact JWS (`EdDSA`, `typ: gate-list`) of `{show_id, as_of, since, cancelled, used}`;
    /// with a `since` it adds to the list before.
    list: String,
    /// How many tickets are on it.
    listed: usize,
}

/// Keys and the list of tickets that let nobody in, for a gate that will have no network.
#[utoipa::path(
    get, path = "/v1/shows/{id}/gate-pack", tag = "gate",
    params(("id" = ShowId, Path, description = "The show"), PackQuery),
    responses(
        (status = 200, description = "The pack", body = GatePack),
        (status = 400, description = "`malformed`"),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn gate_pack(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(show_id): PathOf<ShowId>,
    QueryOf(query): QueryOf<PackQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Gate)?;
    let plan = found(app.store.plans.get(show_id).await)?;
    let as_of = app.clock.now();
    let since = query.since.map(|since| since.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN));
    let (cancelled, used) = gate_lists::read(&app.pool, show_id, since).await?;
    let listed = cancelled.len() + used.len();
    let list = GateList { show_id, as_of, since, cancelled, used }.sign(&app.tickets);
    let pack = GatePack {
        show_id,
        title: plan.show.movie.title.clone(),
        starts_at: plan.show.starts_at,
        as_of,
        keys: JwkSet { keys: vec![app.tickets.public().jwk()] },
        list,
        listed,
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(pack)).into_response())
}
