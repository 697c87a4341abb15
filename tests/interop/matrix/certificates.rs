//! The certificates of the matrix: good ones, and each with one flaw.

use std::fmt;
use std::process::Command;

use eap_tests::certs::{Ca, for_client, for_server, set_validity};
use rcgen::{CertificateParams, CustomExtension, KeyPair, SerialNumber};

use crate::certificates::Certificate;
use crate::lab::Lab;

/// The name in every server certificate but the wrong one.
pub(crate) const SERVER_NAME: &str = "radius.example.org";

/// The name in every client certificate but the wrong one.
pub(crate) const CLIENT_NAME: &str = "alice";

const REVOKED: u64 = 4711;

/// What all keys of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    Rsa2048,
    P256,
}

/// The one thing that is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Expired,
    ForeignCa,
    WrongUsage,
    WrongName,
    Revoked,
}

pub(crate) const FLAWS: [Flaw; 5] =
    [Flaw::Expired, Flaw::ForeignCa, Flaw::WrongUsage, Flaw::WrongName, Flaw::Revoked];

/// A certificate, or a flawed one.
type Variants = Vec<(Option<Flaw>, Certificate)>;

/// A CA and what it has issued, as files.
pub(crate) struct Pki {
    pub(crate) key_type: KeyType,
    /// The CA's certificate.
    pub(crate) ca: String,
    /// Its revocation list.
    pub(crate) crl: String,
    /// Both in one file.
    pub(crate) ca_with_crl: String,
    servers: Variants,
    clients: Variants,
}

impl Pki {
    pub(crate) fn new(lab: &Lab, key_type: KeyType) -> Self {
        let ca = Ca::current("Test CA", key_type.generate());
        let other = Ca::current("Other CA", key_type.generate());
        let file = |name, content: &str| lab.file(&format!("{key_type} {name}.pem"), content);
        let crl = ca.revocation_list(&[REVOKED]);
        let variants = |role: Role| {
            let key = key_type.generate();
            let variant = |flaw| {
                let issuer = if flaw == Some(Flaw::ForeignCa) { &other } else { &ca };
                let identity = issuer.issue_for(&key, |params| role.describe(params, flaw));
                let name = format!("{key_type} {role:?} {flaw:?}");
                (flaw, Certificate::new(lab, &name, &identity))
            };
            [None].into_iter().chain(FLAWS.map(Some)).map(variant).collect()
        };
        Self {
            key_type,
            ca: file("ca", &ca.pem),
            crl: file("crl", &crl),
            ca_with_crl: file("ca with crl", &format!("{}{crl}", ca.pem)),
            servers: variants(Role::Server),
            clients: variants(Role::Client),
        }
    }

    pub(crate) fn server(&self, flaw: Option<Flaw>) -> &Certificate {
        pick(&self.servers, flaw)
    }

    pub(crate) fn client(&self, flaw: Option<Flaw>) -> &Certificate {
        pick(&self.clients, flaw)
    }
}

fn pick(variants: &Variants, flaw: Option<Flaw>) -> &Certificate {
    variants.iter().find(|(of, _)| *of == flaw).map(|(_, certificate)| certificate).unwrap()
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Server,
    Client,
}

impl Role {
    fn describe(self, params: &mut CertificateParams, flaw: Option<Flaw>) {
        let wrong_name = flaw == Some(Flaw::WrongName);
        match self {
            Self::Server if wrong_name => for_server(params, "radius.example.com"),
            Self::Server => for_server(params, SERVER_NAME),
            Self::Client if wrong_name => for_client(params, "mallory"),
            Self::Client => for_client(params, CLIENT_NAME),
        }
        params.custom_extensions.push(comment());
        match flaw {
            Some(Flaw::Expired) => set_validity(params, -3..=-1),
            Some(Flaw::Revoked) => params.serial_number = Some(SerialNumber::from(REVOKED)),
            Some(Flaw::WrongUsage) => {
                let mut other = CertificateParams::default();
                match self {
                    Self::Server => for_client(&mut other, SERVER_NAME),
                    Self::Client => for_server(&mut other, SERVER_NAME),
                }
                params.extended_key_usages = other.extended_key_usages;
            }
            Some(Flaw::ForeignCa | Flaw::WrongName) | None => {}
        }
    }
}

/// As many a real CA adds one: with it, also certificates with short keys are longer than the
/// smaller fragments.
fn comment() -> CustomExtension {
    const NETSCAPE_COMMENT: [u64; 7] = [2, 16, 840, 1, 113_730, 1, 13];
    const IA5_STRING: u8 = 22;
    let text = [b'-'; 127];
    let content = [&[IA5_STRING, 127], &text[..]].concat();
    CustomExtension::from_oid_content(&NETSCAPE_COMMENT, content)
}

impl KeyType {
    pub(crate) fn generate(self) -> KeyPair {
        match self {
            // ring signs with RSA keys and makes none.
            Self::Rsa2048 => {
                let args = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
                let output = Command::new("openssl").args(args).output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                KeyPair::from_pem(&String::from_utf8(output.stdout).unwrap()).unwrap()
            }
            Self::P256 => KeyPair::generate().unwrap(),
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa2048 => "RSA-2048",
            Self::P256 => "P-256",
        })
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "expired",
            Self::ForeignCa => "of another CA",
            Self::WrongUsage => "of the wrong use",
            Self::WrongName => "of another name",
            Self::Revoked => "revoked",
        })
    }
}
