//! The tunnels of EAP-FAST (RFC 4851 §3.2): opened by a PAC, by certificates, or by nobody.

use std::sync::Arc;

use super::Tunnel;
use super::engine::TlsError;
use super::fragment::Limits;
use super::openssl::{ClientTemplate, OpenSslEngine, Own, Profile, ServerTemplate};
use super::rustls::Clients;
use crate::ConfigError;
use crate::tls::CertificatePolicy;

pub(crate) use eap_rs_openssl::MasterSecret;

pub(crate) use super::openssl::TicketSecrets;

/// The peer's.
#[derive(Debug)]
pub(crate) struct FastClient {
    template: ClientTemplate,
    anonymous: Option<ClientTemplate>,
    limits: Limits,
    ask_host: bool,
}

impl FastClient {
    /// Servers by their certificates, if there is a policy for them.
    pub(crate) fn new(
        servers: Option<Arc<CertificatePolicy>>,
        own: impl Fn() -> Result<Option<Own>, ConfigError>,
        anonymous: bool,
        limits: Limits,
        ask_host: bool,
    ) -> Result<Self, ConfigError> {
        let template = ClientTemplate::new(Profile::Fast, servers.clone(), own()?)?;
        let profile = match &servers {
            Some(_) => Profile::FastAnonymous,
            None => Profile::FastAnonymousOnly,
        };
        let anonymous = anonymous.then(|| ClientTemplate::new(profile, servers, own()?));
        Ok(Self { template, anonymous: anonymous.transpose()?, limits, ask_host })
    }

    /// Where only a PAC opens a tunnel, or nobody does.
    pub(crate) fn without_certificates(anonymous: bool) -> Result<Self, ConfigError> {
        Self::new(None, || Ok(None), anonymous, Limits::DEFAULT, false)
    }

    /// A tunnel; with the body of a SessionTicket extension, and what it is a ticket of.
    /// `anonymous` accepts a server that is not authenticated, if that is configured.
    pub(crate) fn tunnel(
        &self,
        unix_time: Option<u64>,
        anonymous: bool,
        pac: Option<(Vec<u8>, Arc<dyn TicketSecrets>)>,
    ) -> Result<Tunnel, TlsError> {
        let template = self.anonymous.as_ref().filter(|_| anonymous).unwrap_or(&self.template);
        let engine = OpenSslEngine::client(template, unix_time, pac)?;
        Ok(Tunnel::new(Box::new(engine), self.limits, self.ask_host))
    }
}

/// The server's.
#[derive(Debug)]
pub(crate) struct FastServer {
    template: ServerTemplate,
    limits: Limits,
    ask_host: bool,
}

impl FastServer {
    pub(crate) fn new(
        clients: Clients,
        own: Own,
        anonymous: bool,
        limits: Limits,
        ask_host: bool,
    ) -> Result<Self, ConfigError> {
        let profile = if anonymous { Profile::FastAnonymous } else { Profile::Fast };
        let template = ServerTemplate::new(profile, clients, Some(own))?;
        Ok(Self { template, limits, ask_host })
    }

    /// Whether peers have to show a certificate.
    pub(crate) fn requires_clients(&self) -> bool {
        matches!(self.template.clients(), Clients::Required(_))
    }

    /// A tunnel that a PAC opens, if the secrets know it.
    pub(crate) fn tunnel(
        &self,
        unix_time: Option<u64>,
        secrets: Arc<dyn TicketSecrets>,
    ) -> Result<Tunnel, TlsError> {
        let engine = OpenSslEngine::server(&self.template, unix_time, Some(secrets))?;
        Ok(Tunnel::new(Box::new(engine), self.limits, self.ask_host))
    }
}
