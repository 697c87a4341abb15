//! The conversations of a RADIUS server, by State (RFC 2865 §5.24, RFC 3579 §2.6).

use core::time::Duration;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use rand_core::{CryptoRng, SeedableRng};

use super::MAX_LEN;
use super::packet::{AttributeType, RadiusDiscard, RadiusPacket};
use crate::time::Calendar;
use crate::{
    Answer, AnswerError, Authenticator, AuthenticatorConfig, Event, Failure, Identity, Instant,
    MethodType, Outcome, Output, Query, QueryId, Received,
};

/// The value of a State attribute: 16 random octets that name a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionState(pub [u8; 16]);

/// What a conversation has its host do.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionOutput {
    /// Answer the request with an Access-Challenge that has this EAP-Message, and the State.
    Challenge {
        /// The EAP-Message: a Request.
        eap_message: Vec<u8>,
        /// For Session-Timeout: how long the peer may take, if a person has to act first (RFC 3579
        /// §2.3).
        method_timeout: Option<Duration>,
    },
    /// The conversation is over: answer with an Access-Accept or Access-Reject. No request is
    /// waiting for an answer if it is the peer that has not answered: there is no EAP-Message then,
    /// and the failure is [`Failure::NoResponse`], or what had been decided before.
    Finished {
        /// The EAP-Message: Success or Failure.
        eap_message: Option<Vec<u8>>,
        /// Who the peer said it is.
        identity: Identity,
        /// Who it said it is inside the tunnel.
        inner_identity: Option<Identity>,
        /// The method that began last.
        method: Option<MethodType>,
        /// How it ended.
        result: Result<Outcome, Failure>,
    },
    /// Answer this question with [`SessionTable::handle_answer`].
    Ask(QueryId, Query),
    /// This question is open no more.
    Withdrawn(QueryId),
    /// Worth logging.
    Event(Event),
}

/// The conversations of a RADIUS server: a backend [`Authenticator`] for each State.
///
/// Each conversation gives itself up when nothing is heard of it
/// ([`response_timeout`](crate::AuthenticatorConfigBuilder::response_timeout)) or a question is not
/// answered, and the table is bounded: it does not grow under requests that lead nowhere. It is
/// used by one thread at a time; a host of several threads has a mutex around it.
pub struct SessionTable<R> {
    config: Arc<AuthenticatorConfig>,
    rng: R,
    calendar: Calendar,
    capacity: usize,
    /// Boxed: the map itself stays small, and quick to grow.
    sessions: HashMap<SessionState, Box<Session>>,
    /// When each conversation is to be told the time: not later than it wants to be.
    wakes: BTreeSet<(Instant, SessionState)>,
    outputs: VecDeque<(SessionState, SessionOutput)>,
}

struct Session {
    authenticator: Authenticator,
    identity: Identity,
    inner_identity: Option<Identity>,
    method: Option<MethodType>,
    /// The packet that has been given out and not passed on: what it is, the next output tells.
    eap_message: Option<Vec<u8>>,
    /// Its place among the table's.
    wake: Option<Instant>,
}

impl<R: CryptoRng + SeedableRng + Send + 'static> SessionTable<R> {
    /// A table of at most `capacity` conversations under this configuration, which should be a
    /// [`backend`](crate::AuthenticatorConfigBuilder::backend)'s. A host that forks makes its table
    /// afterwards: a seeded generator would go on alike in each process.
    pub fn new(config: Arc<AuthenticatorConfig>, capacity: usize, rng: R) -> Self {
        Self {
            config,
            rng,
            calendar: Calendar::default(),
            capacity,
            sessions: HashMap::new(),
            wakes: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Says what the calendar reads `now`: seconds since 1970-01-01 UTC. Conversations that begin
    /// from here on check certificates against it.
    pub fn set_unix_time(&mut self, unix_seconds: u64, now: Instant) {
        self.calendar.set(unix_seconds, now);
    }

    /// Feeds a request that is genuine and no duplicate. Without State, a conversation begins; the
    /// EAP-Message is then the Response to what the NAS has asked, or empty (EAP-Start, RFC 3579
    /// §2.1). No EAP packet in answer is longer than Framed-MTU allows.
    ///
    /// Gives the State of the conversation that now owes the request a reply.
    ///
    /// # Errors
    /// The reason to drop the request.
    pub fn handle_packet(
        &mut self,
        request: &RadiusPacket<'_>,
        now: Instant,
    ) -> Result<SessionState, RadiusDiscard> {
        let eap_message = request.eap_message().ok_or(RadiusDiscard::NoEapMessage)?;
        let state = request.values(AttributeType::STATE).next();
        let framed_mtu = request.values(AttributeType::FRAMED_MTU).next();
        let framed_mtu = framed_mtu.and_then(|value| value.try_into().ok()).map(u32::from_be_bytes);
        self.handle_eap_message(state, &eap_message, framed_mtu, now)
    }

    /// [`handle_packet`](Self::handle_packet) for hosts whose RADIUS is somebody else's: State,
    /// EAP-Message and Framed-MTU of a request that is genuine and no duplicate.
    ///
    /// # Errors
    /// The reason to drop the request.
    pub fn handle_eap_message(
        &mut self,
        state: Option<&[u8]>,
        eap_message: &[u8],
        framed_mtu: Option<u32>,
        now: Instant,
    ) -> Result<SessionState, RadiusDiscard> {
        let mtu = mtu(framed_mtu);
        match state {
            None => self.begin(eap_message, mtu, now),
            Some(state) => {
                let state = state.try_into().map_err(|_| RadiusDiscard::UnknownState)?;
                self.go_on(SessionState(state), eap_message, mtu, now)
            }
        }
    }

    fn begin(
        &mut self,
        eap_message: &[u8],
        mtu: usize,
        now: Instant,
    ) -> Result<SessionState, RadiusDiscard> {
        self.handle_timeout(now);
        if self.sessions.len() >= self.capacity {
            return Err(RadiusDiscard::TooManySessions);
        }
        let mut authenticator = Authenticator::new(self.config.clone(), R::from_rng(&mut self.rng));
        authenticator.set_mtu(mtu);
        if let Some(unix_seconds) = self.calendar.at(now) {
            authenticator.set_unix_time(unix_seconds, now);
        }
        if eap_message.is_empty() {
            authenticator.start(now);
        } else if let Received::Discarded(reason) = authenticator.pick_up(eap_message, now) {
            return Err(reason.into());
        }
        let state = self.unused_state();
        let session = Session {
            authenticator,
            identity: Identity::default(),
            inner_identity: None,
            method: None,
            eap_message: None,
            wake: None,
        };
        self.sessions.insert(state, Box::new(session));
        self.ran(state);
        Ok(state)
    }

    fn unused_state(&mut self) -> SessionState {
        let mut state = [0; 16];
        loop {
            self.rng.fill_bytes(&mut state);
            if !self.sessions.contains_key(&SessionState(state)) {
                return SessionState(state);
            }
        }
    }

    fn go_on(
        &mut self,
        state: SessionState,
        eap_message: &[u8],
        mtu: usize,
        now: Instant,
    ) -> Result<SessionState, RadiusDiscard> {
        let session = self.sessions.get_mut(&state).ok_or(RadiusDiscard::UnknownState)?;
        session.authenticator.set_mtu(mtu);
        let fate = session.authenticator.handle_packet(eap_message, now);
        self.ran(state);
        match fate {
            Received::Accepted => Ok(state),
            // While a question is open, the request that raised it is the one to be answered.
            Received::Duplicate => Err(RadiusDiscard::Duplicate),
            Received::Discarded(reason) => Err(reason.into()),
        }
    }

    /// Answers the open question of a conversation. It is told the time first: an answer that comes
    /// too late is none.
    ///
    /// # Errors
    /// [`AnswerError`] if it is not open, or not of that kind: then it stays open.
    pub fn handle_answer(
        &mut self,
        state: SessionState,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> Result<(), AnswerError> {
        self.handle_timeout(now);
        let session = self.sessions.get_mut(&state).ok_or(AnswerError::Stale)?;
        session.authenticator.handle_answer(id, answer, now)?;
        self.ran(state);
        Ok(())
    }

    /// Tells the time. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((wake, state)) = self.wakes.first().copied()
            && now >= wake
        {
            self.wakes.remove(&(wake, state));
            if let Some(session) = self.sessions.get_mut(&state) {
                session.wake = None;
                session.authenticator.handle_timeout(now);
            }
            self.ran(state);
        }
    }

    /// The next thing to do, and for which conversation.
    pub fn poll_output(&mut self) -> Option<(SessionState, SessionOutput)> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input. There may be
    /// nothing to do then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.wakes.first().map(|(wake, _)| *wake)
    }

    /// How many conversations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no conversation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Takes what the conversation has to say, and its new deadline.
    fn ran(&mut self, state: SessionState) {
        let Some(session) = self.sessions.get_mut(&state) else { return };
        let mut finished = false;
        while let Some(output) = session.authenticator.poll_output() {
            let output = match output {
                Output::Send(packet) => {
                    session.eap_message = Some(packet);
                    continue;
                }
                Output::Finished(result) => {
                    finished = true;
                    SessionOutput::Finished {
                        eap_message: session.eap_message.take(),
                        identity: session.identity.clone(),
                        inner_identity: session.inner_identity.clone(),
                        method: session.method,
                        result,
                    }
                }
                Output::Ask(id, query) => SessionOutput::Ask(id, query),
                Output::Withdrawn(id) => SessionOutput::Withdrawn(id),
                // A backend passes nobody through.
                Output::AskAaa(_) => continue,
                Output::Event(event) => {
                    match &event {
                        Event::PeerIdentity(identity) => session.identity = identity.clone(),
                        Event::InnerIdentity(identity) => {
                            session.inner_identity = Some(identity.clone());
                        }
                        Event::MethodStarted(method) => session.method = Some(*method),
                        _ => {}
                    }
                    SessionOutput::Event(event)
                }
            };
            self.outputs.push_back((state, output));
        }
        if let Some(eap_message) = session.eap_message.take() {
            let method_timeout = session.authenticator.method_timeout();
            let challenge = SessionOutput::Challenge { eap_message, method_timeout };
            self.outputs.push_back((state, challenge));
        }
        let deadline = session.authenticator.poll_timeout().filter(|_| !finished);
        // Almost every packet puts the deadline off; that is seen when the earlier time has come.
        let is_early = matches!((session.wake, deadline), (Some(wake), Some(at)) if wake <= at);
        if session.wake != deadline && !is_early {
            if let Some(old) = session.wake {
                self.wakes.remove(&(old, state));
            }
            session.wake = deadline;
            self.wakes.extend(deadline.map(|deadline| (deadline, state)));
        }
        if finished {
            self.sessions.remove(&state);
        }
    }
}

/// How long an EAP packet in answer may be. On IEEE 802 links, an EAPOL header takes part of
/// Framed-MTU (RFC 3579 §2.4); on others, four octets less do no harm.
fn mtu(framed: Option<u32>) -> usize {
    let framed = framed.and_then(|octets| usize::try_from(octets).ok());
    framed.map_or(MAX_EAP_LEN, |octets| octets.saturating_sub(EAPOL_HEADER_LEN)).min(MAX_EAP_LEN)
}

/// Leaves a quarter of a RADIUS packet for State, Proxy-States and the like.
const MAX_EAP_LEN: usize = MAX_LEN / 4 * 3;

const EAPOL_HEADER_LEN: usize = 4;

impl<R> core::fmt::Debug for SessionTable<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SessionTable")
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}
