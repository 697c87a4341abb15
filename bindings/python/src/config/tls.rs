//! TLS and certificates.

use std::sync::Arc;

use eap_rs::tls::{
    CertificatePolicy, CertificatePolicyBuilder, ClockPolicy, Resumption, TlsPeerConfigBuilder,
    TlsProvider, TlsServerConfigBuilder, TlsVersion,
};
use eap_rs::{ConfigError, Secret};
use pyo3::prelude::*;

use super::{Names, TicketKeys, word};
use crate::error::{config, seconds, setting, within};
use crate::text::Octets;

const VERSIONS: &[(&str, TlsVersion)] = &[
    ("1.0", TlsVersion::V1_0),
    ("1.1", TlsVersion::V1_1),
    ("1.2", TlsVersion::V1_2),
    ("1.3", TlsVersion::V1_3),
];

const CLOCKS: &[(&str, ClockPolicy)] = &[
    ("strict", ClockPolicy::Strict),
    ("ignore-until-set", ClockPolicy::IgnoreUntilSet),
    ("ignore", ClockPolicy::Ignore),
];

const PROVIDERS: &[(&str, TlsProvider)] =
    &[("ring", TlsProvider::Ring), ("aws-lc-rs", TlsProvider::AwsLcRs)];

/// What both sides have.
#[derive(Clone, Copy)]
struct Common {
    /// The lowest that there is, if not set.
    min_version: Option<TlsVersion>,
    max_version: TlsVersion,
    legacy: bool,
    fragment_size: usize,
    max_message: usize,
    provider: Option<TlsProvider>,
}

impl Common {
    fn new(
        py: Python<'_>,
        (min_version, max_version, legacy): (Option<&str>, &str, bool),
        fragment_size: i64,
        max_message: i64,
        provider: Option<&str>,
    ) -> PyResult<Self> {
        let lowest = min_version.map(|version| word(py, "min_version", version, VERSIONS));
        Ok(Self {
            min_version: lowest.transpose()?,
            max_version: word(py, "max_version", max_version, VERSIONS)?,
            legacy,
            fragment_size: within(py, "fragment_size", fragment_size, 64..=65_000)?,
            max_message: within(py, "max_message", max_message, 4096..=16_777_216)?,
            provider: provider.map(|name| word(py, "provider", name, PROVIDERS)).transpose()?,
        })
    }
}

/// The settings that both builders have.
macro_rules! common {
    ($builder:expr, $common:expr) => {{
        let Common { min_version, max_version, legacy, fragment_size, max_message, provider } =
            $common;
        let builder =
            $builder.max_version(max_version).fragment_size(fragment_size).max_message(max_message);
        let builder = match min_version {
            Some(version) => builder.min_version(version),
            None => builder,
        };
        let builder = if legacy { builder.legacy_tls() } else { builder };
        match provider {
            Some(provider) => builder.provider(provider),
            None => builder,
        }
    }};
}

/// Our own certificate as it was handed in.
struct Own {
    certificate: Secret,
    key: Secret,
    key_password: Option<Secret>,
}

impl Own {
    fn new(certificate: &Octets, key: Option<&Octets>, key_password: Option<&Octets>) -> Self {
        Self {
            certificate: Secret::new(certificate),
            // One PEM may hold both.
            key: Secret::new(key.unwrap_or(certificate)),
            key_password: key_password.map(Secret::new),
        }
    }
}

/// Whom a certificate convinces.
struct Trust {
    cas: Vec<Octets>,
    names: Vec<String>,
    suffixes: Vec<String>,
    pins: Vec<[u8; 32]>,
    crls: Vec<Octets>,
    clock: ClockPolicy,
    ask: bool,
    allow_legacy_signatures: bool,
}

impl Trust {
    fn apply(&self, mut policy: CertificatePolicyBuilder) -> CertificatePolicyBuilder {
        for ca in &self.cas {
            policy = policy.ca(ca.as_ref());
        }
        for name in &self.names {
            policy = policy.server_name(name);
        }
        for name in &self.suffixes {
            policy = policy.server_name_suffix(name);
        }
        for pin in &self.pins {
            policy = policy.pin_sha256(*pin);
        }
        for list in &self.crls {
            policy = policy.crl(list.as_ref());
        }
        policy = policy.clock(self.clock).allow_legacy_signatures(self.allow_legacy_signatures);
        if self.ask { policy.ask_host() } else { policy }
    }
}

/// One, or several.
#[derive(FromPyObject)]
pub(crate) enum Several {
    One(Octets),
    Many(Vec<Octets>),
}

impl Several {
    fn all(given: Option<Self>) -> Vec<Octets> {
        match given {
            None => Vec::new(),
            Some(Self::One(one)) => vec![one],
            Some(Self::Many(many)) => many,
        }
    }
}

fn pins(py: Python<'_>, field: &str, pins: Option<Vec<Octets>>) -> PyResult<Vec<[u8; 32]>> {
    let pin = |pin: &Octets| {
        pin.as_ref().try_into().map_err(|_| {
            let len = pin.as_ref().len();
            setting(py, field, format!("{field}: {len} octets given, 32 accepted (SHA-256)"))
        })
    };
    pins.iter().flatten().map(pin).collect()
}

/// TLS on the peer's side: which servers are trusted, and the peer's own certificate.
///
/// ca: the CAs that are trusted: PEM with any number, or DER, or several of these.
/// server_names: names of which the server's certificate has to have one.
/// server_name_suffixes: the same, for a name and all names below it.
/// pins: SHA-256 fingerprints of which the server's certificate has to have one, 32 octets
///     each; with `ca`, both must hold.
/// crl: revocation lists, PEM with any number or DER: each issuer in a chain then needs a
///     current one.
/// clock: what is done with the dates of certificates: "strict", "ignore-until-set" as long as
///     nobody has told the time, "ignore". Sessions here take it from `time.time()`.
/// ask_server: whether `VerifyServer` is asked about chains that have passed all the rest.
///     There may be no `ca` and no `pins` then.
/// allow_legacy_signatures: whether chains may be signed with SHA-1, or by RSA keys of 1024
///     bits.
/// insecure_no_server_authentication: accepts every server, and whoever stands in the way can
///     take the password.
/// certificate: the peer's own, with its intermediates, PEM or DER: EAP-TLS needs it.
/// key: its key, PKCS#8, PKCS#1 or SEC1; if not given, it is in `certificate`.
/// key_password: the password of an encrypted key.
/// min_version, max_version: the TLS versions spoken: "1.2" and "1.3"; with `legacy_tls` also
///     "1.0", then the lowest if not given, and "1.1".
/// fragment_size: the most octets of TLS in one packet sent: 64 to 65000.
/// max_message: the most octets of one message received, all its fragments together: 4096 to
///     16777216.
/// resumption: whether sessions are resumed where the server lets us. They are kept here, as
///     long as this object lives.
/// require_indication_on_resumption: whether a server of TLS 1.3 has to say that it grants
///     access also when it resumes a session (RFC 9190 §2.5), as some do not.
/// provider: the cryptography, "ring" or "aws-lc-rs", in a build that has both.
/// legacy_tls: whether OpenSSL speaks TLS, also with servers too old for anything else. Takes
///     a build with the feature `openssl`, or `fast`.
///
/// Raises `ConfigError`.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct TlsPeerConfig {
    common: Common,
    trust: Trust,
    insecure: bool,
    own: Option<Own>,
    resumption: bool,
    require_indication: bool,
}

#[pymethods]
impl TlsPeerConfig {
    #[new]
    #[pyo3(signature = (
        *, ca = None, server_names = None, server_name_suffixes = None, pins = None,
        crl = None, clock = "strict", ask_server = false, allow_legacy_signatures = false,
        insecure_no_server_authentication = false, certificate = None, key = None,
        key_password = None, min_version = None, max_version = "1.3", fragment_size = 1398,
        max_message = 65_536, resumption = true, require_indication_on_resumption = false,
        provider = None, legacy_tls = false
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        ca: Option<Several>,
        server_names: Option<Names>,
        server_name_suffixes: Option<Names>,
        pins: Option<Vec<Octets>>,
        crl: Option<Several>,
        clock: &str,
        ask_server: bool,
        allow_legacy_signatures: bool,
        insecure_no_server_authentication: bool,
        certificate: Option<Octets>,
        key: Option<Octets>,
        key_password: Option<Octets>,
        min_version: Option<&str>,
        max_version: &str,
        fragment_size: i64,
        max_message: i64,
        resumption: bool,
        require_indication_on_resumption: bool,
        provider: Option<&str>,
        legacy_tls: bool,
    ) -> PyResult<Self> {
        let own = match (certificate, key) {
            (Some(certificate), key) => {
                Some(Own::new(&certificate, key.as_ref(), key_password.as_ref()))
            }
            (None, None) => None,
            (None, Some(_)) => {
                return Err(setting(py, "key", "key: given without a certificate".into()));
            }
        };
        let new = Self {
            common: Common::new(
                py,
                (min_version, max_version, legacy_tls),
                fragment_size,
                max_message,
                provider,
            )?,
            trust: Trust {
                cas: Several::all(ca),
                names: Names::all(server_names),
                suffixes: Names::all(server_name_suffixes),
                pins: self::pins(py, "pins", pins)?,
                crls: Several::all(crl),
                clock: word(py, "clock", clock, CLOCKS)?,
                ask: ask_server,
                allow_legacy_signatures,
            },
            insecure: insecure_no_server_authentication,
            own,
            resumption,
            require_indication: require_indication_on_resumption,
        };
        new.build().map_err(|error| config(py, &error))?;
        Ok(new)
    }

    fn __repr__(&self) -> &'static str {
        if self.insecure {
            "TlsPeerConfig(insecure_no_server_authentication=True, …)"
        } else {
            "TlsPeerConfig(…)"
        }
    }
}

impl TlsPeerConfig {
    pub(super) fn build(&self) -> Result<eap_rs::tls::TlsPeerConfig, ConfigError> {
        self.builder().build()
    }

    pub(super) fn builder(&self) -> TlsPeerConfigBuilder {
        let mut policy = self.trust.apply(CertificatePolicy::for_servers());
        if self.insecure {
            policy = policy.insecure_no_server_authentication();
        }
        let mut tls = common!(eap_rs::tls::TlsPeerConfig::builder(policy), self.common);
        if let Some(own) = &self.own {
            tls = tls.certificate(own.certificate.expose(), own.key.expose());
            if let Some(password) = &own.key_password {
                tls = tls.key_password(password.expose());
            }
        }
        tls = tls.resumption(self.resumption);
        if self.require_indication {
            tls = tls.require_indication_on_resumption();
        }
        tls
    }
}

/// Whether peers show certificates in the handshake of a tunnel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    None,
    Optional,
    Required,
}

const CLIENTS: &[(&str, Clients)] =
    &[("none", Clients::None), ("optional", Clients::Optional), ("required", Clients::Required)];

/// TLS on the authenticator's side: its certificate, and which peers' certificates are
/// trusted.
///
/// certificate: its own, with the intermediates, PEM or DER.
/// key: its key, PKCS#8, PKCS#1 or SEC1; if not given, it is in `certificate`.
/// key_password: the password of an encrypted key.
/// client_ca: the CAs whose clients are accepted: PEM with any number, or DER, or several of
///     these.
/// client_pins: SHA-256 fingerprints of which a client's certificate has to have one, 32
///     octets each; with `client_ca`, both must hold.
/// crl: revocation lists, PEM with any number or DER: each issuer in a chain then needs a
///     current one.
/// clock: what is done with the dates of certificates: "strict", "ignore-until-set" as long as
///     nobody has told the time, "ignore". Sessions here take it from `time.time()`.
/// ask_client: whether `VerifyClient` is asked about chains that have passed all the rest.
///     There may be no `client_ca` and no `client_pins` then.
/// allow_legacy_signatures: whether chains may be signed with SHA-1, or by RSA keys of 1024
///     bits.
/// tunnel_client_certificates: whether peers show certificates when the tunnel of PEAP,
///     EAP-TTLS or EAP-FAST is made: "none", "optional", "required". EAP-TLS always requires
///     them.
/// min_version, max_version: the TLS versions spoken: "1.2" and "1.3"; with `legacy_tls` also
///     "1.0", then the lowest if not given, and "1.1".
/// fragment_size: the most octets of TLS in one packet sent: 64 to 65000.
/// max_message: the most octets of one message received, all its fragments together: 4096 to
///     16777216.
/// session_lifetime: seconds for which a session can be resumed: 1 to 604800. If not given,
///     none is.
/// session_capacity: the most sessions kept in memory: 1 to 1000000. The oldest go first.
/// ticket_keys: has the clients keep the sessions of EAP-TLS. Servers of the same keys resume
///     each other's.
/// ask_resumption: whether `Resume` is asked before a session of PEAP or EAP-TTLS is resumed.
/// share_sessions: has the host keep the sessions that would be kept in memory, where all
///     servers of the same `ticket_keys` find them: `Outcome.session` and `StoredSession`.
/// provider: the cryptography, "ring" or "aws-lc-rs", in a build that has both.
/// legacy_tls: as in `TlsPeerConfig`.
///
/// Raises `ConfigError`.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct TlsServerConfig {
    common: Common,
    own: Own,
    trust: Trust,
    tunnel_clients: Clients,
    resumption: Option<Resumption>,
    pub(super) ask_resumption: bool,
    pub(super) share_sessions: bool,
}

#[pymethods]
impl TlsServerConfig {
    #[new]
    #[pyo3(signature = (
        certificate, key = None, *, key_password = None, client_ca = None, client_pins = None,
        crl = None, clock = "strict", ask_client = false, allow_legacy_signatures = false,
        tunnel_client_certificates = "none", min_version = None, max_version = "1.3",
        fragment_size = 1398, max_message = 65_536, session_lifetime = None,
        session_capacity = 1024, ticket_keys = None, ask_resumption = false, share_sessions = false,
        provider = None, legacy_tls = false
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        certificate: Octets,
        key: Option<Octets>,
        key_password: Option<Octets>,
        client_ca: Option<Several>,
        client_pins: Option<Vec<Octets>>,
        crl: Option<Several>,
        clock: &str,
        ask_client: bool,
        allow_legacy_signatures: bool,
        tunnel_client_certificates: &str,
        min_version: Option<&str>,
        max_version: &str,
        fragment_size: i64,
        max_message: i64,
        session_lifetime: Option<f64>,
        session_capacity: i64,
        ticket_keys: Option<PyRef<'_, TicketKeys>>,
        ask_resumption: bool,
        share_sessions: bool,
        provider: Option<&str>,
        legacy_tls: bool,
    ) -> PyResult<Self> {
        for (name, given) in [
            ("ticket_keys", ticket_keys.is_some()),
            ("ask_resumption", ask_resumption),
            ("share_sessions", share_sessions),
        ] {
            if given && session_lifetime.is_none() {
                return Err(setting(py, name, format!("{name}: given without session_lifetime")));
            }
        }
        let capacity = within(py, "session_capacity", session_capacity, 1..=1_000_000)?;
        let resumption = session_lifetime
            .map(|lifetime| {
                let lifetime = seconds(py, "session_lifetime", lifetime)?;
                let resumption = Resumption::for_lifetime(lifetime).capacity(capacity);
                let resumption = if ask_resumption { resumption.ask_host() } else { resumption };
                let resumption =
                    if share_sessions { resumption.share_sessions() } else { resumption };
                Ok::<_, PyErr>(match &ticket_keys {
                    Some(keys) => resumption.ticket_keys(Arc::clone(&keys.0)),
                    None => resumption,
                })
            })
            .transpose()?;
        let tunnel_clients =
            word(py, "tunnel_client_certificates", tunnel_client_certificates, CLIENTS)?;
        let new = Self {
            common: Common::new(
                py,
                (min_version, max_version, legacy_tls),
                fragment_size,
                max_message,
                provider,
            )?,
            own: Own::new(&certificate, key.as_ref(), key_password.as_ref()),
            trust: Trust {
                cas: Several::all(client_ca),
                names: Vec::new(),
                suffixes: Vec::new(),
                pins: self::pins(py, "client_pins", client_pins)?,
                crls: Several::all(crl),
                clock: word(py, "clock", clock, CLOCKS)?,
                ask: ask_client,
                allow_legacy_signatures,
            },
            tunnel_clients,
            resumption,
            ask_resumption,
            share_sessions,
        };
        new.tunnel().map_err(|error| config(py, &error))?;
        Ok(new)
    }

    fn __repr__(&self) -> &'static str {
        "TlsServerConfig(…)"
    }
}

impl TlsServerConfig {
    /// Whether the host is asked about peers' certificates.
    pub(super) fn asks_client(&self) -> bool {
        self.trust.ask
    }

    /// Whether peers are asked for certificates when a tunnel is made.
    pub(super) fn asks_for_certificates(&self) -> bool {
        self.tunnel_clients != Clients::None
    }

    /// For EAP-TLS, where the certificate is the login.
    pub(super) fn method(&self) -> Result<eap_rs::tls::TlsServerConfig, ConfigError> {
        self.builder(Clients::Required).build()
    }

    /// For a method that authenticates the peer inside the tunnel.
    pub(super) fn tunnel(&self) -> Result<eap_rs::tls::TlsServerConfig, ConfigError> {
        self.tunnel_builder().build()
    }

    pub(super) fn tunnel_builder(&self) -> TlsServerConfigBuilder {
        self.builder(self.tunnel_clients)
    }

    fn builder(&self, clients: Clients) -> TlsServerConfigBuilder {
        let (certificate, key) = (self.own.certificate.expose(), self.own.key.expose());
        let tls = eap_rs::tls::TlsServerConfig::builder(certificate, key);
        let mut tls = common!(tls, self.common);
        if let Some(password) = &self.own.key_password {
            tls = tls.key_password(password.expose());
        }
        let policy = || self.trust.apply(CertificatePolicy::for_clients());
        tls = match clients {
            Clients::None => tls,
            Clients::Optional => tls.optional_clients(policy()),
            Clients::Required => tls.clients(policy()),
        };
        if let Some(resumption) = &self.resumption {
            tls = tls.resumption(resumption.clone());
        }
        tls
    }
}
