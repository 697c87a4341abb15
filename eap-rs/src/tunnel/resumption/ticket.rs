//! The keys of tickets: sessions that the client keeps for the server, sealed (RFC 5077, RFC 8446
//! §4.6.1). Sessions that the host keeps are sealed with them, too.

use core::fmt;

use rustls::crypto::SecureRandom;
use zeroize::Zeroizing;

use crate::ConfigError;
use crate::crypto::sealing::{KEY_LEN, NONCE_LEN, SealingKeys};

/// The keys that seal tickets. The first one seals, each of them opens.
///
/// Servers that share their keys resume each other's sessions. To change keys without a login
/// being the worse for it, [`replace`](Self::replace) them on every server by the new one and,
/// behind it, the old ones whose tickets have not run out. Whoever has a key can make tickets, and
/// read sessions recorded that began with one (RFC 5077 §5.5).
pub struct TicketKeys(SealingKeys);

impl TicketKeys {
    /// The keys, newest first: 1 to 16 of 32 octets each, chosen at random.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] if there are none, or too many.
    pub fn new(keys: &[[u8; KEY_LEN]]) -> Result<Self, ConfigError> {
        SealingKeys::new("ticket_keys", keys).map(Self)
    }

    /// Takes other keys from here on. Tickets that none of them opens count for nothing any more.
    ///
    /// # Errors
    /// As [`new`](Self::new); the keys there are stay.
    pub fn replace(&self, keys: &[[u8; KEY_LEN]]) -> Result<(), ConfigError> {
        self.0.replace(keys)
    }

    /// Seals something that opens only as the same.
    pub(super) fn seal(
        &self,
        plain: &[u8],
        what: &[u8],
        random: &dyn SecureRandom,
    ) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).ok()?;
        self.0.seal(plain, what, nonce)
    }

    pub(super) fn open(&self, sealed: &[u8], what: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.0.open(sealed, what)
    }
}

/// Shows how many there are.
impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketKeys({})", self.0.len())
    }
}
