//! The text of a stream.

use std::io::Write as _;

use axum::body::Bytes;

use crate::http::places::PlaceAnswer;
use crate::http::shown::Shown;

/// When a client connects again after a connection has broken, ms: jittered, because many break together.
const RETRY_MS: std::ops::RangeInclusive<u32> = 2_000..=6_000;
/// The same when this replica stops: others are there, and the visitors spread over them.
const FAREWELL_RETRY_MS: std::ops::RangeInclusive<u32> = 500..=3_500;
/// Enough for most events.
const EVENT_BYTES: usize = 768;

/// A stream's first line.
pub(super) fn retry() -> String {
    format!("retry: {}\n", rand::random_range(RETRY_MS))
}

/// A place; `first` is what the stream begins with.
pub(super) fn place(first: &str, answer: &PlaceAnswer, shown: Option<Shown>) -> Bytes {
    let mut text = Vec::with_capacity(EVENT_BYTES);
    text.extend_from_slice(first.as_bytes());
    text.extend_from_slice(b"event: place\n");
    if let Some(shown) = shown {
        let _infallible = writeln!(text, "id: {shown}");
    }
    text.extend_from_slice(b"data: ");
    serde_json::to_writer(&mut text, answer).expect("a place is plain JSON");
    text.extend_from_slice(b"\n\n");
    text.into()
}

/// Says that the stream is alive.
pub(super) fn comment() -> Bytes {
    Bytes::from_static(b":\n\n")
}

/// The last words of a replica that stops.
pub(super) fn farewell() -> Bytes {
    let retry_ms = rand::random_range(FAREWELL_RETRY_MS);
    format!("retry: {retry_ms}\n: this replica stops, another goes on\n\n").into()
}
