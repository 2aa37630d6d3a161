//! The rehearsal as people run it, against a fake installation.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod fake;
mod line;
mod real;
mod shopping;
mod waiting;

use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use fake::{Fake, Fault, SEATS};

/// Runs `stanchion rehearse` with `arguments`, separated by blanks.
async fn stanchion_rehearse(address: &str, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stanchion"))
        .args(["rehearse", "--waitroom-url", address])
        .args(
            (!arguments.contains("--booking-url"))
                .then_some(["--booking-url", address])
                .into_iter()
                .flatten(),
        )
        .args(arguments.split_whitespace())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

async fn report(address: &str, arguments: &str) -> Value {
    let output = stanchion_rehearse(address, &format!("{arguments} --json")).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_crowd_sells_the_hall_out_and_the_report_adds_up() {
    let fake = Fake::new(Fault::None);
    let at = fake.serve(0).await;
    let report = report(&at.address, "--arrive-within 300ms --visitors 120 --shoppers-pay 1 --seed 3").await;

    assert_eq!(report["joined"], 120);
    assert_eq!(report["seats_sold"], SEATS as u64);
    assert_eq!(fake.seats_booked(), SEATS);
    assert_eq!(report["booked"], fake.bookings().len() as u64);
    assert!(report["sold_out_at_s"].as_f64().unwrap() > 0.0, "{report}");
    let endings: u64 = report["endings"].as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(endings, 120, "everybody went home");
    let steps: Vec<_> = report["steps"].as_array().unwrap().iter().map(|it| &it["step"]).collect();
    for step in ["join", "place", "claim", "shows", "seats", "reserve", "confirm", "end"] {
        assert!(steps.contains(&&Value::from(step)), "{step} is not in {steps:?}");
    }
}

#[tokio::test]
async fn a_payment_whose_answer_was_lost_is_repeated_and_counted_once() {
    let fake = Fake::new(Fault::LostPaymentAnswers);
    let at = fake.serve(0).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acknowledged");
    let arguments =
        format!("--arrive-within 300ms --visitors 10 --shoppers-pay 1 --acknowledged {}", file.display());
    let report = report(&at.address, &arguments).await;

    assert!(report["booked"].as_u64().unwrap() > 0);
    assert_eq!(report["confirms_repeated"], report["booked"]);
    assert_eq!(report["errors"]["confirm lost"], report["booked"]);
    assert_eq!(report["confirms_unresolved"], 0);
    let written = std::fs::read_to_string(file).unwrap();
    let mut acknowledged: Vec<_> = written.lines().map(str::to_owned).collect();
    acknowledged.sort();
    let mut booked = fake.bookings();
    booked.sort();
    assert_eq!(acknowledged, booked);
}

#[tokio::test]
async fn a_payment_under_way_is_asked_for_again() {
    let fake = Fake::new(Fault::SlowPayments);
    let at = fake.serve(0).await;
    let report = report(&at.address, "--arrive-within 300ms --visitors 5 --shoppers-pay 1").await;
    assert_eq!(report["booked"], 5);
    assert_eq!(report["confirms_repeated"], 5);
}

#[tokio::test]
async fn refusals_for_a_while_are_waited_out_and_counted() {
    let fake = Fake::new(Fault::RefusedJoins(4));
    let at = fake.serve(0).await;
    let report = report(&at.address, "--arrive-within 300ms --visitors 10").await;
    assert_eq!(report["joined"], 10);
    assert_eq!(report["errors"]["join 503 unavailable"], 4);
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_again_loses_no_visitor() {
    let fake = Fake::new(Fault::None);
    let at = fake.serve(0).await;
    let address = at.address.clone();
    let run = tokio::spawn(async move { report(&address, "--visitors 30 --arrive-within 2s").await });
    while fake.seats_booked() == 0 {
        assert!(!run.is_finished(), "nobody bought anything");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let port = at.kill().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let _again = fake.serve(port).await;

    let report = run.await.unwrap();
    assert_eq!(report["endings"]["gave_up"], Value::Null, "{report}");
    assert!(report["repeats"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_up() {
    let fake = Fake::new(Fault::NobodyCalled);
    let at = fake.serve(0).await;
    let report = report(&at.address, "--arrive-within 300ms --visitors 10 --give-up-after 1s").await;
    assert_eq!(report["endings"]["gave_up"], 10);
    assert!(report["took_s"].as_f64().unwrap() < 5.0);
}

#[tokio::test]
async fn a_seat_sold_twice_is_found_from_outside() {
    let fake = Fake::new(Fault::SeatsSoldTwice);
    let at = fake.serve(0).await;
    let output =
        stanchion_rehearse(&at.address, "--arrive-within 300ms --visitors 40 --shoppers-pay 1").await;
    assert_eq!(output.status.code(), Some(1));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("FOUND: seat "), "{page}");
}

#[tokio::test]
async fn an_unknown_drop_and_a_silent_address_are_said_in_a_sentence() {
    let at = Fake::new(Fault::None).serve(0).await;
    let output = stanchion_rehearse(&at.address, "--drop nowhere").await;
    assert_eq!(output.status.code(), Some(64));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.starts_with("stanchion: there is no drop \"nowhere\" at http://127.0.0.1"),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 1);

    let address = at.address.clone();
    at.kill().await;
    let output = stanchion_rehearse(&address, "").await;
    assert_eq!(output.status.code(), Some(64));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("nothing answers"), "{complaint}");
    assert_eq!(complaint.lines().count(), 1);
}

#[tokio::test]
async fn wrong_values_are_usage_errors() {
    for wrong in ["--seats 0", "--shoppers-pay 2", "--arrive-within soon"] {
        let output = stanchion_rehearse("http://127.0.0.1:1", wrong).await;
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}
