//! Whether Postgres was there a moment ago. A place is given only in a line that somebody can be called from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use crate::shared_pass::SharedPass;

/// So long an answer speaks for those who ask after it.
const GOOD_FOR: Duration = Duration::from_millis(250);
const NEVER: u64 = u64::MAX;

/// Pings of Postgres, each for all who ask about the same time.
pub struct Pings {
    passes: SharedPass,
    began: Instant,
    answered_ms: AtomicU64,
}

impl Default for Pings {
    fn default() -> Self {
        Self { passes: SharedPass::default(), began: Instant::now(), answered_ms: AtomicU64::new(NEVER) }
    }
}

impl Pings {
    /// Whether Postgres answers, or did so in the last quarter of a second.
    pub async fn answers(&self, pool: &PgPool) -> Result<(), StoreError> {
        let answered_ms = self.answered_ms.load(Ordering::Acquire);
        if answered_ms != NEVER && self.age_ms().saturating_sub(answered_ms) < ms(GOOD_FOR) {
            return Ok(());
        }
        let ping = async {
            let pinged = within(Dependency::Postgres, sqlx::query("SELECT 1").execute(pool)).await.map(drop);
            self.answered_ms.store(if pinged.is_ok() { self.age_ms() } else { NEVER }, Ordering::Release);
            pinged
        };
        self.passes.wait_for(Box::pin(ping)).await
    }

    fn age_ms(&self) -> u64 {
        ms(self.began.elapsed())
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
