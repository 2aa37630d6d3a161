//! Stores of a test's own: nobody else sees them, they are migrated, and they are freed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use harness::{eventually, stores::TestStores};
use redis::AsyncCommands;
use sqlx::{Connection, PgConnection};

async fn redis(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn postgres(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

#[tokio::test]
async fn two_tests_do_not_see_each_other() {
    let (one, other) = tokio::join!(TestStores::new(), TestStores::new());
    assert_ne!(one.database_url, other.database_url);
    assert_ne!(one.redis_url, other.redis_url);

    let _: () = redis(&one.redis_url).await.set("seat", "A1").await.unwrap();
    let seen: Option<String> = redis(&other.redis_url).await.get("seat").await.unwrap();
    assert_eq!(seen, None);

    sqlx::query("CREATE TABLE mine (id int)").execute(&mut postgres(&one.database_url).await).await.unwrap();
    let seen = sqlx::query("SELECT id FROM mine").execute(&mut postgres(&other.database_url).await).await;
    assert!(seen.is_err());
}

#[tokio::test]
async fn the_database_has_all_migrations() {
    let stores = TestStores::new().await;
    let mut db = postgres(&stores.database_url).await;
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let files = files.filter(|file| file.path().extension().is_some_and(|end| end == "sql")).count();
    assert_eq!(usize::try_from(applied).unwrap(), files);
    assert!(files > 0);
}

#[tokio::test]
async fn a_succeeded_test_leaves_nothing_behind() {
    let _other = TestStores::new().await;
    let stores = TestStores::new().await;
    let (database_url, redis_url) = (stores.database_url.clone(), stores.redis_url.clone());
    // A session still open must not keep the database.
    let _session = postgres(&database_url).await;
    let _: () = redis(&redis_url).await.set("seat", "A1").await.unwrap();
    drop(stores);

    let gone = PgConnection::connect(&database_url).await.unwrap_err();
    assert_eq!(gone.as_database_error().unwrap().code().unwrap(), "3D000");
    let keys: i64 = redis::cmd("DBSIZE").query_async(&mut redis(&redis_url).await).await.unwrap();
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn many_tests_at_once_get_stores() {
    let stores: Vec<_> = (0..12).map(|_| tokio::spawn(TestStores::new())).collect();
    let mut urls = Vec::new();
    let mut held = Vec::new();
    for store in stores {
        let store = store.await.unwrap();
        urls.push((store.database_url.clone(), store.redis_url.clone()));
        held.push(store);
    }
    urls.sort();
    urls.dedup_by(|a, b| a.0 == b.0 || a.1 == b.1);
    assert_eq!(urls.len(), 12);
}

#[tokio::test]
async fn a_test_can_kill_servers_of_its_own_and_have_them_back() {
    let mut stores = TestStores::with_own_servers().await;
    let _: () = redis(&stores.redis_url).await.set("seat", "A1").await.unwrap();
    let mut db = postgres(&stores.database_url).await;
    sqlx::query("CREATE TABLE mine AS SELECT 1 AS id").execute(&mut db).await.unwrap();

    stores.own_redis().kill().await;
    stores.own_postgres().kill().await;
    assert!(PgConnection::connect(&stores.database_url).await.is_err());

    stores.own_redis().restart().await.unwrap();
    stores.own_postgres().restart().await.unwrap();
    let seat: String = redis(&stores.redis_url).await.get("seat").await.unwrap();
    assert_eq!(seat, "A1");
    let id = eventually(Duration::from_secs(5), || async {
        let mut db = PgConnection::connect(&stores.database_url).await?;
        sqlx::query_scalar::<_, i32>("SELECT id FROM mine").fetch_one(&mut db).await
    });
    assert_eq!(id.await, 1);
}
