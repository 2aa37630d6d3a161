//! What is bounded here, and how it is told that somebody, or this replica, has as many streams as may be.

use std::time::Duration;

use shared::http::{Limited, StreamsFull, rate_limited};
use shared::problem::Problem;

use super::codes::STREAMS_FULL;

/// When somebody with too many streams may look whether one of them has ended.
const STREAMS_RETRY: Duration = Duration::from_secs(30);
/// When somebody may try a full replica again, at least and at most.
const FULL_RETRY_S: std::ops::RangeInclusive<u64> = 5..=20;

/// What is bounded, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Taking a place.
    Join,
    /// Asking where it stands.
    Look,
    /// Picking up the admission.
    Claim,
    /// Leaving.
    Leave,
    /// Renewing the admission.
    Renew,
    /// Opening a stream.
    Follow,
    /// Asking for the support code.
    SupportCode,
    /// Asking for a code that takes the place to another device.
    Move,
    /// Trying such a code.
    Redeem,
    /// Asking for a mail, looking after it, taking the wish back.
    Remind,
}

impl Limited for Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Look => "look",
            Self::Claim => "claim",
            Self::Leave => "leave",
            Self::Renew => "renew",
            Self::Follow => "follow",
            Self::SupportCode => "support-code",
            Self::Move => "move",
            Self::Redeem => "redeem",
            Self::Remind => "reminder",
        }
    }
}

/// No stream is opened: 429 `rate_limited`, where the client has as many as it may, or 503 `streams_full`.
pub fn too_many_streams(refusal: StreamsFull) -> Problem {
    let (name, most, whose) = match refusal {
        StreamsFull::Identity(most) => ("streams", most, "identity"),
        StreamsFull::Address(most) => ("streams-by-address", most, "client address"),
        StreamsFull::Replica => {
            // Jittered, so that those who were refused together do not come back together.
            let seconds = rand::random_range(FULL_RETRY_S);
            return Problem::from(&STREAMS_FULL).retry_after(Duration::from_secs(seconds));
        }
    };
    let seconds = STREAMS_RETRY.as_secs();
    let limit = format!("\"{name}\";r=0;t={seconds}");
    rate_limited(&limit, &format!("\"{name}\";q={most};qu=\"concurrent-requests\""))
        .retry_after(STREAMS_RETRY)
        .detail(format!("at most {most} streams of one {whose} may be open; polling works all the same"))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    #[test]
    fn too_many_streams_are_refused_with_their_policy() {
        let refusal = too_many_streams(StreamsFull::Identity(5)).into_response();
        assert_eq!(refusal.status(), 429);
        assert_eq!(refusal.headers()["ratelimit-policy"], "\"streams\";q=5;qu=\"concurrent-requests\"");
        assert_eq!(too_many_streams(StreamsFull::Replica).into_response().status(), 503);
    }
}
