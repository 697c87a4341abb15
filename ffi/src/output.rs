//! The current output of a session, and what can be read of it.

use std::ffi::c_char;

use eap_rs::eapol::{PaeState, PortStatus};
use eap_rs::{
    AccountRefusal, Event, Failure, Identity, Keys, MethodType, Outcome, Output, Query, QueryId,
};

use crate::boundary::{Fallback, c_text, guard, lend, lend_text, object};
use crate::tls::TlsTexts;
use crate::{eaprs_query, eaprs_session, eaprs_status};

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
    /// The account or password is refused: `eaprs_session_account_error`.
    Account = 22,
    /// A failure this version of the interface has no number for.
    Other = 255,
}

/// What `eaprs_session_poll` stepped to. Texts are NUL-terminated.
pub(crate) enum Current {
    None,
    Packet(Vec<u8>),
    Question { id: QueryId, query: Query, text: Vec<u8> },
    Withdrawn(QueryId),
    Event { event: Event, text: Vec<u8> },
    Success { outcome: Outcome, tls: Option<TlsTexts> },
    Failure { failure: Failure, text: Vec<u8> },
}

impl Current {
    pub(crate) fn from_output(output: Option<Output>) -> Self {
        match output {
            None => Self::None,
            Some(Output::Send(packet)) => Self::Packet(packet),
            Some(Output::Ask(id, query)) => {
                let text = match &query {
                    Query::Identity { prompt } => c_text(prompt),
                    Query::Token { challenge } => c_text(challenge),
                    Query::Password { refused: Some(refused), .. }
                    | Query::NewPassword { refused, .. } => c_text(&refused.to_string()),
                    _ => Vec::new(),
                };
                Self::Question { id, query, text }
            }
            Some(Output::Withdrawn(id)) => Self::Withdrawn(id),
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
                Self::Success { outcome, tls }
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
            Self::Event { .. } => eaprs_output::Event,
            Self::Success { .. } | Self::Failure { .. } => eaprs_output::Finished,
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Question {
                query:
                    Query::Password { identity, .. }
                    | Query::NewPassword { identity, .. }
                    | Query::ChangePassword { identity, .. }
                    | Query::Policy { identity }
                    | Query::Credential { identity, .. }
                    | Query::CheckPassword { identity, .. }
                    | Query::Challenge { identity, .. },
                ..
            } => Some(identity),
            Self::Event { event: Event::PeerIdentity(identity), .. } => Some(identity),
            Self::Success { outcome, .. } => Some(&outcome.peer_identity),
            _ => None,
        }
    }

    fn method(&self) -> Option<MethodType> {
        match self {
            Self::Question {
                query: Query::Credential { method, .. } | Query::Challenge { method, .. },
                ..
            }
            | Self::Event {
                event: Event::MethodStarted(method) | Event::MethodRefused(method),
                ..
            }
            | Self::Failure {
                failure:
                    Failure::Rejected { method }
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
            Self::Question {
                query:
                    Query::Password { refused: Some(refused), .. } | Query::NewPassword { refused, .. },
                ..
            }
            | Self::Failure { failure: Failure::Account(refused), .. } => Some(refused),
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

/// Reads something of the current output; `None` if the session is NULL.
///
/// # Safety
/// `session` is NULL or a live handle.
pub(crate) unsafe fn current<'a>(session: *const eaprs_session) -> Option<&'a Current> {
    // SAFETY: the caller's promise.
    unsafe { object(session) }.ok().map(|session| &session.current)
}

/// Output SEND: the packet to send, or a supplicant's Ethernet frame; NULL otherwise.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_packet(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let packet = match unsafe { current(session) } {
        Some(Current::Packet(packet)) => Some(packet.as_slice()),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend(packet, len) }
}

/// The text of the current output, UTF-8 and NUL-terminated, safe for a screen: the prompt or
/// challenge of a question, the message or method of an event, the reason of a failure. NULL if it
/// has none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_text(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    let text = match unsafe { current(session) } {
        Some(
            Current::Question { text, .. }
            | Current::Event { text, .. }
            | Current::Failure { text, .. },
        ) => Some(text.as_slice()).filter(|text| !text.is_empty()),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend_text(text, len) }
}

/// The identity in the current output, octets as they travelled: whose password or policy is asked
/// for, who was authenticated. NULL if it has none, or an empty one.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_identity(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let identity = unsafe { current(session) }.and_then(Current::identity);
    let octets = identity.map(Identity::as_bytes).filter(|octets| !octets.is_empty());
    // SAFETY: the caller's promise.
    unsafe { lend(octets, len) }
}

/// The method Type in the current output, 0 if it has none. `vendor`, unless NULL, receives its
/// Vendor-Id: 0 for the IETF.
///
/// # Safety
/// `session` is a live handle; `vendor` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_method(
    session: *const eaprs_session,
    vendor: *mut u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let method = unsafe { current(session) }.and_then(Current::method);
    if !vendor.is_null() {
        // SAFETY: not NULL, and valid as the caller promises.
        unsafe { vendor.write(method.map_or(0, MethodType::vendor_id)) };
    }
    method.map_or(0, MethodType::number)
}

/// Outputs ASK and WITHDRAWN: the question's id; 0 otherwise.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_query_id(session: *const eaprs_session) -> u64 {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Question { id, .. } | Current::Withdrawn(id)) => id.get(),
        _ => 0,
    }
}

/// Output ASK: what is asked.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_query_kind(session: *const eaprs_session) -> eaprs_query {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Question { query, .. }) => query.into(),
        _ => eaprs_query::None,
    }
}

/// Question CHECK_PASSWORD: what the peer sent. NULL otherwise, or if it is empty. Wiped when the
/// session steps on.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_query_password(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let password = match unsafe { current(session) } {
        Some(Current::Question {
            query:
                Query::CheckPassword { password, .. }
                | Query::ChangePassword { new_password: password, .. },
            ..
        }) => Some(password.expose()).filter(|octets| !octets.is_empty()),
        _ => None,
    };
    // SAFETY: the caller's promise.
    unsafe { lend(password, len) }
}

/// Why the account or password is refused, in a question for another password or in a failure: a
/// number of RFC 2759 section 6 (646 wrong hour, 647 disabled, 648 expired, 649 no permission, 691
/// wrong name or password, 709 the new password) or another; 0 if the output does not say.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_account_error(session: *const eaprs_session) -> u32 {
    // SAFETY: the caller's promise.
    let refused = unsafe { current(session) }.and_then(Current::refused);
    refused.map_or(0, |refused| refused.error.number())
}

/// Output EVENT: what happened.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_event_kind(session: *const eaprs_session) -> eaprs_event {
    // SAFETY: the caller's promise.
    let current = unsafe { current(session) };
    guard(|| {
        Ok(match current {
            Some(Current::Event { event, .. }) => match event {
                Event::Notification(_) => eaprs_event::Notification,
                Event::PeerIdentity(_) => eaprs_event::PeerIdentity,
                Event::MethodStarted(_) => eaprs_event::MethodStarted,
                Event::MethodRefused(_) => eaprs_event::MethodRefused,
                Event::Pae(_) => eaprs_event::Pae,
                Event::Port(_) => eaprs_event::Port,
                Event::NoAuthenticator => eaprs_event::NoAuthenticator,
                _ => eaprs_event::Other,
            },
            _ => eaprs_event::None,
        })
    })
}

/// Event PAE: the state entered.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_pae_state(session: *const eaprs_session) -> eaprs_pae_state {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Event { event: Event::Pae(state), .. }) => match state {
            PaeState::Disconnected => eaprs_pae_state::Disconnected,
            PaeState::Logoff => eaprs_pae_state::Logoff,
            PaeState::Connecting => eaprs_pae_state::Connecting,
            PaeState::Authenticating => eaprs_pae_state::Authenticating,
            PaeState::Authenticated => eaprs_pae_state::Authenticated,
            PaeState::Held => eaprs_pae_state::Held,
        },
        _ => eaprs_pae_state::None,
    }
}

/// Event PORT: whether the port may carry traffic.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_port_authorized(session: *const eaprs_session) -> bool {
    // SAFETY: the caller's promise.
    let current = unsafe { current(session) };
    matches!(current, Some(Current::Event { event: Event::Port(PortStatus::Authorized), .. }))
}

/// Output FINISHED: whether the peer is authenticated. The method and identity are there to read,
/// and the keys if the method derives any.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_succeeded(session: *const eaprs_session) -> bool {
    // SAFETY: the caller's promise.
    matches!(unsafe { current(session) }, Some(Current::Success { .. }))
}

/// Output FINISHED: why the peer is not authenticated.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_failure(session: *const eaprs_session) -> eaprs_failure {
    // SAFETY: the caller's promise.
    match unsafe { current(session) } {
        Some(Current::Failure { failure, .. }) => failure.into(),
        _ => eaprs_failure::None,
    }
}

/// Output FINISHED: the Master Session Key. NULL if the method derives no keys.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_msk(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let keys = unsafe { current(session) }.and_then(Current::keys);
    // SAFETY: the caller's promise.
    unsafe { lend(keys.map(|keys| keys.msk.expose()), len) }
}

/// Output FINISHED: the Extended Master Session Key. NULL if the method derives none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_emsk(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let emsk = unsafe { current(session) }.and_then(Current::keys).and_then(|k| k.emsk.as_ref());
    // SAFETY: the caller's promise.
    unsafe { lend(emsk.map(|emsk| emsk.expose()), len) }
}

/// Output FINISHED: the Session-Id. NULL if the method derives none.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_session_id(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let keys = unsafe { current(session) }.and_then(Current::keys);
    let id = keys.and_then(|keys| keys.session_id.as_ref());
    // SAFETY: the caller's promise.
    unsafe { lend(id.map(|id| id.expose()), len) }
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
            _ => Self::Other,
        }
    }
}
