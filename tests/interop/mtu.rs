//! `eapol_test` says Framed-MTU 1400: no EAP packet of our server may be longer, with its EAPOL
//! header (RFC 3579 §2.4).

use eap_tests::certs::Ca;
use rcgen::SanType;

use crate::lab::Lab;
use crate::radius::{SECRET, assert_verdict, eapol_test, radius_server};

#[test]
fn radius_server_heeds_the_mtu_that_eapol_test_gives() {
    let lab = Lab::new();
    let ca = Ca::new("Test CA");
    // Far longer than a packet.
    let server = ca.issue(|params| {
        params.subject_alt_names = (0..200)
            .map(|n| SanType::DnsName(format!("radius-{n}.example.org").try_into().unwrap()))
            .collect();
    });
    let client = ca.client("alice");
    let file = |name, content: &str| lab.file(name, content);
    let ca = file("ca.pem", &ca.pem);
    let server = file("server.pem", &format!("{}{}", server.certificate, server.key));
    let certificate = file("certificate.pem", &client.certificate);
    let key = file("key.pem", &client.key);
    #[rustfmt::skip]
    let args = [
        "--cert", &server, "--key", &server, "--ca", &ca, "--fragment-size", "65000",
    ];
    let mut server = radius_server(&lab, "tls", &args);
    let network = format!(
        "  eap=TLS\n  ca_cert=\"{ca}\"\n  client_cert=\"{certificate}\"\n  private_key=\"{key}\""
    );
    let mut eapol_test = eapol_test(&lab, &network, SECRET, &[]);
    eapol_test.wait();
    let longest = eapol_test.lines().iter().filter_map(|line| eap_len(line)).max();
    assert_eq!(longest, Some(1396));
    assert_verdict(eapol_test, "SUCCESS");
    assert_eq!(server.expect("a"), "accept alice (EAP-TLS)");
}

/// The length in `decapsulated EAP packet (code=1 id=2 len=6) from RADIUS server`.
fn eap_len(line: &str) -> Option<usize> {
    let (_, fields) = line.split_once("decapsulated EAP packet (")?;
    let (_, len) = fields.split_once(" len=")?;
    len.split_once(')')?.0.parse().ok()
}
