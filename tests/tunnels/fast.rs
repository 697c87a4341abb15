//! EAP-FAST: PACs, both ways to get one, and what a tunnel carries.

mod hostile;

use core::time::Duration;
use std::sync::Arc;

use eap_rs::fast::{
    FastPeerConfig, FastPeerConfigBuilder, FastServerConfig, FastServerConfigBuilder, PacFile,
    PacKeys, PacStore, Provisioning,
};
use eap_rs::tls::{CertificatePolicy, TlsVersion};
use eap_rs::{AuthenticatorConfig, Event, Failure, InnerMethod, MethodType, PeerConfig};
use eap_tests::answers::Directory;
use eap_tests::pair::Pair;

use crate::{ALICE, ANONYMOUS, PASSWORD, Setup, assert_same};

const AUTHORITY: &[u8; 16] = b"an authority's I";
const INNER: [MethodType; 2] = [MethodType::MSCHAPV2, MethodType::GTC];
const DAY: u64 = 86_400;

fn keys(octet: u8) -> Arc<PacKeys> {
    Arc::new(PacKeys::new(&[[octet; 32]]).unwrap())
}

/// A peer and a server, with what they are told.
struct Bench {
    setup: Setup,
    inner: MethodType,
    keys: Arc<PacKeys>,
    provisioning: Provisioning,
    certificates: bool,
    password: &'static str,
    pacs: Option<PacFile>,
}

impl Bench {
    fn new(inner: MethodType) -> Self {
        Self {
            setup: Setup::new(TlsVersion::V1_2),
            inner,
            keys: keys(1),
            provisioning: Provisioning::Authenticated,
            certificates: true,
            password: PASSWORD,
            pacs: None,
        }
    }

    fn peer(&self) -> FastPeerConfigBuilder {
        let inner = PeerConfig::builder().identity(ALICE).password(self.password);
        let inner = match self.inner {
            MethodType::TLS => {
                let (certificate, key) = (&self.setup.client.certificate, &self.setup.client.key);
                let tls = self.setup.peer().certificate(certificate.as_bytes(), key.as_bytes());
                inner.tls(tls.build().unwrap())
            }
            method => inner.method(method),
        };
        let mut pacs = PacStore::new();
        if let Some(file) = &self.pacs {
            pacs.load(file.expose()).unwrap();
        }
        let peer = FastPeerConfig::builder(inner.build().unwrap());
        let peer = peer.pacs(pacs).provisioning(self.provisioning);
        let tls = self.setup.peer().min_version(TlsVersion::V1_0);
        if self.certificates { peer.tls(tls) } else { peer }
    }

    fn server(&self) -> FastServerConfigBuilder {
        let inner = AuthenticatorConfig::builder();
        let inner = match self.inner {
            MethodType::TLS => {
                let clients = CertificatePolicy::for_clients();
                let clients = clients.ca(self.setup.ca.pem.as_bytes());
                inner.tls(self.setup.server().clients(clients).build().unwrap())
            }
            method => inner.method(method),
        };
        let tls = self.setup.server().min_version(TlsVersion::V1_0);
        FastServerConfig::builder(tls, inner.build().unwrap(), AUTHORITY)
            .pac_keys(Arc::clone(&self.keys))
            .authority_name("test")
            .provisioning(self.provisioning)
    }

    fn pair_of(&self, peer: FastPeerConfig, server: FastServerConfig) -> Pair {
        let peer = PeerConfig::builder().identity(ANONYMOUS).fast(peer).require_keys();
        let server = AuthenticatorConfig::builder().fast(server).require_keys();
        Pair::new(1, &peer, &server).at_unix_time(self.setup.unix_time)
    }

    fn pair(&self) -> Pair {
        self.pair_of(self.peer().build().unwrap(), self.server().build().unwrap())
    }

    /// A login, after which the peer has the PAC that it was given, if any.
    fn log_in(&mut self) -> Pair {
        let pair = self.pair().drive();
        if let Some(file) = provisioned(&pair) {
            self.pacs = Some(file);
        }
        pair
    }
}

fn provisioned(pair: &Pair) -> Option<PacFile> {
    pair.peer.events.iter().find_map(|event| match event {
        Event::PacUpdated(file) => Some(file.clone()),
        _ => None,
    })
}

/// Whether a PAC has opened the tunnel of this login; it must have succeeded, and the ends agree.
#[track_caller]
fn by_pac(pair: &Pair, inner: MethodType) -> bool {
    let [peer, server] = [pair.peer.result(), pair.authenticator.result()];
    let [peer, server] = [peer.as_ref().unwrap(), server.as_ref().unwrap()];
    assert_same(peer, server, MethodType::FAST, InnerMethod::Eap(inner));
    assert_eq!(peer.inner, server.inner);
    peer.tls.as_ref().unwrap().resumed
}

#[test]
fn a_certificate_brings_a_pac_and_the_pac_a_tunnel() {
    for inner in [MethodType::MSCHAPV2, MethodType::GTC, MethodType::TLS] {
        for fragment_size in [200, 1398] {
            let mut bench = Bench::new(inner);
            bench.setup.fragment_size = fragment_size;
            let first = bench.log_in();
            assert!(!by_pac(&first, inner));
            assert!(bench.pacs.is_some(), "{inner}");
            for _ in 0..2 {
                let again = bench.log_in();
                assert!(by_pac(&again, inner));
                assert_eq!(provisioned(&again), None, "there is time left");
            }
        }
    }
}

#[test]
fn a_peer_keeps_its_pac_from_session_to_session() {
    let bench = Bench::new(MethodType::GTC);
    let peer = Arc::new(bench.peer().build().unwrap());
    let server = Arc::new(bench.server().build().unwrap());
    for expected in [false, true, true] {
        let peer = PeerConfig::builder().identity(ANONYMOUS).fast(Arc::clone(&peer));
        let server = AuthenticatorConfig::builder().fast(Arc::clone(&server));
        let pair = Pair::new(1, &peer, &server).at_unix_time(bench.setup.unix_time).drive();
        assert_eq!(by_pac(&pair, MethodType::GTC), expected);
    }
    assert!(!peer.pac_file().expose().is_empty());
}

#[test]
fn an_anonymous_tunnel_brings_a_pac_and_no_access() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    (bench.provisioning, bench.certificates) = (Provisioning::Anonymous, false);
    let first = bench.log_in();
    for end in [first.peer.failure(), first.authenticator.failure()] {
        assert_eq!(*end, Failure::PacProvisioned);
    }
    assert!(bench.pacs.is_some());
    assert!(by_pac(&bench.log_in(), MethodType::MSCHAPV2));
}

/// Who can have the certificate does not do without.
#[test]
fn a_server_with_a_certificate_shows_it_to_who_takes_both() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    bench.provisioning = Provisioning::Both;
    assert!(!by_pac(&bench.log_in(), MethodType::MSCHAPV2));
    assert!(by_pac(&bench.log_in(), MethodType::MSCHAPV2));
}

#[test]
fn a_wrong_password_brings_no_pac() {
    for inner in INNER {
        for provisioning in [Provisioning::Authenticated, Provisioning::Anonymous] {
            let mut bench = Bench::new(inner);
            bench.password = "mallory";
            bench.provisioning = provisioning;
            bench.certificates = provisioning == Provisioning::Authenticated;
            if !bench.certificates && inner == MethodType::GTC {
                assert_eq!(bench.peer().build().unwrap_err().field(), "provisioning");
                continue;
            }
            let pair = bench.log_in();
            assert!(pair.peer.result().is_err() && pair.authenticator.result().is_err());
            assert_eq!(bench.pacs, None);
        }
    }
}

#[test]
fn a_pac_is_renewed_before_it_has_run_out() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    by_pac(&bench.log_in(), MethodType::MSCHAPV2);
    let old = bench.pacs.clone();
    bench.setup.unix_time += 6 * DAY + 1;
    assert!(by_pac(&bench.log_in(), MethodType::MSCHAPV2));
    assert_ne!(bench.pacs, old);
    // The old one would have run out.
    bench.setup.unix_time += 2 * DAY;
    assert!(by_pac(&bench.log_in(), MethodType::MSCHAPV2));
}

#[test]
fn without_a_good_pac_the_certificate_decides() {
    let mut bench = Bench::new(MethodType::GTC);
    by_pac(&bench.log_in(), MethodType::GTC);
    // Another server's keys.
    bench.keys = keys(2);
    assert!(!by_pac(&bench.log_in(), MethodType::GTC));
    assert!(by_pac(&bench.log_in(), MethodType::GTC));
    // Too old.
    bench.setup.unix_time += 8 * DAY;
    assert!(!by_pac(&bench.log_in(), MethodType::GTC));
    // A peer that accepts no certificates has nothing left.
    (bench.keys, bench.certificates, bench.provisioning) = (keys(3), false, Provisioning::Off);
    let pair = bench.pair_of(
        bench.peer().build().unwrap(),
        Bench { provisioning: Provisioning::Authenticated, ..Bench::new(MethodType::GTC) }
            .server()
            .build()
            .unwrap(),
    );
    let pair = pair.drive();
    assert_eq!(*pair.peer.failure(), method_failed("the server did not take the PAC"));
    assert_eq!(provisioned(&pair), None, "it is kept");
    assert!(pair.authenticator.result().is_err());
    // Nor has one whose PAC has run out: it does not begin.
    bench.setup.unix_time += 8 * DAY;
    let pair = bench.pair_of(bench.peer().build().unwrap(), bench.server().build().unwrap());
    let none = method_failed("there is no PAC for this server, and no CA");
    assert_eq!(*pair.drive().peer.failure(), none);
}

/// Keys of a server are lost: its peers get other PACs by themselves where that is allowed.
#[test]
fn a_pac_that_opens_nothing_makes_way_for_another_anonymous_one() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    (bench.provisioning, bench.certificates) = (Provisioning::Anonymous, false);
    let _provisioned = bench.log_in();
    bench.keys = keys(2);
    let stale = bench.log_in();
    let reason = "the server did not take the PAC; the next login asks for another";
    assert_eq!(*stale.peer.failure(), method_failed(reason));
    assert!(
        provisioned(&stale).is_some_and(|file| PacStore::default().load(file.expose()).is_ok())
    );
    assert_eq!(*bench.log_in().peer.failure(), Failure::PacProvisioned);
    assert!(by_pac(&bench.log_in(), MethodType::MSCHAPV2));
}

fn method_failed(reason: &'static str) -> Failure {
    Failure::MethodFailed { method: MethodType::FAST, reason }
}

#[test]
fn a_tunnel_without_pacs_is_a_tunnel_all_the_same() {
    for inner in INNER {
        let mut bench = Bench::new(inner);
        bench.provisioning = Provisioning::Off;
        for _ in 0..2 {
            assert!(!by_pac(&bench.log_in(), inner));
            assert_eq!(bench.pacs, None);
        }
    }
}

#[test]
fn the_cause_outlives_a_peer_that_has_no_last_words() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    bench.password = "wonderlanD";
    let pair = bench.pair().without_last_words().drive();
    assert_eq!(*pair.authenticator.failure(), Failure::BadCredentials);
    let server = bench.server().build().unwrap();
    bench.certificates = false;
    bench.provisioning = Provisioning::Anonymous;
    let pair = bench.pair_of(bench.peer().build().unwrap(), server).without_last_words().drive();
    let failure = pair.authenticator.failure();
    assert!(matches!(failure, Failure::TlsIncompatible(_)), "{failure}");
}

#[test]
fn a_bare_failure_is_for_what_has_been_sent_last() {
    let method = MethodType::FAST;
    let reasons = |bench: &Bench| {
        let last = bench.pair().drive().authenticator.sent.len() - 1;
        // Behind Identity Request and Start.
        let refused = (2..=last).map(|packet| bench.pair().refusing_from(packet).drive());
        let mut reasons = refused.map(|pair| pair.peer.failure().clone()).collect::<Vec<_>>();
        reasons.dedup();
        reasons
    };
    let unfinished = Failure::TlsUnfinished { method };
    let rejected = Failure::Rejected { method };
    let mut bench = Bench::new(MethodType::GTC);
    let [certificate, pac] = [Failure::CertificateRejected { method }, Failure::PacRefused];
    let expected = [&unfinished, &certificate, &rejected, &pac, &Failure::PacProvisioned];
    assert_eq!(reasons(&bench).iter().collect::<Vec<_>>(), expected);
    bench.log_in();
    assert_eq!(reasons(&bench), [unfinished.clone(), rejected.clone()]);
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    (bench.certificates, bench.provisioning) = (false, Provisioning::Anonymous);
    let expected = [&unfinished, &rejected, &pac, &Failure::PacProvisioned];
    assert_eq!(reasons(&bench).iter().collect::<Vec<_>>(), expected);
}

#[test]
fn several_methods_run_one_after_the_other() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    let second = AuthenticatorConfig::builder().method(MethodType::MSCHAPV2).build().unwrap();
    let server = bench.server().then(second).build().unwrap();
    let pair = bench.pair_of(bench.peer().build().unwrap(), server).drive();
    assert!(!by_pac(&pair, MethodType::MSCHAPV2));
    assert_eq!(pair.authenticator.asked, ["credential", "credential"]);
    bench.pacs = provisioned(&pair);
    assert!(bench.pacs.is_some());
}

#[test]
fn a_pac_is_its_owners_alone() {
    let mut bench = Bench::new(MethodType::GTC);
    by_pac(&bench.log_in(), MethodType::GTC);
    let inner = PeerConfig::builder().identity("bob@example.org").password(PASSWORD);
    let inner = inner.method(MethodType::GTC).build().unwrap();
    let mut pacs = PacStore::new();
    // Whoever has stolen the file writes a name of their own into it.
    let file = String::from_utf8(bench.pacs.as_ref().unwrap().expose().to_vec()).unwrap();
    let file: String =
        file.lines().filter(|line| !line.contains("I-ID")).collect::<Vec<_>>().join("\n");
    if pacs.load(file.as_bytes()).is_err() || pacs.is_empty() {
        panic!("{file}");
    }
    let peer = FastPeerConfig::builder(inner).pacs(pacs).provisioning(Provisioning::Off);
    let peer = peer.build().unwrap();
    let directory = Directory { identity: "bob@example.org", ..Directory::default() };
    let pair = bench.pair_of(peer, bench.server().build().unwrap()).with_directory(directory);
    let pair = pair.drive();
    assert!(pair.authenticator.result().is_err() && pair.peer.result().is_err());
}

#[test]
fn settings_that_cannot_work_are_named() {
    let bench = Bench::new(MethodType::GTC);
    let field = |server: FastServerConfigBuilder| server.build().unwrap_err().field();
    assert_eq!(field(bench.server().pac_lifetime(Duration::ZERO)), "pac_lifetime");
    assert_eq!(field(bench.server().provisioning(Provisioning::Anonymous)), "provisioning");
    let inner = || AuthenticatorConfig::builder().method(MethodType::GTC).build().unwrap();
    let without_keys = FastServerConfig::builder(bench.setup.server(), inner(), AUTHORITY);
    assert_eq!(field(without_keys.provisioning(Provisioning::Both)), "provisioning");
    // A PAC would let those in whose certificate has been revoked.
    let strict = || {
        let clients = CertificatePolicy::for_clients().ca(bench.setup.ca.pem.as_bytes());
        FastServerConfig::builder(bench.setup.server().clients(clients), inner(), AUTHORITY)
    };
    assert!(strict().build().is_ok());
    assert_eq!(
        strict().pac_keys(keys(1)).build().unwrap_err().to_string(),
        "pac_keys: does not go together with required client certificates"
    );
    let no_authority = FastServerConfig::builder(bench.setup.server(), inner(), b"");
    assert_eq!(field(no_authority), "authority");
    let inner = PeerConfig::builder().identity(ALICE).method(MethodType::GTC).build().unwrap();
    assert_eq!(FastPeerConfig::builder(inner).build().unwrap_err().field(), "ca");
}
