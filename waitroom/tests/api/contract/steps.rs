//! What is done to a line, at random.

use proptest::prelude::*;
use waitroom::domain::drop::Transition;
use waitroom::domain::ledger::IdleReason;

/// How many visitors there are.
pub const VISITORS: usize = 6;

/// Something done to a line.
#[derive(Clone, Debug)]
pub enum Step {
    Join(usize),
    Look(usize),
    /// A replica's report: these visitors, by the places of this generation.
    See(Vec<usize>, u16),
    Leave(usize),
    Claim(usize),
    /// A visitor, a generation, a score, and how long ago the visitor was seen, ms.
    PutBack(usize, u16, u64),
    Call(IdleReason),
    /// Whether another replica does so at the same time.
    Record(bool),
    Renew(usize),
    End(usize),
    Measure,
    Moves,
    GivePass(usize),
    TakePass(usize),
    Touch(usize, u32),
    Finish(usize),
    Wait(u64),
    SetBack(u64),
    Stock(u64),
    Limits(u32, u32, u32),
    OnLapse(&'static str),
    Steer(Transition),
    Salt(u8),
    /// Redis forgets; these visitors are remembered by the replicas, seen so long ago, ms.
    Lose(Vec<usize>, i64),
}

fn visiting() -> impl Strategy<Value = Step> {
    let visitor = 0..VISITORS;
    let some = proptest::collection::vec(0..VISITORS, 1..VISITORS);
    prop_oneof![
        8 => visitor.clone().prop_map(Step::Join),
        4 => visitor.clone().prop_map(Step::Look),
        6 => (some, prop_oneof![6 => Just(0_u16), 2 => Just(1_u16), 1 => 0..4_u16]).prop_map(|(some, generation)| Step::See(some, generation)),
        2 => visitor.clone().prop_map(Step::Leave),
        4 => visitor.clone().prop_map(Step::Claim),
        1 => (visitor, 0..3_u16, 0..1_000_u64).prop_map(|(visitor, generation, score)| Step::PutBack(visitor, generation, score)),
    ]
}

fn replica() -> impl Strategy<Value = Step> {
    let idle = prop_oneof![
        Just(IdleReason::Overdue),
        Just(IdleReason::StoresAway),
        Just(IdleReason::NoReplica),
        Just(IdleReason::ClockSet)
    ];
    prop_oneof![
        8 => idle.prop_map(Step::Call),
        4 => proptest::bool::weighted(0.2).prop_map(Step::Record),
        2 => Just(Step::Measure),
        2 => Just(Step::Moves),
    ]
}

fn shop() -> impl Strategy<Value = Step> {
    let slot = 0..4_usize;
    prop_oneof![
        1 => slot.clone().prop_map(Step::Renew),
        1 => slot.clone().prop_map(Step::End),
        2 => (slot.clone(), 1..900_u32).prop_map(|(slot, for_s)| Step::Touch(slot, for_s)),
        1 => slot.prop_map(Step::Finish),
        1 => (0..2_u64).prop_map(Step::Stock),
    ]
}

fn operator() -> impl Strategy<Value = Step> {
    let steer =
        prop_oneof![4 => Just(Transition::Open), 1 => Just(Transition::Pause), 3 => Just(Transition::Resume)];
    prop_oneof![
        2 => (1..600_u32, 1..5_u32, 1..5_u32).prop_map(|(rate, burst, active)| Step::Limits(rate, burst, active)),
        1 => prop_oneof![Just("requeue"), Just("keep"), Just("drop")].prop_map(Step::OnLapse),
        4 => steer.prop_map(Step::Steer),
        1 => (0..VISITORS).prop_map(Step::GivePass),
        1 => (0..VISITORS).prop_map(Step::TakePass),
        2 => (0..3_u8).prop_map(Step::Salt),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![4 => 0..2_000_u64, 2 => Just(30_000_u64), 3 => Just(59_000_u64), 2 => Just(100_000_u64), 1 => Just(600_000_u64), 1 => 0..400_000_u64];
    let lose = (proptest::collection::vec(0..VISITORS, 0..VISITORS), 0..100_000_i64);
    prop_oneof![
        24 => visiting(),
        16 => replica(),
        5 => shop(),
        5 => operator(),
        8 => wait.prop_map(Step::Wait),
        1 => (0..120_000_u64).prop_map(Step::SetBack),
        1 => lose.prop_map(|(visitors, ago_ms)| Step::Lose(visitors, ago_ms)),
    ]
}

/// How a line begins, and what happens then.
#[derive(Clone, Debug)]
pub struct Scene {
    pub is_open: bool,
    pub is_salted: bool,
    pub on_lapse: &'static str,
    pub claim_window_s: u32,
    pub return_grace_s: u32,
    pub steps: Vec<Step>,
}

pub fn scene() -> impl Strategy<Value = Scene> {
    let on_lapse = prop_oneof![Just("requeue"), Just("keep"), Just("drop")];
    let claim_window_s = prop_oneof![3 => Just(60_u32), 1 => Just(600_u32)];
    let return_grace_s = prop_oneof![Just(0_u32), Just(120_u32), Just(900_u32)];
    let steps = proptest::collection::vec(step(), 20..110);
    let is_open = proptest::bool::weighted(0.7);
    (is_open, proptest::bool::weighted(0.2), on_lapse, claim_window_s, return_grace_s, steps).prop_map(
        |(is_open, is_salted, on_lapse, claim_window_s, return_grace_s, steps)| Scene {
            is_open: is_open && !is_salted,
            is_salted,
            on_lapse,
            claim_window_s,
            return_grace_s,
            steps,
        },
    )
}
