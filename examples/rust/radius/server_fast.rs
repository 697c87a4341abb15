//! EAP-FAST as `radius_server` does it.

use std::sync::Arc;
use std::time::Duration;

use eap_rs::fast::{FastServerConfigBuilder, GtcForm, PacKeys};
use sha2::{Digest, Sha256};

use crate::tls_flags::{TlsFlags, hexadecimal};

/// How long an A-ID is if nothing else is said (RFC 5422 §4.2.4).
const AUTHORITY_LEN: usize = 16;

/// A-ID: as given, or else one that goes with the certificate.
pub(crate) fn authority(flags: &TlsFlags) -> Result<Vec<u8>, String> {
    if let Some(octets) = flags.get("a-id").and_then(hexadecimal) {
        return Ok(octets);
    }
    let certificate = flags.file("cert")?.unwrap_or_default();
    Ok(Sha256::digest(&certificate).iter().copied().take(AUTHORITY_LEN).collect())
}

/// What the flags say.
pub(crate) fn config(
    mut config: FastServerConfigBuilder,
    flags: &TlsFlags,
    pac_keys: Option<Arc<PacKeys>>,
) -> FastServerConfigBuilder {
    config = config.authority_name(flags.get("a-id-info").unwrap_or("radius_server"));
    if let Some(keys) = pac_keys {
        config = config.pac_keys(keys);
    }
    if let Some(lifetime) = seconds(flags, "pac-lifetime") {
        config = config.pac_lifetime(lifetime);
    }
    if let Some(left) = seconds(flags, "pac-refresh") {
        config = config.pac_renewal(left);
    }
    if let Some(provisioning) = flags.provisioning() {
        config = config.provisioning(provisioning);
    }
    if flags.has("gtc-plain") {
        config = config.gtc_form(GtcForm::Plain);
    }
    config
}

fn seconds(flags: &TlsFlags, flag: &str) -> Option<Duration> {
    flags.number(flag)?.try_into().ok().map(Duration::from_secs)
}
