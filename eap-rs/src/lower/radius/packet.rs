//! RADIUS packets as they are received (RFC 2865 §3, RFC 3579 §3).

use subtle::ConstantTimeEq;

use super::{HEADER_LEN, MAX_LEN, hmac_md5, md5};
use crate::{ConfigError, Secret};

/// Why a RADIUS packet was dropped. Nothing has changed, and nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RadiusDiscard {
    /// Shorter than a RADIUS header (RFC 2865 §3).
    #[error("shorter than a RADIUS header")]
    Truncated,
    /// The Length field is less than 20 or more than 4096 (RFC 2865 §3).
    #[error("length field outside 20 to 4096")]
    LengthOutOfRange,
    /// The Length field is larger than the packet received (RFC 2865 §3).
    #[error("length field larger than the packet")]
    LengthExceedsPacket,
    /// An attribute's length is less than 2 or goes beyond the packet (RFC 2865 §5).
    #[error("malformed attribute")]
    MalformedAttribute,
    /// A Code that has no place here.
    #[error("unexpected code {0}")]
    UnexpectedCode(u8),
    /// A response to another request.
    #[error("wrong identifier")]
    WrongIdentifier,
    /// No Message-Authenticator (RFC 3579 §3.2, CVE-2024-3596).
    #[error("no Message-Authenticator")]
    NoMessageAuthenticator,
    /// A Message-Authenticator of other than 16 octets, or more than one (RFC 3579 §3.3).
    #[error("malformed Message-Authenticator")]
    MalformedMessageAuthenticator,
    /// Another secret, or a forgery.
    #[error("wrong Message-Authenticator")]
    WrongMessageAuthenticator,
    /// Another secret, or a forgery.
    #[error("wrong Response Authenticator")]
    WrongResponseAuthenticator,
    /// An MPPE key that is cut short, is there twice, or does not decrypt (RFC 2548 §2.4.2).
    #[error("malformed MPPE key")]
    MalformedMppeKey,
    /// The request was received before and is still being processed (RFC 5080 §2.2.2).
    #[error("duplicate of a request in progress")]
    Duplicate,
    /// No EAP-Message.
    #[error("no EAP-Message")]
    NoEapMessage,
    /// A response to nothing that was asked of this server.
    #[error("response to nothing that was asked")]
    UnexpectedResponse,
    /// A State that names no conversation: it has ended, or never was.
    #[error("no conversation with this State")]
    UnknownState,
    /// As many conversations as there may be.
    #[error("too many conversations")]
    TooManySessions,
    /// The EAP packet is no good.
    #[error("EAP packet: {0}")]
    Eap(#[from] crate::Discard),
}

/// The secret that a RADIUS client shares with its server. Not empty (RFC 2865 §3).
#[derive(Debug)]
pub struct SharedSecret(Secret);

impl SharedSecret {
    /// Copies `octets` into memory that is wiped when the secret is dropped.
    ///
    /// # Errors
    /// [`ConfigError::Empty`] without any octets.
    pub fn new(octets: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        if octets.as_ref().is_empty() {
            return Err(ConfigError::Empty { field: "secret" });
        }
        Ok(Self(Secret::new(octets)))
    }

    /// The octets. Every use of this method is a place to audit.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

/// The kind of a RADIUS packet (RFC 2865 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RadiusCode(pub u8);

impl RadiusCode {
    /// Access-Request.
    pub const ACCESS_REQUEST: Self = Self(1);
    /// Access-Accept.
    pub const ACCESS_ACCEPT: Self = Self(2);
    /// Access-Reject.
    pub const ACCESS_REJECT: Self = Self(3);
    /// Access-Challenge.
    pub const ACCESS_CHALLENGE: Self = Self(11);
    /// Status-Server (RFC 5997).
    pub const STATUS_SERVER: Self = Self(12);
}

/// The Type of an attribute (RFC 2865 §5). Those that matter to EAP have names here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttributeType(pub u8);

impl AttributeType {
    /// User-Name.
    pub const USER_NAME: Self = Self(1);
    /// User-Password (RFC 2865 §5.2): hidden with the shared secret.
    pub const USER_PASSWORD: Self = Self(2);
    /// NAS-IP-Address.
    pub const NAS_IP_ADDRESS: Self = Self(4);
    /// NAS-Port.
    pub const NAS_PORT: Self = Self(5);
    /// Service-Type.
    pub const SERVICE_TYPE: Self = Self(6);
    /// Filter-Id (RFC 3580 §3.9).
    pub const FILTER_ID: Self = Self(11);
    /// Framed-MTU: how long an EAP packet may be (RFC 3579 §2.4).
    pub const FRAMED_MTU: Self = Self(12);
    /// Reply-Message.
    pub const REPLY_MESSAGE: Self = Self(18);
    /// State.
    pub const STATE: Self = Self(24);
    /// Class.
    pub const CLASS: Self = Self(25);
    /// Vendor-Specific.
    pub const VENDOR_SPECIFIC: Self = Self(26);
    /// Session-Timeout.
    pub const SESSION_TIMEOUT: Self = Self(27);
    /// Idle-Timeout.
    pub const IDLE_TIMEOUT: Self = Self(28);
    /// Termination-Action: what happens after Session-Timeout.
    pub const TERMINATION_ACTION: Self = Self(29);
    /// Called-Station-Id: the switch's address (RFC 3580 §3.20).
    pub const CALLED_STATION_ID: Self = Self(30);
    /// Calling-Station-Id: the peer's address (RFC 3580 §3.21).
    pub const CALLING_STATION_ID: Self = Self(31);
    /// NAS-Identifier.
    pub const NAS_IDENTIFIER: Self = Self(32);
    /// Proxy-State.
    pub const PROXY_STATE: Self = Self(33);
    /// NAS-Port-Type.
    pub const NAS_PORT_TYPE: Self = Self(61);
    /// Tunnel-Type (RFC 2868 §3.1).
    pub const TUNNEL_TYPE: Self = Self(64);
    /// Tunnel-Medium-Type (RFC 2868 §3.2).
    pub const TUNNEL_MEDIUM_TYPE: Self = Self(65);
    /// Connect-Info (RFC 2869 §5.11).
    pub const CONNECT_INFO: Self = Self(77);
    /// EAP-Message (RFC 3579 §3.1).
    pub const EAP_MESSAGE: Self = Self(79);
    /// Message-Authenticator (RFC 3579 §3.2).
    pub const MESSAGE_AUTHENTICATOR: Self = Self(80);
    /// Tunnel-Private-Group-ID: the VLAN (RFC 2868 §3.6, RFC 3580 §3.31).
    pub const TUNNEL_PRIVATE_GROUP_ID: Self = Self(81);
    /// NAS-Port-Id (RFC 2869 §5.17).
    pub const NAS_PORT_ID: Self = Self(87);
    /// NAS-IPv6-Address (RFC 3162 §2.1).
    pub const NAS_IPV6_ADDRESS: Self = Self(95);
    /// EAP-Key-Name: the Session-Id (RFC 4072 §4.1.4, RFC 5247 §1.4).
    pub const EAP_KEY_NAME: Self = Self(102);
}

/// An attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its Type.
    pub kind: AttributeType,
    /// Its value, of 0 to 253 octets.
    pub value: &'a [u8],
}

/// A checked view of one RADIUS packet: its lengths fit. Whether it is genuine, only
/// [`Self::check_request`] and [`Self::check_response`] can tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RadiusPacket<'a> {
    header: &'a [u8; HEADER_LEN],
    attributes: &'a [u8],
}

impl<'a> RadiusPacket<'a> {
    /// Reads a packet. Octets behind its Length are padding (RFC 2865 §3).
    ///
    /// # Errors
    /// The reason to drop it.
    pub fn parse(octets: &'a [u8]) -> Result<Self, RadiusDiscard> {
        let (header, _) =
            octets.split_first_chunk::<HEADER_LEN>().ok_or(RadiusDiscard::Truncated)?;
        let [_, _, high, low, ..] = *header;
        let len = usize::from(u16::from_be_bytes([high, low]));
        if !(HEADER_LEN..=MAX_LEN).contains(&len) {
            return Err(RadiusDiscard::LengthOutOfRange);
        }
        let attributes = octets.get(HEADER_LEN..len).ok_or(RadiusDiscard::LengthExceedsPacket)?;
        let mut rest = attributes;
        while !rest.is_empty() {
            (_, rest) = split_attribute(rest).ok_or(RadiusDiscard::MalformedAttribute)?;
        }
        Ok(Self { header, attributes })
    }

    /// The Code.
    #[must_use]
    pub fn code(&self) -> RadiusCode {
        let [code, ..] = *self.header;
        RadiusCode(code)
    }

    /// The Identifier, by which a response is matched with its request.
    #[must_use]
    pub fn identifier(&self) -> u8 {
        let [_, identifier, ..] = *self.header;
        identifier
    }

    /// The Authenticator: of a request, the Request Authenticator.
    #[must_use]
    pub fn authenticator(&self) -> &'a [u8; 16] {
        self.header.last_chunk().unwrap_or(&[0; 16])
    }

    /// The attributes, in order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.attributes }
    }

    /// The values of the attributes of this Type, in order.
    pub fn values(&self, kind: AttributeType) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.attributes().values(kind)
    }

    /// The EAP packet, joined from its EAP-Message attributes; `None` if there are none. It is empty
    /// in an EAP-Start (RFC 3579 §2.1).
    #[must_use]
    pub fn eap_message(&self) -> Option<Vec<u8>> {
        self.attributes().eap_message()
    }

    pub(super) const fn attribute_octets(&self) -> &'a [u8] {
        self.attributes
    }

    /// Checks that a request comes from someone who knows the secret.
    ///
    /// # Errors
    /// The reason to drop it: a request without Message-Authenticator is.
    pub fn check_request(&self, secret: &SharedSecret) -> Result<(), RadiusDiscard> {
        match self.code() {
            RadiusCode::ACCESS_REQUEST | RadiusCode::STATUS_SERVER => {}
            RadiusCode(other) => return Err(RadiusDiscard::UnexpectedCode(other)),
        }
        self.check_message_authenticator(secret, self.authenticator())
    }

    /// Checks that this is the response of someone who knows the secret, to the request with this
    /// Identifier and Authenticator.
    ///
    /// # Errors
    /// The reason to drop it: a response without Message-Authenticator is.
    pub fn check_response(
        &self,
        secret: &SharedSecret,
        identifier: u8,
        request_authenticator: &[u8; 16],
    ) -> Result<(), RadiusDiscard> {
        match self.code() {
            RadiusCode::ACCESS_ACCEPT
            | RadiusCode::ACCESS_REJECT
            | RadiusCode::ACCESS_CHALLENGE => {}
            RadiusCode(other) => return Err(RadiusDiscard::UnexpectedCode(other)),
        }
        if self.identifier() != identifier {
            return Err(RadiusDiscard::WrongIdentifier);
        }
        self.check_response_authenticator(secret, request_authenticator)?;
        self.check_message_authenticator(secret, request_authenticator)
    }

    /// [`check_response`](Self::check_response), but for a server that leaves Message-Authenticator
    /// out where there is no EAP-Message; one that is there has to be right.
    pub(super) fn insecure_check_response(
        &self,
        secret: &SharedSecret,
        identifier: u8,
        request_authenticator: &[u8; 16],
    ) -> Result<(), RadiusDiscard> {
        match self.check_response(secret, identifier, request_authenticator) {
            Err(RadiusDiscard::NoMessageAuthenticator) if self.eap_message().is_none() => Ok(()),
            result => result,
        }
    }

    /// Checks the Response Authenticator alone (RFC 2865 §3). It is no protection against those
    /// who can alter packets on the way (CVE-2024-3596).
    pub(super) fn check_response_authenticator(
        &self,
        secret: &SharedSecret,
        request_authenticator: &[u8; 16],
    ) -> Result<(), RadiusDiscard> {
        let expected =
            md5(&[self.start(), request_authenticator, self.attributes, secret.expose()]);
        if bool::from(expected.ct_eq(self.authenticator())) {
            return Ok(());
        }
        Err(RadiusDiscard::WrongResponseAuthenticator)
    }

    /// RFC 3579 §3.2: the HMAC is over the packet with the Request Authenticator, and with zeros for
    /// the HMAC itself.
    fn check_message_authenticator(
        &self,
        secret: &SharedSecret,
        request_authenticator: &[u8; 16],
    ) -> Result<(), RadiusDiscard> {
        let (before, found, after) = self.around_message_authenticator()?;
        let expected =
            hmac_md5(secret, &[self.start(), request_authenticator, before, &[0; 16], after]);
        if bool::from(expected.ct_eq(found)) {
            return Ok(());
        }
        Err(RadiusDiscard::WrongMessageAuthenticator)
    }

    /// The attributes before the value of Message-Authenticator, the value, and those behind.
    fn around_message_authenticator(&self) -> Result<Around<'a>, RadiusDiscard> {
        let mut found = None;
        let mut rest = self.attributes;
        while let Some((attribute, after)) = split_attribute(rest) {
            if attribute.kind == AttributeType::MESSAGE_AUTHENTICATOR {
                let malformed = RadiusDiscard::MalformedMessageAuthenticator;
                let value = attribute.value.try_into().map_err(|_| malformed)?;
                let before = self.attributes.len() - after.len() - attribute.value.len();
                let before = self.attributes.get(..before).unwrap_or_default();
                if found.replace((before, value, after)).is_some() {
                    return Err(malformed);
                }
            }
            rest = after;
        }
        found.ok_or(RadiusDiscard::NoMessageAuthenticator)
    }

    /// Code, Identifier and Length.
    fn start(&self) -> &'a [u8] {
        self.header.first_chunk::<4>().map_or(&[], |start| start)
    }
}

type Around<'a> = (&'a [u8], &'a [u8; 16], &'a [u8]);

/// Attributes may be secrets to those who know the shared secret; and they are personal.
impl core::fmt::Debug for RadiusPacket<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let kinds: Vec<u8> = self.attributes().map(|attribute| attribute.kind.0).collect();
        f.debug_struct("RadiusPacket")
            .field("code", &self.code().0)
            .field("identifier", &self.identifier())
            .field("attributes", &kinds)
            .finish()
    }
}

/// The attributes of a packet, in order.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Those of a packet that has been parsed.
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The EAP packet, joined from its EAP-Message attributes; `None` if there are none. It is empty
    /// in an EAP-Start (RFC 3579 §2.1).
    #[must_use]
    pub fn eap_message(self) -> Option<Vec<u8>> {
        let mut parts = self.values(AttributeType::EAP_MESSAGE).peekable();
        parts.peek()?;
        Some(parts.flatten().copied().collect())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (attribute, rest) = split_attribute(self.rest)?;
        self.rest = rest;
        Some(attribute)
    }
}

/// Takes the first of the attributes: Type, Length (of all three), Value (RFC 2865 §5, and the same
/// inside RFC 2548's Vendor-Specific attributes).
pub(super) fn split_attribute(octets: &[u8]) -> Option<(Attribute<'_>, &[u8])> {
    let ([kind, len], rest) = octets.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(*len).checked_sub(2)?)?;
    Some((Attribute { kind: AttributeType(*kind), value }, rest))
}
