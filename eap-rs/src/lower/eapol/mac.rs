//! Stations' addresses, and how they are written.

use core::fmt;

/// A station's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Whether one station can have it: a group's address has none, nor has zero.
    #[must_use]
    pub fn is_station(&self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && self.0 != [0; 6]
    }

    /// The address in this form.
    #[must_use]
    pub fn to_text(&self, format: MacFormat) -> String {
        let MacFormat { separator, upper_case } = format;
        let (group, mark) = match separator {
            MacSeparator::None => (6, ""),
            MacSeparator::Hyphen => (1, "-"),
            MacSeparator::Colon => (1, ":"),
            MacSeparator::Dot => (2, "."),
        };
        let mut text = String::with_capacity(17);
        for (i, octet) in self.0.iter().enumerate() {
            if i > 0 && i.is_multiple_of(group) {
                text.push_str(mark);
            }
            text.push_str(&match upper_case {
                true => format!("{octet:02X}"),
                false => format!("{octet:02x}"),
            });
        }
        text
    }
}

/// With colons, in lower case.
impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([a, b, c, d, e, g]) = self;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// How an address is written for a RADIUS server. Servers compare the text of User-Name with what is
/// in their files, and there is no agreement on what that looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MacFormat {
    /// What stands between the octets; nothing if not set.
    pub separator: MacSeparator,
    /// Whether the digits above nine are capitals; they are not if not set.
    pub upper_case: bool,
}

impl MacFormat {
    /// That of Called-Station-Id and Calling-Station-Id (RFC 3580 §3.20, §3.21): 00-10-A4-23-19-C0.
    pub const STATION_ID: Self = Self { separator: MacSeparator::Hyphen, upper_case: true };
}

/// What stands between the octets of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MacSeparator {
    /// Nothing: 0010a42319c0.
    #[default]
    None,
    /// A hyphen behind each octet but the last: 00-10-a4-23-19-c0.
    Hyphen,
    /// A colon behind each octet but the last: 00:10:a4:23:19:c0.
    Colon,
    /// A dot behind two octets: 0010.a423.19c0.
    Dot,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let address = MacAddress([0x00, 0x10, 0xa4, 0x23, 0x19, 0xc0]);
        assert_eq!(address.to_string(), "00:10:a4:23:19:c0");
        assert_eq!(address.to_text(MacFormat::default()), "0010a42319c0");
        assert_eq!(address.to_text(MacFormat::STATION_ID), "00-10-A4-23-19-C0");
        let written = |separator| address.to_text(MacFormat { separator, upper_case: false });
        assert_eq!(written(MacSeparator::Hyphen), "00-10-a4-23-19-c0");
        assert_eq!(written(MacSeparator::Colon), "00:10:a4:23:19:c0");
        assert_eq!(written(MacSeparator::Dot), "0010.a423.19c0");
    }

    #[test]
    fn groups_and_zero_are_no_stations() {
        assert!(MacAddress([2, 0, 0, 0, 0, 1]).is_station());
        assert!(!MacAddress([0; 6]).is_station());
        assert!(!MacAddress([1, 0, 0x5e, 0, 0, 1]).is_station());
        assert!(!MacAddress([0xff; 6]).is_station());
    }
}
