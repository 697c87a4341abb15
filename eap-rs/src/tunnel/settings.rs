//! What both sides are told of TLS before the first packet.

use core::fmt;
use core::ops::RangeInclusive;
use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::version::{TLS12, TLS13};

#[cfg(feature = "openssl")]
use super::certificate::loaded_key;
use super::certificate::{CertificatePolicy, CertificatePolicyBuilder, CertificateWithKey};
use super::engine::{TlsEngine, TlsError};
#[cfg(feature = "fast")]
use super::fast::{FastClient, FastServer};
use super::fragment::Limits;
#[cfg(feature = "openssl")]
use super::openssl::{self, OpenSslEngine};
use super::resumption::{Owner, Resumption, ServerSessions};
use super::rustls::{ClientTemplate, Clients, RustlsEngine, ServerTemplate};
use super::{Tunnel, TunnelSource};
use crate::config::check_range;
use crate::tls::TlsVersion;
use crate::{ConfigError, Secret};

/// The library behind the cryptography of TLS. Each is there if its feature is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsProvider {
    /// `ring` (feature `ring`): small. The default where it is there.
    Ring,
    /// AWS-LC (feature `aws-lc-rs`): fast RSA. The default where `ring` is not there.
    AwsLcRs,
}

impl TlsProvider {
    fn default_provider() -> Option<Self> {
        [Self::Ring, Self::AwsLcRs].into_iter().find(|provider| provider.load().is_some())
    }

    fn load(self) -> Option<CryptoProvider> {
        match self {
            #[cfg(feature = "ring")]
            Self::Ring => Some(rustls::crypto::ring::default_provider()),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLcRs => Some(rustls::crypto::aws_lc_rs::default_provider()),
            #[allow(unreachable_patterns, reason = "the arms depend on the features")]
            _ => None,
        }
    }
}

impl fmt::Display for TlsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ring => "ring",
            Self::AwsLcRs => "aws-lc-rs",
        })
    }
}

/// What is the same on both sides.
#[derive(Clone, Debug)]
struct Common {
    provider: Option<TlsProvider>,
    min_version: Option<TlsVersion>,
    max_version: TlsVersion,
    legacy: bool,
    fragment_size: usize,
    max_message: usize,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            provider: None,
            min_version: None,
            max_version: TlsVersion::V1_3,
            legacy: false,
            fragment_size: Limits::DEFAULT.fragment_size,
            max_message: Limits::DEFAULT.max_message,
        }
    }
}

impl Common {
    fn provider(&self) -> Result<Arc<CryptoProvider>, ConfigError> {
        let chosen = self.provider.or_else(TlsProvider::default_provider);
        let loaded = chosen.and_then(TlsProvider::load);
        loaded.map(Arc::new).ok_or(ConfigError::NoTlsProvider(chosen))
    }

    fn range(&self) -> Result<RangeInclusive<TlsVersion>, ConfigError> {
        let lowest = if self.legacy { TlsVersion::V1_0 } else { TlsVersion::V1_2 };
        let min = self.min_version.unwrap_or(lowest);
        if min > self.max_version {
            return Err(ConfigError::Conflict { field: "min_version", with: "max_version" });
        }
        if min < lowest {
            return Err(ConfigError::Needs { field: "min_version", needs: "legacy_tls" });
        }
        Ok(min..=self.max_version)
    }

    #[cfg(feature = "fast")]
    fn fast_versions(&self) -> Result<RangeInclusive<TlsVersion>, ConfigError> {
        super::fast::versions(self.min_version, self.max_version)
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, ConfigError> {
        let range = self.range()?;
        let all = [(TlsVersion::V1_3, &TLS13), (TlsVersion::V1_2, &TLS12)];
        Ok(all.iter().filter(|(v, _)| range.contains(v)).map(|(_, version)| *version).collect())
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        check_range("fragment_size", as_u64(self.fragment_size), 64..=65_000)?;
        check_range("max_message", as_u64(self.max_message), 4096..=16_777_216)?;
        Ok(Limits { max_message: self.max_message, fragment_size: self.fragment_size })
    }
}

fn as_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Our own certificate as it was handed in.
#[derive(Debug)]
struct Own {
    /// May hold the key as well.
    certificate: Secret,
    key: Secret,
    key_password: Option<Secret>,
}

impl Own {
    fn new(certificate: &[u8], key: &[u8]) -> Self {
        Self { certificate: Secret::new(certificate), key: Secret::new(key), key_password: None }
    }

    fn load(&self, provider: &CryptoProvider) -> Result<CertificateWithKey, ConfigError> {
        let password = self.key_password.as_ref();
        CertificateWithKey::from_parts(
            self.certificate.expose(),
            self.key.expose(),
            password,
            provider,
        )
    }

    /// What has been loaded, as OpenSSL takes it.
    #[cfg(feature = "openssl")]
    fn for_openssl(&self, loaded: &CertificateWithKey) -> Result<openssl::Own, ConfigError> {
        let key = loaded_key(self.key.expose(), self.key_password.as_ref())?;
        Ok(openssl::Own { chain: loaded.certified().cert.clone(), key })
    }
}

/// The settings that both builders have.
macro_rules! common_settings {
    () => {
        /// The lowest version accepted; TLS 1.2 if not set, with `legacy_tls` and for EAP-FAST TLS
        /// 1.0.
        #[must_use]
        pub fn min_version(mut self, version: TlsVersion) -> Self {
            self.common.min_version = Some(version);
            self
        }

        /// The highest version accepted; TLS 1.3 if not set, which EAP-FAST does not have.
        #[must_use]
        pub fn max_version(mut self, version: TlsVersion) -> Self {
            self.common.max_version = version;
            self
        }

        /// The most octets of TLS in one packet sent, 64 to 65000; 1398 if not set.
        #[must_use]
        pub fn fragment_size(mut self, octets: usize) -> Self {
            self.common.fragment_size = octets;
            self
        }

        /// The most octets of one message received, all its fragments together, 4096 to
        /// 16777216; 65536 if not set.
        #[must_use]
        pub fn max_message(mut self, octets: usize) -> Self {
            self.common.max_message = octets;
            self
        }

        /// Speaks TLS with OpenSSL (feature `openssl`), and so also TLS 1.0 and 1.1, suites with CBC
        /// and those without forward secrecy: for the other side that is too old for anything else.
        /// Sessions are not resumed then. Certificates are judged as ever.
        #[must_use]
        pub fn legacy_tls(mut self) -> Self {
            self.common.legacy = true;
            self
        }

        /// The cryptography, if more than one is compiled in; see [`TlsProvider`] for the default.
        #[must_use]
        pub fn provider(mut self, provider: TlsProvider) -> Self {
            self.common.provider = Some(provider);
            self
        }
    };
}

/// The library that speaks TLS, on the peer's side.
#[derive(Debug)]
enum ClientEngine {
    Rustls(Box<ClientTemplate>),
    #[cfg(feature = "openssl")]
    OpenSsl(openssl::ClientTemplate),
}

/// The same, on the authenticator's.
#[derive(Debug)]
enum ServerEngine {
    Rustls(Arc<ServerTemplate>),
    #[cfg(feature = "openssl")]
    OpenSsl(openssl::ServerTemplate),
}

#[cfg(feature = "openssl")]
impl ClientEngine {
    fn legacy(
        common: &Common,
        policy: Arc<CertificatePolicy>,
        own: Option<(&Own, &CertificateWithKey)>,
    ) -> Result<Self, ConfigError> {
        let own = own.map(|(own, certificate)| own.for_openssl(certificate)).transpose()?;
        let (profile, versions) = (openssl::Profile::Legacy, common.range()?);
        openssl::ClientTemplate::new(profile, &versions, Some(policy), own).map(Self::OpenSsl)
    }
}

#[cfg(feature = "openssl")]
impl ServerEngine {
    fn legacy(
        common: &Common,
        clients: Clients,
        own: &Own,
        certificate: &CertificateWithKey,
    ) -> Result<Self, ConfigError> {
        let own = own.for_openssl(certificate)?;
        let (profile, versions) = (openssl::Profile::Legacy, common.range()?);
        openssl::ServerTemplate::new(profile, &versions, clients, Some(own)).map(Self::OpenSsl)
    }
}

#[cfg(not(feature = "openssl"))]
impl ClientEngine {
    fn legacy(
        _: &Common,
        _: Arc<CertificatePolicy>,
        _: Option<(&Own, &CertificateWithKey)>,
    ) -> Result<Self, ConfigError> {
        Err(NO_LEGACY)
    }
}

#[cfg(not(feature = "openssl"))]
impl ServerEngine {
    fn legacy(
        _: &Common,
        _: Clients,
        _: &Own,
        _: &CertificateWithKey,
    ) -> Result<Self, ConfigError> {
        Err(NO_LEGACY)
    }
}

#[cfg(not(feature = "openssl"))]
const NO_LEGACY: ConfigError =
    ConfigError::NotInThisBuild { field: "legacy_tls", what: "TLS by OpenSSL", feature: "openssl" };

/// TLS on the peer's side: checked, immutable, shared by any number of sessions.
#[derive(Debug)]
pub struct TlsPeerConfig {
    engine: ClientEngine,
    limits: Limits,
    ask_host: bool,
    indication_on_resumption: bool,
}

impl TlsPeerConfig {
    /// Starts a configuration with what the server's certificate has to be.
    #[must_use]
    pub fn builder(server: CertificatePolicyBuilder) -> TlsPeerConfigBuilder {
        TlsPeerConfigBuilder {
            common: Common::default(),
            server,
            own: None,
            resumption: true,
            indication_on_resumption: false,
        }
    }

    /// Whether a server that resumes has to say as well that it grants access.
    pub(crate) fn requires_indication_on_resumption(&self) -> bool {
        self.indication_on_resumption
    }
}

impl TunnelSource for TlsPeerConfig {
    fn tunnel(&self, owner: Owner, unix_time: Option<u64>) -> Result<Tunnel, TlsError> {
        let engine: Box<dyn TlsEngine> = match &self.engine {
            ClientEngine::Rustls(template) => {
                Box::new(RustlsEngine::client(template, owner, unix_time)?)
            }
            #[cfg(feature = "openssl")]
            ClientEngine::OpenSsl(template) => {
                Box::new(OpenSslEngine::client(template, unix_time, None)?)
            }
        };
        Ok(Tunnel::new(engine, self.limits, self.ask_host))
    }
}

/// Collects a [`TlsPeerConfig`].
#[derive(Debug)]
pub struct TlsPeerConfigBuilder {
    common: Common,
    server: CertificatePolicyBuilder,
    own: Option<Own>,
    resumption: bool,
    indication_on_resumption: bool,
}

impl TlsPeerConfigBuilder {
    common_settings!();

    /// Our own certificate and its key; EAP-TLS cannot go without. The certificate is PEM, with
    /// its intermediates, or DER; the key PKCS#8, PKCS#1 or SEC1. One PEM that holds both may be
    /// given twice.
    #[must_use]
    pub fn certificate(mut self, certificate: &[u8], key: &[u8]) -> Self {
        self.own = Some(Own::new(certificate, key));
        self
    }

    /// The password of the key, if it is encrypted (PKCS#8).
    #[must_use]
    pub fn key_password(mut self, password: impl AsRef<[u8]>) -> Self {
        if let Some(own) = &mut self.own {
            own.key_password = Some(Secret::new(password));
        }
        self
    }

    /// Whether sessions are resumed, where the server lets us; they are if not set. They are kept
    /// in this configuration, as long as it lives: the sessions that share it resume each other's,
    /// of the same identity and method.
    #[must_use]
    pub fn resumption(mut self, resume: bool) -> Self {
        self.resumption = resume;
        self
    }

    /// Has a server of TLS 1.3 say that it grants access (RFC 9190 §2.5) also when it resumes a
    /// session. Without this, EAP-Success suffices then: some servers send no indication (hostapd
    /// 2.10), and who can resume a session has been authenticated before.
    #[must_use]
    pub fn require_indication_on_resumption(mut self) -> Self {
        self.indication_on_resumption = true;
        self
    }

    /// The same certificates, for the handshakes of EAP-FAST.
    #[cfg(feature = "fast")]
    pub(crate) fn fast(self, anonymous: bool) -> Result<FastClient, ConfigError> {
        let provider = self.common.provider()?;
        let policy = Arc::new(self.server.build(&provider)?);
        let ask_host = policy.asks_host();
        let own = self.own.as_ref();
        let loaded = own.map(|own| own.load(&provider)).transpose()?;
        let own = own.zip(loaded.as_ref());
        let own = || own.map(|(own, loaded)| own.for_openssl(loaded)).transpose();
        let (versions, limits) = (self.common.fast_versions()?, self.common.limits()?);
        FastClient::new(&versions, Some(policy), own, anonymous, limits, ask_host)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<TlsPeerConfig, ConfigError> {
        let provider = self.common.provider()?;
        let policy = Arc::new(self.server.build(&provider)?);
        let ask_host = policy.asks_host();
        let certificate = self.own.as_ref().map(|own| own.load(&provider)).transpose()?;
        let engine = if self.common.legacy {
            ClientEngine::legacy(&self.common, policy, self.own.as_ref().zip(certificate.as_ref()))?
        } else {
            let versions = self.common.versions()?;
            let resumption = self.resumption;
            let template =
                ClientTemplate::new(provider, &versions, policy, certificate, resumption)?;
            ClientEngine::Rustls(Box::new(template))
        };
        Ok(TlsPeerConfig {
            engine,
            limits: self.common.limits()?,
            ask_host,
            indication_on_resumption: self.indication_on_resumption,
        })
    }
}

/// TLS on the authenticator's side: checked, immutable, shared by any number of sessions.
#[derive(Debug)]
pub struct TlsServerConfig {
    engine: ServerEngine,
    limits: Limits,
    ask_host: bool,
}

impl TlsServerConfig {
    /// Starts a configuration with our own certificate and its key: the certificate PEM, with its
    /// intermediates, or DER; the key PKCS#8, PKCS#1 or SEC1. One PEM that holds both may be given
    /// twice.
    #[must_use]
    pub fn builder(certificate: &[u8], key: &[u8]) -> TlsServerConfigBuilder {
        let own = Own::new(certificate, key);
        TlsServerConfigBuilder {
            common: Common::default(),
            own,
            clients: None,
            clients_optional: false,
            resumption: None,
        }
    }

    /// Whether no peer gets through the handshake without a certificate.
    pub(crate) fn requires_clients(&self) -> bool {
        let clients = match &self.engine {
            ServerEngine::Rustls(template) => template.clients(),
            #[cfg(feature = "openssl")]
            ServerEngine::OpenSsl(template) => template.clients(),
        };
        matches!(clients, Clients::Required(_))
    }
}

impl TunnelSource for TlsServerConfig {
    fn tunnel(&self, owner: Owner, unix_time: Option<u64>) -> Result<Tunnel, TlsError> {
        let engine: Box<dyn TlsEngine> = match &self.engine {
            ServerEngine::Rustls(template) => {
                Box::new(RustlsEngine::server(template, owner, unix_time)?)
            }
            #[cfg(feature = "openssl")]
            ServerEngine::OpenSsl(template) => {
                Box::new(OpenSslEngine::server(template, unix_time, None)?)
            }
        };
        Ok(Tunnel::new(engine, self.limits, self.ask_host))
    }

    fn asks_about_resumption(&self) -> bool {
        match &self.engine {
            ServerEngine::Rustls(template) => template.asks_about_resumption(),
            #[cfg(feature = "openssl")]
            ServerEngine::OpenSsl(_) => false,
        }
    }
}

/// Collects a [`TlsServerConfig`].
#[derive(Debug)]
pub struct TlsServerConfigBuilder {
    common: Common,
    own: Own,
    clients: Option<CertificatePolicyBuilder>,
    clients_optional: bool,
    resumption: Option<Resumption>,
}

impl TlsServerConfigBuilder {
    common_settings!();

    /// The password of the key, if it is encrypted (PKCS#8).
    #[must_use]
    pub fn key_password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.own.key_password = Some(Secret::new(password));
        self
    }

    /// What a peer's certificate has to be; a peer without one is refused. EAP-TLS cannot go
    /// without this. The methods that authenticate the peer inside the tunnel can: then nobody is
    /// asked for a certificate.
    #[must_use]
    pub fn clients(mut self, policy: CertificatePolicyBuilder) -> Self {
        self.clients = Some(policy);
        self.clients_optional = false;
        self
    }

    /// What a peer's certificate has to be, if it has one. Not for EAP-TLS.
    #[must_use]
    pub fn optional_clients(mut self, policy: CertificatePolicyBuilder) -> Self {
        self.clients = Some(policy);
        self.clients_optional = true;
        self
    }

    /// Lets peers resume their sessions. Without this, every login is a full one.
    #[must_use]
    pub fn resumption(mut self, resumption: Resumption) -> Self {
        self.resumption = Some(resumption);
        self
    }

    fn clients_policy(&mut self, provider: &Arc<CryptoProvider>) -> Result<Clients, ConfigError> {
        let policy = self.clients.take().map(|clients| clients.build(provider)).transpose()?;
        Ok(match policy.map(Arc::new) {
            None => Clients::None,
            Some(policy) if self.clients_optional => Clients::Optional(policy),
            Some(policy) => Clients::Required(policy),
        })
    }

    /// The same certificates, for the handshakes of EAP-FAST.
    #[cfg(feature = "fast")]
    pub(crate) fn fast(mut self, anonymous: bool) -> Result<FastServer, ConfigError> {
        let provider = self.common.provider()?;
        let clients = self.clients_policy(&provider)?;
        let ask_host = clients.asks_host();
        let own = self.own.for_openssl(&self.own.load(&provider)?)?;
        let (versions, limits) = (self.common.fast_versions()?, self.common.limits()?);
        FastServer::new(&versions, clients, own, anonymous, limits, ask_host)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(mut self) -> Result<TlsServerConfig, ConfigError> {
        let provider = self.common.provider()?;
        let clients = self.clients_policy(&provider)?;
        let ask_host = clients.asks_host();
        let certificate = self.own.load(&provider)?;
        let engine = if self.common.legacy {
            if self.resumption.is_some() {
                return Err(ConfigError::Conflict { field: "resumption", with: "legacy_tls" });
            }
            ServerEngine::legacy(&self.common, clients, &self.own, &certificate)?
        } else {
            let versions = self.common.versions()?;
            let sessions = self
                .resumption
                .map(|resumption| ServerSessions::new(resumption, provider.secure_random))
                .transpose()?;
            let template =
                ServerTemplate::new(provider, &versions, clients, &certificate, sessions)?;
            ServerEngine::Rustls(Arc::new(template))
        };
        Ok(TlsServerConfig { engine, limits: self.common.limits()?, ask_host })
    }
}
