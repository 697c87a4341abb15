//! User-Password (RFC 2865 §5.2): hidden, not protected.

use zeroize::Zeroizing;

use super::md5;
use super::packet::{AttributeType, RadiusPacket, SharedSecret};
use crate::Secret;

const BLOCK_LEN: usize = 16;

/// The most octets of a password (RFC 2865 §5.2).
pub(super) const MAX_LEN: usize = 128;

/// The attribute's value.
pub(super) fn hide(
    password: &Secret,
    secret: &SharedSecret,
    request_authenticator: &[u8; 16],
) -> Vec<u8> {
    let octets = password.expose();
    let len = octets.len().next_multiple_of(BLOCK_LEN);
    let mut plain = Zeroizing::new(vec![0; len]);
    for (place, octet) in plain.iter_mut().zip(octets) {
        *place = *octet;
    }
    let mut hidden = Vec::with_capacity(len);
    let mut mask = md5(&[secret.expose(), request_authenticator]);
    let (blocks, _) = plain.as_chunks::<BLOCK_LEN>();
    for block in blocks {
        let block = xor(block, &mask);
        hidden.extend(block);
        mask = md5(&[secret.expose(), &block]);
    }
    hidden
}

impl RadiusPacket<'_> {
    /// The password of an Access-Request; `None` if it has none, or one that is no multiple of 16
    /// octets up to 128. Zeros at its end are padding. With another secret it is another password.
    #[must_use]
    pub fn user_password(&self, secret: &SharedSecret) -> Option<Secret> {
        let value = self.values(AttributeType::USER_PASSWORD).next()?;
        let (blocks, []) = value.as_chunks::<BLOCK_LEN>() else { return None };
        if !(BLOCK_LEN..=MAX_LEN).contains(&value.len()) {
            return None;
        }
        let mut plain = Zeroizing::new(Vec::with_capacity(value.len()));
        let mut mask = md5(&[secret.expose(), self.authenticator()]);
        for block in blocks {
            plain.extend(xor(block, &mask));
            mask = md5(&[secret.expose(), block]);
        }
        let end = plain.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
        plain.get(..end).map(Secret::new)
    }
}

fn xor(block: &[u8; BLOCK_LEN], mask: &[u8; BLOCK_LEN]) -> [u8; BLOCK_LEN] {
    let mut result = *block;
    for (octet, mask) in result.iter_mut().zip(mask) {
        *octet ^= mask;
    }
    result
}
