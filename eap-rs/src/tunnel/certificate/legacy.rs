//! Signatures that nobody should make any more, and that old private CAs are full of: RSA with
//! SHA-1, and RSA with keys of 1024 bits.

use rustls_pki_types::SignatureVerificationAlgorithm;

#[cfg(not(feature = "ring"))]
use aws_lc_rs as backend;
#[cfg(feature = "ring")]
use ring as backend;

use backend::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, UnparsedPublicKey, VerificationAlgorithm,
};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, alg_id};

/// To be placed before the provider's algorithms: webpki tries only the first one that has the
/// signature's identifier, and the provider's would stop a key of 1024 bits.
pub(super) static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &Legacy {
        signature: SHA1_WITH_RSA,
        verification: &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    },
    &Legacy {
        signature: alg_id::RSA_PKCS1_SHA256,
        verification: &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    },
    &Legacy {
        signature: alg_id::RSA_PKCS1_SHA512,
        verification: &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    },
];

#[derive(Debug)]
struct Legacy {
    signature: AlgorithmIdentifier,
    verification: &'static dyn VerificationAlgorithm,
}

impl SignatureVerificationAlgorithm for Legacy {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(self.verification, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

/// sha1WithRSAEncryption with NULL parameters (RFC 3279 §2.2.1).
const SHA1_WITH_RSA: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
]);
