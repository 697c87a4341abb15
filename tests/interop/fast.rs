//! EAP-FAST in RADIUS, what the matrix has not: who asks for PACs that nobody gives, or has the
//! choice, and the files that they are in.

use std::time::Duration;

use crate::certificates::{Authority, Certificate, hostapd_tls};
use crate::lab::{Lab, Process};
use crate::matrix::{Pacs, Provisioning, SERVER_NAME};
use crate::radius::{SECRET, assert_verdict, eapol_test, hostapd, radius_peer, radius_server};

const METHOD: &str = "EAP-FAST with EAP-MSCHAPv2";

const NO_PACS: &str =
    "the network refused, perhaps because it issues no PACs; it was not the password";

/// A server with a certificate that gives PACs so, and where its peer keeps them.
struct Bench<'a> {
    lab: &'a Lab,
    ca: Authority<'a>,
    server: Certificate,
    pacs: Pacs,
}

impl<'a> Bench<'a> {
    fn new(lab: &'a Lab, issued: Provisioning) -> Self {
        let ca = Authority::new(lab, "Test CA");
        let server = ca.rsa_server();
        Self { lab, ca, server, pacs: Pacs { issued, ..Pacs::default() } }
    }

    fn hostapd(&self) -> Process {
        let tls = hostapd_tls(&self.server, &self.ca.path, false);
        let users = "* FAST\n\"alice\" MSCHAPV2 \"secret\" [2]\n";
        hostapd(self.lab, users, &format!("{tls}{}", self.pacs.hostapd(self.lab)))
    }

    fn radius_server(&self) -> Process {
        let Certificate { certificate, key, .. } = &self.server;
        let pacs = self.pacs.radius_server(self.lab);
        let mut args = vec!["--cert", certificate, "--key", key];
        args.extend(pacs.iter().map(String::as_str));
        radius_server(self.lab, "fast/mschapv2", &args)
    }

    /// What our peer prints. If it takes PACs from anybody only, it trusts no certificate.
    #[track_caller]
    fn radius_peer(&self, taken: Provisioning) -> Vec<String> {
        let file = self.pacs.file(self.lab);
        #[rustfmt::skip]
        let mut args = vec![
            "--password", "secret", "--anonymous-identity", "anonymous", "--pac-file", &file,
            "--provisioning", taken.name(),
        ];
        if taken != Provisioning::Anonymous {
            args.extend(["--ca", &self.ca.path, "--server-name", SERVER_NAME]);
        }
        radius_peer(self.lab, "fast/mschapv2", "alice", &args)
    }

    /// The reference peer, likewise.
    fn eapol_test(&self, taken: Provisioning, phase1: &str) -> Process {
        let trust = match taken {
            Provisioning::Anonymous => String::new(),
            _ => format!("ca_cert=\"{}\"\n", self.ca.path),
        };
        let network = format!(
            "eap=FAST\nanonymous_identity=\"anonymous\"\npassword=\"secret\"\n{trust}\
             phase1=\"fast_provisioning={}{phase1}\"\nphase2=\"auth=MSCHAPV2\"\n\
             pac_file=\"{}\"",
            taken.number(),
            self.pacs.file(self.lab)
        );
        eapol_test(self.lab, &network, SECRET, &[])
    }

    fn has_pacs(&self) -> bool {
        std::fs::exists(self.pacs.file(self.lab)).unwrap()
    }
}

#[track_caller]
fn assert_failed(lines: &[String], why: &str) {
    let [last] = lines else { panic!("{lines:?}") };
    assert!(last.starts_with(&format!("FAILURE: {why}")), "{last}");
}

#[test]
fn hostapd_refuses_a_radius_peer_that_wants_what_it_does_not_give() {
    let lab = Lab::new();
    let bench = Bench::new(&lab, Provisioning::Off);
    let mut server = bench.hostapd();
    let lines = bench.radius_peer(Provisioning::Authenticated);
    assert_failed(&lines, NO_PACS);
    server.expect("Client is trying to use authenticated provisioning which is disabled");
    let lines = bench.radius_peer(Provisioning::Anonymous);
    assert_failed(&lines, NO_PACS);
    assert!(!bench.has_pacs());
}

#[test]
fn radius_server_refuses_an_eapol_test_that_wants_what_it_does_not_give() {
    let lab = Lab::new();
    let bench = Bench::new(&lab, Provisioning::Off);
    let mut server = bench.radius_server();
    // It answers no alert: the server hears nothing more, and gives it up for all that.
    let mut peer = bench.eapol_test(Provisioning::Anonymous, "");
    peer.expect("SSL3 alert: read (remote end reported an error):fatal:handshake failure");
    assert_verdict(peer, "FAILURE");
    assert!(!bench.has_pacs());
    let cause = "gave up anonymous: no common TLS version or cipher: ";
    server.expect_within(cause, Duration::from_secs(90));
}

#[test]
fn radius_peer_with_the_choice_gets_its_pac_from_hostapd_by_certificate() {
    let lab = Lab::new();
    let bench = Bench::new(&lab, Provisioning::Both);
    let mut server = bench.hostapd();
    let lines = bench.radius_peer(Provisioning::Both);
    server.expect("PAC-Acknowledgement received - PAC provisioning succeeded");
    assert!(lines[0].starts_with(&format!("alice logged in by {METHOD}: ")), "{lines:?}");
    assert!(lines[0].ends_with("keys: equal on both ends, a new PAC is stored"), "{lines:?}");
}

/// Text and binary.
#[test]
fn radius_peer_uses_the_pacs_that_eapol_test_was_given() {
    let lab = Lab::new();
    let bench = Bench::new(&lab, Provisioning::Both);
    let mut server = bench.radius_server();
    for format in ["", " fast_pac_format=binary"] {
        bench.pacs.forget(&lab);
        for by_pac in ["", ", resumed"] {
            // Without -n, its verdict is about the keys, too.
            assert_verdict(bench.eapol_test(Provisioning::Authenticated, format), "SUCCESS");
            assert_eq!(server.expect("a"), format!("accept alice ({METHOD}{by_pac})"));
        }
        let lines = bench.radius_peer(Provisioning::Off);
        assert!(lines[0].ends_with("keys: equal on both ends"), "{lines:?}");
        assert_eq!(server.expect("a"), format!("accept alice ({METHOD}, resumed)"));
    }
}
