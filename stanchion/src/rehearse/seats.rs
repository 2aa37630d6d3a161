//! How a person picks seats: next to each other, near the middle, and not always the best ones.

use rand::RngExt;
use rand::rngs::StdRng;

use super::script::{Seat, SeatStatus};

/// The share of people who go for the popular seats.
const WANTS_POPULAR_SEATS: f64 = 0.7;
/// A seat kept for wheelchairs and companions is as unattractive as one this far away.
const KEPT_FOR_OTHERS: f64 = 1_000.0;

/// Seats for a party of `party`: adjacent ones where there are such, else any, else fewer; empty when nothing is free.
pub fn choose(seats: &[Seat], party: usize, rng: &mut StdRng) -> Vec<String> {
    let mut groups = adjacent_groups(seats, party);
    if groups.is_empty() {
        groups = vec![scattered(seats, party)];
    }
    let hall = Hall::of(seats);
    groups.sort_by(|a, b| hall.distance(a).total_cmp(&hall.distance(b)));

    let popular = (groups.len() / 10).max(3).min(groups.len());
    let reach = if rng.random_bool(WANTS_POPULAR_SEATS) { popular } else { groups.len() };
    let picked = &groups[rng.random_range(0..reach)];
    picked.iter().map(|seat| seat.seat.clone()).collect()
}

/// Every run of `party` free seats side by side.
fn adjacent_groups(seats: &[Seat], party: usize) -> Vec<Vec<&Seat>> {
    let mut free: Vec<&Seat> = free(seats).collect();
    free.sort_by(|a, b| (&a.row, a.number).cmp(&(&b.row, b.number)));
    free.windows(party)
        .filter(|run| {
            run.windows(2).all(|two| two[0].row == two[1].row && two[0].number + 1 == two[1].number)
        })
        .map(<[&Seat]>::to_vec)
        .collect()
}

/// The nearest free seats, side by side or not, at most `party`.
fn scattered(seats: &[Seat], party: usize) -> Vec<&Seat> {
    let hall = Hall::of(seats);
    let mut free: Vec<&Seat> = free(seats).collect();
    free.sort_by(|a, b| hall.seat_distance(a).total_cmp(&hall.seat_distance(b)));
    free.truncate(party);
    free
}

fn free(seats: &[Seat]) -> impl Iterator<Item = &Seat> {
    seats.iter().filter(|seat| seat.status == SeatStatus::Available)
}

/// The point everybody wants to be near: the middle of a row two thirds back.
struct Hall {
    x: f64,
    y: f64,
}

impl Hall {
    fn of(seats: &[Seat]) -> Self {
        let (least_x, most_x) = span(seats.iter().map(|seat| seat.x));
        let (least_y, most_y) = span(seats.iter().map(|seat| seat.y));
        Self { x: f64::midpoint(least_x, most_x), y: least_y + (most_y - least_y) * 2.0 / 3.0 }
    }

    fn distance(&self, group: &[&Seat]) -> f64 {
        group.iter().map(|seat| self.seat_distance(seat)).sum()
    }

    fn seat_distance(&self, seat: &Seat) -> f64 {
        let kept = if seat.features.is_empty() { 0.0 } else { KEPT_FOR_OTHERS };
        (seat.x - self.x).hypot(seat.y - self.y) + kept
    }
}

fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn row(row: &str, y: f64, numbers: impl IntoIterator<Item = u32>) -> Vec<Seat> {
        numbers
            .into_iter()
            .map(|number| Seat {
                seat: format!("{row}{number}"),
                row: row.into(),
                number,
                x: f64::from(number),
                y,
                status: SeatStatus::Available,
                features: vec![],
            })
            .collect()
    }

    #[test]
    fn a_party_sits_side_by_side_where_it_can() {
        let mut rng = StdRng::seed_from_u64(1);
        let seats = [row("A", 1.0, [1, 3, 5, 6, 7, 9]), row("B", 2.0, [2, 4])].concat();
        for _ in 0..20 {
            assert_eq!(choose(&seats, 3, &mut rng), ["A5", "A6", "A7"]);
        }
    }

    #[test]
    fn a_party_splits_or_shrinks_when_the_hall_is_nearly_full() {
        let mut rng = StdRng::seed_from_u64(2);
        let seats = row("A", 1.0, [1, 5, 9]);
        assert_eq!(choose(&seats, 2, &mut rng).len(), 2);
        assert_eq!(choose(&seats, 4, &mut rng).len(), 3);
    }

    #[test]
    fn nothing_is_chosen_where_nothing_is_free() {
        let mut rng = StdRng::seed_from_u64(3);
        let mut seats = row("A", 1.0, 1..5);
        for seat in &mut seats {
            seat.status = SeatStatus::Booked;
        }
        assert!(choose(&seats, 2, &mut rng).is_empty());
        assert!(choose(&[], 2, &mut rng).is_empty());
    }

    #[test]
    fn seats_kept_for_others_go_last() {
        let mut rng = StdRng::seed_from_u64(4);
        let mut seats = row("A", 1.0, 1..6);
        for seat in &mut seats[..3] {
            seat.features = vec!["wheelchair".into()];
        }
        let hall = Hall::of(&seats);
        assert!(hall.seat_distance(&seats[2]) > hall.seat_distance(&seats[4]));
        assert_eq!(choose(&seats, 5, &mut rng).len(), 5);
    }

    #[test]
    fn people_want_the_same_seats_often_but_not_always() {
        let mut rng = StdRng::seed_from_u64(5);
        let seats: Vec<Seat> = (1..=10).flat_map(|y| row(&format!("R{y}"), f64::from(y), 1..=20)).collect();
        let picks: Vec<_> = (0..200).map(|_| choose(&seats, 2, &mut rng)).collect();
        let different: std::collections::BTreeSet<_> = picks.iter().collect();
        assert!(different.len() < picks.len(), "conflicts must occur");
        assert!(different.len() > 20, "but the whole hall is used");
    }
}
