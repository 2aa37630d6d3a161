//! Issuers of accounts as a waiting room meets them: a discovery document, published keys, and tokens of every kind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::keys::{DEFAULT_ROTATION, KeyRing, SigningPair};
use shared::secret::Secret;

/// What the tokens of the issuers are for.
pub const AUDIENCE: &str = "tickets";

// Made for these tests; nothing else knows them.
const RSA_PRIVATE: &str = "MIIEpAIBAAKCAQEA3m3PHz179R3vbJdc61iTCfw8S8B3cisnTZAZnM5YQDxzuBXL8WRxzoLC5Cl4ZC5mulXXwIbx2aeGVNHb\
    -fehQuiB7wc33dFd9eOFuQxITjF0v3UdamkTYlqEubxuLkdRLvuRIcmOR6sN29YJ_XvtpvFBPuZaBYyQZLae6y0Ydewn3565\
    UpS57LddjN-0zxe-RvzUmUnAQr4ANVXMiGa96dVzHB7pEB__1F0CzlKQ4T5dgLgssWH0ZjB_Ab_uO5mVtQZH-ofsTVy1TEV9\
    5SF8fYBGefNKrrCE-\
    X5dCYmdH22G2BoWDwJ1OjV_lUgYODOwYb8iJUUANqg2MyPBKe7cSwIDAQABAoIBAAY5eHRdWhyv68VULwt-\
    _Q5oep98EVumjYEEKVNUCvAxQOPD6GMm9nBbBG0yI-ZZzhIk2NbQb_AxWfcBsHA8V8zxiMFRqGSSuVhqN5HIIDXf-\
    G5rLpmNuzcjZVd1SHgPEtyHubYCV_L1fHvMb5ciYrIrSjIibB5_ooLPAX9_UZHrLo3r_8WtEQ2CBJATiNRPKnmMx64Gg-XPX\
    WObWS-7Ahv8jNbOL0PCadOcLyVULnSnigVOO8Ko_gOq4U46Mnjfl08vG2Rl7XHNS6awW-T0-\
    Fnum1V_6532Scnt7jki9zgmxO4yZ9nHiHrsEJLis_eEd8C-qdxEp7tAb17NLcmErsECgYEA9dBbpca7iTM-\
    q2BkpEhrSGwMB30DHco_wOHlOKpH9H92mXh1a3foVFEbDHGsCRTl6eLJDb72c2hyk591pORtcQIuOuj84i61fMbBMm99v6z8\
    jHFe6HRFd4kbEPvOQ6vtnBSdB-ysYk9hEcGjmfrjUx1aslhFz-ApXO5Oh0yQ1LsCgYEA56Vg_Yl_eYILzzHFehMY8tLy3Okp\
    DaCEgDy5VJ_WgPin4LVi2bqZt4OJC6WbrEDCuLvFGK4ydXP8UWfxaZMvd8iPqk-\
    dNSZd4AbFihbhQHUXgr4lHiB37dy-2Axy_pCI-oqhV0BLJmVPVa9zhOiqFINtSSUkmQpCLoXNmzK6ZbECgYEAxkfLpW0o2QL\
    9CkA27k18PG7rRR8R5HW_91ZAD_VLFW27vQ_tp0KRpXHG38LRgoHY81B73RqssWsPAQUfYGLh5MZdhCdr1QbYXk30iTpltLd\
    U__RzGg6v-\
    jweGRUEzJFimQQHptzCMIrXQftwfERkGicTgciyh3vJ4axYq8qXCQECgYAncioKApgKgPKx3a_bEdV1xCZHKA0tnN_zVmPY3\
    T8Rx0YPJdQnb3ctoOB9cz4HHyAJhTAS-9br2UxmMGUTrVSv-\
    R89yUDkBByIQZ7x3OOOrmHKicaYUr8ZajW1ZKlQYBxzTZgb237wkt_nn3D0eQo9ZAQAKKsKxIxwj6hrfT_wgQKBgQCCeKqHv\
    by31yuPifCopJg7N0rPLrZbT-_UGqzkSD15O6K7wyAkMyxRSrlJGwby2HGgwg6rEGC2kQUd2o5f5frI5wg7MU78AATYUdSDL\
    x0VVOHnBEzkoOrmSNfGQN3cdbaOUl_OOS7p1WF2OtfrjyAwXLFwUKGzneENNEFyHCBJcA";
const RSA_MODULUS: &str = "3m3PHz179R3vbJdc61iTCfw8S8B3cisnTZAZnM5YQDxzuBXL8WRxzoLC5Cl4ZC5mulXXwIbx2aeGVNHb-fehQuiB7wc33dFd\
    9eOFuQxITjF0v3UdamkTYlqEubxuLkdRLvuRIcmOR6sN29YJ_XvtpvFBPuZaBYyQZLae6y0Ydewn3565UpS57LddjN-0zxe-\
    RvzUmUnAQr4ANVXMiGa96dVzHB7pEB__1F0CzlKQ4T5dgLgssWH0ZjB_Ab_uO5mVtQZH-\
    ofsTVy1TEV95SF8fYBGefNKrrCE-X5dCYmdH22G2BoWDwJ1OjV_lUgYODOwYb8iJUUANqg2MyPBKe7cSw";
const EC_PRIVATE: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgF3TY1yq6SdhLa8YOeHrC39-\
    nqWeSdbAAJwrygbhXgVWhRANCAAQfLfvq6qjEs8Mszw4DnG2oiZlCgkl-\
    A4wAsn8cs1z88vOg9JJpbYoSaCqBt3CTulCu0o4ap2IDR9TYPAY3hboo";
const EC_X: &str = "Hy376uqoxLPDLM8OA5xtqImZQoJJfgOMALJ_HLNc_PI";
const EC_Y: &str = "86D0kmltihJoKoG3cJO6UK7SjhqnYgNH1Ng8BjeFuig";

static RSA: LazyLock<EncodingKey> =
    LazyLock::new(|| EncodingKey::from_rsa_der(&URL_SAFE_NO_PAD.decode(RSA_PRIVATE).unwrap()));
static EC: LazyLock<EncodingKey> =
    LazyLock::new(|| EncodingKey::from_ec_der(&URL_SAFE_NO_PAD.decode(EC_PRIVATE).unwrap()));

/// An issuer on an address of its own.
#[derive(Clone)]
pub struct Issuer {
    pub url: Arc<str>,
    pub clock: ManualClock,
    is_away: Arc<AtomicBool>,
}

impl Issuer {
    pub async fn start(clock: &ManualClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).into();
        let issuer = Self { url, clock: clock.clone(), is_away: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/jwks.json", get(jwks))
            .with_state(issuer.clone());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        issuer
    }

    pub fn go_away(&self) {
        self.is_away.store(true, Ordering::Relaxed);
    }

    /// What a token for this subject says.
    pub fn claims(&self, subject: &str) -> Value {
        let now = self.clock.now().as_second();
        json!({"iss": *self.url, "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + 3_600})
    }

    /// Of its own; the other keys are the same for all issuers.
    fn ring(&self) -> KeyRing {
        KeyRing::new(Secret::new(&self.url.repeat(2)).unwrap(), "issuer", DEFAULT_ROTATION)
    }

    pub fn ed25519(&self) -> SigningPair {
        self.ring().signing(self.clock.now())
    }

    /// A good token of this subject, signed by `alg`.
    pub fn token(&self, alg: &str, subject: &str) -> String {
        self.signed(alg, Some("JWT"), &self.claims(subject))
    }

    /// A token that says this, by the issuer's key of this algorithm.
    pub fn signed(&self, alg: &str, typ: Option<&str>, claims: &Value) -> String {
        if alg == "EdDSA" {
            return self.ed25519().sign_jwt(typ.unwrap_or_default(), claims).unwrap();
        }
        let (alg, kid, key) =
            if alg == "RS256" { (Algorithm::RS256, "rsa", &*RSA) } else { (Algorithm::ES256, "ec", &*EC) };
        let mut header = Header::new(alg);
        header.typ = typ.map(str::to_owned);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, key).unwrap()
    }
}

async fn discovery(State(issuer): State<Issuer>) -> Response {
    if issuer.is_away.load(Ordering::Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let jwks = format!("{}/.well-known/jwks.json", issuer.url);
    Json(json!({"issuer": *issuer.url, "jwks_uri": jwks, "id_token_signing_alg_values_supported": ["RS256"]}))
        .into_response()
}

async fn jwks(State(issuer): State<Issuer>) -> Response {
    if issuer.is_away.load(Ordering::Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let mut set = serde_json::to_value(issuer.ring().jwks(issuer.clock.now())).unwrap();
    set["keys"].as_array_mut().unwrap().extend([
        json!({"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": RSA_MODULUS, "e": "AQAB", "x5c": ["MII"]}),
        json!({"kty": "EC", "kid": "ec", "crv": "P-256", "x": EC_X, "y": EC_Y}),
        json!({"kty": "oct", "kid": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"}),
    ]);
    Json(set).into_response()
}
