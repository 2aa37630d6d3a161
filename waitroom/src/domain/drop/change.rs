//! Making and changing a drop: what an operator sends, and the rules it must keep.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use shared::ids::DropSlug;
use shared::pages::Language;
use url::Url;
use utoipa::ToSchema;

use super::branding::{Branding, Unreadable, each_once};
use super::{Control, Drop, Mode, OnLapse, Settings, draw, one_seconds_worth};
use crate::config::DropDefaults;
use crate::domain::place::Seed;

/// An opening that is this near cannot be moved any more: every replica and Redis must have the time to hear of it.
const OPENING_IS_FIXED_FOR: SignedDuration = SignedDuration::from_secs(2);
/// How far in the past a new lobby's opening may lie: the request's own way here.
const PAST_TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

const MAX_TITLE: usize = 200;
const MAX_MESSAGE: usize = 2_000;
const MAX_ORIGINS: usize = 20;

/// What a drop's operator changes. What is left out stays; `null` takes a time away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DropChange {
    /// What people read; 1 to 200 characters.
    pub title: Option<String>,
    /// How it opens.
    pub mode: Option<Mode>,
    /// From when people may gather; not in the past.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    pub lobby_opens_at: Option<Option<Timestamp>>,
    /// From when people are called. Cannot be changed from 2 s before it on.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    pub opens_at: Option<Option<Timestamp>>,
    /// Until when.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    pub closes_at: Option<Option<Timestamp>>,
    /// Calls a minute.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub rate_per_minute: Option<u32>,
    /// Calls at once; at least one second's worth of the rate, which is also what it is where it is not said.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub burst: Option<u32>,
    /// How many may shop at once.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_active: Option<u32>,
    /// How long a call waits for its visitor, seconds.
    #[schema(minimum = 1, maximum = 86_400)]
    pub claim_window_s: Option<u32>,
    /// The longest session by renewals, seconds.
    #[schema(minimum = 1, maximum = 86_400)]
    pub session_max_s: Option<u32>,
    /// What becomes of a place whose call was not used.
    pub on_lapse: Option<OnLapse>,
    /// How long somebody who was away at their turn keeps the place, seconds.
    #[schema(minimum = 0, maximum = 86_400)]
    pub return_grace_s: Option<u32>,
    /// Where the salt of the draw will come from, such as a round of a public beacon or a drawing of a lottery; at most
    /// 500 characters. Only before the lobby opens. The drop then opens only with a salt.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub salt_source: Option<Option<String>>,
    /// The salt, exactly as its source publishes it; at most 256 characters. Once, in the lobby; where the time of opening
    /// has passed, the drop opens.
    pub salt: Option<String>,
    /// Whether somebody who has had a turn may join again.
    pub rejoin: Option<bool>,
    /// Seats a reservation may have.
    #[schema(minimum = 1, maximum = 100)]
    pub max_seats: Option<u32>,
    /// How long a hold lives, seconds.
    #[schema(minimum = 1, maximum = 86_400)]
    pub hold_s: Option<u32>,
    /// How long somebody waits after leaving a reservation to expire, seconds.
    #[schema(minimum = 0, maximum = 86_400)]
    pub cooldown_s: Option<u32>,
    /// Other sites that may use this drop's line: origins, at most 20.
    pub allowed_origins: Option<Vec<String>>,
    /// The languages of the drop's pages, the first for those who want none of them; an empty list for all there are.
    pub languages: Option<Vec<Language>>,
    /// How the drop's pages look, all of it; `null` for as all other pages.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Branding>)]
    pub branding: Option<Option<Branding>>,
    /// What the operator tells the people in line; at most 2,000 characters.
    pub message: Option<String>,
    /// Why, for the audit log; at most 500 characters.
    pub reason: Option<String>,
}

/// A field that was there, `null` or not.
#[expect(clippy::option_option, reason = "left out and null mean different things")]
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A new drop: its name, and what it is to have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewDrop {
    /// Its name: 1 to 64 lower-case letters, digits and inner hyphens.
    pub slug: DropSlug,
    /// Everything else; only the title is required.
    #[serde(flatten)]
    pub settings: DropChange,
}

impl<'de> Deserialize<'de> for NewDrop {
    /// The slug stands beside the other fields, of which none may be unknown.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        let slug = fields.remove("slug").ok_or_else(|| D::Error::missing_field("slug"))?;
        let slug = serde_json::from_value(slug).map_err(D::Error::custom)?;
        let settings = serde_json::from_value(fields.into()).map_err(D::Error::custom)?;
        Ok(Self { slug, settings })
    }
}

/// A rule that a drop's settings would break.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChange {
    /// Texts and lists have limits.
    #[error("{field} must have {least} to {most} {unit}")]
    Length {
        /// Which field.
        field: &'static str,
        /// At least.
        least: usize,
        /// At most.
        most: usize,
        /// Of what.
        unit: &'static str,
    },
    /// A number is out of its range.
    #[error("{field} must be from {least} to {most}")]
    Range {
        /// Which field.
        field: &'static str,
        /// At least.
        least: u32,
        /// At most.
        most: u32,
    },
    /// An origin is a scheme, a host and a port, nothing more.
    #[error("allowed_origins: {0:?} is no origin, such as `https://shop.example`")]
    Origin(String),
    /// Times are out of order.
    #[error("the lobby opens before the drop opens, and the drop opens before it closes")]
    Order,
    /// A lobby cannot have opened before the drop existed.
    #[error("lobby_opens_at must not be in the past")]
    LobbyInThePast,
    /// Opening cannot be undone.
    #[error("the drop has opened or is about to: opens_at cannot be changed any more")]
    Opened,
    /// People have joined by it.
    #[error("mode cannot be changed once the drop has opened")]
    ModeOfOpenDrop,
    /// Nobody may choose the source when they know who is there.
    #[error("salt_source cannot be changed once the lobby has opened")]
    SaltSourceStands,
    /// It is shown to people.
    #[error("salt_source must have 1 to 500 characters, none of them a control character")]
    SaltSourceText,
    /// Nothing is drawn where nobody waits for an opening.
    #[error("salt_source: a safety net has no draw")]
    SaltOfSafetyNet,
    /// A salt needs a source that was named before.
    #[error("salt: the drop names no salt_source")]
    SaltWithoutSource,
    /// Whoever knows the salt before the lobby could prepare.
    #[error("salt can be given only once the lobby has opened")]
    SaltTooEarly,
    /// It is given once.
    #[error("salt has been given and stands")]
    SaltStands,
    /// Everybody must be able to copy it.
    #[error("salt must have 1 to 256 characters, none of them a control character, and no space around it")]
    SaltText,
    /// What is shown must be seen.
    #[error("{field} must have 1 to {most} characters, none of them a control character")]
    BrandingText {
        /// Which text.
        field: &'static str,
        /// At most.
        most: usize,
    },
    /// A name alone keeps what there is.
    #[error("branding.logo: the drop has no logo of this name; send the picture as a `data:` URL")]
    LogoUnknown,
    /// People must be able to read it.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A title is required.
    #[error("title is required")]
    TitleMissing,
}

impl NewDrop {
    /// The drop to make, with what its operator did not say filled in.
    pub fn into_drop(
        self,
        defaults: DropDefaults,
        seed: Seed,
        now: Timestamp,
    ) -> Result<Drop, InvalidChange> {
        if self.settings.title.is_none() {
            return Err(InvalidChange::TitleMissing);
        }
        let blank = Drop {
            slug: self.slug,
            settings: standard(defaults),
            control: Control::Open,
            seed,
            roster: None,
            epoch: 0,
            version: 0,
            created_at: now,
            updated_at: now,
        };
        let mut drop = blank.changed(self.settings, now)?;
        if drop.settings.mode == Mode::SafetyNet {
            drop.settings.opens_at = Some(now);
            drop.settings.lobby_opens_at = Some(now);
            check(&drop.settings)?;
        }
        Ok(drop)
    }
}

fn standard(defaults: DropDefaults) -> Settings {
    Settings {
        title: String::new(),
        mode: Mode::Scheduled,
        lobby_opens_at: None,
        opens_at: None,
        closes_at: None,
        rate_per_minute: 600,
        burst: 1,
        max_active: 100,
        claim_window_s: defaults.claim_window_s,
        session_max_s: 1_800,
        on_lapse: OnLapse::Requeue,
        return_grace_s: 900,
        salt_source: None,
        salt: None,
        rejoin: false,
        max_seats: 10,
        hold_s: defaults.hold_s,
        cooldown_s: defaults.cooldown_s,
        allowed_origins: Vec::new(),
        languages: Vec::new(),
        branding: Branding::default(),
        message: String::new(),
    }
}

impl Drop {
    /// The drop after a change, one version later.
    pub fn changed(mut self, change: DropChange, now: Timestamp) -> Result<Self, InvalidChange> {
        length(
            "reason",
            change.reason.iter().flat_map(|reason| reason.chars()).count(),
            0,
            500,
            "characters",
        )?;
        self.reschedule(&change, now)?;
        if let Some(salt) = &change.salt {
            self.give_salt(salt, now)?;
        }
        let settings = &mut self.settings;
        let rate = change.rate_per_minute.unwrap_or(settings.rate_per_minute);
        settings.burst = change.burst.unwrap_or(settings.burst.max(one_seconds_worth(rate)));
        set(&mut settings.title, change.title.map(|title| title.trim().to_owned()));
        set(&mut settings.rate_per_minute, change.rate_per_minute);
        set(&mut settings.max_active, change.max_active);
        set(&mut settings.claim_window_s, change.claim_window_s);
        set(&mut settings.session_max_s, change.session_max_s);
        set(&mut settings.on_lapse, change.on_lapse);
        set(&mut settings.return_grace_s, change.return_grace_s);
        set(&mut settings.rejoin, change.rejoin);
        set(&mut settings.max_seats, change.max_seats);
        set(&mut settings.hold_s, change.hold_s);
        set(&mut settings.cooldown_s, change.cooldown_s);
        set(&mut settings.allowed_origins, change.allowed_origins);
        set(&mut settings.languages, change.languages.map(each_once));
        if let Some(branding) = change.branding {
            settings.branding = branding.unwrap_or_default().checked(&settings.branding)?;
        }
        set(&mut settings.message, change.message);
        check(settings)?;
        Ok(self.touched(now))
    }

    fn reschedule(&mut self, change: &DropChange, now: Timestamp) -> Result<(), InvalidChange> {
        if let Some(source) = &change.salt_source {
            self.name_salt_source(source.clone(), now)?;
        }
        let opening = self.opening();
        let settings = &mut self.settings;
        let fixed = opening.is_some_and(|opens_at| opens_at <= now + OPENING_IS_FIXED_FOR);
        if fixed && change.opens_at.is_some_and(|opens_at| opens_at != settings.opens_at) {
            return Err(InvalidChange::Opened);
        }
        if fixed && change.mode.is_some_and(|mode| mode != settings.mode) {
            return Err(InvalidChange::ModeOfOpenDrop);
        }
        if let Some(Some(lobby_opens_at)) = change.lobby_opens_at
            && change.lobby_opens_at != Some(settings.lobby_opens_at)
            && lobby_opens_at < now - PAST_TOLERANCE
        {
            return Err(InvalidChange::LobbyInThePast);
        }
        set(&mut settings.mode, change.mode);
        set(&mut settings.lobby_opens_at, change.lobby_opens_at);
        set(&mut settings.opens_at, change.opens_at);
        set(&mut settings.closes_at, change.closes_at);
        Ok(())
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn check(settings: &Settings) -> Result<(), InvalidChange> {
    length("title", settings.title.chars().count(), 1, MAX_TITLE, "characters")?;
    length("message", settings.message.chars().count(), 0, MAX_MESSAGE, "characters")?;
    length("allowed_origins", settings.allowed_origins.len(), 0, MAX_ORIGINS, "origins")?;
    range("rate_per_minute", settings.rate_per_minute, 1, 1_000_000)?;
    range("burst", settings.burst, one_seconds_worth(settings.rate_per_minute), 1_000_000)?;
    range("max_active", settings.max_active, 1, 1_000_000)?;
    range("claim_window_s", settings.claim_window_s, 1, 86_400)?;
    range("session_max_s", settings.session_max_s, 1, 86_400)?;
    range("return_grace_s", settings.return_grace_s, 0, 86_400)?;
    range("max_seats", settings.max_seats, 1, 100)?;
    range("hold_s", settings.hold_s, 1, 86_400)?;
    range("cooldown_s", settings.cooldown_s, 0, 86_400)?;
    check_order(settings)?;
    draw::check(settings)?;
    settings.allowed_origins.iter().try_for_each(|origin| check_origin(origin))
}

fn check_order(settings: &Settings) -> Result<(), InvalidChange> {
    let lobby_is_late =
        matches!((settings.lobby_opens_at, settings.opens_at), (Some(lobby), Some(open)) if lobby > open);
    let opening_is_late =
        matches!((settings.opens_at, settings.closes_at), (Some(open), Some(close)) if open >= close);
    if lobby_is_late || opening_is_late { Err(InvalidChange::Order) } else { Ok(()) }
}

fn length(
    field: &'static str,
    length: usize,
    least: usize,
    most: usize,
    unit: &'static str,
) -> Result<(), InvalidChange> {
    let fits = (least..=most).contains(&length);
    if fits { Ok(()) } else { Err(InvalidChange::Length { field, least, most, unit }) }
}

fn range(field: &'static str, value: u32, least: u32, most: u32) -> Result<(), InvalidChange> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(InvalidChange::Range { field, least, most }) }
}

fn check_origin(origin: &str) -> Result<(), InvalidChange> {
    let url = Url::parse(origin).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = url.is_some_and(|url| url.origin().ascii_serialization() == origin);
    if plain { Ok(()) } else { Err(InvalidChange::Origin(origin.to_owned())) }
}

#[cfg(test)]
pub(super) mod tests;
