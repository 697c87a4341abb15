//! The server's side of EAP-TLS.

use std::sync::Arc;

use super::{FACTS, FLAGS_VERSION, PROTECTED_SUCCESS};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::tls::{TlsServerConfig, TlsSummary, TlsVersion};
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::fragment::{self, Part, Refusal};
use crate::tunnel::{Tunnel, Turn, keys};
use crate::{Answer, Discard, Failure, Keys, PacketBuffer};

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

    fn take(&mut self, data: &[u8], request: &mut PacketBuffer) -> Result<ServerStep, Refusal> {
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
        if let Err(error) = fed.and_then(|()| self.learn()) {
            self.ending = Some(Err(error.into()));
        }
        let Some(tunnel) = &mut self.tunnel else {
            return Err(Refusal::Fail("the TLS engine did not start"));
        };
        // With nothing left to send, there is nothing left to be acknowledged.
        if !tunnel.collect() && self.ending.is_some() {
            return Ok(self.end());
        }
        tunnel.write_next(FLAGS_VERSION, request);
        Ok(ServerStep::Request)
    }

    /// What a message has brought: the end of the handshake.
    fn learn(&mut self) -> Result<(), TlsError> {
        let Some(tunnel) = &mut self.tunnel else { return Ok(()) };
        let Some(established) = tunnel.engine().established() else { return Ok(()) };
        let mut data = Vec::new();
        tunnel.engine_mut().read(&mut data)?;
        if !data.is_empty() || self.established.is_some() {
            return Err(TlsError::Protocol("unexpected application data".into()));
        }
        self.keys = Some(keys::derive(FACTS.method, established.version, tunnel.engine())?);
        self.established = Some(established);
        if established.version == TlsVersion::V1_3 {
            tunnel.engine_mut().write(&PROTECTED_SUCCESS)?;
        }
        self.ending = Some(Ok(()));
        Ok(())
    }

    /// RFC 9190 §2.5: behind the protected success comes EAP-Success and nothing else.
    fn has_granted(&self) -> bool {
        let is_tls13 = self.established.is_some_and(|e| e.version == TlsVersion::V1_3);
        is_tls13 && self.ending == Some(Ok(()))
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
        match self.config.tunnel(cx.unix_time) {
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
            Ok(Part::Data { .. }) | Err(Refusal::Fail(_)) if self.has_granted() => {
                Err(Discard::TunnelAckExpected)
            }
            // What can never be taken has to be said.
            Ok(_) | Err(Refusal::Fail(_)) => Ok(()),
        }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        _: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        self.take(data, request).unwrap_or_else(|refusal| {
            let reason = match refusal {
                Refusal::Discard(_) => NO_PLACE,
                Refusal::Fail(reason) => reason,
            };
            ServerStep::Fail(Failure::MethodFailed { method: FACTS.method, reason })
        })
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        ServerStep::Fail(Failure::Declined)
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.tunnel.as_ref().and_then(Tunnel::summary)
    }
}
