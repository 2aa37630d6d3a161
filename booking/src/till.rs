//! Wires the parts that take money, and give it back.

use std::sync::Arc;

use crate::config::Config;
use crate::domain::abandoned::Abandoned;
use crate::domain::checkout::Checkout;
use crate::domain::confirm::Answers;
use crate::domain::exchange::booked::Exchanger;
use crate::domain::reconcile::Reconciler;
use crate::domain::refund::Refunder;
use crate::domain::saga::Saga;
use crate::gateway::{Gateway, Gateways};
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
    /// Take payments from step to step, one for each gateway that has some.
    pub sagas: Vec<Saga>,
    /// Let go of payments that nobody came back for, one for each gateway.
    pub abandoned: Vec<Abandoned>,
    /// Gives bookings and their money back.
    pub refunder: Refunder,
    /// Gives bookings other seats.
    pub exchanger: Exchanger,
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
    /// A till between these stores and these gateways.
    pub fn open(store: &Store, gateways: &Gateways, config: &Config) -> Self {
        let answers = Arc::new(BookingAnswers::derive(&config.secret));
        let worded: Arc<dyn Answers> = answers.clone();
        let under_way = store.later.clone();
        let payments = Payments::new(store.pool.clone(), worded, config.payment_within);
        let keys = Keys::new(store.pool.clone());
        let courier = Courier::new(store.clone());
        let clock = store.clock.clone();
        let saga = |gateway: &Arc<dyn Gateway>| {
            Saga::new(payments.clone(), gateway.clone(), courier.clone(), clock.clone(), under_way.clone())
        };
        let sagas = gateways.all().map(saga).collect();
        let refunds = Refunds::new(store.pool.clone());
        let abandoned = |gateway: &Arc<dyn Gateway>| {
            Abandoned::new(payments.clone(), refunds.clone(), gateway.clone(), clock.clone())
        };
        let abandoned = gateways.all().map(abandoned).collect();
        let books = Books::new(store.pool.clone());
        let reconciler = Reconciler::new(books, refunds.clone(), gateways.clone(), clock.clone());
        let refunder = Refunder::new(
            refunds,
            gateways.clone(),
            courier.clone(),
            config.cancellation.clone(),
            clock.clone(),
            under_way.clone(),
        );
        let exchanger = Exchanger::new(store.clone(), courier.clone(), config.cancellation.clone());
        let checkout = Checkout::new(
            keys.clone(),
            payments.clone(),
            courier.clone(),
            saga(gateways.current()),
            gateways.current().name(),
            clock,
            under_way,
        );
        Self { checkout, sagas, abandoned, refunder, exchanger, reconciler, courier, keys, answers }
    }
}
