//! Answers to a session's questions.

use eap_rs::{
    AccountError, Answer, Credential, CredentialKind, MethodType, NtHash, Offer, Query, Secret,
};

use crate::boundary::{bytes, guard, numbers, object_mut, text};
use crate::output::{Current, current};
use crate::version::ietf;
use crate::{eaprs_session, eaprs_status};

/// What is asked, inside a tunnel (`eaprs_session_tunnel_method`) or not. Newer libraries may have
/// more: decline them.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_query {
    /// The current output is no question.
    None = 0,
    /// Peer: who are you? `eaprs_session_text` is the network's prompt; answer with a text.
    Identity = 1,
    /// Peer: the password of `eaprs_session_identity`? Answer with a secret. `eaprs_session_text`,
    /// if there is one, says why the password before was refused.
    Password = 2,
    /// Peer: the response to the challenge `eaprs_session_text`? Answer with a secret.
    Token = 3,
    /// Authenticator: which methods are offered to `eaprs_session_identity`? Answer with an offer.
    Policy = 4,
    /// Authenticator: the password of `eaprs_session_identity`? Answer with a credential or an
    /// account; decline if there is no such identity.
    Credential = 5,
    /// Authenticator: is `eaprs_session_query_password` that of `eaprs_session_identity`? Answer
    /// with a verdict.
    CheckPassword = 6,
    /// Authenticator: which challenge is `eaprs_session_identity` to be shown? Answer with a text.
    Challenge = 7,
    /// Peer: may the server with the certificate of subject `eaprs_session_text` be trusted? The
    /// accessors `eaprs_session_peer_certificate_...` say more. Answer with a verdict.
    VerifyServer = 8,
    /// Authenticator: may the peer with the certificate of subject `eaprs_session_text` log in as
    /// `eaprs_session_identity`? The accessors `eaprs_session_peer_certificate_...` say more.
    /// Answer with a verdict; declining counts as "no".
    VerifyClient = 9,
    /// Peer: which password shall `eaprs_session_identity` have from now on? `eaprs_session_text`
    /// says why. Answer with a secret, UTF-8 of 1 to 256 UTF-16 units.
    NewPassword = 10,
    /// Authenticator: `eaprs_session_query_password` is to be the password of
    /// `eaprs_session_identity` from now on: is it stored? Answer with a verdict.
    ChangePassword = 11,
    /// Authenticator: `eaprs_session_identity` was authenticated inside the tunnel before, and
    /// resumes the session of then: may it still log in? Asked where
    /// `eaprs_tls_server_builder_ask_resumption` says so. Answer with a verdict; "no" and declining
    /// have the peer authenticate again.
    Resume = 12,
    /// A question this version of the interface has no number for: decline it.
    Other = 255,
}

impl From<&Query> for eaprs_query {
    fn from(query: &Query) -> Self {
        match query.innermost() {
            Query::Identity { .. } => Self::Identity,
            Query::Password { .. } => Self::Password,
            Query::Token { .. } => Self::Token,
            Query::Policy { .. } => Self::Policy,
            Query::Credential { .. } => Self::Credential,
            Query::CheckPassword { .. } => Self::CheckPassword,
            Query::Challenge { .. } => Self::Challenge,
            Query::VerifyServer { .. } => Self::VerifyServer,
            Query::VerifyClient { .. } => Self::VerifyClient,
            Query::NewPassword { .. } => Self::NewPassword,
            Query::ChangePassword { .. } => Self::ChangePassword,
            Query::Resume { .. } => Self::Resume,
            _ => Self::Other,
        }
    }
}

/// What is stored of a password.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_credential {
    /// The password in clear text.
    Cleartext = 1,
    /// Its NT hash, 16 octets: for methods of MS-CHAP.
    NtHash = 2,
}

fn answer(
    session: Result<&mut eaprs_session, eaprs_status>,
    id: u64,
    answer: impl FnOnce() -> Result<Answer, eaprs_status>,
    now_ms: u64,
) -> eaprs_status {
    guard(|| {
        let session = session?;
        let answer = answer()?;
        session.run(|session| {
            session.handle_answer(id, answer, now_ms)?;
            Ok(eaprs_status::Ok)
        })
    })
}

/// Answers IDENTITY or CHALLENGE: UTF-8, at most 1015 octets.
///
/// # Safety
/// `session` is a live handle; `answer` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_text(
    session: *mut eaprs_session,
    query_id: u64,
    answer: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, given) = unsafe { (object_mut(session), text(answer, len)) };
    self::answer(session, query_id, || Ok(Answer::Text(given?.to_owned())), now_ms)
}

/// Answers PASSWORD, NEW_PASSWORD or TOKEN: at most 1015 octets. They are copied, and wiped after use.
///
/// # Safety
/// `session` is a live handle; `secret` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_secret(
    session: *mut eaprs_session,
    query_id: u64,
    secret: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, secret) = unsafe { (object_mut(session), bytes(secret, len)) };
    answer(session, query_id, || Ok(Answer::Secret(Secret::new(secret?))), now_ms)
}

/// Answers POLICY: the IETF Types of the methods to propose, in this order.
///
/// # Safety
/// `session` is a live handle; `methods` has `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_offer(
    session: *mut eaprs_session,
    query_id: u64,
    methods: *const u32,
    count: usize,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, methods) = unsafe { (object_mut(session), numbers(methods, count)) };
    answer(session, query_id, || Ok(Answer::Offer(offer(methods?)?)), now_ms)
}

/// Answers POLICY as `eaprs_session_answer_offer`, with a message to have displayed first: UTF-8, 1
/// to 1015 octets.
///
/// # Safety
/// `session` is a live handle; `methods` has `count` numbers, `message` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_offer_with_notification(
    session: *mut eaprs_session,
    query_id: u64,
    methods: *const u32,
    count: usize,
    message: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, methods) = unsafe { (object_mut(session), numbers(methods, count)) };
    // SAFETY: the caller's promise.
    let message = unsafe { text(message, len) };
    let offer = || {
        let mut offer = offer(methods?)?;
        offer.notification = Some(message?.to_owned());
        Ok(Answer::Offer(offer))
    };
    answer(session, query_id, offer, now_ms)
}

/// Answers POLICY of a full authenticator: these methods of its own in this order, and if the peer
/// refuses them all, the AAA server decides; with a count of 0, at once.
///
/// # Safety
/// `session` is a live handle; `methods` has `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_offer_or_pass_through(
    session: *mut eaprs_session,
    query_id: u64,
    methods: *const u32,
    count: usize,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, methods) = unsafe { (object_mut(session), numbers(methods, count)) };
    let offer = || Ok(Answer::Offer(offer(methods?)?.or_pass_through()));
    answer(session, query_id, offer, now_ms)
}

fn offer(methods: &[u32]) -> Result<Offer, eaprs_status> {
    let methods: Option<Vec<MethodType>> = methods.iter().map(|m| ietf(*m)).collect();
    Ok(Offer::new(methods.ok_or(eaprs_status::InvalidArgument)?))
}

/// Answers CREDENTIAL: the password in clear text. It is copied, and wiped after use.
///
/// # Safety
/// `session` is a live handle; `password` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_credential(
    session: *mut eaprs_session,
    query_id: u64,
    password: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, password) = unsafe { (object_mut(session), bytes(password, len)) };
    let credential = || Ok(Answer::Credential(Credential::Cleartext(Secret::new(password?))));
    answer(session, query_id, credential, now_ms)
}

/// Answers CREDENTIAL: what is stored of the password, an `eaprs_credential`, and why the account
/// may not be used as it is: a number of RFC 2759 section 6, or 0. The peer is told so after the
/// right password only; after 648 it may choose a new password. It is copied, and wiped after use.
///
/// # Safety
/// `session` is a live handle; `password` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_account(
    session: *mut eaprs_session,
    query_id: u64,
    kind: u32,
    password: *const u8,
    len: usize,
    account_error: u32,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (session, password) = unsafe { (object_mut(session), bytes(password, len)) };
    let account = || {
        let credential = credential(kind, password?)?;
        Ok(Answer::Credential(match account_error {
            0 => credential,
            number => credential.restricted(AccountError::from_number(number)),
        }))
    };
    answer(session, query_id, account, now_ms)
}

fn credential(kind: u32, password: &[u8]) -> Result<Credential, eaprs_status> {
    const CLEARTEXT: u32 = eaprs_credential::Cleartext as u32;
    const NT_HASH: u32 = eaprs_credential::NtHash as u32;
    match kind {
        CLEARTEXT => Ok(Credential::Cleartext(Secret::new(password))),
        NT_HASH => nt_hash(password).map(Credential::NtHash),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// The hash with these octets.
pub(crate) fn nt_hash(octets: &[u8]) -> Result<NtHash, eaprs_status> {
    let octets = octets.try_into().map_err(|_| eaprs_status::InvalidArgument)?;
    Ok(NtHash::new(octets))
}

/// Question CREDENTIAL: whether the method can work with this kind, an `eaprs_credential`. To it,
/// any other is an unknown identity.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_accepts_credential(
    session: *const eaprs_session,
    kind: u32,
) -> bool {
    // SAFETY: the caller's promise.
    match unsafe { current(session) }.and_then(Current::query) {
        Some(Query::Credential { accepts, .. }) => accepts.iter().any(|accepted| {
            kind == match accepted {
                CredentialKind::Cleartext => eaprs_credential::Cleartext as u32,
                CredentialKind::NtHash => eaprs_credential::NtHash as u32,
                _ => 0,
            }
        }),
        _ => false,
    }
}

/// Answers CHECK_PASSWORD, CHANGE_PASSWORD, VERIFY_SERVER or VERIFY_CLIENT: yes or no.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_verdict(
    session: *mut eaprs_session,
    query_id: u64,
    verdict: bool,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    answer(session, query_id, || Ok(Answer::Verdict(verdict)), now_ms)
}

/// Answers any question: no answer will come.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_answer_decline(
    session: *mut eaprs_session,
    query_id: u64,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    answer(session, query_id, || Ok(Answer::Decline), now_ms)
}
