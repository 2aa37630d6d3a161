//! The ways to a page in other languages.

use url::form_urlencoded::Serializer;

use super::Language;

/// A language that a page can be read in.
pub struct LanguageLink {
    /// Its BCP 47 tag.
    pub tag: &'static str,
    /// What its readers call it.
    pub name: &'static str,
    /// The page in this language.
    pub url: String,
    /// Whether the page is in this language now.
    pub is_current: bool,
}

/// The ways to the page at this path, with this query besides, in the languages that are offered: all where the list is
/// empty. None where there is no choice.
pub fn language_links(
    path: &str,
    query: &[(&str, &str)],
    offered: &[Language],
    current: Language,
) -> Vec<LanguageLink> {
    let link = |language: Language| {
        let mut written = Serializer::new(String::new());
        let written = written.extend_pairs(query).append_pair("lang", language.tag()).finish();
        LanguageLink {
            tag: language.tag(),
            name: language.own_name(),
            url: format!("{path}?{written}"),
            is_current: language == current,
        }
    };
    let offered = if offered.is_empty() { &Language::ALL } else { offered };
    if offered.len() < 2 { Vec::new() } else { offered.iter().copied().map(link).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_keep_the_query_and_there_are_none_without_a_choice() {
        let links = language_links("/q/one", &[("to", "/a?b")], &[], Language::German);
        assert_eq!(links.len(), Language::ALL.len());
        let german = links.iter().find(|link| link.is_current).unwrap();
        assert_eq!((german.tag, german.url.as_str()), ("de", "/q/one?to=%2Fa%3Fb&lang=de"));
        assert!(language_links("/", &[], &[Language::German], Language::German).is_empty());
    }
}
