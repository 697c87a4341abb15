//! Protected Access Credentials (RFC 5422 §4.1): what a peer keeps of a server, to open a tunnel
//! with the next time.

pub(super) mod attributes;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod store;
#[cfg(test)]
mod tests;

use core::fmt;

use zeroize::Zeroizing;

use super::keys::PAC_KEY_LEN;
use crate::Identity;
use crate::packet::displayable;

pub use file::{PacFileError, PacFileProblem};
pub use store::PacStore;

/// The most octets of a PAC-Opaque that are taken. Those of hostapd and FreeRADIUS have about 100.
pub(super) const MAX_OPAQUE_LEN: usize = 4096;

/// The most octets of an A-ID, or of its name, that are taken.
pub(super) const MAX_AUTHORITY_LEN: usize = Identity::MAX_LEN;

/// What a PAC is for (RFC 5422 §4.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PacType {
    /// 1: opens a tunnel for a user.
    Tunnel = 1,
    /// 2: opens a tunnel for a machine on which nobody is logged in.
    Machine = 2,
    /// 3: stands for the method inside a tunnel. It has no key, and nobody issues it: it is
    /// neither asked for nor kept here.
    UserAuthorization = 3,
}

impl PacType {
    /// The type with this number.
    const fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Tunnel),
            2 => Some(Self::Machine),
            3 => Some(Self::UserAuthorization),
            _ => None,
        }
    }
}

/// PAC-Key: 32 octets, a secret. Boxed, so that it leaves no copies where it is moved.
#[derive(Clone)]
pub(super) struct PacKey(Box<Zeroizing<[u8; PAC_KEY_LEN]>>);

impl PacKey {
    pub(super) fn new(octets: &[u8; PAC_KEY_LEN]) -> Self {
        Self(Box::new(Zeroizing::new(*octets)))
    }

    /// The octets. Every use of this method is a place to audit.
    pub(super) fn expose(&self) -> &[u8; PAC_KEY_LEN] {
        &self.0
    }
}

/// Shows its size.
impl fmt::Debug for PacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacKey({PAC_KEY_LEN} octets)")
    }
}

/// A PAC that opens a tunnel: one for a user or a machine, with a key of 32 octets.
pub struct Pac {
    pub(super) kind: PacType,
    pub(super) key: PacKey,
    /// PAC-Opaque: the server's own, which knows the key by it.
    pub(super) opaque: Box<[u8]>,
    pub(super) info: PacInfo,
}

/// PAC-Info (RFC 5422 §4.2.4), but for the PAC-Type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PacInfo {
    /// PAC-Lifetime.
    pub(super) expires: Option<u32>,
    /// A-ID.
    pub(super) authority: Box<[u8]>,
    /// A-ID-Info.
    pub(super) authority_name: Box<[u8]>,
    /// I-ID.
    pub(super) identity: Option<Identity>,
}

impl Pac {
    /// What it is for: [`PacType::Tunnel`] or [`PacType::Machine`].
    #[must_use]
    pub const fn kind(&self) -> PacType {
        self.kind
    }

    /// A-ID: the server that has issued it, 1 to 1015 octets.
    #[must_use]
    pub fn authority(&self) -> &[u8] {
        &self.info.authority
    }

    /// A-ID-Info: what that server calls itself, safe for a screen; may be empty.
    #[must_use]
    pub fn authority_name(&self) -> String {
        displayable_name(&self.info.authority_name)
    }

    /// I-ID: the only identity inside the tunnel that it is good for, if it is for one only.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        self.info.identity.as_ref()
    }

    /// PAC-Lifetime: until when it is good, in seconds since 1970-01-01 UTC, if it says so.
    #[must_use]
    pub fn expires(&self) -> Option<u64> {
        self.info.expires.map(u64::from)
    }

    /// Whether its time has passed. It has not if it does not say until when, or nobody knows what
    /// time it is.
    fn is_expired(&self, unix_time: Option<u64>) -> bool {
        self.expires().zip(unix_time).is_some_and(|(expires, now)| expires <= now)
    }
}

/// Shows what is no secret.
impl fmt::Debug for Pac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pac")
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("opaque", &format_args!("{} octets", self.opaque.len()))
            .field("authority", &format_args!("{} octets", self.info.authority.len()))
            .field("authority_name", &self.authority_name())
            .field("identity", &self.info.identity)
            .field("expires", &self.info.expires)
            .finish()
    }
}

/// One line. FreeRADIUS fills its name up with zeros.
fn displayable_name(octets: &[u8]) -> String {
    let len = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    displayable(octets.get(..len).unwrap_or_default()).replace('\n', " ")
}
