//! The keys of EAP-FAST (RFC 4851 §5, RFC 5422 §3.3): from the tunnel and a PAC, over each method
//! inside, to the MSK.
//!
//! # Departures
//!
//! - The IVs of block ciphers are part of the key block in every version of TLS, where RFC 5422
//!   §3.3 leaves them out from TLS 1.1 on. So do wpa_supplicant, hostapd and FreeRADIUS.
//! - The PRF of TLS 1.2 is that of SHA-256, also for suites with SHA-384: the same three.
//! - Compound keys are derived for each method, where the loop of RFC 4851 §5.2 ends before the
//!   last one.

#[cfg(test)]
mod tests;

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::binding::MAC_LEN;
use crate::crypto::mschap::CHALLENGE_LEN;
use crate::methods::mschapv2::TunnelChallenges;
use crate::{Emsk, MethodType, Msk};

pub(super) const PAC_KEY_LEN: usize = 32;
/// Octets of a TLS master secret.
pub(super) const MASTER_SECRET_LEN: usize = 48;
const RANDOM_LEN: usize = 32;
/// session_key_seed and S-IMCK.
const SEED_LEN: usize = 40;
const CMK_LEN: usize = 20;
/// What counts of a method's MSK.
const IMSK_LEN: usize = 32;
const MSK_LEN: usize = 64;

/// client_random and server_random of the handshake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Randoms<'a> {
    pub(super) client: &'a [u8; RANDOM_LEN],
    pub(super) server: &'a [u8; RANDOM_LEN],
}

/// The PRF of a TLS version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsPrf {
    /// TLS 1.0 and 1.1 (RFC 4346 §5).
    Md5Sha1,
    /// TLS 1.2 (RFC 5246 §5).
    Sha256,
}

/// How many octets of the key block a cipher suite takes for itself, in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CipherSizes {
    pub(super) mac_key: usize,
    pub(super) key: usize,
    /// Of a block cipher, a block; of AEAD, the implicit part of the nonce.
    pub(super) iv: usize,
}

impl CipherSizes {
    /// Those of a suite of TLS up to 1.2, by its name as IANA or OpenSSL has it. `None` if it is
    /// not known, or one of TLS 1.3, which has no key block.
    pub(super) fn of_suite(name: &str) -> Option<Self> {
        let name = match name.strip_prefix("TLS_") {
            Some(name) => name.split_once("WITH_")?.1,
            None => name,
        };
        let words = || name.split(['_', '-']);
        let has = |wanted: &str| words().any(|word| word == wanted);
        if has("EXP") || has("40") {
            return None;
        }
        let aes = has("AES") || has("AES128") || has("AES256");
        let key = match () {
            () if has("CHACHA20") => 32,
            () if has("RC4") => 16,
            () if has("3DES") || has("CBC3") => 24,
            () if aes && (has("128") || has("AES128")) => 16,
            () if aes && (has("256") || has("AES256")) => 32,
            () => return None,
        };
        let hash = match words().next_back()? {
            "MD5" => 16,
            "SHA" => 20,
            "SHA256" => 32,
            "SHA384" => 48,
            _ => 0,
        };
        let (mac_key, iv) = match () {
            () if has("CHACHA20") => (0, 12),
            () if has("GCM") || has("CCM") || has("CCM8") => (0, 4),
            () if hash == 0 => return None,
            () if has("RC4") => (hash, 0),
            () if key == 24 => (hash, 8),
            () => (hash, 16),
        };
        Some(Self { mac_key, key, iv })
    }

    /// What lies in front of the octets that are EAP-FAST's.
    pub(super) fn skip(self) -> usize {
        2 * (self.mac_key + self.key + self.iv)
    }
}

/// master_secret of a tunnel that a PAC opens (RFC 4851 §5.1).
pub(super) fn pac_master_secret(
    pac_key: &[u8; PAC_KEY_LEN],
    randoms: Randoms<'_>,
) -> Zeroizing<[u8; MASTER_SECRET_LEN]> {
    let label = b"PAC to master secret label hash";
    t_prf(pac_key, label, &[randoms.server, randoms.client])
}

/// What EAP-FAST takes out of the tunnel: the octets of the key block behind the cipher's own.
pub(super) struct TunnelKeys {
    seed: Zeroizing<[u8; SEED_LEN]>,
    challenges: TunnelChallenges,
}

impl TunnelKeys {
    const LEN: usize = SEED_LEN + 2 * CHALLENGE_LEN;

    /// Those of a tunnel with this master secret. `None` if `sizes` are beyond all measure.
    pub(super) fn derive(
        prf: TlsPrf,
        master_secret: &[u8; MASTER_SECRET_LEN],
        randoms: Randoms<'_>,
        sizes: CipherSizes,
    ) -> Option<Self> {
        let mut block = Zeroizing::new([0; MAX_SKIP + Self::LEN]);
        let block = block.get_mut(..sizes.skip() + Self::LEN)?;
        let seed = [&randoms.server[..], randoms.client];
        tls_prf(prf, master_secret, b"key expansion", &seed, block);
        Self::of_key_block(block, sizes)
    }

    /// Those of a key block that has 72 octets more than the cipher suite takes; `None` if it has
    /// not.
    pub(super) fn of_key_block(block: &[u8], sizes: CipherSizes) -> Option<Self> {
        let (seed, rest) = block.get(sizes.skip()..)?.split_first_chunk()?;
        let (server, rest) = rest.split_first_chunk()?;
        let peer = rest.first_chunk()?;
        let challenges =
            TunnelChallenges { server: Zeroizing::new(*server), peer: Zeroizing::new(*peer) };
        Some(Self { seed: Zeroizing::new(*seed), challenges })
    }

    /// For MSCHAPv2 inside an anonymous tunnel, and nothing else (RFC 5422 §3.3).
    pub(super) fn challenges(&self) -> &TunnelChallenges {
        &self.challenges
    }
}

/// What no suite exceeds: 192 octets of AES-256 with SHA-384.
const MAX_SKIP: usize = 256;

/// Shows sizes.
impl fmt::Debug for TunnelKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TunnelKeys({} octets)", Self::LEN)
    }
}

/// IMSK: what a method inside adds (RFC 4851 §5.2).
pub(super) struct InnerKey(Zeroizing<[u8; IMSK_LEN]>);

impl InnerKey {
    /// Of this method, with the MSK it has yielded: the first 32 octets count, zeros stand for
    /// those that lack. Of MSCHAPv2 the halves change places (RFC 5422 §3.2.3).
    pub(super) fn new(method: MethodType, msk: Option<&Msk>) -> Self {
        let mut key = Zeroizing::new([0; IMSK_LEN]);
        let octets = msk.map_or(&[][..], Msk::expose);
        key.iter_mut().zip(octets).for_each(|(place, octet)| *place = *octet);
        if method == MethodType::MSCHAPV2 {
            key.rotate_left(IMSK_LEN / 2);
        }
        Self(key)
    }
}

/// Shows its size.
impl fmt::Debug for InnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InnerKey({IMSK_LEN} octets)")
    }
}

/// S-IMCK and CMK after the methods that have succeeded so far (RFC 4851 §5.2).
pub(super) struct CompoundKeys {
    s_imck: Zeroizing<[u8; SEED_LEN]>,
    /// Absent as long as no method has succeeded: there is nothing to bind.
    cmk: Option<Cmk>,
}

/// The key of a Crypto-Binding TLV.
pub(super) struct Cmk(Zeroizing<[u8; CMK_LEN]>);

impl CompoundKeys {
    /// Of a tunnel in which nothing has happened: S-IMCK\[0\].
    pub(super) fn new(tunnel: &TunnelKeys) -> Self {
        Self { s_imck: tunnel.seed.clone(), cmk: None }
    }

    /// After another method, which has succeeded.
    #[must_use]
    pub(super) fn after(&self, method: &InnerKey) -> Self {
        let label = b"Inner Methods Compound Keys";
        let imck: Zeroizing<[u8; SEED_LEN + CMK_LEN]> = t_prf(&*self.s_imck, label, &[&*method.0]);
        let (mut s_imck, mut cmk) = (Zeroizing::new([0; SEED_LEN]), Zeroizing::new([0; CMK_LEN]));
        let places = s_imck.iter_mut().chain(cmk.iter_mut());
        places.zip(imck.iter()).for_each(|(place, octet)| *place = *octet);
        Self { s_imck, cmk: Some(Cmk(cmk)) }
    }

    /// What binds the methods so far; `None` if there was none.
    pub(super) fn cmk(&self) -> Option<&Cmk> {
        self.cmk.as_ref()
    }

    /// RFC 4851 §5.4: 64 octets.
    pub(super) fn msk(&self) -> Msk {
        let msk: Zeroizing<[u8; MSK_LEN]> =
            t_prf(&*self.s_imck, b"Session Key Generating Function", &[]);
        Msk::new(*msk)
    }

    /// RFC 4851 §5.4: 64 octets.
    pub(super) fn emsk(&self) -> Emsk {
        let label = b"Extended Session Key Generating Function";
        let emsk: Zeroizing<[u8; MSK_LEN]> = t_prf(&*self.s_imck, label, &[]);
        Emsk::new(*emsk)
    }
}

/// Shows sizes.
impl fmt::Debug for CompoundKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompoundKeys({SEED_LEN} octets, {:?})", self.cmk)
    }
}

impl Cmk {
    /// HMAC-SHA1 (RFC 4851 §5.3).
    pub(super) fn mac(&self, octets: &[u8]) -> [u8; MAC_LEN] {
        *hmac_sha1(&*self.0, &[octets])
    }

    #[cfg(test)]
    pub(super) fn for_test(octets: [u8; CMK_LEN]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// One that a fuzzer has no MAC of.
    #[cfg(any(test, fuzzing))]
    pub(super) fn unguessed() -> Self {
        Self(Zeroizing::new([0x5c; CMK_LEN]))
    }
}

/// Shows its size.
impl fmt::Debug for Cmk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cmk({CMK_LEN} octets)")
    }
}

/// T-PRF (RFC 4851 §5.5) of at most 5,100 octets.
fn t_prf<const N: usize>(key: &[u8], label: &[u8], seed: &[&[u8; 32]]) -> Zeroizing<[u8; N]> {
    let [.., l0, l1] = N.to_be_bytes();
    let seed: Vec<&[u8]> = seed.iter().map(|part| &part[..]).collect();
    let mut out = Zeroizing::new([0; N]);
    let mut last = Zeroizing::new([0; MAC_LEN]);
    for (counter, block) in (1_u8..).zip(out.chunks_mut(MAC_LEN)) {
        let before = if counter == 1 { &[][..] } else { &*last };
        let end = [l0, l1, counter];
        last = hmac_sha1(key, &[&[before, label, &[0]], &seed[..], &[&end]].concat());
        block.iter_mut().zip(last.iter()).for_each(|(place, octet)| *place = *octet);
    }
    out
}

/// The PRF of TLS (RFC 4346 §5, RFC 5246 §5).
fn tls_prf(prf: TlsPrf, secret: &[u8], label: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    let seed = [&[label], seed].concat();
    out.fill(0);
    match prf {
        TlsPrf::Sha256 => p_hash(|parts| hmac_sha256(secret, parts), &seed, out),
        TlsPrf::Md5Sha1 => {
            // Halves of an odd secret have an octet in common.
            let half = secret.len().div_ceil(2);
            let first = secret.get(..half).unwrap_or_default();
            let second = secret.get(secret.len() - half..).unwrap_or_default();
            p_hash(|parts| hmac_md5(first, parts), &seed, out);
            p_hash(|parts| hmac_sha1(second, parts), &seed, out);
        }
    }
}

/// P_hash, laid over what is in `out` by exclusive or.
fn p_hash<const N: usize>(
    hmac: impl Fn(&[&[u8]]) -> Zeroizing<[u8; N]>,
    seed: &[&[u8]],
    out: &mut [u8],
) {
    let mut a = hmac(seed);
    for block in out.chunks_mut(N) {
        let octets = hmac(&[&[&a[..]], seed].concat());
        block.iter_mut().zip(octets.iter()).for_each(|(place, octet)| *place ^= octet);
        a = hmac(&[&*a]);
    }
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; MAC_LEN]> {
    hmac::<Hmac<Sha1>, MAC_LEN>(key, parts)
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    hmac::<Hmac<Sha256>, 32>(key, parts)
}

fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    hmac::<Hmac<Md5>, 16>(key, parts)
}

fn hmac<M: Mac + KeyInit, const N: usize>(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    // A key of any length makes an HMAC (RFC 2104 §3): the fallback cannot be reached.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return out };
    parts.iter().for_each(|part| mac.update(part));
    let octets = mac.finalize().into_bytes();
    out.iter_mut().zip(octets).for_each(|(place, octet)| *place = octet);
    out
}
