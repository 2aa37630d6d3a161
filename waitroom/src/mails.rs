//! What the mails of the line say.

use askama::Template;
use jiff::Timestamp;
use shared::mail::{EmailAddress, Mail};

use crate::domain::reminder::Occasion;

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
    title: &'a str,
    page: &'a str,
    occasion: Occasion,
}

impl Reminder<'_> {
    fn heading(&self) -> &'static str {
        match self.occasion {
            Occasion::Near(_) => "Your turn is near",
            Occasion::Away(_) => "Your turn came while you were away",
            Occasion::Called(_) => "It is your turn",
        }
    }

    fn sentence(&self) -> String {
        match self.occasion {
            Occasion::Near(eta) => match eta.low_s / 60 {
                0 => "You may be called any minute now.".to_owned(),
                1 => "You may be called in about a minute.".to_owned(),
                minutes => format!("You may be called in about {minutes} minutes."),
            },
            Occasion::Away(until) => {
                format!("Come back before {}, and you are called next.", time(until))
            }
            Occasion::Called(until) => format!("Enter the shop before {}.", time(until)),
        }
    }
}

fn time(time: Timestamp) -> String {
    time.strftime("%H:%M UTC on %-d %B").to_string()
}

/// The mail to somebody who asked for one when their turn is near.
///
/// # Panics
/// Never: the templates write into memory.
pub(crate) fn reminder(id: String, to: &EmailAddress, title: &str, page: &str, occasion: Occasion) -> Mail {
    let reminder = Reminder { title, page, occasion };
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
        let to = "ann@example.com".parse().unwrap();
        reminder("7".to_owned(), &to, title, "https://line.example.com/q/premiere", occasion)
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
            (called, "Enter the shop before 12:05 UTC on 1 March."),
            (away, "Come back before 12:05 UTC on 1 March, and you are called next."),
        ] {
            for body in [&mail.text, &mail.html] {
                assert!(body.contains(said), "{body}");
                assert!(body.contains("https://line.example.com/q/premiere"), "{body}");
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
