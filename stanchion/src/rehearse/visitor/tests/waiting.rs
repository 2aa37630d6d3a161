//! Visitors who do not simply stay.

use super::super::super::habit::{Habit, Kind};
use super::*;

const GRACE: Duration = Duration::from_mins(1);
const AWAY: Duration = Duration::from_secs(40);

fn of_kind(kind: Kind, follows: bool) -> Visitor {
    let intent = Intent { party: 2, purchase: PLAIN, think: Duration::ZERO };
    let habit = Habit { kind, absence: AWAY, after_looks: 2, follows, grace: GRACE };
    Visitor::new(intent, habit, StdRng::seed_from_u64(7))
}

fn waiting(id: &str, position: u64) -> Answer {
    Answer::Place(place_of(id, PlaceState::Waiting, Some(position)))
}

/// Joins and looks once: the next step is the habit's.
fn at_the_second_look(visitor: &mut Visitor) -> Next {
    let ask = ask_of(visitor.answered(&Ask::Join, waiting("place", 9)));
    visitor.answered(&ask, waiting("place", 8))
}

#[test]
fn somebody_goes_away_once_and_finds_the_place_again() {
    let mut visitor = of_kind(Kind::Away, false);
    let Next::Ask(ask, after) = at_the_second_look(&mut visitor) else { panic!("nothing to ask") };
    assert_eq!(after, AWAY, "the server's interval is not kept");
    visitor.time_is(AWAY);
    let next = visitor.answered(&ask, waiting("place", 3));
    assert!(matches!(next, Next::Ask(_, after) if after == Duration::from_millis(1_500)), "{next:?}");
    let absences = visitor.account().absences;
    assert_eq!((absences.came_back, absences.within_grace, absences.places_lost), (1, 1, 0));
}

#[test]
fn a_place_that_is_gone_within_the_grace_is_noticed_and_one_after_it_is_not() {
    for (back_after, lost) in [(GRACE, 1), (GRACE + Duration::from_secs(1), 0)] {
        for answer in
            [waiting("successor", 70), place(PlaceState::Lapsed, None), place(PlaceState::Left, None)]
        {
            let mut visitor = of_kind(Kind::Away, false);
            let ask = ask_of(at_the_second_look(&mut visitor));
            visitor.time_is(back_after);
            visitor.answered(&ask, answer);
            assert_eq!(visitor.account().absences.places_lost, lost);
            assert_eq!(visitor.account().absences.came_back, 1);
        }
    }
}

#[test]
fn a_sleeper_looks_seldom_and_says_that_nobody_looks() {
    let mut visitor = of_kind(Kind::Sleeper, false);
    let mut next = visitor.answered(&Ask::Join, waiting("place", 9));
    for wake in 1..5 {
        let Next::Ask(ask, after) = next else { panic!("nothing to ask") };
        assert_eq!(after, AWAY);
        assert!(matches!(ask, Ask::LookUpPlace { is_hidden: true, .. }), "{ask:?}");
        visitor.time_is(AWAY * wake);
        next = visitor.answered(&ask, waiting("place", 9));
    }
    let absences = visitor.account().absences;
    assert_eq!((absences.came_back, absences.within_grace, absences.places_lost), (4, 4, 0));
    let next = visitor.answered(&ask_of(next), place(PlaceState::Called, None));
    assert!(matches!(next, Next::Ask(Ask::Claim { .. }, _)), "wakes up and goes");
}

#[test]
fn who_leaves_looks_whether_the_line_has_let_go() {
    for (state, is_still_in_line) in
        [(PlaceState::Left, false), (PlaceState::Waiting, true), (PlaceState::Called, true)]
    {
        let mut visitor = of_kind(Kind::Leaver, false);
        let leave = ask_of(at_the_second_look(&mut visitor));
        assert_eq!(leave, Ask::Leave { place_token: "place".into() });
        let look = ask_of(visitor.answered(&leave, Answer::Done));
        assert_eq!(visitor.answered(&look, place(state, None)), Next::Finish(Ending::LeftTheLine));
        assert_eq!(visitor.account().is_still_in_line, is_still_in_line, "{state:?}");
    }
}

#[test]
fn who_left_takes_a_refusal_for_an_answer() {
    let mut visitor = of_kind(Kind::Leaver, false);
    let leave = ask_of(at_the_second_look(&mut visitor));
    let look = ask_of(visitor.answered(&leave, Answer::Done));
    let next = visitor.answered(&look, refused(401, "place_invalid", None));
    assert_eq!(next, Next::Finish(Ending::LeftTheLine));
    assert!(!visitor.account().is_still_in_line);
}

#[test]
fn a_follower_opens_a_stream_and_asks_when_it_breaks() {
    let mut visitor = of_kind(Kind::Steady, true);
    let follow = ask_of(visitor.answered(&Ask::Join, waiting("place", 9)));
    assert_eq!(follow, Ask::FollowPlace { place_token: "place".into(), last_position: Some(9) });
    for _ in 0..2 {
        let look = ask_of(visitor.stream_ended());
        assert!(matches!(look, Ask::LookUpPlace { .. }), "{look:?}");
        let again = ask_of(visitor.answered(&look, waiting("place", 8)));
        assert!(matches!(again, Ask::FollowPlace { .. }), "{again:?}");
    }
    visitor.was_told();
    let look = ask_of(visitor.stream_ended());
    assert!(
        matches!(ask_of(visitor.answered(&look, waiting("place", 8))), Ask::FollowPlace { .. }),
        "told something"
    );

    let look = ask_of(visitor.cannot_follow(&refused(404, "not_found", None)));
    for _ in 0..3 {
        let next = ask_of(visitor.answered(&look, waiting("place", 8)));
        assert!(matches!(next, Ask::LookUpPlace { .. }), "a refusal is believed: {next:?}");
    }
}

#[test]
fn only_a_browser_with_several_tabs_opens_more() {
    let joined = || {
        let place = place_of("place", PlaceState::Waiting, Some(9));
        Answer::Place(Place { device: Some("device=abc".into()), ..place })
    };
    let mut tabs = of_kind(Kind::Tabs, false);
    assert_eq!(tabs.browser(), None, "not before it has a place");
    tabs.answered(&Ask::Join, joined());
    assert_eq!(tabs.browser(), Some(("device=abc".into(), "place".into(), "place".into())));
    let mut steady = of_kind(Kind::Steady, false);
    steady.answered(&Ask::Join, joined());
    assert_eq!(steady.browser(), None);
}
