//! What the mails of the line say.

use askama::Template;
use jiff::Timestamp;
use shared::mail::{EmailAddress, Mail};
use shared::pages::{Language, Words};

use crate::domain::reminder::Occasion;
use crate::words::in_language;

/// "Your turn is near", as text.
#[derive(Template)]
#[template(path = "reminder.txt")]
struct ReminderText<'a>(Reminder<'a>);

/// The same as a page.
#[derive(Template)]
#[template(path = "reminder.html")]
struct ReminderPage<'a>(Reminder<'a>);

#[derive(Clone, Copy)]
struct Reminder<'a> {
    say: &'static Words,
    title: &'a str,
    page: &'a str,
    occasion: Occasion,
}

impl Reminder<'_> {
    fn heading(&self) -> String {
        self.say.text(match self.occasion {
            Occasion::Near(_) => "reminder-near",
            Occasion::Away(_) => "reminder-away",
            Occasion::Called(_) => "called",
        })
    }

    fn sentence(&self) -> String {
        let before = |message, time: Timestamp| self.say.with(message, "time", &self.say.moment(&time));
        match self.occasion {
            Occasion::Near(eta) => match eta.low_s / 60 {
                0 => self.say.text("reminder-any-minute"),
                minutes => self.say.count("reminder-minutes", &[("minutes", minutes)]),
            },
            Occasion::Away(until) => before("reminder-back", until),
            Occasion::Called(until) => before("reminder-enter", until),
        }
    }
}

/// The mail to somebody who asked for one when their turn is near, in their language.
///
/// # Panics
/// Never: the templates write into memory.
pub(crate) fn reminder(
    id: String,
    (to, language): (&EmailAddress, Language),
    title: &str,
    page: &str,
    occasion: Occasion,
) -> Mail {
    let reminder = Reminder { say: in_language(language), title, page, occasion };
    Mail {
        id,
        to: to.clone(),
        subject: format!("{}: {title}", reminder.heading()),
        text: ReminderText(reminder).render().expect("text is written into memory"),
        html: ReminderPage(reminder).render().expect("a page is written into memory"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::Eta;

    fn mail(title: &str, occasion: Occasion) -> Mail {
        mail_in(Language::English, title, occasion)
    }

    fn mail_in(language: Language, title: &str, occasion: Occasion) -> Mail {
        let to = "ann@example.com".parse().unwrap();
        reminder("7".to_owned(), (&to, language), title, "https://line.example.com/q/premiere", occasion)
    }

    #[test]
    fn a_mail_says_what_happens_and_where_to_go() {
        let until: Timestamp = "2026-03-01T12:05:30Z".parse().unwrap();
        let near = mail("Premiere", Occasion::Near(Eta { low_s: 540, high_s: 900 }));
        assert_eq!(near.subject, "Your turn is near: Premiere");
        let called = mail("Premiere", Occasion::Called(until));
        let away = mail("Premiere", Occasion::Away(until));
        for (mail, said) in [
            (near, "You may be called in about 9 minutes."),
            (called, "Enter the shop before 1 March 2026, 12:05 UTC."),
            (away, "Come back before 1 March 2026, 12:05 UTC, and you are called next."),
        ] {
            for body in [&mail.text, &mail.html] {
                assert!(body.contains(said), "{body}");
                assert!(body.contains("https://line.example.com/q/premiere"), "{body}");
            }
        }
    }

    #[test]
    fn every_language_has_its_own_mail_for_each_occasion() {
        let until: Timestamp = "2026-03-01T12:05:30Z".parse().unwrap();
        let occasions = [
            Occasion::Near(Eta { low_s: 0, high_s: 60 }),
            Occasion::Near(Eta { low_s: 60, high_s: 60 }),
            Occasion::Near(Eta { low_s: 540, high_s: 900 }),
            Occasion::Away(until),
            Occasion::Called(until),
        ];
        for occasion in occasions {
            let english = mail("Premiere", occasion);
            for language in Language::ALL {
                let mail = mail_in(language, "Premiere", occasion);
                let frame = format!("<html lang=\"{}\" dir=\"{}\">", language.tag(), language.direction());
                assert!(mail.html.contains(&frame), "{}", mail.html);
                assert!(mail.subject.ends_with(": Premiere"), "{}", mail.subject);
                assert!(!mail.text.contains("reminder-") && !mail.text.contains("{ $"), "{}", mail.text);
                assert_eq!(mail.subject == english.subject, language == Language::English);
                let sentences = mail.text.split("\n\n").filter(|part| english.text.contains(part)).count();
                assert_eq!(sentences, if language == Language::English { 5 } else { 0 }, "{}", mail.text);
            }
        }
    }

    #[test]
    fn a_title_is_text_and_nothing_else() {
        let mail = mail("<b>Tom & Ann</b>", Occasion::Near(Eta { low_s: 0, high_s: 60 }));
        assert!(mail.text.contains("<b>Tom & Ann</b>"), "{}", mail.text);
        assert!(!mail.html.contains("<b>Tom"), "{}", mail.html);
    }
}
