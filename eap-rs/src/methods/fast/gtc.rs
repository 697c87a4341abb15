//! EAP-FAST-GTC (RFC 5421): name and password in clear text inside the tunnel, under the Type of
//! GTC. It derives no key.
//!
//! | who | sends |
//! |---|---|
//! | server | `CHALLENGE=` and what to show |
//! | peer | `RESPONSE=`, the name, a zero, the password; nothing, if it gives up |
//! | server | `E=691 R=1 M=` and a message, as MS-CHAP has it, but without a challenge |
//!
//! # Departures
//!
//! - An error travels alone, and Result follows when it is acknowledged, where RFC 5421 §2 lets both
//!   go together: RFC 4851 §4.2.2 forbids it.
//! - The texts are not normalized.

#[cfg(test)]
mod tests;

use core::time::Duration;

use crate::identity::without_domain;
use crate::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep, Verdict,
    Willingness,
};
use crate::methods::mschapv2::{FailureMessage, MAX_RETRIES};
use crate::methods::token::{self, TYPING_TIME};
use crate::packet::displayable;
use crate::{
    AccountError, AccountRefusal, Answer, Discard, Failure, Identity, PacketBuffer, Query, Secret,
};

const CHALLENGE: &[u8] = b"CHALLENGE=";
const RESPONSE: &[u8] = b"RESPONSE=";
const ERROR: &[u8] = b"E=";

/// For a person whose peer has no words of its own for the number.
const REFUSED: &str = "Authentication failed";

/// How GTC is spoken inside EAP-FAST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GtcForm {
    /// As RFC 5421 has it.
    #[default]
    Labelled,
    /// As outside EAP-FAST (RFC 3748 §5.6): a text, and a password in answer. FreeRADIUS 3.2 does
    /// no other. A peer that accepts it speaks the other form, too, with a server that does.
    Plain,
}

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// To be shown.
    Challenge(String),
    /// A challenge without a label.
    Plain(String),
    Error(FailureMessage),
}

impl Request {
    fn parse(data: &[u8], form: GtcForm) -> Option<Self> {
        match data.strip_prefix(CHALLENGE) {
            Some(text) => Some(Self::Challenge(displayable(text))),
            None if data.starts_with(ERROR) => Some(Self::Error(FailureMessage::parse(data))),
            None if form == GtcForm::Plain => Some(Self::Plain(displayable(data))),
            None => None,
        }
    }
}

/// What a peer says: the name, which has no zero in it, and the password.
struct Response<'a> {
    name: &'a [u8],
    password: &'a [u8],
}

impl<'a> Response<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, Discard> {
        let value = data.strip_prefix(RESPONSE).ok_or(Discard::Method("no RESPONSE="))?;
        let end = value.iter().position(|octet| *octet == 0);
        let end = end.ok_or(Discard::Method("no zero between name and password"))?;
        let (name, password) = (value.get(..end), value.get(end + 1..));
        let (name, password) = (name.unwrap_or_default(), password.unwrap_or_default());
        if name.len() > Identity::MAX_LEN || password.len() > Identity::MAX_LEN {
            return Err(Discard::ResponseTooLong);
        }
        Ok(Self { name, password })
    }

    fn write(&self, out: &mut PacketBuffer) {
        [RESPONSE, self.name, &[0], self.password].into_iter().for_each(|part| out.extend(part));
    }
}

/// The peer's side.
#[derive(Debug)]
pub(crate) struct Peer {
    form: GtcForm,
    /// Whether the configured password may be the answer to the next challenge.
    password: bool,
    retries: u8,
    asking: Asking,
}

/// What the answer to the open question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// The first challenge, or an error: name and password.
    Credentials,
    /// A later challenge, for the next token for example: the value alone.
    Value,
    /// A challenge without a label.
    Plain,
}

impl Peer {
    pub(crate) const fn new(form: GtcForm) -> Self {
        Self { form, password: true, retries: 0, asking: Asking::Credentials }
    }

    fn challenged(
        &mut self,
        challenge: String,
        asking: Asking,
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        self.asking = asking;
        let is_first = core::mem::take(&mut self.password);
        if !is_first && asking == Asking::Credentials {
            self.asking = Asking::Value;
        }
        match cx.password {
            Some(password) if is_first && cx.tunneled => self.respond(password, cx, reply),
            _ => PeerStep::Ask(Query::Token { challenge }),
        }
    }

    /// Whoever gives up sends an empty packet.
    fn refused(&mut self, message: FailureMessage, cx: &PeerContext<'_>) -> PeerStep {
        let refused = message.refusal;
        if !message.retry || self.retries >= MAX_RETRIES {
            return PeerStep::Reply(Progress::Done(Verdict::Fail(Failure::Account(refused))));
        }
        self.retries = self.retries.saturating_add(1);
        self.password = false;
        self.asking = Asking::Credentials;
        let identity = cx.identity.clone();
        PeerStep::Ask(match refused.error {
            AccountError::PasswordExpired | AccountError::ChangingPassword => {
                Query::NewPassword { identity, refused }
            }
            _ => Query::Password { identity, refused: Some(refused) },
        })
    }

    fn respond(
        &self,
        password: &Secret,
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let (name, password) = (cx.identity.as_bytes(), password.expose());
        match self.asking {
            Asking::Credentials if name.contains(&0) => return fail("a zero in the identity"),
            Asking::Credentials => Response { name, password }.write(reply),
            Asking::Value => [RESPONSE, password].into_iter().for_each(|part| reply.extend(part)),
            Asking::Plain => reply.extend(password),
        }
        PeerStep::Reply(Progress::MayEnd(Willingness::CondSucc))
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        if data.is_empty() {
            return PeerStep::Discard(Discard::EmptyMessage);
        }
        match Request::parse(data, self.form) {
            Some(Request::Challenge(text)) => self.challenged(text, Asking::Credentials, cx, reply),
            Some(Request::Plain(text)) => self.challenged(text, Asking::Plain, cx, reply),
            Some(Request::Error(message)) => self.refused(message, cx),
            None => fail("the server does not speak the GTC of EAP-FAST"),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match answer {
            Answer::Secret(secret) => self.respond(&secret, cx, reply),
            _ => PeerStep::Fail(Failure::Declined),
        }
    }
}

/// The server's side.
#[derive(Debug)]
pub(crate) struct Server {
    form: GtcForm,
    retries: u8,
    state: State,
}

#[derive(Debug)]
enum State {
    /// A challenge has been sent, or, for this reason, an error that allows another try.
    Challenged(Option<Failure>),
    /// An error has been sent that allows none.
    Refused(Failure),
}

impl Server {
    pub(crate) const fn new(form: GtcForm) -> Self {
        Self { form, retries: 0, state: State::Challenged(None) }
    }

    fn wrong(&mut self, cx: &ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        let failure = Failure::BadCredentials;
        if self.form == GtcForm::Plain {
            return ServerStep::Fail(failure);
        }
        let retry = self.retries < cx.password_retries;
        self.retries = self.retries.saturating_add(1);
        let refusal = AccountRefusal::new(AccountError::WrongPassword, REFUSED);
        let message = FailureMessage::without_challenge(refusal, retry);
        request.extend(message.to_string().as_bytes());
        self.state = match retry {
            true => State::Challenged(Some(failure)),
            false => State::Refused(failure),
        };
        ServerStep::Request
    }
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        if self.form == GtcForm::Labelled {
            request.extend(CHALLENGE);
        }
        request.extend(cx.prompt.as_bytes());
        ServerStep::Request
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        match (&self.state, self.form) {
            (State::Challenged(_), GtcForm::Plain) => token::check_response(data),
            (State::Challenged(None), _) => Response::parse(data).map(|_| ()),
            (State::Challenged(Some(_)), _) if data.is_empty() => Ok(()),
            (State::Challenged(Some(_)), _) => Response::parse(data).map(|_| ()),
            // It has failed, whatever the peer says to it.
            (State::Refused(_), _) => Ok(()),
        }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let before = match &self.state {
            State::Refused(failure) => return ServerStep::Fail(failure.clone()),
            State::Challenged(before) => before,
        };
        if self.form == GtcForm::Plain {
            return token::ask_for_verdict(data, cx.identity);
        }
        match (Response::parse(data), before) {
            // RFC 5421 §2: whose password it is, is known by now.
            (Ok(Response { name, password }), _)
                if without_domain(name) == cx.identity.without_domain() =>
            {
                token::ask_for_verdict(password, cx.identity)
            }
            (Ok(_), _) => self.wrong(cx, request),
            (Err(_), Some(failure)) => ServerStep::Fail(failure.clone()),
            (Err(_), None) => ServerStep::Fail(Failure::BadCredentials),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match answer {
            Answer::Verdict(true) => ServerStep::Succeed,
            _ => self.wrong(cx, request),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TYPING_TIME)
    }
}

fn fail(reason: &'static str) -> PeerStep {
    PeerStep::Fail(super::failed(reason))
}
