//! Delivers what the outbox holds and was not delivered directly, and sends a drop's slot ends again when the drop
//! begins a new epoch.

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use shared::clock::Clock;
use shared::service::Tasks;
use shared::store::StoreError;

use crate::app::AppState;
use crate::domain::outbox::Row;
use crate::metrics::money as measured;
use crate::store::courier::Courier;
use crate::store::{Store, outbox};

const DELIVER_EVERY: Duration = Duration::from_millis(500);
const DELIVER_BATCH: i64 = 100;
const EPOCHS_EVERY: Duration = Duration::from_secs(1);
/// However often a message failed, it is tried again after so many seconds.
const MAX_PAUSE_S: i64 = 15;

/// Starts the tasks.
pub fn start(state: &AppState, tasks: &Tasks) {
    let (store, courier) = (state.store.clone(), state.till.courier.clone());
    tasks.repeat(DELIVER_EVERY, move || {
        let (store, courier) = (store.clone(), courier.clone());
        async move {
            if let Err(error) = deliver_due(&store, &courier).await {
                tracing::warn!(error = %error, "the outbox cannot be read");
            }
        }
    });
    let courier = state.till.courier.clone();
    tasks.repeat(EPOCHS_EVERY, move || {
        let courier = courier.clone();
        async move {
            if let Err(error) = courier.resend_slot_ends().await {
                tracing::debug!(error = %error, "slot ends will be sent again later");
            }
        }
    });
}

async fn deliver_due(store: &Store, courier: &Courier) -> Result<(), StoreError> {
    loop {
        let due = outbox::take_due(&store.pool, DELIVER_BATCH, store.clock.now()).await?;
        let batch_was_full = i64::try_from(due.len()) == Ok(DELIVER_BATCH);
        let delivered = join_all(due.iter().map(|row| courier.deliver(&row.message))).await;
        let mut sent = Vec::new();
        for (row, delivered) in due.iter().zip(delivered) {
            measured::outbox(row.message.destination().as_str(), delivered.is_ok());
            match delivered {
                Ok(()) => sent.push(row.id),
                Err(error) => put_off(store, row, &error).await?,
            }
        }
        if !sent.is_empty() {
            outbox::sent(&store.pool, &sent, store.clock.now()).await?;
        }
        if !batch_was_full {
            return Ok(());
        }
    }
}

async fn put_off(store: &Store, row: &Row, error: &StoreError) -> Result<(), StoreError> {
    let clock: &Clock = &store.clock;
    let pause = SignedDuration::from_secs(i64::from(row.attempts).clamp(1, MAX_PAUSE_S));
    let now = clock.now();
    outbox::failed(&store.pool, row.id, &error.to_string(), (now, now + pause)).await
}
