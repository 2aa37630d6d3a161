use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::pages::READABLE;

use super::theme::{DARK, LIGHT, Palette};
use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";

fn branding(fields: Value) -> Result<Branding, serde_json::Error> {
    serde_json::from_value(fields)
}

fn checked(fields: Value) -> Result<Branding, String> {
    let branding = branding(fields).map_err(|error| error.to_string())?;
    branding.checked(&Branding::default()).map_err(|error| error.to_string())
}

fn data(kind: &str, bytes: &[u8]) -> String {
    format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
}

#[test]
fn texts_are_plain_and_have_limits() {
    let taken = checked(json!({"name": " Royal <Arena> ", "text": "Two\nlines"})).unwrap();
    assert_eq!(taken.name.as_deref(), Some("Royal <Arena>"));
    for refused in [
        json!({"name": ""}),
        json!({"name": "x".repeat(61)}),
        json!({"text": "a\u{7}"}),
        json!({"name": "  "}),
    ] {
        let error = checked(refused).unwrap_err();
        assert!(error.contains("characters"), "{error}");
    }
    assert!(checked(json!({"script": "x"})).is_err());
}

#[test]
fn a_colour_that_cannot_be_read_is_refused_with_its_contrast() {
    let error = checked(json!({"colours": {"accent": "#ffcc00"}})).unwrap_err();
    assert!(error.starts_with("branding.colours.accent: #ffcc00 has a contrast of 1."), "{error}");
    assert!(error.contains("4.5:1"), "{error}");
    let error = checked(json!({"colours": {"accent_dark": "#330000"}})).unwrap_err();
    assert!(error.contains("accent_dark"), "{error}");
    for hostile in ["red;}body{display:none", "url(x)", "#12345", "</style>"] {
        assert!(checked(json!({"colours": {"accent": hostile}})).is_err(), "{hostile}");
    }
}

#[test]
fn a_logo_is_a_small_picture_with_a_name_made_of_its_digest() {
    let logo = checked(json!({"logo": data("png", PNG)})).unwrap().logo.unwrap();
    assert!(logo.media_type() == "image/png" && logo.name().len() == 36, "{}", logo.name());
    assert_eq!(logo.bytes(), Some(PNG));
    assert_eq!(json!(logo), json!(logo.name()), "the bytes are told to nobody");
    let large = [PNG, &vec![0; 65_536]].concat();
    for refused in [
        data("png", &large),
        data("png", b"<svg onload=alert(1)>"),
        data("jpeg", PNG),
        data("webp", b"RIFF0000AVI "),
        data("svg+xml", b"<svg/>"),
        "data:image/png;base64,%%%".to_owned(),
        "https://elsewhere.example/logo.png".to_owned(),
        "../../etc/passwd.png".to_owned(),
    ] {
        assert!(branding(json!({ "logo": refused })).is_err(), "{refused:.40}");
    }
}

#[test]
fn a_name_keeps_the_logo_there_is_and_no_other() {
    let with_logo = checked(json!({"logo": data("png", PNG)})).unwrap();
    let named = branding(json!({"name": "Arena", "logo": with_logo.logo})).unwrap();
    assert!(named.clone().checked(&with_logo).is_ok());
    assert_eq!(named.checked(&Branding::default()).unwrap_err(), InvalidChange::LogoUnknown);
}

#[test]
fn each_language_is_kept_once_in_its_order() {
    let (german, english) = (Language::German, Language::English);
    assert_eq!(each_once(vec![german, english, german]), [german, english]);
}

#[test]
fn the_grounds_are_those_of_the_stylesheet() {
    let stylesheet = shared::http::Asset::get("stanchion.css").unwrap();
    let stylesheet = String::from_utf8(stylesheet.data.into_owned()).unwrap();
    let themes: Vec<BTreeMap<&str, &str>> = stylesheet
        .split(":root {")
        .skip(1)
        .map(|block| {
            block
                .split('}')
                .next()
                .unwrap()
                .split(';')
                .filter_map(|line| line.trim().split_once(": "))
                .collect()
        })
        .collect();
    for (theme, Palette { surface, muted, grounds, .. }) in themes.iter().zip([LIGHT, DARK]) {
        assert_eq!(theme["--surface"], surface.to_string());
        assert_eq!(theme["--muted"], muted.to_string());
        for (name, colour) in grounds {
            assert_eq!(theme[format!("--{name}").as_str()], colour.to_string(), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_colour_is_taken_everything_made_of_it_can_be_read(accent: [u8; 3], is_dark: bool) {
        let accent = Some(Colour(accent));
        let colours = if is_dark {
            Colours { accent: None, accent_dark: accent }
        } else {
            Colours { accent, accent_dark: None }
        };
        if let Ok(theme) = Theme::of(colours) {
            let (light, dark) = theme.unwrap().both();
            for (made, Palette { muted, grounds, .. }) in [(light, LIGHT), (dark, DARK)] {
                prop_assert!(made.on_accent.contrast(made.accent) >= READABLE);
                prop_assert!(made.on_accent.contrast(made.hover) >= READABLE);
                prop_assert!(made.accent.contrast(made.soft) >= READABLE);
                prop_assert!(muted.contrast(made.soft) >= READABLE);
                for (name, ground) in grounds {
                    prop_assert!(made.accent.contrast(ground) >= READABLE, "{name}");
                    prop_assert!(made.hover.contrast(ground) >= READABLE, "{name}");
                }
            }
        }
    }
}
