//! Why a certificate was refused.

use core::time::Duration;

use rustls::{AlertDescription, CertificateError, OtherError};
use x509_cert::der::DateTime;

/// Why a certificate was refused: a sentence for a phone's screen, and the alert that tells the
/// other side.
///
/// Texts that come from the certificate are sanitised and cut to length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateRefusal {
    /// No certificate was presented.
    #[error("no certificate was presented")]
    NoCertificate,
    /// Damaged, or with a critical extension that is not known here.
    #[error("the certificate is damaged or of an unknown kind")]
    Malformed,
    /// X.509 version 1, which `openssl x509 -req` makes when it is given no extensions. TLS needs
    /// version 3; only a CA may be of version 1.
    #[error("the certificate is of X.509 version 1, version 3 is needed")]
    OldVersion,
    /// More certificates than are looked at.
    #[error("the certificate chain is too long")]
    ChainTooLong,
    /// No chain leads to a configured CA.
    #[error("issued by an untrusted CA: {issuer}")]
    UntrustedCa {
        /// The issuer that the certificate names.
        issuer: String,
    },
    /// An issuer in the chain is not allowed to issue this certificate (RFC 5280 §4.2.1.9).
    #[error("issued by a certificate that may not issue certificates")]
    IssuerNotCa,
    /// Issued for a name that its CA may not issue for (RFC 5280 §4.2.1.10).
    #[error("its CA may not issue certificates for this name")]
    NameConstraint,
    /// Signed with SHA-1 or a short RSA key, or with an algorithm that is not known here.
    #[error("signed with an outdated or unknown algorithm")]
    LegacySignature,
    /// Not one of the pinned certificates.
    #[error("not the expected certificate (fingerprint differs)")]
    PinMismatch,
    /// Withdrawn by its CA.
    #[error("the certificate was revoked by its CA")]
    Revoked,
    /// Revocation lists are configured and none of them, correctly signed, covers the
    /// certificate or one of its issuers.
    #[error("no valid revocation list covers the certificate")]
    RevocationUnknown,
    /// The revocation list that covers the certificate is out of date.
    #[error("the revocation list is out of date since {date}, our clock says {clock}", date = utc(*next_update), clock = utc(*now))]
    RevocationListExpired {
        /// When a newer list was due, in seconds since 1970.
        next_update: u64,
        /// Our clock, in seconds since 1970.
        now: u64,
    },
    /// The clock policy is strict and the time is not known.
    #[error("the time is not known, so the certificate's dates cannot be checked")]
    ClockUnknown,
    /// The certificate, or an issuer, is not valid yet. More often than not our clock is wrong.
    #[error("not valid before {date}, our clock says {clock}", date = utc(*not_before), clock = utc(*now))]
    NotYetValid {
        /// First valid second, since 1970.
        not_before: u64,
        /// Our clock, in seconds since 1970.
        now: u64,
    },
    /// The certificate, or an issuer, has expired.
    #[error("expired on {date}, our clock says {clock}", date = utc(*not_after), clock = utc(*now))]
    Expired {
        /// Last valid second, since 1970.
        not_after: u64,
        /// Our clock, in seconds since 1970.
        now: u64,
    },
    /// Issued for another purpose (RFC 5280 §4.2.1.12).
    #[error("the certificate was issued for another purpose")]
    WrongUsage,
    /// Issued for somebody else.
    #[error("the certificate is for {presented}, expected {expected}")]
    NameMismatch {
        /// The names accepted.
        expected: String,
        /// The names in the certificate.
        presented: String,
    },
    /// The host was asked, and said no.
    #[error("the certificate was declined")]
    Declined,
}

impl CertificateRefusal {
    /// The TLS alert that this refusal is sent as (RFC 8446 §6.2). What the host has declined is
    /// not sent as one: a server's handshake is over and EAP-Failure follows, a peer falls silent.
    #[must_use]
    pub fn alert(&self) -> u8 {
        AlertDescription::from(self.as_certificate_error()).into()
    }

    /// The error for which rustls sends [`CertificateRefusal::alert`].
    pub(crate) fn to_rustls(&self) -> rustls::Error {
        self.as_certificate_error().into()
    }

    fn as_certificate_error(&self) -> CertificateError {
        match self {
            Self::NoCertificate | Self::Malformed | Self::ChainTooLong => {
                CertificateError::BadEncoding
            }
            Self::UntrustedCa { .. } | Self::IssuerNotCa => CertificateError::UnknownIssuer,
            Self::Revoked => CertificateError::Revoked,
            Self::RevocationUnknown => CertificateError::UnknownRevocationStatus,
            Self::RevocationListExpired { .. } => CertificateError::ExpiredRevocationList,
            Self::NotYetValid { .. } => CertificateError::NotValidYet,
            Self::Expired { .. } => CertificateError::Expired,
            Self::OldVersion | Self::LegacySignature | Self::WrongUsage => {
                CertificateError::InvalidPurpose
            }
            Self::NameConstraint | Self::NameMismatch { .. } => CertificateError::NotValidForName,
            Self::Declined => CertificateError::ApplicationVerificationFailure,
            Self::PinMismatch | Self::ClockUnknown => {
                CertificateError::Other(OtherError(std::sync::Arc::new(self.clone())))
            }
        }
    }
}

/// A text from a certificate, fit for a screen or a log: no control characters, nothing that
/// reverses the writing direction, at most `MAX_TEXT` characters.
pub(super) fn sanitised(text: &str) -> String {
    let visible = |c: char| match c {
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => '\u{fffd}',
        '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    let mut rest = text.chars().map(visible);
    let mut text: String = rest.by_ref().take(MAX_TEXT).collect();
    if rest.next().is_some() {
        text.push('…');
    }
    text
}

/// As `2027-01-01 00:00 UTC`.
fn utc(unix_time: u64) -> String {
    match DateTime::from_unix_duration(Duration::from_secs(unix_time)) {
        Ok(date) => format!(
            "{:04}-{:02}-{:02} {:02}:{:02} UTC",
            date.year(),
            date.month(),
            date.day(),
            date.hour(),
            date.minutes()
        ),
        Err(_) => "the year 10000".into(),
    }
}

pub(super) const MAX_TEXT: usize = 256;
