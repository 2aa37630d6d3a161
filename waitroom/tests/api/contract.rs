//! The contract of the line: whatever is done in whatever order, by however many replicas, Redis answers as the model
//! does, and what must hold holds after every step.

use harness::stores::TestStores;
use proptest::test_runner::{Config, TestRunner};

mod horizon;
mod invariants;
mod pair;
mod steps;

use pair::{Pair, Stage};

/// How many sequences are tried, unless the environment says another number.
const SEQUENCES: u32 = 300;
const SEQUENCES_VARIABLE: &str = "CONTRACT_SEQUENCES";

#[expect(clippy::disallowed_methods, reason = "a campaign says how many sequences it wants")]
fn sequences() -> u32 {
    let said = std::env::var(SEQUENCES_VARIABLE).ok().and_then(|count| count.parse().ok());
    said.unwrap_or(SEQUENCES)
}

#[test]
fn redis_does_what_the_model_does() {
    agree(TestStores::new(), sequences());
}

/// Tries so many sequences on these stores.
pub fn agree(stores: impl Future<Output = TestStores>, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stores = runtime.block_on(stores);
    let stage = runtime.block_on(async { Stage::new(&stores) });
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&steps::scene(), |scene| {
        runtime.block_on(async {
            let mut pair = Pair::begin(&stage, &scene).await;
            for step in &scene.steps {
                pair.take(step).await?;
                pair.check(step).await?;
            }
            pair.finish().await
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
