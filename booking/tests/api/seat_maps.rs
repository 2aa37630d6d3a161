//! The statuses of a hall, as they are asked for again and again.

use crate::support::Shop;

#[tokio::test]
async fn statuses_are_never_older_than_what_was_done_here() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let shopper = shop.shopper().await;
    let statuses = async || {
        let map = shopper.get(&format!("/v1/shows/{show}/seats?view=status")).await.expect(200);
        (map["statuses"].as_str().unwrap().to_owned(), map.header("etag").to_owned())
    };
    let (before, tag) = statuses().await;
    assert_eq!(before, "aaaaaaaaaa");
    let reserved = shopper.reserve(&show, &["A2"]).await.expect(201);
    let (held, other) = statuses().await;
    assert_eq!(held, "araaaaaaaa");
    assert_ne!(tag, other);
    shopper.release(reserved.text("reservation_id")).await.expect(204);
    assert_eq!(statuses().await.0, "aaaaaaaaaa");
}
