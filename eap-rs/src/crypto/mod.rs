//! What methods compute, in the terms of their documents, over the RustCrypto crates.

pub(crate) mod mschap;
mod nt_hash;
pub(crate) mod password_change;
pub(crate) mod sealing;

use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};

pub use nt_hash::NtHash;

/// DES of one block (DesEncrypt, RFC 2759 §8.6). The key's 56 bits are spread over eight octets,
/// whose lowest bits are for parity and ignored.
fn des_encrypt(clear: &[u8; 8], key: &[u8; 7]) -> [u8; 8] {
    let mut block = (*clear).into();
    Des::new(&des_key(key).into()).encrypt_block(&mut block);
    block.into()
}

fn des_key(key: &[u8; 7]) -> [u8; 8] {
    let bits = key.iter().fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
    core::array::from_fn(|i| ((bits >> (49 - 7 * i)) as u8) << 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_2433_b_3_and_rfc_2759_9_3_des_keys() {
        let keys = [
            (0x00fc_156a_f7ed_cd6c_u64, 0xfd0b_5b5e_7f6e_34d9_u64),
            (0x000e_dde3_337d_427f, 0x0e6e_7967_37ea_08fe),
        ];
        for (raw, with_parity) in keys {
            let raw: [u8; 7] = raw.to_be_bytes()[1..].try_into().unwrap();
            // The RFCs set odd parity.
            let key = des_key(&raw).map(|octet| octet | u8::from(octet.count_ones() % 2 == 0));
            assert_eq!(u64::from_be_bytes(key), with_parity);
        }
    }
}
