//! Certificates of peers in PEAP and EAP-TTLS, besides what they show inside the tunnel: optional,
//! required, or nobody's business; our peer at FreeRADIUS, at hostapd and at our server, and
//! `eapol_test` at our server.

use eap_tests::certs::for_client;

use crate::certificates::{Authority, Certificate, hostapd_tls};
use crate::lab::{Lab, Process};
use crate::radius::{
    SECRET, assert_verdict, eapol_test, freeradius, hostapd, radius_peer, radius_server,
};

/// Our name, how both tools call it in their reports, and wpa_supplicant's words for it.
const TUNNELS: [(&str, &str, &str); 2] = [
    ("peap/mschapv2", "PEAP with EAP-MSCHAPv2", "  eap=PEAP\n  phase2=\"auth=MSCHAPV2\"\n"),
    ("ttls/pap", "EAP-TTLS with PAP", "  eap=TTLS\n  phase2=\"auth=PAP\"\n"),
];

const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// What a peer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Own,
    Nothing,
    OfAnotherCa,
    OfAnotherName,
}

const ALL: [Shown; 4] = [Shown::Own, Shown::Nothing, Shown::OfAnotherCa, Shown::OfAnotherName];

/// Two CAs, of which servers trust the first.
struct Bench<'a> {
    lab: &'a Lab,
    ca: Authority<'a>,
    server: Certificate,
    client: Certificate,
    foreign: Certificate,
    misnamed: Certificate,
}

impl<'a> Bench<'a> {
    fn new(lab: &'a Lab) -> Self {
        let (ca, other) = (Authority::new(lab, "Test CA"), Authority::new(lab, "Other CA"));
        let mallory = ca.ca.issue(|params| for_client(params, "mallory"));
        Self {
            lab,
            server: ca.server(),
            client: ca.client(),
            foreign: other.client(),
            misnamed: Certificate::new(lab, "mallory", &mallory),
            ca,
        }
    }

    fn certificate(&self, shown: Shown) -> Option<&Certificate> {
        match shown {
            Shown::Own => Some(&self.client),
            Shown::Nothing => None,
            Shown::OfAnotherCa => Some(&self.foreign),
            Shown::OfAnotherName => Some(&self.misnamed),
        }
    }

    /// Our peer as alice; the lines that it prints.
    #[track_caller]
    fn radius_peer(&self, method: &str, version: &str, shown: Shown) -> Vec<String> {
        #[rustfmt::skip]
        let mut args = vec![
            "--password", "secret", "--anonymous-identity", "@example.org", "--ca", &self.ca.path,
            "--server-name", "radius.example.org", "--tls-min", version, "--tls-max", version,
        ];
        if let Some(Certificate { certificate, key, .. }) = self.certificate(shown) {
            args.extend(["--cert", certificate, "--key", key]);
        }
        radius_peer(self.lab, method, "alice", &args)
    }

    /// The reference peer as alice.
    fn eapol_test(&self, method: &str, version: &str, shown: Shown) -> Process {
        let (ca, disabled) = (&self.ca.path, u8::from(version == "1.2"));
        let own = self.certificate(shown).map(|Certificate { certificate, key, .. }| {
            format!("  client_cert=\"{certificate}\"\n  private_key=\"{key}\"\n")
        });
        let network = format!(
            "{method}  anonymous_identity=\"@example.org\"\n  password=\"secret\"\n  \
             ca_cert=\"{ca}\"\n  phase1=\"tls_disable_tlsv1_3={disabled}\"\n{}",
            own.unwrap_or_default()
        );
        eapol_test(self.lab, &network, SECRET, &[])
    }

    /// Our server, which asks for certificates like this.
    fn radius_server(&self, whether: &str) -> Process {
        let Certificate { certificate, key, .. } = &self.server;
        #[rustfmt::skip]
        let args = [
            "--cert", certificate, "--key", key, "--ca", &self.ca.path,
            "--client-certificates", whether, "--client-name", "alice",
        ];
        radius_server(self.lab, &TUNNELS.map(|(method, ..)| method).join(","), &args)
    }

    fn freeradius(&self, required: bool) -> Process {
        let Certificate { certificate, key, .. } = &self.server;
        let (ca, required) = (&self.ca.path, if required { "yes" } else { "no" });
        let tunnel = |name| {
            format!(
                "{name} {{\ntls = common\nrequire_client_cert = {required}\n\
                 default_eap_type = mschapv2\nvirtual_server = default\n}}\n"
            )
        };
        let eap = format!(
            "default_eap_type = peap\ntls-config common {{\ncertificate_file = \"{certificate}\"\n\
             private_key_file = \"{key}\"\nca_file = \"{ca}\"\ntls_min_version = \"1.2\"\n\
             tls_max_version = \"1.3\"\n}}\nmschapv2 {{\n}}\n{}{}",
            tunnel("peap"),
            tunnel("ttls"),
        );
        freeradius(self.lab, &eap)
    }
}

#[track_caller]
fn assert_logged_in(lines: &[String], inner: &str) {
    let [report, last] = lines else { panic!("{lines:?}") };
    assert_eq!(last, "SUCCESS");
    assert!(report.starts_with(&format!("alice logged in by {inner}: ")), "{report}");
    assert!(report.ends_with("keys: equal on both ends"), "{report}");
}

/// What our server says of a certificate that it does not accept, and the alert that it sends.
fn refusal(shown: Shown, required: bool) -> Option<(&'static str, &'static str)> {
    match shown {
        Shown::Nothing if required => {
            Some(("no certificate was presented", "certificate required"))
        }
        Shown::Own | Shown::Nothing => None,
        Shown::OfAnotherCa => Some(("issued by an untrusted CA: CN=Other CA", "unknown CA")),
        Shown::OfAnotherName => {
            Some(("the certificate is for mallory, expected alice", "bad certificate"))
        }
    }
}

/// Every login at our server.
fn at_radius_server(log_in: impl Fn(&Bench<'_>, Login<'_>) -> Ends) {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    for required in [false, true] {
        let mut server = bench.radius_server(if required { "required" } else { "optional" });
        for (flag, name, network) in TUNNELS {
            for version in VERSIONS {
                for shown in ALL {
                    let refusal = refusal(shown, required);
                    let login = Login { flag, name, network, version, shown, refusal };
                    if log_in(&bench, login) == Ends::Silently {
                        continue;
                    }
                    server.expect(&match refusal {
                        Some((why, _)) => format!("reject @example.org: {why}"),
                        None => format!("accept alice ({name})"),
                    });
                }
            }
        }
    }
}

/// Whether the peer answers the alert, so that the server can end as well.
#[derive(PartialEq, Eq)]
enum Ends {
    WithTheServer,
    Silently,
}

struct Login<'a> {
    flag: &'a str,
    name: &'a str,
    network: &'a str,
    version: &'a str,
    shown: Shown,
    refusal: Option<(&'a str, &'a str)>,
}

#[test]
fn radius_server_accepts_and_refuses_the_certificates_of_radius_peer() {
    at_radius_server(|bench, Login { flag, name, version, shown, refusal, .. }| {
        let lines = bench.radius_peer(flag, version, shown);
        match refusal {
            None => assert_logged_in(&lines, name),
            Some((_, alert)) => {
                assert_eq!(lines, [format!("FAILURE: refused by the other side: {alert}")]);
            }
        }
        Ends::WithTheServer
    });
}

#[test]
fn radius_server_accepts_and_refuses_the_certificates_of_eapol_test() {
    at_radius_server(|bench, Login { network, version, shown, refusal, .. }| {
        let mut eapol_test = bench.eapol_test(network, version, shown);
        let Some((_, alert)) = refusal else {
            assert_verdict(eapol_test, "SUCCESS");
            return Ends::WithTheServer;
        };
        // OpenSSL has no name for 116, certificate_required.
        let alert = if shown == Shown::Nothing { "unknown" } else { alert };
        eapol_test.expect(&format!("read (remote end reported an error):fatal:{alert}"));
        assert_verdict(eapol_test, "FAILURE");
        // Its handshake is over only in TLS 1.3, and in phase 2 of PEAP it answers.
        if (network.contains("PEAP"), version) == (true, "1.3") {
            Ends::WithTheServer
        } else {
            Ends::Silently
        }
    });
}

/// FreeRADIUS looks at certificates only if it requires them, and ends with EAP-Failure in the place
/// of the alert.
#[test]
fn freeradius_accepts_and_refuses_the_certificates_of_radius_peer() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    for required in [false, true] {
        let mut server = bench.freeradius(required);
        for (method, name, _) in TUNNELS {
            for version in VERSIONS {
                for (shown, fault) in [
                    (Shown::Own, None),
                    (Shown::Nothing, Some("peer did not return a certificate")),
                    (Shown::OfAnotherCa, Some("error 20 : unable to get local issuer certificate")),
                ] {
                    server.skip();
                    let lines = bench.radius_peer(method, version, shown);
                    match fault.filter(|_| required) {
                        None => assert_logged_in(&lines, name),
                        Some(fault) => {
                            server.expect(fault);
                            server.expect("Sent Access-Reject");
                            let why = "FAILURE: the network refused the login: certificate missing";
                            assert!(lines[0].starts_with(why), "{lines:?}");
                        }
                    }
                }
            }
        }
    }
}

/// hostapd 2.10 asks for no certificate in a tunnel: having one does no harm.
#[test]
fn radius_peer_keeps_its_certificate_from_hostapd() {
    let lab = Lab::new();
    let bench = Bench::new(&lab);
    let users = "* PEAP,TTLS\n\"alice\" MSCHAPV2,TTLS-PAP \"secret\" [2]\n";
    let _server = hostapd(&lab, users, &hostapd_tls(&bench.server, &bench.ca.path, true));
    for (method, name, _) in TUNNELS {
        // With TLS 1.3, hostapd computes the crypto-binding of PEAP wrongly.
        let versions = if method == "ttls/pap" { &VERSIONS[..] } else { &["1.2"] };
        for version in versions {
            assert_logged_in(&bench.radius_peer(method, version, Shown::OfAnotherCa), name);
        }
    }
}
