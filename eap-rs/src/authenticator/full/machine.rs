//! The full authenticator state machine of RFC 4137 §7 and appendix A.4. Part 1 (figure 6) is
//! [`super::super::machine`], whose SELECT_ACTION has the arrow to INITIALIZE_PASSTHROUGH. Part 2
//! (figure 7) is here.
//!
//! | RFC state | here |
//! |---|---|
//! | INITIALIZE_PASSTHROUGH | [`FullAuthenticator::initialize_passthrough`] |
//! | IDLE2 | [`State::Idle2`]; its arrows: [`FullAuthenticator::received_2`], [`FullAuthenticator::time_passed`] |
//! | RETRANSMIT2 | [`FullAuthenticator::retransmit_2`] |
//! | RECEIVED2 | [`FullAuthenticator::received_2`] |
//! | AAA_REQUEST | [`FullAuthenticator::aaa_request`] |
//! | AAA_IDLE | [`State::AaaIdle`]; its arrows: [`FullAuthenticator::answered_by_aaa`], [`FullAuthenticator::time_passed`] |
//! | AAA_RESPONSE | [`FullAuthenticator::aaa_response`] |
//! | DISCARD2 | returning [`Received::Discarded`]; after aaaEapNoReq: [`FullAuthenticator::discard_2`] |
//! | SEND_REQUEST2 | [`FullAuthenticator::send_request_2`] |
//! | TIMEOUT_FAILURE2 | [`FullAuthenticator::timeout_failure_2`] |
//! | FAILURE2 | [`FullAuthenticator::failure_2`] |
//! | SUCCESS2 | [`FullAuthenticator::success_2`] |
//!
//! The RFC's variables: currentId and lastReqData are those of part 1; aaaEapResp and
//! aaaEapRespData are [`Output::AskAaa`]; aaaTimeout is [`State::AaaIdle`]'s deadline; the AAA
//! server's variables are [`AaaAnswer`].
//!
//! # Departures
//!
//! - Answers of the AAA server name the request that they answer: one that comes after a restart
//!   must not be taken for the new conversation's.
//! - DISCARD2 leaves retransWhile running, as DISCARD does in part 1. If there is no Request to
//!   send again, because the AAA server was to begin, AAA_IDLE goes on until aaaTimeout.
//! - More Requests than [`max_rounds`](crate::AuthenticatorConfigBuilder::max_rounds) end in
//!   FAILURE2, and so does an aaaSuccess without keys where they are required; EAP-Failure is ours
//!   then, for it corrects nothing that the AAA server has sent to the peer.
//! - INITIALIZE_PASSTHROUGH does not pass on the Response to a Notification of ours, which no AAA
//!   server expects (RFC 3579 §2.6.5), but what the peer has said before, under the Identifier of the
//!   Notification: the AAA server's come after it.
//! - A hint (aaaMethodTimeout) of 0 is none.
//! - SUCCESS2 and FAILURE2 do not pass on an EAP packet that says the contrary, or is none (RFC 3579
//!   §2.6.3).

use core::time::Duration;

use super::{AaaAnswer, AaaRequest, AaaRequestId, FullAuthenticator};
use crate::authenticator::machine::State as Part1;
use crate::methods::basic;
use crate::packet::{Body, result_packet};
use crate::{
    Code, Discard, Event, Failure, Identity, Instant, Keys, MethodType, Outcome, Output, Packet,
    Received,
};

/// Part 2 of the machine, and what is known of the conversation that it carries.
#[derive(Debug)]
pub(super) struct PassThrough {
    state: State,
    /// aaaIdentity.
    identity: Identity,
    /// The last method whose Response has passed by.
    method: MethodType,
    /// methodTimeout.
    method_timeout: Option<Duration>,
}

/// The states in which part 2 rests between inputs.
#[derive(Clone, Copy, Debug)]
enum State {
    Idle2(Outstanding),
    AaaIdle {
        id: AaaRequestId,
        deadline: Instant,
        /// The Request that is answered by what the AAA server is asked about; `None` if it is to
        /// begin.
        outstanding: Option<Outstanding>,
    },
    Success2,
    Failure2,
    TimeoutFailure2,
}

/// The Request that the peer has not answered, or whose answer may be no good.
#[derive(Clone, Copy, Debug)]
struct Outstanding {
    /// When it was sent first.
    sent: Instant,
    retrans_while: Instant,
    retrans_count: u8,
}

impl PassThrough {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Idle2(outstanding) => Some(outstanding.retrans_while),
            State::AaaIdle { deadline, .. } => Some(*deadline),
            State::Success2 | State::Failure2 | State::TimeoutFailure2 => None,
        }
    }

    pub(super) const fn eap_timeout(&self) -> bool {
        matches!(self.state, State::TimeoutFailure2)
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self.state, State::AaaIdle { .. })
    }
}

impl FullAuthenticator {
    /// Part 1 has begun anew.
    pub(super) fn began(&mut self, now: Instant) {
        self.last_response.clear();
        self.passed = None;
        self.went_on(now);
    }

    /// The arrow `decision == PASSTHROUGH`, if part 1 has taken it.
    pub(super) fn went_on(&mut self, now: Instant) {
        if self.passed.is_none() && matches!(self.local.state, Part1::PassedThrough) {
            self.initialize_passthrough(now);
        }
    }

    /// INITIALIZE_PASSTHROUGH.
    fn initialize_passthrough(&mut self, now: Instant) {
        let identity = self.local.policy.identity().cloned().unwrap_or_default();
        let passed = PassThrough {
            state: State::Failure2,
            identity,
            method: MethodType::NONE,
            method_timeout: None,
        };
        self.passed = Some(passed);
        match self.local.current_id {
            Some(current_id) => {
                let mut response = core::mem::take(&mut self.last_response);
                if let Some(identifier) = response.get_mut(1) {
                    *identifier = current_id.0;
                }
                // The Request is answered; should the AAA server drop the answer, it stands again.
                let wait = self.calculate_timeout(0);
                let outstanding =
                    Outstanding { sent: now, retrans_while: now + wait, retrans_count: 0 };
                self.ask_aaa(response, Some(outstanding), now);
            }
            None => self.ask_aaa(Vec::new(), None, now),
        }
    }

    /// `retransWhile == 0` in IDLE2, and aaaTimeout in AAA_IDLE.
    pub(super) fn time_passed(&mut self, now: Instant) {
        self.went_on(now);
        let Some(passed) = &self.passed else { return };
        match passed.state {
            State::Idle2(outstanding) if now >= outstanding.retrans_while => {
                self.retransmit_2(outstanding, now);
            }
            State::AaaIdle { deadline, .. } if now >= deadline => {
                self.timeout_failure_2(Failure::AaaTimeout);
            }
            _ => {}
        }
    }

    /// RETRANSMIT2.
    fn retransmit_2(&mut self, outstanding: Outstanding, now: Instant) {
        let retrans_count = outstanding.retrans_count.saturating_add(1);
        if retrans_count > self.local.config.retransmission.max_retransmissions {
            return self.timeout_failure_2(Failure::NoResponse);
        }
        self.local.outputs.push(Output::Send(self.local.last_request.as_slice().to_vec()));
        let wait = self.calculate_timeout(retrans_count);
        let retrans_while = now + wait;
        self.enter(State::Idle2(Outstanding { retrans_while, retrans_count, ..outstanding }));
    }

    fn calculate_timeout(&mut self, retrans_count: u8) -> Duration {
        let hint = self.passed.as_ref().and_then(|passed| passed.method_timeout);
        let local = &mut self.local;
        let bounds = &local.config.retransmission;
        local.round_trip.timeout(bounds, retrans_count, hint, &mut local.rng)
    }

    /// RECEIVED2.
    pub(super) fn received_2(
        &mut self,
        parsed: Packet<'_>,
        packet: &[u8],
        now: Instant,
    ) -> Received {
        let Some(passed) = &self.passed else {
            return Received::Discarded(Discard::PortDisabled);
        };
        let Packet::Response(body) = parsed else {
            return Received::Discarded(Discard::UnexpectedCode(parsed.code()));
        };
        let is_current = self.local.current_id == Some(body.identifier);
        match passed.state {
            State::Success2 | State::Failure2 | State::TimeoutFailure2 => {
                Received::Discarded(Discard::Finished)
            }
            _ if !is_current => Received::Discarded(Discard::WrongIdentifier),
            State::AaaIdle { .. } => Received::Duplicate,
            State::Idle2(outstanding) => {
                // RFC 6298 §3, Karn's algorithm; and a person's time says nothing about the network.
                if outstanding.retrans_count == 0 && passed.method_timeout.is_none() {
                    let sample = now.saturating_since(outstanding.sent);
                    self.local.round_trip.measured(sample);
                }
                self.aaa_request(&body, packet, outstanding, now);
                Received::Accepted
            }
        }
    }

    /// AAA_REQUEST.
    fn aaa_request(
        &mut self,
        body: &Body<'_>,
        packet: &[u8],
        outstanding: Outstanding,
        now: Instant,
    ) {
        if let Some(passed) = &mut self.passed {
            match body.method {
                // One that is too long is the AAA server's to judge; as a name it is none.
                MethodType::IDENTITY => {
                    if let Ok(identity) = basic::identity(body.data) {
                        passed.identity = identity;
                        let event = Event::PeerIdentity(passed.identity.clone());
                        self.local.outputs.event(event);
                    }
                }
                MethodType::NOTIFICATION | MethodType::NAK => {}
                method => passed.method = method,
            }
        }
        self.ask_aaa(packet.to_vec(), Some(outstanding), now);
    }

    /// AAA_IDLE: aaaEapResp is signalled.
    fn ask_aaa(&mut self, eap_message: Vec<u8>, outstanding: Option<Outstanding>, now: Instant) {
        let Some(passed) = &mut self.passed else { return };
        self.asked = self.asked.saturating_add(1);
        let id = AaaRequestId(self.asked);
        let identity = passed.identity.clone();
        let deadline = now + self.local.config.aaa_timeout;
        passed.state = State::AaaIdle { id, deadline, outstanding };
        self.local.outputs.push(Output::AskAaa(AaaRequest { id, identity, eap_message }));
    }

    /// The arrows out of AAA_IDLE.
    pub(super) fn answered_by_aaa(
        &mut self,
        answered: AaaRequestId,
        answer: AaaAnswer<'_>,
        now: Instant,
    ) -> Received {
        let outstanding = match self.passed.as_ref().map(|passed| passed.state) {
            Some(State::AaaIdle { id, outstanding, .. }) if id == answered => outstanding,
            _ => return Received::Discarded(Discard::AaaUnexpected),
        };
        match answer.without_empty_keys() {
            AaaAnswer::Request { eap_message, method_timeout } => {
                return self.aaa_response(eap_message, method_timeout, now);
            }
            AaaAnswer::NoRequest => self.discard_2(outstanding),
            AaaAnswer::Timeout => self.timeout_failure_2(Failure::AaaTimeout),
            AaaAnswer::Success { keys: None, .. } if self.local.config.require_keys => {
                let own = self.own_failure();
                self.failure_2(own.as_deref(), Failure::AaaWithoutKeys);
            }
            AaaAnswer::Success { eap_message, keys } => self.success_2(eap_message, keys),
            AaaAnswer::Failure { eap_message } => {
                self.failure_2(eap_message, Failure::AaaRejected);
            }
        }
        Received::Accepted
    }

    /// AAA_RESPONSE.
    fn aaa_response(
        &mut self,
        eap_message: &[u8],
        method_timeout: Option<Duration>,
        now: Instant,
    ) -> Received {
        let request = match Packet::parse(eap_message) {
            Ok(Packet::Request(body)) => body,
            Ok(packet) => return Received::Discarded(Discard::UnexpectedCode(packet.code())),
            Err(reason) => return Received::Discarded(reason),
        };
        let limit = self.local.config.max_rounds;
        if self.local.rounds >= limit {
            let own = self.own_failure();
            self.failure_2(own.as_deref(), Failure::TooManyRounds { limit });
            return Received::Accepted;
        }
        self.local.rounds = self.local.rounds.saturating_add(1);
        self.local.current_id = Some(request.identifier);
        if let Some(passed) = &mut self.passed {
            passed.method_timeout = method_timeout.filter(|hint| !hint.is_zero());
        }
        self.send_request_2(super::without_padding(eap_message), now);
        Received::Accepted
    }

    /// SEND_REQUEST2.
    fn send_request_2(&mut self, request: &[u8], now: Instant) {
        self.local.last_request.clear();
        self.local.last_request.extend(request);
        self.local.outputs.push(Output::Send(request.to_vec()));
        let wait = self.calculate_timeout(0);
        let retrans_while = now + wait;
        self.enter(State::Idle2(Outstanding { sent: now, retrans_while, retrans_count: 0 }));
    }

    /// DISCARD2, after aaaEapNoReq.
    fn discard_2(&mut self, outstanding: Option<Outstanding>) {
        if let Some(outstanding) = outstanding {
            self.enter(State::Idle2(outstanding));
        }
    }

    /// SUCCESS2.
    fn success_2(&mut self, eap_message: Option<&[u8]>, keys: Option<Keys>) {
        let Some(passed) = &self.passed else { return };
        let (method, peer_identity) = (passed.method, passed.identity.clone());
        self.end(State::Success2, eap_message.filter(|packet| is(packet, Code::Success)));
        let outcome =
            Outcome { method, peer_identity, keys, tls: None, inner: None, session: None };
        self.local.outputs.push(Output::Finished(Ok(outcome)));
    }

    /// FAILURE2.
    fn failure_2(&mut self, eap_message: Option<&[u8]>, failure: Failure) {
        self.end(State::Failure2, eap_message.filter(|packet| is(packet, Code::Failure)));
        self.local.outputs.push(Output::Finished(Err(failure)));
    }

    /// TIMEOUT_FAILURE2: nothing is sent to the peer.
    fn timeout_failure_2(&mut self, failure: Failure) {
        self.end(State::TimeoutFailure2, None);
        self.local.outputs.push(Output::Finished(Err(failure)));
    }

    fn end(&mut self, state: State, last: Option<&[u8]>) {
        if let Some(packet) = last {
            self.local.outputs.push(Output::Send(super::without_padding(packet).to_vec()));
        }
        self.enter(state);
    }

    fn enter(&mut self, state: State) {
        if let Some(passed) = &mut self.passed {
            passed.state = state;
        }
    }

    fn own_failure(&self) -> Option<Vec<u8>> {
        self.local.current_id.map(|id| result_packet(Code::Failure, id))
    }
}

/// Whether this is a packet of this Code.
fn is(packet: &[u8], code: Code) -> bool {
    Packet::parse(packet).is_ok_and(|packet| packet.code() == code)
}
