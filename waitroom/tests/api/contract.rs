//! The contract of the line: whatever is done in whatever order, by however many replicas, Redis answers as the model
//! does, and what must hold holds after every step.

use harness::stores::TestStores;
use proptest::test_runner::{Config, TestRng, TestRunner};

mod horizon;
mod invariants;
mod pair;
mod steps;

use pair::{Pair, Stage};

/// How many sequences are tried, the same ones in every run, unless the environment asks for a campaign of so many new
/// ones.
const SEQUENCES: u32 = 300;
const SEQUENCES_VARIABLE: &str = "CONTRACT_SEQUENCES";

#[expect(clippy::disallowed_methods, reason = "a campaign says how many sequences it wants")]
fn campaign() -> Option<u32> {
    std::env::var(SEQUENCES_VARIABLE).ok().and_then(|count| count.parse().ok())
}

/// The same sequences whenever it is asked for so many.
fn same_sequences(cases: u32) -> TestRunner {
    let config = config(cases);
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn redis_does_what_the_model_does() {
    let runner = campaign().map_or_else(|| same_sequences(SEQUENCES), |cases| TestRunner::new(config(cases)));
    try_with(TestStores::new(), runner);
}

/// Tries so many sequences on these stores.
pub fn agree(stores: impl Future<Output = TestStores>, cases: u32) {
    try_with(stores, same_sequences(cases));
}

fn try_with(stores: impl Future<Output = TestStores>, mut runner: TestRunner) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stores = runtime.block_on(stores);
    let stage = runtime.block_on(async { Stage::new(&stores) });
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
