//! Mail: parsed addresses, and how a message leaves — to a server, or as a file into a folder. What is sent, to whom and
//! when is decided by whoever calls; so is what becomes of a message that could not be sent.

mod address;
mod sender;
mod settings;

pub use address::{EmailAddress, InvalidEmail};
pub use sender::{Mail, MailError, Mailer};
pub use settings::MailSettings;
