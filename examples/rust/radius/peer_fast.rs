//! EAP-FAST as `radius_peer` does it, and the file with its PACs.

use std::error::Error;
use std::io::ErrorKind;

use eap_rs::fast::{FastPeerConfigBuilder, GtcForm, PacFile, PacStore, Provisioning};

use crate::replacement::Replacement;
use crate::tls_flags::TlsFlags;
use crate::{peer_tls, regular_file};

/// What the flags say. The PACs are those of the file, if there is one.
pub(crate) fn config(
    mut config: FastPeerConfigBuilder,
    flags: &TlsFlags,
) -> Result<FastPeerConfigBuilder, Box<dyn Error>> {
    let has_trust = flags.has("ca") || flags.has("insecure-no-server-authentication");
    if has_trust {
        config = config.tls(peer_tls::builder(flags)?);
    }
    if let Some(version) = flags.version("tls-min") {
        config = config.min_version(version);
    }
    if let Some(version) = flags.version("tls-max") {
        config = config.max_version(version);
    }
    let provisioning = flags.provisioning();
    if let Some(path) = flags.get("pac-file") {
        config = config.pacs(read(path)?);
        // A server believes that what it has given out is stored: whether it can be has to be known
        // before the login.
        if provisioning.map_or(has_trust, |provisioning| provisioning != Provisioning::Off) {
            Replacement::create(path.as_ref()).map_err(|error| named(path, &error))?;
        }
    }
    if let Some(provisioning) = provisioning {
        config = config.provisioning(provisioning);
    }
    if flags.has("gtc-plain") {
        config = config.gtc_form(GtcForm::Plain);
    }
    Ok(config)
}

fn read(path: &str) -> Result<PacStore, String> {
    let mut pacs = PacStore::new();
    match regular_file::read(path.as_ref()) {
        Ok(octets) => pacs.load(&octets).map_err(|error| named(path, &error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(named(path, &error)),
    }
    Ok(pacs)
}

/// Puts the PACs into the file in the place of those that are there: all of them or, if that
/// cannot be, none.
pub(crate) fn write(path: &str, pacs: &PacFile) -> Result<(), String> {
    let replaced = Replacement::create(path.as_ref()).and_then(|new| new.finish(pacs.expose()));
    replaced.map_err(|error| named(path, &error))
}

fn named(path: &str, error: &dyn std::fmt::Display) -> String {
    format!("--pac-file {path}: {error}")
}
