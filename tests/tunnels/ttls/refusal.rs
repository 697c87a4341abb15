//! Logins that do not succeed.

use std::sync::Arc;

use eap_rs::tls::CertificateRefusal;
use eap_rs::ttls::{TtlsPeerConfig, TtlsServerConfig};
use eap_rs::{
    AccountError, AuthenticatorConfig, ConfigError, Failure, InnerMethod, MethodType, NtHash,
    PeerConfig,
};
use eap_tests::certs::Ca;
use eap_tests::pair::Pair;

use super::{INNER, User};
use crate::{Setup, VERSIONS};

/// Those with a password.
fn passwords() -> impl Iterator<Item = InnerMethod> {
    INNER.into_iter().filter(|inner| *inner != InnerMethod::Eap(MethodType::TLS))
}

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
    for version in VERSIONS {
        let setup = Setup::new(version);
        for inner in passwords() {
            let wrong = User { password: Some("wonderlanD"), ..User::new(inner) };
            let unknown = User { identity: Some("alicf@example.org"), ..User::new(inner) };
            let [wrong, unknown] = [wrong, unknown].map(|user| setup.pair(user).drive());
            assert_eq!(sizes(&wrong), sizes(&unknown), "{inner}");
            assert_eq!(*wrong.authenticator.failure(), Failure::BadCredentials, "{inner}");
            let asks_for_verdict =
                matches!(inner, InnerMethod::Pap | InnerMethod::Eap(MethodType::GTC));
            let expected = match asks_for_verdict {
                true => Failure::BadCredentials,
                false => Failure::UnknownIdentity,
            };
            assert_eq!(*unknown.authenticator.failure(), expected, "{inner}");
            assert_eq!(wrong.peer.failure(), unknown.peer.failure());
            match (inner, wrong.peer.failure()) {
                (
                    InnerMethod::MsChapV2 | InnerMethod::Eap(MethodType::MSCHAPV2),
                    Failure::Account(refusal),
                ) => assert_eq!(refusal.error, AccountError::WrongPassword),
                (_, failure) => {
                    assert_eq!(*failure, Failure::Rejected { method: MethodType::TTLS });
                }
            }
        }
    }
}

/// CVE-2015-4171: nothing of the user is sent to a server that has not passed.
#[test]
fn cve_2015_4171_credentials_wait_for_the_certificate() {
    for version in VERSIONS {
        let mut setup = Setup::new(version);
        setup.server = Ca::new("somebody else").server("radius.example.org");
        for inner in INNER {
            let user = User { identity: None, password: None, ..User::new(inner) };
            let pair = setup.pair(user).drive();
            assert!(matches!(
                pair.peer.failure(),
                Failure::Certificate(CertificateRefusal::UntrustedCa { .. })
            ));
            assert!(pair.peer.asked.is_empty() && pair.authenticator.asked.is_empty());
            assert!(matches!(pair.authenticator.failure(), Failure::TlsAlert(_)));
        }
    }
}

/// The host has the last word, before anything is sent.
#[test]
fn cve_2015_4171_credentials_wait_for_the_host() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        for inner in INNER {
            let user = User { identity: None, password: None, ..User::new(inner) };
            let servers = eap_rs::tls::CertificatePolicy::for_servers()
                .ca(setup.ca.pem.as_bytes())
                .server_name("radius.example.org")
                .ask_host();
            let tls = eap_rs::tls::TlsPeerConfig::builder(servers).max_version(version);
            let tls = Arc::new(tls.build().unwrap());
            let drive = |trusts| {
                let server = Arc::new(setup.server().build().unwrap());
                let server = setup.ttls_server(server, inner);
                let pair = setup.pair_of(user, Arc::clone(&tls), server);
                pair.with_user(eap_tests::answers::User { trusts, ..Default::default() }).drive()
            };
            let declined = drive(false);
            assert_eq!(declined.peer.asked, ["verify server"]);
            assert_eq!(
                *declined.peer.failure(),
                Failure::Certificate(CertificateRefusal::Declined)
            );
            let accepted = drive(true);
            assert_eq!(accepted.peer.asked[..2], ["verify server", "identity"]);
            assert!(accepted.peer.result().is_ok());
        }
    }
}

#[test]
fn a_protocol_that_is_not_allowed_is_refused() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        for user in INNER {
            for allowed in INNER.into_iter().filter(|allowed| *allowed != user) {
                let server = Arc::new(setup.server().build().unwrap());
                let server = setup.ttls_server(server, allowed);
                let pair = setup.pair_with(User::new(user), server).drive();
                assert!(pair.authenticator.asked.is_empty(), "{user} {allowed}");
                let failure = pair.authenticator.failure();
                match (user, allowed) {
                    (InnerMethod::Eap(_), InnerMethod::Eap(_)) => {
                        assert_eq!(*failure, Failure::NoCommonMethod);
                    }
                    _ => assert_eq!(
                        failure.to_string(),
                        "EAP-TTLS failed: no protocol that is allowed inside the tunnel"
                    ),
                }
                assert!(pair.peer.result().is_err());
            }
        }
    }
}

#[test]
fn what_cannot_work_is_refused_when_configured() {
    let setup = Setup::new(VERSIONS[1]);
    let tls = Arc::new(setup.peer().build().unwrap());
    let builder = || TtlsPeerConfig::builder(Arc::clone(&tls));
    let error = |builder: eap_rs::ttls::TtlsPeerConfigBuilder| builder.build().unwrap_err();
    let md5 = || PeerConfig::builder().method(MethodType::MD5).build().unwrap();
    let ttls = builder().pap().build().unwrap();
    let tunnel = PeerConfig::builder().method(MethodType::MD5).ttls(ttls).build().unwrap();
    assert_eq!(error(builder()), ConfigError::NoInnerMethod(MethodType::TTLS));
    assert_eq!(error(builder().eap(tunnel)), ConfigError::TunnelInTunnel(MethodType::TTLS));
    let texts = [
        (
            builder().pap().eap(md5()),
            "eap: does not go together with another protocol inside the tunnel",
        ),
        (
            builder().eap(md5()).identity("x"),
            "identity: does not go together with eap, which has its own",
        ),
        (
            builder().pap().identity([b'x'; 1016]),
            "identity: 1016 octets given, at most 1015 accepted",
        ),
        (
            builder().pap().password([b'x'; 1016]),
            "password: 1016 octets given, at most 1015 accepted",
        ),
        (builder().mschapv2().password(b"\xff"), "password: not UTF-8, which MS-CHAP needs"),
        (
            builder().mschap().password("x").nt_hash(NtHash::of_password("x")),
            "nt_hash: does not go together with password",
        ),
        (
            builder().chap().nt_hash(NtHash::of_password("x")),
            "nt_hash: does not go together with pap or chap",
        ),
    ];
    for (builder, text) in texts {
        assert_eq!(error(builder).to_string(), text);
    }
    let tls = Arc::new(setup.server().build().unwrap());
    let builder = || TtlsServerConfig::builder(Arc::clone(&tls));
    assert_eq!(builder().build().unwrap_err(), ConfigError::NoInnerMethod(MethodType::TTLS));
    let ttls = builder().pap().build().unwrap();
    let tunnel = AuthenticatorConfig::builder().ttls(ttls).build().unwrap();
    assert_eq!(
        builder().pap().eap(tunnel).build().unwrap_err(),
        ConfigError::TunnelInTunnel(MethodType::TTLS)
    );
}
