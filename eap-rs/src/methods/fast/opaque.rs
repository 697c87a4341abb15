//! PAC-Opaque as our servers make it (RFC 5422 §4.2.3): what they know of a PAC, sealed, so that
//! they need not keep it.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::keys::PAC_KEY_LEN;
use super::pac::{Pac, PacInfo, PacKey, PacType};
use crate::crypto::sealing::{KEY_LEN, NONCE_LEN, SealingKeys};
use crate::{ConfigError, Identity};

/// The layout of what is sealed.
const LAYOUT: u8 = 1;
/// Layout, type, whether there is an identity, expiry and key.
const FIXED_LEN: usize = 3 + 4 + PAC_KEY_LEN;

/// The keys that seal a server's PACs. The first one seals, each of them opens.
///
/// Servers that share their keys, and their A-ID, open tunnels by each other's PACs. To change keys
/// without a peer being the worse for it, [`replace`](Self::replace) them on every server by the
/// new one and, behind it, the old ones whose PACs have not run out. Whoever has a key can make
/// PACs, and open a tunnel in the server's name or in a peer's.
pub struct PacKeys(SealingKeys);

impl PacKeys {
    /// The keys, newest first: 1 to 16 of 32 octets each, chosen at random.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] if there are none, or too many.
    pub fn new(keys: &[[u8; KEY_LEN]]) -> Result<Self, ConfigError> {
        SealingKeys::new("pac_keys", keys).map(Self)
    }

    /// Takes other keys from here on. PACs that none of them opens count for nothing any more:
    /// their peers are given new ones, as if they had none.
    ///
    /// # Errors
    /// As [`new`](Self::new); the keys there are stay.
    pub fn replace(&self, keys: &[[u8; KEY_LEN]]) -> Result<(), ConfigError> {
        self.0.replace(keys)
    }

    /// A new PAC on these terms. `None` if it would be too long to be taken by anybody.
    pub(super) fn issue(&self, terms: Terms, rng: &mut dyn CryptoRng) -> Option<Pac> {
        let Terms { kind, expires, authority, authority_name, identity } = terms;
        let mut octets = Zeroizing::new([0; PAC_KEY_LEN]);
        rng.fill_bytes(&mut *octets);
        let known = KnownPac { kind, key: PacKey::new(&octets), expires, identity };
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let opaque = self.0.seal(&known.encode(), &what(authority), nonce)?;
        let info = PacInfo {
            expires: Some(expires),
            authority: authority.into(),
            authority_name: authority_name.into(),
            identity: known.identity,
        };
        Some(Pac { kind, key: known.key, opaque: opaque.into(), info })
    }

    /// What is known of the PAC with this PAC-Opaque. `None` if the server with this A-ID has not
    /// issued it, or the key is no longer there.
    pub(super) fn open(&self, opaque: &[u8], authority: &[u8]) -> Option<KnownPac> {
        KnownPac::decode(&self.0.open(opaque, &what(authority))?)
    }
}

/// Shows how many there are.
impl fmt::Debug for PacKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacKeys({})", self.0.len())
    }
}

/// What a new PAC shall say.
#[derive(Clone, Debug)]
pub(super) struct Terms<'a> {
    /// With a key: for a tunnel or a machine.
    pub(super) kind: PacType,
    /// In seconds since 1970.
    pub(super) expires: u32,
    /// A-ID.
    pub(super) authority: &'a [u8],
    /// A-ID-Info.
    pub(super) authority_name: &'a [u8],
    /// I-ID: the only identity inside the tunnel that it is good for.
    pub(super) identity: Option<Identity>,
}

/// A PAC that a peer has come back with.
#[derive(Debug)]
pub(super) struct KnownPac {
    pub(super) kind: PacType,
    pub(super) key: PacKey,
    /// In seconds since 1970.
    pub(super) expires: u32,
    /// I-ID: the only identity inside the tunnel that it is good for.
    pub(super) identity: Option<Identity>,
}

impl KnownPac {
    /// How many seconds it is still good for at this time; 0 if it is no longer.
    pub(super) fn remaining(&self, unix_time: u64) -> u64 {
        u64::from(self.expires).saturating_sub(unix_time)
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let identity = self.identity.as_ref();
        let head = [LAYOUT, self.kind as u8, u8::from(identity.is_some())];
        let identity = identity.map_or(&[][..], Identity::as_bytes);
        let parts = [&head[..], &self.expires.to_be_bytes(), self.key.expose(), identity];
        Zeroizing::new(parts.concat())
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let (fixed, identity) = octets.split_first_chunk::<FIXED_LEN>()?;
        let [LAYOUT, kind, has_identity, e0, e1, e2, e3, key @ ..] = fixed else { return None };
        let kind = match kind {
            1 => PacType::Tunnel,
            2 => PacType::Machine,
            _ => return None,
        };
        let identity = match (has_identity, identity) {
            (0, []) => None,
            (1, identity) => Some(Identity::new(identity)),
            _ => return None,
        };
        let expires = u32::from_be_bytes([*e0, *e1, *e2, *e3]);
        Some(Self { kind, key: PacKey::new(key), expires, identity })
    }
}

/// What a PAC-Opaque is sealed as: one server's only.
fn what(authority: &[u8]) -> Vec<u8> {
    [b"PAC-Opaque of ", authority].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::fast::testing::rng;

    const AUTHORITY: &[u8; 16] = b"0123456789abcdef";
    const EXPIRES: u32 = 1_800_000_000;

    fn keys(octet: u8) -> PacKeys {
        PacKeys::new(&[[octet; 32]]).unwrap()
    }

    fn terms(kind: PacType, identity: Option<&str>) -> Terms<'static> {
        Terms {
            kind,
            expires: EXPIRES,
            authority: AUTHORITY,
            authority_name: b"radius",
            identity: identity.map(Identity::from),
        }
    }

    fn issued(keys: &PacKeys) -> Pac {
        keys.issue(terms(PacType::Tunnel, Some("alice")), &mut rng()).unwrap()
    }

    #[test]
    fn what_was_sealed_is_known_again() {
        for kind in [PacType::Tunnel, PacType::Machine] {
            for identity in [None, Some(""), Some("alice")] {
                let pac = keys(1).issue(terms(kind, identity), &mut rng()).unwrap();
                let known = keys(1).open(&pac.opaque, AUTHORITY).unwrap();
                assert_eq!(known.kind, kind);
                assert_eq!(known.key.expose(), pac.key.expose());
                assert_eq!(known.expires, EXPIRES);
                assert_eq!(known.identity, identity.map(Identity::from));
                assert_eq!(pac.identity(), known.identity.as_ref());
                assert_eq!(pac.authority(), AUTHORITY);
            }
        }
    }

    #[test]
    fn a_pac_travels_as_it_was_issued() {
        let pac = issued(&keys(1));
        let received = Pac::parse(&pac.to_attributes(), AUTHORITY).unwrap().unwrap();
        assert_eq!((received.kind, &received.opaque), (pac.kind, &pac.opaque));
        assert_eq!((received.key.expose(), &received.info), (pac.key.expose(), &pac.info));
    }

    #[test]
    fn every_bit_and_every_octet_counts() {
        let opaque = issued(&keys(1)).opaque;
        for bit in 0..8 * opaque.len() {
            let mut forged = opaque.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(keys(1).open(&forged, AUTHORITY).is_none(), "{bit}");
        }
        for len in 0..opaque.len() {
            assert!(keys(1).open(&opaque[..len], AUTHORITY).is_none(), "{len}");
        }
        assert!(keys(1).open(&[&opaque[..], &[0]].concat(), AUTHORITY).is_none());
        assert!(keys(1).open(&opaque, AUTHORITY).is_some());
    }

    #[test]
    fn another_server_knows_nothing_of_it() {
        let opaque = issued(&keys(1)).opaque;
        assert!(keys(2).open(&opaque, AUTHORITY).is_none());
        assert!(keys(1).open(&opaque, b"0123456789abcdeg").is_none());
        assert!(keys(1).open(&opaque, b"").is_none());
    }

    #[test]
    fn keys_are_replaced_one_after_the_other() {
        let keys = keys(1);
        let opaque = issued(&keys).opaque;
        keys.replace(&[[2; 32], [1; 32]]).unwrap();
        assert!(keys.open(&opaque, AUTHORITY).is_some());
        let newer = issued(&keys).opaque;
        keys.replace(&[[2; 32]]).unwrap();
        assert!(keys.open(&opaque, AUTHORITY).is_none());
        assert!(keys.open(&newer, AUTHORITY).is_some(), "the first one has sealed it");
        assert!(keys.replace(&[]).is_err() && keys.replace(&[[0; 32]; 17]).is_err());
        assert!(keys.open(&newer, AUTHORITY).is_some(), "the keys there are stay");
    }

    #[test]
    fn no_two_pacs_are_the_same() {
        let (keys, mut rng) = (keys(1), rng());
        let mut issue = || keys.issue(terms(PacType::Tunnel, None), &mut rng).unwrap();
        let (first, second) = (issue(), issue());
        assert_ne!(first.key.expose(), second.key.expose());
        assert_ne!(first.opaque, second.opaque);
    }

    #[test]
    fn the_key_is_not_to_be_seen_in_it() {
        let pac = issued(&keys(1));
        assert!(!pac.opaque.windows(4).any(|octets| pac.key.expose().starts_with(octets)));
        assert!(!pac.opaque.windows(5).any(|octets| octets == b"alice"));
    }

    #[test]
    fn time_runs_out() {
        let pac = keys(1).open(&issued(&keys(1)).opaque, AUTHORITY).unwrap();
        assert_eq!(pac.remaining(0), u64::from(EXPIRES));
        assert_eq!(pac.remaining(u64::from(EXPIRES) - 1), 1);
        assert_eq!(pac.remaining(u64::from(EXPIRES)), 0);
        assert_eq!(pac.remaining(u64::MAX), 0);
    }

    #[test]
    fn debug_shows_numbers_only() {
        assert_eq!(format!("{:?}", keys(1)), "PacKeys(1)");
        let known = keys(1).open(&issued(&keys(1)).opaque, AUTHORITY).unwrap();
        assert!(format!("{known:?}").contains("key: PacKey(32 octets)"));
    }
}
