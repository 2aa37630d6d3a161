//! How mail leaves this installation: `MAIL_URL` and `MAIL_FROM`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use url::Url;

use crate::config::Vars;

/// Where mail goes, and who it is from. It does not print the credentials in its URL.
#[derive(Clone)]
pub struct MailSettings {
    pub(super) route: Route,
    pub(super) from: Mailbox,
}

/// Where mail goes.
#[derive(Clone)]
pub(super) enum Route {
    /// To this server: `smtp://`, with `?tls=required` for STARTTLS, or `smtps://`.
    Server(String),
    /// Into this folder, a file a message.
    Folder(PathBuf),
}

/// The text is no way for mail to leave. The error does not repeat it: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "must be smtp://user:password@host:port?tls=required, smtps://user:password@host:port or file:///folder"
)]
pub(super) struct InvalidRoute;

impl MailSettings {
    /// Reads `MAIL_URL` and `MAIL_FROM`; `None` where no mail is to be sent. The second is needed with the first.
    pub fn from_vars(vars: &mut Vars) -> Option<Self> {
        let route: Option<Route> = vars.parse_optional("MAIL_URL");
        let from: Option<Mailbox> = vars.parse_optional("MAIL_FROM");
        if route.is_some() && vars.get("MAIL_FROM").is_none() {
            vars.mistake("MAIL_FROM: is required with MAIL_URL, e.g. `Tickets <tickets@example.com>`");
        }
        Some(Self { route: route?, from: from? })
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailSettings(…)")
    }
}

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, InvalidRoute> {
        let url = Url::parse(text).map_err(|_| InvalidRoute)?;
        match url.scheme() {
            "file" => url.to_file_path().map(Self::Folder).map_err(|()| InvalidRoute),
            _ => AsyncSmtpTransport::<Tokio1Executor>::from_url(text)
                .map(|_| Self::Server(text.to_owned()))
                .map_err(|_| InvalidRoute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, from: &str) -> Result<Option<MailSettings>, String> {
        let mut vars = Vars::default();
        for (name, value) in [("MAIL_URL", url), ("MAIL_FROM", from)] {
            if !value.is_empty() {
                vars = vars.with(name, value);
            }
        }
        let settings = MailSettings::from_vars(&mut vars);
        vars.finish().map(|()| settings).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn servers_and_folders_are_understood_and_nothing_is_no_mail() {
        let from = "Tickets <tickets@example.com>";
        for url in
            ["smtp://localhost:2525", "smtp://a:b@mail.example.com?tls=required", "file:///var/mail/out"]
        {
            assert!(read(url, from).unwrap().is_some(), "{url}");
        }
        assert!(read("", "").unwrap().is_none());
        assert!(read("", from).unwrap().is_none());
    }

    #[test]
    fn a_mistake_in_the_settings_repeats_no_password() {
        let from = "tickets@example.com";
        for url in [
            "http://ann:hunter2@example.com",
            "smtp://ann:hunter2@",
            "hunter2",
            "smtp://ann:hunter2@host?tls=maybe",
        ] {
            let mistakes = read(url, from).unwrap_err();
            assert!(mistakes.contains("MAIL_URL: must be") && !mistakes.contains("hunter2"), "{mistakes}");
        }
        assert!(read("smtp://localhost", "").unwrap_err().contains("MAIL_FROM: is required"));
        assert!(read("smtp://localhost", "nobody").unwrap_err().contains("MAIL_FROM"));
        let settings = read("smtp://ann:hunter2@localhost", from).unwrap().unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
