//! Wires the parts that take money, and give it back.

use std::sync::Arc;

use crate::config::Config;
use crate::domain::checkout::Checkout;
use crate::domain::confirm::Answers;
use crate::domain::reconcile::Reconciler;
use crate::domain::refund::Refunder;
use crate::domain::saga::Saga;
use crate::gateway::Gateway;
use crate::http::BookingAnswers;
use crate::store::Store;
use crate::store::courier::Courier;
use crate::store::idempotency::Keys;
use crate::store::payments::Payments;
use crate::store::reconciliation::Books;
use crate::store::refunds::Refunds;

/// The parts that take money, and give it back.
pub struct Till {
    /// Takes confirms.
    pub checkout: Checkout,
    /// Takes payments from step to step.
    pub saga: Saga,
    /// Gives bookings and their money back.
    pub refunder: Refunder,
    /// Compares our payments with the gateway's books.
    pub reconciler: Reconciler,
    /// Brings what was committed to Redis.
    pub courier: Courier,
    /// What is known of idempotency keys.
    pub keys: Keys,
    /// Words what buyers are told.
    pub answers: Arc<BookingAnswers>,
}

impl Till {
    /// A till between these stores and this gateway.
    pub fn open(store: &Store, gateway: &Arc<dyn Gateway>, config: &Config) -> Self {
        let answers = Arc::new(BookingAnswers::derive(&config.secret));
        let worded: Arc<dyn Answers> = answers.clone();
        let under_way = store.later.clone();
        let payments = Payments::new(store.pool.clone(), worded, config.payment_within);
        let keys = Keys::new(store.pool.clone());
        let courier = Courier::new(store.clone());
        let clock = store.clock.clone();
        let saga =
            Saga::new(payments.clone(), gateway.clone(), courier.clone(), clock.clone(), under_way.clone());
        let refunds = Refunds::new(store.pool.clone());
        let books = Books::new(store.pool.clone());
        let reconciler = Reconciler::new(books, refunds.clone(), gateway.clone(), clock.clone());
        let refunder = Refunder::new(
            refunds,
            gateway.clone(),
            courier.clone(),
            config.cancellation.clone(),
            clock.clone(),
            under_way.clone(),
        );
        let checkout = Checkout::new(
            keys.clone(),
            payments,
            courier.clone(),
            saga.clone(),
            gateway.name(),
            clock,
            under_way,
        );
        Self { checkout, saga, refunder, reconciler, courier, keys, answers }
    }
}
