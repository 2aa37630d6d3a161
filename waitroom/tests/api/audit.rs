//! The audit finds what is planted, and nothing in what is sound.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{DROP, Room, SOON};

/// A sound history of three visitors: one served, one called, one waiting.
async fn sound() -> (Room, PgPool) {
    let room = Room::new().await;
    room.create_open(json!({"rate_per_minute": 600, "max_active": 2})).await;
    let (served, called, waiting) = (room.visitor(), room.visitor(), room.visitor());
    served.join().await.expect(201);
    served.wait_until("called", SOON).await;
    served.claim().await.expect(200);
    served.leave().await.expect(204);
    called.join().await.expect(201);
    called.wait_until("called", SOON).await;
    room.operator().pause(DROP).await.expect(200);
    waiting.join().await.expect(201);
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
    let pool = room.pool();
    (room, pool)
}

async fn plant(pool: &PgPool, sql: &'static str) {
    let planted = sqlx::query(sql).execute(pool).await.unwrap();
    assert!(planted.rows_affected() > 0, "the fault was planted");
}

async fn found(room: &Room, check: &str) {
    let findings = room.findings().await;
    assert!(
        findings.iter().any(|found| found.starts_with(&format!("{check}:"))),
        "{check} is not in {findings:?}"
    );
}

#[tokio::test]
async fn calls_beyond_rate_and_slots_are_found() {
    let (room, pool) = sound().await;
    let more = "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, sid, score, source, lives_until)
                SELECT drop, epoch, stream_ms, stream_seq + n, kind, at, gen_random_uuid(), gen_random_uuid(), score + n, source, lives_until
                FROM (SELECT * FROM waitroom.ledger WHERE kind = 'called' ORDER BY stream_ms DESC LIMIT 1) called, generate_series(1, 30) n";
    plant(&pool, more).await;
    found(&room, "line.rate").await;
    found(&room, "line.slots").await;
}

#[tokio::test]
async fn a_call_of_a_paused_drop_is_found() {
    let (room, pool) = sound().await;
    let late = "UPDATE waitroom.ledger SET stream_ms = stream_ms + 100000000, at = at + interval '1 hour'
                WHERE (stream_ms, stream_seq) = (SELECT stream_ms, stream_seq FROM waitroom.ledger WHERE kind = 'called' ORDER BY stream_ms DESC LIMIT 1)";
    plant(&pool, late).await;
    found(&room, "line.called_in_force").await;
}

#[tokio::test]
async fn two_live_places_of_one_identity_are_found() {
    let (room, pool) = sound().await;
    let place: uuid::Uuid = sqlx::query_scalar(
        "SELECT place FROM waitroom.ledger WHERE kind = 'called' ORDER BY stream_ms DESC LIMIT 1",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let second = waitroom::domain::place::PlaceId(place).of_generation(7).to_string();
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("ZADD")
        .arg("{drop:premiere}:queue")
        .arg(1)
        .arg(second)
        .exec_async(&mut connection)
        .await
        .unwrap();
    found(&room, "line.one_place").await;
}

#[tokio::test]
async fn a_second_call_of_the_same_place_and_admission_is_found() {
    let (room, pool) = sound().await;
    let again = "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, sid, score, source, lives_until)
                 SELECT drop, epoch, stream_ms, stream_seq + 500, kind, at, place, sid, score, source, lives_until
                 FROM waitroom.ledger WHERE kind = 'called'";
    plant(&pool, again).await;
    found(&room, "line.called_once").await;
    found(&room, "line.one_place").await;
}

#[tokio::test]
async fn overtaking_is_found() {
    let (room, pool) = sound().await;
    let swap = "UPDATE waitroom.ledger SET score = score + 100
                WHERE (stream_ms, stream_seq) = (SELECT stream_ms, stream_seq FROM waitroom.ledger WHERE kind = 'called' ORDER BY stream_ms LIMIT 1)";
    plant(&pool, swap).await;
    found(&room, "line.order").await;
}

#[tokio::test]
async fn a_slot_that_the_ledger_does_not_know_is_found() {
    let (room, pool) = sound().await;
    plant(&pool, "DELETE FROM waitroom.ledger WHERE kind = 'called'").await;
    found(&room, "line.slots_in_ledger").await;
}

#[tokio::test]
async fn somebody_waiting_while_nobody_looked_is_found() {
    let (room, pool) = sound().await;
    let idle = "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, since, reason)
                SELECT drop, epoch, stream_ms, stream_seq + 700, 'idle', at, at - interval '3 s', 'overdue'
                FROM waitroom.ledger WHERE kind = 'called' ORDER BY stream_ms LIMIT 1";
    plant(&pool, idle).await;
    found(&room, "line.idle").await;
}

#[tokio::test]
async fn a_call_from_the_side_list_without_a_reason_is_found() {
    let (room, pool) = sound().await;
    plant(&pool, "UPDATE waitroom.ledger SET source = 'side' WHERE kind = 'called'").await;
    found(&room, "line.side").await;
}

#[tokio::test]
async fn a_call_of_who_was_set_aside_and_did_not_come_back_is_found() {
    let (room, pool) = sound().await;
    let aside = "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, score, lives_until)
                 SELECT drop, epoch, stream_ms - 1, stream_seq, 'aside', at, place, score, at
                 FROM waitroom.ledger WHERE kind = 'called'";
    plant(&pool, aside).await;
    found(&room, "line.side").await;
    found(&room, "line.one_place").await;
}

#[tokio::test]
async fn a_place_that_lives_on_after_its_end_is_found() {
    let (room, pool) = sound().await;
    let ended = "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, reason)
                 SELECT drop, epoch, stream_ms - 1, stream_seq, 'ended', at, place, 'left'
                 FROM waitroom.ledger WHERE kind = 'called'";
    plant(&pool, ended).await;
    found(&room, "line.ended_for_good").await;
}

#[tokio::test]
async fn a_place_with_two_scores_is_found() {
    let (room, pool) = sound().await;
    let passed = "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, score)
                  SELECT drop, epoch, stream_ms - 1, stream_seq, 'passed', at, place, score + 1
                  FROM waitroom.ledger WHERE kind = 'called'";
    plant(&pool, passed).await;
    found(&room, "line.one_score").await;
}
