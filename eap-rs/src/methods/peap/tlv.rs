//! The Extensions method (\[MS-PEAP\] §2.2.8.1): how each side sees the end, and the Crypto-Binding
//! TLV.

/// Its Type.
pub(super) const EXTENSIONS: u8 = 33;

const MANDATORY: u16 = 0x8000;
/// The highest two bits are flags.
const TYPE: u16 = 0x3fff;

const RESULT: u16 = 3;
const CRYPTO_BINDING: u16 = 12;

/// Type and length.
const HEADER_LEN: usize = 4;
pub(super) const NONCE_LEN: usize = 32;
pub(super) const MAC_LEN: usize = 20;
/// All of a Crypto-Binding TLV.
pub(super) const BINDING_LEN: usize = 60;
/// What is in front of the MAC.
const SIGNED_LEN: usize = BINDING_LEN - MAC_LEN;

/// How the sender sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success = 1,
    Failure = 2,
}

/// Who has sent a Crypto-Binding TLV: the SubType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Server = 0,
    Peer = 1,
}

/// The Type-Data of the Extensions method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) status: Status,
    pub(super) binding: Option<Binding>,
}

impl Extensions {
    /// Reads what `sender` has sent.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(mut octets: &[u8], sender: Sender) -> Result<Self, &'static str> {
        let (mut status, mut binding) = (None, None);
        while !octets.is_empty() {
            let (tlv, rest) = split(octets).ok_or("a TLV is cut short")?;
            let [k0, k1, _, _, value @ ..] = tlv else { return Err("a TLV is cut short") };
            let kind = u16::from_be_bytes([*k0, *k1]);
            match kind & TYPE {
                RESULT if status.is_some() => return Err("two Result TLVs"),
                RESULT => status = Some(parse_status(value)?),
                CRYPTO_BINDING if binding.is_some() => return Err("two crypto-binding TLVs"),
                CRYPTO_BINDING => binding = Some(Binding::parse(tlv, sender)?),
                _ if kind & MANDATORY != 0 => return Err("an unknown TLV is mandatory"),
                _ => {}
            }
            octets = rest;
        }
        Ok(Self { status: status.ok_or("no Result TLV")?, binding })
    }

    /// The Result comes first: FreeRADIUS finds it by its place.
    pub(super) fn to_octets(self) -> Vec<u8> {
        let [_, status] = (self.status as u16).to_be_bytes();
        let mut octets = vec![0x80, 3, 0, 2, 0, status];
        if let Some(Binding(binding)) = self.binding {
            octets.extend(binding);
        }
        octets
    }
}

/// The first TLV, all of it, and what follows it.
fn split(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let ([_, _, l0, l1], _) = octets.split_first_chunk::<HEADER_LEN>()?;
    let len = usize::from(u16::from_be_bytes([*l0, *l1]));
    octets.split_at_checked(HEADER_LEN + len)
}

fn parse_status(value: &[u8]) -> Result<Status, &'static str> {
    match value {
        [0, 1] => Ok(Status::Success),
        [0, 2] => Ok(Status::Failure),
        _ => Err("a Result TLV that says nothing"),
    }
}

/// A Crypto-Binding TLV, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binding([u8; BINDING_LEN]);

impl Binding {
    /// RecvVersion is not looked at: hostapd has the peer's version there.
    fn parse(tlv: &[u8], expected: Sender) -> Result<Self, &'static str> {
        let tlv = <[u8; BINDING_LEN]>::try_from(tlv);
        let tlv = tlv.map_err(|_| "a crypto-binding TLV of another length")?;
        let [_, _, _, _, _, version, _, sender, ..] = tlv;
        if version != 0 {
            return Err("a crypto-binding TLV of another version");
        }
        if sender != expected as u8 {
            return Err("a crypto-binding TLV sent back");
        }
        Ok(Self(tlv))
    }

    /// One of version 0, with the MAC that `sign` computes of it.
    pub(super) fn new(
        sender: Sender,
        nonce: &[u8; NONCE_LEN],
        sign: impl FnOnce(&[u8; BINDING_LEN]) -> [u8; MAC_LEN],
    ) -> Self {
        let mut octets = [0; BINDING_LEN];
        let header = [0, 12, 0, 56, 0, 0, 0, sender as u8];
        let signed = header.iter().chain(nonce);
        octets.iter_mut().zip(signed).for_each(|(place, octet)| *place = *octet);
        let mac = sign(&octets);
        Self::with_mac(octets, &mac)
    }

    fn with_mac(mut octets: [u8; BINDING_LEN], mac: &[u8; MAC_LEN]) -> Self {
        let places = octets.iter_mut().skip(SIGNED_LEN);
        places.zip(mac).for_each(|(place, octet)| *place = *octet);
        Self(octets)
    }

    /// What the MAC is computed of: the TLV with zeros in the MAC's place.
    pub(super) fn signed(&self) -> [u8; BINDING_LEN] {
        Self::with_mac(self.0, &[0; MAC_LEN]).0
    }

    pub(super) fn mac(&self) -> &[u8] {
        self.0.get(SIGNED_LEN..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUCCESS: [u8; 6] = [0x80, 3, 0, 2, 0, 1];
    const FAILURE: [u8; 6] = [0x80, 3, 0, 2, 0, 2];

    fn binding(sender: Sender) -> Binding {
        Binding::new(sender, &[7; NONCE_LEN], |_| [9; MAC_LEN])
    }

    fn parse(octets: &[u8]) -> Result<Extensions, &'static str> {
        Extensions::parse(octets, Sender::Server)
    }

    #[test]
    fn what_is_written_is_read() {
        for status in [Status::Success, Status::Failure] {
            for binding in [None, Some(binding(Sender::Server))] {
                let extensions = Extensions { status, binding };
                assert_eq!(parse(&extensions.to_octets()), Ok(extensions));
            }
        }
        let success = Extensions { status: Status::Success, binding: None };
        assert_eq!(success.to_octets(), SUCCESS);
        assert_eq!(Extensions { status: Status::Failure, binding: None }.to_octets(), FAILURE);
    }

    #[test]
    fn a_binding_has_everything_in_its_place() {
        let Binding(octets) = binding(Sender::Peer);
        assert_eq!(octets[..8], [0, 12, 0, 56, 0, 0, 0, 1]);
        assert_eq!((&octets[8..40], &octets[40..]), (&[7; 32][..], &[9; 20][..]));
        assert_eq!(binding(Sender::Peer).signed()[..40], octets[..40]);
        assert_eq!(binding(Sender::Peer).signed()[40..], [0; 20]);
    }

    #[test]
    fn the_order_is_free_and_what_is_optional_is_skipped() {
        let Binding(binding) = binding(Sender::Server);
        let vendor = [0, 7, 0, 5, 0, 0, 1, 0x37, 0];
        let octets = [&vendor[..], &binding, &vendor, &SUCCESS].concat();
        let extensions = parse(&octets).unwrap();
        assert_eq!(extensions.status, Status::Success);
        assert_eq!(extensions.binding, Some(Binding(binding)));
    }

    #[test]
    fn a_result_of_any_other_value_or_length_is_refused() {
        for value in (0..=u16::MAX).filter(|value| ![1, 2].contains(value)) {
            let octets = [&[0x80, 3, 0, 2][..], &value.to_be_bytes()].concat();
            assert_eq!(parse(&octets), Err("a Result TLV that says nothing"), "{value}");
        }
        for value in [&[][..], &[1], &[0, 0, 1], &[0, 1, 0], &[0, 0, 0, 1]] {
            let len = u8::try_from(value.len()).unwrap();
            let octets = [&[0x80, 3, 0, len][..], value].concat();
            assert_eq!(parse(&octets), Err("a Result TLV that says nothing"), "{value:?}");
        }
    }

    #[test]
    fn there_is_one_result_and_at_most_one_binding() {
        let Binding(binding) = binding(Sender::Server);
        assert_eq!(parse(&[]), Err("no Result TLV"));
        assert_eq!(parse(&binding), Err("no Result TLV"));
        for second in [SUCCESS, FAILURE] {
            assert_eq!(parse(&[SUCCESS, second].concat()), Err("two Result TLVs"));
        }
        let octets = [&SUCCESS[..], &binding, &binding].concat();
        assert_eq!(parse(&octets), Err("two crypto-binding TLVs"));
    }

    #[test]
    fn a_binding_of_another_version_or_sent_back_is_refused() {
        let with = |place: usize, octet: u8| {
            let mut octets = binding(Sender::Server).0;
            octets[place] = octet;
            parse(&[&SUCCESS[..], &octets].concat())
        };
        for version in 1..=u8::MAX {
            assert_eq!(with(5, version), Err("a crypto-binding TLV of another version"));
        }
        for sender in 1..=u8::MAX {
            assert_eq!(with(7, sender), Err("a crypto-binding TLV sent back"));
        }
        assert!(with(6, 1).is_ok(), "hostapd says there which version it has received");
    }

    #[test]
    fn a_binding_of_another_length_is_refused() {
        for len in (0..=80).filter(|len| *len != 56) {
            let octets = [&SUCCESS[..], &[0, 12, 0, len], &vec![0; len.into()]].concat();
            assert_eq!(parse(&octets), Err("a crypto-binding TLV of another length"), "{len}");
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let Binding(binding) = binding(Sender::Server);
        let octets = [&[0, 7, 0, 2, 1, 2][..], &SUCCESS, &binding].concat();
        assert!(parse(&octets).is_ok());
        for len in 0..octets.len() {
            let expected = match len {
                0 | 6 => Err("no Result TLV"),
                12 => Ok(Extensions { status: Status::Success, binding: None }),
                _ => Err("a TLV is cut short"),
            };
            assert_eq!(parse(&octets[..len]), expected, "{len}");
        }
    }

    #[test]
    fn what_is_mandatory_and_unknown_is_refused() {
        for kind in [4_u16, 7, 11, 13, 0x3fff] {
            let tlv = |flags: u16| [&(kind | flags).to_be_bytes()[..], &[0, 0]].concat();
            let with = |flags| parse(&[&SUCCESS[..], &tlv(flags)].concat());
            assert_eq!(with(MANDATORY), Err("an unknown TLV is mandatory"));
            assert!(with(0).is_ok() && with(0x4000).is_ok());
        }
    }
}
