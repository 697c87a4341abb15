//! Logins that succeed.

use std::sync::Arc;

use eap_rs::ttls::TtlsServerConfig;
use eap_rs::{Event, InnerMethod, MethodType};
use eap_tests::pair::Pair;

use super::{INNER, User};
use crate::{ALICE, ANONYMOUS, Setup, VERSIONS, assert_same};

#[track_caller]
fn assert_success(pair: &Pair, inner: InnerMethod) {
    let peer = pair.peer.result().as_ref().unwrap();
    let server = pair.authenticator.result().as_ref().unwrap();
    assert_same(peer, server, MethodType::TTLS, inner);
    assert_eq!(peer.inner, server.inner);
}

#[test]
fn every_inner_method_with_every_version_and_fragment_size() {
    for version in VERSIONS {
        let mut setup = Setup::new(version);
        for fragment_size in [64, 200, 1398] {
            setup.fragment_size = fragment_size;
            for inner in INNER {
                let pair = setup.pair(User::new(inner)).drive();
                assert_success(&pair, inner);
                for (_, packet) in pair.peer.sent.iter().chain(&pair.authenticator.sent) {
                    assert!(packet.len() <= fragment_size + 6, "{inner} {}", packet.len());
                }
            }
        }
    }
}

/// The user is seen inside alone: outside, the name is nowhere in any packet.
#[test]
fn who_logs_in_is_said_inside_only() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        for inner in INNER {
            let pair = setup.pair(User::new(inner)).drive();
            let server = pair.authenticator.result().as_ref().unwrap();
            assert_eq!(server.peer_identity.as_str(), Some(ANONYMOUS));
            assert!(pair.authenticator.events.contains(&Event::InnerIdentity(ALICE.into())));
            let outer = &pair.authenticator.answers.outer_identities;
            assert!(outer.iter().all(|identity| identity == ANONYMOUS));
            // EAP-TLS asks nobody.
            assert_eq!(outer.is_empty(), inner == InnerMethod::Eap(MethodType::TLS));
            for (_, packet) in pair.peer.sent.iter().chain(&pair.authenticator.sent) {
                assert!(!packet.windows(5).any(|octets| octets == b"alice"), "{inner}");
            }
        }
    }
}

#[test]
fn what_is_not_configured_is_asked() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        for inner in INNER {
            let user = User { identity: None, password: None, ..User::new(inner) };
            let pair = setup.pair(user).drive();
            assert_success(&pair, inner);
            let expected: &[&str] = match inner {
                InnerMethod::Eap(MethodType::TLS) => &["identity"],
                InnerMethod::Eap(MethodType::GTC) => &["identity", "token"],
                _ => &["identity", "password"],
            };
            assert_eq!(pair.peer.asked, expected, "{inner}");
        }
    }
}

#[test]
fn ms_chap_does_with_a_hash() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        for inner in [InnerMethod::MsChap, InnerMethod::MsChapV2] {
            let pair = setup.pair(User { hashed: true, ..User::new(inner) }).drive();
            assert_success(&pair, inner);
        }
    }
}

#[test]
fn the_peer_chooses_among_what_the_server_allows() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        for inner in INNER {
            let tls = Arc::new(setup.server().build().unwrap());
            let mut eap = eap_rs::AuthenticatorConfig::builder();
            for method in [MethodType::GTC, MethodType::MD5, MethodType::MSCHAPV2] {
                eap = eap.method(method);
            }
            let builder = TtlsServerConfig::builder(tls).pap().chap().mschap().mschapv2();
            let server = builder.eap(eap.build().unwrap()).build().unwrap();
            if inner != InnerMethod::Eap(MethodType::TLS) {
                let pair = setup.pair_with(User::new(inner), server).drive();
                assert_success(&pair, inner);
            }
        }
    }
}
