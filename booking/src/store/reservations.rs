//! Reservations and their claims in Postgres. The unique index over live claims decides who owns a seat.

mod end;
mod exchange;
mod read;
mod record;

pub use end::{Ended, abandon, release, sweep};
pub(super) use exchange::{StoreOr, decided, swap};
pub use exchange::{Swapped, exchange, give_up};
pub use read::{find, live_owners, paying, states_of, statuses};
pub use record::{NewReservation, Recorded, Refusal, record};
pub(super) use record::{SqlSeat, check_show};
