//! Accounts that join the line: the identity behind an account's token, which booking has signed, or one of the
//! `OpenID` issuers of the configuration. What a token proves here is who joins; the place token does the rest.

use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;
use shared::clock::Clock;
use shared::ids::Identity;
use shared::keys::{JwksClient, KeyError};
use shared::token::Unverified;
use uuid::Uuid;

use crate::config::Config;

/// The `typ` of booking's account tokens.
const ACCOUNT_TYPE: &str = "account+jwt";
/// What booking's account tokens name as an audience where they are good for joining a line.
pub const AUDIENCE: &str = "waitroom";
/// The types of ID tokens and of access tokens (RFC 9068), beside none at all. Log-out tokens and the like are neither.
const OPENID_TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];
/// Tokens of issuers that put groups and names into them are long; longer ones are not looked at.
const MAX_TOKEN_BYTES: usize = 8_192;
/// The longest subject (`OpenID` Connect Core 1.0, section 2).
const MAX_SUBJECT_BYTES: usize = 255;
/// How far clocks of two machines may be apart, seconds.
const LEEWAY_S: i64 = 5;
/// No token of an account lives longer.
const MAX_LIFETIME_S: i64 = 31 * 86_400;
const HTTP_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Why a token names no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Of no issuer that is trusted, for somebody else, or changed.
    #[error("the account token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the account token has expired")]
    Expired,
    /// The keys of its issuer cannot be had.
    #[error("the public keys of the account's issuer cannot be had")]
    KeysUnavailable,
}

/// Whose accounts are known.
pub struct Accounts {
    trusted: Vec<Trusted>,
    /// Made when the first account joins: the system's certificates are read for it.
    keys: OnceLock<Vec<JwksClient>>,
    clock: Clock,
}

/// An issuer, and which of its tokens are taken.
struct Trusted {
    issuer: String,
    audience: String,
    kind: Kind,
}

enum Kind {
    /// Booking: the keys are here.
    Booking { jwks: url::Url },
    /// An `OpenID` issuer: the keys are here, or where its discovery document says.
    OpenId { jwks: Option<url::Url> },
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audiences,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
}

/// One audience, or a list (RFC 7519 section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

impl Audiences {
    fn name(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

impl Accounts {
    /// The accounts of booking and of the configured issuers. Keys are fetched when they are first needed.
    pub fn new(config: &Config, clock: Clock) -> Self {
        let booking = Trusted {
            issuer: config.booking_origin(),
            audience: AUDIENCE.to_owned(),
            kind: Kind::Booking { jwks: config.booking_jwks() },
        };
        let others = config.account_issuers.0.iter().map(|issuer| Trusted {
            issuer: issuer.issuer.clone(),
            audience: issuer.audience.clone(),
            kind: Kind::OpenId { jwks: issuer.jwks_url.clone() },
        });
        let trusted = std::iter::once(booking).chain(others).collect();
        Self { trusted, keys: OnceLock::new(), clock }
    }

    /// Whose token this is.
    pub async fn identity(&self, token: &str) -> Result<Identity, AccountError> {
        let token = Unverified::read(token, MAX_TOKEN_BYTES).ok_or(AccountError::Invalid)?;
        let issuer = token.claimed_issuer().ok_or(AccountError::Invalid)?;
        let index = self.trusted.iter().position(|trusted| trusted.issuer == issuer);
        let index = index.ok_or(AccountError::Invalid)?;
        let trusted = &self.trusted[index];
        let kid = token.kid().filter(|_| trusted.takes(token.typ())).ok_or(AccountError::Invalid)?;
        let now = self.clock.now();
        let key = self.keys()?[index].key(kid, now).await.map_err(|error| match error {
            KeyError::Unknown => AccountError::Invalid,
            KeyError::Unavailable => AccountError::KeysUnavailable,
        })?;
        let claims: Claims = token.verified(&key).ok_or(AccountError::Invalid)?;
        if claims.iss != trusted.issuer || !claims.aud.name(&trusted.audience) {
            return Err(AccountError::Invalid);
        }
        check_times(&claims, now.as_second())?;
        trusted.identity_of(&claims.sub).ok_or(AccountError::Invalid)
    }

    /// A client for each trusted issuer, in their order.
    fn keys(&self) -> Result<&[JwksClient], AccountError> {
        if let Some(clients) = self.keys.get() {
            return Ok(clients);
        }
        let http = http_client().map_err(|error| {
            tracing::error!(%error, "no HTTP client could be made for the keys of accounts");
            AccountError::KeysUnavailable
        })?;
        let client = |trusted: &Trusted| match &trusted.kind {
            Kind::Booking { jwks } | Kind::OpenId { jwks: Some(jwks) } => {
                JwksClient::new(jwks.clone(), http.clone())
            }
            Kind::OpenId { jwks: None } => JwksClient::discovering(&trusted.issuer, http.clone()),
        };
        Ok(self.keys.get_or_init(|| self.trusted.iter().map(client).collect()))
    }
}

impl Trusted {
    fn takes(&self, typ: Option<&str>) -> bool {
        match self.kind {
            Kind::Booking { .. } => typ == Some(ACCOUNT_TYPE),
            Kind::OpenId { .. } => {
                typ.is_none_or(|typ| OPENID_TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known)))
            }
        }
    }

    fn identity_of(&self, subject: &str) -> Option<Identity> {
        match self.kind {
            Kind::Booking { .. } => subject.parse::<Uuid>().ok().map(Identity::account),
            Kind::OpenId { .. } => {
                let bounded = (1..=MAX_SUBJECT_BYTES).contains(&subject.len());
                bounded.then(|| Identity::account_at(&self.issuer, subject))
            }
        }
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), AccountError> {
    let begun = claims.iat <= now + LEEWAY_S && claims.nbf.is_none_or(|nbf| nbf <= now + LEEWAY_S);
    let lifetime = claims.exp.saturating_sub(claims.iat);
    if !begun || !(0..=MAX_LIFETIME_S).contains(&lifetime) {
        Err(AccountError::Invalid)
    } else if claims.exp <= now {
        Err(AccountError::Expired)
    } else {
        Ok(())
    }
}

fn http_client() -> reqwest::Result<reqwest::Client> {
    // A second service in one process finds the provider installed: fine.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(HTTP_TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()
}
