//! What a gate takes along where it will have no network.

use booking::domain::gate_list::GateList;
use booking::domain::ticket::{TicketPublicKey, verify};
use serde_json::json;
use shared::keys::JwkSet;
use uuid::Uuid;

use crate::check_in::codes;
use crate::till::Till;

fn keys(pack: &harness::actors::Reply) -> Vec<TicketPublicKey> {
    let set: JwkSet = serde_json::from_value(pack["keys"].clone()).unwrap();
    set.keys.iter().filter_map(TicketPublicKey::from_jwk).collect()
}

#[tokio::test]
async fn a_pack_has_the_keys_and_a_signed_list_of_what_lets_nobody_in() {
    let till = Till::timeless().await;
    let (gate, show) = (till.operator(), till.show.to_string());
    let (given_back, first) = till.book("tok_ok").await;
    let (kept, second) = till.book("tok_ok").await;
    let used = codes(&till.buyer(kept).booking(&second).await);
    till.buyer(given_back).cancel(&first).await.expect(200);
    gate.check_in(json!({ "qr": used[0] })).await.expect(200);
    let pack = gate.gate_pack(&show, None).await.expect(200);
    let list = GateList::verify(pack.text("list"), &keys(&pack)).unwrap();
    assert_eq!((list.show_id.0, list.cancelled.len(), list.since), (till.show, 2, None));
    assert_eq!(list.used, [verify(&used[0], &keys(&pack)).unwrap().ticket]);
    assert_eq!((&pack["as_of"], &pack["listed"]), (&json!(till.now()), &json!(3)));

    // An hour later only what has changed is asked for: also an entry that is told late.
    till.advance(3600);
    let since = pack.text("as_of").to_owned();
    let nothing = gate.gate_pack(&show, Some(&list.as_of.to_string())).await.expect(200);
    assert!(nothing["listed"].as_u64().unwrap() <= 3);
    till.advance(3600);
    let scan = json!({ "qr": used[1], "scan_id": "late", "scanned_at": since });
    gate.check_in_batch(&[scan]).await.expect(200);
    let later = gate.gate_pack(&show, Some(nothing.text("as_of"))).await.expect(200);
    let list = GateList::verify(later.text("list"), &keys(&pack)).unwrap();
    assert_eq!((list.cancelled.len(), list.used), (0, vec![verify(&used[1], &keys(&pack)).unwrap().ticket]));
}

#[tokio::test]
async fn only_gates_get_a_pack_and_only_of_a_show_that_is_there() {
    let till = Till::open().await;
    let stranger = harness::actors::Operator::new(&till.url(), "nobody");
    let show = till.show.to_string();
    assert_eq!(stranger.gate_pack(&show, None).await.expect(401).code(), "operator_token_invalid");
    let nowhere = Uuid::new_v4().to_string();
    assert_eq!(till.operator().gate_pack(&nowhere, None).await.expect(404).code(), "not_found");
    assert_eq!(till.operator().gate_pack(&show, Some("soon")).await.expect(400).code(), "malformed");
}
