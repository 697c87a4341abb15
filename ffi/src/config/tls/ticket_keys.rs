//! The keys of session tickets.

use std::sync::Arc;

use eap_rs::tls::TicketKeys;

use crate::boundary::{give, guard, keys_of, object, take};
use crate::eaprs_status;

/// The keys that seal session tickets: may be shared by any number of builders and threads, and
/// replaced while sessions use them.
pub struct eaprs_ticket_keys(pub(super) Arc<TicketKeys>);

/// How many octets a ticket key has.
pub const EAPRS_TICKET_KEY_LEN: usize = 32;

/// Makes a handle of `count` keys, 1 to 16, of `EAPRS_TICKET_KEY_LEN` random octets each, one
/// behind the other at `octets`. The first one seals, each of them opens: the newest comes first.
/// They are copied, and wiped.
///
/// # Safety
/// `octets` has 32 octets for each key; `keys` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_ticket_keys_new(
    octets: *const u8,
    count: usize,
    keys: *mut *mut eaprs_ticket_keys,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let given = unsafe { keys_of(octets, count) };
    guard(|| {
        let new = TicketKeys::new(given?).map_err(|_| eaprs_status::InvalidArgument)?;
        // SAFETY: the caller's promise.
        unsafe { give(keys, eaprs_ticket_keys(Arc::new(new))) }.map(|()| eaprs_status::Ok)
    })
}

/// Takes other keys from here on, as `eaprs_ticket_keys_new` does; what is refused leaves those
/// there are. To change keys without a full login, put the new one first and keep the old ones
/// behind it until their tickets have run out. Any thread may call this at any time.
///
/// # Safety
/// `keys` is a live handle; `octets` has 32 octets for each key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_ticket_keys_replace(
    keys: *mut eaprs_ticket_keys,
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
pub unsafe extern "C" fn eaprs_ticket_keys_free(keys: *mut eaprs_ticket_keys) {
    // SAFETY: the caller's promise.
    unsafe { take(keys) }
}
