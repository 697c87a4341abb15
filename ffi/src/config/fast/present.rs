//! EAP-FAST is in this build.

use std::sync::Arc;
use std::time::Duration;

pub(super) use eap_rs::fast::{FastPeerConfig, FastServerConfig, PacKeys};
use eap_rs::fast::{GtcForm, PacStore, Provisioning};
use eap_rs::{AuthenticatorConfigBuilder, PeerConfigBuilder};

use super::peer::Settings as PeerSettings;
use super::server::Settings as ServerSettings;
use super::{eaprs_gtc_form, eaprs_provisioning};

impl From<eaprs_provisioning> for Provisioning {
    fn from(provisioning: eaprs_provisioning) -> Self {
        match provisioning {
            eaprs_provisioning::Off => Self::Off,
            eaprs_provisioning::Authenticated => Self::Authenticated,
            eaprs_provisioning::Anonymous => Self::Anonymous,
            eaprs_provisioning::Both => Self::Both,
        }
    }
}

impl From<eaprs_gtc_form> for GtcForm {
    fn from(form: eaprs_gtc_form) -> Self {
        match form {
            eaprs_gtc_form::Labelled => Self::Labelled,
            eaprs_gtc_form::Plain => Self::Plain,
        }
    }
}

pub(super) fn build_peer(settings: &PeerSettings) -> Result<FastPeerConfig, String> {
    let mut pacs = PacStore::new();
    pacs.load(settings.pacs.expose()).map_err(|error| format!("pacs: {error}"))?;
    let mut builder = FastPeerConfig::builder(Arc::clone(&settings.inner))
        .pacs(pacs)
        .gtc_form(settings.gtc_form.into());
    if let Some(tls) = &settings.tls {
        builder = builder.tls(tls.builder());
    }
    if let Some(provisioning) = settings.provisioning {
        builder = builder.provisioning(provisioning.into());
    }
    if settings.allow_no_inner_method {
        builder = builder.allow_no_inner_method();
    }
    builder.build().map_err(|error| error.to_string())
}

pub(super) fn build_server(settings: &ServerSettings) -> Result<FastServerConfig, String> {
    let (tls, inner) = (settings.tls.builder(), Arc::clone(&settings.inner));
    let mut builder = FastServerConfig::builder(tls, inner, &settings.authority)
        .authority_name(&*settings.authority_name)
        .gtc_form(settings.gtc_form.into());
    for inner in &settings.then {
        builder = builder.then(Arc::clone(inner));
    }
    if let Some(keys) = &settings.pac_keys {
        builder = builder.pac_keys(Arc::clone(keys));
    }
    if let Some(seconds) = settings.pac_lifetime {
        builder = builder.pac_lifetime(Duration::from_secs(seconds));
    }
    if let Some(seconds) = settings.pac_renewal {
        builder = builder.pac_renewal(Duration::from_secs(seconds));
    }
    if let Some(provisioning) = settings.provisioning {
        builder = builder.provisioning(provisioning.into());
    }
    builder.build().map_err(|error| error.to_string())
}

pub(super) fn accept(builder: PeerConfigBuilder, config: Arc<FastPeerConfig>) -> PeerConfigBuilder {
    builder.fast(config)
}

pub(super) fn offer(
    builder: AuthenticatorConfigBuilder,
    config: Arc<FastServerConfig>,
) -> AuthenticatorConfigBuilder {
    builder.fast(config)
}
