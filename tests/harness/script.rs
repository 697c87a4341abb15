//! One end is real, the other is octets written by the test.

use std::sync::Arc;

use eap_rs::eapol::{ETHERTYPE, MacAddress};
use eap_rs::packet::TypeForm;
use eap_rs::{
    Answer, AnswerError, Authenticator, AuthenticatorConfigBuilder, Code, Event, Failure, Instant,
    MethodType, Outcome, Output, Packet, Peer, PeerConfigBuilder, Query, Received, Signal,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::session::Session;
use crate::watch::Watched;

/// A session that is fed by hand, and the outputs that have not been looked at.
#[derive(Debug)]
pub struct Scripted<S> {
    /// The session.
    pub session: Watched<S>,
    /// The time.
    pub now: u64,
    /// Packets sent.
    pub sent: Vec<Vec<u8>>,
    /// Questions asked.
    pub asked: Vec<Query>,
    /// Questions withdrawn.
    pub withdrawn: usize,
    /// Events.
    pub events: Vec<Event>,
    /// The last result.
    pub result: Option<Result<Outcome, Failure>>,
}

/// A peer that has been told the time, 0.
pub fn peer(config: &PeerConfigBuilder) -> Scripted<Peer> {
    let config = Arc::new(config.build().unwrap());
    let mut scripted = Scripted::new(Peer::new(config, StdRng::seed_from_u64(1)));
    scripted.advance(0);
    scripted
}

/// An authenticator that has not been started.
pub fn authenticator(config: &AuthenticatorConfigBuilder) -> Scripted<Authenticator> {
    let config = Arc::new(config.build().unwrap());
    Scripted::new(Authenticator::new(config, StdRng::seed_from_u64(2)))
}

impl<S: Session> Scripted<S> {
    /// Feeds this session, from time 0 on.
    pub fn new(session: S) -> Self {
        Self {
            session: Watched::new(session),
            now: 0,
            sent: Vec::new(),
            asked: Vec::new(),
            withdrawn: 0,
            events: Vec::new(),
            result: None,
        }
    }

    /// Does something with it, and gives it back.
    #[must_use]
    pub fn then(mut self, act: impl FnOnce(&mut Self)) -> Self {
        act(&mut self);
        self
    }

    /// Feeds a packet.
    pub fn feed(&mut self, packet: &[u8]) -> Received {
        let (fate, outputs) = self.session.packet(packet, self.instant());
        self.take(outputs);
        fate
    }

    /// Answers the open question.
    ///
    /// # Errors
    /// The session's.
    pub fn answer(&mut self, answer: Answer) -> Result<(), AnswerError> {
        let id = self.session.open_question().expect("no question is open");
        let (result, outputs) = self.session.answer(id, answer, self.instant());
        self.take(outputs);
        result
    }

    /// Gives a signal.
    pub fn signal(&mut self, signal: Signal) {
        let outputs = self.session.signal(signal, self.instant());
        self.take(outputs);
    }

    /// Lets time pass, and tells it.
    pub fn advance(&mut self, millis: u64) {
        self.now += millis;
        let outputs = self.session.timeout(self.instant());
        self.take(outputs);
    }

    /// Lets time pass up to the deadline.
    pub fn advance_to_deadline(&mut self) {
        let deadline = self.deadline().expect("no deadline");
        self.advance(deadline - self.now);
    }

    /// The deadline.
    pub fn deadline(&self) -> Option<u64> {
        self.session.deadline().map(Instant::as_millis)
    }

    /// The Identifier of the last packet sent.
    pub fn last_identifier(&self) -> u8 {
        Packet::parse(self.session.last_sent()).unwrap().identifier().0
    }

    /// Takes outputs as if they had come from here.
    pub fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send(packet) => self.sent.push(packet),
                Output::Ask(_, query) => self.asked.push(query),
                Output::Withdrawn(_) => self.withdrawn += 1,
                Output::Event(event) => self.events.push(event),
                Output::Finished(result) => self.result = Some(result),
                other => panic!("an output nobody expects: {other:?}"),
            }
        }
    }

    /// The time.
    pub fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }
}

impl Scripted<Authenticator> {
    /// Starts the conversation.
    pub fn start(&mut self) {
        let outputs = self.session.run(Instant::from_millis(self.now), Authenticator::start);
        self.take(outputs);
    }

    /// Responds to the Request that is outstanding.
    pub fn respond(&mut self, method: MethodType, data: &[u8]) -> Received {
        let packet = response(self.last_identifier(), method, data);
        self.feed(&packet)
    }
}

/// A Request.
pub fn request(identifier: u8, method: MethodType, data: &[u8]) -> Vec<u8> {
    packet(Code::Request, identifier, method, TypeForm::Legacy, data)
}

/// A Response.
pub fn response(identifier: u8, method: MethodType, data: &[u8]) -> Vec<u8> {
    packet(Code::Response, identifier, method, TypeForm::Legacy, data)
}

/// A Success.
pub fn success(identifier: u8) -> Vec<u8> {
    vec![Code::Success as u8, identifier, 0, 4]
}

/// A Failure.
pub fn failure(identifier: u8) -> Vec<u8> {
    vec![Code::Failure as u8, identifier, 0, 4]
}

/// A Request or Response; a Type that has no other form is written in Expanded form.
pub fn packet(
    code: Code,
    identifier: u8,
    method: MethodType,
    form: TypeForm,
    data: &[u8],
) -> Vec<u8> {
    let mut packet = vec![code as u8, identifier, 0, 0];
    match (form, method.legacy()) {
        (TypeForm::Legacy, Some(octet)) => packet.push(octet),
        _ => packet.extend(method.expanded()),
    }
    packet.extend(data);
    let length = u16::try_from(packet.len()).expect("a packet that fits its Length field");
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    packet
}

/// An Ethernet frame with an EAPOL EAP-Packet, version 1.
pub fn frame(destination: MacAddress, source: MacAddress, packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).expect("a packet that fits its frame").to_be_bytes();
    let ethertype = ETHERTYPE.to_be_bytes();
    [&destination.0[..], &source.0, &ethertype, &[1, 0], &length, packet].concat()
}
