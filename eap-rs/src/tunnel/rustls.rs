//! The TLS engine by rustls: the only file that drives a connection of that library.

use std::sync::Arc;

use rustls::client::{ClientConnection, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert, ServerConnection};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    CipherSuite, ClientConfig, Connection, HandshakeKind, ProtocolVersion, ServerConfig,
    SupportedProtocolVersion,
};

use super::certificate::{
    CertificatePolicy, CertificateRefusal, CertificateWithKey, PolicyVerifier,
};
use super::engine::{Established, Randoms, TlsEngine, TlsError};
use super::hello::HelloRandom;
use crate::ConfigError;
use crate::tls::{TlsAlert, TlsVersion};

pub(super) struct RustlsEngine {
    connection: Connection,
    verifier: Arc<PolicyVerifier>,
    sent_random: HelloRandom,
    received_random: HelloRandom,
}

/// The clock of one session. rustls asks for the time to judge certificates and tickets.
#[derive(Debug)]
struct SessionClock(Option<u64>);

impl TimeProvider for SessionClock {
    /// Certificates are judged by the policy's own clock; rustls wants one for tickets.
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(core::time::Duration::from_secs(self.0.unwrap_or(0))))
    }
}

/// What a client's connections are made of.
#[derive(Debug)]
pub(super) struct ClientTemplate {
    config: ClientConfig,
    policy: Arc<CertificatePolicy>,
}

impl ClientTemplate {
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
        policy: Arc<CertificatePolicy>,
        own: Option<CertificateWithKey>,
    ) -> Result<Self, ConfigError> {
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(PolicyVerifier::new(policy.clone(), None));
        let mut config = match own {
            Some(own) => builder.with_client_cert_resolver(resolver(&own)),
            None => builder.with_no_client_auth(),
        };
        // RFC 5216 knows of no names in the handshake.
        config.enable_sni = false;
        config.resumption = Resumption::disabled();
        Ok(Self { config, policy })
    }
}

/// What a server's connections are made of.
#[derive(Debug)]
pub(super) struct ServerTemplate {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
    clients: Arc<CertificatePolicy>,
    certificate: Arc<dyn ResolvesServerCert>,
}

impl ServerTemplate {
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        versions: Vec<&'static SupportedProtocolVersion>,
        clients: Arc<CertificatePolicy>,
        own: &CertificateWithKey,
    ) -> Self {
        Self { provider, versions, clients, certificate: resolver(own) }
    }
}

fn resolver(own: &CertificateWithKey) -> Arc<SingleCertAndKey> {
    Arc::new(SingleCertAndKey::from(CertifiedKey::clone(own.certified())))
}

/// The certificate and its key have been checked before; what is left is a combination of
/// versions and cryptography that makes no sense.
fn unusable(error: rustls::Error) -> ConfigError {
    ConfigError::Tls(error.to_string())
}

impl RustlsEngine {
    pub(super) fn client(
        template: &ClientTemplate,
        unix_time: Option<u64>,
    ) -> Result<Self, TlsError> {
        let verifier = PolicyVerifier::new(Arc::clone(&template.policy), unix_time);
        let mut config = template.config.clone();
        config.time_provider = Arc::new(SessionClock(unix_time));
        config.dangerous().set_certificate_verifier(verifier.clone());
        // Nobody is told this name: there is no SNI.
        let name = ServerName::try_from("eap").map_err(|e| TlsError::Protocol(e.to_string()))?;
        let connection = ClientConnection::new(Arc::new(config), name)
            .map_err(|error| TlsError::Protocol(error.to_string()))?;
        Ok(Self::new(connection.into(), verifier))
    }

    pub(super) fn server(
        template: &ServerTemplate,
        unix_time: Option<u64>,
    ) -> Result<Self, TlsError> {
        let verifier = PolicyVerifier::new(Arc::clone(&template.clients), unix_time);
        let failed = |error: rustls::Error| TlsError::Protocol(error.to_string());
        let clock = Arc::new(SessionClock(unix_time));
        let mut config = ServerConfig::builder_with_details(Arc::clone(&template.provider), clock)
            .with_protocol_versions(&template.versions)
            .map_err(failed)?
            .with_client_cert_verifier(verifier.clone())
            .with_cert_resolver(Arc::clone(&template.certificate));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        let connection = ServerConnection::new(Arc::new(config)).map_err(failed)?;
        Ok(Self::new(connection.into(), verifier))
    }

    fn new(connection: Connection, verifier: Arc<PolicyVerifier>) -> Self {
        let (sent_random, received_random) = Default::default();
        Self { connection, verifier, sent_random, received_random }
    }

    fn convert(&self, error: rustls::Error) -> TlsError {
        match error {
            rustls::Error::AlertReceived(alert) => TlsError::AlertReceived(TlsAlert(alert.into())),
            rustls::Error::NoCertificatesPresented => {
                TlsError::Certificate(CertificateRefusal::NoCertificate)
            }
            rustls::Error::InvalidCertificate(error) => match self.verifier.refusal() {
                Some(refusal) => TlsError::Certificate(refusal.clone()),
                None => TlsError::Protocol(error.to_string()),
            },
            rustls::Error::PeerIncompatible(missing) => {
                TlsError::Incompatible(format!("{missing:?}"))
            }
            other => TlsError::Protocol(other.to_string()),
        }
    }
}

impl TlsEngine for RustlsEngine {
    fn feed(&mut self, mut records: &[u8]) -> Result<(), TlsError> {
        self.received_random.watch(records);
        while !records.is_empty() {
            let taken = self.connection.read_tls(&mut records).map_err(protocol)?;
            let processed = self.connection.process_new_packets().map(|_| ());
            processed.map_err(|error| self.convert(error))?;
            if taken == 0 {
                return Err(TlsError::Protocol("records after the end".into()));
            }
        }
        Ok(())
    }

    fn take_output(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        while self.connection.wants_write() {
            // Writing to memory does not fail.
            if self.connection.write_tls(out).is_err() {
                break;
            }
        }
        self.sent_random.watch(out.get(start..).unwrap_or_default());
    }

    fn write(&mut self, data: &[u8]) -> Result<(), TlsError> {
        std::io::Write::write_all(&mut self.connection.writer(), data).map_err(protocol)
    }

    fn read(&mut self, out: &mut Vec<u8>) -> Result<(), TlsError> {
        use std::io::ErrorKind::WouldBlock;
        match std::io::Read::read_to_end(&mut self.connection.reader(), out) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == WouldBlock => Ok(()),
            Err(error) => Err(protocol(error)),
        }
    }

    fn established(&self) -> Option<Established> {
        if self.connection.is_handshaking() {
            return None;
        }
        let version = match self.connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => TlsVersion::V1_2,
            ProtocolVersion::TLSv1_3 => TlsVersion::V1_3,
            _ => return None,
        };
        Some(Established {
            version,
            suite: registered_name(self.connection.negotiated_cipher_suite()?.suite())?,
            resumed: self.connection.handshake_kind() == Some(HandshakeKind::Resumed),
        })
    }

    fn peer_certificate(&self) -> Option<&[u8]> {
        self.connection.peer_certificates()?.first().map(AsRef::as_ref)
    }

    fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<(), TlsError> {
        self.connection
            .export_keying_material(out, label, context)
            .map(|_| ())
            .map_err(|e| self.convert(e))
    }

    fn randoms(&self) -> Option<Randoms> {
        let (sent, received) = (self.sent_random.get()?, self.received_random.get()?);
        Some(match &self.connection {
            Connection::Client(_) => [sent, received],
            Connection::Server(_) => [received, sent],
        })
    }
}

/// rustls has a prefix of its own for the suites of TLS 1.3.
fn registered_name(suite: CipherSuite) -> Option<&'static str> {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => Some("TLS_AES_128_GCM_SHA256"),
        CipherSuite::TLS13_AES_256_GCM_SHA384 => Some("TLS_AES_256_GCM_SHA384"),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => Some("TLS_CHACHA20_POLY1305_SHA256"),
        other => other.as_str(),
    }
}

fn protocol(error: std::io::Error) -> TlsError {
    TlsError::Protocol(error.to_string())
}
