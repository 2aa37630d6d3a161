//! A waiting room as the shop sees it: published keys, slots in Redis, codes and renewals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use harness::eventually;
use http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use redis::{AsyncCommands, RedisResult, Script};
use serde_json::{Value, json};
use shared::admission::AdmissionClaims;
use shared::clock::Clock;
use shared::drop::DropKeys;
use shared::ids::{DropSlug, Identity, Sid};
use shared::keys::KeyRing;
use shared::redis::Redis;
use shared::secret::Secret;

use super::SOON;

/// Marks a drop as loaded by the run of the server that has it.
const MARK: &str = "redis.call('HSET', KEYS[1], 'epoch', 1, 'run_id',
    string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'))";

/// A waiting room that lets in whom a test names.
pub struct Line {
    shared: Arc<Shared>,
    redis: Redis,
}

struct Shared {
    url: String,
    ring: KeyRing,
    clock: Clock,
    codes: Mutex<HashMap<String, Admitted>>,
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub identity: Identity,
    pub drop: DropSlug,
    pub sid: Sid,
    pub token: String,
}

impl Line {
    /// A waiting room with its keys and this Redis.
    pub async fn form(redis_url: &str, clock: Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let secret = Secret::new("the secret of a waiting room in tests").unwrap();
        let ring = KeyRing::new(secret, "admission", Duration::from_hours(24));
        let shared = Arc::new(Shared { url, ring, clock, codes: Mutex::default() });
        let routes = Router::new()
            .route("/.well-known/jwks.json", get(jwks))
            .route("/v1/admission-codes/redeem", post(redeem))
            .route("/v1/drops/{drop}/admission/renewals", post(renew))
            .with_state(shared.clone());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { shared, redis: Redis::connect(redis_url).unwrap() }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Opens a drop with what the shop must enforce for it.
    pub async fn open_drop(&self, drop: &str, hold_s: u32, max_seats: u32, cooldown_s: u32) {
        // A busy machine may keep Redis waiting for longer than a service waits.
        eventually(SOON, async || self.try_open_drop(drop, hold_s, max_seats, cooldown_s).await).await;
    }

    /// The same, where Redis may be away.
    pub async fn try_open_drop(
        &self,
        drop: &str,
        hold_s: u32,
        max_seats: u32,
        cooldown_s: u32,
    ) -> RedisResult<()> {
        let mut redis = self.redis.clone();
        let keys = DropKeys::of(&drop.parse().unwrap());
        let () = Script::new(MARK).key(&keys.epoch).invoke_async(&mut redis).await?;
        let settings = [
            ("state", "open".to_owned()),
            ("hold_s", hold_s.to_string()),
            ("max_seats", max_seats.to_string()),
            ("cooldown_s", cooldown_s.to_string()),
        ];
        redis.hset_multiple(&keys.settings, &settings).await
    }

    /// Lets somebody new in.
    pub async fn admit(&self, drop: &str) -> Admitted {
        self.admit_again(drop, Identity::device(&uuid::Uuid::new_v4().simple().to_string())).await
    }

    /// Lets this one in, with a slot that lives for hours.
    pub async fn admit_again(&self, drop: &str, identity: Identity) -> Admitted {
        let drop: DropSlug = drop.parse().unwrap();
        let sid = Sid(uuid::Uuid::new_v4());
        let lives_until = self.shared.clock.now() + SignedDuration::from_hours(5);
        let slots = DropKeys::of(&drop).slots;
        let lives_until = lives_until.as_millisecond();
        eventually(SOON, async || {
            let added: RedisResult<i64> = self.redis.clone().zadd(&slots, sid.to_string(), lives_until).await;
            added
        })
        .await;
        let token = self.shared.token(&identity, &drop, sid);
        Admitted { identity, drop, sid, token }
    }

    /// A fresh token of the same admission.
    pub fn token(&self, admitted: &Admitted) -> String {
        self.shared.token(&admitted.identity, &admitted.drop, admitted.sid)
    }

    /// Ends an admission.
    pub async fn revoke(&self, admitted: &Admitted) {
        let slots = DropKeys::of(&admitted.drop).slots;
        let () = self.redis.clone().zrem(slots, admitted.sid.to_string()).await.unwrap();
    }

    /// Until when a slot lives, ms.
    pub async fn slot(&self, admitted: &Admitted) -> Option<f64> {
        self.redis.clone().zscore(DropKeys::of(&admitted.drop).slots, admitted.sid.to_string()).await.unwrap()
    }

    /// Makes a slot live until this many seconds from now.
    pub async fn shorten_slot(&self, admitted: &Admitted, seconds: i64) {
        let until = self.shared.clock.now() + SignedDuration::from_secs(seconds);
        let slots = DropKeys::of(&admitted.drop).slots;
        let () =
            self.redis.clone().zadd(slots, admitted.sid.to_string(), until.as_millisecond()).await.unwrap();
    }

    /// A single-use code for an admission.
    pub fn code(&self, admitted: &Admitted) -> String {
        let code = uuid::Uuid::new_v4().simple().to_string();
        self.shared.codes.lock().unwrap().insert(code.clone(), admitted.clone());
        code
    }
}

impl Shared {
    fn token(&self, identity: &Identity, drop: &DropSlug, sid: Sid) -> String {
        let now = self.clock.now();
        let claims = AdmissionClaims::new(&self.url, identity.clone(), drop.clone(), sid, now);
        claims.sign(&self.ring.signing(now)).unwrap()
    }

    fn admission(&self, admitted: &Admitted) -> Json<Value> {
        let token = self.token(&admitted.identity, &admitted.drop, admitted.sid);
        Json(json!({
            "admission_token": token,
            "token_type": "Bearer",
            "expires_at": self.clock.now() + SignedDuration::from_secs(300),
            "expires_in": 300,
        }))
    }
}

async fn jwks(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.ring.jwks(shared.clock.now())).into_response()
}

async fn redeem(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let admitted = shared.codes.lock().unwrap().remove(body["code"].as_str().unwrap());
    match admitted {
        Some(admitted) => shared.admission(&admitted).into_response(),
        None => (StatusCode::GONE, Json(json!({"code": "code_spent"}))).into_response(),
    }
}

/// Renews whatever token it is shown: the shop is under test here, not the line.
async fn renew(
    State(shared): State<Arc<Shared>>,
    Path(drop): Path<DropSlug>,
    headers: HeaderMap,
) -> Response {
    use base64::Engine as _;
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: AdmissionClaims = serde_json::from_slice(&claims).unwrap();
    let admitted = Admitted { identity: claims.sub, drop, sid: claims.sid, token };
    shared.admission(&admitted).into_response()
}
