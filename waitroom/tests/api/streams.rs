//! Streams: the place comes at once and on every change, and a stream costs no more than it may.

use std::time::{Duration, Instant};

use harness::actors::Visitor;
use harness::stores::TestStores;
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use shared::clock::Clock;
use waitroom::config::Config;

use crate::support::{CLIENT, DROP, Room, SOON, config};

/// What came over a stream.
#[derive(Debug)]
enum Part {
    Place { id: Option<String>, place: Value },
    Retry(u64),
    Comment,
}

/// An open stream.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    /// Opens the stream of a visitor, by Bearer.
    async fn of(url: &str, visitor: &Visitor) -> Self {
        Self::open(request(url, visitor)).await
    }

    async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, text: String::new() }
    }

    /// The next part; `None` where the stream has ended as it should.
    async fn next(&mut self) -> Option<Vec<Part>> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let parts = parts_of(block);
                self.text = rest[..].into();
                return Some(parts);
            }
            let chunk = tokio::time::timeout(SOON, self.response.chunk()).await.expect("something in time");
            self.text.push_str(std::str::from_utf8(&chunk.expect("an orderly end")?).unwrap());
        }
    }

    /// The next place for which this holds, with its id.
    async fn until(&mut self, holds: impl Fn(&Value) -> bool) -> (String, Value) {
        let mut seen = Vec::new();
        let started = Instant::now();
        while started.elapsed() < SOON {
            for part in self.next().await.expect("the stream goes on") {
                match part {
                    Part::Place { id, place } if holds(&place) => return (id.unwrap_or_default(), place),
                    part => seen.push(part),
                }
            }
        }
        panic!("not among {seen:#?}");
    }
}

fn parts_of(block: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut id, mut is_place) = (None, false);
    for line in block.lines() {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("event", name) => is_place = name == "place",
            ("id", value) => id = Some(value.to_owned()),
            ("retry", ms) => parts.push(Part::Retry(ms.parse().unwrap())),
            ("data", json) => {
                assert!(is_place, "the event has its name");
                parts.push(Part::Place { id: id.take(), place: serde_json::from_str(json).unwrap() });
            }
            (comment, _) if comment.starts_with(':') || comment.is_empty() => parts.push(Part::Comment),
            other => panic!("{other:?} has no place in a stream"),
        }
    }
    parts
}

fn request(url: &str, visitor: &Visitor) -> RequestBuilder {
    let token = visitor.place_token().expect("the visitor has joined");
    CLIENT.get(format!("{url}/v1/drops/{DROP}/places/me/events")).bearer_auth(token)
}

/// One replica with other settings of streams than the usual ones.
async fn room_with(change: impl FnOnce(&mut Config)) -> Room {
    let stores = TestStores::new().await;
    let mut config = config(&stores.redis_url, &stores.database_url);
    change(&mut config);
    let replica = waitroom::start(config, Clock::System).await.expect("a replica starts");
    Room { stores, replicas: vec![replica] }
}

/// A visitor who waits at the front of a paused line.
async fn waiting(room: &Room) -> Visitor {
    room.create_open(json!({})).await;
    room.operator().pause(DROP).await.expect(200);
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor
}

#[tokio::test]
async fn the_place_comes_at_once_and_on_every_change() {
    let room = Room::new().await;
    let ann = waiting(&room).await;
    let bob = room.visitor();
    bob.join().await.expect(201);

    let mut events = Events::of(&room.url(), &bob).await;
    let first = events.next().await.unwrap();
    let [Part::Retry(retry_ms), Part::Place { place, .. }] = &first[..] else { panic!("{first:?}") };
    assert!((1_000..10_000).contains(retry_ms));
    assert_eq!((&place["state"], &place["position"]), (&json!("paused"), &json!(2)));
    let polled = bob.place().await.expect(200);
    let names = |place: &Value| place.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(place), names(&polled.json), "the same object as a poll's");

    let (etag, _) = room.operator().get_drop(DROP).await;
    let message = json!({"message": "The second hall opens."});
    room.operator().patch_drop(DROP, &etag, message).await.expect(200);
    events.until(|place| place["message"] == "The second hall opens.").await;
    ann.leave().await.expect(204);
    events.until(|place| place["position"] == 1).await;
    room.operator().resume(DROP).await.expect(200);
    events.until(|place| place["state"] == "called").await;
    bob.claim().await.expect(200);
    events.until(|place| place["state"] == "admitted").await;
}

#[tokio::test]
async fn a_call_is_pushed_within_a_second() {
    let room = Room::new().await;
    let visitor = waiting(&room).await;
    let mut events = Events::of(&room.url(), &visitor).await;
    events.until(|place| place["state"] == "paused").await;
    let pushed = async {
        events.until(|place| place["state"] == "called").await;
        Instant::now()
    };
    let polled = async {
        room.operator().resume(DROP).await.expect(200);
        visitor.wait_until("called", SOON).await;
        Instant::now()
    };
    let (pushed, polled) = tokio::join!(pushed, polled);
    assert!(pushed.saturating_duration_since(polled) < Duration::from_secs(1));
}

#[tokio::test]
async fn a_browser_follows_with_its_cookie() {
    let room = Room::new().await;
    let visitor = waiting(&room).await;
    let cookie = format!("place_{DROP}={}", visitor.place_token().unwrap());
    let request = CLIENT.get(format!("{}/v1/drops/{DROP}/places/me/events", room.url()));
    let mut events = Events::open(request.header("Cookie", cookie)).await;
    events.until(|place| place["position"] == 1).await;
    let without = CLIENT.get(format!("{}/v1/drops/{DROP}/places/me/events", room.url()));
    assert_eq!(without.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_requeued_visitor_hears_of_the_new_place_and_gets_its_token() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"claim_window_s": 10, "on_lapse": "requeue"})).await;
    let visitor = room.visitor();
    let joined = visitor.join().await.expect(201);
    let mut events = Events::of(&room.url(), &visitor).await;
    events.until(|place| place["state"] == "called").await;
    clock.advance(Duration::from_secs(11));
    let (_, place) = events.until(|place| place["place_id"] != joined["place_id"]).await;
    visitor.use_place_token(place["place_token"].as_str().expect("the new place's token"));
    assert_eq!(visitor.place().await.expect(200)["place_id"], place["place_id"]);
}

#[tokio::test]
async fn a_position_never_rises_over_a_reconnection_to_another_replica() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    let _first = waiting(&room).await;
    let (second, third) = (room.visitor(), room.visitor());
    second.join().await.expect(201);
    third.join().await.expect(201);
    let (id, _) = Events::of(&room.url(), &third).await.until(|place| place["position"] == 3).await;
    let [epoch, "0", "3"] = id.split('.').collect::<Vec<_>>()[..] else { panic!("{id}") };

    let shown = |replica: usize, id: String| {
        let request = request(&room.replicas[replica].url(), &third).header("Last-Event-ID", id);
        async move { Events::open(request).await.until(|place| !place["position"].is_null()).await.1 }
    };
    for of_another_place in [format!("{epoch}.1.1"), format!("{}.0.1", epoch.parse::<i64>().unwrap() + 1)] {
        assert_eq!(shown(0, of_another_place).await["position"], 3);
    }
    let lowered = shown(1, format!("{epoch}.0.2")).await;
    assert_eq!((&lowered["position"], &lowered["ahead"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn a_stream_keeps_its_visitor_present() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"max_active": 1})).await;
    room.operator().pause(DROP).await.expect(200);
    let (absent, present) = (room.visitor(), room.visitor());
    absent.join().await.expect(201);
    present.join().await.expect(201);
    let mut events = Events::of(&room.url(), &present).await;
    // Sightings are reported once a second by the machine's clock, as of then: enough of these seconds pass here.
    for message in (0..12).map(|n| format!("{n}00 s later")) {
        clock.advance(Duration::from_secs(100));
        let (etag, _) = room.operator().get_drop(DROP).await;
        room.operator().patch_drop(DROP, &etag, json!({"message": message})).await.expect(200);
        events.until(|place| place["message"] == message).await;
    }
    room.operator().resume(DROP).await.expect(200);
    events.until(|place| place["state"] == "called").await;
}

#[tokio::test]
async fn a_page_without_script_renews_itself_with_what_it_showed() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    let _first = waiting(&room).await;
    let second = room.visitor();
    second.join().await.expect(201);
    let cookie = format!("place_{DROP}={}", second.place_token().unwrap());
    let page = async |replica: usize, path: &str| {
        let url = format!("{}{path}", room.replicas[replica].url());
        CLIENT.get(url).header("Cookie", &cookie).send().await.unwrap().text().await.unwrap()
    };
    let html = page(0, "/q/premiere").await;
    assert!(html.contains("<dd data-field=\"position\">2</dd>"), "{html}");
    let (_, next) =
        html.split_once("<noscript><meta http-equiv=\"refresh\" content=\"").expect("it renews itself");
    let (wait_s, next) = next.split_once("; url=").unwrap();
    assert!((5..=60).contains(&wait_s.parse::<u32>().unwrap()));
    let (next, _) = next.split_once('"').unwrap();
    let (path, seen) = next.split_once("seen=").unwrap();
    assert_eq!(path, "/q/premiere?");
    let lower = format!("{path}seen={}1", seen.strip_suffix('2').expect("the position is its end"));
    assert!(page(1, &lower).await.contains("<dd data-field=\"position\">1</dd>"));
    for wrong in ["%22%3E%3Cscript%3E", "9.9.9.9", "-7"] {
        let html = page(0, &format!("/q/premiere?seen={wrong}")).await;
        assert!(html.contains("<dd data-field=\"position\">2</dd>") && !html.contains("<script>"));
    }
}

#[tokio::test]
async fn comments_keep_a_quiet_stream_alive() {
    let room = room_with(|config| config.stream_comment = Duration::from_secs(1)).await;
    let visitor = waiting(&room).await;
    let mut events = Events::of(&room.url(), &visitor).await;
    let mut comments = 0;
    while comments < 2 {
        let parts = events.next().await.expect("the stream goes on");
        comments += parts.iter().filter(|part| matches!(part, Part::Comment)).count();
    }
}

async fn refused(request: RequestBuilder) -> (u16, HeaderMap, Value) {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = if status == 200 { Value::Null } else { response.json().await.unwrap() };
    (status, headers, body)
}

#[tokio::test]
async fn one_identity_has_five_streams_and_the_sixth_is_refused_until_one_ends() {
    let room = Room::new().await;
    let visitor = waiting(&room).await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(Events::of(&room.url(), &visitor).await);
    }
    let (status, headers, problem) = refused(request(&room.url(), &visitor)).await;
    assert_eq!((status, &problem["code"]), (429, &json!("rate_limited")));
    assert_eq!(headers["ratelimit-policy"], "\"streams\";q=5;qu=\"concurrent-requests\"");
    assert!(headers["ratelimit"].to_str().unwrap().starts_with("\"streams\";r=0"));
    assert!(headers.contains_key("retry-after"));
    assert_eq!(visitor.place().await.expect(200)["position"], 1, "polling works all the same");

    open.pop();
    harness::eventually(SOON, || async {
        let (status, ..) = refused(request(&room.url(), &visitor)).await;
        if status == 200 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn a_full_replica_sends_streams_elsewhere() {
    let room = room_with(|config| config.streams.total = 1).await;
    let first = waiting(&room).await;
    let second = room.visitor();
    second.join().await.expect(201);
    let _open = Events::of(&room.url(), &first).await;
    let (status, headers, problem) = refused(request(&room.url(), &second)).await;
    assert_eq!((status, &problem["code"]), (503, &json!("streams_full")));
    assert!(headers.contains_key("retry-after"));
}

#[tokio::test]
async fn an_address_has_so_many_streams_whoever_opens_them() {
    let room = room_with(|config| config.streams.per_address = 1).await;
    let first = waiting(&room).await;
    let second = room.visitor();
    second.join().await.expect(201);
    let _open = Events::of(&room.url(), &first).await;
    let (status, headers, _) = refused(request(&room.url(), &second)).await;
    assert_eq!(status, 429);
    assert!(headers["ratelimit-policy"].to_str().unwrap().starts_with("\"streams-by-address\";q=1"));
}

#[tokio::test]
async fn a_replica_that_stops_says_so_and_sends_its_streams_elsewhere() {
    let mut room = Room::with(TestStores::new().await, 2, Clock::System).await;
    let visitor = waiting(&room).await;
    let stopping = room.replicas.pop().unwrap();
    let mut events = Events::of(&stopping.url(), &visitor).await;
    events.until(|place| place["position"] == 1).await;

    let started = Instant::now();
    let stop = tokio::spawn(stopping.stop());
    let mut last = Vec::new();
    while let Some(parts) = events.next().await {
        last = parts;
    }
    assert!(matches!(last[..], [Part::Retry(500..=3_500), Part::Comment]), "{last:?}");
    stop.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "nothing holds the replica up");
    Events::of(&room.url(), &visitor).await.until(|place| place["position"] == 1).await;
}
