//! Somebody who watches a seat map, over either protocol.

use futures::StreamExt as _;
use harness::actors::Shopper;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::SOON;

/// A map that is open over a WebSocket.
pub struct Watching(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Watching {
    /// Opens the map of a show at a shop.
    pub async fn open(shop: &str, show: &str, token: &str) -> Self {
        Self::asking(shop, show, token, "", None).await.unwrap()
    }

    /// Opens it with a query and an `Origin`.
    ///
    /// Errors: the status that it was refused with, and the code.
    pub async fn asking(
        shop: &str,
        show: &str,
        token: &str,
        query: &str,
        origin: Option<&str>,
    ) -> Result<Self, (u16, String)> {
        let url = format!("{}/v1/shows/{show}/seats/live{query}", shop.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(refusal)) => {
                let body: Value = serde_json::from_slice(refusal.body().as_deref().unwrap()).unwrap();
                Err((refusal.status().as_u16(), body["code"].as_str().unwrap().to_owned()))
            }
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// The next message that says something.
    pub async fn next(&mut self) -> Value {
        match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?} is no news"),
        }
    }

    /// Reads until the other side closes, and with which code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(close) = self.message().await {
                return close.map_or(0, |close| CloseCode::into(close.code));
            }
        }
    }

    /// Reads until a seat has this status, and answers the version since.
    pub async fn until(&mut self, seat: &str, status: &str) -> i64 {
        loop {
            let news = self.next().await;
            let is_told = |change: &Value| change[0] == seat && change[1] == status;
            if news["changes"].as_array().is_some_and(|changes| changes.iter().any(is_told)) {
                return news["version"].as_i64().unwrap();
            }
        }
    }

    /// Reads until the map must be loaded again, and answers its version.
    pub async fn until_reload(&mut self) -> i64 {
        loop {
            let news = self.next().await;
            if news["reload"] == true {
                return news["version"].as_i64().unwrap();
            }
        }
    }

    async fn message(&mut self) -> Message {
        let message = tokio::time::timeout(SOON * 3, self.0.next()).await;
        message.expect("nothing was told").expect("the connection is open").unwrap()
    }
}

/// A map that is open as a stream of events.
pub struct Following {
    response: reqwest::Response,
    text: String,
}

impl Following {
    /// Opens the map of a show at a shop.
    pub async fn open(shop: &str, show: &str, token: &str, last_event_id: Option<&str>) -> Self {
        let _somebody_else_did = rustls::crypto::ring::default_provider().install_default();
        let url = format!("{shop}/v1/shows/{show}/seats/events");
        let mut request = reqwest::Client::new().get(url).bearer_auth(token);
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event: its name, its id and its data.
    pub async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().to_owned()
                };
                let read = (field("event: "), field("id: "), serde_json::from_str(&field("data: ")).unwrap());
                let rest = rest.to_owned();
                self.text = rest;
                return read;
            }
            let chunk = tokio::time::timeout(SOON * 3, self.response.chunk()).await;
            let chunk = chunk.expect("nothing was told").unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// The version of the map as somebody reads it now.
pub async fn version(shopper: &Shopper, show: &str) -> i64 {
    let map = shopper.get(&format!("/v1/shows/{show}/seats?view=status")).await.expect(200);
    map["version"].as_i64().unwrap()
}
