//! Open seat maps: what changes is told to whoever watches, on any replica, once, and without gaps.

use std::time::Duration;

use harness::actors::Shopper;
use harness::eventually;
use redis::AsyncCommands as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::watch::{Following, Watching, version};
use crate::support::{DROP, SOON, Shop, row_name};

#[tokio::test]
async fn a_change_on_one_replica_is_told_on_the_other() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let other = shop.replica().await;
    let (buyer, token) = (shop.shopper().await, shop.line.admit(DROP).await.token);
    let mut watching = Watching::open(&other.url(), &show, &token).await;
    let first = watching.next().await;
    assert_eq!(first["version"], version(&buyer, &show).await);

    let reservation = buyer.reserve(&show, &["A3", "A4"]).await.expect(201);
    let told = watching.next().await;
    assert_eq!(told["since"], first["version"]);
    assert_eq!(told["version"], version(&buyer, &show).await);
    assert_eq!(told["changes"], json!([["A3", "reserved"], ["A4", "reserved"]]));

    buyer.release(reservation.text("reservation_id")).await.expect(204);
    watching.until("A4", "available").await;
    other.stop().await;
}

#[tokio::test]
async fn whoever_was_away_goes_on_from_the_version_it_had() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let (buyer, token) = (shop.shopper().await, shop.line.admit(DROP).await.token);
    let mut following = Following::open(&shop.url(), &show, &token, None).await;
    let (event, id, _) = following.next().await;
    assert_eq!(event, "version");
    drop(following);

    let reservation = buyer.reserve(&show, &["A1"]).await.expect(201);
    buyer.release(reservation.text("reservation_id")).await.expect(204);
    buyer.reserve(&show, &["A2"]).await.expect(201);
    // Where the room was closed meanwhile, the stream of changes is what it is opened from.
    let mut back = Following::open(&shop.url(), &show, &token, Some(&id)).await;
    assert_eq!(back.next().await.1, id);
    let (event, now, said) = back.next().await;
    assert_eq!((event.as_str(), said["since"].to_string()), ("changes", id));
    assert_eq!(said["changes"], json!([["A1", "available"], ["A2", "reserved"]]));
    assert_eq!(now, version(&buyer, &show).await.to_string());

    let mut lost = Following::open(&shop.url(), &show, &token, Some("7")).await;
    let (event, id, said) = lost.next().await;
    assert_eq!((event.as_str(), id.as_str(), said["reload"].as_bool()), ("reload", "", Some(true)));
}

#[tokio::test]
async fn a_hold_that_lapses_is_told() {
    let (shop, clock) = Shop::open_timeless().await;
    shop.line.open_drop(DROP, 20, 10, 0).await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;
    clock.advance(Duration::from_secs(21));
    watching.until("A1", "available").await;
}

#[tokio::test]
async fn blocked_seats_are_told_and_counted_and_the_reason_is_kept() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;
    let block = json!({"block": ["A1", "A2"], "reason": "the camera stands there"});
    let stats = shop.operator.create(&format!("shows/{show}/seats"), block).await.expect(200);
    assert_eq!((&stats["unavailable"], &stats["available"]), (&json!(2), &json!(8)));
    watching.until("A2", "unavailable").await;
    let refused = shop.shopper().await.reserve(&show, &["A1"]).await.expect(409);
    assert_eq!(refused["unavailable_seats"], json!(["A1"]));
    let unblock = json!({"unblock": ["A1"]});
    shop.operator.create(&format!("shows/{show}/seats"), unblock).await.expect(200);
    watching.until("A1", "available").await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let refused =
        shop.operator.create(&format!("shows/{show}/seats"), json!({"block": ["A1"]})).await.expect(409);
    assert_eq!(refused["unavailable_seats"], json!(["A1"]));
    let reason: String =
        sqlx::query_scalar("SELECT reason FROM booking.blocked_seats").fetch_one(&shop.pool).await.unwrap();
    assert_eq!(reason, "the camera stands there");
}

#[tokio::test]
async fn pages_of_other_sites_may_not_watch() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let url = shop.url();
    let ask = |origin| Watching::asking(&url, &show, &token, "", origin);
    let foreign = Some("https://tickets.example");
    assert_eq!(ask(foreign).await.err(), Some((403, "cross_origin".to_owned())));
    assert_eq!(ask(Some("null")).await.err(), Some((403, "cross_origin".to_owned())));
    ask(Some(&url)).await.unwrap();
    let settings = shared::drop::DropKeys::of(&DROP.parse().unwrap()).settings;
    let allowed = "https://a.example https://tickets.example";
    let () = shop.redis().await.hset(settings, "allowed_origins", allowed).await.unwrap();
    ask(foreign).await.unwrap();
}

#[tokio::test]
async fn watching_takes_an_admission_and_is_limited() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let (url, token) = (shop.url(), shop.line.admit(DROP).await.token);
    let refused = Watching::asking(&url, &show, "nonsense", "", None).await.err();
    assert_eq!(refused, Some((401, "admission_invalid".to_owned())));
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(Watching::open(&url, &show, &token).await);
    }
    let refused = Watching::asking(&url, &show, &token, "", None).await.err();
    assert_eq!(refused, Some((429, "rate_limited".to_owned())));
    Watching::open(&url, &show, &shop.line.admit(DROP).await.token).await;
    drop(open.pop());
    eventually(SOON, || async { Watching::asking(&url, &show, &token, "", None).await.is_ok() }).await;
}

#[tokio::test]
async fn a_replica_has_so_many_open_maps_and_the_others_are_told_when_to_come_again() {
    let shop = Shop::with_settings(&[("WATCHERS_PER_REPLICA", "2")]).await;
    let show = shop.show(1).await;
    let url = shop.url();
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(Watching::open(&url, &show, &shop.line.admit(DROP).await.token).await);
    }
    let token = shop.line.admit(DROP).await.token;
    let refused = Watching::asking(&url, &show, &token, "", None).await.err();
    assert_eq!(refused, Some((503, "streams_full".to_owned())));
    let refused = Shopper::new(&url, &token).get(&format!("/v1/shows/{show}/seats/events")).await.expect(503);
    assert_eq!((refused.code(), refused.header("retry-after")), ("streams_full", "10"));
    drop(open.pop());
    eventually(SOON, || async { Watching::asking(&url, &show, &token, "", None).await.is_ok() }).await;
}

/// Asks for a stream and takes nothing of it. The kernel keeps little for it.
async fn idle(shop: &Shop, show: &str, token: &str, protocol: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(shop.running.address).await.unwrap();
    let request = format!(
        "GET /v1/shows/{show}/seats/{protocol} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

#[tokio::test]
async fn a_watcher_that_takes_nothing_is_let_go_and_costs_what_the_kernel_keeps() {
    let shop = Shop::with_settings(&[("WATCHERS_PER_IDENTITY", "1")]).await;
    let show = shop.show(30).await;
    let (url, tokens) = (shop.url(), [shop.line.admit(DROP).await.token, shop.line.admit(DROP).await.token]);
    let _idle =
        [idle(&shop, &show, &tokens[0], "live").await, idle(&shop, &show, &tokens[1], "events").await];
    let is_let_in = async |token: &str| Watching::asking(&url, &show, token, "", None).await.is_ok();
    for token in &tokens {
        eventually(SOON, || async { !is_let_in(token).await }).await;
    }
    let seats: Vec<String> =
        (0..30).flat_map(|row| (1..=10).map(move |n| format!("{}{n}", row_name(row)))).collect();
    let path = format!("shows/{show}/seats");
    let changing = async {
        loop {
            for what in ["block", "unblock"] {
                shop.operator.create(&path, json!({ what: seats, "reason": "" })).await;
            }
        }
    };
    let let_go = async {
        for token in &tokens {
            eventually(SOON * 12, || async { is_let_in(token).await }).await;
        }
    };
    tokio::select! {
        () = let_go => {}
        () = changing => {}
    }
}

#[tokio::test]
async fn a_watcher_ends_with_its_token() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;
    clock.advance(Duration::from_secs(301));
    // Time stands still for the timer that ends it; whatever is told makes it look.
    let block = json!({"block": ["A1"], "reason": ""});
    shop.operator.create(&format!("shows/{show}/seats"), block).await.expect(200);
    assert_eq!(watching.closed().await, 4401);
}

#[tokio::test]
async fn a_watcher_whose_admission_ends_is_told_so_and_others_go_on() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let (leaving, staying) = (shop.line.admit(DROP).await, shop.line.admit(DROP).await);
    let mut watching = Watching::open(&shop.url(), &show, &leaving.token).await;
    let mut following = Following::open(&shop.url(), &show, &leaving.token, None).await;
    following.next().await;
    let mut other = Watching::open(&shop.url(), &show, &staying.token).await;
    let mut end = redis::cmd("ZREM");
    end.arg(format!("{{drop:{DROP}}}:slots")).arg(leaving.sid.to_string());
    let ended: i64 = end.query_async(&mut shop.redis().await).await.unwrap();
    assert_eq!(ended, 1);
    assert_eq!(watching.closed().await, 4403);
    let (event, _, data) = following.next().await;
    assert_eq!((event.as_str(), &data["code"]), ("over", &json!("admission_ended")));
    other.next().await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    other.until("A1", "reserved").await;
}

#[tokio::test]
async fn the_watchers_of_a_show_that_was_cancelled_are_told_so() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    let mut following = Following::open(&shop.url(), &show, &token, None).await;
    following.next().await;
    sqlx::query("UPDATE booking.shows SET status = 'cancelled', updated_at = now() WHERE id::text = $1")
        .bind(&show)
        .execute(&shop.pool)
        .await
        .unwrap();
    assert_eq!(watching.closed().await, 4410);
    let (event, _, data) = following.next().await;
    assert_eq!((event.as_str(), &data["code"]), ("over", &json!("show_not_on_sale")));
}

#[tokio::test]
async fn watchers_are_told_when_a_replica_stops() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let other = shop.replica().await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&other.url(), &show, &token).await;
    watching.next().await;
    let mut following = Following::open(&other.url(), &show, &token, None).await;
    following.next().await;
    let (code, ()) = tokio::join!(watching.closed(), other.stop());
    assert_eq!(code, 1012);
}

/// A watcher that costs this test no more than a socket.
async fn follow(shop: &Shop, show: &str, token: &str) -> TcpStream {
    let mut socket = TcpStream::connect(shop.running.address).await.unwrap();
    let request = format!(
        "GET /v1/shows/{show}/seats/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut socket, "event: version").await;
    socket
}

async fn read_until(socket: &mut TcpStream, words: &str) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(words) {
        let count = tokio::time::timeout(SOON * 3, socket.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "ended before {words:?}: {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

#[tokio::test]
async fn a_thousand_watchers_share_one_subscription() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let channel = format!("{{show:{show}}}:live");
    let subscriptions = async || {
        let mut count = redis::cmd("PUBSUB");
        count.arg("SHARDNUMSUB").arg(&channel);
        let (_, count): (String, usize) = count.query_async(&mut shop.redis().await).await.unwrap();
        count
    };
    assert_eq!(subscriptions().await, 0);
    let mut watchers = Vec::new();
    for _ in 0..100 {
        let token = shop.line.admit(DROP).await.token;
        for _ in 0..10 {
            watchers.push(follow(&shop, &show, &token).await);
        }
    }
    eventually(SOON, || async { subscriptions().await == 1 }).await;
    shop.shopper().await.reserve(&show, &["A7"]).await.expect(201);
    for watcher in &mut watchers {
        read_until(watcher, "\"A7\",\"reserved\"").await;
    }
    drop(watchers);
    eventually(SOON, || async { subscriptions().await == 0 }).await;
}
