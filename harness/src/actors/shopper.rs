//! Somebody who was let in and buys seats.

use serde_json::{Value, json};

use super::{
    Reply,
    http::{Http, send},
};

/// A shopper with an admission token, or with the `manage_token` of a reservation or booking.
#[derive(Clone, Debug)]
pub struct Shopper {
    http: Http,
    token: Option<String>,
}

impl Shopper {
    /// A shopper at `booking` with this token.
    pub fn new(booking: &str, token: &str) -> Self {
        Self { http: Http::new(booking), token: Some(token.to_owned()) }
    }

    /// Somebody who was never let in.
    pub fn without_token(booking: &str) -> Self {
        Self { http: Http::new(booking), token: None }
    }

    /// The same shopper showing another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// What a drop sells.
    pub async fn shows(&self, drop: &str) -> Reply {
        send(self.http.get(&format!("/v1/drops/{drop}/shows"), None)).await
    }

    /// The seat map.
    pub async fn seats(&self, show: &str) -> Reply {
        self.get(&format!("/v1/shows/{show}/seats")).await
    }

    /// Reserves seats by their labels.
    pub async fn reserve(&self, show: &str, seats: &[&str]) -> Reply {
        self.reserve_json(show, json!({ "seats": seats })).await
    }

    /// Reserves with any body.
    pub async fn reserve_json(&self, show: &str, body: Value) -> Reply {
        let path = format!("/v1/shows/{show}/reserve");
        send(self.http.post(&path, self.token.as_deref()).json(&body)).await
    }

    /// The reservation as it stands.
    pub async fn reservation(&self, reservation: &str) -> Reply {
        self.get(&format!("/v1/reservations/{reservation}")).await
    }

    /// Other seats for the reservation, by their labels.
    pub async fn exchange(&self, reservation: &str, seats: &[&str]) -> Reply {
        let path = format!("/v1/reservations/{reservation}/seats");
        send(self.http.put(&path, self.token.as_deref()).json(&json!({ "seats": seats }))).await
    }

    /// Gives the seats back.
    pub async fn release(&self, reservation: &str) -> Reply {
        let path = format!("/v1/reservations/{reservation}");
        send(self.http.delete(&path, self.token.as_deref())).await
    }

    /// Pays with a payment token of the gateway; the same `idempotency_key` is the same purchase.
    pub async fn confirm(&self, reservation: &str, payment_token: &str, idempotency_key: &str) -> Reply {
        let body = json!({
            "reservation_id": reservation,
            "payment_token": payment_token,
            "contact": { "email": "shopper@example.com", "name": "Sam Shopper" },
        });
        self.confirm_json(body, Some(idempotency_key)).await
    }

    /// Pays with any body, with or without an idempotency key.
    pub async fn confirm_json(&self, body: Value, idempotency_key: Option<&str>) -> Reply {
        let mut request = self.http.post("/v1/bookings", self.token.as_deref()).json(&body);
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        send(request).await
    }

    /// The booking with its tickets.
    pub async fn booking(&self, booking: &str) -> Reply {
        self.get(&format!("/v1/bookings/{booking}")).await
    }

    /// Other seats for the booking: labels, or seats with fares.
    pub async fn exchange_booking(&self, booking: &str, seats: Value) -> Reply {
        let path = format!("/v1/bookings/{booking}/seats");
        send(self.http.put(&path, self.token.as_deref()).json(&json!({ "seats": seats }))).await
    }

    /// Gives a booking back.
    pub async fn cancel(&self, booking: &str) -> Reply {
        let path = format!("/v1/bookings/{booking}/cancel");
        send(self.http.post(&path, self.token.as_deref())).await
    }

    /// Anything else that is said to booking.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        send(self.http.post(path, self.token.as_deref()).json(&body)).await
    }

    /// Anything else at booking.
    pub async fn get(&self, path: &str) -> Reply {
        send(self.http.get(path, self.token.as_deref())).await
    }
}
