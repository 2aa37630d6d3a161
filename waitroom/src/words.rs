//! What the pages and mails of the line say: `waitroom/words/`, a file a language.

use std::sync::LazyLock;

use shared::pages::{Catalogue, Language, Reader, Words};

use crate::domain::drop::Drop;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(file));

/// The messages of a language.
pub(crate) fn in_language(language: Language) -> &'static Words {
    CATALOGUE.of(language)
}

/// The messages in the language of somebody who reads about this drop, among those that it offers.
pub(crate) fn for_reader(drop: &Drop, reader: &Reader) -> &'static Words {
    in_language(reader.language(&drop.settings.languages))
}

fn file(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../words/en.ftl"),
        Language::German => include_str!("../words/de.ftl"),
        Language::French => include_str!("../words/fr.ftl"),
        Language::Spanish => include_str!("../words/es.ftl"),
        Language::Portuguese => include_str!("../words/pt.ftl"),
        Language::Arabic => include_str!("../words/ar.ftl"),
        Language::Hindi => include_str!("../words/hi.ftl"),
        Language::Japanese => include_str!("../words/ja.ftl"),
    }
}

#[cfg(test)]
mod tests {
    use shared::pages::differences;

    use super::*;

    #[test]
    fn every_message_exists_in_every_language_with_the_same_arguments() {
        for language in Language::ALL {
            assert_eq!(
                differences(file(Language::English), file(language)),
                Vec::<String>::new(),
                "{language:?}"
            );
        }
    }

    #[test]
    fn waits_follow_the_plural_of_each_language() {
        let wait =
            |language, high| in_language(language).count("wait-up-to-minutes", &[("low", 0), ("high", high)]);
        assert_eq!(wait(Language::English, 1), "up to 1 minute");
        assert_eq!(wait(Language::German, 12), "bis zu 12 Minuten");
        assert_eq!(wait(Language::Japanese, 12), "最大12分");
        let arabic =
            [1, 2, 3, 11, 100].map(|high| wait(Language::Arabic, high).replace(['\u{2068}', '\u{2069}'], ""));
        assert_eq!(
            arabic,
            ["حتى دقيقة واحدة", "حتى دقيقتين", "حتى 3 دقائق", "حتى 11 دقيقة", "حتى 100 دقيقة"]
        );
    }
}
