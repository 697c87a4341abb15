//! Whom to trust: settings, checked once when they are built.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor};
use webpki::{CertRevocationList, OwnedCertRevocationList, anchor_from_trusted_cert};
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::{Decode, SliceReader, Tag};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};
use x509_cert::{Certificate, Version};

use super::material::{MaterialProblem, certificates, revocation_lists};
use super::names::NameRule;
use crate::ConfigError;

mod check;

/// What to do with a certificate's dates. A phone may not know the time when it boots, and may
/// need the network to learn it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockPolicy {
    /// Dates are checked; while the time is not known, every certificate is refused with
    /// [`CertificateRefusal::ClockUnknown`](super::CertificateRefusal::ClockUnknown).
    #[default]
    Strict,
    /// Dates are checked as soon as the time is known.
    IgnoreUntilSet,
    /// Dates are never checked.
    Ignore,
}

/// Which certificates are accepted. Immutable; to be shared between sessions by `Arc`.
///
/// | setting | accepted is |
/// |---|---|
/// | CA | what leads to it in a chain of CAs; a certificate that *is* one of the CA certificates, byte for byte, CA or not |
/// | pin | only a leaf with one of the fingerprints; with a CA, both must hold; without, the pin replaces the CA |
/// | server name | only a leaf with a dNSName that fits; the common name stands in only where there is no dNSName at all and no CA in the chain has name constraints |
/// | client name | only a leaf with a mail address, user principal name or dNSName that fits; the common name stands in only where there is none of those and no CA in the chain has name constraints |
/// | revocation list | only what a correctly signed, current list covers, for the leaf and each intermediate: with one list configured, every issuer needs one. Certificates that are configured themselves are not looked up |
///
/// Always checked: dates (see [`ClockPolicy`]), purpose (a certificate without extended key
/// usage serves every purpose), name constraints, path lengths. The dates of a configured CA
/// itself are not checked. Without a server name, every server certificate of the CA is
/// accepted: right for a private CA that serves one purpose, wrong for a public one.
///
/// Of several faults the first in this order is reported: untrusted CA, other certificate than
/// pinned, revoked, dates, purpose, name.
pub struct CertificatePolicy {
    role: Role,
    /// Server certificates are not looked at.
    insecure: bool,
    /// What was configured as CA; some may be leaf certificates.
    certificates: Vec<CertificateDer<'static>>,
    /// Those of `certificates` that may issue others.
    anchors: Vec<TrustAnchor<'static>>,
    pins: Vec<[u8; 32]>,
    names: Vec<NameRule>,
    revocation_lists: Vec<CertRevocationList<'static>>,
    clock: ClockPolicy,
    ask_host: bool,
    allow_legacy_signatures: bool,
    algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
    legacy_algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
    provider: Arc<CryptoProvider>,
}

impl CertificatePolicy {
    /// A policy by which a peer judges servers.
    pub fn for_servers() -> CertificatePolicyBuilder {
        CertificatePolicyBuilder::new(Role::Server)
    }

    /// A policy by which a server judges clients.
    pub fn for_clients() -> CertificatePolicyBuilder {
        CertificatePolicyBuilder::new(Role::Client)
    }

    /// Whether servers are accepted unseen.
    #[must_use]
    pub const fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// Whether the host has the last word.
    pub(crate) const fn asks_host(&self) -> bool {
        self.ask_host
    }

    pub(super) const fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }
}

impl core::fmt::Debug for CertificatePolicy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CertificatePolicy")
            .field("role", &self.role)
            .field("insecure", &self.insecure)
            .field("certificates", &self.certificates.len())
            .field("pins", &self.pins.len())
            .field("names", &self.names)
            .field("revocation_lists", &self.revocation_lists.len())
            .field("clock", &self.clock)
            .field("ask_host", &self.ask_host)
            .field("allow_legacy_signatures", &self.allow_legacy_signatures)
            .finish_non_exhaustive()
    }
}

/// Collects a [`CertificatePolicy`]; the first mistake is returned by `build()`.
#[derive(Debug)]
#[must_use]
pub struct CertificatePolicyBuilder {
    role: Role,
    insecure: bool,
    certificates: Vec<CertificateDer<'static>>,
    pins: Vec<[u8; 32]>,
    names: Vec<NameRule>,
    revocation_lists: Vec<Vec<u8>>,
    clock: ClockPolicy,
    ask_host: bool,
    allow_legacy_signatures: bool,
    mistake: Option<ConfigError>,
}

impl CertificatePolicyBuilder {
    fn new(role: Role) -> Self {
        Self {
            role,
            insecure: false,
            certificates: Vec::new(),
            pins: Vec::new(),
            names: Vec::new(),
            revocation_lists: Vec::new(),
            clock: ClockPolicy::default(),
            ask_host: false,
            allow_legacy_signatures: false,
            mistake: None,
        }
    }

    /// Trusts these CAs: PEM with any number of certificates, or one in DER. May be repeated.
    pub fn ca(mut self, octets: &[u8]) -> Self {
        let added = certificates("ca", octets).map(|more| self.certificates.extend(more));
        self.remember(added)
    }

    /// Accepts this name. With [`server_name_suffix`](Self::server_name_suffix) and repeated
    /// calls: any of them.
    pub fn server_name(mut self, name: &str) -> Self {
        let added = NameRule::exact(name).map(|rule| self.names.push(rule));
        self.remember(added)
    }

    /// Accepts this name and every name below it: `example.org` takes `radius.example.org`, and
    /// never `notexample.org`.
    pub fn server_name_suffix(mut self, name: &str) -> Self {
        let added = NameRule::suffix(name).map(|rule| self.names.push(rule));
        self.remember(added)
    }

    /// Accepts this client: a mail address, user principal name, DNS name or common name. With
    /// [`client_name_suffix`](Self::client_name_suffix) and repeated calls: any of them. Upper and
    /// lower case are the same, but in front of an `@`.
    pub fn client_name(mut self, name: &str) -> Self {
        let added = NameRule::client(name).map(|rule| self.names.push(rule));
        self.remember(added)
    }

    /// Accepts clients of this DNS name and of every name below it: `example.org` takes
    /// `alice@example.org`, `phone-17.example.org` and `bob@sales.example.org`.
    pub fn client_name_suffix(mut self, name: &str) -> Self {
        let added = NameRule::client_suffix(name).map(|rule| self.names.push(rule));
        self.remember(added)
    }

    /// Accepts only certificates with this SHA-256 fingerprint, or another pinned one.
    pub fn pin_sha256(mut self, fingerprint: [u8; 32]) -> Self {
        self.pins.push(fingerprint);
        self
    }

    /// Looks certificates up in these revocation lists: PEM with any number, or one in DER.
    pub fn crl(mut self, octets: &[u8]) -> Self {
        let added = revocation_lists("crl", octets).map(|more| self.revocation_lists.extend(more));
        self.remember(added)
    }

    /// What to do with dates. The default is [`ClockPolicy::Strict`].
    pub fn clock(mut self, clock: ClockPolicy) -> Self {
        self.clock = clock;
        self
    }

    /// Asks the host, too: [`Query::VerifyServer`](crate::Query::VerifyServer) or
    /// [`Query::VerifyClient`](crate::Query::VerifyClient), about chains that have passed all the
    /// rest. It can look into a directory, or show the fingerprint to a person. With this, a
    /// policy may do without a CA and a pin: then the host is the only one who knows whom to
    /// trust. What it answers is final; until it has, nothing is sent.
    pub fn ask_host(mut self) -> Self {
        self.ask_host = true;
        self
    }

    /// Also accepts *chains* signed with SHA-1 or with RSA keys of 1024 bits, as old private CAs
    /// made them. Signatures of the handshake itself stay modern.
    pub fn allow_legacy_signatures(mut self, allow: bool) -> Self {
        self.allow_legacy_signatures = allow;
        self
    }

    /// Accepts every server. Whoever stands in the way can take the password.
    pub fn insecure_no_server_authentication(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// Checks the settings against each other. `provider` verifies the signatures.
    ///
    /// # Errors
    ///
    /// The first mistake among the settings; nothing to trust at all is one.
    pub fn build(self, provider: &Arc<CryptoProvider>) -> Result<CertificatePolicy, ConfigError> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let trusts = !self.certificates.is_empty() || !self.pins.is_empty() || self.ask_host;
        let conflict = |field, with| Err(ConfigError::Conflict { field, with });
        match self.role {
            Role::Client if self.insecure => {
                return conflict("insecure_no_server_authentication", "a policy for clients");
            }
            Role::Client if self.names.iter().any(|name| name.role() == Role::Server) => {
                return conflict("server_name", "a policy for clients");
            }
            Role::Server if self.names.iter().any(|name| name.role() == Role::Client) => {
                return conflict("client_name", "a policy for servers");
            }
            _ if self.insecure
                && (trusts || !self.names.is_empty() || !self.revocation_lists.is_empty()) =>
            {
                return conflict(
                    "insecure_no_server_authentication",
                    "a CA, pin, server name, revocation list or question",
                );
            }
            Role::Client if !trusts => return Err(ConfigError::NoClientTrust),
            _ if !self.insecure && !trusts => return Err(ConfigError::NoTrust),
            // A list is signed by a CA.
            _ if !self.revocation_lists.is_empty() && self.certificates.is_empty() => {
                return conflict("crl", "a pin without a CA");
            }
            _ => {}
        }

        let mut anchors = Vec::new();
        for certificate in &self.certificates {
            if may_issue(certificate).ok_or_else(|| unreadable("ca"))? {
                let anchor = anchor_from_trusted_cert(certificate);
                anchors.push(anchor.map_err(|_| unreadable("ca"))?.to_owned());
            }
        }
        let list = |der: &Vec<u8>| match OwnedCertRevocationList::from_der(der) {
            Ok(list) => Ok(CertRevocationList::from(list)),
            Err(_) if is_version_1_list(der) => Err(ConfigError::Certificate {
                field: "crl",
                problem: MaterialProblem::OldRevocationList,
            }),
            Err(_) => Err(unreadable("crl")),
        };
        let revocation_lists = self.revocation_lists.iter().map(list).collect::<Result<_, _>>()?;
        let algorithms = provider.signature_verification_algorithms.all.to_vec();
        #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
        let legacy = super::legacy::ALGORITHMS;
        #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
        let legacy: &[&dyn SignatureVerificationAlgorithm] = &[];
        Ok(CertificatePolicy {
            role: self.role,
            insecure: self.insecure,
            certificates: self.certificates,
            anchors,
            pins: self.pins,
            names: self.names,
            revocation_lists,
            clock: self.clock,
            ask_host: self.ask_host,
            allow_legacy_signatures: self.allow_legacy_signatures,
            legacy_algorithms: legacy.iter().chain(&algorithms).copied().collect(),
            algorithms,
            provider: Arc::clone(provider),
        })
    }

    fn remember(mut self, added: Result<(), ConfigError>) -> Self {
        self.mistake = self.mistake.or(added.err());
        self
    }
}

/// Who presents the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Client,
}

/// webpki takes whatever it is given as an issuer. A server's own certificate that is configured
/// as its CA must not be able to issue others, so only CAs become anchors: basicConstraints says
/// so, or in its absence keyUsage, or the certificate is older than extensions.
fn may_issue(certificate: &CertificateDer<'_>) -> Option<bool> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let fields = certificate.tbs_certificate();
    if fields.version() == Version::V1 {
        return Some(true);
    }
    if let Some((_, constraints)) = fields.get_extension::<BasicConstraints>().ok()? {
        return Some(constraints.ca);
    }
    let usage = fields.get_extension::<KeyUsage>().ok()?;
    Some(usage.is_some_and(|(_, usage)| usage.key_cert_sign()))
}

/// Only a list of version 2 begins with its version; one of version 1, with the signature
/// algorithm (RFC 5280 §5.1).
fn is_version_1_list(der: &[u8]) -> bool {
    let first_field = |der| {
        let list = AnyRef::from_der(der)?;
        let fields = AnyRef::decode(&mut SliceReader::new(list.value())?)?;
        Tag::peek(&SliceReader::new(fields.value())?)
    };
    first_field(der) == Ok(Tag::Sequence)
}

const fn unreadable(field: &'static str) -> ConfigError {
    ConfigError::Certificate { field, problem: MaterialProblem::Unreadable }
}
