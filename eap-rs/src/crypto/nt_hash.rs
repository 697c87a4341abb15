//! The NT hash of a password.

use core::fmt;

use md4::{Digest, Md4};
use zeroize::Zeroizing;

use crate::Secret;

/// The hash in which Windows keeps a password, and with which MS-CHAP works: MD4 of its UTF-16LE
/// form (NtPasswordHash, RFC 2759 §8.3).
///
/// It is as good as the password: whoever has it can log in. It is wiped when dropped, and never
/// printed.
pub struct NtHash(Zeroizing<[u8; Self::LEN]>);

impl NtHash {
    /// Octets of a hash.
    pub const LEN: usize = 16;

    /// The hash with these octets.
    #[must_use]
    pub fn new(octets: [u8; Self::LEN]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The hash of a password.
    #[must_use]
    pub fn of_password(password: &str) -> Self {
        let mut hash = Md4::new();
        for unit in password.encode_utf16() {
            hash.update(unit.to_le_bytes());
        }
        Self::new(hash.finalize().into())
    }

    /// The hash of a password that has to be UTF-8.
    pub(crate) fn of_secret(password: &Secret) -> Option<Self> {
        core::str::from_utf8(password.expose()).ok().map(Self::of_password)
    }

    /// The octets. Every use of this method is a place to audit.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// HashNtPasswordHash (RFC 2759 §8.4).
    pub(crate) fn hash(&self) -> Self {
        Self::new(Md4::digest(self.expose()).into())
    }
}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(16 octets)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_2433_b_2_and_rfc_2759_9_2_hash_examples() {
        let hash = |password| u128::from_be_bytes(*NtHash::of_password(password).expose());
        assert_eq!(hash("MyPw"), 0xfc15_6af7_edcd_6c0e_dde3_337d_427f_4eac);
        assert_eq!(hash("clientPass"), 0x44eb_ba8d_5312_b8d6_1147_4411_f569_89ae);
        let hash_hash = NtHash::of_password("clientPass").hash();
        let expected = 0x41c0_0c58_4bd2_d91c_4017_a2a1_2fa5_9f3f;
        assert_eq!(u128::from_be_bytes(*hash_hash.expose()), expected);
    }

    #[test]
    fn other_scripts_are_utf_16() {
        // printf 'pä€𝄞' | iconv -t UTF-16LE | openssl dgst -md4 -provider legacy
        let hash = NtHash::of_password("pä€𝄞");
        let expected = 0x72af_b765_c06e_2abf_c504_3a9f_99ae_370a;
        assert_eq!(u128::from_be_bytes(*hash.expose()), expected);
        assert!(NtHash::of_secret(&Secret::new(b"\xff")).is_none());
    }

    #[test]
    fn debug_shows_no_hash() {
        assert_eq!(format!("{:?}", NtHash::new([0x41; 16])), "NtHash(16 octets)");
    }
}
