//! Up to which epoch of a drop its slot ends have been sent. The waiting room restores slots from a ledger that may not
//! know the last ends before Redis was lost, so a new epoch has them sent again.

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::drop::{end_slot, epoch};
use shared::ids::{DropSlug, Sid};
use shared::store::{Dependency, StoreError, within};

use super::Store;
use super::courier::Courier;

/// No slot outlives its booking by so much.
pub(super) const SLOTS_LIVE: SignedDuration = SignedDuration::from_hours(6);
/// How many slots are ended at a time.
const BATCH: usize = 64;

/// A drop with recent bookings, and the epoch up to which its ends were sent.
struct Served {
    drop: DropSlug,
    epoch: i64,
}

impl Courier {
    /// Sends the slot ends of every drop again that began a new epoch.
    pub async fn resend_slot_ends(&self) -> Result<(), StoreError> {
        let since = self.store().clock.now() - SLOTS_LIVE;
        for served in served(self.store(), since).await? {
            match epoch(&self.store().redis, &served.drop).await? {
                Some(epoch) if epoch > served.epoch => {
                    resend(self.store(), &served.drop, epoch, since).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

async fn resend(store: &Store, drop: &DropSlug, epoch: i64, since: Timestamp) -> Result<(), StoreError> {
    let spent = spent(store, drop, since).await?;
    for batch in spent.chunks(BATCH) {
        try_join_all(batch.iter().map(|sid| end_slot(&store.redis, &store.clock, drop, *sid))).await?;
    }
    tracing::info!(drop = %drop, epoch, slots = spent.len(), "a drop's slot ends were sent for its new epoch");
    let query = sqlx::query!(
        "INSERT INTO booking.drop_epochs AS known (drop, epoch, updated_at) VALUES ($1, $2, $3)
         ON CONFLICT (drop) DO UPDATE SET epoch = excluded.epoch, updated_at = excluded.updated_at
         WHERE known.epoch < excluded.epoch",
        drop.as_str(),
        epoch,
        store.clock.now().to_sqlx() as _,
    );
    within(Dependency::Postgres, query.execute(&store.pool)).await.map(std::mem::drop)
}

async fn served(store: &Store, since: Timestamp) -> Result<Vec<Served>, StoreError> {
    let query = sqlx::query_as!(
        Served,
        r#"SELECT drop AS "drop: DropSlug", coalesce(max(known.epoch), -1) AS "epoch!"
           FROM booking.bookings LEFT JOIN booking.drop_epochs AS known USING (drop)
           WHERE spends_admission AND confirmed_at > $1
           GROUP BY drop"#,
        since.to_sqlx() as _,
    );
    within(Dependency::Postgres, query.fetch_all(&store.pool)).await
}

async fn spent(store: &Store, drop: &DropSlug, since: Timestamp) -> Result<Vec<Sid>, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT sid AS "sid: Sid" FROM booking.bookings
           WHERE drop = $1 AND spends_admission AND confirmed_at > $2"#,
        drop.as_str(),
        since.to_sqlx() as _,
    );
    within(Dependency::Postgres, query.fetch_all(&store.pool)).await
}
