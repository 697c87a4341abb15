//! TLS as `radius_peer` does it. The files are read here; the library takes octets.

use std::error::Error;

use eap_rs::peap::PeapPeerConfigBuilder;
use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsPeerConfigBuilder};

use crate::tls_flags::TlsFlags;

/// The peer's settings.
pub(crate) fn config(flags: &TlsFlags) -> Result<TlsPeerConfig, Box<dyn Error>> {
    Ok(builder(flags)?.build()?)
}

/// The same, not built yet.
pub(crate) fn builder(flags: &TlsFlags) -> Result<TlsPeerConfigBuilder, Box<dyn Error>> {
    let mut policy = CertificatePolicy::for_servers();
    if let Some(ca) = flags.file("ca")? {
        policy = policy.ca(&ca);
    }
    for list in flags.files("crl")? {
        policy = policy.crl(&list);
    }
    if flags.has("insecure-no-server-authentication") {
        policy = policy.insecure_no_server_authentication();
    }
    if let Some(name) = flags.get("server-name") {
        policy = policy.server_name(name);
    }
    let mut config = TlsPeerConfig::builder(policy);
    if let (Some(certificate), Some(key)) = (flags.file("cert")?, flags.file("key")?) {
        config = config.certificate(&certificate, &key);
    }
    if flags.has("legacy-tls") {
        config = config.legacy_tls();
    }
    if let Some(version) = flags.version("tls-min") {
        config = config.min_version(version);
    }
    if let Some(version) = flags.version("tls-max") {
        config = config.max_version(version);
    }
    config = config.resumption(flags.has("resume"));
    if let Some(octets) = flags.number("fragment-size") {
        config = config.fragment_size(octets);
    }
    Ok(config)
}

/// What is said about PEAP.
pub(crate) fn peap(mut config: PeapPeerConfigBuilder, flags: &TlsFlags) -> PeapPeerConfigBuilder {
    if flags.get("peap-max-version") == Some("1") {
        config = config.max_version(1);
    }
    match flags.crypto_binding() {
        Some(binding) => config.crypto_binding(binding),
        None => config,
    }
}
