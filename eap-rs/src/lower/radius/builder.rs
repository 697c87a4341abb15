//! RADIUS packets as they are sent (RFC 2865 §3, RFC 3579 §3).

use rand_core::CryptoRng;

use super::authorization::{Vlan, vlan_attributes};
use super::packet::{AttributeType, RadiusCode, RadiusPacket, SharedSecret};
use super::{HEADER_LEN, MAX_LEN, MAX_VALUE_LEN, hmac_md5, md5, mppe, password};
use crate::{Msk, Secret};

/// A packet that RADIUS cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RadiusBuildError {
    /// A value longer than RFC 2865 §5 allows.
    #[error("attribute {kind}: {len} octets given, at most 253 accepted")]
    AttributeTooLong {
        /// The attribute's Type.
        kind: u8,
        /// Octets given.
        len: usize,
    },
    /// A password of a length that RFC 2865 §5.2 does not allow.
    #[error("User-Password: {len} octets given, 1 to 128 accepted")]
    PasswordLength {
        /// Octets given.
        len: usize,
    },
    /// A password beside an EAP packet (RFC 3579 §3.3).
    #[error("User-Password: does not go together with an EAP packet")]
    PasswordWithEap,
    /// More than 4096 octets in all (RFC 2865 §3).
    #[error("the packet has {len} octets, at most 4096 are accepted")]
    PacketTooLong {
        /// Octets in all.
        len: usize,
    },
}

/// Builds a RADIUS packet. Message-Authenticator is its first attribute (CVE-2024-3596). What
/// cannot be carried is refused by [`Self::build`].
pub struct RadiusBuilder {
    /// As it will be, but for Length, Message-Authenticator and Response Authenticator.
    packet: Vec<u8>,
    request_authenticator: [u8; 16],
    is_response: bool,
    error: Option<RadiusBuildError>,
}

/// Message-Authenticator's place: the first attribute's value.
const MAC_START: usize = HEADER_LEN + 2;

impl RadiusBuilder {
    /// An Access-Request. The authenticator has to be random, and never used before with this
    /// secret (RFC 2865 §3).
    #[must_use]
    pub fn request(identifier: u8, authenticator: [u8; 16]) -> Self {
        Self::new(RadiusCode::ACCESS_REQUEST, identifier, authenticator, false)
    }

    /// A response; it carries the request's Proxy-States, in order (RFC 2865 §5.33).
    #[must_use]
    pub fn response(code: RadiusCode, request: &RadiusPacket<'_>) -> Self {
        let mut response = Self::new(code, request.identifier(), *request.authenticator(), true);
        for value in request.values(AttributeType::PROXY_STATE) {
            response = response.attribute(AttributeType::PROXY_STATE, value);
        }
        response
    }

    pub(super) fn new(
        code: RadiusCode,
        identifier: u8,
        request_authenticator: [u8; 16],
        is_response: bool,
    ) -> Self {
        let mut packet = vec![code.0, identifier, 0, 0];
        packet.extend(request_authenticator);
        let new = Self { packet, request_authenticator, is_response, error: None };
        new.attribute(AttributeType::MESSAGE_AUTHENTICATOR, [0; 16])
    }

    /// Appends an attribute of at most 253 octets.
    #[must_use]
    pub fn attribute(mut self, kind: AttributeType, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        match u8::try_from(value.len() + 2) {
            Ok(len) => {
                self.packet.extend([kind.0, len]);
                self.packet.extend_from_slice(value);
            }
            Err(_) => {
                let too_long =
                    RadiusBuildError::AttributeTooLong { kind: kind.0, len: value.len() };
                self.error.get_or_insert(too_long);
            }
        }
        self
    }

    /// Appends an EAP packet, split into as many EAP-Message attributes as it needs (RFC 3579
    /// §3.1). An empty one is an EAP-Start (RFC 3579 §2.1).
    #[must_use]
    pub fn eap_message(mut self, packet: &[u8]) -> Self {
        if packet.is_empty() {
            return self.attribute(AttributeType::EAP_MESSAGE, packet);
        }
        for part in packet.chunks(MAX_VALUE_LEN) {
            self = self.attribute(AttributeType::EAP_MESSAGE, part);
        }
        self
    }

    /// Appends a number of four octets.
    #[must_use]
    pub fn number(self, kind: AttributeType, value: u32) -> Self {
        self.attribute(kind, value.to_be_bytes())
    }

    /// Appends the attributes that put the peer into a VLAN (RFC 3580 §3.31).
    #[must_use]
    pub fn vlan(mut self, vlan: &Vlan) -> Self {
        for (kind, value) in vlan_attributes(vlan) {
            self = self.attribute(kind, value);
        }
        self
    }

    /// Appends User-Password (RFC 2865 §5.2) of 1 to 128 octets, hidden with the secret.
    #[must_use]
    pub fn user_password(mut self, password: &Secret, secret: &SharedSecret) -> Self {
        let len = password.expose().len();
        if !(1..=password::MAX_LEN).contains(&len) {
            self.error.get_or_insert(RadiusBuildError::PasswordLength { len });
            return self;
        }
        let value = password::hide(password, secret, &self.request_authenticator);
        self.attribute(AttributeType::USER_PASSWORD, value)
    }

    /// Appends MS-MPPE-Recv-Key and MS-MPPE-Send-Key: the halves of the first 64 octets of the MSK
    /// (RFC 2548 §2.4.2, §2.4.3), or of the 32 that EAP-MSCHAPv2 has. A shorter MSK is none that a
    /// lower layer is keyed with: then nothing is appended.
    #[must_use]
    pub fn mppe_keys(
        mut self,
        msk: &Msk,
        secret: &SharedSecret,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let Some([recv, send]) = mppe::halves(msk) else { return self };
        let salts = mppe::salts(rng);
        for (kind, key, salt) in
            [(mppe::SEND_KEY, send, salts[0]), (mppe::RECV_KEY, recv, salts[1])]
        {
            let value = mppe::attribute(kind, key, salt, secret, &self.request_authenticator);
            self = self.attribute(AttributeType::VENDOR_SPECIFIC, value);
        }
        self
    }

    /// The packet, with its Message-Authenticator and, if it is a response, Response
    /// Authenticator.
    ///
    /// # Errors
    /// [`RadiusBuildError`] if RADIUS cannot carry it.
    pub fn build(mut self, secret: &SharedSecret) -> Result<Vec<u8>, RadiusBuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let len = self.packet.len();
        if len > MAX_LEN {
            return Err(RadiusBuildError::PacketTooLong { len });
        }
        let field = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
        self.write(2, &field);
        let mac = hmac_md5(secret, &[&self.packet]);
        self.write(MAC_START, &mac);
        if self.is_response {
            // The packet has the Request Authenticator where this one goes (RFC 2865 §3).
            let authenticator = md5(&[&self.packet, secret.expose()]);
            self.write(4, &authenticator);
        }
        Ok(self.packet)
    }

    fn write(&mut self, at: usize, octets: &[u8]) {
        for (place, octet) in self.packet.iter_mut().skip(at).zip(octets) {
            *place = *octet;
        }
    }
}

impl core::fmt::Debug for RadiusBuilder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RadiusBuilder({} octets)", self.packet.len())
    }
}
