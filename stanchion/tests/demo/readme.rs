//! The README's lines, run as they stand.

use std::process::Stdio;

use nix::sys::signal::Signal;
use tokio::process::Command;

use crate::install_tls;
use crate::running::Site;

const README: &str = include_str!("../../../README.md");

/// What stands between ```` ```sh ```` and ```` ``` ````.
fn journey() -> &'static str {
    let (_, rest) = README.split_once("```sh\n").expect("the README has a journey");
    let (journey, _) = rest.split_once("```").expect("the journey ends");
    journey
}

#[tokio::test]
async fn the_readmes_journey_works_as_it_stands() {
    install_tls();
    let site = Site::new();
    let demo = site.start().await;
    let shell = Command::new("bash")
        .args(["-euo", "pipefail", "-c", journey()])
        .env("WAITROOM", site.waitroom())
        .env("BOOKING", site.booking())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_mins(1), shell).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let booking = said.lines().last().unwrap();
    assert!(booking.contains("\"status\":\"confirmed\"") && booking.contains("\"qr\":\"ST1."), "{said}");
    assert_eq!(site.shows().await["items"][0]["available_seats"], 401);
    assert!(demo.stop(Signal::SIGTERM).await.success());
}

#[test]
fn the_readmes_targets_are_those_of_the_makefile() {
    let makefile = include_str!("../../../Makefile");
    for target in
        ["run", "test", "lint", "screenshots", "bench", "rehearse", "audit", "chaos", "sqlx-prepare"]
    {
        assert!(makefile.contains(&format!("\n{target}: ##")), "{target}");
    }
    assert!(README.contains("make run") && README.contains("make test"));
}
