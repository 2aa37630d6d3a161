use jiff::ToSpan as _;
use serde_json::json;

use super::super::change::tests::{now, sample};
use super::super::{DropChange, DropState, Transition};
use super::*;
use crate::domain::operate::{OperateError, Wish};

fn change(fields: serde_json::Value) -> DropChange {
    serde_json::from_value(fields).unwrap()
}

/// A drop whose lobby opens in a minute and that opens in an hour, by a salt.
fn salted() -> Drop {
    let plan = change(json!({
        "lobby_opens_at": now() + 1.minute(), "opens_at": now() + 1.hour(), "salt_source": "Round 7 of the beacon",
    }));
    sample().changed(plan, now()).unwrap()
}

fn open_with(drop: Drop, salt: Option<&str>, at: Timestamp) -> Result<Drop, OperateError> {
    Wish::Open { salt: salt.map(str::to_owned), reason: None }.applied(drop, at)
}

#[test]
fn a_drop_that_waits_for_its_salt_does_not_open_at_its_time() {
    let late = now() + 2.hours();
    assert_eq!(salted().state(late, None), DropState::Lobby);
    assert_eq!(salted().limits().opens_at_ms, None);
    let refused = open_with(salted(), None, late).unwrap_err();
    assert_eq!(refused.to_string(), "a drop that is waiting for its salt cannot open");
    assert!(salted().after(Transition::Open, late).is_err());
}

#[test]
fn opening_with_the_salt_opens_now() {
    let late = now() + 2.hours();
    let open = open_with(salted(), Some("b1a5"), late).unwrap();
    assert_eq!((open.state(late, None), open.opening()), (DropState::Open, Some(late)));
    assert_eq!(open.settings.salt.as_deref(), Some("b1a5"));
    assert_ne!(open.turn(), 0);
    let again = open_with(open, Some("b1a5"), late).unwrap_err();
    assert_eq!(again.to_string(), "a drop that is open cannot open");
}

#[test]
fn a_salt_in_the_lobby_lets_the_schedule_open_and_a_late_one_opens_at_once() {
    let give = || change(json!({"salt": "b1a5"}));
    let lobby = now() + 2.minutes();
    let in_time = salted().changed(give(), lobby).unwrap();
    assert_eq!((in_time.state(lobby, None), in_time.opening()), (DropState::Lobby, Some(now() + 1.hour())));
    let late = now() + 2.hours();
    let opened = salted().changed(give(), late).unwrap();
    assert_eq!(opened.opening(), Some(late), "nobody joined an open line before");
}

#[test]
fn a_salt_comes_after_the_lobby_opened_once_and_only_where_a_source_was_named() {
    let give = |salt: &str| change(json!({"salt": salt}));
    let lobby = now() + 2.minutes();
    assert_eq!(salted().changed(give("a"), now()).unwrap_err(), InvalidChange::SaltTooEarly);
    let given = salted().changed(give("a"), lobby).unwrap();
    assert!(given.clone().changed(give("a"), lobby).is_ok(), "a repeated request changes nothing");
    assert_eq!(given.changed(give("b"), lobby).unwrap_err(), InvalidChange::SaltStands);
    let plain = sample().changed(change(json!({"lobby_opens_at": now()})), now()).unwrap();
    assert_eq!(plain.clone().changed(give("a"), lobby).unwrap_err(), InvalidChange::SaltWithoutSource);
    assert!(matches!(
        open_with(plain, Some("a"), lobby),
        Err(OperateError::Invalid(InvalidChange::SaltWithoutSource))
    ));
    for bad in ["", " a", "a\n", &"a".repeat(257)] {
        assert_eq!(salted().changed(give(bad), lobby).unwrap_err(), InvalidChange::SaltText, "{bad:?}");
    }
}

#[test]
fn the_source_of_the_salt_is_named_before_the_lobby_or_never() {
    let lobby = now() + 2.minutes();
    for source in [json!("another"), json!(null)] {
        let refused = salted().changed(change(json!({"salt_source": source})), lobby).unwrap_err();
        assert_eq!(refused, InvalidChange::SaltSourceStands);
        let before = salted().changed(change(json!({"salt_source": source})), now()).unwrap();
        assert_eq!(before.settings.salt_source.as_deref(), source.as_str());
    }
    assert!(salted().changed(change(json!({"salt_source": "Round 7 of the beacon"})), lobby).is_ok());
    let net = change(json!({"mode": "safety_net", "salt_source": "a beacon"}));
    assert_eq!(sample().changed(net, now()).unwrap_err(), InvalidChange::SaltOfSafetyNet);
}

#[test]
fn an_opening_that_waits_for_its_salt_can_be_moved() {
    let late = now() + 2.hours();
    let moved = salted().changed(change(json!({"opens_at": now() + 3.hours()})), late).unwrap();
    let given = moved.changed(change(json!({"salt": "a"})), late).unwrap();
    assert_eq!(given.opening(), Some(now() + 3.hours()));
}

#[test]
fn without_a_salt_nothing_is_turned_and_a_salt_turns_within_the_circle() {
    assert_eq!(sample().turn(), 0);
    let given = salted().changed(change(json!({"salt": "b1a5"})), now() + 2.minutes()).unwrap();
    // python3: int.from_bytes(hmac.new(b'\x01' * 32, b'b1a5', 'sha256').digest()[:8]) >> 12
    assert_eq!(given.turn(), 68_227_279_826_031);
}

#[test]
fn the_digest_of_the_roster_is_public_before_the_seed_is() {
    let mut drop = sample();
    assert!(!drop.reveals_draw(now() + 1.hour()), "nothing is stored");
    drop.roster = Some(Roster { id: Uuid::nil(), sha256: [0xab; 32], count: 0, stored_at: now() });
    assert!(!drop.reveals_draw(now()));
    assert!(drop.reveals_draw(now() + 2.seconds()));
    assert_eq!(drop.roster.unwrap().digest(), "ab".repeat(32));
}

#[test]
fn a_grace_has_bounds() {
    assert_eq!(sample().settings.return_grace_s, 900);
    assert_eq!(
        sample().changed(change(json!({"return_grace_s": 86_401})), now()).unwrap_err(),
        InvalidChange::Range { field: "return_grace_s", least: 0, most: 86_400 }
    );
}
