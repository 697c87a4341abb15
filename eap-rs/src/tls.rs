//! TLS as the methods on top of it show it: settings, certificates, and what a handshake agreed on.

use core::fmt;

pub use crate::tunnel::certificate::{
    CertificateInfo, CertificatePolicy, CertificatePolicyBuilder, CertificateRefusal, ClockPolicy,
    MaterialProblem,
};
pub use crate::tunnel::resumption::{Resumption, SealedSession, TicketKeys};
pub use crate::tunnel::settings::{
    TlsPeerConfig, TlsPeerConfigBuilder, TlsProvider, TlsServerConfig, TlsServerConfigBuilder,
};

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// TLS 1.0 (RFC 2246): with `legacy_tls` only.
    V1_0,
    /// TLS 1.1 (RFC 4346): with `legacy_tls` only.
    V1_1,
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_0 => "TLS 1.0",
            Self::V1_1 => "TLS 1.1",
            Self::V1_2 => "TLS 1.2",
            Self::V1_3 => "TLS 1.3",
        })
    }
}

/// An alert by its number (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TlsAlert(pub u8);

impl TlsAlert {
    fn name(self) -> Option<&'static str> {
        ALERTS.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }
}

/// The registered name, or the number.
impl fmt::Display for TlsAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}

/// What a handshake agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsSummary {
    /// The version.
    pub version: TlsVersion,
    /// The cipher suite, by its registered name.
    pub suite: &'static str,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The other side's certificate, as far as it could be read.
    pub certificate: Option<Box<CertificateInfo>>,
}

/// IANA's "TLS Alerts".
const ALERTS: [(u8, &str); 27] = [
    (0, "close notify"),
    (10, "unexpected message"),
    (20, "bad record MAC"),
    (22, "record overflow"),
    (40, "handshake failure"),
    (42, "bad certificate"),
    (43, "unsupported certificate"),
    (44, "certificate revoked"),
    (45, "certificate expired"),
    (46, "certificate unknown"),
    (47, "illegal parameter"),
    (48, "unknown CA"),
    (49, "access denied"),
    (50, "decode error"),
    (51, "decrypt error"),
    (70, "protocol version"),
    (71, "insufficient security"),
    (80, "internal error"),
    (86, "inappropriate fallback"),
    (90, "user cancelled"),
    (100, "no renegotiation"),
    (109, "missing extension"),
    (110, "unsupported extension"),
    (112, "unrecognized name"),
    (113, "bad certificate status response"),
    (115, "unknown PSK identity"),
    (116, "certificate required"),
];
