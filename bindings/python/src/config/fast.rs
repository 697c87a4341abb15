//! EAP-FAST, which takes the feature `fast`: without it, its settings are there, and refused.

use core::time::Duration;

use eap_rs::ConfigError;
use pyo3::prelude::*;

use super::resumption::arrays;
use crate::error::{config, seconds};
use crate::text::Octets;

/// The keys that seal a server's PACs (EAP-FAST, RFC 5422). The first one seals, each of them
/// opens. Servers that share them, and their `authority`, know each other's PACs.
///
/// keys: 1 to 16 of 32 octets each, chosen at random.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct PacKeys(built::Keys);

#[pymethods]
impl PacKeys {
    #[new]
    fn new(py: Python<'_>, keys: Vec<Octets>) -> PyResult<Self> {
        built::keys(&arrays(py, &keys)?).map(Self).map_err(|error| config(py, &error))
    }

    /// Takes other keys from here on.
    fn replace(&self, py: Python<'_>, keys: Vec<Octets>) -> PyResult<()> {
        built::replace(&self.0, &arrays(py, &keys)?).map_err(|error| config(py, &error))
    }

    fn __repr__(&self) -> String {
        built::repr(&self.0)
    }
}

/// A peer's settings.
#[cfg_attr(not(feature = "fast"), allow(dead_code, reason = "they are refused"))]
pub(super) struct FastPeer {
    pacs: Option<Octets>,
    provisioning: Option<built::Provisioning>,
    gtc_form: Option<built::GtcForm>,
}

impl FastPeer {
    pub(super) fn new(
        py: Python<'_>,
        pacs: Option<Octets>,
        provisioning: Option<&str>,
        gtc_form: Option<&str>,
    ) -> PyResult<Self> {
        in_this_build(
            py,
            &[
                ("pacs", pacs.is_some()),
                ("provisioning", provisioning.is_some()),
                ("gtc_form", gtc_form.is_some()),
            ],
        )?;
        Ok(Self {
            pacs,
            provisioning: provisioning.map(|word| built::provisioning(py, word)).transpose()?,
            gtc_form: gtc_form.map(|word| built::gtc_form(py, word)).transpose()?,
        })
    }
}

/// A server's settings.
#[cfg_attr(not(feature = "fast"), allow(dead_code, reason = "they are refused"))]
pub(super) struct FastServer<'a> {
    pub(super) authority: Option<Octets>,
    authority_name: &'a str,
    pac_keys: Option<&'a PacKeys>,
    pac_lifetime: Option<Duration>,
    pac_renewal: Option<Duration>,
    provisioning: Option<built::Provisioning>,
    gtc_form: Option<built::GtcForm>,
}

impl<'a> FastServer<'a> {
    pub(super) fn new(
        py: Python<'_>,
        authority: Option<Octets>,
        authority_name: &'a str,
        pac_keys: Option<&'a PacKeys>,
        (pac_lifetime, pac_renewal): (Option<f64>, Option<f64>),
        provisioning: Option<&str>,
        gtc_form: Option<&str>,
    ) -> PyResult<Self> {
        in_this_build(
            py,
            &[
                ("authority", authority.is_some()),
                ("authority_name", !authority_name.is_empty()),
                ("pac_keys", pac_keys.is_some()),
                ("pac_lifetime", pac_lifetime.is_some()),
                ("pac_renewal", pac_renewal.is_some()),
                ("provisioning", provisioning.is_some()),
                ("gtc_form", gtc_form.is_some()),
            ],
        )?;
        let time = |field, given: Option<f64>| given.map(|s| seconds(py, field, s)).transpose();
        Ok(Self {
            authority,
            authority_name,
            pac_keys,
            pac_lifetime: time("pac_lifetime", pac_lifetime)?,
            pac_renewal: time("pac_renewal", pac_renewal)?,
            provisioning: provisioning.map(|word| built::provisioning(py, word)).transpose()?,
            gtc_form: gtc_form.map(|word| built::gtc_form(py, word)).transpose()?,
        })
    }
}

/// None of these settings may be given to a build without EAP-FAST.
fn in_this_build(py: Python<'_>, given: &[(&'static str, bool)]) -> PyResult<()> {
    match given.iter().find(|(_, given)| *given) {
        Some((field, _)) if !cfg!(feature = "fast") => Err(config(py, &not_in_this_build(field))),
        _ => Ok(()),
    }
}

/// What this setting needs is not there.
pub(super) const fn not_in_this_build(field: &'static str) -> ConfigError {
    ConfigError::NotInThisBuild { field, what: "EAP-FAST", feature: "fast" }
}

#[cfg(feature = "fast")]
mod built {
    use std::sync::Arc;

    use eap_rs::fast::{FastPeerConfig, FastServerConfig, PacKeys, PacStore};
    use eap_rs::tls::{TlsPeerConfigBuilder, TlsServerConfigBuilder};
    use eap_rs::{AuthenticatorConfig, PeerConfig};
    use pyo3::prelude::*;

    use super::super::word;
    use super::{ConfigError, FastPeer, FastServer};
    use crate::error::setting;

    pub(super) use eap_rs::fast::{GtcForm, Provisioning};

    pub(super) type Keys = Arc<PacKeys>;

    const PROVISIONING: &[(&str, Provisioning)] = &[
        ("off", Provisioning::Off),
        ("none", Provisioning::Off),
        ("authenticated", Provisioning::Authenticated),
        ("anonymous", Provisioning::Anonymous),
        ("both", Provisioning::Both),
    ];

    const GTC_FORMS: &[(&str, GtcForm)] =
        &[("labelled", GtcForm::Labelled), ("plain", GtcForm::Plain)];

    pub(super) fn keys(keys: &[[u8; 32]]) -> Result<Keys, ConfigError> {
        PacKeys::new(keys).map(Arc::new)
    }

    pub(super) fn replace(keys: &Keys, by: &[[u8; 32]]) -> Result<(), ConfigError> {
        keys.replace(by)
    }

    pub(super) fn repr(keys: &Keys) -> String {
        format!("{keys:?}")
    }

    pub(super) fn provisioning(py: Python<'_>, given: &str) -> PyResult<Provisioning> {
        word(py, "provisioning", given, PROVISIONING)
    }

    pub(super) fn gtc_form(py: Python<'_>, given: &str) -> PyResult<GtcForm> {
        word(py, "gtc_form", given, GTC_FORMS)
    }

    impl FastPeer {
        /// With this conversation inside.
        pub(in super::super) fn build(
            &self,
            py: Python<'_>,
            tls: Option<TlsPeerConfigBuilder>,
            inner: PeerConfig,
        ) -> PyResult<FastPeerConfig> {
            let mut pacs = PacStore::new();
            if let Some(file) = &self.pacs {
                let load = pacs.load(file.as_ref());
                load.map_err(|error| setting(py, "pacs", format!("pacs: {error}")))?;
            }
            let mut fast = FastPeerConfig::builder(inner).pacs(pacs);
            if let Some(tls) = tls {
                fast = fast.tls(tls);
            }
            if let Some(provisioning) = self.provisioning {
                fast = fast.provisioning(provisioning);
            }
            if let Some(form) = self.gtc_form {
                fast = fast.gtc_form(form);
            }
            fast.build().map_err(|error| crate::error::config(py, &error))
        }
    }

    impl FastServer<'_> {
        /// With this conversation inside.
        pub(in super::super) fn build(
            &self,
            tls: TlsServerConfigBuilder,
            inner: AuthenticatorConfig,
        ) -> Result<FastServerConfig, ConfigError> {
            let authority = self.authority.as_ref().map(AsRef::as_ref).unwrap_or_default();
            let mut fast = FastServerConfig::builder(tls, inner, authority)
                .authority_name(self.authority_name);
            if let Some(keys) = self.pac_keys {
                fast = fast.pac_keys(Arc::clone(&keys.0));
            }
            if let Some(lifetime) = self.pac_lifetime {
                fast = fast.pac_lifetime(lifetime);
            }
            if let Some(left) = self.pac_renewal {
                fast = fast.pac_renewal(left);
            }
            if let Some(provisioning) = self.provisioning {
                fast = fast.provisioning(provisioning);
            }
            if let Some(form) = self.gtc_form {
                fast = fast.gtc_form(form);
            }
            fast.build()
        }
    }
}

#[cfg(not(feature = "fast"))]
mod built {
    use core::convert::Infallible;

    use pyo3::prelude::*;

    use super::{ConfigError, not_in_this_build};
    use crate::error::config;

    /// There are none.
    pub(super) type Keys = Infallible;
    pub(super) type Provisioning = Infallible;
    pub(super) type GtcForm = Infallible;

    pub(super) fn keys(_: &[[u8; 32]]) -> Result<Keys, ConfigError> {
        Err(not_in_this_build("keys"))
    }

    pub(super) fn replace(keys: &Keys, _: &[[u8; 32]]) -> Result<(), ConfigError> {
        match *keys {}
    }

    pub(super) fn repr(keys: &Keys) -> String {
        match *keys {}
    }

    pub(super) fn provisioning(py: Python<'_>, _: &str) -> PyResult<Provisioning> {
        Err(config(py, &not_in_this_build("provisioning")))
    }
    pub(super) fn gtc_form(py: Python<'_>, _: &str) -> PyResult<GtcForm> {
        Err(config(py, &not_in_this_build("gtc_form")))
    }
}
