//! Where a place stands: from this replica's memory while the place is known to wait, else from Redis.

use axum::extract::FromRequestParts;
use http::request::Parts;
use shared::http::to_completion;
use shared::problem::Problem;

use super::PlaceAnswer;
use crate::app::AppState;
use crate::domain::estimate::{Polls, Promises};
use crate::domain::line::{Remembered, Spot, Standing};
use crate::domain::place::{Place, Score, Sight, position};
use crate::domain::visit::{self, PlaceProof};
use crate::memory::{Answer, Asked};
use crate::metrics::{self, AnsweredFrom};
use crate::registry::{Known, Pulse};

const LAST_POSITION: &str = "x-last-position";

/// What a client says of itself, unsigned: it can only lower its own view, and ask less often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastSeen {
    /// The position it was last shown (`X-Last-Position`).
    pub position: Option<u64>,
    /// Whether nobody looks at its page (`?hidden=true`).
    pub is_hidden: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for LastSeen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(LAST_POSITION).and_then(|value| value.to_str().ok());
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self {
            position: header.and_then(|text| text.parse().ok()).filter(|position| *position > 0),
            is_hidden: query.split('&').any(|pair| pair == "hidden=true"),
        })
    }
}

impl LastSeen {
    fn polls(self) -> Polls {
        Polls { is_hidden: self.is_hidden, chance: rand::random() }
    }
}

/// Where the holder of a place token stands. While the place waits no store is asked.
pub async fn look(
    app: &AppState,
    known: &Known,
    proof: PlaceProof,
    seen: LastSeen,
) -> Result<PlaceAnswer, Problem> {
    if let Some(place) = recall(app, known, &proof, seen) {
        metrics::looked(AnsweredFrom::Memory);
        return Ok(PlaceAnswer { place, place_token: None });
    }
    // Apart, so that the future of a poll from memory is small.
    Box::pin(ask(app.clone(), known.clone(), proof, seen)).await
}

async fn ask(app: AppState, known: Known, proof: PlaceProof, seen: LastSeen) -> Result<PlaceAnswer, Problem> {
    metrics::looked(AnsweredFrom::Redis);
    to_completion(async move {
        let asked = known.memory().ask();
        let (standing, renewed) = visit::look(&app.line, &known.drop, &proof).await?;
        let place_token = renewed.as_ref().map(|proof| app.tokens.sign_place(&known.drop.slug, proof));
        // What was shown of another place, or before a loss, says nothing of this one.
        let last = seen.position.filter(|_| renewed.is_none());
        let shown = remember(&app, &known, asked, &standing, last);
        let proof = renewed.as_ref().unwrap_or(&proof);
        let place = tell(&known, &known.pulse(), &standing, proof, shown, seen.polls());
        Ok(PlaceAnswer { place, place_token })
    })
    .await
}

/// From memory: where the place is known to wait, in this epoch, and, once the drop is open, behind the frontier and in
/// the measured part of the line.
fn recall(app: &AppState, known: &Known, proof: &PlaceProof, seen: LastSeen) -> Option<Place> {
    let (pulse, memory) = (known.pulse(), known.memory());
    let tick = pulse.tick.as_ref()?;
    if proof.epoch != tick.epoch || proof.epoch != memory.epoch() {
        return None;
    }
    let now = app.clock.now();
    let (score, shown) = memory.sight(proof.place, now.as_millisecond(), |waiting| {
        if !tick.opened {
            // Opened since the last tick, perhaps: Redis's clock decides.
            return (!known.drop.has_opened(now)).then_some(((waiting.score, None), None));
        }
        // A row without the salt is an old one: the order is not known here yet.
        known.drop.opening()?;
        let score = waiting.score.turned(known.turn);
        if tick.frontier.is_some_and(|frontier| score <= frontier) {
            return None;
        }
        let shown = match waiting.shown {
            Some(shown) if memory.is_settling(tick.waiting) => shown,
            shown => {
                let measured = measured_position(&pulse, known, score, waiting.looked_ms);
                let position = measured.into_iter().chain(shown).min()?;
                position.min(seen.position.unwrap_or(u64::MAX))
            }
        };
        Some(((score, Some(shown)), Some(shown)))
    })?;
    let standing = Standing {
        now_ms: now.as_millisecond(),
        epoch: tick.epoch,
        opened: tick.opened,
        waiting: tick.waiting - tick.side,
        side: tick.side,
        turn: known.turn,
        spot: Spot::Queued { place: proof.place, score, rank: 0, on_side: false },
    };
    Some(tell(known, &pulse, &standing, proof, shown, seen.polls()))
}

/// The position by the rank table; `None` where it was measured before Redis was asked about the place, or in another
/// order, or where the place came after the last that it knows.
fn measured_position(pulse: &Pulse, known: &Known, score: Score, looked_ms: i64) -> Option<u64> {
    let (table, tick) = (pulse.table.as_ref()?, pulse.tick.as_ref()?);
    let opened_ms = known.drop.opening()?.as_millisecond();
    let is_of_this_order = table.epoch == tick.epoch && (known.turn == 0 || table.at_ms >= opened_ms);
    let (last, _) = table.knots.last()?;
    let is_there = table.at_ms > looked_ms && score <= *last;
    (is_of_this_order && is_there).then(|| table.side + table.rank_of(score) + 1)
}

/// Remembers what Redis said, and gives the position to show.
pub(super) fn remember(
    app: &AppState,
    known: &Known,
    asked: Asked,
    standing: &Standing,
    last: Option<u64>,
) -> Option<u64> {
    let position = position(standing).map(|position| position.min(last.unwrap_or(u64::MAX)));
    match standing.spot {
        Spot::Queued { place, score, on_side: false, .. } => {
            let seen_ms = app.clock.now().as_millisecond();
            let place = Remembered { place, score: score.unturned(standing.turn), seen_ms };
            let answer = Answer { place, position, waiting: standing.waiting, at_ms: standing.now_ms };
            known.memory().waits(asked, &answer)
        }
        _ => position,
    }
}

/// What the visitor is told, with the estimate noted where it is one of those that are checked.
pub(super) fn tell(
    known: &Known,
    pulse: &Pulse,
    standing: &Standing,
    proof: &PlaceProof,
    shown: Option<u64>,
    polls: Polls,
) -> Place {
    let sight = Sight {
        drop: &known.drop,
        health: pulse.health.as_ref(),
        pace: &pulse.pace,
        asked: proof.place,
        began_behind: proof.began_behind,
        shown,
        polls,
    };
    let place = Place::seen(standing, &sight);
    let chance = rand::random();
    if let Some(eta) = place.eta.filter(|_| Promises::may_want(chance)) {
        let mut promises = known.promises();
        if promises.wants(chance) {
            promises.make(place.place_id, standing.now_ms, eta);
        }
    }
    place
}
