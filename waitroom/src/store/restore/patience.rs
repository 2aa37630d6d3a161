//! Postgres ends a transaction that does nothing for some seconds. Filling Redis may take longer, and the row's lock must
//! be held until the end.

use std::time::{Duration, Instant};

use shared::store::{Dependency, StoreError, within};
use sqlx::PgConnection;

/// How often Postgres is told that the transaction is still needed.
const RENEW: Duration = Duration::from_secs(1);

/// A transaction that something else takes its time for.
pub(super) struct Patience<'a> {
    tx: &'a mut PgConnection,
    last: Instant,
}

impl<'a> Patience<'a> {
    pub(super) fn new(tx: &'a mut PgConnection) -> Self {
        Self { tx, last: Instant::now() }
    }

    /// To be called every now and then. Fails when the lock is gone.
    pub(super) async fn renew(&mut self) -> Result<(), StoreError> {
        if self.last.elapsed() < RENEW {
            return Ok(());
        }
        within(Dependency::Postgres, sqlx::query("SELECT 1").execute(&mut *self.tx)).await?;
        self.last = Instant::now();
        Ok(())
    }
}
