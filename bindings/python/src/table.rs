//! The conversations of a RADIUS server whose RADIUS is somebody else's: FreeRADIUS, for example.

use core::time::Duration;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eap_rs::radius::{self, RadiusDiscard, SessionOutput, SessionState};
use eap_rs::{Answer, AnswerError, AnswerKind, Failure, Instant, MethodType, Query, QueryId};
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::{PyTraverseError, PyVisit};

use crate::callables::{Callable, Callables};
use crate::config::AuthenticatorConfig;
use crate::frozen::frozen;
use crate::output::{Ask, Outcome, Tunnel, name};
use crate::query;
use crate::random::OsRng;
use crate::text::{Bytes, identity};
use crate::{answer, error, time};

frozen! {
    /// Answer the request with an Access-Challenge that has this EAP-Message and State.
    Challenge {
        /// The EAP packet.
        eap_message: Vec<u8>,
        /// Names the conversation: 16 octets. The next request brings it back.
        state: Vec<u8>,
        /// Seconds for Session-Timeout: how long the peer may take, if a person has to act first
        /// (RFC 3579 §2.3).
        method_timeout: Option<f64> = None,
    }
}

frozen! {
    /// Answer the request with an Access-Accept that has this EAP-Message, and the keys.
    Accept {
        /// The EAP packet: Success.
        eap_message: Vec<u8>,
        /// Who was authenticated, how, and the keys.
        outcome: Py<Outcome>,
    }
}

frozen! {
    /// Answer the request with an Access-Reject that has this EAP-Message.
    Reject {
        /// The EAP packet: Failure.
        eap_message: Vec<u8>,
        /// Who the peer said it is.
        identity: Py<PyString>,
        /// Why, for a log.
        reason: String,
        /// Who it said it is inside the tunnel.
        inner_identity: Option<Py<PyString>> = None,
        /// The method that began last; `ttls`, whatever was inside its tunnel.
        method: Option<String> = None,
    }
}

frozen! {
    /// Do not answer the request at all: what it carries is no good, and the real peer may still
    /// send what is.
    Discard {
        /// Why, for a log.
        reason: String,
    }
}

frozen! {
    /// Answer this question with `SessionTable.answer`: no callable is there for it.
    Question {
        /// Names the conversation.
        state: Vec<u8>,
        /// Names the question.
        id: u64,
        /// The question.
        query: Py<PyAny>,
        /// Where it comes from, if it is asked inside a tunnel.
        tunnel: Option<Py<Tunnel>> = None,
    }
}

/// The conversations of a RADIUS server, by State.
///
/// Questions are answered by the callables given, which may take their time: other threads go
/// on meanwhile. A question without a callable comes out as `Question`. When a callable
/// raises, the conversation fails, and the exception comes out of `handle`; those of
/// `load_session` and `store_session` go to `sys.unraisablehook`, and cost no more than a full
/// login.
///
/// An identity whose octets are not UTF-8 has lone surrogates in their place, as names of
/// files have: `identity.encode(errors="surrogateescape")` gives the octets back, where a
/// plain `encode()` raises.
///
/// A process may fork: conversations begun since are different in each child. One that had
/// begun before is to go on in one process only, since in two of them TLS would seal different
/// things alike.
///
/// config: the authenticator's, as a rule with `backend`.
/// check_password(identity, password): whether that is the password, which is `bytes`. For
///     PAP, GTC and One-Time Password.
/// credential(identity): the stored password, `str` or bytes-like, `NtHash`, `Restricted`, or
///     `None` if nobody is known by that name. For all other methods with passwords.
/// policy(identity): the methods to offer, or an `Offer`; `None` refuses. With `ask_policy`.
/// verify_client(identity, certificate): whether the owner of this `Certificate` may log in.
///     With `ask_client`.
/// change_password(identity, new_password): whether the new password, `bytes` of UTF-8, has
///     been stored. For `Restricted` with "password-expired".
/// challenge(identity): what One-Time Password shows the user (RFC 2289).
/// resume(identity, method): whether who has logged in before may resume that session. With
///     `ask_resumption`.
/// load_session(name): takes a session out of the store and returns it, bytes-like, or `None`.
///     With `share_sessions`.
/// store_session(name, session, lifetime): keeps a session for so many seconds where each
///     server finds it. With `share_sessions`.
/// capacity: the most conversations at a time: 1 to 10000000. Who comes then is rejected.
///
/// Raises `ConfigError`, also if a callable is given that the configuration would never have
/// called.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct SessionTable {
    /// Locked only while the interpreter is released: nobody waits for it with the interpreter.
    table: Mutex<radius::SessionTable<OsRng>>,
    /// Locked only for a moment.
    replies: Mutex<Replies>,
    callables: Callables,
}

/// The largest capacity: more than any machine has memory for.
const MAX_CAPACITY: usize = 10_000_000;

#[pymethods]
impl SessionTable {
    #[new]
    #[pyo3(signature = (
        config, *, check_password = None, credential = None, policy = None, verify_client = None,
        change_password = None, challenge = None, resume = None, load_session = None,
        store_session = None, capacity = 100_000
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        config: PyRef<'_, AuthenticatorConfig>,
        check_password: Option<Callable>,
        credential: Option<Callable>,
        policy: Option<Callable>,
        verify_client: Option<Callable>,
        change_password: Option<Callable>,
        challenge: Option<Callable>,
        resume: Option<Callable>,
        load_session: Option<Callable>,
        store_session: Option<Callable>,
        capacity: i64,
    ) -> PyResult<Self> {
        let callables = Callables {
            check_password,
            credential,
            policy,
            verify_client,
            change_password,
            challenge,
            resume,
            load_session,
            store_session,
        };
        callables.check(py, config.asks)?;
        let capacity = error::within(py, "capacity", capacity, 1..=MAX_CAPACITY)?;
        let table = radius::SessionTable::new(Arc::clone(&config.core), capacity, OsRng::new()?);
        Ok(Self { table: Mutex::new(table), replies: Mutex::default(), callables })
    }

    /// Processes State and EAP-Message of an Access-Request. Without a State, a conversation
    /// begins. The same again gets the same reply again. What arrives while another thread is at
    /// work on a request of the same conversation is discarded: that one will be answered. A
    /// callable that takes longer than `answer_timeout` may end in `Reject`.
    #[pyo3(signature = (state, eap_message, *, framed_mtu = None, now = None))]
    fn handle(
        &self,
        py: Python<'_>,
        state: Option<Bytes<'_>>,
        eap_message: Bytes<'_>,
        framed_mtu: Option<u32>,
        now: Option<f64>,
    ) -> PyResult<Py<PyAny>> {
        self.request(py, state.as_deref(), &eap_message, framed_mtu, now)
    }

    /// Answers a question that `handle` has given; `None` declines it. An answer that comes later
    /// than `answer_timeout` is none: `StaleQueryError`.
    #[pyo3(signature = (state, id, answer, *, now = None))]
    fn answer(
        &self,
        py: Python<'_>,
        state: Bytes<'_>,
        id: u64,
        answer: &Bound<'_, PyAny>,
        now: Option<f64>,
    ) -> PyResult<Py<PyAny>> {
        let now = time::instant(py, now)?;
        let stale = || error::answer(py, AnswerError::Stale);
        let state = SessionState((*state).try_into().map_err(|_| stale())?);
        let (wants, eap_message) = {
            let mut replies = lock(&self.replies);
            let open = replies.open.get(&state).filter(|open| open.id == id).ok_or_else(stale)?;
            let open = (open.wants, open.eap_message.clone());
            // Somebody else is answering it.
            if !replies.in_progress.insert(state) {
                return Err(stale());
            }
            open
        };
        let _turn = Turn { replies: &self.replies, state };
        let answer = answer::answer(answer, wants)?;
        let next = self
            .answered(py, state, QueryId::new(id), answer, now)
            .map_err(|problem| error::answer(py, problem))?;
        lock(&self.replies).open.remove(&state);
        self.go_on(py, state, &eap_message, next, now)
    }

    /// How many conversations there are.
    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| lock(&self.table).len())
    }

    /// For the garbage collector: the methods of an object that has the table are a cycle. It needs
    /// no `__clear__`: what is immutable is in no cycle without something that is not.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callables.traverse(&visit)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<eap_rs.SessionTable of {} conversations>", self.__len__(py))
    }
}

impl SessionTable {
    pub(crate) fn request(
        &self,
        py: Python<'_>,
        state: Option<&[u8]>,
        eap_message: &[u8],
        framed_mtu: Option<u32>,
        now: Option<f64>,
    ) -> PyResult<Py<PyAny>> {
        let unix_time = time::unix_time();
        let now = time::instant(py, now)?;
        let state = state.filter(|state| !state.is_empty());
        let mut _turn = None;
        {
            let mut replies = lock(&self.replies);
            replies.purge(now);
            if let Some(state) = state.and_then(|state| Some(SessionState(state.try_into().ok()?)))
            {
                if let Some(reply) = replies.find(state, eap_message) {
                    return Ok(reply.clone_ref(py));
                }
                if !replies.in_progress.insert(state) {
                    return discard(py, IN_PROGRESS.to_owned());
                }
                _turn = Some(Turn { replies: &self.replies, state });
            }
        }
        let begun = py.detach(|| {
            let mut table = lock(&self.table);
            table.handle_timeout(now);
            table.set_unix_time(unix_time, now);
            let state = table.handle_eap_message(state, eap_message, framed_mtu, now)?;
            Ok((state, next(&mut table, state)))
        });
        match begun {
            Ok((state, next)) => self.go_on(py, state, eap_message, next, now),
            Err(reason) => refused(py, reason, eap_message),
        }
    }

    /// Has the callables answer until there is a reply.
    fn go_on(
        &self,
        py: Python<'_>,
        state: SessionState,
        eap_message: &[u8],
        mut next: Next,
        now: Instant,
    ) -> PyResult<Py<PyAny>> {
        loop {
            let (id, query) = match next {
                Next::Ask(id, query) => (id, query),
                Next::Reply(reply) => {
                    if let CoreReply::Accept(_, outcome) = &reply {
                        self.callables.store(py, outcome);
                    }
                    let reply = reply.object(py, state)?;
                    let copy = reply.clone_ref(py);
                    lock(&self.replies).remember(state, eap_message, copy, now);
                    return Ok(reply);
                }
            };
            let wants = query.wants();
            let given = match self.callables.call(py, &query) {
                Some(given) => given,
                None => {
                    let eap_message = eap_message.to_vec();
                    let open = Open { id: id.get(), wants, eap_message, at: now };
                    lock(&self.replies).ask(state, open);
                    return question(py, state, id, query);
                }
            };
            let raised = match given.map(|answer| self.answered(py, state, id, answer, now)) {
                Ok(Ok(more)) => {
                    next = more;
                    continue;
                }
                // It took too long: another thread has found that the conversation is over.
                Ok(Err(AnswerError::Stale)) => {
                    return reject(py, eap_message, Failure::Unanswered.to_string());
                }
                Ok(Err(problem)) => error::answer(py, problem),
                Err(raised) => raised,
            };
            match self.answered(py, state, id, Answer::Decline, now) {
                // A store out of order costs a full login, and nobody's access.
                Ok(more) if wants == AnswerKind::Session => {
                    let by = self.callables.load_session.as_ref();
                    raised.write_unraisable(py, by.map(|callable| callable.bind(py)));
                    next = more;
                }
                // Nobody gets in because the directory is broken; and somebody has to know.
                _ => return Err(raised),
            }
        }
    }

    fn answered(
        &self,
        py: Python<'_>,
        state: SessionState,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> Result<Next, AnswerError> {
        py.detach(|| {
            let mut table = lock(&self.table);
            table.handle_answer(state, id, answer, now)?;
            Ok(next(&mut table, state))
        })
    }
}

/// What was answered last in each conversation, and what is open: the same again gets the same
/// again (RFC 5080 §2.2.2).
#[derive(Default)]
struct Replies {
    by_state: HashMap<SessionState, Reply>,
    open: HashMap<SessionState, Open>,
    /// The conversations that a thread is at work on: from the look for a reply until there is one,
    /// so that nobody finds a conversation that is over, but not yet its reply.
    in_progress: HashSet<SessionState>,
    /// In the order in which they came.
    order: VecDeque<(Instant, SessionState)>,
}

const IN_PROGRESS: &str = "a request of this conversation is in progress";

/// A thread's turn with a conversation.
struct Turn<'a> {
    replies: &'a Mutex<Replies>,
    state: SessionState,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(self.replies).in_progress.remove(&self.state);
    }
}

struct Reply {
    at: Instant,
    eap_message: Vec<u8>,
    reply: Py<PyAny>,
}

/// A question that the host answers by hand.
struct Open {
    at: Instant,
    id: u64,
    wants: AnswerKind,
    /// What raised it.
    eap_message: Vec<u8>,
}

impl Replies {
    /// As long as any NAS waits (RFC 5080 §2.2.2 recommends no more).
    const LIFETIME: Duration = Duration::from_secs(30);

    fn find(&self, state: SessionState, eap_message: &[u8]) -> Option<&Py<PyAny>> {
        let known = self.by_state.get(&state)?;
        (known.eap_message == eap_message).then_some(&known.reply)
    }

    fn remember(&mut self, state: SessionState, eap_message: &[u8], reply: Py<PyAny>, at: Instant) {
        let eap_message = eap_message.to_vec();
        self.by_state.insert(state, Reply { at, eap_message, reply });
        self.order.push_back((at, state));
    }

    fn ask(&mut self, state: SessionState, open: Open) {
        self.order.push_back((open.at, state));
        self.open.insert(state, open);
    }

    fn purge(&mut self, now: Instant) {
        while let Some((at, state)) = self.order.front().copied()
            && now > at + Self::LIFETIME
        {
            self.order.pop_front();
            // There may be a newer one.
            if self.by_state.get(&state).is_some_and(|reply| reply.at == at) {
                self.by_state.remove(&state);
            }
            if self.open.get(&state).is_some_and(|open| open.at == at) {
                self.open.remove(&state);
            }
        }
    }
}

/// What a conversation has its host do.
enum Next {
    Ask(QueryId, Query),
    Reply(CoreReply),
}

enum CoreReply {
    Challenge(Vec<u8>, Option<Duration>),
    Accept(Vec<u8>, Box<eap_rs::Outcome>),
    Reject(Vec<u8>, Refused),
}

/// A conversation that ended in failure.
#[derive(Default)]
struct Refused {
    identity: eap_rs::Identity,
    inner_identity: Option<eap_rs::Identity>,
    method: Option<MethodType>,
    reason: String,
}

/// What has come of an input to this conversation. Nobody waits for replies to others, which have
/// been given up.
fn next(table: &mut radius::SessionTable<OsRng>, state: SessionState) -> Next {
    while let Some((whose, output)) = table.poll_output() {
        if whose != state {
            continue;
        }
        return match output {
            SessionOutput::Ask(id, query) => Next::Ask(id, query),
            SessionOutput::Challenge { eap_message, method_timeout } => {
                Next::Reply(CoreReply::Challenge(eap_message, method_timeout))
            }
            SessionOutput::Finished { eap_message, identity, inner_identity, method, result } => {
                let eap_message = eap_message.unwrap_or_default();
                Next::Reply(match result {
                    Ok(outcome) => CoreReply::Accept(eap_message, Box::new(outcome)),
                    Err(failure) => {
                        let reason = failure.to_string();
                        let refused = Refused { identity, inner_identity, method, reason };
                        CoreReply::Reject(eap_message, refused)
                    }
                })
            }
            _ => continue,
        };
    }
    let reason = Failure::PolicyRefused.to_string();
    Next::Reply(CoreReply::Reject(Vec::new(), Refused { reason, ..Refused::default() }))
}

impl CoreReply {
    fn object(self, py: Python<'_>, state: SessionState) -> PyResult<Py<PyAny>> {
        Ok(match self {
            Self::Challenge(eap_message, method_timeout) => {
                let method_timeout = method_timeout.map(|time| time.as_secs_f64());
                let state = state.0.to_vec();
                Py::new(py, Challenge { eap_message, state, method_timeout })?.into_any()
            }
            Self::Accept(eap_message, outcome) => {
                let outcome = Py::new(py, Outcome::of(py, *outcome)?)?;
                Py::new(py, Accept { eap_message, outcome })?.into_any()
            }
            Self::Reject(eap_message, refused) => refused.object(py, eap_message)?,
        })
    }
}

impl Refused {
    fn object(self, py: Python<'_>, eap_message: Vec<u8>) -> PyResult<Py<PyAny>> {
        let who = |who: &eap_rs::Identity| Ok::<_, PyErr>(identity(py, who)?.unbind());
        let reject = Reject {
            eap_message,
            identity: who(&self.identity)?,
            reason: self.reason,
            inner_identity: self.inner_identity.as_ref().map(who).transpose()?,
            method: self.method.map(|method| name(method, None)),
        };
        Ok(Py::new(py, reject)?.into_any())
    }
}

fn question(py: Python<'_>, state: SessionState, id: QueryId, query: Query) -> PyResult<Py<PyAny>> {
    let ask = query::ask(py, id, query)?;
    let Ask { id, query, tunnel } = ask.get();
    let tunnel = tunnel.as_ref().map(|tunnel| tunnel.clone_ref(py));
    let state = state.0.to_vec();
    Ok(Py::new(py, Question { state, id: *id, query: query.clone_ref(py), tunnel })?.into_any())
}

/// What to do with a request that no conversation takes.
fn refused(py: Python<'_>, reason: RadiusDiscard, eap_message: &[u8]) -> PyResult<Py<PyAny>> {
    let text = reason.to_string();
    match reason {
        // The server was restarted, or the peer took too long: it may begin again at once.
        RadiusDiscard::UnknownState | RadiusDiscard::TooManySessions => {
            reject(py, eap_message, text)
        }
        _ => discard(py, text),
    }
}

fn discard(py: Python<'_>, reason: String) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, Discard { reason })?.into_any())
}

/// The end of a conversation that there is no more, unless this is no EAP packet.
fn reject(py: Python<'_>, eap_message: &[u8], reason: String) -> PyResult<Py<PyAny>> {
    let Some(identifier) = eap_message.get(1).copied() else {
        return discard(py, reason);
    };
    Refused { reason, ..Refused::default() }.object(py, [4, identifier, 0, 4].to_vec())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
