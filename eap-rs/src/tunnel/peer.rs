//! The peer's end of a tunnel: what the TLS-based methods do alike.

use std::sync::Arc;

use super::engine::{Established, TlsError};
use super::fragment::Refusal;
use super::resumption::Owner;
use super::{CLOSED, DECLINED, Presented, Tunnel, TunnelSource, Turn, keys};
use crate::method::{PeerContext, PeerStep, Progress, Verdict};
use crate::tls::TlsSummary;
use crate::{Answer, Discard, Failure, InnerOutcome, Keys, MethodType, PacketBuffer, Query};

pub(crate) struct PeerEnd {
    source: Arc<dyn TunnelSource>,
    method: MethodType,
    /// The highest version of the method that is spoken here.
    highest: u8,
    /// The version that both sides speak.
    version: u8,
    /// Whether each message of phase 1 says its length, in version 0.
    announces_length: bool,
    /// From the Start on.
    tunnel: Option<Tunnel>,
    established: Option<Established>,
    keys: Option<Keys>,
    /// Whether anything has been said inside the tunnel.
    has_spoken: bool,
}

/// What a Request was about.
pub(crate) enum Heard {
    /// Fragments, or the Start: the reply is written.
    Answered,
    /// It was empty: the server waits for us to go on.
    YourTurn,
    /// It completed a message, which TLS has taken: see what is there, and reply.
    Message,
    /// The host has to be asked first. Its answer goes to [`PeerEnd::answered`].
    Ask(Query),
    /// TLS has come to an end; the reply, an alert perhaps, is written.
    Failed(Failure),
}

impl PeerEnd {
    pub(crate) fn new(source: Arc<dyn TunnelSource>, method: MethodType, highest: u8) -> Self {
        Self {
            source,
            method,
            highest,
            version: 0,
            announces_length: false,
            tunnel: None,
            established: None,
            keys: None,
            has_spoken: false,
        }
    }

    /// Has each message of phase 1 say its length, also where it fits one packet; in version 0
    /// only.
    pub(crate) fn announcing_length(mut self, announces: bool) -> Self {
        self.announces_length = announces;
        self
    }

    /// Takes the Type-Data of a Request.
    pub(crate) fn receive(
        &mut self,
        data: &[u8],
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> Result<Heard, Refusal> {
        let Some(tunnel) = &mut self.tunnel else {
            self.start(data, cx, reply)?;
            return Ok(Heard::Answered);
        };
        let fed = match tunnel.receive(data, self.version, reply)? {
            Turn::Answered => return Ok(Heard::Answered),
            Turn::Start(_) => return Err(Refusal::Discard(Discard::TunnelStart)),
            Turn::Acknowledged => return Ok(Heard::YourTurn),
            Turn::Fed(fed) => fed,
        };
        Ok(match fed.and_then(|()| self.learn()) {
            Ok(None) => Heard::Message,
            Ok(Some(Presented { chain, certificate })) => {
                Heard::Ask(Query::VerifyServer { chain, certificate })
            }
            Err(error) => Heard::Failed(self.fail(error, reply)),
        })
    }

    /// The server begins: the ClientHello is ours to send.
    fn start(
        &mut self,
        data: &[u8],
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> Result<(), Refusal> {
        let owner = Owner { method: self.method, identity: cx.identity.clone() };
        let mut tunnel = self
            .source
            .tunnel(owner, cx.unix_time)
            .map_err(|_| Refusal::Fail("the TLS engine did not start"))?;
        let Turn::Start(offered) = tunnel.receive(data, 0, reply)? else {
            return Err(Refusal::Discard(Discard::TunnelNotStarted));
        };
        self.version = offered.min(self.highest);
        self.tunnel = Some(tunnel);
        self.reply(reply);
        Ok(())
    }

    /// What a message has brought: the end of the handshake; a question, perhaps.
    fn learn(&mut self) -> Result<Option<Presented>, TlsError> {
        let Some(tunnel) = &mut self.tunnel else { return Ok(None) };
        if self.established.is_none() {
            match tunnel.engine().established() {
                Some(established) => {
                    let keys = keys::derive(self.method, established.version, tunnel.engine())?;
                    self.keys = Some(keys);
                    self.established = Some(established);
                }
                None if tunnel.engine().is_closed() => return Err(CLOSED),
                None => {}
            }
        }
        // Who can resume a session is the one the host was asked about.
        if tunnel.engine().is_resumed() { Ok(None) } else { tunnel.question() }
    }

    /// What the host says to [`Heard::Ask`]; goes on as after [`Heard::Message`].
    pub(crate) fn answered(&mut self, answer: &Answer) -> Result<(), Failure> {
        match answer {
            Answer::Verdict(true) => Ok(()),
            // What TLS has ready to be sent would tell the server that we are content.
            _ => Err(DECLINED.into()),
        }
    }

    /// The application data of the last message.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, TlsError> {
        let mut data = Vec::new();
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.engine_mut().read(&mut data)?;
        }
        Ok(data)
    }

    /// Sends application data, if any, behind what TLS has to say. The handshake is over.
    pub(crate) fn send(&mut self, data: &[u8], reply: &mut PacketBuffer) -> Result<(), TlsError> {
        self.announces_length = false;
        if let (Some(tunnel), false) = (&mut self.tunnel, data.is_empty()) {
            tunnel.engine_mut().write(data)?;
            self.has_spoken = true;
        }
        self.reply(reply);
        Ok(())
    }

    /// Sends what TLS has to say, or an empty packet.
    pub(crate) fn reply(&mut self, reply: &mut PacketBuffer) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.announce_length(self.announces_length && self.version == 0);
            tunnel.collect();
            tunnel.write_next(self.version, reply);
        }
    }

    /// Why the server refuses by a bare EAP-Failure, as long as nothing has been said inside the
    /// tunnel.
    pub(crate) fn rejection(&self) -> Option<Failure> {
        let tunnel = self.tunnel.as_ref()?;
        let (method, established) = (self.method, self.established);
        if self.has_spoken || established.is_some_and(|established| established.resumed) {
            return None;
        }
        // Our certificate, if any, goes out in answer to the server's. An anonymous tunnel has none.
        let is_answered = !tunnel.engine().peer_chain().is_empty();
        match (tunnel.is_sending(), is_answered, established) {
            (true, ..) | (_, false, None) => Some(Failure::TlsUnfinished { method }),
            (false, true, _) => Some(Failure::CertificateRejected { method }),
            (false, false, Some(_)) => None,
        }
    }

    /// Sends the last of it: the alert, or the acknowledgement of the server's.
    pub(crate) fn fail(&mut self, error: TlsError, reply: &mut PacketBuffer) -> Failure {
        self.reply(reply);
        error.into()
    }

    /// Says that nothing more will come: close_notify, and no reason.
    pub(crate) fn close(&mut self, reply: &mut PacketBuffer) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.engine_mut().close();
        }
        self.reply(reply);
    }

    /// Whether fragments of our message are left to be sent.
    pub(crate) fn is_sending(&self) -> bool {
        self.tunnel.as_ref().is_some_and(Tunnel::is_sending)
    }

    /// Whether the server will send nothing more.
    pub(crate) fn is_closed(&self) -> bool {
        self.tunnel.as_ref().is_some_and(|tunnel| tunnel.engine().is_closed())
    }

    /// What was agreed on, when the handshake is over.
    pub(crate) fn established(&self) -> Option<Established> {
        self.established
    }

    /// Whether the server has begun.
    pub(crate) fn is_started(&self) -> bool {
        self.tunnel.is_some()
    }

    /// The version of the method that both sides speak.
    pub(crate) fn version(&self) -> u8 {
        self.version
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

    /// Who has logged in inside the tunnel whose session is resumed.
    pub(crate) fn resumed_inner(&self) -> Option<InnerOutcome> {
        self.tunnel.as_ref()?.engine().resumed_inner()
    }

    /// The server has granted access, with this login inside the tunnel.
    pub(crate) fn keep_session(&mut self, inner: Option<&InnerOutcome>) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.engine_mut().keep_session(inner);
        }
    }
}

/// The step that a failure is, once its reply is written.
pub(crate) fn failed(failure: Failure) -> PeerStep {
    PeerStep::Reply(Progress::Done(Verdict::Fail(failure)))
}

/// The step that a packet is which was not taken.
pub(crate) fn refused(method: MethodType, refusal: Refusal) -> PeerStep {
    match refusal {
        Refusal::Discard(reason) => PeerStep::Discard(reason),
        Refusal::Fail(reason) => PeerStep::Fail(Failure::MethodFailed { method, reason }),
    }
}
