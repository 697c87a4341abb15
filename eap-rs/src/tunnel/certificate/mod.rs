//! Certificates: what is loaded, what is trusted, and why one was refused.
//!
//! X.509 is parsed by `webpki` (chains, name constraints, revocation lists) and `x509-cert`
//! (names, dates); neither reads files or a clock, and nothing here does.

mod distinguished_name;
mod information;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod legacy;
mod material;
mod names;
mod policy;
mod refusal;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
mod verifier;

pub use information::CertificateInfo;
pub(crate) use material::CertificateWithKey;
pub use material::MaterialProblem;
#[cfg(feature = "openssl")]
pub(crate) use material::loaded_key;
pub use policy::{CertificatePolicy, CertificatePolicyBuilder, ClockPolicy};
pub use refusal::CertificateRefusal;
pub(crate) use verifier::{PolicyVerifier, SessionClock, take_refusal};
