//! Legacy and Expanded Types in Requests (RFC 3748 §5.3, §5.7), and the Naks that answer them.

use super::*;
use crate::method::Verdict;
use crate::testing::{
    GTC, MD5, NAK, NOTIFICATION, expanded_request, expanded_response, refused, succeeded, success,
};
use crate::{Event, Failure, MethodType, Received};

/// Vendor-Id 0, Vendor-Type 3: the Type of an Expanded Nak.
const EXPANDED_NAK: MethodType = MethodType::NAK;

const VENDOR: MethodType = MethodType::vendor(20, 6);

#[test]
fn an_ietf_type_in_expanded_form_is_answered_in_expanded_form() {
    let config = PeerConfig::builder().identity("bob").password("hello");
    let mut peer = host(&config.method(MethodType::MD5));
    // printf '\001hello0123456789abcdef' | md5sum
    let digest = 0xc6a7_2e73_d500_080d_b218_ebcf_fa63_6c03_u128.to_be_bytes();
    let value = [&[16], &digest[..], b"bob"].concat();
    assert_eq!(
        peer.accept(&expanded_request(1, MethodType::MD5, b"\x100123456789abcdef")),
        [started(MD5), sent(expanded_response(1, MethodType::MD5, &value))]
    );
    let outcome = Seen::Success { method: MethodType::MD5, identity: "bob".into(), keys: false };
    assert_eq!(peer.accept(&success(1)), [outcome]);
}

#[test]
fn identity_and_notification_in_expanded_form_are_answered_in_expanded_form() {
    let mut peer = peer([]);
    assert_eq!(
        peer.accept(&expanded_request(1, MethodType::IDENTITY, b"")),
        [sent(expanded_response(1, MethodType::IDENTITY, b"user"))]
    );
    assert_eq!(
        peer.accept(&expanded_request(2, MethodType::NOTIFICATION, b"a")),
        [
            Seen::Event(Event::Notification("a".into())),
            sent(expanded_response(2, MethodType::NOTIFICATION, b"")),
        ]
    );
}

#[test]
fn both_forms_are_the_same_method() {
    let mut peer = peer_after_all([
        Step::reply(Progress::Continue),
        Step::reply(Progress::Done(Verdict::CondSucc)),
    ]);
    let scripted = MethodType::ietf(SCRIPTED);
    assert_eq!(
        peer.accept(&expanded_request(2, scripted, b"x")),
        [sent(expanded_response(2, scripted, b"\x02x"))]
    );
    assert_eq!(peer.accept(&success(2)), [succeeded(false)]);
}

#[test]
fn an_unknown_expanded_type_gets_an_expanded_nak() {
    let config = config([]).method(MethodType::GTC);
    let mut proposals = MethodType::ietf(SCRIPTED).expanded().to_vec();
    proposals.extend(MethodType::GTC.expanded());
    for unknown in [VENDOR, MethodType::MD5] {
        assert_eq!(
            host(&config).accept(&expanded_request(1, unknown, b"")),
            [
                Seen::Event(Event::MethodRefused(unknown)),
                sent(expanded_response(1, EXPANDED_NAK, &proposals)),
            ]
        );
    }
}

#[test]
fn a_legacy_nak_names_every_method_and_254_for_a_vendors() {
    let facts = crate::MethodFacts { method: VENDOR, ..SCRIPTED_FACTS };
    let config = config([]).method(MethodType::GTC).custom_method(facts, || unreachable_method());
    assert_eq!(
        host(&config).accept(&request(1, MD5, b"")),
        [refused(MD5), sent(response(1, NAK, &[SCRIPTED, GTC, 254]))]
    );
}

#[test]
fn a_vendors_method_is_answered_under_its_type() {
    let facts = crate::MethodFacts { method: VENDOR, ..SCRIPTED_FACTS };
    let script = Script::new([Step::reply(Progress::Done(Verdict::CondSucc))]);
    let config = PeerConfig::builder()
        .identity("user")
        .custom_method(facts, move || Box::new(script.start()));
    let mut peer = host(&config);
    assert_eq!(
        peer.accept(&expanded_request(1, VENDOR, b"x")),
        [Seen::Event(Event::MethodStarted(VENDOR)), sent(expanded_response(1, VENDOR, b"\x01x")),]
    );
    let outcome = Seen::Success { method: VENDOR, identity: "user".into(), keys: false };
    assert_eq!(peer.accept(&success(1)), [outcome]);
}

#[test]
fn a_nak_is_repeated_like_any_response() {
    let mut peer = peer([]);
    peer.accept(&request(1, MD5, b""));
    let again = peer.receive(&request(1, MD5, b""));
    assert_eq!(again, (Received::Duplicate, vec![sent(response(1, NAK, &[SCRIPTED]))]));
}

#[test]
fn the_last_refusal_is_the_one_reported() {
    let mut peer = peer([]);
    peer.accept(&request(1, MD5, b""));
    peer.accept(&request(2, GTC, b""));
    peer.accept(&request(3, NOTIFICATION, b"Goodbye"));
    let wanted = Failure::MethodRefused { wanted: MethodType::GTC };
    assert_eq!(peer.accept(&crate::testing::failure(3)), [Seen::Failed(wanted)]);
}

fn unreachable_method() -> Box<dyn PeerMethod> {
    panic!("nobody proposed this method")
}
