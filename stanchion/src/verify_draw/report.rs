//! What was checked and what came out, a line each.

use std::fmt;

use super::address::DropAddress;

/// The lines, in the order of the checks.
pub(super) struct Report {
    title: String,
    lines: Vec<Line>,
}

enum Line {
    Right(String),
    Wrong(String, String),
    Note(String),
}

impl Report {
    /// Nothing checked yet.
    pub(super) fn of(address: &DropAddress) -> Self {
        Self { title: format!("The draw of {} at {}", address.drop, address.base), lines: Vec::new() }
    }

    /// Something was checked; where it does not hold, `why` says so.
    pub(super) fn check(&mut self, what: &str, holds: bool, why: impl FnOnce() -> String) {
        let what = what.to_owned();
        self.lines.push(if holds { Line::Right(what) } else { Line::Wrong(what, why()) });
    }

    /// Something that no program can check.
    pub(super) fn note(&mut self, what: String) {
        self.lines.push(Line::Note(what));
    }

    /// Whether every check holds.
    pub(super) fn holds(&self) -> bool {
        self.wrong() == 0
    }

    fn wrong(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line, Line::Wrong(..))).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.title)?;
        for line in &self.lines {
            match line {
                Line::Right(what) => writeln!(f, "right  {what}")?,
                Line::Wrong(what, why) => writeln!(f, "WRONG  {what}\n       {why}")?,
                Line::Note(what) => writeln!(f, "note   {what}")?,
            }
        }
        match self.wrong() {
            0 => writeln!(f, "\nThe draw is what was promised."),
            wrong => writeln!(f, "\nThe draw is NOT what was promised: {wrong} of the checks failed."),
        }
    }
}

/// Text of somebody else's for this terminal: short, and without anything that steers it.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(500).collect()
}
