use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: String,
}

fn key(letter: u8) -> OwnKey {
    OwnKey::new([letter; 32], "test+jwt")
}

fn ann() -> Claims {
    Claims { sub: "ann".to_owned() }
}

/// A token with these segments, signed right.
fn forged(key: &OwnKey, header: &str, claims: &str) -> String {
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(&key.key, message.as_bytes()));
    format!("{message}.{signature}")
}

#[test]
fn an_own_token_is_read_with_its_own_key_alone() {
    let token = key(1).sign(&ann());
    assert_eq!(key(1).verified(&token, 256), Some(ann()));
    assert_eq!(key(2).verified::<Claims>(&token, 256), None);
    assert_eq!(OwnKey::new([1; 32], "other+jwt").verified::<Claims>(&token, 256), None);
    assert_eq!(key(1).verified::<Claims>(&token, token.len() - 1), None, "too long");
}

#[test]
fn an_own_token_has_one_form() {
    let (key, header) = (key(1), key(1).header);
    let claims = |text: &str| URL_SAFE_NO_PAD.encode(text);
    assert!(key.verified::<Claims>(&forged(&key, &header, &claims(r#"{"sub":"ann"}"#)), 256).is_some());
    for bad in [
        r#"{"sub":"ann","sub":"ann"}"#,
        r#"{"sub":"ann","role":"admin"}"#,
        r#"{"sub":1}"#,
        r#"{"sub":"ann"} x"#,
        "",
    ] {
        assert_eq!(key.verified::<Claims>(&forged(&key, &header, &claims(bad)), 256), None, "{bad}");
    }
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"test+jwt"}"#);
    let spaced = URL_SAFE_NO_PAD.encode(r#"{"alg": "HS256","typ":"test+jwt"}"#);
    for header in [none, spaced, String::new(), format!("{header}=")] {
        let token = forged(&key, &header, &claims(r#"{"sub":"ann"}"#));
        assert_eq!(key.verified::<Claims>(&token, 256), None, "{header}");
    }
}

#[test]
fn the_header_of_a_foreign_token_is_read_without_being_believed() {
    let token = |header: &str| format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header));
    let read =
        |header: &str| Unverified::read(&token(header), 512).map(|token| token.kid.unwrap_or_default());
    assert_eq!(read(r#"{"alg":"EdDSA","kid":"1","typ":"a+jwt"}"#).as_deref(), Some("1"));
    assert_eq!(read(r#"{"alg":"EdDSA","kid":"1","jku":"http://evil.test","jwk":{}}"#).as_deref(), Some("1"));
    for bad in [
        r#"{"alg":"EdDSA","kid":"1","crit":["exp"]}"#,
        r#"{"alg":"EdDSA","kid":"1","crit":null}"#,
        r#"{"alg":"EdDSA","kid":"1","b64":false}"#,
        r#"{"alg":"EdDSA","kid":"1","zip":"DEF"}"#,
        r#"{"alg":"EdDSA","kid":1}"#,
        r#"{"alg":["EdDSA"],"kid":"1"}"#,
        r#"{"alg":"EdDSA","kid":"1","kid":"2"}"#,
        r#"{"kid":"1"}"#,
        "[]",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
