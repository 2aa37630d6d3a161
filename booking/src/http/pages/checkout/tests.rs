use shared::money::{Currency, Money};

use super::super::view::samples;
use super::*;

pub(super) fn form() -> PayForm {
    PayForm {
        attempt: "k-1".to_owned(),
        name: "Ada \"L\"".to_owned(),
        email: "ada@example.org".to_owned(),
        payment_token: "tok_slow".to_owned(),
    }
}

fn checkout(problem: Option<PaymentProblem>) -> String {
    let html = with_till(TillView::Sandbox, problem).render().unwrap();
    samples::check(&html);
    html
}

fn with_till(till: TillView, problem: Option<PaymentProblem>) -> CheckoutPage {
    let (basket, form, now) = (samples::basket(), form(), samples::now());
    CheckoutPage { basket, form, problem, is_exchanged: false, now, till }
}

/// The same with Stripe's form.
fn at_stripe(problem: Option<PaymentProblem>) -> String {
    with_till(TillView::Stripe { publishable_key: "pk_test_\"1".to_owned() }, problem).render().unwrap()
}

fn asks_back() -> PaymentProblem {
    PaymentProblem::ActionRequired { client_secret: "pi_1_secret_2".to_owned() }
}

#[test]
fn no_field_of_the_sandboxs_card_form_can_be_sent() {
    let html = checkout(None);
    for field in ["card-number", "card-expiry", "card-code"] {
        let start = html.find(&format!("<input id=\"{field}\"")).unwrap();
        let input = &html[start..start + html[start..].find('>').unwrap()];
        assert!(!input.contains("name=") && input.contains("autocomplete=\"off\""), "{input}");
    }
    assert!(html.contains("data-number=\"4242424242424242\"") && !html.contains("stripe"), "{html}");
}

#[test]
fn stripes_form_has_the_key_and_finishes_what_the_bank_asks() {
    let html = at_stripe(None);
    assert!(html.contains("data-stripe=\"pk_test_&#34;1\""), "{html}");
    assert!(html.contains("data-amount=\"2500\" data-currency=\"EUR\""), "{html}");
    assert!(html.contains("src=\"https://js.stripe.com/v3/\"") && !html.contains("card-number"), "{html}");
    assert!(at_stripe(Some(asks_back())).contains("data-client-secret=\"pi_1_secret_2\""));
}

#[test]
fn a_basket_shows_its_seats_its_time_and_what_it_costs() {
    let html = checkout(None);
    for text in
        ["25.00 EUR", "<strong>A2</strong>", "name=\"attempt\" value=\"k-1\"", "21:10:00", "Ada &#34;L&#34;"]
    {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
    assert!(html.contains("value=\"tok_slow\" data-number=\"4000000000000077\" checked>"), "{html}");
}

#[test]
fn a_basket_offers_other_seats_and_says_when_it_has_them() {
    let html = checkout(None);
    let path = "/shows/00000000-0000-0000-0000-000000000007?exchange=00000000-0000-0000-0000-000000000009";
    assert!(html.contains(path) && !html.contains("You have other seats now"), "{html}");
    let html = CheckoutPage { is_exchanged: true, ..with_till(TillView::Sandbox, None) }.render().unwrap();
    samples::check(&html);
    assert!(html.contains("Seats A1, A2, for 25.00 EUR together"), "{html}");
}

#[test]
fn a_free_basket_asks_for_no_payment() {
    let total = Money::new(0, Currency::EUR);
    let basket = BasketView { total, ..samples::basket() };
    let html = CheckoutPage { basket, ..with_till(TillView::Sandbox, None) }.render().unwrap();
    assert!(!html.contains("payment_token") && html.contains("Book for free"), "{html}");
}

#[test]
fn every_refusal_is_explained_while_the_basket_stays() {
    for problem in [
        PaymentProblem::Declined,
        PaymentProblem::InsufficientFunds,
        PaymentProblem::NotApproved,
        PaymentProblem::Contact(InvalidContact::Name),
        PaymentProblem::Contact(InvalidContact::Email),
        PaymentProblem::Invalid { sentence: "contact.name needs a name".to_owned() },
        PaymentProblem::Changed,
        PaymentProblem::Away,
    ] {
        let html = checkout(Some(problem));
        assert_eq!(html.matches("id=\"problem\"").count(), 1, "{html}");
    }
}

#[test]
fn a_payment_under_way_is_asked_for_again_with_the_same_attempt() {
    let page = PayingPage { basket: samples::basket(), form: Some(form()), wait_s: 2 };
    let html = page.render().unwrap();
    samples::check(&html);
    assert!(html.contains("value=\"k-1\"") && html.contains("data-again=\"2\""), "{html}");
    let without = PayingPage { basket: samples::basket(), form: None, wait_s: 2 }.render().unwrap();
    assert!(without.contains("method=\"get\"") && !without.contains("name=\"attempt\""), "{without}");
}

#[test]
fn every_ending_has_a_way_on() {
    for ending in [
        Ending::Expired,
        Ending::Released,
        Ending::SeatsLost,
        Ending::PaymentFailed,
        Ending::AdmissionSpent,
        Ending::Cancelled,
    ] {
        let html = BasketOverPage { basket: samples::basket(), ending }.render().unwrap();
        samples::check(&html);
        assert!(html.contains("href=\"/shows/00000000-0000-0000-0000-000000000007\""), "{ending:?}");
    }
}

#[test]
fn a_new_attempt_has_another_key() {
    assert_ne!(PayForm::new().attempt, PayForm::new().attempt);
    let again = form().again();
    assert!(again.attempt != "k-1" && again.email == "ada@example.org" && again.payment_token == "tok_slow");
    let other = form().with_another_card();
    assert!(other.attempt != "k-1" && other.email == "ada@example.org" && other.payment_token.is_empty());
}
