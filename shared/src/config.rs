//! Reading settings. A service's `config.rs` asks [`Vars`] for one setting after another; every mistake is kept and
//! all are reported together, before a port is bound.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::secret::Secret;

/// Settings by name, and the mistakes found in them so far.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    values: BTreeMap<String, Value>,
    mistakes: Vec<String>,
}

/// A value that does not print itself: some of them are secrets.
#[derive(Clone)]
struct Value(String);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Everything that is wrong with the configuration, one sentence a mistake.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} mistake(s):\n  {}", .0.len(), .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

impl Vars {
    /// The process's environment. An empty value counts as not set.
    pub fn from_env() -> Self {
        let values =
            std::env::vars().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, Value(value)));
        Self { values: values.collect(), mistakes: Vec::new() }
    }

    /// Sets or replaces a value: what the demo and the tests lay over the environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), Value(value.into()));
        self
    }

    /// Like [`Vars::with`], where nothing is set yet.
    #[must_use]
    pub fn with_default(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.entry(name.to_owned()).or_insert_with(|| Value(value.into()));
        self
    }

    /// The value as it was given, if any.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.0.as_str())
    }

    /// The text of `name`, or the default.
    pub fn text(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or(default).to_owned()
    }

    /// The value of `name` parsed, or the default where it is not set. A value that does not parse is a mistake.
    pub fn parse<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.parse_optional(name).unwrap_or(default)
    }

    /// The value of `name` parsed, where it is set. A value that does not parse is a mistake and gives `None`.
    pub fn parse_optional<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        match self.get(name)?.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.mistake(format!("{name}: {error}"));
                None
            }
        }
    }

    /// The value of `name` parsed; not setting it is a mistake, for which `stand_in` is returned so that reading can
    /// go on.
    pub fn required<T>(&mut self, name: &str, stand_in: T) -> T
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        if self.get(name).is_none() {
            self.mistake(format!("{name}: is required"));
        }
        self.parse(name, stand_in)
    }

    /// A secret that must be set. The mistakes never repeat its value.
    pub fn secret(&mut self, name: &str) -> Secret {
        let secret = match self.get(name) {
            None => {
                Err(format!("{name}: is required (at least 32 characters, e.g. from `openssl rand -hex 32`)"))
            }
            Some(text) => Secret::new(text).map_err(|error| format!("{name}: {error}")),
        };
        secret.unwrap_or_else(|mistake| {
            self.mistake(mistake);
            Secret::new(&"-".repeat(32)).expect("the stand-in is long enough")
        })
    }

    /// Notes a mistake that the caller found.
    pub fn mistake(&mut self, sentence: impl Into<String>) {
        self.mistakes.push(sentence.into());
    }

    /// All mistakes found, or nothing.
    pub fn finish(self) -> Result<(), ConfigError> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(ConfigError(self.mistakes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_reported_together() {
        let mut vars = Vars::default().with("PORT", "eighty").with("KEY", "short");
        assert_eq!(vars.parse("PORT", 80_u16), 80);
        vars.secret("KEY");
        vars.secret("OTHER");
        let ConfigError(mistakes) = vars.finish().unwrap_err();
        assert_eq!(mistakes.len(), 3);
        assert!(mistakes.iter().all(|mistake| !mistake.contains("short") || mistake.starts_with("KEY")));
    }

    #[test]
    fn values_do_not_print() {
        let vars = Vars::default().with("KEY", "hunter2");
        assert!(!format!("{vars:?}").contains("hunter2"));
    }
}
