//! How a new password travels under the old one (RFC 2759 §8.9 to §8.13).

use rand_core::CryptoRng;
use rc4::{KeyInit, Rc4, StreamCipher};
use zeroize::Zeroizing;

use super::{NtHash, des_encrypt};
use crate::Secret;

/// Octets of the encrypted new password: room for it, and its length.
pub(crate) const BLOCK_LEN: usize = PASSWORD_LEN + LENGTH_LEN;

/// The most UTF-16 units of a new password.
pub(crate) const MAX_PASSWORD_UNITS: usize = 256;

const PASSWORD_LEN: usize = 2 * MAX_PASSWORD_UNITS;
const LENGTH_LEN: usize = 4;

/// NewPasswordEncryptedWithOldNtPasswordHash (RFC 2759 §8.9); `None` if the new password is longer
/// than [`MAX_PASSWORD_UNITS`].
pub(crate) fn encrypt_password(
    new: &str,
    old: &NtHash,
    rng: &mut dyn CryptoRng,
) -> Option<[u8; BLOCK_LEN]> {
    let len = 2 * new.encode_utf16().count();
    let mut block = Zeroizing::new([0; BLOCK_LEN]);
    rng.fill_bytes(&mut *block);
    let (password, length) = block.split_at_mut(PASSWORD_LEN);
    let room = password.get_mut(PASSWORD_LEN.checked_sub(len)?..)?;
    for (place, unit) in room.as_chunks_mut().0.iter_mut().zip(new.encode_utf16()) {
        *place = unit.to_le_bytes();
    }
    length.copy_from_slice(&u32::try_from(len).ok()?.to_le_bytes());
    crypt(&mut block, old)?;
    Some(*block)
}

/// The new password; `None` if this is no password under that hash.
pub(crate) fn decrypt_password(encrypted: &[u8; BLOCK_LEN], old: &NtHash) -> Option<Secret> {
    let mut block = Zeroizing::new(*encrypted);
    crypt(&mut block, old)?;
    let (password, length) = block.split_at(PASSWORD_LEN);
    let len = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    let password = password.get(PASSWORD_LEN.checked_sub(len)?..)?;
    let (units, []) = password.as_chunks() else { return None };
    let mut text = Zeroizing::new(String::with_capacity(3 * units.len()));
    for character in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        text.push(character.ok()?);
    }
    Some(Secret::from(text.as_str()))
}

/// The new password, and its hash, if whoever sends it knows the old one (RFC 2759 §8.9, §8.12). That
/// it is meant proves itself by the response.
pub(crate) fn open(
    old: &NtHash,
    encrypted_password: &[u8; BLOCK_LEN],
    encrypted_hash: &[u8; NtHash::LEN],
) -> Option<(Secret, NtHash)> {
    let password = decrypt_password(encrypted_password, old)?;
    let hash = NtHash::of_secret(&password).filter(|_| !password.expose().is_empty())?;
    let is_right = Secret::new(encrypt_hash(old, &hash)).ct_eq(encrypted_hash);
    is_right.then_some((password, hash))
}

/// Rc4Encrypt (RFC 2759 §8.11), which is its own reverse.
fn crypt(block: &mut [u8; BLOCK_LEN], key: &NtHash) -> Option<()> {
    Rc4::new_from_slice(key.expose()).ok()?.apply_keystream(block);
    Some(())
}

/// OldNtPasswordHashEncryptedWithNewNtPasswordHash (RFC 2759 §8.12).
pub(crate) fn encrypt_hash(old: &NtHash, new: &NtHash) -> [u8; NtHash::LEN] {
    let mut encrypted = *old.expose();
    let (keys, _) = new.expose().as_chunks::<7>();
    let (blocks, _) = encrypted.as_chunks_mut::<8>();
    for (block, key) in blocks.iter_mut().zip(keys) {
        *block = des_encrypt(block, key);
    }
    encrypted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    fn old() -> NtHash {
        NtHash::of_password("wonderland")
    }

    #[test]
    fn a_password_comes_back() {
        for new in ["", "x", "looking-glass", "pä€𝄞", &"ü".repeat(256), &"𝄞".repeat(128)]
        {
            let block = encrypt_password(new, &old(), &mut rng()).unwrap();
            assert_eq!(decrypt_password(&block, &old()).unwrap().expose(), new.as_bytes());
        }
        for long in ["x".repeat(257), "𝄞".repeat(129)] {
            assert!(encrypt_password(&long, &old(), &mut rng()).is_none());
        }
    }

    #[test]
    fn the_layout_is_that_of_rfc_2759_8_10() {
        let mut block = encrypt_password("ab", &old(), &mut rng()).unwrap();
        crypt(&mut block, &old()).unwrap();
        assert_eq!(block[508..], [b'a', 0, b'b', 0, 4, 0, 0, 0]);
        assert_ne!(block[..508], [0; 508], "the room before it is filled at random");
    }

    fn decrypt_with_length(length: u32, password: [u8; 4]) -> Option<Secret> {
        let mut block = [0; BLOCK_LEN];
        block[508..512].copy_from_slice(&password);
        block[512..].copy_from_slice(&length.to_le_bytes());
        crypt(&mut block, &old()).unwrap();
        decrypt_password(&block, &old())
    }

    #[test]
    fn what_is_no_password_is_refused() {
        assert_eq!(decrypt_with_length(4, [b'a', 0, b'b', 0]).unwrap().expose(), b"ab");
        for length in [1, 3, 511, 513, 514, 516, 1024, 0x8000_0000, u32::MAX] {
            assert!(decrypt_with_length(length, [b'a', 0, b'b', 0]).is_none(), "{length}");
        }
        // Half of a surrogate pair.
        assert!(decrypt_with_length(4, [0x34, 0xd8, b'b', 0]).is_none());
    }

    #[test]
    fn the_old_hash_is_encrypted_with_fourteen_octets_of_the_new() {
        // openssl enc -des-ecb, with each half's key in eight octets.
        let encrypted = encrypt_hash(&NtHash::new([1; 16]), &NtHash::of_password("clientPass"));
        let expected = 0x1a2d_4e9b_7995_9dff_3268_8288_9450_590b;
        assert_eq!(u128::from_be_bytes(encrypted), expected);
    }
}
