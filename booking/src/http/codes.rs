//! The error codes of the shop.

use shared::problem::Code;

/// Declares codes and the list of all of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal, $help:literal;)*) => {
        $($(#[$doc])* pub const $name: Code = Code::new($code, $status, $title, $help);)*

        /// All of them, with those of the admission.
        pub const ALL: &[&Code] = &[
            &shared::admission::ADMISSION_REQUIRED,
            &shared::admission::ADMISSION_INVALID,
            &shared::admission::ADMISSION_EXPIRED,
            $(&$name,)*
        ];
    };
}

codes! {
    /// Somebody else's.
    NOT_YOURS = "not_yours", 403, "This is somebody else's",
        "The admission or the manage token that was sent does not belong to this reservation or booking.";
    /// The token of a private link is not one of ours.
    MANAGE_TOKEN_INVALID = "manage_token_invalid", 401, "The manage token is not valid",
        "Send the token as it was given with the reservation or the booking.";
    /// The admission is to another drop.
    WRONG_DROP = "wrong_drop", 403, "Your admission is to another drop",
        "The show is sold by the drop named in `drop`; join its line.";
    /// The slot is gone.
    ADMISSION_ENDED = "admission_ended", 403, "Your admission has ended",
        "Its time in the shop is over: it lapsed, was given back or was revoked. Join the line again.";
    /// The admission bought something already.
    ADMISSION_SPENT = "admission_spent", 403, "Your admission has been used",
        "One admission buys once. Join the line again, where the drop allows it.";
    /// The single-use code that brings a browser over was used or is too old.
    CODE_SPENT = "code_spent", 410, "The link into the shop has been used",
        "Go back to the line's page and enter again; your turn is kept there.";
    /// Labels the screen does not have.
    UNKNOWN_SEATS = "unknown_seats", 400, "The screen has no such seats",
        "`unknown_seats` names them; the seat map has the labels.";
    /// More seats than the drop allows.
    TOO_MANY_SEATS = "too_many_seats", 422, "These are too many seats",
        "`max_seats` says how many one reservation may have.";
    /// A seat was named twice.
    DUPLICATE_SEATS = "duplicate_seats", 422, "A seat was named more than once",
        "`duplicate_seats` names them; name each seat once.";
    /// A fare that cannot be.
    UNKNOWN_FARE = "unknown_fare", 422, "There is no such fare",
        "`unknown_fares` names them; the show's prices name the fares.";
    /// Somebody else has them.
    SEATS_UNAVAILABLE = "seats_unavailable", 409, "Some of these seats are taken",
        "`unavailable_seats` names them; choose others. Seats in baskets come back when their time is over.";
    /// Over or cancelled.
    SHOW_NOT_ON_SALE = "show_not_on_sale", 409, "The show is not on sale",
        "It is over, was cancelled, or is not sold any more.";
    /// One live reservation a show and buyer, and so many an address.
    RESERVATION_LIMIT = "reservation_limit", 429, "There are as many reservations as there may be",
        "`limit` says whose. `buyer`: pay for the reservation named in `reservation_id`, or release it, before you reserve other seats. `address`: your network has `max_reservations` of this show; one of them has to be paid for or to end first.";
    /// After a reservation left to expire.
    COOLING_DOWN = "cooling_down", 429, "You have to wait a little",
        "Your last reservation was left to expire; after `retry_after_s` you can reserve again.";
    /// A single seat would be left.
    STRANDED_SEAT = "stranded_seat", 422, "The choice leaves a single seat",
        "`stranded_seats` names seats that nobody would buy alone. Take them too, or move your choice by a seat; where there is no other choice, the rule gives way.";
    /// Fewer are left.
    NOT_ENOUGH_SEATS = "not_enough_seats", 409, "There are not so many seats",
        "Fewer seats that fit are on sale at the moment. Ask for fewer, or for another category.";
    /// No more streams.
    STREAMS_FULL = "streams_full", 503, "This replica has as many open seat maps as it may",
        "Try again after `Retry-After`; asking for `view=status` works all the same.";
    /// A payment is under way.
    PAYMENT_IN_PROGRESS = "payment_in_progress", 409, "The payment is under way",
        "The reservation cannot be changed while its payment is decided. Ask again shortly.";
    /// It is not in a state that allows this.
    INVALID_STATE = "invalid_state", 409, "Its state does not allow this",
        "Read it again; its `status` says where it is.";
    /// Two shows on one screen.
    SHOW_OVERLAPS = "show_overlaps", 409, "The show overlaps another one",
        "A screen shows one thing at a time; choose another time or screen.";
    /// The name is taken.
    NAME_TAKEN = "name_taken", 409, "The name is taken",
        "The theatre has a screen of this name.";
    /// The screen has shows.
    SCREEN_IN_USE = "screen_in_use", 409, "The screen has shows",
        "Seats of a screen with shows stay as they are; make a new screen.";
    /// The show has reservations.
    SHOW_IN_USE = "show_in_use", 409, "The show has reservations",
        "Its screen stays as it is.";
    /// A key is needed.
    IDEMPOTENCY_KEY_MISSING = "idempotency_key_missing", 400, "An Idempotency-Key is needed",
        "Send a header `Idempotency-Key` with a value of your own for each purchase; repeat it when you repeat the request.";
    /// The key has the wrong form.
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid", 400, "The Idempotency-Key is not valid",
        "A key has 1 to 255 visible ASCII characters, and there is one a request.";
    /// The key belongs to another request.
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused", 422, "The Idempotency-Key was used for another request",
        "A key belongs to one request: the same path and the same body. Use a new key for a new request.";
    /// There is something to pay.
    PAYMENT_TOKEN_REQUIRED = "payment_token_required", 422, "A payment token is needed",
        "The reservation costs something. Send the `payment_token` that the gateway gave for the card, with a new key.";
    /// The card was refused.
    PAYMENT_DECLINED = "payment_declined", 402, "The payment was declined",
        "Nothing was charged. Where the detail says that the reservation stays, try another card with a new Idempotency-Key.";
    /// The buyer must do something first.
    PAYMENT_ACTION_REQUIRED = "payment_action_required", 402, "The bank wants to know that it is you",
        "Let the gateway's script finish with `client_secret`, then pay with what it gives as `payment_token` (what stands before `_secret_`: with Stripe the id of the PaymentIntent; with the sandbox, answer `POST /v1/payments/challenges` first) and a new Idempotency-Key.";
    /// The reservation ended.
    RESERVATION_EXPIRED = "reservation_expired", 410, "The reservation has ended",
        "It expired or was released before it was paid for. Nothing was charged. Reserve again.";
    /// Somebody else has a seat.
    SEATS_LOST = "seats_lost", 409, "The seats are not yours any more",
        "Somebody else owns one of the seats. Nothing was charged. Reserve other seats.";
    /// Paid for already.
    ALREADY_BOOKED = "already_booked", 409, "It was paid for already",
        "The reservation became the booking named in `booking_id`, under another Idempotency-Key. Nothing was charged again.";
    /// The show is near.
    TOO_LATE = "too_late", 400, "It is too late",
        "The show begins soon, or has begun. Bookings cannot be given back, or exchanged, any more.";
    /// A ticket has let somebody in.
    ALREADY_USED = "already_used", 409, "A ticket has been used",
        "Somebody has been let in with it. It cannot be used again, and its booking cannot be given back or exchanged.";
    /// The ticket was given back.
    TICKET_CANCELLED = "ticket_cancelled", 409, "The ticket was cancelled",
        "Its booking was given back, or got another seat and another ticket for it, so that this one lets nobody in. `cancelled_at` says since when.";
    /// Other seats at another price.
    PRICE_DIFFERS = "price_differs", 409, "The seats cost something else",
        "A booking is exchanged only for seats that cost the same: `total` is what was paid, `new_total` what the other seats cost. For those, give the booking back and book anew.";
    /// More or fewer seats.
    SEAT_COUNT_DIFFERS = "seat_count_differs", 422, "A booking keeps the number of its seats",
        "Name exactly as many seats as `seats` says. For more, book again; for fewer, give the booking back.";
    /// Other fares.
    FARES_DIFFER = "fares_differ", 422, "A booking keeps its fares",
        "`fares` names them, one a seat. A seat that the booking keeps keeps its own; leave the others out and they are given in the order of the seats.";
    /// The code names no ticket that can be scanned.
    INVALID_TICKET = "invalid_ticket", 422, "This is not a ticket that can be used here",
        "`reason` says why: `malformed` is no code of a ticket, `forged` was not signed by this shop or was changed, `unknown` names a ticket that is not there, `wrong_show` is for the show named in `ticket_show_id`.";
    /// Two scans under one id.
    SCAN_ID_REUSED = "scan_id_reused", 422, "The scan_id was used for another ticket",
        "A `scan_id` belongs to one scan of one ticket. Use a new one for each scan; repeat it when you repeat the request.";
    /// More than is left.
    REFUND_TOO_LARGE = "refund_too_large", 422, "There is not so much to give back",
        "`refundable` says what was paid for the booking and has not been given back, in its currency.";
    /// Not from the gateway.
    WEBHOOK_INVALID = "webhook_invalid", 400, "The webhook is not valid",
        "It must be the gateway's own, as it sent it, and signed in the last five minutes with the configured secret.";
    /// More than can be compared at once.
    TOO_MANY_PAYMENTS = "too_many_payments", 422, "There are too many payments in this period",
        "Choose a shorter period: no more than `max` payments are compared at once.";
    /// The gateway did not take it.
    PAYMENT_GATEWAY_UNAVAILABLE = "payment_gateway_unavailable", 503, "The payment gateway did not take the payment",
        "Nothing was charged and the reservation stays. Try again after `Retry-After`, with the same key or a new one.";
}
