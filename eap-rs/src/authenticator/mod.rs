//! The stand-alone authenticator (RFC 4137 §5) and the backend authenticator (§6): their public
//! face. The states are in [`machine`]. The full authenticator (§7) is these and [`full`].

mod config;
mod full;
mod machine;
mod policy;
mod retransmit;

use core::time::Duration;
use std::sync::Arc;

use rand_core::CryptoRng;

pub use config::{AuthenticatorConfig, AuthenticatorConfigBuilder};
pub use full::{AaaAnswer, AaaRequest, AaaRequestId, FullAuthenticator};
pub use retransmit::Retransmission;

use crate::output::Outbox;
use crate::query::Questions;
use crate::time::Calendar;
use crate::{
    Answer, AnswerError, Discard, Identifier, Instant, Keys, Output, Packet, PacketBuffer, QueryId,
    Received, Signal,
};
use machine::{Current, State};
use policy::Policy;
use retransmit::RoundTrip;

/// What every lower layer has to carry (RFC 3748 §3.1).
const MIN_MTU: usize = 1020;

/// What the Length of an EAP packet can say.
const MAX_MTU: usize = 65_535;

/// One conversation of the side that grants access: a switch or access point without a backend
/// server, or the backend server
/// ([`AuthenticatorConfigBuilder::backend`](AuthenticatorConfigBuilder::backend)).
///
/// - inputs: [`start`](Self::start) or [`pick_up`](Self::pick_up), [`handle_packet`](Self::handle_packet),
///   [`handle_answer`](Self::handle_answer), [`handle_signal`](Self::handle_signal),
///   [`handle_timeout`](Self::handle_timeout);
/// - outputs: [`poll_output`](Self::poll_output), to be drained after every input, and then
///   [`poll_timeout`](Self::poll_timeout).
///
/// It asks the peer for its identity, then proposes the methods it offers until the peer accepts
/// one. That method's result is the conversation's (RFC 3748 §2.1).
pub struct Authenticator {
    config: Arc<AuthenticatorConfig>,
    rng: Box<dyn CryptoRng + Send>,
    state: State,
    policy: Policy,
    /// currentMethod and methodState of RFC 4137 §5.3.1.
    current: Current,
    /// currentId.
    current_id: Option<Identifier>,
    /// nextId: what the next Request will have.
    next_id: Identifier,
    /// lastReqData, and the buffer in which the next Request is built.
    last_request: PacketBuffer,
    draft: PacketBuffer,
    round_trip: RoundTrip,
    /// eapKeyData; becomes available in SUCCESS only.
    keys: Option<Keys>,
    rounds: u16,
    /// Whether there is a part 2 to pass through to.
    is_full: bool,
    calendar: Calendar,
    mtu: usize,
    questions: Questions,
    outputs: Outbox,
}

impl Authenticator {
    /// An authenticator that waits for [`Self::start`].
    pub fn new(config: Arc<AuthenticatorConfig>, rng: impl CryptoRng + Send + 'static) -> Self {
        Self {
            config,
            rng: Box::new(rng),
            state: State::Disabled,
            policy: Policy::default(),
            current: Current::None,
            current_id: None,
            next_id: Identifier(0),
            last_request: PacketBuffer::default(),
            draft: PacketBuffer::default(),
            round_trip: RoundTrip::default(),
            keys: None,
            rounds: 0,
            is_full: false,
            calendar: Calendar::default(),
            mtu: MAX_MTU,
            questions: Questions::default(),
            outputs: Outbox::default(),
        }
    }

    /// Begins the conversation, or begins it again: the port is enabled.
    pub fn start(&mut self, now: Instant) {
        self.initialize(now);
    }

    /// Begins the conversation, or begins it again, with a Response to a Request that a NAS has
    /// sent (RFC 4137 §6.2): the identity, as a rule, which is then not asked for; or the answer to
    /// the Start of EAP-TLS or EAP-TTLS, if everybody is offered that: then the identity is never
    /// known, and empty in the [`Outcome`](crate::Outcome). The Requests that follow have the
    /// Identifiers after the Response's.
    ///
    /// If the Response is discarded, nothing has begun.
    pub fn pick_up(&mut self, response: &[u8], now: Instant) -> Received {
        match Packet::parse(response) {
            Ok(packet) => self.initialize_with_response(packet, now),
            Err(reason) => Received::Discarded(reason),
        }
    }

    /// Feeds one EAP packet from the lower layer.
    pub fn handle_packet(&mut self, packet: &[u8], now: Instant) -> Received {
        if self.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        match Packet::parse(packet) {
            Ok(packet) => self.received(packet, now),
            Err(reason) => Received::Discarded(reason),
        }
    }

    /// Answers the open question.
    ///
    /// # Errors
    /// [`AnswerError`] if it is not open, or not of that kind: then it stays open.
    pub fn handle_answer(
        &mut self,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> Result<(), AnswerError> {
        self.answered(id, answer, now)
    }

    /// Takes an indication from the lower layer.
    pub fn handle_signal(&mut self, signal: Signal, now: Instant) {
        match signal {
            Signal::Restart => self.eap_restart(now),
            Signal::PortUp => self.port_enabled(now),
            Signal::PortDown => self.disabled(),
            Signal::AltAccept | Signal::AltReject | Signal::Logoff | Signal::Logon => {}
        }
    }

    /// Tells the time. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.time_passed(now);
    }

    /// Says what the calendar reads `now`: seconds since 1970-01-01 UTC. Certificates are checked
    /// against it; [`ClockPolicy`](crate::tls::ClockPolicy) says what happens without it.
    pub fn set_unix_time(&mut self, unix_seconds: u64, now: Instant) {
        self.calendar.set(unix_seconds, now);
    }

    /// Says how long an EAP packet may be on the way to the peer, in octets: from here on, methods
    /// that send long messages cut them so that no Request is longer, even where their settings
    /// would allow it. Less than 1020 counts as 1020, which every lower layer has to carry
    /// (RFC 3748 §3.1).
    pub fn set_mtu(&mut self, octets: usize) {
        self.mtu = octets.clamp(MIN_MTU, MAX_MTU);
    }

    /// The next thing to do, or `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.state.deadline()
    }

    /// How long the Request that is outstanding may take, if a person has to act first
    /// (aaaMethodTimeout of RFC 4137 §6.1.2): what a backend tells the NAS, in RADIUS by
    /// Session-Timeout (RFC 3579 §2.3).
    #[must_use]
    pub fn method_timeout(&self) -> Option<Duration> {
        match &self.current {
            Current::Method { instance, .. } => instance.timeout(),
            Current::None | Current::Identity | Current::Notification => None,
        }
    }

    /// Whether a question is open.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        matches!(self.state, State::Awaiting { .. })
    }
}

impl core::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Authenticator")
            .field("state", &self.state)
            .field("policy", &self.policy)
            .field("current", &self.current)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}
