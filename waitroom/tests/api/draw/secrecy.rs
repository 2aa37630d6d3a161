//! Before opening nothing that anybody can see depends on the seed.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::{StreamExt as _, stream};
use tracing::field::{Field, Visit};
use tracing::span;

use super::*;
use crate::support::OPERATOR_TOKEN;

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl tracing::Subscriber for Logs {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Fields(&mut self.0.lock().unwrap()));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Everything that was answered, with what is written in base64 in it.
#[derive(Default)]
struct Seen(String);

impl Seen {
    fn add(&mut self, headers: &impl Debug, body: &str) {
        writeln!(self.0, "{headers:?} {body}").unwrap();
    }

    fn reply(&mut self, reply: &Reply) {
        self.add(&reply.headers, &reply.body);
    }

    fn decoded(&self) -> String {
        let mut all = self.0.clone();
        let is_inside =
            |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '+' | '/' | '=');
        for piece in self.0.split(|char| !is_inside(char)).filter(|piece| piece.len() >= 8) {
            let decoded = URL_SAFE_NO_PAD.decode(piece).or_else(|_| STANDARD.decode(piece));
            if let Ok(bytes) = decoded {
                write!(all, "{} {}", String::from_utf8_lossy(&bytes), hex(&bytes)).unwrap();
            }
        }
        all
    }
}

/// Every way to write what must stay secret.
fn secrets(seed: &[u8], salt: Option<&str>, places: &[String]) -> Vec<String> {
    let mut secrets =
        vec![hex(seed), hex(seed).to_uppercase(), URL_SAFE_NO_PAD.encode(seed), STANDARD.encode(seed)];
    for place in places {
        let raw = score(seed, None, place);
        for score in [raw, score(seed, salt, place)] {
            secrets.extend([score.to_string(), format!("{score:x}"), format!("{score:013X}")]);
        }
    }
    secrets
}

async fn secret_seed(room: &Room) -> Vec<u8> {
    sqlx::query_scalar("SELECT seed FROM waitroom.drops WHERE slug = 'premiere'")
        .fetch_one(&room.pool())
        .await
        .unwrap()
}

/// Looks everywhere: as a visitor, as anybody, as an operator.
async fn look_everywhere(room: &Room, visitors: &[Visitor]) -> Seen {
    let mut seen = Seen::default();
    for visitor in visitors {
        for reply in
            [visitor.open_page().await, visitor.place().await, visitor.claim().await, visitor.status().await]
        {
            seen.reply(&reply);
        }
    }
    for path in [
        "/",
        "/q/premiere",
        "/q/premiere/draw",
        "/v1/drops",
        "/v1/drops/premiere/draw",
        "/v1/drops/premiere/draw/roster",
        "/openapi.json",
    ] {
        seen.reply(&room.get(path).await);
    }
    for path in
        ["drops", "drops/premiere", "drops/premiere/audit", "drops/premiere/stats", "drops/premiere/passes"]
    {
        seen.reply(&room.operator().get(path).await.expect(200));
    }
    let metrics = format!("http://{}/metrics", room.replicas[0].admin_address);
    let metrics = CLIENT.get(metrics).bearer_auth(OPERATOR_TOKEN).send().await.unwrap();
    seen.add(&metrics.headers().clone(), &metrics.text().await.unwrap());
    let events = format!("{}/v1/drops/{DROP}/places/me/events", room.url());
    let mut events = CLIENT.get(events).bearer_auth(visitors[0].place_token().unwrap()).send().await.unwrap();
    let headers = events.headers().clone();
    while !seen.0.contains("event: place") {
        seen.add(&headers, std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
    seen
}

#[tokio::test]
async fn neither_seed_nor_scores_are_visible_anywhere_before_the_opening() {
    let logs = Logs::default();
    tracing::subscriber::set_global_default(logs.clone()).expect("this test runs in a process of its own");
    let (room, clock) = lobby(json!({"salt_source": "a beacon"})).await;
    let mut seen = Seen::default();
    let mut visitors = Vec::new();
    let mut places = Vec::new();
    for _ in 0..12 {
        let visitor = room.visitor();
        let joined = visitor.join().await.expect(201);
        places.push(joined.text("place_id").to_owned());
        seen.reply(&joined);
        visitors.push(visitor);
    }
    let (etag, _) = room.operator().get_drop(DROP).await;
    room.operator().patch_drop(DROP, &etag, json!({"salt": "b1a5"})).await.expect(200);
    let seed = secret_seed(&room).await;
    let secrets = secrets(&seed, Some("b1a5"), &places);
    seen.0.push_str(&look_everywhere(&room, &visitors).await.0);
    let all = seen.decoded() + &logs.0.lock().unwrap();
    for place in &places {
        assert!(all.contains(place.as_str()), "the test sees what there is");
    }
    assert!(
        all.contains("\"lobby\"") && all.contains("INSERT INTO waitroom.audit"),
        "tokens and logs as well"
    );
    for secret in &secrets {
        assert!(!all.contains(secret.as_str()), "{secret} is a secret");
    }

    clock.advance(Duration::from_hours(1));
    published(&room, &clock).await;
    let opened = look_everywhere(&room, &visitors).await.decoded();
    let visible = secrets.iter().filter(|secret| opened.contains(secret.as_str())).count();
    assert!(visible > places.len(), "after the opening the test finds {visible} of what it looked for");
}

#[tokio::test]
async fn nothing_in_a_lobby_place_tells_one_from_another() {
    let (room, _clock) = lobby(json!({})).await;
    let look = async |_: usize| {
        let visitor = room.visitor();
        visitor.join().await.expect(201);
        visitor
    };
    let visitors: Vec<Visitor> = stream::iter(0..250).map(look).buffer_unordered(8).collect().await;
    let seed = secret_seed(&room).await;
    // Until the replica has told everybody how many there are.
    let pairs = eventually(SOON, || async {
        let mut pairs = Vec::new();
        let mut rest = std::collections::BTreeSet::new();
        for visitor in &visitors {
            let mut place = visitor.place().await.expect(200).json;
            let id = place["place_id"].as_str().unwrap();
            pairs.push((score(&seed, None, id), place["poll_after_ms"].as_u64().unwrap()));
            for differing in ["place_id", "poll_after_ms", "updated_at"] {
                place.as_object_mut().unwrap().remove(differing);
            }
            rest.insert(place.to_string());
        }
        if rest.len() == 1 { Ok(pairs) } else { Err(rest) }
    })
    .await;
    let rho = rank_correlation(&pairs);
    assert!(rho.abs() < 5.0 / 250_f64.sqrt(), "poll intervals and scores: {rho}");
}
