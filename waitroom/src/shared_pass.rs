//! A pass over a store that many wait for at the same time: whoever asks waits for a pass that began after asking, and
//! those who ask while one runs share the next. A thousand requests cost a few passes.

use std::time::Instant;

use shared::store::StoreError;
use tokio::sync::Mutex;

/// The passes of one kind. One runs at a time.
#[derive(Default)]
pub struct SharedPass(Mutex<Option<Last>>);

struct Last {
    began: Instant,
    ended: Instant,
    outcome: Result<(), StoreError>,
}

impl Last {
    /// A success speaks for everybody who asked before it began. A failure speaks for everybody who asked before it
    /// ended: the store was away when they asked, and nobody waits for the same silence twice.
    fn answers(&self, asked: Instant) -> bool {
        asked <= if self.outcome.is_ok() { self.began } else { self.ended }
    }
}

impl SharedPass {
    /// Waits for a pass that answers this request, or makes it.
    pub async fn wait_for(
        &self,
        pass: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.answers(asked)) {
            return last.outcome.clone();
        }
        let began = Instant::now();
        let outcome = pass.await;
        *last = Some(Last { began, ended: Instant::now(), outcome: outcome.clone() });
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use shared::store::Dependency;
    use tokio::task::JoinSet;

    use super::*;

    async fn hundred_at_once(outcome: Result<(), StoreError>) -> (usize, usize) {
        let (passes, made) = (Arc::new(SharedPass::default()), Arc::new(AtomicUsize::new(0)));
        let mut waiting = JoinSet::new();
        for _ in 0..100 {
            let (passes, made, outcome) = (passes.clone(), made.clone(), outcome.clone());
            waiting.spawn(async move {
                let pass = async {
                    made.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    outcome
                };
                passes.wait_for(pass).await
            });
        }
        let succeeded = waiting.join_all().await.iter().filter(|outcome| outcome.is_ok()).count();
        (succeeded, made.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_hundred_who_ask_at_once_share_two_passes() {
        let (succeeded, made) = hundred_at_once(Ok(())).await;
        assert_eq!(succeeded, 100);
        assert!(made <= 2, "{made} passes");
    }

    #[tokio::test]
    async fn nobody_waits_for_the_same_silence_twice() {
        let away = StoreError::Unavailable { dependency: Dependency::Postgres, reason: "silence".to_owned() };
        assert_eq!(hundred_at_once(Err(away)).await, (0, 1));
    }
}
