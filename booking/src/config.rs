//! The shop's settings, read from the environment and parsed once.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use shared::config::Vars;
use shared::http::{StreamLimits, TrustedProxies};
use shared::secret::Secret;
use url::Url;

use crate::domain::cancel::CancelPolicy;
use crate::domain::confirm::{PAYMENT_WITHIN_BOUNDS_S, PAYMENT_WITHIN_S};
use crate::gateway::GatewayKind;
use crate::gateway::sandbox::faults::FaultRates;
use crate::gateway::signature::WebhookSecret;
use crate::gateway::stripe::{ApiKey, StripeSettings};

/// What else is not set, an address has one reservation for so many requests a second that it may make.
const REQUESTS_A_RESERVATION: u32 = 10;

/// How the shop is run.
#[derive(Clone, Debug)]
pub struct Config {
    /// `REDIS_URL`.
    pub redis_url: String,
    /// `DATABASE_URL`.
    pub database_url: String,
    /// `BOOKING_DATABASE_CONNECTIONS`: the size of the pool.
    pub database_connections: u32,
    /// `BOOKING_LISTEN`.
    pub listen: SocketAddr,
    /// `BOOKING_ADMIN_LISTEN`.
    pub admin_listen: SocketAddr,
    /// `BOOKING_PUBLIC_URL`; without it, the address the service listens on.
    pub public_url: Option<Url>,
    /// `WAITROOM_PUBLIC_URL`: the issuer of admissions, and where browsers find the line. No slash at the end.
    pub waitroom_public_url: String,
    /// `WAITROOM_INTERNAL_URL`: where this service finds waitroom. No slash at the end.
    pub waitroom_internal_url: String,
    /// `RATE_LIMIT_PER_IDENTITY`: requests a second that one buyer may make, an action; 0 is no limit.
    pub rate_limit_per_identity: u32,
    /// `RATE_LIMIT_PER_ADDRESS`: requests a second that one client address may make, an action; 0 is no limit.
    pub rate_limit_per_address: u32,
    /// `RESERVATIONS_PER_ADDRESS`: reservations of one show that buyers of one client address may have at a time; 0 is no
    /// limit. By default one for each ten requests a second that the address may make.
    pub reservations_per_address: u32,
    /// `TRUSTED_PROXIES`: the addresses and networks of the proxies that say who the client is.
    pub trusted_proxies: TrustedProxies,
    /// `BOOKING_SECRET`: what the keys of tickets and private links derive from.
    pub secret: Secret,
    /// `OPERATOR_BOOTSTRAP_TOKEN`: an admin's token.
    pub operator_bootstrap_token: Option<String>,
    /// How many seat maps may be open at once: on this replica (`WATCHERS_PER_REPLICA`), of one identity
    /// (`WATCHERS_PER_IDENTITY`).
    pub watchers: StreamLimits,
    /// `WATCH_HEARTBEAT_S`: how often an open seat map hears something, if only that nothing has changed.
    pub watch_heartbeat: Duration,
    /// `PAYMENT_GATEWAY`: who takes the money of new payments.
    pub gateway: GatewayKind,
    /// `PAYMENT_WITHIN_S`: how long a payment may take.
    pub payment_within: SignedDuration,
    /// `CANCELLATION_POLICY`: how much of its price a booking is given back.
    pub cancellation: CancelPolicy,
    /// The sandbox gateway, where it takes the money or is still asked about what it took: one of its addresses is set.
    pub sandbox: Option<SandboxSettings>,
    /// Stripe, where it takes the money or is still asked about what it took: its key is set.
    pub stripe: Option<StripeSettings>,
}

/// How the sandbox gateway in this process is run.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// `SANDBOX_GATEWAY_LISTEN`: where it listens; a free port by default.
    pub listen: SocketAddr,
    /// `SANDBOX_GATEWAY_URL`: where the sandbox gateway is reached; by default where it listens.
    pub url: Option<Url>,
    /// `SANDBOX_FAULTS`: how often it misbehaves.
    pub faults: FaultRates,
    /// `SANDBOX_WEBHOOKS`: whether it sends webhooks to this shop.
    pub webhooks: bool,
}

impl Config {
    /// Reads the settings; what is wrong with them is kept in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let waitroom_public_url = url_text(vars, "WAITROOM_PUBLIC_URL", "http://127.0.0.1:8080");
        let waitroom_internal_url = url_text(vars, "WAITROOM_INTERNAL_URL", &waitroom_public_url);
        let rate_limit_per_address = vars.parse("RATE_LIMIT_PER_ADDRESS", 200_u32);
        let gateway = vars.parse("PAYMENT_GATEWAY", GatewayKind::Sandbox);
        Self {
            redis_url: vars.text("REDIS_URL", "redis://127.0.0.1:6379"),
            database_url: vars.text("DATABASE_URL", "postgres://127.0.0.1:5432/stanchion"),
            database_connections: vars.parse("BOOKING_DATABASE_CONNECTIONS", 16),
            listen: vars.parse("BOOKING_LISTEN", ([127, 0, 0, 1], 8081).into()),
            admin_listen: vars.parse("BOOKING_ADMIN_LISTEN", ([127, 0, 0, 1], 9081).into()),
            public_url: vars.parse_optional("BOOKING_PUBLIC_URL"),
            waitroom_public_url,
            waitroom_internal_url,
            rate_limit_per_identity: vars.parse("RATE_LIMIT_PER_IDENTITY", 10),
            rate_limit_per_address,
            reservations_per_address: vars
                .parse("RESERVATIONS_PER_ADDRESS", rate_limit_per_address.div_ceil(REQUESTS_A_RESERVATION)),
            trusted_proxies: vars.parse("TRUSTED_PROXIES", TrustedProxies::default()),
            secret: vars.secret("BOOKING_SECRET"),
            operator_bootstrap_token: vars.get("OPERATOR_BOOTSTRAP_TOKEN").map(str::to_owned),
            watchers: StreamLimits {
                total: vars.parse("WATCHERS_PER_REPLICA", 18_000),
                per_identity: vars.parse("WATCHERS_PER_IDENTITY", 10),
                // Whoever watches was let in: the line has bounded them.
                per_address: 0,
            },
            watch_heartbeat: Duration::from_secs(vars.parse("WATCH_HEARTBEAT_S", 15).max(1)),
            gateway,
            payment_within: payment_within(vars),
            cancellation: vars.parse("CANCELLATION_POLICY", CancelPolicy::default()),
            sandbox: has_gateway(vars, GatewayKind::Sandbox, gateway).then(|| sandbox(vars)),
            stripe: has_gateway(vars, GatewayKind::Stripe, gateway).then(|| stripe(vars)),
        }
    }
}

/// Whether a gateway is needed: it takes new payments, or what only it needs is set, so that it can be asked about
/// earlier ones.
fn has_gateway(vars: &Vars, kind: GatewayKind, current: GatewayKind) -> bool {
    let own: &[&str] = match kind {
        GatewayKind::Sandbox => &["SANDBOX_GATEWAY_LISTEN", "SANDBOX_GATEWAY_URL"],
        GatewayKind::Stripe => &["STRIPE_SECRET_KEY"],
    };
    kind == current || own.iter().any(|name| vars.get(name).is_some())
}

fn sandbox(vars: &mut Vars) -> SandboxSettings {
    SandboxSettings {
        listen: vars.parse("SANDBOX_GATEWAY_LISTEN", ([127, 0, 0, 1], 0).into()),
        url: vars.parse_optional("SANDBOX_GATEWAY_URL"),
        faults: vars.parse("SANDBOX_FAULTS", FaultRates::default()),
        webhooks: vars.parse("SANDBOX_WEBHOOKS", true),
    }
}

fn payment_within(vars: &mut Vars) -> SignedDuration {
    let seconds: u32 = vars.parse("PAYMENT_WITHIN_S", PAYMENT_WITHIN_S);
    if !PAYMENT_WITHIN_BOUNDS_S.contains(&seconds) {
        let (least, most) = PAYMENT_WITHIN_BOUNDS_S.into_inner();
        vars.mistake(format!("PAYMENT_WITHIN_S: {seconds} is not between {least} and {most}"));
    }
    SignedDuration::from_secs(seconds.into())
}

/// What Stripe needs; the mistakes never repeat a key.
fn stripe(vars: &mut Vars) -> StripeSettings {
    let mut needed = |name: &str, prefix: [&str; 2]| {
        let value = vars.text(name, "");
        if !prefix.iter().any(|prefix| value.starts_with(prefix)) {
            let [usual, _] = prefix;
            vars.mistake(format!("{name}: payments at Stripe need it, as Stripe gave it ({usual}…)"));
            // It may be another key, in the wrong place.
            return String::new();
        }
        value
    };
    let secret_key = ApiKey::new(&needed("STRIPE_SECRET_KEY", ["sk_", "rk_"]));
    let publishable_key = needed("STRIPE_PUBLISHABLE_KEY", ["pk_", "pk_"]);
    let webhook_secret = WebhookSecret::new(needed("STRIPE_WEBHOOK_SECRET", ["whsec_", "whsec_"]).as_bytes());
    let own = "https://api.stripe.com".parse().expect("Stripe's address is a URL");
    let api_url = vars.parse("STRIPE_API_URL", own);
    StripeSettings { secret_key, publishable_key, webhook_secret, api_url }
}

/// A URL as text without a slash at the end.
fn url_text(vars: &mut Vars, name: &str, default: &str) -> String {
    if let Err(error) = vars.text(name, default).parse::<Url>() {
        vars.mistake(format!("{name}: {error}"));
    }
    vars.text(name, default).trim_end_matches('/').to_owned()
}
