//! Certificates, keys and revocation lists out of the octets that a host has: PEM with whatever
//! stands between its sections, or DER.

use core::fmt;
use std::sync::Arc;

use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use x509_cert::der::Decode;
use x509_cert::{Certificate, Version};
use zeroize::Zeroizing;

use super::CertificateInfo;
use crate::{ConfigError, Secret};

/// What is wrong with a certificate, key or revocation list of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialProblem {
    /// Damaged, or of an unknown kind.
    #[error("cannot be read; accepted: PEM or DER")]
    Unreadable,
    /// No certificate among the octets.
    #[error(
        "no certificate found; accepted: PEM (BEGIN CERTIFICATE) or DER, not PKCS#12 or PKCS#7"
    )]
    NoCertificate,
    /// No private key among the octets.
    #[error(
        "no private key found; accepted: PKCS#8 (encrypted: PBES2), PKCS#1 or SEC1, as PEM or DER, not PKCS#12"
    )]
    NoKey,
    /// More than one private key among the octets.
    #[error("more than one private key found; exactly one is accepted")]
    SeveralKeys,
    /// No revocation list among the octets.
    #[error("no revocation list found; accepted: PEM (BEGIN X509 CRL) or DER")]
    NoRevocationList,
    /// A revocation list of version 1, which `openssl ca -gencrl` makes when its configuration
    /// has no `crl_extensions`. It cannot say what it covers (RFC 5280 §5.2).
    #[error("revocation list of version 1; accepted: version 2")]
    OldRevocationList,
    /// The key is encrypted and there is no password.
    #[error("the private key is encrypted and no password was given")]
    PasswordMissing,
    /// The password does not decrypt the key.
    #[error("the password does not decrypt the private key")]
    PasswordWrong,
    /// "Proc-Type: 4,ENCRYPTED": OpenSSL's own encryption, which derives its key with MD5.
    #[error(
        "encrypted the traditional way (Proc-Type: 4,ENCRYPTED); convert it to encrypted PKCS#8 \
         with \"openssl pkcs8 -topk8\""
    )]
    TraditionalEncryption,
    /// An encryption other than PBES2, or one that would take minutes or the whole memory.
    #[error(
        "encrypted in a way that is not supported; accepted: PKCS#8 with PBES2 (PBKDF2 or scrypt, \
         AES or 3DES)"
    )]
    EncryptionUnsupported,
    /// A key that TLS cannot sign with.
    #[error(
        "this kind of private key is not supported; accepted: RSA of 2048 bits or more, ECDSA on P-256 or P-384, Ed25519"
    )]
    KeyUnsupported,
    /// X.509 version 1, which `openssl x509 -req` makes when it is given no extensions.
    #[error("X.509 version 1; accepted: version 3")]
    OldVersion,
    /// None of the certificates belongs to the key.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
}

/// A certificate chain with its private key: what a device or a server presents.
///
/// The octets of the key are wiped once they are loaded; the loaded key belongs to the
/// cryptographic provider, and lives as long as this does.
#[derive(Clone)]
pub(crate) struct CertificateWithKey {
    certified: Arc<CertifiedKey>,
    info: CertificateInfo,
}

impl CertificateWithKey {
    /// The chain (PEM with any number of certificates, or one in DER) and its key. The
    /// certificate that belongs to the key is sent first, the others in the order given.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Certificate`] for `certificate` or `key`, saying what is accepted.
    pub(crate) fn from_parts(
        certificate: &[u8],
        key: &[u8],
        password: Option<&Secret>,
        provider: &CryptoProvider,
    ) -> Result<Self, ConfigError> {
        let mut chain = certificates("certificate", certificate)?;
        let key = private_key("key", key, password)?;
        let key = provider
            .key_provider
            .load_private_key(key.clone_key())
            .map_err(|_| problem("key", MaterialProblem::KeyUnsupported))?;

        let belongs = |certificate: &CertificateDer<'static>| {
            CertifiedKey::new(vec![certificate.clone()], Arc::clone(&key)).keys_match().is_ok()
        };
        let Some(leaf) = chain.iter().position(belongs) else {
            // rustls cannot compare a key with a certificate of version 1.
            return Err(if chain.iter().all(is_version_3) {
                problem("key", MaterialProblem::KeyMismatch)
            } else {
                problem("certificate", MaterialProblem::OldVersion)
            });
        };
        let leaf = chain.remove(leaf);
        let info = CertificateInfo::from_der(&leaf)
            .map_err(|_| problem("certificate", MaterialProblem::Unreadable))?;
        chain.insert(0, leaf);
        Ok(Self { certified: Arc::new(CertifiedKey::new(chain, key)), info })
    }

    /// As rustls takes it.
    pub(crate) const fn certified(&self) -> &Arc<CertifiedKey> {
        &self.certified
    }
}

impl fmt::Debug for CertificateWithKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateWithKey({})", self.info)
    }
}

/// Every certificate among `octets`: at least one.
pub(super) fn certificates(
    field: &'static str,
    octets: &[u8],
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    limit(field, octets, MAX_INPUT)?;
    let mut found = Vec::new();
    if is_pem(octets) {
        for (kind, der) in sections(field, octets)? {
            if kind == SectionKind::Certificate {
                found.push(der.to_vec());
            }
        }
    } else if looks_like_der(octets) {
        found.push(octets.to_vec());
    }
    if found.is_empty() {
        return Err(problem(field, MaterialProblem::NoCertificate));
    }
    // PKCS#12, keys and lists are DER, too.
    let readable = |der: &Vec<u8>| Certificate::from_der(der).is_ok();
    if !found.iter().all(readable) {
        return Err(problem(field, MaterialProblem::Unreadable));
    }
    Ok(found.into_iter().map(CertificateDer::from).collect())
}

/// Every revocation list among `octets`: at least one.
pub(super) fn revocation_lists(
    field: &'static str,
    octets: &[u8],
) -> Result<Vec<Vec<u8>>, ConfigError> {
    limit(field, octets, MAX_REVOCATION_LIST)?;
    let mut found = Vec::new();
    if is_pem(octets) {
        for (kind, der) in sections(field, octets)? {
            if kind == SectionKind::Crl {
                found.push(der.to_vec());
            }
        }
    } else if looks_like_der(octets) {
        found.push(octets.to_vec());
    }
    if found.is_empty() {
        return Err(problem(field, MaterialProblem::NoRevocationList));
    }
    Ok(found)
}

/// The key that has been loaded before, decrypted.
///
/// # Errors
/// None that loading it has not had.
#[cfg(feature = "openssl")]
pub(crate) fn loaded_key(
    octets: &[u8],
    password: Option<&Secret>,
) -> Result<Zeroizing<PrivateKeyDer<'static>>, ConfigError> {
    private_key("key", octets, password)
}

/// The one private key among `octets`, decrypted.
pub(super) fn private_key(
    field: &'static str,
    octets: &[u8],
    password: Option<&Secret>,
) -> Result<Zeroizing<PrivateKeyDer<'static>>, ConfigError> {
    limit(field, octets, MAX_INPUT)?;
    if !is_pem(octets) {
        return if let Ok(encrypted) = EncryptedPrivateKeyInfoRef::try_from(octets) {
            decrypt(field, &encrypted, password)
        } else {
            let key = PrivateKeyDer::try_from(octets);
            let key = key.map_err(|_| problem(field, MaterialProblem::NoKey))?;
            // PKCS#12 begins much as PKCS#8 does.
            match PrivateKeyInfoRef::from_der(octets) {
                Err(_) if matches!(key, PrivateKeyDer::Pkcs8(_)) => {
                    Err(problem(field, MaterialProblem::NoKey))
                }
                _ => Ok(Zeroizing::new(key.clone_key())),
            }
        };
    }

    let mut keys = Vec::new();
    for (kind, der) in sections(field, octets)? {
        let octets = || der.to_vec();
        keys.push(Zeroizing::new(match kind {
            SectionKind::PrivateKey => PrivatePkcs8KeyDer::from(octets()).into(),
            SectionKind::RsaPrivateKey => PrivatePkcs1KeyDer::from(octets()).into(),
            SectionKind::EcPrivateKey => PrivateSec1KeyDer::from(octets()).into(),
            _ => continue,
        }));
    }
    for pem in encrypted_sections(octets) {
        // The reader does not know the label of encrypted keys; the content is the same base64.
        for (_, der) in sections(field, &pem)? {
            let encrypted = EncryptedPrivateKeyInfoRef::try_from(der.as_slice());
            let encrypted = encrypted.map_err(|_| encryption_problem(field, &der))?;
            keys.push(decrypt(field, &encrypted, password)?);
        }
    }
    match keys.len() {
        0 => Err(problem(field, MaterialProblem::NoKey)),
        1 => keys.pop().ok_or_else(|| problem(field, MaterialProblem::NoKey)),
        _ => Err(problem(field, MaterialProblem::SeveralKeys)),
    }
}

fn decrypt(
    field: &'static str,
    encrypted: &EncryptedPrivateKeyInfoRef<'_>,
    password: Option<&Secret>,
) -> Result<Zeroizing<PrivateKeyDer<'static>>, ConfigError> {
    let unsupported = problem(field, MaterialProblem::EncryptionUnsupported);
    let EncryptionScheme::Pbes2(parameters) = &encrypted.encryption_algorithm else {
        return Err(unsupported);
    };
    let affordable = match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => pbkdf2.iteration_count <= MAX_ITERATIONS,
        Kdf::Scrypt(scrypt) => {
            let memory = u128::from(scrypt.cost_parameter) * u128::from(scrypt.block_size) * 128;
            memory <= MAX_SCRYPT_MEMORY && scrypt.parallelization <= MAX_SCRYPT_PARALLELIZATION
        }
        _ => false,
    };
    if !affordable {
        return Err(unsupported);
    }
    let password =
        password.ok_or_else(|| problem(field, MaterialProblem::PasswordMissing))?.expose();
    let plain = encrypted.decrypt(password).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => {
            unsupported
        }
        _ => problem(field, MaterialProblem::PasswordWrong),
    })?;
    let key = PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec());
    Ok(Zeroizing::new(key.into()))
}

/// Old encryptions (PBES1, as OpenSSL 1.0 wrote by default) may not even parse.
fn encryption_problem(field: &'static str, der: &[u8]) -> ConfigError {
    let known = if looks_like_der(der) {
        MaterialProblem::EncryptionUnsupported
    } else {
        MaterialProblem::Unreadable
    };
    problem(field, known)
}

type Section = (SectionKind, Zeroizing<Vec<u8>>);

/// The sections whose labels the reader knows; all of them wiped, as some hold keys.
fn sections(field: &'static str, pem: &[u8]) -> Result<Vec<Section>, ConfigError> {
    // A byte order mark would hide the first section.
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
    <(SectionKind, Vec<u8>)>::pem_slice_iter(pem)
        .map(|section| match section {
            Ok((kind, der)) => Ok((kind, Zeroizing::new(der))),
            Err(_) if find(pem, b"Proc-Type: 4,ENCRYPTED").is_some() => {
                Err(problem(field, MaterialProblem::TraditionalEncryption))
            }
            Err(_) => Err(problem(field, MaterialProblem::Unreadable)),
        })
        .collect()
}

/// The encrypted keys, relabelled as plain ones.
fn encrypted_sections(pem: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut found = Vec::new();
    let mut rest = pem;
    while let Some(body) = after(rest, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        let length = find(body, b"-----END ENCRYPTED PRIVATE KEY-----").unwrap_or(body.len());
        let (content, behind) = body.split_at(length);
        found.push(Zeroizing::new(
            [b"-----BEGIN PRIVATE KEY-----", content, b"-----END PRIVATE KEY-----"].concat(),
        ));
        rest = behind;
    }
    found
}

fn after<'a>(octets: &'a [u8], needle: &[u8]) -> Option<&'a [u8]> {
    octets.get(find(octets, needle)? + needle.len()..)
}

fn find(octets: &[u8], needle: &[u8]) -> Option<usize> {
    octets.windows(needle.len()).position(|window| window == needle)
}

fn is_pem(octets: &[u8]) -> bool {
    find(octets, b"-----BEGIN ").is_some()
}

fn is_version_3(der: &CertificateDer<'_>) -> bool {
    Certificate::from_der(der)
        .is_ok_and(|certificate| certificate.tbs_certificate().version() == Version::V3)
}

/// Begins with a SEQUENCE.
fn looks_like_der(octets: &[u8]) -> bool {
    octets.first() == Some(&0x30)
}

const fn limit(field: &'static str, octets: &[u8], max: usize) -> Result<(), ConfigError> {
    let len = octets.len();
    if len > max { Err(ConfigError::TooLong { field, len, max }) } else { Ok(()) }
}

const fn problem(field: &'static str, problem: MaterialProblem) -> ConfigError {
    ConfigError::Certificate { field, problem }
}

/// A bundle with every public CA has 220 kB, and twice that with comments.
const MAX_INPUT: usize = 512 * 1024;
/// Lists of large CAs have megabytes.
const MAX_REVOCATION_LIST: usize = 16 * 1024 * 1024;
/// OpenSSL writes 2048, careful people some hundred thousand. More stops a phone for minutes.
const MAX_ITERATIONS: u32 = 2_000_000;
const MAX_SCRYPT_MEMORY: u128 = 64 * 1024 * 1024;
const MAX_SCRYPT_PARALLELIZATION: u16 = 16;
