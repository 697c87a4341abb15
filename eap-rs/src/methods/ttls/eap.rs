//! EAP inside the tunnel (RFC 5281 §11.2.1).
//!
//! The result is said outside: no Success or Failure travels inside.

use core::time::Duration;
use std::sync::Arc;

use super::avp::{AvpBuffer, AvpCode, Avps, Unacceptable};
use super::{FACTS, Said};
use crate::method::{PeerContext, ServerContext};
use crate::packet::TypeForm;
use crate::tunnel::inner::{self, InnerPeer, InnerServer};
use crate::{
    Answer, AuthenticatorConfig, Code, Failure, Identifier, InnerMethod, InnerOutcome, MethodType,
    PacketBuffer, PeerConfig,
};

const NOT_TAKEN: Unacceptable = Unacceptable("an EAP packet inside the tunnel was not taken");
const NO_PACKET: Unacceptable = Unacceptable("no EAP packet in a message inside the tunnel");

/// The AVPs that both sides understand.
const UNDERSTOOD: [AvpCode; 1] = [AvpCode::EAP_MESSAGE];

pub(super) struct EapPeer(Box<InnerPeer>);

impl EapPeer {
    pub(super) fn new(config: &Arc<PeerConfig>, cx: &mut PeerContext<'_>) -> Self {
        Self(Box::new(InnerPeer::new(Arc::clone(config), FACTS.method, cx)))
    }

    /// The peer begins, as if it had been asked for its identity. The Identifier is the outer
    /// Request's: servers continue from either.
    pub(super) fn begin(
        &mut self,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        let request = identity_request(cx.identifier)?;
        self.0.handle_packet(request.as_slice(), cx).map(said).map_err(|_| NOT_TAKEN)
    }

    pub(super) fn handle(
        &mut self,
        avps: &Avps<'_>,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        avps.understand(&UNDERSTOOD)?;
        let packet = avps.eap_message().ok_or(NO_PACKET)?;
        self.0.handle_packet(&packet, cx).map(said).map_err(|_| NOT_TAKEN)
    }

    pub(super) fn answer(&mut self, answer: Answer, cx: &mut PeerContext<'_>) -> Said<Failure> {
        said(self.0.handle_answer(answer, cx))
    }

    pub(super) fn is_content(&self) -> bool {
        self.0.would_accept()
    }

    /// The server has granted access.
    pub(super) fn conclude(&mut self) -> Option<InnerOutcome> {
        let outcome = self.0.accept().ok()?;
        Some(InnerOutcome {
            method: InnerMethod::Eap(outcome.method),
            identity: outcome.peer_identity,
        })
    }
}

fn identity_request(identifier: Identifier) -> Result<PacketBuffer, Unacceptable> {
    let mut request = PacketBuffer::default();
    request.begin(Code::Request, identifier, MethodType::IDENTITY, TypeForm::Legacy);
    request.finish().map_err(|_| NOT_TAKEN)?;
    Ok(request)
}

fn said(said: inner::Said) -> Said<Failure> {
    Said {
        avps: packet(said.packet),
        question: said.question,
        result: said.result.and_then(Result::err),
    }
}

fn packet(packet: Option<Vec<u8>>) -> AvpBuffer {
    match packet {
        Some(packet) => AvpBuffer::default().with(AvpCode::EAP_MESSAGE, &[&packet]),
        None => AvpBuffer::default(),
    }
}

pub(super) struct EapServer {
    server: Box<InnerServer>,
    begun: bool,
}

impl EapServer {
    pub(super) fn new(config: &Arc<AuthenticatorConfig>, cx: &mut ServerContext<'_>) -> Self {
        let server = InnerServer::new(Arc::clone(config), FACTS.method, cx);
        Self { server: Box::new(server), begun: false }
    }

    pub(super) fn handle(
        &mut self,
        avps: &Avps<'_>,
        cx: &mut ServerContext<'_>,
    ) -> Result<Said<Result<InnerOutcome, Failure>>, Unacceptable> {
        avps.understand(&UNDERSTOOD)?;
        let packet = avps.eap_message().ok_or(NO_PACKET)?;
        let said = if self.begun {
            self.server.handle_packet(&packet, cx)
        } else {
            self.begun = true;
            self.server.pick_up(&packet, cx)
        };
        said.map(said_by_server).map_err(|_| NOT_TAKEN)
    }

    pub(super) fn answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
    ) -> Said<Result<InnerOutcome, Failure>> {
        said_by_server(self.server.handle_answer(answer, cx))
    }

    /// Why the peer is refused, if that is decided and the peer still to answer.
    pub(super) fn rejection(&self) -> Option<Failure> {
        self.server.rejection()
    }

    /// How long the next packet may take, if a person has to act first.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.server.timeout()
    }
}

fn said_by_server(said: inner::Said) -> Said<Result<InnerOutcome, Failure>> {
    let result = said.result.map(|result| {
        result.map(|outcome| InnerOutcome {
            method: InnerMethod::Eap(outcome.method),
            identity: outcome.peer_identity,
        })
    });
    let last_packet = if result.is_some() { None } else { said.packet };
    Said { avps: packet(last_packet), question: said.question, result }
}
