//! The authenticator's side of a port: the PAE of IEEE 802.1X-2004 §8.2.4, the re-authentication
//! timer of §8.2.8 and the backend machine of §8.2.9, around a [`FullAuthenticator`].
//!
//! | 802.1X state | here |
//! |---|---|
//! | INITIALIZE, CONNECTING, AUTHENTICATING, AUTHENTICATED, HELD, FORCE_AUTH, FORCE_UNAUTH | [`PortState`], entered by [`PortAuthenticator::enter`] |
//! | DISCONNECTED | [`PortAuthenticator::disconnected`]; a [`PortState`] where nobody is to be asked |
//! | RESTART | [`PortAuthenticator::restart`] |
//! | ABORTING | [`PortAuthenticator::abort`] |
//! | backend IDLE, REQUEST, RESPONSE, IGNORE | inside the [`FullAuthenticator`]; aWhile is its aaaTimeout |
//! | backend SUCCESS, FAIL, TIMEOUT | [`PortAuthenticator::finished`] |
//! | re-authentication timer INITIALIZE, REAUTHENTICATE | [`PortAuthenticator::arm_session_end`], [`PortAuthenticator::session_ends`] |
//!
//! portValid is always true (there is no MACsec). Who is let in without 802.1X: [`bypass`].
//!
//! # One station
//!
//! The port belongs to the station that has begun a conversation, with an EAPOL-Start or with a
//! Response that was taken, until that has ended without success, the station logs off, or the link
//! goes down. Frames of any other station are dropped meanwhile
//! ([`Discard::OtherStation`]): they can neither end nor take over what they have no part in. A
//! proxy logoff has the address of the station that it logs off.
//!
//! # Departures
//!
//! - A conversation in which nobody has taken part has no result: an empty port is no refused login.
//! - TIMEOUT sends EAP-Failure to a station that has not been let in, as IEEE 802.1X-2001 has it: in
//!   the middle of a method, peers drop the Identity Request that follows, and would wait for their
//!   own time-out.
//! - eapolLogoff of a station that has nothing to log off from is dropped.
//! - A session that its server limits to less than a second lasts a second: two machines that agree
//!   at once must not keep a third busy.

use core::time::Duration;
use std::sync::Arc;

use rand_core::CryptoRng;

use super::frame::{EthernetFrame, GROUP_ADDRESS, PduType, write_frame};
use super::{Destination, MacAddress, PortStatus};
use crate::output::Outbox;
use crate::packet::result_packet;
use crate::{
    AaaAnswer, AaaRequestId, Answer, AnswerError, AuthenticatorConfig, Code, Discard, Event,
    Failure, FullAuthenticator, Identifier, Instant, Outcome, Output, QueryId, Received, Signal,
};
use bypass::Bypass;
pub use config::{MacBypass, PortAuthenticatorConfig, PortAuthenticatorConfigBuilder, PortControl};
pub use limit::SessionLimit;

mod bypass;
mod config;
mod limit;

/// Where the authenticator PAE rests between inputs (IEEE 802.1X-2004 §8.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortState {
    /// The link is down.
    Initialize,
    /// Nobody is asked to log in: the port waits for a frame, or its station has been let in by its
    /// address.
    Disconnected,
    /// The AAA server is to begin.
    Connecting,
    /// Stations are asked to log in, or one is doing so.
    Authenticating,
    /// A station has logged in.
    Authenticated,
    /// A login has failed; nobody is listened to.
    Held,
    /// The port is open to everybody.
    ForceAuth,
    /// The port is closed to everybody.
    ForceUnauth,
}

/// The shortest session: see the departures.
const MIN_SESSION: Duration = Duration::from_secs(1);

/// One port of a switch: a [`FullAuthenticator`] with the port access machine around it. Inputs and
/// outputs are those of [`FullAuthenticator`], but that packets are whole Ethernet frames.
///
/// It is silent until [`Signal::PortUp`]. The port's status comes as [`Event::Port`]; each
/// conversation's result as [`Output::Finished`], after which it goes on by itself.
/// [`Signal::Restart`] has the station log in again, with the port as it is.
#[derive(Debug)]
pub struct PortAuthenticator {
    config: Arc<PortAuthenticatorConfig>,
    eap: FullAuthenticator,
    /// portControl.
    control: PortControl,
    state: PortState,
    port: PortStatus,
    /// The station that the port belongs to.
    station: Option<MacAddress>,
    reauth_count: u32,
    /// quietWhile in HELD.
    quiet_while: Option<Instant>,
    /// reAuthWhen, and what else a session may end with.
    session_end: Option<(Instant, SessionLimit)>,
    bypass: Bypass,
    /// Who has sent a frame last, as long as the port belongs to nobody.
    last_seen: Option<MacAddress>,
    /// currentId: the last Request's Identifier.
    current_id: Option<Identifier>,
    /// The Identifier of the next canned Success or Failure.
    canned_id: Identifier,
    outputs: Outbox,
}

/// An EAPOL frame that is for us, from somebody who may send it.
#[derive(Clone, Copy)]
struct Eapol<'a> {
    source: MacAddress,
    pdu_type: PduType,
    body: &'a [u8],
}

impl PortAuthenticator {
    /// A port whose link is down.
    pub fn new(
        config: Arc<PortAuthenticatorConfig>,
        eap_config: Arc<AuthenticatorConfig>,
        rng: impl CryptoRng + Send + 'static,
    ) -> Self {
        Self {
            control: config.control,
            config,
            eap: FullAuthenticator::new(eap_config, rng),
            state: PortState::Initialize,
            port: PortStatus::Unauthorized,
            station: None,
            reauth_count: 0,
            quiet_while: None,
            session_end: None,
            bypass: Bypass::Off,
            last_seen: None,
            current_id: None,
            canned_id: Identifier(0),
            outputs: Outbox::default(),
        }
    }

    /// Feeds one Ethernet frame that the port has received. Those that are not EAPOL matter where
    /// stations may be let in by their address; else they are discarded, as are EAPOL frames for
    /// other stations and of types that an authenticator has no use for.
    pub fn handle_packet(&mut self, frame: &[u8], now: Instant) -> Received {
        if self.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        if self.state == PortState::Initialize {
            return Received::Discarded(Discard::PortDisabled);
        }
        match self.eapol(frame) {
            Ok(eapol) => match eapol.pdu_type {
                PduType::Start => self.eapol_start(eapol.source, now),
                PduType::Logoff => self.eapol_logoff(eapol.source, now),
                PduType::EapPacket => self.eapol_eap(eapol, now),
            },
            Err(_) if self.frame_seen(frame, now) => Received::Accepted,
            Err(reason) => Received::Discarded(reason),
        }
    }

    /// Takes the AAA server's answer, as [`FullAuthenticator::handle_aaa`] does.
    pub fn handle_aaa(
        &mut self,
        id: AaaRequestId,
        answer: AaaAnswer<'_>,
        now: Instant,
    ) -> Received {
        let received = self.eap.handle_aaa(id, answer, now);
        self.eap_ran(now);
        received
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
        if self.bypass.is_asking() {
            return self.mac_answered(id, &answer, now);
        }
        self.eap.handle_answer(id, answer, now)?;
        self.eap_ran(now);
        Ok(())
    }

    /// Takes an indication: link up and down, or that the station has to log in again.
    pub fn handle_signal(&mut self, signal: Signal, now: Instant) {
        match signal {
            Signal::PortUp if self.state == PortState::Initialize => self.port_enabled(now),
            Signal::PortDown => self.initialize(now),
            Signal::Restart => self.reauthenticate(now),
            _ => {}
        }
    }

    /// Tells the time. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_conversing() {
            self.eap.handle_timeout(now);
            self.eap_ran(now);
        }
        if self.quiet_while.is_some_and(|end| now >= end) {
            self.quiet_while = None;
            self.nobody_has_the_port(now);
        }
        if let Some((end, limit)) = self.session_end
            && now >= end
        {
            self.session_ends(limit, now);
        }
        self.bypass_timeout(now);
    }

    /// Changes portControl: the port begins anew, unless that is what it was.
    pub fn set_control(&mut self, control: PortControl, now: Instant) {
        if self.control == control {
            return;
        }
        self.control = control;
        if self.state != PortState::Initialize {
            self.initialize(now);
            self.port_enabled(now);
        }
    }

    /// Says how long the session that has just been granted may last, in place of
    /// [`reauth_period`](PortAuthenticatorConfigBuilder::reauth_period); for the next one that is in
    /// force again. Without a session it does nothing. Less than a second is a second.
    pub fn set_session_limit(&mut self, limit: SessionLimit, now: Instant) {
        if self.is_open_for_somebody() {
            self.arm_session_end(limit, now);
        }
    }

    /// Says what the calendar reads `now`: seconds since 1970-01-01 UTC. As
    /// [`FullAuthenticator::set_unix_time`].
    pub fn set_unix_time(&mut self, unix_seconds: u64, now: Instant) {
        self.eap.set_unix_time(unix_seconds, now);
    }

    /// Says how long an EAP packet of our own may be: as [`FullAuthenticator::set_mtu`].
    pub fn set_mtu(&mut self, octets: usize) {
        self.eap.set_mtu(octets);
    }

    /// The next thing to do, or `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let eap = if self.is_conversing() { self.eap.poll_timeout() } else { None };
        let session_end = self.session_end.map(|(end, _)| end);
        [eap, self.quiet_while, session_end, self.bypass.deadline()].into_iter().flatten().min()
    }

    /// Whether the port may carry traffic (authPortStatus).
    #[must_use]
    pub fn port(&self) -> PortStatus {
        self.port
    }

    /// Where the PAE rests.
    #[must_use]
    pub fn state(&self) -> PortState {
        self.state
    }

    /// The station that the port belongs to.
    #[must_use]
    pub fn station(&self) -> Option<MacAddress> {
        self.station
    }

    /// Whether a question is open.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.bypass.is_asking() || (self.is_conversing() && self.eap.is_asking())
    }

    fn is_conversing(&self) -> bool {
        matches!(self.state, PortState::Connecting | PortState::Authenticating)
    }

    /// Whether somebody has been let in; not everybody.
    fn is_open_for_somebody(&self) -> bool {
        self.port == PortStatus::Authorized && self.control == PortControl::Auto
    }

    fn eapol<'a>(&self, frame: &'a [u8]) -> Result<Eapol<'a>, Discard> {
        let EthernetFrame { destination, source, pdu } = EthernetFrame::parse(frame)?;
        if source == self.config.mac {
            return Err(Discard::OwnFrame);
        }
        if !source.is_station() {
            return Err(Discard::NotAStation);
        }
        if destination != self.config.mac && destination != GROUP_ADDRESS {
            return Err(Discard::NotForUs);
        }
        Ok(Eapol { source, pdu_type: pdu.pdu_type, body: pdu.body })
    }

    /// Whether a frame of this station may have an effect.
    fn admit(&self, source: MacAddress) -> Result<(), Discard> {
        match self.station {
            Some(station) if station != source => Err(Discard::OtherStation),
            _ => Ok(()),
        }
    }

    /// eapolStart.
    fn eapol_start(&mut self, source: MacAddress, now: Instant) -> Received {
        if let Err(reason) = self.admit(source) {
            return Received::Discarded(reason);
        }
        match self.state {
            PortState::Initialize => return Received::Discarded(Discard::PortDisabled),
            PortState::Held => return Received::Discarded(Discard::QuietPeriod),
            PortState::ForceAuth => self.send_canned(Code::Success),
            PortState::ForceUnauth => self.send_canned(Code::Failure),
            PortState::Connecting => {
                self.belongs_to(source);
                self.preempt_bypass();
            }
            PortState::Disconnected | PortState::Authenticated => {
                self.belongs_to(source);
                self.preempt_bypass();
                self.restart(now);
            }
            PortState::Authenticating => {
                self.belongs_to(source);
                self.preempt_bypass();
                self.abort(now);
                self.restart(now);
            }
        }
        Received::Accepted
    }

    /// eapolLogoff.
    fn eapol_logoff(&mut self, source: MacAddress, now: Instant) -> Received {
        if let Err(reason) = self.admit(source) {
            return Received::Discarded(reason);
        }
        match self.state {
            PortState::Held => return Received::Discarded(Discard::QuietPeriod),
            _ if self.station.is_none() => return Received::Discarded(Discard::NoConversation),
            _ => {}
        }
        self.abort(now);
        self.disconnected(now);
        Received::Accepted
    }

    /// eapolEap.
    fn eapol_eap(&mut self, eapol: Eapol<'_>, now: Instant) -> Received {
        if let Err(reason) = self.admit(eapol.source) {
            return Received::Discarded(reason);
        }
        match self.state {
            PortState::Connecting | PortState::Authenticating => {}
            PortState::Held => return Received::Discarded(Discard::QuietPeriod),
            _ => return Received::Discarded(Discard::NoConversation),
        }
        let received = self.eap.handle_packet(eapol.body, now);
        // What EAP drops binds nobody.
        if received == Received::Accepted {
            self.belongs_to(eapol.source);
            self.preempt_bypass();
        }
        self.eap_ran(now);
        received
    }

    fn belongs_to(&mut self, station: MacAddress) {
        self.station = Some(station);
        self.last_seen = None;
    }

    /// Passes on what EAP has to say.
    fn eap_ran(&mut self, now: Instant) {
        while let Some(output) = self.eap.poll_output() {
            match output {
                Output::Send(packet) => {
                    if self.state == PortState::Connecting {
                        self.enter(PortState::Authenticating);
                    }
                    self.current_id = packet.get(1).copied().map(Identifier);
                    self.transmit(&packet);
                }
                Output::Finished(result) => self.finished(result, now),
                other => self.outputs.push(other),
            }
        }
    }

    /// Backend SUCCESS, FAIL and TIMEOUT.
    fn finished(&mut self, result: Result<Outcome, Failure>, now: Instant) {
        let next = match &result {
            Ok(_) => Some(PortState::Authenticated),
            Err(_) if self.eap.eap_timeout() => None,
            Err(_) => Some(PortState::Held),
        };
        if self.station.is_some() || next.is_some() {
            self.outputs.push(Output::Finished(result));
        }
        match next {
            Some(PortState::Authenticated) => self.authenticated(now),
            Some(_) => self.held(now),
            None => self.timed_out(now),
        }
    }

    fn authenticated(&mut self, now: Instant) {
        self.enter(PortState::Authenticated);
        self.bypass = Bypass::Off;
        self.reauth_count = 0;
        self.arm_reauthentication(now);
        self.set_port(PortStatus::Authorized);
    }

    fn held(&mut self, now: Instant) {
        self.enter(PortState::Held);
        self.close();
        self.bypass = Bypass::Off;
        self.quiet_while = Some(now + self.config.quiet_period);
    }

    /// authTimeout in AUTHENTICATING.
    fn timed_out(&mut self, now: Instant) {
        if self.port == PortStatus::Unauthorized
            && let (Some(_), Some(id)) = (self.station, self.current_id)
        {
            self.transmit(&result_packet(Code::Failure, id));
        }
        self.abort(now);
        match self.bypass {
            // It has begun 802.1X and then fallen silent.
            Bypass::Granted => self.rest(),
            _ => {
                if self.port == PortStatus::Unauthorized {
                    self.station = None;
                }
                self.restart(now);
            }
        }
    }

    /// ABORTING: EAP is taken out of its conversation; a question is withdrawn.
    fn abort(&mut self, now: Instant) {
        self.eap.handle_signal(Signal::PortDown, now);
        // A conversation that has been taken away has no result.
        while let Some(output) = self.eap.poll_output() {
            if matches!(output, Output::Withdrawn(_)) {
                self.outputs.push(output);
            }
        }
    }

    /// RESTART, and on to CONNECTING.
    fn restart(&mut self, now: Instant) {
        if self.reauth_count > self.config.reauth_max {
            return match self.bypass {
                Bypass::Granted => self.rest(),
                _ => self.disconnected(now),
            };
        }
        self.reauth_count = self.reauth_count.saturating_add(1);
        self.current_id = None;
        self.enter(PortState::Connecting);
        self.eap.start(now);
        self.eap_ran(now);
    }

    /// DISCONNECTED, and on to whoever comes next.
    fn disconnected(&mut self, now: Instant) {
        self.close();
        self.nobody_has_the_port(now);
    }

    /// Who has had the port has it no more.
    fn close(&mut self) {
        self.bypass_ends();
        self.station = None;
        self.reauth_count = 0;
        self.session_end = None;
        self.set_port(PortStatus::Unauthorized);
    }

    /// DISCONNECTED as a state of rest.
    fn rest(&mut self) {
        self.reauth_count = 0;
        self.enter(PortState::Disconnected);
    }

    /// INITIALIZE.
    fn initialize(&mut self, now: Instant) {
        self.abort(now);
        self.enter(PortState::Initialize);
        self.quiet_while = None;
        self.last_seen = None;
        self.close();
        self.bypass = Bypass::Off;
    }

    /// Out of INITIALIZE.
    fn port_enabled(&mut self, now: Instant) {
        match self.control {
            PortControl::Auto => self.disconnected(now),
            PortControl::ForceAuthorized => {
                self.enter(PortState::ForceAuth);
                self.set_port(PortStatus::Authorized);
                self.send_canned(Code::Success);
            }
            PortControl::ForceUnauthorized => {
                self.enter(PortState::ForceUnauth);
                self.send_canned(Code::Failure);
            }
        }
    }

    /// reAuthenticate.
    fn reauthenticate(&mut self, now: Instant) {
        match self.state {
            PortState::Authenticated => self.restart(now),
            PortState::Disconnected => self.ask_mac_again(now),
            _ => {}
        }
    }

    /// reAuthWhen is 0, or the session may last no longer.
    fn session_ends(&mut self, limit: SessionLimit, now: Instant) {
        match limit {
            SessionLimit::Reauthenticate(_) => {
                self.arm_session_end(limit, now);
                self.reauthenticate(now);
            }
            SessionLimit::Terminate(_) => {
                self.abort(now);
                self.disconnected(now);
            }
        }
    }

    fn arm_reauthentication(&mut self, now: Instant) {
        self.session_end = None;
        if let Some(period) = self.config.reauth_period {
            self.arm_session_end(SessionLimit::Reauthenticate(period), now);
        }
    }

    fn arm_session_end(&mut self, limit: SessionLimit, now: Instant) {
        let (SessionLimit::Reauthenticate(time) | SessionLimit::Terminate(time)) = limit;
        self.session_end = Some((now + time.max(MIN_SESSION), limit));
    }

    fn enter(&mut self, state: PortState) {
        if self.state != state {
            self.state = state;
            self.outputs.event(Event::PortPae(state));
        }
    }

    fn set_port(&mut self, port: PortStatus) {
        if self.port != port {
            self.port = port;
            self.outputs.event(Event::Port(port));
        }
    }

    /// txCannedSuccess, txCannedFail.
    fn send_canned(&mut self, code: Code) {
        self.canned_id = self.canned_id.next();
        self.transmit(&result_packet(code, self.canned_id));
    }

    fn transmit(&mut self, packet: &[u8]) {
        let PortAuthenticatorConfig { mac, version, destination, .. } = *self.config;
        let destination = match (destination, self.station) {
            (Destination::AsSeen, Some(station)) => station,
            _ => GROUP_ADDRESS,
        };
        let frame = write_frame(destination, mac, version, PduType::EapPacket, packet);
        self.outputs.push(Output::Send(frame));
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
