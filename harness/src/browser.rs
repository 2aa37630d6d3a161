//! A Chromium that does what people do, and says what it did not like.
#![allow(clippy::unwrap_used, reason = "what a browser is asked for must work, or the test has failed")]

mod webdriver;

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use servers::install::{Package, ensure_installed};
use servers::ports::free_port;
use tokio::process::{Child, Command};

use crate::{TempFolder, eventually, pictures_folder};
use webdriver::{Element, Session};

/// Longer than any page takes on a busy machine, and than the slowest payment.
pub const SOON: Duration = Duration::from_secs(45);

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
    /// 1440 by 900 pixels.
    Desktop,
    /// 390 by 844 pixels, two of the screen each.
    Phone,
    /// The same, and no script of a page runs.
    PhoneWithoutScript,
}

/// A key of the keyboard.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "their names say which they are")]
pub enum Key {
    Tab,
    Space,
    Enter,
    Right,
    Down,
    Home,
    End,
    Zero,
}

/// A browser; it ends with the test.
pub struct Browser {
    session: Session,
    window: Window,
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
        let (url, capabilities) = (format!("http://127.0.0.1:{port}"), capabilities(window, &profile));
        let session = eventually(SOON, || Session::begin(&url, &capabilities)).await;
        let browser = Self { session, window, _driver: driver, _profile: profile };
        browser.be_of_its_size().await;
        browser
    }

    /// A window has a least width; the emulated screen of a phone, which each tab has by itself, has not.
    async fn be_of_its_size(&self) {
        if self.window != Window::Desktop {
            let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
            self.session.devtools("Emulation.setDeviceMetricsOverride", screen).await.unwrap();
        }
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.session.go_to(url).await.unwrap();
    }

    /// Where it is.
    pub async fn address(&self) -> String {
        self.session.address().await.unwrap()
    }

    /// Waits until something is there and visible, and clicks its middle with the mouse. What is replaced or covered
    /// meanwhile is looked for again.
    pub async fn click(&self, selector: &str) {
        eventually(SOON, || async {
            let element = self.visible(selector).await?;
            if self.session.click(&element).await.is_ok() {
                return Ok(());
            }
            let middle = "arguments[0].scrollIntoView({ block: 'center', inline: 'center' })";
            self.session.run(middle, Some(&element)).await?;
            self.session.click(&element).await
        })
        .await;
    }

    /// Types into a field.
    pub async fn write(&self, selector: &str, text: &str) {
        self.click(selector).await;
        let field = self.wait_for(selector).await;
        self.session.clear(&field).await.unwrap();
        self.session.type_into(&field, text).await.unwrap();
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: Key) {
        let code = match key {
            Key::Tab => '\u{e004}',
            Key::Space => ' ',
            Key::Enter => '\u{e007}',
            Key::Right => '\u{e014}',
            Key::Down => '\u{e015}',
            Key::Zero => '0',
            Key::Home => '\u{e011}',
            Key::End => '\u{e010}',
        };
        self.session.press(code).await.unwrap();
    }

    /// Types where the focus is.
    pub async fn write_here(&self, text: &str) {
        for key in text.chars() {
            self.session.press(key).await.unwrap();
        }
    }

    /// Presses Tab until the focus is on something.
    pub async fn tab_to(&self, selector: &str) {
        let is_there = format!("return document.activeElement.matches({})", json!(selector));
        for _ in 0..60 {
            if self.eval(&is_there).await == true {
                return;
            }
            self.press(Key::Tab).await;
        }
        panic!("60 times Tab do not lead to {selector}");
    }

    /// Waits until a text can be read on the page.
    pub async fn see(&self, text: &str) {
        eventually(SOON, || async {
            let page = self.session.find("body").await?;
            let words = self.session.text(&page).await?;
            if words.contains(text) { Ok(()) } else { Err(format!("{text:?} is not in {words:?}")) }
        })
        .await;
    }

    /// Waits until something is on the page.
    pub async fn wait_for(&self, selector: &str) -> Element {
        eventually(SOON, || self.session.find(selector)).await
    }

    /// What a field holds.
    pub async fn value(&self, selector: &str) -> String {
        let field = self.wait_for(selector).await;
        self.session.property(&field, "value").await.unwrap()
    }

    /// What a script says.
    pub async fn eval(&self, script: &str) -> Value {
        self.session.run(script, None).await.unwrap()
    }

    /// Waits until a script says yes.
    pub async fn wait_until(&self, script: &str) {
        eventually(SOON, || async {
            let answer = self.session.run(script, None).await?;
            let is_yes = !matches!(&answer, Value::Null | Value::Bool(false)) && answer != "";
            if is_yes { Ok(()) } else { Err(format!("{script} says {answer}")) }
        })
        .await;
    }

    /// Runs a script in each page that this tab opens from now on, before the page's own.
    pub async fn prepare(&self, script: &str) {
        let command = "Page.addScriptToEvaluateOnNewDocument";
        self.session.devtools(command, json!({ "source": script })).await.unwrap();
    }

    /// Opens a second tab and goes there; says which the first is.
    pub async fn second_tab(&self) -> String {
        let tab = self.session.new_tab().await.unwrap();
        let here = self.go_to_tab(&tab).await;
        self.be_of_its_size().await;
        here
    }

    /// Goes to another tab; says which this one is.
    pub async fn go_to_tab(&self, tab: &str) -> String {
        let here = self.session.tab().await.unwrap();
        self.session.switch_to(tab).await.unwrap();
        here
    }

    /// Loses a cookie of the page's origin.
    pub async fn forget_cookie(&self, name: &str) {
        let cookie = json!({ "name": name, "url": self.address().await });
        self.session.devtools("Network.deleteCookies", cookie).await.unwrap();
    }

    /// Becomes a browser that was never here.
    pub async fn forget_cookies(&self) {
        self.session.devtools("Network.clearBrowserCookies", json!({})).await.unwrap();
    }

    /// What the browser complained about since the last look: errors of scripts, what the policy forbids, answers
    /// that failed.
    pub async fn complaints(&self) -> Vec<String> {
        let console = self.session.console().await.unwrap();
        let severe = console.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Checks that the page does not scroll sideways, that what is pressed is 44 px high, and that it is for everybody.
    pub async fn fits(&self, name: &str) {
        self.has_room(name).await;
        self.is_for_everybody(name).await;
        self.keep_picture(name).await;
    }

    /// Checks that the page does not scroll sideways, and that what is pressed is 44 px high.
    pub async fn has_room(&self, name: &str) {
        self.wait_for("main h1").await;
        let problems = self.eval(include_str!("browser/fits.js")).await;
        assert_eq!(problems, json!([]), "{name}");
    }

    /// Checks that nobody is shut out from the page as it is shown now, as far as a program can tell: axe finds no
    /// violation of WCAG 2.2 at level AA. A page that is loaded anew meanwhile is looked at again. axe is a script, so
    /// nothing is checked where scripts do not run. <https://github.com/dequelabs/axe-core>
    pub async fn is_for_everybody(&self, name: &str) {
        if self.window == Window::PhoneWithoutScript {
            return;
        }
        let look = concat!(include_str!("browser/axe/axe.min.js"), "\n", include_str!("browser/axe/run.js"));
        let violations = eventually(SOON, || self.session.run(look, None)).await;
        assert_eq!(violations, json!([]), "{name}");
    }

    /// Shows pages as to people who prefer dark ones, or light ones.
    pub async fn prefer_dark(&self, is_dark: bool) {
        self.prefer(&[("prefers-color-scheme", if is_dark { "dark" } else { "light" })]).await;
    }

    /// Shows pages as to people whose system says so: media features and their values, and no others.
    pub async fn prefer(&self, features: &[(&str, &str)]) {
        let feature = |(name, value): &(&str, &str)| json!({ "name": name, "value": value });
        let features: Vec<Value> = features.iter().map(feature).collect();
        self.session.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await.unwrap();
    }

    /// A command of Chromium's own protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.session.devtools(command, parameters).await.unwrap()
    }

    /// Puts fingers on the screen, moves them or takes them away (`touchStart`, `touchMove`, `touchEnd`): where they are
    /// then, in pixels of the window.
    pub async fn touch(&self, what: &str, fingers: &[(f64, f64)]) {
        let finger = |(id, (x, y)): (usize, &(f64, f64))| json!({ "x": x, "y": y, "id": id });
        let fingers: Vec<Value> = fingers.iter().enumerate().map(finger).collect();
        let event = json!({ "type": what, "touchPoints": fingers });
        self.session.devtools("Input.dispatchTouchEvent", event).await.unwrap();
    }

    /// Loses the network, or has it again.
    pub async fn be_offline(&self, is_offline: bool) {
        let none =
            json!({ "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.session.devtools("Network.emulateNetworkConditions", none).await.unwrap();
    }

    /// A picture of what is seen of the page.
    pub async fn png(&self) -> Vec<u8> {
        STANDARD.decode(self.session.picture().await.unwrap()).unwrap()
    }

    /// Keeps a picture of the page as a desktop and as a phone shows it, light and dark, where `STANCHION_TEST_PICTURES`
    /// names a folder; does nothing elsewhere.
    pub async fn keep_picture(&self, name: &str) {
        if pictures_folder().is_none() {
            return;
        }
        for (scheme, is_dark) in [("light", false), ("dark", true)] {
            self.prefer_dark(is_dark).await;
            self.keep_picture_as_it_is(name, scheme).await;
        }
        self.prefer_dark(false).await;
    }

    /// The same of the page as it is shown now, which `scheme` names.
    pub async fn keep_picture_as_it_is(&self, name: &str, scheme: &str) {
        let Some(folder) = pictures_folder() else { return };
        std::fs::create_dir_all(&folder).unwrap();
        let size = if self.window == Window::Desktop { "desktop" } else { "phone" };
        std::fs::write(folder.join(format!("{name}-{size}-{scheme}.png")), self.png().await).unwrap();
    }

    /// Ends it.
    pub async fn close(mut self) {
        self.session.end().await.unwrap();
        self.session.process_id = None;
    }

    async fn visible(&self, selector: &str) -> Result<Element, String> {
        for element in self.session.find_all(selector).await? {
            if self.session.is_displayed(&element).await? {
                return Ok(element);
            }
        }
        Err(format!("nothing visible is {selector}"))
    }
}

/// A test that fails leaves no browser behind: chromedriver, which is killed with the test, would.
impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(process_id) = self.session.process_id {
            let _may_have_ended = kill(Pid::from_raw(process_id), Signal::SIGKILL);
        }
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
