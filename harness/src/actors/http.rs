//! A browser-like client of one service: it keeps cookies and follows no redirects.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::Reply;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Services under test speak plain HTTP: trusting nobody spares each of a thousand visitors the reading of the
/// system's certificates.
static NO_TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
});

/// A client of one service; clones share the cookies.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    base: String,
}

impl Http {
    pub(super) fn new(base: &str) -> Self {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .tls_backend_preconfigured(NO_TLS.clone())
            .build();
        Self {
            client: client.expect("a client without special settings can be built"),
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    /// A request as a page of the service itself would send it.
    pub(super) fn request(&self, method: Method, path: &str, token: Option<&str>) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("Sec-Fetch-Site", "same-origin");
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(super) fn get(&self, path: &str, token: Option<&str>) -> RequestBuilder {
        self.request(Method::GET, path, token)
    }

    pub(super) fn post(&self, path: &str, token: Option<&str>) -> RequestBuilder {
        self.request(Method::POST, path, token)
    }

    pub(super) fn put(&self, path: &str, token: Option<&str>) -> RequestBuilder {
        self.request(Method::PUT, path, token)
    }

    pub(super) fn delete(&self, path: &str, token: Option<&str>) -> RequestBuilder {
        self.request(Method::DELETE, path, token)
    }
}

/// Sends a request.
///
/// # Panics
/// When there is no answer: whatever a service is going through, it must answer.
pub(super) async fn send(request: RequestBuilder) -> Reply {
    let (client, request) = request.build_split();
    let request = request.unwrap_or_else(|e| panic!("the request cannot be built: {e}"));
    let name = format!("{} {}", request.method(), request.url());
    let answer = async { Reply::read(name.clone(), client.execute(request).await?).await };
    answer.await.unwrap_or_else(|e| panic!("{name} was not answered: {e:?}"))
}
