//! Our payments against the gateway's books: every way in which they can differ, named. Not here: how either is read.

mod reconciler;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::money::{Currency, Money};
use utoipa::ToSchema;

pub use reconciler::{MAX_ENTRIES, ReconcileError, Reconciler};

use super::ids::{PaymentId, ReservationId};
use crate::gateway::{BookedCharge, BookedStatus};

/// What changed more recently may still be on its way to the other side: no difference yet.
pub const SETTLES_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// A payment as our books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurPayment {
    /// The attempt.
    pub id: PaymentId,
    /// What it paid for.
    pub reservation: ReservationId,
    /// The gateway that has it.
    pub gateway: String,
    /// The gateway's name for it, once it was known.
    pub reference: Option<String>,
    /// How much was to be paid.
    pub amount: Money,
    /// Where it is.
    pub state: OurState,
    /// What was given back, minor units.
    pub refunded_minor: i64,
    /// What is on its way back, minor units.
    pub refunding_minor: i64,
    /// When it, or one of its refunds, changed last.
    pub changed_at: Timestamp,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// Where a payment is, as far as its money is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OurState {
    /// Its saga runs, or the gateway is to let go of it.
    UnderWay,
    /// The bank asked the buyer back, who may still come.
    AskedBack,
    /// The money is ours, or was until it was given back.
    Captured,
    /// It came to nothing.
    Over,
}

/// A way in which our books and the gateway's differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The gateway took money for a payment that came to nothing here.
    CapturedThereNotHere,
    /// We count as captured what the gateway has not captured.
    CapturedHereNotThere,
    /// We count as captured what is not in the gateway's books at all.
    MissingThere,
    /// Both say captured, but not the same amount or currency.
    AmountDiffers,
    /// The gateway has given back more than we know of.
    RefundedThereNotHere,
    /// We count as given back what the gateway has not given back.
    RefundedHereNotThere,
    /// The gateway still holds money for a payment that is over.
    AuthorisedAndForgotten,
    /// A charge for none of our payments.
    UnknownCharge,
    /// The gateway has another name for the charge than we noted.
    ReferenceDiffers,
    /// A payment that should have come to its end long ago.
    Unfinished,
    /// A payment, or a refund of it, waits for a gateway that this shop is not configured for any more.
    GatewayNotConfigured,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 11] = [
        Self::CapturedThereNotHere,
        Self::CapturedHereNotThere,
        Self::MissingThere,
        Self::AmountDiffers,
        Self::RefundedThereNotHere,
        Self::RefundedHereNotThere,
        Self::AuthorisedAndForgotten,
        Self::UnknownCharge,
        Self::ReferenceDiffers,
        Self::Unfinished,
        Self::GatewayNotConfigured,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CapturedThereNotHere => "captured_there_not_here",
            Self::CapturedHereNotThere => "captured_here_not_there",
            Self::MissingThere => "missing_there",
            Self::AmountDiffers => "amount_differs",
            Self::RefundedThereNotHere => "refunded_there_not_here",
            Self::RefundedHereNotThere => "refunded_here_not_there",
            Self::AuthorisedAndForgotten => "authorised_and_forgotten",
            Self::UnknownCharge => "unknown_charge",
            Self::ReferenceDiffers => "reference_differs",
            Self::Unfinished => "unfinished",
            Self::GatewayNotConfigured => "gateway_not_configured",
        }
    }
}

/// One difference, with what each side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub class: Class,
    /// Our side, where there is one.
    pub ours: Option<OurPayment>,
    /// The gateway's side, where there is one.
    pub theirs: Option<BookedCharge>,
}

/// What was captured and given back in one currency, by each side's count, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sums {
    /// Captured by our count.
    pub captured_here_minor: i64,
    /// Captured by the gateway's.
    pub captured_there_minor: i64,
    /// Given back by our count.
    pub refunded_here_minor: i64,
    /// Given back by the gateway's.
    pub refunded_there_minor: i64,
}

/// Both sides of a period, compared.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// How many payments of ours were looked at.
    pub payments: usize,
    /// How many charges of the gateway's.
    pub charges: usize,
    /// What they come to.
    pub sums: BTreeMap<String, Sums>,
    /// How they differ.
    pub differences: Vec<Difference>,
}

/// The period that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// From then on.
    pub from: Timestamp,
    /// Before then.
    pub to: Timestamp,
}

impl Period {
    fn contains(self, at: Timestamp) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// Compares our payments with the gateway's charges. Each side may hold more than the period, so that what was begun
/// just before its end here and just after it there finds its other half; only what began in the period is looked at.
/// The gateway's books must have been read first.
pub fn compare(ours: &[OurPayment], theirs: &[BookedCharge], period: Period, now: Timestamp) -> Comparison {
    let known: HashMap<PaymentId, &OurPayment> = ours.iter().map(|payment| (payment.id, payment)).collect();
    // A charge may have been made for one attempt and be continued by the next one, which then has its name.
    let live = ours.iter().filter(|payment| payment.state != OurState::Over);
    let named: HashMap<&str, &OurPayment> =
        live.filter_map(|payment| Some((payment.reference.as_deref()?, payment))).collect();
    let mut charged: HashSet<PaymentId> = HashSet::new();
    let mut comparison = Comparison::default();
    for charge in theirs {
        let payment = named.get(charge.reference.0.as_str()).copied();
        let payment = payment.or_else(|| known.get(&charge.payment?).copied());
        charged.extend(payment.map(|payment| payment.id));
        if period.contains(payment.map_or(charge.created_at, |payment| payment.created_at)) {
            comparison.charges += 1;
            comparison.count(payment, charge);
            let class = match payment {
                Some(payment) => payment.differs(charge, now),
                None => unknown(charge, now).then_some(Class::UnknownCharge),
            };
            comparison.note(class, payment, Some(charge));
        }
    }
    for payment in ours.iter().filter(|payment| period.contains(payment.created_at)) {
        comparison.payments += 1;
        if !charged.contains(&payment.id) {
            let missing = payment.state == OurState::Captured && payment.has_settled(now);
            let class = if missing { Some(Class::MissingThere) } else { payment.unfinished(now) };
            comparison.count_ours(payment);
            comparison.note(class, Some(payment), None);
        }
    }
    comparison
}

impl Comparison {
    fn note(&mut self, class: Option<Class>, ours: Option<&OurPayment>, theirs: Option<&BookedCharge>) {
        if let Some(class) = class {
            self.differences.push(Difference { class, ours: ours.cloned(), theirs: theirs.cloned() });
        }
    }

    /// These wait for a gateway that nobody can ask.
    fn add_without_gateway(&mut self, waiting: &[OurPayment]) {
        for payment in waiting {
            self.note(Some(Class::GatewayNotConfigured), Some(payment), None);
        }
    }

    fn sums(&mut self, currency: Currency) -> &mut Sums {
        self.sums.entry(currency.as_str().to_owned()).or_default()
    }

    fn count(&mut self, payment: Option<&OurPayment>, charge: &BookedCharge) {
        if charge.captured_minor != 0 {
            let sums = self.sums(charge.amount.currency);
            sums.captured_there_minor += charge.captured_minor;
            sums.refunded_there_minor += charge.refunded_minor;
        }
        if let Some(payment) = payment {
            self.count_ours(payment);
        }
    }

    fn count_ours(&mut self, payment: &OurPayment) {
        if payment.state == OurState::Captured {
            let sums = self.sums(payment.amount.currency);
            sums.captured_here_minor += payment.amount.amount_minor;
            sums.refunded_here_minor += payment.refunded_minor;
        }
    }
}

impl OurPayment {
    /// The first way in which this payment and its charge differ.
    fn differs(&self, charge: &BookedCharge, now: Timestamp) -> Option<Class> {
        if !self.has_settled(now) {
            return None;
        }
        let captured = charge.status == BookedStatus::Captured || charge.captured_minor > 0;
        match self.state {
            OurState::UnderWay => self.unfinished(now),
            OurState::Over if captured => Some(Class::CapturedThereNotHere),
            OurState::Over if charge.status == BookedStatus::Authorised => {
                Some(Class::AuthorisedAndForgotten)
            }
            OurState::Captured if !captured => Some(Class::CapturedHereNotThere),
            OurState::Captured
                if Money::new(charge.captured_minor, charge.amount.currency) != self.amount =>
            {
                Some(Class::AmountDiffers)
            }
            OurState::Captured if charge.refunded_minor > self.refunded_minor + self.refunding_minor => {
                Some(Class::RefundedThereNotHere)
            }
            OurState::Captured if charge.refunded_minor < self.refunded_minor => {
                Some(Class::RefundedHereNotThere)
            }
            OurState::Captured
                if self.reference.as_ref().is_some_and(|known| *known != charge.reference.0) =>
            {
                Some(Class::ReferenceDiffers)
            }
            OurState::Over | OurState::AskedBack | OurState::Captured => None,
        }
    }

    fn has_settled(&self, now: Timestamp) -> bool {
        self.changed_at <= now - SETTLES_WITHIN
    }

    /// A saga ends a minute or two after it began, or somebody has to look.
    fn unfinished(&self, now: Timestamp) -> Option<Class> {
        let long_ago = now - SETTLES_WITHIN * 15;
        (self.state == OurState::UnderWay && self.created_at < long_ago).then_some(Class::Unfinished)
    }
}

/// Whether a charge that is for none of our payments has, or may have, somebody's money.
fn unknown(charge: &BookedCharge, now: Timestamp) -> bool {
    let nothing = matches!(charge.status, BookedStatus::Declined | BookedStatus::Voided);
    charge.created_at <= now - SETTLES_WITHIN && (!nothing || charge.captured_minor > 0)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::payment::GatewayReference;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn begun() -> Timestamp {
        now() - SignedDuration::from_mins(5)
    }

    fn day() -> Period {
        Period { from: now() - SignedDuration::from_hours(24), to: now() }
    }

    fn ours() -> OurPayment {
        OurPayment {
            id: PaymentId(Uuid::from_u128(1)),
            reservation: ReservationId(Uuid::from_u128(2)),
            gateway: "sandbox".to_owned(),
            reference: Some("ch_1".to_owned()),
            amount: Money::new(2500, Currency::EUR),
            state: OurState::Captured,
            refunded_minor: 0,
            refunding_minor: 0,
            changed_at: begun(),
            created_at: begun(),
        }
    }

    fn theirs() -> BookedCharge {
        BookedCharge {
            payment: Some(PaymentId(Uuid::from_u128(1))),
            reference: GatewayReference("ch_1".to_owned()),
            amount: Money::new(2500, Currency::EUR),
            captured_minor: 2500,
            refunded_minor: 0,
            status: BookedStatus::Captured,
            created_at: begun(),
        }
    }

    fn classes(ours: &[OurPayment], theirs: &[BookedCharge]) -> Vec<Class> {
        let compared = compare(ours, theirs, day(), now());
        compared.differences.iter().map(|difference| difference.class).collect()
    }

    #[test]
    fn books_that_agree_have_no_difference() {
        assert_eq!(classes(&[ours()], &[theirs()]), []);
        let over = OurPayment { state: OurState::Over, ..ours() };
        for status in [BookedStatus::Declined, BookedStatus::Voided] {
            assert_eq!(
                classes(
                    std::slice::from_ref(&over),
                    &[BookedCharge { captured_minor: 0, status, ..theirs() }]
                ),
                []
            );
        }
        assert_eq!(classes(&[over], &[]), [], "what never reached the gateway is in no books of its");
        let on_its_way = OurPayment { refunded_minor: 500, refunding_minor: 1000, ..ours() };
        for refunded_minor in [500, 1500] {
            assert_eq!(
                classes(std::slice::from_ref(&on_its_way), &[BookedCharge { refunded_minor, ..theirs() }]),
                []
            );
        }
    }

    #[test]
    fn every_class_of_difference_is_named() {
        let held = BookedCharge { captured_minor: 0, status: BookedStatus::Authorised, ..theirs() };
        let over = OurPayment { state: OurState::Over, ..ours() };
        let stuck = OurPayment {
            state: OurState::UnderWay,
            created_at: now() - SignedDuration::from_hours(1),
            ..ours()
        };
        let cases = [
            (Class::CapturedThereNotHere, vec![over.clone()], vec![theirs()]),
            (Class::AuthorisedAndForgotten, vec![over], vec![held.clone()]),
            (Class::CapturedHereNotThere, vec![ours()], vec![held.clone()]),
            (Class::MissingThere, vec![ours()], vec![]),
            (Class::AmountDiffers, vec![ours()], vec![BookedCharge { captured_minor: 2400, ..theirs() }]),
            (Class::RefundedThereNotHere, vec![ours()], vec![BookedCharge { refunded_minor: 1, ..theirs() }]),
            (Class::RefundedHereNotThere, vec![OurPayment { refunded_minor: 1, ..ours() }], vec![theirs()]),
            (Class::UnknownCharge, vec![], vec![theirs()]),
            (Class::UnknownCharge, vec![], vec![BookedCharge { payment: None, ..held }]),
            (
                Class::ReferenceDiffers,
                vec![OurPayment { reference: Some("ch_2".to_owned()), ..ours() }],
                vec![theirs()],
            ),
            (Class::Unfinished, vec![stuck.clone()], vec![]),
            (Class::Unfinished, vec![stuck], vec![theirs()]),
        ];
        let mut seen = HashSet::new();
        for (class, ours, theirs) in cases {
            assert_eq!(classes(&ours, &theirs), [class], "{}", class.as_str());
            seen.insert(class);
        }
        // What waits for a gateway that is not configured is in no books that could be compared.
        seen.insert(Class::GatewayNotConfigured);
        assert_eq!(seen.len(), Class::ALL.len());
    }

    #[test]
    fn what_a_buyer_may_still_come_back_for_is_no_difference() {
        let waits = OurPayment {
            state: OurState::AskedBack,
            created_at: now() - SignedDuration::from_hours(1),
            ..ours()
        };
        let held = BookedCharge { captured_minor: 0, status: BookedStatus::Authorised, ..theirs() };
        assert_eq!(classes(std::slice::from_ref(&waits), &[held]), []);
        assert_eq!(classes(&[waits], &[]), []);
    }

    #[test]
    fn a_charge_belongs_to_the_attempt_that_continues_it() {
        let declined = OurPayment { state: OurState::Over, ..ours() };
        let continued = OurPayment { id: PaymentId(Uuid::from_u128(3)), ..ours() };
        assert_eq!(classes(&[declined, continued], &[theirs()]), []);
    }

    #[test]
    fn what_changed_a_moment_ago_is_no_difference_yet() {
        let recent = OurPayment { changed_at: now() - SignedDuration::from_secs(59), ..ours() };
        let over = OurPayment { state: OurState::Over, ..recent.clone() };
        assert_eq!(classes(std::slice::from_ref(&recent), &[]), []);
        assert_eq!(classes(&[over], &[theirs()]), []);
        let unknown =
            BookedCharge { payment: None, created_at: now() - SignedDuration::from_secs(59), ..theirs() };
        assert_eq!(classes(&[], &[unknown]), []);
    }

    #[test]
    fn only_what_began_in_the_period_counts_and_finds_its_other_half_outside() {
        let before = day().from - SignedDuration::from_secs(1);
        let early = OurPayment { created_at: before, changed_at: before, ..ours() };
        let compared = compare(&[early], &[theirs()], day(), now());
        assert_eq!((compared.payments, compared.charges, compared.differences.len()), (0, 0, 0));
        let late_charge = BookedCharge { created_at: now() + SignedDuration::from_secs(1), ..theirs() };
        let compared = compare(&[ours()], &[late_charge], day(), now());
        assert_eq!((compared.payments, compared.charges, compared.differences.len()), (1, 1, 0));
    }

    #[test]
    fn sums_are_by_currency_and_side() {
        let refunded = OurPayment { refunded_minor: 500, ..ours() };
        let compared =
            compare(&[refunded], &[BookedCharge { refunded_minor: 300, ..theirs() }], day(), now());
        let sums = Sums {
            captured_here_minor: 2500,
            captured_there_minor: 2500,
            refunded_here_minor: 500,
            refunded_there_minor: 300,
        };
        assert_eq!(compared.sums, BTreeMap::from([("EUR".to_owned(), sums)]));
    }
}
