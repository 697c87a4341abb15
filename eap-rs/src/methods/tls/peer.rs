//! The peer's side of EAP-TLS.

use std::sync::Arc;

use super::{FACTS, FLAGS_VERSION, PROTECTED_SUCCESS};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::tls::{TlsPeerConfig, TlsSummary, TlsVersion};
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::fragment::Refusal;
use crate::tunnel::{Tunnel, Turn, keys};
use crate::{Answer, Discard, Failure, Keys, PacketBuffer};

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
        let mut tunnel = self
            .config
            .tunnel(cx.unix_time)
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
        let failed = fed.and_then(|()| self.learn()).err();
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.collect();
            tunnel.write_next(FLAGS_VERSION, reply);
        }
        let progress = match failed {
            // The reply carries the alert, or acknowledges the server's.
            Some(error) => Progress::Done(Verdict::Fail(error.into())),
            None => self.progress(),
        };
        Ok(PeerStep::Reply(progress))
    }

    /// What a message has brought: the end of the handshake, or the protected success.
    fn learn(&mut self) -> Result<(), TlsError> {
        let Some(tunnel) = &mut self.tunnel else { return Ok(()) };
        if self.established.is_none()
            && let Some(established) = tunnel.engine().established()
        {
            self.keys = Some(keys::derive(FACTS.method, established.version, tunnel.engine())?);
            self.established = Some(established);
        }
        let mut data = Vec::new();
        tunnel.engine_mut().read(&mut data)?;
        if data.is_empty() {
            return Ok(());
        }
        let is_tls13 = self.established.is_some_and(|e| e.version == TlsVersion::V1_3);
        if !is_tls13 || self.protected_success || data != PROTECTED_SUCCESS {
            return Err(TlsError::Protocol("unexpected application data".into()));
        }
        self.protected_success = true;
        Ok(())
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
        _: Answer,
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        PeerStep::Fail(Failure::Declined)
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.tunnel.as_ref().and_then(Tunnel::summary)
    }
}
