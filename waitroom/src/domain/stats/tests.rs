use super::*;

const OPENED_MS: i64 = 1_000_000_020_000;

fn sample(second: i64, arrivals: u64) -> Sample {
    Sample {
        at_ms: OPENED_MS + second * 1_000,
        epoch: 2,
        arrivals,
        gathered: 0,
        waiting: arrivals,
        active: 1,
        estimates_held: 0,
        estimates_missed: 0,
    }
}

#[test]
fn how_long_somebody_waited_follows_from_the_score() {
    let joins = Joins::of(vec![sample(10, 100), sample(20, 300), sample(600, 310)], Some(OPENED_MS), None);
    let since_s = |score| joins.since_ms(score).map(|ms| (ms - OPENED_MS) / 1_000);
    assert_eq!(since_s(Score(77)), Some(0), "the drawn wait since the opening");
    assert_eq!(since_s(Score::arrived(2, 50)), Some(5));
    assert_eq!(since_s(Score::arrived(2, 200)), Some(15));
    assert_eq!(
        since_s(Score::arrived(2, 305)),
        Some(595),
        "nobody came between the samples but at their end"
    );
    assert_eq!(since_s(Score::arrived(2, 400)), Some(600), "not sampled yet");
    assert_eq!(since_s(Score::arrived(1, 400)), Some(10), "of an epoch that was not sampled");
    assert_eq!(Joins::of(Vec::new(), Some(7), None).since_ms(Score::arrived(1, 1)), Some(7));
}

#[test]
fn arrivals_are_counted_through_a_loss_and_with_the_lobby() {
    let lobby = |second, gathered| Sample { gathered, waiting: gathered, ..sample(second, 0) };
    let later = |second, arrivals| Sample { epoch: 3, ..sample(second, arrivals) };
    let samples =
        vec![lobby(-60, 5), lobby(-50, 9), lobby(-10, 7), sample(10, 4), later(130, 2), later(140, 3)];
    let joins = Joins::of(samples.clone(), Some(OPENED_MS), None);
    assert_eq!(joins.total(), 7 + 4 + 3);
    assert_eq!(Joins::of(samples, Some(OPENED_MS), Some(8)).total(), 8 + 4 + 3, "the roster knows the lobby");
    let joined: Vec<u64> = joins.by_minute().values().map(|minute| minute.joined).collect();
    assert_eq!(joined, [9, 4, 3]);
}

#[test]
fn the_numbers_add_up() {
    let joins = Joins::of(
        vec![Sample { estimates_held: 3, estimates_missed: 1, ..sample(10, 100) }],
        Some(OPENED_MS),
        None,
    );
    let mut tally = Tally::default();
    let mut count = |second: i64, what| tally.count(OPENED_MS + second * 1_000, what, &joins);
    for arrival in 1..=10 {
        count(100, Happened::Called(Score::arrived(2, arrival * 10)));
    }
    for _ in 0..6 {
        count(110, Happened::Claimed);
    }
    count(120, Happened::SetAside);
    count(120, Happened::SetAside);
    count(130, Happened::Returned(true));
    count(400, Happened::Freed { lapse: Lapse::Unclaimed, is_requeued: true });
    count(400, Happened::Freed { lapse: Lapse::Expired, is_requeued: false });
    count(410, Happened::Finished);
    count(420, Happened::Left);
    let summary = tally.summary(&joins);
    assert_eq!(summary.joined, 98, "two of the hundred were successors");
    let totals =
        Totals { called: 10, admitted: 6, finished: 2, lapsed: 1, left: 1, set_aside: 2, returned: 1 };
    assert_eq!(summary.totals, totals);
    assert_eq!(summary.no_show_share, Some(0.25));
    assert_eq!((summary.wait_p50_s, summary.wait_p90_s), (Some(94), Some(98)));
    assert_eq!(summary.estimate_hit_rate, Some(0.75));
    let called: Vec<u64> = summary.series.iter().map(|minute| minute.called).collect();
    assert_eq!(called, [0, 10, 0, 0, 0], "by minute: {:?}", summary.series);
    assert_eq!(summary.series[0].joined, 100);
}

#[test]
fn nothing_is_said_of_nothing() {
    let summary = Tally::default().summary(&Joins::default());
    assert_eq!((summary.no_show_share, summary.wait_p50_s, summary.estimate_hit_rate), (None, None, None));
}
