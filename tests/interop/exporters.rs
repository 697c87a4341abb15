//! MSK, EMSK and Session-Id against OpenSSL's own exporter, for either role and version.

use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::{
    Authenticator, AuthenticatorConfig, Keys, MethodType, Packet, Peer, PeerConfig, Received,
};
use eap_tests::certs::{Ca, today};
use eap_tests::script::{self, Scripted, request, success};

use crate::certificates::Authority;
use crate::lab::Lab;
use crate::openssl::{Export, OpenSsl, Role, Values};

/// What a method's keys are made of with one version of TLS.
struct Row {
    method: MethodType,
    version: TlsVersion,
    /// The MSK, 64 octets of it, and the EMSK.
    keys: Export,
    /// What follows the Type in the Session-Id.
    session_id: Id,
}

enum Id {
    /// The client's, then the server's.
    Randoms,
    MethodId(Export),
}

const KEY: usize = 64;

const TABLE: [Row; 2] = [
    // RFC 5216 §2.3.
    Row {
        method: MethodType::TLS,
        version: TlsVersion::V1_2,
        keys: Export { label: "client EAP encryption", context: None, octets: 2 * KEY },
        session_id: Id::Randoms,
    },
    // RFC 9190 §2.3.
    Row {
        method: MethodType::TLS,
        version: TlsVersion::V1_3,
        keys: Export {
            label: "EXPORTER_EAP_TLS_Key_Material",
            context: Some(&[13]),
            octets: 2 * KEY,
        },
        session_id: Id::MethodId(Export {
            label: "EXPORTER_EAP_TLS_Method-Id",
            context: Some(&[13]),
            octets: 64,
        }),
    },
];

impl Row {
    fn exports(&self) -> Vec<Export> {
        match self.session_id {
            Id::Randoms => vec![self.keys],
            Id::MethodId(id) => vec![self.keys, id],
        }
    }

    #[track_caller]
    fn compare(&self, ours: &Keys, values: &Values) {
        let (msk, emsk) = values.exports[0].split_at(KEY);
        assert_eq!(ours.msk.expose(), msk, "{:?}", self.version);
        assert_eq!(ours.emsk.as_ref().unwrap().expose(), emsk, "{:?}", self.version);
        let type_octet = vec![self.method.legacy().unwrap()];
        let session_id = match self.session_id {
            Id::Randoms => [type_octet, values.client_random.clone(), values.server_random.clone()],
            Id::MethodId(_) => [type_octet, values.exports[1].clone(), vec![]],
        };
        assert_eq!(ours.session_id.as_ref().unwrap().expose(), session_id.concat());
    }
}

/// So that every message is one packet.
const NO_FRAGMENTS: usize = 65_000;
const START: u8 = 0x20;
const NO_FLAGS: u8 = 0;

fn packet_data(records: &[u8]) -> Vec<u8> {
    [&[NO_FLAGS], records].concat()
}

/// The records in the last packet sent.
#[track_caller]
fn records(sent: &[Vec<u8>]) -> &[u8] {
    let (Packet::Request(body) | Packet::Response(body)) =
        Packet::parse(sent.last().unwrap()).unwrap()
    else {
        panic!("it is over: {sent:02x?}")
    };
    let (flags, records) = body.data.split_first().unwrap();
    assert_eq!(*flags, NO_FLAGS, "a whole message");
    records
}

fn peer(ca: &Ca, version: TlsVersion) -> Scripted<Peer> {
    let own = ca.client("alice");
    let policy =
        CertificatePolicy::for_servers().ca(ca.pem.as_bytes()).server_name("radius.example.org");
    let tls = TlsPeerConfig::builder(policy)
        .certificate(own.certificate.as_bytes(), own.key.as_bytes())
        .min_version(version)
        .max_version(version)
        .fragment_size(NO_FRAGMENTS)
        .build();
    let config = PeerConfig::builder().identity("alice").tls(tls.unwrap());
    script::peer(&config).then(|peer| {
        let now = peer.instant();
        peer.session.run(now, |peer, now| peer.set_unix_time(today(), now));
    })
}

/// It has asked for the identity.
fn authenticator(ca: &Ca, version: TlsVersion) -> Scripted<Authenticator> {
    let own = ca.server("radius.example.org");
    let tls = TlsServerConfig::builder(own.certificate.as_bytes(), own.key.as_bytes())
        .clients(CertificatePolicy::for_clients().ca(ca.pem.as_bytes()))
        .min_version(version)
        .max_version(version)
        .fragment_size(NO_FRAGMENTS)
        .build();
    script::authenticator(&AuthenticatorConfig::builder().tls(tls.unwrap())).then(|server| {
        let now = server.instant();
        let outputs = server.session.run(now, |server, now| {
            server.set_unix_time(today(), now);
            server.start(now);
        });
        server.take(outputs);
    })
}

#[track_caller]
fn keys<S>(end: Scripted<S>) -> Keys {
    end.result.unwrap().unwrap().keys.unwrap()
}

#[test]
fn the_peer_has_the_keys_that_openssl_exports_as_a_server() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    for row in &TABLE {
        let (own, exports) = (ca.server(), row.exports());
        let mut openssl = OpenSsl::start(Role::Server, row.version, &own, &ca, &exports);
        let mut peer = peer(&ca.ca, row.version);
        let mut data = vec![START];
        for identifier in 1.. {
            let fate = peer.feed(&request(identifier, row.method, &data));
            assert_eq!(fate, Received::Accepted);
            let records = records(&peer.sent);
            if records.is_empty() {
                let _ = peer.feed(&success(identifier));
                break;
            }
            data = packet_data(&openssl.exchange(records));
        }
        row.compare(&keys(peer), &openssl.values());
    }
}

#[test]
fn the_authenticator_has_the_keys_that_openssl_exports_as_a_client() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    for row in &TABLE {
        let (own, exports) = (ca.client(), row.exports());
        let mut openssl = OpenSsl::start(Role::Client, row.version, &own, &ca, &exports);
        let mut server = authenticator(&ca.ca, row.version);
        let _ = server.respond(MethodType::IDENTITY, b"alice");
        // To the Start.
        let mut said = openssl.exchange(&[]);
        loop {
            assert_eq!(server.respond(row.method, &packet_data(&said)), Received::Accepted);
            if server.result.is_some() {
                break;
            }
            said = openssl.exchange(records(&server.sent));
        }
        row.compare(&keys(server), &openssl.values());
    }
}
