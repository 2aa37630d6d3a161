//! A browser-like client of one service: it keeps cookies and follows no redirects.

use std::{sync::Once, time::Duration};

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};

use super::Reply;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one service; clones share the cookies.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    base: String,
}

impl Http {
    pub(super) fn new(base: &str) -> Self {
        static TLS: Once = Once::new();
        // Somebody else in this process may have chosen one already: as good.
        TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).timeout(TIMEOUT).build();
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
