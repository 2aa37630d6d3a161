//! Somebody in the line of a drop.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;

use super::{
    Reply, Shopper,
    http::{Http, send},
};
use crate::eventually;

/// A visitor of one drop. Clones are tabs of the same browser: they share cookies and the place token.
#[derive(Clone, Debug)]
pub struct Visitor {
    http: Http,
    drop: String,
    account_token: Option<String>,
    place_token: Arc<Mutex<Option<String>>>,
}

impl Visitor {
    /// A new browser at `waitroom`, without any cookie.
    pub fn new(waitroom: &str, drop: &str) -> Self {
        Self {
            http: Http::new(waitroom),
            drop: drop.to_owned(),
            account_token: None,
            place_token: Arc::default(),
        }
    }

    /// The same visitor, known by an account when joining.
    #[must_use]
    pub fn with_account(mut self, account_token: &str) -> Self {
        self.account_token = Some(account_token.to_owned());
        self
    }

    /// Opens the queue page, which may set the device cookie.
    pub async fn open_page(&self) -> Reply {
        send(self.http.get(&format!("/q/{}", self.drop), None)).await
    }

    /// The drop's public status.
    pub async fn status(&self) -> Reply {
        send(self.http.get(&format!("/v1/drops/{}", self.drop), None)).await
    }

    /// Joins the line and remembers the place token.
    pub async fn join(&self) -> Reply {
        let path = format!("/v1/drops/{}/places", self.drop);
        self.remember(send(self.http.post(&path, self.account_token.as_deref())).await)
    }

    /// Looks at the place and remembers a new place token, where one is given.
    pub async fn place(&self) -> Reply {
        self.remember(send(self.http.get(&self.path("me"), self.place_token().as_deref())).await)
    }

    /// Picks up the admission.
    pub async fn claim(&self) -> Reply {
        send(self.http.post(&self.path("me/admission"), self.place_token().as_deref())).await
    }

    /// Leaves the line.
    pub async fn leave(&self) -> Reply {
        send(self.http.delete(&self.path("me"), self.place_token().as_deref())).await
    }

    /// Asks for the support code.
    pub async fn support_code(&self) -> Reply {
        send(self.http.post(&self.path("me/support-code"), self.place_token().as_deref())).await
    }

    /// Asks for a code that takes the place to another device.
    pub async fn move_place(&self) -> Reply {
        send(self.http.post(&self.path("me/moves"), self.place_token().as_deref())).await
    }

    /// Asks whether the place was opened on another device.
    pub async fn moves(&self) -> Reply {
        send(self.http.get(&self.path("me/moves"), self.place_token().as_deref())).await
    }

    /// Takes a place over that was on another device, and remembers its token.
    pub async fn take_over(&self, code: &str) -> Reply {
        let request = self.http.post(&self.path("moves/redeem"), None).json(&json!({"code": code}));
        self.remember(send(request).await)
    }

    /// Asks for mail when the turn is near.
    pub async fn remind(&self, email: &str) -> Reply {
        self.remind_in("en", email).await
    }

    /// The same with a browser of that language.
    pub async fn remind_in(&self, language: &str, email: &str) -> Reply {
        let request = self.http.put(&self.path("me/reminder"), self.place_token().as_deref());
        send(request.header("accept-language", language).json(&json!({"email": email}))).await
    }

    /// Looks what has become of that.
    pub async fn reminder(&self) -> Reply {
        send(self.http.get(&self.path("me/reminder"), self.place_token().as_deref())).await
    }

    /// Takes that wish back.
    pub async fn forget_reminder(&self) -> Reply {
        send(self.http.delete(&self.path("me/reminder"), self.place_token().as_deref())).await
    }

    /// Looks at the place until it is in this state.
    ///
    /// # Panics
    /// When it is not within `timeout`.
    pub async fn wait_until(&self, state: &str, timeout: Duration) -> Reply {
        eventually(timeout, || async {
            let place = self.place().await;
            if place["state"] == state { Ok(place) } else { Err(place.body) }
        })
        .await
    }

    /// Claims, and goes shopping at `booking` with the admission.
    ///
    /// # Panics
    /// When the claim is refused.
    pub async fn shop(&self, booking: &str) -> Shopper {
        let admission = self.claim().await.expect(200);
        Shopper::new(booking, admission.text("admission_token"))
    }

    /// The place token, once there is one.
    pub fn place_token(&self) -> Option<String> {
        self.place_token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows this place token from now on, whatever it is.
    pub fn use_place_token(&self, token: &str) {
        *self.place_token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.to_owned());
    }

    fn remember(&self, reply: Reply) -> Reply {
        if let Some(token) = reply["place_token"].as_str() {
            self.use_place_token(token);
        }
        reply
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/drops/{}/places/{rest}", self.drop)
    }
}
