//! Either end of EAP-TTLS. The other end is an honest one of ours, or rustls, which says inside
//! the tunnel what the program wants.

use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use eap_rs::tls::{CertificatePolicy, ClockPolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::ttls::{TtlsPeerConfig, TtlsPeerConfigBuilder, TtlsServerConfig};
use eap_rs::{
    Authenticator, AuthenticatorConfig, Emsk, Keys, MethodType, Msk, Packet, Peer, PeerConfig,
};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, Connection, ProtocolVersion, RootCertStore, ServerConfig,
    ServerConnection,
};

use super::{HONEST, Machine, rng, tls};
use crate::certs::{Ca, NOW};
use crate::honest::{Counterpart, Honest};

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
/// The server begins (RFC 5281 §9.1).
const START: u8 = 0x20;
const LENGTH_INCLUDED: u8 = 0x80;

const SERVER_NAME: &str = "radius.example.org";
/// Whom [`Directory`](crate::answers::Directory) knows.
const IDENTITY: &str = "alice@example.org";
const PASSWORD: &str = "wonderland";

/// Either end of EAP-TTLS: the peer has sent its ClientHello, the authenticator its Start. The first
/// octet chooses.
///
/// | bits | meaning |
/// |---|---|
/// | 0 | TLS 1.2 instead of 1.3 |
/// | 1 | an authenticator instead of a peer |
/// | 2 to 4 | what is inside: PAP, CHAP, MS-CHAP, MS-CHAP-V2, EAP-MSCHAPv2, GTC, MD5-Challenge, EAP-TLS; the authenticator allows all of the first kind, or all of EAP |
/// | 5 | the other end is rustls: the octets of operation 2 are laid over nothing, but said inside the tunnel |
pub fn ttls_session(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let inner = options >> 2 & 7;
    let ends = &ends()[usize::from(options & 1)];
    let tunnel = match options & 0x20 {
        0 => &ends.in_fragments,
        _ => &ends.in_one_piece,
    };
    let (peer, server) = (tunnel.peer(*options & 1, inner), tunnel.server(*options & 1, inner));
    match options & 0x22 {
        0 => {
            let mut machine = Machine::new(peer).with(Honest::authenticator(server));
            machine.timeout(0);
            machine.step(HONEST, &[]);
            machine.step(HONEST, &[]);
            machine.run(program);
        }
        0x02 => {
            let mut machine = Machine::new(server).with(Honest::peer(peer));
            machine.start();
            machine.step(HONEST, &[]);
            machine.run(program);
        }
        0x20 => {
            let tls = ServerConnection::new(Arc::clone(&ends.server)).unwrap();
            let mut machine = Machine::new(peer).with(Puppet::new(tls));
            machine.timeout(0);
            machine.step(1, &[1, REQUEST, 1]);
            machine.step(1, &[1, REQUEST, 21, START]);
            machine.run(program);
        }
        _ => {
            let name = ServerName::try_from(SERVER_NAME).unwrap();
            let tls = ClientConnection::new(Arc::clone(&ends.client), name).unwrap();
            let mut machine = Machine::new(server).with(Puppet::new(tls));
            machine.start();
            machine.step(1, &[0, RESPONSE, 1, b'@']);
            machine.run(program);
        }
    }
}

/// rustls, without fragments. Inside the tunnel it says what it is told to.
struct Puppet {
    tls: Connection,
    /// The last packet: records are not taken twice.
    heard: Vec<u8>,
    keys: Option<Keys>,
}

impl Puppet {
    fn new(tls: impl Into<Connection>) -> Self {
        Self { tls: tls.into(), heard: Vec::new(), keys: None }
    }

    fn listen(&mut self, data: &[u8]) {
        let skip = match data.first() {
            Some(flags) if flags & START != 0 => return,
            Some(flags) if flags & LENGTH_INCLUDED != 0 => 5,
            _ => 1,
        };
        let mut records = data.get(skip..).unwrap_or_default();
        while !records.is_empty() && self.tls.read_tls(&mut records).is_ok() {
            if self.tls.process_new_packets().is_err() {
                break;
            }
            // What it is does not matter.
            let _ = self.tls.reader().read_to_end(&mut Vec::new());
        }
        if self.keys.is_none() && !self.tls.is_handshaking() {
            self.keys = Some(self.export());
        }
    }

    /// RFC 5281 §8, RFC 9427 §2.
    fn export(&self) -> Keys {
        let (label, context) = match self.tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => {
                (&b"EXPORTER_EAP_TLS_Key_Material"[..], Some(&[21][..]))
            }
            _ => (&b"ttls keying material"[..], None),
        };
        let material = self.tls.export_keying_material([0; 128], label, context).unwrap();
        let (msk, emsk) = material.split_at(64);
        Keys { msk: Msk::new(msk), emsk: Some(Emsk::new(emsk)), session_id: None }
    }
}

impl Counterpart for Puppet {
    fn reply(&mut self, packet: &[u8]) -> Vec<u8> {
        self.turn(packet, &[])
    }

    fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    fn turn(&mut self, packet: &[u8], octets: &[u8]) -> Vec<u8> {
        let (code, body) = match Packet::parse(packet) {
            Ok(Packet::Request(body)) => (RESPONSE, body),
            Ok(Packet::Response(body)) => (REQUEST, body),
            _ => return Vec::new(),
        };
        if body.method == MethodType::TTLS && self.heard != packet {
            self.heard = packet.to_vec();
            self.listen(body.data);
        }
        let _ = self.tls.writer().write_all(octets);
        let identifier = match code {
            REQUEST => body.identifier.next(),
            _ => body.identifier,
        };
        let mut reply = vec![code, identifier.0, 0, 0, 21, 0];
        while self.tls.wants_write() && self.tls.write_tls(&mut reply).is_ok() {}
        let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
        reply[2..4].copy_from_slice(&length);
        reply
    }
}

/// Our settings of a tunnel.
struct Tunnel {
    peer: Arc<TlsPeerConfig>,
    server: Arc<TlsServerConfig>,
}

impl Tunnel {
    fn peer(&self, version: u8, inner: u8) -> Peer {
        let eap = PeerConfig::builder().identity(IDENTITY).password(PASSWORD);
        let ttls = TtlsPeerConfig::builder(Arc::clone(&self.peer));
        let with_password =
            |builder: TtlsPeerConfigBuilder| builder.identity(IDENTITY).password(PASSWORD);
        let ttls = match inner {
            0 => with_password(ttls).pap(),
            1 => with_password(ttls).chap(),
            2 => with_password(ttls).mschap(),
            3 => with_password(ttls).mschapv2(),
            4 => ttls.eap(eap.method(MethodType::MSCHAPV2).build().unwrap()),
            5 => ttls.eap(eap.method(MethodType::GTC).build().unwrap()),
            6 => ttls.eap(eap.method(MethodType::MD5).build().unwrap()),
            _ => {
                let own = Arc::clone(&tls()[usize::from(version)].0);
                ttls.eap(PeerConfig::builder().identity(IDENTITY).tls(own).build().unwrap())
            }
        };
        let config = PeerConfig::builder().identity("@example.org").ttls(ttls.build().unwrap());
        Peer::new(Arc::new(config.max_rounds(40).build().unwrap()), rng())
    }

    fn server(&self, version: u8, inner: u8) -> Authenticator {
        let ttls = TtlsServerConfig::builder(Arc::clone(&self.server));
        let eap = AuthenticatorConfig::builder().password_retries(1);
        let ttls = match inner {
            0..=3 => ttls.pap().chap().mschap().mschapv2(),
            4..=6 => {
                let eap = eap.method(MethodType::MSCHAPV2).method(MethodType::GTC);
                ttls.eap(eap.method(MethodType::MD5).build().unwrap())
            }
            _ => {
                let own = Arc::clone(&tls()[usize::from(version)].1);
                ttls.eap(eap.tls(own).build().unwrap())
            }
        };
        let config = AuthenticatorConfig::builder().password_retries(1).ttls(ttls.build().unwrap());
        Authenticator::new(Arc::new(config.max_rounds(40).build().unwrap()), rng())
    }
}

/// What speaks one version of TLS. Sessions are not resumed.
struct Ends {
    in_fragments: Tunnel,
    in_one_piece: Tunnel,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

/// With TLS 1.3 and with TLS 1.2, made once: certificates take time.
fn ends() -> &'static [Ends; 2] {
    static ENDS: OnceLock<[Ends; 2]> = OnceLock::new();
    ENDS.get_or_init(|| {
        let ca = Ca::default();
        let own = ca.server(SERVER_NAME);
        let chain = CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca.pem.as_bytes()).unwrap()).unwrap();
        let (provider, clock) = (Arc::new(ring::default_provider()), Arc::new(Clock));
        [(TlsVersion::V1_3, &TLS13), (TlsVersion::V1_2, &TLS12)].map(|(version, bare)| {
            let tunnel = |fragment_size| {
                let policy = CertificatePolicy::for_servers().ca(ca.pem.as_bytes());
                let peer = TlsPeerConfig::builder(policy.clock(ClockPolicy::Ignore))
                    .max_version(version)
                    .fragment_size(fragment_size);
                let (certificate, key) = (own.certificate.as_bytes(), own.key.as_bytes());
                let server = TlsServerConfig::builder(certificate, key)
                    .max_version(version)
                    .fragment_size(fragment_size);
                Tunnel {
                    peer: Arc::new(peer.build().unwrap()),
                    server: Arc::new(server.build().unwrap()),
                }
            };
            let mut server = ServerConfig::builder_with_details(provider.clone(), clock.clone())
                .with_protocol_versions(&[bare])
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![chain.clone()], key.clone_key())
                .unwrap();
            server.session_storage = Arc::new(NoServerSessionStorage {});
            server.send_tls13_tickets = 0;
            let mut client = ClientConfig::builder_with_details(provider.clone(), clock.clone())
                .with_protocol_versions(&[bare])
                .unwrap()
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            client.resumption = Resumption::disabled();
            Ends {
                in_fragments: tunnel(400),
                in_one_piece: tunnel(65_000),
                client: Arc::new(client),
                server: Arc::new(server),
            }
        })
    })
}

#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(NOW)))
    }
}
