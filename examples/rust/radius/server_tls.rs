//! TLS as `radius_server` does it. The files are read here; the library takes octets.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use eap_rs::peap::PeapServerConfigBuilder;
use eap_rs::tls::{
    CertificatePolicy, CertificatePolicyBuilder, Resumption, TicketKeys, TlsServerConfig,
    TlsServerConfigBuilder,
};

use crate::tls_flags::TlsFlags;

/// How long sessions may be resumed where there are ticket keys, and nothing else is said.
const SESSION_LIFETIME: Duration = Duration::from_secs(3600);

/// The server's settings for EAP-TLS.
pub(crate) fn config(
    flags: &TlsFlags,
    ticket_keys: Option<Arc<TicketKeys>>,
) -> Result<TlsServerConfig, Box<dyn Error>> {
    Ok(common("EAP-TLS", flags, ticket_keys)?.clients(clients("EAP-TLS", flags)?).build()?)
}

/// The server's settings for a tunnel, in which the peer shows who it is, and perhaps by a
/// certificate as well.
pub(crate) fn tunnel(
    flags: &TlsFlags,
    ticket_keys: Option<Arc<TicketKeys>>,
) -> Result<TlsServerConfig, Box<dyn Error>> {
    Ok(tunnel_builder(flags, ticket_keys)?.build()?)
}

/// The same, not built yet.
pub(crate) fn tunnel_builder(
    flags: &TlsFlags,
    ticket_keys: Option<Arc<TicketKeys>>,
) -> Result<TlsServerConfigBuilder, Box<dyn Error>> {
    let config = common("a tunnel", flags, ticket_keys)?;
    Ok(match flags.get("client-certificates") {
        None => config,
        Some("optional") => config.optional_clients(clients("a tunnel", flags)?),
        Some(_) => config.clients(clients("a tunnel", flags)?),
    })
}

/// Whose certificates are accepted.
fn clients(who: &str, flags: &TlsFlags) -> Result<CertificatePolicyBuilder, Box<dyn Error>> {
    let ca = flags.file("ca")?.ok_or_else(|| missing(who, "ca"))?;
    let mut policy = CertificatePolicy::for_clients().ca(&ca);
    for list in flags.files("crl")? {
        policy = policy.crl(&list);
    }
    for name in flags.all("client-name") {
        policy = policy.client_name(name);
    }
    for name in flags.all("client-name-suffix") {
        policy = policy.client_name_suffix(name);
    }
    Ok(policy)
}

fn missing(who: &str, flag: &str) -> String {
    format!("{who} needs --{flag}")
}

fn common(
    who: &str,
    flags: &TlsFlags,
    ticket_keys: Option<Arc<TicketKeys>>,
) -> Result<TlsServerConfigBuilder, Box<dyn Error>> {
    let certificate = flags.file("cert")?.ok_or_else(|| missing(who, "cert"))?;
    let key = flags.file("key")?.ok_or_else(|| missing(who, "key"))?;
    let mut config = TlsServerConfig::builder(&certificate, &key);
    if flags.has("legacy-tls") {
        config = config.legacy_tls();
    }
    if let Some(version) = flags.version("tls-min") {
        config = config.min_version(version);
    }
    if let Some(version) = flags.version("tls-max") {
        config = config.max_version(version);
    }
    if let Some(octets) = flags.number("fragment-size") {
        config = config.fragment_size(octets);
    }
    let lifetime = flags.number("session-lifetime").and_then(|seconds| seconds.try_into().ok());
    let lifetime = lifetime.map(Duration::from_secs);
    if let Some(lifetime) = lifetime.or(ticket_keys.is_some().then_some(SESSION_LIFETIME)) {
        let mut resumption = Resumption::for_lifetime(lifetime).ask_host();
        if let Some(keys) = ticket_keys {
            resumption = resumption.ticket_keys(keys);
        }
        config = config.resumption(resumption);
    }
    Ok(config)
}

/// What is said about PEAP.
pub(crate) fn peap(
    mut config: PeapServerConfigBuilder,
    flags: &TlsFlags,
) -> PeapServerConfigBuilder {
    if flags.get("peap-max-version") == Some("1") {
        config = config.max_version(1);
    }
    match flags.crypto_binding() {
        Some(binding) => config.crypto_binding(binding),
        None => config,
    }
}
