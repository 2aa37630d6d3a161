//! The scripts, each put together from the epoch guard, the chunks it builds on, and its own file.

use std::sync::LazyLock;

use redis::Script;
use shared::redis::guarded_script;

const STANDING: &str = include_str!("../../../lua/standing.lua");
const SETTLE_CREDIT: &str = include_str!("../../../lua/settle_credit.lua");
const FREE_LAPSED: &str = include_str!("../../../lua/free_lapsed.lua");

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = [$($chunk:expr),*] $file:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
                let chunks: &[&str] = &[$($chunk,)* include_str!(concat!("../../../lua/", $file))];
                guarded_script(&chunks.join("\n"))
            });
        )*
    };
}

scripts! {
    READ_PLACE = [STANDING] "read_place.lua";
    JOIN_LINE = [STANDING] "join_line.lua";
    LEAVE_LINE = [STANDING] "leave_line.lua";
    CLAIM_SLOT = [STANDING] "claim_slot.lua";
    PUT_BACK = [STANDING] "put_back.lua";
    RENEW_ADMISSION = [] "renew_admission.lua";
    END_ADMISSION = [] "end_admission.lua";
    CALL_NEXT = [SETTLE_CREDIT, FREE_LAPSED] "call_next.lua";
    READ_UNRECORDED = [] "read_unrecorded.lua";
    MARK_RECORDED = [] "mark_recorded.lua";
    WRITE_SETTINGS = [SETTLE_CREDIT] "write_settings.lua";
    PUT_CODE = [] "put_code.lua";
    SPEND_CODE = [] "spend_code.lua";
}

/// Runs without the guard: it is asked when the guard said LOST.
pub(crate) static CHECK_EPOCH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../../../lua/check_epoch.lua")));

/// Runs without the guard: it makes what the guard looks for.
pub(crate) static MARK_EPOCH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../../../lua/mark_epoch.lua")));
