//! Tickets at the gates: each lets in once, whoever scans it, however often.

use futures::future::join_all;
use harness::actors::{Operator, Reply};
use harness::stores::TestStores;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::till::{Setup, Till};

/// What the codes of a booking's tickets say.
pub fn codes(booking: &Reply) -> Vec<String> {
    let tickets = booking["tickets"].as_array().unwrap();
    tickets.iter().map(|ticket| ticket["qr"].as_str().unwrap().to_owned()).collect()
}

/// A shop in which everybody may ask as often as they like.
pub async fn unlimited() -> Till {
    let free = |name| (name, "0".to_owned());
    let more = vec![free("RATE_LIMIT_PER_IDENTITY"), free("RATE_LIMIT_PER_ADDRESS")];
    Till::with(TestStores::new().await, Setup { more, ..Setup::default() }).await
}

/// What the audit of the gates finds, as the names of the checks that do not hold.
pub async fn broken_gate_checks(pool: &PgPool) -> Vec<&'static str> {
    let checks = booking::audit::gate(pool).await.unwrap();
    checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect()
}

/// The codes of two tickets that were just bought.
async fn bought(till: &Till) -> Vec<String> {
    let (id, booking) = till.book("tok_ok").await;
    codes(&till.buyer(id).booking(&booking).await.expect(200))
}

#[tokio::test]
async fn a_ticket_lets_in_once_and_the_second_scan_is_told_when_and_where() {
    let till = Till::timeless().await;
    let gate = till.operator();
    let codes = bought(&till).await;
    let scanned = gate.check_in(json!({ "qr": codes[0], "gate": "North" })).await.expect(200);
    assert_eq!((&scanned["status"], &scanned["gate"]), (&json!("used"), &json!("North")));
    assert_eq!(scanned["checked_in_at"], json!(till.now()));
    till.advance(60);
    let again = gate.check_in(json!({ "qr": codes[0], "gate": "South" })).await.expect(409);
    assert_eq!((again.code(), &again["used_gate"]), ("already_used", &json!("North")));
    assert_eq!(again["used_at"], scanned["checked_in_at"]);
    assert_eq!(again["seat"], scanned["seat"]);
    gate.check_in(json!({ "qr": codes[1] })).await.expect(200);
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
}

#[tokio::test]
async fn the_same_scan_gets_the_same_answer_whatever_happened_since() {
    let till = Till::timeless().await;
    let gate = till.operator();
    let codes = bought(&till).await;
    let scan = |qr: &str, id: &str| json!({ "qr": qr, "scan_id": id, "gate": "North" });
    let first = gate.check_in(scan(&codes[0], "a")).await.expect(200);
    till.advance(60);
    let other = gate.check_in(scan(&codes[0], "b")).await.expect(409);
    till.advance(60);
    assert_eq!(gate.check_in(scan(&codes[0], "a")).await.expect(200).body, first.body);
    assert_eq!(gate.check_in(scan(&codes[0], "b")).await.expect(409).body, other.body);
    assert_eq!(gate.check_in(scan(&codes[1], "a")).await.expect(422).code(), "scan_id_reused");
    gate.check_in(scan(&codes[1], "c")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_gates_that_scan_a_ticket_at_once_one_lets_in() {
    let till = unlimited().await;
    let (url, mut other) = (till.url(), Vec::new());
    other.extend((0..2).map(|_| Operator::new(&url, "the operator of a shop that only tests visit")));
    for code in bought(&till).await {
        let gates = (0..40).map(|number| {
            let gate = &other[number % 2];
            let scan = json!({ "qr": code, "gate": format!("gate {number}"), "scan_id": format!("{code}{number}")[130..] });
            async move { (number, gate.check_in(scan).await) }
        });
        let replies = join_all(gates).await;
        let let_in: Vec<usize> =
            replies.iter().filter(|(_, reply)| reply.status == 200).map(|(number, _)| *number).collect();
        assert_eq!(let_in.len(), 1, "{let_in:?}");
        for (number, reply) in replies.iter().filter(|(number, _)| *number != let_in[0]) {
            assert_eq!((reply.status, reply.code()), (409, "already_used"), "{number}");
            assert_eq!(reply["used_gate"], format!("gate {}", let_in[0]));
        }
    }
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_scan_that_is_sent_many_times_at_once_is_one_scan() {
    let till = unlimited().await;
    let gate = till.operator();
    let code = bought(&till).await.remove(0);
    let replies = join_all((0..20).map(|_| gate.check_in(json!({ "qr": code, "scan_id": "one" })))).await;
    let bodies: Vec<&str> = replies.iter().map(|reply| reply.body.as_str()).collect();
    assert!(replies.iter().all(|reply| reply.status == 200), "{bodies:?}");
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let scans =
        till.ask("SELECT count(*)::text FROM booking.check_ins WHERE $1::uuid IS NOT NULL", Uuid::nil());
    assert_eq!(scans.await, "1");
}

#[tokio::test]
async fn a_ticket_that_was_given_back_lets_nobody_in() {
    let till = Till::timeless().await;
    let (id, booking) = till.book("tok_ok").await;
    let code = codes(&till.buyer(id).booking(&booking).await).remove(0);
    till.buyer(id).cancel(&booking).await.expect(200);
    let refused = till.operator().check_in(json!({ "qr": code })).await.expect(409);
    assert_eq!((refused.code(), &refused["cancelled_at"]), ("ticket_cancelled", &json!(till.now())));
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
}

#[tokio::test]
async fn what_is_no_ticket_of_this_show_is_refused_by_its_reason() {
    let till = Till::open().await;
    let gate = till.operator();
    let code = bought(&till).await.remove(0);
    let reason = async |scan: Value| {
        let reply = gate.check_in(scan).await.expect(422);
        assert_eq!(reply.code(), "invalid_ticket");
        reply.text("reason").to_owned()
    };
    assert_eq!(reason(json!({ "qr": "https://example.org" })).await, "malformed");
    let mut forged = code.clone().into_bytes();
    forged[60] = if forged[60] == b'A' { b'B' } else { b'A' };
    assert_eq!(reason(json!({ "qr": String::from_utf8(forged).unwrap() })).await, "forged");
    assert_eq!(reason(json!({ "qr": code, "show_id": Uuid::new_v4() })).await, "wrong_show");
    till.tell("UPDATE booking.tickets SET label = 'Z9' WHERE show_id = $1", till.show).await;
    assert_eq!(reason(json!({ "qr": code, "show_id": till.show })).await, "unknown");
}

#[tokio::test]
async fn a_gate_needs_a_token_plain_fields_and_patience() {
    let till = Till::open().await;
    let code = bought(&till).await.remove(0);
    let stranger = Operator::new(&till.url(), "nobody");
    assert_eq!(stranger.check_in(json!({ "qr": code })).await.expect(401).code(), "operator_token_invalid");
    assert_eq!(stranger.check_in_batch(&[]).await.expect(401).code(), "operator_token_invalid");
    let gate = till.operator();
    for bad in [
        json!({ "qr": code, "scan_id": "two words" }),
        json!({ "qr": code, "gate": "" }),
        json!({ "qr": code, "seat": "A1" }),
        json!({ "qr": code, "scanned_at": "yesterday" }),
    ] {
        assert_eq!(gate.check_in(bad.clone()).await.expect(422).code(), "invalid_fields", "{bad}");
    }
    // A tablet whose clock is ahead uses no ticket in the future.
    let scan = json!({ "qr": code, "scanned_at": "2999-01-01T00:00:00Z" });
    let scanned = gate.check_in(scan).await.expect(200);
    assert!(scanned.text("checked_in_at") < "2998", "{}", scanned.body);
    let replies = join_all((0..60).map(|_| gate.check_in(json!({ "qr": "x" })))).await;
    let limited = replies.iter().find(|reply| reply.status == 429).expect("60 at once are too many");
    assert!(limited.header("ratelimit-policy").contains("check-in"), "{:?}", limited.headers);
}

#[tokio::test]
async fn the_audit_finds_a_ticket_used_twice_and_one_used_though_given_back() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let codes = codes(&till.buyer(id).booking(&booking).await);
    till.operator().check_in(json!({ "qr": codes[0], "scan_id": "a" })).await.expect(200);
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
    sqlx::query("DROP INDEX booking.check_ins_one_counts_a_ticket").execute(&till.pool).await.unwrap();
    till.tell(
        "INSERT INTO booking.check_ins (scan_id, ticket_id, show_id, scanned_by, scanned_at, received_at, is_report, told, counts)
         SELECT 'b', ticket_id, show_id, 'somebody', scanned_at, received_at, false, 'let_in', true
         FROM booking.check_ins WHERE $1::uuid IS NOT NULL",
        Uuid::nil(),
    )
    .await;
    assert_eq!(broken_gate_checks(&till.pool).await, ["gate.used_once"]);
    till.tell("DELETE FROM booking.check_ins WHERE scan_id = 'b' AND $1::uuid IS NOT NULL", Uuid::nil())
        .await;
    till.tell(
        "UPDATE booking.bookings SET status = 'cancelled', cancelled_at = booked_at WHERE id = $1",
        booking.parse::<Uuid>().unwrap(),
    )
    .await;
    assert_eq!(broken_gate_checks(&till.pool).await, ["gate.used_is_not_given_back"]);
    till.tell("DELETE FROM booking.check_ins WHERE $1::uuid IS NOT NULL", Uuid::nil()).await;
    assert!(broken_gate_checks(&till.pool).await.contains(&"gate.used_once"), "used, and nobody scanned it");
}
