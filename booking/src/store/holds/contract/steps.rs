//! What may be done to a show's holds, and in what mixture.

use proptest::prelude::*;

use super::pair::{BUYERS, SEATS};
use crate::domain::holds::SeatIndex;

const LONGEST: usize = 60;

/// Something done to a show's holds. Reservations are named by the order in which they were asked for.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A buyer asks for seats, from an address that may have so many holds.
    Take { buyer: usize, seats: Vec<SeatIndex>, hold_s: u32, cooldown_s: u32, address: Option<(u8, u32)> },
    /// The buyer wants other seats.
    Exchange(prop::sample::Index, Vec<SeatIndex>),
    /// The buyer gives a hold back.
    Release(prop::sample::Index),
    /// A payment is done.
    Book(prop::sample::Index),
    /// A booking got other seats; what was true before is told once more, late.
    Rebook(prop::sample::Index, Vec<SeatIndex>),
    /// A reservation has ended.
    Free(prop::sample::Index),
    /// A payment begins, or was declined.
    MoveLapse(prop::sample::Index, u32),
    /// Postgres refused a hold.
    Settle(prop::sample::Index),
    /// The sweeper comes by.
    Lapse,
    /// An operator blocks, or unblocks, seats.
    Block(Vec<SeatIndex>, bool),
    /// Time goes on.
    Wait(u32),
    /// The server's clock is put back.
    StepBack(u32),
    /// Redis loses its memory, and the show is loaded in a new epoch.
    Lose(Loss),
}

/// How Redis loses its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing is left.
    Emptied,
    /// It is another run of the server, which remembers anything.
    Restarted,
}

fn seats() -> impl Strategy<Value = Vec<SeatIndex>> {
    prop::collection::btree_set(0..SEATS, 1..5).prop_map(|seats| seats.into_iter().collect())
}

fn take() -> impl Strategy<Value = Operation> {
    let address = prop::option::of((0..2_u8, 1..3_u32));
    (0..BUYERS, seats(), 5..60_u32, 0..30_u32, address).prop_map(
        |(buyer, seats, hold_s, cooldown_s, address)| Operation::Take {
            buyer,
            seats,
            hold_s,
            cooldown_s,
            address,
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        10 => take(),
        4 => (index(), seats()).prop_map(|(index, seats)| Operation::Exchange(index, seats)),
        2 => index().prop_map(Operation::Release),
        4 => index().prop_map(Operation::Book),
        3 => (index(), seats()).prop_map(|(index, seats)| Operation::Rebook(index, seats)),
        2 => index().prop_map(Operation::Free),
        2 => (index(), 0..90_u32).prop_map(|(index, s)| Operation::MoveLapse(index, s)),
        1 => index().prop_map(Operation::Settle),
        2 => Just(Operation::Lapse),
        2 => (seats(), any::<bool>()).prop_map(|(seats, blocked)| Operation::Block(seats, blocked)),
        6 => (1..30_u32).prop_map(Operation::Wait),
        1 => (1..20_u32).prop_map(Operation::StepBack),
        1 => prop_oneof![Just(Loss::Emptied), Just(Loss::Restarted)].prop_map(Operation::Lose),
    ]
}

/// What is done to one show, in order.
pub fn sequences() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..LONGEST)
}
