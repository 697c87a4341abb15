//! Sessions that are resumed, and those that must not be.

use core::time::Duration;
use std::sync::Arc;

use eap_rs::tls::{Resumption, TicketKeys, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::ttls::TtlsServerConfig;
use eap_rs::{AccountError, AuthenticatorConfig, Event, InnerMethod, MethodType, Offer};
use eap_tests::answers::Directory;
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

    fn pair(&self, user: User) -> Pair {
        let server = self.setup.ttls_server(Arc::clone(&self.server), user.inner);
        self.setup.pair_of(user, Arc::clone(&self.peer), server)
    }

    fn log_in(&self, user: User) -> Pair {
        self.pair(user).drive()
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
    assert_eq!(peer.inner, server.inner);
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

/// CVE-2017-9148: whoever was locked since the session was made does not get in by resuming it.
#[test]
fn cve_2017_9148_the_account_is_looked_at_again() {
    let resumption = || Resumption::for_lifetime(Duration::from_secs(3600)).ask_host();
    for (version, inner) in VERSIONS.into_iter().flat_map(|v| INNER.map(|inner| (v, inner))) {
        let bench = Bench::new(version, resumption());
        let log_in = |directory| bench.pair(User::new(inner)).with_directory(directory).drive();
        assert!(!resumed(&log_in(Directory::default()), inner));
        let welcome = log_in(Directory::default());
        assert!(resumed(&welcome, inner));
        assert_eq!(welcome.authenticator.asked, ["resume"]);
        // Not to be resumed, but welcome: phase 2 is run in the tunnel that there is.
        let again = log_in(Directory { resumes: false, ..Directory::default() });
        let [peer, server] = [again.peer.result(), again.authenticator.result()];
        let [peer, server] = [peer.as_ref().unwrap(), server.as_ref().unwrap()];
        assert_same(peer, server, MethodType::TTLS, inner);
        assert_eq!(again.authenticator.asked.first(), Some(&"resume"));
        // EAP-TLS asks the directory nothing.
        if inner == InnerMethod::Eap(MethodType::TLS) {
            continue;
        }
        assert_eq!(again.authenticator.asked.len(), 2, "{inner}: {:?}", again.authenticator.asked);
        let restriction = Some(AccountError::Disabled);
        let locked = log_in(Directory { restriction, ..Directory::default() });
        assert_eq!(locked.authenticator.asked.first(), Some(&"resume"));
        assert!(locked.peer.result().is_err() && locked.authenticator.result().is_err());
        assert!(!resumed(&log_in(Directory::default()), inner), "the session is gone");
    }
}

/// A disabled account: whoever may not log in any more does not resume, either.
#[test]
fn the_policy_of_eap_is_asked_again_about_whoever_resumes() {
    for version in VERSIONS {
        let bench = Bench::new(version, Resumption::for_lifetime(Duration::from_secs(3600)));
        let method = MethodType::MSCHAPV2;
        let log_in = |offer: &[MethodType]| {
            let eap = AuthenticatorConfig::builder().method(method).ask_policy().build().unwrap();
            let ttls = TtlsServerConfig::builder(Arc::clone(&bench.server)).eap(eap);
            let directory = Directory { offer: Offer::new(offer), ..Directory::default() };
            let user = User::new(InnerMethod::Eap(method));
            let pair = bench.setup.pair_of(user, Arc::clone(&bench.peer), ttls.build().unwrap());
            pair.with_directory(directory).drive()
        };
        assert!(!resumed(&log_in(&[method]), InnerMethod::Eap(method)));
        let again = log_in(&[method]);
        assert!(resumed(&again, InnerMethod::Eap(method)));
        assert_eq!(again.authenticator.asked, ["policy"]);
        let refused = log_in(&[]);
        assert!(refused.authenticator.result().is_err() && refused.peer.result().is_err());
        assert_eq!(refused.authenticator.asked.first(), Some(&"policy"));
    }
}
