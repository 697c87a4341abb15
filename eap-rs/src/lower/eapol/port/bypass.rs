//! MAC authentication bypass: who does not speak 802.1X may be let in by address.
//!
//! | here | meaning | next |
//! |---|---|---|
//! | [`Bypass::Off`] | 802.1X has the port, or nobody | |
//! | [`Bypass::Delayed`] | 802.1X is tried first | time's up: `Asking` or `Listening`; somebody speaks 802.1X: `Off` |
//! | [`Bypass::Listening`] | the address is not known yet | a frame: `Asking`; an EAPOL-Start: `Off` |
//! | [`Bypass::Asking`] | [`Query::MacBypass`] is open | yes: `Granted`; no: 802.1X; an EAPOL-Start: `Off` |
//! | [`Bypass::Granted`] | the port is open | the session ends; 802.1X succeeds or is refused: `Off` |
//!
//! A station that has been let in and then sends an EAPOL-Start logs in by 802.1X: the port stays
//! open meanwhile, and closes if the login is refused. If the station falls silent instead, it is
//! what it was. 802.1X rests while an address is asked about, and while it is granted.
//!
//! Of the stations on an open line, one is asked about at a time, and none in the quiet period or
//! while 802.1X has its turn: strangers cannot make the port ask without end.

use super::{MacAddress, MacBypass, PortAuthenticator, PortStatus};
use crate::lower::eapol::frame::addresses;
use crate::query::OpenQuestion;
use crate::{Answer, AnswerError, Instant, Output, Query, QueryId};

#[derive(Debug)]
pub(super) enum Bypass {
    Off,
    Delayed(Instant),
    Listening,
    /// Of a port that is open: whether it stays so.
    Asking(OpenQuestion, MacAddress),
    Granted,
}

impl Bypass {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Delayed(until) => Some(*until),
            Self::Asking(question, _) => Some(question.deadline),
            Self::Off | Self::Listening | Self::Granted => None,
        }
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self, Self::Asking(..))
    }
}

impl PortAuthenticator {
    /// The first turn is 802.1X's or the address's.
    pub(super) fn nobody_has_the_port(&mut self, now: Instant) {
        match (self.config.mac_bypass, &self.bypass) {
            (Some(MacBypass::First), _) => {
                self.bypass = Bypass::Listening;
                self.rest();
            }
            // Nobody has come since.
            (_, Bypass::Delayed(_) | Bypass::Listening) => self.restart(now),
            (Some(MacBypass::After(delay)), _) => {
                self.bypass = Bypass::Delayed(now + delay);
                self.restart(now);
            }
            (None, _) => self.restart(now),
        }
    }

    /// A frame that is not for the PAE. Says whether its sender matters.
    pub(super) fn frame_seen(&mut self, frame: &[u8], now: Instant) -> bool {
        let Some((_, source)) = addresses(frame) else { return false };
        if source == self.config.mac || !source.is_station() {
            return false;
        }
        match self.bypass {
            Bypass::Delayed(_) => self.last_seen = Some(source),
            Bypass::Listening => self.ask_mac(source, now),
            Bypass::Off | Bypass::Asking(..) | Bypass::Granted => return false,
        }
        true
    }

    pub(super) fn bypass_timeout(&mut self, now: Instant) {
        if self.bypass.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match (&self.bypass, self.last_seen) {
            (Bypass::Delayed(_), Some(mac)) => self.ask_mac(mac, now),
            (Bypass::Delayed(_), None) => self.bypass = Bypass::Listening,
            (Bypass::Asking(..), _) => {
                self.bypass_ends();
                self.mac_refused(now);
            }
            _ => {}
        }
    }

    fn ask_mac(&mut self, mac: MacAddress, now: Instant) {
        self.abort(now);
        self.rest();
        self.last_seen = None;
        let query = Query::MacBypass { mac };
        let question = self.eap.open_question(&query, now);
        self.outputs.push(Output::Ask(question.id, query));
        self.bypass = Bypass::Asking(question, mac);
    }

    /// Re-authentication of a station that has been let in by its address.
    pub(super) fn ask_mac_again(&mut self, now: Instant) {
        if let (Bypass::Granted, Some(mac)) = (&self.bypass, self.station) {
            self.ask_mac(mac, now);
        }
    }

    pub(super) fn mac_answered(
        &mut self,
        id: QueryId,
        answer: &Answer,
        now: Instant,
    ) -> Result<(), AnswerError> {
        let Bypass::Asking(question, mac) = &self.bypass else { return Err(AnswerError::Stale) };
        question.check(id, answer)?;
        let mac = *mac;
        self.bypass = Bypass::Off;
        match answer {
            Answer::Verdict(true) => {
                self.belongs_to(mac);
                self.bypass = Bypass::Granted;
                self.arm_reauthentication(now);
                self.set_port(PortStatus::Authorized);
            }
            _ => self.mac_refused(now),
        }
        Ok(())
    }

    /// 802.1X has its turn. An address that has been refused is not asked about again at once.
    fn mac_refused(&mut self, now: Instant) {
        self.close();
        if let Some(MacBypass::After(delay)) = self.config.mac_bypass {
            self.bypass = Bypass::Delayed(now + delay.max(self.config.quiet_period));
        }
        self.restart(now);
    }

    /// Somebody speaks 802.1X. Who has been let in stays so until that has come to an end.
    pub(super) fn preempt_bypass(&mut self) {
        let is_open = self.port == PortStatus::Authorized;
        match &self.bypass {
            Bypass::Asking(question, _) => {
                self.outputs.push(Output::Withdrawn(question.id));
                self.bypass = if is_open { Bypass::Granted } else { Bypass::Off };
            }
            Bypass::Delayed(_) | Bypass::Listening => self.bypass = Bypass::Off,
            Bypass::Off | Bypass::Granted => {}
        }
    }

    /// Nobody is let in by address any longer; waiting for somebody goes on.
    pub(super) fn bypass_ends(&mut self) {
        match &self.bypass {
            Bypass::Asking(question, _) => {
                self.outputs.push(Output::Withdrawn(question.id));
                self.bypass = Bypass::Off;
            }
            Bypass::Granted => self.bypass = Bypass::Off,
            Bypass::Off | Bypass::Delayed(_) | Bypass::Listening => {}
        }
    }
}
