//! One watcher: what it is told next. One that does not keep up is told what it missed as one frame, or to load the map
//! again: nothing is kept for it alone.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use metrics::gauge;
use shared::clock::Clock;
use shared::http::StreamTicket;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::Seat;
use super::admissions::Admitted;
use super::frame::Frame;
use crate::metrics::WATCHERS;

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
    /// The admission has ended: it was used, given back, or taken back.
    AdmissionEnded,
    /// The show will not be shown, or is over.
    ShowOver,
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
    admitted: Admitted,
    _ticket: StreamTicket,
    _measured: Measured,
}

/// One more in the metric, until it is dropped.
struct Measured;

impl Measured {
    fn new() -> Self {
        gauge!(WATCHERS).increment(1.0);
        Self
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        gauge!(WATCHERS).decrement(1.0);
    }
}

impl Watcher {
    pub(super) fn new(
        seat: Seat,
        (ticket, admitted): (StreamTicket, Admitted),
        since: Option<i64>,
        clock: Clock,
        until: Timestamp,
        closing: CancellationToken,
    ) -> Self {
        let (first, frames) = seat.room.join(since, clock.now());
        Self {
            seat,
            frames,
            first: first.into(),
            version: 0,
            clock,
            until,
            closing,
            admitted,
            _ticket: ticket,
            _measured: Measured::new(),
        }
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
            if self.admitted.ended.is_cancelled() {
                return News::Over(End::AdmissionEnded);
            }
            if let Some(frame) = self.first.pop_front() {
                return self.told(frame);
            }
            if self.seat.room.over.is_cancelled() {
                return News::Over(End::ShowOver);
            }
            tokio::select! {
                frame = self.frames.recv() => match frame {
                    Ok(frame) if !frame.is_for_all && frame.version <= self.version => {}
                    Ok(frame) => return self.told(frame),
                    Err(RecvError::Lagged(_)) => self.catch_up(),
                    Err(RecvError::Closed) => return News::Over(End::Closing),
                },
                () = self.closing.cancelled() => {}
                () = self.admitted.ended.cancelled() => {}
                () = self.seat.room.over.cancelled() => {}
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
