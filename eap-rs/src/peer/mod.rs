//! The peer (RFC 4137 §4): its public face. The states are in [`machine`].

mod config;
mod machine;

use std::sync::Arc;

use rand_core::CryptoRng;

pub use config::{PeerConfig, PeerConfigBuilder};

use crate::output::Outbox;
use crate::query::Questions;
use crate::time::Calendar;
use crate::{
    Answer, AnswerError, Discard, Identity, Instant, Keys, Output, Packet, QueryId, Received,
    Signal,
};
use machine::{LastResponse, Selected, State};

/// One peer's conversation: the side that wants access.
///
/// - inputs: [`handle_packet`](Self::handle_packet), [`handle_answer`](Self::handle_answer),
///   [`handle_signal`](Self::handle_signal), [`handle_timeout`](Self::handle_timeout);
/// - outputs: [`poll_output`](Self::poll_output), to be drained after every input, and then
///   [`poll_timeout`](Self::poll_timeout).
///
/// The port counts as enabled from the start; the client timer starts with the first input.
pub struct Peer {
    config: Arc<PeerConfig>,
    rng: Box<dyn CryptoRng + Send>,
    /// Whether a tunnel protects the conversation.
    tunneled: bool,
    state: State,
    /// The identity last given, from the configuration or by answer.
    identity: Identity,
    /// selectedMethod, methodState and decision of RFC 4137 §4.3.1.
    selected: Option<Selected>,
    /// lastId and lastRespData of RFC 4137 §4.3.1.
    last: LastResponse,
    /// eapKeyData; becomes available in SUCCESS only.
    keys: Option<Keys>,
    rounds: u16,
    calendar: Calendar,
    questions: Questions,
    outputs: Outbox,
}

impl Peer {
    /// A peer that waits for its first Request.
    pub fn new(config: Arc<PeerConfig>, rng: impl CryptoRng + Send + 'static) -> Self {
        Self {
            identity: config.identity.clone().unwrap_or_default(),
            config,
            rng: Box::new(rng),
            tunneled: false,
            state: State::Initialize,
            selected: None,
            last: LastResponse::default(),
            keys: None,
            rounds: 0,
            calendar: Calendar::default(),
            questions: Questions::default(),
            outputs: Outbox::default(),
        }
    }

    /// A peer of a conversation inside a tunnel.
    pub(crate) fn in_tunnel(config: Arc<PeerConfig>, rng: impl CryptoRng + Send + 'static) -> Self {
        Self { tunneled: true, ..Self::new(config, rng) }
    }

    /// Feeds one EAP packet from the lower layer.
    pub fn handle_packet(&mut self, packet: &[u8], now: Instant) -> Received {
        if self.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        match Packet::parse(packet) {
            Ok(packet) => self.received(packet, now),
            Err(reason) => self.discard(reason),
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
            Signal::AltAccept => self.alt_accept(),
            Signal::AltReject => self.alt_reject(),
            Signal::PortUp => self.port_enabled(now),
            Signal::PortDown => self.disabled(),
            Signal::Logoff | Signal::Logon => {}
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

    /// The next thing to do, or `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.state.deadline()
    }

    /// Whether a question is open.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        matches!(self.state, State::Awaiting(_))
    }
}

impl core::fmt::Debug for Peer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Peer")
            .field("state", &self.state)
            .field("identity", &self.identity)
            .field("selected", &self.selected)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}
