//! The settings of waitroom, read from the environment here and nowhere else.

mod issuers;

use std::net::SocketAddr;
use std::time::Duration;

use shared::config::Vars;
use shared::http::{StreamLimits, TrustedProxies};
use shared::mail::MailSettings;
use shared::secret::Secret;
use url::Url;

pub use issuers::{AccountIssuer, AccountIssuers};

/// How many streams one address may have for each request a second that it may make.
const STREAMS_A_REQUEST: u32 = 5;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the API and the pages are served (`WAITROOM_LISTEN`).
    pub listen: SocketAddr,
    /// Where probes and metrics are served (`WAITROOM_ADMIN_LISTEN`).
    pub admin_listen: SocketAddr,
    /// How browsers reach waitroom, and the issuer of its tokens (`WAITROOM_PUBLIC_URL`).
    pub public_url: Option<Url>,
    /// How browsers reach booking (`BOOKING_PUBLIC_URL`).
    pub booking_url: Url,
    /// How waitroom reaches booking, for the keys of its accounts (`BOOKING_INTERNAL_URL`).
    pub booking_internal_url: Url,
    /// Whose accounts may join, besides booking's (`ACCOUNT_ISSUERS`).
    pub account_issuers: AccountIssuers,
    /// `REDIS_URL`.
    pub redis_url: String,
    /// `DATABASE_URL`.
    pub database_url: String,
    /// How many connections to Postgres a replica may have (`WAITROOM_DATABASE_CONNECTIONS`).
    pub database_connections: u32,
    /// What all of waitroom's keys are derived from (`WAITROOM_SECRET`).
    pub secret: Secret,
    /// An admin's token (`OPERATOR_BOOTSTRAP_TOKEN`).
    pub operator_bootstrap_token: Option<String>,
    /// How often a replica looks whether somebody can be called (`WAITROOM_TICK_MS`).
    pub tick: Duration,
    /// Requests a second that one identity may make, an action (`RATE_LIMIT_PER_IDENTITY`); 0 is no limit.
    pub rate_limit_per_identity: u32,
    /// Requests a second that one client address may make, an action (`RATE_LIMIT_PER_ADDRESS`); 0 is no limit.
    pub rate_limit_per_address: u32,
    /// The addresses and networks of the proxies that say who the client is (`TRUSTED_PROXIES`).
    pub trusted_proxies: TrustedProxies,
    /// How many streams may be open at once: on this replica (`STREAMS_PER_REPLICA`), of one identity
    /// (`STREAMS_PER_IDENTITY`), of one client address (`STREAMS_PER_ADDRESS`, by default five for each request a second
    /// that the address may make); 0 is no limit.
    pub streams: StreamLimits,
    /// How often a stream says that it is alive (`STREAM_COMMENT_S`).
    pub stream_comment: Duration,
    /// How mail leaves (`MAIL_URL`, `MAIL_FROM`); none is sent without.
    pub mail: Option<MailSettings>,
    /// What a new drop has where its operator says nothing else.
    pub drop_defaults: DropDefaults,
}

/// What a new drop has where its operator says nothing else.
#[derive(Clone, Copy, Debug)]
pub struct DropDefaults {
    /// `DROP_DEFAULT_CLAIM_WINDOW_S`.
    pub claim_window_s: u32,
    /// `DROP_DEFAULT_HOLD_S`.
    pub hold_s: u32,
    /// `DROP_DEFAULT_COOLDOWN_S`.
    pub cooldown_s: u32,
}

impl Default for DropDefaults {
    fn default() -> Self {
        Self { claim_window_s: 300, hold_s: 600, cooldown_s: 300 }
    }
}

impl Config {
    /// Reads the settings; what is wrong with them is noted in `vars`.
    ///
    /// # Panics
    /// Never: the defaults parse.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let standard = DropDefaults::default();
        let rate_limit_per_address = vars.parse("RATE_LIMIT_PER_ADDRESS", 200_u32);
        let streams_per_address = rate_limit_per_address.saturating_mul(STREAMS_A_REQUEST) as usize;
        let booking_listen = vars.parse("BOOKING_LISTEN", local(8081));
        let booking_url = Url::parse(&format!("http://{booking_listen}")).expect("an address makes a URL");
        let booking_url = vars.parse("BOOKING_PUBLIC_URL", booking_url);
        Self {
            listen: vars.parse("WAITROOM_LISTEN", local(8080)),
            admin_listen: vars.parse("WAITROOM_ADMIN_LISTEN", local(9080)),
            public_url: vars.parse_optional("WAITROOM_PUBLIC_URL"),
            booking_internal_url: vars.parse("BOOKING_INTERNAL_URL", booking_url.clone()),
            booking_url,
            account_issuers: vars.parse("ACCOUNT_ISSUERS", AccountIssuers::default()),
            redis_url: vars.text("REDIS_URL", "redis://127.0.0.1:6379"),
            database_url: vars.text("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/stanchion"),
            database_connections: vars.parse("WAITROOM_DATABASE_CONNECTIONS", 10),
            secret: vars.secret("WAITROOM_SECRET"),
            operator_bootstrap_token: vars.get("OPERATOR_BOOTSTRAP_TOKEN").map(str::to_owned),
            tick: Duration::from_millis(vars.parse("WAITROOM_TICK_MS", 250)),
            rate_limit_per_identity: vars.parse("RATE_LIMIT_PER_IDENTITY", 10),
            rate_limit_per_address,
            trusted_proxies: vars.parse("TRUSTED_PROXIES", TrustedProxies::default()),
            streams: StreamLimits {
                total: vars.parse("STREAMS_PER_REPLICA", 18_000),
                per_identity: vars.parse("STREAMS_PER_IDENTITY", 5),
                per_address: vars.parse("STREAMS_PER_ADDRESS", streams_per_address),
            },
            stream_comment: Duration::from_secs(vars.parse("STREAM_COMMENT_S", 15).max(1)),
            mail: MailSettings::from_vars(vars),
            drop_defaults: DropDefaults {
                claim_window_s: vars.parse("DROP_DEFAULT_CLAIM_WINDOW_S", standard.claim_window_s),
                hold_s: vars.parse("DROP_DEFAULT_HOLD_S", standard.hold_s),
                cooldown_s: vars.parse("DROP_DEFAULT_COOLDOWN_S", standard.cooldown_s),
            },
        }
    }

    /// With the bound address as the public URL, where none is configured.
    #[must_use]
    pub(crate) fn reached_at(mut self, bound: &str) -> Self {
        self.public_url = self.public_url.or_else(|| Url::parse(bound).ok());
        self
    }

    /// The issuer of waitroom's tokens: its public URL without the last slash.
    pub fn issuer(&self) -> String {
        self.public_url.as_ref().map(origin_of).unwrap_or_default()
    }

    /// Where booking publishes the keys of its accounts.
    ///
    /// # Panics
    /// Never: a path after a URL is a URL.
    pub fn booking_jwks(&self) -> Url {
        let address = format!("{}/.well-known/jwks.json", origin_of(&self.booking_internal_url));
        address.parse().expect("a path after a URL is a URL")
    }

    /// Booking's public URL without the last slash.
    pub fn booking_origin(&self) -> String {
        origin_of(&self.booking_url)
    }
}

fn origin_of(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
