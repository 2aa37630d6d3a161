//! What a run came to: as a document, as a page for the terminal, and what in it should not be.

mod line;
mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::script::{Booking, Step};
use super::visitor::Ending;

pub use line::{KindReport, LineReport, Promises, Streams, Tabs, Waits};
pub use shop::{Happening, ShopReport};

/// The outcome of a rehearsal.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The drop visited.
    pub drop: String,
    /// Visitors sent.
    pub visitors: u64,
    /// The seed they were drawn from.
    pub seed: u64,
    /// Length of the run.
    pub took_s: f64,
    /// Visitors who got a place.
    pub joined: u64,
    /// Admissions picked up.
    pub admitted: u64,
    /// Reservations made.
    pub reserved: u64,
    /// Reservations refused because a seat had gone.
    pub conflicts: u64,
    /// Bookings acknowledged.
    pub booked: u64,
    /// Seats in acknowledged bookings.
    pub seats_sold: u64,
    /// Seconds from the start until the installation said "sold out".
    pub sold_out_at_s: Option<f64>,
    /// Requests that were sent again.
    pub repeats: u64,
    /// Payments that were sent again under the same key.
    pub confirms_repeated: u64,
    /// Payments whose outcome was still unknown when the run ended.
    pub confirms_unresolved: u64,
    /// Times a visitor was shown a worse position than before.
    pub positions_risen: u64,
    /// What the visitors could tell of the line.
    pub line: LineReport,
    /// What the shoppers could tell of the shop.
    pub shop: ShopReport,
    /// How visits ended.
    pub endings: BTreeMap<Ending, u64>,
    /// Times of answers, a step each.
    pub steps: Vec<StepReport>,
    /// Refusals and lost answers by step, status and code.
    pub errors: BTreeMap<String, u64>,
    /// Bookings that were promised, for an audit to check.
    pub acknowledged: Vec<Booking>,
    /// Those of them that their buyers asked to give back: their seats may have been sold again.
    pub given_back: BTreeSet<String>,
}

/// Times of one step's answers.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// Answers timed.
    pub answers: u64,
    /// Half were faster.
    pub p50_ms: f64,
    /// One in a hundred was slower.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

impl Report {
    /// What a visitor could see from outside that must never be: a sentence each.
    pub fn findings(&self) -> Vec<String> {
        let mut findings = self.seats_sold_twice();
        if self.positions_risen > 0 {
            findings.push(format!("{} times a shown position rose", self.positions_risen));
        }
        findings.extend(self.line.findings());
        findings.extend(self.shop.findings());
        findings
    }

    fn seats_sold_twice(&self) -> Vec<String> {
        let is_kept = |booking: &&Booking| !self.given_back.contains(&booking.booking_id);
        let bookings: BTreeSet<&Booking> = self.acknowledged.iter().filter(is_kept).collect();
        let mut owners: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for booking in bookings {
            for seat in &booking.seats {
                owners.entry((&booking.show_id, seat)).or_default().push(&booking.booking_id);
            }
        }
        owners
            .into_iter()
            .filter(|(_, bookings)| bookings.len() > 1)
            .map(|((show, seat), bookings)| {
                format!(
                    "seat {seat} of show {show} was sold {} times: {}",
                    bookings.len(),
                    bookings.join(", ")
                )
            })
            .collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Rehearsal of {}: {} visitors in {:.1} s (seed {})",
            self.drop, self.visitors, self.took_s, self.seed
        )?;
        writeln!(f)?;
        let sold_out =
            self.sold_out_at_s.map_or_else(|| "not sold out".to_owned(), |at| format!("after {at:.1} s"));
        let lines = [
            ("joined", self.joined.to_string()),
            ("admitted", self.admitted.to_string()),
            ("reserved", self.reserved.to_string()),
            ("conflicts", self.conflicts.to_string()),
            ("booked", self.booked.to_string()),
            ("seats sold", self.seats_sold.to_string()),
            ("sold out", sold_out),
            ("sent again", format!("{}, of which payments {}", self.repeats, self.confirms_repeated)),
            ("payments unknown", self.confirms_unresolved.to_string()),
        ];
        for (name, value) in lines {
            writeln!(f, "  {name:<17} {value}")?;
        }
        self.write_endings(f)?;
        self.line.fmt(f)?;
        self.shop.fmt(f)?;
        self.write_steps(f)?;
        self.write_errors(f)?;
        self.write_findings(f)
    }
}

impl Report {
    fn write_endings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endings: Vec<_> =
            self.endings.iter().map(|(ending, count)| format!("{count} {}", ending.words())).collect();
        writeln!(f, "  {:<17} {}", "went home", endings.join(", "))
    }

    fn write_steps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n  {:<10} {:>9} {:>9} {:>9} {:>9}", "step", "answers", "p50 ms", "p99 ms", "max ms")?;
        for StepReport { step, answers, p50_ms, p99_ms, max_ms } in &self.steps {
            writeln!(f, "  {:<10} {answers:>9} {p50_ms:>9.1} {p99_ms:>9.1} {max_ms:>9.1}", step.name())?;
        }
        Ok(())
    }

    fn write_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return writeln!(f, "\n  no errors");
        }
        writeln!(f, "\n  errors")?;
        for (code, count) in &self.errors {
            writeln!(f, "  {count:>9}  {code}")?;
        }
        Ok(())
    }

    fn write_findings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.findings() {
            writeln!(f, "\n  FOUND: {finding}")?;
        }
        Ok(())
    }
}

impl Ending {
    const fn words(self) -> &'static str {
        match self {
            Self::Booked => "with tickets",
            Self::Cancelled => "gave tickets back",
            Self::Released => "gave seats back",
            Self::Abandoned => "walked off without paying",
            Self::Declined => "had no card that was taken",
            Self::FoundNoSeats => "found no seats",
            Self::SoldOut => "left when sold out",
            Self::LeftTheLine => "left the line",
            Self::Closed => "found the drop closed",
            Self::Lapsed => "too late",
            Self::HeldBack => "left the rest to others",
            Self::Refused => "refused",
            Self::GaveUp => "still there at the end",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::habit::Kind;
    use super::super::purchase::{Card, Timing};
    use super::super::script::{Answer, Ask, Payment, Refusal, Reservation};
    use super::super::tally::Tally;
    use super::super::visitor::{Absences, Account};
    use super::super::watch::Sights;
    use super::*;

    fn booking(id: &str, seats: &[&str]) -> Answer {
        let seats = seats.iter().map(ToString::to_string).collect();
        Answer::Booked(Booking { booking_id: id.into(), show_id: "s".into(), seats, answer_digest: 0 })
    }

    fn account(kind: Kind, sights: Sights) -> Account {
        Account { kind, sights, absences: Absences::default(), is_still_in_line: false }
    }

    #[test]
    fn what_a_visitor_finds_wrong_with_the_line_is_found() {
        let tally = Tally::new(Instant::now());
        let good = account(Kind::Away, Sights::default());
        let absences = Absences { came_back: 2, within_grace: 2, places_lost: 1, kept_beyond_grace: 0 };
        tally.ended(Ending::Booked, &good, false);
        tally.tab_joined(false);
        assert!(tally.report("d", 1, 1).findings().is_empty());

        tally.ended(Ending::Booked, &Account { absences, ..good.clone() }, false);
        tally.ended(Ending::LeftTheLine, &Account { is_still_in_line: true, ..good }, false);
        tally.tab_joined(true);
        assert_eq!(
            tally.report("d", 3, 1).findings(),
            [
                "1 times another tab of a visitor was given a second place",
                "1 times somebody who came back within the grace had lost the place",
                "1 times somebody who had left was still in line",
            ]
        );
    }

    #[test]
    fn waits_and_promises_are_told_by_kind_and_share() {
        let tally = Tally::new(Instant::now());
        for seconds in 1..=10 {
            let wait = Some(Duration::from_secs(seconds));
            let sights = Sights { wait, promises: 2, promises_held: 1 + seconds % 2, ..Sights::default() };
            tally.ended(Ending::Booked, &account(Kind::Steady, sights), false);
        }
        tally.ended(Ending::Lapsed, &account(Kind::Sleeper, Sights::default()), false);
        let report = tally.report("d", 11, 1);
        assert_eq!(
            (report.line.waits.called, report.line.waits.p50_s, report.line.waits.p90_s),
            (10, 5.0, 9.0)
        );
        assert_eq!((report.line.promises.checked, report.line.promises.held), (20, 15));
        assert_eq!(report.line.kinds.len(), 2);
        assert_eq!((report.line.kinds[1].kind, report.line.kinds[1].waits.called), (Kind::Sleeper, 0));
        let page = report.to_string();
        assert!(page.contains("promised waits    15 of 20 held (75 %)"), "{page}");
    }

    fn confirm() -> Ask {
        let reservation = Reservation {
            reservation_id: "r".into(),
            manage_token: "m".into(),
            holds_for: None,
            seats: vec![],
        };
        let (card, timing) = (Card::Good, Timing::Soon);
        let payment = Payment { card, cards_before: 0, timing, idempotency_key: "k".into() };
        Ask::Confirm { reservation, payment }
    }

    #[test]
    fn a_seat_promised_in_two_bookings_is_found() {
        let tally = Tally::new(Instant::now());
        tally.answered(&confirm(), &booking("b1", &["A1", "A2"]), Duration::from_millis(1));
        tally.answered(&confirm(), &booking("b2", &["A3"]), Duration::from_millis(1));
        assert!(tally.report("d", 2, 1).findings().is_empty());

        tally.answered(&confirm(), &booking("b3", &["A2"]), Duration::from_millis(1));
        let findings = tally.report("d", 3, 1).findings();
        assert_eq!(findings, ["seat A2 of show s was sold 2 times: b1, b3"]);
    }

    #[test]
    fn a_seat_that_was_given_back_may_be_sold_again() {
        let tally = Tally::new(Instant::now());
        tally.answered(&confirm(), &booking("b1", &["A1"]), Duration::from_millis(1));
        tally.asked(&Ask::Cancel { booking_id: "b1".into(), manage_token: "m".into() });
        tally.answered(&confirm(), &booking("b2", &["A1"]), Duration::from_millis(1));
        assert!(tally.report("d", 2, 1).findings().is_empty());
    }

    #[test]
    fn a_replayed_answer_is_not_a_second_sale() {
        let tally = Tally::new(Instant::now());
        for _ in 0..2 {
            tally.answered(&confirm(), &booking("b1", &["A1"]), Duration::from_millis(1));
        }
        assert!(tally.report("d", 1, 1).findings().is_empty());
    }

    #[test]
    fn a_position_that_rose_is_found() {
        let tally = Tally::new(Instant::now());
        let sights = Sights { positions_risen: 2, ..Sights::default() };
        tally.ended(Ending::Booked, &account(Kind::Steady, sights), false);
        assert_eq!(tally.report("d", 1, 1).findings(), ["2 times a shown position rose"]);
    }

    #[test]
    fn the_report_counts_conflicts_apart_from_errors() {
        let tally = Tally::new(Instant::now());
        let refused =
            |status, code: &str| Answer::Refused(Refusal { status, code: code.into(), retry_after: None });
        let reserve =
            Ask::Reserve { admission_token: "t".into(), show_id: "s".into(), seats: vec!["A1".into()] };
        tally.answered(&reserve, &refused(409, "seats_unavailable"), Duration::from_millis(3));
        tally.answered(&reserve, &refused(503, "unavailable"), Duration::from_millis(5));
        tally.answered(&Ask::Join, &Answer::Lost, Duration::from_millis(9));

        let report = tally.report("d", 1, 1);
        assert_eq!(report.conflicts, 1);
        assert_eq!(report.errors.keys().collect::<Vec<_>>(), ["join lost", "reserve 503 unavailable"]);
        assert_eq!(report.steps.len(), 1, "a lost answer has no latency");
        assert_eq!(report.steps[0].answers, 2);
        let page = report.to_string();
        assert!(page.contains("conflicts         1"), "{page}");
    }
}
