//! The peer's side of EAP-TLS.

use std::sync::Arc;

use super::{FACTS, FLAGS_VERSION, PROTECTED_SUCCESS};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::tls::{TlsPeerConfig, TlsSummary, TlsVersion};
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::fragment::Refusal;
use crate::tunnel::resumption::Owner;
use crate::tunnel::{CLOSED, DECLINED, Presented, Tunnel, Turn, keys};
use crate::{Answer, Discard, Failure, Keys, PacketBuffer, Query};

/// Servers refuse a certificate with a bare EAP-Failure, without an alert (FreeRADIUS 3.2, hostapd
/// 2.10): it has to be heard. A Success is too early.
const NOT_YET: Progress = Progress::MayEnd(Willingness::Fail);

pub(crate) struct Peer {
    config: Arc<TlsPeerConfig>,
    /// From the Start on.
    tunnel: Option<Tunnel>,
    established: Option<Established>,
    keys: Option<Keys>,
    /// Whether the server has said that it grants access (RFC 9190 §2.5).
    protected_success: bool,
}

impl Peer {
    pub(crate) fn new(config: Arc<TlsPeerConfig>) -> Self {
        Self { config, tunnel: None, established: None, keys: None, protected_success: false }
    }

    /// The server begins: the ClientHello is ours to send.
    fn start(
        &mut self,
        data: &[u8],
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> Result<PeerStep, Refusal> {
        let owner = Owner { method: FACTS.method, identity: cx.identity.clone() };
        let mut tunnel = self
            .config
            .tunnel(owner, cx.unix_time)
            .map_err(|_| Refusal::Fail("the TLS engine did not start"))?;
        match tunnel.receive(data, FLAGS_VERSION, reply)? {
            Turn::Start => {}
            _ => return Err(Refusal::Discard(Discard::TunnelNotStarted)),
        }
        tunnel.collect();
        tunnel.write_next(FLAGS_VERSION, reply);
        self.tunnel = Some(tunnel);
        Ok(PeerStep::Reply(NOT_YET))
    }

    fn take(&mut self, data: &[u8], reply: &mut PacketBuffer) -> Result<PeerStep, Refusal> {
        let Some(tunnel) = &mut self.tunnel else {
            return Err(Refusal::Discard(Discard::TunnelNotStarted));
        };
        let fed = match tunnel.receive(data, FLAGS_VERSION, reply)? {
            Turn::Answered => return Ok(PeerStep::Reply(self.progress())),
            Turn::Start => return Err(Refusal::Discard(Discard::TunnelStart)),
            Turn::Acknowledged => return Err(Refusal::Discard(Discard::TunnelAckUnexpected)),
            Turn::Fed(fed) => fed,
        };
        match fed.and_then(|()| self.learn()) {
            Ok(Some(Presented { chain, certificate })) => {
                Ok(PeerStep::Ask(Query::VerifyServer { chain, certificate }))
            }
            Ok(None) => {
                self.write_reply(reply);
                Ok(PeerStep::Reply(self.progress()))
            }
            Err(error) => {
                // The alert, or the acknowledgement of the server's.
                self.write_reply(reply);
                Ok(PeerStep::Reply(Progress::Done(Verdict::Fail(error.into()))))
            }
        }
    }

    fn write_reply(&mut self, reply: &mut PacketBuffer) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.collect();
            tunnel.write_next(FLAGS_VERSION, reply);
        }
    }

    /// What a message has brought: the end of the handshake, or the protected success; a question,
    /// perhaps.
    fn learn(&mut self) -> Result<Option<Presented>, TlsError> {
        let Some(tunnel) = &mut self.tunnel else { return Ok(None) };
        if self.established.is_none()
            && let Some(established) = tunnel.engine().established()
        {
            self.keys = Some(keys::derive(FACTS.method, established.version, tunnel.engine())?);
            self.established = Some(established);
        }
        let mut data = Vec::new();
        tunnel.engine_mut().read(&mut data)?;
        if !data.is_empty() {
            let is_tls13 = self.established.is_some_and(|e| e.version == TlsVersion::V1_3);
            if !is_tls13 || self.protected_success || data != PROTECTED_SUCCESS {
                return Err(TlsError::Protocol("unexpected application data".into()));
            }
            self.protected_success = true;
        }
        // In TLS 1.2, whose Finished was the server's last word, it may well close.
        let is_tls12 = self.established.is_some_and(|e| e.version == TlsVersion::V1_2);
        if tunnel.engine().is_closed() && !is_tls12 && !self.protected_success {
            return Err(CLOSED);
        }
        // Who can resume a session is the one the host was asked about.
        if tunnel.engine().is_resumed() { Ok(None) } else { tunnel.question() }
    }

    fn progress(&self) -> Progress {
        let sending = self.tunnel.as_ref().is_some_and(Tunnel::is_sending);
        match self.established {
            None => NOT_YET,
            Some(_) if sending => NOT_YET,
            Some(Established { version: TlsVersion::V1_2, .. }) => {
                Progress::Done(Verdict::CondSucc)
            }
            Some(_) if self.protected_success => Progress::Done(Verdict::UncondSucc),
            Some(Established { resumed: true, .. })
                if !self.config.requires_indication_on_resumption() =>
            {
                Progress::MayEnd(Willingness::CondSucc)
            }
            // The server is still to judge our certificate (RFC 9190 §2.5).
            Some(_) => NOT_YET,
        }
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let step = match self.tunnel {
            None => self.start(data, cx, reply),
            Some(_) => self.take(data, reply),
        };
        step.unwrap_or_else(|refusal| match refusal {
            Refusal::Discard(reason) => PeerStep::Discard(reason),
            Refusal::Fail(reason) => {
                PeerStep::Fail(Failure::MethodFailed { method: FACTS.method, reason })
            }
        })
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        _: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match answer {
            Answer::Verdict(true) => {
                self.write_reply(reply);
                PeerStep::Reply(self.progress())
            }
            // What TLS has ready to be sent would tell the server that we are content.
            _ => PeerStep::Fail(DECLINED.into()),
        }
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
