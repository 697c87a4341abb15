//! The peer's side of EAP-TLS.

use std::sync::Arc;

use super::{FACTS, PROTECTED_SUCCESS, VERSION};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::tls::{TlsPeerConfig, TlsSummary, TlsVersion};
use crate::tunnel::CLOSED;
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::peer::{Heard, PeerEnd, failed, refused};
use crate::{Answer, Discard, Failure, Keys, PacketBuffer};

/// Servers refuse a certificate with a bare EAP-Failure, without an alert (FreeRADIUS 3.2, hostapd
/// 2.10): it has to be heard. A Success is too early.
const NOT_YET: Progress = Progress::MayEnd(Willingness::Fail);

pub(crate) struct Peer {
    config: Arc<TlsPeerConfig>,
    end: PeerEnd,
    /// Whether the server has said that it grants access (RFC 9190 §2.5).
    protected_success: bool,
}

impl Peer {
    pub(crate) fn new(config: Arc<TlsPeerConfig>) -> Self {
        let end = PeerEnd::new(Arc::clone(&config) as _, FACTS.method, VERSION);
        Self { config, end, protected_success: false }
    }

    /// A message of the server's has come, and nobody is left to be asked about it.
    fn go_on(&mut self, reply: &mut PacketBuffer) -> PeerStep {
        match self.learn() {
            Ok(()) => {
                self.end.reply(reply);
                PeerStep::Reply(self.progress())
            }
            Err(error) => failed(self.end.fail(error, reply)),
        }
    }

    /// Looks for the protected success.
    fn learn(&mut self) -> Result<(), TlsError> {
        let is_tls13 = self.end.established().map(|e| e.version == TlsVersion::V1_3);
        let data = self.end.read()?;
        if !data.is_empty() {
            if is_tls13 != Some(true) || self.protected_success || data != PROTECTED_SUCCESS {
                return Err(TlsError::Protocol("unexpected application data".into()));
            }
            self.protected_success = true;
        }
        // In TLS 1.2, whose Finished was the server's last word, it may well close.
        if self.end.is_closed() && is_tls13 == Some(true) && !self.protected_success {
            return Err(CLOSED);
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        match self.end.established() {
            None => NOT_YET,
            Some(_) if self.end.is_sending() => NOT_YET,
            // The last word was ours: the server may judge our certificate again, and refuse it.
            Some(Established { version, resumed: true, .. }) if version < TlsVersion::V1_3 => {
                Progress::MayEnd(Willingness::CondSucc)
            }
            Some(Established { version, .. }) if version < TlsVersion::V1_3 => {
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
        match self.end.receive(data, cx, reply) {
            Ok(Heard::Answered) => PeerStep::Reply(self.progress()),
            Ok(Heard::Message) => self.go_on(reply),
            Ok(Heard::Ask(query)) => PeerStep::Ask(query),
            Ok(Heard::Failed(failure)) => failed(failure),
            Ok(Heard::YourTurn) => PeerStep::Discard(Discard::TunnelAckUnexpected),
            Err(refusal) => refused(FACTS.method, refusal),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        _: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match self.end.answered(&answer) {
            Ok(()) => self.go_on(reply),
            Err(failure) => PeerStep::Fail(failure),
        }
    }

    fn keys(&mut self) -> Option<Keys> {
        self.end.keys()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn rejection(&self) -> Option<Failure> {
        self.end.rejection()
    }

    fn succeeded(&mut self) {
        self.end.keep_session(None);
    }
}
