//! Reminders in Postgres: who wants mail when their turn is near, until it has gone.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::ids::{DropSlug, uuid_v7};
use shared::mail::EmailAddress;
use shared::pages::Language;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use uuid::Uuid;

mod work;

use crate::domain::place::{PlaceId, Score};

/// How many places of a drop may have reminders to one address at a time.
pub const MOST_TO_AN_ADDRESS: i64 = 5;
/// How long a replica may take to send what it leased: longer than all of it takes.
pub const LEASE: Duration = Duration::from_mins(3);

/// The reminders of all drops.
#[derive(Clone)]
pub struct Reminders(PgPool);

/// A reminder as it is asked for.
#[derive(Debug)]
pub struct NewReminder<'a> {
    /// Any place of the identity.
    pub place: PlaceId,
    /// The place's score, not turned.
    pub score: Score,
    /// Where to.
    pub email: &'a EmailAddress,
    /// What the mail is written in.
    pub language: Language,
}

/// What became of asking for a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is kept; one that was there is replaced.
    Kept,
    /// The mail has gone: there is one a place.
    Sent,
    /// The address has as many in this drop as it may.
    TooMany,
}

/// What is known of a place's reminder.
#[derive(Clone, Debug)]
pub enum Known {
    /// It waits.
    Pending(EmailAddress),
    /// It is over, in this way: `sent`, `failed` or `over`.
    Ended(String),
}

/// A reminder to be seen to.
#[derive(Clone, Debug)]
pub struct Due {
    /// Names it.
    pub id: Uuid,
    /// The first place of the identity.
    pub place: PlaceId,
    /// Where to.
    pub email: EmailAddress,
    /// What the mail is written in.
    pub language: Language,
    /// How often it was tried, this time too.
    pub attempts: u32,
}

impl Reminders {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Keeps a reminder for a place, instead of the one that it has. The bound on an address may be passed by those who
    /// ask at the same moment.
    pub async fn ask(
        &self,
        drop: &DropSlug,
        new: NewReminder<'_>,
        now: Timestamp,
    ) -> Result<Asked, StoreError> {
        let first = new.place.of_generation(0);
        let kept = sqlx::query_scalar!(
            "INSERT INTO waitroom.reminders (id, drop, place, score, email, language, state, asked_at)
             SELECT $1, $2, $3, $4, $5, $8, 'pending', $6
             WHERE (SELECT count(*) FROM waitroom.reminders
                    WHERE drop = $2 AND lower(email) = lower($5) AND state = 'pending' AND place <> $3) < $7
             ON CONFLICT ON CONSTRAINT reminders_one_a_place DO UPDATE
             SET score = excluded.score, email = excluded.email, language = excluded.language, state = 'pending',
                 asked_at = excluded.asked_at, due_at = NULL, leased_until = NULL, attempts = 0, ended_at = NULL
             WHERE reminders.state <> 'sent'
             RETURNING id",
            uuid_v7(now),
            drop.as_str(),
            first.0,
            signed(new.score.0),
            new.email.as_str(),
            now.to_sqlx() as _,
            MOST_TO_AN_ADDRESS,
            new.language.tag(),
        );
        if within(Dependency::Postgres, kept.fetch_optional(&self.0)).await?.is_some() {
            return Ok(Asked::Kept);
        }
        let is_sent = matches!(self.find(drop, first).await?, Some(Known::Ended(state)) if state == "sent");
        Ok(if is_sent { Asked::Sent } else { Asked::TooMany })
    }

    /// The reminder of a place, if there is one.
    pub async fn find(&self, drop: &DropSlug, place: PlaceId) -> Result<Option<Known>, StoreError> {
        let row = sqlx::query!(
            "SELECT email, state FROM waitroom.reminders WHERE drop = $1 AND place = $2",
            drop.as_str(),
            place.of_generation(0).0,
        );
        let row = within(Dependency::Postgres, row.fetch_optional(&self.0)).await?;
        row.map(|row| match row.email {
            Some(email) => Ok(Known::Pending(address(&email)?)),
            None => Ok(Known::Ended(row.state)),
        })
        .transpose()
    }

    /// Forgets the reminder of a place; one that was sent stays as such, so that there is one a place.
    pub async fn forget(&self, drop: &DropSlug, place: PlaceId) -> Result<(), StoreError> {
        let delete = sqlx::query!(
            "DELETE FROM waitroom.reminders WHERE drop = $1 AND place = $2 AND state <> 'sent'",
            drop.as_str(),
            place.of_generation(0).0,
        );
        within(Dependency::Postgres, delete.execute(&self.0)).await.map(std::mem::drop)
    }
}

fn address(text: &str) -> Result<EmailAddress, StoreError> {
    text.parse().map_err(|_| StoreError::unexpected(Dependency::Postgres, "a reminder's address is none"))
}

/// Scores are below 2^53.
fn signed(score: u64) -> i64 {
    i64::try_from(score).unwrap_or(i64::MAX)
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    now.saturating_add(time).unwrap_or(Timestamp::MAX)
}
