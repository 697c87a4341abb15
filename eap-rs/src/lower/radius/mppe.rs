//! The keys in an Access-Accept: MS-MPPE-Send-Key and MS-MPPE-Recv-Key (RFC 2548 §2.4.2, §2.4.3).

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::md5;
use super::packet::{AttributeType, RadiusDiscard, RadiusPacket, SharedSecret, split_attribute};
use crate::{Msk, Secret};

/// Microsoft's vendor number.
const MICROSOFT: [u8; 4] = 311_u32.to_be_bytes();

/// The Vendor-Type of MS-MPPE-Send-Key.
pub(super) const SEND_KEY: u8 = 16;

/// The Vendor-Type of MS-MPPE-Recv-Key.
pub(super) const RECV_KEY: u8 = 17;

const BLOCK_LEN: usize = 16;

/// The keys of an Access-Accept, decrypted.
#[derive(Debug)]
pub struct MppeKeys {
    /// MS-MPPE-Recv-Key: the first half of the MSK.
    pub recv: Secret,
    /// MS-MPPE-Send-Key: the second half of the MSK.
    pub send: Secret,
}

impl MppeKeys {
    /// Whether these are the keys of this MSK.
    #[must_use]
    pub fn match_msk(&self, msk: &Msk) -> bool {
        halves(msk).is_some_and(|[recv, send]| self.recv.ct_eq(recv) & self.send.ct_eq(send))
    }
}

impl RadiusPacket<'_> {
    /// The keys of an Access-Accept; `None` if it has none.
    ///
    /// # Errors
    /// [`RadiusDiscard::MalformedMppeKey`], also if one of the two is missing.
    pub fn mppe_keys(
        &self,
        secret: &SharedSecret,
        request_authenticator: &[u8; 16],
    ) -> Result<Option<MppeKeys>, RadiusDiscard> {
        let (mut recv, mut send) = (None, None);
        for value in self.values(AttributeType::VENDOR_SPECIFIC) {
            let Some(mut rest) = value.strip_prefix(&MICROSOFT) else { continue };
            while !rest.is_empty() {
                let (inner, next) = split_attribute(rest).ok_or(RadiusDiscard::MalformedMppeKey)?;
                rest = next;
                let place = match inner.kind.0 {
                    RECV_KEY => &mut recv,
                    SEND_KEY => &mut send,
                    _ => continue,
                };
                let key = decrypt(inner.value, secret, request_authenticator)?;
                if place.replace(key).is_some() {
                    return Err(RadiusDiscard::MalformedMppeKey);
                }
            }
        }
        match (recv, send) {
            (Some(recv), Some(send)) => Ok(Some(MppeKeys { recv, send })),
            (None, None) => Ok(None),
            _ => Err(RadiusDiscard::MalformedMppeKey),
        }
    }
}

/// What becomes MS-MPPE-Recv-Key and MS-MPPE-Send-Key: 32 octets each; of EAP-MSCHAPv2, the keys of
/// RFC 3079 §3.3 of 16 octets.
pub(super) fn halves(msk: &Msk) -> Option<[&[u8]; 2]> {
    let octets = msk.expose();
    let half = match octets.len() {
        64.. => 32,
        32 => 16,
        _ => return None,
    };
    let (recv, rest) = octets.split_at_checked(half)?;
    Some([recv, rest.get(..half)?])
}

/// Two salts with the most significant bit set, different from one another.
pub(super) fn salts(rng: &mut (impl CryptoRng + ?Sized)) -> [[u8; 2]; 2] {
    let mut octets = [0; 2];
    rng.fill_bytes(&mut octets);
    let [high, low] = octets;
    [[high | 0x80, low], [high | 0x80, low ^ 1]]
}

/// The value of the Vendor-Specific attribute.
pub(super) fn attribute(
    kind: u8,
    key: &[u8],
    salt: [u8; 2],
    secret: &SharedSecret,
    request_authenticator: &[u8; 16],
) -> Vec<u8> {
    let mut plain = Zeroizing::new(vec![0; (1 + key.len()).next_multiple_of(BLOCK_LEN)]);
    let octets = [key.len() as u8].into_iter().chain(key.iter().copied());
    for (place, octet) in plain.iter_mut().zip(octets) {
        *place = octet;
    }
    let len = 4 + plain.len();
    let mut value = Vec::with_capacity(MICROSOFT.len() + len);
    value.extend(MICROSOFT);
    value.extend([kind, len as u8]);
    value.extend(salt);
    let mut mask = md5(&[secret.expose(), request_authenticator, &salt]);
    let (blocks, _) = plain.as_chunks::<BLOCK_LEN>();
    for block in blocks {
        let encrypted = xor(block, &mask);
        value.extend(encrypted);
        mask = md5(&[secret.expose(), &encrypted]);
    }
    value
}

/// Decrypts Salt and String.
fn decrypt(
    octets: &[u8],
    secret: &SharedSecret,
    request_authenticator: &[u8; 16],
) -> Result<Secret, RadiusDiscard> {
    let malformed = RadiusDiscard::MalformedMppeKey;
    let (salt, encrypted) = octets.split_first_chunk::<2>().ok_or(malformed)?;
    let (blocks, []) = encrypted.as_chunks::<BLOCK_LEN>() else { return Err(malformed) };
    let mut plain = Zeroizing::new(Vec::with_capacity(encrypted.len()));
    let mut mask = md5(&[secret.expose(), request_authenticator, salt]);
    for block in blocks {
        plain.extend(xor(block, &mask));
        mask = md5(&[secret.expose(), block]);
    }
    let (len, key) = plain.split_first().ok_or(malformed)?;
    let (key, padding) = key.split_at_checked(usize::from(*len)).ok_or(malformed)?;
    // RFC 2548 §2.4.2 recommends zeros; what else is there comes from another secret.
    let is_padding = padding.len() < BLOCK_LEN
        && bool::from(padding.ct_eq([0; BLOCK_LEN].get(..padding.len()).unwrap_or_default()));
    if !is_padding {
        return Err(malformed);
    }
    Ok(Secret::new(key))
}

fn xor(block: &[u8; BLOCK_LEN], mask: &[u8; BLOCK_LEN]) -> [u8; BLOCK_LEN] {
    let mut result = *block;
    for (octet, mask) in result.iter_mut().zip(mask) {
        *octet ^= mask;
    }
    result
}
