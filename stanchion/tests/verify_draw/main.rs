//! `stanchion verify-draw` as people run it, against a fake waiting room that tells the truth or lies.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod fake;
mod real;

use std::process::Output;

use tokio::process::Command;

use fake::Fake;

async fn verify_draw(address: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
    command.arg("verify-draw").arg(address).args(more).kill_on_drop(true).output().await.unwrap()
}

/// What is printed, and whether everything holds; anything but 0 or 1 is a failed test.
async fn verdict(fake: Fake, more: &[&str]) -> (String, bool) {
    let output = verify_draw(&fake.serve().await, more).await;
    let text = String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => (text, true),
        Some(1) if !text.is_empty() => (text, false),
        code => panic!("{code:?}: {text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn wrong(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("WRONG  ")).collect()
}

#[tokio::test]
async fn an_honest_draw_is_right_with_and_without_a_salt() {
    for salt in [None, Some("round 7: b1a5")] {
        let (text, holds) = verdict(Fake::honest(20_000, salt), &[]).await;
        assert!(holds, "{text}");
        assert_eq!(
            text.lines().filter(|line| line.starts_with("right  ")).count(),
            8 + usize::from(salt.is_some())
        );
        assert!(text.contains("the roster has 20000 places"), "{text}");
    }
    let (text, holds) = verdict(Fake::honest(0, None), &[]).await;
    assert!(holds, "an empty lobby: {text}");
}

#[tokio::test]
async fn each_lie_is_found_and_named() {
    let order = "the places stand in the order that seed, salt and ids give";
    let digest = "the SHA-256 of the roster is the one that was published";
    let count = "the roster has 500 places, as the draw says";
    let commitment = "the commitment is the SHA-256 of the seed";
    let honest = || Fake::honest(500, Some("b1a5"));
    let lies: [(&str, Fake, Vec<&str>); 11] = [
        ("two lines swapped", honest().with_roster(|lines| lines.swap(100, 101)), vec![order, digest]),
        (
            "two lines swapped, and the digest of that",
            honest().with_roster(|lines| lines.swap(100, 101)).with_fitting_digest(),
            vec![order],
        ),
        ("a line missing", honest().with_roster(|lines| drop(lines.remove(250))), vec![count, digest]),
        (
            "a line missing, and digest and count of that",
            honest().with_roster(|lines| drop(lines.remove(250))).with_fitting_digest(),
            vec![count],
        ),
        (
            "a line twice",
            honest().with_roster(|lines| lines[8] = lines[7].clone()).with_fitting_digest(),
            vec!["no place stands twice"],
        ),
        (
            "a line that is no id",
            honest().with_roster(|lines| lines[9] = lines[9].to_uppercase()).with_fitting_digest(),
            vec!["every line of the roster is the id of a place"],
        ),
        ("another seed", honest().with_seed([8; 32]), vec![commitment, order]),
        ("another digest", honest().with_digest("00"), vec![digest]),
        ("another salt", honest().with_salt(Some("b1a6")), vec![order]),
        ("the salt denied", honest().with_salt(None), vec![order]),
        (
            "another draw in the status",
            honest().with_status_commitment("00"),
            vec!["status and draw publish the same commitment, seed and salt"],
        ),
    ];
    for (lie, fake, expected) in lies {
        let (text, holds) = verdict(fake, &[]).await;
        assert!(!holds, "{lie}: {text}");
        assert_eq!(wrong(&text), expected, "{lie}");
    }
}

#[tokio::test]
async fn what_the_person_knows_is_compared() {
    let fake = || Fake::honest(10, Some("b1a5"));
    let commitment = fake().commitment();
    let (text, holds) =
        verdict(fake(), &["--commitment", &commitment, "--salt", "b1a5", "--place", &fake().place(3)]).await;
    assert!(holds && text.contains("is number 4 of 10"), "{text}");
    let (text, _) = verdict(fake(), &["--commitment", "00"]).await;
    assert_eq!(wrong(&text), ["the commitment is the one that you noted"]);
    let (text, _) = verdict(fake(), &["--salt", "b1a6"]).await;
    assert_eq!(wrong(&text), ["the salt is the one that you read at its source"]);
}

#[tokio::test]
async fn a_roster_without_an_end_is_left() {
    let (text, holds) = verdict(Fake::honest(100, None).endless(), &[]).await;
    assert!(!holds, "{text}");
    assert!(wrong(&text).contains(&"the roster has 100 places, as the draw says"), "{text}");
}

#[tokio::test]
async fn what_is_not_published_yet_or_not_there_cannot_be_verified() {
    let output = verify_draw(&Fake::honest(10, None).unopened().serve().await, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not published yet"));
    let nowhere = Fake::honest(10, None).serve().await.replace("premiere", "nowhere");
    assert_eq!(verify_draw(&nowhere, &[]).await.status.code(), Some(1));
    let usage = verify_draw("http://127.0.0.1/somewhere", &[]).await;
    assert_eq!(usage.status.code(), Some(2));
}
