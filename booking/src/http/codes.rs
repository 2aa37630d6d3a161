//! The error codes of the shop.

use shared::problem::Code;

/// Somebody else's.
pub const NOT_YOURS: Code = Code::new(
    "not_yours",
    403,
    "This is somebody else's",
    "The admission or the manage token that was sent does not belong to this reservation or booking.",
);
/// The admission is to another drop.
pub const WRONG_DROP: Code = Code::new(
    "wrong_drop",
    403,
    "Your admission is to another drop",
    "The show is sold by the drop named in `drop`; join its line.",
);
/// The slot is gone.
pub const ADMISSION_ENDED: Code = Code::new(
    "admission_ended",
    403,
    "Your admission has ended",
    "Its time in the shop is over: it lapsed, was given back or was revoked. Join the line again.",
);
/// The admission bought something already.
pub const ADMISSION_SPENT: Code = Code::new(
    "admission_spent",
    403,
    "Your admission has been used",
    "One admission buys once. Join the line again, where the drop allows it.",
);

/// All of them.
pub const ALL: &[&Code] = &[
    &shared::admission::ADMISSION_REQUIRED,
    &shared::admission::ADMISSION_INVALID,
    &shared::admission::ADMISSION_EXPIRED,
    &NOT_YOURS,
    &WRONG_DROP,
    &ADMISSION_ENDED,
    &ADMISSION_SPENT,
];
