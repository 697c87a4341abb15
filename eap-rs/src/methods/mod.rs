//! The methods, one file or folder each. Their facts are in [`SUPPORTED`](crate::SUPPORTED).

pub(crate) mod basic;
#[cfg(feature = "fast")]
pub(crate) mod fast;
pub(crate) mod md5;
pub(crate) mod mschapv2;
pub(crate) mod peap;
pub(crate) mod tls;
pub(crate) mod token;
pub(crate) mod ttls;
