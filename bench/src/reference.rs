//! What the services are compared with, each measured in the same run on the same cores.

pub mod bare;
pub mod broadcast;
pub mod gateway;
pub mod postgres;
pub mod redis;

use axum::body::Body;
use http::Request;

/// Connections of every measurement, the references' too.
pub const CONNECTIONS: usize = 64;
/// The name of the reference of every request over HTTP.
pub const BARE: &str = "a bare axum handler";

/// A request that every measurement of reads makes in the same way.
pub fn plain_get(path: &str) -> Request<Body> {
    Request::get(path).header("host", "bench").body(Body::empty()).expect("the path is one of ours")
}
