//! The stream of a place: server-sent events (HTML, section 9.2), as far as this one uses them.

use std::time::Duration;

use reqwest::Response;

use super::script::Place;

/// A stream that says nothing for this long is dead: comments come every 15 s.
const SILENT_AT_MOST: Duration = Duration::from_secs(40);
/// No honest event is larger.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// A stream that is open.
#[derive(Debug)]
pub struct PlaceStream {
    response: Response,
    unread: Vec<u8>,
}

impl PlaceStream {
    /// Reads the body of this response.
    pub(super) const fn new(response: Response) -> Self {
        Self { response, unread: Vec::new() }
    }

    /// The next place that is told; `None` when the stream has ended, broken off, or fallen silent.
    pub async fn next(&mut self) -> Option<Place> {
        loop {
            while let Some(event) = take_event(&mut self.unread) {
                if let Some(place) = place_of(&event) {
                    return Some(place);
                }
            }
            let chunk = tokio::time::timeout(SILENT_AT_MOST, self.response.chunk()).await.ok()?.ok()??;
            self.unread.extend_from_slice(&chunk);
            if self.unread.len() > MAX_EVENT_BYTES {
                return None;
            }
        }
    }
}

/// Takes everything up to the first empty line.
fn take_event(unread: &mut Vec<u8>) -> Option<String> {
    let end = unread.windows(2).position(|two| two == b"\n\n")?;
    let event: Vec<u8> = unread.drain(..end + 2).collect();
    String::from_utf8(event).ok().or(Some(String::new()))
}

/// The data of an `event: place`; nothing for comments, retries and other events.
fn place_of(event: &str) -> Option<Place> {
    let field = |name: &'static str| {
        event
            .lines()
            .filter_map(move |line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.strip_prefix(' ').unwrap_or(value))
    };
    if field("event").next() != Some("place") {
        return None;
    }
    serde_json::from_str(&field("data").collect::<Vec<_>>().join("\n")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_whole_however_they_arrive() {
        let text = ": hello\nretry: 1200\n\nevent: place\nid: 7\ndata: {\"state\": \"waiting\", \"position\": 4}\n\nevent: pl";
        let mut unread = Vec::new();
        let mut places = Vec::new();
        for byte in text.bytes() {
            unread.push(byte);
            while let Some(event) = take_event(&mut unread) {
                places.extend(place_of(&event));
            }
        }
        assert_eq!(places.iter().map(|place| place.position).collect::<Vec<_>>(), [Some(4)]);
        assert_eq!(unread, b"event: pl");
    }

    #[test]
    fn other_events_and_comments_say_nothing_about_the_place() {
        for event in
            [": comment\n\n", "event: status\ndata: {\"state\": \"open\"}\n\n", "event: place\ndata: {\n\n"]
        {
            assert_eq!(place_of(event), None, "{event}");
        }
    }
}
