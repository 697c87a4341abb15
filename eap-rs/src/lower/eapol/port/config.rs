//! What the authenticator of a port is told before its link comes up.

use core::time::Duration;

use crate::ConfigError;
use crate::config::{check_range, check_time};
use crate::lower::eapol::{Destination, EapolVersion, MacAddress};

/// Who decides whether the port is open (portControl, IEEE 802.1X-2004 §8.2.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PortControl {
    /// Who has logged in.
    #[default]
    Auto,
    /// Nobody: it is open.
    ForceAuthorized,
    /// Nobody: it is closed.
    ForceUnauthorized,
}

/// When a station that does not speak 802.1X is asked about by its address alone
/// ([`Query::MacBypass`](crate::Query::MacBypass)). An address is no secret: whoever knows one can
/// have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacBypass {
    /// With its first frame. 802.1X begins with an EAPOL-Start, or when the address is refused.
    First,
    /// When nobody has spoken 802.1X for so long.
    After(Duration),
}

/// The configuration of a [`PortAuthenticator`](super::PortAuthenticator): checked, immutable,
/// shared through `Arc`.
#[derive(Clone, Debug)]
pub struct PortAuthenticatorConfig {
    pub(super) mac: MacAddress,
    pub(super) version: EapolVersion,
    pub(super) destination: Destination,
    pub(super) control: PortControl,
    pub(super) quiet_period: Duration,
    pub(super) reauth_period: Option<Duration>,
    pub(super) reauth_max: u32,
    pub(super) mac_bypass: Option<MacBypass>,
}

impl PortAuthenticatorConfig {
    /// Starts a configuration for the port with this address.
    #[must_use]
    pub fn builder(mac: MacAddress) -> PortAuthenticatorConfigBuilder {
        PortAuthenticatorConfigBuilder(Self {
            mac,
            version: EapolVersion::default(),
            destination: Destination::default(),
            control: PortControl::default(),
            quiet_period: Duration::from_secs(60),
            reauth_period: Some(Duration::from_secs(3600)),
            reauth_max: 2,
            mac_bypass: None,
        })
    }
}

/// Collects a [`PortAuthenticatorConfig`]. Nothing is refused before [`Self::build`].
#[derive(Clone, Debug)]
pub struct PortAuthenticatorConfigBuilder(PortAuthenticatorConfig);

impl PortAuthenticatorConfigBuilder {
    /// The EAPOL version to write; 1 if not set.
    #[must_use]
    pub fn version(mut self, version: EapolVersion) -> Self {
        self.0.version = version;
        self
    }

    /// Where Requests go; the group address if not set. [`Destination::AsSeen`] is the station's
    /// own address once it has spoken.
    #[must_use]
    pub fn destination(mut self, destination: Destination) -> Self {
        self.0.destination = destination;
        self
    }

    /// portControl; [`PortControl::Auto`] if not set.
    #[must_use]
    pub fn control(mut self, control: PortControl) -> Self {
        self.0.control = control;
        self
    }

    /// quietPeriod: how long nobody is listened to after a failure; 60 s if not set.
    #[must_use]
    pub fn quiet_period(mut self, time: Duration) -> Self {
        self.0.quiet_period = time;
        self
    }

    /// reAuthPeriod: after which time a station has to log in again; 3600 s if not set, `None` for
    /// never. [`set_session_limit`](super::PortAuthenticator::set_session_limit) takes its place
    /// for one session.
    #[must_use]
    pub fn reauth_period(mut self, time: Option<Duration>) -> Self {
        self.0.reauth_period = time;
        self
    }

    /// reAuthMax: how often a conversation is begun anew before the port is closed; 2 if not set.
    #[must_use]
    pub fn reauth_max(mut self, count: u32) -> Self {
        self.0.reauth_max = count;
        self
    }

    /// Lets stations in by their address alone, if the host agrees; nobody if not set.
    #[must_use]
    pub fn mac_bypass(mut self, order: MacBypass) -> Self {
        self.0.mac_bypass = Some(order);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(&self) -> Result<PortAuthenticatorConfig, ConfigError> {
        let config = &self.0;
        check_time("quiet_period", config.quiet_period)?;
        if let Some(time) = config.reauth_period {
            check_time("reauth_period", time)?;
        }
        check_range("reauth_max", config.reauth_max.into(), 1..=1000)?;
        if let Some(MacBypass::After(delay)) = config.mac_bypass {
            check_time("mac_bypass", delay)?;
        }
        Ok(config.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field_and_what_is_accepted() {
        let config = || PortAuthenticatorConfig::builder(MacAddress([2, 0, 0, 0, 0, 1]));
        let cases = [
            (
                config().quiet_period(Duration::ZERO),
                "quiet_period: 0 given, 1 to 36000000 accepted",
            ),
            (
                config().reauth_period(Some(Duration::ZERO)),
                "reauth_period: 0 given, 1 to 36000000 accepted",
            ),
            (config().reauth_max(0), "reauth_max: 0 given, 1 to 1000 accepted"),
            (
                config().mac_bypass(MacBypass::After(Duration::ZERO)),
                "mac_bypass: 0 given, 1 to 36000000 accepted",
            ),
        ];
        for (builder, text) in cases {
            assert_eq!(builder.build().unwrap_err().to_string(), text);
        }
        assert!(config().reauth_period(None).mac_bypass(MacBypass::First).build().is_ok());
    }
}
