//! How the crowd pays, against the fake installation.

use serde_json::Value;

use crate::fake::{Fake, Fault, SEATS};
use crate::{report, stanchion_rehearse};

const EVERYBODY_PAYS: &str = "--arrive-within 300ms --visitors 12 --seats 1 --think 0s --shoppers-pay 1";

async fn happenings(fault: Fault, arguments: &str) -> Value {
    let at = Fake::new(fault).serve(0).await;
    report(&at.address, &format!("{EVERYBODY_PAYS} {arguments}")).await["shop"].clone()
}

#[tokio::test]
async fn who_is_declined_pays_with_a_second_card() {
    let arguments = "--second-card 0.4 --bank-asks 0.3 --card-down 0.3 --seed 4";
    let shop = happenings(Fault::None, arguments).await;
    let happened = |what: &str| shop["happenings"][what].as_u64().unwrap_or_default();
    let refused = happened("card_declined") + happened("bank_asked") + happened("gateway_away");
    assert_eq!((refused, happened("paid_with_another_card")), (12, 12), "{shop:#}");
    for what in ["card_declined", "bank_asked", "gateway_away"] {
        assert!(happened(what) > 0, "{what}: {shop:#}");
    }
    let never = shop["never"].as_array().unwrap();
    assert!(never.contains(&"paid_slowly".into()) && !never.contains(&"bank_asked".into()), "{shop:#}");
}

#[tokio::test]
async fn a_payment_sent_again_is_answered_the_same() {
    let shop = happenings(Fault::None, "--ask-again 1").await;
    assert_eq!(shop["happenings"]["answered_the_same"], 12, "{shop:#}");
}

#[tokio::test]
async fn tickets_given_back_may_be_sold_again_and_their_payment_is_still_answered_the_same() {
    let fake = Fake::new(Fault::None);
    let at = fake.serve(0).await;
    let arguments =
        "--arrive-within 2s --visitors 60 --seats 2 --think 0s --shoppers-pay 1 --cancel 0.5 --ask-again 1";
    let report = report(&at.address, arguments).await;
    let happened = |what: &str| report["shop"]["happenings"][what].as_u64().unwrap_or_default();
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    assert!(happened("gave_tickets_back") > 0, "{report:#}");
    assert_eq!(report["endings"]["cancelled"], happened("gave_tickets_back"), "{report:#}");
    assert_eq!(happened("answered_the_same"), report["booked"].as_u64().unwrap(), "{report:#}");
    assert!(report["seats_sold"].as_u64() > Some(SEATS as u64), "what came back was sold again: {report:#}");
}

#[tokio::test]
async fn an_answer_that_changes_is_found_from_outside() {
    let at = Fake::new(Fault::AnswersChange).serve(0).await;
    let output = stanchion_rehearse(&at.address, &format!("{EVERYBODY_PAYS} --ask-again 1")).await;
    assert_eq!(output.status.code(), Some(1));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("FOUND: 12 times a payment that was sent again was answered otherwise"), "{page}");
}

#[tokio::test]
async fn a_basket_left_to_expire_cannot_be_paid_for_and_cools_its_buyer_down() {
    let at = Fake::new(Fault::ShortHolds).serve(0).await;
    let arguments = "--arrive-within 1ms --visitors 1 --seats 1 --think 0s --shoppers-pay 1 --pay-late 1";
    let report = report(&at.address, arguments).await;
    for what in ["basket_expired", "refused_too_late", "cooled_down"] {
        assert_eq!(report["shop"]["happenings"][what], 1, "{report:#}");
    }
    assert_eq!(report["endings"]["lapsed"], 1, "{report:#}");
}

#[tokio::test]
async fn a_reservation_paid_for_when_it_is_over_is_found_from_outside() {
    let at = Fake::new(Fault::PaidTooLate).serve(0).await;
    let arguments = "--arrive-within 1ms --visitors 1 --seats 1 --think 0s --shoppers-pay 1 --pay-late 1";
    let output = stanchion_rehearse(&at.address, arguments).await;
    assert_eq!(output.status.code(), Some(1));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("FOUND: 1 times a reservation was paid for when it was over"), "{page}");
}

#[tokio::test]
async fn other_seats_are_taken_before_paying_and_a_lost_answer_leaves_all_or_none() {
    let at = Fake::new(Fault::None).serve(0).await;
    let arguments =
        "--arrive-within 2s --visitors 18 --seats 1 --think 50ms --shoppers-pay 1 --exchange 1 --seed 2";
    let report = report(&at.address, arguments).await;
    let happened = |what: &str| report["shop"]["happenings"][what].as_u64().unwrap_or_default();
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    assert!(report["booked"].as_u64() > Some(9), "{report:#}");
    for what in ["took_other_seats", "other_seats_gone", "exchange_answer_lost"] {
        assert!(happened(what) > 0, "{what}: {report:#}");
    }
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["step"] == "exchange"), "{report:#}");
}

#[tokio::test]
async fn seats_that_were_not_asked_for_together_are_found_from_outside() {
    let at = Fake::new(Fault::ExchangesMixSeats).serve(0).await;
    let arguments =
        "--arrive-within 300ms --visitors 18 --seats 2 --think 50ms --shoppers-pay 1 --exchange 1 --seed 2";
    let output = stanchion_rehearse(&at.address, arguments).await;
    assert_eq!(output.status.code(), Some(1));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("times somebody was given seats that were not asked for together"), "{page}");
}

#[tokio::test]
async fn baskets_are_given_back_or_left_as_asked() {
    let at = Fake::new(Fault::None).serve(0).await;
    let arguments = "--arrive-within 300ms --visitors 12 --seats 1 --think 0s --shoppers-pay 0 --abandon 1";
    let report = report(&at.address, arguments).await;
    assert_eq!(report["shop"]["happenings"]["walked_off"], 12, "{report:#}");
    assert_eq!(report["endings"]["abandoned"], 12, "{report:#}");
}

#[tokio::test]
async fn more_than_everybody_cannot_have_a_bad_card() {
    let output = stanchion_rehearse("http://127.0.0.1:1", "--second-card 0.7 --slow-card 0.4").await;
    assert_eq!(output.status.code(), Some(2));
}
