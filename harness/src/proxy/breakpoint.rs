//! A point at which a connection stands still: when certain bytes have been asked for, one after the other, before they
//! are carried out, or after that and before the answer. There a process can be killed, or an answer lost.

use std::sync::Arc;

use tokio::sync::watch;

/// On which side of what was asked for a connection stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request has not reached the target.
    BeforeTheRequest,
    /// The request was carried out and nobody knows.
    BeforeTheAnswer,
}

#[derive(Clone, Debug)]
struct Point {
    armed: Option<(Arc<[String]>, Moment)>,
    /// A connection is on its way to stand still.
    taken: bool,
    /// It does.
    reached: bool,
    generation: u64,
}

/// The point of a proxy, if there is one. The first connection to reach it stands still there, and no other does.
#[derive(Debug)]
pub(super) struct Breakpoint {
    point: watch::Sender<Point>,
}

/// How far a connection has come towards the point.
#[derive(Default)]
pub(super) struct Progress {
    generation: u64,
    seen: usize,
    tail: Vec<u8>,
}

impl Breakpoint {
    pub(super) fn new() -> Self {
        Self { point: watch::Sender::new(Point { armed: None, taken: false, reached: false, generation: 0 }) }
    }

    pub(super) fn arm(&self, asked: &[&str], moment: Moment) {
        let asked: Arc<[String]> = asked.iter().map(|text| (*text).to_owned()).collect();
        self.point.send_modify(|point| {
            *point = Point {
                armed: Some((asked, moment)),
                taken: false,
                reached: false,
                generation: point.generation + 1,
            };
        });
    }

    pub(super) fn disarm(&self) {
        self.point.send_modify(|point| {
            *point = Point { armed: None, taken: false, reached: false, generation: point.generation + 1 };
        });
    }

    pub(super) async fn reached(&self) {
        let mut point = self.point.subscribe();
        point.wait_for(|point| point.reached).await.expect("the point lives as long as it is waited for");
    }

    /// Says that a connection stands still now, until the point is disarmed or another one is armed.
    pub(super) async fn stand_still(&self) {
        let mut point = self.point.subscribe();
        let generation = point.borrow_and_update().generation;
        self.point.send_modify(|point| point.reached = point.taken);
        // A proxy that is gone lets go of its connections too.
        let _gone = point.wait_for(|point| point.generation != generation).await;
    }

    /// Whether these bytes bring the connection to the point, as the first one to get there.
    pub(super) fn is_reached_by(&self, bytes: &[u8], progress: &mut Progress) -> Option<Moment> {
        let (asked, moment, generation) = {
            let point = self.point.borrow();
            let (asked, moment) = point.armed.as_ref().filter(|_| !point.taken)?;
            (asked.clone(), *moment, point.generation)
        };
        if progress.generation != generation {
            *progress = Progress { generation, ..Progress::default() };
        }
        progress.tail.extend_from_slice(bytes);
        while let Some(end) =
            asked.get(progress.seen).and_then(|text| end_of(&progress.tail, text.as_bytes()))
        {
            progress.tail.drain(..end);
            progress.seen += 1;
        }
        if progress.seen < asked.len() {
            // What is looked for next may have begun at the end of these bytes.
            let keep = progress.tail.len().min(asked[progress.seen].len().saturating_sub(1));
            progress.tail.drain(..progress.tail.len() - keep);
            return None;
        }
        let first = self.point.send_if_modified(|point| {
            let first = point.generation == generation && !point.taken;
            point.taken |= first;
            first
        });
        first.then_some(moment)
    }
}

/// Where the first occurrence of `text` ends.
fn end_of(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text).map(|start| start + text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_reached_once_by_what_is_asked_in_order_however_it_is_cut() {
        let breakpoint = Breakpoint::new();
        breakpoint.arm(&["INSERT", "COMMIT"], Moment::BeforeTheAnswer);
        let (mut one, mut other) = (Progress::default(), Progress::default());
        assert_eq!(breakpoint.is_reached_by(b"COMMIT; INS", &mut one), None);
        assert_eq!(breakpoint.is_reached_by(b"ERT; COMM", &mut one), None);
        assert_eq!(breakpoint.is_reached_by(b"COMMIT", &mut other), None, "each connection comes by itself");
        assert_eq!(breakpoint.is_reached_by(b"IT", &mut one), Some(Moment::BeforeTheAnswer));
        assert_eq!(breakpoint.is_reached_by(b"INSERT COMMIT", &mut other), None, "it was reached before");
        breakpoint.arm(&["INSERT"], Moment::BeforeTheRequest);
        assert_eq!(breakpoint.is_reached_by(b"INSERT", &mut other), Some(Moment::BeforeTheRequest));
    }
}
