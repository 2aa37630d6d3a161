//! The scripts, each put together from the epoch guard, the chunks it builds on, and its own file.

use std::sync::LazyLock;

use redis::Script;
use shared::redis::guarded_script;

const STANDING: &str = include_str!("../../../lua/standing.lua");
const CIRCLE: &str = include_str!("../../../lua/circle.lua");
const PLACES: &str = include_str!("../../../lua/places.lua");
const PRESENCE: &str = include_str!("../../../lua/presence.lua");
const SIGHTINGS: &str = include_str!("../../../lua/sightings.lua");
const SAMPLE_PRESENCE: &str = include_str!("../../../lua/sample_presence.lua");
const FOLLOW_HORIZON: &str = include_str!("../../../lua/follow_horizon.lua");
const TAKE_PLACES: &str = include_str!("../../../lua/take_places.lua");
const CHOOSE_PLACES: &str = include_str!("../../../lua/choose_places.lua");
const HONOUR_PASSES: &str = include_str!("../../../lua/honour_passes.lua");
const SETTLE_CREDIT: &str = include_str!("../../../lua/settle_credit.lua");
const FREE_LAPSED: &str = include_str!("../../../lua/free_lapsed.lua");

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = [$($chunk:expr),*] $file:literal;)*) => {
        $(
            $(#[$doc])*
            #[doc = concat!("`waitroom/lua/", $file, "`, whole.")]
            pub static $name: LazyLock<Script> = LazyLock::new(|| {
                let chunks: &[&str] = &[$($chunk,)* include_str!(concat!("../../../lua/", $file))];
                guarded_script(&chunks.join("\n"))
            });
        )*
    };
}

scripts! {
    READ_PLACE = [CIRCLE, STANDING] "read_place.lua";
    LOOK_PLACE = [CIRCLE, PLACES, STANDING, PRESENCE] "look_place.lua";
    SEE_PLACES = [CIRCLE, PLACES, STANDING, PRESENCE] "see_places.lua";
    JOIN_LINE = [CIRCLE, PLACES, STANDING, PRESENCE] "join_line.lua";
    LEAVE_LINE = [CIRCLE, PLACES, STANDING] "leave_line.lua";
    CLAIM_SLOT = [CIRCLE, PLACES, STANDING, PRESENCE] "claim_slot.lua";
    PUT_BACK = [CIRCLE, PLACES, STANDING, PRESENCE] "put_back.lua";
    RENEW_ADMISSION = [] "renew_admission.lua";
    END_ADMISSION = [CIRCLE, PLACES] "end_admission.lua";
    CALL_NEXT = [CIRCLE, PLACES, SIGHTINGS, SETTLE_CREDIT, FREE_LAPSED, TAKE_PLACES, HONOUR_PASSES, CHOOSE_PLACES] "call_next.lua";
    MEASURE_LINE = [CIRCLE, SIGHTINGS, SAMPLE_PRESENCE, FOLLOW_HORIZON] "measure_line.lua";
    READ_MOVES = [] "read_moves.lua";
    GIVE_PASS = [] "give_pass.lua";
    READ_UNRECORDED = [] "read_unrecorded.lua";
    MARK_RECORDED = [CIRCLE, PLACES] "mark_recorded.lua";
    WRITE_SETTINGS = [SETTLE_CREDIT] "write_settings.lua";
    PUT_CODE = [] "put_code.lua";
    SPEND_CODE = [] "spend_code.lua";
    PUT_HANDOVER = [] "put_handover.lua";
    SPEND_HANDOVER = [] "spend_handover.lua";
}

/// Runs without the guard: it is asked when the guard said LOST.
pub(crate) static CHECK_EPOCH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../../../lua/check_epoch.lua")));

/// Runs without the guard: it makes what the guard looks for.
pub(crate) static MARK_EPOCH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../../../lua/mark_epoch.lua")));
