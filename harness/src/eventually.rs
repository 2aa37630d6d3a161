//! Waiting for a condition instead of sleeping.

use std::{fmt::Debug, panic::Location, time::Duration};

use tokio::time::{Instant, sleep, timeout_at};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a condition may answer: `bool`, `Option` (holds when it is something) or `Result` (holds when it is fine).
pub trait Outcome {
    /// What is handed on when the condition holds.
    type Value;

    /// The value, or why the condition does not hold.
    fn outcome(self) -> Result<Self::Value, String>;
}

impl Outcome for bool {
    type Value = ();

    fn outcome(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("false".to_owned()) }
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing".to_owned())
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.map_err(|e| format!("{e:?}"))
    }
}

/// Tries the condition until it holds and returns its value.
///
/// # Panics
/// When it does not hold within `timeout`, naming the caller's line and the condition's last answer.
#[track_caller]
pub fn eventually<C, F>(
    timeout: Duration,
    mut condition: C,
) -> impl Future<Output = <F::Output as Outcome>::Value>
where
    C: FnMut() -> F,
    F: Future<Output: Outcome>,
{
    let caller = Location::caller();
    let deadline = Instant::now() + timeout;
    async move {
        let mut tries = 0_u32;
        let mut last = "none".to_owned();
        loop {
            tries += 1;
            match timeout_at(deadline, condition()).await.map(Outcome::outcome) {
                Ok(Ok(value)) => return value,
                Ok(Err(answer)) => last = answer,
                Err(_) => {}
            }
            assert!(
                Instant::now() < deadline,
                "the condition at {caller} did not hold within {timeout:?} ({tries} tries, last answer: {last})"
            );
            sleep(LOOK_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_condition_is_tried_until_it_holds() {
        let mut tries = 0;
        let value = eventually(Duration::from_secs(5), || {
            tries += 1;
            let answer = if tries < 3 { Err("too early") } else { Ok(tries) };
            async move { answer }
        });
        assert_eq!(value.await, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "last answer: \"still waiting\"")]
    async fn the_failure_says_what_was_answered_last() {
        eventually(Duration::from_millis(30), || async { Err::<(), _>("still waiting") }).await;
    }

    #[tokio::test]
    #[should_panic(expected = "eventually.rs")]
    async fn a_condition_that_hangs_fails_too_and_names_the_callers_line() {
        eventually(Duration::from_millis(30), std::future::pending::<bool>).await;
    }
}
