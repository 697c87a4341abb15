//! The keys that bind a tunnel to the method inside it (\[MS-PEAP\] §3.1.5.5): who has run the
//! method elsewhere, and carries it into a tunnel of his own, does not have them.

use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::FACTS;
use super::tlv::{BINDING_LEN, Binding, MAC_LEN, NONCE_LEN, Sender};
use crate::Msk;

const IPMK_LEN: usize = 40;
const CMK_LEN: usize = 20;
/// InnerMPPEKey: what counts of the inner method's MSK.
const ISK_LEN: usize = 32;
const MSK_LEN: usize = 64;

const COMPOUND: &[u8] = b"Inner Methods Compound Keys";
/// Its zero is part of it.
const SESSION: &[u8] = b"Session Key Generating Function\0";

/// IPMK and CMK.
pub(super) struct CompoundKeys {
    ipmk: Zeroizing<[u8; IPMK_LEN]>,
    cmk: Zeroizing<[u8; CMK_LEN]>,
}

impl CompoundKeys {
    /// Of a tunnel in which a method has run: zeros stand for the key of one that derives none.
    pub(super) fn of_method(tunnel: &Msk, inner: Option<&Msk>) -> Option<Self> {
        let (start, _) = tunnel_key(tunnel)?;
        let mut seed = Zeroizing::new([0; COMPOUND.len() + ISK_LEN]);
        let inner = inner.map_or(&[][..], Msk::expose).iter().take(ISK_LEN);
        let octets = COMPOUND.iter().chain(inner);
        seed.iter_mut().zip(octets).for_each(|(place, octet)| *place = *octet);
        let mut imck = Zeroizing::new([0; IPMK_LEN + CMK_LEN]);
        prf_plus(start, &*seed, &mut *imck);
        let (ipmk, cmk) = imck.split_first_chunk::<IPMK_LEN>()?;
        let cmk = cmk.first_chunk()?;
        Some(Self { ipmk: Zeroizing::new(*ipmk), cmk: Zeroizing::new(*cmk) })
    }

    /// Of a tunnel that was resumed, and in which none has.
    pub(super) fn resumed(tunnel: &Msk) -> Option<Self> {
        let (ipmk, cmk) = tunnel_key(tunnel)?;
        Some(Self { ipmk: Zeroizing::new(*ipmk), cmk: Zeroizing::new(*cmk) })
    }

    /// The MSK of a login whose both sides have used these keys.
    pub(super) fn msk(&self) -> Msk {
        let mut csk = Zeroizing::new([0; MSK_LEN]);
        prf_plus(&*self.ipmk, SESSION, &mut *csk);
        Msk::new(*csk)
    }

    /// A TLV with a nonce of its own.
    pub(super) fn bind(&self, sender: Sender, rng: &mut dyn CryptoRng) -> Binding {
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        self.sign(sender, &nonce)
    }

    fn sign(&self, sender: Sender, nonce: &[u8; NONCE_LEN]) -> Binding {
        Binding::new(sender, nonce, |signed| self.compound_mac(signed))
    }

    pub(super) fn verify(&self, binding: &Binding) -> bool {
        self.compound_mac(&binding.signed()).ct_eq(binding.mac()).into()
    }

    /// There are no outer TLVs to be part of it.
    fn compound_mac(&self, signed: &[u8; BINDING_LEN]) -> [u8; MAC_LEN] {
        let method = FACTS.method.legacy().unwrap_or_default();
        *hmac_sha1(&*self.cmk, &[signed, &[method]])
    }
}

/// TK is the first 60 octets of the tunnel's key material, and so of its MSK.
fn tunnel_key(msk: &Msk) -> Option<(&[u8; IPMK_LEN], &[u8; CMK_LEN])> {
    let (start, rest) = msk.expose().split_first_chunk()?;
    Some((start, rest.first_chunk()?))
}

/// PRF+ of \[MS-PEAP\] §3.1.5.5.2.1. It is not that of later versions: there is no length in front
/// of the counter.
fn prf_plus(key: &[u8], seed: &[u8], out: &mut [u8]) {
    let mut last = Zeroizing::new([0; MAC_LEN]);
    for (counter, block) in (1_u8..).zip(out.chunks_mut(MAC_LEN)) {
        let before = if counter == 1 { &[][..] } else { &*last };
        last = hmac_sha1(key, &[before, seed, &[counter, 0, 0]]);
        block.iter_mut().zip(last.iter()).for_each(|(place, octet)| *place = *octet);
    }
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; MAC_LEN]> {
    // A key of any length makes an HMAC (RFC 2104 §3): the fallback cannot be reached.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else {
        return Zeroizing::new([0; MAC_LEN]);
    };
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// \[MS-PEAP\] §4.4: the tunnel key, the inner key and the two nonces.
    const TK: &str = "738bb5f462d58e7ed844e1f00d0ebe50c50a2050de11997710d65f45fb5fbab7\
                      e3181e924f429738de40c846cdf50bcbf9cedb1e851d2252453bdf63";
    const ISK: &str = "673e961401befba560717b3b5ddd40386567f9f416fd3e9dfc71163bdff2fa95";
    const SERVER_NONCE: &str = "bda7a599fa816521ad3064c2bddbd16eaa949e7d98a8d7943147cf425d85da7b";
    const PEER_NONCE: &str = "6c6ba38784237457ccc90b1a908cbdf4711b69994d0cfe8d3db44ecbcdad37e9";
    const IPMK: &str = "3a911c255473e83e9a0cc333ae1f8a35cdc74163e7f60f6c65ef71c26442aaaca2b6f1eb\
                        4f25eca3";

    fn hex(digits: &str) -> Vec<u8> {
        let digits: Vec<u8> =
            digits.chars().map(|c| c.to_digit(16).unwrap().try_into().unwrap()).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn nonce(digits: &str) -> [u8; 32] {
        hex(digits).try_into().unwrap()
    }

    /// Four octets more than TK has.
    fn tunnel() -> Msk {
        Msk::new([hex(TK), vec![0xff; 4]].concat())
    }

    fn keys() -> CompoundKeys {
        CompoundKeys::of_method(&tunnel(), Some(&Msk::new(hex(ISK)))).unwrap()
    }

    #[test]
    fn ms_peap_4_4_compound_keys() {
        assert_eq!(keys().ipmk.to_vec(), hex(IPMK));
        assert_eq!(keys().cmk.to_vec(), hex("3355353b6920d074c782e475dfb0999d4db467eb"));
    }

    #[test]
    fn ms_peap_4_4_request_and_response() {
        let request = keys().sign(Sender::Server, &nonce(SERVER_NONCE));
        assert_eq!(request.mac(), hex("0cbf105e91755748224fbb83000626911cfb1b0f"));
        let response = keys().sign(Sender::Peer, &nonce(PEER_NONCE));
        assert_eq!(response.mac(), hex("42e086071d1c8b8c8e458f7021f06a6eab16b646"));
        assert!(keys().verify(&request) && keys().verify(&response));
    }

    #[test]
    fn ms_peap_4_4_session_key() {
        let csk = "6a02d782201bc7138bf8eff733b496970d7cab300ac9577278e1ddd5aef76697\
                   1752d4e584a1c895039b4d05e3bc9a8484ddc2aa6e2ce162765c4068bff65a45\
                   10e3057485db98b799d86e66763c64d49889b4dd1b273dc8a2ca73d60d11afb2\
                   2c52baadd351e0cb7bb2e72c7d9373857e03c14a32c8f7e5959f46680e86e65c";
        assert_eq!(keys().msk().expose(), &hex(csk)[..64]);
        let mut all = [0; 128];
        prf_plus(&hex(IPMK), SESSION, &mut all);
        assert_eq!(all.to_vec(), hex(csk));
    }

    /// Computed with another implementation from the values of \[MS-PEAP\] §4.4.
    #[test]
    fn a_resumed_tunnel_has_its_own_key_split() {
        let keys = CompoundKeys::resumed(&tunnel()).unwrap();
        let request = keys.sign(Sender::Server, &nonce(SERVER_NONCE));
        assert_eq!(request.mac(), hex("61c88126693444bf406b266a5cac64689e0829d1"));
        let msk = "419a5c4f047250ce992fe25fa2f058caaec388043ed6d57c10c6eb254bc68e72\
                   0845de58790133ccdd8d3a30d170ff3b35dd8a0942e267b8170d246f0724c351";
        assert_eq!(keys.msk().expose(), hex(msk));
    }

    #[test]
    fn the_first_32_octets_of_the_inner_key_count_and_zeros_stand_for_those_that_lack() {
        let msk = |inner: Option<Vec<u8>>| {
            let inner = inner.map(Msk::new);
            CompoundKeys::of_method(&tunnel(), inner.as_ref()).unwrap().msk().expose().to_vec()
        };
        let long = |end| Some([vec![1; 32], vec![end; 32]].concat());
        assert_eq!(msk(long(1)), msk(long(2)));
        assert_eq!(msk(Some(vec![1; 16])), msk(Some([vec![1; 16], vec![0; 16]].concat())));
        assert_eq!(msk(None), msk(Some(vec![0; 32])));
        assert_ne!(msk(None), msk(long(1)));
        assert_ne!(msk(None), CompoundKeys::resumed(&tunnel()).unwrap().msk().expose());
    }

    #[test]
    fn every_octet_of_a_binding_is_covered() {
        let good = keys().sign(Sender::Server, &nonce(SERVER_NONCE));
        assert!(keys().verify(&good));
        let resumed = CompoundKeys::resumed(&tunnel()).unwrap();
        assert!(!resumed.verify(&good));
        let forged = Binding::new(Sender::Server, &nonce(SERVER_NONCE), |_| {
            let mut mac = good.mac().to_vec();
            mac[19] ^= 1;
            mac.try_into().unwrap()
        });
        assert!(!keys().verify(&forged));
        let moved =
            Binding::new(Sender::Peer, &nonce(SERVER_NONCE), |_| good.mac().try_into().unwrap());
        assert!(!keys().verify(&moved));
    }
}
