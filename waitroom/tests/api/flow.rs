//! The journey: a drop is made and opened, a visitor joins, is called, claims, goes to the shop.

use harness::actors::Visitor;
use serde_json::json;
use shared::admission::Verifier;
use shared::clock::Clock;
use shared::keys::{JwkSet, PublicKeys};

use crate::support::{DROP, Room, SOON};

#[tokio::test]
async fn a_visitor_joins_is_called_and_claims() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let visitor = room.visitor();
    let joined = visitor.join().await.expect(201);
    assert_eq!(joined["drop"], DROP);
    assert_eq!(joined["position"], 1);

    let called = visitor.wait_until("called", SOON).await;
    assert!(called["called_until"].is_string());
    let admission = visitor.claim().await.expect(200);
    assert_eq!(admission["token_type"], "Bearer");
    assert!(admission.text("booking_url").starts_with("http://booking.test/enter?drop=premiere&code="));
    assert_eq!(visitor.place().await["state"], "admitted");

    let keys: JwkSet = serde_json::from_str(&room.get("/.well-known/jwks.json").await.body).unwrap();
    let verifier = Verifier::fixed("http://waitroom.test", PublicKeys::from(&keys), Clock::System);
    let verified = verifier.verify(admission.text("admission_token")).await.unwrap();
    assert_eq!(verified.drop.as_str(), DROP);
    assert!(verified.identity.as_str().starts_with("device:"));
}

#[tokio::test]
async fn claiming_again_gives_the_same_admission() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    let first = visitor.claim().await.expect(200);
    let again = visitor.claim().await.expect(200);
    assert_eq!(first["admission_token"], again["admission_token"]);
    assert_ne!(first["booking_url"], again["booking_url"], "a code is single-use");
}

#[tokio::test]
async fn a_waiting_place_cannot_claim_and_a_stranger_has_no_place() {
    let room = Room::new().await;
    room.create_open(json!({"max_active": 1})).await;
    let (first, second) = (room.visitor(), room.visitor());
    first.join().await.expect(201);
    first.wait_until("called", SOON).await;
    second.join().await.expect(201);
    assert_eq!(second.claim().await.expect(409).code(), "not_your_turn");
    assert_eq!(second.place().await["position"], 1);
    assert_eq!(room.visitor().place().await.expect(401).code(), "place_required");
    let forger = room.visitor();
    forger.use_place_token("eyJhbGciOiJIUzI1NiJ9.e30.AAAA");
    assert_eq!(forger.place().await.expect(401).code(), "place_invalid");
}

#[tokio::test]
async fn a_drop_that_nobody_made_is_not_found() {
    let room = Room::new().await;
    let lost = Visitor::new(&room.url(), "nowhere");
    lost.join().await.expect(404);
    lost.status().await.expect(404);
}
