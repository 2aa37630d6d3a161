//! The stylesheet's colours, light and dark, have the contrast that WCAG 2.2 asks for (1.4.3, 1.4.11).

use std::collections::BTreeMap;

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
fn colours(block: &str) -> BTreeMap<&str, [u8; 3]> {
    let declarations = block.split('}').next().unwrap_or_default().split(';');
    declarations
        .filter_map(|declaration| {
            let (name, value) = declaration.trim().strip_prefix("--")?.split_once(':')?;
            let hex = u32::from_str_radix(value.trim().strip_prefix('#')?, 16).ok()?;
            let [_, red, green, blue] = hex.to_be_bytes();
            Some((name, [red, green, blue]))
        })
        .collect()
}

/// WCAG 2.2, "relative luminance".
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn check(theme: &BTreeMap<&str, [u8; 3]>, pairs: &[(&str, &[&str])], least: f64) {
    for (front, backs) in pairs {
        for back in *backs {
            let ratio = contrast(theme[front], theme[back]);
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
        check(theme, &TEXT, 4.5);
        check(theme, &EDGES, 3.0);
    }
}

#[test]
fn black_on_white_is_twenty_one_to_one() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.001);
}
