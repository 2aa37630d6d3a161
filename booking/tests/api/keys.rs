//! The keys of admissions as the shop keeps them: it goes on without the waiting room, and not for ever.

use std::time::Duration;

use booking::Config;
use harness::actors::{Reply, Shopper};
use harness::proxy::Proxy;
use shared::config::Vars;
use shared::keys::MAX_STALE;
use shared::service::Running;

use crate::support::{DROP, Shop};

/// A replica that reaches the waiting room through a proxy.
async fn behind(proxy: &Proxy, shop: &Shop) -> Running {
    let mut vars = Vars::default()
        .with("REDIS_URL", &shop.stores.redis_url)
        .with("DATABASE_URL", &shop.stores.database_url)
        .with("BOOKING_LISTEN", "127.0.0.1:0")
        .with("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
        .with("WAITROOM_PUBLIC_URL", shop.line.url())
        .with("WAITROOM_INTERNAL_URL", proxy.url(shop.line.url()))
        .with("BOOKING_SECRET", "the secret of a shop under test, long enough");
    let config = Config::from_vars(&mut vars);
    vars.finish().unwrap();
    booking::start(config, shop.clock.clone()).await.unwrap()
}

/// Somebody new looks at the map.
async fn look(shop: &Shop, replica: &Running, show: &str) -> Reply {
    let shopper = Shopper::new(&replica.url(), &shop.line.admit(DROP).await.token);
    shopper.get(&format!("/v1/shows/{show}/seats?view=status")).await
}

#[tokio::test]
async fn admissions_are_taken_while_waitroom_is_away_as_long_as_keys_may_be_stale() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let proxy = Proxy::start(shop.line.url()).await;
    let replica = behind(&proxy, &shop).await;
    look(&shop, &replica, &show).await.expect(200);

    proxy.cut().await;
    for _ in 0..4 {
        clock.advance(MAX_STALE.unsigned_abs() / 4);
        look(&shop, &replica, &show).await.expect(200);
    }
    clock.advance(Duration::from_secs(1));
    let refused = look(&shop, &replica, &show).await.expect(503);
    assert_eq!(refused.code(), "dependency_unavailable");
    assert!(!refused.header("retry-after").is_empty());

    proxy.heal().await;
    clock.advance(Duration::from_secs(1));
    look(&shop, &replica, &show).await.expect(200);
}

#[tokio::test]
async fn a_replica_that_never_saw_the_keys_says_so_and_forgeries_are_refused_without_them() {
    let (shop, _clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let proxy = Proxy::start(shop.line.url()).await;
    let replica = behind(&proxy, &shop).await;
    proxy.cut().await;
    look(&shop, &replica, &show).await.expect(503);
    let forger = Shopper::new(&replica.url(), "e30.e30.AA");
    let refused = forger.get(&format!("/v1/shows/{show}/seats")).await.expect(401);
    assert_eq!(refused.code(), "admission_invalid");
}
