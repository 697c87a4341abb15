//! TLS as the flags want it. The files are read here; the library takes octets.

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};

use crate::tls_flags::TlsFlags;

/// The peer's settings.
#[allow(dead_code, reason = "each tool uses one of the two")]
pub(crate) fn peer(flags: &TlsFlags) -> Result<TlsPeerConfig, Box<dyn Error>> {
    let mut policy = CertificatePolicy::for_servers();
    if let Some(ca) = flags.file("ca")? {
        policy = policy.ca(&ca);
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

/// The server's settings.
#[allow(dead_code, reason = "each tool uses one of the two")]
pub(crate) fn server(flags: &TlsFlags) -> Result<TlsServerConfig, Box<dyn Error>> {
    let missing = |flag: &str| format!("EAP-TLS needs --{flag}");
    let certificate = flags.file("cert")?.ok_or_else(|| missing("cert"))?;
    let key = flags.file("key")?.ok_or_else(|| missing("key"))?;
    let ca = flags.file("ca")?.ok_or_else(|| missing("ca"))?;
    let mut config = TlsServerConfig::builder(&certificate, &key)
        .clients(CertificatePolicy::for_clients().ca(&ca));
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

/// The calendar; a machine that runs these tools has one.
pub(crate) fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl TlsFlags {
    fn version(&self, flag: &str) -> Option<TlsVersion> {
        self.get(flag).map(|version| match version {
            "1.2" => TlsVersion::V1_2,
            _ => TlsVersion::V1_3,
        })
    }

    fn number(&self, flag: &str) -> Option<usize> {
        self.get(flag)?.parse().ok()
    }

    fn file(&self, flag: &str) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
        let Some(path) = self.get(flag) else { return Ok(None) };
        let octets = std::fs::read(path).map_err(|error| format!("--{flag} {path}: {error}"))?;
        Ok(Some(octets))
    }
}
