//! What watchers are told, as bytes: made once, shared by all of them, for both protocols.

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::catalogue::ShowPlan;
use crate::domain::live::Merged;
use crate::http::{LiveChanges, LiveVersion, SeatStatus};

/// Something to tell.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The version of the map that whoever has heard it has.
    pub version: i64,
    /// Whether it must be heard by those too who know that version.
    pub is_for_all: bool,
    /// As a WebSocket's message.
    pub text: Utf8Bytes,
    /// As a server-sent event (WHATWG HTML section 9.2).
    pub event: Bytes,
}

impl Frame {
    /// The version from which a watcher goes on.
    pub(super) fn version(version: i64) -> Self {
        let said = LiveVersion { version, reload: None };
        Self::of("version", Some(version), version, true, &said)
    }

    /// The map must be loaded again. The event has no id: whoever loses the connection before that is told again.
    pub(super) fn reload(version: i64) -> Self {
        Self::of("reload", None, version, true, &LiveVersion { version, reload: Some(true) })
    }

    /// Changes; none are a sign of life.
    pub(super) fn changes(plan: &ShowPlan, merged: &Merged, at: Timestamp) -> Self {
        let label = |seat: u32| plan.seats.get(seat as usize).map(|seat| seat.label.as_str());
        let changes =
            merged.seats.iter().filter_map(|(seat, state)| Some((label(*seat)?, SeatStatus::from(*state))));
        let said =
            LiveChanges { since: merged.since, version: merged.version, changes: changes.collect(), at };
        Self::of("changes", Some(merged.version), merged.version, merged.seats.is_empty(), &said)
    }

    fn of(event: &str, id: Option<i64>, version: i64, is_for_all: bool, said: &impl Serialize) -> Self {
        let text = serde_json::to_string(said).expect("what is said is plain JSON");
        let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
        let event = format!("event: {event}\n{id}data: {text}\n\n").into();
        Self { version, is_for_all, text: text.into(), event }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::sample::plan;
    use crate::domain::holds::SeatState;

    #[test]
    fn changes_name_seats_by_their_labels() {
        let merged =
            Merged { since: 5, version: 7, seats: vec![(0, SeatState::Held), (3, SeatState::Booked)] };
        let frame = Frame::changes(&plan(), &merged, Timestamp::UNIX_EPOCH);
        let text = r#"{"since":5,"version":7,"changes":[["A1","reserved"],["A4","booked"]],"at":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(frame.text.as_str(), text);
        assert_eq!(frame.event, format!("event: changes\nid: 7\ndata: {text}\n\n"));
    }

    #[test]
    fn a_reload_leaves_the_id_that_a_client_resumes_from_as_it_was() {
        assert_eq!(Frame::version(5).event, "event: version\nid: 5\ndata: {\"version\":5}\n\n");
        assert_eq!(Frame::reload(9).event, "event: reload\ndata: {\"version\":9,\"reload\":true}\n\n");
    }
}
