//! The full authenticator (RFC 4137 §7): its public face. The states are in [`machine`].

mod machine;

use core::time::Duration;
use std::sync::Arc;

use rand_core::CryptoRng;

use super::machine::State as Part1;
use super::{Authenticator, AuthenticatorConfig};
use crate::query::OpenQuestion;
use crate::{
    Answer, AnswerError, Discard, Identity, Instant, Keys, MethodType, Output, Packet, Query,
    QueryId, Received, Signal,
};
use machine::PassThrough;

/// Names one request to the AAA server. Never reused within the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AaaRequestId(u64);

impl AaaRequestId {
    /// The number behind the id, for languages that have no such type.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id with this number; if no such request is open, an answer to it is discarded.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// What the AAA server is asked (aaaEapResp of RFC 4137 §7.1.2): in RADIUS, an Access-Request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AaaRequest {
    /// Names the request.
    pub id: AaaRequestId,
    /// The identity that the peer gave (aaaIdentity), for User-Name (RFC 3579 §2.1); empty as long
    /// as it has given none.
    pub identity: Identity,
    /// The peer's Response (aaaEapRespData), for EAP-Message; empty if the AAA server is to begin
    /// (EAP-Start, RFC 3579 §2.1).
    pub eap_message: Vec<u8>,
}

/// What the AAA server answers (RFC 4137 §7.1.1). How it ends is told by the kind of answer alone:
/// an EAP packet that says otherwise is not passed on, and none is made up in its place (RFC 3579
/// §2.6.3).
#[derive(Debug)]
#[non_exhaustive]
pub enum AaaAnswer<'a> {
    /// aaaEapReq, in RADIUS an Access-Challenge: the next Request for the peer.
    Request {
        /// aaaEapReqData.
        eap_message: &'a [u8],
        /// aaaMethodTimeout, in RADIUS Session-Timeout (RFC 3579 §2.3): how long
        /// the peer may need for this Request, if a person has to act.
        method_timeout: Option<Duration>,
    },
    /// aaaEapNoReq: the Response was dropped, the last Request still stands.
    NoRequest,
    /// aaaTimeout: no server has answered, and none will. As if
    /// [`aaa_timeout`](crate::AuthenticatorConfigBuilder::aaa_timeout) were over.
    Timeout,
    /// aaaSuccess, in RADIUS an Access-Accept.
    Success {
        /// aaaEapReqData; `None` if there is none.
        eap_message: Option<&'a [u8]>,
        /// aaaEapKeyData: the MSK, in RADIUS both MS-MPPE keys in a row, and the Session-Id, in
        /// RADIUS EAP-Key-Name; `None` if there are none. An MSK of no octets is none.
        keys: Option<Keys>,
    },
    /// aaaFail, in RADIUS an Access-Reject.
    Failure {
        /// aaaEapReqData; `None` if there is none.
        eap_message: Option<&'a [u8]>,
    },
}

impl AaaAnswer<'_> {
    fn without_empty_keys(mut self) -> Self {
        if let Self::Success { keys, .. } = &mut self {
            keys.take_if(|keys| keys.msk.expose().is_empty());
        }
        self
    }
}

/// One conversation of an access point or switch that has methods of its own, and an AAA server
/// for the peers that it does not know.
///
/// It is an [`Authenticator`] until the policy says to pass the peer through
/// ([`pass_through`](crate::AuthenticatorConfigBuilder::pass_through),
/// [`Offer::pass_through`](crate::Offer::pass_through)). From there on, [`Output::AskAaa`] is what
/// the peer has said, [`handle_aaa`](Self::handle_aaa) takes the server's answers, and the peer is
/// sent its Requests, again where it does not respond.
///
/// The inputs and outputs are those of [`Authenticator`].
#[derive(Debug)]
pub struct FullAuthenticator {
    local: Authenticator,
    /// The last Response that has been accepted, Notifications aside, for the AAA server to go on
    /// with.
    last_response: Vec<u8>,
    /// Part 2 of the machine.
    passed: Option<PassThrough>,
    /// Requests to the AAA server so far.
    asked: u64,
}

impl FullAuthenticator {
    /// An authenticator that waits for [`Self::start`].
    pub fn new(config: Arc<AuthenticatorConfig>, rng: impl CryptoRng + Send + 'static) -> Self {
        let mut local = Authenticator::new(config, rng);
        local.is_full = true;
        Self { local, last_response: Vec::new(), passed: None, asked: 0 }
    }

    /// Begins the conversation, or begins it again: the port is enabled.
    pub fn start(&mut self, now: Instant) {
        self.local.start(now);
        self.began(now);
    }

    /// Feeds one EAP packet from the peer.
    pub fn handle_packet(&mut self, packet: &[u8], now: Instant) -> Received {
        if self.local.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        let parsed = match Packet::parse(packet) {
            Ok(parsed) => parsed,
            Err(reason) => return Received::Discarded(reason),
        };
        let packet = without_padding(packet);
        if self.passed.is_some() {
            return self.received_2(parsed, packet, now);
        }
        let is_notification =
            matches!(parsed, Packet::Response(body) if body.method == MethodType::NOTIFICATION);
        let received = self.local.received(parsed, now);
        if received == Received::Accepted {
            if !is_notification {
                self.last_response.clear();
                self.last_response.extend_from_slice(packet);
            }
            self.went_on(now);
        }
        received
    }

    /// Takes the AAA server's answer to a request. An answer to any other than the one that is open
    /// is discarded, and so is a Request that is none: then the request stays open.
    pub fn handle_aaa(
        &mut self,
        id: AaaRequestId,
        answer: AaaAnswer<'_>,
        now: Instant,
    ) -> Received {
        if self.local.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        self.answered_by_aaa(id, answer, now)
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
        self.local.handle_answer(id, answer, now)?;
        self.went_on(now);
        Ok(())
    }

    /// Takes an indication from the lower layer.
    pub fn handle_signal(&mut self, signal: Signal, now: Instant) {
        let is_disabled = matches!(self.local.state, Part1::Disabled);
        self.local.handle_signal(signal, now);
        match signal {
            Signal::Restart if !is_disabled => self.began(now),
            Signal::PortUp if is_disabled => self.began(now),
            Signal::PortDown => self.passed = None,
            _ => {}
        }
    }

    /// eapTimeout of either part.
    pub(crate) fn eap_timeout(&self) -> bool {
        self.local.eap_timeout() || self.passed.as_ref().is_some_and(PassThrough::eap_timeout)
    }

    /// Tells the time. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.local.handle_timeout(now);
        self.time_passed(now);
    }

    /// Says what the calendar reads `now`: seconds since 1970-01-01 UTC. Certificates are checked
    /// against it; [`ClockPolicy`](crate::tls::ClockPolicy) says what happens without it.
    pub fn set_unix_time(&mut self, unix_seconds: u64, now: Instant) {
        self.local.set_unix_time(unix_seconds, now);
    }

    /// Says how long an EAP packet of our own may be on the way to the peer, in octets
    /// ([`Authenticator::set_mtu`]). The AAA server is told by Framed-MTU (RFC 3579 §2.4).
    pub fn set_mtu(&mut self, octets: usize) {
        self.local.set_mtu(octets);
    }

    /// The next thing to do, or `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.local.poll_output()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.passed {
            Some(passed) => passed.deadline(),
            None => self.local.poll_timeout(),
        }
    }

    /// Whether a question is open.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.local.is_asking()
    }

    /// A question of the lower layer, which asks the AAA server: as patient, and with an id that no
    /// question of ours has.
    pub(crate) fn open_question(&mut self, query: &Query, now: Instant) -> OpenQuestion {
        self.local.questions.open(query, now, self.local.config.aaa_timeout)
    }

    /// Whether the AAA server owes an answer.
    #[must_use]
    pub fn is_asking_aaa(&self) -> bool {
        self.passed.as_ref().is_some_and(PassThrough::is_asking)
    }
}

/// A packet that has been parsed, without what the lower layer has put behind it.
fn without_padding(packet: &[u8]) -> &[u8] {
    let len = packet.first_chunk().map(|[_, _, high, low]| u16::from_be_bytes([*high, *low]));
    len.and_then(|len| packet.get(..usize::from(len))).unwrap_or(packet)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
