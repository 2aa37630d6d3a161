//! The ids of the shop.

use jiff::Timestamp;
use shared::ids::uuid_v7;
use shared::uuid_id;

uuid_id! {
    /// Names a movie.
    MovieId
}
uuid_id! {
    /// Names a theatre.
    TheatreId
}
uuid_id! {
    /// Names a screen of a theatre.
    ScreenId
}
uuid_id! {
    /// Names a show: a movie on a screen at a time.
    ShowId
}
uuid_id! {
    /// Names a reservation, and the hold that is its twin in Redis.
    ReservationId
}
uuid_id! {
    /// Names one attempt to pay.
    PaymentId
}
uuid_id! {
    /// Names a refund.
    RefundId
}
uuid_id! {
    /// Names a booking.
    BookingId
}
uuid_id! {
    /// Names a ticket.
    TicketId
}

macro_rules! made_at {
    ($($name:ident),*) => {
        $(impl $name {
            /// A new id, ordered by time.
            pub fn at(time: Timestamp) -> Self {
                Self(uuid_v7(time))
            }
        })*
    };
}

made_at!(MovieId, TheatreId, ScreenId, ShowId, ReservationId, PaymentId, RefundId, BookingId, TicketId);
