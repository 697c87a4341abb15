//! What can go wrong, sorted by whose doing it is.
//!
//! | type | whose | how it is returned |
//! |---|---|---|
//! | [`ConfigError`] | the caller's, when configuring | `Err` from `build()` |
//! | [`AnswerError`] | the caller's, when answering | `Err` from `handle_answer` |
//! | [`Discard`] | the network's | `Received::Discarded`; the conversation goes on |
//! | [`Failure`] | nobody's or anybody's | `Output::Finished(Err(_))`; the conversation is over |

use crate::query::AnswerKind;
use crate::tls::{CertificateRefusal, MaterialProblem, TlsAlert, TlsProvider};
use crate::{AccountRefusal, Code, MethodType};

/// A configuration that cannot work. Its text starts with the field and says what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No method was named.
    #[error("methods: none given, at least one is needed; supported: {supported}", supported = crate::method::Supported)]
    NoMethod,
    /// A method that this library does not have.
    #[error("methods: {0} is not supported; supported: {supported}", supported = crate::method::Supported)]
    UnsupportedMethod(MethodType),
    /// A method that cannot go without settings of its own, certificates for example.
    #[error("methods: {0} needs settings: use the builder's function of that name")]
    MethodNeedsSettings(MethodType),
    /// A method was named twice.
    #[error("methods: {0} is named twice")]
    DuplicateMethod(MethodType),
    /// The lower layer needs keys and the method derives none.
    #[error("methods: {0} derives no keys, but keys are required")]
    MethodWithoutKeys(MethodType),
    /// A custom method under a Type that is no method's.
    #[error("methods: {0} cannot be a method; accepted: IETF Types 4 to 255 but 254, vendor Types")]
    ReservedMethod(MethodType),
    /// A tunnel without anything that authenticates the peer in it.
    #[error(
        "methods: nothing is allowed inside the tunnel of {0}, at least one protocol is needed"
    )]
    NoInnerMethod(MethodType),
    /// A method with a tunnel of its own, inside another's.
    #[error("methods: {0} inside a tunnel; accepted: methods without a tunnel of their own")]
    TunnelInTunnel(MethodType),
    /// Nothing says which servers to trust.
    #[error(
        "ca: nothing to trust is configured; accepted: a CA, a pin, or \
         insecure_no_server_authentication"
    )]
    NoTrust,
    /// A server asks for certificates, and nothing says whose.
    #[error("client_ca: nothing to trust is configured; accepted: a CA or a pin")]
    NoClientTrust,
    /// Two settings that contradict each other.
    #[error("{field}: does not go together with {with}")]
    Conflict {
        /// The setting's name.
        field: &'static str,
        /// What it contradicts.
        with: &'static str,
    },
    /// A setting that is of no use without another.
    #[error("{field}: given without {needs}")]
    Needs {
        /// The setting's name.
        field: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// Something that this build was compiled without.
    #[error("{field}: {what} is not in this build: feature `{feature}`")]
    NotInThisBuild {
        /// The setting's name.
        field: &'static str,
        /// What is missing.
        what: &'static str,
        /// The feature that brings it.
        feature: &'static str,
    },
    /// A server name that no certificate can have.
    #[error(
        "{field}: not a DNS name; accepted: ASCII labels with dots between them, other scripts \
         as xn--"
    )]
    InvalidName {
        /// The setting's name.
        field: &'static str,
    },
    /// A certificate, key or revocation list that cannot be used.
    #[error("{field}: {problem}")]
    Certificate {
        /// The setting's name.
        field: &'static str,
        /// What is wrong with it.
        problem: MaterialProblem,
    },
    /// The cryptography asked for, or any at all, is not compiled in.
    #[error("provider: not compiled in; accepted: what the features `ring` and `aws-lc-rs` bring")]
    NoTlsProvider(Option<TlsProvider>),
    /// The TLS library refused the combination of settings.
    #[error("tls: {0}")]
    Tls(String),
    /// A text or secret that is too long.
    #[error("{field}: {len} octets given, at most {max} accepted")]
    TooLong {
        /// The setting's name.
        field: &'static str,
        /// Octets given.
        len: usize,
        /// Octets accepted.
        max: usize,
    },
    /// A text that must say something.
    #[error("{field}: empty, at least one character is needed")]
    Empty {
        /// The setting's name.
        field: &'static str,
    },
    /// A password that is no text, of which MS-CHAP has no hash.
    #[error("{field}: not UTF-8, which MS-CHAP needs")]
    NotUtf8 {
        /// The setting's name.
        field: &'static str,
    },
    /// A number or time (in milliseconds) outside its range.
    #[error("{field}: {value} given, {min} to {max} accepted")]
    OutOfRange {
        /// The setting's name.
        field: &'static str,
        /// The value given.
        value: u64,
        /// The smallest value accepted.
        min: u64,
        /// The largest value accepted.
        max: u64,
    },
}

impl ConfigError {
    /// The setting to correct.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoMethod
            | Self::UnsupportedMethod(_)
            | Self::MethodNeedsSettings(_)
            | Self::DuplicateMethod(_)
            | Self::MethodWithoutKeys(_)
            | Self::ReservedMethod(_)
            | Self::NoInnerMethod(_)
            | Self::TunnelInTunnel(_) => "methods",
            Self::NoTrust => "ca",
            Self::NoClientTrust => "client_ca",
            Self::NoTlsProvider(_) => "provider",
            Self::Tls(_) => "tls",
            Self::Conflict { field, .. }
            | Self::Needs { field, .. }
            | Self::NotInThisBuild { field, .. }
            | Self::InvalidName { field }
            | Self::Certificate { field, .. }
            | Self::TooLong { field, .. }
            | Self::Empty { field }
            | Self::NotUtf8 { field }
            | Self::OutOfRange { field, .. } => field,
        }
    }
}

/// An answer that was not taken. A question that is still open stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The question is not open: answered before, withdrawn, or never asked.
    #[error("this question is not open (answered, withdrawn, or never asked)")]
    Stale,
    /// The question wants another kind of answer.
    #[error("this question wants {expected}, or to be declined")]
    WrongKind {
        /// The kind wanted.
        expected: AnswerKind,
    },
    /// A challenge must have something to show, a new password something to type.
    #[error("the answer is empty, at least one character is needed")]
    Empty,
    /// A new password is text.
    #[error("the answer is not UTF-8")]
    NotUtf8,
    /// The answer does not fit a packet.
    #[error("the answer has {len} octets, at most {max} are accepted")]
    TooLong {
        /// Octets given.
        len: usize,
        /// Octets accepted.
        max: usize,
    },
}

/// Why a packet from the network was dropped. The conversation is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Discard {
    /// Shorter than an EAP header (RFC 3748 §4).
    #[error("shorter than an EAP header")]
    Truncated,
    /// The Length field is smaller than the header (RFC 3748 §4).
    #[error("length field smaller than the header")]
    LengthTooShort,
    /// The Length field is larger than the packet received (RFC 3748 §4).
    #[error("length field larger than the packet")]
    LengthExceedsPacket,
    /// A Code other than 1 to 4 (RFC 3748 §4).
    #[error("unknown code {0}")]
    UnknownCode(u8),
    /// A Request or Response without a Type (RFC 3748 §4.1).
    #[error("no type")]
    MissingType,
    /// Type 0, which is no Type (RFC 3748 §5.3.1).
    #[error("type 0")]
    ReservedType,
    /// An Expanded Type of fewer than eight octets (RFC 3748 §5.7).
    #[error("expanded type cut short")]
    TruncatedExpandedType,
    /// A Success or Failure with data (RFC 3748 §4.2).
    #[error("success or failure with data")]
    ResultWithData,
    /// A Nak in a Request (RFC 3748 §5).
    #[error("nak in a request")]
    NakInRequest,
    /// A Nak that names no Type, or an Expanded Nak cut short (RFC 3748 §5.3).
    #[error("malformed nak")]
    MalformedNak,

    /// The port is disabled.
    #[error("the port is disabled")]
    PortDisabled,
    /// The conversation is over; the lower layer has to restart it.
    #[error("the conversation is over")]
    Finished,
    /// A Code that this role does not receive.
    #[error("unexpected {0}")]
    UnexpectedCode(Code),
    /// A Response, Success or Failure whose Identifier is not the current one (RFC 3748 §4.1, §4.2).
    #[error("wrong identifier")]
    WrongIdentifier,
    /// A Type that is not expected at this point (RFC 4137 §4, §5).
    #[error("unexpected type {0}")]
    UnexpectedType(MethodType),
    /// A Success or Failure where the method may not end (RFC 3748 §4.2).
    #[error("the method may not end here")]
    UnexpectedResult,
    /// A Notification after the method has completed (RFC 3748 §5.2).
    #[error("notification not allowed here")]
    NotificationNotAllowed,
    /// A question is open and has to be answered first.
    #[error("a question is open")]
    QuestionOpen,
    /// The host has not drained its outputs.
    #[error("outputs not drained")]
    Backlog,

    /// A message that must have at least one octet has none (RFC 3748 §5.2, §5.6).
    #[error("empty message")]
    EmptyMessage,
    /// An Identity, or a token response, of more than 1015 octets.
    #[error("response too long")]
    ResponseTooLong,
    /// An MD5 value of no octets or more than the packet has (RFC 3748 §5.4, RFC 1994 §4.1).
    #[error("malformed MD5 value")]
    MalformedMd5Value,
    /// The lengths of a TLS-based method's fragments contradict each other (RFC 5216 §3.1).
    #[error("fragment lengths contradict each other")]
    TunnelLength,
    /// Flags of a TLS-based method that make no sense together (RFC 5216 §3.1).
    #[error("fragment flags make no sense")]
    TunnelFlags,
    /// A Start in the middle of a TLS-based method.
    #[error("start in the middle of the method")]
    TunnelStart,
    /// Another version of a TLS-based method than both sides have agreed on.
    #[error("another version of the method than agreed on")]
    TunnelVersion,
    /// A TLS-based method has not begun.
    #[error("the method has not been started")]
    TunnelNotStarted,
    /// Data where the last fragment had to be acknowledged.
    #[error("data instead of an acknowledgement")]
    TunnelAckExpected,
    /// An acknowledgement of nothing.
    #[error("acknowledgement of nothing")]
    TunnelAckUnexpected,
    /// The lengths of an EAP-MSCHAPv2 packet contradict each other, or its OpCode.
    #[error("malformed MSCHAPv2 length")]
    MschapLength,
    /// An MSCHAPv2 value of another size than 16 (a challenge) or 49 (a response).
    #[error("malformed MSCHAPv2 value size")]
    MschapValueSize,
    /// An OpCode of EAP-MSCHAPv2 that does not exist, or not in this state.
    #[error("unexpected MSCHAPv2 opcode {0}")]
    MschapOpCode(u8),
    /// A custom method's own reason.
    #[error("{0}")]
    Method(&'static str),
    /// An answer of the AAA server to a request that is not open.
    #[error("answer of the authentication server to nothing that was asked")]
    AaaUnexpected,

    /// Shorter than an Ethernet header with an EAPOL header.
    #[error("frame cut short")]
    FrameTruncated,
    /// Not an EAPOL frame: another EtherType.
    #[error("not an EAPOL frame")]
    NotEapol,
    /// Addressed to another station.
    #[error("addressed to another station")]
    NotForUs,
    /// Sent by this station itself.
    #[error("our own frame")]
    OwnFrame,
    /// EAPOL version 0.
    #[error("EAPOL version 0")]
    EapolVersion,
    /// The EAPOL body length is larger than the frame.
    #[error("EAPOL body longer than the frame")]
    EapolLength,
    /// The source address is a group's, or none: no station's.
    #[error("sent by no station")]
    NotAStation,
    /// The port belongs to another station as long as that is logged in or logging in.
    #[error("the port belongs to another station")]
    OtherStation,
    /// A login has failed, and nobody is listened to for a while (IEEE 802.1X-2004 §8.2.4.1.6).
    #[error("quiet period after a failed login")]
    QuietPeriod,
    /// An EAPOL packet type that a supplicant or authenticator has no use for.
    #[error("EAPOL packet type {0} ignored")]
    EapolType(u8),
    /// The user has logged off.
    #[error("logged off")]
    LoggedOff,
    /// Only a Request starts a conversation on a supplicant's port; on an authenticator's, nobody
    /// is logging in, or has logged in.
    #[error("no conversation in progress")]
    NoConversation,
}

/// Why a conversation ended without success, in a form that a phone's screen can show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Peer: the authenticator refused before any method had been answered.
    #[error("the network refused this identity")]
    IdentityRejected,
    /// Peer: the authenticator refused after `method` had been answered.
    #[error("the network refused the login: wrong name or password, or not allowed ({method})")]
    Rejected {
        /// The method that had been answered.
        method: MethodType,
    },
    /// Peer: the authenticator ended it while TLS was being set up, without an alert. All that the
    /// peer had sent was an offer of versions and ciphers.
    #[error(
        "the network ended the login before TLS was set up: no common version or cipher, perhaps \
         ({method})"
    )]
    TlsUnfinished {
        /// The method that TLS was to be set up for.
        method: MethodType,
    },
    /// Peer: the authenticator refused, without an alert, when it had seen the peer's certificate,
    /// or that it has none, and nothing behind it.
    #[error("the network refused the login: {}, or not allowed ({method})", missing(*method))]
    CertificateRejected {
        /// The method that shows the certificate.
        method: MethodType,
    },
    /// Peer: the authenticator refused when nothing but a PAC of EAP-FAST was left to be issued: the
    /// login inside had succeeded, or the tunnel was anonymous and none had begun.
    #[error("the network refused, perhaps because it issues no PACs; it was not the password")]
    PacRefused,
    /// Peer: the authenticator refused while a TLS session was being resumed, which it may have
    /// forgotten: the next login begins from scratch.
    #[error("the network refused to resume the session, the next login is a full one ({method})")]
    ResumptionRejected {
        /// The method that the session belongs to.
        method: MethodType,
    },
    /// Peer: every method the authenticator wanted is one we do not accept.
    #[error("no common method: the network wants {wanted}")]
    MethodRefused {
        /// The last method that the authenticator wanted.
        wanted: MethodType,
    },
    /// Peer: the method itself ended in failure.
    #[error("{method} failed: {reason}")]
    MethodFailed {
        /// The method.
        method: MethodType,
        /// What went wrong.
        reason: &'static str,
    },
    /// The conversation was for a PAC, which the peer has now: the end of an anonymous tunnel of
    /// EAP-FAST (RFC 5422 §3.5), on both sides; or of one that the server gives PACs in, but no
    /// access (peer).
    #[error("a PAC was provisioned; the next login uses it")]
    PacProvisioned,
    /// The authenticator refuses the account or the password, and says why (peer); or the directory
    /// does although the password was right (authenticator).
    #[error("{0}")]
    Account(AccountRefusal),
    /// We refused the other side's certificate.
    #[error("{0}")]
    Certificate(CertificateRefusal),
    /// The other side ended the TLS handshake with this alert.
    #[error("refused by the other side: {0}")]
    TlsAlert(TlsAlert),
    /// Both sides speak TLS, but have no version or cipher in common.
    #[error("no common TLS version or cipher: {0}")]
    TlsIncompatible(String),
    /// The TLS handshake failed for another reason.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// Peer: granted by the authenticator before the peer was satisfied.
    #[error("the network granted access without authenticating")]
    SuccessTooEarly,
    /// Peer: no valid Request came in time (RFC 4137 ClientTimeout).
    #[error("the network did not answer")]
    NoRequest,
    /// Authenticator: no Response to any transmission of a Request (RFC 4137 MaxRetrans), and no
    /// other reason had been found before.
    #[error("the peer did not answer")]
    NoResponse,
    /// Authenticator: the peer accepts none of the methods offered.
    #[error("no common method: the peer refused every method offered")]
    NoCommonMethod,
    /// Authenticator: the credential did not match.
    #[error("wrong password or token")]
    BadCredentials,
    /// Authenticator: the directory does not know the identity. On the wire this looks like
    /// [`Failure::BadCredentials`].
    #[error("unknown identity")]
    UnknownIdentity,
    /// Authenticator: the policy question was declined.
    #[error("refused by policy")]
    PolicyRefused,
    /// A question's deadline passed.
    #[error("a question was not answered in time")]
    Unanswered,
    /// A question was declined: by the user, or by a host that cannot answer it.
    #[error("cancelled")]
    Declined,
    /// Full authenticator: the AAA server refused the peer, or the account.
    #[error("the authentication server refused the login")]
    AaaRejected,
    /// Full authenticator: the AAA server did not answer in time (RFC 4137 aaaTimeout).
    #[error("the authentication server did not answer")]
    AaaTimeout,
    /// Full authenticator: the AAA server granted access without the keys that the lower layer
    /// needs.
    #[error("the authentication server granted access without keys")]
    AaaWithoutKeys,
    /// The conversation went on for longer than the round limit.
    #[error("more than {limit} rounds")]
    TooManyRounds {
        /// The limit.
        limit: u16,
    },
    /// The lower layer indicated failure (RFC 3748 §3.4, RFC 4137 altReject).
    #[error("refused by the lower layer")]
    LowerLayer,
}

/// What of a certificate: only EAP-TLS cannot go without.
fn missing(method: MethodType) -> &'static str {
    match method {
        MethodType::TLS => "certificate not accepted",
        _ => "certificate missing or not accepted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_speaks_of_what_the_method_shows() {
        for (method, what) in [
            (MethodType::TLS, "certificate not accepted, or not allowed (EAP-TLS)"),
            (MethodType::PEAP, "certificate missing or not accepted, or not allowed (PEAP)"),
        ] {
            let text = format!("the network refused the login: {what}");
            assert_eq!(Failure::CertificateRejected { method }.to_string(), text);
        }
    }
}
