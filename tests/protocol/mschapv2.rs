//! EAP-MSCHAPv2 between our own two ends: passwords that are right, wrong, mistyped, expired; and
//! accounts that may not be used.

use eap_rs::{
    AccountError, AuthenticatorConfig, Failure, MethodType, NtHash, Outcome, PeerConfig,
    PeerConfigBuilder,
};
use eap_tests::answers::{Directory, User};
use eap_tests::link::{Link, Quality};
use eap_tests::pair::Pair;
use eap_tests::seeds::for_each;

fn peer() -> PeerConfigBuilder {
    PeerConfig::builder().identity("alice@example.org").method(MethodType::MSCHAPV2)
}

fn pair(seed: u64, peer: &PeerConfigBuilder, retries: u8) -> Pair {
    let server = AuthenticatorConfig::builder().method(MethodType::MSCHAPV2).require_keys();
    Pair::new(seed, peer, &server.password_retries(retries))
}

#[track_caller]
fn assert_equal_keys(pair: &Pair) {
    let keys = |outcome: &Outcome| outcome.keys.as_ref().unwrap().msk.expose().to_vec();
    let peer = keys(pair.peer.result().as_ref().unwrap());
    let server = keys(pair.authenticator.result().as_ref().unwrap());
    assert_eq!(peer, server);
    assert_eq!(peer.len(), 32);
    assert!(peer.chunks(16).all(|key| key != [0; 16]), "no key is zeros");
}

#[track_caller]
fn account_error(failure: &Failure) -> AccountError {
    let Failure::Account(refusal) = failure else { panic!("{failure:?}") };
    refusal.error
}

#[test]
fn a_password_logs_in_asked_for_configured_or_hashed() {
    let configs = [
        (peer(), 1),
        (peer().password("wonderland"), 0),
        (peer().nt_hash(NtHash::of_password("wonderland")), 0),
    ];
    for (config, asked) in configs {
        let pair = pair(1, &config, 0).drive();
        assert_equal_keys(&pair);
        assert_eq!(pair.peer.asks("password"), asked);
        assert_eq!(pair.authenticator.asks("credential"), 1);
    }
}

#[test]
fn a_bad_link_changes_neither_the_keys_nor_the_number_of_questions() {
    let mut logged_in = 0;
    for_each(0..60, |seed| {
        let quality = Quality::BAD;
        let mut pair = pair(seed, &peer(), 1).over(Link::symmetric(seed, quality));
        pair.peer.answers.password = "typo";
        pair.peer.answers.retries = vec!["wonderland"];
        let pair = pair.drive();
        if pair.authenticator.result().is_ok() && pair.peer.result().is_ok() {
            assert_equal_keys(&pair);
            assert_eq!(pair.peer.asks("password"), 2);
            assert_eq!(pair.authenticator.asks("credential"), 2);
            logged_in += 1;
        }
    });
    assert!(logged_in >= 30, "{logged_in} of 60");
}

#[test]
fn a_wrong_password_is_refused_and_both_ends_say_why() {
    let mut pair = pair(1, &peer(), 0);
    pair.peer.answers.password = "guess";
    let pair = pair.drive();
    assert_eq!(account_error(pair.peer.failure()), AccountError::WrongPassword);
    assert_eq!(*pair.authenticator.failure(), Failure::BadCredentials);
    assert_eq!(pair.peer.asks("password"), 1);
}

#[test]
fn a_typo_is_asked_about_once_per_try_with_the_reason() {
    let mut pair = pair(1, &peer().password("typo"), 2);
    pair.peer.answers =
        User { retries: vec!["typo again", "wonderland"], delay: User::SLOW, ..Default::default() };
    let pair = pair.drive();
    assert_equal_keys(&pair);
    assert_eq!(pair.peer.asks("password"), 2);
    let shown = "wrong name or password (\"Authentication failed\")";
    assert_eq!(pair.peer.answers.shown, [shown, shown]);
}

#[test]
fn a_user_who_gives_up_is_not_asked_again() {
    let pair = pair(1, &peer().password("typo"), 5).drive();
    assert_eq!(*pair.peer.failure(), Failure::Declined);
    assert_eq!(pair.peer.asks("password"), 1);
}

#[test]
fn an_expired_password_is_replaced_by_one_that_works() {
    let mut change = pair(1, &peer().password("wonderland"), 0);
    change.authenticator.answers.restriction = Some(AccountError::PasswordExpired);
    let change = change.drive();
    assert_equal_keys(&change);
    assert_eq!(change.peer.answers.shown, ["the password has expired (\"Expired\")"]);
    assert_eq!(change.authenticator.answers.changed.as_deref(), Some(&b"looking-glass"[..]));
    let mut again = pair(2, &peer().password("looking-glass"), 0);
    again.authenticator.answers = Directory { password: "looking-glass", ..Default::default() };
    assert_equal_keys(&again.drive());
}

#[test]
fn an_account_that_may_not_be_used_says_why() {
    for error in [646, 647, 649].map(AccountError::from_number) {
        let mut right = pair(1, &peer().password("wonderland"), 0);
        right.authenticator.answers.restriction = Some(error);
        let right = right.drive();
        assert_eq!(account_error(right.peer.failure()), error);
        assert_eq!(account_error(right.authenticator.failure()), error);
        let mut wrong = pair(1, &peer().password("guess"), 0);
        wrong.authenticator.answers.restriction = Some(error);
        let wrong = wrong.drive();
        assert_eq!(account_error(wrong.peer.failure()), AccountError::WrongPassword);
        assert_eq!(*wrong.authenticator.failure(), Failure::BadCredentials);
    }
}

#[test]
fn an_account_that_may_not_be_used_is_refused_by_md5_too() {
    let config = PeerConfig::builder().identity("alice@example.org").password("wonderland");
    let server = AuthenticatorConfig::builder().method(MethodType::MD5);
    let mut pair = Pair::new(1, &config.method(MethodType::MD5), &server);
    pair.authenticator.answers.restriction = Some(AccountError::Disabled);
    let pair = pair.drive();
    assert_eq!(account_error(pair.authenticator.failure()), AccountError::Disabled);
    assert!(matches!(pair.peer.failure(), Failure::Rejected { .. }));
}

/// Code, method, OpCode and length of every packet that the authenticator sends.
fn seen_on_the_wire(identity: &'static str, password: &'static str, retries: u8) -> Vec<Vec<u8>> {
    let config = PeerConfig::builder().identity(identity).password(password);
    let mut pair = pair(1, &config.method(MethodType::MSCHAPV2), retries);
    pair.peer.answers.retries = vec![password; usize::from(retries)];
    let pair = pair.drive();
    assert!(pair.peer.result().is_err());
    let packets = pair.authenticator.sent.iter();
    packets
        .map(|(_, packet)| {
            let len = u8::try_from(packet.len()).unwrap();
            [&[len, packet[0]], packet.get(4..6).unwrap_or_default()].concat()
        })
        .collect()
}

#[test]
fn somebody_unknown_looks_like_somebody_with_a_wrong_password() {
    for retries in [0, 3] {
        let wrong = seen_on_the_wire("alice@example.org", "guess", retries);
        assert_eq!(seen_on_the_wire("mallo@example.org", "guess", retries), wrong);
        assert_eq!(seen_on_the_wire("mallo@example.org", "wonderland", retries), wrong);
        assert_eq!(wrong.len(), 4 + usize::from(retries));
    }
}
