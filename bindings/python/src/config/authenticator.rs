//! What an authenticator is told before the first packet.

use std::sync::Arc;

use eap_rs::method::NamedMethod;
use eap_rs::peap::PeapServerConfig;
use eap_rs::ttls::TtlsServerConfig;
use eap_rs::{AuthenticatorConfigBuilder, ConfigError, InnerMethod, MethodType};
use pyo3::prelude::*;

use super::fast::{FastServer, PacKeys};
use super::tls::TlsServerConfig;
use super::{Names, PeapSettings, methods, needs_tls};
use crate::error::{config, seconds, within};
use crate::text::Octets;

/// An authenticator's configuration: checked, immutable, shared by any number of sessions.
///
/// methods: their names, out of `METHODS`, in the order in which they are offered.
/// tls: certificates, for the methods that need them.
/// peap_version: the highest that is spoken: 0 or 1. Version 1 has no crypto-binding.
/// crypto_binding: whether PEAP's tunnel and the method inside prove to have the same ends:
///     "off", "if-offered" by the other side, "required".
/// server_name: the authenticator's own name, which MD5-Challenge and EAP-MSCHAPv2 tell the
///     peer: at most 255 octets.
/// identity_prompt, token_prompt, notification: what the peer's user is shown (RFC 3748 §5.1,
///     §5.6, §5.2): at most 1015 octets each.
/// password_retries: how many other tries there are after a wrong password, with EAP-MSCHAPv2:
///     0 to 255.
/// ask_policy: whether `Policy` is asked, with the methods to offer as its answer.
/// require_keys: whether methods without an MSK are refused.
/// backend: whether a NAS sends Requests again, and begins (RFC 4137 §6). A stand-alone
///     authenticator does so itself.
/// response_timeout: seconds that a backend waits for a Response; 60 if not given.
/// answer_timeout: seconds that a question may stay open; 30 if not given.
/// max_rounds: the most Requests that a conversation may have: 1 to 65535; 100 if not given.
/// pass_through: whether an AAA server decides about peers for whom no method is left, all of
///     them if there are none (RFC 4137 §7). `FullAuthenticator` only; not with `backend`.
/// pass_identity_through: the same, and the AAA server asks for the identity, too.
/// aaa_timeout: seconds that the AAA server may take for an answer; 60 if not given.
/// authority: EAP-FAST: the A-ID by which peers know the server, 16 octets chosen at random.
/// authority_name: EAP-FAST: what people know it by.
/// pac_keys: EAP-FAST: the keys of the PACs that it issues and accepts; without them it has
///     none.
/// pac_lifetime: EAP-FAST: seconds for which a PAC is good; 7 days if not given.
/// pac_renewal: EAP-FAST: with how many seconds left it is renewed; a day if not given.
/// provisioning: EAP-FAST: in which tunnels PACs are issued: "off" or "none", "authenticated",
///     "anonymous", "both", as in `PeerConfig`; "authenticated" if not given and there are
///     `pac_keys`.
/// gtc_form: EAP-FAST: how GTC is spoken inside: "labelled", if not given, or "plain".
///
/// EAP-FAST takes a build with the feature `fast`. Raises `ConfigError`.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct AuthenticatorConfig {
    pub(crate) core: Arc<eap_rs::AuthenticatorConfig>,
    pub(crate) asks: Asks,
}

/// Which questions there will be only because a setting says so.
#[derive(Clone, Copy)]
pub(crate) struct Asks {
    pub(crate) policy: bool,
    pub(crate) client: bool,
    pub(crate) resumption: bool,
    pub(crate) sessions: bool,
    /// Whether peers are asked for certificates at all.
    pub(crate) for_certificates: bool,
}

/// What is the same outside and inside tunnels.
struct Shared<'a> {
    tls: Option<&'a TlsServerConfig>,
    peap: PeapSettings,
    #[cfg_attr(not(feature = "fast"), allow(dead_code, reason = "nothing is in it"))]
    fast: FastServer<'a>,
    ask_policy: bool,
    server_name: &'a str,
    token_prompt: Option<&'a str>,
    password_retries: u8,
}

#[pymethods]
impl AuthenticatorConfig {
    #[new]
    #[pyo3(signature = (
        *, methods, tls = None, peap_version = 0, crypto_binding = "if-offered",
        server_name = "", identity_prompt = "", token_prompt = None, notification = None,
        password_retries = 0, ask_policy = false, require_keys = false, backend = false,
        response_timeout = None, answer_timeout = None, max_rounds = None, pass_through = false,
        pass_identity_through = false, aaa_timeout = None, authority = None, authority_name = "",
        pac_keys = None, pac_lifetime = None, pac_renewal = None, provisioning = None,
        gtc_form = None
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        methods: Names,
        tls: Option<PyRef<'_, TlsServerConfig>>,
        peap_version: i64,
        crypto_binding: &str,
        server_name: &str,
        identity_prompt: &str,
        token_prompt: Option<&str>,
        notification: Option<&str>,
        password_retries: i64,
        ask_policy: bool,
        require_keys: bool,
        backend: bool,
        response_timeout: Option<f64>,
        answer_timeout: Option<f64>,
        max_rounds: Option<i64>,
        pass_through: bool,
        pass_identity_through: bool,
        aaa_timeout: Option<f64>,
        authority: Option<Octets>,
        authority_name: &str,
        pac_keys: Option<PyRef<'_, PacKeys>>,
        pac_lifetime: Option<f64>,
        pac_renewal: Option<f64>,
        provisioning: Option<&str>,
        gtc_form: Option<&str>,
    ) -> PyResult<Self> {
        let shared = Shared {
            tls: tls.as_deref(),
            peap: PeapSettings::new(py, peap_version, crypto_binding)?,
            fast: FastServer::new(
                py,
                authority,
                authority_name,
                pac_keys.as_deref(),
                (pac_lifetime, pac_renewal),
                provisioning,
                gtc_form,
            )?,
            ask_policy,
            server_name,
            token_prompt,
            password_retries: within(py, "password_retries", password_retries, 0..=u8::MAX)?,
        };
        let mut builder = shared.builder().identity_prompt(identity_prompt);
        let methods = self::methods(py, &methods.0)?;
        builder = shared.add_all(py, builder, &methods)?;
        if let Some(message) = notification {
            builder = builder.notification(message);
        }
        if require_keys {
            builder = builder.require_keys();
        }
        if backend {
            builder = builder.backend();
        }
        if let Some(time) = response_timeout {
            builder = builder.response_timeout(seconds(py, "response_timeout", time)?);
        }
        if let Some(time) = answer_timeout {
            builder = builder.answer_timeout(seconds(py, "answer_timeout", time)?);
        }
        if let Some(rounds) = max_rounds {
            builder = builder.max_rounds(within(py, "max_rounds", rounds, 1..=u16::MAX)?);
        }
        if pass_through {
            builder = builder.pass_through();
        }
        if pass_identity_through {
            builder = builder.pass_identity_through();
        }
        if let Some(time) = aaa_timeout {
            builder = builder.aaa_timeout(seconds(py, "aaa_timeout", time)?);
        }
        let built = builder.build().map_err(|error| config(py, &error))?;
        Ok(Self { core: Arc::new(built), asks: shared.asks(&methods) })
    }

    fn __repr__(&self) -> &'static str {
        "AuthenticatorConfig(…)"
    }
}

impl Shared<'_> {
    fn asks(&self, methods: &[NamedMethod]) -> Asks {
        let is_tls = |named: &NamedMethod| {
            named.method == MethodType::TLS
                || named.inner == Some(InnerMethod::Eap(MethodType::TLS))
        };
        Asks {
            policy: self.ask_policy,
            client: self.tls.is_some_and(TlsServerConfig::asks_client),
            resumption: self.tls.is_some_and(|tls| tls.ask_resumption),
            sessions: self.tls.is_some_and(|tls| tls.share_sessions),
            for_certificates: methods.iter().any(is_tls)
                || self.tls.is_some_and(TlsServerConfig::asks_for_certificates),
        }
    }

    fn builder(&self) -> AuthenticatorConfigBuilder {
        let mut builder = eap_rs::AuthenticatorConfig::builder()
            .server_name(self.server_name)
            .password_retries(self.password_retries);
        if let Some(prompt) = self.token_prompt {
            builder = builder.token_prompt(prompt);
        }
        if self.ask_policy { builder.ask_policy() } else { builder }
    }

    /// Offers these, in this order. A tunnel is offered once, with everything that is to be inside.
    fn add_all(
        &self,
        py: Python<'_>,
        mut builder: AuthenticatorConfigBuilder,
        methods: &[NamedMethod],
    ) -> PyResult<AuthenticatorConfigBuilder> {
        let raise = |error: ConfigError| config(py, &error);
        for (i, named) in methods.iter().enumerate() {
            let inside: Vec<_> = methods
                .iter()
                .filter(|other| other.method == named.method)
                .filter_map(|other| other.inner)
                .collect();
            let is_first = !methods.iter().take(i).any(|other| other.method == named.method);
            let tls = || self.tls.ok_or_else(|| needs_tls(py, *named));
            builder = match named.method {
                MethodType::TTLS if is_first => {
                    builder.ttls(self.ttls(tls()?, &inside).map_err(raise)?)
                }
                MethodType::PEAP if is_first => {
                    builder.peap(self.peap(tls()?, &inside).map_err(raise)?)
                }
                #[cfg(feature = "fast")]
                MethodType::FAST if is_first => {
                    if self.fast.authority.is_none() {
                        let text = format!("authority: None given, but {} needs one", named.name);
                        return Err(crate::error::setting(py, "authority", text));
                    }
                    let inner = self.inside(tls()?, &inside).map_err(raise)?;
                    let tls = tls()?.tunnel_builder();
                    builder.fast(self.fast.build(tls, inner).map_err(raise)?)
                }
                MethodType::TTLS | MethodType::PEAP | MethodType::FAST => builder,
                MethodType::TLS => builder.tls(tls()?.method().map_err(raise)?),
                method => builder.method(method),
            };
        }
        Ok(builder)
    }

    fn peap(
        &self,
        tls: &TlsServerConfig,
        inside: &[InnerMethod],
    ) -> Result<PeapServerConfig, ConfigError> {
        PeapServerConfig::builder(tls.tunnel()?, self.inside(tls, inside)?)
            .max_version(self.peap.max_version)
            .crypto_binding(self.peap.crypto_binding)
            .build()
    }

    fn ttls(
        &self,
        tls: &TlsServerConfig,
        inside: &[InnerMethod],
    ) -> Result<TtlsServerConfig, ConfigError> {
        let mut ttls = TtlsServerConfig::builder(tls.tunnel()?);
        for method in inside {
            ttls = match method {
                InnerMethod::Pap => ttls.pap(),
                InnerMethod::Chap => ttls.chap(),
                InnerMethod::MsChap => ttls.mschap(),
                InnerMethod::MsChapV2 => ttls.mschapv2(),
                _ => ttls,
            };
        }
        if inside.iter().any(|method| matches!(method, InnerMethod::Eap(_))) {
            ttls = ttls.eap(self.inside(tls, inside)?);
        }
        ttls.build()
    }

    /// The EAP conversation inside a tunnel.
    fn inside(
        &self,
        tls: &TlsServerConfig,
        methods: &[InnerMethod],
    ) -> Result<eap_rs::AuthenticatorConfig, ConfigError> {
        let mut builder = self.builder();
        for method in methods {
            builder = match method {
                InnerMethod::Eap(MethodType::TLS) => builder.tls(tls.method()?),
                InnerMethod::Eap(method) => builder.method(*method),
                _ => builder,
            };
        }
        builder.build()
    }
}
