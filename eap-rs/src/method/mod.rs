//! What a method is: the interface between the machines and the methods (RFC 4137 §4.2, §5.2).
//!
//! A method sees Type-Data and returns a step. It never builds an EAP header, sets a timer, prints
//! a secret or waits: what it needs and does not have, it asks for.
//!
//! Methods of one's own, under a vendor's Type for example, implement these traits and are given
//! to a configuration with `custom_method`.

mod named;
mod registry;
mod set;

pub use named::{NAMED, NamedMethod};
pub use registry::{MethodFacts, SUPPORTED};
pub(crate) use registry::{PeerFactory, ServerFactory, Supported};
pub(crate) use set::{MethodSet, Requested};

use core::time::Duration;

use rand_core::CryptoRng;

use crate::tls::{SealedSession, TlsSummary};
use crate::tunnel::inner::InnerOutcome;
use crate::{
    Answer, Discard, Event, Failure, Identifier, Identity, Keys, NtHash, PacketBuffer, Query,
    Secret,
};

/// A method on the peer's side.
pub trait PeerMethod: Send {
    /// Processes the Type-Data of a Request; for [`PeerStep::Reply`], appends the Type-Data of the
    /// Response to `reply` (m.check, m.process and m.buildResp of RFC 4137 §4.4).
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep;

    /// Goes on after [`PeerStep::Ask`]. The answer is of the kind the question wants, and not
    /// [`Answer::Decline`].
    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep;

    /// Hands over what the method exports, as soon as it is there (m.getKey). A method that
    /// derives no keys has none to give.
    fn keys(&mut self) -> Option<Keys> {
        None
    }

    /// What the TLS handshake agreed on, when it is over.
    fn tls(&self) -> Option<TlsSummary> {
        None
    }

    /// What has happened inside the tunnel, when it is over.
    fn inner(&self) -> Option<InnerOutcome> {
        None
    }

    /// Why the authenticator refuses us, as far as the method knows, where nothing but EAP-Failure
    /// says that it does.
    fn rejection(&self) -> Option<Failure> {
        None
    }

    /// The conversation has ended in success: what may outlive it, a TLS session for example, may
    /// be kept from here on.
    fn succeeded(&mut self) {}
}

/// What a method may use on the peer's side.
pub struct PeerContext<'a> {
    /// The Identifier of the Request being answered.
    pub identifier: Identifier,
    /// The identity the peer gave.
    pub identity: &'a Identity,
    /// The password, if it is configured.
    pub password: Option<&'a Secret>,
    /// The NT hash of the password, if that is configured in its place.
    pub nt_hash: Option<&'a NtHash>,
    /// The calendar, in seconds since 1970-01-01 UTC, if the host has said what it is.
    pub unix_time: Option<u64>,
    /// Whether the conversation is protected by a tunnel, with a server that has been
    /// authenticated.
    pub tunneled: bool,
    /// What the host is to be shown.
    pub events: &'a mut Vec<Event>,
    /// The host's random generator.
    pub rng: &'a mut dyn CryptoRng,
}

/// What the peer's method wants next.
#[derive(Debug)]
pub enum PeerStep {
    /// Send the reply.
    Reply(Progress),
    /// Ask the host first.
    Ask(Query),
    /// Drop the Request; the method has changed nothing (`ignore` of RFC 4137 §4.2).
    Discard(Discard),
    /// End without a reply (methodState DONE, decision FAIL).
    Fail(Failure),
}

/// `methodState` and `decision` together: the six pairs that RFC 4137 §4.2 allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// CONT, FAIL: the method goes on.
    Continue,
    /// MAY_CONT: the authenticator may go on, or end the conversation now.
    MayEnd(Willingness),
    /// DONE: the method never goes on.
    Done(Verdict),
}

/// The decision while a method may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Willingness {
    /// FAIL: access granted now would not be used.
    Fail,
    /// COND_SUCC: access granted now would be used.
    CondSucc,
}

/// The decision of a method that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// FAIL: this authenticator refuses us or is not one we want, for this reason.
    Fail(Failure),
    /// COND_SUCC: up to the authenticator.
    CondSucc,
    /// UNCOND_SUCC: the authenticator has said it grants access, and we take it.
    UncondSucc,
}

/// A method on the authenticator's side.
pub trait ServerMethod: Send {
    /// Appends the Type-Data of the first Request to `request` (m.init and m.buildReq of RFC 4137
    /// §5.4).
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep;

    /// Whether the Type-Data of a Response is worth processing (m.check): must change nothing.
    ///
    /// # Errors
    /// The reason to drop it.
    fn check(&self, data: &[u8]) -> Result<(), Discard>;

    /// Processes the Type-Data of a Response that passed [`Self::check`]; for
    /// [`ServerStep::Request`], appends the Type-Data of the next Request (m.process, m.buildReq).
    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep;

    /// Goes on after [`ServerStep::Ask`]. The answer is of the kind the question wants, or
    /// [`Answer::Decline`].
    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep;

    /// Whether the first Request is the same for everybody, so that a NAS may have sent it: a backend
    /// then calls [`Self::start`], drops what that has written, and goes on with the Response
    /// (m.initPickUp of RFC 4137 §6.4). The identity is not known then.
    fn can_be_picked_up(&self) -> bool {
        false
    }

    /// How long a Response may take, if a person has to act first (m.getTimeout; RFC 3748 §4.3).
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Why the peer is refused, once that is decided. An alert, or another word on it, may still be
    /// on its way: should the peer never answer that, this is the reason that is reported.
    fn rejection(&self) -> Option<Failure> {
        None
    }

    /// Hands over what the method exports, when it has succeeded (m.getKey).
    fn keys(&mut self) -> Option<Keys> {
        None
    }

    /// What the TLS handshake agreed on, when it is over.
    fn tls(&self) -> Option<TlsSummary> {
        None
    }

    /// What has happened inside the tunnel, when it is over.
    fn inner(&self) -> Option<InnerOutcome> {
        None
    }

    /// The conversation has ended in success: what may outlive it, a TLS session for example, may
    /// be kept from here on. What the host shall keep is returned.
    fn succeeded(&mut self) -> Option<SealedSession> {
        None
    }
}

/// What a method may use on the authenticator's side.
pub struct ServerContext<'a> {
    /// The Identifier of the Request that was answered (in [`ServerMethod::start`]: of the
    /// Request being built).
    pub identifier: Identifier,
    /// The identity the peer gave.
    pub identity: &'a Identity,
    /// The authenticator's own name; may be empty.
    pub server_name: &'a str,
    /// What a person is shown who has to type a token or password.
    pub prompt: &'a str,
    /// How often a peer may try again after a wrong password.
    pub password_retries: u8,
    /// The calendar, in seconds since 1970-01-01 UTC, if the host has said what it is.
    pub unix_time: Option<u64>,
    /// How long the EAP packet may be that is being built, all of it, in octets: at least 1020
    /// (RFC 3748 §3.1).
    pub mtu: usize,
    /// What the host is to be shown.
    pub events: &'a mut Vec<Event>,
    /// The host's random generator.
    pub rng: &'a mut dyn CryptoRng,
}

/// What the authenticator's method wants next.
#[derive(Debug)]
pub enum ServerStep {
    /// Send the next Request.
    Request,
    /// Ask the host first.
    Ask(Query),
    /// The peer is authenticated.
    Succeed,
    /// The peer is not.
    Fail(Failure),
}
