//! Ways for fuzz targets into what is not public. Only `--cfg fuzzing` has it.

/// The fragment layer of the TLS-based methods under a program of packets and messages.
pub fn fragment(data: &[u8]) {
    crate::tunnel::fragment::fuzzing::fragment(data);
}

/// A message of phase 2 of EAP-TTLS, read by both sides.
pub fn avp(data: &[u8]) {
    crate::methods::ttls::fuzzing::avp(data);
}
