//! After opening: what is published, when, and that it can be recomputed.

use super::*;

#[tokio::test]
async fn the_roster_has_everybody_who_was_in_the_lobby_in_an_order_that_anybody_can_recompute() {
    let (room, clock) = lobby(json!({})).await;
    let visitors = joined(&room, 20).await;
    visitors[7].leave().await.expect(204);
    let before = draw(&room).await;
    assert!(before["seed"].is_null() && before["roster_sha256"].is_null() && before["count"].is_null());
    clock.advance(Duration::from_hours(1));
    let all = published(&room, &clock).await;

    assert_eq!(all["commitment"], before["commitment"]);
    let seed = bytes(all.text("seed"));
    assert_eq!(sha256(&seed), all.text("commitment"));
    let roster = room.get("/v1/drops/premiere/draw/roster").await.expect(200);
    assert_eq!(sha256(roster.body.as_bytes()), all.text("roster_sha256"));
    let places: Vec<&str> = roster.body.lines().collect();
    assert_eq!((places.len(), &all["count"]), (19, &json!(19)));
    assert!(places.iter().map(|place| score(&seed, None, place)).is_sorted_by(|one, next| one < next));
    for (number, visitor) in visitors.iter().enumerate() {
        let place = visitor.place().await;
        assert_eq!(places.contains(&place.text("place_id")), number != 7);
    }
}

#[tokio::test]
async fn a_roster_is_cached_for_ever_by_its_digest_and_is_not_there_before() {
    let (room, clock) = lobby(json!({})).await;
    joined(&room, 3).await;
    room.get("/v1/drops/premiere/draw/roster").await.expect(404);
    clock.advance(Duration::from_hours(1));
    eventually(SOON, || async { !draw(&room).await["roster_sha256"].is_null() }).await;
    assert!(draw(&room).await["seed"].is_null(), "the digest is public first");
    room.get("/v1/drops/premiere/draw/roster").await.expect(404);
    let all = published(&room, &clock).await;
    assert_eq!(room.visitor().status().await["draw"]["seed"], all["seed"]);
    let roster = room.get("/v1/drops/premiere/draw/roster").await.expect(200);
    let etag = format!("\"{}\"", all.text("roster_sha256"));
    assert_eq!(roster.header("etag"), etag);
    assert_eq!(roster.header("content-length"), (3 * 37).to_string());
    assert!(roster.header("cache-control").contains("immutable"));
    let again =
        CLIENT.get(format!("{}/v1/drops/premiere/draw/roster", room.url())).header("If-None-Match", etag);
    assert_eq!(again.send().await.unwrap().status().as_u16(), 304);
}

#[tokio::test]
async fn a_salt_turns_the_circle_and_the_roster_says_so() {
    let (room, clock) = lobby(json!({"salt_source": "Round 7 of the beacon"})).await;
    joined(&room, 30).await;
    clock.advance(Duration::from_hours(2));
    assert_eq!(room.visitor().status().await["state"], "lobby", "it waits for its salt");
    joined(&room, 10).await;
    let unsalted = room.operator().open(DROP).await.expect(409);
    assert!(unsalted.text("detail").contains("waiting for its salt"));
    let opened = room.operator().create("drops/premiere/open", json!({"salt": "b1a5"})).await.expect(200);
    assert_eq!((&opened["state"], &opened["salt"]), (&json!("open"), &json!("b1a5")));
    let all = published(&room, &clock).await;
    assert_eq!((all.text("salt"), all.text("salt_source")), ("b1a5", "Round 7 of the beacon"));
    let seed = bytes(all.text("seed"));
    let roster = room.get("/v1/drops/premiere/draw/roster").await.expect(200);
    let scores = roster.body.lines().map(|place| score(&seed, Some("b1a5"), place));
    assert_eq!(roster.body.lines().count(), 40, "until the salt came it was the lobby");
    assert!(scores.is_sorted_by(|one, next| one < next));
    assert!(!roster.body.lines().map(|place| score(&seed, None, place)).is_sorted(), "it is turned");
    room.operator().create("drops/premiere/open", json!({"salt": "other"})).await.expect(409);
}

#[tokio::test]
async fn one_of_many_replicas_stores_the_roster_once_and_it_never_changes() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::new().await, 3, clock.clone().into()).await;
    room.create(json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2026-03-01T13:00:00Z"})).await;
    let visitors = joined(&room, 10).await;
    clock.advance(Duration::from_hours(1));
    let all = published(&room, &clock).await;
    for replica in &room.replicas {
        let url = format!("{}/v1/drops/{DROP}/draw", replica.url());
        eventually(SOON, || async {
            let seen: Value = CLIENT.get(&url).send().await.unwrap().json().await.unwrap();
            if seen == all.json { Ok(()) } else { Err(seen) }
        })
        .await;
    }
    visitors[0].leave().await.expect(204);
    room.visitor().join().await.expect(201);
    clock.advance(Duration::from_mins(1));
    let roster = room.get("/v1/drops/premiere/draw/roster").await.expect(200);
    assert_eq!(sha256(roster.body.as_bytes()), all.text("roster_sha256"));
    let rows = sqlx::query_scalar::<_, i64>("SELECT count(DISTINCT roster) FROM waitroom.roster_pages");
    assert_eq!(rows.fetch_one(&room.pool()).await.unwrap(), 1);
}

#[tokio::test]
async fn the_page_of_a_draw_says_what_is_known() {
    let (room, clock) = lobby(json!({})).await;
    joined(&room, 2).await;
    let before = room.get("/q/premiere/draw").await.expect(200);
    assert!(before.body.contains(draw(&room).await.text("commitment")));
    clock.advance(Duration::from_hours(1));
    let all = published(&room, &clock).await;
    let after = room.get("/q/premiere/draw").await.expect(200);
    assert!(after.body.contains(all.text("seed")) && after.body.contains(all.text("roster_sha256")));
}

/// Holds the lease, as a replica does that is killed while it gathers.
async fn lease(room: &Room, for_ms: u32) {
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut set = redis::cmd("SET");
    set.arg("{drop:premiere}:roster_lease").arg(1).arg("PX").arg(for_ms);
    set.exec_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_replica_killed_while_it_gathers_is_followed_by_another() {
    let (room, clock) = lobby(json!({})).await;
    let visitors = joined(&room, 8).await;
    lease(&room, 2_000).await;
    // What it had written.
    let left_over = "INSERT INTO waitroom.roster_pages (drop, roster, number, places)
                     VALUES ('premiere', gen_random_uuid(), 0, decode(repeat('00', 32), 'hex'))";
    sqlx::query(left_over).execute(&room.pool()).await.unwrap();
    room.operator().open(DROP).await.expect(200);
    visitors[0].leave().await.expect(204);
    let all = published(&room, &clock).await;
    assert_eq!(all["count"], 8, "who has left since was in the lobby");
    eventually(SOON, || async { pages_of(&room).await == 1 }).await;
}

async fn pages_of(room: &Room) -> i64 {
    let pages = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM waitroom.roster_pages");
    pages.fetch_one(&room.pool()).await.unwrap()
}

#[tokio::test]
async fn where_redis_is_lost_before_the_roster_is_stored_it_has_whoever_is_known() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::with_own_redis().await, 1, clock.clone().into()).await;
    room.create(json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2026-03-01T13:00:00Z", "max_active": 1})).await;
    let visitors = joined(&room, 6).await;
    lease(&room, 600_000).await;
    room.operator().open(DROP).await.expect(200);
    let mut called = None;
    while called.is_none() {
        for (number, visitor) in visitors.iter().enumerate() {
            if visitor.place().await["state"] == "called" {
                called = Some(number);
            }
        }
    }
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    eventually(SOON, || async { visitors[0].status().await["epoch"] == 2 }).await;
    for visitor in &visitors {
        visitor.place().await.expect(200);
    }
    eventually(Duration::from_secs(30), || async { !draw(&room).await["roster_sha256"].is_null() }).await;
    let all = published(&room, &clock).await;
    assert_eq!(all["count"], 6, "those who came back, and the one whom the ledger knows");
    let roster = room.get("/v1/drops/premiere/draw/roster").await.expect(200);
    assert_eq!(sha256(roster.body.as_bytes()), all.text("roster_sha256"));
}

#[tokio::test]
async fn the_audit_finds_a_roster_or_a_score_that_does_not_follow_from_the_seed() {
    let (room, clock) = lobby(json!({"max_active": 2, "salt_source": "a beacon"})).await;
    joined(&room, 9).await;
    room.operator().create("drops/premiere/open", json!({"salt": "b1a5"})).await.expect(200);
    published(&room, &clock).await;
    let pool = room.pool();
    eventually(SOON, || async { calls_of(&pool).await == 2 }).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
    let faults = [
        "UPDATE waitroom.drops SET salt = 'b1a6' WHERE slug = 'premiere'",
        "UPDATE waitroom.roster_pages SET places = substr(places, 17, 16) || substr(places, 1, 16) || substr(places, 33)",
        "UPDATE waitroom.drops SET roster_count = roster_count + 1 WHERE slug = 'premiere'",
        "UPDATE waitroom.ledger SET score = score + 1 WHERE kind = 'called'",
    ];
    let repairs = [
        "UPDATE waitroom.drops SET salt = 'b1a5' WHERE slug = 'premiere'",
        faults[1],
        "UPDATE waitroom.drops SET roster_count = roster_count - 1 WHERE slug = 'premiere'",
        "UPDATE waitroom.ledger SET score = score - 1 WHERE kind = 'called'",
    ];
    for (fault, repair) in faults.into_iter().zip(repairs) {
        sqlx::query(fault).execute(&pool).await.unwrap();
        let findings = room.findings().await;
        assert!(findings.iter().any(|found| found.starts_with("line.draw: ")), "{fault}: {findings:?}");
        sqlx::query(repair).execute(&pool).await.unwrap();
    }
    assert!(room.findings().await.is_empty());
}

async fn calls_of(pool: &sqlx::PgPool) -> i64 {
    let calls = sqlx::query_scalar("SELECT count(*) FROM waitroom.ledger WHERE kind = 'called'");
    calls.fetch_one(pool).await.unwrap()
}
