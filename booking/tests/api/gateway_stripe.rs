//! Paying with Stripe, at a server that answers as Stripe does and fails as it is told.

use std::time::Duration;

use booking::Config;
use booking::domain::ids::{PaymentId, RefundId, ReservationId};
use booking::domain::payment::{GatewayReference, Voided};
use booking::gateway::signature::WebhookSecret;
use booking::gateway::stripe::{ApiKey, StripeGateway, StripeSettings};
use booking::gateway::{Attempt, Authorisation, BookedStatus, Capture, Charge, Gateway, PaymentToken};
use harness::eventually;
use harness::stores::TestStores;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::clock::{Clock, ManualClock};
use shared::config::Vars;
use shared::money::{Currency, Money};

use crate::confirm::until_answered;
use crate::stripe_server::{Fault, SECRET_KEY, Stripe, WEBHOOK_SECRET};
use crate::till::{Setup, Till};

const SOON: Duration = Duration::from_secs(20);
const PUBLISHABLE: &str = "pk_test_of_nobody";

/// A shop that takes money by Stripe. Time stands still.
async fn open() -> (Till, Stripe) {
    let stripe = Stripe::open().await;
    let setup = Setup { manual_clock: true, more: settings(&stripe), ..Setup::default() };
    (Till::with(TestStores::new().await, setup).await, stripe)
}

/// What makes a shop take money by this Stripe.
pub fn settings(stripe: &Stripe) -> Vec<(&'static str, String)> {
    let settings = [
        ("PAYMENT_GATEWAY", "stripe"),
        ("STRIPE_SECRET_KEY", SECRET_KEY),
        ("STRIPE_PUBLISHABLE_KEY", PUBLISHABLE),
        ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("STRIPE_API_URL", &stripe.url),
    ];
    settings.map(|(name, value)| (name, value.to_owned())).to_vec()
}

/// The adapter by itself.
fn gateway(stripe: &Stripe, clock: &ManualClock) -> StripeGateway {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let settings = StripeSettings {
        secret_key: ApiKey::new(SECRET_KEY),
        publishable_key: PUBLISHABLE.to_owned(),
        webhook_secret: WebhookSecret::new(WEBHOOK_SECRET.as_bytes()),
        api_url: stripe.url.parse().unwrap(),
    };
    StripeGateway::new(&settings, Clock::Manual(clock.clone())).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::at("2030-01-01T12:00:00Z".parse().unwrap())
}

fn attempt(clock: &ManualClock) -> Attempt {
    Attempt {
        payment: PaymentId::at(clock.now()),
        reservation: ReservationId::at(clock.now()),
        amount: Money::new(2500, Currency::EUR),
        reference: None,
    }
}

fn card(token: &str) -> PaymentToken {
    PaymentToken(token.to_owned())
}

/// Waits until a payment is put off.
async fn waiting(till: &Till, id: ReservationId) {
    let waits = "SELECT id::text FROM booking.payments WHERE reservation_id = $1 AND last_error IS NOT NULL";
    eventually(SOON, || async { !till.ask(waits, id.0).await.is_empty() }).await;
}

/// Lets a payment that was put off again, on a busy machine, not wait for a clock that stands still.
async fn ask_again(till: &Till, id: ReservationId) {
    let due = "UPDATE booking.payments SET next_attempt_at = created_at
               WHERE reservation_id = $1 AND state IN ('authorising', 'capturing', 'voiding')";
    till.tell(due, id.0).await;
}

#[tokio::test]
async fn a_card_is_charged_once_for_the_booking() {
    let (till, stripe) = open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let config = buyer.get("/v1/payments/config").await.expect(200);
    assert_eq!((config.text("gateway"), config.text("publishable_key")), ("stripe", PUBLISHABLE));

    buyer.confirm(&id.to_string(), "pm_card_visa", "k").await.expect(201);
    buyer.confirm(&id.to_string(), "pm_card_visa", "k").await.expect(201);
    let [intent] = stripe.intents().try_into().unwrap();
    assert_eq!(intent["status"], "succeeded");
    assert_eq!((&intent["amount_received"], &intent["currency"]), (&Value::from(2500), &Value::from("eur")));
    assert_eq!(intent["metadata"]["payment_id"], till.payment(id).await.to_string());
    assert_eq!(intent["metadata"]["reservation_id"], id.to_string());
    assert!(till.broken_money_checks().await.is_empty());
}

#[tokio::test]
async fn refused_cards_say_why_and_another_card_pays() {
    let (till, stripe) = open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    for (token, code) in [
        ("pm_card_chargeDeclined", "declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_of_nobody", "declined"),
    ] {
        let reply = buyer.confirm(&id.to_string(), token, token).await.expect(402);
        assert_eq!((reply.code(), reply.text("decline_code")), ("payment_declined", code));
    }
    buyer.confirm(&id.to_string(), "pm_card_visa", "k").await.expect(201);
    assert_eq!(stripe.statuses().iter().filter(|status| *status == "succeeded").count(), 1);
}

#[tokio::test]
async fn what_was_done_before_the_answer_was_lost_is_found_at_once() {
    for (call, fault) in [
        ("/confirm", Fault::LostAnswer),
        ("/confirm", Fault::ErrorAfter),
        ("/capture", Fault::LostAnswer),
        ("/capture", Fault::ErrorAfter),
        ("/confirm", Fault::Slow(Duration::from_millis(300))),
    ] {
        let (till, stripe) = open().await;
        stripe.fail(call, fault);
        let id = till.reserve().await;
        till.buyer(id).confirm(&id.to_string(), "pm_card_visa", "k").await.expect(201);
        assert_eq!(stripe.statuses(), ["succeeded"], "{call} {fault:?}");
        assert!(till.broken_money_checks().await.is_empty());
    }
}

/// A payment that Stripe did not take is given up once it cannot be on its way any more, and paid again.
async fn given_up_and_paid_again(call: &str, fault: Fault) {
    let (till, stripe) = open().await;
    stripe.fail(call, fault);
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "pm_card_visa", "k").await.expect(202);
    waiting(&till, id).await;
    till.advance(30);
    eventually(SOON, || async {
        ask_again(&till, id).await;
        till.payments(id).await == "failed"
    })
    .await;
    until_answered(&till.buyer(id), id, "pm_card_visa", "k", 201).await;
    assert_eq!(stripe.statuses(), ["canceled", "succeeded"]);
    assert!(till.broken_money_checks().await.is_empty());
}

#[tokio::test]
async fn an_intent_that_was_never_confirmed_is_given_up_and_paid_again() {
    given_up_and_paid_again("POST /v1/payment_intents", Fault::LostAnswer).await;
}

#[tokio::test]
async fn a_key_that_a_failure_spoilt_is_passed_over() {
    given_up_and_paid_again("POST /v1/payment_intents", Fault::ErrorInstead).await;
}

#[tokio::test]
async fn a_stripe_that_is_away_when_the_intent_is_made_takes_nothing() {
    given_up_and_paid_again("POST /v1/payment_intents", Fault::Down).await;
}

#[tokio::test]
async fn a_confirmation_that_failed_at_stripe_is_given_up_and_paid_again() {
    given_up_and_paid_again("/confirm", Fault::ErrorInstead).await;
}

#[tokio::test]
async fn a_confirmation_that_was_one_too_many_is_given_up_and_paid_again() {
    given_up_and_paid_again("/confirm", Fault::Limited).await;
}

#[tokio::test]
async fn a_capture_is_asked_for_until_stripe_answers_under_a_new_key_where_the_old_one_is_spoilt() {
    for fault in [Fault::ErrorInstead, Fault::Limited, Fault::Down] {
        let (till, stripe) = open().await;
        stripe.fail("/capture", fault);
        let id = till.reserve().await;
        till.buyer(id).confirm(&id.to_string(), "pm_card_visa", "k").await.expect(202);
        assert_eq!(stripe.statuses(), ["requires_capture"]);
        waiting(&till, id).await;
        till.advance(2);
        eventually(SOON, || async {
            ask_again(&till, id).await;
            till.payments(id).await == "captured"
        })
        .await;
        until_answered(&till.buyer(id), id, "pm_card_visa", "k", 201).await;
        assert_eq!(stripe.statuses(), ["succeeded"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_bank_that_asks_back_is_answered_and_the_same_charge_goes_on() {
    let (till, stripe) = open().await;
    let (id, other) = (till.reserve().await, till.reserve().await);
    let buyer = till.buyer(id);
    let reply = buyer.confirm(&id.to_string(), "pm_card_authenticationRequired", "first").await.expect(402);
    assert_eq!(reply.code(), "payment_action_required");
    let intent = reply.text("client_secret").split("_secret_").next().unwrap().to_owned();

    let early = buyer.confirm(&id.to_string(), &intent, "early").await.expect(402);
    assert_eq!(early.code(), "payment_action_required", "the bank still waits");
    stripe.authenticate(&intent, true);
    let stolen = till.buyer(other).confirm(&other.to_string(), &intent, "stolen").await.expect(402);
    assert_eq!(stolen.code(), "payment_declined", "it is another reservation's");
    let crafted = buyer.confirm(&id.to_string(), "pi_/../refunds", "crafted").await.expect(402);
    assert_eq!(crafted.code(), "payment_declined");

    let reservation = id.to_string();
    let confirm = |key: &'static str| buyer.confirm(&reservation, &intent, key);
    let (one, two) = tokio::join!(confirm("one"), confirm("two"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "one of two requests at once pays");
    assert_eq!(stripe.calls("/capture"), 1);
    let intents = stripe.intents();
    let captured: Vec<_> = intents.iter().filter(|intent| intent["status"] == "succeeded").collect();
    assert_eq!(captured.len(), 1);
    assert_eq!(captured[0]["id"], *intent);
    let paid = "SELECT id::text FROM booking.payments WHERE reservation_id = $1 AND state = 'captured'";
    assert_eq!(
        captured[0]["metadata"]["payment_id"],
        till.ask(paid, id.0).await,
        "the books name who took it"
    );
}

#[tokio::test]
async fn a_buyer_the_bank_does_not_believe_is_refused_and_may_use_another_card() {
    let (till, stripe) = open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let reply = buyer.confirm(&id.to_string(), "pm_card_authenticationRequired", "first").await.expect(402);
    let intent = reply.text("client_secret").split("_secret_").next().unwrap().to_owned();
    stripe.authenticate(&intent, false);
    let reply = buyer.confirm(&id.to_string(), &intent, "second").await.expect(402);
    assert_eq!(reply.code(), "payment_declined");
    buyer.confirm(&id.to_string(), "pm_card_visa", "third").await.expect(201);
}

/// Sends an event to the shop; the answer's status.
async fn send(till: &Till, (body, signature): (Vec<u8>, String)) -> u16 {
    let url = format!("{}/v1/payments/webhooks/stripe", till.url());
    let request = reqwest::Client::new().post(url).header("Stripe-Signature", signature).body(body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn stripes_webhooks_wake_the_payment_they_are_about_early_twice_and_out_of_order() {
    let (till, stripe) = open().await;
    let id = till.reserve().await;
    stripe.fail("/confirm", Fault::LostAnswer);
    // The look-up makes the intent again, and then reads it.
    stripe.fail("POST /v1/payment_intents", Fault::Slow(Duration::ZERO));
    stripe.fail("GET /v1/payment_intents/pi_0001", Fault::Down);
    till.buyer(id).confirm(&id.to_string(), "pm_card_visa", "k").await.expect(202);
    waiting(&till, id).await;

    let [intent] = stripe.intents().try_into().unwrap();
    let forged =
        (Stripe::event("evt_0", "payment_intent.succeeded", &intent, till.now()).0, "t=1,v1=00".to_owned());
    assert_eq!(send(&till, forged).await, 400);
    assert_eq!(till.payments(id).await, "authorising");
    // Later things are said first.
    for (event, kind) in [
        ("evt_2", "payment_intent.succeeded"),
        ("evt_1", "payment_intent.amount_capturable_updated"),
        ("evt_2", "payment_intent.succeeded"),
        ("evt_3", "payment_intent.canceled"),
    ] {
        assert_eq!(send(&till, Stripe::event(event, kind, &intent, till.now())).await, 204);
    }
    until_answered(&till.buyer(id), id, "pm_card_visa", "k", 201).await;
    assert_eq!(stripe.statuses(), ["succeeded"]);
    let stored = "SELECT count(*)::text FROM booking.gateway_events WHERE payment_id = $1";
    assert_eq!(till.ask(stored, till.payment(id).await.0).await, "3");
}

#[tokio::test]
async fn a_void_comes_before_the_confirmation_and_refuses_it() {
    let (stripe, clock) = (Stripe::open().await, clock());
    let (gateway, attempt) = (gateway(&stripe, &clock), attempt(&clock));
    assert_eq!(gateway.void(&attempt).await.unwrap(), Voided::Nothing);
    assert!(gateway.authorise(&attempt, &card("pm_card_visa")).await.is_err(), "only the intent tells");
    assert_eq!(gateway.look_up(&attempt).await.unwrap(), Charge::Voided);
    assert_eq!(stripe.statuses(), ["canceled"]);
}

#[tokio::test]
async fn held_money_is_let_go_once_and_taken_money_is_not() {
    let (stripe, clock) = (Stripe::open().await, clock());
    let (gateway, held, taken) = (gateway(&stripe, &clock), attempt(&clock), attempt(&clock));
    for attempt in [&held, &taken] {
        let answer = gateway.authorise(attempt, &card("pm_card_visa")).await.unwrap();
        assert!(matches!(answer, Authorisation::Authorised(_)));
    }
    assert_eq!(gateway.capture(&taken).await.unwrap(), Capture::Captured);
    assert_eq!(gateway.capture(&taken).await.unwrap(), Capture::Captured);
    assert!(gateway.void(&taken).await.is_err(), "what was taken is refunded, not voided");
    for _ in 0..2 {
        assert_eq!(gateway.void(&held).await.unwrap(), Voided::Authorisation);
    }
    assert_eq!(gateway.capture(&held).await.unwrap(), Capture::Refused);
    assert_eq!(stripe.statuses(), ["canceled", "succeeded"]);
}

#[tokio::test]
async fn a_refund_is_given_once_however_often_and_late_it_is_asked_for() {
    let (stripe, clock) = (Stripe::open().await, clock());
    let (gateway, mut attempt) = (gateway(&stripe, &clock), attempt(&clock));
    let Authorisation::Authorised(reference) =
        gateway.authorise(&attempt, &card("pm_card_visa")).await.unwrap()
    else {
        panic!("the card is good");
    };
    assert_eq!(gateway.capture(&attempt).await.unwrap(), Capture::Captured);
    attempt.reference = Some(reference);
    let (refund, part) = (RefundId::at(clock.now()), Money::new(1000, Currency::EUR));
    stripe.fail("POST /v1/refunds", Fault::LostAnswer);
    assert!(gateway.refund(&attempt, refund, part).await.is_err());
    assert!(gateway.look_up_refund(&attempt, refund).await.unwrap());
    assert!(gateway.refund(&attempt, refund, part).await.unwrap());
    stripe.forget_keys();
    assert!(gateway.refund(&attempt, refund, part).await.unwrap());
    assert_eq!(stripe.refunds(), [1000]);

    let other = RefundId::at(clock.now());
    assert!(!gateway.look_up_refund(&attempt, other).await.unwrap());
    assert!(!gateway.refund(&attempt, other, Money::new(1501, Currency::EUR)).await.unwrap(), "too much");
    let rest = RefundId::at(clock.now());
    stripe.fail("POST /v1/refunds", Fault::ErrorInstead);
    assert!(gateway.refund(&attempt, rest, Money::new(1500, Currency::EUR)).await.is_err());
    assert!(gateway.refund(&attempt, rest, Money::new(1500, Currency::EUR)).await.unwrap());
    assert_eq!(stripe.refunds(), [1000, 1500]);
}

#[tokio::test]
async fn an_old_attempt_is_searched_for_because_its_key_is_forgotten() {
    let (stripe, clock) = (Stripe::open().await, clock());
    let (gateway, known) = (gateway(&stripe, &clock), attempt(&clock));
    gateway.authorise(&known, &card("pm_card_visa")).await.unwrap();
    let unknown = attempt(&clock);
    clock.advance(Duration::from_hours(30));
    stripe.forget_keys();
    let found = gateway.look_up(&known).await.unwrap();
    assert_eq!(found, Charge::Authorised(GatewayReference("pi_0001".to_owned())));
    assert_eq!(gateway.look_up(&unknown).await.unwrap(), Charge::NotFound);
    assert_eq!(stripe.intents().len(), 1, "nothing is made anew");
}

#[tokio::test]
async fn stripes_books_are_read_page_by_page() {
    let (stripe, clock) = (Stripe::open().await, clock());
    let gateway = gateway(&stripe, &clock);
    for _ in 0..120 {
        gateway.void(&attempt(&clock)).await.unwrap();
    }
    let paid = attempt(&clock);
    gateway.authorise(&paid, &card("pm_card_visa")).await.unwrap();
    gateway.capture(&paid).await.unwrap();
    gateway.refund(&paid, RefundId::at(clock.now()), Money::new(700, Currency::EUR)).await.unwrap();

    let since = Timestamp::from_second(1_800_000_000).unwrap();
    let until = since + SignedDuration::from_hours(1);
    let first = gateway.books(since, until, None).await.unwrap();
    let second = gateway.books(since, until, first.next.as_deref()).await.unwrap();
    assert_eq!((first.charges.len(), second.charges.len(), second.next), (100, 21, None));
    let newest = &first.charges[0];
    assert_eq!((newest.payment, newest.status), (Some(paid.payment), BookedStatus::Captured));
    assert_eq!((newest.captured_minor, newest.refunded_minor), (2500, 700));
    // Two intents were made in each second; the first second's are left out.
    let later = gateway.books(since + SignedDuration::from_millis(1), until, None).await.unwrap();
    let rest =
        gateway.books(since + SignedDuration::from_millis(1), until, later.next.as_deref()).await.unwrap();
    assert_eq!(later.charges.len() + rest.charges.len(), 119);
}

#[test]
fn stripe_without_its_keys_is_a_mistake_for_each_and_none_is_repeated() {
    let mut vars = Vars::default()
        .with("BOOKING_SECRET", "a secret of at least thirty-two characters")
        .with("PAYMENT_GATEWAY", "stripe")
        .with("STRIPE_PUBLISHABLE_KEY", "sk_live_pasted_into_the_wrong_place");
    let config = Config::from_vars(&mut vars);
    assert!(!format!("{config:?}").contains("sk_live"), "{config:?}");
    let mistakes = vars.finish().unwrap_err();
    assert_eq!(mistakes.0.len(), 3, "{mistakes}");
    for name in ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"] {
        assert!(mistakes.0.iter().any(|mistake| mistake.starts_with(name)), "{mistakes}");
    }
    assert!(!mistakes.to_string().contains("sk_live"));
}
