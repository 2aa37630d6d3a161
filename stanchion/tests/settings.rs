//! `.env.example` is the manual of the settings: it lists all of them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that may name a setting.
const READERS: [&str; 3] = ["waitroom/src/config.rs", "booking/src/config.rs", "shared/src/telemetry.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Quoted words that look like the name of a setting.
fn settings_named_in(file: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let is_setting = |word: &&str| {
        word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('"').filter(is_setting).map(str::to_owned).collect()
}

#[test]
fn every_setting_is_in_the_example_and_nothing_else() {
    let read: BTreeSet<String> = READERS.iter().flat_map(|file| settings_named_in(file)).collect();
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    let listed: BTreeSet<String> = example
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.contains(' '))
        .collect();
    assert_eq!(read, listed);
}
