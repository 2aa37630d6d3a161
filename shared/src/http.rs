//! What every HTTP surface of the services has in common: extractors that answer problems, who may call from where,
//! the layers around all routes, and the pages that explain the interface.

mod assets;
mod explain;
mod extract;
mod frame;
mod limit;
mod proxies;
mod streams;

use axum_extra::extract::CookieJar;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, Method};
use tracing::Instrument as _;

pub use assets::{Asset, asset_response};
pub use explain::{escape, reference_page};
pub use extract::{Body, IfMatch, PathOf, QueryOf};
pub(crate) use frame::PAGE_POLICY;
pub use frame::{Frame, frame};
pub use limit::{Address, Limited, Limiter, block_of, digest_of, rate_limited};
pub use proxies::{NoNetwork, TrustedProxies, behind};
pub use streams::{OpenStreams, StreamLimits, StreamTicket, StreamsFull};

use crate::problem::{Problem, codes};

/// The bearer token of a request; `None` where there is none.
///
/// Errors: 400 where `Authorization` is there more than once, or is not `Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let malformed = || Problem::from(&codes::MALFORMED).detail("Authorization must be one `Bearer` token");
    let text = value.to_str().map_err(|_| malformed())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(malformed)?;
    let token = token.trim();
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && values.next().is_none();
    if well_formed { Ok(Some(token)) } else { Err(malformed()) }
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers).get(name).map(|cookie| cookie.value().to_owned())
}

/// Lets a request that carries its authority in a cookie change something only when it comes from the service's own
/// pages: by `Sec-Fetch-Site`, which no page can forge, or else by `Origin` against `Host`.
///
/// Errors: 403 `cross_origin`.
pub fn require_same_origin(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let same = match (text(http::HeaderName::from_static("sec-fetch-site")), text(ORIGIN), text(HOST)) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        _ => false,
    };
    if same { Ok(()) } else { Err(Problem::from(&codes::CROSS_ORIGIN)) }
}

/// Runs a use case to its end, also when the client goes away in the middle: what has begun to change something must
/// come to a state that can be told.
///
/// # Panics
/// When the use case panics.
pub async fn to_completion<F>(use_case: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match tokio::spawn(use_case.in_current_span()).await {
        Ok(output) => output,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn one_bearer_token_is_taken_and_two_are_malformed() {
        assert_eq!(bearer(&headers(&[("authorization", "Bearer abc")])).unwrap(), Some("abc"));
        assert_eq!(bearer(&headers(&[])).unwrap(), None);
        for bad in [
            &[("authorization", "Basic abc")][..],
            &[("authorization", "Bearer a"), ("authorization", "Bearer b")],
        ] {
            assert_eq!(bearer(&headers(bad)).unwrap_err().code().code, "malformed");
        }
    }

    #[test]
    fn changes_by_cookie_are_taken_from_the_own_origin_alone() {
        let own = headers(&[("origin", "http://shop.test"), ("host", "shop.test")]);
        let other = headers(&[("origin", "http://evil.test"), ("host", "shop.test")]);
        let fetched = headers(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://shop.test"),
            ("host", "shop.test"),
        ]);
        assert!(require_same_origin(&Method::POST, &own).is_ok());
        assert!(require_same_origin(&Method::POST, &other).is_err());
        assert!(require_same_origin(&Method::POST, &fetched).is_err());
        assert!(require_same_origin(&Method::POST, &headers(&[])).is_err());
        assert!(require_same_origin(&Method::GET, &other).is_ok());
    }
}
