//! Configurations: a builder is filled, builds, and is freed; what it built is immutable.

mod authenticator;
mod peer;
mod supplicant;
mod tls;

pub use authenticator::*;
pub use peer::*;
pub use supplicant::*;
pub use tls::*;

use eap_rs::{ConfigError, MethodType};

use crate::boundary::c_text;
use crate::eaprs_status;
use crate::version::ietf;

/// The core's builder, and why it last refused to build.
struct Builder<B> {
    /// `None` after a setting that panicked.
    inner: Option<B>,
    error: Vec<u8>,
}

impl<B> Builder<B> {
    fn new(inner: B) -> Self {
        Self { inner: Some(inner), error: Vec::new() }
    }

    fn set(&mut self, setting: impl FnOnce(B) -> B) -> eaprs_status {
        self.inner = self.inner.take().map(setting);
        match self.inner {
            Some(_) => eaprs_status::Ok,
            None => eaprs_status::Panic,
        }
    }

    fn build<C>(
        &mut self,
        build: impl FnOnce(&B) -> Result<C, ConfigError>,
    ) -> Result<C, eaprs_status> {
        let inner = self.inner.as_ref().ok_or(eaprs_status::Panic)?;
        self.error.clear();
        build(inner).map_err(|error| {
            self.error = c_text(&error.to_string());
            eaprs_status::InvalidConfig
        })
    }

    fn error(&self) -> Option<&[u8]> {
        (!self.error.is_empty()).then_some(&self.error)
    }
}

fn method_type(method: u32) -> Result<MethodType, eaprs_status> {
    ietf(method).ok_or(eaprs_status::InvalidArgument)
}
