//! The peer's side of phase 2 (RFC 4851 §3.3, RFC 5422 §3.2): messages that the tunnel has
//! decrypted go in, messages to be encrypted, questions and a conclusion come out.
//!
//! # Departures
//!
//! - A server that would end it without a method is refused, unless the settings say otherwise,
//!   where RFC 4851 §3.3.2 has the peer request one: nobody honours that.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::binding::Binding;
use super::super::keys::{CompoundKeys, InnerKey, TunnelKeys};
use super::super::pac::attributes::{acknowledgement, request};
use super::super::pac::{Pac, PacType};
use super::super::settings::{Opening, PeerSettings};
use super::super::tlv::{
    Action, ErrorCode, Message, Refusal, Sender, Status, compromised, unexpected,
};
use super::super::{MAX_METHODS, METHOD, Stop, failed};
use crate::method::{PeerContext, Progress, Verdict, Willingness};
use crate::tunnel::inner::{InnerPeer, Said};
use crate::{Answer, Failure, InnerMethod, InnerOutcome, Keys, Outcome, PeerConfig, Query};

/// What the peer does next.
#[derive(Debug)]
pub(in super::super) enum PeerTurn {
    /// Send this through the tunnel.
    Send(Zeroizing<Vec<u8>>),
    /// Ask the host, and go on with [`Phase2Peer::answered`].
    Ask(Query),
    /// Store this PAC where it survives, and go on with [`Phase2Peer::stored`].
    Store(Box<Pac>),
}

pub(in super::super) struct Phase2Peer {
    settings: Arc<PeerSettings>,
    /// What runs inside.
    config: Arc<PeerConfig>,
    opening: Opening,
    /// A-ID, as the Start had it.
    authority: Box<[u8]>,
    /// Those of the methods that were bound.
    keys: CompoundKeys,
    /// A method that is not bound yet.
    inner: Option<InnerPeer>,
    /// How many have begun.
    methods: usize,
    /// The last one that was bound.
    authenticated: Option<InnerOutcome>,
    /// Why a method has failed; the server is still to say so.
    inner_failure: Option<Failure>,
    /// What goes with the answer to a question.
    answer: Message<'static>,
    /// Of the PAC that is being stored.
    storing: Option<PacType>,
    has_requested: bool,
    has_stored: bool,
    conclusion: Option<Conclusion>,
}

/// How it ends, once the answer is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Conclusion {
    /// Access, if EAP-Success follows, with what was inside. If EAP-Failure does, a PAC that was
    /// stored is good all the same (RFC 5422 §3.5).
    Granted(Option<InnerOutcome>),
    /// No access, whatever follows: it was for a PAC, which is stored.
    Provisioned,
    /// No access.
    Refused(Failure),
}

impl Phase2Peer {
    /// After a handshake with the server that calls itself `authority`.
    pub(in super::super) fn new(
        settings: Arc<PeerSettings>,
        opening: Opening,
        tunnel: &TunnelKeys,
        authority: &[u8],
    ) -> Self {
        let challenges = (opening == Opening::Anonymous).then(|| tunnel.challenges());
        Self {
            config: settings.inner(challenges),
            settings,
            opening,
            authority: authority.into(),
            keys: CompoundKeys::new(tunnel),
            inner: None,
            methods: 0,
            authenticated: None,
            inner_failure: None,
            answer: Message::default(),
            storing: None,
            has_requested: false,
            has_stored: false,
            conclusion: None,
        }
    }

    /// A message of the server's.
    pub(in super::super) fn handle(&mut self, octets: &[u8], cx: &mut PeerContext<'_>) -> PeerTurn {
        match self.conclusion.take() {
            // The server has more to say than that it is content.
            None | Some(Conclusion::Granted(_)) => {}
            over => {
                self.conclusion = over;
                return send(Message::failure(None));
            }
        }
        let turn = match Message::parse(octets, Sender::Server) {
            Ok(message) => self.take(message, cx),
            Err(refusal @ Refusal::Unknown(_)) => Ok(send(refusal.answer())),
            Err(refusal) => Err(refusal.into()),
        };
        turn.unwrap_or_else(|stop| self.refuse(stop))
    }

    /// The answer to the question asked.
    pub(in super::super) fn answered(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
    ) -> PeerTurn {
        let said = self.inner.as_mut().map(|inner| inner.handle_answer(answer, cx));
        let turn = said.ok_or(unexpected("no method inside the tunnel").into());
        turn.and_then(|said| self.say(said)).unwrap_or_else(|stop| self.refuse(stop))
    }

    /// Whether the PAC is where it survives.
    pub(in super::super) fn stored(&mut self, stored: bool) -> PeerTurn {
        let kind = self.storing.take();
        self.has_stored |= stored && kind.is_some();
        let status = if stored { Status::Success } else { Status::Failure };
        // RFC 5422 §4.2.5: of others it must not be said.
        let acknowledgement = (kind == Some(PacType::Tunnel)).then(|| acknowledgement(status));
        self.finish(Message { pac: acknowledgement.as_deref(), ..self.answer })
    }

    /// What the machine of RFC 4137 is told after an answer.
    pub(in super::super) fn progress(&self) -> Progress {
        match &self.conclusion {
            // The server may have a PAC for us, or may not.
            Some(Conclusion::Granted(_)) if self.has_requested && !self.has_stored => {
                Progress::MayEnd(Willingness::CondSucc)
            }
            Some(Conclusion::Granted(_)) => Progress::Done(Verdict::CondSucc),
            Some(Conclusion::Provisioned) => Progress::Done(Verdict::Fail(Failure::PacProvisioned)),
            Some(Conclusion::Refused(failure)) => Progress::Done(Verdict::Fail(failure.clone())),
            // Servers refuse with a bare EAP-Failure: it has to be heard.
            None => Progress::MayEnd(Willingness::Fail),
        }
    }

    pub(in super::super) fn conclusion(&self) -> Option<&Conclusion> {
        self.conclusion.as_ref()
    }

    /// Why the server refuses by a bare EAP-Failure.
    pub(in super::super) fn rejection(&self) -> Option<Failure> {
        match &self.conclusion {
            // RFC 5422 §3.5: it may do so once it has provisioned us.
            Some(Conclusion::Granted(_)) if self.has_stored => Some(Failure::PacProvisioned),
            // hostapd does, if it issues none.
            Some(Conclusion::Granted(_)) if self.has_requested => Some(Failure::PacRefused),
            None if self.is_due_a_pac() => Some(Failure::PacRefused),
            _ => self.inner_failure.clone(),
        }
    }

    /// Whether nothing runs in a tunnel that is for a PAC (RFC 5422 §3.5).
    fn is_due_a_pac(&self) -> bool {
        self.opening == Opening::Anonymous && self.inner.is_none() && self.inner_failure.is_none()
    }

    /// MSK and EMSK, once access may be granted.
    pub(in super::super) fn keys(&self) -> Option<Keys> {
        let Some(Conclusion::Granted(_)) = self.conclusion else { return None };
        Some(Keys { msk: self.keys.msk(), emsk: Some(self.keys.emsk()), session_id: None })
    }

    fn take(&mut self, message: Message<'_>, cx: &mut PeerContext<'_>) -> Result<PeerTurn, Stop> {
        let is_anonymous = self.opening == Opening::Anonymous;
        if is_anonymous && !self.settings.provisioning.allows(self.opening) {
            return Err(failed("an anonymous tunnel is not allowed").into());
        }
        if message.nak.is_some() {
            return Err(unexpected("the server does not understand what it is told").into());
        }
        if message.result == Some(Status::Failure) {
            return Err(Stop { error: None, failure: self.rejected(message.error, cx) });
        }
        // RFC 4851 §3.3.1: what was inside is bound before anything that comes with it counts.
        let is_bound = self.inner.is_some() && message.binding.is_some();
        let binding = message.binding.map(|binding| self.bind(&binding)).transpose()?;
        match message.intermediate {
            Some(Status::Success) if !is_bound => {
                return Err(unexpected("an Intermediate-Result without a method").into());
            }
            Some(Status::Failure) if self.inner.is_none() => {
                return Err(unexpected("an Intermediate-Result without a method").into());
            }
            Some(Status::Failure) => {
                let inner = self.inner.take();
                let guess = inner.and_then(|mut inner| inner.reject(cx));
                let guess = self.inner_failure.take().or(guess);
                self.inner_failure = guess.or(Some(Failure::Rejected { method: METHOD }));
            }
            Some(Status::Success) | None => {}
        }
        let answer = Message { binding, intermediate: message.intermediate, ..Message::default() };
        match (message.result, message.payload) {
            (Some(_), _) => self.conclude(answer, message),
            (None, _) if message.pac.is_some() => Err(unexpected("a PAC before the result").into()),
            (None, Some(packet)) => {
                self.answer = answer;
                let said = self.inner(cx)?.handle_packet(packet, cx);
                let said = said.map_err(|_| unexpected("unexpected packet inside the tunnel"))?;
                self.say(said)
            }
            (None, None) if answer == Message::default() => {
                Err(unexpected("nothing inside the tunnel").into())
            }
            (None, None) => Ok(send(answer)),
        }
    }

    /// Verifies the binding of the method that has run, which is over by this, or that of the one
    /// before once more.
    fn bind(&mut self, request: &Binding) -> Result<Binding, Stop> {
        if let Some(mut inner) = self.inner.take() {
            if !inner.would_accept() {
                return Err(compromised("a method is bound that has not succeeded").into());
            }
            let Outcome { method, peer_identity: identity, keys, .. } = inner.accept()?;
            let msk = keys.map(|keys| keys.msk);
            self.keys = self.keys.after(&InnerKey::new(method, msk.as_ref()));
            self.inner_failure = None;
            self.authenticated = Some(InnerOutcome { method: InnerMethod::Eap(method), identity });
        }
        let cmk = self.keys.cmk().ok_or(compromised("a Crypto-Binding TLV of nothing"))?;
        request.verify_request(cmk)?;
        Ok(Binding::response(cmk, request))
    }

    /// The server says that it is content.
    fn conclude(
        &mut self,
        answer: Message<'static>,
        message: Message<'_>,
    ) -> Result<PeerTurn, Stop> {
        match &self.inner {
            Some(inner) if inner.would_accept() => {
                return Err(compromised("a method is not bound to the tunnel").into());
            }
            Some(_) => return Err(self.too_early()),
            None => {}
        }
        let is_required = self.settings.require_inner_method || self.opening == Opening::Anonymous;
        if (is_required && self.authenticated.is_none()) || self.inner_failure.is_some() {
            return Err(self.too_early());
        }
        self.answer = Message { result: Some(Status::Success), ..answer };
        let may_store = self.settings.provisioning.allows(self.opening);
        let pac = message.pac.map(|pac| Pac::parse(pac, &self.authority));
        match pac.transpose().map_err(unexpected)?.flatten() {
            Some(pac) if may_store => {
                self.storing = Some(pac.kind());
                Ok(PeerTurn::Store(Box::new(pac)))
            }
            Some(pac) => {
                self.storing = Some(pac.kind());
                Ok(self.stored(false))
            }
            None if may_store && self.opening == Opening::Certificate && !self.has_requested => {
                // Once: whether it is honoured is the server's business (RFC 4851 §3.3.2).
                self.has_requested = true;
                let action = Some(Action::ProcessTlv);
                let pac = request(PacType::Tunnel);
                Ok(self.finish(Message { action, pac: Some(&pac), ..self.answer }))
            }
            None => Ok(self.finish(self.answer)),
        }
    }

    fn finish(&mut self, answer: Message<'_>) -> PeerTurn {
        self.conclusion = Some(match self.opening {
            Opening::Anonymous if self.has_stored => Conclusion::Provisioned,
            Opening::Anonymous => Conclusion::Refused(failed("no PAC was provisioned")),
            Opening::Pac | Opening::Certificate => Conclusion::Granted(self.authenticated.clone()),
        });
        send(answer)
    }

    /// The method that runs, or another one.
    fn inner(&mut self, cx: &mut PeerContext<'_>) -> Result<&mut InnerPeer, Stop> {
        if self.inner.is_none() {
            self.methods += 1;
            if self.methods > MAX_METHODS {
                return Err(unexpected("too many methods inside the tunnel").into());
            }
            self.inner_failure = None;
        }
        let config = &self.config;
        Ok(self.inner.get_or_insert_with(|| InnerPeer::new(Arc::clone(config), METHOD, cx)))
    }

    fn say(&mut self, said: Said) -> Result<PeerTurn, Stop> {
        let Said { packet, question, result } = said;
        if let Some(query) = question {
            return Ok(PeerTurn::Ask(query));
        }
        let failure = result.and_then(Result::err);
        match (packet.map(Zeroizing::new), failure) {
            (Some(packet), failure) => {
                self.inner_failure = failure;
                Ok(send(Message { payload: Some(&packet), ..self.answer }))
            }
            (None, Some(failure)) => Err(failure.into()),
            (None, None) => Err(failed("nothing to say inside the tunnel").into()),
        }
    }

    fn too_early(&mut self) -> Stop {
        self.inner_failure.take().unwrap_or(Failure::SuccessTooEarly).into()
    }

    /// Why the server refuses us.
    fn rejected(&mut self, error: Option<ErrorCode>, cx: &mut PeerContext<'_>) -> Failure {
        if error == Some(ErrorCode::TUNNEL_COMPROMISE) {
            return failed("the server takes the tunnel for compromised");
        }
        let guess = self.inner_failure.take();
        let guess = guess.or_else(|| self.inner.as_mut()?.reject(cx));
        guess.unwrap_or(Failure::Rejected { method: METHOD })
    }

    /// RFC 4851 §3.6.2.
    fn refuse(&mut self, stop: Stop) -> PeerTurn {
        let Stop { error, failure } = stop;
        self.inner = None;
        self.conclusion = Some(Conclusion::Refused(failure));
        send(Message::failure(error))
    }
}

fn send(message: Message<'_>) -> PeerTurn {
    PeerTurn::Send(message.to_octets())
}
