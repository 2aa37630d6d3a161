//! Making a drop.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use shared::http::{Body, to_completion};
use shared::operator::{Operator, Role};
use shared::problem::Problem;

use super::{OperatorDrop, stored};
use crate::app::AppState;
use crate::domain::drop::NewDrop;
use crate::domain::place::Seed;
use crate::store::drops::Author;

/// Makes a drop. Only `slug` and `title` are required.
#[utoipa::path(
    post, path = "/v1/operator/drops", tag = "operator", request_body = NewDrop,
    responses(
        (status = 201, description = "The drop", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 409, description = "`slug_taken`"),
        (status = 422, description = "`invalid_fields`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn create_drop(
    State(app): State<AppState>,
    operator: Operator,
    Body(new): Body<NewDrop>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    to_completion(async move {
        let now = stored(app.clock.now());
        let reason = new.settings.reason.clone();
        let drop = new.into_drop(app.config.drop_defaults, Seed(rand::random()), now)?;
        app.drops.create(&drop, &Author { operator: operator.subject, reason }).await?;
        let drop = app.put_in_force(drop).await;
        let location = (LOCATION, format!("/v1/operator/drops/{}", drop.slug));
        Ok((StatusCode::CREATED, [location], OperatorDrop::answer(&drop, now)).into_response())
    })
    .await
}
