//! What an output says of the inside of a tunnel.

use std::ffi::c_char;

use eap_rs::{Identity, InnerMethod, InnerOutcome, MethodType, Query};

use super::{Current, current};
use crate::boundary::{lend, lend_text};
use crate::eaprs_session;

/// What authenticates the peer inside a tunnel. The numbers of protocols are bits, for
/// `eaprs_authenticator_builder_ttls`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_inner {
    /// Nothing: no tunnel; or a peer has resumed a session.
    None = 0,
    /// An EAP method: `eaprs_session_inner_method`.
    Eap = 1,
    /// PAP: the password itself.
    Pap = 2,
    /// CHAP.
    Chap = 4,
    /// MS-CHAP.
    MsChap = 8,
    /// MS-CHAP-V2, by which the server proves as well that it knows the password.
    MsChapV2 = 16,
    /// Something this version of the interface has no number for.
    Other = 255,
}

/// The tunnel that the current question comes from, and the identity given outside.
///
/// # Safety
/// `session` is NULL or a live handle.
unsafe fn tunnel<'a>(session: *const eaprs_session) -> Option<(MethodType, &'a Identity)> {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Question {
            query: Query::Tunneled { method, outer_identity, .. }, ..
        }) => Some((*method, outer_identity)),
        _ => None,
    }
}

/// What happened inside the tunnel of a success.
///
/// # Safety
/// `session` is NULL or a live handle.
unsafe fn inner<'a>(session: *const eaprs_session) -> Option<&'a InnerOutcome> {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Success { outcome, .. }) => outcome.inner.as_ref(),
        _ => None,
    }
}

/// Output ASK: the IETF Type of the method inside whose tunnel the question is asked, 0 if it comes
/// from no tunnel. The question is answered in the same way either way.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_tunnel_method(session: *const eaprs_session) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { tunnel(session) }.map_or(0, |(method, _)| method.number())
}

/// Output ASK, from inside a tunnel: the identity that the peer gave outside, in clear text; often
/// an anonymous one. `eaprs_session_identity` is the one given inside. NULL outside a tunnel, or if
/// it is empty.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_outer_identity(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let identity = unsafe { tunnel(session) }.map(|(_, identity)| identity.as_bytes());
    // SAFETY: the caller's promise.
    unsafe { lend(identity.filter(|octets| !octets.is_empty()), len) }
}

/// A success: what authenticated the peer inside the tunnel; NONE without a tunnel. If a session was
/// resumed, nothing had to happen inside: an authenticator has what it remembers, a peer NONE.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_inner(session: *const eaprs_session) -> eaprs_inner {
    // SAFETY: the caller's promise.
    match unsafe { inner(session) }.map(|inner| inner.method) {
        None => eaprs_inner::None,
        Some(InnerMethod::Eap(_)) => eaprs_inner::Eap,
        Some(InnerMethod::Pap) => eaprs_inner::Pap,
        Some(InnerMethod::Chap) => eaprs_inner::Chap,
        Some(InnerMethod::MsChap) => eaprs_inner::MsChap,
        Some(InnerMethod::MsChapV2) => eaprs_inner::MsChapV2,
        Some(_) => eaprs_inner::Other,
    }
}

/// A success: the Type of the EAP method inside the tunnel, 0 if there is none. `vendor`, unless
/// NULL, receives its Vendor-Id: 0 for the IETF.
///
/// # Safety
/// `session` is a live handle; `vendor` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_inner_method(
    session: *const eaprs_session,
    vendor: *mut u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let method = match unsafe { inner(session) }.map(|inner| inner.method) {
        Some(InnerMethod::Eap(method)) => Some(method),
        _ => None,
    };
    if !vendor.is_null() {
        // SAFETY: not NULL, and valid as the caller promises.
        unsafe { vendor.write(method.map_or(0, MethodType::vendor_id)) };
    }
    method.map_or(0, MethodType::number)
}

/// A success: the name of what authenticated the peer inside the tunnel, NUL-terminated; NULL where
/// `eaprs_session_inner` is NONE.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_inner_name(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    let name = match unsafe { current(session) } {
        Some(Current::Success { inner, .. }) => inner.as_deref(),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend_text(name, len) }
}

/// A success: the identity that the peer gave inside the tunnel, protected: whose password it was.
/// NULL where `eaprs_session_inner` is NONE, or if it is empty.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_inner_identity(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let identity = unsafe { inner(session) }.map(|inner| inner.identity.as_bytes());
    // SAFETY: the caller's promise.
    unsafe { lend(identity.filter(|octets| !octets.is_empty()), len) }
}
