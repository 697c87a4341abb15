//! The outputs of a session: their kinds, and the current one.

mod accessors;
mod inner;

pub use accessors::*;
pub use inner::*;

use eap_rs::{
    AaaRequest, AccountRefusal, Event, Failure, Identity, Keys, MethodType, Outcome, Output, Query,
    QueryId,
};

use crate::boundary::{Fallback, c_text};
use crate::eaprs_status;
use crate::tls::TlsTexts;

/// The kinds of output. Newer libraries may have more: they are safe to ignore.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_output {
    /// Nothing left to do.
    None = 0,
    /// Send `eaprs_session_packet`.
    Send = 1,
    /// Answer the question `eaprs_session_query_id`, whenever the answer is there.
    Ask = 2,
    /// The question `eaprs_session_query_id` is open no more; take down its prompt.
    Withdrawn = 3,
    /// `eaprs_session_event_kind` happened; nothing has to be done.
    Event = 4,
    /// The conversation is over: `eaprs_session_succeeded`.
    Finished = 5,
    /// Full authenticator: hand `eaprs_session_packet` to the AAA server, in RADIUS as the
    /// EAP-Message of an Access-Request, with `eaprs_session_identity` as User-Name. NULL stands for
    /// an EAP-Start. The answer goes to `eaprs_session_handle_aaa_...`, with
    /// `eaprs_session_aaa_request_id`.
    AskAaa = 6,
}

impl Fallback for eaprs_output {
    fn fallback(_: eaprs_status) -> Self {
        Self::None
    }
}

/// The kinds of event. Newer libraries may have more: they are safe to ignore.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_event {
    /// The current output is no event.
    None = 0,
    /// Peer: the network wants `eaprs_session_text` displayed.
    Notification = 1,
    /// Authenticator: the peer gave `eaprs_session_identity`.
    PeerIdentity = 2,
    /// `eaprs_session_method` began; `eaprs_session_text` is its name.
    MethodStarted = 3,
    /// `eaprs_session_method` was refused; `eaprs_session_text` is its name.
    MethodRefused = 4,
    /// Supplicant: the port access entity entered `eaprs_session_pae_state`.
    Pae = 5,
    /// Supplicant: the port may carry traffic (`eaprs_session_port_authorized`), or may not.
    Port = 6,
    /// Supplicant: nobody answered: there is no 802.1X here.
    NoAuthenticator = 7,
    /// Authenticator: inside the tunnel, the peer gave `eaprs_session_identity`.
    InnerIdentity = 8,
    /// Peer: a PAC of EAP-FAST was provisioned or renewed: keep `eaprs_session_pac_file` where it
    /// survives, as a password is kept. It counts from here on, also if the login then fails, as it
    /// does after an anonymous tunnel: the next one uses it.
    PacUpdated = 9,
    /// An event this version of the interface has no number for.
    Other = 255,
}

impl Fallback for eaprs_event {
    fn fallback(_: eaprs_status) -> Self {
        Self::None
    }
}

/// The states of a supplicant's port access entity (IEEE 802.1X-2004 section 8.2.11).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_pae_state {
    /// The current output does not say.
    None = 0,
    /// The link is down.
    Disconnected = 1,
    /// The user has logged off.
    Logoff = 2,
    /// EAPOL-Start is being sent.
    Connecting = 3,
    /// A conversation is in progress.
    Authenticating = 4,
    /// The port is open.
    Authenticated = 5,
    /// The last conversation failed; the next has to wait.
    Held = 6,
}

/// Why a conversation ended without success. `eaprs_session_text` has it in words.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_failure {
    /// The current output is no failure.
    None = 0,
    /// Peer: the network refused the identity, before any method.
    IdentityRejected = 1,
    /// Peer: the network refused the login: wrong name or password, or not allowed.
    Rejected = 2,
    /// Peer: the network wants a method we do not accept.
    MethodRefused = 3,
    /// Peer: the method itself failed.
    MethodFailed = 4,
    /// Peer: the network granted access without authenticating.
    SuccessTooEarly = 5,
    /// Peer: the network did not answer.
    NoRequest = 6,
    /// Authenticator: the peer did not answer.
    NoResponse = 7,
    /// Authenticator: the peer refused every method offered.
    NoCommonMethod = 8,
    /// Authenticator: wrong password or token.
    BadCredentials = 9,
    /// Authenticator: unknown identity.
    UnknownIdentity = 10,
    /// Authenticator: refused by policy.
    PolicyRefused = 11,
    /// A question was not answered in time.
    Unanswered = 12,
    /// A question was declined.
    Declined = 13,
    /// Too many rounds.
    TooManyRounds = 14,
    /// The lower layer indicated failure.
    LowerLayer = 15,
    /// We refused the other side's certificate: `eaprs_session_certificate_refusal`.
    Certificate = 16,
    /// The other side refused in the TLS handshake: `eaprs_session_tls_alert`.
    TlsAlert = 17,
    /// Both sides speak TLS, but have no version or cipher in common.
    TlsIncompatible = 18,
    /// The TLS handshake failed for another reason.
    Tls = 19,
    /// Peer: the network refused to resume a TLS session; the next login is a full one.
    ResumptionRejected = 20,
    /// The account or password is refused: `eaprs_session_account_error`.
    Account = 22,
    /// Full authenticator: the AAA server refused the login.
    AaaRejected = 23,
    /// Full authenticator: the AAA server did not answer.
    AaaTimeout = 24,
    /// Full authenticator: the AAA server granted access without the keys that the link needs.
    AaaWithoutKeys = 25,
    /// EAP-FAST: the peer has been given a PAC, which the next login uses.
    PacProvisioned = 26,
    /// Peer: the network ended the login before TLS was set up: no common version or cipher, perhaps.
    TlsUnfinished = 27,
    /// Peer: the network refused the login: certificate missing or not accepted, or not allowed.
    CertificateRejected = 28,
    /// Peer, EAP-FAST: the network refused, perhaps because it issues no PACs; it was not the
    /// password.
    PacRefused = 29,
    /// A failure this version of the interface has no number for.
    Other = 255,
}

/// What `eaprs_session_poll` stepped to. Texts are NUL-terminated.
pub(crate) enum Current {
    None,
    Packet(Vec<u8>),
    Question {
        id: QueryId,
        query: Query,
        text: Vec<u8>,
    },
    Withdrawn(QueryId),
    AaaRequest(AaaRequest),
    Event {
        event: Event,
        text: Vec<u8>,
    },
    /// `inner` is the name of the method inside the tunnel.
    Success {
        outcome: Outcome,
        tls: Option<TlsTexts>,
        inner: Option<Vec<u8>>,
    },
    Failure {
        failure: Failure,
        text: Vec<u8>,
    },
}

impl Current {
    pub(crate) fn from_output(output: Option<Output>) -> Self {
        match output {
            None => Self::None,
            Some(Output::Send(packet)) => Self::Packet(packet),
            Some(Output::Ask(id, query)) => {
                let text = match query.innermost() {
                    Query::Identity { prompt } => c_text(prompt),
                    Query::Token { challenge } => c_text(challenge),
                    Query::Password { refused: Some(refused), .. }
                    | Query::NewPassword { refused, .. } => c_text(&refused.to_string()),
                    Query::VerifyServer { certificate, .. }
                    | Query::VerifyClient { certificate, .. } => c_text(&certificate.subject),
                    _ => Vec::new(),
                };
                Self::Question { id, query, text }
            }
            Some(Output::Withdrawn(id)) => Self::Withdrawn(id),
            Some(Output::AskAaa(request)) => Self::AaaRequest(request),
            Some(Output::Event(event)) => {
                let text = match &event {
                    Event::Notification(message) => c_text(message),
                    Event::MethodStarted(method) | Event::MethodRefused(method) => {
                        c_text(&method.to_string())
                    }
                    _ => Vec::new(),
                };
                Self::Event { event, text }
            }
            Some(Output::Finished(Ok(outcome))) => {
                let tls = outcome.tls.as_ref().map(TlsTexts::new);
                let inner = outcome.inner.as_ref().map(|inner| c_text(&inner.method.to_string()));
                Self::Success { outcome, tls, inner }
            }
            Some(Output::Finished(Err(failure))) => {
                let text = c_text(&failure.to_string());
                Self::Failure { failure, text }
            }
            Some(_) => Self::None,
        }
    }

    pub(crate) fn kind(&self) -> eaprs_output {
        match self {
            Self::None => eaprs_output::None,
            Self::Packet(_) => eaprs_output::Send,
            Self::Question { .. } => eaprs_output::Ask,
            Self::Withdrawn(_) => eaprs_output::Withdrawn,
            Self::AaaRequest(_) => eaprs_output::AskAaa,
            Self::Event { .. } => eaprs_output::Event,
            Self::Success { .. } | Self::Failure { .. } => eaprs_output::Finished,
        }
    }

    /// What is asked, inside a tunnel or not.
    pub(crate) fn query(&self) -> Option<&Query> {
        match self {
            Self::Question { query, .. } => Some(query.innermost()),
            _ => None,
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Question { query, .. } => match query.innermost() {
                Query::Password { identity, .. }
                | Query::NewPassword { identity, .. }
                | Query::ChangePassword { identity, .. }
                | Query::Policy { identity }
                | Query::Credential { identity, .. }
                | Query::CheckPassword { identity, .. }
                | Query::Challenge { identity, .. }
                | Query::VerifyClient { identity, .. }
                | Query::Resume { identity, .. } => Some(identity),
                _ => None,
            },
            Self::AaaRequest(request) => Some(&request.identity),
            Self::Event {
                event: Event::PeerIdentity(identity) | Event::InnerIdentity(identity),
                ..
            } => Some(identity),
            Self::Success { outcome, .. } => Some(&outcome.peer_identity),
            _ => None,
        }
    }

    fn method(&self) -> Option<MethodType> {
        match self {
            Self::Question { query, .. } => match query.innermost() {
                Query::Credential { method, .. } | Query::Challenge { method, .. } => Some(*method),
                _ => None,
            },
            Self::Event {
                event: Event::MethodStarted(method) | Event::MethodRefused(method),
                ..
            }
            | Self::Failure {
                failure:
                    Failure::Rejected { method }
                    | Failure::TlsUnfinished { method }
                    | Failure::CertificateRejected { method }
                    | Failure::ResumptionRejected { method }
                    | Failure::MethodFailed { method, .. }
                    | Failure::MethodRefused { wanted: method },
                ..
            } => Some(*method),
            Self::Success { outcome, .. } => Some(outcome.method),
            _ => None,
        }
    }

    fn refused(&self) -> Option<&AccountRefusal> {
        match self {
            Self::Question { query, .. } => match query.innermost() {
                Query::Password { refused: Some(refused), .. }
                | Query::NewPassword { refused, .. } => Some(refused),
                _ => None,
            },
            Self::Failure { failure: Failure::Account(refused), .. } => Some(refused),
            _ => None,
        }
    }

    fn pac_file(&self) -> Option<&[u8]> {
        match self {
            #[cfg(feature = "fast")]
            Self::Event { event: Event::PacUpdated(file), .. } => Some(file.expose()),
            _ => None,
        }
    }

    fn keys(&self) -> Option<&Keys> {
        match self {
            Self::Success { outcome, .. } => outcome.keys.as_ref(),
            _ => None,
        }
    }
}

impl From<&Failure> for eaprs_failure {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::IdentityRejected => Self::IdentityRejected,
            Failure::Rejected { .. } => Self::Rejected,
            Failure::MethodRefused { .. } => Self::MethodRefused,
            Failure::MethodFailed { .. } => Self::MethodFailed,
            Failure::SuccessTooEarly => Self::SuccessTooEarly,
            Failure::NoRequest => Self::NoRequest,
            Failure::NoResponse => Self::NoResponse,
            Failure::NoCommonMethod => Self::NoCommonMethod,
            Failure::BadCredentials => Self::BadCredentials,
            Failure::UnknownIdentity => Self::UnknownIdentity,
            Failure::PolicyRefused => Self::PolicyRefused,
            Failure::Unanswered => Self::Unanswered,
            Failure::Declined => Self::Declined,
            Failure::TooManyRounds { .. } => Self::TooManyRounds,
            Failure::LowerLayer => Self::LowerLayer,
            Failure::Account(_) => Self::Account,
            Failure::Certificate(_) => Self::Certificate,
            Failure::TlsAlert(_) => Self::TlsAlert,
            Failure::TlsIncompatible(_) => Self::TlsIncompatible,
            Failure::Tls(_) => Self::Tls,
            Failure::ResumptionRejected { .. } => Self::ResumptionRejected,
            Failure::AaaRejected => Self::AaaRejected,
            Failure::AaaTimeout => Self::AaaTimeout,
            Failure::AaaWithoutKeys => Self::AaaWithoutKeys,
            Failure::PacProvisioned => Self::PacProvisioned,
            Failure::TlsUnfinished { .. } => Self::TlsUnfinished,
            Failure::CertificateRejected { .. } => Self::CertificateRejected,
            Failure::PacRefused => Self::PacRefused,
            _ => Self::Other,
        }
    }
}
