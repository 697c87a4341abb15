//! The tunnels of EAP-FAST (RFC 4851 §3.2): opened by a PAC, by certificates, or by nobody.

use core::ops::RangeInclusive;
use std::sync::Arc;

use super::Tunnel;
use super::engine::TlsError;
use super::fragment::Limits;
use super::openssl::{ClientTemplate, OpenSslEngine, Own, Profile, ServerTemplate};
use super::rustls::Clients;
use crate::ConfigError;
use crate::tls::{CertificatePolicy, TlsVersion};

pub(crate) use eap_rs_openssl::MasterSecret;

pub(crate) use super::openssl::TicketSecrets;

/// Of those asked for, the versions that EAP-FAST has. It ends with TLS 1.2: its tickets and key
/// block are gone from TLS 1.3.
pub(crate) fn versions(
    min: Option<TlsVersion>,
    max: TlsVersion,
) -> Result<RangeInclusive<TlsVersion>, ConfigError> {
    const HIGHEST: TlsVersion = TlsVersion::V1_2;
    let min = min.unwrap_or(TlsVersion::V1_0);
    let conflict = |with| Err(ConfigError::Conflict { field: "min_version", with });
    if min > max {
        return conflict("max_version");
    }
    if min > HIGHEST { conflict("the versions of EAP-FAST") } else { Ok(min..=max.min(HIGHEST)) }
}

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
        versions: &RangeInclusive<TlsVersion>,
        servers: Option<Arc<CertificatePolicy>>,
        own: impl Fn() -> Result<Option<Own>, ConfigError>,
        anonymous: bool,
        limits: Limits,
        ask_host: bool,
    ) -> Result<Self, ConfigError> {
        let template = ClientTemplate::new(Profile::Fast, versions, servers.clone(), own()?)?;
        let profile = match &servers {
            Some(_) => Profile::FastAnonymous,
            None => Profile::FastAnonymousOnly,
        };
        let anonymous = anonymous.then(|| ClientTemplate::new(profile, versions, servers, own()?));
        Ok(Self { template, anonymous: anonymous.transpose()?, limits, ask_host })
    }

    /// Where only a PAC opens a tunnel, or nobody does.
    pub(crate) fn without_certificates(
        versions: &RangeInclusive<TlsVersion>,
        anonymous: bool,
    ) -> Result<Self, ConfigError> {
        Self::new(versions, None, || Ok(None), anonymous, Limits::DEFAULT, false)
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
        versions: &RangeInclusive<TlsVersion>,
        clients: Clients,
        own: Own,
        anonymous: bool,
        limits: Limits,
        ask_host: bool,
    ) -> Result<Self, ConfigError> {
        let profile = if anonymous { Profile::FastAnonymous } else { Profile::Fast };
        let template = ServerTemplate::new(profile, versions, clients, Some(own))?;
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
