use std::sync::Arc;

use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, ServerConfig,
    ServerConnection, SupportedProtocolVersion,
};
use rustls_pki_types::PrivateKeyDer;

use super::*;
use crate::tunnel::certificate::testing::{NOT_AFTER, NOT_BEFORE};
use crate::tunnel::certificate::{PolicyVerifier, SessionClock, take_refusal};

#[test]
fn every_refusal_is_sent_as_its_alert() {
    use CertificateRefusal::*;
    let text = String::new;
    for (refusal, alert) in [
        (NoCertificate, AlertDescription::BadCertificate),
        (Malformed, AlertDescription::BadCertificate),
        (OldVersion, AlertDescription::UnsupportedCertificate),
        (ChainTooLong, AlertDescription::BadCertificate),
        (UntrustedCa { issuer: text() }, AlertDescription::UnknownCA),
        (IssuerNotCa, AlertDescription::UnknownCA),
        (NameConstraint, AlertDescription::BadCertificate),
        (LegacySignature, AlertDescription::UnsupportedCertificate),
        (PinMismatch, AlertDescription::CertificateUnknown),
        (Revoked, AlertDescription::CertificateRevoked),
        (RevocationUnknown, AlertDescription::UnknownCA),
        (RevocationListExpired { next_update: 0, now: 1 }, AlertDescription::UnknownCA),
        (ClockUnknown, AlertDescription::CertificateUnknown),
        (NotYetValid { not_before: 1, now: 0 }, AlertDescription::CertificateExpired),
        (Expired { not_after: 0, now: 1 }, AlertDescription::CertificateExpired),
        (WrongUsage, AlertDescription::UnsupportedCertificate),
        (NameMismatch { expected: text(), presented: text() }, AlertDescription::BadCertificate),
        (Declined, AlertDescription::AccessDenied),
    ] {
        assert_eq!(refusal.alert(), u8::from(alert), "{refusal:?}");
        let Error::InvalidCertificate(error) = refusal.to_rustls() else { panic!("{refusal:?}") };
        assert_eq!(AlertDescription::from(error), alert, "{refusal:?}");
        assert!(!refusal.to_string().is_empty());
    }
    assert_eq!(UntrustedCa { issuer: text() }.alert(), 48);
    assert_eq!(PinMismatch.alert(), 46);
}

pub(super) struct Handshake {
    pub(super) peer: Result<(), Error>,
    pub(super) server: Result<(), Error>,
    /// Why either of them has refused the other.
    pub(super) refusals: Vec<CertificateRefusal>,
}

/// A whole handshake in memory, as far as both ends go.
pub(super) fn handshake(
    version: &'static SupportedProtocolVersion,
    server: &Issued,
    client: Option<&Issued>,
    servers: CertificatePolicy,
    clients: Option<CertificatePolicy>,
    now: u64,
) -> Handshake {
    let certified = CertifiedKey::from_der(vec![server.der.clone()], key(server), &provider());
    handshake_with(version, certified.unwrap(), client, servers, clients, now)
}

fn key(issued: &Issued) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(issued.key.serialize_der()).unwrap()
}

/// The same, with whatever key the server has.
pub(super) fn handshake_with(
    version: &'static SupportedProtocolVersion,
    server: CertifiedKey,
    client: Option<&Issued>,
    servers: CertificatePolicy,
    clients: Option<CertificatePolicy>,
    now: u64,
) -> Handshake {
    let clock = Arc::new(SessionClock(Some(now)));
    let config = ClientConfig::builder_with_details(provider(), clock.clone())
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PolicyVerifier::new(Arc::new(servers))));
    let config = match client {
        Some(client) => {
            config.with_client_auth_cert(vec![client.der.clone()], key(client)).unwrap()
        }
        None => config.with_no_client_auth(),
    };
    let mut peer =
        ClientConnection::new(Arc::new(config), "ignored.example".try_into().unwrap()).unwrap();

    let config = ServerConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[version])
        .unwrap();
    let config = match clients {
        Some(clients) => {
            config.with_client_cert_verifier(Arc::new(PolicyVerifier::new(Arc::new(clients))))
        }
        None => config.with_no_client_auth(),
    };
    let config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(server)));
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();

    let mut outcome = Handshake { peer: Ok(()), server: Ok(()), refusals: Vec::new() };
    for _ in 0..10 {
        let mut flight = Vec::new();
        while peer.wants_write() {
            peer.write_tls(&mut flight).unwrap();
        }
        let mut flight = flight.as_slice();
        while !flight.is_empty() {
            server.read_tls(&mut flight).unwrap();
            outcome.server = outcome.server.and(server.process_new_packets().map(|_| ()));
            outcome.refusals.extend(take_refusal());
        }
        let mut flight = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut flight).unwrap();
        }
        let mut flight = flight.as_slice();
        while !flight.is_empty() {
            peer.read_tls(&mut flight).unwrap();
            outcome.peer = outcome.peer.and(peer.process_new_packets().map(|_| ()));
            outcome.refusals.extend(take_refusal());
        }
    }
    outcome
}

pub(super) const VERSIONS: [&SupportedProtocolVersion; 2] =
    [&rustls::version::TLS12, &rustls::version::TLS13];

#[test]
fn a_handshake_with_two_good_certificates_succeeds_in_both_versions() {
    let root = Issued::root("root");
    let (server, client) = (root.leaf(|_| {}), root.leaf(|_| {}));
    for version in VERSIONS {
        let servers =
            build(CertificatePolicy::for_servers().ca(&root.der).server_name_suffix("example.org"));
        let clients = build(CertificatePolicy::for_clients().ca(&root.der));
        let outcome = handshake(version, &server, Some(&client), servers, Some(clients), NOW);
        assert_eq!((outcome.peer, outcome.server), (Ok(()), Ok(())));
        assert_eq!(outcome.refusals, []);
    }
}

#[test]
fn a_refused_server_hears_the_alert_and_the_session_knows_the_reason() {
    let (root, foreign) = (Issued::root("root"), Issued::root("foreign"));
    let server = root.leaf(|_| {});
    let (not_before, not_after) = (NOT_BEFORE, NOT_AFTER);
    for version in VERSIONS {
        for (ca, now, refusal, error, alert) in [
            (
                &foreign,
                NOW,
                CertificateRefusal::UntrustedCa { issuer: "CN=root".into() },
                CertificateError::UnknownIssuer,
                AlertDescription::UnknownCA,
            ),
            (
                &root,
                1,
                CertificateRefusal::NotYetValid { not_before, now: 1 },
                CertificateError::NotValidYet,
                AlertDescription::CertificateExpired,
            ),
            (
                &root,
                NOT_AFTER + 1,
                CertificateRefusal::Expired { not_after, now: NOT_AFTER + 1 },
                CertificateError::Expired,
                AlertDescription::CertificateExpired,
            ),
        ] {
            let policy = build(CertificatePolicy::for_servers().ca(&ca.der));
            let outcome = handshake(version, &server, None, policy, None, now);
            assert_eq!(outcome.refusals, [refusal]);
            assert_eq!(outcome.peer, Err(Error::InvalidCertificate(error)));
            assert_eq!(outcome.server, Err(Error::AlertReceived(alert)));
        }
    }
}

#[test]
fn a_refused_client_hears_the_alert_and_one_without_certificate_is_refused() {
    let (root, foreign) = (Issued::root("root"), Issued::root("foreign"));
    let server = root.leaf(|_| {});
    let client = foreign.leaf(|_| {});
    for version in VERSIONS {
        let servers = || build(CertificatePolicy::for_servers().ca(&root.der));
        let clients = || Some(build(CertificatePolicy::for_clients().ca(&root.der)));

        let outcome = handshake(version, &server, Some(&client), servers(), clients(), NOW);
        let refusal = CertificateRefusal::UntrustedCa { issuer: "CN=foreign".into() };
        assert_eq!(outcome.refusals, [refusal]);
        let unknown_ca = Err(Error::AlertReceived(AlertDescription::UnknownCA));
        assert_eq!(outcome.peer, unknown_ca, "{version:?}");

        let outcome = handshake(version, &server, None, servers(), clients(), NOW);
        assert_eq!(outcome.server, Err(Error::NoCertificatesPresented));
    }
}

#[test]
fn a_clock_that_is_not_known_is_not_taken_for_1970() {
    let root = Issued::root("root");
    let server = root.leaf(|_| {});
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    let outcome = handshake(VERSIONS[1], &server, None, policy, None, 0);
    assert_eq!(outcome.refusals, [CertificateRefusal::ClockUnknown]);
}
