//! How a drop's pages look and read: colours, logo and texts from an operator, languages for the reader.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::actors::{Reply, Shopper};
use harness::eventually;
use harness::stores::TestStores;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::support::{DROP, Room, SOON};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest of a picture";

async fn get(url: &str, path: &str) -> Reply {
    Shopper::without_token(url).get(path).await
}

async fn change(room: &Room, changes: Value) -> Reply {
    let (etag, _) = room.operator().get_drop(DROP).await;
    room.operator().patch_drop(DROP, &etag, changes).await
}

#[tokio::test]
async fn a_brand_is_shown_by_every_replica_from_our_own_origin() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    room.create(json!({})).await;
    let own = format!("data:image/png;base64,{}", STANDARD.encode(PNG));
    let branding = json!({
        "name": "Royal <Arena>",
        "text": "<script>alert(1)</script> Doors at 8.",
        "colours": { "accent": "#f6c" },
        "logo": own,
    });
    let changed = change(&room, json!({ "branding": branding })).await;
    assert_eq!(
        changed.clone().expect(422).code(),
        "invalid_fields",
        "too light for white pages: {}",
        changed.body
    );
    assert!(changed.text("detail").contains("4.5:1"), "{}", changed.body);
    let mut branding = branding;
    branding["colours"]["accent"] = json!("#7000b0");
    let changed = change(&room, json!({ "branding": branding })).await.expect(200);
    let logo = changed["branding"]["logo"].as_str().unwrap().to_owned();
    assert!(logo.len() == 32 + ".png".len(), "the picture itself is not repeated: {logo}");

    let other = room.replicas[1].url();
    let page = eventually(SOON, || async {
        let page = get(&other, &format!("/q/{DROP}")).await.expect(200);
        if page.body.contains("Royal") { Ok(page) } else { Err("not heard of it yet") }
    })
    .await;
    for text in [
        "<bdi>Royal &#60;Arena&#62;</bdi>",
        "&#60;script&#62;alert(1)",
        &format!("<link rel=\"stylesheet\" href=\"/q/{DROP}/brand.css\">"),
        &format!("<img class=\"logo\" src=\"/q/{DROP}/logo/{logo}\" alt=\"\">"),
    ] {
        assert!(page.body.contains(text), "{text} is missing in {}", page.body);
    }
    assert!(!page.body.contains("<script>") && !page.body.contains("style="), "{}", page.body);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("style-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let draw = get(&other, &format!("/q/{DROP}/draw")).await.expect(200);
    assert!(draw.body.contains("Royal &#60;Arena&#62;"), "{}", draw.body);

    let style = get(&other, &format!("/q/{DROP}/brand.css")).await.expect(200);
    assert!(style.body.starts_with(":root{--accent:#7000b0;"), "{}", style.body);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("etag").starts_with('"'));
    let picture = get(&other, &format!("/q/{DROP}/logo/{logo}")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert!(picture.header("cache-control").contains("immutable"));
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert!(picture.body.ends_with("the rest of a picture"));
    get(&other, &format!("/q/{DROP}/logo/{}.png", "0".repeat(32))).await.expect(404);

    // What was read is written back: the logo is kept by its name. Then all of it goes.
    let kept =
        change(&room, json!({ "branding": changed["branding"], "message": "Soon." })).await.expect(200);
    assert_eq!(kept["branding"]["logo"], json!(logo));
    get(&room.url(), &format!("/q/{DROP}/logo/{logo}")).await.expect(200);
    let plain = change(&room, json!({ "branding": null })).await.expect(200);
    assert_eq!(plain["branding"]["name"], Value::Null);
    get(&room.url(), &format!("/q/{DROP}/brand.css")).await.expect(404);
    let refused = change(&room, json!({ "branding": { "logo": logo } })).await.expect(422);
    assert!(refused.text("detail").contains("branding.logo"), "{}", refused.body);
    let audit = room.operator().get(&format!("drops/{DROP}/audit")).await.expect(200);
    assert!(!audit.body.contains("base64"), "pictures are not in the audit log");
}

#[tokio::test]
async fn pages_are_written_in_the_readers_language_among_those_of_the_drop() {
    let room = Room::new().await;
    room.create(json!({ "languages": ["es", "ar", "es"] })).await;
    let (_, drop) = room.operator().get_drop(DROP).await;
    assert_eq!(drop["languages"], json!(["es", "ar"]));
    let (list, queue) = ("/".to_owned(), format!("/q/{DROP}"));
    assert!(get(&room.url(), &list).await.body.contains("<html lang=\"en\" dir=\"ltr\">"));
    assert!(
        get(&room.url(), &queue).await.body.contains("<html lang=\"es\" dir=\"ltr\">"),
        "the first for the others"
    );
    let arabic = get(&room.url(), &format!("{queue}?lang=ar")).await.expect(200);
    assert!(arabic.body.contains("<html lang=\"ar\" dir=\"rtl\">"), "{}", arabic.body);
    let cookies: Vec<_> = arabic.headers.get_all("set-cookie").iter().collect();
    assert!(cookies.iter().any(|cookie| cookie.to_str().unwrap().starts_with("lang=ar; Path=/; HttpOnly")));
    assert!(!arabic.body.contains("hreflang=\"de\""), "what the drop does not offer is not offered");
    assert!(get(&room.url(), &format!("{queue}?lang=de")).await.body.contains("<html lang=\"es\""));
    let refused = change(&room, json!({ "languages": ["tlh"] })).await.expect(422);
    assert!(refused.text("detail").contains("languages"), "{}", refused.body);
}
