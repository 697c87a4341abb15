//! Sessions that are resumed, and those that must not be.

use core::time::Duration;
use std::sync::Arc;

use eap_rs::peap::{CryptoBinding, PeapServerConfig};
use eap_rs::tls::{Resumption, TicketKeys, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::ttls::{TtlsPeerConfig, TtlsServerConfig};
use eap_rs::{AccountError, AuthenticatorConfig, MethodType, Offer, PeerConfig};
use eap_tests::answers::Directory;
use eap_tests::certs::NOW;
use eap_tests::pair::Pair;

use super::{INNER, User, outcomes, pair};
use crate::{ALICE, ANONYMOUS, Setup, VERSIONS};

/// A peer and a server that keep their sessions.
struct Bench {
    setup: Setup,
    peer: Arc<TlsPeerConfig>,
    server: Arc<TlsServerConfig>,
    version: u8,
}

impl Bench {
    fn new(tls_version: TlsVersion, version: u8) -> Self {
        // Sessions of a tunnel stay in memory whatever keys there are.
        let keys = Arc::new(TicketKeys::new(&[[1; 32]]).unwrap());
        let resumption = Resumption::for_lifetime(Duration::from_secs(3600)).ticket_keys(keys);
        Self::with(tls_version, version, resumption)
    }

    fn with(tls_version: TlsVersion, version: u8, resumption: Resumption) -> Self {
        let setup = Setup::new(tls_version);
        let peer = Arc::new(setup.peer().build().unwrap());
        let server = Arc::new(setup.server().resumption(resumption).build().unwrap());
        Self { setup, peer, server, version }
    }

    fn pair(&self, user: User, binding: CryptoBinding) -> Pair {
        let peer = self.setup.peap_peer(Arc::clone(&self.peer), user);
        let server = self.setup.peap_server(Arc::clone(&self.server), user.inner);
        pair(
            peer.max_version(self.version).crypto_binding(binding),
            server.max_version(self.version).crypto_binding(binding),
        )
    }

    fn log_in(&self, user: User) -> Pair {
        self.pair(user, CryptoBinding::IfOffered).drive()
    }
}

/// Whether it was a resumed login; it must have succeeded, and the ends agree.
#[track_caller]
fn resumed(pair: &Pair) -> bool {
    let [peer, server] = outcomes(pair);
    let [ours, theirs] = [peer, server].map(|outcome| outcome.tls.as_ref().unwrap().resumed);
    assert_eq!(ours, theirs);
    // Both remember who it was.
    assert_eq!(peer.inner, server.inner);
    assert_eq!(server.inner.as_ref().unwrap().identity.as_str(), Some(ALICE));
    ours
}

#[test]
fn who_has_logged_in_is_not_asked_again() {
    for tls_version in VERSIONS {
        for version in [0, 1] {
            for inner in INNER {
                let bench = Bench::new(tls_version, version);
                let first = bench.log_in(User::new(inner));
                assert!(!resumed(&first));
                for _ in 0..3 {
                    let nobody = User { identity: None, password: None, ..User::new(inner) };
                    let again = bench.log_in(nobody);
                    assert!(resumed(&again), "{inner}");
                    assert!(again.peer.asked.is_empty() && again.authenticator.asked.is_empty());
                    assert!(again.peer.sent.len() < first.peer.sent.len());
                }
            }
        }
    }
}

#[test]
fn a_resumed_session_is_bound_as_well() {
    for tls_version in VERSIONS {
        for binding in [CryptoBinding::Off, CryptoBinding::Required] {
            let bench = Bench::new(tls_version, 0);
            let log_in = || bench.pair(User::new(MethodType::MSCHAPV2), binding).drive();
            assert!(!resumed(&log_in()));
            let pair = log_in();
            assert!(resumed(&pair));
            let keys = outcomes(&pair)[0].keys.as_ref().unwrap();
            assert_eq!(keys.emsk.is_none(), binding == CryptoBinding::Required);
        }
    }
}

/// CVE-2017-9148: a session whose phase 2 was not passed is no session.
#[test]
fn cve_2017_9148_who_has_not_logged_in_resumes_nothing() {
    for tls_version in VERSIONS {
        for version in [0, 1] {
            for inner in [MethodType::MSCHAPV2, MethodType::GTC, MethodType::MD5] {
                let bench = Bench::new(tls_version, version);
                let wrong = User { password: Some("mallory"), ..User::new(inner) };
                for _ in 0..3 {
                    let pair = bench.log_in(wrong);
                    assert!(pair.peer.result().is_err() && pair.authenticator.result().is_err());
                    assert_eq!(pair.authenticator.asked.len(), 1, "phase 2 was run");
                }
                assert!(!resumed(&bench.log_in(User::new(inner))));
            }
        }
    }
}

#[test]
fn a_session_of_ttls_is_none_of_peap() {
    for tls_version in VERSIONS {
        let bench = Bench::new(tls_version, 0);
        let ttls = TtlsPeerConfig::builder(Arc::clone(&bench.peer)).pap();
        let ttls = ttls.identity(ALICE).password(crate::PASSWORD).build().unwrap();
        let peer = PeerConfig::builder().identity(ANONYMOUS).ttls(ttls);
        let ttls = TtlsServerConfig::builder(Arc::clone(&bench.server)).pap().build().unwrap();
        let server = AuthenticatorConfig::builder().ttls(ttls);
        let drive = || Pair::new(1, &peer, &server).at_unix_time(NOW).drive();
        assert!(drive().peer.result().is_ok());
        assert!(!resumed(&bench.log_in(User::new(MethodType::GTC))));
        // It was there to be resumed.
        assert!(drive().peer.result().as_ref().unwrap().tls.as_ref().unwrap().resumed);
    }
}

/// A disabled account: whoever may not log in any more does not resume, either.
#[test]
fn the_policy_is_asked_again_about_whoever_resumes() {
    for tls_version in VERSIONS {
        let bench = Bench::new(tls_version, 0);
        let user = User::new(MethodType::MSCHAPV2);
        let log_in = |offer: &[MethodType]| {
            let inner = bench.setup.peap_inner_server(user.inner).ask_policy().build().unwrap();
            let server = PeapServerConfig::builder(Arc::clone(&bench.server), inner);
            let directory = Directory { offer: Offer::new(offer), ..Directory::default() };
            let peer = bench.setup.peap_peer(Arc::clone(&bench.peer), user);
            pair(peer, server).with_directory(directory).drive()
        };
        assert!(!resumed(&log_in(&[user.inner])));
        let again = log_in(&[user.inner]);
        assert!(resumed(&again));
        assert_eq!(again.authenticator.asked, ["policy"]);
        let refused = log_in(&[]);
        assert!(refused.authenticator.result().is_err() && refused.peer.result().is_err());
        // Once about the session, and once about the identity.
        assert_eq!(refused.authenticator.asked, ["policy", "policy"]);
    }
}

/// CVE-2017-9148: whoever was locked since the session was made does not get in by resuming it.
#[test]
fn cve_2017_9148_the_account_is_looked_at_again() {
    let resumption = || Resumption::for_lifetime(Duration::from_secs(3600)).ask_host();
    for (tls_version, inner) in VERSIONS.into_iter().flat_map(|v| INNER.map(|inner| (v, inner))) {
        for version in [0, 1] {
            let bench = Bench::with(tls_version, version, resumption());
            let log_in = |directory| {
                let pair = bench.pair(User::new(inner), CryptoBinding::IfOffered);
                pair.with_directory(directory).drive()
            };
            assert!(!resumed(&log_in(Directory::default())));
            let welcome = log_in(Directory::default());
            assert!(resumed(&welcome));
            assert_eq!(welcome.authenticator.asked, ["resume"]);
            // Not to be resumed, but welcome: phase 2 is run in the tunnel that there is.
            let again = log_in(Directory { resumes: false, ..Directory::default() });
            outcomes(&again);
            assert_eq!(again.authenticator.asked.first(), Some(&"resume"));
            // EAP-TLS asks the directory nothing.
            if inner == MethodType::TLS {
                continue;
            }
            assert_eq!(again.authenticator.asked.len(), 2);
            let restriction = Some(AccountError::Disabled);
            let locked = log_in(Directory { restriction, ..Directory::default() });
            assert_eq!(locked.authenticator.asked.first(), Some(&"resume"));
            assert!(locked.peer.result().is_err() && locked.authenticator.result().is_err());
            assert!(!resumed(&log_in(Directory::default())), "the session is gone");
        }
    }
}
