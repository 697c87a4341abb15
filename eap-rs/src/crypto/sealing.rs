//! Sealing what others keep for a server: keys that several servers may share, and that may change
//! while they are in use.

use std::sync::{PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ConfigError;
use crate::config::check_range;

pub(crate) const KEY_LEN: usize = 32;
const NAME_LEN: usize = 8;
/// Long enough to be chosen at random, by any number of servers, without meeting twice.
pub(crate) const NONCE_LEN: usize = 24;

/// The first key seals, each of them opens.
pub(crate) struct SealingKeys {
    /// The setting's name, of which the names of the keys depend, too: a key given to two settings
    /// by mistake opens nothing of the other's.
    field: &'static str,
    keys: RwLock<Vec<SealingKey>>,
}

impl SealingKeys {
    /// 1 to 16 keys, newest first.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] if there are none, or too many.
    pub(crate) fn new(field: &'static str, keys: &[[u8; KEY_LEN]]) -> Result<Self, ConfigError> {
        Ok(Self { field, keys: RwLock::new(checked(field, keys)?) })
    }

    /// Takes other keys from here on.
    ///
    /// # Errors
    /// As [`new`](Self::new); the keys there are stay.
    pub(crate) fn replace(&self, keys: &[[u8; KEY_LEN]]) -> Result<(), ConfigError> {
        let keys = checked(self.field, keys)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Seals something that opens only as the same, with a nonce chosen at random.
    pub(crate) fn seal(
        &self,
        plain: &[u8],
        what: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Option<Vec<u8>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.first()?.seal(plain, what, nonce)
    }

    /// What was sealed as `what`, with one of the keys.
    pub(crate) fn open(&self, sealed: &[u8], what: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (name, _) = sealed.split_first_chunk()?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.name == *name)?.open(sealed, what)
    }
}

fn checked(field: &'static str, keys: &[[u8; KEY_LEN]]) -> Result<Vec<SealingKey>, ConfigError> {
    check_range(field, u64::try_from(keys.len()).unwrap_or(u64::MAX), 1..=16)?;
    Ok(keys.iter().map(|key| SealingKey::new(field, key)).collect())
}

/// Before what is sealed stand the key's name and the nonce.
struct SealingKey {
    /// Tells which of the keys it was.
    name: [u8; NAME_LEN],
    cipher: XChaCha20Poly1305,
}

impl SealingKey {
    fn new(field: &'static str, key: &[u8; KEY_LEN]) -> Self {
        let digest = Sha256::new().chain_update("eap-rs name of one of the ").chain_update(field);
        let digest = digest.chain_update(key).finalize();
        let mut name = [0; NAME_LEN];
        name.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self { name, cipher: XChaCha20Poly1305::new(&Key::from(*key)) }
    }

    fn seal(&self, plain: &[u8], what: &[u8], nonce: [u8; NONCE_LEN]) -> Option<Vec<u8>> {
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
