//! Actors for tests that read like stories. They act over HTTP alone, as anybody outside could.

mod http;
mod operator;
mod reply;
mod shopper;
mod visitor;

pub use operator::Operator;
pub use reply::Reply;
pub use shopper::Shopper;
pub use visitor::Visitor;
