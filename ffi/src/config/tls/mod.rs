//! TLS, for the methods on top of it: what both sides' settings share.

mod peer;
mod server;
mod ticket_keys;
mod trust;

pub use peer::*;
pub use server::*;
pub use ticket_keys::*;
pub use trust::*;

pub(super) use peer::Settings as TlsPeerSettings;
pub(super) use server::Settings as TlsServerSettings;

use std::sync::Arc;

use eap_rs::Secret;
use eap_rs::tls::TlsVersion;

use crate::eaprs_status;

/// TLS 1.0 (RFC 2246): only with `..._legacy_tls`.
pub const EAPRS_TLS_1_0: u32 = 10;
/// TLS 1.1 (RFC 4346): only with `..._legacy_tls`.
pub const EAPRS_TLS_1_1: u32 = 11;
/// TLS 1.2 (RFC 5246).
pub const EAPRS_TLS_1_2: u32 = 12;
/// TLS 1.3 (RFC 8446).
pub const EAPRS_TLS_1_3: u32 = 13;

fn tls_version(number: u32) -> Result<TlsVersion, eaprs_status> {
    match number {
        EAPRS_TLS_1_0 => Ok(TlsVersion::V1_0),
        EAPRS_TLS_1_1 => Ok(TlsVersion::V1_1),
        EAPRS_TLS_1_2 => Ok(TlsVersion::V1_2),
        EAPRS_TLS_1_3 => Ok(TlsVersion::V1_3),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// The number of a version.
pub(crate) fn tls_version_number(version: TlsVersion) -> u32 {
    match version {
        TlsVersion::V1_0 => EAPRS_TLS_1_0,
        TlsVersion::V1_1 => EAPRS_TLS_1_1,
        TlsVersion::V1_2 => EAPRS_TLS_1_2,
        TlsVersion::V1_3 => EAPRS_TLS_1_3,
    }
}

/// What is in the core's builders, kept until build: they are used up by it, but a C builder can
/// be corrected and built again.
#[derive(Clone, Default)]
struct Common {
    min_version: Option<TlsVersion>,
    max_version: Option<TlsVersion>,
    legacy: bool,
    fragment_size: Option<usize>,
    max_message: Option<usize>,
}

/// Gives what is set to one of the core's builders.
macro_rules! apply_common {
    ($builder:expr, $common:expr) => {{
        let (mut builder, common) = ($builder, $common);
        if let Some(version) = common.min_version {
            builder = builder.min_version(version);
        }
        if let Some(version) = common.max_version {
            builder = builder.max_version(version);
        }
        if common.legacy {
            builder = builder.legacy_tls();
        }
        if let Some(octets) = common.fragment_size {
            builder = builder.fragment_size(octets);
        }
        if let Some(octets) = common.max_message {
            builder = builder.max_message(octets);
        }
        builder
    }};
}
use apply_common;

/// A certificate and its key. One PEM may hold both, so both are wiped.
#[derive(Clone)]
struct Own {
    certificate: Arc<Secret>,
    key: Arc<Secret>,
}

impl Own {
    fn new(certificate: &[u8], key: &[u8]) -> Self {
        Self { certificate: Arc::new(Secret::new(certificate)), key: Arc::new(Secret::new(key)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_tls_has_one_number() {
        use TlsVersion::{V1_0, V1_1, V1_2, V1_3};
        for version in [V1_0, V1_1, V1_2, V1_3] {
            assert_eq!(tls_version(tls_version_number(version)), Ok(version));
        }
        assert_eq!(tls_version(14), Err(eaprs_status::InvalidArgument));
        assert_eq!(tls_version(0x0303), Err(eaprs_status::InvalidArgument));
    }
}
