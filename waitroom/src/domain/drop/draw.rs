//! What a drop's draw needs besides the seed: the salt that may turn the circle of scores, and the roster of those who
//! were in the lobby at opening, which is stored once and published after its digest.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Drop, InvalidChange, Mode, Settings};
use crate::domain::place::hex;

/// The digest of the roster is public for so long before the seed and the roster are: whoever watches has it by then.
const DIGEST_COMES_BEFORE: SignedDuration = SignedDuration::from_secs(2);

const MAX_SOURCE: usize = 500;
const MAX_SALT: usize = 256;

/// The roster of a draw as the drop's row knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Names its pages.
    pub id: Uuid,
    /// The SHA-256 of its text: a place id a line, lower case, each line ended by a newline.
    pub sha256: [u8; 32],
    /// How many places it has.
    pub count: u64,
    /// When it was stored.
    pub stored_at: Timestamp,
}

impl Roster {
    /// The digest as it is published: 64 hex digits.
    pub fn digest(&self) -> String {
        hex(&self.sha256)
    }
}

impl Drop {
    /// Whether it names a source of a salt and has no salt yet: so long it does not open.
    pub fn awaits_salt(&self) -> bool {
        self.settings.salt_source.is_some() && self.settings.salt.is_none()
    }

    /// The moment of opening that is in force: none while the salt is awaited.
    pub fn opening(&self) -> Option<Timestamp> {
        self.settings.opens_at.filter(|_| !self.awaits_salt())
    }

    /// By how much the circle of drawn scores is turned: the first 52 bits, big-endian, of `HMAC-SHA256(seed, salt)`; 0
    /// without a salt.
    pub fn turn(&self) -> u64 {
        self.settings.salt.as_deref().map_or(0, |salt| self.seed.turn(salt))
    }

    /// Whether the seed and the roster are public: when the digest of the roster has been for a while.
    pub fn reveals_draw(&self, now: Timestamp) -> bool {
        self.roster.is_some_and(|roster| roster.stored_at + DIGEST_COMES_BEFORE <= now)
    }

    /// What of this drop changes by itself, in an order that never goes back: of two rows the newer has the greater.
    pub fn revision(&self) -> (i64, i64, bool) {
        (self.version, self.epoch, self.roster.is_some())
    }

    /// Names the source of the salt, or takes the name away; not once the lobby has opened.
    pub(super) fn name_salt_source(
        &mut self,
        source: Option<String>,
        now: Timestamp,
    ) -> Result<(), InvalidChange> {
        let source = source.map(|source| source.trim().to_owned());
        if source == self.settings.salt_source {
            return Ok(());
        }
        if self.has_lobby(now) {
            return Err(InvalidChange::SaltSourceStands);
        }
        self.settings.salt_source = source;
        Ok(())
    }

    /// The salt as a change of settings, not before the lobby has opened. The drop opens on schedule then; where its time
    /// has passed, now: whoever joined meanwhile joined the lobby.
    pub(super) fn give_salt(&mut self, salt: &str, now: Timestamp) -> Result<(), InvalidChange> {
        if !self.has_lobby(now) {
            return Err(InvalidChange::SaltTooEarly);
        }
        let awaited = self.awaits_salt();
        self.take_salt(salt)?;
        let opens_at = &mut self.settings.opens_at;
        *opens_at = opens_at.map(|opens_at| if awaited { opens_at.max(now) } else { opens_at });
        Ok(())
    }

    /// The drop with its salt, about to be opened: a time that has passed without the salt is none.
    pub fn salted(mut self, salt: &str, now: Timestamp) -> Result<Self, InvalidChange> {
        let awaited = self.awaits_salt();
        self.take_salt(salt)?;
        self.settings.opens_at = self.settings.opens_at.filter(|opens_at| !awaited || *opens_at > now);
        Ok(self)
    }

    /// Takes the salt, which can be given once.
    fn take_salt(&mut self, salt: &str) -> Result<(), InvalidChange> {
        let settings = &mut self.settings;
        match (&settings.salt_source, &settings.salt) {
            (None, _) => Err(InvalidChange::SaltWithoutSource),
            (_, Some(given)) if given == salt => Ok(()),
            (_, Some(_)) => Err(InvalidChange::SaltStands),
            (_, None) if !is_plain(salt, MAX_SALT) => Err(InvalidChange::SaltText),
            (_, None) => {
                settings.salt = Some(salt.to_owned());
                Ok(())
            }
        }
    }

    /// Whether people may have gathered already.
    fn has_lobby(&self, now: Timestamp) -> bool {
        let passed = |time: Option<Timestamp>| time.is_some_and(|time| time <= now);
        passed(self.settings.lobby_opens_at) || passed(self.settings.opens_at)
    }
}

/// What a draw's settings must keep.
pub(super) fn check(settings: &Settings) -> Result<(), InvalidChange> {
    match &settings.salt_source {
        Some(_) if settings.mode == Mode::SafetyNet => Err(InvalidChange::SaltOfSafetyNet),
        Some(source) if !is_plain(source, MAX_SOURCE) => Err(InvalidChange::SaltSourceText),
        _ => Ok(()),
    }
}

/// Whether the text looks the same to everybody who copies it.
fn is_plain(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
