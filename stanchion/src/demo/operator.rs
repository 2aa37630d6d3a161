//! An operator's hands: requests to the operator family of one service.

use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::exit::Failure;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Acts with an operator's token on one service.
#[derive(Debug)]
pub struct Operator {
    client: Client,
    base: Url,
    token: String,
}

impl Operator {
    /// An operator of the service at `base`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(base: &Url, token: &str) -> Result<Self, Failure> {
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .no_proxy()
            .build()
            .context("no HTTP client could be made")?;
        Ok(Self { client, base: base.clone(), token: token.to_owned() })
    }

    /// `POST /v1/operator/{path}`.
    ///
    /// # Errors
    /// When it is refused: the sentence says what and why.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let answer = self.ask(Method::POST, &format!("operator/{path}"), Some(body)).await?;
        answer.ok_or_else(|| anyhow!("POST /v1/operator/{path}: not found").into())
    }

    /// `POST /v1/operator/{path}` for an action that takes only a reason.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn act(&self, path: &str, reason: &str) -> Result<Value, Failure> {
        self.post(path, &json!({ "reason": reason })).await
    }

    /// `GET /v1/{path}`; `None` where there is no such thing.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn get(&self, path: &str) -> Result<Option<Value>, Failure> {
        self.ask(Method::GET, path, None).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Option<Value>, Failure> {
        let what = format!("{method} /v1/{path}");
        let address = format!("{}/v1/{path}", self.base.as_str().trim_end_matches('/'));
        let request = self.client.request(method, address).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.with_context(|| what.clone())?;
        let status = response.status();
        let body: Value = serde_json::from_slice(&response.bytes().await.with_context(|| what.clone())?)
            .unwrap_or(Value::Null);
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            _ if status.is_success() => Ok(Some(body)),
            _ => {
                let detail = body["detail"].as_str().or(body["title"].as_str()).unwrap_or("no reason given");
                Err(anyhow!("{what} was answered {status}: {detail}").into())
            }
        }
    }
}
