//! Ways for fuzz targets into what is not public. Only `--cfg fuzzing` has it.

/// The fragment layer of the TLS-based methods under a program of packets and messages.
pub fn fragment(data: &[u8]) {
    crate::tunnel::fragment::fuzzing::fragment(data);
}

/// A message of phase 2 of EAP-TTLS, read by both sides.
pub fn avp(data: &[u8]) {
    crate::methods::ttls::fuzzing::avp(data);
}

/// A message of phase 2 of EAP-FAST, read by both sides.
#[cfg(feature = "fast")]
pub fn fast_tlv(data: &[u8]) {
    crate::methods::fast::fast_tlv(data);
}

/// A file of PACs.
#[cfg(feature = "fast")]
pub fn pac_file(data: &[u8]) {
    crate::methods::fast::pac_file(data);
}
