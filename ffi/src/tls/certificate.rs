//! What an output says of the other side's certificate.

use std::ffi::c_char;

use eap_rs::tls::{CertificateInfo, CertificateRefusal};
use eap_rs::{Failure, Query};

use crate::boundary::{lend, lend_text};
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
    /// Of X.509 version 1, where version 3 is needed.
    OldVersion = 17,
    /// The host was asked, and said no. No alert is sent for that.
    Declined = 18,
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
            CertificateRefusal::OldVersion => Self::OldVersion,
            CertificateRefusal::Declined => Self::Declined,
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

/// The other side's certificate in the current output.
///
/// # Safety
/// `session` is NULL or a live handle.
unsafe fn certificate<'a>(session: *const eaprs_session) -> Option<&'a CertificateInfo> {
    // SAFETY: the caller's promise.
    match unsafe { current(session) }? {
        Current::Success { outcome, .. } => outcome.tls.as_ref()?.certificate.as_deref(),
        current => match current.query()? {
            Query::VerifyServer { certificate, .. } | Query::VerifyClient { certificate, .. } => {
                Some(certificate)
            }
            _ => None,
        },
    }
}

/// The certificates that are asked about; none if nothing of the kind is asked.
///
/// # Safety
/// `session` is NULL or a live handle.
unsafe fn chain<'a>(session: *const eaprs_session) -> &'a [Vec<u8>] {
    // SAFETY: the caller's promise.
    match unsafe { current(session) }.and_then(Current::query) {
        Some(Query::VerifyServer { chain, .. } | Query::VerifyClient { chain, .. }) => chain,
        _ => &[],
    }
}

/// A success over TLS, questions VERIFY_SERVER and VERIFY_CLIENT: the subject of the other side's
/// certificate as RFC 4514 writes names, UTF-8 and NUL-terminated, safe for a screen. NULL if there
/// is none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_peer_certificate_subject(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    let subject = match unsafe { current(session) } {
        Some(Current::Question { query, text, .. })
            if matches!(
                query.innermost(),
                Query::VerifyServer { .. } | Query::VerifyClient { .. }
            ) =>
        {
            Some(text.as_slice())
        }
        Some(Current::Success { tls: Some(tls), .. }) => tls.subject.as_deref(),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend_text(subject, len) }
}

/// A success over TLS, questions VERIFY_SERVER and VERIFY_CLIENT: the SHA-256 fingerprint of the
/// other side's certificate, 32 octets, as `eaprs_tls_peer_builder_pin_sha256` takes it. NULL if
/// there is none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_peer_certificate_sha256(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let fingerprint = unsafe { certificate(session) }.map(|certificate| &certificate.sha256[..]);
    // SAFETY: the caller's promise.
    unsafe { lend(fingerprint, len) }
}

/// Questions VERIFY_SERVER and VERIFY_CLIENT: how many certificates the other side has shown; 0
/// otherwise.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_peer_certificate_count(
    session: *const eaprs_session,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { chain(session) }.len()
}

/// Questions VERIFY_SERVER and VERIFY_CLIENT: one of the certificates that the other side has
/// shown, in DER. Index 0 is its own, which is asked about. NULL if there are not so many.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_peer_certificate_der(
    session: *const eaprs_session,
    index: usize,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let certificate = unsafe { chain(session) }.get(index).map(Vec::as_slice);
    // SAFETY: the caller's promise.
    unsafe { lend(certificate, len) }
}
