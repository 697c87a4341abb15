//! What both sides are told of PEAP.

use std::sync::Arc;

use crate::config::check_range;
use crate::tls::{TlsPeerConfig, TlsServerConfig};
use crate::{AuthenticatorConfig, ConfigError, Identity, MethodType, PeerConfig};

/// Whether the two sides prove that the tunnel and the method inside have the same ends (version 0,
/// \[MS-PEAP\] §3.1.5.5). Without it, what a peer has said outside any tunnel could be carried into
/// the tunnel of somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CryptoBinding {
    /// Never.
    Off,
    /// If the other side does; one that does it wrongly is refused. A server offers it. FreeRADIUS
    /// 3.2 does not.
    #[default]
    IfOffered,
    /// Always: who does not is refused.
    Required,
}

/// What is the same on both sides.
#[derive(Clone, Copy, Debug)]
struct Common {
    max_version: u8,
    crypto_binding: CryptoBinding,
}

impl Common {
    const DEFAULT: Self = Self { max_version: 0, crypto_binding: CryptoBinding::IfOffered };

    fn check(self) -> Result<Self, ConfigError> {
        check_range("max_version", self.max_version.into(), 0..=1)?;
        if self.max_version > 0 && self.crypto_binding == CryptoBinding::Required {
            return Err(ConfigError::Conflict { field: "crypto_binding", with: "max_version" });
        }
        Ok(self)
    }
}

/// A tunnel inside a tunnel would be one too many.
fn refuse_tunnel(inner: Option<MethodType>) -> Result<(), ConfigError> {
    inner.map_or(Ok(()), |method| Err(ConfigError::TunnelInTunnel(method)))
}

macro_rules! common_settings {
    () => {
        /// The highest version spoken, 0 or 1; 0 if not set.
        ///
        /// Version 1 has neither crypto-binding nor a protected Result, and the version is agreed
        /// on in clear text: an attacker can choose it for both. It does not go together with
        /// [`CryptoBinding::Required`].
        #[must_use]
        pub fn max_version(mut self, version: u8) -> Self {
            self.common.max_version = version;
            self
        }

        /// Whether tunnel and method are bound to each other; [`CryptoBinding::IfOffered`] if not
        /// set.
        #[must_use]
        pub fn crypto_binding(mut self, binding: CryptoBinding) -> Self {
            self.common.crypto_binding = binding;
            self
        }
    };
}

/// PEAP on the peer's side: checked, immutable, shared by any number of sessions.
#[derive(Debug)]
pub struct PeapPeerConfig {
    pub(super) tls: Arc<TlsPeerConfig>,
    pub(super) inner: Arc<PeerConfig>,
    pub(super) max_version: u8,
    pub(super) crypto_binding: CryptoBinding,
    pub(super) announce_length: bool,
    pub(super) accept_missing_result: bool,
}

impl PeapPeerConfig {
    /// Starts a configuration with the tunnel, and the conversation inside it: identity, password
    /// and methods are those of `inner`. The identity that travels in clear text is that of the
    /// configuration outside.
    ///
    /// A server that resumes a session has to say that it grants access, besides EAP-Success, if
    /// [`require_indication_on_resumption`](crate::tls::TlsPeerConfigBuilder::require_indication_on_resumption)
    /// or [`CryptoBinding::Required`] says so: hostapd 2.10 does not.
    #[must_use]
    pub fn builder(
        tls: impl Into<Arc<TlsPeerConfig>>,
        inner: impl Into<Arc<PeerConfig>>,
    ) -> PeapPeerConfigBuilder {
        PeapPeerConfigBuilder {
            tls: tls.into(),
            inner: inner.into(),
            common: Common::DEFAULT,
            announce_length: true,
            accept_missing_result: false,
        }
    }

    /// Who logs in inside the tunnel, if that is known.
    pub(crate) fn inner_identity(&self) -> Option<&Identity> {
        self.inner.identity()
    }
}

/// Collects a [`PeapPeerConfig`].
#[derive(Debug)]
pub struct PeapPeerConfigBuilder {
    tls: Arc<TlsPeerConfig>,
    inner: Arc<PeerConfig>,
    common: Common,
    announce_length: bool,
    accept_missing_result: bool,
}

impl PeapPeerConfigBuilder {
    common_settings!();

    /// Whether each message of the handshake says its length, also where it fits one packet; it
    /// does if not set. The NPS of Windows Server 2008 takes the handshake for something else
    /// without it. Version 0 only.
    #[must_use]
    pub fn announce_length(mut self, announce: bool) -> Self {
        self.announce_length = announce;
        self
    }

    /// Takes an empty packet for the Result, once the method inside has succeeded: Cisco ACS says
    /// no more. Off if not called. It does not go together with [`CryptoBinding::Required`].
    #[must_use]
    pub fn accept_missing_result(mut self) -> Self {
        self.accept_missing_result = true;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<PeapPeerConfig, ConfigError> {
        let Common { max_version, crypto_binding } = self.common.check()?;
        refuse_tunnel(self.inner.tunnel())?;
        if self.accept_missing_result && crypto_binding == CryptoBinding::Required {
            let (field, with) = ("accept_missing_result", "crypto_binding");
            return Err(ConfigError::Conflict { field, with });
        }
        Ok(PeapPeerConfig {
            tls: self.tls,
            inner: self.inner,
            max_version,
            crypto_binding,
            announce_length: self.announce_length,
            accept_missing_result: self.accept_missing_result,
        })
    }
}

/// PEAP on the authenticator's side: checked, immutable, shared by any number of sessions.
#[derive(Debug)]
pub struct PeapServerConfig {
    pub(super) tls: Arc<TlsServerConfig>,
    pub(super) inner: Arc<AuthenticatorConfig>,
    pub(super) max_version: u8,
    pub(super) crypto_binding: CryptoBinding,
}

impl PeapServerConfig {
    /// Starts a configuration with the tunnel, and the conversation inside it. Its timers do not
    /// matter: to wait is the business of the configuration outside.
    ///
    /// If `inner` asks for a policy, the policy is asked for as well when a session is to be
    /// resumed: an offer that lacks the method by which the peer was authenticated has it
    /// authenticate again.
    #[must_use]
    pub fn builder(
        tls: impl Into<Arc<TlsServerConfig>>,
        inner: impl Into<Arc<AuthenticatorConfig>>,
    ) -> PeapServerConfigBuilder {
        PeapServerConfigBuilder { tls: tls.into(), inner: inner.into(), common: Common::DEFAULT }
    }
}

/// Collects a [`PeapServerConfig`].
#[derive(Debug)]
pub struct PeapServerConfigBuilder {
    tls: Arc<TlsServerConfig>,
    inner: Arc<AuthenticatorConfig>,
    common: Common,
}

impl PeapServerConfigBuilder {
    common_settings!();

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<PeapServerConfig, ConfigError> {
        let Common { max_version, crypto_binding } = self.common.check()?;
        refuse_tunnel(self.inner.tunnel())?;
        Ok(PeapServerConfig { tls: self.tls, inner: self.inner, max_version, crypto_binding })
    }
}
