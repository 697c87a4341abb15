//! TLS as `radius_server` does it. The files are read here; the library takes octets.

use std::error::Error;

use eap_rs::tls::{CertificatePolicy, TlsServerConfig};

use crate::tls_flags::TlsFlags;

/// The server's settings.
pub(crate) fn config(flags: &TlsFlags) -> Result<TlsServerConfig, Box<dyn Error>> {
    let missing = |flag: &str| format!("EAP-TLS needs --{flag}");
    let certificate = flags.file("cert")?.ok_or_else(|| missing("cert"))?;
    let key = flags.file("key")?.ok_or_else(|| missing("key"))?;
    let ca = flags.file("ca")?.ok_or_else(|| missing("ca"))?;
    let mut policy = CertificatePolicy::for_clients().ca(&ca);
    for list in flags.files("crl")? {
        policy = policy.crl(&list);
    }
    let mut config = TlsServerConfig::builder(&certificate, &key).clients(policy);
    if let Some(version) = flags.version("tls-min") {
        config = config.min_version(version);
    }
    if let Some(version) = flags.version("tls-max") {
        config = config.max_version(version);
    }
    if let Some(octets) = flags.number("fragment-size") {
        config = config.fragment_size(octets);
    }
    Ok(config.build()?)
}
