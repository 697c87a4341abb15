//! What an output says of the other side's certificate.

use eap_rs::Failure;
use eap_rs::tls::CertificateRefusal;

use crate::eaprs_session;
use crate::output::{Current, current};

/// Why we refused the other side's certificate.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_certificate_refusal {
    /// The current output is no such failure.
    None = 0,
    /// No certificate was presented.
    NoCertificate = 1,
    /// Damaged, or of an unknown kind.
    Malformed = 2,
    /// More certificates than are looked at.
    ChainTooLong = 3,
    /// No chain leads to a configured CA.
    UntrustedCa = 4,
    /// Issued by a certificate that may not issue certificates.
    IssuerNotCa = 5,
    /// Its CA may not issue certificates for this name.
    NameConstraint = 6,
    /// Signed with an outdated or unknown algorithm.
    LegacySignature = 7,
    /// Not one of the pinned certificates.
    PinMismatch = 8,
    /// Revoked by its CA.
    Revoked = 9,
    /// No valid revocation list covers it.
    RevocationUnknown = 10,
    /// The revocation list that covers it is out of date.
    RevocationListExpired = 11,
    /// The time is not known, and the clock policy is strict.
    ClockUnknown = 12,
    /// Not valid yet. More often than not our clock is wrong.
    NotYetValid = 13,
    /// Expired.
    Expired = 14,
    /// Issued for another purpose.
    WrongUsage = 15,
    /// Issued for another server.
    NameMismatch = 16,
    /// A reason this version of the interface has no number for.
    Other = 255,
}

impl From<&CertificateRefusal> for eaprs_certificate_refusal {
    fn from(refusal: &CertificateRefusal) -> Self {
        match refusal {
            CertificateRefusal::NoCertificate => Self::NoCertificate,
            CertificateRefusal::Malformed => Self::Malformed,
            CertificateRefusal::ChainTooLong => Self::ChainTooLong,
            CertificateRefusal::UntrustedCa { .. } => Self::UntrustedCa,
            CertificateRefusal::IssuerNotCa => Self::IssuerNotCa,
            CertificateRefusal::NameConstraint => Self::NameConstraint,
            CertificateRefusal::LegacySignature => Self::LegacySignature,
            CertificateRefusal::PinMismatch => Self::PinMismatch,
            CertificateRefusal::Revoked => Self::Revoked,
            CertificateRefusal::RevocationUnknown => Self::RevocationUnknown,
            CertificateRefusal::RevocationListExpired { .. } => Self::RevocationListExpired,
            CertificateRefusal::ClockUnknown => Self::ClockUnknown,
            CertificateRefusal::NotYetValid { .. } => Self::NotYetValid,
            CertificateRefusal::Expired { .. } => Self::Expired,
            CertificateRefusal::WrongUsage => Self::WrongUsage,
            CertificateRefusal::NameMismatch { .. } => Self::NameMismatch,
            _ => Self::Other,
        }
    }
}

/// Failure CERTIFICATE: what was wrong with the certificate. `eaprs_session_text` has names and
/// dates.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_certificate_refusal(
    session: *const eaprs_session,
) -> eaprs_certificate_refusal {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Failure { failure: Failure::Certificate(refusal), .. }) => refusal.into(),
        _ => eaprs_certificate_refusal::None,
    }
}
