//! Priority passes: an operator gives one to somebody, and the line calls them from the side list.

use jiff::Timestamp;
use serde::Serialize;
use shared::uuid_id;
use utoipa::ToSchema;

use super::place::PlaceId;

uuid_id! {
    /// Names one pass.
    PassId
}

/// A pass. It is an identity's: whichever place that has in the drop, now or later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pass {
    /// Names it.
    pub pass_id: PassId,
    /// The first place of the identity: an id that ends in `0000`.
    pub place_id: PlaceId,
    /// The account that it was given to, where it was given to one.
    pub account: Option<String>,
    /// Whose account that is, where not booking's.
    pub issuer: Option<String>,
    /// Why, where the operator said so.
    pub reason: Option<String>,
    /// Who gave it.
    pub given_by: String,
    /// When.
    pub given_at: Timestamp,
}
