//! How long a wait may be, how much of it is behind, and when to ask again.

use crate::domain::place::Score;

mod forecast;
mod hits;
mod pace;
mod polls;

pub use hits::{Checked, Promises};
pub use pace::{Moment, Pace};
pub use polls::{POLL_HIDDEN_MS, POLL_NEAR_MS, POLL_WHEN_OVER_MS, Polls};

/// How much of the wait is behind, 0 to 1. A drawn score is uniform, so the share of it that was called is the share
/// of those before it; an arrival is measured against how many were before it when it was taken.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn progress(rank: u64, score: Score, began_behind: Option<u64>, frontier: Option<Score>) -> f64 {
    let progress = match (began_behind, frontier) {
        (Some(began), _) => 1.0 - rank as f64 / (began + 1) as f64,
        (None, Some(frontier)) if score.is_drawn() => frontier.0 as f64 / (score.0 + 1) as f64,
        (None, _) => 0.0,
    };
    progress.clamp(0.0, 1.0)
}
