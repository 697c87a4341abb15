//! The server's end of a tunnel: what the TLS-based methods do alike.

use std::sync::Arc;

use super::engine::{Established, TlsError};
use super::fragment::{self, Part, Refusal};
use super::resumption::Owner;
use super::{CLOSED, DECLINED, Presented, Tunnel, TunnelSource, Turn, keys};
use crate::method::{ServerContext, ServerStep};
use crate::tls::{SealedSession, TlsSummary};
use crate::{Answer, Discard, Failure, InnerOutcome, Keys, MethodType, PacketBuffer, Query};

/// For what [`ServerEnd::check`] has let through and should not.
const NO_PLACE: &str = "the peer's packet has no place here";
const NO_ENGINE: &str = "the TLS engine did not start";

pub(crate) struct ServerEnd {
    source: Arc<dyn TunnelSource>,
    method: MethodType,
    /// The version of the method, as it stands in every packet sent.
    version: u8,
    tunnel: Option<Tunnel>,
    established: Option<Established>,
    keys: Option<Keys>,
    /// Set once our last packet is on its way: the alert of a failure, or the end of it all.
    ending: Option<Result<(), Failure>>,
}

/// What a Response was about.
pub(crate) enum Heard {
    /// Nothing that the method has to see: this is the next step. The answer to a question goes to
    /// [`ServerEnd::answered`].
    Step(ServerStep),
    /// It was empty, and nothing of ours was left to be sent.
    Acknowledged,
    /// It completed a message, which TLS has taken: see what is there, and go on.
    Message,
}

/// What a Response may be, besides fragments and what acknowledges them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) acknowledgement: bool,
    pub(crate) message: bool,
}

impl ServerEnd {
    pub(crate) fn new(source: Arc<dyn TunnelSource>, method: MethodType, version: u8) -> Self {
        Self { source, method, version, tunnel: None, established: None, keys: None, ending: None }
    }

    /// Begins: the Start is written.
    pub(crate) fn start(
        &mut self,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let owner = Owner { method: self.method, identity: cx.identity.clone() };
        match self.source.tunnel(owner, cx.unix_time) {
            Ok(tunnel) => self.tunnel = Some(tunnel),
            Err(error) => return ServerStep::Fail(error.into()),
        }
        fragment::write_start(self.version, request);
        ServerStep::Request
    }

    /// The peer speaks this version.
    pub(crate) fn set_version(&mut self, version: u8) {
        self.version = version;
    }

    /// Whether the Type-Data of a Response is worth processing.
    pub(crate) fn check(&self, data: &[u8], expected: Expected) -> Result<(), Discard> {
        let tunnel = self.tunnel.as_ref().ok_or(Discard::TunnelNotStarted)?;
        let acknowledges = tunnel.is_sending() || self.ending.is_some();
        match tunnel.inspect(data) {
            Ok(Part::Start(_)) => Err(Discard::TunnelStart),
            Ok(Part::Acknowledgement) if !acknowledges && !expected.acknowledgement => {
                Err(Discard::TunnelAckUnexpected)
            }
            Err(Refusal::Discard(reason)) => Err(reason),
            Ok(Part::Data { .. }) | Err(Refusal::Fail(_)) if !expected.message => {
                Err(Discard::TunnelAckExpected)
            }
            // What can never be taken has to be said.
            Ok(_) | Err(Refusal::Fail(_)) => Ok(()),
        }
    }

    /// Takes the Type-Data of a Response.
    pub(crate) fn receive(
        &mut self,
        data: &[u8],
        cx: &ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Heard {
        let fail = |reason| {
            let failure = Failure::MethodFailed { method: self.method, reason };
            Heard::Step(ServerStep::Fail(failure))
        };
        let Some(tunnel) = &mut self.tunnel else { return fail(NO_ENGINE) };
        tunnel.set_mtu(cx.mtu);
        let fed = match tunnel.receive(data, self.version, request) {
            Ok(Turn::Answered) => return Heard::Step(ServerStep::Request),
            // RFC 5216 §2.1.3: whatever a peer says to our alert, EAP-Failure follows.
            Ok(_) if matches!(self.ending, Some(Err(_))) => return Heard::Step(self.end()),
            Ok(Turn::Acknowledged) => return Heard::Acknowledged,
            Ok(Turn::Fed(fed)) => fed,
            Ok(Turn::Start(_)) | Err(Refusal::Discard(_)) => return fail(NO_PLACE),
            Err(Refusal::Fail(reason)) => return fail(reason),
        };
        if let Some(name) = tunnel.engine().wanted_session() {
            return Heard::Step(ServerStep::Ask(Query::StoredSession { name }));
        }
        self.fed(fed, cx, request)
    }

    /// Goes on when the TLS engine has taken a message, or not.
    fn fed(
        &mut self,
        fed: Result<(), TlsError>,
        cx: &ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Heard {
        match fed.and_then(|()| self.learn()) {
            Ok(None) => Heard::Message,
            Ok(Some(Presented { chain, certificate })) => {
                let identity = cx.identity.clone();
                let query = Query::VerifyClient { identity, chain, certificate };
                Heard::Step(ServerStep::Ask(query))
            }
            Err(error) => Heard::Step(self.fail(error.into(), request)),
        }
    }

    /// What a message has brought: the end of the handshake; a question, perhaps.
    fn learn(&mut self) -> Result<Option<Presented>, TlsError> {
        let Some(tunnel) = &mut self.tunnel else { return Ok(None) };
        if self.established.is_some() {
            return Ok(None);
        }
        let Some(established) = tunnel.engine().established() else {
            return if tunnel.engine().is_closed() { Err(CLOSED) } else { Ok(None) };
        };
        self.keys = Some(keys::derive(self.method, established.version, tunnel.engine())?);
        self.established = Some(established);
        tunnel.question()
    }

    /// What the host says to a question of [`Self::receive`]; goes on as after that.
    pub(crate) fn answered(
        &mut self,
        answer: &Answer,
        cx: &ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Heard {
        let Some(tunnel) = &mut self.tunnel else {
            return Heard::Step(ServerStep::Fail(Failure::BadCredentials));
        };
        let engine = tunnel.engine_mut();
        if engine.wanted_session().is_some() {
            let fed = engine.take_session(match answer {
                Answer::Session(sealed) => Some(sealed),
                _ => None,
            });
            return self.fed(fed, cx, request);
        }
        if matches!(answer, Answer::Verdict(true)) {
            return Heard::Message;
        }
        // EAP-Failure follows at once: once its handshake is over TLS has no alert of our choice, and
        // to close_notify supplicants respond with nothing.
        self.keys = None;
        Heard::Step(ServerStep::Fail(DECLINED.into()))
    }

    /// The application data of the last message.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, TlsError> {
        let mut data = Vec::new();
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.engine_mut().read(&mut data)?;
        }
        Ok(data)
    }

    /// Queues application data, if any. The handshake is over.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), TlsError> {
        match &mut self.tunnel {
            Some(tunnel) if !data.is_empty() => tunnel.engine_mut().write(data),
            _ => Ok(()),
        }
    }

    /// Sends what there is, or an empty packet; at the end, with nothing to say, there is nothing
    /// to be acknowledged.
    pub(crate) fn send(&mut self, request: &mut PacketBuffer) -> ServerStep {
        if let Some(tunnel) = &mut self.tunnel
            && (tunnel.collect() || self.ending.is_none())
        {
            tunnel.write_next(self.version, request);
            return ServerStep::Request;
        }
        self.end()
    }

    /// Ends in failure, when what there is has been sent: an alert, perhaps.
    pub(crate) fn fail(&mut self, failure: Failure, request: &mut PacketBuffer) -> ServerStep {
        self.keys = None;
        self.ending = Some(Err(failure));
        self.send(request)
    }

    /// As a hostile server does in the middle of it.
    #[cfg(test)]
    pub(crate) fn close(&mut self, request: &mut PacketBuffer) -> ServerStep {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.engine_mut().close();
        }
        self.send(request)
    }

    /// What is sent from here on is the last of it.
    pub(crate) fn succeed(&mut self) {
        self.ending = Some(Ok(()));
    }

    /// Whether there is nothing more to say than has been said.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Why it ends in failure, when that is decided.
    pub(crate) fn rejection(&self) -> Option<Failure> {
        self.ending.clone()?.err()
    }

    /// EAP-Success or EAP-Failure.
    pub(crate) fn end(&mut self) -> ServerStep {
        match self.ending.take() {
            Some(Ok(())) => ServerStep::Succeed,
            Some(Err(failure)) => ServerStep::Fail(failure),
            None => ServerStep::Fail(Failure::BadCredentials),
        }
    }

    /// Whether the peer will send nothing more.
    pub(crate) fn is_closed(&self) -> bool {
        self.tunnel.as_ref().is_some_and(|tunnel| tunnel.engine().is_closed())
    }

    /// What was agreed on, when the handshake is over.
    pub(crate) fn established(&self) -> Option<Established> {
        self.established
    }

    pub(crate) fn tunnel(&self) -> Option<&Tunnel> {
        self.tunnel.as_ref()
    }

    /// The Session-Id of the tunnel, for a method whose keys are not the tunnel's.
    #[cfg(feature = "fast")]
    pub(crate) fn session_id(&self) -> Option<crate::SessionId> {
        let id = self.keys.as_ref()?.session_id.as_ref()?;
        Some(crate::SessionId::new(id.expose()))
    }

    /// The keys of the tunnel, once.
    pub(crate) fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }

    pub(crate) fn tls(&self) -> Option<TlsSummary> {
        self.tunnel.as_ref().and_then(Tunnel::summary)
    }

    /// Who was authenticated in the tunnel whose session is resumed.
    pub(crate) fn resumed_inner(&self) -> Option<InnerOutcome> {
        self.tunnel.as_ref()?.engine().resumed_inner()
    }

    /// What the host is asked about who resumes a session, if it wants to be.
    pub(crate) fn resumption_query(&self, inner: &InnerOutcome) -> Option<Query> {
        self.source
            .asks_about_resumption()
            .then(|| Query::Resume { identity: inner.identity.clone(), method: inner.method })
    }

    /// The authentication has succeeded as a whole, with this peer inside the tunnel.
    pub(crate) fn keep_session(&mut self, inner: Option<&InnerOutcome>) -> Option<SealedSession> {
        self.tunnel.as_mut()?.engine_mut().keep_session(inner)
    }
}
