//! As much of the browsers' protocol (`WebDriver`, <https://www.w3.org/TR/webdriver2/>) as the tests need: a dozen requests.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// What names an element in the protocol's JSON (section 12.2 "Elements").
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// A browser's session. Errors are chromedriver's words.
pub struct Session {
    http: Client,
    url: String,
    /// The browser's process, as chromedriver names it.
    pub process_id: Option<i32>,
}

/// An element of the page that is shown.
#[derive(Clone, Debug)]
pub struct Element(String);

impl Session {
    /// Asks the driver at this address for a browser.
    pub async fn begin(driver: &str, capabilities: &Value) -> Result<Self, String> {
        let http =
            Client::builder().timeout(ANSWER_WITHIN).no_proxy().build().map_err(|error| error.to_string())?;
        let driver = Self { http, url: driver.to_owned(), process_id: None };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let begun = driver.ask(Method::POST, "session", Some(wanted)).await?;
        let id = begun["sessionId"].as_str().ok_or("the session has no id")?;
        let process_id = begun["capabilities"]["goog:processID"].as_i64().and_then(|id| id.try_into().ok());
        Ok(Self { url: format!("{}/session/{id}", driver.url), http: driver.http, process_id })
    }

    /// Ends the session and the browser.
    pub async fn end(&self) -> Result<(), String> {
        self.ask(Method::DELETE, "", None).await.map(drop)
    }

    pub async fn go_to(&self, url: &str) -> Result<(), String> {
        self.post("url", json!({ "url": url })).await.map(drop)
    }

    pub async fn address(&self) -> Result<String, String> {
        self.get("url").await.map(text)
    }

    pub async fn find_all(&self, selector: &str) -> Result<Vec<Element>, String> {
        let found = self.post("elements", json!({ "using": "css selector", "value": selector })).await?;
        let ids = found.as_array().into_iter().flatten().filter_map(|element| element[ELEMENT_KEY].as_str());
        Ok(ids.map(|id| Element(id.to_owned())).collect())
    }

    pub async fn find(&self, selector: &str) -> Result<Element, String> {
        self.find_all(selector).await?.into_iter().next().ok_or_else(|| format!("nothing is {selector}"))
    }

    pub async fn is_displayed(&self, element: &Element) -> Result<bool, String> {
        self.get(&format!("element/{}/displayed", element.0)).await.map(|answer| answer == true)
    }

    pub async fn text(&self, element: &Element) -> Result<String, String> {
        self.get(&format!("element/{}/text", element.0)).await.map(text)
    }

    pub async fn property(&self, element: &Element, name: &str) -> Result<String, String> {
        self.get(&format!("element/{}/property/{name}", element.0)).await.map(text)
    }

    /// Moves the mouse to the element's middle and presses it. An error where something else covers it.
    pub async fn click(&self, element: &Element) -> Result<(), String> {
        self.post(&format!("element/{}/click", element.0), json!({})).await.map(drop)
    }

    pub async fn clear(&self, element: &Element) -> Result<(), String> {
        self.post(&format!("element/{}/clear", element.0), json!({})).await.map(drop)
    }

    pub async fn type_into(&self, element: &Element, text: &str) -> Result<(), String> {
        self.post(&format!("element/{}/value", element.0), json!({ "text": text })).await.map(drop)
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: char) -> Result<(), String> {
        let strokes = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", json!({ "actions": [keyboard] })).await.map(drop)
    }

    /// Runs a script on the page; `element` is its `arguments[0]`.
    pub async fn run(&self, script: &str, element: Option<&Element>) -> Result<Value, String> {
        let arguments: Vec<Value> =
            element.map(|element| json!({ ELEMENT_KEY: element.0 })).into_iter().collect();
        self.post("execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// A picture of the whole page, as base64 of a PNG.
    pub async fn picture(&self) -> Result<String, String> {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        self.devtools("Page.captureScreenshot", whole).await.map(|mut picture| text(picture["data"].take()))
    }

    /// The browser's console since the last look.
    pub async fn console(&self) -> Result<Vec<Value>, String> {
        let log = self.post("se/log", json!({ "type": "browser" })).await?;
        Ok(log.as_array().cloned().unwrap_or_default())
    }

    /// Which tab is driven.
    pub async fn tab(&self) -> Result<String, String> {
        self.get("window").await.map(text)
    }

    /// Opens a tab, and says which.
    pub async fn new_tab(&self) -> Result<String, String> {
        self.post("window/new", json!({ "type": "tab" })).await.map(|tab| text(tab["handle"].clone()))
    }

    /// Drives another tab.
    pub async fn switch_to(&self, tab: &str) -> Result<(), String> {
        self.post("window", json!({ "handle": tab })).await.map(drop)
    }

    /// A command of Chromium's own protocol for its developer tools.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, String> {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}/{path}", self.url);
        let request = self.http.request(method, url.trim_end_matches('/'));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.map_err(|error| error.to_string())?;
        let is_success = response.status().is_success();
        let mut answer: Value = response.json().await.map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        if is_success { Ok(value) } else { Err(text(value["message"].clone())) }
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
