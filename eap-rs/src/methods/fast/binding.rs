//! The Crypto-Binding TLV (RFC 4851 §4.2.8): both sides prove that the tunnel and the methods
//! inside it have the same two ends, and that they have agreed on version 1.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::VERSION;
use super::keys::Cmk;
use super::tlv::{Refusal, compromised};

/// All of the TLV, its header included: the MAC covers it as it was sent.
pub(super) const BINDING_LEN: usize = 60;
pub(super) const MAC_LEN: usize = 20;
const NONCE_LEN: usize = 32;
/// What is in front of the MAC.
const SIGNED_LEN: usize = BINDING_LEN - MAC_LEN;
const HEADER: [u8; 4] = [0x80, 12, 0, 56];

/// The Sub-Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SubType {
    Request = 0,
    Response = 1,
}

/// A Crypto-Binding TLV as it travels. What comes from the network is not verified yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binding(pub(super) [u8; BINDING_LEN]);

impl Binding {
    /// The server's.
    pub(super) fn request(cmk: &Cmk, rng: &mut dyn CryptoRng) -> Self {
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        set_last_bit(&mut nonce, SubType::Request);
        Self::sign(cmk, SubType::Request, &nonce)
    }

    /// The peer's, to a request that was verified.
    pub(super) fn response(cmk: &Cmk, request: &Self) -> Self {
        let mut nonce = request.nonce();
        set_last_bit(&mut nonce, SubType::Response);
        Self::sign(cmk, SubType::Response, &nonce)
    }

    /// As the peer.
    ///
    /// # Errors
    /// The tunnel is compromised.
    pub(super) fn verify_request(&self, cmk: &Cmk) -> Result<(), Refusal> {
        let mut nonce = self.nonce();
        set_last_bit(&mut nonce, SubType::Request);
        self.verify(cmk, SubType::Request, &nonce)
    }

    /// As the server that has sent `request`.
    ///
    /// # Errors
    /// The tunnel is compromised.
    pub(super) fn verify_response(&self, cmk: &Cmk, request: &Self) -> Result<(), Refusal> {
        let mut nonce = request.nonce();
        set_last_bit(&mut nonce, SubType::Response);
        self.verify(cmk, SubType::Response, &nonce)
    }

    fn verify(&self, cmk: &Cmk, sub_type: SubType, nonce: &[u8; NONCE_LEN]) -> Result<(), Refusal> {
        let [_, _, _, _, _, version, received, sent_as, ..] = self.0;
        if (version, received) != (VERSION, VERSION) {
            return Err(compromised("a Crypto-Binding TLV of another version"));
        }
        if sent_as != sub_type as u8 {
            return Err(compromised("a Crypto-Binding TLV sent back"));
        }
        if self.nonce() != *nonce {
            return Err(compromised("a Crypto-Binding TLV with the wrong nonce"));
        }
        let mac = cmk.mac(&with_mac(self.0, &[0; MAC_LEN]));
        let is_right = mac.ct_eq(self.0.get(SIGNED_LEN..).unwrap_or_default());
        if !bool::from(is_right) {
            return Err(compromised("the crypto-binding is wrong"));
        }
        Ok(())
    }

    fn sign(cmk: &Cmk, sub_type: SubType, nonce: &[u8; NONCE_LEN]) -> Self {
        let fields = [0, VERSION, VERSION, sub_type as u8];
        let mut octets = [0; BINDING_LEN];
        let signed = HEADER.iter().chain(&fields).chain(nonce);
        octets.iter_mut().zip(signed).for_each(|(place, octet)| *place = *octet);
        let mac = cmk.mac(&octets);
        Self(with_mac(octets, &mac))
    }

    fn nonce(&self) -> [u8; NONCE_LEN] {
        let octets = self.0.get(HEADER.len() + 4..SIGNED_LEN);
        octets.and_then(|octets| octets.try_into().ok()).unwrap_or_default()
    }

    /// Without the header.
    pub(super) fn value(&self) -> &[u8] {
        self.0.get(HEADER.len()..).unwrap_or_default()
    }
}

/// A request's nonce ends in 0, that of its response in 1.
fn set_last_bit(nonce: &mut [u8; NONCE_LEN], sub_type: SubType) {
    let [.., last] = nonce;
    *last = *last & 0xfe | sub_type as u8;
}

fn with_mac(mut octets: [u8; BINDING_LEN], mac: &[u8; MAC_LEN]) -> [u8; BINDING_LEN] {
    let places = octets.iter_mut().skip(SIGNED_LEN);
    places.zip(mac).for_each(|(place, octet)| *place = *octet);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::fast::testing::{hex, rng};
    use crate::methods::fast::tlv::ErrorCode;

    /// RFC 4851 §B.
    const CMK: &str = "765d8f0bc507c6b904d06956728b6bb815ec577b";
    const REQUEST: &str = "800c003800010100d86a8c683c3231a85663b64021fe21144ee75420792d4262c9bf53\
                           7f54fdac5843246e3092176dcfe6e069eb33616acc05c55bb7";

    fn cmk() -> Cmk {
        Cmk::for_test(hex(CMK).try_into().unwrap())
    }

    fn request() -> Binding {
        Binding(hex(REQUEST).try_into().unwrap())
    }

    fn is_compromise(result: Result<(), Refusal>) -> bool {
        matches!(result, Err(Refusal::Fatal(ErrorCode::TUNNEL_COMPROMISE, _)))
    }

    #[test]
    fn rfc_4851_b_request() {
        assert_eq!(request().verify_request(&cmk()), Ok(()));
        let nonce = request().nonce();
        assert_eq!(Binding::sign(&cmk(), SubType::Request, &nonce), request());
    }

    #[test]
    fn a_response_answers_its_request() {
        let response = Binding::response(&cmk(), &request());
        assert_eq!(response.verify_response(&cmk(), &request()), Ok(()));
        assert_eq!(response.0[..8], [0x80, 12, 0, 56, 0, 1, 1, 1]);
        assert_eq!(response.0[8..39], request().0[8..39]);
        assert_eq!((request().0[39], response.0[39]), (0x58, 0x59));
        let other = Binding::request(&cmk(), &mut rng());
        assert!(is_compromise(response.verify_response(&cmk(), &other)));
    }

    #[test]
    fn requests_differ_and_their_nonces_end_in_zero() {
        let mut rng = rng();
        let requests: Vec<Binding> = (0..50).map(|_| Binding::request(&cmk(), &mut rng)).collect();
        for (place, request) in requests.iter().enumerate() {
            assert_eq!(request.verify_request(&cmk()), Ok(()));
            assert_eq!(request.0[39] & 1, 0);
            assert!(!requests[..place].contains(request));
        }
    }

    #[test]
    fn every_bit_of_a_binding_counts() {
        let response = Binding::response(&cmk(), &request());
        for bit in 0..8 * BINDING_LEN {
            let flip = |binding: Binding| {
                let mut octets = binding.0;
                octets[bit / 8] ^= 1 << (bit % 8);
                Binding(octets)
            };
            assert!(is_compromise(flip(request()).verify_request(&cmk())), "{bit}");
            assert!(is_compromise(flip(response).verify_response(&cmk(), &request())), "{bit}");
        }
    }

    #[test]
    fn what_is_sent_back_is_no_answer() {
        let response = Binding::response(&cmk(), &request());
        assert!(is_compromise(request().verify_response(&cmk(), &request())));
        assert!(is_compromise(response.verify_request(&cmk())));
        // Signed with the right key, but not what it says it is.
        let mut nonce = request().nonce();
        nonce[31] |= 1;
        let odd = Binding::sign(&cmk(), SubType::Request, &nonce);
        assert!(is_compromise(odd.verify_request(&cmk())));
        let even = Binding::sign(&cmk(), SubType::Response, &request().nonce());
        assert!(is_compromise(even.verify_response(&cmk(), &request())));
    }

    #[test]
    fn versions_are_1_even_if_the_mac_is_right() {
        for place in [5, 6] {
            for version in (0..=u8::MAX).filter(|version| *version != 1) {
                let mut octets = with_mac(request().0, &[0; MAC_LEN]);
                octets[place] = version;
                let signed = Binding(with_mac(octets, &cmk().mac(&octets)));
                assert!(is_compromise(signed.verify_request(&cmk())), "{place} {version}");
            }
        }
    }

    #[test]
    fn another_key_is_another_tunnel() {
        let other = Cmk::for_test([7; 20]);
        assert!(is_compromise(request().verify_request(&other)));
        let response = Binding::response(&other, &request());
        assert!(is_compromise(response.verify_response(&cmk(), &request())));
    }
}
