//! What the pages for people who wait show, as their templates take it.

use askama::Template;
use jiff::Timestamp;
use shared::pages::{LanguageLink, Words, language_links};

use crate::domain::drop::Drop;
use crate::domain::reminder::Needless;
use crate::http::handovers::MoveAnswer;
use crate::http::pages::brand::Brand;
use crate::http::reminders::ReminderAnswer;

/// A mail, another device, a code for support.
#[derive(Template)]
#[template(path = "helps.html")]
pub(super) struct HelpPage {
    say: &'static Words,
    languages: Vec<LanguageLink>,
    brand: Brand,
    slug: String,
    title: String,
    /// Whether mail can be sent at all.
    pub(super) has_mail: bool,
    /// What has become of the wish for mail.
    pub(super) reminder: Option<ReminderAnswer>,
    /// Why a mail would come too late.
    pub(super) needless: Option<Needless>,
    /// Whether a wish for mail was just changed.
    is_changed: bool,
    /// What was typed as an address, and what is wrong with it.
    pub(super) typed: String,
    pub(super) fault: Option<EmailFault>,
    /// The code, once it was asked for; and whether that was just now.
    pub(super) support_code: Option<String>,
    pub(super) is_code_asked: bool,
    /// What takes the place to another device, once it was asked for.
    pub(super) handover: Option<MoveAnswer>,
    /// When the place was last opened on another device.
    pub(super) elsewhere: Option<Timestamp>,
}

/// Why no mail will be sent to what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmailFault {
    /// It is no address.
    NoAddress,
    /// The address has enough.
    TooMany,
}

impl EmailFault {
    fn message(self) -> &'static str {
        match self {
            Self::NoAddress => "mail-no-address",
            Self::TooMany => "mail-too-many",
        }
    }
}

/// What the page says of a wish for mail.
enum Wish<'a> {
    /// There is one, with this address.
    Pending(&'a str),
    /// The mail has gone.
    Sent,
    /// A mail would come too late: the message that says why.
    Needless(&'static str),
    /// It can be asked for; whether one could not be sent.
    Open(bool),
}

impl HelpPage {
    /// The page as it is at first, where no mail can be sent.
    pub(super) fn of(drop: &Drop, say: &'static Words) -> Self {
        let slug = drop.slug.to_string();
        let path = format!("/q/{slug}/help");
        Self {
            say,
            languages: language_links(&path, &[], &drop.settings.languages, say.language()),
            brand: Brand::of(drop),
            slug,
            title: drop.settings.title.clone(),
            has_mail: false,
            reminder: None,
            needless: None,
            is_changed: false,
            typed: String::new(),
            fault: None,
            support_code: None,
            is_code_asked: false,
            handover: None,
            elsewhere: None,
        }
    }

    /// The page after a wish for mail was changed, or could not be.
    pub(super) fn saying_so(mut self) -> Self {
        self.is_changed = true;
        self
    }

    fn wish(&self) -> Wish<'_> {
        let status = self.reminder.as_ref().map_or("none", |reminder| reminder.status.as_str());
        let address = self.reminder.as_ref().and_then(|reminder| reminder.email_masked.as_deref());
        match (status, self.needless) {
            ("pending", _) => Wish::Pending(address.unwrap_or_default()),
            ("sent", _) => Wish::Sent,
            (_, Some(Needless::Near)) => Wish::Needless("mail-near"),
            (_, Some(Needless::Called)) => Wish::Needless("mail-now"),
            (_, Some(Needless::Over)) => Wish::Needless("mail-over"),
            (status, None) => Wish::Open(status == "failed"),
        }
    }

    /// Whether nothing else on the page answers what was done last.
    fn is_quiet(&self) -> bool {
        self.handover.is_none() && !self.is_code_asked && !self.is_changed && self.fault.is_none()
    }
}

/// "Take my place on this device".
#[derive(Template)]
#[template(path = "move.html")]
pub(super) struct MovePage {
    say: &'static Words,
    languages: Vec<LanguageLink>,
    brand: Brand,
    slug: String,
    title: String,
    /// Whether this device has a place in this line already.
    pub(super) has_place: bool,
    /// Whether the code that was sent is not good any more.
    pub(super) is_spent: bool,
}

impl MovePage {
    /// The page for a device without a place, and with a code that nobody has tried.
    pub(super) fn of(drop: &Drop, say: &'static Words) -> Self {
        let slug = drop.slug.to_string();
        let path = format!("/q/{slug}/move");
        Self {
            say,
            languages: language_links(&path, &[], &drop.settings.languages, say.language()),
            brand: Brand::of(drop),
            slug,
            title: drop.settings.title.clone(),
            has_place: false,
            is_spent: false,
        }
    }
}

#[cfg(test)]
mod tests;
