//! How long requests take, measured without a word written: the labels of a measurement are looked up by what they are
//! made from.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::Histogram;

/// The histogram of all services.
const NAME: &str = "http_request_duration_seconds";

/// The histograms of a service's requests. Routes are patterns, and methods those of HTTP, so they are not many.
pub(super) struct Durations {
    service: &'static str,
    of_routes: RwLock<HashMap<String, Vec<OfKind>>>,
}

struct OfKind {
    method: &'static str,
    status: StatusCode,
    seconds: Histogram,
}

impl Durations {
    pub(super) fn new(service: &'static str) -> Self {
        Self { service, of_routes: RwLock::default() }
    }

    /// A request was answered.
    pub(super) fn record(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let method = name_of(method);
        let is_it = |kind: &&OfKind| kind.status == status && kind.method == method;
        {
            let of_routes = self.of_routes.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(kind) = of_routes.get(route).and_then(|kinds| kinds.iter().find(is_it)) {
                kind.seconds.record(took.as_secs_f64());
                return;
            }
        }
        let labels = [
            ("service", self.service.to_owned()),
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.as_str().to_owned()),
        ];
        let seconds = metrics::histogram!(NAME, &labels);
        seconds.record(took.as_secs_f64());
        let mut of_routes = self.of_routes.write().unwrap_or_else(PoisonError::into_inner);
        of_routes.entry(route.to_owned()).or_default().push(OfKind { method, status, seconds });
    }
}

/// A client may send any word for a method; a label may not be any word.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_request_is_looked_up_once() {
        let durations = Durations::new("test");
        let own = Method::from_bytes(b"BREW").unwrap();
        let kinds =
            [(Method::GET, 200), (Method::GET, 404), (Method::POST, 200), (own, 405), (Method::TRACE, 405)];
        for (method, status) in kinds.iter().chain(&kinds) {
            let status = StatusCode::from_u16(*status).unwrap();
            durations.record("/v1/drops/{drop}", method, status, Duration::from_millis(1));
        }
        assert_eq!(durations.of_routes.read().unwrap()["/v1/drops/{drop}"].len(), 4);
    }
}
