//! The colours of a brand as the stylesheet of all pages uses them: what has to be readable on what is computed here and
//! checked where an operator sets a colour.

use shared::pages::{Colour, READABLE};

use super::Colours;

const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);
/// How far a button under the pointer goes towards black or white, percent.
const HOVER: u16 = 20;
/// How much of the accent is in a ground that stresses, percent: the first that text can be read on.
const SOFT: [u16; 4] = [12, 8, 4, 0];

/// What the accent stands on in a light or a dark page.
#[derive(Clone, Copy)]
pub(super) struct Palette {
    pub(super) surface: Colour,
    pub(super) muted: Colour,
    /// By the names that the stylesheet gives them.
    pub(super) grounds: [(&'static str, Colour); 5],
    on_accent: Colour,
}

/// As in `shared/assets/stanchion.css`.
pub(super) const LIGHT: Palette = Palette {
    surface: WHITE,
    muted: Colour([0x59, 0x56, 0x50]),
    grounds: [
        ("ground", Colour([0xf6, 0xf5, 0xf2])),
        ("surface", WHITE),
        ("good-soft", Colour([0xe0, 0xf2, 0xe6])),
        ("warn-soft", Colour([0xfc, 0xef, 0xd6])),
        ("bad-soft", Colour([0xfb, 0xe6, 0xe4])),
    ],
    on_accent: WHITE,
};

/// As in `shared/assets/stanchion.css`.
pub(super) const DARK: Palette = Palette {
    surface: Colour([0x1d, 0x1b, 0x23]),
    muted: Colour([0xb7, 0xb2, 0xc0]),
    grounds: [
        ("ground", Colour([0x13, 0x12, 0x17])),
        ("surface", Colour([0x1d, 0x1b, 0x23])),
        ("good-soft", Colour([0x17, 0x30, 0x1f])),
        ("warn-soft", Colour([0x35, 0x28, 0x11])),
        ("bad-soft", Colour([0x3b, 0x1b, 0x1a])),
    ],
    on_accent: BLACK,
};

/// A colour that cannot be read where the pages use it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {colour} has a contrast of {ratio}:1 on {ground}, which the pages have; text needs 4.5:1")]
pub struct Unreadable {
    field: &'static str,
    colour: String,
    ratio: String,
    ground: Colour,
}

/// The colours of a brand, light and dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    light: Shades,
    dark: Shades,
}

/// What the accent of a page becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shades {
    pub(super) accent: Colour,
    pub(super) hover: Colour,
    pub(super) on_accent: Colour,
    pub(super) soft: Colour,
}

impl Theme {
    pub(super) fn of(colours: Colours) -> Result<Option<Self>, Unreadable> {
        let Some(accent) = colours.accent.or(colours.accent_dark) else { return Ok(None) };
        let light = match colours.accent {
            Some(accent) => LIGHT.checked("branding.colours.accent", accent)?,
            None => LIGHT.adapted(accent),
        };
        let dark = match colours.accent_dark {
            Some(accent) => DARK.checked("branding.colours.accent_dark", accent)?,
            None => DARK.adapted(accent),
        };
        Ok(Some(Self { light: LIGHT.shades(light), dark: DARK.shades(dark) }))
    }

    /// The stylesheet that comes after that of all pages.
    pub fn stylesheet(&self) -> String {
        let light = self.light.declarations();
        let dark = self.dark.declarations();
        format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
    }

    #[cfg(test)]
    pub(super) fn both(&self) -> (Shades, Shades) {
        (self.light, self.dark)
    }
}

impl Shades {
    fn declarations(&self) -> String {
        let Self { accent, hover, on_accent, soft } = self;
        format!("--accent:{accent};--accent-hover:{hover};--on-accent:{on_accent};--accent-soft:{soft}")
    }
}

impl Palette {
    /// The ground on which the colour is hardest to read, and how it stands out there.
    fn worst(&self, colour: Colour) -> (Colour, f64) {
        let of = |(_, ground): &(&str, Colour)| (*ground, colour.contrast(*ground));
        let all = self.grounds.iter().map(of);
        all.min_by(|(_, one), (_, other)| one.total_cmp(other)).expect("a page has grounds")
    }

    fn checked(&self, field: &'static str, colour: Colour) -> Result<Colour, Unreadable> {
        let (ground, ratio) = self.worst(colour);
        if ratio >= READABLE {
            return Ok(colour);
        }
        // Rounded down: what is refused is never told to be enough.
        let ratio = format!("{:.2}", (ratio * 100.0).floor() / 100.0);
        Err(Unreadable { field, colour: colour.to_string(), ratio, ground })
    }

    /// The colour, as far towards the page's text as it must go to be read.
    fn adapted(&self, colour: Colour) -> Colour {
        let text = if self.on_accent == WHITE { BLACK } else { WHITE };
        let steps = (0..=100).step_by(4).map(|percent| colour.mixed(text, percent));
        steps.into_iter().find(|colour| self.worst(*colour).1 >= READABLE).unwrap_or(text)
    }

    fn shades(&self, accent: Colour) -> Shades {
        let text = if self.on_accent == WHITE { BLACK } else { WHITE };
        let is_readable =
            |soft: &Colour| accent.contrast(*soft) >= READABLE && self.muted.contrast(*soft) >= READABLE;
        let softs = SOFT.map(|percent| self.surface.mixed(accent, percent));
        let soft = softs.into_iter().find(is_readable).unwrap_or(self.surface);
        Shades { accent, hover: accent.mixed(text, HOVER), on_accent: self.on_accent, soft }
    }
}
