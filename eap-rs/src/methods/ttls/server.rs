//! The server's side of EAP-TTLS.

use core::time::Duration;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::avp::{AvpCode, Avps, Unacceptable};
use super::config::{PasswordProtocol, TtlsServerConfig};
use super::eap::EapServer;
use super::password::PasswordServer;
use super::{FACTS, ImplicitChallenge, PROTECTED_SUCCESS, Said, VERSION};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::methods::token::TYPING_TIME;
use crate::tls::{SealedSession, TlsSummary, TlsVersion};
use crate::tunnel::CLOSED;
use crate::tunnel::inner::tunneled;
use crate::tunnel::server::{Expected, Heard, ServerEnd};
use crate::{
    Answer, Discard, Event, Failure, InnerMethod, InnerOutcome, Keys, PacketBuffer, Query,
};

/// The AVP that tells the protocol.
const PROTOCOLS: [(AvpCode, PasswordProtocol); 4] = [
    (AvpCode::USER_PASSWORD, PasswordProtocol::Pap),
    (AvpCode::CHAP_PASSWORD, PasswordProtocol::Chap),
    (AvpCode::MS_CHAP_RESPONSE, PasswordProtocol::MsChap),
    (AvpCode::MS_CHAP2_RESPONSE, PasswordProtocol::MsChapV2),
];

pub(crate) struct Server {
    config: Arc<TtlsServerConfig>,
    end: ServerEnd,
    phase: Phase,
    /// Who has been authenticated.
    inner: Option<InnerOutcome>,
}

enum Phase {
    Handshake,
    /// The host is asked whether this one may resume the session.
    Resuming(InnerOutcome),
    /// The handshake is over: the peer begins phase 2.
    Begin,
    Eap(EapServer),
    Password(PasswordServer),
    /// It has been decided.
    Over,
}

impl Server {
    pub(crate) fn new(config: Arc<TtlsServerConfig>) -> Self {
        let end = ServerEnd::new(Arc::clone(&config.tls) as _, FACTS.method, VERSION);
        Self { config, end, phase: Phase::Handshake, inner: None }
    }

    fn heard(
        &mut self,
        heard: Heard,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let step = match heard {
            Heard::Step(step) => return step,
            Heard::Acknowledged if self.end.is_ending() => return self.end.end(),
            Heard::Acknowledged => match &mut self.phase {
                Phase::Password(inner) => Err(inner.abandoned()),
                _ => return self.end.send(request),
            },
            Heard::Message => self.message(cx, request),
        };
        self.finish(step, request)
    }

    /// A message of the peer's has come, and nobody is left to be asked about its certificate.
    fn message(
        &mut self,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Result<ServerStep, Failure> {
        let data = Zeroizing::new(self.end.read()?);
        let Some(established) = self.end.established() else { return Ok(self.end.send(request)) };
        if self.end.is_closed() {
            return Err(CLOSED.into());
        }
        if matches!(self.phase, Phase::Handshake) {
            if established.resumed {
                return self.resume(&data, cx, request);
            }
            self.phase = Phase::Begin;
        }
        if data.is_empty() {
            return Ok(self.end.send(request));
        }
        let avps = Avps::parse(&data)?;
        let said = match &mut self.phase {
            Phase::Begin => self.begin(&avps, cx)?,
            Phase::Eap(inner) => inner.handle(&avps, cx)?,
            Phase::Password(inner) => inner.handle(&avps, cx)?,
            Phase::Handshake | Phase::Resuming(_) | Phase::Over => {
                return Err(Unacceptable("more data inside the tunnel than expected").into());
            }
        };
        self.say(said, request)
    }

    /// RFC 5281 §7.5: whose session it is was authenticated before.
    fn resume(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Result<ServerStep, Failure> {
        let Some(inner) = self.end.resumed_inner().filter(|_| data.is_empty()) else {
            return Err(Unacceptable("a session without authentication was resumed").into());
        };
        let policy = || {
            let query = Query::Policy { identity: inner.identity.clone() };
            let is_eap = matches!(inner.method, InnerMethod::Eap(_));
            let eap = self.config.eap.as_ref().filter(|eap| is_eap && eap.asks_policy());
            eap.map(|_| query)
        };
        match self.end.resumption_query(&inner).or_else(policy) {
            Some(query) => {
                self.phase = Phase::Resuming(inner);
                Ok(ServerStep::Ask(tunneled(FACTS.method, cx.identity, query)))
            }
            None => self.grant(inner, cx, request),
        }
    }

    /// What the host says of who wants to resume a session. Who may not is authenticated inside the
    /// tunnel (RFC 5281 §7.5 has the server decide): an empty packet leaves the word to the peer.
    fn may_resume(
        &mut self,
        inner: InnerOutcome,
        answer: &Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Result<ServerStep, Failure> {
        let may_resume = match answer {
            Answer::Verdict(verdict) => *verdict,
            Answer::Offer(offer) => inner.method.is_offered(offer),
            _ => false,
        };
        if may_resume {
            return self.grant(inner, cx, request);
        }
        self.phase = Phase::Begin;
        Ok(self.end.send(request))
    }

    /// Phase 2 has been passed when the session was made.
    fn grant(
        &mut self,
        inner: InnerOutcome,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> Result<ServerStep, Failure> {
        cx.events.push(Event::InnerIdentity(inner.identity.clone()));
        self.inner = Some(inner);
        self.phase = Phase::Over;
        let version = self.end.established().map(|established| established.version);
        if version == Some(TlsVersion::V1_3) {
            self.end.write(&PROTECTED_SUCCESS)?;
        }
        self.end.succeed();
        Ok(self.end.send(request))
    }

    /// The peer chooses the protocol.
    fn begin(
        &mut self,
        avps: &Avps<'_>,
        cx: &mut ServerContext<'_>,
    ) -> Result<Said<Result<InnerOutcome, Failure>>, Unacceptable> {
        let mut protocols = PROTOCOLS.iter().filter(|(code, _)| avps.has(*code));
        let chosen = protocols.next().map(|(_, protocol)| *protocol);
        if protocols.next().is_some() || (chosen.is_some() && avps.has(AvpCode::EAP_MESSAGE)) {
            return Err(Unacceptable("several protocols inside the tunnel at once"));
        }
        match (chosen, &self.config.eap) {
            (Some(protocol), _) if self.config.accepts(protocol) => {
                let challenge = ImplicitChallenge::derive(protocol, self.end.tunnel())
                    .map_err(|_| Unacceptable("no challenge could be derived"))?;
                let (inner, said) = PasswordServer::begin(protocol, challenge, avps, cx)?;
                self.phase = Phase::Password(inner);
                Ok(said)
            }
            (None, Some(config)) if avps.has(AvpCode::EAP_MESSAGE) => {
                let mut inner = EapServer::new(config, cx);
                let said = inner.handle(avps, cx)?;
                self.phase = Phase::Eap(inner);
                Ok(said)
            }
            _ => Err(Unacceptable("no protocol that is allowed inside the tunnel")),
        }
    }

    /// What phase 2 says goes to the peer, or to the host.
    fn say(
        &mut self,
        said: Said<Result<InnerOutcome, Failure>>,
        request: &mut PacketBuffer,
    ) -> Result<ServerStep, Failure> {
        if let Some(query) = said.question {
            return Ok(ServerStep::Ask(query));
        }
        self.end.write(said.avps.as_slice())?;
        match said.result {
            None => {}
            Some(Ok(inner)) => {
                self.inner = Some(inner);
                self.phase = Phase::Over;
                self.end.succeed();
            }
            Some(Err(failure)) => return Err(failure),
        }
        Ok(self.end.send(request))
    }

    fn finish(
        &mut self,
        step: Result<ServerStep, Failure>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        step.unwrap_or_else(|failure| {
            self.inner = None;
            self.end.fail(failure, request)
        })
    }
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        self.end.start(cx, request)
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        let expected = Expected {
            acknowledgement: match &self.phase {
                // Some peers acknowledge the tickets first.
                Phase::Begin => true,
                // Who does not try again has nothing more to say.
                Phase::Password(inner) => inner.awaits_another(),
                _ => false,
            },
            message: !matches!(self.phase, Phase::Over),
        };
        self.end.check(data, expected)
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let heard = self.end.receive(data, cx, request);
        self.heard(heard, cx, request)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let said = match &mut self.phase {
            Phase::Resuming(inner) => {
                let inner = inner.clone();
                let step = self.may_resume(inner, &answer, cx, request);
                return self.finish(step, request);
            }
            Phase::Eap(inner) => Ok(inner.answer(answer, cx)),
            Phase::Password(inner) => inner.answer(answer, cx),
            _ => {
                let heard = self.end.answered(&answer, cx, request);
                return self.heard(heard, cx, request);
            }
        };
        let step = said.map_err(Failure::from).and_then(|said| self.say(said, request));
        self.finish(step, request)
    }

    /// RFC 5281 §9.2: the Start is the same for everybody.
    fn can_be_picked_up(&self) -> bool {
        true
    }

    fn timeout(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Eap(inner) => inner.timeout(),
            Phase::Password(inner) => inner.awaits_another().then_some(TYPING_TIME),
            _ => None,
        }
    }

    fn rejection(&self) -> Option<Failure> {
        match &self.phase {
            Phase::Eap(inner) => self.end.rejection().or_else(|| inner.rejection()),
            _ => self.end.rejection(),
        }
    }

    fn keys(&mut self) -> Option<Keys> {
        self.end.keys()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn inner(&self) -> Option<InnerOutcome> {
        self.inner.clone()
    }

    fn succeeded(&mut self) -> Option<SealedSession> {
        let inner = self.inner.as_ref()?;
        self.end.keep_session(Some(inner))
    }
}
