//! The draw: what is published of it and when.

pub(super) mod page;
pub(super) mod roster;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use shared::ids::DropSlug;
use shared::problem::Problem;
use utoipa::ToSchema;

use super::caller::OfDrop;
use super::drops::public;
use crate::app::AppState;
use crate::domain::drop::Drop;

/// How anybody computes the draw again.
const ALGORITHM: &str = "\
    A place's own number is the first 52 bits, big-endian, of HMAC-SHA256(key = the 32 bytes of the seed, message = the \
    place's id as 36 lower-case ASCII characters). With a salt, turn is the first 52 bits, big-endian, of \
    HMAC-SHA256(key = the 32 bytes of the seed, message = the salt in UTF-8); without one it is 0. A place's score is \
    (own number + turn) modulo 2^52. The draw's order is by score, lowest first, and by id where scores are equal. The \
    commitment is the SHA-256 of the 32 bytes of the seed. The roster is every place that was in the lobby at opening, in \
    this order, as text: an id a line, lower case, each line ended by one newline (0x0A); roster_sha256 is the SHA-256 of \
    that text. All digests and the seed are in lower-case hex.";

/// What is published of a draw: the commitment from the start, the seed after opening, when the roster is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DrawStatus {
    /// The hex SHA-256 of the seed's 32 bytes.
    pub commitment: String,
    /// The seed, 64 hex digits, after opening: a moment after the digest of the roster.
    pub seed: Option<String>,
    /// A public value that turns the circle of scores, where the drop names a source of one, once it is known.
    pub salt: Option<String>,
}

impl DrawStatus {
    /// What may be known at this time.
    pub fn of(drop: &Drop, now: Timestamp) -> Self {
        Self {
            commitment: drop.seed.commitment(),
            seed: drop.reveals_draw(now).then(|| drop.seed.reveal()),
            salt: drop.settings.salt.clone(),
        }
    }
}

/// A draw and how to recompute it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Draw {
    /// The drop.
    pub drop: DropSlug,
    /// How the order comes from the seed, the salt and the places' ids.
    pub algorithm: &'static str,
    /// Where the salt comes from, in words; null where the draw has none.
    pub salt_source: Option<String>,
    /// What is published of it.
    #[serde(flatten)]
    pub published: DrawStatus,
    /// The hex SHA-256 of the roster's text, once it is stored after opening; the seed and the roster follow.
    pub roster_sha256: Option<String>,
    /// How many places the roster has.
    pub count: Option<u64>,
}

impl Draw {
    /// What may be known at this time.
    pub fn of(drop: &Drop, now: Timestamp) -> Self {
        Self {
            drop: drop.slug.clone(),
            algorithm: ALGORITHM,
            salt_source: drop.settings.salt_source.clone(),
            published: DrawStatus::of(drop, now),
            roster_sha256: drop.roster.map(|roster| roster.digest()),
            count: drop.roster.map(|roster| roster.count),
        }
    }
}

/// The draw: the commitment from the start; after opening the digest of the roster, then the seed and the roster.
#[utoipa::path(
    get, path = "/v1/drops/{drop}/draw", tag = "visitor",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The draw", body = Draw),
        (status = 404, description = "`not_found`"),
    )
)]
pub(super) async fn show_draw(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
) -> Result<Response, Problem> {
    Ok(public(Draw::of(&known.drop, app.clock.now())))
}
