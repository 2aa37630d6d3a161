//! Crowds of which not everybody stays, and what they notice when the line is wrong.

use serde_json::Value;

use crate::fake::{Fake, Fault};
use crate::{report, stanchion_rehearse};

const MIXED: &str = "--visitors 60 --seats 1 --arrive-within 300ms --shoppers-pay 0 --think 0s --go-away 0.2 --away-for 500ms-700ms \
                     --leave 0.1 --sleep 0.2 --sleep-for 150ms --tabs 0.2 --follow 0.5 --give-up-after 30s";

fn of_kind<'a>(report: &'a Value, kind: &str) -> &'a Value {
    let kinds = report["line"]["kinds"].as_array().unwrap();
    kinds.iter().find(|it| it["kind"] == kind).unwrap_or_else(|| panic!("nobody is {kind}: {report:#}"))
}

#[tokio::test]
async fn a_mixed_crowd_finds_its_places_and_the_report_tells_of_each_kind() {
    let fake = Fake::with_a_line(Fault::None, 8);
    let at = fake.serve(0).await;
    let report = report(&at.address, MIXED).await;
    let line = &report["line"];
    let kinds = ["steady", "away", "leaver", "sleeper", "tabs"];
    let visitors: u64 = kinds.iter().map(|kind| of_kind(&report, kind)["visitors"].as_u64().unwrap()).sum();
    assert_eq!(visitors, 60);
    for kind in ["steady", "away", "sleeper", "tabs"] {
        let of = of_kind(&report, kind);
        assert_eq!(of["called"], of["visitors"], "{kind}: {report:#}");
        assert!(of["p50_s"].as_f64().unwrap() > 0.0 && of["p90_s"].as_f64() >= of["p50_s"].as_f64());
    }
    assert_eq!(report["endings"]["left_the_line"], of_kind(&report, "leaver")["visitors"]);
    assert!(line["absences"]["came_back"].as_u64() > of_kind(&report, "away")["visitors"].as_u64());
    assert_eq!(line["absences"]["within_grace"], line["absences"]["came_back"]);
    assert_eq!(line["absences"]["places_lost"], 0);
    assert_eq!(
        line["tabs"]["opened"].as_u64().unwrap(),
        2 * of_kind(&report, "tabs")["visitors"].as_u64().unwrap()
    );
    assert_eq!(line["tabs"]["second_places"], 0);
    assert!(line["streams"]["events"].as_u64() > line["streams"]["opened"].as_u64(), "{report:#}");
    assert!(line["promises"]["checked"].as_u64() >= Some(60), "{report:#}");
    assert_eq!(line["promises"]["held_share"], 1.0);
    assert!(line["states"]["waiting"].as_u64() > line["states"]["called"].as_u64());
    assert!(fake.hidden_looks() > 0, "sleepers say that nobody looks");
}

#[tokio::test]
async fn a_line_that_does_what_it_must_not_is_found_out() {
    for (fault, sentence) in [
        (Fault::SecondPlaces, "another tab of a visitor was given a second place"),
        (Fault::PositionsRise, "times a shown position rose"),
        (Fault::PlacesForgotten, "somebody who came back within the grace had lost the place"),
        (Fault::NobodyLeaves, "somebody who had left was still in line"),
    ] {
        let at = Fake::with_a_line(fault, 8).serve(0).await;
        let output = stanchion_rehearse(&at.address, MIXED).await;
        assert_eq!(output.status.code(), Some(1), "{fault:?}");
        let page = String::from_utf8(output.stdout).unwrap();
        let found: Vec<&str> = page.lines().filter(|line| line.contains("FOUND")).collect();
        assert!(found.len() == 1 && found[0].contains(sentence), "{fault:?}: {page}");
    }
}

#[tokio::test]
async fn a_place_that_is_gone_after_the_grace_is_no_finding() {
    let at = Fake::with_a_line(Fault::PlacesForgotten, 8).serve(0).await;
    let arguments = format!("{MIXED} --grace 100ms");
    let report = report(&at.address, &arguments).await;
    assert!(report["line"]["absences"]["came_back"].as_u64() > Some(0));
    assert_eq!(report["line"]["absences"]["places_lost"], 0);
}

#[tokio::test]
async fn who_cannot_follow_asks_instead() {
    for fault in [Fault::NoStreams, Fault::StreamsBreak] {
        let at = Fake::with_a_line(fault, 6).serve(0).await;
        let arguments = "--visitors 20 --arrive-within 100ms --think 0s --shoppers-pay 0 --follow 1";
        let report = report(&at.address, arguments).await;
        let steady = of_kind(&report, "steady");
        assert_eq!(
            (&steady["visitors"], &steady["called"]),
            (&20.into(), &20.into()),
            "{fault:?}: {report:#}"
        );
        assert_eq!(report["endings"]["refused"], Value::Null, "{fault:?}: {report:#}");
        assert!(report["line"]["states"]["waiting"].as_u64() > Some(20));
    }
}

#[tokio::test]
async fn more_than_everybody_is_a_usage_error() {
    let output = stanchion_rehearse("http://127.0.0.1:1", "--leave 0.6 --sleep 0.6").await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = stanchion_rehearse("http://127.0.0.1:1", "--away-for 9s-1s").await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
