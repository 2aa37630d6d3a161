//! `.env.example` is the manual of the settings, and `docs/OPERATIONS.md` that of the metrics: they list all of them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that declare metrics, and how their names begin.
const METRICS: [(&str, &str); 3] = [
    ("waitroom/src/metrics.rs", "waitroom_"),
    ("booking/src/metrics.rs", "booking_"),
    ("booking/src/metrics/money.rs", "booking_"),
];

/// The files that may name a setting.
const READERS: [&str; 4] = [
    "waitroom/src/config.rs",
    "booking/src/config.rs",
    "shared/src/telemetry.rs",
    "shared/src/mail/settings.rs",
];

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

/// Quoted words that are the name of a metric.
fn metrics_declared_in((file, prefix): (&str, &str)) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let is_metric =
        |word: &&str| word.starts_with(prefix) && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.split('"').filter(is_metric).map(str::to_owned).collect()
}

#[test]
fn every_metric_is_in_the_manual_and_nothing_else() {
    let declared: BTreeSet<String> = METRICS.into_iter().flat_map(metrics_declared_in).collect();
    let manual = fs::read_to_string(root().join("docs/OPERATIONS.md")).unwrap();
    let is_part = |c: char| !(c.is_ascii_lowercase() || c == '_');
    let explained: BTreeSet<String> = manual
        .split(is_part)
        .filter(|word| word.starts_with("waitroom_") || word.starts_with("booking_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(declared, explained);
}
