//! Sessions that the host keeps, for several servers of the same ticket keys.

use core::time::Duration;
use std::sync::Arc;

use eap_rs::tls::{Resumption, TicketKeys, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::{InnerMethod, MethodType};
use eap_tests::answers::{Directory, Sessions};
use eap_tests::pair::Pair;

use crate::{ALICE, PASSWORD, Setup, VERSIONS, peap, ttls};

const HOUR: u64 = 3600;

/// What the peer logs in with.
#[derive(Clone, Copy, Debug)]
enum Login {
    Ttls(InnerMethod),
    Peap(u8, MethodType),
}

const LOGINS: [Login; 6] = [
    Login::Ttls(InnerMethod::Pap),
    Login::Ttls(InnerMethod::MsChapV2),
    Login::Ttls(InnerMethod::Eap(MethodType::GTC)),
    Login::Peap(0, MethodType::GTC),
    Login::Peap(0, MethodType::MSCHAPV2),
    Login::Peap(1, MethodType::GTC),
];

/// One peer, and two servers that keep their sessions in the same place.
struct Bench {
    setup: Setup,
    login: Login,
    peer: Arc<TlsPeerConfig>,
    servers: [Arc<TlsServerConfig>; 2],
    directory: Directory,
}

impl Bench {
    fn new(version: TlsVersion, login: Login) -> Self {
        Self::with_keys(version, login, [[1; 32], [1; 32]])
    }

    fn with_keys(version: TlsVersion, login: Login, keys: [[u8; 32]; 2]) -> Self {
        let setup = Setup::new(version);
        let peer = Arc::new(setup.peer().build().unwrap());
        let servers = keys.map(|key| {
            let keys = Arc::new(TicketKeys::new(&[key]).unwrap());
            let resumption = Resumption::for_lifetime(Duration::from_secs(HOUR));
            let resumption = resumption.ticket_keys(keys).share_sessions();
            Arc::new(setup.server().resumption(resumption).build().unwrap())
        });
        Self { setup, login, peer, servers, directory: Directory::default() }
    }

    fn sessions(&self) -> &Sessions {
        &self.directory.sessions
    }

    fn stored(&self) -> usize {
        self.sessions().0.lock().unwrap().len()
    }

    fn pair(&self, server: usize, password: &'static str) -> Pair {
        let (peer, server) = (Arc::clone(&self.peer), Arc::clone(&self.servers[server]));
        let pair = match self.login {
            Login::Ttls(inner) => {
                let user = ttls::User { password: Some(password), ..ttls::User::new(inner) };
                let server = self.setup.ttls_server(server, inner);
                self.setup.pair_of(user, peer, server)
            }
            Login::Peap(version, inner) => {
                let user = peap::User { password: Some(password), ..peap::User::new(inner) };
                let peer = self.setup.peap_peer(peer, user).max_version(version);
                peap::pair(peer, self.setup.peap_server(server, inner).max_version(version))
            }
        };
        pair.at_unix_time(self.setup.unix_time).with_directory(self.directory.clone())
    }

    fn log_in(&self, server: usize) -> Pair {
        self.pair(server, PASSWORD).drive()
    }
}

fn each(test: impl Fn(Bench)) {
    for (version, login) in VERSIONS.into_iter().flat_map(|v| LOGINS.map(|login| (v, login))) {
        test(Bench::new(version, login));
    }
}

/// Whether it was a resumed login; it must have succeeded, and the ends agree.
#[track_caller]
fn resumed(pair: &Pair) -> bool {
    let [peer, server] =
        [pair.peer.result(), pair.authenticator.result()].map(|end| end.as_ref().unwrap());
    let [ours, theirs] = [peer, server].map(|end| end.tls.as_ref().unwrap().resumed);
    assert_eq!(ours, theirs);
    let [ours, theirs_keys] = [peer, server].map(|end| end.keys.as_ref().unwrap().msk.expose());
    assert_eq!(ours, theirs_keys);
    assert_eq!(server.inner.as_ref().unwrap().identity.as_str(), Some(ALICE));
    assert!(server.session.is_some() && peer.session.is_none());
    theirs
}

#[test]
fn each_server_resumes_what_the_other_has_begun() {
    each(|bench| {
        let first = bench.log_in(0);
        assert!(!resumed(&first));
        let inner = first.authenticator.result().as_ref().unwrap().inner.clone();
        for server in [1, 0, 0, 1, 1] {
            let again = bench.log_in(server);
            assert!(resumed(&again), "{:?}", bench.login);
            assert_eq!(again.authenticator.asked, ["stored session"]);
            assert_eq!(again.authenticator.result().as_ref().unwrap().inner, inner);
            assert!(again.peer.sent.len() <= first.peer.sent.len());
            // What is used is taken away, and what is made takes its place.
            assert_eq!(bench.stored(), 1);
        }
    });
}

/// CVE-2017-9148: a session whose phase 2 was not passed is no session.
#[test]
fn cve_2017_9148_a_failed_login_leaves_nothing_to_be_shared() {
    each(|bench| {
        for server in [0, 1] {
            let pair = bench.pair(server, "mallory").drive();
            assert!(pair.peer.result().is_err() && pair.authenticator.result().is_err());
            assert_eq!(bench.stored(), 0);
        }
        assert!(!resumed(&bench.log_in(1)));
    });
}

#[test]
fn a_store_that_has_nothing_or_does_not_answer_in_time() {
    each(|mut bench| {
        assert!(!resumed(&bench.log_in(0)));
        bench.sessions().0.lock().unwrap().clear();
        let again = bench.log_in(1);
        assert!(!resumed(&again));
        assert_eq!(again.authenticator.asked[0], "stored session");
        bench.directory.delay = 60_000;
        let late = bench.log_in(0);
        assert!(late.authenticator.result().is_err() && late.peer.result().is_err());
    });
}

/// What the store gives out is taken for a session only if a server has made it, under this name.
#[test]
fn a_store_that_lies_gets_a_full_login() {
    for lie in 0..5 {
        each(|bench| {
            assert!(!resumed(&bench.log_in(0)));
            let before = bench.sessions().0.lock().unwrap().clone();
            let fresh = Bench { peer: Arc::new(bench.setup.peer().build().unwrap()), ..bench };
            assert!(!resumed(&fresh.log_in(0)));
            let mut sessions = fresh.sessions().0.lock().unwrap();
            let others = before.values().next().unwrap();
            let new = sessions.iter_mut().filter(|(name, _)| !before.contains_key(*name));
            for (_, session) in new {
                match lie {
                    0 => session.clone_from(others),
                    1 => session.truncate(session.len() - 1),
                    2 => session.clear(),
                    3 => *session = vec![0; 65_535],
                    _ => *session.last_mut().unwrap() ^= 1,
                }
            }
            drop(sessions);
            let again = fresh.log_in(1);
            assert_eq!(again.authenticator.asked[0], "stored session");
            assert!(!resumed(&again), "{lie}");
        });
    }
}

#[test]
fn servers_of_other_keys_share_nothing() {
    for (version, login) in VERSIONS.into_iter().flat_map(|v| LOGINS.map(|login| (v, login))) {
        let bench = Bench::with_keys(version, login, [[1; 32], [2; 32]]);
        assert!(!resumed(&bench.log_in(0)));
        assert!(!resumed(&bench.log_in(1)));
        assert!(resumed(&bench.log_in(1)));
    }
}

#[test]
fn a_shared_session_ends_a_lifetime_after_the_login_that_began_it() {
    each(|mut bench| {
        assert!(!resumed(&bench.log_in(0)));
        for (server, seconds) in [(1, HOUR / 2), (0, HOUR / 4), (1, HOUR / 4 - 1)] {
            bench.setup.unix_time += seconds;
            let again = bench.log_in(server);
            assert!(resumed(&again));
            let server = again.authenticator.result().as_ref().unwrap();
            let end = eap_tests::certs::NOW + HOUR;
            let lifetime = server.session.as_ref().unwrap().lifetime;
            assert_eq!(lifetime.as_secs(), end - bench.setup.unix_time);
        }
        bench.setup.unix_time += 1;
        assert!(!resumed(&bench.log_in(0)));
    });
}

#[test]
fn the_name_of_a_session_is_its_identitys_own_and_nothing_is_printed() {
    let bench = Bench::new(TlsVersion::V1_3, LOGINS[0]);
    let login = bench.log_in(0);
    let session = login.authenticator.result().as_ref().unwrap().session.clone().unwrap();
    assert!(!session.octets.windows(5).any(|octets| octets == b"alice"));
    let printed = format!("{session:?}");
    assert_eq!(printed, format!("SealedSession({} octets, 3600s)", session.octets.len()));
}
