//! Logins that fail: the right cause on the side that refuses, its alert on the other.

use eap_rs::tls::{
    CertificatePolicy, CertificateRefusal, TlsAlert, TlsPeerConfig, TlsServerConfig, TlsVersion,
};
use eap_rs::{Failure, MethodType, Received};
use eap_tests::certs::Ca;
use eap_tests::script;
use rcgen::{ExtendedKeyUsagePurpose, SanType, date_time_ymd};

use crate::wire::Role;
use crate::{Setup, VERSIONS};

/// What spoils the set-up, what it has to be called, and the alert.
type Case = (fn(&mut Setup), fn(&CertificateRefusal) -> bool, u8);

#[test]
fn a_server_the_peer_does_not_trust_is_refused_with_its_cause_and_alert() {
    for version in VERSIONS {
        let cases: [Case; 5] = [
            (
                |setup| setup.server = Ca::new("Other CA").server("radius.example.org"),
                |refusal| matches!(refusal, CertificateRefusal::UntrustedCa { .. }),
                48,
            ),
            (
                |setup| setup.server = setup.ca.server("radius.example.com"),
                |refusal| matches!(refusal, CertificateRefusal::NameMismatch { .. }),
                42,
            ),
            (
                |setup| {
                    setup.server = setup.ca.issue(|p| p.not_after = date_time_ymd(2026, 1, 1));
                },
                |refusal| matches!(refusal, CertificateRefusal::Expired { .. }),
                45,
            ),
            (
                |setup| {
                    setup.server = setup.ca.issue(|p| p.not_before = date_time_ymd(2031, 1, 1));
                },
                |refusal| matches!(refusal, CertificateRefusal::NotYetValid { .. }),
                45,
            ),
            (
                |setup| setup.server = setup.ca.client("radius.example.org"),
                |refusal| matches!(refusal, CertificateRefusal::WrongUsage),
                43,
            ),
        ];
        for (spoil, expected, alert) in cases {
            let mut setup = Setup::new().version(version);
            spoil(&mut setup);
            let pair = setup.drive();
            let Failure::Certificate(refusal) = pair.peer.failure() else {
                panic!("{version}: {:?}", pair.peer.failure())
            };
            assert!(expected(refusal), "{version}: {refusal}");
            assert_eq!(pair.authenticator.failure(), &Failure::TlsAlert(TlsAlert(alert)));
        }
    }
}

/// CVE-2023-26463 (strongSwan): a client's certificate was accepted with no CA behind it.
#[test]
fn cve_2023_26463_a_client_the_server_does_not_trust_is_refused_with_its_cause_and_alert() {
    for version in VERSIONS {
        let cases: [Case; 3] = [
            (
                |setup| setup.client = Ca::new("Other CA").client("alice@example.org"),
                |refusal| matches!(refusal, CertificateRefusal::UntrustedCa { .. }),
                48,
            ),
            (
                |setup| {
                    setup.client = setup.ca.issue(|p| p.not_after = date_time_ymd(2026, 1, 1));
                },
                |refusal| matches!(refusal, CertificateRefusal::Expired { .. }),
                45,
            ),
            (
                |setup| {
                    setup.client = setup.ca.issue(|params| {
                        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                    });
                },
                |refusal| matches!(refusal, CertificateRefusal::WrongUsage),
                43,
            ),
        ];
        for (spoil, expected, alert) in cases {
            let mut setup = Setup::new().version(version);
            spoil(&mut setup);
            let pair = setup.drive();
            let Failure::Certificate(refusal) = pair.authenticator.failure() else {
                panic!("{version}: {:?}", pair.authenticator.failure())
            };
            assert!(expected(refusal), "{version}: {refusal}");
            // Also in TLS 1.3, where the peer's handshake was over before it was judged.
            assert_eq!(pair.peer.failure(), &Failure::TlsAlert(TlsAlert(alert)), "{version}");
        }
    }
}

/// CVE-2011-2701 and CVE-2015-4680 (FreeRADIUS): certificates that had been revoked, their own or
/// that of the CA above them, were accepted.
#[test]
fn cve_2015_4680_a_revoked_leaf_or_intermediate_is_refused_on_either_side() {
    const REVOKED: u64 = 4711;
    for version in VERSIONS {
        for (sub_serial, server_serial, client_serial) in
            [(1, 2, 3), (1, REVOKED, 3), (1, 2, REVOKED), (REVOKED, 2, 3)]
        {
            let mut setup = Setup::new().version(version);
            let sub = setup.ca.sub_ca("Sub CA", |p| p.serial_number = Some(sub_serial.into()));
            let issue = |usage, serial: u64| {
                let mut identity = sub.issue(|params| {
                    params.extended_key_usages = vec![usage];
                    params.subject_alt_names =
                        vec![SanType::DnsName("radius.example.org".try_into().unwrap())];
                    params.serial_number = Some(serial.into());
                });
                identity.certificate.push_str(&sub.pem);
                identity
            };
            setup.server = issue(ExtendedKeyUsagePurpose::ServerAuth, server_serial);
            setup.client = issue(ExtendedKeyUsagePurpose::ClientAuth, client_serial);
            setup.revocation_lists = vec![
                setup.ca.revocation_list(&[REVOKED]).into_bytes(),
                sub.revocation_list(&[REVOKED]).into_bytes(),
            ];
            let wire = setup.wire().run();
            let refused = Failure::Certificate(CertificateRefusal::Revoked);
            // RFC 8446 §6.2: certificate_revoked.
            let alert = Failure::TlsAlert(TlsAlert(44));
            match (sub_serial, server_serial, client_serial) {
                (1, 2, 3) => wire.succeed("nobody is revoked"),
                (1, 2, REVOKED) => {
                    assert_eq!(wire.failure(Role::Server), &refused);
                    assert_eq!(wire.failure(Role::Peer), &alert);
                }
                _ => {
                    assert_eq!(wire.failure(Role::Peer), &refused);
                    assert_eq!(wire.failure(Role::Server), &alert);
                }
            }
        }
    }
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    for version in VERSIONS {
        let setup = Setup::new().version(version);
        let policy = CertificatePolicy::for_servers().ca(setup.ca.pem.as_bytes());
        let peer = TlsPeerConfig::builder(policy).build().unwrap();
        let pair = setup.drive_with(peer, setup.server());
        assert_eq!(
            pair.authenticator.failure(),
            &Failure::Certificate(CertificateRefusal::NoCertificate)
        );
        assert!(matches!(pair.peer.failure(), Failure::TlsAlert(_)), "{version}");
    }
}

#[test]
fn no_common_version_is_said_on_both_sides() {
    let setup = Setup::new();
    let new = Setup::new().version(TlsVersion::V1_3);
    let old =
        TlsServerConfig::builder(setup.server.certificate.as_bytes(), setup.server.key.as_bytes())
            .clients(CertificatePolicy::for_clients().ca(setup.ca.pem.as_bytes()))
            .max_version(TlsVersion::V1_2)
            .build()
            .unwrap();
    let pair = setup.drive_with(new.peer(), old);
    assert!(matches!(pair.authenticator.failure(), Failure::TlsIncompatible(_)));
    assert_eq!(pair.peer.failure(), &Failure::TlsAlert(TlsAlert(70)));
}

#[test]
fn the_cause_outlives_a_peer_that_does_not_answer_the_alert() {
    let old = || Setup::new().version(TlsVersion::V1_2);
    let new = || Setup::new().version(TlsVersion::V1_3);
    let pair = old().pair(new().peer(), old().server()).without_last_words().drive();
    assert!(matches!(pair.authenticator.failure(), Failure::TlsIncompatible(_)));
    for mut setup in [old(), new()] {
        setup.client = Ca::new("Other CA").client("alice@example.org");
        let pair = setup.pair(setup.peer(), setup.server()).without_last_words().drive();
        let cause = CertificateRefusal::UntrustedCa { issuer: "CN=Other CA".into() };
        assert_eq!(pair.authenticator.failure(), &Failure::Certificate(cause));
        let (_, last) = pair.authenticator.sent.last().unwrap();
        assert_eq!(last[0], 1, "nothing but Requests is sent to who does not answer");
    }
}

/// FreeRADIUS 3.2 and hostapd 2.10 refuse a client's certificate without an alert.
#[test]
fn a_bare_failure_in_the_middle_is_heard_and_a_success_is_not_believed() {
    let setup = Setup::new();
    let config = eap_rs::PeerConfig::builder().identity("@example.org").tls(setup.peer());
    let started = || {
        script::peer(&config).then(|peer| {
            let _ = peer.feed(&script::request(1, MethodType::IDENTITY, b""));
            let _ = peer.feed(&script::request(2, MethodType::TLS, &[0x20]));
        })
    };
    let mut peer = started();
    assert_eq!(peer.feed(&script::failure(2)), Received::Accepted);
    let unfinished = Failure::TlsUnfinished { method: MethodType::TLS };
    assert_eq!(peer.result.unwrap().unwrap_err(), unfinished);
    let mut peer = started();
    assert_eq!(peer.feed(&script::success(2)), Received::Accepted);
    assert_eq!(peer.result.unwrap().unwrap_err(), Failure::SuccessTooEarly);
}

#[test]
fn a_bare_failure_is_for_the_certificate_once_that_has_been_sent() {
    const UNFINISHED: Failure = Failure::TlsUnfinished { method: MethodType::TLS };
    const REJECTED: Failure = Failure::CertificateRejected { method: MethodType::TLS };
    for version in VERSIONS {
        for fragment_size in [200, 1398] {
            let mut setup = Setup::new().version(version);
            setup.fragment_size = fragment_size;
            let last = setup.drive().authenticator.sent.len() - 1;
            let mut reasons = Vec::new();
            // Behind Identity Request and Start.
            for packet in 2..last {
                let pair = setup.pair(setup.peer(), setup.server()).refusing_from(packet).drive();
                reasons.push(pair.peer.failure().clone());
                let (_, answered) = pair.peer.sent.last().unwrap();
                let has_more = answered[5] & 0x40 != 0;
                assert!(!has_more || reasons.last() == Some(&UNFINISHED), "{reasons:?}");
            }
            reasons.dedup();
            assert_eq!(reasons, [UNFINISHED, REJECTED], "{version}, {fragment_size}");
        }
    }
}

#[test]
fn without_a_ca_nothing_is_built() {
    let error = TlsPeerConfig::builder(CertificatePolicy::for_servers()).build().unwrap_err();
    assert_eq!(error.field(), "ca");
}

#[test]
fn without_a_clock_a_strict_policy_refuses_and_says_so() {
    let setup = Setup::new();
    let peer = eap_rs::PeerConfig::builder().identity("@example.org").tls(setup.peer());
    let server = eap_rs::AuthenticatorConfig::builder().tls(setup.server());
    let pair = eap_tests::pair::Pair::new(1, &peer, &server).drive();
    assert_eq!(pair.peer.failure(), &Failure::Certificate(CertificateRefusal::ClockUnknown));
}
