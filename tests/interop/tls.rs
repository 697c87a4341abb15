//! EAP-TLS in RADIUS, TLS 1.2 and 1.3: our peer at FreeRADIUS and at hostapd, `eapol_test` at our
//! server.

use crate::certificates::{Authority, Certificate, hostapd_tls};
use crate::lab::{Lab, Process};
use crate::radius::{
    SECRET, assert_verdict, eapol_test, freeradius, hostapd, radius_peer, radius_server,
};

const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// Octets of TLS in one packet: a flight of these certificates fits one, or needs many.
const LARGE: u16 = 1300;
const SMALL: u16 = 200;

/// Starts a server that accepts the CA's clients, with fragments of this size.
type Start = fn(&Lab, &Certificate, &Authority<'_>, u16) -> Process;

fn freeradius_tls(
    lab: &Lab,
    server: &Certificate,
    clients: &Authority<'_>,
    fragment_size: u16,
) -> Process {
    let Certificate { certificate, key, .. } = server;
    let ca = &clients.path;
    let eap = format!(
        r#"
        default_eap_type = tls
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            tls_min_version = "1.2"
            tls_max_version = "1.3"
            fragment_size = {fragment_size}
        }}
        tls {{
            tls = common
        }}
"#
    );
    freeradius(lab, &eap)
}

fn hostapd_with_tls(
    lab: &Lab,
    server: &Certificate,
    clients: &Authority<'_>,
    fragment_size: u16,
) -> Process {
    let more = format!("{}fragment_size={fragment_size}\n", hostapd_tls(server, clients, true));
    hostapd(lab, "* TLS\n", &more)
}

/// Our peer as alice, with one version only; the lines that it prints.
#[track_caller]
fn log_in(
    lab: &Lab,
    ca: &Authority<'_>,
    client: &Certificate,
    version: &str,
    fragment_size: u16,
) -> Vec<String> {
    let fragment_size = fragment_size.to_string();
    #[rustfmt::skip]
    let args = [
        "--ca", &ca.path, "--cert", &client.certificate, "--key", &client.key,
        "--server-name", "radius.example.org", "--fragment-size", &fragment_size,
        "--tls-min", version, "--tls-max", version,
    ];
    radius_peer(lab, "tls", "alice", &args)
}

/// The number of round trips of a login that has succeeded with the server's keys.
#[track_caller]
fn round_trips(lines: &[String]) -> u32 {
    let [report, last] = lines else { panic!("{lines:?}") };
    assert_eq!(last, "SUCCESS");
    assert!(report.ends_with("keys: equal on both ends"), "{report}");
    let report = report.strip_prefix("alice logged in by EAP-TLS: ").unwrap();
    report.split(' ').next().unwrap().parse().unwrap()
}

fn logs_in_whatever_the_fragment_size(start: Start) {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let (server, client) = (ca.server(), ca.client());
    let log_in_with = |fragment_size| {
        let _server = start(&lab, &server, &ca, fragment_size);
        VERSIONS.map(|version| round_trips(&log_in(&lab, &ca, &client, version, fragment_size)))
    };
    let (few, many) = (log_in_with(LARGE), log_in_with(SMALL));
    for (few, many) in few.into_iter().zip(many) {
        // Each direction has more than 600 octets.
        assert!(many >= few + 6, "{few} round trips, {many} with small fragments");
    }
}

#[test]
fn radius_peer_logs_in_at_freeradius() {
    logs_in_whatever_the_fragment_size(freeradius_tls);
}

#[test]
fn radius_peer_logs_in_at_hostapd() {
    logs_in_whatever_the_fragment_size(hostapd_with_tls);
}

fn refuses_a_server_of_another_ca(start: Start) {
    let lab = Lab::new();
    let (ca, other) = (Authority::new(&lab, "Test CA"), Authority::new(&lab, "Other CA"));
    let _server = start(&lab, &other.server(), &ca, LARGE);
    for version in VERSIONS {
        let lines = log_in(&lab, &ca, &ca.client(), version, LARGE);
        assert_eq!(lines, ["FAILURE: issued by an untrusted CA: CN=Other CA"], "{version}");
    }
}

#[test]
fn radius_peer_refuses_freeradius_with_a_certificate_of_another_ca() {
    refuses_a_server_of_another_ca(freeradius_tls);
}

#[test]
fn radius_peer_refuses_hostapd_with_a_certificate_of_another_ca() {
    refuses_a_server_of_another_ca(hostapd_with_tls);
}

fn client_of_another_ca_is_refused(start: Start) {
    let lab = Lab::new();
    let (ca, other) = (Authority::new(&lab, "Test CA"), Authority::new(&lab, "Other CA"));
    let mut server = start(&lab, &ca.server(), &ca, LARGE);
    for version in VERSIONS {
        let lines = log_in(&lab, &ca, &other.client(), version, LARGE);
        // Neither server sends its alert: EAP-Failure is all there is.
        let reason = "the network refused the login: certificate not accepted, or not allowed";
        assert_eq!(lines, [format!("FAILURE: {reason} (EAP-TLS)")], "{version}");
        server.expect("unable to get local issuer certificate");
    }
}

#[test]
fn client_of_another_ca_is_refused_by_freeradius() {
    client_of_another_ca_is_refused(freeradius_tls);
}

#[test]
fn client_of_another_ca_is_refused_by_hostapd() {
    client_of_another_ca_is_refused(hostapd_with_tls);
}

/// Our server, with one version only.
fn tls_server(
    lab: &Lab,
    server: &Certificate,
    clients: &Authority<'_>,
    version: &str,
    fragment_size: u16,
) -> Process {
    let fragment_size = fragment_size.to_string();
    #[rustfmt::skip]
    let args = [
        "--cert", &server.certificate, "--key", &server.key, "--ca", &clients.path,
        "--tls-min", version, "--tls-max", version, "--fragment-size", &fragment_size,
    ];
    radius_server(lab, "tls", &args)
}

fn eapol_test_tls(
    lab: &Lab,
    ca: &Authority<'_>,
    client: &Certificate,
    version: &str,
    fragment_size: u16,
) -> Process {
    let Certificate { certificate, key, .. } = client;
    let ca = &ca.path;
    let disabled = u8::from(version == "1.2");
    let network = format!(
        "  eap=TLS\n  ca_cert=\"{ca}\"\n  client_cert=\"{certificate}\"\n  private_key=\"{key}\"\n  \
         phase1=\"tls_disable_tlsv1_3={disabled}\"\n  fragment_size={fragment_size}"
    );
    eapol_test(lab, &network, SECRET, &[])
}

#[test]
fn eapol_test_logs_in_at_radius_server() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let (server, client) = (ca.server(), ca.client());
    for version in VERSIONS {
        for fragment_size in [LARGE, SMALL] {
            let mut server = tls_server(&lab, &server, &ca, version, fragment_size);
            let eapol_test = eapol_test_tls(&lab, &ca, &client, version, fragment_size);
            // Without -n the keys have to match.
            assert_verdict(eapol_test, "SUCCESS");
            assert_eq!(server.expect("a"), "accept alice (EAP-TLS)", "{version}");
        }
    }
}

#[test]
fn eapol_test_with_a_certificate_of_another_ca_is_refused() {
    let lab = Lab::new();
    let (ca, other) = (Authority::new(&lab, "Test CA"), Authority::new(&lab, "Other CA"));
    for version in VERSIONS {
        let mut server = tls_server(&lab, &ca.server(), &ca, version, LARGE);
        let mut eapol_test = eapol_test_tls(&lab, &ca, &other.client(), version, LARGE);
        // OpenSSL's words for the alert that tells it why.
        eapol_test.expect("unknown CA");
        assert_verdict(eapol_test, "FAILURE");
        let reason = "issued by an untrusted CA: CN=Other CA";
        assert_eq!(server.expect("e"), format!("reject alice: {reason}"), "{version}");
    }
}

#[test]
fn eapol_test_refuses_radius_server_with_a_certificate_of_another_ca() {
    let lab = Lab::new();
    let (ca, other) = (Authority::new(&lab, "Test CA"), Authority::new(&lab, "Other CA"));
    for version in VERSIONS {
        let mut server = tls_server(&lab, &other.server(), &ca, version, LARGE);
        assert_verdict(eapol_test_tls(&lab, &ca, &ca.client(), version, LARGE), "FAILURE");
        let reason = "refused by the other side: unknown CA";
        assert_eq!(server.expect("e"), format!("reject alice: {reason}"), "{version}");
    }
}
