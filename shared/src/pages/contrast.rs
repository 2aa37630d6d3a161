//! The stylesheet's colours, light and dark, have the contrast that WCAG 2.2 asks for (1.4.3, 1.4.11).

use std::collections::BTreeMap;

use super::{Colour, READABLE};

const STYLESHEET: &str = include_str!("../../assets/stanchion.css");
/// Text and what it stands on.
const TEXT: [(&str, &[&str]); 7] = [
    ("text", &["ground", "surface", "sunken", "accent-soft", "good-soft", "warn-soft", "bad-soft"]),
    ("muted", &["ground", "surface", "sunken", "accent-soft"]),
    ("accent", &["ground", "surface", "accent-soft", "good-soft", "warn-soft", "bad-soft"]),
    ("on-accent", &["accent", "accent-hover"]),
    ("good", &["good-soft"]),
    ("warn", &["warn-soft"]),
    ("bad", &["bad-soft"]),
];
/// Edges of controls, and what they stand on.
const EDGES: [(&str, &[&str]); 2] = [("edge", &["ground", "surface"]), ("accent", &["ground", "surface"])];

/// The custom properties of a `:root { … }` block that are colours.
fn colours(block: &str) -> BTreeMap<&str, Colour> {
    let declarations = block.split('}').next().unwrap_or_default().split(';');
    declarations
        .filter_map(|declaration| {
            let (name, value) = declaration.trim().strip_prefix("--")?.split_once(':')?;
            Some((name, value.trim().parse().ok()?))
        })
        .collect()
}

fn check(theme: &BTreeMap<&str, Colour>, pairs: &[(&str, &[&str])], least: f64) {
    for (front, backs) in pairs {
        for back in *backs {
            let ratio = theme[front].contrast(theme[back]);
            assert!(ratio >= least, "{front} on {back} has {ratio:.2}, less than {least}");
        }
    }
}

#[test]
fn text_and_edges_can_be_made_out_in_light_and_dark() {
    let themes: Vec<_> = STYLESHEET.split(":root {").skip(1).map(colours).collect();
    assert_eq!(themes.len(), 2, "light and dark");
    for theme in &themes {
        assert_eq!(theme.keys().collect::<Vec<_>>(), themes[0].keys().collect::<Vec<_>>());
        check(theme, &TEXT, READABLE);
        check(theme, &EDGES, 3.0);
    }
}
