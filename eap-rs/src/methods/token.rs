//! One-Time Password and Generic Token Card (RFC 3748 §5.5, §5.6): the peer's user is shown a
//! challenge and types the response. They derive no keys.
//!
//! Neither may carry a stored clear-text password outside a tunnel, so the peer always asks for
//! the response and never takes the configured password.

use core::time::Duration;

use crate::method::{
    MethodFacts, PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod,
    ServerStep, Willingness,
};
use crate::packet::displayable;
use crate::{Answer, Discard, Failure, Identity, MethodType, PacketBuffer, Query, Secret};

pub(crate) const OTP: MethodFacts = MethodFacts {
    method: MethodType::OTP,
    name: "otp",
    document: "RFC 3748 §5.5, RFC 2289",
    derives_keys: false,
    mutual: false,
};

pub(crate) const GTC: MethodFacts = MethodFacts {
    method: MethodType::GTC,
    name: "gtc",
    document: "RFC 3748 §5.6",
    derives_keys: false,
    mutual: false,
};

/// What a person needs to find the token card, read it and type (RFC 3748 §4.3).
pub(crate) const TYPING_TIME: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Peer {
    /// Whether the configured password may be the answer to the next challenge.
    password: bool,
}

impl Peer {
    pub(crate) fn otp() -> Self {
        Self { password: false }
    }

    pub(crate) fn gtc() -> Self {
        Self { password: true }
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
        // RFC 3748 §5.6: never in clear text. A second challenge says that it was not right.
        if let (true, true, Some(password)) = (self.password, cx.tunneled, cx.password) {
            self.password = false;
            reply.extend(password.expose());
            return PeerStep::Reply(Progress::MayEnd(Willingness::CondSucc));
        }
        PeerStep::Ask(Query::Token { challenge: displayable(data) })
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        _: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match answer {
            Answer::Secret(response) => {
                reply.extend(response.expose());
                // The authenticator may want a second response (next-token mode), or end here.
                PeerStep::Reply(Progress::MayEnd(Willingness::CondSucc))
            }
            _ => PeerStep::Fail(Failure::Declined),
        }
    }
}

/// Shows everybody the configured prompt.
#[derive(Debug)]
pub(crate) struct GtcServer;

impl ServerMethod for GtcServer {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        request.extend(cx.prompt.as_bytes());
        ServerStep::Request
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        check_response(data)
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        ask_for_verdict(data, cx.identity)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        _: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        conclude(&answer)
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TYPING_TIME)
    }
}

/// Asks the host for the challenge, for it depends on the user (RFC 2289 §6).
#[derive(Debug)]
pub(crate) struct OtpServer;

impl ServerMethod for OtpServer {
    fn start(&mut self, cx: &mut ServerContext<'_>, _: &mut PacketBuffer) -> ServerStep {
        ServerStep::Ask(Query::Challenge { identity: cx.identity.clone(), method: OTP.method })
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        check_response(data)
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        ask_for_verdict(data, cx.identity)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        _: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match answer {
            Answer::Text(challenge) => {
                request.extend(challenge.as_bytes());
                ServerStep::Request
            }
            Answer::Verdict(_) => conclude(&answer),
            _ => ServerStep::Fail(Failure::UnknownIdentity),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TYPING_TIME)
    }
}

pub(super) fn check_response(data: &[u8]) -> Result<(), Discard> {
    if data.len() > Identity::MAX_LEN {
        return Err(Discard::ResponseTooLong);
    }
    Ok(())
}

pub(super) fn ask_for_verdict(data: &[u8], identity: &Identity) -> ServerStep {
    ServerStep::Ask(Query::CheckPassword {
        identity: identity.clone(),
        password: Secret::new(data),
    })
}

fn conclude(answer: &Answer) -> ServerStep {
    match answer {
        Answer::Verdict(true) => ServerStep::Succeed,
        _ => ServerStep::Fail(Failure::BadCredentials),
    }
}
