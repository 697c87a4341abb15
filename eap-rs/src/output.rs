//! What comes out of a session, and what the verbs that feed it return.

use std::collections::VecDeque;

use crate::tls::{SealedSession, TlsSummary};
use crate::tunnel::inner::InnerOutcome;
use crate::{AaaRequest, Discard, Failure, Identity, Keys, MethodType, Query, QueryId};

/// The next thing for the host to do. Drain `poll_output` to `None` after every call.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// Send these octets: one EAP packet (of a `Supplicant` or `PortAuthenticator`: one Ethernet frame).
    Send(Vec<u8>),
    /// Answer this question with `handle_answer`, whenever the answer is there.
    Ask(QueryId, Query),
    /// This question is open no more; take down its prompt.
    Withdrawn(QueryId),
    /// Full authenticator: hand this to the AAA server, and its answer to `handle_aaa`.
    AskAaa(AaaRequest),
    /// Worth showing or logging; nothing has to be done.
    Event(Event),
    /// The conversation is over.
    Finished(Result<Outcome, Failure>),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Peer: the authenticator wants this message displayed (RFC 3748 §5.2).
    Notification(String),
    /// Authenticator: the peer gave this identity.
    PeerIdentity(Identity),
    /// Authenticator: inside the tunnel, the peer gave this identity.
    InnerIdentity(Identity),
    /// This method began.
    MethodStarted(MethodType),
    /// This method was refused: by us (peer) or by the peer (authenticator).
    MethodRefused(MethodType),
    /// Peer: a PAC was provisioned, or renewed: the file of all there are, to be stored where it
    /// survives. It counts from here on, also if the conversation ends in failure, as it does
    /// after a tunnel that was anonymous (RFC 5422 §3.5).
    #[cfg(feature = "fast")]
    PacUpdated(crate::fast::PacFile),
    /// Supplicant: the PAE entered this state (IEEE 802.1X-2004 §8.2.11).
    Pae(crate::eapol::PaeState),
    /// Port authenticator: the PAE entered this state (IEEE 802.1X-2004 §8.2.4).
    PortPae(crate::eapol::PortState),
    /// Supplicant, port authenticator: the port may, or may no longer, carry traffic.
    Port(crate::eapol::PortStatus),
    /// Supplicant: nobody answered `maxStart` EAPOL-Starts: there is no 802.1X here.
    NoAuthenticator,
}

/// A conversation that ended in success.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The method that authenticated the peer. Where an AAA server did, it is the last one whose
    /// Responses passed by; [`MethodType::NONE`] if none did.
    pub method: MethodType,
    /// The identity the peer gave. It is only what it said: with EAP-TLS, who was authenticated is
    /// the subject of the certificate in `tls`, which need not be the same (RFC 5216 §2.2, §5.2).
    pub peer_identity: Identity,
    /// What the method exports; `None` if it derives no keys.
    pub keys: Option<Keys>,
    /// What the TLS handshake agreed on; `None` if the method has none.
    pub tls: Option<TlsSummary>,
    /// Who was authenticated inside the tunnel, and how; `None` if the method has none. When a
    /// session is resumed, nothing happens inside: it is who was when the session was made.
    pub inner: Option<InnerOutcome>,
    /// Authenticator: a session for the host to keep, if it
    /// [shares](crate::tls::Resumption::share_sessions) them.
    pub session: Option<Box<SealedSession>>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a discarded packet is worth counting"]
pub enum Received {
    /// It was processed.
    Accepted,
    /// It was seen before: the stored packet was sent again, or its question is still open.
    Duplicate,
    /// It was dropped and changed nothing.
    Discarded(Discard),
}

/// An indication from the lower layer (RFC 4137 §4.1.1, §5.1.1; IEEE 802.1X-2004 §8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// Start again from the beginning (eapRestart).
    Restart,
    /// The lower layer knows of success (altAccept). Peers only; others ignore it.
    AltAccept,
    /// The lower layer knows of failure (altReject). Peers only; others ignore it.
    AltReject,
    /// The port is up (portEnabled becomes true).
    PortUp,
    /// The port is down (portEnabled becomes false).
    PortDown,
    /// The user logs off (userLogoff becomes true). Supplicants only; others ignore it.
    Logoff,
    /// The user is back (userLogoff becomes false). Supplicants only; others ignore it.
    Logon,
}

/// Outputs waiting to be drained.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Output>);

impl Outbox {
    /// A host that does not drain cannot make the queue grow: packets are discarded from here on.
    const BACKLOG: usize = 16;

    pub(crate) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    pub(crate) fn has_backlog(&self) -> bool {
        self.0.len() >= Self::BACKLOG
    }
}
