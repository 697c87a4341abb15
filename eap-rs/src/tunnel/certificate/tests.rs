//! Certificates good and bad against every setting.

mod information;
mod legacy;
mod material;
mod names;
mod revocation;
mod time;
mod trust;
mod verifier;

use rustls_pki_types::CertificateDer;

use super::testing::{Issued, NOW, provider};
use super::{CertificatePolicy, CertificatePolicyBuilder, CertificateRefusal};

fn build(builder: CertificatePolicyBuilder) -> CertificatePolicy {
    builder.build(&provider()).unwrap()
}

fn check(policy: &CertificatePolicy, chain: &[&Issued]) -> Result<(), CertificateRefusal> {
    check_at(policy, chain, Some(NOW))
}

fn check_at(
    policy: &CertificatePolicy,
    chain: &[&Issued],
    unix_time: Option<u64>,
) -> Result<(), CertificateRefusal> {
    let chain: Vec<CertificateDer<'_>> = chain.iter().map(|issued| issued.der.clone()).collect();
    policy.check(&chain, unix_time)
}

fn untrusted(issuer: &str) -> Result<(), CertificateRefusal> {
    Err(CertificateRefusal::UntrustedCa { issuer: issuer.into() })
}
