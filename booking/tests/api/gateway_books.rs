//! The gateway's books, as the shop reads them.

use booking::domain::ids::PaymentId;
use booking::gateway::sandbox::SandboxGateway;
use booking::gateway::signature::WebhookSecret;
use booking::gateway::{BookedCharge, BookedStatus, Gateway};
use jiff::{SignedDuration, Timestamp};
use shared::money::{Currency, Money};
use uuid::Uuid;

use crate::till::Till;

async fn all(gateway: &dyn Gateway, since: Timestamp, until: Timestamp) -> (Vec<BookedCharge>, usize) {
    let (mut charges, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = gateway.books(since, until, after.as_deref()).await.unwrap();
        charges.extend(page.charges);
        pages += 1;
        match page.next {
            Some(next) => after = Some(next),
            None => return (charges, pages),
        }
    }
}

fn gateway_of(till: &Till) -> SandboxGateway {
    let url = format!("http://{}", till.gateway.address()).parse().unwrap();
    SandboxGateway::new(url, WebhookSecret::new(b"unused")).unwrap()
}

#[tokio::test]
async fn what_was_paid_and_what_was_refused_is_in_the_gateways_books() {
    let till = Till::open().await;
    let (paid, refused) = (till.reserve().await, till.reserve().await);
    till.buyer(paid).confirm(&paid.to_string(), "tok_ok", "k").await.expect(201);
    till.buyer(refused).confirm(&refused.to_string(), "tok_declined", "k").await.expect(402);
    let hour = SignedDuration::from_hours(1);
    let (charges, _) = all(&gateway_of(&till), till.now() - hour, till.now() + hour).await;
    let of = |payment: PaymentId| charges.iter().find(|charge| charge.payment == Some(payment)).unwrap();
    let paid = of(till.payment(paid).await);
    assert_eq!(paid.status, BookedStatus::Captured);
    assert_eq!((paid.amount, paid.captured_minor), (Money::new(2500, Currency::EUR), 2500));
    let refused = of(till.payment(refused).await);
    assert_eq!((refused.status, refused.captured_minor), (BookedStatus::Declined, 0));
    assert_eq!(charges.len(), 2);
}

#[tokio::test]
async fn long_books_are_read_page_by_page_and_no_charge_is_missed_or_read_twice() {
    let till = Till::open().await;
    let first: Timestamp = "2029-05-05T10:00:00Z".parse().unwrap();
    till.tell(
        "INSERT INTO sandbox_gateway.charges (id, idempotency_key, amount_minor, currency, token, status, decided_at,
             created_at, updated_at)
         SELECT gen_random_uuid(), $1::uuid || ':' || n, n, 'EUR', '', 'voided', now(),
                '2029-05-05T10:00:00Z'::timestamptz + (n / 3) * interval '1 second', now()
         FROM generate_series(0, 451) AS n",
        Uuid::new_v4(),
    )
    .await;
    let (gateway, end) = (gateway_of(&till), first + SignedDuration::from_secs(150));
    let (charges, pages) = all(&gateway, first, end).await;
    let mut amounts: Vec<i64> = charges.iter().map(|charge| charge.amount.amount_minor).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, (0..450).collect::<Vec<_>>(), "from the first second on, before the last one");
    assert_eq!(pages, 3);
    assert!(charges.iter().all(|charge| charge.payment.is_none()), "these are none of ours");
    assert!(gateway.books(first, end, Some("nonsense")).await.is_err());
}
