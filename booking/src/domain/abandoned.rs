//! Attempts whose bank asked the buyer back, and whose reservation is over since: the gateway is told to expect nothing
//! more, and what it holds or has taken goes back. Not here: how a buyer who did come back goes on (`gateway`).

use std::sync::Arc;

use shared::clock::Clock;
use shared::store::StoreError;

use super::pauses::Pauses;
use crate::gateway::{Attempt, Charge, Gateway, NoAnswer, timed};
use crate::metrics::money as measured;
use crate::store::payments::{AskedBack, Continued, Payments};
use crate::store::refunds::Refunds;

/// How long after a failure the gateway is asked again.
const PAUSES: Pauses = Pauses { first_s: 2, longest_s: 120 };

/// Lets go of what nobody comes back for, at one gateway.
#[derive(Clone)]
pub struct Abandoned {
    payments: Payments,
    refunds: Refunds,
    gateway: Arc<dyn Gateway>,
    clock: Clock,
}

/// Why an attempt is not let go of yet.
#[derive(Debug, thiserror::Error)]
enum Waits {
    #[error(transparent)]
    Gateway(#[from] NoAnswer),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("another attempt goes on with its charge")]
    GoesOn,
}

impl Abandoned {
    /// Lets go of attempts among these payments, at this gateway.
    pub fn new(payments: Payments, refunds: Refunds, gateway: Arc<dyn Gateway>, clock: Clock) -> Self {
        Self { payments, refunds, gateway, clock }
    }

    /// One round; how many attempts were looked at.
    pub async fn sweep(&self, limit: i64) -> Result<usize, StoreError> {
        let due = self.payments.take_up_asked_back(self.gateway.name(), limit, self.clock.now()).await?;
        Ok(futures::future::join_all(due.iter().map(|due| self.end(due))).await.len())
    }

    async fn end(&self, due: &AskedBack) {
        let Err(waits) = self.let_go(&due.attempt).await else { return };
        tracing::warn!(payment.id = %due.attempt.payment, error = %waits, "an abandoned payment is not let go of yet");
        let until = self.clock.now() + PAUSES.after(due.attempts);
        if let Err(error) = self.payments.put_off_asked_back(due.attempt.payment, until).await {
            tracing::debug!(payment.id = %due.attempt.payment, %error, "it is looked at again when its lease is over");
        }
    }

    async fn let_go(&self, attempt: &Attempt) -> Result<(), Waits> {
        let charge = timed("look_up", self.gateway.look_up(attempt)).await?;
        if let Charge::Authorised(reference) | Charge::Captured(reference) = &charge {
            match self.payments.continued(attempt.payment, reference).await? {
                Continued::UnderWay => return Err(Waits::GoesOn),
                Continued::Paid => return self.record(attempt).await,
                Continued::No => {}
            }
        }
        if let Charge::Captured(reference) = charge {
            let taken = Attempt { reference: Some(reference), ..attempt.clone() };
            if self.refunds.captured_late(taken, attempt.amount, self.clock.now()).await? {
                measured::payment("captured_late");
                tracing::warn!(payment.id = %attempt.payment, "money was taken of a payment that was abandoned; it goes back");
            }
            return Ok(());
        }
        timed("void", self.gateway.void(attempt)).await?;
        measured::payment("abandoned");
        self.record(attempt).await
    }

    async fn record(&self, attempt: &Attempt) -> Result<(), Waits> {
        Ok(self.payments.record_let_go(attempt, self.clock.now()).await?)
    }
}
