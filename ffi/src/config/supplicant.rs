//! The 802.1X supplicant's configuration.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use eap_rs::eapol::{
    Destination, EapolVersion, MacAddress, SupplicantConfig, SupplicantConfigBuilder,
};

use super::Builder;
use crate::boundary::{bytes, give, guard, lend_text, object, object_mut, take};
use crate::eaprs_status;

/// Collects an 802.1X supplicant's configuration.
pub struct eaprs_supplicant_builder(Builder<SupplicantConfigBuilder>);

/// An 802.1X supplicant's configuration: immutable, may be shared by any number of sessions and
/// threads, may be freed while sessions use it.
pub struct eaprs_supplicant_config(pub(crate) Arc<SupplicantConfig>);

/// The address of the port, six octets at `mac`.
///
/// # Safety
/// `mac` is NULL or has six octets.
pub(crate) unsafe fn mac_address(mac: *const u8) -> Result<MacAddress, eaprs_status> {
    // SAFETY: the caller's promise.
    let octets = unsafe { bytes(mac, 6) }?;
    octets.try_into().map(MacAddress).map_err(|_| eaprs_status::InvalidArgument)
}

/// The EAPOL version with this number.
pub(crate) fn eapol_version(version: u32) -> Result<EapolVersion, eaprs_status> {
    match version {
        1 => Ok(EapolVersion::V1),
        2 => Ok(EapolVersion::V2),
        3 => Ok(EapolVersion::V3),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// Makes a builder for the port with this address: six octets at `mac`.
///
/// # Safety
/// `mac` has six octets; `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_new(
    mac: *const u8,
    builder: *mut *mut eaprs_supplicant_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let mac = unsafe { mac_address(mac) };
    guard(|| {
        let new = eaprs_supplicant_builder(Builder::new(SupplicantConfig::builder(mac?)));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// The EAPOL version to write: 1 (if not set; old switches drop the others), 2 or 3. Every version
/// is read.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_version(
    builder: *mut eaprs_supplicant_builder,
    version: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let version = eapol_version(version)?;
        Ok(builder?.0.set(|b| b.version(version)))
    })
}

/// Sends responses to the authenticator's own address once it has used ours, rather than to the
/// group address 01-80-C2-00-00-03.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_unicast(
    builder: *mut eaprs_supplicant_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.destination(Destination::AsSeen))))
}

/// startPeriod: the time between EAPOL-Starts, in milliseconds; 30000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_start_period(
    builder: *mut eaprs_supplicant_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.start_period(Duration::from_millis(time_ms)))))
}

/// maxStart: how many EAPOL-Starts go unanswered before there is no 802.1X here; 3 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_max_start(
    builder: *mut eaprs_supplicant_builder,
    count: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.max_start(count))))
}

/// heldPeriod: the wait after a failure, in milliseconds; 60000 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_held_period(
    builder: *mut eaprs_supplicant_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.held_period(Duration::from_millis(time_ms)))))
}

/// authPeriod: the wait for the authenticator's next packet, in milliseconds; 30000 if not
/// set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_auth_period(
    builder: *mut eaprs_supplicant_builder,
    time_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| Ok(builder?.0.set(|b| b.auth_period(Duration::from_millis(time_ms)))))
}

/// Checks everything and makes a configuration. The builder stays, to be corrected or freed.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_builder_build(
    builder: *mut eaprs_supplicant_builder,
    config: *mut *mut eaprs_supplicant_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built =
            eaprs_supplicant_config(Arc::new(builder?.0.build(SupplicantConfigBuilder::build)?));
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
pub unsafe extern "C" fn eaprs_supplicant_builder_error(
    builder: *const eaprs_supplicant_builder,
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
pub unsafe extern "C" fn eaprs_supplicant_builder_free(builder: *mut eaprs_supplicant_builder) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees a configuration. NULL is ignored; sessions that use it go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_supplicant_config_free(config: *mut eaprs_supplicant_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}
