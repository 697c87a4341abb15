//! Bytes to types and back: the EAP packet (RFC 3748 §4 and §5), and nothing else.

mod buffer;
mod method_type;
mod nak;
mod text;

pub use buffer::PacketBuffer;
pub(crate) use buffer::result_packet;
pub use method_type::{MethodType, TypeForm};
pub use nak::{Nak, ProposedTypes};
pub use text::displayable;

use crate::Discard;

/// Octets before the Type field: Code, Identifier, Length (RFC 3748 §4).
pub const HEADER_LEN: usize = 4;

/// Matches Responses with Requests (RFC 3748 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identifier(pub u8);

impl Identifier {
    /// The Identifier that follows this one, wrapping from 255 to 0.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// The kind of an EAP packet (RFC 3748 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    /// From the authenticator; wants a Response.
    Request = 1,
    /// From the peer, in answer to a Request.
    Response = 2,
    /// From the authenticator: access is granted.
    Success = 3,
    /// From the authenticator: access is refused.
    Failure = 4,
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self, f)
    }
}

/// A checked view of one EAP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// Code 1.
    Request(Body<'a>),
    /// Code 2.
    Response(Body<'a>),
    /// Code 3.
    Success(Identifier),
    /// Code 4.
    Failure(Identifier),
}

/// Which of the two layers of an EAP implementation a packet is for (RFC 3748 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// The EAP peer layer.
    Peer,
    /// The EAP authenticator layer.
    Authenticator,
}

/// What a Request and a Response have in common (RFC 3748 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    /// The Identifier.
    pub identifier: Identifier,
    /// The Type, whichever way it was written.
    pub method: MethodType,
    /// How the Type was written; the answer is written the same way.
    pub form: TypeForm,
    /// The Type-Data (of an Expanded Type: the Vendor-Data).
    pub data: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet. Octets behind the Length field are lower-layer padding and ignored
    /// (RFC 3748 §4).
    ///
    /// # Errors
    /// The reason for which RFC 3748 has the packet silently discarded.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Discard> {
        let ([code, identifier, high, low], received) =
            octets.split_first_chunk::<HEADER_LEN>().ok_or(Discard::Truncated)?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body_len = length.checked_sub(HEADER_LEN).ok_or(Discard::LengthTooShort)?;
        let body = received.get(..body_len).ok_or(Discard::LengthExceedsPacket)?;
        let identifier = Identifier(*identifier);
        match code {
            1 => {
                let body = Body::parse(identifier, body)?;
                // RFC 3748 §5: neither Nak is valid in a Request; §5.3.1: 0 is no Type.
                match body.method {
                    MethodType::NAK => Err(Discard::NakInRequest),
                    MethodType::NONE => Err(Discard::ReservedType),
                    _ => Ok(Self::Request(body)),
                }
            }
            2 => {
                let body = Body::parse(identifier, body)?;
                match body.method {
                    MethodType::NONE => Err(Discard::ReservedType),
                    _ => Ok(Self::Response(body)),
                }
            }
            3 | 4 if !body.is_empty() => Err(Discard::ResultWithData),
            3 => Ok(Self::Success(identifier)),
            4 => Ok(Self::Failure(identifier)),
            _ => Err(Discard::UnknownCode(*code)),
        }
    }

    /// Whom the packet is for, in a host that is peer and authenticator at once, as both ends of a
    /// PPP link may be (RFC 3748 §2.2, §2.4; RFC 4137 §1): Requests, Successes and Failures for the
    /// peer, Responses for the authenticator. Each of them has Identifiers of its own.
    ///
    /// ```
    /// use eap_rs::packet::{Layer, Packet};
    /// use eap_rs::{Authenticator, Instant, Peer, Received};
    ///
    /// fn receive(
    ///     peer: &mut Peer,
    ///     authenticator: &mut Authenticator,
    ///     packet: &[u8],
    ///     now: Instant,
    /// ) -> Received {
    ///     match Packet::parse(packet).map(|packet| packet.layer()) {
    ///         Ok(Layer::Peer) => peer.handle_packet(packet, now),
    ///         Ok(Layer::Authenticator) => authenticator.handle_packet(packet, now),
    ///         Err(reason) => Received::Discarded(reason),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub const fn layer(&self) -> Layer {
        match self {
            Self::Request(_) | Self::Success(_) | Self::Failure(_) => Layer::Peer,
            Self::Response(_) => Layer::Authenticator,
        }
    }

    /// The packet's Code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Request(_) => Code::Request,
            Self::Response(_) => Code::Response,
            Self::Success(_) => Code::Success,
            Self::Failure(_) => Code::Failure,
        }
    }

    /// The packet's Identifier.
    #[must_use]
    pub const fn identifier(&self) -> Identifier {
        match self {
            Self::Request(body) | Self::Response(body) => body.identifier,
            Self::Success(identifier) | Self::Failure(identifier) => *identifier,
        }
    }
}

impl<'a> Body<'a> {
    fn parse(identifier: Identifier, octets: &'a [u8]) -> Result<Self, Discard> {
        let (first, data) = octets.split_first().ok_or(Discard::MissingType)?;
        let (method, form, data) = if *first == TypeForm::EXPANDED_TYPE {
            let (expanded, data) = MethodType::parse_expanded(octets)?;
            (expanded, TypeForm::Expanded, data)
        } else {
            (MethodType::ietf(*first), TypeForm::Legacy, data)
        };
        Ok(Self { identifier, method, form, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_request_with_ethernet_padding() {
        let frame = [1, 7, 0, 9, 1, b'n', b'a', b'm', b'e', 0, 0, 0, 0];
        let packet = Packet::parse(&frame).unwrap();
        assert_eq!(
            packet,
            Packet::Request(Body {
                identifier: Identifier(7),
                method: MethodType::IDENTITY,
                form: TypeForm::Legacy,
                data: b"name",
            })
        );
        assert_eq!((packet.code(), packet.identifier()), (Code::Request, Identifier(7)));
    }

    #[test]
    fn success_and_failure() {
        assert_eq!(Packet::parse(&[3, 9, 0, 4]), Ok(Packet::Success(Identifier(9))));
        assert_eq!(Packet::parse(&[4, 9, 0, 4, 0xff]), Ok(Packet::Failure(Identifier(9))));
    }

    #[test]
    fn rfc_3748_section_2_2_layers() {
        let layer = |code| Packet::parse(&[code, 1, 0, 5, 1]).map(|packet| packet.layer());
        assert_eq!(layer(1), Ok(Layer::Peer));
        assert_eq!(layer(2), Ok(Layer::Authenticator));
        for code in [3, 4] {
            assert_eq!(Packet::parse(&[code, 1, 0, 4]).unwrap().layer(), Layer::Peer);
        }
    }

    #[test]
    fn every_malformation_has_its_name() {
        let cases: [(&[u8], Discard); 14] = [
            (&[], Discard::Truncated),
            (&[1, 0, 0], Discard::Truncated),
            (&[1, 0, 0, 0], Discard::LengthTooShort),
            (&[1, 0, 0, 3, 1], Discard::LengthTooShort),
            (&[1, 0, 0, 6, 1], Discard::LengthExceedsPacket),
            (&[1, 0, 0xff, 0xff, 1], Discard::LengthExceedsPacket),
            (&[0, 0, 0, 4], Discard::UnknownCode(0)),
            (&[5, 0, 0, 5, 1], Discard::UnknownCode(5)),
            (&[1, 0, 0, 4], Discard::MissingType),
            (&[2, 0, 0, 5, 0], Discard::ReservedType),
            (&[1, 0, 0, 11, 254, 0, 0, 0, 0, 0, 0], Discard::TruncatedExpandedType),
            (&[1, 0, 0, 6, 3, 4], Discard::NakInRequest),
            (&[1, 0, 0, 12, 254, 0, 0, 0, 0, 0, 0, 3], Discard::NakInRequest),
            (&[3, 0, 0, 5, 0], Discard::ResultWithData),
        ];
        for (octets, reason) in cases {
            assert_eq!(Packet::parse(octets), Err(reason), "{octets:02x?}");
        }
    }

    #[test]
    fn expanded_form_of_an_ietf_type_is_that_type() {
        // RFC 3748 §5.7: Types below 256 are the same however they are written.
        let octets = [1, 3, 0, 13, 254, 0, 0, 0, 0, 0, 0, 4, 0xaa];
        let Packet::Request(body) = Packet::parse(&octets).unwrap() else { panic!() };
        assert_eq!((body.method, body.form), (MethodType::MD5, TypeForm::Expanded));
        assert_eq!(body.data, [0xaa]);
    }
}
