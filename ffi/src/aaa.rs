//! A full authenticator's other side: what the AAA server answers (RFC 4137 section 7.1).

use std::time::Duration;

use eap_rs::{AaaAnswer, AaaRequestId, Instant, Keys, Msk, SessionId};

use crate::boundary::{bytes, guard, object_mut};
use crate::session::Role;
use crate::{eaprs_received, eaprs_session, eaprs_status};

fn handle<'a>(
    session: Result<&mut eaprs_session, eaprs_status>,
    request_id: u64,
    answer: impl FnOnce() -> Result<AaaAnswer<'a>, eaprs_status>,
    now_ms: u64,
) -> eaprs_received {
    guard(|| {
        let session = session?;
        let answer = answer()?;
        session.run(|session| {
            let Role::Full(authenticator) = &mut session.role else {
                return Err(eaprs_status::WrongRole);
            };
            let id = AaaRequestId::new(request_id);
            let received = authenticator.handle_aaa(id, answer, Instant::from_millis(now_ms));
            Ok(session.received(received))
        })
    })
}

/// The AAA server sends the next Request for the peer: in RADIUS, an Access-Challenge with this
/// EAP-Message. `method_timeout_ms` is how long the peer may take for it, in RADIUS Session-Timeout;
/// 0 if the server does not say. An answer to a request that is not open is discarded, and so is
/// what is no Request.
///
/// # Safety
/// `session` is a live handle; `eap_message` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_aaa_request(
    session: *mut eaprs_session,
    request_id: u64,
    eap_message: *const u8,
    len: usize,
    method_timeout_ms: u64,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise; used before this function returns.
    let (session, eap_message) = unsafe { (object_mut(session), bytes(eap_message, len)) };
    let method_timeout =
        (method_timeout_ms > 0).then_some(Duration::from_millis(method_timeout_ms));
    let answer = || Ok(AaaAnswer::Request { eap_message: eap_message?, method_timeout });
    handle(session, request_id, answer, now_ms)
}

/// The AAA server has dropped the Response: the last Request still stands.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_aaa_no_request(
    session: *mut eaprs_session,
    request_id: u64,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    handle(session, request_id, || Ok(AaaAnswer::NoRequest), now_ms)
}

/// No AAA server has answered, and none will: the session fails now, and not only when the timeout for
/// AAA servers is over.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_aaa_timeout(
    session: *mut eaprs_session,
    request_id: u64,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    handle(session, request_id, || Ok(AaaAnswer::Timeout), now_ms)
}

/// The AAA server grants access: in RADIUS, an Access-Accept. `eap_message` may be NULL with length 0,
/// if there is none. `msk` is MS-MPPE-Recv-Key and MS-MPPE-Send-Key in a row, `session_id` EAP-Key-Name;
/// length 0 if there are none: keys that are absent stay absent.
///
/// # Safety
/// `session` is a live handle; the others have their lengths in octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_aaa_success(
    session: *mut eaprs_session,
    request_id: u64,
    eap_message: *const u8,
    len: usize,
    msk: *const u8,
    msk_len: usize,
    session_id: *const u8,
    session_id_len: usize,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise; used before this function returns.
    let (session, eap_message) = unsafe { (object_mut(session), bytes(eap_message, len)) };
    // SAFETY: the caller's promise.
    let (msk, id) = unsafe { (bytes(msk, msk_len), bytes(session_id, session_id_len)) };
    let answer = || {
        let (eap_message, msk, id) = (eap_message?, msk?, id?);
        let session_id = (!id.is_empty()).then(|| SessionId::new(id));
        let keys = (!msk.is_empty()).then(|| Keys { msk: Msk::new(msk), emsk: None, session_id });
        Ok(AaaAnswer::Success { eap_message: some(eap_message), keys })
    };
    handle(session, request_id, answer, now_ms)
}

/// The AAA server refuses access: in RADIUS, an Access-Reject. `eap_message` may be NULL with length
/// 0, if there is none.
///
/// # Safety
/// `session` is a live handle; `eap_message` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_aaa_failure(
    session: *mut eaprs_session,
    request_id: u64,
    eap_message: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise; used before this function returns.
    let (session, eap_message) = unsafe { (object_mut(session), bytes(eap_message, len)) };
    let answer = || Ok(AaaAnswer::Failure { eap_message: some(eap_message?) });
    handle(session, request_id, answer, now_ms)
}

fn some(octets: &[u8]) -> Option<&[u8]> {
    Some(octets).filter(|octets| !octets.is_empty())
}
