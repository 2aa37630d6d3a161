use uuid::Uuid;

use super::*;

const ROOM: usize = 1_000;

fn memory() -> Memory {
    let memory = Memory::new(Arc::new(Room::of(ROOM)));
    memory.hear(&[]);
    memory
}

fn place(n: u128) -> PlaceId {
    PlaceId(Uuid::from_u128(n << 64))
}

fn seen(n: u128, seen_ms: i64) -> Remembered {
    Remembered { place: place(n), score: Score(1), seen_ms }
}

fn answer(place: Remembered, position: Option<u64>, waiting: u64) -> Answer {
    Answer { place, position, waiting, at_ms: 0 }
}

fn waits(memory: &Memory, n: u128, now_ms: i64) {
    memory.waits(memory.ask(), &answer(seen(n, now_ms), Some(9), 1));
}

fn is_known(memory: &Memory, n: u128) -> bool {
    memory.sight(place(n), 0, |_| Some(((), None))).is_some()
}

#[test]
fn a_place_that_redis_said_waits_is_known_until_it_moves() {
    let memory = memory();
    assert!(!is_known(&memory, 1));
    waits(&memory, 1, 0);
    waits(&memory, 2, 0);
    assert!(is_known(&memory, 1) && memory.knows_waiting(place(1)));
    memory.hear(&[(place(1), false)]);
    assert!(!is_known(&memory, 1) && is_known(&memory, 2));
    assert_eq!(memory.len(), 2, "who moved is remembered all the same");
    memory.hear(&[(place(2), true)]);
    assert_eq!(memory.len(), 1, "whose place ended is not");
}

#[test]
fn a_move_that_is_heard_while_redis_is_asked_is_not_overlooked() {
    let memory = memory();
    let asked = memory.ask();
    memory.hear(&[(place(1), false)]);
    memory.waits(asked, &answer(seen(1, 0), None, 1));
    assert!(!is_known(&memory, 1));
    memory.waits(memory.ask(), &answer(seen(1, 0), None, 1));
    assert!(is_known(&memory, 1));
}

#[test]
fn a_place_that_ended_here_is_unknown_at_once() {
    let memory = memory();
    waits(&memory, 1, 0);
    let asked = memory.ask();
    memory.end(place(1));
    assert!(!is_known(&memory, 1) && memory.is_empty());
    memory.waits(asked, &answer(seen(1, 0), None, 1));
    assert!(!is_known(&memory, 1));
}

#[test]
fn nobody_is_known_after_a_missed_move_nor_by_an_answer_to_an_earlier_question() {
    let memory = memory();
    waits(&memory, 1, 0);
    let asked = memory.ask();
    memory.doubt_all();
    assert!(!is_known(&memory, 1));
    memory.waits(asked, &answer(seen(2, 0), None, 1));
    assert!(!is_known(&memory, 2));
}

#[test]
fn nothing_is_believed_before_moves_are_heard() {
    let memory = Memory::new(Arc::default());
    waits(&memory, 1, 0);
    assert!(!is_known(&memory, 1));
    memory.hear(&[]);
    assert!(is_known(&memory, 1));
}

#[test]
fn a_position_that_was_shown_never_rises() {
    let memory = memory();
    let shown = |position| memory.waits(memory.ask(), &answer(seen(1, 0), Some(position), 1));
    assert_eq!((shown(9), shown(12), shown(7)), (Some(9), Some(9), Some(7)));
    let told = memory.sight(place(1), 0, |waiting| Some((waiting.shown, Some(5))));
    assert_eq!(told, Some(Some(7)));
    assert_eq!(shown(6), Some(5));
}

#[test]
fn while_a_lost_line_comes_back_nobody_is_shown_the_front() {
    let memory = memory();
    memory.begin_epoch(1);
    assert!(!memory.is_settling(0), "a line that is met for the first time was not lost");
    for n in 0..100 {
        waits(&memory, n, 0);
    }
    memory.begin_epoch(2);
    assert!(!is_known(&memory, 1));
    let shown =
        |n, position, waiting| memory.waits(memory.ask(), &answer(seen(n, 0), Some(position), waiting));
    assert_eq!(shown(1, 2, 10), Some(9), "as before the loss");
    assert_eq!(shown(200, 2, 10), Some(2), "nothing is known of this one");
    assert_eq!(shown(200, 70, 95), Some(70), "and what was shown meanwhile does not bind");
    assert_eq!(shown(1, 8, 95), Some(8));
}

#[test]
fn each_sighting_is_reported_once_and_those_far_behind_never() {
    let memory = memory();
    for n in 0..10 {
        let score = Score(u64::try_from(n).unwrap());
        memory.waits(memory.ask(), &answer(Remembered { score, ..seen(n, 1_000) }, None, 1));
    }
    let near = |score: Score| score < Score(4);
    assert_eq!(memory.sweep(0, near).len(), 4);
    assert_eq!(memory.sweep(0, near).len(), 0);
    assert!(is_known(&memory, 3) && is_known(&memory, 9));
    let again = memory.sweep(0, near);
    assert_eq!(again, [place(3)]);
    memory.unreported(&again);
    assert_eq!(memory.sweep(0, near), again);
}

#[test]
fn who_is_not_seen_is_forgotten_and_makes_room() {
    let memory = memory();
    for n in 0..ROOM + 5 {
        waits(&memory, u128::try_from(n).unwrap(), if n < 10 { 0 } else { 5_000 });
    }
    assert_eq!(memory.len(), ROOM, "there is room for so many and no more");
    memory.sweep(5_000, |_| false);
    assert_eq!(memory.len(), ROOM - 10);
    waits(&memory, 5_000, 5_000);
    assert!(is_known(&memory, 5_000));
    assert_eq!(memory.everybody().len(), ROOM - 9);
}
