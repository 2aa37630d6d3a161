//! What does not change about a show from moment to moment, kept in memory: its seats, its prices, the drop that sells
//! it. A background task rereads what an operator changed, so that requests ask Postgres only for a show they are the
//! first to name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use shared::store::{Dependency, StoreError};
use sqlx::PgPool;
use tokio::sync::Mutex;

use super::{catalogue, postgres};
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::ShowId;

/// More shows than this are not kept.
const MAX_PLANS: usize = 5_000;

/// The plans of shows that were asked for. Clones share them.
#[derive(Clone)]
pub struct Plans {
    pool: PgPool,
    known: Arc<RwLock<HashMap<ShowId, Arc<ShowPlan>>>>,
    /// One plan is read at a time: of a thousand who are the first to ask for an arena, one reads its seats.
    reading: Arc<Mutex<()>>,
}

impl Plans {
    /// No plans yet; they come from this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, known: Arc::default(), reading: Arc::default() }
    }

    /// The plan of a show, at most about a second old. It is not waited for longer than for any other answer, but once
    /// begun it is read to its end, for whoever asks next.
    pub async fn get(&self, show: ShowId) -> Result<Option<Arc<ShowPlan>>, StoreError> {
        if let Some(plan) = self.remembered(show) {
            return Ok(Some(plan));
        }
        let plans = self.clone();
        let reading = tokio::spawn(async move { plans.read(show).await });
        postgres(async {
            reading
                .await
                .unwrap_or_else(|end| Err(StoreError::unexpected(Dependency::Postgres, end.to_string())))
        })
        .await
    }

    /// The plan of a show, however long it takes: for operators, who may have just made it.
    pub async fn read(&self, show: ShowId) -> Result<Option<Arc<ShowPlan>>, StoreError> {
        let _one_at_a_time = self.reading.lock().await;
        if let Some(plan) = self.remembered(show) {
            return Ok(Some(plan));
        }
        let Some(plan) = catalogue::plan(&self.pool, show).await?.map(Arc::new) else { return Ok(None) };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_PLANS {
            known.clear();
        }
        known.insert(show, plan.clone());
        Ok(Some(plan))
    }

    /// Forgets a show that was just changed here.
    pub fn forget(&self, show: ShowId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&show);
    }

    /// Forgets every show that was changed since it was read.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let ids: Vec<ShowId> =
            self.known.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let changes: HashMap<_, _> = catalogue::last_changes(&self.pool, &ids).await?.into_iter().collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|show, plan| changes.get(show).is_some_and(|at| *at == plan.updated_at));
        Ok(())
    }

    fn remembered(&self, show: ShowId) -> Option<Arc<ShowPlan>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&show).cloned()
    }
}
