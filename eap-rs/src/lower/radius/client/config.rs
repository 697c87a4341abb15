//! What a client is told before the first request.

use core::time::Duration;

use super::super::packet::SharedSecret;
use crate::ConfigError;
use crate::config::{check_range, check_time, millis};

/// A client's configuration: checked, immutable, shared through `Arc`.
#[derive(Debug)]
pub struct RadiusClientConfig {
    pub(super) servers: Vec<Server>,
    /// IRT, in milliseconds.
    pub(super) initial: u64,
    /// MRT.
    pub(super) max: u64,
    /// MRC.
    pub(super) max_transmissions: u32,
    /// MRD.
    pub(super) max_duration: u64,
    pub(super) dead_time: Duration,
    pub(super) insecure_missing_message_authenticator: bool,
}

/// A server; where it is, the host knows.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) secret: SharedSecret,
}

impl RadiusClientConfig {
    /// Starts a configuration.
    #[must_use]
    pub fn builder() -> RadiusClientConfigBuilder {
        RadiusClientConfigBuilder {
            servers: Vec::new(),
            initial: Duration::from_secs(2),
            max: Duration::from_secs(16),
            max_transmissions: 5,
            max_duration: Duration::from_secs(30),
            dead_time: Duration::from_secs(60),
            insecure_missing_message_authenticator: false,
        }
    }
}

/// Collects a [`RadiusClientConfig`]. Nothing is refused before [`Self::build`].
#[derive(Debug)]
pub struct RadiusClientConfigBuilder {
    servers: Vec<Server>,
    initial: Duration,
    max: Duration,
    max_transmissions: u32,
    max_duration: Duration,
    dead_time: Duration,
    insecure_missing_message_authenticator: bool,
}

impl RadiusClientConfigBuilder {
    /// Adds a server that shares this secret with us, behind those named before. At least one is
    /// needed.
    #[must_use]
    pub fn server(mut self, secret: SharedSecret) -> Self {
        self.servers.push(Server { secret });
        self
    }

    /// IRT: the wait before a request is sent again; 2 s if not set. It doubles each time.
    #[must_use]
    pub fn initial_wait(mut self, time: Duration) -> Self {
        self.initial = time;
        self
    }

    /// MRT: the longest wait; 16 s if not set.
    #[must_use]
    pub fn max_wait(mut self, time: Duration) -> Self {
        self.max = time;
        self
    }

    /// MRC: how often a request is sent to one server; 5 if not set.
    #[must_use]
    pub fn max_transmissions(mut self, count: u32) -> Self {
        self.max_transmissions = count;
        self
    }

    /// MRD: how long one server may take; 30 s if not set.
    #[must_use]
    pub fn max_duration(mut self, time: Duration) -> Self {
        self.max_duration = time;
        self
    }

    /// How long a server that did not answer is left in peace while others are alive; 60 s if not
    /// set.
    #[must_use]
    pub fn dead_time(mut self, time: Duration) -> Self {
        self.dead_time = time;
        self
    }

    /// Takes answers without Message-Authenticator to requests without EAP, as in MAC
    /// authentication bypass: FreeRADIUS before 3.2.5 adds none there. Who can alter packets on the
    /// way can then make an Access-Reject an Access-Accept (CVE-2024-3596).
    #[must_use]
    pub fn insecure_missing_message_authenticator(mut self) -> Self {
        self.insecure_missing_message_authenticator = true;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(self) -> Result<RadiusClientConfig, ConfigError> {
        if self.servers.is_empty() {
            return Err(ConfigError::Empty { field: "servers" });
        }
        check_time("initial_wait", self.initial)?;
        check_range("max_wait", millis(self.max), millis(self.initial)..=36_000_000)?;
        check_range("max_transmissions", self.max_transmissions.into(), 1..=100)?;
        check_time("max_duration", self.max_duration)?;
        check_time("dead_time", self.dead_time)?;
        Ok(RadiusClientConfig {
            servers: self.servers,
            initial: millis(self.initial),
            max: millis(self.max),
            max_transmissions: self.max_transmissions,
            max_duration: millis(self.max_duration),
            dead_time: self.dead_time,
            insecure_missing_message_authenticator: self.insecure_missing_message_authenticator,
        })
    }
}
