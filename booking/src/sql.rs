//! The statements of a sale, as the shop runs them: for whoever measures what Postgres makes of them alone. Each file says
//! what it does and takes.

/// Makes a hold durable.
pub const RECORD_RESERVATION: &str = include_str!("../sql/record_reservation.sql");
/// Takes an idempotency key; begins the transaction of a confirm.
pub const TAKE_KEY: &str = include_str!("../sql/take_key.sql");
/// Locks the reservation; second in the transaction of a confirm.
pub const LOCK_RESERVATION: &str = include_str!("../sql/lock_reservation.sql");
/// Locks its claims; third.
pub const LOCK_CLAIMS: &str = include_str!("../sql/lock_claims.sql");
/// Writes the payment; ends the transaction of a confirm.
pub const BEGIN_PAYMENT: &str = include_str!("../sql/begin_payment.sql");
/// Writes the booking, unseen, once the money is held.
pub const BOOK_RESERVATION: &str = include_str!("../sql/book_reservation.sql");
/// Confirms it, once the money is taken.
pub const CONFIRM_BOOKING: &str = include_str!("../sql/confirm_booking.sql");
