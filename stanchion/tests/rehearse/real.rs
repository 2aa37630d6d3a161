//! A small rehearsal of the real services.

use harness::actors::Operator;
use harness::stores::TestStores;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Vars;
use shared::service::Running;

use crate::report;

const OPERATOR_TOKEN: &str = "the operator of a rehearsal under test";

struct Site {
    waitroom: Running,
    booking: Running,
    /// Last, so that the services are gone when they are freed.
    _stores: TestStores,
}

impl Site {
    async fn open() -> Self {
        let stores = TestStores::new().await;
        let vars = Vars::default()
            .with("REDIS_URL", &stores.redis_url)
            .with("DATABASE_URL", &stores.database_url)
            .with("WAITROOM_SECRET", "the secret of a line under test, long enough")
            .with("BOOKING_SECRET", "the secret of a shop under test, long enough")
            .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN)
            .with("RATE_LIMIT_PER_ADDRESS", "0");
        let any_port = ["WAITROOM_LISTEN", "WAITROOM_ADMIN_LISTEN", "BOOKING_LISTEN", "BOOKING_ADMIN_LISTEN"];
        let mut vars = any_port.iter().fold(vars, |vars, name| vars.with(name, "127.0.0.1:0"));
        let config = waitroom::config::Config::from_vars(&mut vars);
        let waitroom = waitroom::start(config, Clock::System).await.unwrap();
        let mut vars = vars.with("WAITROOM_PUBLIC_URL", waitroom.url());
        let booking = booking::start(booking::Config::from_vars(&mut vars), Clock::System).await.unwrap();
        vars.finish().unwrap();
        Self { waitroom, booking, _stores: stores }
    }
}

#[tokio::test]
async fn people_who_come_and_go_keep_their_places_in_the_real_line() {
    let site = Site::open().await;
    let drop = json!({"slug": "rehearsal", "title": "Rehearsal", "rate_per_minute": 1_200, "burst": 20, "max_active": 500});
    let operator = Operator::new(&site.waitroom.url(), OPERATOR_TOKEN);
    operator.create_drop(drop).await.expect(201);
    operator.open("rehearsal").await.expect(200);
    // Nothing is for sale: this is about the line.
    let arguments = format!(
        "--booking-url {} --drop rehearsal --visitors 80 --arrive-within 500ms --think 0s --go-away 0.2 --away-for 500ms-1500ms \
         --leave 0.1 --sleep 0.2 --sleep-for 700ms --tabs 0.2 --follow 0.5 --give-up-after 60s",
        site.booking.url()
    );
    let report = report(&site.waitroom.url(), &arguments).await;

    let line = &report["line"];
    assert_eq!(report["findings"], json!([]), "{report:#}");
    assert_eq!(report["joined"], 80);
    let endings = &report["endings"];
    assert_eq!(endings["gave_up"], Value::Null, "{report:#}");
    assert_eq!(endings["refused"], Value::Null, "{report:#}");
    assert!(endings["left_the_line"].as_u64() > Some(0), "{report:#}");
    assert!(line["absences"]["came_back"].as_u64() > Some(0), "{report:#}");
    assert_eq!(line["tabs"]["second_places"], 0);
    assert!(line["tabs"]["opened"].as_u64() > Some(0), "{report:#}");
    assert!(line["streams"]["events"].as_u64() > Some(0), "{report:#}");
    let called = line["waits"]["called"].as_u64().unwrap() + endings["left_the_line"].as_u64().unwrap();
    assert!(called >= 80, "whoever stayed was called: {report:#}");
}
