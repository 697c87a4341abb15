//! The peer's side of PEAP (\[MS-PEAP\] §3.2.5).

use std::sync::Arc;

use super::binding::CompoundKeys;
use super::config::{CryptoBinding, PeapPeerConfig};
use super::framing::{self, Message};
use super::tlv::{Binding, Extensions, Sender, Status};
use super::{Authenticated, FACTS, TunnelKeys, failed as method_failed, microsoft};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::tls::{TlsSummary, TlsVersion};
use crate::tunnel::CLOSED;
use crate::tunnel::fragment;
use crate::tunnel::inner::{InnerPeer, Said};
use crate::tunnel::peer::{Heard, PeerEnd, failed, refused};
use crate::{Answer, Code, Discard, Failure, InnerOutcome, Keys, PacketBuffer};

/// Servers refuse with a bare EAP-Failure, without an alert: it has to be heard. A Success is too
/// early.
const NOT_YET: Progress = Progress::MayEnd(Willingness::Fail);

/// The protected success indication of EAP-TLS (RFC 9190 §2.5), which FreeRADIUS 3.2 sends here,
/// too, when it resumes a session.
const INDICATION: [u8; 1] = [0];

pub(crate) struct Peer {
    config: Arc<PeapPeerConfig>,
    end: PeerEnd,
    keys: Option<TunnelKeys>,
    inner: Option<InnerPeer>,
    /// Why the conversation inside has failed; the server is still to say so.
    inner_failure: Option<Failure>,
    asking: Asking,
    conclusion: Option<Conclusion>,
}

/// Whose question is open.
enum Asking {
    Tunnel,
    Inner,
}

/// How it ends, once the last of ours is sent.
enum Conclusion {
    /// With what was inside, unless a session was resumed.
    Granted(Option<InnerOutcome>),
    Refused(Failure),
}

impl Peer {
    pub(crate) fn new(config: Arc<PeapPeerConfig>) -> Self {
        let end = PeerEnd::new(Arc::clone(&config.tls) as _, FACTS.method, config.max_version)
            .announcing_length(config.announce_length);
        Self {
            config,
            end,
            keys: None,
            inner: None,
            inner_failure: None,
            asking: Asking::Tunnel,
            conclusion: None,
        }
    }

    /// A message of the server's has come, and nobody is left to be asked about it.
    fn go_on(&mut self, cx: &mut PeerContext<'_>, reply: &mut PacketBuffer) -> PeerStep {
        let data = match self.end.read() {
            Ok(_) if self.end.is_closed() => return failed(self.end.fail(CLOSED, reply)),
            Ok(data) => data,
            Err(error) => return failed(self.end.fail(error, reply)),
        };
        if self.keys.is_none() {
            self.keys = self.end.keys().map(TunnelKeys::new);
        }
        // The handshake, tickets, or what has no meaning here.
        if data.is_empty() || (data == INDICATION && self.is_resumed_in_tls13()) {
            self.end.reply(reply);
            return PeerStep::Reply(self.progress());
        }
        match self.end.version() {
            0 => self.version_0(&data, cx, reply),
            _ => self.version_1(&data, cx, reply),
        }
    }

    fn version_0(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match framing::read(Code::Request, cx.identifier.0, data) {
            None => self.refuse(method_failed("nothing inside the tunnel"), None, reply),
            Some(Message::Extensions { identifier, data }) => match self.extensions(data, cx) {
                Ok((binding, inner)) => {
                    let answer = Extensions { status: Status::Success, binding };
                    self.conclude(Conclusion::Granted(inner), identifier, answer, reply)
                }
                Err(failure) => self.refuse(failure, Some(identifier), reply),
            },
            Some(Message::Packet(packet)) => {
                let compressed = data == framing::compress(&packet);
                let wanted = self.config.inner.preferred_method();
                match microsoft::answer(&packet, compressed, wanted) {
                    Some(answer) => self.send(&answer, reply),
                    None => self.inner_packet(&packet, cx, reply),
                }
            }
        }
    }

    /// The server's word on how it ended: what we have to say to its success.
    fn extensions(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
    ) -> Result<(Option<Binding>, Option<InnerOutcome>), Failure> {
        let Extensions { status, binding } =
            Extensions::parse(data, Sender::Server).map_err(method_failed)?;
        if status == Status::Failure {
            return Err(self.rejected(cx));
        }
        let authenticated = self.accept()?;
        let binding = match (self.config.crypto_binding, binding) {
            (CryptoBinding::Off, _) | (CryptoBinding::IfOffered, None) => None,
            (CryptoBinding::Required, None) => {
                return Err(method_failed("the server does without crypto-binding"));
            }
            (CryptoBinding::IfOffered | CryptoBinding::Required, Some(binding)) => {
                Some(self.bind(&binding, authenticated.as_ref(), cx)?)
            }
        };
        Ok((binding, authenticated.map(|authenticated| authenticated.inner)))
    }

    fn bind(
        &mut self,
        request: &Binding,
        authenticated: Option<&Authenticated>,
        cx: &mut PeerContext<'_>,
    ) -> Result<Binding, Failure> {
        let keys = self.keys.as_mut().ok_or(Failure::SuccessTooEarly)?;
        let msk = &keys.tunnel.msk;
        let compound = match authenticated {
            Some(Authenticated { msk: inner, .. }) => CompoundKeys::of_method(msk, inner.as_ref()),
            None => CompoundKeys::resumed(msk),
        };
        let compound = compound
            .filter(|compound| compound.verify(request))
            .ok_or(method_failed("the server's crypto-binding is wrong"))?;
        keys.bound = Some(compound.msk());
        Ok(compound.bind(Sender::Peer, cx.rng))
    }

    fn version_1(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        // hostapd gives the two results an Identifier of their own.
        match data {
            [3, _, 0, 4] => match self.accept() {
                Ok(authenticated) => {
                    let inner = authenticated.map(|authenticated| authenticated.inner);
                    self.finish(Conclusion::Granted(inner), reply)
                }
                Err(failure) => self.refuse(failure, None, reply),
            },
            [4, _, 0, 4] => {
                let failure = self.rejected(cx);
                self.refuse(failure, None, reply)
            }
            packet => self.inner_packet(packet, cx, reply),
        }
    }

    fn inner_packet(
        &mut self,
        packet: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let config = &self.config.inner;
        let inner =
            self.inner.get_or_insert_with(|| InnerPeer::new(Arc::clone(config), FACTS.method, cx));
        match inner.handle_packet(packet, cx) {
            Ok(said) => self.say(said, reply),
            Err(_) => {
                self.refuse(method_failed("unexpected packet inside the tunnel"), None, reply)
            }
        }
    }

    fn say(&mut self, said: Said, reply: &mut PacketBuffer) -> PeerStep {
        let Said { packet, question, result } = said;
        if let Some(query) = question {
            self.asking = Asking::Inner;
            return PeerStep::Ask(query);
        }
        let failure = result.and_then(Result::err);
        match (packet, failure) {
            (Some(packet), failure) => {
                self.inner_failure = failure;
                match self.end.version() {
                    0 => self.send(framing::compress(&packet), reply),
                    _ => self.send(&packet, reply),
                }
            }
            (None, Some(failure)) => PeerStep::Fail(failure),
            (None, None) => PeerStep::Fail(method_failed("nothing to say inside the tunnel")),
        }
    }

    /// What was authenticated inside: nothing, if that has been done in the session resumed.
    fn accept(&mut self) -> Result<Option<Authenticated>, Failure> {
        let is_resumed = self.is_resumed();
        match &mut self.inner {
            None if is_resumed => Ok(None),
            Some(inner) if inner.would_accept() => Ok(Some(inner.accept()?.into())),
            _ => Err(self.inner_failure.take().unwrap_or(Failure::SuccessTooEarly)),
        }
    }

    /// Why the server refuses us.
    fn rejected(&mut self, cx: &mut PeerContext<'_>) -> Failure {
        let method = FACTS.method;
        let is_resumed = self.is_resumed();
        let guess = match &mut self.inner {
            None if is_resumed => Some(Failure::ResumptionRejected { method }),
            None => None,
            Some(inner) => self.inner_failure.take().or_else(|| inner.reject(cx)),
        };
        guess.unwrap_or(Failure::Rejected { method })
    }

    /// Says that it is over: in answer to the Result with this Identifier, or else as TLS does.
    fn refuse(
        &mut self,
        failure: Failure,
        identifier: Option<u8>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let conclusion = Conclusion::Refused(failure);
        match (self.end.version(), identifier) {
            (0, Some(identifier)) => {
                let answer = Extensions { status: Status::Failure, binding: None };
                self.conclude(conclusion, identifier, answer, reply)
            }
            _ => {
                self.conclusion = Some(conclusion);
                self.end.close(reply);
                PeerStep::Reply(self.progress())
            }
        }
    }

    fn conclude(
        &mut self,
        conclusion: Conclusion,
        identifier: u8,
        answer: Extensions,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        self.conclusion = Some(conclusion);
        let packet = framing::extensions(Code::Response, identifier, &answer.to_octets());
        self.send(&packet, reply)
    }

    /// With what TLS has to say, or an empty message.
    fn finish(&mut self, conclusion: Conclusion, reply: &mut PacketBuffer) -> PeerStep {
        self.conclusion = Some(conclusion);
        self.end.reply(reply);
        PeerStep::Reply(self.progress())
    }

    fn send(&mut self, data: &[u8], reply: &mut PacketBuffer) -> PeerStep {
        match self.end.send(data, reply) {
            Ok(()) => PeerStep::Reply(self.progress()),
            Err(error) => PeerStep::Fail(error.into()),
        }
    }

    /// An empty message, where there is nothing of ours left to be acknowledged.
    fn missing_result(&mut self, reply: &mut PacketBuffer) -> PeerStep {
        let would_accept = self.inner.as_ref().is_some_and(InnerPeer::would_accept);
        if !self.config.accept_missing_result || self.end.version() != 0 || !would_accept {
            return PeerStep::Discard(Discard::TunnelAckUnexpected);
        }
        match self.accept() {
            Ok(authenticated) => {
                let inner = authenticated.map(|authenticated| authenticated.inner);
                self.finish(Conclusion::Granted(inner), reply)
            }
            Err(failure) => PeerStep::Fail(failure),
        }
    }

    fn progress(&self) -> Progress {
        if self.end.is_sending() {
            return NOT_YET;
        }
        match &self.conclusion {
            // EAP-Success has to confirm it (\[MS-PEAP\] §3.1.5.1).
            Some(Conclusion::Granted(_)) => Progress::Done(Verdict::CondSucc),
            Some(Conclusion::Refused(failure)) => Progress::Done(Verdict::Fail(failure.clone())),
            None if self.may_skip_result() => Progress::MayEnd(Willingness::CondSucc),
            None => NOT_YET,
        }
    }

    /// Whether EAP-Success alone grants access.
    fn may_skip_result(&self) -> bool {
        self.is_resumed()
            && self.inner.is_none()
            && !self.config.tls.requires_indication_on_resumption()
            && self.config.crypto_binding != CryptoBinding::Required
    }

    fn is_resumed(&self) -> bool {
        self.end.established().is_some_and(|established| established.resumed)
    }

    fn is_resumed_in_tls13(&self) -> bool {
        let established = self.end.established();
        established.is_some_and(|e| e.resumed && e.version == TlsVersion::V1_3)
            && self.inner.is_none()
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let version = fragment::version(data);
        if self.end.is_started() && version.is_some_and(|version| version != self.end.version()) {
            return PeerStep::Discard(Discard::TunnelVersion);
        }
        match self.end.receive(data, cx, reply) {
            Ok(Heard::Answered) => PeerStep::Reply(self.progress()),
            Ok(Heard::Message) => self.go_on(cx, reply),
            Ok(Heard::Ask(query)) => {
                self.asking = Asking::Tunnel;
                PeerStep::Ask(query)
            }
            Ok(Heard::Failed(failure)) => failed(failure),
            Ok(Heard::YourTurn) => self.missing_result(reply),
            Err(refusal) => refused(FACTS.method, refusal),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match (&self.asking, &mut self.inner) {
            (Asking::Inner, Some(inner)) => {
                let said = inner.handle_answer(answer, cx);
                self.say(said, reply)
            }
            _ => match self.end.answered(&answer) {
                Ok(()) => self.go_on(cx, reply),
                Err(failure) => PeerStep::Fail(failure),
            },
        }
    }

    /// Those of the tunnel may be replaced by those of the binding, once they are there.
    fn keys(&mut self) -> Option<Keys> {
        match self.progress() {
            Progress::MayEnd(Willingness::CondSucc) | Progress::Done(Verdict::CondSucc) => {
                self.keys.as_ref().map(TunnelKeys::export)
            }
            _ => None,
        }
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn rejection(&self) -> Option<Failure> {
        self.end.rejection()
    }

    fn inner(&self) -> Option<InnerOutcome> {
        match &self.conclusion {
            Some(Conclusion::Granted(inner)) => inner.clone().or_else(|| self.end.resumed_inner()),
            Some(Conclusion::Refused(_)) | None => None,
        }
    }

    fn succeeded(&mut self) {
        let inner = self.inner();
        self.end.keep_session(inner.as_ref());
    }
}
