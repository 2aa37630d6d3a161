//! A real waiting room, a real draw with a salt, and the command beside it.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::actors::{Operator, Visitor};
use harness::eventually;
use harness::stores::TestStores;
use serde_json::json;
use shared::clock::Clock;
use shared::config::Vars;
use waitroom::config::Config;

use crate::verify_draw;

const SOON: Duration = Duration::from_secs(20);
const TOKEN: &str = "an operator's token for tests";
const DROP: &str = "premiere";

fn config(stores: &TestStores) -> Config {
    let mut vars = Vars::default()
        .with("WAITROOM_LISTEN", "127.0.0.1:0")
        .with("WAITROOM_ADMIN_LISTEN", "127.0.0.1:0")
        .with("WAITROOM_SECRET", "a secret of waitroom for its tests")
        .with("WAITROOM_TICK_MS", "50")
        .with("OPERATOR_BOOTSTRAP_TOKEN", TOKEN)
        .with("RATE_LIMIT_PER_IDENTITY", "0")
        .with("RATE_LIMIT_PER_ADDRESS", "0")
        .with("REDIS_URL", &stores.redis_url)
        .with("DATABASE_URL", &stores.database_url);
    let config = Config::from_vars(&mut vars);
    vars.finish().expect("the tests' settings are right");
    config
}

/// The places of those who have been called.
async fn called(visitors: &[Visitor]) -> BTreeSet<String> {
    let mut called = BTreeSet::new();
    for visitor in visitors {
        let place = visitor.place().await;
        if place["state"] == "called" {
            called.insert(place.text("place_id").to_owned());
        }
    }
    called
}

#[tokio::test]
async fn a_draw_with_a_salt_is_called_in_the_order_that_the_command_computes() {
    let stores = TestStores::new().await;
    let room = waitroom::start(config(&stores), Clock::System).await.unwrap();
    let url = room.url();
    let operator = Operator::new(&url, TOKEN);
    let drop = json!({
        "slug": DROP, "title": "Premiere", "lobby_opens_at": Clock::System.now(), "salt_source": "a beacon",
        "max_active": 10, "rate_per_minute": 60_000,
    });
    operator.create_drop(drop).await.expect(201);
    let commitment =
        Visitor::new(&url, DROP).status().await["draw"]["commitment"].as_str().unwrap().to_owned();
    let page = format!("{url}/q/{DROP}");
    let early = verify_draw(&page, &[]).await;
    assert_eq!(early.status.code(), Some(1), "nothing to verify yet");

    let visitors: Vec<Visitor> = (0..60).map(|_| Visitor::new(&url, DROP)).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    operator.create(&format!("drops/{DROP}/open"), json!({"salt": "b1a5"})).await.expect(200);
    eventually(SOON, || async { Visitor::new(&url, DROP).status().await["draw"]["seed"].is_string() }).await;
    let mine = visitors[0].place().await.text("place_id").to_owned();
    let verified =
        verify_draw(&page, &["--commitment", &commitment, "--salt", "b1a5", "--place", &mine]).await;
    let text = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(0), "{text}");
    assert!(text.contains("the roster has 60 places") && text.contains(" of 60"), "{text}");

    let roster = get(&format!("{url}/v1/drops/{DROP}/draw/roster")).await;
    let first: BTreeSet<String> = roster.lines().take(10).map(str::to_owned).collect();
    eventually(SOON, || async { called(&visitors).await.len() == 10 }).await;
    assert_eq!(called(&visitors).await, first, "called as it was drawn");
    room.stop().await;
}

async fn get(url: &str) -> String {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::get(url).await.unwrap().text().await.unwrap()
}
