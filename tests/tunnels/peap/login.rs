//! Logins that succeed.

use std::sync::Arc;

use eap_rs::peap::CryptoBinding;
use eap_rs::{Event, InnerMethod, MethodType};

use super::{INNER, User, outcomes, pair};
use crate::{ALICE, ANONYMOUS, Setup, VERSIONS};

#[test]
fn both_ends_agree_with_every_method_inside() {
    for tls_version in VERSIONS {
        for inner in INNER {
            for version in [0, 1] {
                for fragment_size in [64, 200, 1398] {
                    let mut setup = Setup::new(tls_version);
                    setup.fragment_size = fragment_size;
                    let (peer, server) = (setup.peer().build(), setup.server().build());
                    let peer = setup.peap_peer(Arc::new(peer.unwrap()), User::new(inner));
                    let server = setup.peap_server(Arc::new(server.unwrap()), inner);
                    let pair = pair(peer.max_version(version), server.max_version(version));
                    let pair = pair.drive();
                    for outcome in outcomes(&pair) {
                        assert_eq!(outcome.peer_identity.as_str(), Some(ANONYMOUS));
                        let authenticated = outcome.inner.as_ref().unwrap();
                        assert_eq!(authenticated.method, InnerMethod::Eap(inner));
                        assert_eq!(authenticated.identity.as_str(), Some(ALICE));
                        let tls = outcome.tls.as_ref().unwrap();
                        assert_eq!((tls.version, tls.resumed), (tls_version, false));
                        // The binding of version 0 has none.
                        let keys = outcome.keys.as_ref().unwrap();
                        assert_eq!(keys.emsk.is_some(), version == 1);
                    }
                    for (_, packet) in pair.peer.sent.iter().chain(&pair.authenticator.sent) {
                        assert!(packet.len() <= fragment_size + 6);
                    }
                    let identified = Event::InnerIdentity(ALICE.into());
                    assert!(pair.authenticator.events.contains(&identified));
                }
            }
        }
    }
}

#[test]
fn the_lower_version_is_spoken() {
    for tls_version in VERSIONS {
        for [ours, theirs] in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let setup = Setup::new(tls_version);
            let (peer, server) = (setup.peer().build(), setup.server().build());
            let user = User::new(MethodType::MSCHAPV2);
            let peer = setup.peap_peer(Arc::new(peer.unwrap()), user).max_version(ours);
            let server = setup.peap_server(Arc::new(server.unwrap()), user.inner);
            let pair = pair(peer, server.max_version(theirs)).drive();
            outcomes(&pair);
            // Behind the header and the Type, from the Response on.
            let spoken = ours.min(theirs);
            assert_eq!(pair.authenticator.sent[1].1[5], 0x20 | theirs);
            let peer = pair.peer.sent.iter().skip(1);
            let server = pair.authenticator.sent.iter().skip(2).filter(|(_, p)| p.len() > 4);
            for (_, packet) in peer.chain(server) {
                assert_eq!(packet[5] & 7, spoken, "{packet:02x?}");
            }
        }
    }
}

#[test]
fn the_keys_are_those_of_the_binding_if_both_sides_want_one() {
    use CryptoBinding::{IfOffered, Off, Required};
    for tls_version in VERSIONS {
        for inner in INNER {
            for [ours, theirs] in [Off, IfOffered, Required]
                .into_iter()
                .flat_map(|ours| [Off, IfOffered, Required].map(|theirs| [ours, theirs]))
            {
                let setup = Setup::new(tls_version);
                let (peer, server) = (setup.peer().build(), setup.server().build());
                let peer = setup.peap_peer(Arc::new(peer.unwrap()), User::new(inner));
                let server = setup.peap_server(Arc::new(server.unwrap()), inner);
                let pair = pair(peer.crypto_binding(ours), server.crypto_binding(theirs)).drive();
                if matches!([ours, theirs], [Off, Required] | [Required, Off]) {
                    assert!(pair.peer.result().is_err() && pair.authenticator.result().is_err());
                    continue;
                }
                let bound = ours != Off && theirs != Off;
                for outcome in outcomes(&pair) {
                    // A binding has no EMSK.
                    let keys = outcome.keys.as_ref().unwrap();
                    assert_eq!(keys.emsk.is_none(), bound, "{ours:?} {theirs:?}");
                }
            }
        }
    }
}
