//! Good and bad logins over a good link.

use eap_rs::{Event, Failure, Identity, MethodType, Received};
use eap_tests::answers::{Directory, User};
use eap_tests::link::Direction;
use eap_tests::pair::Pair;

use crate::{peer, server};

const METHODS: [MethodType; 3] = [MethodType::MD5, MethodType::OTP, MethodType::GTC];

#[test]
fn every_method_lets_the_right_user_in() {
    for method in METHODS {
        let pair = Pair::new(1, &peer(method), &server(method)).drive();
        for result in [pair.peer.result(), pair.authenticator.result()] {
            let outcome = result.as_ref().unwrap();
            assert_eq!(outcome.method, method);
            assert_eq!(outcome.peer_identity, Identity::from("alice@example.org"));
            assert!(outcome.keys.is_none());
        }
        assert_eq!(pair.peer.events, [Event::MethodStarted(method)]);
        assert_eq!(
            pair.authenticator.events,
            [
                Event::PeerIdentity(Identity::from("alice@example.org")),
                Event::MethodStarted(method)
            ]
        );
        // Identity, the method, and the result: five packets, none of them twice.
        assert_eq!((pair.authenticator.sent.len(), pair.peer.sent.len()), (3, 2), "{method}");
        assert_eq!((pair.peer.withdrawn, pair.authenticator.withdrawn), (0, 0));
    }
}

#[test]
fn each_side_asks_what_it_does_not_know_and_asks_it_once() {
    let asked = |method, identity: bool| {
        let config = match identity {
            true => peer(method),
            false => eap_rs::PeerConfig::builder().method(method),
        };
        let pair = Pair::new(2, &config, &server(method)).drive();
        assert!(pair.peer.result().is_ok() && pair.authenticator.result().is_ok());
        (pair.peer.asked, pair.authenticator.asked)
    };
    assert_eq!(asked(MethodType::MD5, true), (vec!["password"], vec!["credential"]));
    assert_eq!(asked(MethodType::MD5, false), (vec!["identity", "password"], vec!["credential"]));
    assert_eq!(asked(MethodType::GTC, true), (vec!["token"], vec!["check password"]));
    let otp = (vec!["token"], vec!["challenge", "check password"]);
    assert_eq!(asked(MethodType::OTP, true), otp);
}

#[test]
fn what_is_configured_is_not_asked() {
    let config = peer(MethodType::MD5).password("wonderland");
    let pair = Pair::new(3, &config, &server(MethodType::MD5)).drive();
    assert!(pair.peer.result().is_ok());
    assert!(pair.peer.asked.is_empty());
}

/// RFC 3748 §5.5, §5.6: a password stored in clear text does not go out as a token response.
#[test]
fn a_configured_password_is_never_given_as_a_token() {
    for method in [MethodType::GTC, MethodType::OTP] {
        let config = peer(method).password("stored secret");
        let pair = Pair::new(4, &config, &server(method)).drive();
        assert_eq!(pair.peer.asks("token"), 1);
        let leaked =
            |(_, packet): &(u64, Vec<u8>)| packet.windows(13).any(|w| w == b"stored secret");
        assert!(!pair.peer.sent.iter().any(leaked));
    }
}

#[test]
fn the_user_is_shown_the_servers_challenge() {
    let shown = |method| Pair::new(5, &peer(method), &server(method)).drive().peer.answers.shown;
    assert_eq!(shown(MethodType::GTC), ["Token: "]);
    assert_eq!(shown(MethodType::OTP), ["otp-md5 487 dog2"]);
}

#[test]
fn a_wrong_password_is_refused_on_both_sides() {
    for method in METHODS {
        let user = User { password: "looking glass", ..User::default() };
        let pair = Pair::new(6, &peer(method), &server(method)).with_user(user).drive();
        assert_eq!(*pair.authenticator.failure(), Failure::BadCredentials);
        assert_eq!(*pair.peer.failure(), Failure::Rejected { method });
    }
}

#[test]
fn an_unknown_identity_looks_like_a_wrong_password_on_the_wire() {
    for method in [MethodType::MD5, MethodType::GTC] {
        let run = |directory: Directory| {
            let pair = Pair::new(7, &peer(method), &server(method)).with_directory(directory);
            pair.drive()
        };
        let wrong = run(Directory { password: "looking glass", ..Directory::default() });
        let unknown = run(Directory { identity: "bob@example.org", ..Directory::default() });
        // The same seed: every octet in both directions, and the time it was sent, is the same.
        assert_eq!(wrong.authenticator.sent, unknown.authenticator.sent, "{method}");
        assert_eq!(wrong.peer.sent, unknown.peer.sent, "{method}");
        assert_eq!(*unknown.peer.failure(), Failure::Rejected { method });
        assert_eq!(*wrong.authenticator.failure(), Failure::BadCredentials);
    }
}

#[test]
fn a_refused_look_up_has_a_reason_of_its_own_on_the_server_only() {
    let stranger = Directory { identity: "bob@example.org", ..Directory::default() };
    let pair = Pair::new(8, &peer(MethodType::MD5), &server(MethodType::MD5));
    let pair = pair.with_directory(stranger).drive();
    assert_eq!(*pair.authenticator.failure(), Failure::UnknownIdentity);
}

#[test]
fn nobody_there_is_a_failure_on_both_sides_in_its_own_time() {
    let mut pair = Pair::new(9, &peer(MethodType::MD5), &server(MethodType::MD5));
    let dead = eap_tests::link::Quality { loss: 100, ..eap_tests::link::Quality::PERFECT };
    pair.link = eap_tests::link::Link::symmetric(9, dead);
    let pair = pair.drive();
    assert_eq!(*pair.peer.failure(), Failure::NoRequest);
    assert_eq!(pair.peer.finish.as_ref().unwrap().at, 60_000);
    assert_eq!(*pair.authenticator.failure(), Failure::NoResponse);
    assert_eq!((pair.authenticator.sent.len(), pair.link.lost()), (6, 6));
    // RFC 3748 §4.3: 1, 2, 4, 8, 16 and 20 s, each with jitter of at most 100 ms either way.
    let end = pair.authenticator.finish.as_ref().unwrap().at;
    assert!((51_000 - 600..=51_000 + 600).contains(&end), "{end}");
}

/// RFC 3748 §4.1: what arrives after the end changes nothing.
#[test]
fn the_conversation_can_be_replayed_at_its_end_without_effect() {
    let mut pair = Pair::new(10, &peer(MethodType::MD5), &server(MethodType::MD5)).drive();
    let now = eap_rs::Instant::from_millis(pair.now);
    for delivery in pair.link.delivered().to_vec() {
        let (fate, outputs) = match delivery.direction {
            Direction::ToPeer => pair.peer.session.packet(&delivery.packet, now),
            Direction::ToAuthenticator => pair.authenticator.session.packet(&delivery.packet, now),
        };
        assert_eq!(fate, Received::Discarded(eap_rs::Discard::Finished));
        assert!(outputs.is_empty());
    }
}
