//! Sending: within a bounded time, and with errors that say nothing of whom it was for.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::response::{Category, Severity};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::time::timeout;
use uuid::Uuid;

use super::settings::Route;
use super::{EmailAddress, MailSettings};

/// How long a server may take to answer a command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a message may take, from the connection to the server's word.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A message.
pub struct Mail {
    /// Names it: sent twice, it is the same message, and mail programs show it once.
    pub id: String,
    /// Whom it is for.
    pub to: EmailAddress,
    /// What it is about.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For those that show pages.
    pub html: String,
}

/// Why a message was not sent. Servers like to repeat addresses: nothing of what they say is kept but its number.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Trying again later may help.
    #[error("the mail could not be sent: {0}")]
    Unavailable(String),
    /// Trying again does not help: nobody is there, or nobody who wants it.
    #[error("the mail was refused for good: {0}")]
    Refused(String),
}

/// Sends mail. Clones share its connections.
#[derive(Clone)]
pub struct Mailer {
    transport: Transport,
    from: Mailbox,
}

#[derive(Clone)]
enum Transport {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer(…)")
    }
}

impl Mailer {
    /// By these settings; it connects when there is something to send.
    ///
    /// # Panics
    /// Never: the settings were tried when they were read.
    pub fn new(settings: &MailSettings) -> Self {
        let transport = match &settings.route {
            Route::Server(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .expect("the settings were tried when they were read");
                Transport::Server(builder.timeout(Some(COMMAND_TIMEOUT)).build())
            }
            Route::Folder(folder) => Transport::Folder(folder.clone()),
        };
        Self { transport, from: settings.from.clone() }
    }

    /// Sends a message within half a minute.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        let sent = async {
            match &self.transport {
                Transport::Server(server) => {
                    server.send(message).await.map(drop).map_err(|error| unsent(&error))
                }
                Transport::Folder(folder) => {
                    let written = write(folder, &message.formatted()).await;
                    written.map_err(|error| MailError::Unavailable(error.kind().to_string()))
                }
            }
        };
        let late = |_| MailError::Unavailable("no answer in time".to_owned());
        timeout(TIMEOUT, sent).await.map_err(late)?
    }

    fn message(&self, mail: Mail) -> Result<Message, MailError> {
        let id = format!("<{}@{}>", mail.id, self.from.email.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, mail.to.inner()))
            .subject(one_line(&mail.subject))
            .message_id(Some(id))
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html));
        // The addresses are parsed already; what else could be wrong does not get better.
        message.map_err(|_| MailError::Refused("it cannot be written as a message".to_owned()))
    }
}

/// A subject has one line, whatever a drop is called.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Only what a server says of the mail itself is final (RFC 5321, section 4.2.1: 5yz, and x5z for the mail system): a
/// wrong password is the operator's to correct.
fn unsent(error: &lettre::transport::smtp::Error) -> MailError {
    match error.status() {
        Some(code)
            if code.severity == Severity::PermanentNegativeCompletion
                && code.category == Category::MailSystem =>
        {
            MailError::Refused(format!("the server said {code}"))
        }
        Some(code) => MailError::Unavailable(format!("the server said {code}")),
        None if error.is_timeout() => MailError::Unavailable("the server did not answer in time".to_owned()),
        None if error.is_tls() => MailError::Unavailable("no secure connection to the server".to_owned()),
        None => MailError::Unavailable("no connection to the server".to_owned()),
    }
}

/// Whoever looks into the folder sees whole files.
async fn write(folder: &Path, message: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let name = Uuid::new_v4();
    let unfinished = folder.join(format!("{name}.part"));
    tokio::fs::write(&unfinished, message).await?;
    tokio::fs::rename(&unfinished, folder.join(format!("{name}.eml"))).await
}

#[cfg(test)]
mod tests;
