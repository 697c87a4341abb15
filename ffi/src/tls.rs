//! What the result of a conversation over TLS says.

use std::ffi::c_char;

use eap_rs::Failure;
use eap_rs::tls::{CertificateRefusal, TlsSummary};

use crate::boundary::{c_text, lend_text};
use crate::config::tls_version_number;
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

/// The texts of a summary, NUL-terminated.
pub(crate) struct TlsTexts {
    suite: Vec<u8>,
    subject: Option<Vec<u8>>,
}

impl TlsTexts {
    pub(crate) fn new(summary: &TlsSummary) -> Self {
        let subject = summary.certificate.as_ref().map(|certificate| c_text(&certificate.subject));
        Self { suite: c_text(summary.suite), subject }
    }
}

/// The texts in the current output; `None` if it is no success over TLS.
///
/// # Safety
/// `session` is NULL or a live handle.
unsafe fn texts<'a>(session: *const eaprs_session) -> Option<&'a TlsTexts> {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Success { tls, .. }) => tls.as_ref(),
        _ => None,
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

/// Failures TLS_ALERT and CERTIFICATE: the number of the alert (RFC 8446 section 6) that the other
/// side sent, or that our refusal was sent as; -1 otherwise.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_tls_alert(session: *const eaprs_session) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Failure { failure, .. }) => match failure {
            Failure::TlsAlert(alert) => alert.0.into(),
            Failure::Certificate(refusal) => refusal.alert().into(),
            _ => -1,
        },
        _ => -1,
    }
}

/// A success over TLS: the version, `EAPRS_TLS_1_2` or `EAPRS_TLS_1_3`; 0 otherwise.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_tls_version(session: *const eaprs_session) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Success { outcome, .. }) => {
            outcome.tls.as_ref().map_or(0, |summary| tls_version_number(summary.version))
        }
        _ => 0,
    }
}

/// A success over TLS: the registered name of the cipher suite, NUL-terminated; NULL otherwise.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_tls_suite(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { lend_text(texts(session).map(|texts| texts.suite.as_slice()), len) }
}

/// A success over TLS: the subject of the other side's certificate as RFC 4514 writes names, UTF-8
/// and NUL-terminated, safe for a screen. NULL if there is none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_peer_certificate_subject(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { lend_text(texts(session).and_then(|texts| texts.subject.as_deref()), len) }
}
