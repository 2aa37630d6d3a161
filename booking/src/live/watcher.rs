//! One watcher: what it is told next. One that does not keep up is told what it missed as one frame, or to load the map
//! again: nothing is kept for it alone.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::Seat;
use super::counts::Ticket;
use super::frame::Frame;

/// What a watcher is told next.
#[derive(Clone, Debug)]
pub enum News {
    /// This.
    Frame(Frame),
    /// Nothing any more.
    Over(End),
}

/// Why a watcher is told nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// This replica stops; another one goes on.
    Closing,
    /// The admission's token is not good any more; with a fresh one the watcher can go on.
    AdmissionExpired,
}

/// Somebody who watches a show.
pub struct Watcher {
    seat: Seat,
    frames: broadcast::Receiver<Frame>,
    first: VecDeque<Frame>,
    version: i64,
    clock: Clock,
    until: Timestamp,
    closing: CancellationToken,
    _ticket: Ticket,
}

impl Watcher {
    pub(super) fn new(
        seat: Seat,
        ticket: Ticket,
        since: Option<i64>,
        clock: Clock,
        until: Timestamp,
        closing: CancellationToken,
    ) -> Self {
        let (first, frames) = seat.room.join(since, clock.now());
        Self { seat, frames, first: first.into(), version: 0, clock, until, closing, _ticket: ticket }
    }

    /// Waits for what is to be told next. Nothing is lost where the wait is given up.
    pub async fn next(&mut self) -> News {
        loop {
            if self.closing.is_cancelled() {
                return News::Over(End::Closing);
            }
            let left = self.until.duration_since(self.clock.now());
            if !left.is_positive() {
                return News::Over(End::AdmissionExpired);
            }
            if let Some(frame) = self.first.pop_front() {
                return self.told(frame);
            }
            tokio::select! {
                frame = self.frames.recv() => match frame {
                    Ok(frame) if !frame.is_for_all && frame.version <= self.version => {}
                    Ok(frame) => return self.told(frame),
                    Err(RecvError::Lagged(_)) => self.catch_up(),
                    Err(RecvError::Closed) => return News::Over(End::Closing),
                },
                () = self.closing.cancelled() => {}
                () = tokio::time::sleep(Duration::try_from(left).unwrap_or_default()) => {}
            }
        }
    }

    fn told(&mut self, frame: Frame) -> News {
        self.version = frame.version;
        News::Frame(frame)
    }

    /// It was too slow for the room: what it missed comes as one frame.
    fn catch_up(&mut self) {
        let (first, frames) = self.seat.room.join(Some(self.version), self.clock.now());
        self.frames = frames;
        self.first = first.into();
    }
}
