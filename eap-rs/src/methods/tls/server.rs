//! The server's side of EAP-TLS.

use std::sync::Arc;

use super::{FACTS, PROTECTED_SUCCESS, VERSION};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::tls::{SealedSession, TlsServerConfig, TlsSummary, TlsVersion};
use crate::tunnel::engine::TlsError;
use crate::tunnel::server::{Expected, Heard, ServerEnd};
use crate::{Answer, Discard, Failure, Keys, PacketBuffer};

pub(crate) struct Server {
    end: ServerEnd,
    /// Whether the protected success is on its way.
    granted: bool,
}

impl Server {
    pub(crate) fn new(config: Arc<TlsServerConfig>) -> Self {
        Self { end: ServerEnd::new(config, FACTS.method, VERSION), granted: false }
    }

    fn heard(&mut self, heard: Heard, request: &mut PacketBuffer) -> ServerStep {
        match heard {
            Heard::Step(step) => step,
            Heard::Acknowledged => self.end.end(),
            Heard::Message => self.go_on(request),
        }
    }

    /// A message of the peer's has come, and nobody is left to be asked about it.
    fn go_on(&mut self, request: &mut PacketBuffer) -> ServerStep {
        match self.conclude() {
            Ok(()) => self.end.send(request),
            Err(error) => self.end.fail(error.into(), request),
        }
    }

    /// Grants access, if the handshake is over.
    fn conclude(&mut self) -> Result<(), TlsError> {
        if !self.end.read()?.is_empty() || self.end.is_ending() {
            return Err(TlsError::Protocol("unexpected application data".into()));
        }
        let Some(established) = self.end.established() else { return Ok(()) };
        if established.version == TlsVersion::V1_3 {
            self.end.write(&PROTECTED_SUCCESS)?;
            self.granted = true;
        }
        self.end.succeed();
        Ok(())
    }
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        self.end.start(cx, request)
    }

    /// RFC 9190 §2.5: behind the protected success comes EAP-Success and nothing else.
    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        self.end.check(data, Expected { acknowledgement: false, message: !self.granted })
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let heard = self.end.receive(data, cx, request);
        self.heard(heard, request)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let heard = self.end.answered(&answer, cx, request);
        self.heard(heard, request)
    }

    /// RFC 3579 §2.1: a NAS may begin with the Start of EAP-TLS.
    fn can_be_picked_up(&self) -> bool {
        true
    }

    fn rejection(&self) -> Option<Failure> {
        self.end.rejection()
    }

    fn keys(&mut self) -> Option<Keys> {
        self.end.keys()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn succeeded(&mut self) -> Option<SealedSession> {
        self.end.keep_session(None)
    }
}
