//! A method that never ends: for `methodState == CONT`, for round limits, and for whoever wants to
//! see that the machines take a method that is not theirs.

use eap_rs::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep,
};
use eap_rs::{Answer, Discard, Failure, MethodFacts, MethodType, PacketBuffer};

/// Its facts: a vendor's method, under a number reserved for documentation (RFC 5612).
pub const FACTS: MethodFacts = MethodFacts {
    method: MethodType::vendor(32_473, 1),
    name: "talk",
    document: "none",
    derives_keys: false,
    mutual: false,
};

/// The peer's side: repeats what it hears.
#[derive(Debug)]
pub struct TalkPeer;

impl PeerMethod for TalkPeer {
    fn handle_request(
        &mut self,
        data: &[u8],
        _: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        reply.extend(data);
        PeerStep::Reply(Progress::Continue)
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        PeerStep::Fail(Failure::Declined)
    }
}

/// The authenticator's side: has always more to say.
#[derive(Debug)]
pub struct TalkServer;

impl ServerMethod for TalkServer {
    fn start(&mut self, _: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        request.push(b'?');
        ServerStep::Request
    }

    fn check(&self, _: &[u8]) -> Result<(), Discard> {
        Ok(())
    }

    fn handle_response(
        &mut self,
        _: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        self.start(cx, request)
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        ServerStep::Fail(Failure::Declined)
    }
}
