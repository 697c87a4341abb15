//! Logins that succeed.

use eap_rs::MethodType;
use eap_rs::tls::TlsVersion;

use crate::Setup;
use crate::wire::assert_equal_keys;

#[test]
fn both_ends_agree_on_everything_with_each_version_and_fragment_size() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for fragment_size in [64, 200, 1398, 65_000] {
            let mut setup = Setup::new().version(version);
            setup.fragment_size = fragment_size;
            let pair = setup.drive();
            let peer = pair.peer.result().as_ref().unwrap();
            let server = pair.authenticator.result().as_ref().unwrap();
            assert_eq!((peer.method, server.method), (MethodType::TLS, MethodType::TLS));
            assert_equal_keys(peer, server);
            let summary = peer.tls.as_ref().unwrap();
            assert_eq!((summary.version, summary.resumed), (version, false));
            assert_eq!(server.tls.as_ref().unwrap().suite, summary.suite);
            for (_, packet) in pair.peer.sent.iter().chain(&pair.authenticator.sent) {
                assert!(packet.len() <= fragment_size + 6, "{fragment_size} {}", packet.len());
            }
        }
    }
}

#[test]
fn the_highest_common_version_is_used() {
    let setup = Setup::new();
    let old_server = Setup::new().version(TlsVersion::V1_2);
    let server = crate::TlsServerConfig::builder(
        setup.server.certificate.as_bytes(),
        setup.server.key.as_bytes(),
    )
    .clients(crate::CertificatePolicy::for_clients().ca(setup.ca.pem.as_bytes()))
    .max_version(old_server.versions[1])
    .build()
    .unwrap();
    let pair = setup.drive_with(setup.peer(), server);
    let outcome = pair.peer.result().as_ref().unwrap();
    assert_eq!(outcome.tls.as_ref().unwrap().version, TlsVersion::V1_2);
    let pair = setup.drive();
    let outcome = pair.peer.result().as_ref().unwrap();
    assert_eq!(outcome.tls.as_ref().unwrap().version, TlsVersion::V1_3);
}

#[test]
fn the_server_learns_who_the_certificate_names() {
    let pair = Setup::new().drive();
    let server = pair.authenticator.result().as_ref().unwrap();
    let certificate = server.tls.as_ref().unwrap().certificate.as_ref().unwrap();
    assert_eq!(certificate.common_name.as_deref(), Some("alice@example.org"));
    let peer = pair.peer.result().as_ref().unwrap();
    let certificate = peer.tls.as_ref().unwrap().certificate.as_ref().unwrap();
    assert_eq!(certificate.dns_names, ["radius.example.org"]);
}
