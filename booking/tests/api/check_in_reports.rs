//! Gates that had no network tell whom they let in: of several entries with one ticket the earliest counts, and all of
//! them are listed.

use serde_json::{Value, json};

use crate::check_in::{broken_gate_checks, codes};
use crate::till::Till;

fn outcomes(reply: &harness::actors::Reply) -> Vec<&str> {
    let results = reply["results"].as_array().unwrap();
    results.iter().map(|result| result["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn two_gates_without_a_network_report_and_the_earliest_entry_counts() {
    let till = Till::timeless().await;
    let gate = till.operator();
    let (id, booking) = till.book("tok_ok").await;
    let codes = codes(&till.buyer(id).booking(&booking).await);
    let start = till.now();
    till.advance(3600);
    let at = |minute: i64| (start + jiff::SignedDuration::from_mins(minute)).to_string();
    let scan = |id: &str, code: &str, gate: &str, minute: i64| json!({ "qr": code, "scan_id": id, "gate": gate, "scanned_at": at(minute) });
    // North lets the first ticket in twice, the second copy sent first.
    let north = [
        scan("n2", &codes[0], "North", 12),
        scan("n1", &codes[0], "North", 10),
        scan("n3", &codes[1], "North", 11),
    ];
    let told = gate.check_in_batch(&north).await.expect(200);
    assert_eq!(outcomes(&told), ["already_used", "let_in", "let_in"]);
    let kept =
        |reply: &harness::actors::Reply| -> Value { reply["duplicates"][0]["kept"]["scan_id"].clone() };
    assert_eq!((told["duplicates"].as_array().unwrap().len(), kept(&told)), (1, json!("n1")));
    // South was earlier, and tells later.
    let south = [scan("s1", &codes[0], "South", 5), json!({ "qr": "nothing", "scan_id": "s2" })];
    let told = gate.check_in_batch(&south).await.expect(200);
    assert_eq!(outcomes(&told), ["let_in", "invalid_ticket"]);
    assert_eq!(told["results"][1]["reason"], "malformed");
    assert_eq!(kept(&told), json!("s1"));
    let others: Vec<&Value> =
        told["duplicates"][0]["others"].as_array().unwrap().iter().map(|other| &other["scan_id"]).collect();
    assert_eq!(others, ["n1", "n2"]);
    // Sent again, nothing changes; a gate that asks is told of the earliest.
    assert_eq!(gate.check_in_batch(&south).await.expect(200).body, told.body);
    assert_eq!(outcomes(&gate.check_in_batch(&north).await), ["already_used", "let_in", "let_in"]);
    let asked = gate.check_in(json!({ "qr": codes[0], "scanned_at": at(1) })).await.expect(409);
    assert_eq!((&asked["used_gate"], &asked["used_at"]), (&json!("South"), &json!(at(5))));
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
}

#[tokio::test]
async fn a_report_of_a_ticket_given_back_is_listed_and_uses_nothing() {
    let till = Till::timeless().await;
    let (id, booking) = till.book("tok_ok").await;
    let codes = codes(&till.buyer(id).booking(&booking).await);
    till.buyer(id).cancel(&booking).await.expect(200);
    let scans = [json!({ "qr": codes[0], "scan_id": "a" }), json!({ "qr": codes[1], "scan_id": "a" })];
    let told = till.operator().check_in_batch(&scans).await.expect(200);
    assert_eq!(outcomes(&told), ["ticket_cancelled", "scan_id_reused"]);
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
}

#[tokio::test]
async fn a_batch_is_bounded_and_each_of_its_scans_is_named() {
    let till = Till::open().await;
    let scan = |id: usize| json!({ "qr": "x", "scan_id": id.to_string() });
    let many: Vec<Value> = (0..501).map(scan).collect();
    for bad in [&[][..], &many, &[json!({ "qr": "x" })]] {
        let reply = till.operator().check_in_batch(bad).await.expect(422);
        assert_eq!(reply.code(), "invalid_fields", "{}", reply.body);
    }
    let told = till.operator().check_in_batch(&many[..500]).await.expect(200);
    assert_eq!(outcomes(&told), ["invalid_ticket"; 500]);
}
