//! What both sides are told of EAP-TTLS before the first packet.

use std::sync::Arc;

use super::FACTS;
use crate::config::check_len;
use crate::tls::{TlsPeerConfig, TlsServerConfig};
use crate::{AuthenticatorConfig, ConfigError, Identity, InnerMethod, NtHash, PeerConfig, Secret};

/// EAP-TTLS on the peer's side: checked, immutable, shared by any number of sessions.
///
/// The identity of the [`PeerConfig`] that this becomes a part of travels in the clear, and may be
/// an anonymous one: `@example.org`. Who logs in is said here, inside the tunnel.
#[derive(Debug)]
pub struct TtlsPeerConfig {
    pub(super) tls: Arc<TlsPeerConfig>,
    pub(super) inner: InnerPeerConfig,
}

/// What the peer does in phase 2.
#[derive(Debug)]
pub(super) enum InnerPeerConfig {
    Eap(Arc<PeerConfig>),
    Password(Arc<PasswordConfig>),
}

/// A password, and how it is proved.
#[derive(Debug)]
pub(super) struct PasswordConfig {
    pub(super) protocol: PasswordProtocol,
    pub(super) identity: Option<Identity>,
    pub(super) password: Option<Secret>,
    pub(super) nt_hash: Option<NtHash>,
}

/// The protocols of phase 2 that are not EAP (RFC 5281 §11.2.2 to §11.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PasswordProtocol {
    Pap,
    Chap,
    MsChap,
    MsChapV2,
}

impl PasswordProtocol {
    /// Octets of the challenge, without its identifier.
    pub(super) fn challenge_len(self) -> Option<usize> {
        match self {
            Self::Pap => None,
            Self::MsChap => Some(8),
            Self::Chap | Self::MsChapV2 => Some(16),
        }
    }

    /// Whether it works with the NT hash of the password.
    pub(super) fn takes_nt_hash(self) -> bool {
        matches!(self, Self::MsChap | Self::MsChapV2)
    }
}

impl From<PasswordProtocol> for InnerMethod {
    fn from(protocol: PasswordProtocol) -> Self {
        match protocol {
            PasswordProtocol::Pap => Self::Pap,
            PasswordProtocol::Chap => Self::Chap,
            PasswordProtocol::MsChap => Self::MsChap,
            PasswordProtocol::MsChapV2 => Self::MsChapV2,
        }
    }
}

impl TtlsPeerConfig {
    /// Starts a configuration with the settings of the tunnel.
    #[must_use]
    pub fn builder(tls: impl Into<Arc<TlsPeerConfig>>) -> TtlsPeerConfigBuilder {
        TtlsPeerConfigBuilder {
            tls: tls.into(),
            protocol: None,
            eap: None,
            identity: None,
            password: None,
            nt_hash: None,
        }
    }

    /// Who logs in inside the tunnel, if that is known.
    pub(crate) fn inner_identity(&self) -> Option<&Identity> {
        match &self.inner {
            InnerPeerConfig::Eap(config) => config.identity(),
            InnerPeerConfig::Password(config) => config.identity.as_ref(),
        }
    }
}

/// Collects a [`TtlsPeerConfig`]. Nothing is refused before [`Self::build`]. Of the protocols inside
/// the tunnel, exactly one has to be named.
#[derive(Debug)]
pub struct TtlsPeerConfigBuilder {
    tls: Arc<TlsPeerConfig>,
    protocol: Option<PasswordProtocol>,
    eap: Option<Arc<PeerConfig>>,
    identity: Option<Identity>,
    password: Option<Secret>,
    nt_hash: Option<NtHash>,
}

impl TtlsPeerConfigBuilder {
    /// Sends the password itself (RFC 5281 §11.2.5).
    #[must_use]
    pub fn pap(self) -> Self {
        self.protocol(PasswordProtocol::Pap)
    }

    /// Proves the password with CHAP (RFC 5281 §11.2.2).
    #[must_use]
    pub fn chap(self) -> Self {
        self.protocol(PasswordProtocol::Chap)
    }

    /// Proves the password with MS-CHAP (RFC 5281 §11.2.3).
    #[must_use]
    pub fn mschap(self) -> Self {
        self.protocol(PasswordProtocol::MsChap)
    }

    /// Proves the password with MS-CHAP-V2, and has the server prove it as well (RFC 5281
    /// §11.2.4).
    #[must_use]
    pub fn mschapv2(self) -> Self {
        self.protocol(PasswordProtocol::MsChapV2)
    }

    fn protocol(mut self, protocol: PasswordProtocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Runs an EAP method (RFC 5281 §11.2.1). Identity, password and methods are those of this
    /// configuration, in which there must not be another tunnel.
    #[must_use]
    pub fn eap(mut self, config: impl Into<Arc<PeerConfig>>) -> Self {
        self.eap = Some(config.into());
        self
    }

    /// Who logs in, at most 1015 octets. Without it the peer asks
    /// ([`Query::Identity`](crate::Query::Identity)).
    #[must_use]
    pub fn identity(mut self, identity: impl AsRef<[u8]>) -> Self {
        self.identity = Some(Identity::new(identity));
        self
    }

    /// The password, at most 1015 octets. Without it the peer asks
    /// ([`Query::Password`](crate::Query::Password)).
    #[must_use]
    pub fn password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.password = Some(Secret::new(password));
        self
    }

    /// The NT hash of the password, for MS-CHAP and MS-CHAP-V2. It does not go together with the
    /// password.
    #[must_use]
    pub fn nt_hash(mut self, hash: NtHash) -> Self {
        self.nt_hash = Some(hash);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<TtlsPeerConfig, ConfigError> {
        let conflict = |field, with| Err(ConfigError::Conflict { field, with });
        let inner = match (self.eap, self.protocol) {
            (None, None) => return Err(ConfigError::NoInnerMethod(FACTS.method)),
            (Some(_), Some(_)) => return conflict("eap", "another protocol inside the tunnel"),
            (Some(config), None) => {
                if self.identity.is_some() || self.password.is_some() || self.nt_hash.is_some() {
                    return conflict("identity", "eap, which has its own");
                }
                if let Some(method) = config.tunnel() {
                    return Err(ConfigError::TunnelInTunnel(method));
                }
                InnerPeerConfig::Eap(config)
            }
            (None, Some(protocol)) => {
                let Self { identity, password, nt_hash, .. } = self;
                let config = PasswordConfig { protocol, identity, password, nt_hash };
                config.check()?;
                InnerPeerConfig::Password(Arc::new(config))
            }
        };
        Ok(TtlsPeerConfig { tls: self.tls, inner })
    }
}

impl PasswordConfig {
    fn check(&self) -> Result<(), ConfigError> {
        if let Some(identity) = &self.identity {
            check_len("identity", identity.as_bytes().len(), Identity::MAX_LEN)?;
        }
        if let Some(password) = &self.password {
            check_len("password", password.expose().len(), Identity::MAX_LEN)?;
            if self.protocol.takes_nt_hash() && NtHash::of_secret(password).is_none() {
                return Err(ConfigError::NotUtf8 { field: "password" });
            }
        }
        let with = match (&self.nt_hash, &self.password) {
            (None, _) => return Ok(()),
            (Some(_), Some(_)) => "password",
            (Some(_), None) if self.protocol.takes_nt_hash() => return Ok(()),
            (Some(_), None) => "pap or chap",
        };
        Err(ConfigError::Conflict { field: "nt_hash", with })
    }
}

/// EAP-TTLS on the authenticator's side: checked, immutable, shared by any number of sessions.
#[derive(Debug)]
pub struct TtlsServerConfig {
    pub(super) tls: Arc<TlsServerConfig>,
    pub(super) eap: Option<Arc<AuthenticatorConfig>>,
    /// Besides EAP.
    protocols: Vec<PasswordProtocol>,
}

impl TtlsServerConfig {
    /// Starts a configuration with the settings of the tunnel. They need not have
    /// [`clients`](crate::tls::TlsServerConfigBuilder::clients).
    #[must_use]
    pub fn builder(tls: impl Into<Arc<TlsServerConfig>>) -> TtlsServerConfigBuilder {
        TtlsServerConfigBuilder { tls: tls.into(), eap: None, protocols: Vec::new() }
    }

    pub(super) fn accepts(&self, protocol: PasswordProtocol) -> bool {
        self.protocols.contains(&protocol)
    }
}

/// Collects a [`TtlsServerConfig`]. The peer chooses among the protocols allowed here, of which there
/// has to be one at least.
#[derive(Debug)]
pub struct TtlsServerConfigBuilder {
    tls: Arc<TlsServerConfig>,
    eap: Option<Arc<AuthenticatorConfig>>,
    protocols: Vec<PasswordProtocol>,
}

impl TtlsServerConfigBuilder {
    /// Allows PAP: the host is given the password and checks it
    /// ([`Query::CheckPassword`](crate::Query::CheckPassword)), however it is stored.
    #[must_use]
    pub fn pap(self) -> Self {
        self.protocol(PasswordProtocol::Pap)
    }

    /// Allows CHAP, which takes passwords stored in clear text.
    #[must_use]
    pub fn chap(self) -> Self {
        self.protocol(PasswordProtocol::Chap)
    }

    /// Allows MS-CHAP, which takes passwords stored in clear text, or their NT hashes.
    #[must_use]
    pub fn mschap(self) -> Self {
        self.protocol(PasswordProtocol::MsChap)
    }

    /// Allows MS-CHAP-V2, which takes passwords stored in clear text, or their NT hashes.
    #[must_use]
    pub fn mschapv2(self) -> Self {
        self.protocol(PasswordProtocol::MsChapV2)
    }

    fn protocol(mut self, protocol: PasswordProtocol) -> Self {
        self.protocols.push(protocol);
        self
    }

    /// Allows EAP, with the methods and policy of this configuration, in which there must not be
    /// another tunnel. Its timers are not used: the outer conversation has its own.
    #[must_use]
    pub fn eap(mut self, config: impl Into<Arc<AuthenticatorConfig>>) -> Self {
        self.eap = Some(config.into());
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<TtlsServerConfig, ConfigError> {
        let Self { tls, eap, protocols } = self;
        if eap.is_none() && protocols.is_empty() {
            return Err(ConfigError::NoInnerMethod(FACTS.method));
        }
        match eap.as_ref().and_then(|config| config.tunnel()) {
            Some(method) => Err(ConfigError::TunnelInTunnel(method)),
            None => Ok(TtlsServerConfig { tls, eap, protocols }),
        }
    }
}
