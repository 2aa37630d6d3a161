//! Somebody who runs drops and keeps the catalogue.

use reqwest::Method;
use serde_json::Value;

use super::{
    Reply,
    http::{Http, send},
};

/// An operator at one service: drops are kept at waitroom, the catalogue at booking.
#[derive(Clone, Debug)]
pub struct Operator {
    http: Http,
    token: String,
}

impl Operator {
    /// An operator at the service at `base`, with an operator token.
    pub fn new(base: &str, token: &str) -> Self {
        Self { http: Http::new(base), token: token.to_owned() }
    }

    /// Makes a drop.
    pub async fn create_drop(&self, drop: Value) -> Reply {
        self.create("drops", drop).await
    }

    /// The drop's `ETag` and the drop.
    pub async fn get_drop(&self, drop: &str) -> (String, Reply) {
        let reply = self.get(&format!("drops/{drop}")).await;
        (reply.header("etag").to_owned(), reply)
    }

    /// Changes a drop that must still be the one with this `ETag`.
    pub async fn patch_drop(&self, drop: &str, etag: &str, changes: Value) -> Reply {
        self.update_if(&format!("drops/{drop}"), etag, changes).await
    }

    /// Opens the drop.
    pub async fn open(&self, drop: &str) -> Reply {
        self.act(drop, "open").await
    }

    /// Pauses the drop.
    pub async fn pause(&self, drop: &str) -> Reply {
        self.act(drop, "pause").await
    }

    /// Resumes the drop.
    pub async fn resume(&self, drop: &str) -> Reply {
        self.act(drop, "resume").await
    }

    /// Closes the drop.
    pub async fn close(&self, drop: &str) -> Reply {
        self.act(drop, "close").await
    }

    /// Adds a movie.
    pub async fn create_movie(&self, movie: Value) -> Reply {
        self.create("movies", movie).await
    }

    /// Adds a theatre.
    pub async fn create_theatre(&self, theatre: Value) -> Reply {
        self.create("theatres", theatre).await
    }

    /// Adds a screen with its seats.
    pub async fn create_screen(&self, screen: Value) -> Reply {
        self.create("screens", screen).await
    }

    /// Adds a show.
    pub async fn create_show(&self, show: Value) -> Reply {
        self.create("shows", show).await
    }

    /// Adds anything of the operator family: `POST /v1/operator/{family}`.
    pub async fn create(&self, family: &str, body: Value) -> Reply {
        send(self.http.post(&path(family), Some(&self.token)).json(&body)).await
    }

    /// Changes anything of the operator family: `PATCH /v1/operator/{rest}`.
    pub async fn update(&self, rest: &str, changes: Value) -> Reply {
        send(self.http.request(Method::PATCH, &path(rest), Some(&self.token)).json(&changes)).await
    }

    /// Changes anything that must still be what it was when it had this `ETag`.
    pub async fn update_if(&self, rest: &str, etag: &str, changes: Value) -> Reply {
        let request = self.http.request(Method::PATCH, &path(rest), Some(&self.token));
        send(request.header("If-Match", etag).json(&changes)).await
    }

    /// Gives money of a booking back; with a key, asking again changes nothing.
    pub async fn refund(&self, booking: &str, body: Value, idempotency_key: Option<&str>) -> Reply {
        let path = path(&format!("bookings/{booking}/refund"));
        let mut request = self.http.post(&path, Some(&self.token)).json(&body);
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        send(request).await
    }

    /// Scans a ticket at a gate.
    pub async fn check_in(&self, scan: Value) -> Reply {
        send(self.http.post("/v1/check-ins", Some(&self.token)).json(&scan)).await
    }

    /// Tells of scans that a gate made without a network.
    pub async fn check_in_batch(&self, scans: &[Value]) -> Reply {
        let body = serde_json::json!({ "scans": scans });
        send(self.http.post("/v1/check-ins/batch", Some(&self.token)).json(&body)).await
    }

    /// What a gate needs without a network; `since` is the `as_of` of the pack before.
    pub async fn gate_pack(&self, show: &str, since: Option<&str>) -> Reply {
        let since = since.map(|since| format!("?since={since}")).unwrap_or_default();
        let path = format!("/v1/shows/{show}/gate-pack{since}");
        send(self.http.get(&path, Some(&self.token))).await
    }

    /// Reads anything of the operator family: `GET /v1/operator/{rest}`.
    pub async fn get(&self, rest: &str) -> Reply {
        send(self.http.get(&path(rest), Some(&self.token))).await
    }

    async fn act(&self, drop: &str, action: &str) -> Reply {
        send(self.http.post(&path(&format!("drops/{drop}/{action}")), Some(&self.token))).await
    }
}

fn path(rest: &str) -> String {
    format!("/v1/operator/{rest}")
}
