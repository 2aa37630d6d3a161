//! Every key of a drop's line, built here alone. They share the hash tag `{drop:SLUG}`.

use jiff::Timestamp;
use shared::drop::DropKeys;
use shared::ids::DropSlug;

use crate::domain::drop::Drop;
use crate::domain::place::PlaceId;

/// The keys of a line, in the order in which the scripts number them.
#[derive(Clone, Debug)]
pub struct LineKeys {
    /// `KEYS[1]`. Hash: `epoch`, `run_id` of the server it was written on, `moves`: how many batches of moves there were,
    /// `calling_from`: nobody is called before, ms.
    pub epoch: String,
    /// `KEYS[2]`. Hash: the drop's settings.
    pub settings: String,
    /// `KEYS[3]`. Sorted set: place → raw score. The main line.
    pub queue: String,
    /// `KEYS[4]`. Sorted set: place → score; called before the queue.
    pub side: String,
    /// `KEYS[5]`. Sorted set: sid → lives until, ms.
    pub slots: String,
    /// `KEYS[6]`. Hash: sid → record (JSON).
    pub admissions: String,
    /// `KEYS[7]`. Hash: place → sid.
    pub places: String,
    /// `KEYS[8]`. Hash: base → the last generation that ended, why, and the successor's score.
    pub gone: String,
    /// `KEYS[9]`. Stream: what the ledger has yet to learn.
    pub unrecorded: String,
    /// `KEYS[10]`. Counter of the places taken after opening in this epoch.
    pub arrivals: String,
    /// `KEYS[11]`. Hash: place that was set aside → `score until` (ms).
    pub aside: String,
    /// `KEYS[12]`. Sorted set: place → last seen, ms.
    pub seen: String,
    /// `KEYS[13]`. Hash: `steps`, `track_below`, `reach`, `raised`; none of them: everybody is reported on, always.
    pub horizon: String,
    /// `KEYS[14]`. Hash: base → pass.
    pub passes: String,
    /// `KEYS[15]`. Sorted set, all scores 0: bases with a pass, whose place the next tick after opening looks for.
    pub passes_due: String,
    /// `KEYS[16]`. Stream: who went out of plain waiting, or came back.
    pub moves: String,
    /// `KEYS[17]`. Sorted set: place → raw score, of the lobby's places that left the queue after the opening, until the
    /// roster is stored.
    pub drawn: String,
    /// `KEYS[18]`. The highest score, turned, that the main line has been called to.
    pub frontier: String,
    /// `KEYS[19]`. Hash: `units`, `at`, `calls`, `ticked`, `blind_from`, `blind_until`.
    pub credit: String,
    /// `KEYS[20]`. Hash: booking's load and stock.
    pub health: String,
    /// `KEYS[21]`. Hash: the rank table that was measured last.
    pub ranks: String,
    tag: String,
}

impl LineKeys {
    /// The keys of a drop.
    pub fn of(drop: &DropSlug) -> Self {
        let shared = DropKeys::of(drop);
        let tag = format!("{{drop:{drop}}}:");
        let key = |name: &str| format!("{tag}{name}");
        Self {
            epoch: shared.epoch,
            settings: shared.settings,
            queue: key("queue"),
            side: key("side"),
            slots: shared.slots,
            admissions: key("admissions"),
            places: key("places"),
            gone: key("gone"),
            unrecorded: shared.unrecorded,
            arrivals: key("arrivals"),
            aside: key("aside"),
            seen: key("seen"),
            horizon: key("horizon"),
            passes: key("passes"),
            passes_due: key("passes_due"),
            moves: key("moves"),
            drawn: key("drawn"),
            frontier: key("frontier"),
            credit: key("credit"),
            health: shared.health,
            ranks: key("ranks"),
            tag,
        }
    }

    /// `KEYS[1]` to `KEYS[count]`.
    pub fn first(self, count: usize) -> Vec<String> {
        let mut keys = vec![
            self.epoch,
            self.settings,
            self.queue,
            self.side,
            self.slots,
            self.admissions,
            self.places,
            self.gone,
            self.unrecorded,
            self.arrivals,
            self.aside,
            self.seen,
            self.horizon,
            self.passes,
            self.passes_due,
            self.moves,
            self.drawn,
            self.frontier,
            self.credit,
            self.health,
            self.ranks,
        ];
        keys.truncate(count);
        keys
    }

    /// The key of the lease by which one replica gathers the roster.
    pub fn roster_lease(&self) -> String {
        format!("{}roster_lease", self.tag)
    }

    /// The key of a code, by its digest.
    pub fn code(&self, digest: &str) -> String {
        format!("{}code:{digest}", self.tag)
    }

    /// The key of a code that takes a place to another device, by its digest.
    pub fn handover(&self, digest: &str) -> String {
        format!("{}handover:{digest}", self.tag)
    }

    /// The key that says when the place of this identity was last opened on another device by such a code, ms.
    pub fn elsewhere(&self, place: PlaceId) -> String {
        format!("{}elsewhere:{}", self.tag, place.base())
    }

    /// The key of the count of such codes that the identity of this place was given lately.
    pub fn handovers_of(&self, place: PlaceId) -> String {
        format!("{}handovers:{}", self.tag, place.base())
    }
}

/// The fields of the `settings` hash, without `version`. A time that is not set is empty, and so is the time of opening
/// while the salt of the draw is awaited.
pub fn settings(drop: &Drop) -> Vec<(&'static str, String)> {
    let settings = &drop.settings;
    let ms = |time: Option<Timestamp>| time.map(|time| time.as_millisecond().to_string()).unwrap_or_default();
    let mut fields = vec![
        ("state", drop.control.as_str().to_owned()),
        ("lobby_opens_at", ms(settings.lobby_opens_at)),
        ("opens_at", ms(drop.opening())),
        ("closes_at", ms(settings.closes_at)),
        ("rate_per_minute", settings.rate_per_minute.to_string()),
        ("burst", settings.burst.to_string()),
        ("max_active", settings.max_active.to_string()),
        ("claim_window_s", settings.claim_window_s.to_string()),
        ("session_max_s", settings.session_max_s.to_string()),
        ("on_lapse", settings.on_lapse.as_str().to_owned()),
        ("return_grace_s", settings.return_grace_s.to_string()),
        ("turn", drop.turn().to_string()),
        ("undecided", u8::from(drop.awaits_salt()).to_string()),
        ("rejoin", u8::from(settings.rejoin).to_string()),
        ("max_seats", settings.max_seats.to_string()),
        ("hold_s", settings.hold_s.to_string()),
        ("cooldown_s", settings.cooldown_s.to_string()),
        ("allowed_origins", settings.allowed_origins.join(" ")),
    ];
    // Never taken away again: a roster that is stored stays.
    fields.extend(drop.roster.map(|_| ("roster", "1".to_owned())));
    fields
}
