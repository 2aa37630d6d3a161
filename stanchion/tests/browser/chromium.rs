//! A Chromium that does what people do, and says what it did not like.

use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use harness::{TempFolder, eventually};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use servers::install::{Package, ensure_installed};
use servers::ports::free_port;
use tokio::process::{Child, Command};
use url::Url;

/// Longer than any page takes on a busy machine, and than the slowest payment.
const SOON: Duration = Duration::from_secs(45);
/// The address that chromedriver and Chromium are started with.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
];

/// How large the page is, and whether scripts run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Desktop,
    Phone,
    PhoneWithoutScript,
}

/// A browser; it ends with the test.
pub struct Browser {
    client: Client,
    _driver: Child,
    _profile: TempFolder,
}

impl Browser {
    /// Starts a browser with a profile of its own.
    pub async fn start(window: Window) -> Self {
        ensure_installed(&[Package::Chromium]).await.expect("Chromium is installed");
        let port = free_port().unwrap();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts");
        let profile = TempFolder::new().expect("a temporary folder can be made");
        let capabilities = capabilities(window, &profile);
        let url = format!("http://127.0.0.1:{port}");
        let client = eventually(SOON, || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities.as_object().unwrap().clone());
            let url = url.clone();
            async move { builder.connect(&url).await }
        })
        .await;
        if window != Window::Desktop {
            // A window has a least width; the emulated screen of a phone has not.
            let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
            let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": screen });
            client.issue_cmd(Extension("goog/cdp/execute", command)).await.unwrap();
        }
        Self { client, _driver: driver, _profile: profile }
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Where it is.
    pub async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// Waits until something is there and visible, and clicks its middle with the mouse. What is replaced or covered
    /// meanwhile is looked for again.
    pub async fn click(&self, selector: &str) {
        eventually(SOON, || async {
            let element = self.visible(selector).await?;
            if element.click().await.is_ok() {
                return Ok(());
            }
            let middle = "arguments[0].scrollIntoView({ block: 'center', inline: 'center' })";
            let reference = serde_json::to_value(&element).map_err(|error| error.to_string())?;
            self.client.execute(middle, vec![reference]).await.map_err(|error| error.to_string())?;
            element.click().await.map_err(|error| error.to_string())
        })
        .await;
    }

    /// Types into a field.
    pub async fn write(&self, selector: &str, text: &str) {
        self.click(selector).await;
        let field = self.wait_for(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until a text can be read on the page.
    pub async fn see(&self, text: &str) {
        eventually(SOON, || async {
            let page = self.client.find(Locator::Css("body")).await.map_err(|error| error.to_string())?;
            let words = page.text().await.map_err(|error| error.to_string())?;
            if words.contains(text) { Ok(()) } else { Err(format!("{text:?} is not in {words:?}")) }
        })
        .await;
    }

    /// Waits until something is on the page.
    pub async fn wait_for(&self, selector: &str) -> Element {
        eventually(SOON, || async { self.client.find(Locator::Css(selector)).await }).await
    }

    /// What a field holds.
    pub async fn value(&self, selector: &str) -> String {
        self.wait_for(selector).await.prop("value").await.unwrap().unwrap()
    }

    /// What a script says.
    pub async fn eval(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Becomes a browser that was never here.
    pub async fn forget_cookies(&self) {
        let command = json!({ "cmd": "Network.clearBrowserCookies", "params": {} });
        self.client.issue_cmd(Extension("goog/cdp/execute", command)).await.unwrap();
    }

    /// What the browser complained about since the last look: errors of scripts, what the policy forbids, answers
    /// that failed.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Extension("se/log", json!({ "type": "browser" }))).await.unwrap();
        let entries = log.as_array().unwrap().iter();
        let severe = entries.filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Checks that the page does not scroll sideways and that what is pressed is 44 px high.
    pub async fn fits(&self, name: &str) {
        self.wait_for("main h1").await;
        let problems = self.eval(include_str!("fits.js")).await;
        assert_eq!(problems, json!([]), "{name}");
        self.picture(name).await;
    }

    /// Keeps a picture of the page where `PAGES_PICTURES` names a folder.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = option_env!("PAGES_PICTURES") else { return };
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(format!("{folder}/{name}.png"), picture).unwrap();
    }

    /// Ends it.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    async fn visible(&self, selector: &str) -> Result<Element, String> {
        let found = self.client.find_all(Locator::Css(selector)).await.map_err(|error| error.to_string())?;
        for element in found {
            if element.is_displayed().await.map_err(|error| error.to_string())? {
                return Ok(element);
            }
        }
        Err(format!("nothing visible is {selector}"))
    }
}

fn capabilities(window: Window, profile: &TempFolder) -> Value {
    let mut arguments: Vec<String> = ARGUMENTS.iter().map(|argument| (*argument).to_owned()).collect();
    arguments.push(format!("--user-data-dir={}", profile.path().display()));
    arguments.push("--window-size=1440,900".to_owned());
    let mut options = json!({ "args": arguments });
    if window == Window::PhoneWithoutScript {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
    })
}

/// A command that chromedriver has beyond WebDriver.
#[derive(Debug)]
struct Extension(&'static str, Value);

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _request_url: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}
