//! The message flows of RFC 5216 §2.1 and RFC 9190 §2.1, as their figures have them: our peer
//! against a bare rustls, our authenticator against one, and both against each other.

use core::time::Duration;
use std::sync::Arc;

use eap_rs::Failure;
use eap_rs::tls::{CertificateRefusal, Resumption, TlsAlert, TlsVersion};
use eap_tests::certs::Ca;
use rustls::NamedGroup;
use rustls::crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup, ring};
use rustls::server::WebPkiClientVerifier;

use crate::Setup;
use crate::bare::provider;
use crate::wire::{Role, assert_equal_keys};

const UNKNOWN_CA: TlsAlert = TlsAlert(48);
const PROTOCOL_VERSION: TlsAlert = TlsAlert(70);

/// One version, and messages that need no fragments.
fn setup(version: TlsVersion) -> Setup {
    let mut setup = Setup::new().version(version);
    setup.fragment_size = 65_000;
    setup
}

/// Runs the login in all three pairings: it succeeds, with the same flow and equal keys.
fn assert_success(setup: &Setup, expected: &[&str]) {
    let with_server = setup.meet_server(setup.bare_server(provider(), |_| {}));
    assert_eq!(with_server.flow, expected);
    with_server.bare.assert_keys(with_server.ours.result.as_ref().unwrap().as_ref().unwrap());

    let with_client = setup.meet_client(setup.bare_client(provider(), |_| {}));
    assert_eq!(with_client.flow, expected);
    with_client.bare.assert_keys(with_client.ours.result.as_ref().unwrap().as_ref().unwrap());
    let is_tls13 = setup.versions[0] == TlsVersion::V1_3;
    // RFC 9190 §2.5: the one octet is 0.
    assert_eq!(with_client.bare.heard, if is_tls13 { &[0][..] } else { &[] });

    let wire = setup.wire().run();
    assert_eq!(wire.flow(), expected);
    let [peer, server] =
        [wire.peer.result, wire.server.result].map(|result| result.unwrap().unwrap());
    assert_equal_keys(&peer, &server);
}

/// RFC 9190 §2.1.1, Figure 1. The identity is an anonymous NAI (§2.1.8).
#[test]
fn rfc_9190_figure_1_mutual_authentication() {
    assert_success(
        &setup(TlsVersion::V1_3),
        &[
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            "<- TLS server_hello, change_cipher_spec, encrypted handshake",
            "-> TLS change_cipher_spec, encrypted handshake",
            "<- TLS one octet",
            "-> TLS",
            "<- Success",
        ],
    );
}

/// RFC 5216 §2.1.1.
#[test]
fn rfc_5216_mutual_authentication() {
    assert_success(
        &setup(TlsVersion::V1_2),
        &[
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            "<- TLS server_hello, certificate, server_key_exchange, certificate_request, server_hello_done",
            "-> TLS certificate, client_key_exchange, certificate_verify, change_cipher_spec, finished",
            "<- TLS change_cipher_spec, finished",
            "-> TLS",
            "<- Success",
        ],
    );
}

/// RFC 9190 §2.1.2, Figure 2: a ticket comes with the protected success.
#[test]
fn rfc_9190_figure_2_ticket_establishment() {
    let setup = setup(TlsVersion::V1_3);
    let meeting = setup.meet_server(setup.bare_server(provider(), |config| {
        config.ticketer = ring::Ticketer::new().unwrap();
        config.send_tls13_tickets = 1;
    }));
    assert_eq!(
        meeting.flow[6..],
        ["<- TLS encrypted handshake, one octet", "-> TLS", "<- Success"]
    );
    meeting.bare.assert_keys(meeting.ours.result.as_ref().unwrap().as_ref().unwrap());
}

/// A login that resumes the session of another one before it, between our two ends.
fn resumed_flow(setup: &Setup) -> Vec<String> {
    let resumption = Resumption::for_lifetime(Duration::from_secs(3600));
    let server = setup.server_builder(setup.clients()).resumption(resumption);
    let (peer, server) = (Arc::new(setup.peer()), Arc::new(server.build().unwrap()));
    let [first, second] =
        [0, 1].map(|_| setup.wire_with(Arc::clone(&peer), Arc::clone(&server)).run());
    assert!(first.peer.result.as_ref().unwrap().is_ok());
    let flow = second.flow();
    let [peer, server] =
        [second.peer.result, second.server.result].map(|result| result.unwrap().unwrap());
    assert_equal_keys(&peer, &server);
    assert!(peer.tls.unwrap().resumed);
    flow
}

/// RFC 9190 §2.1.3, Figure 3; with a ticket for the next time.
#[test]
fn rfc_9190_figure_3_resumption() {
    assert_eq!(
        resumed_flow(&setup(TlsVersion::V1_3)),
        [
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            "<- TLS server_hello, change_cipher_spec, encrypted handshake",
            "-> TLS change_cipher_spec, encrypted handshake",
            "<- TLS encrypted handshake, one octet",
            "-> TLS",
            "<- Success",
        ]
    );
}

/// RFC 5216 §2.1.2.
#[test]
fn rfc_5216_session_resumption() {
    assert_eq!(
        resumed_flow(&setup(TlsVersion::V1_2)),
        [
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            "<- TLS server_hello, change_cipher_spec, finished",
            "-> TLS change_cipher_spec, finished",
            "<- Success",
        ]
    );
}

/// RFC 9190 §2.1.4, Figure 4: the two have no version in common.
#[test]
fn rfc_9190_figure_4_server_rejection_of_client_hello() {
    let expected = [
        "<- Identity",
        "-> Identity @example.org",
        "<- TLS Start",
        "-> TLS client_hello",
        "<- TLS alert 70",
        "-> TLS",
        "<- Failure",
    ];
    let [old, new] = [TlsVersion::V1_2, TlsVersion::V1_3].map(setup);
    let with_server = new.meet_server(old.bare_server(provider(), |_| {}));
    assert_eq!(with_server.flow, expected);
    assert_eq!(with_server.ours.result.unwrap().unwrap_err(), Failure::TlsAlert(PROTOCOL_VERSION));

    let with_client = new.meet_client(old.bare_client(provider(), |_| {}));
    assert_eq!(with_client.flow, expected);
    let failure = with_client.ours.result.unwrap().unwrap_err();
    assert!(matches!(failure, Failure::TlsIncompatible(_)), "{failure}");
    let alert = rustls::AlertDescription::ProtocolVersion;
    assert_eq!(with_client.bare.error, Some(rustls::Error::AlertReceived(alert)));

    let wire = new.wire_with(old.peer(), new.server()).run();
    assert_eq!(wire.flow(), expected);
    assert_eq!(wire.failure(Role::Peer), &Failure::TlsAlert(PROTOCOL_VERSION));
}

/// RFC 9190 §2.1.4, Figure 5, and RFC 5216 §2.1.3: the peer does not trust the server.
#[test]
fn rfc_9190_figure_5_and_rfc_5216_unsuccessful_server_authentication() {
    for (version, server_flight, alert) in [
        (
            TlsVersion::V1_3,
            "<- TLS server_hello, change_cipher_spec, encrypted handshake",
            "-> TLS change_cipher_spec, encrypted alert",
        ),
        (
            TlsVersion::V1_2,
            "<- TLS server_hello, certificate, server_key_exchange, certificate_request, server_hello_done",
            "-> TLS alert 48",
        ),
    ] {
        let expected = [
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            server_flight,
            alert,
            "<- Failure",
        ];
        let mut setup = setup(version);
        setup.server = Ca::new("Other CA").server("radius.example.org");

        // What follows the alert is not heard: the peer has failed by then.
        let with_server = setup.meet_server(setup.bare_server(provider(), |_| {}));
        assert_eq!(with_server.flow, expected);
        let failure = with_server.ours.result.unwrap().unwrap_err();
        let refusal = CertificateRefusal::UntrustedCa { issuer: "CN=Other CA".into() };
        assert_eq!(failure, Failure::Certificate(refusal.clone()));
        let alert = rustls::AlertDescription::UnknownCA;
        assert_eq!(with_server.bare.error, Some(rustls::Error::AlertReceived(alert)));

        let with_client = setup.meet_client(setup.bare_client(provider(), |_| {}));
        assert_eq!(with_client.flow, expected);
        let failure = with_client.ours.result.unwrap().unwrap_err();
        assert_eq!(failure, Failure::TlsAlert(UNKNOWN_CA));

        let wire = setup.wire().run();
        assert_eq!(wire.flow(), expected);
        assert_eq!(wire.failure(Role::Peer), &Failure::Certificate(refusal));
        assert_eq!(wire.failure(Role::Server), &Failure::TlsAlert(UNKNOWN_CA));
    }
}

/// RFC 9190 §2.1.4, Figure 6, and RFC 5216 §2.1.3: the server does not trust the peer. In TLS 1.2
/// its alert comes before its Finished: "immediately terminating the conversation".
#[test]
fn rfc_9190_figure_6_and_rfc_5216_unsuccessful_client_authentication() {
    for (version, server_flight, client_flight, alert) in [
        (
            TlsVersion::V1_3,
            "<- TLS server_hello, change_cipher_spec, encrypted handshake",
            "-> TLS change_cipher_spec, encrypted handshake",
            "<- TLS encrypted alert",
        ),
        (
            TlsVersion::V1_2,
            "<- TLS server_hello, certificate, server_key_exchange, certificate_request, server_hello_done",
            "-> TLS certificate, client_key_exchange, certificate_verify, change_cipher_spec, finished",
            "<- TLS alert 48",
        ),
    ] {
        let expected = [
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            server_flight,
            client_flight,
            alert,
            "-> TLS",
            "<- Failure",
        ];
        let mut setup = setup(version);
        setup.client = Ca::new("Other CA").client("alice@example.org");

        let with_server = setup.meet_server(setup.bare_server(provider(), |_| {}));
        assert_eq!(with_server.flow, expected);
        let failure = with_server.ours.result.unwrap().unwrap_err();
        assert_eq!(failure, Failure::TlsAlert(UNKNOWN_CA));

        let with_client = setup.meet_client(setup.bare_client(provider(), |_| {}));
        assert_eq!(with_client.flow, expected);
        let failure = with_client.ours.result.unwrap().unwrap_err();
        let refusal = CertificateRefusal::UntrustedCa { issuer: "CN=Other CA".into() };
        assert_eq!(failure, Failure::Certificate(refusal.clone()));
        let alert = rustls::AlertDescription::UnknownCA;
        assert_eq!(with_client.bare.error, Some(rustls::Error::AlertReceived(alert)));

        let wire = setup.wire().run();
        assert_eq!(wire.flow(), expected);
        assert_eq!(wire.failure(Role::Server), &Failure::Certificate(refusal));
        assert_eq!(wire.failure(Role::Peer), &Failure::TlsAlert(UNKNOWN_CA));
    }
}

/// RFC 9190 §2.1.5, Figure 7: the server wants no certificate of the peer.
#[test]
fn rfc_9190_figure_7_without_peer_authentication() {
    let setup = setup(TlsVersion::V1_3);
    let nobody = WebPkiClientVerifier::no_client_auth();
    let server = setup.bare_server_with_clients(provider(), nobody, |_| {});
    let meeting = setup.meet_server(server);
    assert_eq!(
        meeting.flow[4..],
        [
            "<- TLS server_hello, change_cipher_spec, encrypted handshake",
            "-> TLS change_cipher_spec, encrypted handshake",
            "<- TLS one octet",
            "-> TLS",
            "<- Success",
        ]
    );
    meeting.bare.assert_keys(meeting.ours.result.as_ref().unwrap().as_ref().unwrap());
}

/// RFC 9190 §2.1.6, Figure 8: the client's first key share is of a group that the server has not.
#[test]
fn rfc_9190_figure_8_hello_retry_request() {
    let setup = setup(TlsVersion::V1_3);
    let expected = |flow: &[String], first_retry: &str| {
        assert_eq!(
            flow,
            [
                "<- Identity",
                "-> Identity @example.org",
                "<- TLS Start",
                "-> TLS client_hello",
                "<- TLS hello_retry_request, change_cipher_spec",
                first_retry,
                "<- TLS server_hello, encrypted handshake",
                "-> TLS encrypted handshake",
                "<- TLS one octet",
                "-> TLS",
                "<- Success",
            ]
        );
    };
    let mut last_group = provider();
    last_group.kx_groups = vec![ring::kx_group::SECP384R1];
    let with_server = setup.meet_server(setup.bare_server(last_group, |_| {}));
    expected(&with_server.flow, "-> TLS change_cipher_spec, client_hello");
    with_server.bare.assert_keys(with_server.ours.result.as_ref().unwrap().as_ref().unwrap());

    let mut other_group = provider();
    other_group.kx_groups.insert(0, &Unheard);
    let with_client = setup.meet_client(setup.bare_client(other_group, |_| {}));
    expected(&with_client.flow, "-> TLS change_cipher_spec, client_hello");
    with_client.bare.assert_keys(with_client.ours.result.as_ref().unwrap().as_ref().unwrap());
}

/// A group that a client offers and our server has not.
#[derive(Debug)]
struct Unheard;

impl SupportedKxGroup for Unheard {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, rustls::Error> {
        Ok(Box::new(Self))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

impl ActiveKeyExchange for Unheard {
    fn complete(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, rustls::Error> {
        panic!("the server has not this group")
    }

    fn pub_key(&self) -> &[u8] {
        &[4; 133]
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// RFC 9190 §2.1.8: what names the peer is on the wire in TLS 1.2 only.
#[test]
fn rfc_9190_privacy_nothing_on_the_wire_names_the_peer() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let wire = setup(version).wire().run();
        let packets = wire.peer.sent.iter().chain(&wire.server.sent);
        let names = packets.filter(|p| p.windows(5).any(|octets| octets == b"alice")).count();
        assert_eq!(names, usize::from(version == TlsVersion::V1_2), "{version}");
        let server = wire.server.result.unwrap().unwrap();
        assert_eq!(server.peer_identity.as_bytes(), b"@example.org");
        let certificate = server.tls.unwrap().certificate.unwrap();
        assert_eq!(certificate.common_name.as_deref(), Some("alice@example.org"));
    }
}

/// RFC 5216 §2.1.5: each fragment but the last is acknowledged with a packet of no data.
#[test]
fn rfc_5216_fragments_and_acknowledgements() {
    let mut setup = Setup::new().version(TlsVersion::V1_2);
    setup.fragment_size = 250;
    assert_eq!(
        setup.wire().run().flow(),
        [
            "<- Identity",
            "-> Identity @example.org",
            "<- TLS Start",
            "-> TLS client_hello",
            "<- TLS fragment L M",
            "-> TLS",
            "<- TLS fragment M",
            "-> TLS",
            "<- TLS fragment",
            "-> TLS fragment L M",
            "<- TLS",
            "-> TLS fragment M",
            "<- TLS",
            "-> TLS fragment",
            "<- TLS change_cipher_spec, finished",
            "-> TLS",
            "<- Success",
        ]
    );
}
