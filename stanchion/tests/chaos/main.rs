//! Chaos as people run it, but shorter: services are killed while a crowd shops, and nothing may be wrong afterwards.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

async fn chaos(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
    command.arg("chaos").args(arguments).env("RUST_BACKTRACE", "0").kill_on_drop(true).output().await.unwrap()
}

#[tokio::test]
async fn services_killed_at_random_lose_no_seat_and_no_cent() {
    let output = chaos(&["--seconds", "15", "--visitors-per-second", "4", "--json"]).await;
    let outcome: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let brief = |name: &str| outcome[name].clone();
    assert_eq!(outcome["findings"], serde_json::json!([]), "{:#}", brief("behind_the_counter"));
    assert!(output.status.success());
    let kills: u64 = outcome["kills"].as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum();
    assert!(kills > 0, "nothing was killed");
    assert!(outcome["rehearsal"]["booked"].as_u64() > Some(0), "nobody bought anything");
    let looked_at = |name: &str| {
        let check = outcome["checks"].as_array().unwrap().iter().find(|check| check["name"] == name);
        check.unwrap_or_else(|| panic!("{name} is not checked"))["examined"].as_u64().unwrap()
    };
    for name in ["seats.one_live_owner", "money.one_capture_a_booking", "line.one_place"] {
        assert!(looked_at(name) > 0, "{name} looked at nothing");
    }
    let told = outcome["rehearsal"]["acknowledged"].as_array().unwrap().len() as u64;
    assert_eq!(looked_at("bookings.acknowledged_are_there"), told);
}

#[tokio::test]
async fn wrong_values_are_usage_errors() {
    for wrong in [["--seconds", "1"], ["--kill", "everything"]] {
        assert_eq!(chaos(&wrong).await.status.code(), Some(2), "{wrong:?}");
    }
}
