//! What pages do that the API does not: show what would be given back first, open single tickets, load Stripe's form,
//! play the bank, change a basket's seats after its turn.

use std::time::Duration;

use booking::domain::ids::ReservationId;
use harness::actors::{Reply, Shopper};
use harness::stores::TestStores;
use reqwest::header::COOKIE;
use serde_json::{Value, json};

use crate::gateway_stripe::settings;
use crate::stripe_server::Stripe;
use crate::support::Shop;
use crate::till::{Setup, Till};

/// A browser with the cookie of a private link.
struct Visitor {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Visitor {
    fn with_link(till: &Till, id: ReservationId) -> Self {
        Self::with_cookie(till.url(), format!("manage_{id}={}", till.token(id)))
    }

    /// With the cookie of a basket that has just been reserved.
    fn with_basket(shop: &Shop, reserved: &Reply) -> Self {
        let (id, token) = (reserved.text("reservation_id"), reserved.text("manage_token"));
        Self::with_cookie(shop.url(), format!("manage_{id}={token}"))
    }

    fn with_cookie(base: String, cookie: String) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { client: client.no_proxy().build().unwrap(), base, cookie }
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
    till.operator().check_in(json!({ "qr": code })).await.expect(200);
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

/// What a hidden field of a page holds.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("type=\"hidden\" name=\"{name}\" value=\"");
    page.split_once(&start).unwrap_or_else(|| panic!("no {name} in {page}")).1.split('"').next().unwrap()
}

#[tokio::test]
async fn the_bank_hears_its_buyer_alone_and_an_answer_that_got_lost_is_asked_for_again() {
    let till = Till::open().await;
    let (id, other) = (till.reserve().await, till.reserve().await);
    let (visitor, stranger) = (Visitor::with_link(&till, id), Visitor::with_link(&till, other));
    let person = [("name", "Ada"), ("email", "ada@example.org")];
    let card = [("attempt", "a-1"), ("payment_token", "tok_action_required"), person[0], person[1]];
    let (status_code, page) = visitor.post(&format!("/checkout/{id}/pay"), &card).await;
    assert!(status_code == 402 && page.contains("Is it you who pays?"), "{page}");
    let (secret, path) = (hidden(&page, "client_secret"), format!("/checkout/{id}/bank"));
    let said = |secret, attempt, approve| {
        [("client_secret", secret), ("attempt", attempt), ("approve", approve), person[0], person[1]]
    };
    let attempt = hidden(&page, "attempt");
    assert_ne!(attempt, "a-1", "what goes on is another attempt");
    assert_eq!(visitor.post(&path, &said("ch_nobody_secret_0", attempt, "true")).await.0, 404);
    assert_eq!(stranger.post(&path, &said(secret, attempt, "true")).await.0, 403);

    till.gateway.cut().await;
    let (status_code, page) = visitor.post(&path, &said(secret, attempt, "true")).await;
    assert!(status_code == 503 && page.contains("could not be reached"), "{page}");
    till.gateway.heal().await;
    let attempt = hidden(&page, "attempt");
    for _a_reload_pays_nothing_twice in [false, true] {
        let (status_code, page) =
            visitor.post(&path, &said(hidden(&page, "client_secret"), attempt, "true")).await;
        assert_eq!(status_code, 303, "{page}");
    }
    assert_eq!(visitor.post(&path, &said(secret, attempt, "false")).await.0, 303, "it is too late to refuse");
    assert_eq!(till.payments(id).await, "declined captured");
}

#[tokio::test]
async fn a_basket_gets_other_seats_with_its_own_key_and_nobody_elses_does() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(2).await;
    let asked = json!({ "seats": ["A1", { "seat": "A2", "fare": "child" }] });
    let reserved = shop.shopper().await.reserve_json(&show, asked).await.expect(201);
    let theirs = shop.shopper().await.reserve(&show, &["B1"]).await.expect(201);
    let (visitor, stranger) = (Visitor::with_basket(&shop, &reserved), Visitor::with_basket(&shop, &theirs));
    let id = reserved.text("reservation_id");
    let (page, basket) = (format!("/shows/{show}?exchange={id}"), format!("/checkout/{id}"));
    let seats = format!("{basket}/seats");

    // The turn is over for both: there is no admission among these cookies.
    let (status_code, html) = visitor.get(&page).await;
    assert!(status_code == 200 && html.contains("data-only-asked"), "{html}");
    assert!(html.contains("Row A, seat 1, Standard, 12.50 EUR, available\" checked"), "{html}");
    for path in
        [&page, &format!("{basket}/plan"), &format!("{basket}/map"), &format!("{basket}/best-seats?count=1")]
    {
        assert_eq!(visitor.get(path).await.0, 200, "{path}");
        assert_eq!(stranger.get(path).await.0, 403, "{path}");
    }
    assert_eq!(stranger.post(&seats, &[("seat", "A3")]).await.0, 403);
    let (_, map) = visitor.get(&format!("{basket}/map")).await;
    assert!(map.contains("rraaaaaaaaraaaaaaaaa"), "{map}");
    let (_, best) = visitor.get(&format!("{basket}/best-seats?count=20")).await;
    assert!(best.contains("not_enough_seats"), "{best}");
    let (_, best) = visitor.get(&format!("{basket}/best-seats?count=19")).await;
    let best: Value = serde_json::from_str(&best).unwrap();
    assert_eq!(best["seats"].as_array().unwrap().len(), 19, "its own seats are among them");

    assert_eq!(visitor.post(&seats, &[]).await.0, 422);
    let (status_code, html) = visitor.post(&seats, &[("seat", "A2"), ("seat", "B1")]).await;
    assert_eq!(status_code, 409);
    assert!(html.contains("Seat B1 has just been taken") && html.contains("You still have A1, A2"), "{html}");
    let three = [("seat", "A1"), ("seat", "A2"), ("seat", "A3")];
    let (status_code, _) = visitor.post(&seats, &three).await;
    assert_eq!(status_code, 303, "the turn goes on elsewhere, and has its limits");
    let (_, html) = visitor.get(&page).await;
    assert!(html.contains("<option value=\"3\" selected>"), "as many are looked for as there are: {html}");
    assert_eq!(visitor.post(&seats, &[("seat", "A2"), ("seat", "A4")]).await.0, 303);
    let (_, html) = visitor.get(&format!("{basket}?exchanged")).await;
    assert!(html.contains("Seats A2, A4, for 25.00 EUR together"), "{html}");

    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    let read = holder.reservation(id).await.expect(200);
    let fares = [&read["seats"][0]["fare"], &read["seats"][1]["fare"]];
    assert_eq!(fares, ["child", "standard"], "a seat that stays keeps its fare");

    clock.advance(Duration::from_hours(1));
    assert_eq!(visitor.get(&page).await.0, 303, "the basket's page says what it is now");
    assert_eq!(visitor.post(&seats, &[("seat", "A5")]).await.0, 303);
    assert!(visitor.get(&basket).await.1.contains("The time for your seats is over"));
}
