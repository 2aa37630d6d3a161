//! Statuses as bytes: written once a pulse and shared by everybody who asks until the next.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use shared::ids::DropSlug;

use super::{DropList, DropStatus};
use crate::domain::drop::{Drop, DropState};
use crate::registry::{Known, Pulse};

/// The statuses that were written last.
#[derive(Default)]
pub struct Statuses {
    drops: ArcSwap<HashMap<DropSlug, Arc<OfDrop>>>,
    list: ArcSwapOption<OfAll>,
    writing: Mutex<()>,
}

/// The status of a drop, and what it was written from.
struct OfDrop {
    drop: Arc<Drop>,
    pulse: Arc<Pulse>,
    phase: Phase,
    answer: Answer,
}

/// What of a status changes by itself as time passes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Phase {
    state: DropState,
    is_healthy: bool,
    has_opened: bool,
    reveals_draw: bool,
}

impl Phase {
    fn of(drop: &Drop, pulse: &Pulse, now: Timestamp) -> Self {
        let health = pulse.health.as_ref().filter(|health| !health.is_stale(now.as_millisecond()));
        Self {
            state: drop.state(now, health),
            is_healthy: health.is_some(),
            has_opened: drop.has_opened(now),
            reveals_draw: drop.reveals_draw(now),
        }
    }
}

/// The list, and the statuses it was written from.
struct OfAll {
    drops: Vec<Arc<OfDrop>>,
    answer: Answer,
}

impl Statuses {
    /// The status of this drop.
    pub(super) fn answer(&self, known: &Known, now: Timestamp, asked: &HeaderMap) -> Response {
        self.of(known, now).answer.to_response(asked)
    }

    /// The statuses of all drops that are not over.
    pub(super) fn answer_list(&self, all: &[Known], now: Timestamp, asked: &HeaderMap) -> Response {
        let drops: Vec<_> = all
            .iter()
            .map(|known| self.of(known, now))
            .filter(|drop| drop.phase.state != DropState::Closed)
            .collect();
        let is_current = |list: &OfAll| {
            list.drops.len() == drops.len()
                && list.drops.iter().zip(&drops).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        if let Some(list) = self.list.load().as_ref().filter(|list| is_current(list)) {
            return list.answer.to_response(asked);
        }
        let known = |drop: &Arc<OfDrop>| DropStatus::of_parts(&drop.drop, &drop.pulse, now);
        let list = DropList { items: drops.iter().map(known).collect(), next_cursor: None };
        let mut digest = DefaultHasher::new();
        for drop in &drops {
            digest.write(drop.answer.etag.as_bytes());
        }
        let answer = Answer::of(&list, digest.finish(), false);
        let response = answer.to_response(asked);
        self.list.store(Some(Arc::new(OfAll { drops, answer })));
        response
    }

    fn of(&self, known: &Known, now: Timestamp) -> Arc<OfDrop> {
        let pulse = known.pulse();
        let phase = Phase::of(&known.drop, &pulse, now);
        let current = |drops: &HashMap<DropSlug, Arc<OfDrop>>| {
            let own = drops.get(&known.drop.slug)?;
            let same = Arc::ptr_eq(&own.drop, &known.drop) && Arc::ptr_eq(&own.pulse, &pulse);
            (same && own.phase == phase).then(|| Arc::clone(own))
        };
        if let Some(own) = current(&self.drops.load()) {
            return own;
        }
        // One writes, and those who came meanwhile take it over.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = current(&self.drops.load()) {
            return own;
        }
        let status = DropStatus::of_parts(&known.drop, &pulse, now);
        let answer = Answer::of_status(&status, !known.drop.settings.allowed_origins.is_empty());
        let own = Arc::new(OfDrop { drop: Arc::clone(&known.drop), pulse, phase, answer });
        let mut drops = HashMap::clone(&self.drops.load());
        drops.insert(known.drop.slug.clone(), Arc::clone(&own));
        self.drops.store(Arc::new(drops));
        own
    }
}

/// JSON that anybody may have, as it is sent.
struct Answer {
    body: Bytes,
    etag: HeaderValue,
    /// Whether it is another for other origins.
    varies: bool,
}

impl Answer {
    /// The tag is weak: a status that was true at another time but says the same is the same.
    fn of_status(status: &DropStatus, varies: bool) -> Self {
        let timeless = DropStatus { updated_at: Timestamp::UNIX_EPOCH, ..status.clone() };
        let mut digest = DefaultHasher::new();
        digest.write(&json(&timeless));
        Self::of(status, digest.finish(), varies)
    }

    fn of(content: &impl Serialize, digest: u64, varies: bool) -> Self {
        let etag =
            HeaderValue::try_from(format!("W/\"{digest:016x}\"")).expect("hex digits are visible ASCII");
        Self { body: json(content).into(), etag, varies }
    }

    fn to_response(&self, asked: &HeaderMap) -> Response {
        let is_known = asked.get_all(IF_NONE_MATCH).iter().any(|tags| names(tags, &self.etag));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(self.body.clone()));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=1"));
        headers.insert(ETAG, self.etag.clone());
        if self.varies {
            headers.insert(VARY, HeaderValue::from_static("origin"));
        }
        response
    }
}

fn json(content: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(content).expect("a status is plain JSON")
}

/// Whether `If-None-Match` names this tag by the weak comparison (RFC 9110 section 13.1.2).
fn names(tags: &HeaderValue, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (Ok(tags), Ok(etag)) = (tags.to_str(), etag.to_str()) else { return false };
    tags.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_others_strong_or_weak() {
        let etag = HeaderValue::from_static("W/\"7\"");
        for tags in ["W/\"7\"", "\"7\"", "\"6\", W/\"7\"", "*"] {
            assert!(names(&HeaderValue::from_static(tags), &etag), "{tags}");
        }
        for tags in ["7", "\"77\"", "W/\"6\"", ""] {
            assert!(!names(&HeaderValue::from_static(tags), &etag), "{tags}");
        }
    }
}
