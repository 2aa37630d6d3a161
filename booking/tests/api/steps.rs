//! The shop stops, or an answer is lost, at every step of a payment, of a refund and of an exchange in turn: before it is
//! done, and after it was done and before anybody heard of it. What it began comes to its end all the same, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use booking::domain::ids::ReservationId;
use futures::StreamExt as _;
use harness::eventually;
use harness::proxy::{Moment, Proxy};
use servers::ports::free_port;

use crate::kill::start_with;
use crate::till::Till;

/// Long enough for a lease to run out, and for the gateway to be asked.
const SOON: Duration = Duration::from_mins(1);
/// So many seats on, nobody has one but by an exchange.
const OTHER_SEATS: i32 = 100;
/// How many processes are stopped at the same time.
const AT_ONCE: usize = 4;

/// Between the shop and whom it talks to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    Postgres,
    Redis,
    Gateway,
}

/// What the buyer does.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Pays with this card.
    Pay(&'static str),
    /// Gives the booking back.
    Cancel,
    /// Has other seats for the booking.
    Exchange,
}

/// What stands still: where it says these things, one after the other.
#[derive(Clone, Debug)]
struct Step {
    act: Act,
    line: Line,
    says: &'static [&'static str],
}

/// What happens there.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The process is killed.
    Kill,
    /// The connection breaks.
    Lose,
}

/// The id of the reservation stands for itself in what is said.
const ID: &str = "{reservation}";

const fn step(act: Act, line: Line, says: &'static [&'static str]) -> Step {
    Step { act, line, says }
}

const STEPS: &[Step] = &[
    // The hold is made to last, the attempt is written, the money is held, the booking is written, the money is taken,
    // the booking is confirmed, its seats are marked.
    step(Act::Pay("tok_ok"), Line::Redis, &[ID]),
    step(Act::Pay("tok_ok"), Line::Postgres, &["INSERT INTO booking.payments", "COMMIT"]),
    step(Act::Pay("tok_ok"), Line::Gateway, &["POST /v1/charges HTTP"]),
    step(Act::Pay("tok_ok"), Line::Postgres, &["INSERT INTO booking.bookings", "{\"reservation_id\""]),
    step(Act::Pay("tok_ok"), Line::Gateway, &["/capture HTTP"]),
    step(Act::Pay("tok_ok"), Line::Postgres, &["SET status = 'confirmed', confirmed_at", "{\"booking_id\""]),
    step(Act::Pay("tok_ok"), Line::Redis, &[ID, ID]),
    // The card is refused.
    step(Act::Pay("tok_declined"), Line::Postgres, &["SET state = $3, failure = $4", "COMMIT"]),
    // The gateway does not take it: that is asked, the attempt is given up, and let go of.
    step(Act::Pay("tok_down"), Line::Gateway, &["GET /v1/charges/"]),
    step(Act::Pay("tok_down"), Line::Postgres, &["SET state = 'voiding'", "COMMIT"]),
    step(Act::Pay("tok_down"), Line::Gateway, &["/void HTTP"]),
    step(Act::Pay("tok_down"), Line::Postgres, &["SET state = $3, failure = $4", "COMMIT"]),
    // The booking is given back, the money is given back, and that is noted.
    step(Act::Cancel, Line::Postgres, &["INSERT INTO booking.refunds", "COMMIT"]),
    step(Act::Cancel, Line::Redis, &[ID]),
    step(Act::Cancel, Line::Gateway, &["/refund HTTP"]),
    step(Act::Cancel, Line::Postgres, &["UPDATE booking.refunds", "COMMIT"]),
    // The other seats are held, the booking has them, the map says so.
    step(Act::Exchange, Line::Redis, &["exchange-{reservation}"]),
    step(Act::Exchange, Line::Postgres, &["UPDATE booking.tickets SET status = 'cancelled'", "COMMIT"]),
    step(Act::Exchange, Line::Redis, &["exchange-{reservation}", ID]),
];

/// The seats that an exchanged booking has in place of its own.
fn other_seats(own: &[i32]) -> Vec<i32> {
    own.iter().map(|seat| seat + OTHER_SEATS).collect()
}

/// Lets a process of its own come to the step, and stops it there.
async fn stop_at(till: &Till, step: &Step, moment: Moment, fault: Fault) -> (ReservationId, String) {
    let gateway = format!("127.0.0.1:{}", free_port().unwrap());
    let line = match step.line {
        Line::Postgres => Proxy::start(&till.stores.database_url).await,
        Line::Redis => Proxy::start(&till.stores.redis_url).await,
        Line::Gateway => Proxy::start(&gateway).await,
    };
    let mut settings = vec![("SANDBOX_GATEWAY_LISTEN", gateway)];
    settings.push(match step.line {
        Line::Postgres => ("DATABASE_URL", line.url(&till.stores.database_url)),
        Line::Redis => ("REDIS_URL", line.url(&till.stores.redis_url)),
        Line::Gateway => ("SANDBOX_GATEWAY_URL", format!("http://{}", line.address())),
    });
    let (mut process, url) = start_with(till, &settings).await;
    let id = till.reserve().await;
    let buyer = till.buyer_at(&url, id);
    let mut booking = String::new();
    if matches!(step.act, Act::Cancel | Act::Exchange) {
        let booked = eventually(SOON, || async {
            let reply = buyer.confirm(&id.to_string(), "tok_ok", "k").await;
            if reply.status == 201 { Ok(reply) } else { Err(reply.body) }
        });
        booked.await.text("booking_id").clone_into(&mut booking);
    }
    let says: Vec<String> = step.says.iter().map(|text| text.replace(ID, &id.to_string())).collect();
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    line.stop_at(&says, moment);
    let there = Arc::new(AtomicBool::new(false));
    let others = labels(&other_seats(&till.seats(id).await));
    let sale = (id, booking.clone(), others);
    let asked = tokio::spawn(ask(url, till.token(id), sale, step.act, there.clone()));
    let stopped = tokio::time::timeout(SOON / 2, line.stopped()).await;
    assert!(stopped.is_ok(), "{step:?} was never reached");
    there.store(true, Ordering::SeqCst);
    if matches!(fault, Fault::Kill) {
        process.kill().await.unwrap();
    }
    line.heal().await;
    asked.await.unwrap();
    (id, booking)
}

/// What a buyer asks, again while the shop is too busy, until the step is reached. The answer may never come.
async fn ask(
    url: String,
    token: String,
    (id, booking, others): (ReservationId, String, Vec<String>),
    act: Act,
    there: Arc<AtomicBool>,
) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    loop {
        let request = match act {
            Act::Pay(card) => {
                let body = serde_json::json!({
                    "reservation_id": id,
                    "payment_token": card,
                    "contact": { "email": "shopper@example.com", "name": "Sam Shopper" },
                });
                client.post(format!("{url}/v1/bookings")).header("Idempotency-Key", "k").json(&body)
            }
            Act::Cancel => client.post(format!("{url}/v1/bookings/{booking}/cancel")),
            Act::Exchange => {
                let body = serde_json::json!({ "seats": others });
                client.put(format!("{url}/v1/bookings/{booking}/seats")).json(&body)
            }
        };
        let answer = request.bearer_auth(&token).send().await;
        let busy = answer.is_ok_and(|answer| answer.status() == 503);
        if !busy || there.load(Ordering::SeqCst) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn labels(seats: &[i32]) -> Vec<String> {
    seats.iter().map(|seat| crate::till::label(*seat)).collect()
}

/// The seats that a reservation was paid for with, whether they were exchanged since or not.
async fn first_seats(till: &Till, id: ReservationId) -> Vec<i32> {
    till.seats(id).await.iter().map(|seat| seat % OTHER_SEATS).collect()
}

/// What has become of it in the end: the buyer asks again until there is an answer for good.
async fn ends_well(till: &Till, url: &str, step: &Step, (id, booking): &(ReservationId, String)) {
    let buyer = till.buyer_at(url, *id);
    let (card, end) = match step.act {
        Act::Pay("tok_declined") => ("tok_declined", 402),
        // What the gateway did not take is forgotten, and paid with the same key.
        _ => ("tok_ok", 201),
    };
    let paid = eventually(SOON, || async {
        let reply = buyer.confirm(&id.to_string(), card, "k").await;
        let under_way = matches!(reply.status, 202 | 422 | 503);
        if under_way { Err(format!("{step:?}: {}", reply.body)) } else { Ok(reply) }
    });
    let paid = paid.await.expect(end);
    match step.act {
        Act::Pay(_) if end == 201 => {
            assert_eq!(till.status(*id).await, "confirmed", "{step:?}");
            assert!(till.payments(*id).await.ends_with("captured"), "{step:?}");
            let repeated = eventually(SOON, || async {
                let reply = buyer.confirm(&id.to_string(), card, "k").await;
                if reply.status == 503 { Err(reply.body) } else { Ok(reply.body) }
            });
            assert_eq!(repeated.await, paid.body, "{step:?}");
        }
        Act::Pay(_) => assert_eq!(till.status(*id).await, "pending", "{step:?}"),
        Act::Exchange => {
            let others = labels(&other_seats(&first_seats(till, *id).await));
            let exchanged = eventually(SOON, || async {
                let reply = buyer.exchange_booking(booking, serde_json::json!(others)).await;
                if reply.status == 200 { Ok(reply) } else { Err(format!("{step:?}: {}", reply.body)) }
            })
            .await;
            assert_eq!(exchanged["seats"], serde_json::json!(others), "{step:?}");
            assert_eq!(buyer.booking(booking).await.body, exchanged.body, "{step:?}");
        }
        Act::Cancel => {
            let given_back = eventually(SOON, || async {
                let reply = buyer.cancel(booking).await;
                if reply["refund"]["status"] == "refunded" {
                    Ok(())
                } else {
                    Err(format!("{step:?}: {}", reply.body))
                }
            });
            given_back.await;
            assert_eq!(
                (till.given_back(*id).await, till.refunds(*id).await.as_str()),
                (2500, "refunded"),
                "{step:?}"
            );
        }
    }
}

async fn every_step_comes_to_its_end_after(fault: Fault) {
    let mut till = Till::open().await;
    till.close().await;
    let till = &till;
    let both = [Moment::BeforeTheRequest, Moment::BeforeTheAnswer];
    let faults = STEPS.iter().flat_map(|step| both.map(|moment| (step, moment)));
    let stopped: Vec<_> = futures::stream::iter(faults)
        .map(async |(step, moment)| (step, stop_at(till, step, moment, fault).await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (_process, url) = start_with(till, &[]).await;
    let ends = stopped.iter().map(|(step, sale)| ends_well(till, &url, step, sale));
    futures::future::join_all(ends).await;
    eventually(SOON, || async {
        let broken = till.broken_money_checks().await;
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    })
    .await;
    for (step, (id, _)) in &stopped {
        let byte = match step.act {
            Act::Pay("tok_declined") => 1,
            Act::Pay(_) | Act::Exchange => 2,
            Act::Cancel => 0,
        };
        let mut bytes = vec![(till.seats(*id).await[0], byte)];
        if matches!(step.act, Act::Exchange) {
            bytes.push((first_seats(till, *id).await[0], 0));
        }
        for (seat, byte) in bytes {
            eventually(SOON, || async {
                let is = till.seat_byte(seat).await;
                if is == Some(byte) { Ok(()) } else { Err(format!("{step:?}, seat {seat}: {is:?}")) }
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_in_turn_everything_comes_to_its_end() {
    every_step_comes_to_its_end_after(Fault::Kill).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_connection_lost_at_every_step_in_turn_everything_comes_to_its_end() {
    every_step_comes_to_its_end_after(Fault::Lose).await;
}
