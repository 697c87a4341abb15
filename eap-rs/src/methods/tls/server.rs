//! The server's side of EAP-TLS.

use std::sync::Arc;

use super::{FACTS, FLAGS_VERSION, PROTECTED_SUCCESS};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::tls::{TlsServerConfig, TlsSummary, TlsVersion};
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::fragment::{self, Part, Refusal};
use crate::tunnel::resumption::Owner;
use crate::tunnel::{CLOSED, DECLINED, Presented, Tunnel, Turn, keys};
use crate::{Answer, Discard, Failure, Identity, Keys, PacketBuffer, Query};

/// For what [`Server::check`] has let through and should not.
const NO_PLACE: &str = "the peer's packet has no place here";

pub(crate) struct Server {
    config: Arc<TlsServerConfig>,
    tunnel: Option<Tunnel>,
    established: Option<Established>,
    keys: Option<Keys>,
    /// Set once our last packet is on its way: the alert of a failure, or the end of a handshake.
    ending: Option<Result<(), Failure>>,
}

impl Server {
    pub(crate) fn new(config: Arc<TlsServerConfig>) -> Self {
        Self { config, tunnel: None, established: None, keys: None, ending: None }
    }

    fn take(
        &mut self,
        data: &[u8],
        identity: &Identity,
        request: &mut PacketBuffer,
    ) -> Result<ServerStep, Refusal> {
        let Some(tunnel) = &mut self.tunnel else {
            return Err(Refusal::Fail("the TLS engine did not start"));
        };
        let fed = match (tunnel.receive(data, FLAGS_VERSION, request)?, &mut self.ending) {
            (Turn::Answered, _) => return Ok(ServerStep::Request),
            // RFC 5216 §2.1.3: whatever a peer says to our alert, EAP-Failure follows.
            (_, Some(Err(_))) | (Turn::Acknowledged, Some(Ok(()))) => return Ok(self.end()),
            (Turn::Start | Turn::Acknowledged, _) => return Err(Refusal::Fail(NO_PLACE)),
            (Turn::Fed(fed), _) => fed,
        };
        match fed.and_then(|()| self.learn()) {
            Ok(Some(Presented { chain, certificate })) => {
                let identity = identity.clone();
                return Ok(ServerStep::Ask(Query::VerifyClient { identity, chain, certificate }));
            }
            Ok(None) => self.conclude(),
            Err(error) => self.ending = Some(Err(error.into())),
        }
        Ok(self.send(request))
    }

    /// What a message has brought: the end of the handshake; a question, perhaps.
    fn learn(&mut self) -> Result<Option<Presented>, TlsError> {
        let Some(tunnel) = &mut self.tunnel else { return Ok(None) };
        if tunnel.engine().is_closed() {
            return Err(CLOSED);
        }
        let Some(established) = tunnel.engine().established() else { return Ok(None) };
        let mut data = Vec::new();
        tunnel.engine_mut().read(&mut data)?;
        if !data.is_empty() || self.established.is_some() {
            return Err(TlsError::Protocol("unexpected application data".into()));
        }
        self.keys = Some(keys::derive(FACTS.method, established.version, tunnel.engine())?);
        self.established = Some(established);
        tunnel.question()
    }

    /// Grants access, if the handshake is over.
    fn conclude(&mut self) {
        let (Some(tunnel), Some(established)) = (&mut self.tunnel, self.established) else {
            return;
        };
        let said = match established.version {
            TlsVersion::V1_2 => Ok(()),
            TlsVersion::V1_3 => tunnel.engine_mut().write(&PROTECTED_SUCCESS),
        };
        self.ending = Some(said.map_err(Failure::from));
    }

    /// Sends what TLS has to say. With nothing to say, there is nothing to be acknowledged.
    fn send(&mut self, request: &mut PacketBuffer) -> ServerStep {
        if let Some(tunnel) = &mut self.tunnel
            && (tunnel.collect() || self.ending.is_none())
        {
            tunnel.write_next(FLAGS_VERSION, request);
            return ServerStep::Request;
        }
        self.end()
    }

    fn end(&mut self) -> ServerStep {
        match self.ending.take() {
            Some(Ok(())) => ServerStep::Succeed,
            Some(Err(failure)) => ServerStep::Fail(failure),
            None => ServerStep::Fail(Failure::BadCredentials),
        }
    }
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        let owner = Owner { method: FACTS.method, identity: cx.identity.clone() };
        match self.config.tunnel(owner, cx.unix_time) {
            Ok(tunnel) => self.tunnel = Some(tunnel),
            Err(error) => return ServerStep::Fail(error.into()),
        }
        fragment::write_start(FLAGS_VERSION, request);
        ServerStep::Request
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        let tunnel = self.tunnel.as_ref().ok_or(Discard::TunnelNotStarted)?;
        match tunnel.inspect(data) {
            Ok(Part::Start(_)) => Err(Discard::TunnelStart),
            Ok(Part::Acknowledgement) if !tunnel.is_sending() && self.ending.is_none() => {
                Err(Discard::TunnelAckUnexpected)
            }
            Err(Refusal::Discard(reason)) => Err(reason),
            // What can never be taken has to be said.
            Ok(_) | Err(Refusal::Fail(_)) => Ok(()),
        }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.set_mtu(cx.mtu);
        }
        self.take(data, cx.identity, request).unwrap_or_else(|refusal| {
            let reason = match refusal {
                Refusal::Discard(_) => NO_PLACE,
                Refusal::Fail(reason) => reason,
            };
            ServerStep::Fail(Failure::MethodFailed { method: FACTS.method, reason })
        })
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        _: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        if matches!(answer, Answer::Verdict(true)) {
            self.conclude();
        } else {
            self.keys = None;
            self.ending = Some(Err(DECLINED.into()));
            if let Some(tunnel) = &mut self.tunnel {
                tunnel.engine_mut().close();
            }
        }
        self.send(request)
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.tunnel.as_ref().and_then(Tunnel::summary)
    }

    fn succeeded(&mut self) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.engine_mut().keep_session();
        }
    }
}
