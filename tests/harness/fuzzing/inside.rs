//! What is said inside the tunnel of PEAP: the other end of it is rustls, and the data is what it
//! says.

use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

use eap_rs::peap::{PeapPeerConfig, PeapServerConfig};
use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::{Authenticator, AuthenticatorConfig, MethodType, Packet, Peer, PeerConfig};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection,
};

use super::{Fed, Machine, rng};
use crate::certs::Ca;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const LENGTH_INCLUDED: u8 = 0x80;

/// Extensions, to both sides: each has come so far that it waits for them.
pub fn tlv(data: &[u8]) {
    let Some((options, tlvs)) = data.split_first() else { return };
    let tlvs = tlvs.get(..4096).unwrap_or(tlvs);
    let header = |code, len: usize| {
        let [l0, l1] = u16::try_from(5 + len).unwrap().to_be_bytes();
        [code, 9, l0, l1, 33]
    };
    let mut at_peer = at_peer(options & 1);
    for message in [&[1][..], &[6, b'?'], &[&header(REQUEST, tlvs.len()), tlvs].concat()] {
        at_peer.say(message);
    }
    let mut at_server = at_server(options & 1);
    for message in [&b"\x01a"[..], b"\x06b", &[&header(RESPONSE, tlvs.len()), tlvs].concat()] {
        at_server.say(message);
    }
}

/// One message after the other: an octet says how long each is. The first octet's lowest bit
/// chooses PEAP's version, the next who is spoken to.
pub fn peap_session(data: &[u8]) {
    let Some((options, messages)) = data.split_first() else { return };
    match options & 2 {
        0 => run(at_peer(options & 1), messages),
        _ => run(at_server(options & 1), messages),
    }
}

fn run<S: Fed>(mut at: At<S>, mut messages: &[u8]) {
    while let [length, rest @ ..] = messages {
        let (message, next) = rest.split_at(usize::from(*length).min(rest.len()));
        at.say(message);
        messages = next;
    }
}

/// One of our ends, and rustls.
struct At<S> {
    machine: Machine<S>,
    tls: Connection,
    version: u8,
    code: u8,
}

impl<S: Fed> At<S> {
    /// Shakes hands.
    fn new(mut machine: Machine<S>, tls: Connection, version: u8, code: u8) -> Self {
        if code == REQUEST {
            machine.step(1, &[1, REQUEST, 1]);
            machine.step(1, &[1, REQUEST, 25, 0x20 | version]);
        }
        let mut at = Self { machine, tls, version, code };
        for _ in 0..6 {
            at.listen();
            let out = at.records();
            // An empty packet of a server's would be one too many.
            if out.is_empty() && code == REQUEST {
                break;
            }
            at.send(&out);
        }
        assert!(!at.tls.is_handshaking());
        at
    }

    /// Takes what our end has sent last.
    fn listen(&mut self) {
        let Ok(Packet::Request(body) | Packet::Response(body)) =
            Packet::parse(self.machine.session.last_sent())
        else {
            return;
        };
        let Some((flags, records)) = body.data.split_first() else { return };
        if body.method != MethodType::PEAP || flags & 0x20 != 0 {
            return;
        }
        let skip = if flags & LENGTH_INCLUDED == 0 { 0 } else { 4 };
        let mut records = records.get(skip..).unwrap_or_default();
        // Behind close_notify it takes nothing.
        while self.tls.read_tls(&mut records).is_ok_and(|read| read > 0) {
            if self.tls.process_new_packets().is_err() {
                return;
            }
            // What it is does not matter.
            let _ = self.tls.reader().read_to_end(&mut Vec::new());
        }
    }

    fn records(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while self.tls.wants_write() && self.tls.write_tls(&mut out).is_ok() {}
        out
    }

    fn send(&mut self, records: &[u8]) {
        let offset = u8::from(self.code == REQUEST);
        let start = [offset, self.code, 25, self.version];
        self.machine.step(1, &[&start, records].concat());
        // "Yes", a token, and nothing.
        for answer in [&[4][..], b"\x01b", &[7]] {
            if self.machine.session.open_question().is_some() {
                self.machine.step(2, answer);
            }
        }
    }

    fn say(&mut self, message: &[u8]) {
        if self.tls.writer().write_all(message).is_err() {
            return;
        }
        let records = self.records();
        self.send(&records);
        self.listen();
    }
}

fn at_peer(version: u8) -> At<Peer> {
    let ends = ends();
    let inner = PeerConfig::builder().identity("a").password("b").method(MethodType::GTC);
    let peap = PeapPeerConfig::builder(Arc::clone(&ends.our_peer), inner.build().unwrap());
    let config = PeerConfig::builder()
        .identity("@example.org")
        .peap(peap.max_version(version).build().unwrap())
        .max_rounds(30);
    let mut machine = Machine::new(Peer::new(Arc::new(config.build().unwrap()), rng()));
    machine.timeout(0);
    let tls = ServerConnection::new(Arc::clone(&ends.server)).unwrap();
    At::new(machine, tls.into(), version, REQUEST)
}

fn at_server(version: u8) -> At<Authenticator> {
    let ends = ends();
    let inner = AuthenticatorConfig::builder().method(MethodType::GTC).build().unwrap();
    let peap = PeapServerConfig::builder(Arc::clone(&ends.our_server), inner);
    let config = AuthenticatorConfig::builder()
        .peap(peap.max_version(version).build().unwrap())
        .max_rounds(30);
    let mut machine = Machine::new(Authenticator::new(Arc::new(config.build().unwrap()), rng()));
    machine.start();
    machine.step(1, &[0, RESPONSE, 1, b'a']);
    let name = ServerName::try_from("radius.example.org").unwrap();
    let tls = ClientConnection::new(Arc::clone(&ends.client), name).unwrap();
    At::new(machine, tls.into(), version, RESPONSE)
}

/// Made once: certificates take time. TLS 1.3 on both sides; the versions differ outside the
/// tunnel only.
struct Ends {
    our_peer: Arc<TlsPeerConfig>,
    our_server: Arc<TlsServerConfig>,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

fn ends() -> &'static Ends {
    static ENDS: OnceLock<Ends> = OnceLock::new();
    ENDS.get_or_init(|| {
        let ca = Ca::default();
        let identity = ca.server("radius.example.org");
        let chain = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        server.send_tls13_tickets = 0;
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.resumption = Resumption::disabled();
        let policy = CertificatePolicy::for_servers().insecure_no_server_authentication();
        let (certificate, key) = (identity.certificate.as_bytes(), identity.key.as_bytes());
        let our_peer = TlsPeerConfig::builder(policy).min_version(TlsVersion::V1_3);
        let our_server = TlsServerConfig::builder(certificate, key).min_version(TlsVersion::V1_3);
        Ends {
            our_peer: Arc::new(our_peer.fragment_size(65_000).build().unwrap()),
            our_server: Arc::new(our_server.fragment_size(65_000).build().unwrap()),
            client: Arc::new(client),
            server: Arc::new(server),
        }
    })
}
