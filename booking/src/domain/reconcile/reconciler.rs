//! Reads both books and compares them; puts right what only has one right end.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use shared::clock::Clock;
use shared::money::Money;
use shared::store::StoreError;
use uuid::Uuid;

use super::{Class, Comparison, Difference, Period, compare};
use crate::gateway::{Attempt, BookedCharge, Gateway, Gateways, NoAnswer};
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
    gateways: Gateways,
    clock: Clock,
}

impl Reconciler {
    /// Compares these books with those of these gateways.
    pub fn new(books: Books, refunds: Refunds, gateways: Gateways, clock: Clock) -> Self {
        Self { books, refunds, gateways, clock }
    }

    /// Compares what was begun in a period with the books of one gateway. They are read first: what ours say later is
    /// newer. Payments that wait for a gateway that is not configured are differences of every period and gateway.
    pub async fn compare(
        &self,
        gateway: &Arc<dyn Gateway>,
        period: Period,
    ) -> Result<Comparison, ReconcileError> {
        let mut compared = self.compare_books(gateway, period).await?;
        let stranded = self.books.waiting_elsewhere(&self.gateways.names(), MAX_ENTRIES).await?;
        compared.add_without_gateway(&stranded);
        Ok(compared)
    }

    async fn compare_books(
        &self,
        gateway: &Arc<dyn Gateway>,
        period: Period,
    ) -> Result<Comparison, ReconcileError> {
        let wider = Period { from: period.from - MARGIN, to: period.to + MARGIN };
        let theirs = theirs(gateway, wider).await?;
        let charged: Vec<Uuid> = theirs.iter().filter_map(|charge| charge.payment).map(|id| id.0).collect();
        let names: Vec<String> = theirs.iter().map(|charge| charge.reference.0.clone()).collect();
        let known = (charged.as_slice(), names.as_slice());
        let ours = self.books.payments(gateway.name(), period, known, MAX_ENTRIES + 1).await?;
        if ours.len() > MAX_ENTRIES {
            return Err(ReconcileError::TooMany);
        }
        Ok(compare(&ours, &theirs, period, self.clock.now()))
    }

    /// Compares what was begun lately with the books of every gateway, and gives back or lets go of money that is nobody's:
    /// there is no other right end for it. How many differences of each class there are, those included. A gateway that
    /// does not show its books does not keep the others from being compared; then that is the error.
    pub async fn watch(&self) -> Result<BTreeMap<Class, u64>, ReconcileError> {
        let now = self.clock.now();
        let mut counts: BTreeMap<Class, u64> = Class::ALL.into_iter().map(|class| (class, 0)).collect();
        let stranded = self.books.waiting_elsewhere(&self.gateways.names(), MAX_ENTRIES).await?;
        counts.insert(Class::GatewayNotConfigured, stranded.len() as u64);
        let mut failed = None;
        for gateway in self.gateways.all() {
            match self.compare_books(gateway, Period { from: now - WATCHED, to: now }).await {
                Ok(compared) => {
                    for difference in &compared.differences {
                        *counts.entry(difference.class).or_default() += 1;
                        self.put_right(gateway, difference).await?;
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(counts), Err)
    }

    async fn put_right(
        &self,
        gateway: &Arc<dyn Gateway>,
        difference: &Difference,
    ) -> Result<(), ReconcileError> {
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
                gateway.void(&attempt).await?;
                tracing::warn!(payment.id = %ours.id, "an authorisation of a payment that is over was let go of");
            }
            _ => {}
        }
        Ok(())
    }
}

/// What the gateway's books say of a period.
async fn theirs(gateway: &Arc<dyn Gateway>, period: Period) -> Result<Vec<BookedCharge>, ReconcileError> {
    let (mut charges, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = gateway.books(period.from, period.to, after.as_deref()).await?;
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
