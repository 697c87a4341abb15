//! EAPOL frames (IEEE 802.1X-2004 §7; versions 2 and 3: IEEE 802.1X-2010 §11).

use super::mac::MacAddress;
use crate::Discard;

/// The EtherType of EAPOL.
pub const ETHERTYPE: u16 = 0x888e;

/// The EtherType of an 802.1Q tag. Switches may priority-tag what they send to a port; EAPOL itself
/// is untagged.
const TAG_ETHERTYPE: u16 = 0x8100;

/// The PAE group address 01-80-C2-00-00-03, which bridges do not forward.
pub const GROUP_ADDRESS: MacAddress = MacAddress([0x01, 0x80, 0xc2, 0x00, 0x00, 0x03]);

const ADDRESSES_LEN: usize = 12;

const PDU_HEADER_LEN: usize = 4;

/// The protocol version we write. What we receive may have any: a newer version is read like the
/// newest known (IEEE 802.1X-2004 §7.5.3, §7.5.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EapolVersion {
    /// IEEE 802.1X-2001. The default: old switches drop the others.
    #[default]
    V1 = 1,
    /// IEEE 802.1X-2004.
    V2 = 2,
    /// IEEE 802.1X-2010.
    V3 = 3,
}

/// The packet types of port authentication. There are others (keys, announcements, MKA): they are
/// not for a supplicant without MACsec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PduType {
    /// EAP-Packet.
    EapPacket = 0,
    /// EAPOL-Start.
    Start = 1,
    /// EAPOL-Logoff.
    Logoff = 2,
}

/// A checked view of an EAPOL PDU: what stands behind the EtherType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdu<'a> {
    /// The version octet as received; 1 or more.
    pub version: u8,
    /// The packet type.
    pub pdu_type: PduType,
    /// The EAP packet; of a version 3 Start, its TLVs.
    pub body: &'a [u8],
}

impl<'a> Pdu<'a> {
    /// Reads a PDU. Octets behind its length are padding.
    ///
    /// # Errors
    /// The reason to drop it.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Discard> {
        let ([version, pdu_type, high, low], rest) =
            octets.split_first_chunk::<PDU_HEADER_LEN>().ok_or(Discard::FrameTruncated)?;
        if *version == 0 {
            return Err(Discard::EapolVersion);
        }
        let pdu_type = match pdu_type {
            0 => PduType::EapPacket,
            1 => PduType::Start,
            2 => PduType::Logoff,
            other => return Err(Discard::EapolType(*other)),
        };
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let body = rest.get(..len).ok_or(Discard::EapolLength)?;
        Ok(Self { version: *version, pdu_type, body })
    }
}

/// A checked view of an Ethernet frame with an EAPOL PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthernetFrame<'a> {
    /// Whom it is for.
    pub destination: MacAddress,
    /// Who sent it.
    pub source: MacAddress,
    /// What it carries.
    pub pdu: Pdu<'a>,
}

impl<'a> EthernetFrame<'a> {
    /// Reads a frame, with or without one 802.1Q tag.
    ///
    /// # Errors
    /// The reason to drop it; [`Discard::NotEapol`] for another protocol's frame.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Discard> {
        let (destination, source) = addresses(octets).ok_or(Discard::FrameTruncated)?;
        let rest = octets.get(ADDRESSES_LEN..).unwrap_or_default();
        let (mut ethertype, mut rest) = split_u16(rest)?;
        if ethertype == TAG_ETHERTYPE {
            let (_tag, tagged) = split_u16(rest)?;
            (ethertype, rest) = split_u16(tagged)?;
        }
        if ethertype != ETHERTYPE {
            return Err(Discard::NotEapol);
        }
        Ok(Self { destination, source, pdu: Pdu::parse(rest)? })
    }
}

/// Whom an Ethernet frame is for, and who sent it.
pub(super) fn addresses(octets: &[u8]) -> Option<(MacAddress, MacAddress)> {
    let (destination, rest) = octets.split_first_chunk()?;
    let (source, _) = rest.split_first_chunk()?;
    Some((MacAddress(*destination), MacAddress(*source)))
}

fn split_u16(octets: &[u8]) -> Result<(u16, &[u8]), Discard> {
    let (number, rest) = octets.split_first_chunk::<2>().ok_or(Discard::FrameTruncated)?;
    Ok((u16::from_be_bytes(*number), rest))
}

/// An untagged frame. A body of more than 65,535 octets is cut; EAP packets have no more.
pub(super) fn write_frame(
    destination: MacAddress,
    source: MacAddress,
    version: EapolVersion,
    pdu_type: PduType,
    body: &[u8],
) -> Vec<u8> {
    let len = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let mut frame = Vec::with_capacity(18 + body.len());
    frame.extend_from_slice(&destination.0);
    frame.extend_from_slice(&source.0);
    frame.extend_from_slice(&ETHERTYPE.to_be_bytes());
    frame.extend_from_slice(&[version as u8, pdu_type as u8]);
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(body.get(..usize::from(len)).unwrap_or_default());
    frame
}

/// The frame of a *proxy logoff*: when the PC behind a phone is unplugged, the phone sends this
/// EAPOL-Logoff with the PC's address as its source, so that nobody inherits the PC's
/// authorization.
///
/// The frame goes to the PAE group address. The host pads it to the minimum of its link.
#[must_use]
pub fn logoff_frame(source: MacAddress, version: EapolVersion) -> Vec<u8> {
    write_frame(GROUP_ADDRESS, source, version, PduType::Logoff, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PC: MacAddress = MacAddress([2, 0, 0, 0, 0, 9]);

    #[test]
    fn proxy_logoff() {
        #[rustfmt::skip]
        assert_eq!(logoff_frame(PC, EapolVersion::V2), [
            0x01, 0x80, 0xc2, 0, 0, 3,
            2, 0, 0, 0, 0, 9,
            0x88, 0x8e,
            2, 2, 0, 0,
        ]);
    }

    #[test]
    fn round_trip_of_every_type_and_version() {
        for version in [EapolVersion::V1, EapolVersion::V2, EapolVersion::V3] {
            for pdu_type in [PduType::EapPacket, PduType::Start, PduType::Logoff] {
                let frame = write_frame(GROUP_ADDRESS, PC, version, pdu_type, &[1, 2, 3]);
                let expected = EthernetFrame {
                    destination: GROUP_ADDRESS,
                    source: PC,
                    pdu: Pdu { version: version as u8, pdu_type, body: &[1, 2, 3] },
                };
                assert_eq!(EthernetFrame::parse(&frame), Ok(expected));
                for cut in 0..frame.len() {
                    assert!(EthernetFrame::parse(&frame[..cut]).is_err());
                }
            }
        }
    }

    #[test]
    fn a_priority_tag_and_padding_are_tolerated() {
        let mut frame = write_frame(GROUP_ADDRESS, PC, EapolVersion::V1, PduType::Start, &[]);
        frame.splice(12..12, [0x81, 0x00, 0xe0, 0x00]);
        frame.extend([0; 38]);
        assert_eq!(EthernetFrame::parse(&frame).unwrap().pdu.pdu_type, PduType::Start);
    }

    #[test]
    fn what_is_dropped() {
        assert_eq!(Pdu::parse(&[0, 0, 0, 0]), Err(Discard::EapolVersion));
        assert_eq!(Pdu::parse(&[1, 3, 0, 0]), Err(Discard::EapolType(3)));
        assert_eq!(Pdu::parse(&[1, 0, 0, 1]), Err(Discard::EapolLength));
        assert_eq!(Pdu::parse(&[9, 1, 0, 0]).map(|pdu| pdu.version), Ok(9));
        let ipv4 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0x45, 0, 0, 0];
        assert_eq!(EthernetFrame::parse(&ipv4), Err(Discard::NotEapol));
    }
}
