//! The server's side of PEAP (\[MS-PEAP\] §3.3.5).

use core::time::Duration;
use std::sync::Arc;

use super::binding::CompoundKeys;
use super::config::{CryptoBinding, PeapServerConfig};
use super::framing::{self, Message};
use super::tlv::{Binding, Extensions, Sender, Status};
use super::{Authenticated, FACTS, TunnelKeys, failed as method_failed};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::packet::result_packet;
use crate::tls::{SealedSession, TlsSummary, TlsVersion};
use crate::tunnel::CLOSED;
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::fragment;
use crate::tunnel::inner::{InnerServer, Said, tunneled};
use crate::tunnel::server::{Expected, Heard, ServerEnd};
use crate::{Answer, Code, Discard, Failure, Identifier, InnerOutcome, Keys, PacketBuffer, Query};

pub(crate) struct Server {
    config: Arc<PeapServerConfig>,
    end: ServerEnd,
    /// What both sides speak; until the peer's first word, what is offered.
    version: u8,
    is_agreed: bool,
    keys: Option<TunnelKeys>,
    phase: Phase,
    asking: Asking,
    /// Who was authenticated, in the end.
    outcome: Option<InnerOutcome>,
}

enum Phase {
    /// Phase 1; the last of it may be on its way.
    Handshake,
    /// A conversation goes on inside.
    Inner(Box<InnerServer>),
    /// The peer has been told that it is authenticated.
    Granted {
        inner: InnerOutcome,
        /// What it has to use, if it was asked to.
        compound: Option<CompoundKeys>,
    },
}

/// Whose question is open.
enum Asking {
    Tunnel,
    Inner,
    /// Whether this peer may still log in.
    Resumption(InnerOutcome),
}

impl Server {
    pub(crate) fn new(config: Arc<PeapServerConfig>) -> Self {
        let version = config.max_version;
        Self {
            end: ServerEnd::new(Arc::clone(&config.tls) as _, FACTS.method, version),
            config,
            version,
            is_agreed: false,
            keys: None,
            phase: Phase::Handshake,
            asking: Asking::Tunnel,
            outcome: None,
        }
    }

    /// The peer may step down from the version offered (\[MS-PEAP\] §3.3.5.2).
    fn agree(&mut self, data: &[u8]) -> Result<(), Failure> {
        if self.is_agreed {
            return Ok(());
        }
        let version = fragment::version(data).unwrap_or_default();
        if version > self.version {
            return Err(method_failed("the peer wants a version that is not offered"));
        }
        self.version = version;
        self.is_agreed = true;
        self.end.set_version(version);
        Ok(())
    }

    fn heard(
        &mut self,
        heard: Heard,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match heard {
            Heard::Step(step) => {
                if matches!(step, ServerStep::Ask(_)) {
                    self.asking = Asking::Tunnel;
                }
                step
            }
            Heard::Acknowledged if matches!(self.phase, Phase::Handshake) => {
                self.phase_2(cx, request)
            }
            Heard::Acknowledged => {
                if let Phase::Granted { inner, .. } = &self.phase {
                    self.outcome = Some(inner.clone());
                    return ServerStep::Succeed;
                }
                self.end.end()
            }
            Heard::Message => self.go_on(cx, request),
        }
    }

    /// A message of the peer's has come, and nobody is left to be asked about it.
    fn go_on(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        let data = match self.end.read() {
            Ok(_) if self.end.is_closed() => return self.end.fail(CLOSED.into(), request),
            Ok(data) => data,
            Err(error) => return self.end.fail(error.into(), request),
        };
        match &mut self.phase {
            Phase::Handshake if !data.is_empty() => {
                let error = TlsError::Protocol("unexpected application data".into());
                self.end.fail(error.into(), request)
            }
            Phase::Handshake => self.handshake(cx, request),
            Phase::Inner(inner) => {
                let packet = match self.version {
                    0 => {
                        inner.sent_as(cx.identifier);
                        match framing::read(Code::Response, cx.identifier.0, &data) {
                            Some(Message::Packet(packet)) => Some(packet),
                            Some(Message::Extensions { .. }) | None => None,
                        }
                    }
                    _ => Some(data),
                };
                let said = packet.and_then(|packet| inner.handle_packet(&packet, cx).ok());
                match said {
                    Some(said) => self.say(said, cx, request),
                    None => {
                        self.refuse(method_failed("unexpected packet inside the tunnel"), request)
                    }
                }
            }
            Phase::Granted { .. } => match self.confirm(&data) {
                Ok(()) => ServerStep::Succeed,
                Err(failure) => self.end.fail(failure, request),
            },
        }
    }

    /// In a full handshake of TLS 1.2 the last word is ours, and the peer acknowledges it.
    /// Otherwise phase 2 begins at once, behind the tickets of TLS 1.3.
    fn handshake(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        match self.end.established() {
            Some(Established { version, resumed: false, .. }) if version < TlsVersion::V1_3 => {
                self.end.send(request)
            }
            None => self.end.send(request),
            Some(_) => self.phase_2(cx, request),
        }
    }

    fn phase_2(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        self.keys = self.end.keys().map(TunnelKeys::new);
        let Some(inner) = self.end.resumed_inner() else { return self.begin_inner(cx, request) };
        let policy = || {
            let query = Query::Policy { identity: inner.identity.clone() };
            self.config.inner.asks_policy().then_some(query)
        };
        match self.end.resumption_query(&inner).or_else(policy) {
            Some(query) => {
                self.asking = Asking::Resumption(inner);
                ServerStep::Ask(tunneled(FACTS.method, cx.identity, query))
            }
            None => self.grant(inner, CompoundKeys::resumed, None, cx, request),
        }
    }

    fn begin_inner(
        &mut self,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let config = Arc::clone(&self.config.inner);
        let mut inner = InnerServer::new(config, FACTS.method, cx);
        let said = inner.start(cx);
        self.phase = Phase::Inner(Box::new(inner));
        self.say(said, cx, request)
    }

    fn say(
        &mut self,
        said: Said,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let Said { packet, question, result } = said;
        match (question, result, packet) {
            (Some(query), _, _) => {
                self.asking = Asking::Inner;
                ServerStep::Ask(query)
            }
            (None, Some(Ok(outcome)), packet) => {
                let Authenticated { inner, msk } = outcome.into();
                let compound = |tunnel: &_| CompoundKeys::of_method(tunnel, msk.as_ref());
                self.grant(inner, compound, packet, cx, request)
            }
            (None, Some(Err(failure)), _) => self.refuse(failure, request),
            (None, None, Some(packet)) => match self.version {
                0 => self.send(framing::compress(&packet), request),
                _ => self.send(&packet, request),
            },
            (None, None, None) => {
                self.refuse(method_failed("nothing to say inside the tunnel"), request)
            }
        }
    }

    /// Tells the peer that it is authenticated.
    fn grant(
        &mut self,
        inner: InnerOutcome,
        compound: impl FnOnce(&crate::Msk) -> Option<CompoundKeys>,
        success: Option<Vec<u8>>,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let next = cx.identifier.next();
        if self.version != 0 {
            self.phase = Phase::Granted { inner, compound: None };
            let success = success.unwrap_or_else(|| result_packet(Code::Success, next));
            return self.send(&success, request);
        }
        let compound = match self.config.crypto_binding {
            CryptoBinding::Off => None,
            CryptoBinding::IfOffered | CryptoBinding::Required => {
                self.keys.as_ref().and_then(|keys| compound(&keys.tunnel.msk))
            }
        };
        let binding = compound.as_ref().map(|compound| compound.bind(Sender::Server, cx.rng));
        self.phase = Phase::Granted { inner, compound };
        let result = Extensions { status: Status::Success, binding };
        self.send(&extensions(next, result), request)
    }

    /// The peer's word on its being authenticated.
    fn confirm(&mut self, data: &[u8]) -> Result<(), Failure> {
        let Phase::Granted { inner, compound } = &self.phase else {
            return Err(Failure::BadCredentials);
        };
        if self.version == 0 {
            let Some(Message::Extensions { data, .. }) = framing::read(Code::Response, 0, data)
            else {
                return Err(method_failed("the peer does not say how it ended"));
            };
            let said = Extensions::parse(data, Sender::Peer).map_err(method_failed)?;
            if said.status != Status::Success {
                return Err(method_failed("the peer does not want to be authenticated like this"));
            }
            let bound = self.check_binding(compound.as_ref(), said.binding.as_ref())?;
            if let (Some(keys), true) = (&mut self.keys, bound) {
                keys.bound = compound.as_ref().map(CompoundKeys::msk);
            }
        } else if !matches!(data, [3, _, 0, 4]) {
            // draft-josefsson has the peer repeat it; others send an empty message.
            return Err(method_failed("the peer does not say how it ended"));
        }
        self.outcome = Some(inner.clone());
        Ok(())
    }

    /// Whether the peer has proved that it is at both ends.
    fn check_binding(
        &self,
        compound: Option<&CompoundKeys>,
        binding: Option<&Binding>,
    ) -> Result<bool, Failure> {
        match (compound, binding) {
            (None, None) => Ok(false),
            (None, Some(_)) => Err(method_failed("the peer binds what was not to be bound")),
            (Some(_), None) if self.config.crypto_binding == CryptoBinding::Required => {
                Err(method_failed("the peer does without crypto-binding"))
            }
            (Some(_), None) => Ok(false),
            (Some(compound), Some(binding)) if compound.verify(binding) => Ok(true),
            (Some(_), Some(_)) => Err(method_failed("the peer's crypto-binding is wrong")),
        }
    }

    /// Tells the peer that it is not authenticated; EAP-Failure follows, whatever it says to it.
    fn refuse(&mut self, failure: Failure, request: &mut PacketBuffer) -> ServerStep {
        let identifier = Identifier(0);
        let last = match self.version {
            0 => {
                let result = Extensions { status: Status::Failure, binding: None };
                extensions(identifier, result)
            }
            _ => result_packet(Code::Failure, identifier),
        };
        match self.end.write(&last) {
            Ok(()) => self.end.fail(failure, request),
            Err(error) => self.end.fail(error.into(), request),
        }
    }

    fn send(&mut self, data: &[u8], request: &mut PacketBuffer) -> ServerStep {
        match self.end.write(data) {
            Ok(()) => self.end.send(request),
            Err(error) => self.end.fail(error.into(), request),
        }
    }

    /// What besides a message has a place here: the acknowledgement of our Finished; of version 1,
    /// that of our Success.
    fn expects_acknowledgement(&self) -> bool {
        match &self.phase {
            Phase::Handshake => self.end.established().is_some(),
            Phase::Inner(_) => false,
            Phase::Granted { .. } => self.version != 0,
        }
    }
}

fn extensions(identifier: Identifier, result: Extensions) -> Vec<u8> {
    framing::extensions(Code::Request, identifier.0, &result.to_octets())
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        self.end.start(cx, request)
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        let version = fragment::version(data);
        if self.is_agreed && version.is_some_and(|version| version != self.version) {
            return Err(Discard::TunnelVersion);
        }
        let acknowledgement = self.expects_acknowledgement();
        self.end.check(data, Expected { acknowledgement, message: true })
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        if let Err(failure) = self.agree(data) {
            return ServerStep::Fail(failure);
        }
        let heard = self.end.receive(data, cx, request);
        self.heard(heard, cx, request)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match (&mut self.asking, &mut self.phase) {
            (Asking::Inner, Phase::Inner(inner)) => {
                let said = inner.handle_answer(answer, cx);
                self.say(said, cx, request)
            }
            (Asking::Resumption(inner), _) => {
                let inner = inner.clone();
                let may_resume = match &answer {
                    Answer::Verdict(verdict) => *verdict,
                    Answer::Offer(offer) => inner.method.is_offered(offer),
                    _ => false,
                };
                if may_resume {
                    self.grant(inner, CompoundKeys::resumed, None, cx, request)
                } else {
                    self.begin_inner(cx, request)
                }
            }
            _ => {
                let heard = self.end.answered(&answer, cx, request);
                self.heard(heard, cx, request)
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Inner(inner) => inner.timeout(),
            Phase::Handshake | Phase::Granted { .. } => None,
        }
    }

    fn rejection(&self) -> Option<Failure> {
        match &self.phase {
            Phase::Inner(inner) => self.end.rejection().or_else(|| inner.rejection()),
            Phase::Handshake | Phase::Granted { .. } => self.end.rejection(),
        }
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.as_ref().map(TunnelKeys::export)
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn inner(&self) -> Option<InnerOutcome> {
        self.outcome.clone()
    }

    fn succeeded(&mut self) -> Option<SealedSession> {
        self.end.keep_session(self.outcome.as_ref())
    }
}
