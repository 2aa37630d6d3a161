//! `ACCOUNT_ISSUERS`: whose accounts may join a line, besides booking's.

use std::collections::HashSet;
use std::str::FromStr;

use serde::Deserialize;
use url::{Host, Url};

/// An `OpenID` issuer whose accounts may join.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountIssuer {
    /// Its name in `iss`, to the letter.
    pub issuer: String,
    /// Whom its tokens must be for: this must be in `aud`.
    pub audience: String,
    /// Where its keys are; without it, where its discovery document says.
    #[serde(default)]
    pub jwks_url: Option<Url>,
}

/// All of them: a JSON array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountIssuers(pub Vec<AccountIssuer>);

impl FromStr for AccountIssuers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let issuers: Vec<AccountIssuer> = serde_json::from_str(text).map_err(|error| {
            format!(r#"must look like [{{"issuer": "https://…", "audience": "…"}}]: {error}"#)
        })?;
        let mut names = HashSet::new();
        for issuer in &issuers {
            let name = &issuer.issuer;
            let url: Url = name.parse().map_err(|error| format!("the issuer {name:?} is no URL: {error}"))?;
            if !is_private(&url) {
                return Err(format!("the issuer {name:?} must be reached by https"));
            }
            if issuer.audience.is_empty() {
                return Err(format!("the issuer {name:?} needs an audience"));
            }
            if !names.insert(name) {
                return Err(format!("the issuer {name:?} is there twice"));
            }
        }
        Ok(Self(issuers))
    }
}

/// Whether nobody on the way can answer in the issuer's place.
fn is_private(url: &Url) -> bool {
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_this_machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_an_array_of_names_and_audiences() {
        let text = r#"[{"issuer": "https://id.example", "audience": "tickets"},
                       {"issuer": "http://localhost:8090/", "audience": "a", "jwks_url": "http://keys:80/"}]"#;
        let AccountIssuers(issuers) = text.parse().unwrap();
        assert_eq!(issuers[0].issuer, "https://id.example");
        assert_eq!((issuers[0].audience.as_str(), &issuers[0].jwks_url), ("tickets", &None));
        assert_eq!(issuers[1].issuer, "http://localhost:8090/", "to the letter");
        assert_eq!("[]".parse(), Ok(AccountIssuers::default()));
    }

    #[test]
    fn what_could_be_misread_or_overheard_is_a_mistake() {
        for (text, complaint) in [
            ("https://id.example", "must look like"),
            (r#"[{"issuer": "https://id.example"}]"#, "audience"),
            (r#"[{"issuer": "https://id.example", "audience": "a", "jwks": "x"}]"#, "jwks"),
            (r#"[{"issuer": "https://id.example", "audience": ""}]"#, "audience"),
            (r#"[{"issuer": "http://id.example", "audience": "a"}]"#, "https"),
            (r#"[{"issuer": "id", "audience": "a"}]"#, "no URL"),
            (
                r#"[{"issuer": "https://a", "audience": "a"}, {"issuer": "https://a", "audience": "b"}]"#,
                "twice",
            ),
        ] {
            let error = text.parse::<AccountIssuers>().unwrap_err();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
