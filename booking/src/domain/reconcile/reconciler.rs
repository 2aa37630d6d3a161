//! Reads both books and compares them; puts right what only has one right end.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use shared::clock::Clock;
use shared::money::Money;
use shared::store::StoreError;
use uuid::Uuid;

use super::{Class, Comparison, Difference, Period, compare};
use crate::gateway::{Attempt, BookedCharge, Gateway, NoAnswer};
use crate::store::reconciliation::Books;
use crate::store::refunds::Refunds;

/// What was begun here and charged there may lie so far apart: no payment takes longer.
const MARGIN: SignedDuration = SignedDuration::from_mins(30);
/// The most payments, and the most charges, of a period that is compared.
pub const MAX_ENTRIES: usize = 50_000;
/// The period that is watched: longer than a gateway may be away before somebody looks.
const WATCHED: SignedDuration = SignedDuration::from_hours(6);

/// Why two books were not compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// There are too many entries to hold in memory.
    #[error("there are more than {MAX_ENTRIES} payments in this period")]
    TooMany,
    /// The gateway does not show its books.
    #[error(transparent)]
    Gateway(#[from] NoAnswer),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares our payments with the gateway's books.
#[derive(Clone)]
pub struct Reconciler {
    books: Books,
    refunds: Refunds,
    gateway: Arc<dyn Gateway>,
    clock: Clock,
}

impl Reconciler {
    /// Compares these books with this gateway's.
    pub fn new(books: Books, refunds: Refunds, gateway: Arc<dyn Gateway>, clock: Clock) -> Self {
        Self { books, refunds, gateway, clock }
    }

    /// Compares what was begun in a period. The gateway's books are read first: what ours say later is newer.
    pub async fn compare(&self, period: Period) -> Result<Comparison, ReconcileError> {
        let wider = Period { from: period.from - MARGIN, to: period.to + MARGIN };
        let theirs = self.theirs(wider).await?;
        let charged: Vec<Uuid> = theirs.iter().filter_map(|charge| charge.payment).map(|id| id.0).collect();
        let names: Vec<String> = theirs.iter().map(|charge| charge.reference.0.clone()).collect();
        let known = (charged.as_slice(), names.as_slice());
        let ours = self.books.payments(self.gateway.name(), period, known, MAX_ENTRIES + 1).await?;
        if ours.len() > MAX_ENTRIES {
            return Err(ReconcileError::TooMany);
        }
        Ok(compare(&ours, &theirs, period, self.clock.now()))
    }

    async fn theirs(&self, period: Period) -> Result<Vec<BookedCharge>, ReconcileError> {
        let (mut charges, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.gateway.books(period.from, period.to, after.as_deref()).await?;
            charges.extend(page.charges);
            if charges.len() > MAX_ENTRIES {
                return Err(ReconcileError::TooMany);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(charges),
            }
        }
    }

    /// Compares what was begun lately, and gives back or lets go of money that is nobody's: there is no other right end
    /// for it. How many differences of each class there are, those included.
    pub async fn watch(&self) -> Result<BTreeMap<Class, u64>, ReconcileError> {
        let now = self.clock.now();
        let compared = self.compare(Period { from: now - WATCHED, to: now }).await?;
        let mut counts: BTreeMap<Class, u64> = Class::ALL.into_iter().map(|class| (class, 0)).collect();
        for difference in &compared.differences {
            *counts.entry(difference.class).or_default() += 1;
            self.put_right(difference).await?;
        }
        Ok(counts)
    }

    async fn put_right(&self, difference: &Difference) -> Result<(), ReconcileError> {
        let (Some(ours), Some(theirs)) = (&difference.ours, &difference.theirs) else { return Ok(()) };
        let attempt = Attempt {
            payment: ours.id,
            reservation: ours.reservation,
            amount: ours.amount,
            reference: Some(theirs.reference.clone()),
        };
        let may_be_put_right =
            matches!(difference.class, Class::CapturedThereNotHere | Class::AuthorisedAndForgotten);
        if !may_be_put_right || !self.books.is_nobodys(&attempt).await? {
            return Ok(());
        }
        match difference.class {
            Class::CapturedThereNotHere if theirs.amount.currency == ours.amount.currency => {
                let taken = theirs.captured_minor.min(ours.amount.amount_minor) - theirs.refunded_minor;
                let taken = Money::new(taken, ours.amount.currency);
                if taken.amount_minor > 0
                    && self.refunds.captured_late(attempt, taken, self.clock.now()).await?
                {
                    tracing::warn!(payment.id = %ours.id, "money was taken for a payment that is over; it goes back");
                }
            }
            Class::AuthorisedAndForgotten => {
                self.gateway.void(&attempt).await?;
                tracing::warn!(payment.id = %ours.id, "an authorisation of a payment that is over was let go of");
            }
            _ => {}
        }
        Ok(())
    }
}
