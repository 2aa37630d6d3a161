//! Marks overdue reservations as expired, and puts the seats of overdue holds back on sale. Never one whose payment is
//! under way: only its saga ends it, and its hold is kept until then.

use shared::store::StoreError;

use crate::metrics::{LAPSED, SWEPT};
use crate::store::holds::Holds;
use crate::store::{Store, catalogue, reservations};

/// Rows, and holds, a batch.
const BATCH: usize = 200;

/// One round: batches until nothing overdue is left; whether it came so far.
pub async fn run(store: &Store) -> bool {
    let swept = sweep(store).await;
    if let Err(error) = &swept {
        tracing::debug!(%error, "overdue reservations could not be swept");
    }
    swept.is_ok()
}

/// Expires everything overdue, by Redis's clock, so that no replica's own clock can end a hold early.
pub async fn sweep(store: &Store) -> Result<(), StoreError> {
    let now = store.now().await?;
    store.keep_paying(i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
    loop {
        let expired = reservations::sweep(&store.pool, now, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
        metrics::counter!(SWEPT).increment(expired.len() as u64);
        if expired.len() < BATCH {
            break;
        }
    }
    for known in catalogue::on_sale(&store.pool, now).await? {
        match lapse(&store.holds, known.show).await {
            // The loader fills it, without what is overdue.
            Ok(()) | Err(StoreError::Lost) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn lapse(holds: &Holds, show: crate::domain::ids::ShowId) -> Result<(), StoreError> {
    loop {
        let lapsed = holds.lapse(show, BATCH).await?;
        metrics::counter!(LAPSED).increment(lapsed.len() as u64);
        if lapsed.len() < BATCH {
            return Ok(());
        }
    }
}
