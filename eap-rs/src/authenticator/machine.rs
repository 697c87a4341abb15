//! The stand-alone authenticator state machine of RFC 4137 §5 and appendix A.2, and what the backend
//! authenticator of §6 and appendix A.3 has more: [`backend`].
//!
//! | RFC state | here |
//! |---|---|
//! | DISABLED | [`State::Disabled`], [`Authenticator::disabled`] |
//! | INITIALIZE | [`Authenticator::initialize`]; with a Response (§6): [`Authenticator::initialize_with_response`] |
//! | PICK_UP_METHOD (§6) | [`Authenticator::pick_up_method`] |
//! | IDLE | [`State::Idle`]; its arrows: [`Authenticator::received`], [`Authenticator::time_passed`] |
//! | RETRANSMIT | [`Authenticator::retransmit`] |
//! | RECEIVED | [`Authenticator::received`] |
//! | NAK | [`Authenticator::nak`] |
//! | SELECT_ACTION | [`Authenticator::select_action`]; waiting: [`State::Awaiting`] |
//! | INTEGRITY_CHECK | [`Authenticator::integrity_check`] |
//! | METHOD_RESPONSE | [`Authenticator::method_response`], [`Authenticator::method_result`]; waiting (§8.1): [`State::Awaiting`] |
//! | PROPOSE_METHOD | [`Authenticator::propose_method`] |
//! | METHOD_REQUEST | [`Authenticator::method_request`]; waiting: [`State::Awaiting`] |
//! | DISCARD | returning [`Received::Discarded`] |
//! | SEND_REQUEST | [`Authenticator::send_request`] |
//! | TIMEOUT_FAILURE | [`State::TimeoutFailure`] |
//! | FAILURE | [`State::Failure`], [`Authenticator::failure`] |
//! | SUCCESS | [`State::Success`], [`Authenticator::success`] |
//!
//! The RFC's variables: currentMethod and methodState are [`Current`]; currentId (with the
//! nextId to come), lastReqData and eapKeyData are fields of the same meaning; retransWhile and retransCount belong to `Idle`;
//! methodTimeout is asked of the method when the timer is set; eapResp, eapReq, rxResp, ignore and
//! the like are arguments, return values and outputs.
//!
//! # Departures
//!
//! - §8.1's waiting is [`State::Awaiting`], for METHOD_RESPONSE and also for SELECT_ACTION (policy)
//!   and METHOD_REQUEST (a challenge that depends on the user), with an arrow to FAILURE for a
//!   deadline that passes. No Request is outstanding then, so retransWhile stands still.
//! - DISCARD leaves retransWhile running, where the RFC's IDLE sets it anew: a stream of bad packets
//!   must not put off the retransmission for ever.
//! - A conversation of more Requests than
//!   [`max_rounds`](crate::AuthenticatorConfigBuilder::max_rounds) ends in FAILURE.
//! - A backend's IDLE has a deadline, and an arrow to TIMEOUT_FAILURE: nobody else would tell it that
//!   the peer has gone. It has no arrow to RETRANSMIT.

mod backend;

use rand_core::Rng;

use super::Authenticator;
use super::policy::{Decision, Policy, Proposal};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::methods::basic;
use crate::packet::{Body, Nak, TypeForm, result_packet};
use crate::query::OpenQuestion;
use crate::{
    Answer, AnswerError, Code, Discard, Event, Failure, Identifier, Identity, Instant, MethodType,
    Offer, Outcome, Output, Packet, PacketBuffer, Query, QueryId, Received,
};

/// The states in which the machine rests between inputs.
#[derive(Debug)]
pub(super) enum State {
    Disabled,
    Idle {
        /// When the Request was sent first.
        sent: Instant,
        retrans_while: Instant,
        retrans_count: u8,
    },
    Awaiting {
        question: OpenQuestion,
        resume: Resume,
    },
    Success,
    Failure,
    TimeoutFailure,
    /// Part 2 of the full authenticator has taken over (RFC 4137 §7, [`super::full`]).
    PassedThrough,
}

/// The state that is waiting for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resume {
    SelectAction,
    MethodRequest,
    MethodResponse,
}

impl State {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Idle { retrans_while, .. } => Some(*retrans_while),
            Self::Awaiting { question, .. } => Some(question.deadline),
            Self::Disabled
            | Self::Success
            | Self::Failure
            | Self::TimeoutFailure
            | Self::PassedThrough => None,
        }
    }
}

/// currentMethod.
pub(super) enum Current {
    None,
    Identity,
    Notification,
    Method {
        method: MethodType,
        instance: Box<dyn ServerMethod>,
        /// methodState: PROPOSED until the first Response, then CONTINUE.
        proposed: bool,
    },
}

impl Current {
    fn method(&self) -> Option<MethodType> {
        match self {
            Self::None => None,
            Self::Identity => Some(MethodType::IDENTITY),
            Self::Notification => Some(MethodType::NOTIFICATION),
            Self::Method { method, .. } => Some(*method),
        }
    }
}

impl core::fmt::Debug for Current {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.method().fmt(f)
    }
}

impl Authenticator {
    /// The global arrow `!portEnabled` to DISABLED.
    pub(super) fn disabled(&mut self) {
        self.withdraw();
        self.forget();
        self.state = State::Disabled;
    }

    /// DISABLED to INITIALIZE.
    pub(super) fn port_enabled(&mut self, now: Instant) {
        if matches!(self.state, State::Disabled) {
            self.initialize(now);
        }
    }

    /// The global arrow `eapRestart && portEnabled` to INITIALIZE.
    pub(super) fn eap_restart(&mut self, now: Instant) {
        if !matches!(self.state, State::Disabled) {
            self.initialize(now);
        }
    }

    /// INITIALIZE, and on to SELECT_ACTION.
    pub(super) fn initialize(&mut self, now: Instant) {
        self.withdraw();
        self.forget();
        if self.is_full && self.config.pass_identity_through {
            self.state = State::PassedThrough;
            return;
        }
        self.select_action(now);
    }

    fn forget(&mut self) {
        self.policy = Policy::default();
        if let Some(offer) = &self.config.offer {
            self.policy.offered(self.possible(offer.clone()));
        }
        self.current = Current::None;
        self.current_id = None;
        // RFC 3748 §4.1 recommends a random start.
        let [id, ..] = self.rng.next_u32().to_le_bytes();
        self.next_id = Identifier(id);
        self.last_request.clear();
        self.draft.clear();
        self.keys = None;
        self.rounds = 0;
    }

    /// `retransWhile == 0` in IDLE, and §8.1's arrow out of a waiting state.
    pub(super) fn time_passed(&mut self, now: Instant) {
        match &self.state {
            State::Idle { sent, retrans_while, retrans_count } if now >= *retrans_while => {
                let (sent, retrans_count) = (*sent, *retrans_count);
                self.retransmit(sent, retrans_count, now);
            }
            State::Awaiting { question, .. } if now >= question.deadline => {
                self.withdraw();
                self.failure(Failure::Unanswered);
            }
            _ => {}
        }
    }

    /// The Request that is outstanding has travelled under this Identifier, not under its own.
    pub(crate) fn sent_as(&mut self, identifier: Identifier) {
        if self.current_id.is_some() {
            self.current_id = Some(identifier);
        }
    }

    /// RETRANSMIT.
    fn retransmit(&mut self, sent: Instant, retrans_count: u8, now: Instant) {
        let max_retrans = match self.config.response_timeout {
            Some(_) => 0,
            None => self.config.retransmission.max_retransmissions,
        };
        if retrans_count >= max_retrans {
            let failure = self.rejection().unwrap_or(Failure::NoResponse);
            self.state = State::TimeoutFailure;
            self.current = Current::None;
            self.keys = None;
            self.outputs.push(Output::Finished(Err(failure)));
            return;
        }
        self.outputs.push(Output::Send(self.last_request.as_slice().to_vec()));
        self.idle(sent, retrans_count.saturating_add(1), now);
    }

    /// Why the peer is refused, if the method has decided that and waits for the peer's word on it.
    pub(crate) fn rejection(&self) -> Option<Failure> {
        match &self.current {
            Current::Method { instance, .. } => instance.rejection(),
            Current::None | Current::Identity | Current::Notification => None,
        }
    }

    /// eapTimeout: the peer has not answered, whatever else is known of it.
    pub(super) const fn eap_timeout(&self) -> bool {
        matches!(self.state, State::TimeoutFailure)
    }

    /// IDLE: the timer is set.
    fn idle(&mut self, sent: Instant, retrans_count: u8, now: Instant) {
        let hint = self.method_timeout();
        let wait = match self.config.response_timeout {
            Some(timeout) => timeout.max(hint.unwrap_or_default()),
            None => self.round_trip.timeout(
                &self.config.retransmission,
                retrans_count,
                hint,
                &mut self.rng,
            ),
        };
        self.state = State::Idle { sent, retrans_while: now + wait, retrans_count };
    }

    /// RECEIVED.
    pub(super) fn received(&mut self, packet: Packet<'_>, now: Instant) -> Received {
        let Packet::Response(body) = packet else {
            return Received::Discarded(Discard::UnexpectedCode(packet.code()));
        };
        match self.state {
            State::Disabled => return Received::Discarded(Discard::PortDisabled),
            State::Success | State::Failure | State::TimeoutFailure | State::PassedThrough => {
                return Received::Discarded(Discard::Finished);
            }
            State::Idle { .. } | State::Awaiting { .. } => {}
        }
        if self.current_id != Some(body.identifier) {
            return Received::Discarded(Discard::WrongIdentifier);
        }
        if matches!(self.state, State::Awaiting { .. }) {
            return Received::Duplicate;
        }
        match &self.current {
            Current::Method { method, proposed: true, .. } if body.method == MethodType::NAK => {
                let method = *method;
                self.nak(method, &body, now)
            }
            current if current.method() == Some(body.method) => self.integrity_check(&body, now),
            _ => Received::Discarded(Discard::UnexpectedType(body.method)),
        }
    }

    /// NAK.
    fn nak(&mut self, method: MethodType, body: &Body<'_>, now: Instant) -> Received {
        let nak = match Nak::parse(body) {
            Ok(nak) => nak,
            Err(reason) => return Received::Discarded(reason),
        };
        self.measure(now);
        self.current = Current::None;
        self.outputs.event(Event::MethodRefused(method));
        self.policy.refused(method, &nak);
        self.select_action(now);
        Received::Accepted
    }

    /// INTEGRITY_CHECK.
    fn integrity_check(&mut self, body: &Body<'_>, now: Instant) -> Received {
        let checked = match &self.current {
            Current::Method { instance, .. } => instance.check(body.data),
            Current::Identity => basic::identity(body.data).map(|_| ()),
            Current::Notification | Current::None => Ok(()),
        };
        if let Err(reason) = checked {
            return Received::Discarded(reason);
        }
        self.measure(now);
        self.method_response(body, now);
        Received::Accepted
    }

    /// METHOD_RESPONSE.
    fn method_response(&mut self, body: &Body<'_>, now: Instant) {
        match &mut self.current {
            Current::Method { proposed, .. } => {
                *proposed = false;
                let step = self.run_method(Resume::MethodResponse, now, |method, cx, request| {
                    method.handle_response(body.data, cx, request)
                });
                return self.method_result(Resume::MethodResponse, step, now);
            }
            Current::Identity => {
                let identity = Identity::new(body.data);
                self.outputs.event(Event::PeerIdentity(identity.clone()));
                self.policy.identified(identity);
            }
            Current::Notification | Current::None => {}
        }
        self.current = Current::None;
        self.select_action(now);
    }

    fn run_method(
        &mut self,
        resume: Resume,
        now: Instant,
        call: impl FnOnce(
            &mut dyn ServerMethod,
            &mut ServerContext<'_>,
            &mut PacketBuffer,
        ) -> ServerStep,
    ) -> ServerStep {
        let next = self.next_id;
        let Current::Method { method, instance, .. } = &mut self.current else {
            return ServerStep::Fail(Failure::PolicyRefused);
        };
        self.draft.begin(Code::Request, next, *method, TypeForm::Legacy);
        let identity = self.policy.identity().cloned().unwrap_or_default();
        let mut events = Vec::new();
        let mut cx = ServerContext {
            identifier: match (resume, self.current_id) {
                (Resume::MethodResponse, Some(answered)) => answered,
                _ => next,
            },
            identity: &identity,
            server_name: &self.config.server_name,
            prompt: &self.config.token_prompt,
            password_retries: self.config.password_retries,
            unix_time: self.calendar.at(now),
            mtu: self.mtu,
            events: &mut events,
            rng: &mut self.rng,
        };
        let step = call(instance.as_mut(), &mut cx, &mut self.draft);
        events.into_iter().for_each(|event| self.outputs.event(event));
        step
    }

    /// The arrows out of METHOD_RESPONSE, and METHOD_REQUEST.
    fn method_result(&mut self, resume: Resume, step: ServerStep, now: Instant) {
        match step {
            ServerStep::Request => self.method_request(now),
            ServerStep::Ask(query) => self.ask(query, resume, now),
            ServerStep::Succeed => {
                if let Current::Method { instance, .. } = &mut self.current {
                    self.keys = instance.keys();
                    self.policy.concluded(Ok(()));
                }
                self.select_action(now);
            }
            ServerStep::Fail(failure) => {
                self.policy.concluded(Err(failure));
                self.select_action(now);
            }
        }
    }

    /// SELECT_ACTION.
    fn select_action(&mut self, now: Instant) {
        match self.policy.decide() {
            Decision::Success => self.success(),
            Decision::Failure(failure) => self.failure(failure),
            Decision::PassThrough => self.state = State::PassedThrough,
            Decision::Propose(Proposal::AskPolicy) => {
                let identity = self.policy.identity().cloned().unwrap_or_default();
                self.ask(Query::Policy { identity }, Resume::SelectAction, now);
            }
            Decision::Propose(proposal) => self.propose_method(proposal, now),
        }
    }

    /// PROPOSE_METHOD.
    fn propose_method(&mut self, proposal: Proposal, now: Instant) {
        let next = self.next_id;
        match proposal {
            Proposal::Identity | Proposal::AskPolicy => {
                self.current = Current::Identity;
                self.draft.begin(Code::Request, next, MethodType::IDENTITY, TypeForm::Legacy);
                self.draft.extend(self.config.identity_prompt.as_bytes());
                self.method_request(now);
            }
            Proposal::Notification(message) => {
                self.current = Current::Notification;
                self.draft.begin(Code::Request, next, MethodType::NOTIFICATION, TypeForm::Legacy);
                self.draft.extend(message.as_bytes());
                self.method_request(now);
            }
            Proposal::Method(method) => {
                let Some(start) = self.config.methods.get(method) else {
                    return self.failure(Failure::PolicyRefused);
                };
                self.current = Current::Method { method, instance: start(), proposed: true };
                self.outputs.event(Event::MethodStarted(method));
                let step = self.run_method(Resume::MethodRequest, now, |method, cx, request| {
                    method.start(cx, request)
                });
                self.method_result(Resume::MethodRequest, step, now);
            }
        }
    }

    /// METHOD_REQUEST: what has been drafted under the next Identifier is the Request.
    fn method_request(&mut self, now: Instant) {
        let limit = self.config.max_rounds;
        if self.rounds >= limit {
            return self.failure(Failure::TooManyRounds { limit });
        }
        if self.draft.finish().is_err() {
            let method = self.current.method().unwrap_or(MethodType::NONE);
            let reason = "the request does not fit a packet";
            return self.failure(Failure::MethodFailed { method, reason });
        }
        self.rounds = self.rounds.saturating_add(1);
        self.current_id = Some(self.next_id);
        self.next_id = self.next_id.next();
        self.send_request(now);
    }

    /// SEND_REQUEST.
    fn send_request(&mut self, now: Instant) {
        core::mem::swap(&mut self.last_request, &mut self.draft);
        self.outputs.push(Output::Send(self.last_request.as_slice().to_vec()));
        self.idle(now, 0, now);
    }

    /// RFC 6298 §3, Karn's algorithm; and a person's time says nothing about the network.
    fn measure(&mut self, now: Instant) {
        if let State::Idle { sent, retrans_count: 0, .. } = self.state
            && self.method_timeout().is_none()
        {
            self.round_trip.measured(now.saturating_since(sent));
        }
    }

    /// §8.1: the state has to wait.
    fn ask(&mut self, query: Query, resume: Resume, now: Instant) {
        let question = self.questions.open(&query, now, self.config.answer_timeout);
        self.outputs.push(Output::Ask(question.id, query));
        self.state = State::Awaiting { question, resume };
    }

    /// §8.1: the state goes on.
    pub(super) fn answered(
        &mut self,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> Result<(), AnswerError> {
        let State::Awaiting { question, resume } = &self.state else {
            return Err(AnswerError::Stale);
        };
        question.check(id, &answer)?;
        let resume = *resume;
        match (resume, answer) {
            (Resume::SelectAction, Answer::Offer(offer)) => {
                self.policy.offered(self.possible(offer));
                self.select_action(now);
            }
            (Resume::SelectAction, _) => self.failure(Failure::PolicyRefused),
            (Resume::MethodRequest | Resume::MethodResponse, answer) => {
                let step = self.run_method(resume, now, |method, cx, request| {
                    method.handle_answer(answer, cx, request)
                });
                self.method_result(resume, step, now);
            }
        }
        Ok(())
    }

    /// What of an offer this configuration can keep.
    fn possible(&self, mut offer: Offer) -> Offer {
        offer.pass_through &= self.is_full;
        offer.methods.retain(|method| self.config.methods.get(*method).is_some());
        offer.notification = offer
            .notification
            .filter(|message| !message.is_empty())
            .or_else(|| self.config.notification.clone());
        offer
    }

    /// SUCCESS.
    fn success(&mut self) {
        self.state = State::Success;
        if let (Some(id), Current::Method { method, instance, .. }) =
            (self.current_id, &mut self.current)
        {
            let session = instance.succeeded().map(Box::new);
            self.outputs.push(Output::Send(result_packet(Code::Success, id)));
            self.outputs.push(Output::Finished(Ok(Outcome {
                method: *method,
                peer_identity: self.policy.identity().cloned().unwrap_or_default(),
                keys: self.keys.take(),
                tls: instance.tls(),
                inner: instance.inner(),
                session,
            })));
        }
        self.current = Current::None;
    }

    /// FAILURE.
    fn failure(&mut self, failure: Failure) {
        self.state = State::Failure;
        self.current = Current::None;
        self.keys = None;
        if let Some(id) = self.current_id {
            self.outputs.push(Output::Send(result_packet(Code::Failure, id)));
        }
        self.outputs.push(Output::Finished(Err(failure)));
    }

    fn withdraw(&mut self) {
        if let State::Awaiting { question, .. } = &self.state {
            self.outputs.push(Output::Withdrawn(question.id));
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
