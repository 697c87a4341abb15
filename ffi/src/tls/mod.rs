//! What the result of a conversation over TLS says.

mod certificate;

pub use certificate::*;

use std::ffi::c_char;

use eap_rs::Failure;
use eap_rs::tls::{CertificateRefusal, TlsSummary};

use crate::boundary::{c_text, lend_text};
use crate::config::tls_version_number;
use crate::eaprs_session;
use crate::output::{Current, current};

/// The texts of a summary, NUL-terminated.
pub(crate) struct TlsTexts {
    suite: Vec<u8>,
    /// Of the other side's certificate.
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

/// Failures TLS_ALERT and CERTIFICATE: the number of the alert (RFC 8446 section 6) that the other
/// side sent, or that our refusal was sent as; -1 otherwise, and if the host has declined.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_tls_alert(session: *const eaprs_session) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Failure { failure, .. }) => match failure {
            Failure::TlsAlert(alert) => alert.0.into(),
            Failure::Certificate(CertificateRefusal::Declined) => -1,
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

/// A success over TLS: whether an earlier session was resumed.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_tls_resumed(session: *const eaprs_session) -> bool {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Success { outcome, .. }) => {
            outcome.tls.as_ref().is_some_and(|summary| summary.resumed)
        }
        _ => false,
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
