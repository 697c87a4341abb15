//! How the packets inside the tunnel are written. Version 1 has them whole; version 0 leaves their
//! header out, but for the Extensions method (\[MS-PEAP\] §3.1.5.6).

use super::tlv::EXTENSIONS;
use crate::Code;
use crate::packet::HEADER_LEN;

/// The Type of the Extensions method and what follows, or an EAP packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    Extensions {
        /// To be repeated in the answer.
        identifier: u8,
        data: &'a [u8],
    },
    Packet(Vec<u8>),
}

/// What a message of version 0 says. A packet gets this Identifier, whether or not it has one of
/// its own; `None` if there is none.
///
/// Some packets come with their header: the Extensions method always, from FreeRADIUS the Request
/// for the identity, too. A compressed packet that looks like it would have to spell its own length.
pub(super) fn read(code: Code, identifier: u8, octets: &[u8]) -> Option<Message<'_>> {
    let body = match octets.split_first_chunk::<HEADER_LEN>() {
        Some(([c, own_identifier, l0, l1], body))
            if *c == code as u8
                && usize::from(u16::from_be_bytes([*l0, *l1])) == octets.len()
                && !body.is_empty() =>
        {
            if let Some((&EXTENSIONS, data)) = body.split_first() {
                return Some(Message::Extensions { identifier: *own_identifier, data });
            }
            body
        }
        _ => octets,
    };
    if body.is_empty() {
        return None;
    }
    packet(code, identifier, body).map(Message::Packet)
}

/// What of an EAP packet travels in version 0.
pub(super) fn compress(packet: &[u8]) -> &[u8] {
    packet.get(HEADER_LEN..).unwrap_or_default()
}

/// An Extensions packet with its header.
pub(super) fn extensions(code: Code, identifier: u8, data: &[u8]) -> Vec<u8> {
    packet(code, identifier, &[&[EXTENSIONS][..], data].concat()).unwrap_or_default()
}

fn packet(code: Code, identifier: u8, body: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(HEADER_LEN + body.len()).ok()?;
    let [l0, l1] = len.to_be_bytes();
    Some([&[code as u8, identifier, l0, l1][..], body].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(octets: &[u8]) -> Option<Message<'_>> {
        Some(Message::Packet(octets.to_vec()))
    }

    #[test]
    fn each_form_that_is_in_use() {
        let read = |octets: &'static [u8]| read(Code::Request, 9, octets);
        let identity = [1, 9, 0, 5, 1];
        assert_eq!(read(&[1]), whole(&identity), "hostapd");
        assert_eq!(read(&[1, 9, 0, 5, 1]), whole(&identity), "FreeRADIUS");
        assert_eq!(read(&[4, 1, 7]), whole(&[1, 9, 0, 7, 4, 1, 7]));
        let capabilities = [1, 9, 0, 16, 254, 0, 1, 0x37, 0, 0, 0, 0x22, 0, 0, 0, 1];
        assert_eq!(
            read(&[1, 4, 0, 16, 254, 0, 1, 0x37, 0, 0, 0, 0x22, 0, 0, 0, 1]),
            whole(&capabilities)
        );
        assert_eq!(read(&[254, 0, 1, 0x37, 0, 0, 0, 0x22, 0, 0, 0, 1]), whole(&capabilities));
        let result = [1, 4, 0, 11, 33, 0x80, 3, 0, 2, 0, 1];
        let data = &[0x80, 3, 0, 2, 0, 1];
        assert_eq!(
            super::read(Code::Request, 9, &result),
            Some(Message::Extensions { identifier: 4, data })
        );
    }

    #[test]
    fn extensions_need_their_header() {
        // Behind a length that lies, it is an identity's prompt.
        for len in (0..=u8::MAX).filter(|len| *len != 11) {
            let octets = [1, 4, 0, len, 33, 0x80, 3, 0, 2, 0, 1];
            let Some(Message::Packet(packet)) = read(Code::Request, 9, &octets) else { panic!() };
            assert_eq!((packet[4], &packet[4..]), (1, &octets[..]));
        }
        let response = [2, 4, 0, 11, 33, 0x80, 3, 0, 2, 0, 1];
        assert!(matches!(read(Code::Request, 9, &response), Some(Message::Packet(_))));
        assert!(matches!(read(Code::Response, 9, &response), Some(Message::Extensions { .. })));
    }

    #[test]
    fn what_is_written_is_read_at_any_length() {
        for len in 0..=64 {
            let data = vec![0xa5; len];
            let octets = extensions(Code::Response, 7, &data);
            let expected = Message::Extensions { identifier: 7, data: &data };
            assert_eq!(read(Code::Response, 1, &octets), Some(expected));
            let sent = [&[2, 7, 0, 5 + u8::try_from(len).unwrap(), 26][..], &data].concat();
            assert_eq!(read(Code::Response, 7, compress(&sent)), whole(&sent));
        }
    }

    #[test]
    fn nothing_and_too_much_is_no_packet() {
        assert_eq!(read(Code::Request, 1, &[]), None);
        assert_eq!(read(Code::Request, 1, &vec![6; 65_532]), None);
        assert!(read(Code::Request, 1, &vec![6; 65_531]).is_some());
        // A header and nothing else is a compressed Request for an identity.
        assert_eq!(read(Code::Request, 9, &[1, 2, 0, 4]), whole(&[1, 9, 0, 8, 1, 2, 0, 4]));
    }
}
