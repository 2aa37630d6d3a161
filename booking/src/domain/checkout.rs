//! The till: takes a confirm to its answer. A repetition is answered first, then the hold is made to last, then the
//! payment begins; the client waits a few seconds for the end and otherwise asks again with the same key.

use std::time::Duration;

use shared::clock::Clock;
use shared::store::StoreError;
use tokio_util::task::TaskTracker;

use super::confirm::{Confirmation, Refusal};
use super::idempotency::{Keyed, Known, StoredAnswer};
use super::ids::{ReservationId, ShowId};
use super::payment::{Authorising, Payment, Unfinished};
use super::saga::Saga;
use crate::gateway::PaymentToken;
use crate::metrics::money as measured;
use crate::store::courier::Courier;
use crate::store::idempotency::Keys;
use crate::store::payments::{Begun, Outcome, Payments};

/// A client has its answer by then, if only that the payment is being worked on.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What a confirm is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// For good: the same to every repetition.
    Answered(StoredAnswer),
    /// The payment is under way; ask again with the same key.
    Processing,
    /// The key was used for another request.
    KeyReused,
    /// Refused for now: the same key may be used again.
    NotNow(Refusal),
    /// There is no such reservation.
    NotFound,
}

impl Confirmed {
    /// What a request is answered with whose key is known; `None`: it is the first under it.
    pub fn of(known: Known) -> Option<Self> {
        match known {
            Known::Nothing => None,
            Known::OtherRequest => Some(Self::KeyReused),
            Known::Running => Some(Self::Processing),
            Known::Answered(answer) => Some(Self::Answered(answer)),
        }
    }
}

/// Takes confirms.
#[derive(Clone)]
pub struct Checkout {
    keys: Keys,
    payments: Payments,
    courier: Courier,
    saga: Saga,
    gateway: &'static str,
    clock: Clock,
    under_way: TaskTracker,
}

impl Checkout {
    /// A till in front of these parts; `gateway` is the name that attempts are recorded under. What goes on after an
    /// answer is run in `under_way`.
    pub fn new(
        keys: Keys,
        payments: Payments,
        courier: Courier,
        saga: Saga,
        gateway: &'static str,
        clock: Clock,
        under_way: TaskTracker,
    ) -> Self {
        Self { keys, payments, courier, saga, gateway, clock, under_way }
    }

    /// What a request under this key is answered with, where it is not the first.
    pub async fn known(&self, keyed: &Keyed) -> Result<Option<Confirmed>, StoreError> {
        Ok(Confirmed::of(self.keys.known(keyed, self.clock.now()).await?))
    }

    /// Confirms a reservation of this show. The caller has looked whether the key is known and whose the reservation is.
    pub async fn confirm(&self, mut asked: Confirmation, show: ShowId) -> Result<Confirmed, StoreError> {
        let deadline = self.payments.deadline(self.clock.now());
        self.courier.extend_hold(show, asked.reservation, deadline).await?;
        let begun = self.payments.begin(&asked, self.gateway, self.clock.now()).await;
        match begun {
            Ok(Begun::Paying(payment)) => Ok(self.pay(payment, asked.token.take()).await),
            Ok(Begun::Free(finished)) => {
                measured::booking("free");
                self.courier.deliver_now(finished.messages).await;
                Ok(Self::told(Some(finished.outcome)))
            }
            Ok(Begun::KeyTaken) => Ok(self.known(&asked.keyed).await?.unwrap_or(Confirmed::Processing)),
            Ok(Begun::Refused(answer)) => {
                self.put_hold_back(asked.reservation).await;
                Ok(Confirmed::Answered(answer))
            }
            Ok(Begun::NotNow(refusal)) => {
                self.put_hold_back(asked.reservation).await;
                Ok(Confirmed::NotNow(refusal))
            }
            Ok(Begun::NotFound) => Ok(Confirmed::NotFound),
            Err(error) => {
                // The store that failed is not waited for a second time while a client waits.
                let (till, reservation) = (self.clone(), asked.reservation);
                self.under_way.spawn(async move { till.put_hold_back(reservation).await });
                Err(error)
            }
        }
    }

    /// Waits until no payment is under way in this process: what is left is for the worker.
    pub async fn settled(&self) {
        self.under_way.close();
        self.under_way.wait().await;
        self.under_way.reopen();
    }

    /// Pays in a task of its own, which goes on when the client is told to ask again.
    async fn pay(&self, payment: Payment<Authorising>, token: Option<PaymentToken>) -> Confirmed {
        let saga = self.saga.clone();
        let drive = async move { saga.drive(Unfinished::Authorising(payment), token, 0).await };
        let driven = self.under_way.spawn(drive);
        let outcome = tokio::time::timeout(ANSWER_WITHIN, driven).await;
        Self::told(outcome.ok().and_then(Result::ok).flatten())
    }

    fn told(outcome: Option<Outcome>) -> Confirmed {
        match outcome {
            Some(Outcome::Answered(answer)) => Confirmed::Answered(answer),
            Some(Outcome::Undone(refusal)) => Confirmed::NotNow(refusal),
            None => Confirmed::Processing,
        }
    }

    /// The hold was made to last for a payment that did not begin.
    async fn put_hold_back(&self, reservation: ReservationId) {
        if let Err(error) = self.courier.write_seats(reservation).await {
            tracing::debug!(error = %error, "a hold lapses later than its reservation");
        }
    }
}
