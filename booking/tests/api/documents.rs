//! Tickets as pictures and on paper, and bookings in calendars: for their owner alone, and only what lets in.

use uuid::Uuid;

use crate::till::Till;

#[tokio::test]
async fn a_booking_can_be_printed_and_put_into_a_calendar_by_its_owner() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let buyer = till.buyer(id);
    let booked = buyer.booking(&booking).await.expect(200);
    let reference = booked.text("reference");
    let ticket = booked["tickets"][0]["ticket_id"].as_str().unwrap();

    let picture = buyer.get(&format!("/v1/tickets/{ticket}.svg")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.body.contains(reference) && picture.body.contains("105mm"), "{}", picture.body);
    let code = buyer.get(&format!("/v1/tickets/{ticket}.svg?only=code")).await.expect(200);
    assert!(code.body.contains("<path") && !code.body.contains("<text"), "{}", code.body);
    for path in [format!("/v1/tickets/{ticket}.pdf"), format!("/v1/bookings/{booking}.pdf")] {
        let paper = buyer.get(&path).await.expect(200);
        assert_eq!(paper.header("content-type"), "application/pdf");
        assert!(paper.body.starts_with("%PDF-") && paper.header("content-disposition").contains(reference));
    }
    let entry = buyer.get(&format!("/v1/bookings/{booking}.ics")).await.expect(200);
    assert_eq!(entry.header("content-type"), "text/calendar; charset=utf-8");
    for line in [&format!("UID:{booking}@127.0.0.1"), "METHOD:PUBLISH", "STATUS:CONFIRMED"] {
        assert!(entry.body.contains(&format!("{line}\r\n")), "{line} is missing in {}", entry.body);
    }

    let stranger = till.buyer(till.reserve().await);
    for path in [
        format!("/v1/tickets/{ticket}.svg"),
        format!("/v1/tickets/{ticket}.pdf"),
        format!("/v1/bookings/{booking}.pdf"),
        format!("/v1/bookings/{booking}.ics"),
    ] {
        assert_eq!(stranger.get(&path).await.expect(403).code(), "not_yours", "{path}");
    }
    for path in [
        format!("/v1/tickets/{ticket}.png"),
        format!("/v1/tickets/{ticket}"),
        format!("/v1/tickets/{}.svg", Uuid::new_v4()),
        format!("/v1/bookings/{booking}.doc"),
    ] {
        assert_eq!(buyer.get(&path).await.expect(404).code(), "not_found", "{path}");
    }
}

#[tokio::test]
async fn what_was_given_back_is_not_drawn_and_leaves_the_calendar() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let buyer = till.buyer(id);
    let ticket = buyer.booking(&booking).await["tickets"][0]["ticket_id"].as_str().unwrap().to_owned();
    buyer.cancel(&booking).await.expect(200);
    for path in [
        format!("/v1/tickets/{ticket}.svg"),
        format!("/v1/tickets/{ticket}.svg?only=code"),
        format!("/v1/tickets/{ticket}.pdf"),
        format!("/v1/bookings/{booking}.pdf"),
    ] {
        assert_eq!(buyer.get(&path).await.expect(409).code(), "ticket_cancelled", "{path}");
    }
    let entry = buyer.get(&format!("/v1/bookings/{booking}.ics")).await.expect(200);
    for line in [&format!("UID:{booking}@127.0.0.1"), "METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"] {
        assert!(entry.body.contains(&format!("{line}\r\n")), "{line} is missing in {}", entry.body);
    }
}
