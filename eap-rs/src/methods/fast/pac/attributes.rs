//! The attributes of a PAC TLV (RFC 5422 §4.2): a PAC on its way to the peer, a peer's request for
//! one, and its acknowledgement.
//!
//! # Departures
//!
//! - The highest two bits of an attribute's type are ignored: FreeRADIUS sets one.
//! - A PAC-Info without PAC-Type is a tunnel PAC's, as the section on the type says; §4.2.4 has
//!   also a "MUST contain".

use zeroize::Zeroizing;

use super::{MAX_AUTHORITY_LEN, MAX_OPAQUE_LEN, Pac, PacInfo, PacKey, PacType};
use crate::Identity;
use crate::methods::fast::tlv::{HEADER_LEN, Status, Tlv, write};

const PAC_KEY: u16 = 1;
pub(in super::super) const PAC_OPAQUE: u16 = 2;
const PAC_LIFETIME: u16 = 3;
pub(in super::super) const A_ID: u16 = 4;
const I_ID: u16 = 5;
const A_ID_INFO: u16 = 7;
const PAC_ACKNOWLEDGEMENT: u16 = 8;
const PAC_INFO: u16 = 9;
const PAC_TYPE: u16 = 10;

/// The first number that is no attribute.
const END: usize = 11;

/// What a peer says in a PAC TLV.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum PeerSays<'a> {
    /// It wants a PAC.
    Wanted {
        kind: PacType,
        /// I-ID: for whom, above all for which machine (RFC 5422 §4.1.4).
        identity: Option<Identity>,
    },
    /// Whether it has stored the one it was given.
    Acknowledged(Status),
    /// It shows a User Authorization PAC.
    UserAuthorization(&'a [u8]),
    /// Something that is not known, and may be ignored.
    Unknown,
}

impl<'a> PeerSays<'a> {
    /// # Errors
    /// What is wrong with it.
    pub(in super::super) fn parse(octets: &'a [u8]) -> Result<Self, &'static str> {
        let attributes = Attributes::parse(octets)?;
        let get = |number| attributes.get(number);
        match (get(PAC_ACKNOWLEDGEMENT), get(PAC_TYPE), get(PAC_OPAQUE)) {
            (Some([0, 1]), ..) => Ok(Self::Acknowledged(Status::Success)),
            (Some([0, 2]), ..) => Ok(Self::Acknowledged(Status::Failure)),
            (Some(_), ..) => Err("a PAC-Acknowledgement that says nothing"),
            (None, _, Some(opaque)) => Ok(Self::UserAuthorization(opaque)),
            (None, Some(kind), None) => match parse_kind(kind)? {
                Some(kind) => Ok(Self::Wanted { kind, identity: attributes.identity()? }),
                None => Ok(Self::Unknown),
            },
            (None, None, None) => Ok(Self::Unknown),
        }
    }
}

/// The attributes of a peer's request for a PAC of this type.
pub(in super::super) fn request(kind: PacType) -> Vec<u8> {
    vec![0, PAC_TYPE as u8, 0, 2, 0, kind as u8]
}

/// The attributes that say whether a tunnel PAC has been stored; others are not acknowledged (RFC
/// 5422 §4.2.5).
pub(in super::super) fn acknowledgement(status: Status) -> Vec<u8> {
    vec![0, PAC_ACKNOWLEDGEMENT as u8, 0, 2, 0, status as u8]
}

impl Pac {
    /// Reads what the server with this A-ID has sent in a PAC TLV. `None` if it is of a type that
    /// is not known or not kept: that is ignored (RFC 5422 §4.1.4).
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in super::super) fn parse(
        octets: &[u8],
        authority: &[u8],
    ) -> Result<Option<Self>, &'static str> {
        let attributes = Attributes::parse(octets)?;
        let info = attributes.get(PAC_INFO).ok_or("a PAC without PAC-Info")?;
        let (info, Some(kind)) = PacInfo::parse(info)? else { return Ok(None) };
        if kind == PacType::UserAuthorization {
            return Ok(None);
        }
        // RFC 5422 §4.2.4: or else one server could put itself in the place of another.
        if *info.authority != *authority {
            return Err("a PAC of another server");
        }
        let key = attributes.get(PAC_KEY).ok_or("a PAC without PAC-Key")?;
        let key = key.try_into().map_err(|_| "a PAC-Key that has not 32 octets")?;
        let opaque = attributes.get(PAC_OPAQUE).ok_or("a PAC without PAC-Opaque")?;
        if opaque.is_empty() || opaque.len() > MAX_OPAQUE_LEN {
            return Err("a PAC-Opaque that is empty or too long");
        }
        Ok(Some(Self { kind, key: PacKey::new(key), opaque: opaque.into(), info }))
    }

    /// As it travels. Wiped when dropped.
    pub(in super::super) fn to_attributes(&self) -> Zeroizing<Vec<u8>> {
        let info = self.info.to_octets(self.kind);
        let parts = [&self.key.expose()[..], &*self.opaque, &info[..]];
        let len = parts.iter().map(|part| HEADER_LEN + part.len()).sum();
        // Grown once, so that nothing stays behind where it was before.
        let mut octets = Zeroizing::new(Vec::with_capacity(len));
        for (number, part) in [PAC_KEY, PAC_OPAQUE, PAC_INFO].into_iter().zip(parts) {
            write(number, &[part], &mut octets);
        }
        octets
    }
}

impl PacInfo {
    /// Reads it, and the PAC-Type: `None` if that is not known.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(octets: &[u8]) -> Result<(Self, Option<PacType>), &'static str> {
        let attributes = Attributes::parse(octets)?;
        let get = |number| attributes.get(number);
        if [PAC_KEY, PAC_OPAQUE, PAC_ACKNOWLEDGEMENT, PAC_INFO]
            .into_iter()
            .any(|n| get(n).is_some())
        {
            return Err("a PAC-Info with what does not belong there");
        }
        let kind = get(PAC_TYPE).map_or(Ok(Some(PacType::Tunnel)), parse_kind)?;
        let authority = get(A_ID).ok_or("a PAC-Info without A-ID")?;
        let authority_name = get(A_ID_INFO).ok_or("a PAC-Info without A-ID-Info")?;
        if authority.is_empty() {
            return Err("an A-ID that is empty");
        }
        if authority.len() > MAX_AUTHORITY_LEN || authority_name.len() > MAX_AUTHORITY_LEN {
            return Err("an A-ID that is too long");
        }
        let expires = get(PAC_LIFETIME).map(|octets| match octets.try_into() {
            Ok(octets) => Ok(u32::from_be_bytes(octets)),
            Err(_) => Err("a PAC-Lifetime that has not four octets"),
        });
        let info = Self {
            expires: expires.transpose()?,
            authority: authority.into(),
            authority_name: authority_name.into(),
            identity: attributes.identity()?,
        };
        Ok((info, kind))
    }

    /// The attributes, with the PAC-Type.
    pub(super) fn to_octets(&self, kind: PacType) -> Vec<u8> {
        let mut octets = Vec::new();
        if let Some(expires) = self.expires {
            write(PAC_LIFETIME, &[&expires.to_be_bytes()], &mut octets);
        }
        write(A_ID, &[&self.authority], &mut octets);
        if let Some(identity) = &self.identity {
            write(I_ID, &[identity.as_bytes()], &mut octets);
        }
        write(A_ID_INFO, &[&self.authority_name], &mut octets);
        write(PAC_TYPE, &[&[0, kind as u8]], &mut octets);
        octets
    }
}

/// Attributes by their numbers; those that are not known are left out.
struct Attributes<'a>([Option<&'a [u8]>; END]);

impl<'a> Attributes<'a> {
    fn parse(mut octets: &'a [u8]) -> Result<Self, &'static str> {
        let mut attributes = [None; END];
        while !octets.is_empty() {
            let (attribute, rest) =
                Tlv::split_from(octets).ok_or("a PAC attribute is cut short")?;
            if let Some(place) = attributes.get_mut(usize::from(attribute.kind()))
                && place.replace(attribute.value).is_some()
            {
                return Err("a PAC attribute is there twice");
            }
            octets = rest;
        }
        Ok(Self(attributes))
    }

    fn get(&self, number: u16) -> Option<&'a [u8]> {
        self.0.get(usize::from(number)).copied().flatten()
    }

    fn identity(&self) -> Result<Option<Identity>, &'static str> {
        match self.get(I_ID) {
            Some(octets) if octets.len() > Identity::MAX_LEN => Err("an I-ID that is too long"),
            octets => Ok(octets.map(Identity::new)),
        }
    }
}

fn parse_kind(octets: &[u8]) -> Result<Option<PacType>, &'static str> {
    let number = octets.try_into().map_err(|_| "a PAC-Type that has not two octets")?;
    Ok(PacType::from_number(u16::from_be_bytes(number)))
}
