//! What one visitor's stream does between its first event and its end. It sleeps until the conductor wakes it
//! (`crate::streams`), looks at the place as a poll does, and says what has changed.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use futures::Stream;
use futures::future::BoxFuture;
use shared::ids::DropSlug;
use shared::problem::Problem;

use super::event;
use crate::app::AppState;
use crate::domain::place::Place;
use crate::domain::visit::PlaceProof;
use crate::http::places::{self, LastSeen, PlaceAnswer};
use crate::http::shown::Shown;
use crate::registry::Known;
use crate::streams::Taken;

/// When a look that failed is repeated at the soonest, ms.
const AFTER_FAILURE_MS: std::ops::RangeInclusive<u64> = 1_000..=2_000;

type Looking = BoxFuture<'static, Result<PlaceAnswer, Problem>>;

/// A stream of one place's events.
pub(super) struct PlaceStream {
    app: AppState,
    drop: DropSlug,
    seat: Taken,
    proof: PlaceProof,
    /// The place as it was last told.
    told: Option<Box<Place>>,
    shown: Option<Shown>,
    is_hidden: bool,
    /// What is to be sent next.
    next: Option<Bytes>,
    looking: Option<Looking>,
    look_ms: u64,
    comment_ms: u64,
    is_over: bool,
}

impl PlaceStream {
    /// Looks for the first time; with it comes the place's token, where that is another.
    ///
    /// Errors: those of a poll.
    pub(super) async fn begin(
        app: AppState,
        known: Known,
        proof: PlaceProof,
        seat: Taken,
        (seen, shown): (LastSeen, Option<Shown>),
    ) -> Result<(Self, Option<String>), Problem> {
        let now_ms = app.streams.now_ms();
        // The first comes early, so that streams that began together do not speak together for ever.
        let period_ms = comment_period_ms(&app);
        let comment_ms = now_ms + rand::random_range(period_ms / 3..=period_ms);
        let mut stream = Self {
            drop: known.drop.slug.clone(),
            app,
            seat,
            proof,
            told: None,
            shown,
            is_hidden: seen.is_hidden,
            next: None,
            looking: None,
            look_ms: now_ms,
            comment_ms,
            is_over: false,
        };
        let position = stream.position_shown().or(seen.position);
        let mut answer = stream.look(known.clone(), position).await?;
        if stream.renew(&answer) && shown.is_some_and(|shown| shown.position_of(&stream.proof).is_some()) {
            // The event that the client saw last was of the new place already.
            let place_token = answer.place_token;
            let position = stream.position_shown();
            answer = PlaceAnswer { place_token, ..stream.look(known.clone(), position).await? };
        }
        let token = answer.place_token.clone();
        stream.tell(&event::retry(), &known, answer);
        Ok((stream, token))
    }

    fn position_shown(&self) -> Option<u64> {
        self.shown.and_then(|shown| shown.position_of(&self.proof))
    }

    fn look(&self, known: Known, position: Option<u64>) -> Looking {
        let (app, proof) = (self.app.clone(), self.proof.clone());
        let seen = LastSeen { position, is_hidden: self.is_hidden };
        Box::pin(async move { places::look(&app, &known, proof, seen).await })
    }

    /// Takes over a new token; whether there was one.
    fn renew(&mut self, answer: &PlaceAnswer) -> bool {
        let token = answer.place_token.as_deref();
        let Some(proof) = token.and_then(|token| self.app.tokens.check_place(&self.drop, token)) else {
            return false;
        };
        self.proof = proof;
        true
    }

    /// Sends the answer where it says something new, and notes when to look again.
    fn tell(&mut self, first: &str, known: &Known, answer: PlaceAnswer) {
        let place = answer.place.place_id;
        self.seat.looked(place, known.memory().knows_waiting(place));
        self.look_ms = self.app.streams.now_ms() + answer.place.poll_after_ms;
        let is_told = answer.place_token.is_none()
            && self.told.as_deref_mut().is_some_and(|told| says_the_same(told, &answer.place));
        if is_told {
            return;
        }
        self.shown = Shown::of(&answer.place, &self.proof);
        self.next = Some(event::place(first, &answer, self.shown));
        match &mut self.told {
            Some(told) => **told = answer.place,
            none => *none = Some(Box::new(answer.place)),
        }
    }

    /// What to do now; `None` when it is to sleep.
    fn step(&mut self, cx: &mut Context<'_>) -> Option<Poll<Option<Bytes>>> {
        if let Some(next) = self.next.take() {
            return Some(Poll::Ready(Some(next)));
        }
        if self.is_over {
            return Some(Poll::Ready(None));
        }
        if self.app.streams.is_closing() {
            self.is_over = true;
            return Some(Poll::Ready(Some(event::farewell())));
        }
        if let Some(looking) = &mut self.looking {
            let Poll::Ready(looked) = looking.as_mut().poll(cx) else { return Some(Poll::Pending) };
            self.looking = None;
            self.learn(looked);
            return None;
        }
        let now_ms = self.app.streams.now_ms();
        if now_ms >= self.comment_ms {
            self.comment_ms = now_ms + comment_period_ms(&self.app);
            return Some(Poll::Ready(Some(event::comment())));
        }
        let is_due = self.seat.take_news() || now_ms >= self.look_ms;
        if let Some(known) = self.app.registry.get(&self.drop).filter(|_| is_due) {
            self.seat.wake_at(u64::MAX);
            self.looking = Some(self.look(known, self.position_shown()));
            return None;
        }
        self.seat.wake_at(self.look_ms.min(self.comment_ms));
        Some(Poll::Pending)
    }

    fn learn(&mut self, looked: Result<PlaceAnswer, Problem>) {
        if let (Ok(answer), Some(known)) = (looked, self.app.registry.get(&self.drop)) {
            self.renew(&answer);
            self.tell("", &known, answer);
            return;
        }
        // A store is away: the visitor keeps what was said last, and hears more when there is more to say.
        let pace_ms = self.told.as_ref().map_or(0, |told| told.poll_after_ms);
        let after_ms = pace_ms.max(rand::random_range(AFTER_FAILURE_MS));
        self.look_ms = self.app.streams.now_ms() + after_ms;
    }
}

impl Stream for PlaceStream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.seat.come(cx.waker());
        loop {
            if let Some(step) = self.step(cx) {
                return step.map(|next| next.map(Ok));
            }
        }
    }
}

/// Whether a visitor who was told `told` learns nothing from `place`: when it was true, and when to ask again, is no news.
fn says_the_same(told: &mut Place, place: &Place) -> bool {
    told.updated_at = place.updated_at;
    told.poll_after_ms = place.poll_after_ms;
    *told == *place
}

fn comment_period_ms(app: &AppState) -> u64 {
    u64::try_from(app.config.stream_comment.as_millis()).unwrap_or(u64::MAX)
}
