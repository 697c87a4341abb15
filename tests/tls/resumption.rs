//! Sessions that are resumed, and those that must not be (CVE-2017-9148 and its family).

use core::time::Duration;
use std::sync::Arc;

use eap_rs::tls::{
    CertificateRefusal, Resumption, TicketKeys, TlsAlert, TlsPeerConfig, TlsServerConfig,
    TlsVersion,
};
use eap_rs::{
    Authenticator, AuthenticatorConfig, Failure, Instant, Outcome, Peer, PeerConfig, Received,
};
use eap_tests::answers::Directory;
use eap_tests::certs::NOW;
use eap_tests::pair::Pair;
use eap_tests::script;
use rcgen::{DnType, SerialNumber, date_time_ymd};

use crate::Setup;
use crate::wire::assert_equal_keys;

const HOUR: u64 = 3600;

/// Where the session is kept between two logins.
#[derive(Clone, Copy, Debug)]
enum Kept {
    InMemory,
    InTickets,
}

/// Every version, and every way to keep a session.
fn each(test: impl Fn(&mut Bench)) {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for kept in [Kept::InMemory, Kept::InTickets] {
            test(&mut Bench::new(Setup::new().version(version), kept));
        }
    }
}

/// A peer and a server that have logged in before.
struct Bench {
    setup: Setup,
    keys: Arc<TicketKeys>,
    kept: Kept,
    peer: Arc<TlsPeerConfig>,
    server: Arc<TlsServerConfig>,
}

impl Bench {
    fn new(setup: Setup, kept: Kept) -> Self {
        let keys = Arc::new(TicketKeys::new(&[[1; 32]]).unwrap());
        let peer = Arc::new(setup.peer());
        let resumption = resumption(kept, &keys);
        let server = setup.server_builder(setup.clients()).resumption(resumption);
        let server = Arc::new(server.build().unwrap());
        Self { setup, keys, kept, peer, server }
    }

    /// Another server of the same keys; a memory of its own.
    fn other_server(&self) -> Arc<TlsServerConfig> {
        let resumption = resumption(self.kept, &self.keys);
        let server = self.setup.server_builder(self.setup.clients()).resumption(resumption);
        Arc::new(server.build().unwrap())
    }

    fn log_in(&self) -> Pair {
        self.setup.drive_with(Arc::clone(&self.peer), Arc::clone(&self.server))
    }

    fn log_in_as(&self, identity: &str) -> Pair {
        let peer = PeerConfig::builder().identity(identity).tls(Arc::clone(&self.peer));
        let server = AuthenticatorConfig::builder().tls(Arc::clone(&self.server));
        Pair::new(1, &peer, &server).at_unix_time(self.setup.unix_time).drive()
    }
}

impl Bench {
    /// A login whose server grants access without the 0x00 of RFC 9190 §2.5.
    fn success_after_the_peers_last_flight(&self) -> Result<Outcome, Failure> {
        let peer = PeerConfig::builder().identity("@example.org").tls(Arc::clone(&self.peer));
        let server = AuthenticatorConfig::builder().tls(Arc::clone(&self.server));
        let mut server = script::authenticator(&server);
        let mut peer = script::peer(&peer);
        let seconds = self.setup.unix_time;
        let told = |peer: &mut Peer, now| peer.set_unix_time(seconds, now);
        let outputs = peer.session.run(Instant::default(), told);
        peer.take(outputs);
        let started = |server: &mut Authenticator, now| {
            server.set_unix_time(seconds, now);
            server.start(now);
        };
        let outputs = server.session.run(Instant::default(), started);
        server.take(outputs);
        // Identity, ClientHello, and the Finished that is not passed on.
        for _ in 0..3 {
            assert_eq!(peer.feed(server.sent.last().unwrap()), Received::Accepted);
            if peer.sent.len() < 3 {
                assert_eq!(server.feed(peer.sent.last().unwrap()), Received::Accepted);
            }
        }
        let _ = peer.feed(&script::success(peer.last_identifier()));
        peer.result.unwrap()
    }
}

fn resumption(kept: Kept, keys: &Arc<TicketKeys>) -> Resumption {
    let resumption = Resumption::for_lifetime(Duration::from_secs(HOUR));
    match kept {
        Kept::InMemory => resumption,
        Kept::InTickets => resumption.ticket_keys(Arc::clone(keys)),
    }
}

/// Whether it was a resumed login; it must have succeeded, and the ends agree.
#[track_caller]
fn resumed(pair: &Pair) -> bool {
    let peer = pair.peer.result().as_ref().unwrap();
    let server = pair.authenticator.result().as_ref().unwrap();
    assert_equal_keys(peer, server);
    let [peer, server] = [peer, server].map(|outcome| outcome.tls.as_ref().unwrap());
    assert_eq!(peer.resumed, server.resumed);
    // Who it is, is known all the same.
    let name = server.certificate.as_ref().unwrap().common_name.as_deref();
    assert_eq!(name, Some("alice@example.org"));
    assert!(peer.certificate.is_some());
    peer.resumed
}

fn msk(pair: &Pair) -> Vec<u8> {
    let keys = pair.peer.result().as_ref().unwrap().keys.as_ref().unwrap();
    keys.msk.expose().to_vec()
}

#[test]
fn every_login_after_the_first_is_resumed_with_keys_of_its_own() {
    each(|bench| {
        let first = bench.log_in();
        assert!(!resumed(&first));
        let mut keys = vec![msk(&first)];
        for _ in 0..5 {
            let again = bench.log_in();
            assert!(resumed(&again));
            assert!(again.peer.sent.len() <= first.peer.sent.len());
            assert!(!keys.contains(&msk(&again)));
            keys.push(msk(&again));
        }
    });
}

#[test]
fn a_server_resumes_nothing_unless_told_to() {
    each(|bench| {
        bench.server = Arc::new(bench.setup.server());
        for _ in 0..3 {
            assert!(!resumed(&bench.log_in()));
        }
    });
}

#[test]
fn a_peer_resumes_nothing_if_told_not_to() {
    each(|bench| {
        let peer = bench.setup.peer_builder(bench.setup.servers()).resumption(false);
        bench.peer = Arc::new(peer.build().unwrap());
        for _ in 0..3 {
            assert!(!resumed(&bench.log_in()));
        }
    });
}

#[test]
fn a_session_is_its_identitys_own() {
    each(|bench| {
        assert!(!resumed(&bench.log_in_as("alice@example.org")));
        assert!(!resumed(&bench.log_in_as("mallory@example.org")));
        assert!(resumed(&bench.log_in_as("alice@example.org")));
        assert!(resumed(&bench.log_in_as("mallory@example.org")));
    });
}

/// However often it was resumed in between.
#[test]
fn a_session_ends_a_lifetime_after_the_certificate_was_shown() {
    each(|bench| {
        assert!(!resumed(&bench.log_in()));
        for seconds in [600, 1800, HOUR - 1] {
            bench.setup.unix_time = NOW + seconds;
            assert!(resumed(&bench.log_in()), "{seconds}");
        }
        bench.setup.unix_time = NOW + HOUR;
        assert!(!resumed(&bench.log_in()));
        assert!(resumed(&bench.log_in()));
    });
}

#[test]
fn a_session_of_the_future_is_not_resumed() {
    each(|bench| {
        assert!(!resumed(&bench.log_in()));
        bench.setup.unix_time = NOW - 1;
        assert!(!resumed(&bench.log_in()));
    });
}

#[test]
fn a_ticket_is_good_at_every_server_of_the_same_keys_and_memory_at_one() {
    each(|bench| {
        assert!(!resumed(&bench.log_in()));
        bench.server = bench.other_server();
        assert_eq!(resumed(&bench.log_in()), matches!(bench.kept, Kept::InTickets));
    });
}

#[test]
fn tickets_outlive_a_change_of_keys_as_long_as_the_old_key_is_there() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let bench = Bench::new(Setup::new().version(version), Kept::InTickets);
        assert!(!resumed(&bench.log_in()));
        for keys in [[[2; 32], [1; 32]], [[3; 32], [2; 32]]] {
            bench.keys.replace(&keys).unwrap();
            assert!(resumed(&bench.log_in()));
        }
        bench.keys.replace(&[[4; 32]]).unwrap();
        assert!(!resumed(&bench.log_in()));
    }
}

#[test]
fn a_failed_login_leaves_no_session_and_takes_the_one_there_was() {
    each(|bench| {
        let asking = bench.setup.server_builder(bench.setup.clients().ask_host());
        let resumption = resumption(bench.kept, &bench.keys);
        bench.server = Arc::new(asking.resumption(resumption).build().unwrap());
        let log_in = |trusts| {
            let directory = Directory { trusts, ..Directory::default() };
            let pair = bench.setup.pair(Arc::clone(&bench.peer), Arc::clone(&bench.server));
            pair.with_directory(directory).drive()
        };
        // TLS is content each time; the host is not.
        assert!(log_in(false).authenticator.result().is_err());
        assert!(!resumed(&log_in(true)));
        assert!(resumed(&log_in(true)));
        let refused = log_in(false);
        // Asked again, though there was no certificate this time.
        assert_eq!(refused.authenticator.asked, ["verify client"]);
        assert!(refused.authenticator.result().is_err());
        assert!(!resumed(&log_in(true)));
    });
}

#[test]
fn a_resumed_session_prompts_nobody_about_the_server() {
    each(|bench| {
        let asking = bench.setup.peer_builder(bench.setup.servers().ask_host());
        bench.peer = Arc::new(asking.build().unwrap());
        assert_eq!(bench.log_in().peer.asked, ["verify server"]);
        let again = bench.log_in();
        assert!(resumed(&again));
        assert_eq!(again.peer.asked, [""; 0]);
    });
}

#[test]
fn a_certificate_that_has_expired_since_is_refused_with_its_alert() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for kept in [Kept::InMemory, Kept::InTickets] {
            let mut setup = Setup::new().version(version);
            setup.client = setup.ca.issue(|params| params.not_after = date_time_ymd(2030, 6, 2));
            setup.unix_time = NOW + 24 * HOUR - 10;
            let mut bench = Bench::new(setup, kept);
            assert!(bench.log_in().peer.result().is_ok());
            bench.setup.unix_time = NOW + 24 * HOUR + 10;
            let pair = bench.log_in();
            let expired = pair.authenticator.failure();
            assert!(
                matches!(expired, Failure::Certificate(CertificateRefusal::Expired { .. })),
                "{expired:?}"
            );
            assert_eq!(pair.peer.failure(), &Failure::TlsAlert(TlsAlert(45)));
        }
    }
}

#[test]
fn a_certificate_that_was_revoked_since_is_refused_with_its_alert() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let mut setup = Setup::new().version(version);
        setup.client = setup.ca.issue(|params| {
            params.distinguished_name.push(DnType::CommonName, "alice@example.org");
            params.serial_number = Some(SerialNumber::from(77));
        });
        let mut bench = Bench::new(setup, Kept::InTickets);
        assert!(!resumed(&bench.log_in()));
        let revoked = bench.setup.ca.revocation_list(&[77]);
        let clients = bench.setup.clients().crl(revoked.as_bytes());
        let server = bench.setup.server_builder(clients);
        let server = server.resumption(resumption(bench.kept, &bench.keys)).build().unwrap();
        bench.server = Arc::new(server);
        let pair = bench.log_in();
        let refusal = Failure::Certificate(CertificateRefusal::Revoked);
        assert_eq!(pair.authenticator.failure(), &refusal);
        assert_eq!(pair.peer.failure(), &Failure::TlsAlert(TlsAlert(44)));
    }
}

/// The peer's side of the same.
#[test]
fn a_server_whose_certificate_has_expired_since_is_refused() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let mut setup = Setup::new().version(version);
        setup.server = setup.ca.issue(|params| {
            params.not_after = date_time_ymd(2030, 6, 2);
            params.subject_alt_names =
                vec![rcgen::SanType::DnsName("radius.example.org".try_into().unwrap())];
        });
        setup.unix_time = NOW + 24 * HOUR - 10;
        let mut bench = Bench::new(setup, Kept::InMemory);
        assert!(!resumed(&bench.log_in()));
        assert!(resumed(&bench.log_in()));
        bench.setup.unix_time = NOW + 24 * HOUR + 10;
        let pair = bench.log_in();
        let expired = pair.peer.failure();
        assert!(
            matches!(expired, Failure::Certificate(CertificateRefusal::Expired { .. })),
            "{expired:?}"
        );
    }
}

#[test]
fn a_server_that_does_not_know_the_time_resumes_nothing() {
    each(|bench| {
        let ignore = eap_rs::tls::ClockPolicy::Ignore;
        let setup = &bench.setup;
        let peer = setup.peer_builder(setup.servers().clock(ignore)).build().unwrap();
        let server = setup.server_builder(setup.clients().clock(ignore));
        let server = server.resumption(resumption(bench.kept, &bench.keys)).build().unwrap();
        let peer = PeerConfig::builder().identity("@example.org").tls(peer);
        let server = AuthenticatorConfig::builder().tls(server);
        for _ in 0..2 {
            assert!(!resumed(&Pair::new(1, &peer, &server).drive()));
        }
    });
}

/// hostapd 2.10 sends no protected success for a session that it resumes.
#[test]
fn an_unprotected_success_suffices_for_a_resumed_session_unless_told_otherwise() {
    for strict in [false, true] {
        let setup = Setup::new().version(TlsVersion::V1_3);
        let peer = setup.peer_builder(setup.servers());
        let peer = if strict { peer.require_indication_on_resumption() } else { peer };
        let mut bench = Bench::new(setup, Kept::InMemory);
        bench.peer = Arc::new(peer.build().unwrap());
        // Of a full handshake it never suffices.
        let success = bench.success_after_the_peers_last_flight();
        assert_eq!(success.unwrap_err(), Failure::SuccessTooEarly);
        assert!(!resumed(&bench.log_in()));
        match bench.success_after_the_peers_last_flight() {
            Ok(outcome) => {
                assert!(!strict && outcome.tls.unwrap().resumed);
                assert!(outcome.keys.is_some());
            }
            Err(failure) => assert!(strict && failure == Failure::SuccessTooEarly),
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let setup = Setup::new();
    let build = |resumption| {
        let server = setup.server_builder(setup.clients()).resumption(resumption).build();
        server.unwrap_err().field()
    };
    assert_eq!(build(Resumption::for_lifetime(Duration::ZERO)), "resumption lifetime");
    let week = Duration::from_secs(7 * 24 * HOUR);
    assert_eq!(
        build(Resumption::for_lifetime(week + Duration::from_secs(1))),
        "resumption lifetime"
    );
    assert_eq!(build(Resumption::for_lifetime(week).capacity(0)), "resumption capacity");
    assert_eq!(build(Resumption::for_lifetime(week).share_sessions()), "share_sessions");
    assert_eq!(TicketKeys::new(&[]).unwrap_err().field(), "ticket_keys");
    assert_eq!(TicketKeys::new(&[[0; 32]; 17]).unwrap_err().field(), "ticket_keys");
}
