//! The saga of a payment: `pending → paying → authorised → booked → captured = confirmed`. Every step is recorded
//! before the next begins; whoever finds a payment between two steps, after a crash or a lost answer, goes on from what
//! is recorded. The gateway is called outside any transaction, and what it did is asked, never guessed. That it holds the
//! money is recorded with the booking: between the two nothing leaves the process.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shared::clock::Clock;
use shared::store::StoreError;
use tokio_util::task::TaskTracker;

use super::ids::PaymentId;
use super::pauses::Pauses;
use super::payment::{
    Authorised, Authorising, Capturing, Decline, GatewayReference, Payment, Unfinished, VoidReason, Voided,
    Voiding,
};
use crate::gateway::{Attempt, Authorisation, Capture, Charge, Gateway, NoAnswer, PaymentToken, timed};
use crate::metrics::money as measured;
use crate::store::courier::Courier;
use crate::store::payments::{Booked, Finished, Outcome, Payments, StepError};

/// How long after a lost answer the gateway is asked again.
const PAUSES: Pauses = Pauses { first_s: 1, longest_s: 15 };
/// A store that is away is asked so often to record a pause; together about as long as the lease.
const PUT_OFF_TRIES: u32 = 8;
const PUT_OFF_PAUSE: Duration = Duration::from_millis(500);

/// Takes payments from step to step.
#[derive(Clone)]
pub struct Saga {
    payments: Payments,
    gateway: Arc<dyn Gateway>,
    courier: Courier,
    clock: Clock,
    under_way: TaskTracker,
}

/// Why a saga stopped before its end. What is recorded stands, and the worker goes on from there.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// The gateway has no answer yet.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// Somebody else has it in hand, or the store is away.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// Where a step led.
enum Next {
    Step(Unfinished),
    End(Outcome),
}

impl Saga {
    /// Sagas of these payments at this gateway. What goes on after an answer is run in `under_way`.
    pub fn new(
        payments: Payments,
        gateway: Arc<dyn Gateway>,
        courier: Courier,
        clock: Clock,
        under_way: TaskTracker,
    ) -> Self {
        Self { payments, gateway, courier, clock, under_way }
    }

    /// Goes on with a payment until it ends; `None` where the gateway's answer, or the store, has to be waited for.
    /// The card's token is only known to the request that brought it; without it the gateway is asked what became of
    /// the payment. `attempts` is how often the payment was taken up before.
    pub async fn drive(
        &self,
        payment: Unfinished,
        mut token: Option<PaymentToken>,
        attempts: i32,
    ) -> Option<Outcome> {
        let id = payment.id();
        let mut payment = payment;
        loop {
            let step = payment.step();
            match self.step(payment, token.take()).await {
                Ok(Next::Step(next)) => {
                    measured::step(step, "done");
                    payment = next;
                }
                Ok(Next::End(outcome)) => {
                    measured::step(step, "done");
                    return Some(outcome);
                }
                Err(stop) => {
                    self.wait_for(id, step, &stop, attempts);
                    return None;
                }
            }
        }
    }

    /// Takes up payments at this gateway that a crash or a lost answer left unfinished; how many there were.
    pub async fn resume(&self, limit: i64) -> Result<usize, StoreError> {
        let taken_up = self.payments.take_up(self.gateway.name(), limit, self.clock.now()).await?;
        let driven = taken_up.into_iter().map(|taken| self.drive(taken.payment, None, taken.attempts));
        Ok(futures::future::join_all(driven).await.len())
    }

    async fn step(&self, payment: Unfinished, token: Option<PaymentToken>) -> Result<Next, Stop> {
        match payment {
            Unfinished::Authorising(payment) => self.authorise(payment, token).await,
            Unfinished::Authorised(payment) => self.book(payment).await,
            Unfinished::Capturing(payment) => self.capture(payment).await,
            Unfinished::Voiding(payment) => self.void(payment).await,
        }
    }

    async fn authorise(
        &self,
        payment: Payment<Authorising>,
        token: Option<PaymentToken>,
    ) -> Result<Next, Stop> {
        let attempt = Attempt::of(&payment, None);
        if let Some(token) = token {
            match timed("authorise", self.gateway.authorise(&attempt, &token)).await {
                Ok(Authorisation::Authorised(reference)) => {
                    return Ok(Next::Step(Unfinished::Authorised(payment.authorised(reference))));
                }
                Ok(Authorisation::Declined(decline)) => return self.decline(payment, decline).await,
                Err(no_answer) => {
                    tracing::info!(payment.id = %payment.id, error = %no_answer, "asking what became of it");
                }
            }
        }
        match timed("look_up", self.gateway.look_up(&attempt)).await? {
            Charge::Authorised(reference) | Charge::Captured(reference) => {
                Ok(Next::Step(Unfinished::Authorised(payment.authorised(reference))))
            }
            Charge::Declined(decline) => self.decline(payment, decline).await,
            Charge::Processing if self.clock.now() < payment.deadline => {
                Err(NoAnswer::new("the gateway has not decided yet").into())
            }
            Charge::Processing => self.give_up(payment, VoidReason::DeadlinePassed).await,
            Charge::NotFound | Charge::Voided => self.give_up(payment, VoidReason::NotTaken).await,
        }
    }

    async fn decline(&self, payment: Payment<Authorising>, decline: Decline) -> Result<Next, Stop> {
        measured::payment(decline.as_str());
        Ok(self.end(self.payments.decline(payment, decline, self.clock.now()).await?).await)
    }

    async fn give_up(&self, payment: Payment<Authorising>, reason: VoidReason) -> Result<Next, Stop> {
        let (payment, messages) = self.payments.give_up(payment, reason, self.clock.now()).await?;
        self.courier.deliver_now(messages).await;
        Ok(Next::Step(Unfinished::Voiding(payment)))
    }

    async fn book(&self, payment: Payment<Authorised>) -> Result<Next, Stop> {
        match self.payments.book(payment, self.clock.now()).await? {
            Booked::Capturing(payment) => Ok(Next::Step(Unfinished::Capturing(payment))),
            Booked::GivenUp(payment, messages) => {
                self.courier.deliver_now(messages).await;
                Ok(Next::Step(Unfinished::Voiding(payment)))
            }
        }
    }

    async fn capture(&self, payment: Payment<Capturing>) -> Result<Next, Stop> {
        let attempt = Attempt::of(&payment, Some(&payment.state.reference));
        let captured = match timed("capture", self.gateway.capture(&attempt)).await {
            Ok(capture) => capture,
            Err(no_answer) => match timed("look_up", self.gateway.look_up(&attempt)).await? {
                Charge::Captured(_) => Capture::Captured,
                Charge::Voided | Charge::Declined(_) | Charge::NotFound => Capture::Refused,
                Charge::Authorised(_) | Charge::Processing => return Err(no_answer.into()),
            },
        };
        match captured {
            Capture::Captured => {
                measured::payment("captured");
                let finished = self.payments.confirm(payment, self.clock.now()).await?;
                measured::booking("paid");
                Ok(self.end(finished).await)
            }
            Capture::Refused => {
                let (payment, messages) = self.payments.refuse_capture(payment, self.clock.now()).await?;
                self.courier.deliver_now(messages).await;
                Ok(Next::Step(Unfinished::Voiding(payment)))
            }
        }
    }

    async fn void(&self, payment: Payment<Voiding>) -> Result<Next, Stop> {
        let attempt = Attempt::of(&payment, payment.state.reference.as_ref());
        let voided = match timed("void", self.gateway.void(&attempt)).await {
            Ok(voided) => voided,
            Err(no_answer) => match timed("look_up", self.gateway.look_up(&attempt)).await? {
                Charge::Voided => Voided::Authorisation,
                Charge::Declined(_) => Voided::Nothing,
                Charge::Captured(reference) => return self.captured_late(payment, reference).await,
                _ => return Err(no_answer.into()),
            },
        };
        measured::payment(payment.state.reason.as_str());
        Ok(self.end(self.payments.voided(payment, voided, self.clock.now()).await?).await)
    }

    /// The money was taken after all, for a payment that was given up: its buyer gets it back.
    async fn captured_late(
        &self,
        payment: Payment<Voiding>,
        reference: GatewayReference,
    ) -> Result<Next, Stop> {
        measured::payment("captured_late");
        tracing::warn!(payment.id = %payment.id, "money was taken after its payment was given up; it goes back");
        Ok(self.end(self.payments.captured_late(payment, &reference, self.clock.now()).await?).await)
    }

    async fn end(&self, finished: Finished) -> Next {
        self.courier.deliver_now(finished.messages).await;
        Next::End(finished.outcome)
    }

    /// Leaves a payment to the worker. One that moved on is somebody else's.
    fn wait_for(&self, id: PaymentId, step: &'static str, stop: &Stop, attempts: i32) {
        match stop {
            Stop::Step(StepError::Moved) => measured::step(step, "moved"),
            Stop::Step(StepError::Store(error)) => {
                measured::step(step, "store_away");
                tracing::error!(payment.id = %id, error = %error, "a payment waits for its store");
                self.put_off(id, "the store was away", SignedDuration::ZERO);
            }
            Stop::NoAnswer(no_answer) => {
                measured::step(step, "no_answer");
                tracing::warn!(payment.id = %id, error = %no_answer, "a payment waits for its gateway");
                self.put_off(id, &no_answer.reason, PAUSES.after(attempts));
            }
        }
    }

    /// Records when the payment is to be taken up again, in the background: a client may be waiting. A store that is
    /// away is asked until the lease is over and the payment is taken up anyway.
    fn put_off(&self, id: PaymentId, reason: &str, pause: SignedDuration) {
        let (payments, until, reason) = (self.payments.clone(), self.clock.now() + pause, reason.to_owned());
        self.under_way.spawn(async move {
            for _ in 0..PUT_OFF_TRIES {
                match payments.put_off(id, &reason, until).await {
                    Ok(()) => return,
                    Err(_) => tokio::time::sleep(PUT_OFF_PAUSE).await,
                }
            }
        });
    }
}
