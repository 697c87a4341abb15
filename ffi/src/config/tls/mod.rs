//! TLS, for the methods on top of it: what both sides' settings share.

mod peer;
mod server;

pub use peer::*;
pub use server::*;

use eap_rs::Secret;
use eap_rs::tls::{CertificatePolicyBuilder, ClockPolicy, TlsVersion};

use crate::eaprs_status;

/// TLS 1.2 (RFC 5246).
pub const EAPRS_TLS_1_2: u32 = 12;
/// TLS 1.3 (RFC 8446).
pub const EAPRS_TLS_1_3: u32 = 13;

/// What to do with a certificate's dates. A phone may not know the time when it boots, and may
/// need the network to learn it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_clock_policy {
    /// Dates are checked; until `eaprs_session_set_unix_time`, every certificate is refused.
    Strict = 1,
    /// Dates are checked as soon as the time is known.
    IgnoreUntilSet = 2,
    /// Dates are never checked.
    Ignore = 3,
}

fn clock_policy(number: u32) -> Result<ClockPolicy, eaprs_status> {
    match number {
        1 => Ok(ClockPolicy::Strict),
        2 => Ok(ClockPolicy::IgnoreUntilSet),
        3 => Ok(ClockPolicy::Ignore),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

fn tls_version(number: u32) -> Result<TlsVersion, eaprs_status> {
    match number {
        EAPRS_TLS_1_2 => Ok(TlsVersion::V1_2),
        EAPRS_TLS_1_3 => Ok(TlsVersion::V1_3),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// The number of a version.
pub(crate) fn tls_version_number(version: TlsVersion) -> u32 {
    match version {
        TlsVersion::V1_2 => EAPRS_TLS_1_2,
        TlsVersion::V1_3 => EAPRS_TLS_1_3,
    }
}

/// What is in the core's builders, kept until build: they are used up by it, but a C builder can
/// be corrected and built again.
#[derive(Default)]
struct Common {
    min_version: Option<TlsVersion>,
    max_version: Option<TlsVersion>,
    fragment_size: Option<usize>,
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
        if let Some(octets) = common.fragment_size {
            builder = builder.fragment_size(octets);
        }
        builder
    }};
}
use apply_common;

/// A certificate and its key. One PEM may hold both, so both are wiped.
struct Own {
    certificate: Secret,
    key: Secret,
}

impl Own {
    fn new(certificate: &[u8], key: &[u8]) -> Self {
        Self { certificate: Secret::new(certificate), key: Secret::new(key) }
    }
}

/// Whom to trust.
#[derive(Default)]
struct Trust {
    authorities: Vec<Vec<u8>>,
    names: Vec<String>,
    suffixes: Vec<String>,
    pins: Vec<[u8; 32]>,
    revocation_lists: Vec<Vec<u8>>,
    clock: ClockPolicy,
    legacy_signatures: bool,
    insecure: bool,
}

impl Trust {
    fn apply(&self, mut policy: CertificatePolicyBuilder) -> CertificatePolicyBuilder {
        for octets in &self.authorities {
            policy = policy.ca(octets);
        }
        for name in &self.names {
            policy = policy.server_name(name);
        }
        for name in &self.suffixes {
            policy = policy.server_name_suffix(name);
        }
        for fingerprint in &self.pins {
            policy = policy.pin_sha256(*fingerprint);
        }
        for octets in &self.revocation_lists {
            policy = policy.crl(octets);
        }
        policy = policy.clock(self.clock).allow_legacy_signatures(self.legacy_signatures);
        if self.insecure { policy.insecure_no_server_authentication() } else { policy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_clock_policies_are_those_of_the_header() {
        for (number, policy) in [
            (eaprs_clock_policy::Strict, ClockPolicy::Strict),
            (eaprs_clock_policy::IgnoreUntilSet, ClockPolicy::IgnoreUntilSet),
            (eaprs_clock_policy::Ignore, ClockPolicy::Ignore),
        ] {
            assert_eq!(clock_policy(number as u32), Ok(policy));
        }
        assert_eq!(clock_policy(0), Err(eaprs_status::InvalidArgument));
        assert_eq!(clock_policy(4), Err(eaprs_status::InvalidArgument));
    }

    #[test]
    fn a_version_of_tls_has_one_number() {
        for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
            assert_eq!(tls_version(tls_version_number(version)), Ok(version));
        }
        assert_eq!(tls_version(11), Err(eaprs_status::InvalidArgument));
        assert_eq!(tls_version(0x0303), Err(eaprs_status::InvalidArgument));
    }
}
