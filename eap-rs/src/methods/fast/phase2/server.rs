//! The server's side of phase 2 (RFC 4851 §3.3, RFC 5422 §3.2): messages that the tunnel has
//! decrypted go in, messages to be encrypted, questions and a conclusion come out.
//!
//! # Departures
//!
//! - A peer's request for another method is ignored, as RFC 4851 §4.2.9 allows.
//! - A machine's PAC is issued to whoever has logged in as that machine, and to nobody else.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::binding::Binding;
use super::super::keys::{CompoundKeys, InnerKey, TunnelKeys};
use super::super::opaque::{KnownPac, Terms};
use super::super::pac::PacType;
use super::super::pac::attributes::PeerSays;
use super::super::settings::{Opening, ServerSettings};
use super::super::tlv::{
    Action, ErrorCode, Message, Refusal, Sender, Status, compromised, unexpected,
};
use super::super::{METHOD, Stop, failed};
use crate::method::ServerContext;
use crate::tunnel::inner::{InnerServer, Said};
use crate::{
    Answer, AuthenticatorConfig, Failure, InnerMethod, InnerOutcome, Keys, Outcome, Query,
};

/// What the server does next.
#[derive(Debug)]
pub(in super::super) enum ServerTurn {
    /// Send this through the tunnel.
    Send(Zeroizing<Vec<u8>>),
    /// Ask the host, and go on with [`Phase2Server::answered`].
    Ask(Query),
    /// The peer is authenticated.
    Succeed,
    /// The peer is not, or it was for a PAC.
    Fail(Failure),
}

pub(in super::super) struct Phase2Server {
    settings: Arc<ServerSettings>,
    opening: Opening,
    /// What the PAC says that has opened the tunnel.
    pac: Option<KnownPac>,
    /// Those of the methods that were bound.
    keys: CompoundKeys,
    /// What is to run yet.
    methods: VecDeque<Arc<AuthenticatorConfig>>,
    /// Whether more than one was to run.
    is_sequence: bool,
    /// The last one that was bound.
    authenticated: Option<InnerOutcome>,
    /// Whether the peer has shown a PAC that does not open a tunnel.
    needs_another: bool,
    has_issued: bool,
    stage: Stage,
}

enum Stage {
    /// A method runs.
    Inner(Box<InnerServer>),
    /// The method has succeeded, and the peer has been told what binds it.
    Bound(Box<Bound>),
    /// The peer has been given a PAC.
    Issued,
    /// The peer has been told that it failed.
    Refused(Failure),
}

struct Bound {
    keys: CompoundKeys,
    request: Binding,
    inner: InnerOutcome,
    /// What the peer was told beside it.
    intermediate: Option<Status>,
    result: Option<Status>,
}

impl Phase2Server {
    /// After a handshake. `pac` is the one that has opened the tunnel.
    pub(in super::super) fn new(
        settings: Arc<ServerSettings>,
        opening: Opening,
        pac: Option<KnownPac>,
        tunnel: &TunnelKeys,
    ) -> Self {
        let challenges = (opening == Opening::Anonymous).then(|| tunnel.challenges());
        let methods: VecDeque<_> = settings.inner(challenges).into();
        Self {
            settings,
            opening,
            pac,
            needs_another: false,
            keys: CompoundKeys::new(tunnel),
            is_sequence: methods.len() > 1,
            methods,
            authenticated: None,
            has_issued: false,
            stage: Stage::Refused(failed("phase 2 has not begun")),
        }
    }

    /// The peer has a PAC, and needs another one: wpa_supplicant does not ask for it.
    pub(in super::super) const fn replace_pac(&mut self) {
        self.needs_another = true;
    }

    /// The first message.
    pub(in super::super) fn begin(&mut self, cx: &mut ServerContext<'_>) -> ServerTurn {
        let turn = match self.opening {
            // RFC 5422 §3.5: there is nothing else that it could be for.
            Opening::Anonymous if !self.may_issue(cx) => Err(failed("no PAC can be issued").into()),
            _ => self.next_method(cx),
        };
        turn.unwrap_or_else(|stop| self.refuse(stop))
    }

    /// A message of the peer's.
    pub(in super::super) fn handle(
        &mut self,
        octets: &[u8],
        cx: &mut ServerContext<'_>,
    ) -> ServerTurn {
        // RFC 4851 §3.6.2: it has failed, whatever the peer says to it.
        if let Stage::Refused(failure) = &self.stage {
            return ServerTurn::Fail(failure.clone());
        }
        let turn = match Message::parse(octets, Sender::Peer) {
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
        cx: &mut ServerContext<'_>,
    ) -> ServerTurn {
        let turn = match &mut self.stage {
            Stage::Inner(inner) => {
                let said = inner.handle_answer(answer, cx);
                self.say(said, cx)
            }
            _ => Err(failed("no method inside the tunnel").into()),
        };
        turn.unwrap_or_else(|stop| self.refuse(stop))
    }

    /// How long the next message may take, if a person has to act first.
    pub(in super::super) fn timeout(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Inner(inner) => inner.timeout(),
            _ => None,
        }
    }

    /// Why the peer is refused, if that is decided and the peer still to answer.
    pub(in super::super) fn rejection(&self) -> Option<Failure> {
        match &self.stage {
            Stage::Inner(inner) => inner.rejection(),
            Stage::Refused(failure) => Some(failure.clone()),
            Stage::Bound(_) | Stage::Issued => None,
        }
    }

    /// MSK and EMSK, after [`ServerTurn::Succeed`].
    pub(in super::super) fn keys(&self) -> Keys {
        Keys { msk: self.keys.msk(), emsk: Some(self.keys.emsk()), session_id: None }
    }

    /// Who was authenticated last.
    pub(in super::super) fn inner(&self) -> Option<&InnerOutcome> {
        self.authenticated.as_ref()
    }

    fn take(
        &mut self,
        message: Message<'_>,
        cx: &mut ServerContext<'_>,
    ) -> Result<ServerTurn, Stop> {
        if message.nak.is_some() {
            return Err(unexpected("the peer does not understand what it is told").into());
        }
        if message.result == Some(Status::Failure) {
            return Ok(ServerTurn::Fail(match message.error {
                Some(ErrorCode::TUNNEL_COMPROMISE) => {
                    failed("the peer takes the tunnel for compromised")
                }
                _ => failed("the peer does not want to be authenticated like this"),
            }));
        }
        match &mut self.stage {
            Stage::Inner(inner) => {
                let Message { payload: Some(packet), .. } = message else {
                    return Err(unexpected("no packet inside the tunnel").into());
                };
                if (Message { payload: message.payload, ..Message::default() }) != message {
                    return Err(unexpected("a packet inside the tunnel beside others").into());
                }
                let said = inner.handle_packet(packet, cx);
                let said = said.map_err(|_| unexpected("unexpected packet inside the tunnel"))?;
                self.say(said, cx)
            }
            Stage::Bound(bound) => {
                let is_last = bound.result.is_some();
                bound.check(&message)?;
                self.bound();
                if !self.methods.is_empty() {
                    return self.next_method(cx);
                }
                match self.wanted(&message, is_last)? {
                    Some(kind) if self.may_issue(cx) => self.issue(kind, cx),
                    _ if is_last => Ok(self.end()),
                    _ => Err(failed("no PAC can be issued").into()),
                }
            }
            Stage::Issued => {
                if message.result.is_none() {
                    return Err(unexpected("no Result TLV").into());
                }
                // Whether it has been stored is the peer's business, and known the next time.
                let said = message.pac.map(PeerSays::parse).transpose().map_err(unexpected)?;
                match said {
                    None | Some(PeerSays::Acknowledged(_) | PeerSays::Unknown) => Ok(self.end()),
                    Some(_) => Err(unexpected("a PAC TLV that acknowledges nothing").into()),
                }
            }
            Stage::Refused(failure) => Ok(ServerTurn::Fail(failure.clone())),
        }
    }

    fn next_method(&mut self, cx: &mut ServerContext<'_>) -> Result<ServerTurn, Stop> {
        let config = self.methods.pop_front();
        let config = config.ok_or(failed("no method can run inside this tunnel"))?;
        let mut inner = Box::new(InnerServer::new(config, METHOD, cx));
        let said = inner.start(cx);
        self.stage = Stage::Inner(inner);
        self.say(said, cx)
    }

    fn say(&mut self, said: Said, cx: &mut ServerContext<'_>) -> Result<ServerTurn, Stop> {
        let Said { packet, question, result } = said;
        match (question, result, packet.map(Zeroizing::new)) {
            (Some(query), _, _) => Ok(ServerTurn::Ask(query)),
            (None, Some(Ok(outcome)), _) => self.bind(outcome, cx),
            // Of a method that has failed EAP-Failure speaks: wpa_supplicant takes nothing else.
            (None, Some(Err(failure)), _) => Ok(ServerTurn::Fail(failure)),
            (None, None, Some(packet)) => {
                Ok(send(Message { payload: Some(&packet), ..Message::default() }))
            }
            (None, None, None) => Err(failed("nothing to say inside the tunnel").into()),
        }
    }

    /// A method has succeeded: the peer is told so, and what binds it.
    fn bind(&mut self, outcome: Outcome, cx: &mut ServerContext<'_>) -> Result<ServerTurn, Stop> {
        let Outcome { method, peer_identity: identity, keys, .. } = outcome;
        // RFC 5422 §4.2.4: the tunnel of one is not for the login of another.
        let of_pac = self.pac.as_ref().and_then(|pac| pac.identity.as_ref());
        if of_pac.is_some_and(|of_pac| *of_pac != identity) {
            return Err(failed("the PAC is another's").into());
        }
        let msk = keys.map(|keys| keys.msk);
        let keys = self.keys.after(&InnerKey::new(method, msk.as_ref()));
        let cmk = keys.cmk().ok_or(failed("there is nothing to bind"))?;
        let request = Binding::request(cmk, cx.rng);
        let is_last = self.methods.is_empty();
        let pac_follows = is_last && self.must_issue(cx);
        // RFC 4851 §3.3.1: of a single method the Result alone speaks.
        let intermediate = (self.is_sequence || pac_follows).then_some(Status::Success);
        let result = (is_last && !pac_follows).then_some(Status::Success);
        let inner = InnerOutcome { method: InnerMethod::Eap(method), identity };
        self.stage = Stage::Bound(Box::new(Bound { keys, request, inner, intermediate, result }));
        let binding = Some(request);
        Ok(send(Message { result, intermediate, binding, ..Message::default() }))
    }

    /// The peer has the same keys.
    fn bound(&mut self) {
        let stage = core::mem::replace(&mut self.stage, Stage::Issued);
        if let Stage::Bound(bound) = stage {
            self.keys = bound.keys;
            self.authenticated = Some(bound.inner);
        }
    }

    /// Which PAC is due: the one that was announced, or what the peer wants.
    fn wanted(&self, message: &Message<'_>, is_last: bool) -> Result<Option<PacType>, Stop> {
        let said = message.pac.map(PeerSays::parse).transpose().map_err(unexpected)?;
        if !is_last {
            // One that is renewed stays what it is.
            return Ok(Some(self.pac.as_ref().map_or(PacType::Tunnel, |pac| pac.kind)));
        }
        let own = self.authenticated.as_ref().map(|inner| &inner.identity);
        Ok(match said {
            Some(PeerSays::Wanted { kind, identity })
                if message.action == Some(Action::ProcessTlv)
                    && kind != PacType::UserAuthorization
                    && identity.as_ref().is_none_or(|identity| own == Some(identity)) =>
            {
                Some(kind)
            }
            _ => None,
        })
    }

    /// Whether the peer is given a PAC though it has not asked for one.
    fn must_issue(&self, cx: &ServerContext<'_>) -> bool {
        let remaining = self.pac.as_ref().zip(cx.unix_time).map(|(pac, now)| pac.remaining(now));
        let is_due = remaining.is_some_and(|left| left <= self.settings.pac_renewal.into());
        self.may_issue(cx) && (is_due || self.needs_another || self.opening == Opening::Anonymous)
    }

    /// Whether a PAC can be issued: without a calendar nobody knows until when.
    fn may_issue(&self, cx: &ServerContext<'_>) -> bool {
        !self.has_issued
            && self.settings.pac_keys.is_some()
            && self.expiry(cx).is_some()
            && self.settings.provisioning.allows(self.opening)
    }

    fn expiry(&self, cx: &ServerContext<'_>) -> Option<u32> {
        u32::try_from(cx.unix_time?.checked_add(self.settings.pac_lifetime.into())?).ok()
    }

    fn issue(&mut self, kind: PacType, cx: &mut ServerContext<'_>) -> Result<ServerTurn, Stop> {
        let expires = self.expiry(cx);
        let settings = &self.settings;
        let pac = settings.pac_keys.as_ref().zip(expires).and_then(|(keys, expires)| {
            let terms = Terms {
                kind,
                expires,
                authority: &settings.authority,
                authority_name: settings.authority_name.as_bytes(),
                identity: self.authenticated.as_ref().map(|inner| inner.identity.clone()),
            };
            keys.issue(terms, cx.rng)
        });
        let pac = pac.ok_or(failed("no PAC can be issued"))?.to_attributes();
        self.has_issued = true;
        self.stage = Stage::Issued;
        let result = Some(Status::Success);
        Ok(send(Message { result, pac: Some(&pac), ..Message::default() }))
    }

    /// RFC 5422 §3.5: an anonymous tunnel gives no access.
    fn end(&self) -> ServerTurn {
        match self.opening {
            Opening::Anonymous => ServerTurn::Fail(Failure::PacProvisioned),
            Opening::Pac | Opening::Certificate => ServerTurn::Succeed,
        }
    }

    /// RFC 4851 §3.6.2.
    fn refuse(&mut self, stop: Stop) -> ServerTurn {
        let Stop { error, failure } = stop;
        self.stage = Stage::Refused(failure);
        send(Message::failure(error))
    }
}

impl Bound {
    /// The peer has to say what it was told, and to prove the same.
    fn check(&self, message: &Message<'_>) -> Result<(), Stop> {
        if message.intermediate == Some(Status::Failure) {
            return Err(failed("the peer takes the method for failed").into());
        }
        if message.payload.is_some() {
            return Err(unexpected("a packet of a method that is over").into());
        }
        let binding = message.binding.ok_or(compromised("the peer binds nothing"))?;
        let cmk = self.keys.cmk().ok_or(compromised("there is nothing to bind"))?;
        binding.verify_response(cmk, &self.request)?;
        if (message.intermediate, message.result) != (self.intermediate, self.result) {
            return Err(unexpected("another result than was told").into());
        }
        Ok(())
    }
}

fn send(message: Message<'_>) -> ServerTurn {
    ServerTurn::Send(message.to_octets())
}
