//! A show in the middle of its sale, and what must be true of it whatever was lost.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use harness::actors::{Reply, Shopper};
use harness::eventually;
use jiff::Timestamp;
use redis::AsyncCommands as _;
use shared::redis::Redis;
use tokio::task::JoinSet;

use crate::support::{DROP, Shop};

pub const HOLDS: usize = 500;
const ROWS: usize = 60;
/// How many ask at a time.
const AT_A_TIME: usize = 24;
const RIVALS: usize = 30;
/// Longer than leases and restarts take, on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The label of a seat by its number.
pub fn label(number: usize) -> String {
    format!("{}{}", crate::support::row_name(number / 10), number % 10 + 1)
}

/// Somebody with a reservation.
struct Holder {
    shopper: Shopper,
    reservation: String,
    expires_at: Timestamp,
}

/// The sale.
pub struct Scene {
    pub shop: Shop,
    pub show: String,
    holders: Vec<Holder>,
    paying: JoinSet<Reply>,
    /// How many of the holders have begun to pay, the first ones.
    begun: usize,
    paid: usize,
}

/// Pays, asking again with the same key until there is an answer.
pub async fn paid(shopper: Shopper, reservation: String) -> Reply {
    eventually(PATIENCE, async || {
        let reply = shopper.confirm(&reservation, "tok_ok", "k").await;
        let is_answer = !matches!(reply.status, 202 | 503) && reply.code() != "payment_in_progress";
        if is_answer { Ok(reply) } else { Err(reply.body) }
    })
    .await
}

impl Scene {
    /// A show of which [`HOLDS`] seats are held, a hold a seat.
    pub async fn begin(shop: Shop) -> Self {
        let show = shop.show(ROWS).await;
        let mut scene = Self::of(shop, show);
        let (shop, show) = (&scene.shop, &scene.show);
        let hold = |number: usize| async move {
            let shopper = shop.shopper().await;
            let held = eventually(PATIENCE, async || {
                let reply = shopper.reserve(show, &[&label(number)]).await;
                if matches!(reply.status, 200 | 201) { Ok(reply) } else { Err(reply.body) }
            })
            .await;
            let expires_at = held.text("expires_at").parse().unwrap();
            Holder { shopper, reservation: held.text("reservation_id").to_owned(), expires_at }
        };
        scene.holders = stream::iter(0..HOLDS).map(hold).buffered(AT_A_TIME).collect().await;
        scene
    }

    /// A show as it is.
    pub fn of(shop: Shop, show: String) -> Self {
        Self { shop, show, holders: Vec::new(), paying: JoinSet::new(), begun: 0, paid: 0 }
    }

    /// These holders begin to pay.
    pub fn pay(&mut self, who: Range<usize>) {
        self.begun = who.end;
        for holder in &self.holders[who] {
            self.paying.spawn(paid(holder.shopper.clone(), holder.reservation.clone()));
        }
    }

    /// One has paid, and most of the others are about to.
    pub async fn some_are_paid(&mut self) {
        self.count_paid().await;
    }

    async fn count_paid(&mut self) -> bool {
        let Some(reply) = self.paying.join_next().await else { return false };
        let reply = reply.unwrap();
        assert_eq!(reply.status, 201, "{}", reply.body);
        self.paid += 1;
        true
    }

    /// The waiting room does its part.
    pub async fn line_is_restored(&self) {
        eventually(PATIENCE, async || self.shop.line.try_open_drop(DROP, 600, 10, 300).await).await;
    }

    pub async fn epoch(&self) -> i64 {
        sqlx::query_scalar("SELECT epoch FROM booking.shows").fetch_one(&self.shop.pool).await.unwrap()
    }

    /// Others want seats that are held, or sold. They are told so, or to come back; never are they given any.
    pub async fn nobody_gets_what_is_taken(&self) {
        let ask = |rival: usize| async move {
            let shopper = self.shop.shopper().await;
            let seats = [label(rival), label(HOLDS - 1 - rival)];
            shopper.reserve(&self.show, &[&seats[0], &seats[1]]).await
        };
        let replies: Vec<Reply> = stream::iter(0..RIVALS).map(ask).buffered(AT_A_TIME).collect().await;
        for reply in &replies {
            assert!(matches!(reply.status, 409 | 503), "{} {}", reply.status, reply.body);
        }
    }

    /// Who paid has a booking, who holds has the hold with its expiry, and everything adds up.
    pub async fn everything_is_as_it_was(&mut self) {
        while self.count_paid().await {}
        assert_eq!(self.paid, self.begun);
        let held = HOLDS - self.begun;
        eventually(PATIENCE, async || {
            let url = self.shop.url();
            let stats =
                Shopper::without_token(&url).get(&format!("/v1/shows/{}/seat-stats", self.show)).await;
            let right = stats.status == 200 && stats["booked"] == self.begun && stats["reserved"] == held;
            if right { Ok(()) } else { Err(stats.body) }
        })
        .await;
        self.holds_lapse_when_they_were_to().await;
        for holder in self.holders[self.begun..].iter().step_by(20) {
            let read = eventually(PATIENCE, async || {
                let reply = holder.shopper.reservation(&holder.reservation).await;
                if reply.status == 503 { Err(reply.body) } else { Ok(reply) }
            })
            .await
            .expect(200);
            assert_eq!(read["status"], "pending");
            assert_eq!(read.text("expires_at").parse::<Timestamp>().unwrap(), holder.expires_at);
        }
        self.audits_find_nothing().await;
    }

    async fn holds_lapse_when_they_were_to(&self) {
        let mut redis = Redis::connect(&self.shop.stores.redis_url).unwrap();
        let lapses: Vec<(String, i64)> =
            redis.zrange_withscores(format!("{{show:{}}}:expiries", self.show), 0, -1).await.unwrap();
        let lapses: HashMap<String, i64> = lapses.into_iter().collect();
        assert_eq!(lapses.len(), HOLDS - self.begun);
        for holder in &self.holders[self.begun..] {
            assert_eq!(lapses.get(&holder.reservation), Some(&holder.expires_at.as_millisecond()));
        }
    }

    /// The audits of seats and of money.
    pub async fn audits_find_nothing(&self) {
        eventually(PATIENCE, async || {
            let mut broken = self.shop.broken_seat_checks().await;
            let money = booking::audit::money(&self.shop.pool, self.shop.clock.now()).await.unwrap();
            broken.extend(money.iter().filter(|check| !check.holds()).map(|check| check.name));
            if broken.is_empty() { Ok(()) } else { Err(broken) }
        })
        .await;
    }
}
