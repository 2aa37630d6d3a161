//! An answer, raw enough to assert anything about.

use std::ops::Index;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// What a service answered. `reply["field"]` is a field of its JSON, null where there is none.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub json: Value,
    /// The body as it came.
    pub body: String,
    request: String,
}

impl Reply {
    pub(super) async fn read(request: String, response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await?;
        let json = serde_json::from_str(&body).unwrap_or_default();
        Ok(Self { status, headers, json, body, request })
    }

    /// The reply itself, if it has this status.
    ///
    /// # Panics
    /// When the status is another, showing request and body.
    #[allow(clippy::return_self_not_must_use, reason = "often the status is all a test looks at")]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} was answered with {}: {}", self.request, self.status, self.body);
        self
    }

    /// The problem's code; empty where the reply is no problem.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A field that must be a string.
    ///
    /// # Panics
    /// When it is not there.
    #[track_caller]
    pub fn text(&self, field: &str) -> &str {
        let text = self.json[field].as_str();
        text.unwrap_or_else(|| panic!("{} was answered without `{field}`: {}", self.request, self.body))
    }

    /// A header's value; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Index<&str> for Reply {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.json[field]
    }
}
