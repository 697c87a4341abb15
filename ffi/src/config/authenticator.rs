//! The authenticator's configuration.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use eap_rs::{AuthenticatorConfig, AuthenticatorConfigBuilder, Retransmission};

use super::{Builder, method_type};
use crate::boundary::{give, guard, lend_text, object, object_mut, take, text};
use crate::eaprs_status;

/// Collects an authenticator's configuration.
pub struct eaprs_authenticator_builder(pub(super) Builder<AuthenticatorConfigBuilder>);

/// An authenticator's configuration: immutable, may be shared by any number of sessions and
/// threads, may be freed while sessions use it.
pub struct eaprs_authenticator_config(pub(crate) Arc<AuthenticatorConfig>);

/// Makes an empty builder.
///
/// # Safety
/// `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_new(
    builder: *mut *mut eaprs_authenticator_builder,
) -> eaprs_status {
    guard(|| {
        let new = eaprs_authenticator_builder(Builder::new(AuthenticatorConfig::builder()));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// Offers the method with this IETF Type, after those named before. At least one is needed, unless
/// there is an AAA server (`..._pass_through`).
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_method(
    builder: *mut eaprs_authenticator_builder,
    method: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let method = method_type(method)?;
        Ok(builder?.0.set(|b| b.method(method)))
    })
}

/// Refuses methods that derive no keys, because the link needs them.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_require_keys(
    builder: *mut eaprs_authenticator_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(AuthenticatorConfigBuilder::require_keys)))
}

/// Asks for the methods to offer to each peer (`EAPRS_QUERY_POLICY`).
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_ask_policy(
    builder: *mut eaprs_authenticator_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(AuthenticatorConfigBuilder::ask_policy)))
}

/// A message to have displayed before the method begins: UTF-8, 1 to 1015 octets.
///
/// # Safety
/// `builder` is a live handle; `message` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_notification(
    builder: *mut eaprs_authenticator_builder,
    message: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, message) = unsafe { (object_mut(builder), text(message, len)) };
    guard(|| {
        let message = message?;
        Ok(builder?.0.set(|b| b.notification(message)))
    })
}

/// The authenticator's own name, which MD5-Challenge and EAP-MSCHAPv2 tell the peer: UTF-8, at most
/// 255 octets.
///
/// # Safety
/// `builder` is a live handle; `name` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_server_name(
    builder: *mut eaprs_authenticator_builder,
    name: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, name) = unsafe { (object_mut(builder), text(name, len)) };
    guard(|| {
        let name = name?;
        Ok(builder?.0.set(|b| b.server_name(name)))
    })
}

/// What a person is shown who has to type an identity: UTF-8, at most 1015 octets.
///
/// # Safety
/// `builder` is a live handle; `prompt` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_identity_prompt(
    builder: *mut eaprs_authenticator_builder,
    prompt: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, prompt) = unsafe { (object_mut(builder), text(prompt, len)) };
    guard(|| {
        let prompt = prompt?;
        Ok(builder?.0.set(|b| b.identity_prompt(prompt)))
    })
}

/// What a person is shown who has to type a token: UTF-8, 1 to 1015 octets; "Password: " if not
/// set.
///
/// # Safety
/// `builder` is a live handle; `prompt` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_token_prompt(
    builder: *mut eaprs_authenticator_builder,
    prompt: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, prompt) = unsafe { (object_mut(builder), text(prompt, len)) };
    guard(|| {
        let prompt = prompt?;
        Ok(builder?.0.set(|b| b.token_prompt(prompt)))
    })
}

/// How often a peer may try again after a wrong password (EAP-MSCHAPv2); 0 if not set: a peer with
/// nobody at hand would wait for somebody to type another.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_password_retries(
    builder: *mut eaprs_authenticator_builder,
    retries: u8,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.password_retries(retries))))
}

/// Makes it a backend authenticator (RFC 4137 section 6): packets travel in RADIUS or another AAA
/// protocol, and retransmission is the NAS's. `eaprs_session_pick_up` takes the first Response.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_backend(
    builder: *mut eaprs_authenticator_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(AuthenticatorConfigBuilder::backend)))
}

/// How long a backend waits for a Response, in milliseconds; 60000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_response_timeout(
    builder: *mut eaprs_authenticator_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.response_timeout(Duration::from_millis(time_ms)))))
}

/// Has an AAA server decide about peers for whom no method is left (RFC 4137 section 7): all of
/// them, if no methods are offered. For `eaprs_session_new_full_authenticator`; a backend cannot,
/// to others it makes no difference.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_pass_through(
    builder: *mut eaprs_authenticator_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(AuthenticatorConfigBuilder::pass_through)))
}

/// Leaves everything to the AAA server, also to ask for the identity (EAP-Start). It does not go
/// together with methods, a policy or a notification of our own.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_pass_identity_through(
    builder: *mut eaprs_authenticator_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(AuthenticatorConfigBuilder::pass_identity_through)))
}

/// How long the AAA server may take for an answer, in milliseconds; 60000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_aaa_timeout(
    builder: *mut eaprs_authenticator_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.aaa_timeout(Duration::from_millis(time_ms)))))
}

/// How long a question stays open, in milliseconds; 30000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_answer_timeout(
    builder: *mut eaprs_authenticator_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.answer_timeout(Duration::from_millis(time_ms)))))
}

/// After how many Requests a conversation is given up; 100 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_max_rounds(
    builder: *mut eaprs_authenticator_builder,
    rounds: u16,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.max_rounds(rounds))))
}

/// When Requests are sent again (RFC 3748 section 4.3): the first, the smallest and the largest
/// wait in milliseconds, and how often one Request is repeated. 1000, 200, 20000 and 5 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_retransmission(
    builder: *mut eaprs_authenticator_builder,
    initial_ms: u64,
    min_ms: u64,
    max_ms: u64,
    max_retransmissions: u8,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let mut retransmission = Retransmission::default();
        retransmission.initial = Duration::from_millis(initial_ms);
        retransmission.min = Duration::from_millis(min_ms);
        retransmission.max = Duration::from_millis(max_ms);
        retransmission.max_retransmissions = max_retransmissions;
        Ok(builder?.0.set(|b| b.retransmission(retransmission)))
    })
}

/// Checks everything and makes a configuration. The builder stays, to be corrected or freed.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_build(
    builder: *mut eaprs_authenticator_builder,
    config: *mut *mut eaprs_authenticator_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built = builder?.0.build(AuthenticatorConfigBuilder::build)?;
        // SAFETY: the caller's promise.
        unsafe { give(config, eaprs_authenticator_config(Arc::new(built))) }
            .map(|()| eaprs_status::Ok)
    })
}

/// Why the last build was refused: NUL-terminated text that starts with the setting, or NULL.
/// Borrowed until the next call on this builder.
///
/// # Safety
/// `builder` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_error(
    builder: *const eaprs_authenticator_builder,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { lend_text(object(builder).ok().and_then(|builder| builder.0.error()), len) }
}

/// Frees a builder. NULL is ignored.
///
/// # Safety
/// `builder` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_free(
    builder: *mut eaprs_authenticator_builder,
) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees a configuration. NULL is ignored; sessions that use it go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_config_free(config: *mut eaprs_authenticator_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}
