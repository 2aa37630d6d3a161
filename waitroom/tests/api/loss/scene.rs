//! A drop in the middle of its life, with thousands in line and everything in it that a line can hold; and what must be
//! true of it after its memory was lost.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

use harness::{eventually, stores::TestStores};
use redis::AsyncCommands as _;
use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::ids::Sid;
use shared::redis::Redis;
use sqlx::PgPool;
use uuid::Uuid;
use waitroom::domain::ledger::IdleReason;
use waitroom::domain::line::Line as _;
use waitroom::store::line::RedisLine;

use super::crowd::Crowd;
use crate::support::{DROP, Room, SOON, config};

pub const CROWD: usize = 5_000;
/// Who is who, by their order in line: admitted and done, admitted and gone, admitted.
const FINISHED: Range<usize> = 0..10;
const LEFT_ADMITTED: Range<usize> = 10..12;
pub const ADMITTED: Range<usize> = 12..40;
/// Called and gone; called, never seen again and so back at the tail.
const LEFT_CALLED: Range<usize> = 40..50;
const REQUEUED: Range<usize> = 50..100;
/// Called, and still to claim; before the others of them, some who were not there for their turn.
const CALLED: Range<usize> = 100..200;
const ASIDE: Range<usize> = 200..220;
const CALLED_LATER: Range<usize> = 220..320;
/// Waiting, and seen a minute ago; waiting, and not seen since they joined.
pub const NEAR: Range<usize> = 320..900;
const FAR: Range<usize> = 900..1_500;
/// They come back minutes after the loss.
const LATE: Range<usize> = 4_000..4_050;
const LEFT_WAITING: Range<usize> = 4_990..5_000;

const MAX_ACTIVE: usize = 400;

/// The drop, and how it was before the loss.
pub struct Scene {
    pub room: Room,
    pub clock: ManualClock,
    pub crowd: Crowd,
    /// The admission tokens of [`ADMITTED`].
    admissions: Vec<String>,
    /// The main line: place → score.
    before: HashMap<String, u64>,
}

impl Scene {
    /// A line of which a hundred were called, and then a hundred more.
    pub async fn begin(stores: TestStores, replicas: usize) -> Self {
        let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        let room = Room::with(stores, replicas, clock.clone().into()).await;
        let settings = json!({
            "rate_per_minute": 600, "burst": 100, "max_active": MAX_ACTIVE, "claim_window_s": 100, "on_lapse": "requeue",
        });
        room.create_open(settings).await;
        let mut crowd = Crowd::join(&room, CROWD).await;
        until_all_are(&mut crowd, 0..100, "called").await;
        let admissions = crowd.claim(0..ADMITTED.end).await;
        for admission in &admissions[FINISHED] {
            crowd.end(admission).await;
        }
        crowd.leave(LEFT_ADMITTED.chain(LEFT_CALLED).chain(LEFT_WAITING)).await;
        let admissions = admissions[ADMITTED].to_vec();
        let mut scene = Self { room, clock, crowd, admissions, before: HashMap::new() };
        scene.lapse().await;
        scene.clock.advance(Duration::from_secs(10));
        until_all_are(&mut scene.crowd, CALLED, "called").await;
        scene
    }

    /// The claim window ends for whom it is open; nobody is called meanwhile. The clock never jumps so far that nobody
    /// could have asked in between.
    async fn lapse(&mut self) {
        self.room.operator().pause(DROP).await.expect(200);
        self.replicas_have_reported().await;
        for step_s in [50, 51] {
            self.clock.advance(Duration::from_secs(step_s));
            self.ticks().await;
        }
        self.room.operator().resume(DROP).await.expect(200);
        self.ticks().await;
    }

    /// Those of the next who are not there are set aside, and a hundred behind them are called.
    pub async fn go_on(&mut self) {
        self.crowd.look(CALLED_LATER.chain(NEAR)).await;
        self.are_seen(CALLED_LATER.chain(NEAR)).await;
        self.clock.advance(Duration::from_secs(54));
        until_all_are(&mut self.crowd, CALLED_LATER, "called").await;
        self.remember().await;
        let aside: usize = self.redis().hlen(key("aside")).await.unwrap();
        assert_eq!(aside, ASIDE.len());
        let waiting = REQUEUED.len() + LEFT_WAITING.start - NEAR.start;
        assert_eq!(self.before.len(), waiting, "the scene is as it should be");
    }

    /// Whom the replicas saw until now they have reported: a report says of everybody in it that they are there when it
    /// comes, and must not come when the clock has jumped. Each replica has begun a report after one that held all.
    async fn replicas_have_reported(&mut self) {
        let replicas = self.room.replicas.len();
        for _ in 0..2 {
            self.clock.advance(Duration::from_secs(1));
            self.crowd.look(NEAR.take(replicas)).await;
            self.are_seen(NEAR.take(replicas)).await;
        }
    }

    /// Redis knows that these were there just now: what a replica saw it reports once a second.
    async fn are_seen(&self, who: impl Iterator<Item = usize>) {
        let mut sightings = redis::cmd("ZMSCORE");
        sightings.arg(key("seen"));
        for number in who {
            sightings.arg(&self.crowd.members[number].place);
        }
        let (redis, now_ms) = (self.redis(), self.clock.now().as_millisecond());
        eventually(SOON, || async {
            let seen: Vec<Option<i64>> = sightings.query_async(&mut redis.clone()).await.unwrap();
            seen.iter().all(|seen| seen.is_some_and(|seen| seen >= now_ms))
        })
        .await;
    }

    /// This is how the main line was before the loss.
    async fn remember(&mut self) {
        self.before = self.queue().await;
    }

    /// Every replica has heard of this epoch.
    pub async fn is_restored(&self, epoch: i64) {
        for replica in 0..self.room.replicas.len() {
            eventually(3 * SOON, || async {
                let status = self.crowd.status(replica).await;
                if status["epoch"] == epoch { Ok(()) } else { Err(status.to_string()) }
            })
            .await;
        }
    }

    /// Whoever comes back has what they had. The clock stands, so that nobody is called meanwhile.
    pub async fn everybody_has_what_they_had(&mut self) {
        let places = self.crowd.look(NEAR.chain(FAR)).await;
        for (number, place) in &places {
            let member = &self.crowd.members[*number];
            assert_eq!(place["state"], "waiting", "{place}");
            assert_eq!(
                (&place["place_id"], &place["score"]),
                (&json!(member.place), &json!(member.score.to_string()))
            );
        }
        let queue = self.queue().await;
        let strangers: Vec<_> =
            queue.iter().filter(|(place, score)| self.before.get(*place) != Some(score)).collect();
        assert!(strangers.is_empty(), "nobody is revived, and nobody has another score: {strangers:?}");
        for number in NEAR.chain(FAR) {
            assert!(queue.contains_key(&self.crowd.members[number].place), "{number} is back in line");
        }
        self.ends_stay_ends().await;
        self.calls_stay_calls().await;
    }

    async fn ends_stay_ends(&mut self) {
        for (numbers, state) in
            [(FINISHED, "finished"), (LEFT_ADMITTED, "left"), (LEFT_CALLED, "left"), (LEFT_WAITING, "left")]
        {
            all_are(&self.crowd.look(numbers).await, state);
        }
        for (number, place) in self.crowd.look(REQUEUED).await {
            assert_eq!(place["state"], "waiting", "{place}");
            let successor = place["place_id"].as_str().unwrap();
            assert_ne!(successor, self.crowd.members[number].place);
            assert_eq!(
                place["score"],
                json!(self.before[successor].to_string()),
                "the successor's place at the tail"
            );
        }
    }

    async fn calls_stay_calls(&mut self) {
        all_are(&self.crowd.look(ADMITTED).await, "admitted");
        assert_eq!(
            self.crowd.claim(ADMITTED).await,
            self.admissions,
            "the admissions are those that there were"
        );
        all_are(&self.crowd.look(CALLED.chain(CALLED_LATER)).await, "called");
        let active: usize = self.redis().zcard(key("slots")).await.unwrap();
        assert_eq!(active, ADMITTED.len() + CALLED.len() + CALLED_LATER.len());
        let aside: usize = self.redis().hlen(key("aside")).await.unwrap();
        assert_eq!(aside, ASIDE.len(), "who was set aside still is");
        let twice: i64 = self
            .count("SELECT count(*) - count(DISTINCT sid) FROM waitroom.ledger WHERE kind = 'claimed'")
            .await;
        assert_eq!(twice, 0, "nobody is admitted twice");
    }

    /// Calling goes on after five seconds: who came back from being away first, and then who is next.
    pub async fn calling_goes_on(&mut self) {
        let newcomer = Crowd::join(&self.room, 1).await.members.remove(0);
        assert!(self.before.values().all(|score| *score < newcomer.score), "no score repeats");
        let back = self.crowd.look([ASIDE.start]).await;
        assert_eq!(back[&ASIDE.start]["state"], "waiting");
        let calls = self.calls().await;
        self.clock.advance(Duration::from_secs(4));
        self.ticks().await;
        assert_eq!(self.calls().await, calls, "nobody is called for five seconds");
        self.clock.advance(Duration::from_secs(2));
        // Six seconds of ten calls, and no credit before.
        until_all_are(
            &mut self.crowd,
            [ASIDE.start].into_iter().chain(NEAR.start..NEAR.start + 59),
            "called",
        )
        .await;
        all_are(&self.crowd.look([NEAR.start + 59]).await, "waiting");
        assert_eq!(self.calls().await, calls + 60);
    }

    /// Who shows up minutes later has their place too; and the audit finds nothing.
    pub async fn latecomers_are_put_back(&mut self) {
        self.clock.advance(Duration::from_mins(3));
        for (number, place) in self.crowd.look(LATE).await {
            let member = &self.crowd.members[number];
            assert_eq!(place["state"], "waiting", "{place}");
            assert_eq!(
                (&place["place_id"], &place["score"]),
                (&json!(member.place), &json!(member.score.to_string()))
            );
        }
        let active: usize = self.redis().zcard(key("slots")).await.unwrap();
        assert!(active <= MAX_ACTIVE);
        let doubled: i64 = self
            .count("SELECT count(*) - count(DISTINCT place) FROM waitroom.ledger WHERE kind = 'called'")
            .await;
        assert_eq!(doubled, 0, "nobody is called twice");
        let findings = self.room.findings().await;
        assert!(findings.is_empty(), "{findings:?}");
    }

    /// The replicas are killed; what they did in Redis and nowhere else stays as it is. Another one calls the next
    /// fifty, and dies before it has recorded a thing.
    pub async fn the_replica_dies_after_calling(&mut self) {
        for replica in self.room.replicas.drain(..) {
            replica.stop().await;
        }
        self.clock.advance(Duration::from_secs(5));
        let line = RedisLine::new(self.redis(), self.clock.clone().into());
        let slug = DROP.parse().unwrap();
        let tick = line.call_next(&slug, Sid(Uuid::new_v4()), IdleReason::NoReplica).await.unwrap();
        assert_eq!(tick.called, 50);
    }

    /// New replicas, which remember nobody.
    pub async fn others_start(&mut self, replicas: usize) {
        let config = config(&self.room.stores.redis_url, &self.room.stores.database_url);
        for _ in 0..replicas {
            let replica = waitroom::start(config.clone(), self.clock.clone().into()).await;
            self.room.replicas.push(replica.expect("a replica starts"));
        }
        self.crowd.go_to(&self.room);
    }

    /// The fifty whom the killed replica called are called, once.
    pub async fn its_calls_stand(&mut self, calls_before: i64) {
        until_all_are(&mut self.crowd, NEAR.take(50), "called").await;
        assert_eq!(self.calls().await, calls_before + 50);
        let called: HashSet<String> =
            NEAR.take(50).map(|number| self.crowd.members[number].place.clone()).collect();
        let queue = self.queue().await;
        assert!(queue.iter().all(|(place, score)| self.before.get(place) == Some(score)));
        assert!(self.before.keys().all(|place| queue.contains_key(place) != called.contains(place)));
        self.crowd.claim(NEAR.take(50)).await;
        let findings = self.room.findings().await;
        assert!(findings.is_empty(), "{findings:?}");
    }

    /// Each replica has ticked since.
    pub async fn ticks(&self) {
        for replica in 0..self.room.replicas.len() {
            let now = self.clock.now();
            eventually(SOON, || async {
                let status = self.crowd.status(replica).await;
                status["updated_at"]
                    .as_str()
                    .and_then(|at| at.parse().ok())
                    .is_some_and(|at: jiff::Timestamp| at >= now)
            })
            .await;
        }
    }

    /// How many calls the ledger knows.
    pub async fn calls(&self) -> i64 {
        self.count("SELECT count(*) FROM waitroom.ledger WHERE kind = 'called'").await
    }

    async fn queue(&self) -> HashMap<String, u64> {
        let queue: Vec<(String, u64)> = self.redis().zrange_withscores(key("queue"), 0, -1).await.unwrap();
        queue.into_iter().collect()
    }

    pub fn redis(&self) -> Redis {
        Redis::connect(&self.room.stores.redis_url).unwrap()
    }

    async fn count(&self, query: &'static str) -> i64 {
        let pool: PgPool = self.room.pool();
        let count = sqlx::query_scalar(query).fetch_one(&pool).await.unwrap();
        pool.close().await;
        count
    }
}

/// A key of the drop's line.
pub fn key(name: &str) -> String {
    format!("{{drop:{DROP}}}:{name}")
}

pub async fn until_all_are(crowd: &mut Crowd, who: impl IntoIterator<Item = usize>, state: &str) {
    let mut left: Vec<usize> = who.into_iter().collect();
    let deadline = tokio::time::Instant::now() + 3 * SOON;
    while !left.is_empty() {
        let places = crowd.look(left.iter().copied()).await;
        left.retain(|number| places[number]["state"] != state);
        let example = left.first().map(|number| &places[number]);
        assert!(tokio::time::Instant::now() < deadline, "{} are not {state}, e.g. {example:?}", left.len());
    }
}

fn all_are(places: &HashMap<usize, Value>, state: &str) {
    for place in places.values() {
        assert_eq!(place["state"], state, "{place}");
    }
}
