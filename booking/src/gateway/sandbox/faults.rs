//! How the sandbox misbehaves: by the card's token, always the same way, or by rates, for chaos. The rates are set with
//! `SANDBOX_FAULTS` or by `PUT /faults` on the sandbox's own port, and drawn from a seeded generator.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use super::service::Sandbox;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A new charge is declined.
    Decline,
    /// The answer takes `slow_ms`.
    Slow,
    /// It is done, and the connection breaks off.
    LostAnswer,
    /// It is done, and the answer is an error.
    ErrorAfterCharge,
    /// Nothing is done, and the answer is an error.
    Down,
    /// The webhook arrives before the answer.
    WebhookBeforeAnswer,
    /// The webhook is sent twice.
    WebhookTwice,
    /// The webhook is sent after those that follow it.
    WebhookReordered,
    /// The webhook is signed with another key.
    WebhookBadlySigned,
}

impl Fault {
    /// What always goes wrong with a card, once for everything that is done with it.
    pub(super) fn of_token(token: &str) -> Option<Self> {
        Some(match token {
            "tok_lost_answer" => Self::LostAnswer,
            "tok_error_after_charge" => Self::ErrorAfterCharge,
            "tok_down" => Self::Down,
            "tok_webhook_before_answer" => Self::WebhookBeforeAnswer,
            "tok_webhook_twice" => Self::WebhookTwice,
            "tok_webhook_reordered" => Self::WebhookReordered,
            "tok_webhook_badly_signed" => Self::WebhookBadlySigned,
            _ => return None,
        })
    }
}

/// How often things go wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, f64>")]
pub struct FaultRates {
    /// The share of calls, 0 to 1; what is not named does not happen.
    #[serde(flatten)]
    shares: BTreeMap<Fault, f64>,
    /// How long a slow answer takes.
    slow_ms: u64,
    /// Where the draws begin.
    seed: u64,
}

/// Why these are no rates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFaults {
    /// Not `name=number`.
    #[error("{0:?} is not of the form `decline=0.05`")]
    Malformed(String),
    /// Not a fault.
    #[error(
        "there is no fault {0:?}; there are: decline, slow, slow_ms, lost_answer, error_after_charge, down, \
         webhook_before_answer, webhook_twice, webhook_reordered, webhook_badly_signed, seed"
    )]
    Unknown(String),
    /// Not a share.
    #[error("{0} is a share of calls, from 0 to 1")]
    NoShare(String),
    /// Not a number that is whole and small enough.
    #[error("{0} is a whole number; slow_ms is at most 60000")]
    NotWhole(String),
}

impl Default for FaultRates {
    fn default() -> Self {
        Self { shares: BTreeMap::new(), slow_ms: 2000, seed: 1 }
    }
}

impl TryFrom<BTreeMap<String, f64>> for FaultRates {
    type Error = BadFaults;

    fn try_from(named: BTreeMap<String, f64>) -> Result<Self, BadFaults> {
        let mut rates = Self::default();
        for (name, value) in named {
            match name.as_str() {
                "slow_ms" => rates.slow_ms = whole(name, value, 60_000)?,
                "seed" => rates.seed = whole(name, value, u32::MAX)?,
                _ if !(0.0..=1.0).contains(&value) => return Err(BadFaults::NoShare(name)),
                _ => {
                    let fault = serde_json::from_value(name.as_str().into());
                    rates.shares.insert(fault.map_err(|_| BadFaults::Unknown(name))?, value);
                }
            }
        }
        Ok(rates)
    }
}

fn whole(name: String, value: f64, max: u32) -> Result<u64, BadFaults> {
    if value.fract() != 0.0 || !(0.0..=f64::from(max)).contains(&value) {
        return Err(BadFaults::NotWhole(name));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and from 0 to max")]
    let whole = value as u64;
    Ok(whole)
}

impl FromStr for FaultRates {
    type Err = BadFaults;

    /// Reads `decline=0.05,slow=0.1,slow_ms=3000,seed=7`.
    fn from_str(text: &str) -> Result<Self, BadFaults> {
        let named = text.split(',').map(|pair| {
            let malformed = || BadFaults::Malformed(pair.trim().to_owned());
            let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
            Ok((name.trim().to_owned(), value.trim().parse().map_err(|_| malformed())?))
        });
        named.collect::<Result<BTreeMap<String, f64>, BadFaults>>()?.try_into()
    }
}

/// What goes wrong with one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mishaps {
    faults: Vec<Fault>,
    slow_ms: u64,
}

impl Mishaps {
    /// Whether this goes wrong.
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// This goes wrong too.
    pub(super) fn add(&mut self, fault: Option<Fault>) {
        self.faults.extend(fault);
    }

    /// How much later than usual the answer comes.
    pub(super) fn delay(&self) -> Option<Duration> {
        self.has(Fault::Slow).then(|| Duration::from_millis(self.slow_ms))
    }
}

/// Draws what goes wrong.
pub(super) struct Dice(Mutex<(FaultRates, StdRng)>);

impl Dice {
    /// Dice that fall as these rates say, the same way every time.
    pub(super) fn new(rates: FaultRates) -> Self {
        let generator = StdRng::seed_from_u64(rates.seed);
        Self(Mutex::new((rates, generator)))
    }

    /// What goes wrong with the next call.
    pub(super) fn roll(&self) -> Mishaps {
        let mut dice = self.lock();
        let (rates, generator) = &mut *dice;
        let faults = rates.shares.iter().filter(|(_, share)| generator.random::<f64>() < **share);
        Mishaps { faults: faults.map(|(fault, _)| *fault).collect(), slow_ms: rates.slow_ms }
    }

    fn replace(&self, rates: &FaultRates) {
        *self.lock() = (rates.clone(), StdRng::seed_from_u64(rates.seed));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (FaultRates, StdRng)> {
        self.0.lock().expect("nothing panics while it draws")
    }
}

/// `GET /faults`: how often things go wrong.
pub(super) async fn read(State(sandbox): State<Sandbox>) -> Json<FaultRates> {
    Json(sandbox.dice.lock().0.clone())
}

/// `PUT /faults`: things go wrong as often as this says from now on; what is not named does not happen any more.
pub(super) async fn replace(
    State(sandbox): State<Sandbox>,
    Json(rates): Json<FaultRates>,
) -> Json<FaultRates> {
    tracing::info!(?rates, "the sandbox gateway misbehaves differently");
    sandbox.dice.replace(&rates);
    Json(rates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_from_a_setting_and_mistakes_are_named() {
        let rates: FaultRates = "decline=0.05, slow=1,slow_ms=3000,seed=7".parse().unwrap();
        assert_eq!(rates.shares, [(Fault::Decline, 0.05), (Fault::Slow, 1.0)].into());
        assert_eq!((rates.slow_ms, rates.seed), (3000, 7));
        for wrong in ["decline", "decline=often", "thirst=0.1", "decline=5", "slow_ms=1.5", "slow_ms=-1", ""]
        {
            assert!(wrong.parse::<FaultRates>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_are_shown_as_they_are_set() {
        let rates: FaultRates = "down=0.5,webhook_twice=1,seed=3".parse().unwrap();
        let shown = serde_json::to_value(&rates).unwrap();
        assert_eq!(shown["webhook_twice"], 1.0);
        assert_eq!(serde_json::from_value::<FaultRates>(shown).unwrap(), rates);
    }

    #[test]
    fn the_same_seed_draws_the_same_mishaps_about_as_often_as_asked() {
        let rates: FaultRates = "down=0.05,lost_answer=1".parse().unwrap();
        let draw = || {
            let dice = Dice::new(rates.clone());
            (0..4000).map(|_| dice.roll()).collect::<Vec<_>>()
        };
        let (first, second) = (draw(), draw());
        assert_eq!(first, second);
        assert!(first.iter().all(|mishaps| mishaps.has(Fault::LostAnswer) && !mishaps.has(Fault::Slow)));
        let down = first.iter().filter(|mishaps| mishaps.has(Fault::Down)).count();
        assert!((120..280).contains(&down), "{down} of 4000 at 5 %");
    }
}
