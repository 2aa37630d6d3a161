//! A row of `waitroom.drops`, and the drop that it is.

use jiff_sqlx::{Timestamp, ToSqlx as _};
use serde_json::{Value, json};
use shared::ids::DropSlug;
use shared::pages::Language;
use shared::store::{Dependency, StoreError};
use uuid::Uuid;

use crate::domain::drop::{Control, Drop, Mode, OnLapse, Roster, Settings};
use crate::domain::place::Seed;

/// The columns as they are.
pub(super) struct DropRow {
    pub slug: String,
    pub title: String,
    pub mode: String,
    pub control: String,
    pub seed: Vec<u8>,
    pub lobby_opens_at: Option<Timestamp>,
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
    pub rate_per_minute: i32,
    pub burst: i32,
    pub max_active: i32,
    pub claim_window_s: i32,
    pub session_max_s: i32,
    pub on_lapse: String,
    pub return_grace_s: i32,
    pub salt_source: Option<String>,
    pub salt: Option<String>,
    pub rejoin: bool,
    pub max_seats: i32,
    pub hold_s: i32,
    pub cooldown_s: i32,
    pub allowed_origins: Vec<String>,
    pub languages: Vec<String>,
    pub branding: Value,
    pub message: String,
    pub roster: Option<Uuid>,
    pub roster_sha256: Option<Vec<u8>>,
    pub roster_count: Option<i64>,
    pub roster_stored_at: Option<Timestamp>,
    pub epoch: i64,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<&Drop> for DropRow {
    fn from(drop: &Drop) -> Self {
        let settings = &drop.settings;
        Self {
            slug: drop.slug.to_string(),
            title: settings.title.clone(),
            mode: settings.mode.as_str().to_owned(),
            control: drop.control.as_str().to_owned(),
            seed: drop.seed.0.to_vec(),
            lobby_opens_at: settings.lobby_opens_at.map(jiff::Timestamp::to_sqlx),
            opens_at: settings.opens_at.map(jiff::Timestamp::to_sqlx),
            closes_at: settings.closes_at.map(jiff::Timestamp::to_sqlx),
            rate_per_minute: signed(settings.rate_per_minute),
            burst: signed(settings.burst),
            max_active: signed(settings.max_active),
            claim_window_s: signed(settings.claim_window_s),
            session_max_s: signed(settings.session_max_s),
            on_lapse: settings.on_lapse.as_str().to_owned(),
            return_grace_s: signed(settings.return_grace_s),
            salt_source: settings.salt_source.clone(),
            salt: settings.salt.clone(),
            rejoin: settings.rejoin,
            max_seats: signed(settings.max_seats),
            hold_s: signed(settings.hold_s),
            cooldown_s: signed(settings.cooldown_s),
            allowed_origins: settings.allowed_origins.clone(),
            languages: settings.languages.iter().map(|language| language.tag().to_owned()).collect(),
            branding: json!(settings.branding),
            message: settings.message.clone(),
            roster: drop.roster.map(|roster| roster.id),
            roster_sha256: drop.roster.map(|roster| roster.sha256.to_vec()),
            roster_count: drop.roster.map(|roster| i64::try_from(roster.count).unwrap_or(i64::MAX)),
            roster_stored_at: drop.roster.map(|roster| roster.stored_at.to_sqlx()),
            epoch: drop.epoch,
            version: drop.version,
            created_at: drop.created_at.to_sqlx(),
            updated_at: drop.updated_at.to_sqlx(),
        }
    }
}

impl TryFrom<DropRow> for Drop {
    type Error = StoreError;

    fn try_from(row: DropRow) -> Result<Self, StoreError> {
        let roster = roster(&row)?;
        let settings = Settings {
            title: row.title,
            mode: one_of([Mode::Scheduled, Mode::SafetyNet], Mode::as_str, &row.mode)?,
            lobby_opens_at: row.lobby_opens_at.map(Timestamp::to_jiff),
            opens_at: row.opens_at.map(Timestamp::to_jiff),
            closes_at: row.closes_at.map(Timestamp::to_jiff),
            rate_per_minute: unsigned(row.rate_per_minute)?,
            burst: unsigned(row.burst)?,
            max_active: unsigned(row.max_active)?,
            claim_window_s: unsigned(row.claim_window_s)?,
            session_max_s: unsigned(row.session_max_s)?,
            on_lapse: one_of(
                [OnLapse::Requeue, OnLapse::Keep, OnLapse::Drop],
                OnLapse::as_str,
                &row.on_lapse,
            )?,
            return_grace_s: unsigned(row.return_grace_s)?,
            salt_source: row.salt_source,
            salt: row.salt,
            rejoin: row.rejoin,
            max_seats: unsigned(row.max_seats)?,
            hold_s: unsigned(row.hold_s)?,
            cooldown_s: unsigned(row.cooldown_s)?,
            allowed_origins: row.allowed_origins,
            languages: languages(&row.languages)?,
            branding: serde_json::from_value(row.branding).map_err(|error| corrupt(error.to_string()))?,
            message: row.message,
        };
        Ok(Self {
            slug: row.slug.parse::<DropSlug>().map_err(|error| corrupt(error.to_string()))?,
            settings,
            control: one_of(
                [Control::Open, Control::Paused, Control::Closed],
                Control::as_str,
                &row.control,
            )?,
            seed: Seed(row.seed.try_into().map_err(|_| corrupt("a seed has 32 bytes"))?),
            roster,
            epoch: row.epoch,
            version: row.version,
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// The roster, where it is stored: its columns are written together.
fn roster(row: &DropRow) -> Result<Option<Roster>, StoreError> {
    let (Some(id), Some(sha256), Some(count), Some(stored_at)) =
        (row.roster, &row.roster_sha256, row.roster_count, row.roster_stored_at)
    else {
        return Ok(None);
    };
    Ok(Some(Roster {
        id,
        sha256: sha256.as_slice().try_into().map_err(|_| corrupt("a digest has 32 bytes"))?,
        count: u64::try_from(count).map_err(|_| corrupt("a count is negative"))?,
        stored_at: stored_at.to_jiff(),
    }))
}

fn languages(tags: &[String]) -> Result<Vec<Language>, StoreError> {
    let known =
        |tag: &String| Language::of_tag(tag).ok_or_else(|| corrupt(format!("{tag:?} is no language")));
    tags.iter().map(known).collect()
}

/// Every row as a drop.
pub(super) fn drops(rows: Vec<DropRow>) -> Result<Vec<Drop>, StoreError> {
    rows.into_iter().map(Drop::try_from).collect()
}

/// A drop's settings as the audit log keeps them. The seed is not among them.
pub(super) fn snapshot(drop: &Drop) -> Value {
    let mut snapshot = json!(drop.settings);
    snapshot["control"] = json!(drop.control);
    snapshot["version"] = json!(drop.version);
    snapshot
}

fn one_of<T: Copy, const N: usize>(
    known: [T; N],
    name: fn(T) -> &'static str,
    found: &str,
) -> Result<T, StoreError> {
    known
        .into_iter()
        .find(|value| name(*value) == found)
        .ok_or_else(|| corrupt(format!("{found:?} is not known")))
}

/// Every setting is checked to fit long before it comes here.
fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn unsigned(value: i32) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| corrupt("a setting is negative"))
}

fn corrupt(reason: impl Into<String>) -> StoreError {
    StoreError::unexpected(Dependency::Postgres, reason)
}
