//! What the pages say, in every language: messages in Fluent's format (<https://projectfluent.org>), a file a language,
//! embedded. Plurals follow the rules of each language (CLDR).

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Timestamp;
use unic_langid::LanguageIdentifier;

use super::Language;

/// The names of everything that a script fills in by itself; see [`Words::pattern`].
const GAPS: [&str; 6] = ["position", "wait", "time", "low", "high", "title"];

/// The messages of one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The messages of these files.
    ///
    /// Errors: where a file has a mistake, or two have a message of the same name.
    pub fn new(language: Language, files: &[&str]) -> Result<Self, String> {
        let tag: LanguageIdentifier = language.tag().parse().map_err(|error| format!("{error:?}"))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // What is put into a sentence keeps its own direction where that may be another than the sentence's.
        bundle.set_use_isolating(language.direction() == "rtl");
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned());
            let resource = resource.map_err(|(_, errors)| format!("{language:?}: {errors:?}"))?;
            bundle.add_resource(resource).map_err(|errors| format!("{language:?}: {errors:?}"))?;
        }
        Ok(Self { language, bundle })
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A message that takes nothing in. One that does not exist is its own name: people still find their way.
    pub fn text(&self, id: &str) -> String {
        self.format(id, None)
    }

    /// A message that takes in a text.
    pub fn with(&self, id: &str, name: &str, value: &str) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value.to_owned());
        self.format(id, Some(&arguments))
    }

    /// A message that takes in numbers, of which some decide about its plural.
    pub fn count(&self, id: &str, numbers: &[(&str, u64)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, number) in numbers {
            arguments.set(*name, FluentValue::from(*number));
        }
        self.format(id, Some(&arguments))
    }

    /// A time as it is written where no script knows the reader's zone.
    pub fn moment(&self, time: &Timestamp) -> String {
        let format =
            if self.language == Language::English { "%-d %B %Y, %H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
        time.strftime(format).to_string()
    }

    /// A message for a script, which replaces `{position}` and the like by what it knows.
    pub fn pattern(&self, id: &str) -> String {
        let mut arguments = FluentArgs::new();
        for name in GAPS {
            arguments.set(name, format!("{{{name}}}"));
        }
        self.format(id, Some(&arguments))
    }

    fn format(&self, id: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, arguments, &mut errors).into_owned()
    }
}

/// The messages of all languages.
pub struct Catalogue([Words; Language::ALL.len()]);

impl Catalogue {
    /// The messages that `files` gives for each language, besides those that all pages share.
    ///
    /// Panics where a file has a mistake; they are embedded, so that any test finds it.
    pub fn new(files: impl Fn(Language) -> &'static str) -> Self {
        Self(Language::ALL.map(|language| {
            Words::new(language, &[shared_words(language), files(language)])
                .expect("the messages that are embedded have been read by the tests")
        }))
    }

    /// The messages of a language.
    pub fn of(&self, language: Language) -> &Words {
        let own = self.0.iter().find(|words| words.language == language);
        own.expect("there are messages in every language")
    }
}

/// What the frame of all pages says.
pub fn shared_words(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../words/en.ftl"),
        Language::German => include_str!("../../words/de.ftl"),
        Language::French => include_str!("../../words/fr.ftl"),
        Language::Spanish => include_str!("../../words/es.ftl"),
        Language::Portuguese => include_str!("../../words/pt.ftl"),
        Language::Arabic => include_str!("../../words/ar.ftl"),
        Language::Hindi => include_str!("../../words/hi.ftl"),
        Language::Japanese => include_str!("../../words/ja.ftl"),
    }
}

/// For tests: what one language's file of messages has that another's has not, and the other way round: names of
/// messages, and what each takes in.
pub fn differences(one: &str, other: &str) -> Vec<String> {
    let (one, other) = (messages(one), messages(other));
    one.iter()
        .filter(|message| !other.contains(message))
        .chain(other.iter().filter(|message| !one.contains(message)))
        .map(|(name, arguments)| format!("{name}({})", arguments.join(", ")))
        .collect()
}

/// The messages of a file by name, with what they take in. A message begins at the start of a line (Fluent's grammar,
/// `Entry`).
fn messages(file: &str) -> Vec<(String, Vec<String>)> {
    let mut messages: Vec<(String, Vec<String>)> = Vec::new();
    for line in file.lines() {
        if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let name = line.split('=').next().unwrap_or_default().trim();
            messages.push((name.to_owned(), Vec::new()));
        }
        let Some((_, arguments)) = messages.last_mut().filter(|_| !line.starts_with('#')) else { continue };
        for after in line.split('$').skip(1) {
            let end =
                after.find(|next: char| !next.is_ascii_alphanumeric() && next != '_').unwrap_or(after.len());
            arguments.push(after[..end].to_owned());
        }
        arguments.sort();
        arguments.dedup();
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "seats =\n    { $count ->\n        [one] one seat\n       *[other] { $count } seats\n    }\nhello = Hello { $title }";

    #[test]
    fn messages_follow_the_plural_and_take_in_what_they_are_given() {
        let words = Words::new(Language::English, &[SAMPLE]).unwrap();
        assert_eq!(words.count("seats", &[("count", 1)]), "one seat");
        assert_eq!(words.count("seats", &[("count", 12)]), "12 seats");
        assert_eq!(words.with("hello", "title", "Ada"), "Hello Ada");
        assert_eq!(words.pattern("hello"), "Hello {title}");
        assert_eq!(words.text("nothing-of-the-kind"), "nothing-of-the-kind");
    }

    #[test]
    fn a_file_with_a_mistake_or_a_name_twice_is_refused() {
        assert!(Words::new(Language::German, &["hello = { $"]).is_err());
        assert!(Words::new(Language::German, &["hello = a", "hello = b"]).is_err());
    }

    #[test]
    fn differences_between_files_are_found() {
        assert_eq!(differences(SAMPLE, SAMPLE), Vec::<String>::new());
        assert_eq!(differences("a = { $x }", "a = { $y }\n# b = $z"), ["a(x)", "a(y)"]);
        assert_eq!(differences("a = b", "a = b\nc = d"), ["c()"]);
    }

    #[test]
    fn the_frame_of_the_pages_says_the_same_in_every_language() {
        let english = shared_words(Language::English);
        for language in Language::ALL {
            assert_eq!(differences(english, shared_words(language)), Vec::<String>::new(), "{language:?}");
            Words::new(language, &[shared_words(language)]).unwrap();
        }
    }
}
