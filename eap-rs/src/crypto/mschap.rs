//! MS-CHAP (RFC 2433), MS-CHAPv2 (RFC 2759) and the keys of MS-CHAPv2 (RFC 3079 §3).

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::{NtHash, des_encrypt};
use crate::identity::without_domain;

/// Octets of a challenge of MS-CHAPv2.
pub(crate) const CHALLENGE_LEN: usize = 16;
/// Octets of an NT-Response.
pub(crate) const RESPONSE_LEN: usize = 24;
/// Octets of an authenticator response before it is written in hexadecimal digits.
pub(crate) const AUTHENTICATOR_RESPONSE_LEN: usize = 20;

const KEY_LEN: usize = 16;

/// Magic1 and Magic2 of RFC 2759 §8.7.
const SIGNING: &[u8; 39] = b"Magic server to client signing constant";
const PADDING: &[u8; 41] = b"Pad to make it do more than one iteration";

/// Magic1, Magic2 and Magic3 of RFC 3079 §3.4.
const MASTER: &[u8; 27] = b"This is the MPPE Master Key";
const CLIENT_SENDS: &[u8; 84] =
    b"On the client side, this is the send key; on the server side, it is the receive key.";
const SERVER_SENDS: &[u8; 84] =
    b"On the client side, this is the receive key; on the server side, it is the send key.";

/// What the two sides say to one another before a response of MS-CHAPv2 is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) authenticator_challenge: &'a [u8; CHALLENGE_LEN],
    pub(crate) peer_challenge: &'a [u8; CHALLENGE_LEN],
    /// As it was sent.
    pub(crate) name: &'a [u8],
}

impl Exchange<'_> {
    /// ChallengeHash (RFC 2759 §8.2).
    fn challenge(&self) -> [u8; 8] {
        let mut hash = Sha1::new();
        hash.update(self.peer_challenge);
        hash.update(self.authenticator_challenge);
        hash.update(without_domain(self.name));
        let digest: [u8; 20] = hash.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        [a, b, c, d, e, f, g, h]
    }

    /// GenerateNTResponse (RFC 2759 §8.1).
    pub(crate) fn nt_response(&self, password: &NtHash) -> [u8; RESPONSE_LEN] {
        nt_challenge_response(&self.challenge(), password)
    }

    /// GenerateAuthenticatorResponse (RFC 2759 §8.7).
    pub(crate) fn authenticator_response(
        &self,
        password: &NtHash,
        nt_response: &[u8; RESPONSE_LEN],
    ) -> [u8; AUTHENTICATOR_RESPONSE_LEN] {
        let digest = sha1(&[password.hash().expose(), nt_response, SIGNING]);
        *sha1(&[&*digest, &self.challenge(), PADDING])
    }
}

/// NtChallengeResponse (RFC 2433 §A.5), ChallengeResponse (RFC 2759 §8.5): what MS-CHAP and
/// MS-CHAPv2 have in common.
pub(crate) fn nt_challenge_response(challenge: &[u8; 8], password: &NtHash) -> [u8; RESPONSE_LEN] {
    let mut keys = Zeroizing::new([0; 21]);
    for (place, octet) in keys.iter_mut().zip(password.expose()) {
        *place = *octet;
    }
    let mut response = [0; RESPONSE_LEN];
    let (blocks, _) = response.as_chunks_mut::<8>();
    let (keys, _) = keys.as_chunks::<7>();
    for (block, key) in blocks.iter_mut().zip(keys) {
        *block = des_encrypt(challenge, key);
    }
    response
}

/// The keys of MS-CHAPv2, as the authenticator calls them.
pub(crate) struct MasterKeys {
    /// MasterReceiveKey: the peer's send key.
    pub(crate) receive: Zeroizing<[u8; KEY_LEN]>,
    /// MasterSendKey: the peer's receive key.
    pub(crate) send: Zeroizing<[u8; KEY_LEN]>,
}

impl MasterKeys {
    /// GetMasterKey and GetAsymmetricStartKey (RFC 3079 §3.4).
    pub(crate) fn derive(password: &NtHash, nt_response: &[u8; RESPONSE_LEN]) -> Self {
        let master = first_16(&sha1(&[password.hash().expose(), nt_response, MASTER]));
        let start_key =
            |magic: &[u8; 84]| first_16(&sha1(&[&*master, &[0; 40], magic, &[0xf2; 40]]));
        Self { receive: start_key(CLIENT_SENDS), send: start_key(SERVER_SENDS) }
    }
}

fn sha1(parts: &[&[u8]]) -> Zeroizing<[u8; 20]> {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().into())
}

fn first_16(digest: &[u8; 20]) -> Zeroizing<[u8; KEY_LEN]> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    for (place, octet) in key.iter_mut().zip(digest) {
        *place = *octet;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(digits: &str) -> [u8; N] {
        assert_eq!(digits.len(), 2 * N);
        let digit = |at: usize| char::from(digits.as_bytes()[at]).to_digit(16).unwrap();
        core::array::from_fn(|i| u8::try_from(digit(2 * i) << 4 | digit(2 * i + 1)).unwrap())
    }

    #[test]
    fn rfc_2433_b_2_nt_challenge_response() {
        let response =
            nt_challenge_response(&hex("102db5df085d3041"), &NtHash::of_password("MyPw"));
        assert_eq!(response, hex("4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61"));
    }

    /// RFC 2759 §9.2; RFC 3079 §3.5 has the keys of the same exchange.
    fn exchange(name: &[u8], check: impl FnOnce(&Exchange<'_>)) {
        check(&Exchange {
            authenticator_challenge: &hex("5b5d7c7d7b3f2f3e3c2c602132262628"),
            peer_challenge: &hex("21402324255e262a28295f2b3a337c7e"),
            name,
        });
    }

    const NT_RESPONSE: &str = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df";

    #[test]
    fn rfc_2759_9_2_both_responses() {
        exchange(b"User", |exchange| {
            let password = NtHash::of_password("clientPass");
            assert_eq!(exchange.challenge(), hex("d02e4386bce91226"));
            assert_eq!(exchange.nt_response(&password), hex(NT_RESPONSE));
            assert_eq!(
                exchange.authenticator_response(&password, &hex(NT_RESPONSE)),
                hex("407A5589115FD0D6209F510FE9C04566932CDA56")
            );
        });
    }

    #[test]
    fn rfc_3079_3_5_start_keys() {
        let keys = MasterKeys::derive(&NtHash::of_password("clientPass"), &hex(NT_RESPONSE));
        // §3.5.3; the 40-bit and 56-bit keys of §3.5.1 and §3.5.2 are its first eight octets.
        assert_eq!(*keys.send, hex("8b7cdc149b993a1ba118cb153f56dccb"));
        // Computed independently: the RFC has the server's sending direction only.
        assert_eq!(*keys.receive, hex("d5f0e9521e3ea9589645e86051c82226"));
    }

    #[test]
    fn the_domain_is_not_hashed() {
        exchange(b"EXAMPLE\\User", |exchange| {
            assert_eq!(exchange.challenge(), hex("d02e4386bce91226"));
        });
    }
}
