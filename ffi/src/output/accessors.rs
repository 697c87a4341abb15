//! What can be read of a session's current output.

use std::ffi::c_char;

use eap_rs::eapol::{PaeState, PortStatus};
use eap_rs::{Event, Identity, MethodType, Query};

use super::Current;
use crate::boundary::{guard, lend, lend_text, object};
use crate::{eaprs_event, eaprs_failure, eaprs_pae_state, eaprs_query, eaprs_session};

/// Reads something of the current output; `None` if the session is NULL.
///
/// # Safety
/// `session` is NULL or a live handle.
pub(crate) unsafe fn current<'a>(session: *const eaprs_session) -> Option<&'a Current> {
    // SAFETY: the caller's promise.
    unsafe { object(session) }.ok().map(|session| &session.current)
}

/// Output SEND: the packet to send, or a supplicant's Ethernet frame. Output ASK_AAA: what the AAA
/// server is to be handed. NULL otherwise, and for an EAP-Start.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_packet(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let packet = match unsafe { current(session) } {
        Some(Current::Packet(packet)) => Some(packet.as_slice()),
        Some(Current::AaaRequest(request)) => {
            Some(request.eap_message.as_slice()).filter(|packet| !packet.is_empty())
        }
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend(packet, len) }
}

/// The text of the current output, UTF-8 and NUL-terminated, safe for a screen: the prompt,
/// challenge or certificate's subject of a question, the message or method of an event, the reason
/// of a failure. NULL if it has none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_text(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    let text = match unsafe { current(session) } {
        Some(
            Current::Question { text, .. }
            | Current::Event { text, .. }
            | Current::Failure { text, .. },
        ) => Some(text.as_slice()).filter(|text| !text.is_empty()),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend_text(text, len) }
}

/// The identity in the current output, octets as they travelled: whose password or policy is asked
/// for, who was authenticated. NULL if it has none, or an empty one.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_identity(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let identity = unsafe { current(session) }.and_then(Current::identity);
    let octets = identity.map(Identity::as_bytes).filter(|octets| !octets.is_empty());
    // SAFETY: the caller's promise.
    unsafe { lend(octets, len) }
}

/// The method Type in the current output, 0 if it has none. `vendor`, unless NULL, receives its
/// Vendor-Id: 0 for the IETF.
///
/// # Safety
/// `session` is a live handle; `vendor` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_method(
    session: *const eaprs_session,
    vendor: *mut u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let method = unsafe { current(session) }.and_then(Current::method);
    if !vendor.is_null() {
        // SAFETY: not NULL, and valid as the caller promises.
        unsafe { vendor.write(method.map_or(0, MethodType::vendor_id)) };
    }
    method.map_or(0, MethodType::number)
}

/// Outputs ASK and WITHDRAWN: the question's id; 0 otherwise.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_query_id(session: *const eaprs_session) -> u64 {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Question { id, .. } | Current::Withdrawn(id)) => id.get(),
        _ => 0,
    }
}

/// Output ASK_AAA: names the request to the AAA server; 0 otherwise.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_aaa_request_id(session: *const eaprs_session) -> u64 {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::AaaRequest(request)) => request.id.get(),
        _ => 0,
    }
}

/// Output ASK: what is asked.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_query_kind(session: *const eaprs_session) -> eaprs_query {
    // SAFETY: the caller's promise.
    let query = unsafe { current(session) }.and_then(Current::query);
    query.map_or(eaprs_query::None, eaprs_query::from)
}

/// Question CHECK_PASSWORD: what the peer sent. NULL otherwise, or if it is empty. Wiped when the
/// session steps on.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_query_password(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let password = match unsafe { current(session) }.and_then(Current::query) {
        Some(
            Query::CheckPassword { password, .. }
            | Query::ChangePassword { new_password: password, .. },
        ) => Some(password.expose()).filter(|octets| !octets.is_empty()),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend(password, len) }
}

/// Why the account or password is refused, in a question for another password or in a failure: a
/// number of RFC 2759 section 6 (646 wrong hour, 647 disabled, 648 expired, 649 no permission, 691
/// wrong name or password, 709 the new password) or another; 0 if the output does not say.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_account_error(session: *const eaprs_session) -> u32 {
    // SAFETY: the caller's promise.
    let refused = unsafe { current(session) }.and_then(Current::refused);
    refused.map_or(0, |refused| refused.error.number())
}

/// Output EVENT: what happened.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_event_kind(session: *const eaprs_session) -> eaprs_event {
    // SAFETY: the caller's promise.
    let current = unsafe { current(session) };
    guard(|| {
        Ok(match current {
            Some(Current::Event { event, .. }) => match event {
                Event::Notification(_) => eaprs_event::Notification,
                Event::PeerIdentity(_) => eaprs_event::PeerIdentity,
                Event::InnerIdentity(_) => eaprs_event::InnerIdentity,
                Event::MethodStarted(_) => eaprs_event::MethodStarted,
                Event::MethodRefused(_) => eaprs_event::MethodRefused,
                #[cfg(feature = "fast")]
                Event::PacUpdated(_) => eaprs_event::PacUpdated,
                Event::Pae(_) => eaprs_event::Pae,
                Event::Port(_) => eaprs_event::Port,
                Event::NoAuthenticator => eaprs_event::NoAuthenticator,
                _ => eaprs_event::Other,
            },
            _ => eaprs_event::None,
        })
    })
}

/// Event PAC_UPDATED: the file of all the PACs that the peer has, text as wpa_supplicant keeps it. A
/// secret: readable by its owner alone, replaced as a whole. NULL otherwise. Wiped when the session
/// steps on.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_pac_file(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    unsafe { lend(current(session).and_then(Current::pac_file), len) }
}

/// Event PAE: the state entered.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_pae_state(session: *const eaprs_session) -> eaprs_pae_state {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Event { event: Event::Pae(state), .. }) => match state {
            PaeState::Disconnected => eaprs_pae_state::Disconnected,
            PaeState::Logoff => eaprs_pae_state::Logoff,
            PaeState::Connecting => eaprs_pae_state::Connecting,
            PaeState::Authenticating => eaprs_pae_state::Authenticating,
            PaeState::Authenticated => eaprs_pae_state::Authenticated,
            PaeState::Held => eaprs_pae_state::Held,
        },
        _ => eaprs_pae_state::None,
    }
}

/// Event PORT: whether the port may carry traffic.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_port_authorized(session: *const eaprs_session) -> bool {
    // SAFETY: the caller's promise.
    let current = unsafe { current(session) };
    matches!(current, Some(Current::Event { event: Event::Port(PortStatus::Authorized), .. }))
}

/// Output FINISHED: whether the peer is authenticated. The method and identity are there to read,
/// and the keys if the method derives any.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_succeeded(session: *const eaprs_session) -> bool {
    // SAFETY: the caller's promise.
    matches!(unsafe { current(session) }, Some(Current::Success { .. }))
}

/// Output FINISHED: why the peer is not authenticated.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_failure(session: *const eaprs_session) -> eaprs_failure {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Failure { failure, .. }) => failure.into(),
        _ => eaprs_failure::None,
    }
}

/// Output FINISHED: the Master Session Key. NULL if the method derives no keys.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_msk(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let keys = unsafe { current(session) }.and_then(Current::keys);
    // SAFETY: the caller's promise.
    unsafe { lend(keys.map(|keys| keys.msk.expose()), len) }
}

/// Output FINISHED: the Extended Master Session Key. NULL if the method derives none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_emsk(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let emsk = unsafe { current(session) }.and_then(Current::keys).and_then(|k| k.emsk.as_ref());
    // SAFETY: the caller's promise.
    unsafe { lend(emsk.map(|emsk| emsk.expose()), len) }
}

/// Output FINISHED: the Session-Id. NULL if the method derives none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_session_id(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let keys = unsafe { current(session) }.and_then(Current::keys);
    let id = keys.and_then(|keys| keys.session_id.as_ref());
    // SAFETY: the caller's promise.
    unsafe { lend(id.map(|id| id.expose()), len) }
}
