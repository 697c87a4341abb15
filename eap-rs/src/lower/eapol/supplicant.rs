//! The supplicant PAE and backend machines of IEEE 802.1X-2004 §8.2.11 and §8.2.12, around a
//! [`Peer`].
//!
//! | 802.1X state | here |
//! |---|---|
//! | LOGOFF, DISCONNECTED, CONNECTING, AUTHENTICATING, AUTHENTICATED, HELD | [`PaeState`], entered by [`Supplicant::enter`] |
//! | RESTART | [`Supplicant::restart`] |
//! | backend REQUEST, RESPONSE, RECEIVE | [`PaeState::Authenticating`] with authWhile stopped or running |
//! | backend SUCCESS, FAIL, TIMEOUT | [`Supplicant::finished`], [`Supplicant::handle_timeout`] |
//!
//! portValid is always true (there is no MACsec), and so is portControl Auto.
//!
//! # Departures
//!
//! - Only an EAP Request starts a conversation (eapolEap out of CONNECTING, HELD, AUTHENTICATED).
//!   A canned Success of a port forced open must not end the search, nor a forged Failure the
//!   session.
//! - A discarded packet leaves authWhile running, where the backend's RECEIVE sets it anew: bad
//!   packets must not put off the time-out for ever.
//! - authWhile stands still while the user is being asked, as the backend's REQUEST has it; when
//!   it runs out, the result is reported like every other before CONNECTING is entered.

use core::time::Duration;
use std::sync::Arc;

use rand_core::CryptoRng;

use super::MacAddress;
use super::frame::{EapolVersion, EthernetFrame, GROUP_ADDRESS, PduType, write_frame};
use crate::config::{check_range, check_time};
use crate::output::Outbox;
use crate::{
    Answer, AnswerError, Code, ConfigError, Discard, Event, Failure, Instant, Outcome, Output,
    Packet, Peer, PeerConfig, QueryId, Received, Signal,
};

/// Whether the port may carry traffic (suppPortStatus, authPortStatus).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortStatus {
    /// Nothing but EAPOL.
    Unauthorized,
    /// Everything.
    Authorized,
}

/// Where the PAE rests between inputs (IEEE 802.1X-2004 §8.2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaeState {
    /// The link is down.
    Disconnected,
    /// The user has logged off.
    Logoff,
    /// EAPOL-Start is being sent.
    Connecting,
    /// A conversation is in progress.
    Authenticating,
    /// The port is open.
    Authenticated,
    /// The last conversation failed; the next has to wait.
    Held,
}

/// Where EAP packets go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Destination {
    /// To the PAE group address, as IEEE 802.1X-2004 §7.8 has it for LANs.
    #[default]
    Group,
    /// To the other side's own address: a supplicant does so once it has been addressed by its own,
    /// an authenticator once the station has spoken; to the group address before.
    AsSeen,
}

/// A supplicant's configuration: checked, immutable, shared through `Arc`.
#[derive(Clone, Debug)]
pub struct SupplicantConfig {
    mac: MacAddress,
    version: EapolVersion,
    destination: Destination,
    start_period: Duration,
    max_start: u32,
    held_period: Duration,
    auth_period: Duration,
}

impl SupplicantConfig {
    /// Starts a configuration for the port with this address.
    #[must_use]
    pub fn builder(mac: MacAddress) -> SupplicantConfigBuilder {
        SupplicantConfigBuilder(Self {
            mac,
            version: EapolVersion::default(),
            destination: Destination::default(),
            start_period: Duration::from_secs(30),
            max_start: 3,
            held_period: Duration::from_secs(60),
            auth_period: Duration::from_secs(30),
        })
    }
}

/// Collects a [`SupplicantConfig`]. Nothing is refused before [`Self::build`].
#[derive(Clone, Debug)]
pub struct SupplicantConfigBuilder(SupplicantConfig);

impl SupplicantConfigBuilder {
    /// The EAPOL version to write; 1 if not set.
    #[must_use]
    pub fn version(mut self, version: EapolVersion) -> Self {
        self.0.version = version;
        self
    }

    /// Where responses go; the group address if not set.
    #[must_use]
    pub fn destination(mut self, destination: Destination) -> Self {
        self.0.destination = destination;
        self
    }

    /// startPeriod: the time between EAPOL-Starts; 30 s if not set.
    #[must_use]
    pub fn start_period(mut self, time: Duration) -> Self {
        self.0.start_period = time;
        self
    }

    /// maxStart: how many EAPOL-Starts go unanswered before there is no 802.1X here; 3 if not set.
    #[must_use]
    pub fn max_start(mut self, count: u32) -> Self {
        self.0.max_start = count;
        self
    }

    /// heldPeriod: the wait after a failure; 60 s if not set.
    #[must_use]
    pub fn held_period(mut self, time: Duration) -> Self {
        self.0.held_period = time;
        self
    }

    /// authPeriod: the wait for the authenticator's next packet; 30 s if not set.
    #[must_use]
    pub fn auth_period(mut self, time: Duration) -> Self {
        self.0.auth_period = time;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(&self) -> Result<SupplicantConfig, ConfigError> {
        check_time("start_period", self.0.start_period)?;
        check_range("max_start", self.0.max_start.into(), 1..=1000)?;
        check_time("held_period", self.0.held_period)?;
        check_time("auth_period", self.0.auth_period)?;
        Ok(self.0.clone())
    }
}

/// A peer on an IEEE 802.1X port. Inputs and outputs are those of [`Peer`], but that packets are
/// whole Ethernet frames.
///
/// It is silent until [`Signal::PortUp`]. The port's status comes as [`Event::Port`], "no 802.1X
/// here" as [`Event::NoAuthenticator`]; each conversation's result as [`Output::Finished`], after
/// which it goes on by itself: re-authentication does not close the port.
#[derive(Debug)]
pub struct Supplicant {
    config: Arc<SupplicantConfig>,
    peer: Peer,
    state: PaeState,
    port: PortStatus,
    /// startWhen in CONNECTING, authWhile in AUTHENTICATING, heldWhile in HELD.
    deadline: Option<Instant>,
    start_count: u32,
    /// userLogoff.
    user_logoff: bool,
    port_enabled: bool,
    /// The authenticator's address, once it has used ours.
    authenticator: Option<MacAddress>,
    outputs: Outbox,
}

/// An EAP packet out of a frame that is for us.
struct EapPacket<'a> {
    code: Code,
    octets: &'a [u8],
    /// Who sent it, if to our own address.
    sender: Option<MacAddress>,
}

impl Supplicant {
    /// A supplicant whose link is down.
    pub fn new(
        config: Arc<SupplicantConfig>,
        peer_config: Arc<PeerConfig>,
        rng: impl CryptoRng + Send + 'static,
    ) -> Self {
        Self {
            config,
            peer: Peer::new(peer_config, rng),
            state: PaeState::Disconnected,
            port: PortStatus::Unauthorized,
            deadline: None,
            start_count: 0,
            user_logoff: false,
            port_enabled: false,
            authenticator: None,
            outputs: Outbox::default(),
        }
    }

    /// Feeds one Ethernet frame. Frames of other protocols, of other stations and of types that a
    /// supplicant has no use for are discarded. A well-formed Request begins a conversation
    /// (eapolEap) even if the peer then discards it.
    pub fn handle_packet(&mut self, frame: &[u8], now: Instant) -> Received {
        if self.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        match self.eap_packet(frame) {
            Ok(packet) => self.eapol_eap(&packet, now),
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
        self.peer.handle_answer(id, answer, now)?;
        self.peer_ran(now);
        if self.state == PaeState::Authenticating {
            self.arm_auth_while(now);
        }
        Ok(())
    }

    /// Takes an indication: link up and down, logoff and logon, a restart.
    pub fn handle_signal(&mut self, signal: Signal, now: Instant) {
        match signal {
            Signal::PortUp => {
                self.port_enabled = true;
                if self.state == PaeState::Disconnected {
                    self.enter(PaeState::Connecting, now);
                }
            }
            Signal::PortDown => {
                self.port_enabled = false;
                self.stop_peer(now);
                self.enter(PaeState::Disconnected, now);
            }
            Signal::Logoff => {
                self.user_logoff = true;
                if self.port_enabled && self.state != PaeState::Logoff {
                    self.stop_peer(now);
                    self.enter(PaeState::Logoff, now);
                }
            }
            Signal::Logon => {
                self.user_logoff = false;
                if self.state == PaeState::Logoff {
                    self.enter(PaeState::Connecting, now);
                }
            }
            Signal::Restart => {
                if self.port_enabled && !self.user_logoff {
                    self.stop_peer(now);
                    self.start_count = 0;
                    self.enter(PaeState::Connecting, now);
                }
            }
            Signal::AltAccept | Signal::AltReject => {
                // Outside a conversation the peer has nothing to accept or reject.
                if self.state == PaeState::Authenticating {
                    self.peer.handle_signal(signal, now);
                    self.peer_ran(now);
                }
            }
        }
    }

    /// Tells the time. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        // The client timer belongs to a conversation: in CONNECTING startWhen counts alone.
        if self.state == PaeState::Authenticating {
            self.peer.handle_timeout(now);
            self.peer_ran(now);
        }
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            PaeState::Connecting if self.start_count >= self.config.max_start => {
                self.outputs.event(Event::NoAuthenticator);
                self.enter(PaeState::Authenticated, now);
            }
            PaeState::Connecting | PaeState::Held => self.enter(PaeState::Connecting, now),
            PaeState::Authenticating => {
                self.peer.request_overdue();
                self.peer_ran(now);
            }
            PaeState::Disconnected | PaeState::Logoff | PaeState::Authenticated => {}
        }
    }

    /// Says what the calendar reads `now`: seconds since 1970-01-01 UTC. As
    /// [`Peer::set_unix_time`].
    pub fn set_unix_time(&mut self, unix_seconds: u64, now: Instant) {
        self.peer.set_unix_time(unix_seconds, now);
    }

    /// The next thing to do, or `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let peer = match self.state {
            PaeState::Authenticating => self.peer.poll_timeout(),
            _ => None,
        };
        [self.deadline, peer].into_iter().flatten().min()
    }

    /// Whether the port may carry traffic.
    #[must_use]
    pub fn port(&self) -> PortStatus {
        self.port
    }

    /// Where the PAE rests.
    #[must_use]
    pub fn state(&self) -> PaeState {
        self.state
    }

    /// The EAP packet in a frame that is for us.
    fn eap_packet<'a>(&self, frame: &'a [u8]) -> Result<EapPacket<'a>, Discard> {
        let frame = EthernetFrame::parse(frame)?;
        if frame.source == self.config.mac {
            return Err(Discard::OwnFrame);
        }
        let unicast = frame.destination == self.config.mac;
        if !unicast && frame.destination != GROUP_ADDRESS {
            return Err(Discard::NotForUs);
        }
        match frame.pdu.pdu_type {
            PduType::EapPacket => {}
            other => return Err(Discard::EapolType(other as u8)),
        }
        match Packet::parse(frame.pdu.body)?.code() {
            Code::Response => Err(Discard::UnexpectedCode(Code::Response)),
            code @ (Code::Request | Code::Success | Code::Failure) => {
                let sender = unicast.then_some(frame.source);
                Ok(EapPacket { code, octets: frame.pdu.body, sender })
            }
        }
    }

    /// eapolEap.
    fn eapol_eap(&mut self, packet: &EapPacket<'_>, now: Instant) -> Received {
        match self.state {
            PaeState::Disconnected => return Received::Discarded(Discard::PortDisabled),
            PaeState::Logoff => return Received::Discarded(Discard::LoggedOff),
            PaeState::Authenticating => {}
            PaeState::Connecting | PaeState::Held | PaeState::Authenticated => match packet.code {
                Code::Request => self.restart(now),
                _ => return Received::Discarded(Discard::NoConversation),
            },
        }
        let fate = self.peer.handle_packet(packet.octets, now);
        // A packet that the peer drops must not redirect what it sends.
        if !matches!(fate, Received::Discarded(_)) {
            self.authenticator = packet.sender.or(self.authenticator);
        }
        self.peer_ran(now);
        if self.state == PaeState::Authenticating && !matches!(fate, Received::Discarded(_)) {
            self.arm_auth_while(now);
        }
        fate
    }

    /// RESTART, and on to AUTHENTICATING. The port stays as it is.
    fn restart(&mut self, now: Instant) {
        self.peer.handle_signal(Signal::PortUp, now);
        self.peer.handle_signal(Signal::Restart, now);
        self.enter(PaeState::Authenticating, now);
    }

    /// Passes on what the peer has to say.
    fn peer_ran(&mut self, now: Instant) {
        while let Some(output) = self.peer.poll_output() {
            match output {
                Output::Send(packet) => {
                    self.transmit(PduType::EapPacket, &packet);
                    self.arm_auth_while(now);
                }
                Output::Finished(result) => self.finished(result, now),
                other => self.outputs.push(other),
            }
        }
    }

    /// Backend SUCCESS, FAIL and TIMEOUT.
    fn finished(&mut self, result: Result<Outcome, Failure>, now: Instant) {
        let next = match &result {
            Ok(_) => PaeState::Authenticated,
            Err(Failure::NoRequest) => PaeState::Connecting,
            Err(_) => PaeState::Held,
        };
        self.outputs.push(Output::Finished(result));
        self.enter(next, now);
    }

    /// Takes the peer out of its conversation; a question is withdrawn.
    fn stop_peer(&mut self, now: Instant) {
        self.peer.handle_signal(Signal::PortDown, now);
        self.peer_ran(now);
    }

    /// Entry actions of the PAE's states.
    fn enter(&mut self, state: PaeState, now: Instant) {
        let state = match state {
            PaeState::Connecting if self.user_logoff => PaeState::Logoff,
            state => state,
        };
        if self.state != state {
            self.state = state;
            self.outputs.event(Event::Pae(state));
        }
        match state {
            PaeState::Disconnected => {
                self.start_count = 0;
                self.authenticator = None;
                self.deadline = None;
                self.set_port(PortStatus::Unauthorized);
            }
            PaeState::Logoff => {
                self.transmit(PduType::Logoff, &[]);
                self.start_count = 0;
                self.deadline = None;
                self.set_port(PortStatus::Unauthorized);
            }
            PaeState::Connecting => {
                self.start_count = self.start_count.saturating_add(1);
                self.deadline = Some(now + self.config.start_period);
                self.transmit(PduType::Start, &[]);
            }
            PaeState::Authenticating => {
                self.start_count = 0;
                self.arm_auth_while(now);
            }
            PaeState::Authenticated => {
                self.deadline = None;
                self.set_port(PortStatus::Authorized);
            }
            PaeState::Held => {
                self.deadline = Some(now + self.config.held_period);
                self.set_port(PortStatus::Unauthorized);
            }
        }
    }

    fn arm_auth_while(&mut self, now: Instant) {
        self.deadline = (!self.peer.is_asking()).then(|| now + self.config.auth_period);
    }

    fn set_port(&mut self, port: PortStatus) {
        if self.port != port {
            self.port = port;
            self.outputs.event(Event::Port(port));
        }
    }

    fn transmit(&mut self, pdu_type: PduType, body: &[u8]) {
        let destination = match (self.config.destination, self.authenticator) {
            (Destination::AsSeen, Some(authenticator)) => authenticator,
            _ => GROUP_ADDRESS,
        };
        let SupplicantConfig { mac, version, .. } = *self.config;
        let frame = write_frame(destination, mac, version, pdu_type, body);
        self.outputs.push(Output::Send(frame));
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
