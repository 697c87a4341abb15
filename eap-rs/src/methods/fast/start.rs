//! What travels in clear text before there is a tunnel: the A-ID in a Start (RFC 4851 §4.1.1), the
//! PAC-Opaque in a ClientHello (RFC 4851 §3.2.2, RFC 5422 §4.2.3).
//!
//! # Departures
//!
//! - An A-ID in a Start without its header is taken as it is, as `wpa_supplicant` does.
//! - What follows a PAC-Opaque in the SessionTicket extension is ignored: some clients fill it up
//!   with zeros.

use super::pac::attributes::{A_ID, PAC_OPAQUE};
use super::tlv::{Tlv, write};

/// The data of a Start.
pub(super) fn start(authority: &[u8]) -> Vec<u8> {
    header_and(A_ID, authority)
}

/// The A-ID of a Start with these data; empty if it has none.
pub(super) fn authority(data: &[u8]) -> &[u8] {
    match Tlv::split_from(data) {
        Some((tlv, [])) if tlv.kind() == A_ID => tlv.value,
        _ => data,
    }
}

/// The body of the SessionTicket extension for this PAC-Opaque.
pub(super) fn ticket(opaque: &[u8]) -> Vec<u8> {
    header_and(PAC_OPAQUE, opaque)
}

/// The PAC-Opaque in the body of a SessionTicket extension, if that is what it is.
pub(super) fn opaque(ticket: &[u8]) -> Option<&[u8]> {
    let (tlv, _) = Tlv::split_from(ticket)?;
    (tlv.kind() == PAC_OPAQUE && !tlv.value.is_empty()).then_some(tlv.value)
}

fn header_and(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    write(kind, &[value], &mut octets);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4851_4_1_1_authority() {
        assert_eq!(start(b"radius"), b"\0\x04\0\x06radius");
        assert_eq!(authority(b"\0\x04\0\x06radius"), b"radius");
        assert_eq!(authority(b"radius"), b"radius");
        assert_eq!(authority(b""), b"");
        assert_eq!(authority(b"\0\x04\0\0"), b"");
        for odd in [&b"\0\x04\0\x07radius"[..], b"\0\x04\0\x05radius", b"\0\x05\0\x06radius"] {
            assert_eq!(authority(odd), odd, "no header");
        }
    }

    #[test]
    fn rfc_5422_4_2_3_ticket() {
        assert_eq!(ticket(b"opaque"), b"\0\x02\0\x06opaque");
        assert_eq!(opaque(b"\0\x02\0\x06opaque"), Some(&b"opaque"[..]));
        assert_eq!(opaque(b"\0\x02\0\x06opaque\0\0"), Some(&b"opaque"[..]));
        for wrong in [&b""[..], b"\0\x02\0", b"\0\x02\0\0", b"\0\x02\0\x07opaque", b"\0\x01\0\x01o"]
        {
            assert_eq!(opaque(wrong), None);
        }
    }
}
