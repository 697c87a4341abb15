//! EAP-FAST is not in this build: nothing can be built of its settings, so nothing is done with it.

use std::sync::Arc;

use eap_rs::{AuthenticatorConfigBuilder, ConfigError, PeerConfigBuilder};

use super::peer::Settings as PeerSettings;
use super::server::Settings as ServerSettings;

pub(super) enum FastPeerConfig {}

pub(super) enum FastServerConfig {}

/// None are kept.
pub(super) struct PacKeys;

impl PacKeys {
    pub(super) fn new(keys: &[[u8; super::EAPRS_PAC_KEY_LEN]]) -> Result<Self, ConfigError> {
        PacKeys.replace(keys).map(|()| Self)
    }

    pub(super) fn replace(
        &self,
        keys: &[[u8; super::EAPRS_PAC_KEY_LEN]],
    ) -> Result<(), ConfigError> {
        match keys.len() {
            1..=16 => Ok(()),
            _ => Err(NOT_IN_THIS_BUILD),
        }
    }
}

const NOT_IN_THIS_BUILD: ConfigError =
    ConfigError::NotInThisBuild { field: "methods", what: "EAP-FAST", feature: "fast" };

pub(super) fn build_peer(_: &PeerSettings) -> Result<FastPeerConfig, ConfigError> {
    Err(NOT_IN_THIS_BUILD)
}

pub(super) fn build_server(_: &ServerSettings) -> Result<FastServerConfig, ConfigError> {
    Err(NOT_IN_THIS_BUILD)
}

pub(super) fn accept(_: PeerConfigBuilder, config: Arc<FastPeerConfig>) -> PeerConfigBuilder {
    match *config {}
}

pub(super) fn offer(
    _: AuthenticatorConfigBuilder,
    config: Arc<FastServerConfig>,
) -> AuthenticatorConfigBuilder {
    match *config {}
}
