//! Certificates of clients that log in inside a tunnel as well.

use std::sync::Arc;

use eap_rs::tls::{CertificatePolicy, CertificateRefusal, TlsAlert, TlsPeerConfig};
use eap_rs::{Failure, InnerMethod, MethodType};
use eap_tests::certs::Ca;
use eap_tests::pair::Pair;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};

use crate::{Setup, VERSIONS, peap, ttls};

/// What spoils the client's certificate, what that has to be called, and the alert.
type Case = (fn(&mut Setup), fn(&CertificateRefusal) -> bool, u8);

/// Logins by PEAP and EAP-TTLS, with the client's certificate.
fn log_in(setup: &Setup) -> [Pair; 2] {
    let clients = CertificatePolicy::for_clients().ca(setup.ca.pem.as_bytes());
    let server = Arc::new(setup.server().clients(clients).build().unwrap());
    let (certificate, key) = (setup.client.certificate.as_bytes(), setup.client.key.as_bytes());
    let peer: Arc<TlsPeerConfig> =
        Arc::new(setup.peer().certificate(certificate, key).build().unwrap());
    let user = peap::User::new(MethodType::MSCHAPV2);
    let served = setup.peap_server(Arc::clone(&server), user.inner);
    let peap = peap::pair(setup.peap_peer(Arc::clone(&peer), user), served);
    let user = ttls::User::new(InnerMethod::Pap);
    let served = setup.ttls_server(server, user.inner);
    [peap.drive(), setup.pair_of(user, peer, served).drive()]
}

#[test]
fn a_certificate_and_a_password_are_twice_as_good() {
    for version in VERSIONS {
        for pair in log_in(&Setup::new(version)) {
            assert!(pair.peer.result().is_ok());
            let outcome = pair.authenticator.result().as_ref().unwrap();
            assert!(outcome.tls.as_ref().unwrap().certificate.is_some());
        }
    }
}

/// CVE-2023-26463 (strongSwan): a client's certificate was accepted with no CA behind it.
#[test]
fn cve_2023_26463_a_client_the_server_does_not_trust_gets_no_further() {
    let cases: [Case; 3] = [
        (
            |setup| setup.client = Ca::new("Other CA").client(crate::ALICE),
            |refusal| matches!(refusal, CertificateRefusal::UntrustedCa { .. }),
            48,
        ),
        (
            |setup| setup.client = setup.ca.issue(|p| p.not_after = date_time_ymd(2026, 1, 1)),
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
    for version in VERSIONS {
        for (spoil, expected, alert) in cases {
            let mut setup = Setup::new(version);
            spoil(&mut setup);
            for pair in log_in(&setup) {
                let Failure::Certificate(refusal) = pair.authenticator.failure() else {
                    panic!("{version}: {:?}", pair.authenticator.failure())
                };
                assert!(expected(refusal), "{version}: {refusal}");
                assert_eq!(pair.peer.failure(), &Failure::TlsAlert(TlsAlert(alert)), "{version}");
                assert!(pair.authenticator.asked.is_empty(), "phase 2 was run");
            }
        }
    }
}
