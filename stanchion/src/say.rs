//! Prints for people. A closed pipe on the other side is not our problem.

use std::io::Write;

/// A line, or several, on standard output.
pub fn out(text: &str) {
    let _closed_pipe = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// A sentence on standard error.
pub fn complain(sentence: &str) {
    let _closed_pipe = writeln!(std::io::stderr().lock(), "stanchion: {sentence}");
}
