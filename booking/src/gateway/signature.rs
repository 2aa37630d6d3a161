//! Signatures of webhooks as Stripe makes them, which the sandbox makes too: `t=SECONDS,v1=HEX`, where `v1` is
//! HMAC-SHA256 of `SECONDS.BODY` (<https://docs.stripe.com/webhooks#verify-manually>).

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::digest::hex;
use shared::secret::hmac_sha256;
use subtle::ConstantTimeEq as _;

/// How far the signature's time may be from ours: an older one may be a recording.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// While a secret is being replaced a header has a signature for each; more are not looked at.
const MAX_SIGNATURES: usize = 8;

/// What a gateway signs its webhooks with. It never prints.
#[derive(Clone)]
pub struct WebhookSecret(Arc<[u8]>);

impl WebhookSecret {
    /// A secret of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The header for a body that is sent now.
    pub fn sign(&self, body: &[u8], now: Timestamp) -> String {
        let seconds = now.as_second().to_string();
        format!("t={seconds},v1={}", hex(&self.mac(&seconds, body)))
    }

    /// Whether the header signs the body as it came, a short while ago.
    pub fn check(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
        let mut fields = header.split(',').filter_map(|field| field.trim().split_once('='));
        let seconds = fields.clone().find(|(name, _)| *name == "t").ok_or(BadSignature::Malformed)?.1;
        let signed_at = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let signed_at = signed_at.ok_or(BadSignature::Malformed)?;
        let right = hex(&self.mac(seconds, body));
        let signatures = fields.by_ref().filter(|(name, _)| *name == "v1").take(MAX_SIGNATURES);
        // Every signature is compared, each in constant time.
        let matches = signatures.fold(false, |found, (_, signature)| {
            found | bool::from(signature.as_bytes().ct_eq(right.as_bytes()))
        });
        if !matches {
            Err(BadSignature::Wrong)
        } else if signed_at.duration_since(now).abs() > TOLERANCE {
            Err(BadSignature::TooOld)
        } else {
            Ok(())
        }
    }

    fn mac(&self, seconds: &str, body: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.0, &[seconds.as_bytes(), b".", body].concat())
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It is not of the form.
    #[error("the signature header has no time")]
    Malformed,
    /// It does not sign this body, or not with our secret.
    #[error("no signature in the header signs this body")]
    Wrong,
    /// It was made too long ago, or is from the future.
    #[error("the signature was made more than five minutes ago, or is from the future")]
    TooOld,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> WebhookSecret {
        WebhookSecret::new(b"whsec_test")
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn a_signature_is_as_openssl_makes_it() {
        // printf '1800000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let known = "45705be2a45ab5acdd1395cc695e9e7073125385ec24194921c401dff44176f8";
        assert_eq!(secret().sign(br#"{"id":"evt_1"}"#, now()), format!("t=1800000000,v1={known}"));
    }

    #[test]
    fn what_was_signed_is_taken_and_anything_else_is_not() {
        let header = secret().sign(b"body", now());
        assert_eq!(secret().check(&header, b"body", now()), Ok(()));
        assert_eq!(secret().check(&header, b"body ", now()), Err(BadSignature::Wrong));
        assert_eq!(WebhookSecret::new(b"other").check(&header, b"body", now()), Err(BadSignature::Wrong));
        let moved = header.replace("t=1800000000", "t=1800000001");
        assert_eq!(secret().check(&moved, b"body", now()), Err(BadSignature::Wrong));
    }

    #[test]
    fn a_signature_lasts_five_minutes_either_way() {
        let header = secret().sign(b"body", now());
        for (seconds, answer) in [(300, Ok(())), (301, Err(BadSignature::TooOld))] {
            let span = SignedDuration::from_secs(seconds);
            assert_eq!(secret().check(&header, b"body", now() + span), answer);
            assert_eq!(secret().check(&header, b"body", now() - span), answer);
        }
    }

    #[test]
    fn one_of_several_signatures_suffices_and_other_schemes_do_not_count() {
        let header = secret().sign(b"body", now());
        let (time, signature) = header.split_once(',').unwrap();
        let rotated = format!("{time},v1={},{signature}", "0".repeat(64));
        assert_eq!(secret().check(&rotated, b"body", now()), Ok(()));
        let old_scheme = header.replace("v1=", "v0=");
        assert_eq!(secret().check(&old_scheme, b"body", now()), Err(BadSignature::Wrong));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for header in ["", "v1=00", "t=,v1=00", "t=yesterday,v1=00", "t=99999999999999,v1=00"] {
            assert_eq!(secret().check(header, b"body", now()), Err(BadSignature::Malformed), "{header}");
        }
    }

    #[test]
    fn a_secret_never_prints_itself() {
        assert_eq!(format!("{:?}", secret()), "WebhookSecret(…)");
    }
}
