//! From the line into the shop: codes, cookies, renewals.

use jiff::SignedDuration;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::support::{DROP, Shop};

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).cookie_store(true).build().unwrap()
}

fn location(response: &Response) -> &str {
    response.headers()["location"].to_str().unwrap()
}

#[tokio::test]
async fn a_code_brings_a_browser_in_with_a_cookie_out_of_scripts_reach() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let code = shop.line.code(&shop.line.admit(DROP).await);
    let browser = browser();
    let url = format!("{}/enter?drop={DROP}&code={code}&to=/shows/{show}", shop.url());
    let entered = browser.get(&url).send().await.unwrap();
    assert_eq!((entered.status().as_u16(), location(&entered)), (303, format!("/shows/{show}").as_str()));
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with(&format!("admission_{DROP}=")), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"));
    assert!(!location(&entered).contains("ey"), "no token in a URL");

    let map = browser.get(format!("{}/v1/shows/{show}/seats", shop.url())).send().await.unwrap();
    assert_eq!(map.status(), 200);
    // A reload of the link goes on for whoever is in, and back to the line for whoever is not.
    let again = browser.get(&url).send().await.unwrap();
    assert_eq!((again.status().as_u16(), location(&again)), (303, format!("/shows/{show}").as_str()));
    let stranger = self::browser().get(&url).send().await.unwrap();
    assert_eq!(location(&stranger), format!("{}/q/{DROP}", shop.line.url()));
    assert!(stranger.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let shop = Shop::open().await;
    for to in ["https://evil.test/", "//evil.test", "/%5Cevil.test", "drops"] {
        let code = shop.line.code(&shop.line.admit(DROP).await);
        let url = format!("{}/enter?drop={DROP}&code={code}&to={to}", shop.url());
        assert_eq!(browser().get(&url).send().await.unwrap().status(), 400, "{to}");
    }
    shop.line.open_drop("another", 600, 10, 300).await;
    let code = shop.line.code(&shop.line.admit("another").await);
    let url = format!("{}/enter?drop={DROP}&code={code}", shop.url());
    assert_eq!(browser().get(&url).send().await.unwrap().status(), 400, "a code is for its own drop");
}

#[tokio::test]
async fn a_change_by_cookie_is_taken_from_the_shops_own_pages_alone() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let admitted = shop.line.admit(DROP).await;
    let reserve = |site: &'static str| {
        Client::new()
            .post(format!("{}/v1/shows/{show}/reserve", shop.url()))
            .header("cookie", format!("admission_{DROP}={}", admitted.token))
            .header("sec-fetch-site", site)
            .json(&serde_json::json!({"seats": ["A1"]}))
            .send()
    };
    assert_eq!(reserve("cross-site").await.unwrap().status(), 403);
    assert_eq!(reserve("same-origin").await.unwrap().status(), 201);
}

#[tokio::test]
async fn an_admission_near_its_end_is_renewed_on_the_way() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let admitted = shop.line.admit(DROP).await;
    let ask = async |token: &str| {
        let request = Client::new().get(format!("{}/v1/shows/{show}/seats?view=status", shop.url()));
        request.header("cookie", format!("admission_{DROP}={token}")).send().await.unwrap()
    };
    assert!(
        ask(&admitted.token).await.headers().get("set-cookie").is_none(),
        "not before it is near its end"
    );
    clock.advance(SignedDuration::from_secs(200).unsigned_abs());
    let renewed = ask(&admitted.token).await;
    assert_eq!(renewed.status(), 200);
    let cookie = renewed.headers()["set-cookie"].to_str().unwrap();
    let fresh = cookie.split(['=', ';']).nth(1).unwrap();
    clock.advance(SignedDuration::from_secs(150).unsigned_abs());
    assert_eq!(ask(&admitted.token).await.status(), 401, "the old one is over");
    assert_eq!(ask(fresh).await.status(), 200);
}

#[tokio::test]
async fn a_page_that_is_only_looked_at_keeps_its_visitor_in() {
    let (shop, clock) = Shop::open_timeless().await;
    let admitted = shop.line.admit(DROP).await;
    let look = async |token: &str| {
        let request = Client::new().get(format!("{}/drops/{DROP}/visit", shop.url()));
        request.header("cookie", format!("admission_{DROP}={token}")).send().await.unwrap()
    };
    let visit = look(&admitted.token).await;
    assert_eq!(
        (visit.status().as_u16(), visit.headers()["cache-control"].as_bytes()),
        (200, &b"no-store"[..])
    );
    let visit: serde_json::Value = visit.json().await.unwrap();
    let time = |name: &str| visit[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("expires_at").duration_since(time("now")), SignedDuration::from_secs(300));
    assert_eq!(visit["is_last"], false);
    clock.advance(SignedDuration::from_secs(195).unsigned_abs());
    assert!(look(&admitted.token).await.headers().contains_key("set-cookie"), "renewed on the way");
    clock.advance(SignedDuration::from_secs(200).unsigned_abs());
    for over in [&admitted.token, "nobody's"] {
        let visit: serde_json::Value = look(over).await.json().await.unwrap();
        assert_eq!((&visit["expires_at"], &visit["is_last"]), (&serde_json::Value::Null, &false.into()));
    }
}
