//! The error codes of the waiting room, besides the common ones.

use shared::admission::{ADMISSION_EXPIRED, ADMISSION_INVALID, ADMISSION_REQUIRED};
use shared::problem::Code;

pub const PLACE_REQUIRED: Code = Code::new(
    "place_required",
    401,
    "You need a place in line",
    "Join the line first: `POST /v1/drops/{drop}/places`. Then send the place token as `Authorization: Bearer …`, or its cookie.",
);
pub const PLACE_INVALID: Code = Code::new(
    "place_invalid",
    401,
    "The place token is not valid",
    "It was not made here, was changed, or is of another drop. Join the line again: whoever has a place gets the same one.",
);
pub const ACCOUNT_INVALID: Code = Code::new(
    "account_invalid",
    401,
    "The account's token is not valid",
    "It is of an issuer that is not trusted here, for another audience, or was changed. Log in again, or join without it.",
);
pub const ACCOUNT_EXPIRED: Code = Code::new(
    "account_expired",
    401,
    "The account's token has expired",
    "Log in again for a fresh one; the place of the account is still there.",
);
pub const DROP_NOT_OPEN: Code = Code::new(
    "drop_not_open",
    409,
    "The lobby has not opened yet",
    "Come back when the lobby opens; coming early earns nothing.",
);
pub const ALREADY_SERVED: Code =
    Code::new("already_served", 409, "You have had your turn", "This drop gives everybody one turn.");
pub const DROP_CLOSED: Code = Code::new("drop_closed", 410, "The drop is over", "Nobody is let in any more.");
pub const NOT_YOUR_TURN: Code = Code::new(
    "not_your_turn",
    409,
    "It is not your turn yet",
    "Wait until the state of your place is `called`; ask again after `poll_after_ms`.",
);
pub const TURN_LAPSED: Code = Code::new(
    "turn_lapsed",
    410,
    "Your turn is over",
    "The admission was not picked up or not used in time, or you have left. Look at your place: by the drop's policy you may be in line again.",
);
pub const CODE_SPENT: Code = Code::new(
    "code_spent",
    410,
    "The code is not good any more",
    "A code is good once, and not for long. Make a new one where you got this one: claim the admission again, or move the place again from the device that has it.",
);
pub const SESSION_OVER: Code = Code::new(
    "session_over",
    410,
    "Your session is over",
    "The admission has ended, or has been renewed as long as the drop allows. A reservation you hold can still be paid for.",
);
pub const MAIL_NOT_CONFIGURED: Code = Code::new(
    "mail_not_configured",
    422,
    "This installation sends no mail",
    "Its operators have not said how (`MAIL_URL`). Keep the page of the line open instead.",
);
pub const ALREADY_REMINDED: Code = Code::new(
    "already_reminded",
    409,
    "The mail has been sent",
    "There is one mail a place, when its turn is near. Look at your place.",
);
pub const NO_MAIL_NEEDED: Code = Code::new(
    "no_mail_needed",
    409,
    "A mail would come too late",
    "The turn is near or has come, or the place does not wait any more (`reason`: `near`, `called`, `over`). Look at the place.",
);
pub const TOO_MANY_REMINDERS: Code = Code::new(
    "too_many_reminders",
    422,
    "This address has enough reminders",
    "Five places of a drop may ask for mail to one address. Use another one, or take one of the others back.",
);
pub const STREAMS_FULL: Code = Code::new(
    "streams_full",
    503,
    "This replica has as many streams as it may",
    "Poll your place, or try again after the time that `Retry-After` says: another replica may have room.",
);
pub const INVALID_STATE: Code = Code::new(
    "invalid_state",
    409,
    "The drop is not in a state that allows this",
    "The detail says which state it is in. Opening and closing cannot be undone.",
);
pub const SLUG_TAKEN: Code =
    Code::new("slug_taken", 409, "There is a drop of this name", "Choose another slug.");

/// All of them.
pub const ALL: &[&Code] = &[
    &PLACE_REQUIRED,
    &PLACE_INVALID,
    &ACCOUNT_INVALID,
    &ACCOUNT_EXPIRED,
    &DROP_NOT_OPEN,
    &ALREADY_SERVED,
    &DROP_CLOSED,
    &NOT_YOUR_TURN,
    &TURN_LAPSED,
    &CODE_SPENT,
    &SESSION_OVER,
    &MAIL_NOT_CONFIGURED,
    &ALREADY_REMINDED,
    &NO_MAIL_NEEDED,
    &TOO_MANY_REMINDERS,
    &STREAMS_FULL,
    &INVALID_STATE,
    &SLUG_TAKEN,
    &ADMISSION_REQUIRED,
    &ADMISSION_INVALID,
    &ADMISSION_EXPIRED,
];
