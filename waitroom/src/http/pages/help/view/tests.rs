use shared::pages::Language;

use super::*;
use crate::domain::drop::tests::sample;
use crate::words::in_language;

fn help_in(language: Language) -> HelpPage {
    HelpPage { has_mail: true, ..HelpPage::of(&sample(), in_language(language)) }
}

fn help() -> HelpPage {
    help_in(Language::English)
}

fn move_in(language: Language) -> MovePage {
    MovePage::of(&sample(), in_language(language))
}

/// The page is in this language, names each of these messages, and says none of them in English.
fn is_in(language: Language, html: &str, messages: &[&str]) {
    let frame = format!("<html lang=\"{}\" dir=\"{}\">", language.tag(), language.direction());
    assert!(html.contains(&frame), "{html}");
    for message in messages {
        assert!(html.contains(&in_language(language).text(message)), "{language:?}: {message}: {html}");
        let is_english = html.contains(&in_language(Language::English).text(message));
        assert_eq!(is_english, language == Language::English, "{language:?}: {message}: {html}");
    }
}

fn handover() -> MoveAnswer {
    MoveAnswer {
        code: "3ZQ4-8M0T".to_owned(),
        url: "https://line.test/q/premiere/move#3ZQ4-8M0T".to_owned(),
        qr_svg: "<svg></svg>".to_owned(),
        expires_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn mail_is_offered_only_where_it_can_be_sent() {
    assert!(help().render().unwrap().contains("name=\"email\""));
    let without = HelpPage { has_mail: false, ..help() }.render().unwrap();
    assert!(!without.contains("name=\"email\"") && without.contains("/help/move"), "{without}");
}

#[test]
fn the_help_is_in_every_language_in_every_state() {
    for language in Language::ALL {
        let is_so = |page: HelpPage, messages: &[&str]| is_in(language, &page.render().unwrap(), messages);
        let help = || help_in(language);
        is_so(
            help(),
            &[
                "help-title",
                "help-lead",
                "help-back",
                "mail-heading",
                "mail-note",
                "mail-ask",
                "move-advice",
                "support-advice",
                "support-show",
                "help-failed",
            ],
        );
        is_so(
            HelpPage { handover: Some(handover()), support_code: Some("7KQ2-M4XT".to_owned()), ..help() },
            &["move-scan", "move-again", "support-code", "support-note"],
        );
        is_so(HelpPage { fault: Some(EmailFault::NoAddress), ..help() }, &["mail-no-address"]);
        is_so(HelpPage { fault: Some(EmailFault::TooMany), ..help() }, &["mail-too-many"]);
        is_so(HelpPage { elsewhere: Some(Timestamp::UNIX_EPOCH), ..help() }, &["elsewhere"]);
        is_so(help().saying_so(), &["mail-stopped"]);
        for (reminder, messages) in [
            (ReminderAnswer::sample(Some("a…@example.com"), "pending"), &["mail-stop"][..]),
            (ReminderAnswer::sample(None, "sent"), &["mail-sent"]),
            (ReminderAnswer::sample(None, "failed"), &["mail-failed", "mail-ask"]),
        ] {
            is_so(HelpPage { reminder: Some(reminder), ..help() }, messages);
        }
    }
}

#[test]
fn taking_a_place_over_is_in_every_language() {
    for language in Language::ALL {
        let page = MovePage { has_place: true, is_spent: true, ..move_in(language) };
        let messages =
            ["move-title", "move-same", "move-own", "move-code", "move-code-note", "move-take", "move-spent"];
        is_in(language, &page.render().unwrap(), &messages);
    }
}

#[test]
fn what_was_asked_for_is_on_the_page_and_only_that() {
    let first = help().render().unwrap();
    assert!(!first.contains("<svg") && !first.contains("data-result"), "{first}");
    let asked = HelpPage { support_code: Some("7KQ2-M4XT".to_owned()), is_code_asked: true, ..help() };
    let html = asked.render().unwrap();
    assert!(html.contains("7KQ2-M4XT") && html.matches("data-result").count() == 1, "{html}");
    let made = HelpPage { handover: Some(handover()), elsewhere: Some(Timestamp::UNIX_EPOCH), ..help() };
    let html = made.render().unwrap();
    assert!(html.contains("data-opened=\"1970-01-01T00:00:00Z\""), "{html}");
    assert_eq!(html.matches("data-result").count(), 1, "{html}");
}

#[test]
fn a_reminder_is_shown_masked_and_nobody_is_asked_for_one_that_comes_too_late() {
    let pending = ReminderAnswer::sample(Some("a…@example.com"), "pending");
    let html = HelpPage { reminder: Some(pending), needless: Some(Needless::Near), ..help() };
    let html = html.render().unwrap();
    assert!(html.contains("a…@example.com") && !html.contains("name=\"email\""), "{html}");
    for (why, said) in [
        (Needless::Near, "It is near already"),
        (Needless::Called, "It is your turn already"),
        (Needless::Over, "not waiting any more"),
    ] {
        let html = HelpPage { needless: Some(why), ..help() }.render().unwrap();
        assert!(html.contains(said) && !html.contains("name=\"email\""), "{html}");
    }
}

#[test]
fn a_bad_address_is_given_back_with_what_is_wrong_with_it() {
    let typed = "\"><script>".to_owned();
    let html = HelpPage { typed, fault: Some(EmailFault::NoAddress), ..help() }.render().unwrap();
    assert!(html.contains("aria-invalid=\"true\"") && !html.contains("\"><script>"), "{html}");
}

#[test]
fn a_place_is_taken_over_by_a_form_and_a_spent_code_is_explained() {
    let page = |has_place, is_spent| {
        MovePage { has_place, is_spent, ..move_in(Language::English) }.render().unwrap()
    };
    let first = page(false, false);
    assert!(first.contains("action=\"/q/premiere/move\"") && first.contains("name=\"code\""), "{first}");
    assert!(!first.contains("data-own") && !first.contains("role=\"alert\""), "{first}");
    assert!(page(true, false).contains("data-own"));
    assert!(page(false, true).contains("role=\"alert\""));
}
