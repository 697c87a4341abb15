//! What is told about a certificate: to a policy question, to a log.

use core::fmt::{self, Write};

use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;

use super::CertificateRefusal;
use super::distinguished_name::distinguished_name;
use super::names::{alternative_names, common_name, principal_name};
use super::refusal::sanitised;

/// What a certificate says. Nothing in it has been checked by having been read; texts are
/// sanitised and cut to length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateInfo {
    /// The subject, as RFC 4514 writes names: most specific part first.
    pub subject: String,
    /// The most specific common name of the subject.
    pub common_name: Option<String>,
    /// The issuer, as RFC 4514 writes names.
    pub issuer: String,
    /// The serial number in hexadecimal, lower case.
    pub serial: String,
    /// The dNSNames of the subjectAltName extension.
    pub dns_names: Vec<String>,
    /// The rfc822Names (mail addresses, often the EAP identity: RFC 5216 §5.2).
    pub mail_addresses: Vec<String>,
    /// The user principal names (Active Directory's `user@domain`).
    pub principal_names: Vec<String>,
    /// First valid second, since 1970.
    pub not_before: u64,
    /// Last valid second, since 1970.
    pub not_after: u64,
    /// SHA-256 of the whole certificate, as used for pins.
    pub sha256: [u8; 32],
}

impl CertificateInfo {
    /// Reads a DER certificate.
    ///
    /// # Errors
    ///
    /// [`CertificateRefusal::Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateRefusal> {
        let certificate = Certificate::from_der(der).map_err(|_| CertificateRefusal::Malformed)?;
        let fields = certificate.tbs_certificate();
        let mut info = Self {
            subject: distinguished_name(fields.subject()),
            common_name: common_name(&certificate).as_deref().map(sanitised),
            issuer: distinguished_name(fields.issuer()),
            serial: hex(fields.serial_number().as_bytes()),
            dns_names: Vec::new(),
            mail_addresses: Vec::new(),
            principal_names: Vec::new(),
            not_before: fields.validity().not_before.to_unix_duration().as_secs(),
            not_after: fields.validity().not_after.to_unix_duration().as_secs(),
            sha256: sha256(der),
        };
        for name in alternative_names(&certificate)?.iter().take(MAX_NAMES) {
            match name {
                GeneralName::DnsName(name) => info.dns_names.push(sanitised(name.as_str())),
                GeneralName::Rfc822Name(name) => info.mail_addresses.push(sanitised(name.as_str())),
                other => {
                    let name = principal_name(other)?;
                    info.principal_names.extend(name.as_deref().map(sanitised));
                }
            }
        }
        Ok(info)
    }
}

/// Subject and fingerprint, for one line of a log.
impl fmt::Display for CertificateInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SHA-256 {})", self.subject, hex(&self.sha256))
    }
}

pub(super) fn sha256(der: &[u8]) -> [u8; 32] {
    Sha256::digest(der).into()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a text does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// Names told of one certificate.
const MAX_NAMES: usize = 32;
