//! Names of constraints, for turning a refused row into a domain's error. The migration declares them.

/// A seat has one live owner.
pub const SEAT_ALREADY_CLAIMED: &str = "seat_claims_one_live_owner";
/// A buyer has one live reservation a show.
pub const BUYER_HAS_A_RESERVATION: &str = "reservations_one_live_a_buyer";
/// Two shows of a screen overlap.
pub const SHOWS_OVERLAP: &str = "shows_do_not_overlap";
/// A show's movie does not exist.
pub const MOVIE_UNKNOWN: &str = "shows_movie_exists";
/// A show's screen does not exist.
pub const SCREEN_UNKNOWN: &str = "shows_screen_exists";
/// A screen's theatre does not exist.
pub const THEATRE_UNKNOWN: &str = "screens_theatre_exists";
/// A theatre has a screen of this name already.
pub const SCREEN_NAME_TAKEN: &str = "screens_name_is_unique_in_theatre";
/// A reservation has a payment under way, or paid, already.
pub const PAYMENT_UNDER_WAY: &str = "payments_one_live_a_reservation";
/// A reservation has its booking already.
pub const BOOKING_EXISTS: &str = "bookings_one_a_reservation";
/// A booking's reference is taken.
pub const REFERENCE_TAKEN: &str = "bookings_reference_is_unique";
/// More would be given back than was captured.
pub const REFUNDS_EXCEED_CAPTURE: &str = "payments_refunds_stay_within_capture";
/// The admission bought something already.
pub const ADMISSION_SPENT: &str = "bookings_admission_is_spent_once";
