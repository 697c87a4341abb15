//! Logins that succeed.

use eap_rs::{Event, InnerMethod};

use super::{ALICE, INNER_METHODS, OUTSIDE, Setup, VERSIONS, outcomes, pair};

#[test]
fn both_ends_agree_with_every_method_inside() {
    for tls_version in VERSIONS {
        for inner_method in INNER_METHODS {
            for version in [0, 1] {
                for fragment_size in [64, 200, 1398] {
                    let mut setup = Setup::new(tls_version, inner_method);
                    (setup.version, setup.fragment_size) = (version, fragment_size);
                    let pair = setup.pair().drive();
                    let (peer, server) = outcomes(&pair);
                    let method = InnerMethod::Eap(inner_method);
                    for outcome in [peer, server] {
                        assert_eq!(outcome.peer_identity.as_bytes(), OUTSIDE.as_bytes());
                        let inner = outcome.inner.as_ref().unwrap();
                        assert_eq!(
                            (inner.method, inner.identity.as_bytes()),
                            (method, ALICE.as_bytes())
                        );
                        let tls = outcome.tls.as_ref().unwrap();
                        assert_eq!((tls.version, tls.resumed), (tls_version, false));
                        // The binding of version 0 has none.
                        assert_eq!(outcome.keys.as_ref().unwrap().emsk.is_some(), version == 1);
                    }
                    for (_, packet) in pair.peer.sent.iter().chain(&pair.authenticator.sent) {
                        assert!(
                            packet.len() <= fragment_size + 6,
                            "{fragment_size} {}",
                            packet.len()
                        );
                    }
                    assert!(
                        pair.authenticator.events.contains(&Event::InnerIdentity(ALICE.into()))
                    );
                }
            }
        }
    }
}
