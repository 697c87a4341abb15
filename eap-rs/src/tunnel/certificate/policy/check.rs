//! One chain against the policy.

use core::cell::OnceCell;
use core::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{
    EndEntityCert, Error, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeId,
    KeyPurposeIdIter, RevocationOptionsBuilder, VerifiedPath,
};
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::{ExtendedKeyUsage, NameConstraints};
use x509_cert::{Certificate, Version};

use super::super::CertificateRefusal;
use super::super::distinguished_name::distinguished_name;
use super::super::information::sha256;
use super::super::names::PresentedNames;
use super::{CertificatePolicy, ClockPolicy, Role};

impl CertificatePolicy {
    /// Judges a chain, leaf first. `unix_time` is the host's clock in seconds since 1970, `None`
    /// while it is not known.
    ///
    /// # Errors
    ///
    /// Why the chain is refused: of several faults, the first in the order given above.
    pub fn check(
        &self,
        chain: &[CertificateDer<'_>],
        unix_time: Option<u64>,
    ) -> Result<(), CertificateRefusal> {
        let (leaf, issuers) = chain.split_first().ok_or(CertificateRefusal::NoCertificate)?;
        if self.insecure {
            return Ok(());
        }
        let size: usize = chain.iter().map(|certificate| certificate.len()).sum();
        if chain.len() > MAX_CERTIFICATES || size > MAX_CHAIN {
            return Err(CertificateRefusal::ChainTooLong);
        }
        let certificate = read(leaf)?;
        if certificate.tbs_certificate().version() != Version::V3 {
            return Err(CertificateRefusal::OldVersion);
        }
        let names = PresentedNames::of(&certificate, self.role)?;
        let clock = match (self.clock, unix_time) {
            (ClockPolicy::Ignore, _) | (ClockPolicy::IgnoreUntilSet, None) => Clock::Unchecked,
            (ClockPolicy::Strict, None) => Clock::Unknown,
            (_, Some(now)) => Clock::At(now),
        };

        let pinned = self.pins.is_empty() || self.pins.contains(&sha256(leaf));
        let configured = self.certificates.contains(leaf);
        if configured || self.certificates.is_empty() {
            pinned.then_some(()).ok_or(CertificateRefusal::PinMismatch)?;
            self.check_configured(&certificate, clock)?;
        } else {
            let end_entity =
                EndEntityCert::try_from(leaf).map_err(|_| CertificateRefusal::Malformed)?;
            let chain = Chain {
                policy: self,
                end_entity,
                issuers,
                certificates: chain,
                instants: OnceCell::new(),
                common_name_counts: names.from_common_name && !self.names.is_empty(),
            };
            chain.check(&certificate, clock, pinned)?;
        }
        names.check(&self.names)
    }

    /// A leaf that is trusted by itself: only its dates and purpose are left to check.
    fn check_configured(
        &self,
        certificate: &Certificate,
        clock: Clock,
    ) -> Result<(), CertificateRefusal> {
        let fields = certificate.tbs_certificate();
        let not_before = fields.validity().not_before.to_unix_duration().as_secs();
        let not_after = fields.validity().not_after.to_unix_duration().as_secs();
        match clock {
            Clock::Unknown => return Err(CertificateRefusal::ClockUnknown),
            Clock::At(now) if now < not_before => {
                return Err(CertificateRefusal::NotYetValid { not_before, now });
            }
            Clock::At(now) if now > not_after => {
                return Err(CertificateRefusal::Expired { not_after, now });
            }
            _ => {}
        }
        let accepted = Purpose::of(self.role).accepted();
        let usage = fields.get_extension::<ExtendedKeyUsage>();
        match usage.map_err(|_| CertificateRefusal::Malformed)? {
            Some((_, ExtendedKeyUsage(purposes)))
                if !purposes.iter().any(|purpose| accepted.contains(purpose)) =>
            {
                Err(CertificateRefusal::WrongUsage)
            }
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Clock {
    Unchecked,
    Unknown,
    At(u64),
}

/// A leaf with what it needs to reach an anchor.
///
/// webpki looks at dates and purposes before it looks for the issuer, so "expired" may hide
/// "untrusted". A good chain passes in one go; for a bad one the questions are asked one by one,
/// in the order in which their answers help.
struct Chain<'a> {
    policy: &'a CertificatePolicy,
    end_entity: EndEntityCert<'a>,
    issuers: &'a [CertificateDer<'a>],
    certificates: &'a [CertificateDer<'a>],
    instants: OnceCell<Vec<UnixTime>>,
    common_name_counts: bool,
}

impl Chain<'_> {
    fn check(
        &self,
        certificate: &Certificate,
        clock: Clock,
        pinned: bool,
    ) -> Result<(), CertificateRefusal> {
        let purpose = Purpose::of(self.policy.role);
        let everything = match clock {
            Clock::At(now) => self.reach(at(now), purpose, Lists::Current),
            Clock::Unchecked => self.reach_whenever(purpose, Lists::Any),
            Clock::Unknown => Err(Error::UnknownIssuer),
        };
        let fault = match everything {
            Ok(()) if pinned => return Ok(()),
            Ok(()) => return Err(CertificateRefusal::PinMismatch),
            Err(fault) => fault,
        };

        self.reach_whenever(Purpose::Any, Lists::None)
            .map_err(|error| self.untrusted(error, certificate))?;
        pinned.then_some(()).ok_or(CertificateRefusal::PinMismatch)?;
        self.reach_whenever(Purpose::Any, Lists::Any)
            .map_err(|error| refusal(error, certificate))?;
        match clock {
            Clock::Unknown => return Err(CertificateRefusal::ClockUnknown),
            Clock::At(now) => self
                .reach(at(now), Purpose::Any, Lists::Current)
                .map_err(|error| refusal(error, certificate))?,
            Clock::Unchecked => {}
        }
        Err(refusal(fault, certificate))
    }

    /// Whether the chain is good when dates do not count: at some instant it is, and if at any,
    /// then at the beginning of one of its certificates.
    fn reach_whenever(&self, purpose: Purpose, lists: Lists) -> Result<(), Error> {
        let mut fault = Error::UnknownIssuer;
        for (attempt, instant) in self.instants().iter().enumerate() {
            match self.reach(*instant, purpose, lists) {
                Ok(()) => return Ok(()),
                Err(error) if attempt == 0 || is_about_dates(&fault) => fault = error,
                Err(_) => {}
            }
        }
        Err(fault)
    }

    /// A good chain at a known time needs none.
    fn instants(&self) -> &[UnixTime] {
        self.instants.get_or_init(|| instants(self.certificates))
    }

    fn reach(&self, now: UnixTime, purpose: Purpose, lists: Lists) -> Result<(), Error> {
        self.reach_with(self.policy.signature_algorithms(), now, purpose, lists)
    }

    fn reach_with(
        &self,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
        now: UnixTime,
        purpose: Purpose,
        lists: Lists,
    ) -> Result<(), Error> {
        let configured: Vec<_> = self.policy.revocation_lists.iter().collect();
        let revocation = match (RevocationOptionsBuilder::new(&configured), lists) {
            (Err(_), _) | (_, Lists::None) => None,
            (Ok(options), Lists::Any) => Some(options.build()),
            (Ok(options), Lists::Current) => {
                Some(options.with_expiration_policy(ExpirationPolicy::Enforce).build())
            }
        };
        let acceptable = |path: &VerifiedPath<'_>| self.acceptable(path);
        self.end_entity
            .verify_for_usage(
                algorithms,
                &self.policy.anchors,
                self.issuers,
                now,
                purpose,
                revocation,
                Some(&acceptable),
            )
            .map(|_path| ())
    }

    /// webpki holds name constraints against dNSNames. A common name that stands in for one would
    /// slip past them, so it does not count below a constrained CA (as CVE-2026-35331).
    fn acceptable(&self, path: &VerifiedPath<'_>) -> Result<(), Error> {
        let mut constrained = path.anchor().name_constraints.is_some();
        for issuer in path.intermediate_certificates() {
            let issuer = Certificate::from_der(&issuer.der()).map_err(|_| Error::BadDer)?;
            let constraints = issuer.tbs_certificate().get_extension::<NameConstraints>();
            constrained |= constraints.map_err(|_| Error::BadDer)?.is_some();
        }
        match constrained && self.common_name_counts {
            true => Err(Error::NameConstraintViolation),
            false => Ok(()),
        }
    }

    /// A signature that does not verify may be one that is too old to be tried.
    fn untrusted(&self, error: Error, certificate: &Certificate) -> CertificateRefusal {
        if matches!(error, Error::InvalidSignatureForPublicKey) {
            let legacy = &self.policy.legacy_algorithms;
            let verifies = |instant: &UnixTime| {
                self.reach_with(legacy, *instant, Purpose::Any, Lists::None).is_ok()
            };
            if self.instants().iter().any(verifies) {
                return CertificateRefusal::LegacySignature;
            }
        }
        refusal(error, certificate)
    }
}

impl CertificatePolicy {
    fn signature_algorithms(&self) -> &[&'static dyn SignatureVerificationAlgorithm] {
        if self.allow_legacy_signatures { &self.legacy_algorithms } else { &self.algorithms }
    }
}

/// Which revocation lists count.
#[derive(Clone, Copy, Debug)]
enum Lists {
    None,
    Any,
    Current,
}

/// The extended key usage that is needed, where a certificate has any (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Any,
    Server,
    Client,
}

impl Purpose {
    const fn of(role: Role) -> Self {
        match role {
            Role::Server => Self::Server,
            Role::Client => Self::Client,
        }
    }

    /// The identifiers of which one is needed; empty when none is.
    const fn accepted(self) -> &'static [ObjectIdentifier] {
        match self {
            Self::Any => &[],
            Self::Server => &[SERVER_AUTH, ANY_USAGE],
            Self::Client => &[CLIENT_AUTH, ANY_USAGE],
        }
    }
}

impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, presented: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let accepted = self.accepted();
        if accepted.is_empty() {
            return Ok(());
        }
        let mut any = false;
        for purpose in presented {
            let purpose = purpose?;
            if accepted.iter().any(|oid| purpose == KeyPurposeId::new(oid.as_bytes())) {
                return Ok(());
            }
            any = true;
        }
        if any { Err(Error::EmptyEkuExtension) } else { Ok(()) }
    }
}

fn refusal(error: Error, certificate: &Certificate) -> CertificateRefusal {
    let fields = certificate.tbs_certificate();
    let untrusted =
        || CertificateRefusal::UntrustedCa { issuer: distinguished_name(fields.issuer()) };
    match error {
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => untrusted(),
        // `openssl req -x509` makes self-signed server certificates as CAs.
        Error::CaUsedAsEndEntity if fields.issuer() == fields.subject() => untrusted(),
        Error::CaUsedAsEndEntity
        | Error::EmptyEkuExtension
        | Error::RequiredEkuNotFoundContext(_) => CertificateRefusal::WrongUsage,
        Error::EndEntityUsedAsCa | Error::PathLenConstraintViolated => {
            CertificateRefusal::IssuerNotCa
        }
        Error::NameConstraintViolation => CertificateRefusal::NameConstraint,
        Error::CertNotValidYet { time, not_before } => CertificateRefusal::NotYetValid {
            not_before: not_before.as_secs(),
            now: time.as_secs(),
        },
        Error::CertExpired { time, not_after } => {
            CertificateRefusal::Expired { not_after: not_after.as_secs(), now: time.as_secs() }
        }
        Error::CertRevoked => CertificateRefusal::Revoked,
        Error::CrlExpired { time, next_update } => CertificateRefusal::RevocationListExpired {
            next_update: next_update.as_secs(),
            now: time.as_secs(),
        },
        Error::UnknownRevocationStatus
        | Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            CertificateRefusal::RevocationUnknown
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            CertificateRefusal::LegacySignature
        }
        Error::UnsupportedCertVersion => CertificateRefusal::OldVersion,
        Error::MaximumPathDepthExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => CertificateRefusal::ChainTooLong,
        _ => CertificateRefusal::Malformed,
    }
}

const fn is_about_dates(error: &Error) -> bool {
    matches!(error, Error::CertNotValidYet { .. } | Error::CertExpired { .. })
}

/// The first valid second of every certificate, latest first: with a sound chain that is the
/// leaf's, and the first attempt succeeds.
fn instants(chain: &[CertificateDer<'_>]) -> Vec<UnixTime> {
    let first_second = |der: &CertificateDer<'_>| {
        let certificate = Certificate::from_der(der).ok()?;
        Some(certificate.tbs_certificate().validity().not_before.to_unix_duration().as_secs())
    };
    let mut seconds: Vec<_> = chain.iter().filter_map(first_second).collect();
    seconds.sort_unstable_by(|a, b| b.cmp(a));
    seconds.dedup();
    seconds.into_iter().map(at).collect()
}

fn read(der: &CertificateDer<'_>) -> Result<Certificate, CertificateRefusal> {
    Certificate::from_der(der).map_err(|_| CertificateRefusal::Malformed)
}

fn at(unix_time: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(unix_time))
}

/// Longer chains do not occur.
const MAX_CERTIFICATES: usize = 10;
/// Longer chains do not occur (RFC 9191 §1); with this, verification has a bound.
const MAX_CHAIN: usize = 64 * 1024;

/// id-kp-serverAuth, id-kp-clientAuth, anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
