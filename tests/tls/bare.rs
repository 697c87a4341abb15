//! A TLS end that is rustls with its own verifiers, and EAP-TLS written out by hand: nothing of it
//! is ours.

use std::sync::Arc;
use std::time::Duration;

use eap_rs::{Authenticator, Keys, MethodType, Outcome, Peer};
use eap_tests::script::{Scripted, failure, request, response, success};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{
    ClientConfig, ClientConnection, Connection, ProtocolVersion, RootCertStore, ServerConfig,
    ServerConnection,
};

use crate::Setup;
use crate::transcript::describe;
use crate::wire::{MORE_FRAGMENTS, START, type_data};

pub(crate) struct Bare {
    pub(crate) tls: Connection,
    /// The application data that has come in.
    pub(crate) heard: Vec<u8>,
    /// How the connection broke.
    pub(crate) error: Option<rustls::Error>,
}

/// What was said between one of our ends and a bare one, and how it ended.
pub(crate) struct Meeting<S> {
    pub(crate) flow: Vec<String>,
    pub(crate) ours: Scripted<S>,
    pub(crate) bare: Bare,
}

#[derive(Debug)]
struct Clock(u64);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

fn chain(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn key(pem: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// The setup as rustls has it.
impl Setup {
    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(chain(&self.ca.pem).remove(0)).unwrap();
        Arc::new(roots)
    }

    fn bare_versions(&self) -> Vec<&'static rustls::SupportedProtocolVersion> {
        let [min, max] = self.versions;
        let all = [
            (eap_rs::tls::TlsVersion::V1_3, &rustls::version::TLS13),
            (eap_rs::tls::TlsVersion::V1_2, &rustls::version::TLS12),
        ];
        all.iter().filter(|(v, _)| (min..=max).contains(v)).map(|(_, version)| *version).collect()
    }

    /// A client with this cryptography, its settings edited at the end.
    pub(crate) fn bare_client(
        &self,
        provider: CryptoProvider,
        edit: impl FnOnce(&mut ClientConfig),
    ) -> Bare {
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&self.bare_versions())
            .unwrap()
            .with_root_certificates(self.roots())
            .with_client_auth_cert(chain(&self.client.certificate), key(&self.client.key))
            .unwrap();
        config.time_provider = Arc::new(Clock(self.unix_time));
        config.enable_sni = false;
        config.resumption = Resumption::disabled();
        edit(&mut config);
        let name = ServerName::try_from("radius.example.org").unwrap();
        Bare::new(ClientConnection::new(Arc::new(config), name).unwrap().into())
    }

    /// A server that wants a certificate, its settings edited at the end.
    pub(crate) fn bare_server(
        &self,
        provider: CryptoProvider,
        edit: impl FnOnce(&mut ServerConfig),
    ) -> Bare {
        let provider_of_clients = Arc::new(provider.clone());
        let clients =
            WebPkiClientVerifier::builder_with_provider(self.roots(), provider_of_clients);
        self.bare_server_with_clients(provider, clients.build().unwrap(), edit)
    }

    /// A server that judges its clients so.
    pub(crate) fn bare_server_with_clients(
        &self,
        provider: CryptoProvider,
        clients: Arc<dyn ClientCertVerifier>,
        edit: impl FnOnce(&mut ServerConfig),
    ) -> Bare {
        let provider = Arc::new(provider);
        let clock = Arc::new(Clock(self.unix_time));
        let mut config = ServerConfig::builder_with_details(provider, clock)
            .with_protocol_versions(&self.bare_versions())
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(chain(&self.server.certificate), key(&self.server.key))
            .unwrap();
        config.send_tls13_tickets = 0;
        edit(&mut config);
        Bare::new(ServerConnection::new(Arc::new(config)).unwrap().into())
    }

    /// Our peer against this server, until nothing more is said.
    pub(crate) fn meet_server(&self, mut bare: Bare) -> Meeting<Peer> {
        let mut ours = self.scripted_peer(self.peer());
        let mut flow = Vec::new();
        let mut next = request(1, MethodType::IDENTITY, b"");
        for identifier in 2.. {
            flow.push(format!("<- {}", describe(&next)));
            let sent = ours.sent.len();
            let _ = ours.feed(&next);
            let Some(reply) = ours.sent.get(sent) else { break };
            flow.push(format!("-> {}", describe(reply)));
            next = match type_data(reply) {
                None => request(identifier, MethodType::TLS, &[START]),
                Some(data) => match bare.answer_as_server(data) {
                    Some(records) => {
                        request(identifier, MethodType::TLS, &[&[0][..], &records].concat())
                    }
                    None if bare.error.is_none() => success(identifier - 1),
                    None => failure(identifier - 1),
                },
            };
        }
        Meeting { flow, ours, bare }
    }

    /// Our authenticator against this client, until nothing more is said.
    pub(crate) fn meet_client(&self, mut bare: Bare) -> Meeting<Authenticator> {
        let mut ours = self.scripted_server(self.server());
        let mut flow = Vec::new();
        for n in 0.. {
            let Some(packet) = ours.sent.get(n) else { break };
            flow.push(format!("<- {}", describe(packet)));
            let identifier = packet[1];
            let reply = match type_data(packet) {
                None if packet.len() == 4 => break,
                None => response(identifier, MethodType::IDENTITY, b"@example.org"),
                Some(data) => {
                    let records = bare.answer_as_client(data);
                    response(identifier, MethodType::TLS, &[&[0][..], &records].concat())
                }
            };
            flow.push(format!("-> {}", describe(&reply)));
            let _ = ours.feed(&reply);
        }
        Meeting { flow, ours, bare }
    }
}

impl Bare {
    fn new(tls: Connection) -> Self {
        Self { tls, heard: Vec::new(), error: None }
    }

    /// Takes records, and gives those to send.
    pub(crate) fn feed(&mut self, mut records: &[u8]) -> Vec<u8> {
        while !records.is_empty() && self.error.is_none() {
            let taken = self.tls.read_tls(&mut records).unwrap();
            self.error = self.tls.process_new_packets().err();
            assert!(taken > 0, "records after the end");
        }
        // There may be nothing to read, and that is an error of its own.
        let _ = std::io::Read::read_to_end(&mut self.tls.reader(), &mut self.heard);
        self.take()
    }

    /// The records to send.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut records).unwrap();
        }
        records
    }

    /// Encrypts this.
    pub(crate) fn say(&mut self, data: &[u8]) {
        std::io::Write::write_all(&mut self.tls.writer(), data).unwrap();
    }

    pub(crate) fn is_done(&self) -> bool {
        self.error.is_none() && !self.tls.is_handshaking()
    }

    /// `None` is the end: there is nothing more to say.
    fn answer_as_server(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        let octets = message(data);
        if octets.is_empty() {
            return None;
        }
        let mut records = self.feed(octets);
        if self.is_done() && self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_3) {
            self.say(&[0]);
            records.extend(self.take());
        }
        (!records.is_empty()).then_some(records)
    }

    fn answer_as_client(&mut self, data: &[u8]) -> Vec<u8> {
        match data {
            [START] => self.take(),
            data => self.feed(message(data)),
        }
    }

    /// These are the keys of RFC 5216 §2.3 and RFC 9190 §2.3.
    pub(crate) fn assert_keys(&self, outcome: &Outcome) {
        let Keys { msk, emsk, session_id, .. } = outcome.keys.as_ref().unwrap();
        let export = |label: &[u8], context: Option<&[u8]>, len: usize| {
            self.tls.export_keying_material(vec![0; len], label, context).unwrap()
        };
        let material = match self.tls.protocol_version().unwrap() {
            ProtocolVersion::TLSv1_3 => {
                let method_id = export(b"EXPORTER_EAP_TLS_Method-Id", Some(&[13]), 64);
                assert_eq!(session_id.as_ref().unwrap().expose()[1..], method_id);
                export(b"EXPORTER_EAP_TLS_Key_Material", Some(&[13]), 128)
            }
            _ => export(b"client EAP encryption", None, 128),
        };
        assert_eq!(msk.expose(), &material[..64]);
        assert_eq!(emsk.as_ref().unwrap().expose(), &material[64..]);
    }
}

/// A whole message: the flags stand alone before it.
pub(crate) fn message(data: &[u8]) -> &[u8] {
    let (flags, octets) = data.split_first().expect("flags");
    assert_eq!(flags & MORE_FRAGMENTS, 0, "our ends are told not to fragment");
    // RFC 9190 §2.1.9: no length in a message of one packet.
    assert_eq!(*flags, 0);
    octets
}

pub(crate) fn provider() -> CryptoProvider {
    ring::default_provider()
}
