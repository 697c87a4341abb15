//! The keys of tickets: sessions that the client keeps for the server, sealed (RFC 5077, RFC 8446
//! §4.6.1). Sessions that the host keeps are sealed with them, too.

use core::fmt;
use std::sync::{PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rustls::crypto::SecureRandom;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ConfigError;

const KEY_LEN: usize = 32;
const NAME_LEN: usize = 8;
/// Long enough to be chosen at random, by any number of servers, without meeting twice.
const NONCE_LEN: usize = 24;

/// The keys that seal tickets. The first one seals, each of them opens.
///
/// Servers that share their keys resume each other's sessions. To change keys without a login
/// being the worse for it, [`replace`](Self::replace) them on every server by the new one and,
/// behind it, the old ones whose tickets have not run out. Whoever has a key can make tickets, and
/// read sessions recorded that began with one (RFC 5077 §5.5).
pub struct TicketKeys(RwLock<Vec<TicketKey>>);

impl TicketKeys {
    /// The keys, newest first: 1 to 16 of 32 octets each, chosen at random.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] if there are none, or too many.
    pub fn new(keys: &[[u8; KEY_LEN]]) -> Result<Self, ConfigError> {
        checked(keys).map(|keys| Self(RwLock::new(keys)))
    }

    /// Takes other keys from here on. Tickets that none of them opens count for nothing any more.
    ///
    /// # Errors
    /// As [`new`](Self::new); the keys there are stay.
    pub fn replace(&self, keys: &[[u8; KEY_LEN]]) -> Result<(), ConfigError> {
        let keys = checked(keys)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Seals something that opens only as the same.
    pub(super) fn seal(
        &self,
        plain: &[u8],
        what: &[u8],
        random: &dyn SecureRandom,
    ) -> Option<Vec<u8>> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.first()?.seal(plain, what, random)
    }

    pub(super) fn open(&self, sealed: &[u8], what: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (name, _) = sealed.split_first_chunk()?;
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.name == *name)?.open(sealed, what)
    }
}

fn checked(keys: &[[u8; KEY_LEN]]) -> Result<Vec<TicketKey>, ConfigError> {
    crate::config::check_range(
        "ticket_keys",
        u64::try_from(keys.len()).unwrap_or(u64::MAX),
        1..=16,
    )?;
    Ok(keys.iter().map(TicketKey::new).collect())
}

/// Shows how many there are.
impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "TicketKeys({})", keys.len())
    }
}

/// Before what is sealed stand the key's name and the nonce.
struct TicketKey {
    /// Tells which of the keys it was.
    name: [u8; NAME_LEN],
    cipher: XChaCha20Poly1305,
}

impl TicketKey {
    fn new(key: &[u8; KEY_LEN]) -> Self {
        let digest = Sha256::new().chain_update(b"eap-rs ticket key name").chain_update(key);
        let mut name = [0; NAME_LEN];
        name.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        Self { name, cipher: XChaCha20Poly1305::new(&Key::from(*key)) }
    }

    fn seal(&self, plain: &[u8], what: &[u8], random: &dyn SecureRandom) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).ok()?;
        let payload = Payload { msg: plain, aad: what };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&self.name[..], &nonce, &sealed].concat())
    }

    fn open(&self, sealed: &[u8], what: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (_, rest) = sealed.split_first_chunk::<NAME_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let payload = Payload { msg: sealed, aad: what };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }
}
