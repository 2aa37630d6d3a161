//! How a drop's pages look: a name, a text, colours and a logo, all of them an operator's. Nothing of it can become script
//! or style: texts are plain, colours are parsed, and a logo is a small picture of a kind that runs nothing.

mod logo;
mod theme;

use serde::{Deserialize, Serialize};
use shared::pages::{Colour, Language};
use utoipa::ToSchema;

pub use logo::Logo;
pub use theme::{Theme, Unreadable};

use super::InvalidChange;

const MAX_NAME: usize = 60;
const MAX_TEXT: usize = 500;

/// How a drop's pages look. What is not said is as on all other pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    /// Who sells; 1 to 60 characters.
    pub name: Option<String>,
    /// What the operator has to say above everything else; 1 to 500 characters, plain.
    pub text: Option<String>,
    /// The colours.
    pub colours: Colours,
    /// The logo: to set it, a picture as a `data:` URL (PNG, JPEG or WebP, at most 64 KiB); to keep it, its name.
    #[schema(value_type = Option<String>)]
    pub logo: Option<Logo>,
}

/// The colours of buttons, links and what is stressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Colours {
    /// On light pages: `#rrggbb`, with a contrast of at least 4.5:1 on their grounds.
    pub accent: Option<Colour>,
    /// On dark pages; where it is left out, `accent` lightened until it can be read.
    pub accent_dark: Option<Colour>,
}

impl Branding {
    /// What may take the place of `before`.
    pub(super) fn checked(mut self, before: &Self) -> Result<Self, InvalidChange> {
        for (field, text, most) in
            [("branding.name", &mut self.name, MAX_NAME), ("branding.text", &mut self.text, MAX_TEXT)]
        {
            *text = text.take().map(|text| text.trim().to_owned());
            if text.as_deref().is_some_and(|text| !is_plain(text, most)) {
                return Err(InvalidChange::BrandingText { field, most });
            }
        }
        let is_known = |logo: &Logo| !logo.is_only_named() || before.logo.as_ref() == Some(logo);
        if !self.logo.as_ref().is_none_or(is_known) {
            return Err(InvalidChange::LogoUnknown);
        }
        self.theme()?;
        Ok(self)
    }

    /// The colours as the pages use them; `None` where they are those of all pages.
    pub fn theme(&self) -> Result<Option<Theme>, Unreadable> {
        Theme::of(self.colours)
    }
}

/// Each language once, in the operator's order: the first is for those who want none of them.
pub(super) fn each_once(languages: Vec<Language>) -> Vec<Language> {
    let mut once = Vec::with_capacity(languages.len());
    for language in languages {
        if !once.contains(&language) {
            once.push(language);
        }
    }
    once
}

/// Whether it is a text on one line or several, without anything that cannot be seen.
fn is_plain(text: &str, most: usize) -> bool {
    let is_hidden = |character: char| character.is_control() && character != '\n';
    (1..=most).contains(&text.chars().count()) && !text.chars().any(is_hidden)
}

#[cfg(test)]
mod tests;
