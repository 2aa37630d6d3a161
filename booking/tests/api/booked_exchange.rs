//! Other seats for a booking that is paid for: what its buyer gets, what the gates and the map are told, and what is refused.

use std::time::Duration;

use booking::domain::booking::Booking;
use booking::domain::cancel::CancelPolicy;
use booking::domain::gate_list::GateList;
use booking::domain::holds::Hold;
use booking::domain::ids::{ReservationId, ShowId};
use booking::domain::reservation::ReservedSeat;
use booking::domain::ticket::{TicketPublicKey, verify};
use booking::store::Store;
use booking::store::bookings::{self, BookedSwap, Swapped};
use booking::store::reservations::NewReservation;
use harness::actors::{Reply, Shopper};
use harness::eventually;
use harness::proxy::Proxy;
use serde_json::{Value, json};
use shared::keys::JwkSet;

use crate::check_in::{broken_gate_checks, codes};
use crate::confirm_races::broken;
use crate::support::watch::Watching;
use crate::support::{DROP, SOON, Shop};

/// A booking of these seats; whoever has its private link, and its id.
pub async fn booked(shop: &Shop, show: &str, seats: &[&str]) -> (Shopper, Reply) {
    let buyer = shop.shopper().await;
    let reserved = buyer.reserve(show, seats).await.expect(201);
    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    let paid = holder.confirm(reserved.text("reservation_id"), "tok_ok", "key").await.expect(201);
    (holder, paid)
}

/// What every audit says after it, of seats, money and gates.
pub async fn sums_are_right(shop: &Shop) {
    eventually(SOON, || async {
        let mut broken = broken(shop).await;
        broken.extend(broken_gate_checks(&shop.pool).await);
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    })
    .await;
}

fn ticket<'a>(booking: &'a Reply, seat: &str) -> &'a Value {
    booking["tickets"].as_array().unwrap().iter().find(|ticket| ticket["seat"] == seat).unwrap()
}

async fn count(shop: &Shop, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&shop.pool).await.unwrap()
}

#[tokio::test]
async fn a_booking_gets_other_seats_and_tickets_for_the_same_price() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let (holder, paid) = booked(&shop, &show, &["A1", "A2"]).await;
    let id = paid.text("booking_id");
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;

    let exchanged = holder.exchange_booking(id, json!(["B1", "A2"])).await.expect(200);
    assert_eq!((&exchanged["seats"], &exchanged["total"]), (&json!(["A2", "B1"]), &paid["total"]));
    for kept in ["booking_id", "reference", "reservation_id", "booked_at", "manage_token", "status"] {
        assert_eq!(exchanged[kept], paid[kept], "{kept}");
    }
    assert_eq!(ticket(&exchanged, "A2"), ticket(&paid, "A2"), "a seat that is kept keeps its ticket");
    assert_ne!(ticket(&exchanged, "B1")["ticket_id"], ticket(&paid, "A1")["ticket_id"]);
    watching.until("B1", "booked").await;
    // On sale again for the next one, at once.
    let next = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    assert_eq!(holder.booking(id).await.expect(200).body, exchanged.body);
    let again =
        holder.exchange_booking(id, json!([{"seat": "A2", "fare": "standard"}, "B1"])).await.expect(200);
    assert_eq!(again.body, exchanged.body, "asked again, it is answered the same");
    let events = "SELECT count(*) FROM booking.events WHERE kind = 'booking.exchanged'";
    assert_eq!(count(&shop, events).await, 1);

    // The gates know which ticket is good.
    let gate = |code: &Value| shop.operator.check_in(json!({ "qr": code, "show_id": show }));
    let refused = gate(&ticket(&paid, "A1")["qr"]).await.expect(409);
    assert_eq!(refused.code(), "ticket_cancelled");
    let pack = shop.operator.gate_pack(&show, None).await.expect(200);
    let set: JwkSet = serde_json::from_value(pack["keys"].clone()).unwrap();
    let keys: Vec<TicketPublicKey> = set.keys.iter().filter_map(TicketPublicKey::from_jwk).collect();
    let list = GateList::verify(pack.text("list"), &keys).unwrap();
    assert_eq!(list.cancelled, [verify(ticket(&paid, "A1")["qr"].as_str().unwrap(), &keys).unwrap().ticket]);

    // Back to a seat that it had; what was answered to the payment stays as it was.
    shop.shopper()
        .await
        .with_token(next.text("manage_token"))
        .release(next.text("reservation_id"))
        .await
        .expect(204);
    let back = holder.exchange_booking(id, json!(["A1", "A2"])).await.expect(200);
    assert_ne!(ticket(&back, "A1")["ticket_id"], ticket(&paid, "A1")["ticket_id"]);
    assert_eq!(
        holder.confirm(paid.text("reservation_id"), "tok_ok", "key").await.expect(201).body,
        paid.body
    );
    gate(&ticket(&exchanged, "B1")["qr"]).await.expect(409);
    let listed = shop.operator.get("bookings").await.expect(200);
    assert_eq!(listed["items"][0]["seats"], json!(["A1", "A2"]));
    assert_eq!(shop.stats(&show).await["booked"], 2);
    sums_are_right(&shop).await;
    for code in codes(&back) {
        gate(&json!(code)).await.expect(200);
    }
    let refused = holder.exchange_booking(id, json!(["B1", "B2"])).await.expect(409);
    assert_eq!(refused.code(), "already_used");
    sums_are_right(&shop).await;
}

/// A show of a row at 12.50 EUR and a row of boxes at 20 EUR, where children sit in boxes for 12.50 EUR; no seat may be
/// left alone.
async fn show_with_boxes(shop: &Shop) -> String {
    let mut body = shop.show_body(1).await;
    let theatre = json!({"name": "Odeon", "city": "Berlin", "time_zone": "Europe/Berlin"});
    let theatre = shop.operator.create_theatre(theatre).await.expect(201);
    let row = |name: &str, y: u32, category: &str| {
        let seats: Vec<Value> =
            (1..=10).map(|number| json!({"number": number, "x": number, "category": category})).collect();
        json!({"row": name, "y": y, "seats": seats})
    };
    let rows = json!([row("A", 1, "standard"), row("B", 2, "box")]);
    let screen = json!({"theatre_id": theatre.text("theatre_id"), "name": "1", "rows": rows});
    let screen = shop.operator.create_screen(screen).await.expect(201);
    body["screen_id"] = screen["screen_id"].clone();
    let euro = |amount: u32| json!({"amount_minor": amount, "currency": "EUR"});
    body["prices"] = json!({"standard": euro(1250), "box": euro(2000), "box/child": euro(1250)});
    body["stranded_rule"] = json!("strict");
    shop.operator.create_show(body).await.expect(201).text("show_id").to_owned()
}

#[tokio::test]
async fn what_is_not_the_same_price_number_and_fares_is_refused_and_changes_nothing() {
    let shop = Shop::open().await;
    let show = show_with_boxes(&shop).await;
    let buyer = shop.shopper().await;
    let seats = json!({"seats": ["A1", {"seat": "A2", "fare": "child"}]});
    let reserved = buyer.reserve_json(&show, seats).await.expect(201);
    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    let paid = holder.confirm(reserved.text("reservation_id"), "tok_ok", "key").await.expect(201);
    let id = paid.text("booking_id");
    shop.shopper().await.reserve(&show, &["A9", "A10"]).await.expect(201);
    let asked = |seats: Value| holder.exchange_booking(id, seats);

    let dearer = asked(json!(["B1", "B2"])).await.expect(409);
    let euro = |amount: u32| json!({"amount_minor": amount, "currency": "EUR"});
    assert_eq!(
        (dearer.code(), &dearer["total"], &dearer["new_total"]),
        ("price_differs", &euro(2500), &euro(3250))
    );
    let count = asked(json!(["A3"])).await.expect(422);
    assert_eq!((count.code(), &count["seats"]), ("seat_count_differs", &json!(2)));
    assert_eq!(asked(json!([])).await.expect(422).code(), "seat_count_differs");
    let fares = asked(json!(["A1", {"seat": "A3", "fare": "standard"}])).await.expect(422);
    assert_eq!((fares.code(), &fares["fares"]), ("fares_differ", &json!(["standard", "child"])));
    assert_eq!(asked(json!(["A3", "Z1"])).await.expect(400).code(), "unknown_seats");
    assert_eq!(asked(json!(["A3", "A3"])).await.expect(422).code(), "duplicate_seats");
    let taken = asked(json!(["A8", "A9"])).await.expect(409);
    assert_eq!((taken.code(), &taken["unavailable_seats"]), ("seats_unavailable", &json!(["A9"])));
    let alone = asked(json!(["A2", "A3"])).await.expect(422);
    assert_eq!((alone.code(), &alone["stranded_seats"]), ("stranded_seat", &json!(["A1"])));

    let other = shop.shopper().await;
    assert_eq!(other.exchange_booking(id, json!(["A3", "A4"])).await.expect(403).code(), "not_yours");
    Shopper::without_token(&shop.url()).exchange_booking(id, json!(["A3", "A4"])).await.expect(401);
    other.exchange_booking(&uuid::Uuid::new_v4().to_string(), json!(["A3", "A4"])).await.expect(404);
    assert_eq!(holder.booking(id).await["tickets"], paid["tickets"]);
    assert_eq!(shop.stats(&show).await["reserved"], 2);

    // The child may have the box.
    let exchanged = asked(json!([{"seat": "B1", "fare": "child"}, "A1"])).await.expect(200);
    assert_eq!((&exchanged["seats"], &exchanged["total"]), (&json!(["A1", "B1"]), &euro(2500)));
    assert_eq!(ticket(&exchanged, "B1")["fare"], "child");
    // What does not come back to its buyer does not come back in other seats.
    holder.cancel(id).await.expect(200);
    let over = asked(json!(["A3", "A4"])).await.expect(409);
    assert_eq!((over.code(), over["booking_status"] == "confirmed"), ("invalid_state", false));
    assert_eq!(shop.stats(&show).await["booked"], 0);
    assert_eq!(
        holder.booking(id).await["seats"],
        json!(["A1", "B1"]),
        "what was given back is what it had last"
    );
    sums_are_right(&shop).await;
}

#[tokio::test]
async fn it_is_too_late_when_a_booking_cannot_be_given_back_either() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(2).await;
    let (first, paid) = booked(&shop, &show, &["A1"]).await;
    let (second, other) = booked(&shop, &show, &["A2"]).await;
    // The show begins in 72 hours; until two hours before it, something is given back.
    clock.advance(Duration::from_hours(70));
    first.exchange_booking(paid.text("booking_id"), json!(["B1"])).await.expect(200);
    clock.advance(Duration::from_secs(1));
    let late = second.exchange_booking(other.text("booking_id"), json!(["B2"])).await.expect(400);
    assert_eq!(late.code(), "too_late");
    // The seats that it has are no change, and asking for them is answered as before.
    first.exchange_booking(paid.text("booking_id"), json!(["B1"])).await.expect(200);
    // The show's own policy is what counts.
    let path = format!("shows/{show}");
    shop.operator.update(&path, json!({"cancellation_policy": "0h:10"})).await.expect(200);
    eventually(SOON, || async {
        second.exchange_booking(other.text("booking_id"), json!(["B2"])).await.status == 200
    })
    .await;
    let cancelled = "UPDATE booking.shows SET status = 'cancelled'";
    sqlx::query(cancelled).execute(&shop.pool).await.unwrap();
    let over = first.exchange_booking(paid.text("booking_id"), json!(["B3"])).await.expect(409);
    assert_eq!(over.code(), "show_not_on_sale");
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_postgres_that_does_not_answer_leaves_the_booking_as_it_was() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(2).await;
    let (holder, paid) = booked(&shop, &show, &["A1", "A2"]).await;
    let id = paid.text("booking_id");
    let mut slow = shop.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM booking.bookings FOR UPDATE").execute(&mut *slow).await.unwrap();
    holder.exchange_booking(id, json!(["B1", "B2"])).await.expect(503);
    slow.rollback().await.unwrap();
    assert_eq!(holder.booking(id).await["seats"], json!(["A1", "A2"]));
    // What it wanted is kept for it: it may ask for the same again, and for nothing else meanwhile.
    let other = eventually(SOON, || async {
        let other = holder.exchange_booking(id, json!(["A1", "B3"])).await;
        if other.status == 503 { Err(other.body) } else { Ok(other) }
    });
    let other = other.await.expect(409);
    assert_eq!((other.code(), &other["retry_after_s"]), ("invalid_state", &json!(10)));
    assert_eq!(shop.shopper().await.reserve(&show, &["B2"]).await.expect(409).code(), "seats_unavailable");
    let exchanged = holder.exchange_booking(id, json!(["B1", "B2"])).await.expect(200);
    assert_eq!(exchanged["seats"], json!(["B1", "B2"]));

    // Where nobody asks again, the seats are on sale after a while, and the booking is what it was.
    let mut slow = shop.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM booking.bookings FOR UPDATE").execute(&mut *slow).await.unwrap();
    holder.exchange_booking(id, json!(["A3", "A4"])).await.expect(503);
    slow.rollback().await.unwrap();
    clock.advance(Duration::from_secs(10));
    shop.shopper().await.reserve(&show, &["A3", "A4"]).await.expect(201);
    assert_eq!(holder.booking(id).await.body, exchanged.body);
    sums_are_right(&shop).await;
}

/// The stores of a replica whose exchange is cut short wherever a test wants it.
fn store_of(shop: &Shop) -> Store {
    let redis = shared::redis::Redis::connect(&shop.stores.redis_url).unwrap();
    Store::new(shop.pool.clone(), redis, shop.clock.clone())
}

async fn known(store: &Store, booking: &str) -> Booking {
    bookings::find(&store.pool, booking.parse().unwrap()).await.unwrap().unwrap()
}

/// Records an exchange for whoever saw the booking so, and tells Redis nothing.
async fn recorded_alone(store: &Store, booking: &Booking, seats: &[(u32, &str)]) -> Swapped {
    let reservation = store.reservation(booking.reservation).await.unwrap().unwrap();
    let now = store.clock.now();
    let seat = |(seat, label): &(u32, &str)| ReservedSeat {
        seat: *seat,
        label: (*label).to_owned(),
        ..reservation.seats[0].clone()
    };
    let new = NewReservation {
        show: reservation.show,
        drop: reservation.drop.clone(),
        sid: reservation.sid,
        buyer: reservation.buyer.clone(),
        hold: Hold { id: reservation.id, fence: reservation.fence + 1000, at: now, expires_at: now },
        cooldown_s: 0,
        seats: seats.iter().map(seat).collect(),
        total: reservation.total,
    };
    let swap = BookedSwap { booking, new, policy: &CancelPolicy::default(), now };
    bookings::exchange(&store.pool, &swap).await.unwrap()
}

#[tokio::test]
async fn whoever_is_refused_a_seat_of_an_exchange_puts_the_whole_of_it_right() {
    // The time stands still, so that the outbox has nothing that is due.
    let (shop, _clock) = Shop::open_timeless().await;
    let show = shop.show(2).await;
    let (holder, paid) = booked(&shop, &show, &["A1", "A2"]).await;
    let store = store_of(&shop);
    let booking = known(&store, paid.text("booking_id")).await;
    let recorded = recorded_alone(&store, &booking, &[(10, "B1"), (11, "B2")]).await;
    assert!(matches!(recorded, Swapped::Done(..)), "{recorded:?}");
    assert_eq!(holder.booking(paid.text("booking_id")).await["seats"], json!(["B1", "B2"]));
    assert!(shop.broken_seat_checks().await.contains(&"seats.redis_says_the_same"));
    let refused = shop.shopper().await.reserve(&show, &["B2"]).await.expect(409);
    assert_eq!(refused["unavailable_seats"], json!(["B2"]));
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
    shop.shopper().await.reserve(&show, &["A1", "A2"]).await.expect(201);
    // The message comes late, after the booking was given back.
    let (show_id, reservation): (ShowId, ReservationId) =
        (show.parse().unwrap(), paid.text("reservation_id").parse().unwrap());
    holder.cancel(paid.text("booking_id")).await.expect(200);
    store.align(show_id, reservation).await.unwrap();
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
}

#[tokio::test]
async fn an_exchange_while_somebody_is_refused_its_old_seats_is_not_undone_in_redis() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let (booker, paid) = booked(&shop, &show, &["A1", "A2"]).await;
    let reserved = shop.shopper().await.reserve(&show, &["B1", "B2"]).await.expect(201);
    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    // Whoever is refused has read who owns the seats, and is slow to say it to Redis.
    let line = Proxy::start(&shop.stores.redis_url).await;
    let redis = shared::redis::Redis::connect(&line.url(&shop.stores.redis_url)).unwrap();
    let store = Store::new(shop.pool.clone(), redis, shop.clock.clone());
    let show_id: ShowId = show.parse().unwrap();
    store.seat_map(show_id).await.unwrap();
    line.delay(Duration::from_millis(500)).await;
    let refused = ReservationId::at(shop.clock.now());
    let exchanges = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let booked = booker.exchange_booking(paid.text("booking_id"), json!(["A3", "A4"]));
        let held = holder.exchange(reserved.text("reservation_id"), &["B3", "B4"]);
        let (booked, held) = futures::future::join(booked, held).await;
        (booked.expect(200), held.expect(200))
    };
    let (settled, _) =
        futures::future::join(store.settle_refused(show_id, refused, &[0, 10]), exchanges).await;
    line.heal().await;
    if settled.is_err() {
        // The machine was too slow for it to be said to its end.
        let [own, other] = [&paid, &reserved].map(|reply| reply.text("reservation_id").parse().unwrap());
        store.align(show_id, own).await.unwrap();
        store.restore_hold(show_id, other, None).await.unwrap();
    }
    sums_are_right(&shop).await;
    shop.shopper().await.reserve(&show, &["A1", "A2", "B1", "B2"]).await.expect(201);
}

#[tokio::test]
async fn an_exchange_chosen_from_seats_that_were_exchanged_since_is_not_recorded() {
    let (shop, _clock) = Shop::open_timeless().await;
    let show = shop.show(2).await;
    let (holder, paid) = booked(&shop, &show, &["A1"]).await;
    let id = paid.text("booking_id");
    holder.exchange_booking(id, json!(["A3"])).await.expect(200);
    let store = store_of(&shop);
    let booking = known(&store, id).await;
    holder.exchange_booking(id, json!(["A4"])).await.expect(200);
    holder.exchange_booking(id, json!(["A3"])).await.expect(200);
    let swapped = recorded_alone(&store, &booking, &[(14, "B5")]).await;
    assert!(matches!(swapped, Swapped::Superseded), "the same seat with another ticket: {swapped:?}");
    assert_eq!(holder.booking(id).await["seats"], json!(["A3"]));
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
}
