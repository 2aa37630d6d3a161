//! `stanchion verify-ticket` as people run it, with keys and lists in files.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::PathBuf;
use std::process::{Output, Stdio};

use booking::domain::gate_list::GateList;
use booking::domain::ids::{ShowId, TicketId};
use booking::domain::ticket::{QrClaims, TicketKey};
use jiff::Timestamp;
use serde_json::json;
use shared::secret::Secret;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use uuid::Uuid;

const SHOW: ShowId = ShowId(Uuid::from_u128(2));

/// A folder with a shop's keys, and what they sign.
struct Desk {
    folder: TempDir,
    key: TicketKey,
}

impl Desk {
    fn new() -> Self {
        let key = TicketKey::derive(&Secret::new("the secret of a shop whose tickets are verified").unwrap());
        let desk = Self { folder: TempDir::new().unwrap(), key };
        desk.write("keys.json", &json!({ "keys": [desk.key.public().jwk()] }).to_string());
        desk
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn keys(&self) -> String {
        self.folder.path().join("keys.json").to_str().unwrap().to_owned()
    }

    fn code(&self, ticket: u128) -> String {
        let ticket = TicketId(Uuid::from_u128(ticket));
        self.key.sign(&QrClaims { ticket, show: SHOW, seat: "A12".to_owned() })
    }

    /// A gate pack: ticket 7 was given back, ticket 8 used.
    fn pack(&self, show_id: ShowId, since: Option<Timestamp>) -> String {
        let ids = |id| vec![TicketId(Uuid::from_u128(id))];
        let as_of = Timestamp::UNIX_EPOCH;
        let list = GateList { show_id, as_of, since, cancelled: ids(7), used: ids(8) }.sign(&self.key);
        self.write(&format!("{show_id}{}.json", since.is_some()), &json!({ "list": list }).to_string())
    }
}

async fn verify(code: &str, more: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
    command.arg("verify-ticket").arg(code).args(more).kill_on_drop(true);
    spoken(command.output().await.unwrap())
}

fn spoken(output: Output) -> (i32, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_genuine_code_is_right_and_says_what_it_is_for() {
    let desk = Desk::new();
    let (code, text) = verify(&desk.code(1), &["--keys", &desk.keys()]).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("seat   A12") && text.contains("right  the code was signed"), "{text}");
    let pack = desk.pack(SHOW, None);
    let show = SHOW.to_string();
    let all = ["--keys", &desk.keys(), "--gate-pack", &pack, "--show", &show];
    let (code, text) = verify(&desk.code(1), &all).await;
    assert_eq!((code, text.matches("right  ").count()), (0, 5), "{text}");
}

#[tokio::test]
async fn a_code_can_be_piped_in() {
    let desk = Desk::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
    command.args(["verify-ticket", "-", "--keys", &desk.keys()]).kill_on_drop(true);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{}\n", desk.code(1)).as_bytes()).await.unwrap();
    drop(stdin);
    let (code, text) = spoken(child.wait_with_output().await.unwrap());
    assert_eq!(code, 0, "{text}");
}

#[tokio::test]
async fn a_ticket_that_must_not_let_in_is_wrong_and_the_reason_is_said() {
    let desk = Desk::new();
    let (keys, pack) = (desk.keys(), desk.pack(SHOW, None));
    let other_show = ShowId(Uuid::from_u128(3));
    let (other, part) = (desk.pack(other_show, None), desk.pack(SHOW, Some(Timestamp::UNIX_EPOCH)));
    let other_show = other_show.to_string();
    let mut forged = desk.code(1).into_bytes();
    forged[50] = if forged[50] == b'A' { b'B' } else { b'A' };
    let cases: [(String, &[&str], &str); 6] = [
        (desk.code(7), &["--gate-pack", &pack], "the ticket was not given back"),
        (desk.code(8), &["--gate-pack", &pack], "the ticket was not used"),
        (desk.code(1), &["--gate-pack", &other], "there is a whole gate pack of the ticket's show"),
        (desk.code(1), &["--gate-pack", &part], "there is a whole gate pack of the ticket's show"),
        (desk.code(1), &["--show", &other_show], "the ticket is for this show"),
        (String::from_utf8(forged).unwrap(), &[], "the code's signature is not valid"),
    ];
    for (ticket, more, why) in cases {
        let arguments = [&["--keys", keys.as_str()], more].concat();
        let (code, text) = verify(&ticket, &arguments).await;
        assert_eq!(code, 1, "{why}: {text}");
        assert!(text.contains(&format!("WRONG  {why}")), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_checked_is_neither_right_nor_wrong() {
    let desk = Desk::new();
    let keys = desk.keys();
    let nothing = desk.write("nothing.json", "{}");
    let forged = desk.write("forged.json", &json!({ "list": "a.b.c" }).to_string());
    let cases: [&[&str]; 5] = [
        &[],
        &["--keys", "/nowhere/keys.json"],
        &["--keys", &nothing],
        &["--keys", &keys, "--gate-pack", &forged],
        &["--keys", "http://127.0.0.1:9"],
    ];
    for more in cases {
        let (code, text) = verify(&desk.code(1), more).await;
        assert_eq!(code, 2, "{more:?}: {text}");
    }
}
