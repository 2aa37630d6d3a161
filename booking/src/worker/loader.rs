//! Notices that Redis lost its memory of a show, or never had it, and fills it, so that maps are right again also
//! where nobody asks; and forgets plans that an operator changed.

use crate::domain::ids::ShowId;
use crate::store::Store;
use crate::store::catalogue::{self, OnSale};
use crate::store::holds::Mark;
use shared::store::StoreError;

/// One round; whether nothing is missing any more.
pub async fn run(store: &Store) -> bool {
    if let Err(error) = store.plans.refresh().await {
        tracing::debug!(%error, "changed shows could not be looked for");
    }
    let shows = match missing(store).await {
        Ok(shows) => shows,
        Err(error) => {
            tracing::debug!(%error, "lost shows could not be looked for");
            return false;
        }
    };
    let mut is_complete = true;
    for show in shows {
        if let Err(error) = store.load_show(show).await {
            tracing::warn!(show.id = %show, %error, "a show could not be loaded yet");
            is_complete = false;
        }
    }
    is_complete
}

/// The shows on sale of which Redis has no memory, or an older one than Postgres asks for.
async fn missing(store: &Store) -> Result<Vec<ShowId>, StoreError> {
    let on_sale = catalogue::on_sale(&store.pool, store.clock.now()).await?;
    let shows: Vec<ShowId> = on_sale.iter().map(|known| known.show).collect();
    let marks = store.holds.marks(&shows).await?;
    let is_missing = |(known, mark): &(OnSale, Mark)| *mark != Mark::Loaded(known.epoch);
    Ok(on_sale.into_iter().zip(marks).filter(is_missing).map(|(known, _)| known.show).collect())
}
