//! Sends a crowd: one task a visitor, drawn from a seed, all counted in one tally.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::api::Api;
use super::habit::Habits;
use super::purchase::Purchases;
use super::script::{Answer, Ask};
use super::tabs;
use super::tally::Tally;
use super::visitor::{Ending, Intent, Next, Visitor};

/// How often the drop's public state is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// Who comes, and how they behave.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// How many.
    pub visitors: usize,
    /// They arrive at random within this time.
    pub arrive_within: Duration,
    /// How they shop.
    pub purchases: Purchases,
    /// Seats wanted by one visitor.
    pub party: RangeInclusive<usize>,
    /// Longest hesitation before each step in the shop.
    pub think: Duration,
    /// How they wait.
    pub habits: Habits,
    /// What everything random is drawn from.
    pub seed: u64,
    /// The run ends after this time, whoever is still there.
    pub give_up_after: Duration,
    /// The crowd has no more seats than this in its baskets and bookings.
    pub seats_at_most: Option<usize>,
}

/// What every visitor's task shares.
pub(super) struct Scene {
    pub(super) api: Api,
    pub(super) tally: Arc<Tally>,
    began: Instant,
    seats_left: AtomicUsize,
}

impl Crowd {
    /// Sends everybody and returns when the last one went home, `give_up_after` has passed, or `stop` is cancelled.
    pub async fn visit(&self, api: Api, tally: Arc<Tally>, stop: &CancellationToken) {
        let scene = Arc::new(Scene {
            api,
            tally,
            began: Instant::now(),
            seats_left: AtomicUsize::new(self.seats_at_most.unwrap_or(usize::MAX)),
        });
        let over = stop.child_token();
        let mut visits = JoinSet::new();
        for number in 0..self.visitors {
            let (visitor, arrival) = self.draw(number);
            visits.spawn(visit(Arc::clone(&scene), visitor, arrival, over.clone()));
        }
        let watch = tokio::spawn(watch_the_drop(Arc::clone(&scene), over.clone()));
        let everybody_left = async { while visits.join_next().await.is_some() {} };
        if tokio::time::timeout(self.give_up_after, everybody_left).await.is_err() {
            over.cancel();
            while visits.join_next().await.is_some() {}
        }
        over.cancel();
        if let Err(error) = watch.await {
            tracing::warn!(%error, "the watch over the drop ended badly");
        }
    }

    fn draw(&self, number: usize) -> (Visitor, Duration) {
        let mut rng = StdRng::seed_from_u64(self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let intent = Intent {
            party: rng.random_range(self.party.clone()),
            purchase: self.purchases.draw(&mut rng),
            think: self.think,
        };
        let arrival = self.arrive_within.mul_f64(rng.random());
        let habit = self.habits.draw(&mut rng);
        (Visitor::new(intent, habit, rng), arrival)
    }
}

/// A visit from arrival to going home, cut short when the run is over.
async fn visit(scene: Arc<Scene>, mut visitor: Visitor, arrival: Duration, over: CancellationToken) {
    let mut asked = Ask::Join;
    let mut sent = false;
    let ending = tokio::select! {
        ending = walk_through(&scene, &mut visitor, &mut asked, &mut sent, arrival) => ending,
        () = over.cancelled() => Ending::GaveUp,
    };
    let unresolved = sent && ending == Ending::GaveUp && matches!(asked, Ask::Confirm { .. });
    scene.tally.ended(ending, &visitor.account(), unresolved);
}

/// `asked` is what was asked last, and `sent` whether it went out, so that a visit that is cut short can be told apart.
async fn walk_through(
    scene: &Arc<Scene>,
    visitor: &mut Visitor,
    asked: &mut Ask,
    sent: &mut bool,
    arrival: Duration,
) -> Ending {
    tokio::time::sleep(arrival).await;
    let mut tabs = JoinSet::new();
    let mut basket = 0;
    loop {
        let next = if matches!(asked, Ask::FollowPlace { .. }) {
            follow(scene, visitor, asked).await
        } else if scene.may_take(asked) {
            *sent = true;
            scene.tally.asked(asked);
            let (answer, took) = scene.api.send(asked).await;
            scene.tally.answered(asked, &answer, took);
            scene.settle(asked, &answer, &mut basket);
            visitor.time_is(scene.now());
            visitor.answered(asked, answer)
        } else {
            visitor.held_back()
        };
        if let Some(browser) = visitor.browser().filter(|_| tabs.is_empty()) {
            tabs::open(scene, browser, &mut tabs);
        }
        let after = match next {
            Next::Finish(ending) => return ending,
            Next::Again(after) => {
                scene.tally.repeated(asked);
                after
            }
            Next::Ask(ask, after) => {
                (*asked, *sent) = (ask, false);
                after
            }
        };
        tokio::time::sleep(after).await;
    }
}

/// Follows the stream of the place until the visitor wants something else, or it ends.
async fn follow(scene: &Scene, visitor: &mut Visitor, asked: &Ask) -> Next {
    let sent = Instant::now();
    let mut stream = match scene.api.follow(asked).await {
        Ok(stream) => stream,
        Err(answer) => {
            scene.tally.answered(asked, &answer, sent.elapsed());
            return visitor.cannot_follow(&answer);
        }
    };
    let mut events = 0;
    let next = loop {
        let Some(place) = stream.next().await else { break visitor.stream_ended() };
        let answer = Answer::Place(place);
        if events == 0 {
            scene.tally.answered(asked, &answer, sent.elapsed());
        }
        events += 1;
        visitor.was_told();
        visitor.time_is(scene.now());
        match visitor.answered(asked, answer) {
            Next::Ask(Ask::FollowPlace { .. }, _) => {}
            other => break other,
        }
    };
    scene.tally.followed(events);
    next
}

impl Scene {
    /// How far the run has come.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Takes the seats of a reservation from what the crowd may buy; true for everything else.
    fn may_take(&self, ask: &Ask) -> bool {
        let Ask::Reserve { seats, .. } = ask else { return true };
        self.seats_left
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(seats.len()))
            .is_ok()
    }

    /// Seats that were refused or given back may be had by the rest of the crowd. `basket` is how many this visitor has.
    fn settle(&self, ask: &Ask, answer: &Answer, basket: &mut usize) {
        let returned = match (ask, answer) {
            (Ask::Reserve { seats, .. }, Answer::Reserved(_)) => {
                *basket = seats.len();
                return;
            }
            (Ask::Reserve { seats, .. }, _) => seats.len(),
            (Ask::Release { .. }, Answer::Done) => std::mem::take(basket),
            _ => return,
        };
        self.seats_left.fetch_add(returned, Ordering::Relaxed);
    }
}

/// Looks once more when everybody has left: the last of them may have bought the last seat.
async fn watch_the_drop(scene: Arc<Scene>, over: CancellationToken) {
    loop {
        let is_over = over.is_cancelled();
        if let Ok(Some(state)) = scene.api.drop_state().await {
            scene.tally.stock_is_gone(state == "sold_out");
        }
        tokio::select! {
            () = tokio::time::sleep(WATCH_EVERY) => {}
            () = over.cancelled() => {}
        }
        if is_over {
            return;
        }
    }
}

/// A fresh tally for a run that begins now.
pub fn begin() -> Arc<Tally> {
    Arc::new(Tally::new(Instant::now()))
}
