//! A conversation inside a tunnel: the machines of RFC 4137 again, without a lower layer. The tunnel
//! carries their packets; nothing is lost in it, so they need no clock.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::method::{PeerContext, ServerContext};
use crate::packet::result_packet;
use crate::{
    Answer, Authenticator, AuthenticatorConfig, Code, Discard, Event, Failure, Identifier,
    Identity, Instant, MethodType, Offer, Outcome, Output, Peer, PeerConfig, Query, QueryId,
    Received, Signal,
};

/// What has authenticated the peer inside a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InnerOutcome {
    /// The method.
    pub method: InnerMethod,
    /// The identity the peer gave inside, protected: whose password it was.
    pub identity: Identity,
}

/// A method inside a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InnerMethod {
    /// An EAP method.
    Eap(MethodType),
    /// The password itself (RFC 5281 §11.2.5).
    Pap,
    /// CHAP (RFC 5281 §11.2.2).
    Chap,
    /// MS-CHAP (RFC 5281 §11.2.3).
    MsChap,
    /// MS-CHAP-V2 (RFC 5281 §11.2.4).
    MsChapV2,
}

impl InnerMethod {
    /// Whether who may use what is offered may still have been authenticated by this.
    pub(crate) fn is_offered(self, offer: &Offer) -> bool {
        offer.methods.iter().any(|method| Self::Eap(*method) == self)
    }
}

impl fmt::Display for InnerMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eap(method) => method.fmt(f),
            Self::Pap => f.write_str("PAP"),
            Self::Chap => f.write_str("CHAP"),
            Self::MsChap => f.write_str("MS-CHAP"),
            Self::MsChapV2 => f.write_str("MS-CHAPv2"),
        }
    }
}

/// What a machine has to say after an input.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The packet to send.
    pub(crate) packet: Option<Vec<u8>>,
    /// What the host has to answer first.
    pub(crate) question: Option<Query>,
    /// How it has ended.
    pub(crate) result: Option<Result<Outcome, Failure>>,
}

/// The peer's side.
pub(crate) struct InnerPeer {
    peer: Box<Peer>,
    /// The method of the tunnel.
    tunnel: MethodType,
    open: Option<QueryId>,
    /// Of the last packet taken.
    identifier: u8,
}

impl InnerPeer {
    pub(crate) fn new(
        config: Arc<PeerConfig>,
        tunnel: MethodType,
        cx: &mut PeerContext<'_>,
    ) -> Self {
        let rng = fork(|seed| cx.rng.fill_bytes(seed));
        let mut peer = Box::new(Peer::in_tunnel(config, rng));
        if let Some(seconds) = cx.unix_time {
            peer.set_unix_time(seconds, NOW);
        }
        Self { peer, tunnel, open: None, identifier: 0 }
    }

    /// Takes a whole EAP packet.
    pub(crate) fn handle_packet(
        &mut self,
        packet: &[u8],
        cx: &mut PeerContext<'_>,
    ) -> Result<Said, Discard> {
        match self.peer.handle_packet(packet, NOW) {
            Received::Discarded(reason) => Err(reason),
            Received::Accepted | Received::Duplicate => {
                self.identifier = packet.get(1).copied().unwrap_or_default();
                Ok(self.drain(cx))
            }
        }
    }

    /// Goes on after a question; the answer is of its kind.
    pub(crate) fn handle_answer(&mut self, answer: Answer, cx: &mut PeerContext<'_>) -> Said {
        if let Some(id) = self.open.take() {
            // The question of the tunnel's own machine has checked it.
            let _ = self.peer.handle_answer(id, answer, NOW);
        }
        self.drain(cx)
    }

    /// The server has said, outside these packets, that the peer is authenticated (altAccept).
    pub(crate) fn accept(&mut self) -> Result<Outcome, Failure> {
        self.peer.handle_signal(Signal::AltAccept, NOW);
        let mut result = Err(Failure::SuccessTooEarly);
        while let Some(output) = self.peer.poll_output() {
            if let Output::Finished(finished) = output {
                result = finished;
            }
        }
        result
    }

    /// The server has said, outside these packets, that the peer is not: why, as far as this
    /// conversation tells.
    pub(crate) fn reject(&mut self, cx: &mut PeerContext<'_>) -> Option<Failure> {
        let failure = result_packet(Code::Failure, Identifier(self.identifier));
        self.handle_packet(&failure, cx).ok()?.result?.err()
    }

    /// Whether [`Self::accept`] would be a success.
    pub(crate) fn would_accept(&self) -> bool {
        self.peer.would_accept()
    }

    fn drain(&mut self, cx: &mut PeerContext<'_>) -> Said {
        let mut said = Said::default();
        while let Some(output) = self.peer.poll_output() {
            match output {
                Output::Send(packet) => said.packet = Some(packet),
                Output::Ask(id, query) => {
                    self.open = Some(id);
                    said.question = Some(tunneled(self.tunnel, cx.identity, query));
                }
                Output::Withdrawn(_) => self.open = None,
                Output::Event(event @ Event::Notification(_)) => cx.events.push(event),
                Output::AskAaa(_) | Output::Event(_) => {}
                Output::Finished(result) => said.result = Some(result),
            }
        }
        said
    }
}

/// The server's side.
pub(crate) struct InnerServer {
    authenticator: Box<Authenticator>,
    /// The method of the tunnel.
    tunnel: MethodType,
    open: Option<QueryId>,
}

impl InnerServer {
    pub(crate) fn new(
        config: Arc<AuthenticatorConfig>,
        tunnel: MethodType,
        cx: &mut ServerContext<'_>,
    ) -> Self {
        let rng = fork(|seed| cx.rng.fill_bytes(seed));
        let mut authenticator = Box::new(Authenticator::new(config, rng));
        if let Some(seconds) = cx.unix_time {
            authenticator.set_unix_time(seconds, NOW);
        }
        Self { authenticator, tunnel, open: None }
    }

    /// Begins with a Request of its own.
    pub(crate) fn start(&mut self, cx: &mut ServerContext<'_>) -> Said {
        self.authenticator.start(NOW);
        self.drain(cx)
    }

    /// Begins with a Response that nobody has asked for: an identity.
    pub(crate) fn pick_up(
        &mut self,
        response: &[u8],
        cx: &mut ServerContext<'_>,
    ) -> Result<Said, Discard> {
        match self.authenticator.pick_up(response, NOW) {
            Received::Discarded(reason) => Err(reason),
            Received::Accepted | Received::Duplicate => Ok(self.drain(cx)),
        }
    }

    /// Takes a whole EAP packet.
    pub(crate) fn handle_packet(
        &mut self,
        packet: &[u8],
        cx: &mut ServerContext<'_>,
    ) -> Result<Said, Discard> {
        match self.authenticator.handle_packet(packet, NOW) {
            Received::Discarded(reason) => Err(reason),
            Received::Accepted | Received::Duplicate => Ok(self.drain(cx)),
        }
    }

    /// The last packet has travelled without its header, and so under this Identifier.
    pub(crate) fn sent_as(&mut self, identifier: Identifier) {
        self.authenticator.sent_as(identifier);
    }

    /// Goes on after a question; the answer is of its kind.
    pub(crate) fn handle_answer(&mut self, answer: Answer, cx: &mut ServerContext<'_>) -> Said {
        if let Some(id) = self.open.take() {
            // The question of the tunnel's own machine has checked it.
            let _ = self.authenticator.handle_answer(id, answer, NOW);
        }
        self.drain(cx)
    }

    /// Why the peer is refused, if that is decided and the peer still to answer.
    pub(crate) fn rejection(&self) -> Option<Failure> {
        self.authenticator.rejection()
    }

    /// How long the next packet may take, if a person has to act first.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.authenticator.method_timeout()
    }

    fn drain(&mut self, cx: &mut ServerContext<'_>) -> Said {
        let mut said = Said::default();
        while let Some(output) = self.authenticator.poll_output() {
            match output {
                Output::Send(packet) => said.packet = Some(packet),
                Output::Ask(id, query) => {
                    self.open = Some(id);
                    said.question = Some(tunneled(self.tunnel, cx.identity, query));
                }
                Output::Withdrawn(_) => self.open = None,
                Output::Event(Event::PeerIdentity(identity)) => {
                    cx.events.push(Event::InnerIdentity(identity));
                }
                Output::AskAaa(_) | Output::Event(_) => {}
                Output::Finished(result) => said.result = Some(result),
            }
        }
        said
    }
}

/// A question of `tunnel`'s inside, for the host.
pub(crate) fn tunneled(tunnel: MethodType, outer_identity: &Identity, query: Query) -> Query {
    let outer_identity = outer_identity.clone();
    Query::Tunneled { method: tunnel, outer_identity, query: Box::new(query) }
}

/// A generator for a machine of its own, seeded from the host's.
fn fork(fill: impl FnOnce(&mut [u8])) -> ChaCha20Rng {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    fill(&mut *seed);
    ChaCha20Rng::from_seed(*seed)
}

/// It is always the same time inside: waits are the business of the tunnel's own machine.
const NOW: Instant = Instant::from_millis(0);
