//! The demo as people run it: a process with private stores in a folder of its own.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod readme;
mod running;

use std::net::TcpListener;

use nix::sys::signal::Signal;
use serde_json::Value;

use running::{Site, mode};

fn install_tls() {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}

#[tokio::test]
async fn a_demo_runs_stops_and_goes_on_with_its_data() {
    install_tls();
    let site = Site::new();
    let demo = site.start().await;
    let line = format!("{}/q/midnight-premiere", site.waitroom());
    assert!(demo.said.contains(&line), "{}", demo.said);
    let token = std::fs::read_to_string(site.data().join("operator.token")).unwrap();
    assert!(demo.said.contains(&token), "the operator token is printed");
    for secret in ["operator.token", "waitroom.secret", "booking.secret", "running.json"] {
        assert_eq!(mode(&site.data().join(secret)), 0o600, "{secret}");
    }

    assert_eq!(site.drop_status().await["state"], "open");
    let shows = site.shows().await;
    let show = &shows["items"][0];
    assert_eq!(shows["items"].as_array().unwrap().len(), 1);
    assert_eq!(show["available_seats"], 402);
    let starts_at: jiff::Timestamp = show["starts_at"].as_str().unwrap().parse().unwrap();
    let ahead = starts_at.duration_since(shared::clock::Clock::System.now());
    assert!(ahead.as_hours() >= 48, "{starts_at}");

    assert!(demo.stop(Signal::SIGTERM).await.success());
    assert_eq!(site.processes(), Vec::<String>::new(), "nothing is left behind");
    assert!(!site.data().join("running.json").exists());

    let again = site.start().await;
    assert!(again.said.contains(&token), "the token is the same");
    assert_eq!(site.shows().await["items"][0]["show_id"], show["show_id"], "the shop is the same");
    assert!(again.stop(Signal::SIGINT).await.success());
    assert_eq!(site.processes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_crowd_buys_and_the_audit_is_clean_also_after_kill_9() {
    install_tls();
    let site = Site::new();
    let demo = site.start().await;
    let arguments =
        ["rehearse", "--visitors", "60", "--arrive-within", "2s", "--give-up-after", "90s", "--json"];
    let output = site.run(&arguments).await;
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["joined"], 60, "{report:#}");
    assert!(report["booked"].as_u64().unwrap() > 30, "{report:#}");
    assert_eq!(report["errors"], serde_json::json!({}), "{report:#}");

    assert_clean(&site).await;
    demo.kill().await;
    assert_clean(&site).await;
    assert_eq!(site.processes(), Vec::<String>::new(), "the audit stops what it started");

    let again = site.start().await;
    let sold = 402 - site.shows().await["items"][0]["available_seats"].as_u64().unwrap();
    assert!(sold >= report["seats_sold"].as_u64().unwrap(), "what was sold is still sold");
    assert!(again.stop(Signal::SIGTERM).await.success());
}

#[tokio::test]
async fn a_demo_killed_in_the_middle_of_a_rehearsal_goes_on_and_the_audit_is_clean() {
    install_tls();
    let site = Site::new();
    let demo = site.start().await;
    let acknowledged = site.data().join("acknowledged");
    let arguments = ["rehearse", "--visitors", "80", "--arrive-within", "2s", "--give-up-after", "120s"];
    let mut rehearsal = site.stanchion(&arguments);
    let rehearsal = rehearsal.arg("--json").arg("--acknowledged").arg(&acknowledged).output();
    let killed = async {
        harness::eventually(std::time::Duration::from_secs(30), || async {
            site.shows().await["items"][0]["available_seats"].as_u64().is_some_and(|left| left < 380)
        })
        .await;
        demo.kill().await;
        site.start().await
    };
    let (output, again) = tokio::join!(rehearsal, killed);
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["booked"].as_u64().unwrap() > 30, "{report:#}");
    assert_eq!(
        std::fs::read_to_string(&acknowledged).unwrap().lines().count() as u64,
        report["booked"].as_u64().unwrap(),
        "{report:#}"
    );
    assert_clean(&site).await;
    assert!(again.stop(Signal::SIGTERM).await.success());
}

async fn assert_clean(site: &Site) {
    let output = site.run(&["audit", "--json"]).await;
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(document["holds"], true, "{document:#}");
    assert!(document["checks"].as_array().unwrap().len() >= 10, "{document:#}");
    assert!(output.status.success());
}

#[tokio::test]
async fn a_busy_port_is_said_in_a_sentence_before_anything_is_started() {
    let site = Site::new();
    let _occupied = TcpListener::bind(("127.0.0.1", site.port())).unwrap();
    let output = site.run(&["demo", "--no-crowd"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("WAITROOM_LISTEN") && complaint.contains("in use"), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert!(!site.data().join("postgres").exists());
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_said_in_a_sentence() {
    let site = Site::new();
    std::fs::write(site.data(), "in the way").unwrap();
    let output = site.run(&["demo", "--no-crowd"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.starts_with("stanchion: the data folder "), "{complaint}");
}

#[tokio::test]
async fn an_audit_of_nothing_is_a_configuration_mistake() {
    let site = Site::new();
    let output = site.run(&["audit"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let output = site.run(&["rehearse"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
}
