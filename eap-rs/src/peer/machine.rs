//! The peer state machine of RFC 4137 §4 and appendix A.1.
//!
//! | RFC state | here |
//! |---|---|
//! | DISABLED | [`State::Disabled`], [`Peer::disabled`] |
//! | INITIALIZE | [`State::Initialize`], [`Peer::initialize`] |
//! | IDLE | [`State::Idle`]; its arrows: [`Peer::received`], [`Peer::alt_accept`], [`Peer::alt_reject`], [`Peer::time_passed`] |
//! | RECEIVED | [`Peer::received`] |
//! | GET_METHOD | [`Peer::get_method`] |
//! | METHOD | [`Peer::method`], [`Peer::method_result`]; waiting (§8.1): [`State::Awaiting`] |
//! | IDENTITY | [`Peer::identity`]; waiting (§8.1): [`State::Awaiting`] |
//! | NOTIFICATION | [`Peer::notification`] |
//! | RETRANSMIT | [`Peer::retransmit`] |
//! | DISCARD | [`Peer::discard`] |
//! | SEND_RESPONSE | [`Peer::send_response`] |
//! | SUCCESS | [`State::Success`], [`Peer::success`] |
//! | FAILURE | [`State::Failure`], [`Peer::failure`] |
//!
//! The RFC's variables: selectedMethod, methodState and decision are [`Selected`]; lastId and
//! lastRespData are [`LastResponse`]; idleWhile is the deadline of `Idle`; allowNotifications
//! follows from methodState (§4.2); eapReq, eapResp, eapNoResp, rxReq, ignore and the like are
//! arguments, return values and outputs.
//!
//! # Departures
//!
//! - INITIALIZE is left with the first input rather than at once: the core has no clock to start
//!   idleWhile with.
//! - §8.1's waiting states are [`State::Awaiting`], with arrows to FAILURE for a deadline that
//!   passes and for a question that is declined.
//! - A method that discards its very first Request has not been selected: selectedMethod is set
//!   when METHOD is left for SEND_RESPONSE or waits, not in GET_METHOD. One forged packet with a
//!   method's Type and rubbish behind it must not lock the real method out.
//! - §8.3's `lastId + 1` is accepted for Success and Failure if
//!   [`accept_next_identifier`](crate::PeerConfigBuilder::accept_next_identifier) says so.
//! - A method that is DONE with decision FAIL has its last reply sent before FAILURE is entered:
//!   it tells the authenticator why (RFC 3748 §4.2 "possibly after sending a failure result
//!   indication"). A method with nothing to say returns [`PeerStep::Fail`].
//! - A conversation of more Responses than
//!   [`max_rounds`](crate::PeerConfigBuilder::max_rounds) ends in FAILURE.

use super::Peer;
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::methods::basic;
use crate::packet::{Body, Nak, TypeForm};
use crate::query::OpenQuestion;
use crate::{
    Answer, AnswerError, Code, Discard, Event, Failure, Identifier, Identity, Instant, MethodType,
    Outcome, Output, Packet, PacketBuffer, Query, QueryId, Received,
};

/// The states in which the machine rests between inputs.
#[derive(Debug)]
pub(super) enum State {
    Disabled,
    Initialize,
    Idle { idle_while: Instant },
    Awaiting(Awaiting),
    Success,
    Failure,
}

impl State {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Idle { idle_while } => Some(*idle_while),
            Self::Awaiting(awaiting) => Some(awaiting.question.deadline),
            Self::Disabled | Self::Initialize | Self::Success | Self::Failure => None,
        }
    }

    /// Whether a conversation is going on, or could begin with the next packet.
    fn is_active(&self) -> bool {
        matches!(self, Self::Initialize | Self::Idle { .. } | Self::Awaiting(_))
    }
}

/// METHOD or IDENTITY, waiting for the host (RFC 4137 §8.1).
pub(super) struct Awaiting {
    question: OpenQuestion,
    request: RequestHeader,
    /// To tell whether a new Request asks the same.
    data: Vec<u8>,
}

impl core::fmt::Debug for Awaiting {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Awaiting")
            .field("question", &self.question)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// What a Response repeats of its Request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RequestHeader {
    identifier: Identifier,
    method: MethodType,
    form: TypeForm,
}

impl From<&Body<'_>> for RequestHeader {
    fn from(body: &Body<'_>) -> Self {
        Self { identifier: body.identifier, method: body.method, form: body.form }
    }
}

/// selectedMethod with its methodState and decision.
pub(super) struct Selected {
    method: MethodType,
    instance: Box<dyn PeerMethod>,
    /// `None` is INIT.
    progress: Option<Progress>,
}

impl core::fmt::Debug for Selected {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {:?}", self.method, self.progress)
    }
}

/// lastId with lastRespData, and the buffer in which the next Response is built.
#[derive(Debug, Default)]
pub(super) struct LastResponse {
    identifier: Option<Identifier>,
    packet: PacketBuffer,
    draft: PacketBuffer,
    /// The Type that was refused last.
    refused: Option<MethodType>,
}

/// `decision` of RFC 4137 §4.2.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Fail,
    CondSucc,
    UncondSucc,
}

impl Peer {
    /// The global arrow `!portEnabled` to DISABLED.
    pub(super) fn disabled(&mut self) {
        self.withdraw();
        self.forget();
        self.state = State::Disabled;
    }

    /// DISABLED to INITIALIZE.
    pub(super) fn port_enabled(&mut self, now: Instant) {
        if matches!(self.state, State::Disabled | State::Initialize) {
            self.initialize(now);
        }
    }

    /// The global arrow `eapRestart && portEnabled` to INITIALIZE.
    pub(super) fn eap_restart(&mut self, now: Instant) {
        if !matches!(self.state, State::Disabled) {
            self.withdraw();
            self.initialize(now);
        }
    }

    /// INITIALIZE, and on to IDLE.
    fn initialize(&mut self, now: Instant) {
        self.forget();
        self.idle(now);
    }

    /// IDLE: the timer is set.
    fn idle(&mut self, now: Instant) {
        self.state = State::Idle { idle_while: now + self.config.client_timeout };
    }

    fn forget(&mut self) {
        self.identity = self.config.identity.clone().unwrap_or_default();
        self.selected = None;
        self.last.identifier = None;
        self.last.refused = None;
        self.last.packet.clear();
        self.last.draft.clear();
        self.keys = None;
        self.rounds = 0;
    }

    /// `altAccept` in IDLE.
    pub(super) fn alt_accept(&mut self) {
        if !self.state.is_active() {
            return;
        }
        if self.decision() != Decision::Fail {
            self.withdraw();
            self.success();
        } else if !self.method_continues() {
            self.withdraw();
            self.failure(Failure::SuccessTooEarly);
        }
    }

    /// `altReject` in IDLE.
    pub(super) fn alt_reject(&mut self) {
        if self.state.is_active() {
            self.withdraw();
            self.failure(Failure::LowerLayer);
        }
    }

    /// `idleWhile == 0` in IDLE, and §8.1's arrow out of a waiting state.
    pub(super) fn time_passed(&mut self, now: Instant) {
        if matches!(self.state, State::Initialize) {
            self.initialize(now);
        }
        match &self.state {
            State::Idle { idle_while } if now >= *idle_while => self.request_overdue(),
            State::Awaiting(awaiting) if now >= awaiting.question.deadline => {
                self.withdraw();
                self.failure(Failure::Unanswered);
            }
            _ => {}
        }
    }

    /// No Request came in time.
    pub(crate) fn request_overdue(&mut self) {
        if !matches!(self.state, State::Idle { .. }) {
            return;
        }
        match self.decision() {
            Decision::UncondSucc => self.success(),
            Decision::Fail | Decision::CondSucc => self.failure(Failure::NoRequest),
        }
    }

    /// RECEIVED.
    pub(super) fn received(&mut self, packet: Packet<'_>, now: Instant) -> Received {
        match &self.state {
            State::Disabled => return self.discard(Discard::PortDisabled),
            State::Success | State::Failure => return self.discard(Discard::Finished),
            State::Awaiting(_) => return self.received_while_awaiting(&packet),
            State::Initialize => self.initialize(now),
            State::Idle { .. } => {}
        }
        match packet {
            Packet::Request(body) if self.last.identifier == Some(body.identifier) => {
                self.retransmit(now)
            }
            Packet::Request(body) => match (body.method, &self.selected) {
                (MethodType::NOTIFICATION, _) => self.notification(&body, now),
                (MethodType::IDENTITY, None) => self.identity(&body, now),
                (_, None) => self.get_method(&body, now),
                (method, Some(selected))
                    if method == selected.method
                        && !matches!(selected.progress, Some(Progress::Done(_))) =>
                {
                    self.method(&body, now)
                }
                (method, _) => self.discard(Discard::UnexpectedType(method)),
            },
            Packet::Response(_) => self.discard(Discard::UnexpectedCode(Code::Response)),
            Packet::Success(identifier) if !self.matches_last(identifier) => {
                self.discard(Discard::WrongIdentifier)
            }
            Packet::Failure(identifier) if !self.matches_last(identifier) => {
                self.discard(Discard::WrongIdentifier)
            }
            Packet::Success(_) if self.decision() != Decision::Fail => {
                self.success();
                Received::Accepted
            }
            Packet::Success(_) if !self.method_continues() => {
                self.failure(Failure::SuccessTooEarly);
                Received::Accepted
            }
            Packet::Failure(_)
                if !self.method_continues() && self.decision() != Decision::UncondSucc =>
            {
                self.failure(self.reason_of_rejection());
                Received::Accepted
            }
            Packet::Success(_) | Packet::Failure(_) => self.discard(Discard::UnexpectedResult),
        }
    }

    /// RFC 3748 §4.1: a Request is processed to its completion before the next is inspected.
    /// What asks the same again takes the open question over.
    fn received_while_awaiting(&mut self, packet: &Packet<'_>) -> Received {
        let State::Awaiting(awaiting) = &mut self.state else {
            return Received::Discarded(Discard::QuestionOpen);
        };
        match packet {
            Packet::Request(body) if awaiting.request.identifier == body.identifier => {
                Received::Duplicate
            }
            Packet::Request(body)
                if awaiting.request.method == body.method && awaiting.data == body.data =>
            {
                awaiting.request = body.into();
                Received::Accepted
            }
            Packet::Response(_) => Received::Discarded(Discard::UnexpectedCode(Code::Response)),
            Packet::Request(_) | Packet::Success(_) | Packet::Failure(_) => {
                Received::Discarded(Discard::QuestionOpen)
            }
        }
    }

    /// IDENTITY.
    fn identity(&mut self, body: &Body<'_>, now: Instant) -> Received {
        if self.config.identity.is_none() {
            let query = Query::Identity { prompt: basic::identity_prompt(body.data) };
            self.ask(query, body, now);
        } else {
            self.respond_identity(body.into(), now);
        }
        Received::Accepted
    }

    fn respond_identity(&mut self, request: RequestHeader, now: Instant) {
        self.begin_response(request, request.method);
        self.last.draft.extend(self.identity.as_bytes());
        self.send_response(request, now);
    }

    /// NOTIFICATION.
    fn notification(&mut self, body: &Body<'_>, now: Instant) -> Received {
        let allowed = self
            .selected
            .as_ref()
            .is_none_or(|selected| !matches!(selected.progress, Some(Progress::Done(_))));
        if !allowed {
            return self.discard(Discard::NotificationNotAllowed);
        }
        match basic::notification(body.data) {
            Err(reason) => self.discard(reason),
            Ok(message) => {
                self.outputs.event(Event::Notification(message));
                let request = body.into();
                self.begin_response(request, body.method);
                self.send_response(request, now);
                Received::Accepted
            }
        }
    }

    /// GET_METHOD.
    fn get_method(&mut self, body: &Body<'_>, now: Instant) -> Received {
        match self.config.methods.get(body.method) {
            Some(start) => {
                self.selected =
                    Some(Selected { method: body.method, instance: start(), progress: None });
                match self.process(body, now) {
                    PeerStep::Discard(reason) => {
                        self.selected = None;
                        self.discard(reason)
                    }
                    step => {
                        self.outputs.event(Event::MethodStarted(body.method));
                        self.method_step(body, step, now)
                    }
                }
            }
            None => {
                self.outputs.event(Event::MethodRefused(body.method));
                let request = body.into();
                self.begin_response(request, MethodType::NAK);
                Nak::write(body.form, self.config.methods.types(), &mut self.last.draft);
                self.last.refused = Some(body.method);
                self.send_response(request, now);
                Received::Accepted
            }
        }
    }

    /// METHOD.
    fn method(&mut self, body: &Body<'_>, now: Instant) -> Received {
        let step = self.process(body, now);
        self.method_step(body, step, now)
    }

    /// m.check, m.process and m.buildResp.
    fn process(&mut self, body: &Body<'_>, now: Instant) -> PeerStep {
        self.run_method(body.into(), now, |method, cx, reply| {
            method.handle_request(body.data, cx, reply)
        })
    }

    fn method_step(&mut self, body: &Body<'_>, step: PeerStep, now: Instant) -> Received {
        match step {
            PeerStep::Discard(reason) => self.discard(reason),
            PeerStep::Ask(query) => {
                self.ask(query, body, now);
                Received::Accepted
            }
            step => {
                self.method_result(body.into(), step, now);
                Received::Accepted
            }
        }
    }

    fn run_method(
        &mut self,
        request: RequestHeader,
        now: Instant,
        call: impl FnOnce(&mut dyn PeerMethod, &mut PeerContext<'_>, &mut PacketBuffer) -> PeerStep,
    ) -> PeerStep {
        self.begin_response(request, request.method);
        let Some(selected) = &mut self.selected else {
            return PeerStep::Discard(Discard::UnexpectedType(request.method));
        };
        let mut events = Vec::new();
        let mut cx = PeerContext {
            identifier: request.identifier,
            identity: &self.identity,
            password: self.config.password.as_ref(),
            nt_hash: self.config.nt_hash.as_ref(),
            unix_time: self.calendar.at(now),
            tunneled: self.tunneled,
            events: &mut events,
            rng: &mut self.rng,
        };
        let step = call(selected.instance.as_mut(), &mut cx, &mut self.last.draft);
        events.into_iter().for_each(|event| self.outputs.event(event));
        step
    }

    /// The arrows out of METHOD.
    fn method_result(&mut self, request: RequestHeader, step: PeerStep, now: Instant) {
        match step {
            PeerStep::Reply(progress) => {
                if let Some(selected) = &mut self.selected {
                    selected.progress = Some(progress.clone());
                    if let Some(keys) = selected.instance.keys() {
                        self.keys = Some(keys);
                    }
                }
                self.send_response(request, now);
                if let Progress::Done(Verdict::Fail(failure)) = progress
                    && !matches!(self.state, State::Failure)
                {
                    self.failure(failure);
                }
            }
            PeerStep::Fail(failure) => self.failure(failure),
            PeerStep::Ask(_) | PeerStep::Discard(_) => {}
        }
    }

    /// §8.1: METHOD or IDENTITY has to wait.
    fn ask(&mut self, query: Query, body: &Body<'_>, now: Instant) {
        let question = self.questions.open(&query, now, self.config.answer_timeout);
        self.outputs.push(Output::Ask(question.id, query));
        self.state =
            State::Awaiting(Awaiting { question, request: body.into(), data: body.data.to_vec() });
    }

    /// §8.1: METHOD or IDENTITY goes on.
    pub(super) fn answered(
        &mut self,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> Result<(), AnswerError> {
        let State::Awaiting(awaiting) = &self.state else { return Err(AnswerError::Stale) };
        awaiting.question.check(id, &answer)?;
        let request = awaiting.request;
        match answer {
            Answer::Decline => self.failure(Failure::Declined),
            Answer::Text(text) if request.method == MethodType::IDENTITY => {
                self.identity = Identity::new(text);
                self.respond_identity(request, now);
            }
            answer => self.method_answered(request, answer, now),
        }
        Ok(())
    }

    fn method_answered(&mut self, request: RequestHeader, answer: Answer, now: Instant) {
        let step = self
            .run_method(request, now, |method, cx, reply| method.handle_answer(answer, cx, reply));
        let State::Awaiting(awaiting) = &mut self.state else { return };
        match step {
            PeerStep::Ask(query) => {
                awaiting.question = self.questions.open(&query, now, self.config.answer_timeout);
                self.outputs.push(Output::Ask(awaiting.question.id, query));
            }
            // The wait was ours: the authenticator has all of its time again.
            PeerStep::Discard(_) => self.idle(now),
            step => self.method_result(request, step, now),
        }
    }

    /// RETRANSMIT.
    fn retransmit(&mut self, now: Instant) -> Received {
        self.outputs.push(Output::Send(self.last.packet.as_slice().to_vec()));
        self.idle(now);
        Received::Duplicate
    }

    /// DISCARD.
    pub(super) fn discard(&mut self, reason: Discard) -> Received {
        Received::Discarded(reason)
    }

    fn begin_response(&mut self, request: RequestHeader, method: MethodType) {
        self.last.draft.begin(Code::Response, request.identifier, method, request.form);
    }

    /// SEND_RESPONSE: what has been drafted becomes lastRespData.
    fn send_response(&mut self, request: RequestHeader, now: Instant) {
        let limit = self.config.max_rounds;
        if self.rounds >= limit {
            return self.failure(Failure::TooManyRounds { limit });
        }
        if self.last.draft.finish().is_err() {
            let reason = "the response does not fit a packet";
            return self.failure(Failure::MethodFailed { method: request.method, reason });
        }
        self.rounds = self.rounds.saturating_add(1);
        self.last.identifier = Some(request.identifier);
        core::mem::swap(&mut self.last.packet, &mut self.last.draft);
        self.outputs.push(Output::Send(self.last.packet.as_slice().to_vec()));
        self.idle(now);
    }

    /// SUCCESS.
    fn success(&mut self) {
        self.state = State::Success;
        if let Some(mut selected) = self.selected.take() {
            selected.instance.succeeded();
            self.outputs.push(Output::Finished(Ok(Outcome {
                method: selected.method,
                peer_identity: self.identity.clone(),
                keys: self.keys.take(),
                tls: selected.instance.tls(),
                inner: selected.instance.inner(),
                session: None,
            })));
        }
    }

    /// FAILURE.
    fn failure(&mut self, failure: Failure) {
        self.state = State::Failure;
        self.selected = None;
        self.keys = None;
        self.outputs.push(Output::Finished(Err(failure)));
    }

    fn withdraw(&mut self) {
        if let State::Awaiting(awaiting) = &self.state {
            self.outputs.push(Output::Withdrawn(awaiting.question.id));
        }
    }

    /// Whether `altAccept` would be a success.
    pub(crate) fn would_accept(&self) -> bool {
        self.state.is_active() && self.decision() != Decision::Fail
    }

    fn decision(&self) -> Decision {
        match self.selected.as_ref().and_then(|selected| selected.progress.as_ref()) {
            Some(Progress::MayEnd(Willingness::CondSucc) | Progress::Done(Verdict::CondSucc)) => {
                Decision::CondSucc
            }
            Some(Progress::Done(Verdict::UncondSucc)) => Decision::UncondSucc,
            None
            | Some(
                Progress::Continue
                | Progress::MayEnd(Willingness::Fail)
                | Progress::Done(Verdict::Fail(_)),
            ) => Decision::Fail,
        }
    }

    /// `methodState == CONT`.
    fn method_continues(&self) -> bool {
        matches!(&self.selected, Some(Selected { progress: Some(Progress::Continue), .. }))
    }

    /// RFC 3748 §4.2: the Identifier of a result is that of the Response it answers.
    fn matches_last(&self, identifier: Identifier) -> bool {
        self.last.identifier.is_some_and(|last| {
            identifier == last || (self.config.accept_next_identifier && identifier == last.next())
        })
    }

    fn reason_of_rejection(&self) -> Failure {
        let known = self.selected.as_ref().and_then(|selected| selected.instance.rejection());
        if let Some(known) = known {
            return known;
        }
        match (&self.selected, self.last.refused) {
            (Some(Selected { method, instance, .. }), _)
                if instance.tls().is_some_and(|tls| tls.resumed) =>
            {
                Failure::ResumptionRejected { method: *method }
            }
            (Some(Selected { method, .. }), _) => Failure::Rejected { method: *method },
            (None, Some(wanted)) => Failure::MethodRefused { wanted },
            (None, None) => Failure::IdentityRejected,
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
