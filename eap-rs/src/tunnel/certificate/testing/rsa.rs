//! RSA keys for tests: short ones, and signatures with SHA-1, which no library behind TLS makes.

use std::sync::LazyLock;

use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::EncodePrivateKey;
use rsa::sha2::{Digest, Sha256, Sha384, Sha512};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The AlgorithmIdentifier of the signature (RFC 3279 §2.2.1, RFC 4055 §5): they differ in
    /// the last octet of the OID.
    pub(in super::super) fn signature_algorithm(self) -> Vec<u8> {
        let last = match self {
            Self::Sha1 => 5,
            Self::Sha256 => 11,
            Self::Sha384 => 12,
            Self::Sha512 => 13,
        };
        vec![0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last, 5, 0]
    }
}

pub(in super::super) struct RsaKey {
    key: &'static RsaPrivateKey,
    public: Vec<u8>,
    hash: Hash,
}

impl RsaKey {
    /// The key of 1024 bits.
    pub(in super::super) fn short(hash: Hash) -> Self {
        static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| generate(1024));
        Self::new(&KEY, hash)
    }

    /// The key of 2048 bits.
    pub(in super::super) fn long(hash: Hash) -> Self {
        static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| generate(2048));
        Self::new(&KEY, hash)
    }

    fn new(key: &'static RsaPrivateKey, hash: Hash) -> Self {
        let public = key.to_public_key().to_pkcs1_der().unwrap().as_bytes().to_vec();
        Self { key, public, hash }
    }

    pub(in super::super) const fn hash(&self) -> Hash {
        self.hash
    }

    pub(in super::super) fn pkcs1(&self) -> Vec<u8> {
        self.key.to_pkcs1_der().unwrap().as_bytes().to_vec()
    }

    pub(in super::super) fn pkcs8(&self) -> Vec<u8> {
        self.key.to_pkcs8_der().unwrap().as_bytes().to_vec()
    }
}

impl core::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RSA of {} bits, {:?}", self.key.size() * 8, self.hash)
    }
}

fn generate(bits: usize) -> RsaPrivateKey {
    RsaPrivateKey::new(&mut StdRng::try_from_rng(&mut SysRng).unwrap(), bits).unwrap()
}

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    /// rcgen has no SHA-1: `Odd` writes what the signature is.
    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for RsaKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = match self.hash {
            Hash::Sha1 => self.key.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message)),
            Hash::Sha256 => self.key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)),
            Hash::Sha384 => self.key.sign(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(message)),
            Hash::Sha512 => self.key.sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message)),
        };
        Ok(signature.unwrap())
    }
}
