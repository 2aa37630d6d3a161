//! What pages do that the API does not: show what would be given back first, open single tickets, load Stripe's form.

use harness::actors::Reply;
use harness::stores::TestStores;
use reqwest::header::COOKIE;

use crate::gateway_stripe::settings;
use crate::stripe_server::Stripe;
use crate::till::{Setup, Till};

/// A browser with the cookie of a private link.
struct Visitor {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Visitor {
    fn with_link(till: &Till, id: booking::domain::ids::ReservationId) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let cookie = format!("manage_{id}={}", till.token(id));
        Self { client: client.no_proxy().build().unwrap(), base: till.url(), cookie }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = self.client.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        answer(request.header("accept", "text/html")).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let request =
            self.client.post(format!("{}{path}", self.base)).header(COOKIE, &self.cookie).form(form);
        answer(request.header("accept", "text/html").header("sec-fetch-site", "same-origin")).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn status(booking: &Reply) -> &str {
    booking["status"].as_str().unwrap()
}

#[tokio::test]
async fn less_than_what_was_agreed_to_is_asked_again_before_anything_is_given_back() {
    let till = Till::timeless().await;
    let (id, booking) = till.book("tok_ok").await;
    let visitor = Visitor::with_link(&till, id);
    let path = format!("/b/{booking}/cancel");
    let (status_code, page) = visitor.get(&path).await;
    assert_eq!(status_code, 200);
    assert!(page.contains("25.00 EUR") && page.contains("100 % of"), "{page}");
    // The page is left open for two days.
    till.advance(50 * 3600);
    let (status_code, page) = visitor.post(&path, &[("percent", "100")]).await;
    assert_eq!(status_code, 409);
    assert!(page.contains("The amount has changed") && page.contains("12.50 EUR"), "{page}");
    assert_eq!(status(&till.buyer(id).booking(&booking).await), "confirmed");
    let (status_code, _) = visitor.post(&path, &[("percent", "50")]).await;
    assert_eq!(status_code, 303);
    assert_ne!(status(&till.buyer(id).booking(&booking).await), "confirmed");
    let (_, page) = visitor.get(&format!("/b/{booking}")).await;
    assert!(page.contains("12.50 EUR, 50 % of its price"), "{page}");
}

#[tokio::test]
async fn what_is_promised_is_what_the_shows_own_policy_gives() {
    let till = Till::timeless().await;
    till.tell("UPDATE booking.shows SET cancellation_policy = '100h:100,1h:20' WHERE id = $1", till.show)
        .await;
    let (id, booking) = till.book("tok_ok").await;
    let visitor = Visitor::with_link(&till, id);
    let path = format!("/b/{booking}/cancel");
    let (_, page) = visitor.get(&path).await;
    assert!(page.contains("5.00 EUR") && page.contains(">20 % of"), "{page}");
    assert_eq!(visitor.post(&path, &[("percent", "20")]).await.0, 303);
    let (_, page) = visitor.get(&format!("/b/{booking}")).await;
    assert!(page.contains("5.00 EUR, 20 % of its price"), "{page}");
}

#[tokio::test]
async fn a_used_ticket_or_a_near_show_says_why_nothing_can_be_given_back() {
    let till = Till::timeless().await;
    let (id, booking) = till.book("tok_ok").await;
    let visitor = Visitor::with_link(&till, id);
    let path = format!("/b/{booking}/cancel");
    let code = till.buyer(id).booking(&booking).await["tickets"][0]["qr"].clone();
    till.operator().check_in(serde_json::json!({ "qr": code })).await.expect(200);
    let (status_code, page) = visitor.post(&path, &[("percent", "0")]).await;
    assert_eq!(status_code, 409);
    assert!(page.contains("A ticket has been used"), "{page}");
    let (other, second) = till.book("tok_ok").await;
    till.advance(71 * 3600);
    let (_, page) = Visitor::with_link(&till, other).get(&format!("/b/{second}/cancel")).await;
    assert!(page.contains("too late to cancel") && !page.contains("<button"), "{page}");
    assert_eq!(status(&till.buyer(other).booking(&second).await), "confirmed");
}

#[tokio::test]
async fn a_ticket_opens_for_its_owner_alone() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let ticket =
        till.buyer(id).booking(&booking).await["tickets"][0]["ticket_id"].as_str().unwrap().to_owned();
    let path = format!("/b/{booking}/tickets/{ticket}");
    let (status_code, page) = Visitor::with_link(&till, id).get(&path).await;
    assert_eq!(status_code, 200);
    assert!(page.contains("<svg") && page.contains("data-ticket=\"valid\""), "{page}");
    let (other, second) = till.book("tok_ok").await;
    let stranger = Visitor::with_link(&till, other);
    assert_eq!(stranger.get(&path).await.0, 403);
    assert_eq!(stranger.get(&format!("/b/{second}/tickets/{ticket}")).await.0, 404, "of another booking");
    let (_, worker) = stranger.get("/b/offline.js").await;
    assert!(worker.contains("addEventListener(\"fetch\""), "{worker}");
}

#[tokio::test]
async fn only_a_checkout_that_stripe_takes_the_money_of_loads_anything_from_elsewhere() {
    let stripe = Stripe::open().await;
    let setup = Setup { more: settings(&stripe), ..Setup::default() };
    let at_stripe = Till::with(TestStores::new().await, setup).await;
    for (till, is_stripe) in [(at_stripe, true), (Till::open().await, false)] {
        let id = till.reserve().await;
        let visitor = Visitor::with_link(&till, id);
        let request = visitor.client.get(format!("{}/checkout/{id}", visitor.base));
        let checkout = request.header(COOKIE, &visitor.cookie).send().await.unwrap();
        let policy = checkout.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let page = checkout.text().await.unwrap();
        assert_eq!(policy.contains("script-src 'self' https://js.stripe.com;"), is_stripe, "{policy}");
        assert_eq!(policy.contains("stripe.com"), is_stripe, "{policy}");
        assert_eq!(page.contains("data-stripe=\"pk_test_of_nobody\""), is_stripe, "{page}");
        assert!(!page.contains("sk_"), "the secret key is nowhere on the page");
        let search = visitor.client.get(&visitor.base).send().await.unwrap();
        assert!(!search.headers()["content-security-policy"].to_str().unwrap().contains("stripe.com"));
    }
}
