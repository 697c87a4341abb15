//! TLS by OpenSSL (`legacy_tls`), with itself and with rustls.

use eap_rs::tls::{CertificateRefusal, TlsAlert, TlsVersion};
use eap_rs::{ConfigError, Failure, MethodType};
use eap_tests::certs::Ca;
use eap_tests::pair::Pair;

use crate::Setup;
use crate::wire::assert_equal_keys;

/// Which ends speak by OpenSSL: peer, server.
const ENDS: [[bool; 2]; 3] = [[true, true], [true, false], [false, true]];

fn pair(setup: &Setup, ends: [bool; 2]) -> Pair {
    beginning(setup, ends).drive()
}

fn beginning(setup: &Setup, [peer, server]: [bool; 2]) -> Pair {
    let mut ours = setup.peer_builder(setup.servers());
    let mut theirs = setup.server_builder(setup.clients());
    if peer {
        ours = ours.legacy_tls();
    }
    if server {
        theirs = theirs.legacy_tls();
    }
    setup.pair(ours.build().unwrap(), theirs.build().unwrap())
}

#[test]
fn both_ends_agree_whichever_library_they_have() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for ends in ENDS {
            for fragment_size in [100, 1398] {
                let mut setup = Setup::new().version(version);
                setup.fragment_size = fragment_size;
                let pair = pair(&setup, ends);
                let peer = pair.peer.result().as_ref().unwrap();
                let server = pair.authenticator.result().as_ref().unwrap();
                assert_equal_keys(peer, server);
                let [ours, theirs] = [peer, server].map(|end| end.tls.as_ref().unwrap());
                assert_eq!((ours.version, ours.suite), (version, theirs.suite));
                let name = theirs.certificate.as_ref().unwrap().common_name.as_deref();
                assert_eq!(name, Some("alice@example.org"));
                assert!(ours.certificate.is_some());
            }
        }
    }
}

#[test]
fn old_versions_are_spoken_between_those_that_allow_them() {
    for version in [TlsVersion::V1_0, TlsVersion::V1_1] {
        let setup = Setup::new().version(version);
        let pair = pair(&setup, [true, true]);
        let peer = pair.peer.result().as_ref().unwrap();
        let server = pair.authenticator.result().as_ref().unwrap();
        assert_equal_keys(peer, server);
        assert_eq!(peer.tls.as_ref().unwrap().version, version);
    }
}

#[test]
fn old_versions_need_the_setting() {
    let setup = Setup::new().version(TlsVersion::V1_0);
    let peer = setup.peer_builder(setup.servers()).build().unwrap_err();
    let server = setup.server_builder(setup.clients()).build().unwrap_err();
    for error in [peer, server] {
        assert_eq!(error, ConfigError::Needs { field: "min_version", needs: "legacy_tls" });
    }
}

#[test]
fn who_is_refused_hears_the_same_alert_from_either_library() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for ends in ENDS {
            let mut setup = Setup::new().version(version);
            setup.client = Ca::default().client("alice@example.org");
            let refused = pair(&setup, ends);
            assert!(
                matches!(
                    refused.authenticator.failure(),
                    Failure::Certificate(CertificateRefusal::UntrustedCa { .. })
                ),
                "{:?}",
                refused.authenticator.failure()
            );
            assert_eq!(refused.peer.failure(), &Failure::TlsAlert(TlsAlert(48)));
            let mut setup = Setup::new().version(version);
            setup.server = setup.ca.server("other.example.org");
            let refused = pair(&setup, ends);
            assert!(
                matches!(
                    refused.peer.failure(),
                    Failure::Certificate(CertificateRefusal::NameMismatch { .. })
                ),
                "{:?}",
                refused.peer.failure()
            );
            assert_eq!(refused.authenticator.failure(), &Failure::TlsAlert(TlsAlert(42)));
        }
    }
}

#[test]
fn the_cause_outlives_a_peer_that_does_not_answer_the_alert() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for ends in ENDS {
            let mut setup = Setup::new().version(version);
            setup.client = Ca::new("Other CA").client("alice@example.org");
            let pair = beginning(&setup, ends).without_last_words().drive();
            let cause = CertificateRefusal::UntrustedCa { issuer: "CN=Other CA".into() };
            assert_eq!(pair.authenticator.failure(), &Failure::Certificate(cause));
        }
    }
}

#[test]
fn a_bare_failure_is_for_the_certificate_once_that_has_been_sent() {
    let method = MethodType::TLS;
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let setup = Setup::new().version(version);
        let reason = |packet| {
            let pair = beginning(&setup, [true, true]).refusing_from(packet).drive();
            pair.peer.failure().clone()
        };
        assert_eq!(reason(2), Failure::TlsUnfinished { method });
        assert_eq!(reason(3), Failure::CertificateRejected { method });
    }
}

#[test]
fn nothing_in_common_is_said_so() {
    let setup = Setup::new().version(TlsVersion::V1_3);
    let old = setup.peer_builder(setup.servers()).legacy_tls();
    let old = old.min_version(TlsVersion::V1_0).max_version(TlsVersion::V1_2);
    let pair = setup.drive_with(old.build().unwrap(), setup.server());
    assert!(matches!(pair.authenticator.failure(), Failure::TlsIncompatible(_)));
    assert!(pair.peer.result().is_err());
}
