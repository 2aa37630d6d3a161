//! Wires the parts that take money.

use std::sync::Arc;

use crate::domain::checkout::Checkout;
use crate::domain::confirm::Answers;
use crate::domain::saga::Saga;
use crate::gateway::Gateway;
use crate::http::BookingAnswers;
use crate::store::Store;
use crate::store::courier::Courier;
use crate::store::idempotency::Keys;
use crate::store::payments::Payments;

/// The parts that take money.
pub struct Till {
    /// Takes confirms.
    pub checkout: Checkout,
    /// Takes payments from step to step.
    pub saga: Saga,
    /// Brings what was committed to Redis.
    pub courier: Courier,
    /// What is known of idempotency keys.
    pub keys: Keys,
    /// Words what buyers are told.
    pub answers: Arc<BookingAnswers>,
}

impl Till {
    /// A till between these stores and this gateway.
    pub fn open(store: &Store, gateway: &Arc<dyn Gateway>, answers: BookingAnswers) -> Self {
        let answers = Arc::new(answers);
        let worded: Arc<dyn Answers> = answers.clone();
        let payments = Payments::new(store.pool.clone(), worded);
        let keys = Keys::new(store.pool.clone());
        let courier = Courier::new(store.clone());
        let clock = store.clock.clone();
        let saga = Saga::new(payments.clone(), gateway.clone(), courier.clone(), clock.clone());
        let checkout =
            Checkout::new(keys.clone(), payments, courier.clone(), saga.clone(), gateway.name(), clock);
        Self { checkout, saga, courier, keys, answers }
    }
}
