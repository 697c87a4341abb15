//! What a peer is told before the first packet.

use core::time::Duration;
use std::sync::Arc;

use crate::config::{check_len, check_range, check_time};
use crate::method::{MethodFacts, MethodSet, PeerFactory, PeerMethod, Requested};
use crate::methods::{peap, tls, ttls};
use crate::peap::PeapPeerConfig;
use crate::tls::TlsPeerConfig;
use crate::ttls::TtlsPeerConfig;
use crate::{ConfigError, Identity, MethodType, NtHash, Secret};

/// A peer's configuration: checked, immutable, shared by any number of sessions through `Arc`.
#[derive(Debug)]
pub struct PeerConfig {
    pub(super) identity: Option<Identity>,
    pub(super) password: Option<Secret>,
    pub(super) nt_hash: Option<NtHash>,
    pub(super) methods: MethodSet<PeerFactory>,
    pub(super) client_timeout: Duration,
    pub(super) answer_timeout: Duration,
    pub(super) max_rounds: u16,
    pub(super) accept_next_identifier: bool,
}

impl PeerConfig {
    /// Starts a configuration.
    #[must_use]
    pub fn builder() -> PeerConfigBuilder {
        PeerConfigBuilder::default()
    }

    /// Who logs in, if that is known.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The same, with other methods.
    #[cfg(feature = "fast")]
    pub(crate) fn with_methods(
        &self,
        change: impl Fn(MethodType, &PeerFactory) -> Option<PeerFactory>,
    ) -> Self {
        Self {
            identity: self.identity.clone(),
            password: self.password.as_ref().map(|password| Secret::new(password.expose())),
            nt_hash: self.nt_hash.as_ref().map(|hash| NtHash::new(*hash.expose())),
            methods: self.methods.changed(change),
            ..*self
        }
    }

    /// Whether this method is accepted.
    #[cfg(feature = "fast")]
    pub(crate) fn has_method(&self, method: MethodType) -> bool {
        self.methods.get(method).is_some()
    }

    /// The method that a Nak proposes first.
    pub(crate) fn preferred_method(&self) -> Option<MethodType> {
        self.methods.types().next()
    }

    /// The first of the methods that has a tunnel of its own.
    pub(crate) fn tunnel(&self) -> Option<MethodType> {
        self.methods.types().find(|method| method.is_tunnel())
    }
}

/// Collects a [`PeerConfig`]. Nothing is refused before [`Self::build`].
#[derive(Default)]
pub struct PeerConfigBuilder {
    identity: Option<Identity>,
    anonymous: bool,
    /// Who logs in inside each of the tunnels.
    inside: Vec<Option<Identity>>,
    password: Option<Secret>,
    nt_hash: Option<NtHash>,
    methods: Vec<Requested<PeerFactory>>,
    require_keys: bool,
    client_timeout: Option<Duration>,
    answer_timeout: Option<Duration>,
    max_rounds: Option<u16>,
    accept_next_identifier: bool,
}

impl PeerConfigBuilder {
    /// The identity to give, at most 1015 octets. Without it the peer asks
    /// ([`Query::Identity`](crate::Query::Identity)).
    #[must_use]
    pub fn identity(mut self, identity: impl AsRef<[u8]>) -> Self {
        self.identity = Some(Identity::new(identity));
        self
    }

    /// Gives, in the place of an [`identity`](Self::identity), what may be known of the one inside
    /// the tunnel ([`Identity::anonymous`]): `@example.org` if `alice@example.org` logs in there.
    /// Every method has to be PEAP or EAP-TTLS, with an identity of that realm inside.
    #[must_use]
    pub fn anonymous_identity(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// The password, at most 1015 octets. Without it the peer asks
    /// ([`Query::Password`](crate::Query::Password)) when a method needs one.
    #[must_use]
    pub fn password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.password = Some(Secret::new(password));
        self
    }

    /// The NT hash of the password, for methods of MS-CHAP. It does not go together with the
    /// password.
    #[must_use]
    pub fn nt_hash(mut self, hash: NtHash) -> Self {
        self.nt_hash = Some(hash);
        self
    }

    /// Accepts a method, after those named before. At least one is needed; the order is that of a
    /// Nak's proposals.
    #[must_use]
    pub fn method(mut self, method: MethodType) -> Self {
        self.methods.push(Requested::BuiltIn(method));
        self
    }

    /// Accepts EAP-TLS with these settings.
    #[must_use]
    pub fn tls(mut self, config: impl Into<Arc<TlsPeerConfig>>) -> Self {
        let config = config.into();
        let start: PeerFactory = Arc::new(move || Box::new(tls::Peer::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(tls::FACTS, start));
        self
    }

    /// Accepts PEAP with these settings.
    #[must_use]
    pub fn peap(mut self, config: impl Into<Arc<PeapPeerConfig>>) -> Self {
        let config = config.into();
        self.inside.push(config.inner_identity().cloned());
        let start: PeerFactory = Arc::new(move || Box::new(peap::Peer::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(peap::FACTS, start));
        self
    }

    /// Accepts EAP-FAST with these settings. The identity of this configuration travels in the
    /// clear.
    #[cfg(feature = "fast")]
    #[must_use]
    pub fn fast(mut self, config: impl Into<Arc<crate::fast::FastPeerConfig>>) -> Self {
        use crate::methods::fast;
        let config = config.into();
        self.inside.push(config.inner_identity().cloned());
        let start: PeerFactory = Arc::new(move || Box::new(fast::Peer::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(fast::FACTS, start));
        self
    }

    /// Accepts EAP-TTLS with these settings. The identity of this configuration travels in the
    /// clear.
    #[must_use]
    pub fn ttls(mut self, config: impl Into<Arc<TtlsPeerConfig>>) -> Self {
        let config = config.into();
        self.inside.push(config.inner_identity().cloned());
        let start: PeerFactory = Arc::new(move || Box::new(ttls::Peer::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(ttls::FACTS, start));
        self
    }

    /// Accepts a method that is not part of this library.
    #[must_use]
    pub fn custom_method(
        mut self,
        facts: MethodFacts,
        start: impl Fn() -> Box<dyn PeerMethod> + Send + Sync + 'static,
    ) -> Self {
        self.methods.push(Requested::Custom(facts, Arc::new(start)));
        self
    }

    /// Refuses methods that derive no keys, because the lower layer needs them.
    #[must_use]
    pub fn require_keys(mut self) -> Self {
        self.require_keys = true;
        self
    }

    /// How long to wait for a valid Request (RFC 4137 ClientTimeout); 60 s if not set.
    #[must_use]
    pub fn client_timeout(mut self, time: Duration) -> Self {
        self.client_timeout = Some(time);
        self
    }

    /// How long a question stays open; 120 s if not set.
    #[must_use]
    pub fn answer_timeout(mut self, time: Duration) -> Self {
        self.answer_timeout = Some(time);
        self
    }

    /// After how many Responses a conversation is given up; 100 if not set.
    #[must_use]
    pub fn max_rounds(mut self, rounds: u16) -> Self {
        self.max_rounds = Some(rounds);
        self
    }

    /// Accepts a Success or Failure whose Identifier is that of the last Response plus one, as
    /// some RADIUS servers send it (RFC 4137 §8.3). Off if not called.
    #[must_use]
    pub fn accept_next_identifier(mut self) -> Self {
        self.accept_next_identifier = true;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(&self) -> Result<PeerConfig, ConfigError> {
        const FIELD_LEN: usize = Identity::MAX_LEN;
        if let Some(identity) = &self.identity {
            check_len("identity", identity.as_bytes().len(), FIELD_LEN)?;
        }
        if let Some(password) = &self.password {
            check_len("password", password.expose().len(), FIELD_LEN)?;
        }
        let client_timeout = self.client_timeout.unwrap_or(Duration::from_secs(60));
        check_time("client_timeout", client_timeout)?;
        let answer_timeout = self.answer_timeout.unwrap_or(Duration::from_secs(120));
        check_time("answer_timeout", answer_timeout)?;
        let max_rounds = self.max_rounds.unwrap_or(100);
        check_range("max_rounds", max_rounds.into(), 1..=u16::MAX.into())?;
        let methods = MethodSet::build(&self.methods, self.require_keys, |entry| {
            Arc::new(entry.peer) as PeerFactory
        })?;
        if let Some(password) = &self.password {
            if self.nt_hash.is_some() {
                return Err(ConfigError::Conflict { field: "nt_hash", with: "password" });
            }
            let is_text = core::str::from_utf8(password.expose()).is_ok();
            if !is_text && methods.get(MethodType::MSCHAPV2).is_some() {
                return Err(ConfigError::NotUtf8 { field: "password" });
            }
        }
        Ok(PeerConfig {
            identity: self.outer_identity()?,
            password: self.password.as_ref().map(|password| Secret::new(password.expose())),
            nt_hash: self.nt_hash.as_ref().map(|hash| NtHash::new(*hash.expose())),
            methods,
            client_timeout,
            answer_timeout,
            max_rounds,
            accept_next_identifier: self.accept_next_identifier,
        })
    }

    fn outer_identity(&self) -> Result<Option<Identity>, ConfigError> {
        if !self.anonymous {
            return Ok(self.identity.clone());
        }
        let conflict = |with| Err(ConfigError::Conflict { field: "anonymous_identity", with });
        if self.identity.is_some() {
            return conflict("identity");
        }
        if self.inside.len() < self.methods.len() {
            return conflict("methods other than PEAP and EAP-TTLS");
        }
        let mut outside = None;
        for inside in &self.inside {
            let Some(inside) = inside else { return conflict("an identity that is asked for") };
            let anonymous = inside.anonymous();
            if outside.replace(anonymous.clone()).is_some_and(|other| other != anonymous) {
                return conflict("identities of different realms");
            }
        }
        Ok(outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::CertificatePolicy;

    fn error(builder: PeerConfigBuilder) -> ConfigError {
        builder.build().unwrap_err()
    }

    #[test]
    fn keyless_methods_are_refused_when_keys_are_required() {
        for method in [MethodType::MD5, MethodType::OTP, MethodType::GTC] {
            let error = error(PeerConfig::builder().method(method).require_keys());
            assert_eq!(error, ConfigError::MethodWithoutKeys(method));
            assert_eq!(error.field(), "methods");
        }
    }

    #[test]
    fn errors_name_the_field_and_what_is_accepted() {
        let md5 = || PeerConfig::builder().method(MethodType::MD5);
        let mut supported = "MD5-Challenge (md5), OTP (otp), GTC (gtc), EAP-TLS (tls), \
                             EAP-MSCHAPv2 (mschapv2), EAP-TTLS (ttls), PEAP (peap)"
            .to_owned();
        if cfg!(feature = "fast") {
            supported.push_str(", EAP-FAST (fast)");
        }
        let cases = [
            (
                PeerConfig::builder(),
                &*format!("methods: none given, at least one is needed; supported: {supported}"),
            ),
            (
                md5().method(MethodType::TLS),
                "methods: EAP-TLS needs settings: use the builder's function of that name",
            ),
            (
                md5().method(MethodType::ietf(55)),
                &*format!("methods: TEAP is not supported; supported: {supported}"),
            ),
            (
                md5().method(MethodType::FAST),
                if cfg!(feature = "fast") {
                    "methods: EAP-FAST needs settings: use the builder's function of that name"
                } else {
                    "methods: EAP-FAST is not in this build: feature `fast`"
                },
            ),
            (md5().method(MethodType::MD5), "methods: MD5-Challenge is named twice"),
            (md5().identity([b'a'; 1016]), "identity: 1016 octets given, at most 1015 accepted"),
            (
                md5().client_timeout(Duration::ZERO),
                "client_timeout: 0 given, 1 to 36000000 accepted",
            ),
            (
                md5().method(MethodType::MSCHAPV2).password(b"\xff"),
                "password: not UTF-8, which MS-CHAP needs",
            ),
            (
                md5().password("x").nt_hash(NtHash::of_password("x")),
                "nt_hash: does not go together with password",
            ),
            (md5().max_rounds(0), "max_rounds: 0 given, 1 to 65535 accepted"),
        ];
        for (builder, text) in cases {
            assert_eq!(error(builder).to_string(), text);
        }
    }

    #[test]
    fn the_identity_outside_is_derived_from_the_one_inside() {
        let tls = || {
            let policy = CertificatePolicy::for_servers().insecure_no_server_authentication();
            TlsPeerConfig::builder(policy).build().unwrap()
        };
        let ttls = |identity: Option<&str>| {
            let mut config = TtlsPeerConfig::builder(tls()).pap();
            if let Some(identity) = identity {
                config = config.identity(identity);
            }
            PeerConfig::builder().anonymous_identity().ttls(config.build().unwrap())
        };
        let peap = |builder: PeerConfigBuilder, identity| {
            let inner = PeerConfig::builder().identity(identity).method(MethodType::GTC);
            let inner = inner.build().unwrap();
            builder.peap(PeapPeerConfig::builder(tls(), inner).build().unwrap())
        };
        let outside = |builder: PeerConfigBuilder| builder.build().unwrap().identity.unwrap();
        let alice = Some("alice@example.org");
        assert_eq!(outside(ttls(alice)), Identity::from("@example.org"));
        assert_eq!(outside(ttls(Some("alice"))), Identity::from("anonymous"));
        assert_eq!(outside(peap(ttls(alice), "bob@example.org")), Identity::from("@example.org"));
        for (builder, with) in [
            (ttls(alice).identity("carol"), "identity"),
            (ttls(alice).method(MethodType::MD5), "methods other than PEAP and EAP-TTLS"),
            (ttls(None), "an identity that is asked for"),
            (peap(ttls(alice), "bob@example.net"), "identities of different realms"),
        ] {
            assert_eq!(error(builder), ConfigError::Conflict { field: "anonymous_identity", with });
        }
    }

    #[test]
    fn debug_hides_the_password() {
        let config = PeerConfig::builder().password("hunter2").method(MethodType::MD5).build();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
