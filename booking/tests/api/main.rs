//! The shop, tested from outside: the real router on real stores, with actors that act over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod asked_back;
mod best;
mod booked_exchange;
mod booked_exchange_races;
mod cancel;
mod cancel_races;
mod catalogue;
mod check_in;
mod check_in_reports;
mod confirm;
mod confirm_races;
mod documents;
mod enter;
mod exchange;
mod gate_pack;
mod gateway_books;
mod gateway_faults;
mod gateway_stripe;
mod gateway_webhooks;
mod gateways;
mod idempotency;
mod keys;
mod kill;
mod limits;
mod live;
mod live_outage;
mod loading;
mod loss;
mod metrics;
mod money_audit;
mod outage;
mod pages;
mod races;
mod reconcile;
mod refund;
mod reserve;
mod saga;
mod seat_maps;
mod seats_audit;
mod steps;
mod stripe_server;
mod support;
mod sweep;
mod till;
