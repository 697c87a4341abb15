//! Method Types, among them Expanded Types (RFC 3748 §5, §5.7).

use core::fmt;

use crate::Discard;

/// An EAP method Type: a Vendor-Id (0 for the IETF) and a number in that vendor's space.
///
/// Types below 256 of the IETF are the same Type whether a packet carries them in one octet or in
/// Expanded form (RFC 3748 §5.7); how they were written is a [`TypeForm`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MethodType {
    vendor: u32,
    number: u32,
}

/// How a Type is written in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeForm {
    /// One octet.
    Legacy,
    /// Eight octets: 254, Vendor-Id, Vendor-Type (RFC 3748 §5.7).
    Expanded,
}

impl TypeForm {
    /// The Type octet that announces the Expanded form.
    pub const EXPANDED_TYPE: u8 = 254;
}

impl MethodType {
    /// "No alternative" in a Nak (RFC 3748 §5.3); never a method.
    pub const NONE: Self = Self::ietf(0);
    /// Identity (RFC 3748 §5.1).
    pub const IDENTITY: Self = Self::ietf(1);
    /// Notification (RFC 3748 §5.2).
    pub const NOTIFICATION: Self = Self::ietf(2);
    /// Nak, legacy or Expanded (RFC 3748 §5.3).
    pub const NAK: Self = Self::ietf(3);
    /// MD5-Challenge (RFC 3748 §5.4).
    pub const MD5: Self = Self::ietf(4);
    /// One-Time Password (RFC 3748 §5.5).
    pub const OTP: Self = Self::ietf(5);
    /// Generic Token Card (RFC 3748 §5.6).
    pub const GTC: Self = Self::ietf(6);
    /// EAP-TLS (RFC 5216, RFC 9190).
    pub const TLS: Self = Self::ietf(13);
    /// EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2).
    pub const MSCHAPV2: Self = Self::ietf(26);

    /// EAP-TTLS (RFC 5281).
    pub const TTLS: Self = Self::ietf(21);
    /// PEAP (\[MS-PEAP\]).
    pub const PEAP: Self = Self::ietf(25);
    /// EAP-FAST (RFC 4851).
    pub const FAST: Self = Self::ietf(43);

    /// The octets of the Expanded form.
    pub const EXPANDED_LEN: usize = 8;

    /// A Type of the IETF's one-octet space.
    #[must_use]
    pub const fn ietf(number: u8) -> Self {
        Self { vendor: 0, number: number as u32 }
    }

    /// A vendor's Type. Only the low 24 bits of `vendor` exist on the wire; the rest is dropped.
    #[must_use]
    pub const fn vendor(vendor: u32, number: u32) -> Self {
        Self { vendor: vendor & 0x00ff_ffff, number }
    }

    /// The Vendor-Id: an SMI Private Enterprise Code, or 0 for the IETF.
    #[must_use]
    pub const fn vendor_id(self) -> u32 {
        self.vendor
    }

    /// The number in the vendor's space.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// The one-octet form, if the Type has one. 254 announces the Expanded form and is no Type of
    /// its own.
    #[must_use]
    pub fn legacy(self) -> Option<u8> {
        match (self.vendor, u8::try_from(self.number)) {
            (0, Ok(TypeForm::EXPANDED_TYPE)) => None,
            (0, Ok(octet)) => Some(octet),
            _ => None,
        }
    }

    /// The eight octets of the Expanded form.
    #[must_use]
    pub const fn expanded(self) -> [u8; Self::EXPANDED_LEN] {
        let [_, v0, v1, v2] = self.vendor.to_be_bytes();
        let [n0, n1, n2, n3] = self.number.to_be_bytes();
        [TypeForm::EXPANDED_TYPE, v0, v1, v2, n0, n1, n2, n3]
    }

    /// Whether this is an authentication method: neither one of the special first three Types nor
    /// a reserved number (RFC 3748 §5).
    #[must_use]
    pub const fn is_method(self) -> bool {
        self.vendor != 0 || (self.number > 3 && self.number != 254)
    }

    /// Whether it has a tunnel of its own for other methods: EAP-TTLS, PEAP, EAP-FAST, TEAP.
    pub(crate) const fn is_tunnel(self) -> bool {
        self.vendor == 0 && matches!(self.number, 21 | 25 | 43 | 55)
    }

    /// Reads the Expanded form at the start of `octets`, 254 included, and gives what follows it.
    pub(crate) fn parse_expanded(octets: &[u8]) -> Result<(Self, &[u8]), Discard> {
        let ([marker, v0, v1, v2, n0, n1, n2, n3], rest) = octets
            .split_first_chunk::<{ Self::EXPANDED_LEN }>()
            .ok_or(Discard::TruncatedExpandedType)?;
        if *marker != TypeForm::EXPANDED_TYPE {
            return Err(Discard::MalformedNak);
        }
        let method = Self::vendor(
            u32::from_be_bytes([0, *v0, *v1, *v2]),
            u32::from_be_bytes([*n0, *n1, *n2, *n3]),
        );
        Ok((method, rest))
    }

    fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(number, _)| self.vendor == 0 && *number == self.number)
            .map(|(_, name)| *name)
    }
}

/// The registered name, or the numbers.
impl fmt::Display for MethodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.vendor) {
            (Some(name), _) => f.write_str(name),
            (None, 0) => write!(f, "Type {}", self.number),
            (None, vendor) => write!(f, "vendor {vendor} Type {}", self.number),
        }
    }
}

impl fmt::Debug for MethodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MethodType({self})")
    }
}

/// IANA's "EAP Method Types", as far as networks are known to offer them: a log that says what the
/// other side wanted is worth more than a number.
const NAMES: [(u32, &str); 27] = [
    (0, "None"),
    (1, "Identity"),
    (2, "Notification"),
    (3, "Nak"),
    (4, "MD5-Challenge"),
    (5, "OTP"),
    (6, "GTC"),
    (13, "EAP-TLS"),
    (17, "LEAP"),
    (18, "EAP-SIM"),
    (21, "EAP-TTLS"),
    (23, "EAP-AKA"),
    (25, "PEAP"),
    (26, "EAP-MSCHAPv2"),
    (33, "EAP-TLV"),
    (38, "TNC"),
    (43, "EAP-FAST"),
    (46, "EAP-PAX"),
    (47, "EAP-PSK"),
    (48, "EAP-SAKE"),
    (49, "EAP-IKEv2"),
    (50, "EAP-AKA'"),
    (51, "EAP-GPSK"),
    (52, "EAP-pwd"),
    (53, "EAP-EKE"),
    (55, "TEAP"),
    (56, "EAP-NOOB"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(MethodType::MD5.to_string(), "MD5-Challenge");
        assert_eq!(MethodType::ietf(200).to_string(), "Type 200");
        assert_eq!(MethodType::vendor(20, 6).to_string(), "vendor 20 Type 6");
    }

    #[test]
    fn forms() {
        assert_eq!(MethodType::GTC.legacy(), Some(6));
        assert_eq!(MethodType::vendor(20, 6).legacy(), None);
        assert_eq!(MethodType::ietf(254).legacy(), None);
        assert_eq!(MethodType::vendor(20, 6).expanded(), [254, 0, 0, 20, 0, 0, 0, 6]);
        assert!(!MethodType::NAK.is_method() && MethodType::MD5.is_method());
    }
}
