//! From how places went in the last minutes to how long the next ones take.
//!
//! Places that go are a count with a drift `v` and a variance that grows with time, `d` a second, both measured. The
//! time until `n` have gone then has the mean `T = n / v` and the variance `d · T / v²` (first passage of a random walk);
//! that `v` was measured over a span `S` only adds `d · T² / (S · v²)`.

use crate::domain::place::Eta;

/// The width of a range that holds in four cases of five: the 90th percentile of the normal distribution.
const NINETIETH: f64 = 1.281_6;
/// What no measurement tells: how often the line is looked at, and that conditions drift.
const LEAST_SLACK_S: f64 = 1.5;
const LEAST_SLACK_SHARE: f64 = 0.03;
/// The shortest stretch that a speed is measured over, seconds.
pub(super) const LEAST_SPAN_S: f64 = 10.0;
/// Longer stretches are measured over, as far as the speed was the same in them, seconds.
const SPANS_S: [f64; 4] = [20.0, 60.0, 120.0, 300.0];
/// So many places go in a window, so that its count is not all chance.
const PLACES_A_WINDOW: f64 = 5.0;
const LEAST_WINDOWS: usize = 4;
/// So many places are between two depths whose speeds are compared.
const LEAST_APART: f64 = 500.0;

/// At a time, seconds, so many places were still before somebody: a count that falls, with its sign turned.
pub(super) type Gone = (f64, f64);

/// How fast places go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Forecast {
    /// Places a second.
    pub per_s: f64,
    /// By how much the variance of how many go grows in a second.
    spread: f64,
    span_s: f64,
    /// How many places were before, on the average.
    depth: f64,
}

impl Forecast {
    /// What these moments, oldest first, tell; `None` where they are too few, or nobody went.
    pub(super) fn of(moments: &[Gone]) -> Option<Self> {
        let mut stretch = since(moments, LEAST_SPAN_S)?;
        for span_s in SPANS_S {
            match since(moments, span_s) {
                Some(longer) if is_as_fast(longer, stretch) => stretch = longer,
                Some(_) => break,
                None => {
                    if is_as_fast(moments, stretch) {
                        stretch = moments;
                    }
                    break;
                }
            }
        }
        let (span_s, went) = measured(stretch);
        let per_s = went / span_s;
        let depth = -f64::midpoint(stretch[0].1, stretch[0].1 + went);
        (per_s > 0.0).then(|| Self { per_s, spread: spread_of(stretch, per_s), span_s, depth })
    }

    /// For somebody with `ahead` before, from the speeds at two depths. People leave all along the line, so the further
    /// back somebody stands, the more go before them: `v + l · rank` a second, with the same `l` everywhere. From rank
    /// `R` to the front that takes `ln(1 + l · R / v) / l`, which is what one speed for the whole way must take.
    pub(super) fn between(front: Self, deep: Self, ahead: u64) -> Self {
        let apart = deep.depth - front.depth;
        if apart < LEAST_APART {
            return front;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let ahead = ahead as f64;
        let leaving = ((deep.per_s - front.per_s) / apart).max(0.0);
        let calls = (front.per_s - leaving * front.depth).max(0.1 * front.per_s);
        let more = leaving * ahead / calls;
        let per_s = if more < 1e-6 { calls } else { calls * more / more.ln_1p() };
        Self { per_s, ..front }
    }

    /// How long until `places` have gone.
    pub(super) fn eta(self, places: u64) -> Eta {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let mean_s = places as f64 / self.per_s;
        let variance = self.spread * mean_s * (1.0 + mean_s / self.span_s);
        let slack_s = NINETIETH * variance.sqrt() / self.per_s + LEAST_SLACK_SHARE * mean_s + LEAST_SLACK_S;
        range(mean_s - slack_s, mean_s + slack_s)
    }
}

/// A range of whole seconds around these bounds.
pub(super) fn range(low_s: f64, high_s: f64) -> Eta {
    /// Longer waits are all the same.
    const LONGEST_S: f64 = 1e9;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded, and not negative")]
    let whole = |seconds: f64| seconds.clamp(0.0, LONGEST_S) as u64;
    Eta { low_s: whole(low_s.floor()), high_s: whole(high_s.ceil()).max(1) }
}

/// The moments of the last `span_s`, with the one before; `None` where there are none that old.
fn since(moments: &[Gone], span_s: f64) -> Option<&[Gone]> {
    let (now_s, _) = moments.last()?;
    let first = moments.iter().rposition(|(at_s, _)| now_s - at_s >= span_s)?;
    Some(&moments[first..])
}

fn measured(moments: &[Gone]) -> (f64, f64) {
    match (moments.first(), moments.last()) {
        (Some((from_s, before)), Some((to_s, after))) => (to_s - from_s, after - before),
        _ => (0.0, 0.0),
    }
}

/// Whether the speed in the longer stretch is that of the shorter one, but for chance.
fn is_as_fast(longer: &[Gone], shorter: &[Gone]) -> bool {
    let ((long_s, long), (short_s, short)) = (measured(longer), measured(shorter));
    let (long, short_speed) = (long / long_s, short / short_s);
    let by_chance = 2.0 * short.max(1.0).sqrt() / short_s;
    (long - short_speed).abs() <= by_chance.max(0.1 * short_speed)
}

/// The variance of what goes in a window, a second of it.
fn spread_of(moments: &[Gone], per_s: f64) -> f64 {
    let (span_s, _) = measured(moments);
    let most_s = span_s / f64::from(u8::try_from(LEAST_WINDOWS).unwrap_or(u8::MAX));
    let window_s = (PLACES_A_WINDOW / per_s).clamp(5.0_f64.min(most_s), most_s);
    let mut from = moments[0];
    let (mut squares, mut windows) = (0.0, 0.0);
    for moment in &moments[1..] {
        let length_s = moment.0 - from.0;
        if length_s + 0.5 >= window_s {
            let missed = (moment.1 - from.1) - per_s * length_s;
            squares += missed * missed / length_s;
            windows += 1.0;
            from = *moment;
        }
    }
    // One degree of freedom went into the mean; few windows tell little, so more is allowed for.
    let few = if windows > 1.0 { windows / (windows - 1.0) * (1.0 + 1.5 / windows) } else { 4.0 };
    if windows > 0.0 { squares / windows * few } else { per_s }
}
