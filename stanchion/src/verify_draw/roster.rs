//! Checks a roster while it streams by: each line's number is computed again and must be above the one before.

use std::ops::ControlFlow;

use sha2::{Digest as _, Sha256};
use shared::digest::hex;

use super::published::{Draw, first_52_bits};
use super::report::{Report, plain};

const ID_BYTES: usize = 36;

/// The state between two pieces of the text. It does not grow with the roster.
pub(super) struct RosterCheck<'a> {
    seed: [u8; 32],
    turn: u64,
    /// How many places there should be: reading ends soon after.
    announced: u64,
    sought: Option<&'a str>,
    sought_at: Option<u64>,
    digest: Sha256,
    /// What has come of the present line.
    line: Vec<u8>,
    count: u64,
    last: Option<(u64, Vec<u8>)>,
    no_id: Option<String>,
    disorder: Option<String>,
    twice: Option<String>,
}

impl<'a> RosterCheck<'a> {
    pub(super) fn new(seed: [u8; 32], turn: u64, announced: u64, sought: Option<&'a str>) -> Self {
        Self {
            seed,
            turn,
            announced,
            sought,
            sought_at: None,
            digest: Sha256::new(),
            line: Vec::with_capacity(ID_BYTES),
            count: 0,
            last: None,
            no_id: None,
            disorder: None,
            twice: None,
        }
    }

    /// Takes the next piece. Breaks when there is more than was announced: such a text need not end.
    pub(super) fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.digest.update(bytes);
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line();
            } else if self.line.len() <= ID_BYTES {
                self.line.push(*byte);
            }
        }
        if self.count > self.announced || self.line.len() > ID_BYTES {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn end_line(&mut self) {
        self.count += 1;
        let line = std::mem::replace(&mut self.line, Vec::with_capacity(ID_BYTES));
        if !is_id(&line) {
            let shown = plain(&String::from_utf8_lossy(&line));
            self.no_id.get_or_insert_with(|| format!("line {} is \"{shown}\"", self.count));
            return;
        }
        if self.sought.is_some_and(|sought| sought.as_bytes().eq_ignore_ascii_case(&line)) {
            self.sought_at = Some(self.count);
        }
        let score = (first_52_bits(&self.seed, &line) + self.turn) % (1 << 52);
        let this = (score, line);
        match &self.last {
            Some(last) if *last == this => {
                let (_, line) = &this;
                let shown = String::from_utf8_lossy(line);
                self.twice.get_or_insert_with(|| format!("line {}: {shown} again", self.count));
            }
            Some(last) if *last > this => {
                let (before, score) = (last.0, this.0);
                self.disorder.get_or_insert_with(|| {
                    format!("line {}: its number is {score}, and the one before has {before}", self.count)
                });
            }
            _ => {}
        }
        self.last = Some(this);
    }

    /// Says what was found.
    pub(super) fn finish(mut self, draw: &Draw, report: &mut Report) {
        if !self.line.is_empty() {
            self.no_id.get_or_insert_with(|| format!("line {} has no end", self.count + 1));
        }
        let found = |found: Option<String>| move || found.unwrap_or_default();
        report.check(
            "every line of the roster is the id of a place",
            self.no_id.is_none(),
            found(self.no_id),
        );
        report.check(
            "the places stand in the order that seed, salt and ids give",
            self.disorder.is_none(),
            found(self.disorder),
        );
        // Where the numbers only rise, the same place could stand twice only one after the other.
        report.check("no place stands twice", self.twice.is_none(), found(self.twice));
        report.check(
            &format!("the roster has {} places, as the draw says", self.announced),
            self.count == self.announced,
            || {
                let more_or_less = if self.count > self.announced { "more" } else { "less" };
                format!("it has {more_or_less}: {} lines were read", self.count)
            },
        );
        let digest = hex(&self.digest.finalize());
        let published = draw.roster_sha256.as_deref().unwrap_or_default();
        report.check("the SHA-256 of the roster is the one that was published", digest == published, || {
            format!("it is {digest}, and {} was published", plain(published))
        });
        match (self.sought, self.sought_at) {
            (Some(place), Some(line)) => {
                report.note(format!("your place {} is number {line} of {}", plain(place), self.count));
            }
            (Some(place), None) => report.note(format!(
                "your place {} is not in the roster: it was not in the lobby at opening",
                plain(place)
            )),
            (None, _) => {}
        }
    }
}

/// An id as text: 32 lower-case hex digits in groups of 8, 4, 4, 4 and 12.
fn is_id(line: &[u8]) -> bool {
    let is_right = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    line.len() == ID_BYTES && line.iter().enumerate().all(is_right)
}
