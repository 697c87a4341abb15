//! EAP-FAST in RADIUS: our peer at hostapd, `eapol_test` at our server, with PACs from certificates
//! and from anonymous tunnels, renewed, too old, and of other servers. Keys are compared in every
//! login that succeeds.

use std::process::Command;
use std::thread;
use std::time::Duration;

use eap_tests::certs::{Ca, for_client, for_server};

use crate::certificates::{Certificate, hostapd_tls};
use crate::lab::{Lab, Process};
use crate::matrix::{KeyType, SERVER_NAME};
use crate::radius::{
    SECRET, assert_verdict, eapol_test, freeradius, hostapd, radius_peer, radius_server,
};

const AUTHORITY: &str = "101112131415161718191a1b1c1d1e1f";

/// hostapd's keys of PACs: its own, and another's.
const PAC_KEYS: [&str; 2] =
    ["000102030405060708090a0b0c0d0e0f", "f00102030405060708090a0b0c0d0e0f"];

const DAY: u32 = 86_400;

const REJECTED: &str = "the network refused the login: wrong name or password, or not allowed";

const PROVISIONED: &str = "FAILURE: a PAC was provisioned; the next login uses it";

/// A CA with RSA keys, which hostapd's cipher suites for EAP-FAST need, and where the PACs are.
struct Bench<'a> {
    lab: &'a Lab,
    ca: String,
    server: Certificate,
    client: Certificate,
    pac_file: String,
}

impl<'a> Bench<'a> {
    fn new(lab: &'a Lab) -> Self {
        let ca = Ca::current("Test CA", KeyType::Rsa2048.generate());
        let key = KeyType::Rsa2048.generate();
        let server = ca.issue_for(&key, |params| for_server(params, SERVER_NAME));
        let client = ca.issue_for(&key, |params| for_client(params, "carol"));
        Self {
            lab,
            ca: lab.file("ca.pem", &ca.pem),
            server: Certificate::new(lab, "server", &server),
            client: Certificate::new(lab, "client", &client),
            pac_file: lab.path("pacs"),
        }
    }

    fn hostapd(&self, settings: Hostapd) -> Process {
        let users = "* FAST\n\"alice\" MSCHAPV2 \"secret\" [2]\n\"bob\" GTC \"secret\" [2]\n\
                     \"carol\" TLS [2]\n";
        let Hostapd { key, provisioning, lifetime, refresh } = settings;
        // Without a group, it has no anonymous suite.
        let group = self.lab.path("dh.pem");
        let args = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"];
        let made = Command::new("openssl").args(args).args(["-out", &group]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let more = format!(
            "{}dh_file={group}\neap_fast_a_id={AUTHORITY}\neap_fast_a_id_info=test\npac_opaque_encr_key={key}\n\
             eap_fast_prov={provisioning}\npac_key_lifetime={lifetime}\n\
             pac_key_refresh_time={refresh}\n",
            hostapd_tls(&self.server, &self.ca, false)
        );
        hostapd(self.lab, users, &more)
    }

    /// Our peer; what it prints.
    #[track_caller]
    fn log_in(&self, who: &Who, password: &str, trust: Trust, provisioning: &str) -> Vec<String> {
        #[rustfmt::skip]
        let mut args = vec![
            "--password", password, "--anonymous-identity", "anonymous",
            "--pac-file", &self.pac_file, "--provisioning", provisioning,
        ];
        if trust == Trust::Certificates {
            args.extend(["--ca", &self.ca, "--server-name", SERVER_NAME]);
        }
        if who.method == "fast/tls" {
            // Inside the tunnel there is no other way to know the server.
            let Certificate { certificate, key, .. } = &self.client;
            args.extend(["--cert", certificate, "--key", key]);
            args.extend(["--tls-max", "1.2"]);
        }
        radius_peer(self.lab, who.method, who.identity, &args)
    }

    fn pacs(&self) -> Option<String> {
        std::fs::read_to_string(&self.pac_file).ok()
    }

    fn forget_pacs(&self) {
        let _ = std::fs::remove_file(&self.pac_file);
    }

    /// Our server.
    fn radius_server(&self, pac_key: &str, more: &[&str]) -> Process {
        let Certificate { certificate, key, .. } = &self.server;
        #[rustfmt::skip]
        let args = [
            "--cert", certificate, "--key", key, "--ca", &self.ca, "--pac-key", pac_key,
            "--a-id", AUTHORITY, "--a-id-info", "test", "--tls-max", "1.2",
        ];
        let methods = "fast/mschapv2,fast/gtc,fast/tls";
        radius_server(self.lab, methods, &[&args, more].concat())
    }

    /// The reference peer as alice; without certificates, it takes PACs from anybody.
    fn eapol_test(&self, inner: &str, password: &str, trust: Trust, phase1: &str) -> Process {
        let (ca, pac_file) = (&self.ca, &self.pac_file);
        let Certificate { certificate, key, .. } = &self.client;
        let ca_line = match trust {
            Trust::Certificates => format!("  ca_cert=\"{ca}\"\n"),
            Trust::Pacs => String::new(),
        };
        let network = format!(
            "  eap=FAST\n  anonymous_identity=\"anonymous\"\n  password=\"{password}\"\n{ca_line}  \
             phase1=\"{phase1}\"\n  phase2=\"auth={inner}\"\n  pac_file=\"{pac_file}\"\n  \
             ca_cert2=\"{ca}\"\n  client_cert2=\"{certificate}\"\n  private_key2=\"{key}\""
        );
        eapol_test(self.lab, &network, SECRET, &[])
    }
}

/// How hostapd issues PACs.
struct Hostapd {
    key: &'static str,
    provisioning: u8,
    lifetime: u32,
    refresh: u32,
}

impl Default for Hostapd {
    fn default() -> Self {
        Self { key: PAC_KEYS[0], provisioning: 3, lifetime: 7 * DAY, refresh: DAY }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Certificates,
    Pacs,
}

struct Who {
    identity: &'static str,
    method: &'static str,
    inner: &'static str,
}

const ALICE: Who = Who { identity: "alice", method: "fast/mschapv2", inner: "EAP-MSCHAPv2" };
const BOB: Who = Who { identity: "bob", method: "fast/gtc", inner: "GTC" };
const CAROL: Who = Who { identity: "carol", method: "fast/tls", inner: "EAP-TLS" };

/// How a login went that has succeeded, with the server's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct How {
    by_pac: bool,
    new_pac: bool,
}

const PROVISIONING: How = How { by_pac: false, new_pac: true };
const BY_PAC: How = How { by_pac: true, new_pac: false };
const RENEWED: How = How { by_pac: true, new_pac: true };
const WITHOUT_PAC: How = How { by_pac: false, new_pac: false };

#[track_caller]
fn assert_logged_in(lines: &[String], who: &Who, how: How) {
    let [report, last] = lines else { panic!("{lines:?}") };
    assert_eq!(last, "SUCCESS");
    let resumed = if how.by_pac { ", resumed" } else { "" };
    let start = format!("{} logged in by EAP-FAST with {}{resumed}: ", who.identity, who.inner);
    assert!(report.starts_with(&start), "{report}");
    let stored = if how.new_pac { ", a new PAC is stored" } else { "" };
    assert!(report.ends_with(&format!("keys: equal on both ends{stored}")), "{report}");
}

#[track_caller]
fn assert_failed(lines: &[String], start: &str) {
    let [last] = lines else { panic!("{lines:?}") };
    assert!(last.starts_with(&format!("FAILURE: {start}")), "{last}");
}

#[test]
fn radius_peer_gets_a_pac_from_hostapd_and_logs_in_by_it() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let mut server = bench.hostapd(Hostapd::default());
    for who in [ALICE, BOB, CAROL] {
        bench.forget_pacs();
        let trust = Trust::Certificates;
        let lines = bench.log_in(&who, "secret", trust, "authenticated");
        assert_logged_in(&lines, &who, PROVISIONING);
        server.expect("PAC-Acknowledgement received - PAC provisioning succeeded");
        let pacs = bench.pacs().unwrap();
        assert!(pacs.contains(&format!("A-ID={AUTHORITY}\n")), "{pacs}");
        // EAP-TLS inside needs to know the server in any case.
        let trust = if who.method == "fast/tls" { trust } else { Trust::Pacs };
        for provisioning in ["none", "none"] {
            let lines = bench.log_in(&who, "secret", trust, provisioning);
            assert_logged_in(&lines, &who, BY_PAC);
            server.expect("PAC-Key from decrypted PAC-Opaque");
        }
        assert_eq!(bench.pacs().unwrap(), pacs);
    }
}

#[test]
fn radius_peer_gets_a_pac_from_hostapd_without_a_certificate() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let mut server = bench.hostapd(Hostapd::default());
    let lines = bench.log_in(&ALICE, "wrong", Trust::Pacs, "anonymous");
    assert_failed(&lines, "wrong name or password");
    assert_eq!(bench.pacs(), None);
    let lines = bench.log_in(&ALICE, "secret", Trust::Pacs, "anonymous");
    assert_eq!(lines, [PROVISIONED]);
    server.expect("EAP-FAST: Anonymous provisioning");
    server.expect("PAC-Acknowledgement received - PAC provisioning succeeded");
    for provisioning in ["anonymous", "none"] {
        let lines = bench.log_in(&ALICE, "secret", Trust::Pacs, provisioning);
        assert_logged_in(&lines, &ALICE, BY_PAC);
    }
    // Where both are allowed, a certificate is better.
    bench.forget_pacs();
    let lines = bench.log_in(&ALICE, "secret", Trust::Certificates, "both");
    assert_logged_in(&lines, &ALICE, PROVISIONING);
}

#[test]
fn radius_peer_with_a_wrong_password_is_refused_by_hostapd() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let _server = bench.hostapd(Hostapd::default());
    for (who, said) in [(ALICE, "wrong name or password (\"FAILED\")"), (BOB, REJECTED)] {
        bench.forget_pacs();
        let log_in = |password| bench.log_in(&who, password, Trust::Certificates, "authenticated");
        assert_failed(&log_in("wrong"), said);
        assert_eq!(bench.pacs(), None);
        assert_logged_in(&log_in("secret"), &who, PROVISIONING);
        assert_failed(&log_in("wrong"), said);
        assert_logged_in(&log_in("secret"), &who, BY_PAC);
    }
}

#[test]
fn radius_peer_has_its_pac_renewed_by_hostapd() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let mut server = bench.hostapd(Hostapd { refresh: 8 * DAY, ..Hostapd::default() });
    let log_in = |trust| bench.log_in(&ALICE, "secret", trust, "authenticated");
    assert_logged_in(&log_in(Trust::Certificates), &ALICE, PROVISIONING);
    for _ in 0..2 {
        let pacs = bench.pacs();
        assert_logged_in(&log_in(Trust::Certificates), &ALICE, RENEWED);
        server.expect("Server triggered re-keying of Tunnel PAC");
        assert_ne!(bench.pacs(), pacs);
    }
}

/// One that is too old is not shown. One that the server cannot read is, and then a certificate
/// decides, if it may.
#[test]
fn radius_peer_falls_back_to_the_certificate_of_hostapd() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let log_in = |trust, provisioning: &str| bench.log_in(&ALICE, "secret", trust, provisioning);
    let server = bench.hostapd(Hostapd { lifetime: 2, refresh: 0, ..Hostapd::default() });
    assert_logged_in(&log_in(Trust::Certificates, "authenticated"), &ALICE, PROVISIONING);
    let old = bench.pacs();
    thread::sleep(Duration::from_secs(3));
    let lines = log_in(Trust::Pacs, "none");
    assert_failed(&lines, "");
    assert_eq!(bench.pacs(), old);
    assert_logged_in(&log_in(Trust::Certificates, "none"), &ALICE, WITHOUT_PAC);
    assert_logged_in(&log_in(Trust::Certificates, "authenticated"), &ALICE, PROVISIONING);
    assert_ne!(bench.pacs(), old);
    drop(server);

    bench.forget_pacs();
    let server = bench.hostapd(Hostapd::default());
    assert_logged_in(&log_in(Trust::Certificates, "authenticated"), &ALICE, PROVISIONING);
    let foreign = bench.pacs();
    drop(server);
    let mut server = bench.hostapd(Hostapd { key: PAC_KEYS[1], ..Hostapd::default() });
    let lines = log_in(Trust::Pacs, "none");
    assert_failed(&lines, "");
    server.expect("Failed to decrypt PAC-Opaque");
    assert_eq!(bench.pacs(), foreign);
    assert_logged_in(&log_in(Trust::Certificates, "none"), &ALICE, WITHOUT_PAC);
    assert_eq!(bench.pacs(), foreign);
    assert_logged_in(&log_in(Trust::Certificates, "authenticated"), &ALICE, PROVISIONING);
    assert_logged_in(&log_in(Trust::Pacs, "none"), &ALICE, BY_PAC);
}

/// hostapd refuses who wants a PAC that it does not issue.
#[test]
fn radius_peer_asks_hostapd_for_nothing_that_it_is_not_to_take() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let mut server = bench.hostapd(Hostapd { provisioning: 0, ..Hostapd::default() });
    for who in [ALICE, BOB] {
        let lines = bench.log_in(&who, "secret", Trust::Certificates, "none");
        assert_logged_in(&lines, &who, WITHOUT_PAC);
    }
    let lines = bench.log_in(&ALICE, "secret", Trust::Certificates, "authenticated");
    assert_failed(&lines, "");
    server.expect("Client is trying to use authenticated provisioning which is disabled");
    let lines = bench.log_in(&ALICE, "secret", Trust::Pacs, "anonymous");
    assert_failed(&lines, "");
    assert_eq!(bench.pacs(), None);
}

/// What is inside, in our words and in those of wpa_supplicant.
const INNER: [(&str, &str); 3] = [("EAP-MSCHAPv2", "MSCHAPV2"), ("GTC", "GTC"), ("EAP-TLS", "TLS")];

#[test]
fn eapol_test_gets_a_pac_from_radius_server_and_logs_in_by_it() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let key = lab.path("pac.key");
    let mut server = bench.radius_server(&key, &[]);
    for (shown, inner) in INNER {
        for format in ["", " fast_pac_format=binary"] {
            bench.forget_pacs();
            let phase1 = format!("fast_provisioning=2{format}");
            let log_in = |password| bench.eapol_test(inner, password, Trust::Certificates, &phase1);
            if inner != "TLS" {
                assert_verdict(log_in("wrong"), "FAILURE");
                server.expect("reject anonymous: wrong password or token");
                assert!(!std::fs::exists(&bench.pac_file).unwrap());
            }
            let mut peer = log_in("secret");
            peer.expect("Send PAC-Acknowledgement TLV - Provisioning completed successfully");
            // Without -n the keys have to match.
            assert_verdict(peer, "SUCCESS");
            assert_eq!(server.expect("a"), format!("accept alice (EAP-FAST with {shown})"));
            let pacs = std::fs::read(&bench.pac_file).unwrap();
            for _ in 0..2 {
                assert_verdict(log_in("secret"), "SUCCESS");
                let accepted = format!("accept alice (EAP-FAST with {shown}, resumed)");
                assert_eq!(server.expect("a"), accepted);
            }
            assert_eq!(std::fs::read(&bench.pac_file).unwrap(), pacs);
            if inner != "TLS" {
                assert_verdict(log_in("wrong"), "FAILURE");
                server.expect("reject anonymous: wrong password or token");
            }
        }
    }
}

#[test]
fn eapol_test_gets_a_pac_from_radius_server_without_a_certificate() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let key = lab.path("pac.key");
    let mut server = bench.radius_server(&key, &["--provisioning", "both"]);
    let log_in =
        |password| bench.eapol_test("MSCHAPV2", password, Trust::Pacs, "fast_provisioning=1");
    assert_verdict(log_in("wrong"), "FAILURE");
    server.expect("reject anonymous: wrong password or token");
    assert_eq!(bench.pacs(), None);
    let mut peer = log_in("secret");
    peer.expect("Send PAC-Acknowledgement TLV - Provisioning completed successfully");
    assert_verdict(peer, "FAILURE");
    server.expect("reject anonymous: a PAC was provisioned");
    for phase1 in ["fast_provisioning=1", "fast_provisioning=0"] {
        let peer = bench.eapol_test("MSCHAPV2", "secret", Trust::Pacs, phase1);
        assert_verdict(peer, "SUCCESS");
        assert_eq!(server.expect("a"), "accept alice (EAP-FAST with EAP-MSCHAPv2, resumed)");
    }
}

#[test]
fn eapol_test_gets_no_pac_from_a_radius_server_that_gives_none() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let key = lab.path("pac.key");
    let mut server = bench.radius_server(&key, &["--provisioning", "none"]);
    let log_in = |trust, phase1| bench.eapol_test("MSCHAPV2", "secret", trust, phase1);
    assert_verdict(log_in(Trust::Certificates, "fast_provisioning=2"), "SUCCESS");
    assert_eq!(server.expect("a"), "accept alice (EAP-FAST with EAP-MSCHAPv2)");
    // It answers no alert: the server hears nothing more.
    let mut peer = log_in(Trust::Pacs, "fast_provisioning=1");
    peer.expect("SSL3 alert: read (remote end reported an error):fatal:handshake failure");
    assert_verdict(peer, "FAILURE");
    assert_eq!(bench.pacs(), None);
}

#[test]
fn eapol_test_has_its_pac_renewed_by_radius_server() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let key = lab.path("pac.key");
    let mut server = bench.radius_server(&key, &["--pac-refresh", "604800"]);
    let log_in = || bench.eapol_test("GTC", "secret", Trust::Certificates, "fast_provisioning=2");
    assert_verdict(log_in(), "SUCCESS");
    assert_eq!(server.expect("a"), "accept alice (EAP-FAST with GTC)");
    for _ in 0..2 {
        let pacs = bench.pacs();
        let mut peer = log_in();
        peer.expect("Send PAC-Acknowledgement TLV - PAC refreshing completed successfully");
        assert_verdict(peer, "SUCCESS");
        assert_eq!(server.expect("a"), "accept alice (EAP-FAST with GTC, resumed)");
        assert_ne!(bench.pacs(), pacs);
    }
}

/// wpa_supplicant shows PACs that have run out, too.
#[test]
fn eapol_test_falls_back_to_the_certificate_of_radius_server() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let keys = [lab.path("pac.key"), lab.path("another.key")];
    let log_in = |phase1| bench.eapol_test("MSCHAPV2", "secret", Trust::Certificates, phase1);
    let accepted = "accept alice (EAP-FAST with EAP-MSCHAPv2)";
    let lifetime = ["--pac-lifetime", "2", "--pac-refresh", "0"];
    let mut server = bench.radius_server(&keys[0], &lifetime);
    assert_verdict(log_in("fast_provisioning=2"), "SUCCESS");
    assert_eq!(server.expect("a"), accepted);
    let old = bench.pacs();
    thread::sleep(Duration::from_secs(3));
    let mut peer = log_in("fast_provisioning=2");
    // That it has gone by certificate, it does not notice.
    peer.expect("Send PAC-Acknowledgement TLV - PAC refreshing completed successfully");
    assert_verdict(peer, "SUCCESS");
    assert_eq!(server.expect("a"), accepted);
    assert_ne!(bench.pacs(), old);
    drop(server);

    bench.forget_pacs();
    let mut server = bench.radius_server(&keys[0], &[]);
    assert_verdict(log_in("fast_provisioning=2"), "SUCCESS");
    assert_eq!(server.expect("a"), accepted);
    let foreign = bench.pacs();
    drop(server);
    let mut server = bench.radius_server(&keys[1], &[]);
    assert_verdict(log_in("fast_provisioning=2"), "SUCCESS");
    assert_eq!(server.expect("a"), accepted);
    assert_ne!(bench.pacs(), foreign);
    assert_verdict(log_in("fast_provisioning=0"), "SUCCESS");
    assert_eq!(server.expect("a"), "accept alice (EAP-FAST with EAP-MSCHAPv2, resumed)");
}

/// Ours at ours, with the PACs of both formats of wpa_supplicant's.
#[test]
fn radius_peer_uses_the_pacs_that_eapol_test_was_given() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let key = lab.path("pac.key");
    let mut server = bench.radius_server(&key, &[]);
    for format in ["", " fast_pac_format=binary"] {
        bench.forget_pacs();
        let phase1 = format!("fast_provisioning=2{format}");
        let peer = bench.eapol_test("MSCHAPV2", "secret", Trust::Certificates, &phase1);
        assert_verdict(peer, "SUCCESS");
        assert_eq!(server.expect("a"), "accept alice (EAP-FAST with EAP-MSCHAPv2)");
        let lines = bench.log_in(&ALICE, "secret", Trust::Pacs, "none");
        assert_logged_in(&lines, &ALICE, BY_PAC);
        assert_eq!(server.expect("a"), "accept alice (EAP-FAST with EAP-MSCHAPv2, resumed)");
    }
}

fn freeradius_fast(bench: &Bench<'_>) -> Process {
    let Certificate { certificate, key, .. } = &bench.server;
    let ca = &bench.ca;
    let eap = format!(
        r#"
        default_eap_type = fast
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            cipher_list = "ALL:!EXPORT:!eNULL:!SSLv2:@SECLEVEL=0"
            tls_min_version = "1.0"
            tls_max_version = "1.2"
        }}
        mschapv2 {{
        }}
        fast {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = "default"
            pac_lifetime = 604800
            authority_identity = "1234"
            pac_opaque_key = "0123456789abcdef0123456789ABCDEF"
        }}
"#
    );
    freeradius(bench.lab, &eap)
}

/// FreeRADIUS 3.2.1 begins its HMAC anew in a way that OpenSSL 3 no longer allows (3.2.9 does not):
/// it binds by wrong keys, and in an anonymous tunnel it has other challenges than its peer.
#[test]
fn radius_peer_finds_the_keys_of_freeradius_wrong() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let mut server = freeradius_fast(&bench);
    for provisioning in ["none", "authenticated"] {
        let lines = bench.log_in(&ALICE, "secret", Trust::Certificates, provisioning);
        assert_failed(&lines, "EAP-FAST failed: the crypto-binding is wrong");
        assert_eq!(bench.pacs(), None);
    }
    let lines = bench.log_in(&ALICE, "secret", Trust::Pacs, "anonymous");
    assert_failed(&lines, REJECTED);
    server.expect("MS-CHAP2-Response is incorrect");
}
