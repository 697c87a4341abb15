//! What a peer is told before the first packet.

use std::sync::Arc;

use eap_rs::method::NamedMethod;
use eap_rs::peap::PeapPeerConfig;
use eap_rs::ttls::TtlsPeerConfig;
use eap_rs::{ConfigError, InnerMethod, MethodType, NtHash, PeerConfigBuilder};
use pyo3::prelude::*;

use super::fast::FastPeer;
use super::tls::TlsPeerConfig;
use super::{Names, PeapSettings, methods, needs_tls};
use crate::error::{config, seconds, setting, within};
use crate::text::Octets;

/// A peer's configuration: checked, immutable, shared by any number of sessions; what it has
/// of PACs changes.
///
/// identity: who logs in: at most 1015 octets. If not given, `Identity` is asked.
/// password: its password: at most 1015 octets. If not given, `Password` is asked.
/// nt_hash: the NT hash in its place, 16 octets, for MS-CHAP and its kin.
/// methods: the names of those accepted, out of `METHODS`, the preferred ones first.
/// anonymous_identity: what is said in clear text, if `identity` is to be said inside a tunnel
///     only.
/// tls: whom to trust, for the methods that need it.
/// peap_version: the highest that is spoken: 0 or 1. Version 1 has no crypto-binding.
/// crypto_binding: whether PEAP's tunnel and the method inside prove to have the same ends:
///     "off", "if-offered" by the other side, "required".
/// require_keys: whether methods without an MSK are refused.
/// client_timeout: seconds that a Request is waited for; 60 if not given.
/// answer_timeout: seconds that a question may stay open; 120 if not given.
/// max_rounds: the most Responses that a conversation may have: 1 to 65535; 100 if not given.
/// accept_next_identifier: whether Success and Failure may have the Identifier after the last
///     one, as some RADIUS servers send it (RFC 4137 §8.3).
/// pacs: EAP-FAST: the file with the PACs there are, of `PacUpdated` or of wpa_supplicant.
///     With a good one, `tls` is not needed.
/// provisioning: EAP-FAST: in which tunnels new PACs are taken (RFC 5422): "off" or "none";
///     "authenticated", where the server has shown a certificate, which it is if not given and
///     there is `tls`; "anonymous", where nobody has shown anything, so that who reads along,
///     or is the server, can try passwords; "both".
/// gtc_form: EAP-FAST: how GTC is spoken inside: "labelled", as RFC 5421 has it and if not
///     given; "plain", as elsewhere (RFC 3748 §5.6), which a peer then speaks with servers
///     that do.
///
/// EAP-FAST takes a build with the feature `fast`. Raises `ConfigError`.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct PeerConfig(pub(crate) Arc<eap_rs::PeerConfig>);

/// Who logs in, and how it is shown.
struct Login<'a> {
    identity: Option<&'a Octets>,
    password: Option<&'a Octets>,
    nt_hash: Option<[u8; 16]>,
    tls: Option<&'a TlsPeerConfig>,
    peap: PeapSettings,
    #[cfg_attr(not(feature = "fast"), allow(dead_code, reason = "nothing is in it"))]
    fast: FastPeer,
}

#[pymethods]
impl PeerConfig {
    #[new]
    #[pyo3(signature = (
        identity = None, *, password = None, nt_hash = None, methods, anonymous_identity = None,
        tls = None, peap_version = 0, crypto_binding = "if-offered", require_keys = false,
        client_timeout = None, answer_timeout = None, max_rounds = None,
        accept_next_identifier = false, pacs = None, provisioning = None,
        gtc_form = None
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        identity: Option<Octets>,
        password: Option<Octets>,
        nt_hash: Option<Octets>,
        methods: Names,
        anonymous_identity: Option<Octets>,
        tls: Option<PyRef<'_, TlsPeerConfig>>,
        peap_version: i64,
        crypto_binding: &str,
        require_keys: bool,
        client_timeout: Option<f64>,
        answer_timeout: Option<f64>,
        max_rounds: Option<i64>,
        accept_next_identifier: bool,
        pacs: Option<Octets>,
        provisioning: Option<&str>,
        gtc_form: Option<&str>,
    ) -> PyResult<Self> {
        let nt_hash = nt_hash
            .map(|hash| {
                let len = hash.as_ref().len();
                let text = || format!("nt_hash: {len} octets given, 16 accepted");
                hash.as_ref().try_into().map_err(|_| setting(py, "nt_hash", text()))
            })
            .transpose()?;
        let login = Login {
            identity: identity.as_ref(),
            password: password.as_ref(),
            nt_hash,
            tls: tls.as_deref(),
            peap: PeapSettings::new(py, peap_version, crypto_binding)?,
            fast: FastPeer::new(py, pacs, provisioning, gtc_form)?,
        };
        let mut builder = eap_rs::PeerConfig::builder();
        let methods = self::methods(py, &methods.0)?;
        // In clear text goes what is said outside: the identity itself, unless it is to be hidden.
        let outside = anonymous_identity.as_ref().or(login.identity);
        if let Some(identity) = outside {
            builder = builder.identity(identity);
        }
        for method in methods {
            builder = login.add(py, builder, method)?;
        }
        if require_keys {
            builder = builder.require_keys();
        }
        if let Some(time) = client_timeout {
            builder = builder.client_timeout(seconds(py, "client_timeout", time)?);
        }
        if let Some(time) = answer_timeout {
            builder = builder.answer_timeout(seconds(py, "answer_timeout", time)?);
        }
        if let Some(rounds) = max_rounds {
            builder = builder.max_rounds(within(py, "max_rounds", rounds, 1..=u16::MAX)?);
        }
        if accept_next_identifier {
            builder = builder.accept_next_identifier();
        }
        let built = login.credentials(builder).build().map_err(|error| config(py, &error))?;
        Ok(Self(Arc::new(built)))
    }

    fn __repr__(&self) -> &'static str {
        "PeerConfig(…)"
    }
}

impl Login<'_> {
    fn credentials(&self, mut builder: PeerConfigBuilder) -> PeerConfigBuilder {
        if let Some(password) = self.password {
            builder = builder.password(password);
        }
        if let Some(hash) = self.nt_hash {
            builder = builder.nt_hash(NtHash::new(hash));
        }
        builder
    }

    fn add(
        &self,
        py: Python<'_>,
        builder: PeerConfigBuilder,
        named: NamedMethod,
    ) -> PyResult<PeerConfigBuilder> {
        let tls = || self.tls.ok_or_else(|| needs_tls(py, named));
        let raise = |error: ConfigError| config(py, &error);
        Ok(match (named.method, named.inner) {
            (MethodType::TLS, _) => builder.tls(tls()?.build().map_err(raise)?),
            (MethodType::PEAP, Some(InnerMethod::Eap(method))) => {
                builder.peap(self.peap(tls()?, method).map_err(raise)?)
            }
            (MethodType::TTLS, Some(inner)) => {
                builder.ttls(self.ttls(tls()?, inner).map_err(raise)?)
            }
            #[cfg(feature = "fast")]
            (MethodType::FAST, Some(InnerMethod::Eap(method))) => {
                // A PAC may be trust enough.
                let inner = match self.tls {
                    Some(tls) => self.inside(tls, method),
                    None if method == MethodType::TLS => return Err(needs_tls(py, named)),
                    None => self.inside_with_password(method),
                };
                let inner = inner.map_err(raise)?;
                let tls = self.tls.map(TlsPeerConfig::builder);
                builder.fast(self.fast.build(py, tls, inner)?)
            }
            (method, _) => builder.method(method),
        })
    }

    fn peap(&self, tls: &TlsPeerConfig, method: MethodType) -> Result<PeapPeerConfig, ConfigError> {
        PeapPeerConfig::builder(tls.build()?, self.inside(tls, method)?)
            .max_version(self.peap.max_version)
            .crypto_binding(self.peap.crypto_binding)
            .build()
    }

    fn ttls(&self, tls: &TlsPeerConfig, inner: InnerMethod) -> Result<TtlsPeerConfig, ConfigError> {
        let mut ttls = TtlsPeerConfig::builder(tls.build()?);
        if let InnerMethod::Eap(method) = inner {
            return ttls.eap(self.inside(tls, method)?).build();
        }
        if let Some(identity) = self.identity {
            ttls = ttls.identity(identity);
        }
        if let Some(password) = self.password {
            ttls = ttls.password(password);
        }
        if let Some(hash) = self.nt_hash {
            ttls = ttls.nt_hash(NtHash::new(hash));
        }
        match inner {
            InnerMethod::Chap => ttls.chap(),
            InnerMethod::MsChap => ttls.mschap(),
            InnerMethod::MsChapV2 => ttls.mschapv2(),
            _ => ttls.pap(),
        }
        .build()
    }

    /// The conversation inside a tunnel.
    fn inside(
        &self,
        tls: &TlsPeerConfig,
        method: MethodType,
    ) -> Result<eap_rs::PeerConfig, ConfigError> {
        match method {
            MethodType::TLS => self.inside_as_somebody().tls(tls.build()?).build(),
            method => self.inside_with_password(method),
        }
    }

    fn inside_with_password(&self, method: MethodType) -> Result<eap_rs::PeerConfig, ConfigError> {
        self.credentials(self.inside_as_somebody()).method(method).build()
    }

    fn inside_as_somebody(&self) -> PeerConfigBuilder {
        let inside = eap_rs::PeerConfig::builder();
        match self.identity {
            Some(identity) => inside.identity(identity),
            None => inside,
        }
    }
}
