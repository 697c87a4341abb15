//! Logins that do not succeed.

use std::sync::Arc;

use eap_rs::peap::{CryptoBinding, PeapPeerConfig, PeapServerConfig};
use eap_rs::tls::CertificateRefusal;
use eap_rs::{AccountError, AuthenticatorConfig, ConfigError, Failure, MethodType, PeerConfig};
use eap_tests::certs::Ca;
use eap_tests::pair::Pair;

use super::{INNER, User, pair};
use crate::{Setup, VERSIONS};

/// The sizes of all packets, in the order in which each side sent them; but for the server's third,
/// with its signature, which is longer or shorter by chance.
fn sizes(pair: &Pair) -> [Vec<usize>; 2] {
    let [peer, mut server] = [&pair.peer.sent, &pair.authenticator.sent]
        .map(|sent| sent.iter().map(|(_, packet)| packet.len()).collect::<Vec<_>>());
    server[2] = 0;
    [peer, server]
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    for tls_version in VERSIONS {
        for version in [0, 1] {
            for inner in [MethodType::MSCHAPV2, MethodType::GTC, MethodType::MD5] {
                let setup = Setup::new(tls_version);
                let drive = |user| {
                    let peer = Arc::new(setup.peer().build().unwrap());
                    let server = Arc::new(setup.server().build().unwrap());
                    let peer = setup.peap_peer(peer, user).max_version(version);
                    pair(peer, setup.peap_server(server, inner).max_version(version)).drive()
                };
                let wrong = drive(User { password: Some("wonderlanD"), ..User::new(inner) });
                let unknown =
                    drive(User { identity: Some("alicf@example.org"), ..User::new(inner) });
                assert_eq!(sizes(&wrong), sizes(&unknown), "{inner}");
                assert_eq!(*wrong.authenticator.failure(), Failure::BadCredentials);
                let expected = match inner {
                    MethodType::GTC => Failure::BadCredentials,
                    _ => Failure::UnknownIdentity,
                };
                assert_eq!(*unknown.authenticator.failure(), expected);
                assert_eq!(wrong.peer.failure(), unknown.peer.failure());
                match wrong.peer.failure() {
                    Failure::Account(refusal) if inner == MethodType::MSCHAPV2 => {
                        assert_eq!(refusal.error, AccountError::WrongPassword);
                    }
                    failure => assert_eq!(*failure, Failure::Rejected { method: inner }),
                }
            }
        }
    }
}

#[test]
fn cve_2015_4171_credentials_wait_for_the_certificate() {
    for tls_version in VERSIONS {
        for inner in INNER {
            let mut setup = Setup::new(tls_version);
            setup.server = Ca::new("somebody else").server("radius.example.org");
            let pair = setup.peap(User { identity: None, password: None, inner }).drive();
            let refusal = pair.peer.failure();
            let expected = Failure::Certificate(CertificateRefusal::UntrustedCa {
                issuer: "CN=somebody else".into(),
            });
            assert_eq!(*refusal, expected);
            assert!(pair.peer.asked.is_empty() && pair.authenticator.asked.is_empty());
            assert!(matches!(pair.authenticator.failure(), Failure::TlsAlert(_)));
        }
    }
}

#[test]
fn without_a_common_method_both_sides_know_why() {
    for tls_version in VERSIONS {
        for version in [0, 1] {
            let setup = Setup::new(tls_version);
            let peer = Arc::new(setup.peer().build().unwrap());
            let server = Arc::new(setup.server().build().unwrap());
            let peer = setup.peap_peer(peer, User::new(MethodType::MD5)).max_version(version);
            let server = setup.peap_server(server, MethodType::GTC).max_version(version);
            let pair = pair(peer, server).drive();
            let wanted = MethodType::GTC;
            assert_eq!(*pair.peer.failure(), Failure::MethodRefused { wanted });
            assert_eq!(*pair.authenticator.failure(), Failure::NoCommonMethod);
        }
    }
}

#[test]
fn what_cannot_work_is_refused_when_configured() {
    let setup = Setup::new(VERSIONS[1]);
    let tls = Arc::new(setup.peer().build().unwrap());
    let builder = || setup.peap_peer(Arc::clone(&tls), User::new(MethodType::MD5));
    let tunnel = PeerConfig::builder().method(MethodType::MD5).peap(builder().build().unwrap());
    let tunnel = PeapPeerConfig::builder(Arc::clone(&tls), tunnel.build().unwrap());
    assert_eq!(tunnel.build().unwrap_err(), ConfigError::TunnelInTunnel(MethodType::PEAP));
    let required = CryptoBinding::Required;
    let texts = [
        (builder().max_version(2), "max_version: 2 given, 0 to 1 accepted"),
        (
            builder().max_version(1).crypto_binding(required),
            "crypto_binding: does not go together with max_version",
        ),
        (
            builder().accept_missing_result().crypto_binding(required),
            "accept_missing_result: does not go together with crypto_binding",
        ),
    ];
    for (builder, text) in texts {
        assert_eq!(builder.build().unwrap_err().to_string(), text);
    }
    let tls = Arc::new(setup.server().build().unwrap());
    let builder = || setup.peap_server(Arc::clone(&tls), MethodType::MD5);
    let tunnel = AuthenticatorConfig::builder().peap(builder().build().unwrap());
    let tunnel = PeapServerConfig::builder(Arc::clone(&tls), tunnel.build().unwrap());
    assert_eq!(tunnel.build().unwrap_err(), ConfigError::TunnelInTunnel(MethodType::PEAP));
    let error = builder().max_version(1).crypto_binding(required).build().unwrap_err();
    assert_eq!(error.field(), "crypto_binding");
}
