//! What both sides are told of EAP-FAST.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pac::PacKey;
use super::settings::{Opening, PeerSettings, ServerSettings};
use super::{GtcForm, Pac, PacKeys, PacStore, Provisioning, start};
use crate::config::check_range;
use crate::tls::{TlsPeerConfigBuilder, TlsServerConfigBuilder, TlsVersion};
use crate::tunnel::fast::{FastClient, FastServer, versions};
use crate::{AuthenticatorConfig, ConfigError, Identity, MethodType, PeerConfig, Secret};

/// EAP-FAST on the peer's side: checked, immutable but for its PACs, shared by any number of
/// sessions.
#[derive(Debug)]
pub struct FastPeerConfig {
    pub(super) client: FastClient,
    pub(super) settings: Arc<PeerSettings>,
    /// Whether servers may show a certificate in place of the PAC.
    pub(super) knows_certificates: bool,
    identity: Option<Identity>,
    pacs: Mutex<PacStore>,
}

impl FastPeerConfig {
    /// Starts a configuration with the conversation inside the tunnel: identity, password and
    /// methods are those of `inner`. The identity that travels in clear text is that of the
    /// configuration outside.
    #[must_use]
    pub fn builder(inner: impl Into<Arc<PeerConfig>>) -> FastPeerConfigBuilder {
        FastPeerConfigBuilder {
            inner: inner.into(),
            tls: None,
            min_version: None,
            max_version: TlsVersion::V1_3,
            pacs: PacStore::new(),
            provisioning: None,
            gtc: GtcForm::default(),
            require_inner_method: true,
        }
    }

    /// The PACs as they are now: what a host keeps where it survives
    /// ([`Event::PacUpdated`](crate::Event::PacUpdated) tells of each change).
    #[must_use]
    pub fn pac_file(&self) -> PacFile {
        PacFile::of(&self.pacs())
    }

    /// Who logs in inside the tunnel, if that is known.
    pub(crate) fn inner_identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The PAC for this server: the body of the SessionTicket extension, and the key.
    pub(super) fn pac(
        &self,
        authority: &[u8],
        unix_time: Option<u64>,
    ) -> Option<(Vec<u8>, PacKey)> {
        let pacs = self.pacs();
        let pac = pacs.select(authority, self.identity.as_ref(), unix_time)?;
        Some((start::ticket(&pac.opaque), pac.key.clone()))
    }

    /// Drops the PAC that was shown in this SessionTicket extension.
    pub(super) fn forget(&self, ticket: &[u8]) -> PacFile {
        let mut pacs = self.pacs();
        if let Some(opaque) = start::opaque(ticket) {
            pacs.remove(opaque);
        }
        PacFile::of(&pacs)
    }

    pub(super) fn store(&self, pac: Pac, unix_time: Option<u64>) -> PacFile {
        let mut pacs = self.pacs();
        pacs.insert(pac);
        if let Some(unix_time) = unix_time {
            pacs.remove_expired(unix_time);
        }
        PacFile::of(&pacs)
    }

    fn pacs(&self) -> MutexGuard<'_, PacStore> {
        self.pacs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file of PACs in the text format of wpa_supplicant, to be kept as a password is: readable by
/// its owner alone, replaced as a whole.
#[derive(Clone)]
pub struct PacFile(Arc<Secret>);

impl PacFile {
    fn of(pacs: &PacStore) -> Self {
        Self(Arc::new(pacs.to_text()))
    }

    /// The octets of the file.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl PartialEq for PacFile {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.expose())
    }
}

impl Eq for PacFile {}

/// Shows its size.
impl fmt::Debug for PacFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacFile({} octets)", self.expose().len())
    }
}

/// Collects a [`FastPeerConfig`].
#[derive(Debug)]
pub struct FastPeerConfigBuilder {
    inner: Arc<PeerConfig>,
    tls: Option<TlsPeerConfigBuilder>,
    min_version: Option<TlsVersion>,
    max_version: TlsVersion,
    pacs: PacStore,
    provisioning: Option<Provisioning>,
    gtc: GtcForm,
    require_inner_method: bool,
}

impl FastPeerConfigBuilder {
    /// Accepts servers by their certificates as well, and shows ours, if there is one. Without
    /// this, only a PAC opens a tunnel, or, if that is allowed, nobody does. Its TLS versions are
    /// the tunnel's, as far as EAP-FAST has them: 1.0 to 1.2, all of them if not set.
    #[must_use]
    pub fn tls(mut self, tls: TlsPeerConfigBuilder) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The lowest TLS version without [`tls`](Self::tls), which says so itself; 1.0 if not set.
    #[must_use]
    pub fn min_version(mut self, version: TlsVersion) -> Self {
        self.min_version = Some(version);
        self
    }

    /// The highest TLS version without [`tls`](Self::tls); EAP-FAST ends with 1.2.
    #[must_use]
    pub fn max_version(mut self, version: TlsVersion) -> Self {
        self.max_version = version;
        self
    }

    /// The PACs that there are; none if not set.
    #[must_use]
    pub fn pacs(mut self, pacs: PacStore) -> Self {
        self.pacs = pacs;
        self
    }

    /// In which tunnels new PACs are accepted. If not set: in those in which the server has shown
    /// a certificate, where [`tls`](Self::tls) says which; otherwise in none.
    #[must_use]
    pub fn provisioning(mut self, provisioning: Provisioning) -> Self {
        self.provisioning = Some(provisioning);
        self
    }

    /// How GTC is spoken inside; as RFC 5421 has it if not set.
    #[must_use]
    pub fn gtc_form(mut self, form: GtcForm) -> Self {
        self.gtc = form;
        self
    }

    /// Is content with a server that runs no method inside: where the PAC, or our certificate, is
    /// authentication enough.
    #[must_use]
    pub fn allow_no_inner_method(mut self) -> Self {
        self.require_inner_method = false;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<FastPeerConfig, ConfigError> {
        refuse_tunnel(self.inner.tunnel())?;
        let provisioning = self.provisioning.unwrap_or(match self.tls {
            Some(_) => Provisioning::Authenticated,
            None => Provisioning::Off,
        });
        let anonymous = provisioning.allows(Opening::Anonymous);
        if anonymous && !self.inner.has_method(MethodType::MSCHAPV2) {
            return Err(ConfigError::Needs { field: "provisioning", needs: "mschapv2" });
        }
        if self.tls.is_none() && provisioning.allows(Opening::Certificate) {
            return Err(ConfigError::Needs { field: "provisioning", needs: "tls" });
        }
        if self.tls.is_none() && !anonymous && self.pacs.is_empty() {
            return Err(ConfigError::NoTrust);
        }
        let knows_certificates = self.tls.is_some();
        let client = match self.tls {
            Some(tls) => tls.fast(anonymous)?,
            None => {
                let versions = versions(self.min_version, self.max_version)?;
                FastClient::without_certificates(&versions, anonymous)?
            }
        };
        let mut settings = PeerSettings::new(&self.inner, self.gtc, provisioning);
        settings.require_inner_method = self.require_inner_method;
        Ok(FastPeerConfig {
            client,
            settings: Arc::new(settings),
            knows_certificates,
            identity: self.inner.identity().cloned(),
            pacs: Mutex::new(self.pacs),
        })
    }
}

/// EAP-FAST on the authenticator's side: checked, immutable, shared by any number of sessions.
#[derive(Debug)]
pub struct FastServerConfig {
    pub(super) server: FastServer,
    pub(super) settings: Arc<ServerSettings>,
}

impl FastServerConfig {
    /// Starts a configuration with the certificate, the conversation inside the tunnel, and the
    /// A-ID by which peers know the server: 16 octets, chosen at random, the same on all servers
    /// that share their PAC keys (RFC 5422 §4.2.4).
    #[must_use]
    pub fn builder(
        tls: TlsServerConfigBuilder,
        inner: impl Into<Arc<AuthenticatorConfig>>,
        authority: &[u8],
    ) -> FastServerConfigBuilder {
        FastServerConfigBuilder {
            tls,
            inner: vec![inner.into()],
            authority: authority.into(),
            authority_name: String::new(),
            pac_keys: None,
            pac_lifetime: Duration::from_secs(7 * 86_400),
            pac_renewal: Duration::from_secs(86_400),
            provisioning: None,
            gtc: GtcForm::default(),
        }
    }
}

/// Collects a [`FastServerConfig`].
#[derive(Debug)]
pub struct FastServerConfigBuilder {
    tls: TlsServerConfigBuilder,
    inner: Vec<Arc<AuthenticatorConfig>>,
    authority: Box<[u8]>,
    authority_name: String,
    pac_keys: Option<Arc<PacKeys>>,
    pac_lifetime: Duration,
    pac_renewal: Duration,
    provisioning: Option<Provisioning>,
    gtc: GtcForm,
}

impl FastServerConfigBuilder {
    /// Runs this conversation as well, after the others have succeeded: a machine's and then its
    /// user's, for example. At most 8.
    #[must_use]
    pub fn then(mut self, inner: impl Into<Arc<AuthenticatorConfig>>) -> Self {
        self.inner.push(inner.into());
        self
    }

    /// What people know the server by: at most 1015 octets.
    #[must_use]
    pub fn authority_name(mut self, name: impl Into<String>) -> Self {
        self.authority_name = name.into();
        self
    }

    /// Accepts PACs that these keys open, and issues others. Without them every tunnel is opened
    /// by our certificate. Not where clients have to show certificates of their own: a PAC would
    /// stand in for those.
    #[must_use]
    pub fn pac_keys(mut self, keys: Arc<PacKeys>) -> Self {
        self.pac_keys = Some(keys);
        self
    }

    /// How long a PAC is good, 1 second to 10 years; 7 days if not set.
    #[must_use]
    pub fn pac_lifetime(mut self, lifetime: Duration) -> Self {
        self.pac_lifetime = lifetime;
        self
    }

    /// With how much time left a PAC is renewed, at most 10 years; a day if not set.
    #[must_use]
    pub fn pac_renewal(mut self, left: Duration) -> Self {
        self.pac_renewal = left;
        self
    }

    /// In which tunnels PACs are issued to peers that have none; in those that our certificate has
    /// opened if not set, where there are [`pac_keys`](Self::pac_keys).
    #[must_use]
    pub fn provisioning(mut self, provisioning: Provisioning) -> Self {
        self.provisioning = Some(provisioning);
        self
    }

    /// How GTC is spoken inside; as RFC 5421 has it if not set.
    #[must_use]
    pub fn gtc_form(mut self, form: GtcForm) -> Self {
        self.gtc = form;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<FastServerConfig, ConfigError> {
        const YEARS: u64 = 10 * 365 * 86_400;
        self.inner.iter().try_for_each(|inner| refuse_tunnel(inner.tunnel()))?;
        check_range("then", as_u64(self.inner.len()), 1..=8)?;
        check_range("authority", as_u64(self.authority.len()), 1..=1015)?;
        let len = self.authority_name.len();
        if len > Identity::MAX_LEN {
            let max = Identity::MAX_LEN;
            return Err(ConfigError::TooLong { field: "authority_name", len, max });
        }
        check_range("pac_lifetime", self.pac_lifetime.as_secs(), 1..=YEARS)?;
        check_range("pac_renewal", self.pac_renewal.as_secs(), 0..=YEARS)?;
        let provisioning = self.provisioning.unwrap_or(match self.pac_keys {
            Some(_) => Provisioning::Authenticated,
            None => Provisioning::Off,
        });
        let anonymous = provisioning.allows(Opening::Anonymous);
        if self.pac_keys.is_none() && provisioning != Provisioning::Off {
            return Err(ConfigError::Needs { field: "provisioning", needs: "pac_keys" });
        }
        let has_mschapv2 =
            |inner: &Arc<AuthenticatorConfig>| inner.has_method(MethodType::MSCHAPV2);
        if anonymous && !self.inner.iter().any(has_mschapv2) {
            return Err(ConfigError::Needs { field: "provisioning", needs: "mschapv2" });
        }
        let server = self.tls.fast(anonymous)?;
        // A PAC would stand in for the certificate, and outlive it.
        if self.pac_keys.is_some() && server.requires_clients() {
            let with = "required client certificates";
            return Err(ConfigError::Conflict { field: "pac_keys", with });
        }
        let mut settings =
            ServerSettings::new(self.inner.iter().map(Arc::as_ref), self.gtc, &self.authority);
        settings.provisioning = provisioning;
        settings.authority_name = self.authority_name.into();
        settings.pac_keys = self.pac_keys;
        settings.pac_lifetime = seconds(self.pac_lifetime);
        settings.pac_renewal = seconds(self.pac_renewal);
        Ok(FastServerConfig { server, settings: Arc::new(settings) })
    }
}

/// A tunnel inside a tunnel would be one too many.
fn refuse_tunnel(inner: Option<MethodType>) -> Result<(), ConfigError> {
    inner.map_or(Ok(()), |method| Err(ConfigError::TunnelInTunnel(method)))
}

fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
