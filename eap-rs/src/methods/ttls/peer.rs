//! The peer's side of EAP-TTLS.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::avp::{Avps, Unacceptable};
use super::config::{InnerPeerConfig, TtlsPeerConfig};
use super::eap::EapPeer;
use super::password::PasswordPeer;
use super::{FACTS, ImplicitChallenge, PROTECTED_SUCCESS, Said, VERSION};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::tls::{TlsSummary, TlsVersion};
use crate::tunnel::engine::{Established, TlsError};
use crate::tunnel::peer::{Heard, PeerEnd, failed, refused};
use crate::{Answer, Discard, Failure, InnerOutcome, Keys, PacketBuffer};

/// Servers refuse with a bare EAP-Failure: it has to be heard. A Success is too early.
const NOT_YET: Progress = Progress::MayEnd(Willingness::Fail);

pub(crate) struct Peer {
    config: Arc<TtlsPeerConfig>,
    end: PeerEnd,
    phase: Phase,
    /// Who has logged in, once the server has granted access.
    inner: Option<InnerOutcome>,
}

enum Phase {
    Handshake,
    /// In TLS 1.3 the Finished is ours, and the server has the next word: tickets, or nothing.
    Finished,
    /// The server knows who we are; it may still want phase 2.
    Resumed,
    Eap(EapPeer),
    Password(PasswordPeer),
    /// The server has said that it grants access.
    Granted(Option<InnerOutcome>),
}

/// Why phase 2 stops.
enum Stop {
    Tls(TlsError),
    /// The server has no part in it: it is told that we go.
    Abandon(Unacceptable),
}

impl From<TlsError> for Stop {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<Unacceptable> for Stop {
    fn from(reason: Unacceptable) -> Self {
        Self::Abandon(reason)
    }
}

impl Peer {
    pub(crate) fn new(config: Arc<TtlsPeerConfig>) -> Self {
        let end = PeerEnd::new(Arc::clone(&config.tls) as _, FACTS.method, VERSION);
        Self { config, end, phase: Phase::Handshake, inner: None }
    }

    /// A message of the server's has come, and nobody is left to be asked about its certificate.
    fn message(
        &mut self,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> Result<PeerStep, Stop> {
        let data = Zeroizing::new(self.end.read()?);
        let Some(Established { version, resumed, .. }) = self.end.established() else {
            return Ok(self.reply(reply));
        };
        let is_grant = version == TlsVersion::V1_3 && *data == PROTECTED_SUCCESS;
        match (&mut self.phase, data.is_empty()) {
            (Phase::Handshake, true) if resumed => self.phase = Phase::Resumed,
            (Phase::Handshake, true) if version == TlsVersion::V1_3 => self.phase = Phase::Finished,
            (Phase::Handshake | Phase::Finished, true) => return self.begin(cx, reply),
            (Phase::Resumed, false) if is_grant => {
                self.phase = Phase::Granted(self.end.resumed_inner());
            }
            (Phase::Eap(inner), false) if is_grant && inner.is_content() => {
                self.phase = Phase::Granted(inner.conclude());
            }
            (Phase::Password(inner), false) if is_grant && inner.is_content() => {
                self.phase = Phase::Granted(Some(inner.outcome()));
            }
            (Phase::Eap(inner), false) => {
                let said = inner.handle(&Avps::parse(&data)?, cx)?;
                return Ok(self.say(said, reply)?);
            }
            (Phase::Password(inner), false) => {
                let said = inner.handle(&Avps::parse(&data)?, cx)?;
                return Ok(self.say(said, reply)?);
            }
            // Tickets, as a rule.
            (_, true) => {}
            (_, false) => return Err(Unacceptable("data inside the tunnel too early").into()),
        }
        Ok(self.reply(reply))
    }

    /// Begins phase 2.
    fn begin(
        &mut self,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> Result<PeerStep, Stop> {
        let (phase, said) = match &self.config.inner {
            InnerPeerConfig::Eap(config) => {
                let mut inner = EapPeer::new(config, cx);
                let said = inner.begin(cx)?;
                (Phase::Eap(inner), said)
            }
            InnerPeerConfig::Password(config) => {
                let challenge = ImplicitChallenge::derive(config.protocol, self.end.tunnel())?;
                let mut inner = PasswordPeer::new(config, challenge);
                let said = inner.begin(cx)?;
                (Phase::Password(inner), said)
            }
        };
        self.phase = phase;
        Ok(self.say(said, reply)?)
    }

    /// What phase 2 says goes to the server, or to the host.
    fn say(&mut self, said: Said<Failure>, reply: &mut PacketBuffer) -> Result<PeerStep, TlsError> {
        if let Some(query) = said.question {
            return Ok(PeerStep::Ask(query));
        }
        self.end.send(said.avps.as_slice(), reply)?;
        Ok(match said.result {
            Some(failure) => failed(failure),
            None => PeerStep::Reply(self.progress()),
        })
    }

    fn reply(&mut self, reply: &mut PacketBuffer) -> PeerStep {
        self.end.reply(reply);
        PeerStep::Reply(self.progress())
    }

    fn finish(&mut self, step: Result<PeerStep, Stop>, reply: &mut PacketBuffer) -> PeerStep {
        match step {
            Ok(step) => step,
            Err(Stop::Tls(error)) => failed(self.end.fail(error, reply)),
            Err(Stop::Abandon(reason)) => {
                self.end.close(reply);
                failed(reason.into())
            }
        }
    }

    fn progress(&self) -> Progress {
        if self.end.is_sending() {
            return NOT_YET;
        }
        let is_content = match &self.phase {
            Phase::Handshake | Phase::Finished => false,
            Phase::Resumed => {
                let version = self.end.established().map(|established| established.version);
                version.is_some_and(|version| version < TlsVersion::V1_3)
                    || !self.config.tls.requires_indication_on_resumption()
            }
            Phase::Eap(inner) => inner.is_content(),
            Phase::Password(inner) => inner.is_content(),
            Phase::Granted(_) => return Progress::Done(Verdict::UncondSucc),
        };
        if is_content { Progress::MayEnd(Willingness::CondSucc) } else { NOT_YET }
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let step = match self.end.receive(data, cx, reply) {
            Ok(Heard::Answered) => return PeerStep::Reply(self.progress()),
            Ok(Heard::Message) => self.message(cx, reply),
            Ok(Heard::YourTurn) => match self.phase {
                Phase::Finished | Phase::Resumed => self.begin(cx, reply),
                _ => return PeerStep::Discard(Discard::TunnelAckUnexpected),
            },
            Ok(Heard::Ask(query)) => return PeerStep::Ask(query),
            Ok(Heard::Failed(failure)) => return failed(failure),
            Err(refusal) => return refused(FACTS.method, refusal),
        };
        self.finish(step, reply)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let said = match &mut self.phase {
            Phase::Eap(inner) => Ok(inner.answer(answer, cx)),
            Phase::Password(inner) => inner.answer(answer, cx),
            _ => {
                let step = match self.end.answered(&answer) {
                    Ok(()) => self.message(cx, reply),
                    Err(failure) => return PeerStep::Fail(failure),
                };
                return self.finish(step, reply);
            }
        };
        let step = said.map_err(Stop::from).and_then(|said| Ok(self.say(said, reply)?));
        self.finish(step, reply)
    }

    /// Not before the server may grant access.
    fn keys(&mut self) -> Option<Keys> {
        if self.progress() == NOT_YET { None } else { self.end.keys() }
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn rejection(&self) -> Option<Failure> {
        self.end.rejection()
    }

    fn inner(&self) -> Option<InnerOutcome> {
        self.inner.clone()
    }

    fn succeeded(&mut self) {
        self.inner = match &mut self.phase {
            Phase::Eap(inner) => inner.conclude(),
            Phase::Password(inner) => Some(inner.outcome()),
            Phase::Granted(inner) => inner.take(),
            Phase::Resumed => self.end.resumed_inner(),
            Phase::Handshake | Phase::Finished => None,
        };
        self.end.keep_session(self.inner.as_ref());
    }
}
