//! The keys of a server's PACs.

use std::sync::Arc;

use super::library::PacKeys;
use crate::boundary::{give, guard, keys_of, object, take};
use crate::eaprs_status;

/// The keys that seal the PACs of EAP-FAST: may be shared by any number of builders and threads, and
/// replaced while sessions use them.
pub struct eaprs_pac_keys(pub(super) Arc<PacKeys>);

/// How many octets a key that seals PACs has.
pub const EAPRS_PAC_KEY_LEN: usize = 32;

/// Makes a handle of `count` keys, 1 to 16, of `EAPRS_PAC_KEY_LEN` random octets each, one
/// behind the other at `octets`. The first one seals, each of them opens: the newest comes first.
/// They are copied, and wiped. Servers that share their keys and their A-ID take each other's PACs;
/// whoever has a key can make PACs.
///
/// # Safety
/// `octets` has 32 octets for each key; `keys` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_pac_keys_new(
    octets: *const u8,
    count: usize,
    keys: *mut *mut eaprs_pac_keys,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let given = unsafe { keys_of(octets, count) };
    guard(|| {
        let new = PacKeys::new(given?).map_err(|_| eaprs_status::InvalidArgument)?;
        // SAFETY: the caller's promise.
        unsafe { give(keys, eaprs_pac_keys(Arc::new(new))) }.map(|()| eaprs_status::Ok)
    })
}

/// Takes other keys from here on, as `eaprs_pac_keys_new` does; what is refused leaves those
/// there are. To change keys without a peer being the worse for it, put the new one first and keep
/// the old ones behind it until their PACs have run out, on all servers that share them. Any thread
/// may call this at any time.
///
/// # Safety
/// `keys` is a live handle; `octets` has 32 octets for each key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_pac_keys_replace(
    keys: *mut eaprs_pac_keys,
    octets: *const u8,
    count: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise. Other threads may hold the same: the keys have a lock.
    let (keys, given) = unsafe { (object(keys.cast_const()), keys_of(octets, count)) };
    guard(|| {
        keys?.0.replace(given?).map_err(|_| eaprs_status::InvalidArgument)?;
        Ok(eaprs_status::Ok)
    })
}

/// Frees a handle. NULL is ignored; settings that use the keys go on.
///
/// # Safety
/// `keys` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_pac_keys_free(keys: *mut eaprs_pac_keys) {
    // SAFETY: the caller's promise.
    unsafe { take(keys) }
}
