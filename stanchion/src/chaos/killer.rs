//! Kills at random, every few seconds, and brings back.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Options;
use super::site::{Site, Victim};
use crate::exit::Failure;

/// The quiet between two kills.
const QUIET_MS: std::ops::Range<u64> = 1_500..5_000;
/// How long a victim is away.
const AWAY_MS: std::ops::Range<u64> = 0..1_500;

/// Chooses victims from a seed, and counts them.
#[derive(Debug)]
pub struct Killer {
    rng: StdRng,
    victims: Vec<Victim>,
    lasts: Duration,
    kills: BTreeMap<Victim, u64>,
}

impl Killer {
    /// A killer of these victims.
    pub fn new(options: &Options) -> Self {
        let kills = options.kill.iter().map(|victim| (*victim, 0)).collect();
        let rng = StdRng::seed_from_u64(options.seed);
        Self { rng, victims: options.kill.clone(), lasts: options.lasts(), kills }
    }

    /// Kills until the time is up, or `stop`; then waits until everything is back.
    pub async fn work(&mut self, site: &mut Site, stop: &CancellationToken) -> Result<(), Failure> {
        let until = Instant::now() + self.lasts;
        loop {
            let quiet = Duration::from_millis(self.rng.random_range(QUIET_MS));
            tokio::select! {
                () = sleep(quiet) => {}
                () = stop.cancelled() => break,
            }
            if Instant::now() >= until {
                break;
            }
            let Some(victim) = self.choose() else { continue };
            let away = Duration::from_millis(self.rng.random_range(AWAY_MS));
            tracing::info!(?victim, ?away, "killing");
            site.kill(victim, away).await?;
            *self.kills.entry(victim).or_default() += 1;
        }
        site.wait_until_ready().await
    }

    /// How often each was killed.
    pub fn kills(&self) -> BTreeMap<Victim, u64> {
        self.kills.clone()
    }

    fn choose(&mut self) -> Option<Victim> {
        if self.victims.is_empty() {
            return None;
        }
        let index = self.rng.random_range(0..self.victims.len());
        Some(self.victims[index])
    }
}
