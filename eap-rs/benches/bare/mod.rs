//! rustls without EAP: what a login over TLS cannot do without. The same certificates, provider and
//! versions as in the logins, the exports of EAP-TLS; rustls's own verifiers.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run stops")]

use std::sync::Arc;

use eap_rs::tls::TlsVersion;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection,
};

use crate::pki::{Identity, Pki, SERVER_NAME};

/// Configurations as a host keeps them: built once, shared by all its connections.
pub(crate) struct Bare {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

/// Who is authenticated by a certificate.
#[derive(Clone, Copy)]
pub(crate) enum Authenticated {
    Both,
    Server,
}

impl Bare {
    pub(crate) fn new(pki: &Pki, version: TlsVersion, who: Authenticated) -> Self {
        let versions = match version {
            TlsVersion::V1_3 => [&TLS13],
            _ => [&TLS12],
        };
        let provider = provider();
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&pki.ca)).expect("a CA");
        let roots = Arc::new(roots);

        let servers = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone());
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&versions)
            .expect("a provider of both versions")
            .with_webpki_verifier(servers.build().expect("a root"));
        let (chain, key) = own(&pki.client);
        let mut client = match who {
            Authenticated::Both => client.with_client_auth_cert(chain, key),
            Authenticated::Server => Ok(client.with_no_client_auth()),
        }
        .expect("a key that fits its certificate");
        client.enable_sni = false;
        client.resumption = Resumption::disabled();

        let clients = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
        let clients = match who {
            Authenticated::Both => clients.clear_root_hint_subjects().build().expect("a root"),
            Authenticated::Server => WebPkiClientVerifier::no_client_auth(),
        };
        let (chain, key) = own(&pki.server);
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .expect("a provider of both versions")
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)
            .expect("a key that fits its certificate");
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Self { client: Arc::new(client), server: Arc::new(server) }
    }

    pub(crate) fn client(&self) -> BareEnd {
        let name = ServerName::try_from(SERVER_NAME).expect("a name");
        let connection = ClientConnection::new(self.client.clone(), name);
        BareEnd { connection: connection.expect("a connection").into(), done: false }
    }

    pub(crate) fn server(&self) -> BareEnd {
        let connection = ServerConnection::new(self.server.clone());
        BareEnd { connection: connection.expect("a connection").into(), done: false }
    }

    /// A handshake up to the keys, on both ends.
    pub(crate) fn handshake(&self) {
        let (mut client, mut server) = (self.client(), self.server());
        let mut flight = client.turn(&[]);
        while let Some(records) = flight {
            flight = server.turn(&records).and_then(|records| client.turn(&records));
        }
        assert_eq!((client.done, server.done), (true, true));
    }
}

/// One end of a connection.
pub(crate) struct BareEnd {
    connection: Connection,
    /// Whether it has exported its keys.
    pub(crate) done: bool,
}

impl BareEnd {
    /// Takes a flight of records; gives the one to send.
    pub(crate) fn turn(&mut self, mut records: &[u8]) -> Option<Vec<u8>> {
        while !records.is_empty() {
            self.connection.read_tls(&mut records).expect("room for records");
            self.connection.process_new_packets().expect("records in order");
        }
        if !self.connection.is_handshaking() && !self.done {
            self.export();
        }
        let mut flight = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut flight).expect("memory to write to");
        }
        (!flight.is_empty()).then_some(flight)
    }

    /// What EAP-TLS exports (RFC 5216 §2.3, RFC 9190 §2.3).
    fn export(&mut self) {
        let export = |label: &[u8], context: Option<&[u8]>, octets: usize| {
            let material = self.connection.export_keying_material(vec![0; octets], label, context);
            assert_eq!(material.expect("a handshake that is over").len(), octets);
        };
        if self.connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3) {
            export(b"EXPORTER_EAP_TLS_Key_Material", Some(&[13]), 128);
            export(b"EXPORTER_EAP_TLS_Method-Id", Some(&[13]), 64);
        } else {
            export(b"client EAP encryption", None, 128);
        }
        self.done = true;
    }
}

/// The one that eap-rs takes by default.
fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "ring")]
    return Arc::new(rustls::crypto::ring::default_provider());
    #[cfg(not(feature = "ring"))]
    return Arc::new(rustls::crypto::aws_lc_rs::default_provider());
}

fn own(identity: &Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a key");
    (vec![certificate(&identity.certificate)], key)
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}
