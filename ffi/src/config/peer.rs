//! The peer's configuration.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use eap_rs::{PeerConfig, PeerConfigBuilder};

use super::{Builder, method_type};
use crate::boundary::{bytes, give, guard, lend_text, object, object_mut, take};
use crate::eaprs_status;
use crate::query::nt_hash;

/// Collects a peer's configuration.
pub struct eaprs_peer_builder(pub(super) Builder<PeerConfigBuilder>);

/// A peer's configuration: immutable, may be shared by any number of sessions and threads, may be
/// freed while sessions use it.
pub struct eaprs_peer_config(pub(crate) Arc<PeerConfig>);

/// Makes an empty builder.
///
/// # Safety
/// `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_new(
    builder: *mut *mut eaprs_peer_builder,
) -> eaprs_status {
    guard(|| {
        let new = eaprs_peer_builder(Builder::new(PeerConfig::builder()));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// The identity to give, at most 1015 octets. Without it the session asks.
///
/// # Safety
/// `builder` is a live handle; `identity` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_identity(
    builder: *mut eaprs_peer_builder,
    identity: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, identity) = unsafe { (object_mut(builder), bytes(identity, len)) };
    guard(|| {
        let identity = identity?;
        Ok(builder?.0.set(|b| b.identity(identity)))
    })
}

/// Gives, in the place of an identity, what may be known of the one inside the tunnel
/// (`eaprs_identity_anonymous`): `@example.org` if `alice@example.org` logs in there. Every method
/// has to be PEAP, EAP-TTLS or EAP-FAST, with an identity of that realm inside.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_anonymous_identity(
    builder: *mut eaprs_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(PeerConfigBuilder::anonymous_identity)))
}

/// The password, at most 1015 octets. It is copied, and wiped with the configuration. Without it
/// the session asks when a method needs one.
///
/// # Safety
/// `builder` is a live handle; `password` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_password(
    builder: *mut eaprs_peer_builder,
    password: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, password) = unsafe { (object_mut(builder), bytes(password, len)) };
    guard(|| {
        let password = password?;
        Ok(builder?.0.set(|b| b.password(password)))
    })
}

/// The NT hash of the password, 16 octets, in its place: for methods of MS-CHAP. It is copied, and
/// wiped with the configuration.
///
/// # Safety
/// `builder` is a live handle; `hash` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_nt_hash(
    builder: *mut eaprs_peer_builder,
    hash: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, hash) = unsafe { (object_mut(builder), bytes(hash, len)) };
    guard(|| {
        let hash = nt_hash(hash?)?;
        Ok(builder?.0.set(|b| b.nt_hash(hash)))
    })
}

/// Accepts the method with this IETF Type, after those named before. At least one is needed.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_method(
    builder: *mut eaprs_peer_builder,
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
pub unsafe extern "C" fn eaprs_peer_builder_require_keys(
    builder: *mut eaprs_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(PeerConfigBuilder::require_keys)))
}

/// How long to wait for a valid Request, in milliseconds; 60000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_client_timeout(
    builder: *mut eaprs_peer_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.client_timeout(Duration::from_millis(time_ms)))))
}

/// How long a question stays open, in milliseconds; 120000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_answer_timeout(
    builder: *mut eaprs_peer_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.answer_timeout(Duration::from_millis(time_ms)))))
}

/// After how many Responses a conversation is given up; 100 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_max_rounds(
    builder: *mut eaprs_peer_builder,
    rounds: u16,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.max_rounds(rounds))))
}

/// Accepts a Success or Failure whose Identifier is one too high, as some RADIUS servers send it
/// (RFC 4137 section 8.3). Off if not called.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_accept_next_identifier(
    builder: *mut eaprs_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(PeerConfigBuilder::accept_next_identifier)))
}

/// Checks everything and makes a configuration. The builder stays, to be corrected or freed.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_build(
    builder: *mut eaprs_peer_builder,
    config: *mut *mut eaprs_peer_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built = eaprs_peer_config(Arc::new(builder?.0.build(PeerConfigBuilder::build)?));
        // SAFETY: the caller's promise.
        unsafe { give(config, built) }.map(|()| eaprs_status::Ok)
    })
}

/// Why the last build was refused: NUL-terminated text that starts with the setting, or NULL.
/// Borrowed until the next call on this builder.
///
/// # Safety
/// `builder` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_error(
    builder: *const eaprs_peer_builder,
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
pub unsafe extern "C" fn eaprs_peer_builder_free(builder: *mut eaprs_peer_builder) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees a configuration. NULL is ignored; sessions that use it go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_config_free(config: *mut eaprs_peer_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}
