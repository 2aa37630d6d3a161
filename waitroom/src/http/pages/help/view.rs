//! What the pages for people who wait show, as their templates take it.

use askama::Template;

use crate::domain::drop::Drop;
use crate::http::handovers::MoveAnswer;
use crate::http::reminders::ReminderAnswer;

/// A mail, another device, a code for support.
#[derive(Template)]
#[template(path = "helps.html")]
pub(super) struct HelpPage {
    slug: String,
    title: String,
    has_mail: bool,
    reminder: Option<ReminderAnswer>,
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
}

/// Why no mail will be sent to what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmailFault {
    /// It is no address.
    NoAddress,
    /// The address has enough.
    TooMany,
}

impl HelpPage {
    /// The page as it is at first.
    pub(super) fn of(drop: &Drop, has_mail: bool, reminder: Option<ReminderAnswer>) -> Self {
        Self {
            slug: drop.slug.to_string(),
            title: drop.settings.title.clone(),
            has_mail,
            reminder,
            is_changed: false,
            typed: String::new(),
            fault: None,
            support_code: None,
            is_code_asked: false,
            handover: None,
        }
    }

    /// The page after a wish for mail was changed.
    pub(super) fn saying_so(mut self) -> Self {
        self.is_changed = true;
        self
    }

    /// What is to be read first is here.
    fn status(&self) -> &str {
        self.reminder.as_ref().map_or("none", |reminder| reminder.status.as_str())
    }

    fn masked(&self) -> &str {
        self.reminder.as_ref().and_then(|reminder| reminder.email_masked.as_deref()).unwrap_or_default()
    }
}

/// "Take my place on this device".
#[derive(Template)]
#[template(path = "move.html")]
pub(super) struct MovePage {
    slug: String,
    title: String,
    /// Whether this device has a place in this line already.
    has_place: bool,
    /// Whether the code that was sent is not good any more.
    is_spent: bool,
}

impl MovePage {
    pub(super) fn of(drop: &Drop, has_place: bool, is_spent: bool) -> Self {
        Self { slug: drop.slug.to_string(), title: drop.settings.title.clone(), has_place, is_spent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drop::tests::sample;

    fn help(has_mail: bool) -> HelpPage {
        HelpPage::of(&sample(), has_mail, None)
    }

    #[test]
    fn mail_is_offered_only_where_it_can_be_sent() {
        assert!(help(true).render().unwrap().contains("name=\"email\""));
        let without = help(false).render().unwrap();
        assert!(!without.contains("name=\"email\"") && without.contains("/help/move"), "{without}");
    }

    #[test]
    fn what_was_asked_for_is_on_the_page_and_only_that() {
        let first = help(true).render().unwrap();
        assert!(!first.contains("<svg") && !first.contains("data-result"), "{first}");
        let mut asked = help(true);
        asked.support_code = Some("7KQ2-M4XT".to_owned());
        asked.is_code_asked = true;
        let html = asked.render().unwrap();
        assert!(html.contains("7KQ2-M4XT") && html.matches("data-result").count() == 1, "{html}");
    }

    #[test]
    fn a_reminder_is_shown_masked_and_what_became_of_it_is_said() {
        for (state, said) in [
            (ReminderAnswer::sample(Some("a…@example.com"), "pending"), "a…@example.com"),
            (ReminderAnswer::sample(None, "sent"), "The mail has been sent"),
            (ReminderAnswer::sample(None, "failed"), "could not be sent"),
        ] {
            let html = HelpPage::of(&sample(), true, Some(state)).render().unwrap();
            assert!(html.contains(said), "{said}: {html}");
        }
    }

    #[test]
    fn a_bad_address_is_given_back_with_what_is_wrong_with_it() {
        let mut page = help(true);
        page.typed = "\"><script>".to_owned();
        page.fault = Some(EmailFault::NoAddress);
        let html = page.render().unwrap();
        assert!(html.contains("aria-invalid=\"true\"") && !html.contains("\"><script>"), "{html}");
    }

    #[test]
    fn a_place_is_taken_over_by_a_form_and_a_spent_code_is_explained() {
        let page = |has_place, is_spent| MovePage::of(&sample(), has_place, is_spent).render().unwrap();
        let first = page(false, false);
        assert!(first.contains("action=\"/q/premiere/move\"") && first.contains("name=\"code\""), "{first}");
        assert!(!first.contains("has a place of its own") && !first.contains("role=\"alert\""), "{first}");
        assert!(page(true, false).contains("has a place of its own"));
        assert!(page(false, true).contains("role=\"alert\""));
    }
}
