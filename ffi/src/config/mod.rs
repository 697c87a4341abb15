//! Configurations: a builder is filled, builds, and is freed; what it built is immutable.

mod authenticator;
mod fast;
mod peap;
mod peer;
mod supplicant;
mod tls;
mod ttls;

pub use authenticator::*;
pub use fast::*;
pub use peap::*;
pub use peer::*;
pub use supplicant::*;
pub use tls::*;
pub use ttls::*;

use std::fmt::Display;

use eap_rs::{ConfigError, MethodType};

use crate::boundary::c_text;
use crate::eaprs_status;
use crate::version::ietf;

/// The core's builder, and why it last refused to build.
struct Builder<B> {
    /// `None` after a setting that panicked.
    inner: Option<B>,
    /// The first setting that was refused before the core's builder saw it.
    mistake: Option<ConfigError>,
    error: Vec<u8>,
}

impl<B> Builder<B> {
    fn new(inner: B) -> Self {
        Self { inner: Some(inner), mistake: None, error: Vec::new() }
    }

    fn set(&mut self, setting: impl FnOnce(B) -> B) -> eaprs_status {
        self.inner = self.inner.take().map(setting);
        match self.inner {
            Some(_) => eaprs_status::Ok,
            None => eaprs_status::Panic,
        }
    }

    /// Gives the core's builder something that was built for it. A mistake in that comes out of
    /// [`Self::build`], as every other does.
    fn set_built<C>(
        &mut self,
        built: Result<C, ConfigError>,
        setting: impl FnOnce(B, C) -> B,
    ) -> eaprs_status {
        match built {
            Ok(built) => self.set(|inner| setting(inner, built)),
            Err(mistake) => {
                self.mistake.get_or_insert(mistake);
                eaprs_status::Ok
            }
        }
    }

    fn build<C, E: Display>(
        &mut self,
        build: impl FnOnce(&B) -> Result<C, E>,
    ) -> Result<C, eaprs_status> {
        let inner = self.inner.as_ref().ok_or(eaprs_status::Panic)?;
        self.error.clear();
        let built = match &self.mistake {
            Some(mistake) => Err(mistake.to_string()),
            None => build(inner).map_err(|error| error.to_string()),
        };
        built.map_err(|error| {
            self.error = c_text(&error);
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
