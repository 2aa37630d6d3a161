//! "Mail me when my turn is near": one mail, in time, and the address is gone afterwards.

use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use harness::actors::{Operator, Visitor};
use harness::stores::TestStores;
use harness::{TempFolder, eventually};
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::config::Vars;
use shared::mail::MailSettings;
use sqlx::PgPool;

use crate::support::{DROP, OPERATOR_TOKEN, Room, SOON, config};

mod server;

use server::{Answer, MailServer};

/// Replicas that send mail.
struct Office {
    room: Room,
    pool: PgPool,
}

impl Office {
    async fn new(mail_url: &str, replicas: usize, clock: Clock) -> Self {
        let stores = TestStores::new().await;
        let mut config = config(&stores.redis_url, &stores.database_url);
        config.mail = Some(mail_settings(mail_url));
        let mut running = Vec::new();
        for _ in 0..replicas {
            running.push(waitroom::start(config.clone(), clock.clone()).await.expect("a replica starts"));
        }
        let room = Room { stores, replicas: running };
        let pool = room.pool();
        Self { room, pool }
    }

    /// What is kept of this test's drop: states, and addresses.
    async fn kept(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("SELECT state, email FROM waitroom.reminders WHERE drop = $1 ORDER BY asked_at, id")
            .bind(DROP)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// All that is kept comes to be of these states, without an address.
    async fn ends_as(&self, clock: &ManualClock, states: &[&str]) {
        eventually(SOON, || async {
            clock.advance(Duration::from_millis(500));
            let kept = self.kept().await;
            let are_so = kept.iter().map(|(state, _)| state.as_str()).eq(states.iter().copied());
            let are_erased = kept.iter().all(|(_, email)| email.is_none());
            if are_so && are_erased { Ok(()) } else { Err(format!("{kept:?}")) }
        })
        .await;
    }
}

fn mail_settings(url: &str) -> MailSettings {
    let mut vars = Vars::default().with("MAIL_URL", url).with("MAIL_FROM", "Tickets <tickets@example.com>");
    MailSettings::from_vars(&mut vars).expect("the settings are right")
}

fn folder_url(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

/// The mails in a folder.
fn mails(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mails = files.filter(|file| file.path().extension().is_some_and(|name| name == "eml"));
    mails.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
}

/// A line so slow that whoever is behind the first one waits for hours.
fn slow() -> Value {
    json!({"max_active": 1, "rate_per_minute": 1, "burst": 1, "claim_window_s": 3_600})
}

/// A line that opens in an hour, or when the operator says so; its lobby is open.
fn with_lobby(settings: &Value) -> Value {
    let mut drop = settings.clone();
    let lobby = json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2026-03-01T13:00:00Z"});
    drop.as_object_mut().unwrap().extend(lobby.as_object().unwrap().clone());
    drop
}

fn noon() -> ManualClock {
    ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap())
}

async fn joined(room: &Room) -> Visitor {
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor
}

#[tokio::test]
async fn who_waits_gets_one_mail_whatever_the_number_of_replicas_and_the_address_is_erased() {
    let server = MailServer::start().await;
    let clock = noon();
    let office = Office::new(&server.url(), 3, clock.clone().into()).await;
    office.room.create(with_lobby(&slow())).await;
    let first = joined(&office.room).await;
    let asked = first.remind("ann.other@example.org").await.expect(200);
    assert_eq!((&asked["email_masked"], &asked["status"]), (&json!("a…@example.org"), &json!("pending")));
    clock.advance(Duration::from_secs(1));
    let second = joined(&office.room).await;
    second.remind("bob@example.org").await.expect(200);
    second.leave().await.expect(204);

    office.room.operator().open(DROP).await.expect(200);
    office.ends_as(&clock, &["sent", "over"]).await;
    let mail = server.mails().pop().expect("a mail that is marked as sent has gone");
    assert!(mail.contains("RCPT TO:<ann.other@example.org>"), "{mail}");
    let subjects = ["Subject: It is your turn: Premiere", "Subject: Your turn is near: Premiere"];
    assert!(subjects.iter().any(|subject| mail.contains(subject)), "{mail}");
    assert!(mail.contains("text/plain") && mail.contains("text/html"), "{mail}");
    assert!(mail.contains("http://waitroom.test/q/premiere"), "{mail}");

    let status = first.reminder().await.expect(200);
    assert_eq!((&status["status"], &status["email_masked"]), (&json!("sent"), &Value::Null));
    assert_eq!(first.remind("bob@example.org").await.expect(409).code(), "already_reminded");
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn who_is_far_back_hears_nothing_until_the_wait_is_short_and_then_in_their_language() {
    let folder = TempFolder::new().unwrap();
    let clock = noon();
    let office = Office::new(&folder_url(folder.path()), 1, clock.clone().into()).await;
    office.room.create_open(slow()).await;
    let operator = office.room.operator();
    let first = joined(&office.room).await;
    first.wait_until("called", SOON).await;
    let near = joined(&office.room).await;
    // Nobody can be said to be near in a line that stands still.
    operator.pause(DROP).await.expect(200);
    eventually(SOON, || async {
        let asked = near.remind("near@example.org").await;
        if asked.status == 200 { Ok(()) } else { Err(asked.body) }
    })
    .await;
    operator.resume(DROP).await.expect(200);
    join_all((0..40).map(|_| joined(&office.room))).await;
    let last = joined(&office.room).await;
    // At one a minute the last of forty waits for at least half an hour.
    last.remind_in("de-AT, en;q=0.5", "last@example.org").await.expect(200);
    eventually(SOON, || async {
        clock.advance(Duration::from_millis(500));
        mails(folder.path()).pop().ok_or("no mail yet")
    })
    .await;
    let told = mails(folder.path());
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("near@example.org") && told[0].contains("Subject: Your turn is near"),
        "{told:?}"
    );
    assert_eq!(last.reminder().await.expect(200)["status"], "pending");

    let (etag, _) = operator.get_drop(DROP).await;
    operator.patch_drop(DROP, &etag, json!({"rate_per_minute": 600, "burst": 10})).await.expect(200);
    eventually(SOON, || async {
        clock.advance(Duration::from_millis(500));
        let told = mails(folder.path());
        let is_german = |mail: &String| mail.contains("Subject: Du bist bald an der Reihe: Premiere");
        if told.len() == 2 && told.iter().any(is_german) { Ok(()) } else { Err(format!("{told:?}")) }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_promised_a_mail_that_would_come_too_late() {
    let folder = TempFolder::new().unwrap();
    let office = Office::new(&folder_url(folder.path()), 1, noon().into()).await;
    office.room.create_open(slow()).await;
    let (called, near) = (joined(&office.room).await, joined(&office.room).await);
    called.wait_until("called", SOON).await;
    // Before the pace is known, nobody can be said to be near.
    eventually(SOON, || async {
        let place = near.place().await;
        if place["eta"].is_object() { Ok(()) } else { Err(place.body) }
    })
    .await;
    let refused = async |visitor: &Visitor, reason: &str| {
        let refused = visitor.remind("ann@example.org").await.expect(409);
        assert_eq!((refused.code(), &refused["reason"]), ("no_mail_needed", &json!(reason)));
    };
    refused(&called, "called").await;
    refused(&near, "near").await;
    near.leave().await.expect(204);
    refused(&near, "over").await;
    called.claim().await.expect(200);
    refused(&called, "over").await;
    assert!(office.kept().await.is_empty(), "no address was kept");
}

#[tokio::test]
async fn nobody_gets_mail_before_the_opening_and_the_drop_takes_the_address_with_it() {
    let folder = TempFolder::new().unwrap();
    let clock = noon();
    let office = Office::new(&folder_url(folder.path()), 1, clock.clone().into()).await;
    office.room.create(with_lobby(&slow())).await;
    let early = joined(&office.room).await;
    early.remind("early@example.org").await.expect(200);
    early.wait_until("lobby", SOON).await;
    let witness = office.room.operator();
    // Another drop's mail goes meanwhile, so the worker has looked.
    witness.create_drop(with_lobby(&json!({"slug": "other", "title": "Other"}))).await.expect(201);
    let other = Visitor::new(&office.room.url(), "other");
    other.join().await.expect(201);
    other.remind("other@example.org").await.expect(200);
    witness.open("other").await.expect(200);
    let mail = eventually(SOON, || async {
        clock.advance(Duration::from_millis(500));
        mails(folder.path()).pop().ok_or("no mail yet")
    })
    .await;
    assert!(mail.contains("other@example.org"), "{mail}");
    assert_eq!(early.reminder().await.expect(200)["status"], "pending");

    witness.close(DROP).await.expect(200);
    office.ends_as(&clock, &["over"]).await;
    assert_eq!(mails(folder.path()).len(), 1);
    assert_eq!(early.remind("early@example.org").await.expect(410).code(), "drop_closed");
}

#[tokio::test]
async fn a_server_that_fails_is_tried_again_and_one_that_refuses_is_not() {
    let server = MailServer::start().await;
    server.answers("slow@example.org", Answer::LaterOnce);
    server.answers("nobody@example.org", Answer::Never);
    let clock = noon();
    let office = Office::new(&server.url(), 1, clock.clone().into()).await;
    office.room.create(with_lobby(&json!({"max_active": 2, "claim_window_s": 3_600}))).await;
    let (slow, nobody) = (joined(&office.room).await, joined(&office.room).await);
    slow.remind("slow@example.org").await.expect(200);
    nobody.remind("nobody@example.org").await.expect(200);
    office.room.operator().open(DROP).await.expect(200);
    let status = async |visitor: &Visitor, wanted: &str| {
        eventually(SOON, || async {
            clock.advance(Duration::from_millis(500));
            let reminder = visitor.reminder().await;
            if reminder["status"] == wanted { Ok(()) } else { Err(reminder.body) }
        })
        .await;
    };
    status(&nobody, "failed").await;
    status(&slow, "sent").await;
    assert_eq!(server.tries("slow@example.org"), 2);
    assert_eq!(server.tries("nobody@example.org"), 1);
    assert!(office.kept().await.iter().all(|(_, email)| email.is_none()));
}

#[tokio::test]
async fn a_replica_that_dies_with_a_reminder_in_hand_leaves_it_to_the_others() {
    let folder = TempFolder::new().unwrap();
    let clock = noon();
    let office = Office::new(&folder_url(folder.path()), 1, clock.clone().into()).await;
    office.room.create(slow()).await;
    let place = uuid::Uuid::from_u128(7 << 16);
    sqlx::query(
        "INSERT INTO waitroom.reminders (id, drop, place, score, email, state, asked_at, due_at, leased_until, attempts)
         SELECT $1, $2, $1, 0, 'lost@example.org', 'pending', at, at, at + interval '3 minutes', 1
         FROM (SELECT $3::timestamptz AS at) AS now",
    )
    .bind(place)
    .bind(DROP)
    .bind("2026-03-01T12:00:00Z")
    .execute(&office.pool)
    .await
    .unwrap();
    let reminders = waitroom::store::reminders::Reminders::new(office.pool.clone());
    let drop = DROP.parse().unwrap();
    assert!(reminders.lease(&drop, 10, clock.now()).await.unwrap().is_empty(), "it is in somebody's hands");
    clock.advance(Duration::from_mins(3));
    let leases = join_all((0..8).map(|_| reminders.lease(&drop, 10, clock.now()))).await;
    let leased: Vec<_> = leases.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(leased.len(), 1, "one of eight takes it over");
    assert_eq!(leased[0].attempts, 2);
}

#[tokio::test]
async fn a_wish_is_changed_and_taken_back_and_a_bad_address_costs_nothing() {
    let folder = TempFolder::new().unwrap();
    let clock = noon();
    let office = Office::new(&folder_url(folder.path()), 1, clock.into()).await;
    office
        .room
        .create(json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2100-01-01T00:00:00Z"}))
        .await;
    let visitor = office.room.visitor();
    assert_eq!(visitor.remind("ann@example.org").await.expect(401).code(), "place_required");
    visitor.join().await.expect(201);
    visitor.reminder().await.expect(404);
    visitor.remind("ann@example.org").await.expect(200);
    for bad in ["", "ann", "ann@example.org\r\nBcc: bob@example.org", "Ann <ann@example.org>"] {
        let refused = visitor.remind(bad).await.expect(422);
        assert_eq!(refused.code(), "invalid_fields");
        assert!(bad.is_empty() || !refused.body.contains("Bcc"), "{}", refused.body);
    }
    assert_eq!(visitor.reminder().await.expect(200)["email_masked"], "a…@example.org");
    visitor.remind("bob@example.org").await.expect(200);
    assert_eq!(office.kept().await, [("pending".to_owned(), Some("bob@example.org".to_owned()))]);
    visitor.forget_reminder().await.expect(204);
    visitor.forget_reminder().await.expect(204);
    assert!(office.kept().await.is_empty());
    visitor.reminder().await.expect(404);
}

#[tokio::test]
async fn an_address_has_five_reminders_in_a_drop() {
    let folder = TempFolder::new().unwrap();
    let clock = noon();
    let office = Office::new(&folder_url(folder.path()), 1, clock.into()).await;
    office
        .room
        .create(json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2100-01-01T00:00:00Z"}))
        .await;
    for _ in 0..5 {
        joined(&office.room).await.remind("Ann@example.org").await.expect(200);
    }
    let sixth = joined(&office.room).await;
    assert_eq!(sixth.remind("ann@Example.org").await.expect(422).code(), "too_many_reminders");
    sixth.remind("bob@example.org").await.expect(200);
}

#[tokio::test]
async fn without_mail_nothing_is_kept_and_nothing_is_offered() {
    let room = Room::new().await;
    room.create_open(slow()).await;
    let visitor = joined(&room).await;
    assert_eq!(visitor.remind("ann@example.org").await.expect(422).code(), "mail_not_configured");
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM waitroom.reminders").fetch_one(&room.pool()).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn who_changes_the_address_too_often_is_told_when_to_come_back() {
    let folder = TempFolder::new().unwrap();
    let stores = TestStores::new().await;
    let mut config = config(&stores.redis_url, &stores.database_url);
    config.rate_limit_per_identity = 2;
    config.mail = Some(mail_settings(&folder_url(folder.path())));
    let running = waitroom::start(config, Clock::System).await.unwrap();
    let operator = Operator::new(&running.url(), OPERATOR_TOKEN);
    operator.create_drop(json!({"slug": DROP, "title": "Premiere", "mode": "safety_net"})).await.expect(201);
    let visitor = Visitor::new(&running.url(), DROP);
    visitor.join().await.expect(201);
    let asked = join_all((0..10).map(|_| visitor.remind("no address"))).await;
    let refused = asked.into_iter().find(|asked| asked.status == 429).expect("one too many");
    assert_eq!(refused.header("ratelimit-policy"), "\"reminder\";q=4;w=2");
    running.stop().await;
}
