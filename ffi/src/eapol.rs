//! EAPOL frames for the host itself.

use eap_rs::eapol::logoff_frame;

use crate::boundary::{copy_out, guard};
use crate::config::{eapol_version, mac_address};
use crate::eaprs_status;

/// The octets of a frame from `eaprs_eapol_logoff_frame`.
pub const EAPRS_EAPOL_LOGOFF_FRAME_LEN: usize = 18;

/// Writes the Ethernet frame of a proxy logoff: an EAPOL-Logoff with the address of a PC that was
/// unplugged from this phone (six octets at `source_mac`) as its source. `version` is 1, 2 or 3.
/// The host pads the frame to the minimum of its link.
///
/// # Safety
/// `source_mac` has six octets; `frame` is valid for writes of `capacity` octets; `len` is valid
/// for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_eapol_logoff_frame(
    source_mac: *const u8,
    version: u32,
    frame: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let source = unsafe { mac_address(source_mac) };
    guard(|| {
        let octets = logoff_frame(source?, eapol_version(version)?);
        // SAFETY: the caller's promise.
        unsafe { copy_out(&octets, frame, capacity, len) }.map(|()| eaprs_status::Ok)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_constant_is_the_frame_s() {
        let (mut frame, mut len) = ([0; EAPRS_EAPOL_LOGOFF_FRAME_LEN], 0);
        let (mac, capacity) = ([2, 0, 0, 0, 0, 9], frame.len());
        // SAFETY: the buffers have the sizes given.
        let status = unsafe {
            eaprs_eapol_logoff_frame(mac.as_ptr(), 2, frame.as_mut_ptr(), capacity, &raw mut len)
        };
        assert_eq!((status, len), (eaprs_status::Ok, EAPRS_EAPOL_LOGOFF_FRAME_LEN));
        assert_eq!(frame[6..12], mac);
    }
}
