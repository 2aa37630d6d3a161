//! A waiting room that publishes a draw, and can be told to lie about it.

use axum::body::{Body, Bytes};
use axum::routing::get;
use axum::{Json, Router};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::digest::hex;
use shared::secret::hmac_sha256;
use tokio::net::TcpListener;

/// What is published.
pub struct Fake {
    commitment: String,
    status_commitment: Option<&'static str>,
    seed: [u8; 32],
    salt: Option<&'static str>,
    has_source: bool,
    digest: String,
    count: usize,
    lines: Vec<String>,
    is_endless: bool,
    is_opened: bool,
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn digest(lines: &[String]) -> String {
    hex(&Sha256::digest(text(lines)))
}

impl Fake {
    /// Everything as the algorithm says.
    pub fn honest(places: usize, salt: Option<&'static str>) -> Self {
        let seed = [7; 32];
        let first_52 = |text: &str| {
            u64::from_be_bytes(hmac_sha256(&seed, text.as_bytes())[..8].try_into().unwrap()) >> 12
        };
        let turn = salt.map_or(0, first_52);
        let id = |number: usize| {
            let hex = hex(&Sha256::digest(number.to_string())[..16]);
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        };
        let mut lines: Vec<String> = (0..places).map(id).collect();
        lines.sort_by_cached_key(|line| (first_52(line) + turn) % (1 << 52));
        Self {
            commitment: hex(&Sha256::digest(seed)),
            status_commitment: None,
            seed,
            salt,
            has_source: salt.is_some(),
            digest: digest(&lines),
            count: places,
            lines,
            is_endless: false,
            is_opened: true,
        }
    }

    pub fn commitment(&self) -> String {
        self.commitment.clone()
    }

    pub fn place(&self, index: usize) -> String {
        self.lines[index].clone()
    }

    pub fn with_roster(mut self, lie: impl FnOnce(&mut Vec<String>)) -> Self {
        lie(&mut self.lines);
        self
    }

    /// A liar who thinks of the digest.
    pub fn with_fitting_digest(mut self) -> Self {
        self.digest = digest(&self.lines);
        self
    }

    pub fn with_seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    pub fn with_salt(mut self, salt: Option<&'static str>) -> Self {
        self.salt = salt;
        self
    }

    pub fn with_digest(mut self, digest: &str) -> Self {
        self.digest = digest.repeat(32);
        self
    }

    pub fn with_status_commitment(mut self, byte: &'static str) -> Self {
        self.status_commitment = Some(byte);
        self
    }

    pub fn endless(mut self) -> Self {
        self.is_endless = true;
        self
    }

    pub fn unopened(mut self) -> Self {
        self.is_opened = false;
        self
    }

    /// The address of the queue page.
    pub async fn serve(self) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (status, draw) = (self.status(), self.draw());
        let once = stream::iter([Bytes::from(text(&self.lines))]);
        let pieces = move || {
            if self.is_endless { once.clone().cycle().boxed() } else { once.clone().boxed() }
        };
        let pieces = move || pieces().map(Ok::<_, std::convert::Infallible>);
        let router = Router::new()
            .route("/v1/drops/premiere", get(async move || Json(status.clone())))
            .route("/v1/drops/premiere/draw", get(async move || Json(draw.clone())))
            .route("/v1/drops/premiere/draw/roster", get(async move || Body::from_stream(pieces())));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/q/premiere")
    }

    fn status(&self) -> Value {
        let commitment = self.status_commitment.map_or(self.commitment.clone(), |byte| byte.repeat(32));
        json!({"drop": "premiere", "draw": {"commitment": commitment, "seed": self.revealed(), "salt": self.salt}})
    }

    fn draw(&self) -> Value {
        json!({
            "drop": "premiere", "commitment": self.commitment, "seed": self.revealed(), "salt": self.salt,
            "salt_source": self.has_source.then_some("a beacon"),
            "roster_sha256": self.is_opened.then_some(&self.digest), "count": self.is_opened.then_some(self.count),
        })
    }

    fn revealed(&self) -> Option<String> {
        self.is_opened.then(|| hex(&self.seed))
    }
}
