//! Sessions that are resumed, and those that must not be.

use core::time::Duration;
use std::sync::Arc;

use eap_rs::tls::{Resumption, TicketKeys, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::{Event, InnerMethod, MethodType};
use eap_tests::pair::Pair;

use super::{INNER, User};
use crate::{ALICE, Setup, VERSIONS, assert_same};

/// A peer and a server that keep their sessions.
struct Bench {
    setup: Setup,
    peer: Arc<TlsPeerConfig>,
    server: Arc<TlsServerConfig>,
}

impl Bench {
    fn new(version: TlsVersion, resumption: Resumption) -> Self {
        let setup = Setup::new(version);
        let peer = Arc::new(setup.peer().build().unwrap());
        let server = Arc::new(setup.server().resumption(resumption).build().unwrap());
        Self { setup, peer, server }
    }

    fn log_in(&self, user: User) -> Pair {
        let server = self.setup.ttls_server(Arc::clone(&self.server), user.inner);
        self.setup.pair_of(user, Arc::clone(&self.peer), server).drive()
    }
}

fn each(test: impl Fn(&Bench, InnerMethod)) {
    for version in VERSIONS {
        let in_memory = || Resumption::for_lifetime(Duration::from_secs(3600));
        let keys = Arc::new(TicketKeys::new(&[[1; 32]]).unwrap());
        for inner in INNER {
            // With keys at hand, too, these sessions stay in memory.
            for resumption in [in_memory(), in_memory().ticket_keys(Arc::clone(&keys))] {
                test(&Bench::new(version, resumption), inner);
            }
        }
    }
}

/// Whether it was a resumed login; it must have succeeded, and the ends agree.
#[track_caller]
fn resumed(pair: &Pair, inner: InnerMethod) -> bool {
    let peer = pair.peer.result().as_ref().unwrap();
    let server = pair.authenticator.result().as_ref().unwrap();
    assert_same(peer, server, MethodType::TTLS, inner);
    let [ours, theirs] = [peer, server].map(|outcome| outcome.tls.as_ref().unwrap().resumed);
    assert_eq!(ours, theirs);
    assert_eq!(peer.inner.is_none(), ours);
    assert!(pair.authenticator.events.contains(&Event::InnerIdentity(ALICE.into())));
    ours
}

#[test]
fn who_has_logged_in_is_not_asked_again() {
    each(|bench, inner| {
        let first = bench.log_in(User::new(inner));
        assert!(!resumed(&first, inner));
        for _ in 0..3 {
            let nobody = User { identity: None, password: None, ..User::new(inner) };
            let again = bench.log_in(nobody);
            assert!(resumed(&again, inner), "{inner}");
            assert!(again.peer.asked.is_empty() && again.authenticator.asked.is_empty());
            assert!(again.peer.sent.len() <= first.peer.sent.len());
        }
    });
}

/// CVE-2017-9148: a session whose phase 2 was not passed is no session.
#[test]
fn cve_2017_9148_who_has_not_logged_in_resumes_nothing() {
    each(|bench, inner| {
        if inner == InnerMethod::Eap(MethodType::TLS) {
            return;
        }
        let wrong = User { password: Some("mallory"), ..User::new(inner) };
        for _ in 0..3 {
            let pair = bench.log_in(wrong);
            assert!(pair.peer.result().is_err() && pair.authenticator.result().is_err());
            assert_eq!(pair.authenticator.asked.len(), 1, "phase 2 was run");
        }
        assert!(!resumed(&bench.log_in(User::new(inner)), inner));
    });
}
