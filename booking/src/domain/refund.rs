//! Money on its way back to a buyer. A refund is promised in the transaction that causes it and carried out after that,
//! however long the gateway takes: asked under a key of its own, so that asking again gives nothing back twice.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::clock::Clock;
use shared::ids::Identity;
use shared::money::Money;
use shared::store::StoreError;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

use super::booking::BookingStatus;
use super::cancel::{CancelPolicy, share_of};
use super::catalogue::Show;
use super::idempotency::{BodyDigest, IdempotencyKey};
use super::ids::{BookingId, RefundId, ReservationId};
use super::pauses::Pauses;
use crate::gateway::{Attempt, Gateways, NoAnswer, timed};
use crate::metrics::money as measured;
use crate::store::courier::Courier;
use crate::store::refunds::{Promised, Refunds};

/// How long after a lost answer the gateway is asked again.
const PAUSES: Pauses = Pauses { first_s: 1, longest_s: 60 };

/// Where the money of a cancelled booking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// There is nothing to give back.
    None,
    /// On its way.
    Pending,
    /// Given back.
    Refunded,
    /// The gateway refused for good; an operator has to see to it.
    Failed,
}

impl RefundStatus {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
        }
    }
}

/// A refund that is to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRefund {
    /// Its id; the gateway's idempotency key derives from it.
    pub id: RefundId,
    /// Of which payment.
    pub attempt: Attempt,
    /// The gateway that has the payment.
    pub gateway: String,
    /// How much.
    pub amount: Money,
    /// How often it was taken up before.
    pub attempts: i32,
}

/// What became of a refund at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundEnd {
    /// The money was given back.
    Refunded,
    /// Refused for good.
    Failed,
}

/// A booking that was given back, as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// The booking.
    pub booking: BookingId,
    /// Where it is.
    pub status: BookingStatus,
    /// How much is given back.
    pub amount: Money,
    /// Which share of the price that is by the policy.
    pub percent: u8,
    /// Where that money is.
    pub refund: RefundStatus,
}

/// Why a booking is not given back.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The show is too near, or over.
    #[error("the show is too near")]
    TooLate,
    /// A ticket has let somebody in.
    #[error("a ticket has been used")]
    AlreadyUsed,
    /// There is no such booking.
    #[error("there is no such booking")]
    NotFound,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator gives back.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// Of which booking.
    pub booking: BookingId,
    /// How much; `None`: all that is left, and the booking with it, unless a ticket has been used.
    pub amount: Option<Money>,
    /// Why, for the audit trail.
    pub reason: String,
    /// Who gives it.
    pub operator: String,
    /// Repeating the same request under the same key repeats nothing.
    pub key: Option<(IdempotencyKey, BodyDigest)>,
}

/// A refund that an operator asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// The refund.
    pub id: RefundId,
    /// Of which booking.
    pub booking: BookingId,
    /// Where the booking is.
    pub status: BookingStatus,
    /// How much is given back.
    pub amount: Money,
    /// Where that money is.
    pub refund: RefundStatus,
}

/// Why an operator's refund is refused.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// There is no such booking.
    #[error("there is no such booking")]
    NotFound,
    /// There is less left to give back.
    #[error("there is not so much left to give back")]
    NotSoMuch {
        /// What is left.
        left: Money,
    },
    /// The key was used for another refund.
    #[error("the key was used for another refund")]
    KeyReused,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives bookings and their money back.
#[derive(Clone)]
pub struct Refunder {
    refunds: Refunds,
    gateways: Gateways,
    courier: Courier,
    policy: CancelPolicy,
    clock: Clock,
    under_way: TaskTracker,
}

impl Refunder {
    /// Gives back by this policy, at these gateways. What it does after an answer is run in `under_way`.
    pub fn new(
        refunds: Refunds,
        gateways: Gateways,
        courier: Courier,
        policy: CancelPolicy,
        clock: Clock,
        under_way: TaskTracker,
    ) -> Self {
        Self { refunds, gateways, courier, policy, clock, under_way }
    }

    /// Gives a booking back for its buyer. Its seats are on sale again when this answers; its money is on its way.
    /// Asked again, it says where that is.
    pub async fn cancel(
        &self,
        booking: BookingId,
        reservation: ReservationId,
        buyer: &Identity,
    ) -> Result<Cancelled, CancelError> {
        let (cancelled, promised) =
            self.refunds.cancel(booking, reservation, buyer, &self.policy, self.clock.now()).await?;
        self.carry_out(promised).await;
        Ok(cancelled)
    }

    /// What giving a booking to this show back would come to at this moment, of what was paid and what is left of it: how
    /// much, and which share of the price; `None`: it is too late.
    pub fn offer(&self, (paid, left): (Money, Money), show: &Show) -> Option<(Money, u8)> {
        let percent = show.cancel_percent(&self.policy, self.clock.now())?;
        let share = share_of(paid, percent);
        Some((if share.amount_minor < left.amount_minor { share } else { left }, percent))
    }

    /// Gives money back for an operator.
    pub async fn refund(&self, request: &RefundRequest) -> Result<Refunded, RefundError> {
        let (refunded, promised) = self.refunds.promise(request, self.clock.now()).await?;
        self.carry_out(promised).await;
        Ok(refunded)
    }

    /// Tells Redis of seats that are free, and begins the refund: its end is not waited for.
    pub(super) async fn carry_out(&self, promised: Promised) {
        if !promised.messages.is_empty() {
            measured::booking("given_back");
        }
        self.courier.deliver_now(promised.messages).await;
        if let Some(due) = promised.refund {
            let refunder = self.clone();
            self.under_way.spawn(async move { refunder.drive(due).await });
        }
    }

    /// Takes up refunds that wait for the gateway or were left by a crash; how many there were.
    pub async fn resume(&self, limit: i64) -> Result<usize, StoreError> {
        let due = self.refunds.take_up(&self.gateways.names(), limit, self.clock.now()).await?;
        Ok(futures::future::join_all(due.into_iter().map(|due| self.drive(due))).await.len())
    }

    /// Asks the gateway once, and records the end or when to ask again.
    async fn drive(&self, due: DueRefund) {
        let recorded = match self.ask(&due).await {
            Ok(end) => {
                measured::refund(if end == RefundEnd::Refunded { "refunded" } else { "failed" });
                if end == RefundEnd::Failed {
                    tracing::error!(refund.id = %due.id, payment.id = %due.attempt.payment, "the gateway refused a refund for good");
                }
                self.refunds.finish(&due, end, self.clock.now()).await
            }
            Err(no_answer) => {
                measured::refund("no_answer");
                tracing::warn!(refund.id = %due.id, error = %no_answer, "a refund waits for its gateway");
                let until = self.clock.now() + PAUSES.after(due.attempts);
                self.refunds.put_off(due.id, &no_answer.reason, until).await
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(refund.id = %due.id, %error, "a refund is taken up again when its lease is over");
        }
    }

    async fn ask(&self, due: &DueRefund) -> Result<RefundEnd, NoAnswer> {
        let Some(gateway) = self.gateways.named(&due.gateway) else {
            return Err(NoAnswer::new(format!("the gateway {} is not configured", due.gateway)));
        };
        let asked = timed("refund", gateway.refund(&due.attempt, due.id, due.amount)).await;
        match asked {
            Ok(true) => Ok(RefundEnd::Refunded),
            Ok(false) => Ok(RefundEnd::Failed),
            Err(no_answer) => match gateway.look_up_refund(&due.attempt, due.id).await {
                Ok(true) => Ok(RefundEnd::Refunded),
                Ok(false) | Err(_) => Err(no_answer),
            },
        }
    }
}

/// When a refund that nobody finished is taken up by somebody else.
pub(crate) fn lease_end(now: Timestamp) -> Timestamp {
    now + SignedDuration::from_secs(LEASE_S)
}

/// Longer than the gateway is waited for, asked twice.
const LEASE_S: i64 = 10;
