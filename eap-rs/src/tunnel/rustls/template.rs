//! What connections are made of: everything that does not change from session to session.

use std::sync::Arc;

use rustls::client::{ClientConnection, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ServerConnection, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, Error, ServerConfig, SupportedProtocolVersion};

use super::patient_key::PatientServer;
use crate::ConfigError;
use crate::tunnel::certificate::{
    CertificatePolicy, CertificateRefusal, CertificateWithKey, PolicyVerifier, SessionClock,
};
use crate::tunnel::resumption::{ClientDesk, ClientSessions, Owner, ServerDesk, ServerSessions};

/// A client's.
#[derive(Debug)]
pub(crate) struct ClientTemplate {
    config: ClientConfig,
    servers: Arc<CertificatePolicy>,
    sessions: Option<Arc<ClientSessions>>,
}

impl ClientTemplate {
    pub(crate) fn new(
        provider: Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
        servers: Arc<CertificatePolicy>,
        own: Option<CertificateWithKey>,
        resumption: bool,
    ) -> Result<Self, ConfigError> {
        // One verifier for all sessions: rustls resumes only what the same one has verified.
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PolicyVerifier::new(Arc::clone(&servers))));
        let mut config = match own {
            Some(own) => builder.with_client_cert_resolver(resolver(&own)),
            None => builder.with_no_client_auth(),
        };
        // RFC 5216 knows of no names in the handshake.
        config.enable_sni = false;
        config.resumption = Resumption::disabled();
        let sessions = resumption.then(Arc::default);
        Ok(Self { config, servers, sessions })
    }

    pub(super) fn open_desk(
        &self,
        owner: Owner,
        unix_time: Option<u64>,
    ) -> Option<Arc<ClientDesk>> {
        let sessions = self.sessions.as_ref()?;
        Some(sessions.open(owner, &self.servers, unix_time))
    }

    pub(super) fn connect(
        &self,
        desk: Option<&Arc<ClientDesk>>,
        unix_time: Option<u64>,
    ) -> Result<ClientConnection, Error> {
        let mut config = self.config.clone();
        config.time_provider = Arc::new(SessionClock(unix_time));
        if let Some(desk) = desk {
            config.resumption = Resumption::store(Arc::clone(desk) as _);
        }
        // Nobody is told this name: there is no SNI.
        let name = ServerName::try_from("eap").map_err(|e| Error::General(e.to_string()))?;
        ClientConnection::new(Arc::new(config), name)
    }
}

/// Whether clients show certificates, and which are accepted.
#[derive(Clone, Debug)]
pub(crate) enum Clients {
    /// They are not asked for any.
    None,
    Optional(Arc<CertificatePolicy>),
    Required(Arc<CertificatePolicy>),
}

impl Clients {
    fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        match self.clone() {
            Self::None => WebPkiClientVerifier::no_client_auth(),
            Self::Optional(policy) => Arc::new(PolicyVerifier::for_optional_clients(policy)),
            Self::Required(policy) => Arc::new(PolicyVerifier::new(policy)),
        }
    }

    pub(crate) fn asks_host(&self) -> bool {
        match self {
            Self::None => false,
            Self::Optional(policy) | Self::Required(policy) => policy.asks_host(),
        }
    }

    /// Judges the certificates of a resumed session.
    pub(super) fn check(
        &self,
        chain: &[CertificateDer<'_>],
        unix_time: Option<u64>,
    ) -> Result<(), CertificateRefusal> {
        match self {
            Self::None => Ok(()),
            Self::Optional(_) if chain.is_empty() => Ok(()),
            Self::Optional(policy) | Self::Required(policy) => policy.check(chain, unix_time),
        }
    }
}

/// A server's.
#[derive(Debug)]
pub(crate) struct ServerTemplate {
    config: ServerConfig,
    own: Arc<CertifiedKey>,
    clients: Clients,
    sessions: Option<Arc<ServerSessions>>,
}

impl ServerTemplate {
    pub(crate) fn new(
        provider: Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
        clients: Clients,
        own: &CertificateWithKey,
        sessions: Option<ServerSessions>,
    ) -> Result<Self, ConfigError> {
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(unusable)?
            .with_client_cert_verifier(clients.verifier())
            .with_cert_resolver(resolver(own));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        let own = Arc::clone(own.certified());
        Ok(Self { config, own, clients, sessions: sessions.map(Arc::new) })
    }

    /// Whether the host is asked about sessions to be resumed.
    pub(crate) fn asks_about_resumption(&self) -> bool {
        self.sessions.as_ref().is_some_and(|sessions| sessions.asks_host())
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    pub(super) fn open_desk(
        &self,
        owner: Owner,
        unix_time: Option<u64>,
    ) -> Option<Arc<ServerDesk>> {
        Some(self.sessions.as_ref()?.open(owner, unix_time?))
    }

    pub(super) fn connect(
        &self,
        desk: Option<&Arc<ServerDesk>>,
        unix_time: Option<u64>,
    ) -> Result<ServerConnection, Error> {
        let mut config = self.config.clone();
        config.time_provider = Arc::new(SessionClock(unix_time));
        if let Some(desk) = desk {
            config.session_storage = Arc::clone(desk) as _;
            config.ticketer = Arc::clone(desk) as _;
            config.send_tls13_tickets = 1;
            if desk.is_shared() {
                config.cert_resolver = Arc::new(PatientServer::new(&self.own, desk));
            }
        }
        ServerConnection::new(Arc::new(config))
    }
}

fn resolver(own: &CertificateWithKey) -> Arc<SingleCertAndKey> {
    Arc::new(SingleCertAndKey::from(CertifiedKey::clone(own.certified())))
}

/// The certificate and its key have been checked before; what is left is a combination of
/// versions and cryptography that makes no sense.
fn unusable(error: Error) -> ConfigError {
    ConfigError::Tls(error.to_string())
}
