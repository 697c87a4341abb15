//! Family 11, paths of what is switched off: messages of methods that are not configured
//! (CVE-2026-77206).

use eap_rs::packet::{Packet, TypeForm};
use eap_rs::{
    AuthenticatorConfig, Code, Discard, Event, Failure, MethodType, Offer, PeerConfig, Received,
};
use eap_tests::script::{self, packet, request};

use crate::authenticator_states::{RESPONSE, offered, proposed, started};
use crate::peer_states::{SECOND, identified};

fn unconfigured() -> impl Iterator<Item = MethodType> {
    let vendors =
        [MethodType::vendor(9, 1), MethodType::vendor(311, 25), MethodType::vendor(0, 256)];
    (4..=255).map(MethodType::ietf).filter(|method| method.number() > 6).chain(vendors)
}

/// RFC 3748 §5.3: what is not configured is refused, in its own form, and never begun.
#[test]
fn a_request_of_an_unconfigured_method_is_refused_and_begins_nothing() {
    for method in unconfigured() {
        for form in [TypeForm::Legacy, TypeForm::Expanded] {
            for data in [&b""[..], RESPONSE, &[0x80, 0xff, 0xff, 0xff, 0xff]] {
                let mut peer = identified();
                let fate = peer.feed(&packet(Code::Request, SECOND, method, form, data));
                assert_eq!(fate, Received::Accepted);
                assert_eq!(peer.events, [Event::MethodRefused(method)]);
                let Ok(Packet::Response(nak)) = Packet::parse(peer.session.last_sent()) else {
                    panic!("{method}: {peer:?}");
                };
                assert_eq!(nak.method, MethodType::NAK);
                let expanded = form == TypeForm::Expanded || method.legacy().is_none();
                assert_eq!(nak.form == TypeForm::Expanded, expanded);
                // The real method can still begin.
                let md5 = request(SECOND + 1, MethodType::MD5, RESPONSE);
                assert_eq!(peer.feed(&md5), Received::Accepted);
                assert_eq!(peer.events[1], Event::MethodStarted(MethodType::MD5));
            }
        }
    }
}

/// A method of this library that is not configured is as foreign as any other.
#[test]
fn a_built_in_method_that_is_not_configured_is_refused() {
    let config = PeerConfig::builder().identity("alice").password("x").method(MethodType::GTC);
    let mut peer = script::peer(&config);
    let _ = peer.feed(&request(SECOND, MethodType::MD5, RESPONSE));
    assert_eq!(peer.sent, [[2, SECOND, 0, 6, 3, 6]]);
}

#[test]
fn a_response_of_an_unconfigured_method_is_discarded() {
    for method in unconfigured() {
        for enter in [started, || proposed(MethodType::MD5), || proposed(MethodType::GTC)] {
            let mut server = enter();
            let fate = server.respond(method, RESPONSE);
            assert_eq!(fate, Received::Discarded(Discard::UnexpectedType(method)));
        }
    }
}

/// A Nak that wants what is not offered must not get it.
#[test]
fn a_nak_cannot_add_to_the_offer() {
    for wanted in 0..=255 {
        let mut server = offered(Offer::new([MethodType::MD5, MethodType::GTC]));
        assert_eq!(server.respond(MethodType::NAK, &[wanted]), Received::Accepted);
        match wanted {
            6 => assert_eq!(server.sent.last().unwrap()[4], 6),
            _ => {
                let failure = server.result.unwrap().unwrap_err();
                assert_eq!(failure, Failure::NoCommonMethod, "{wanted}");
            }
        }
    }
}

#[test]
fn the_policy_cannot_offer_what_is_not_configured() {
    let config = AuthenticatorConfig::builder().method(MethodType::MD5).ask_policy();
    let mut server = script::authenticator(&config);
    server.start();
    let _ = server.respond(MethodType::IDENTITY, b"alice");
    let offer = Offer::new([MethodType::GTC, MethodType::IDENTITY, MethodType::ietf(13)]);
    server.answer(eap_rs::Answer::Offer(offer)).unwrap();
    assert_eq!(server.result.unwrap().unwrap_err(), Failure::PolicyRefused);
}
