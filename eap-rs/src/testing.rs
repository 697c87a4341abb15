//! What the tests of the machines share: packets, a host with a clock, and outputs that compare.

pub(crate) mod random;
pub(crate) mod scripted;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::query::AnswerKind;
use crate::{
    AaaAnswer, AaaRequest, AaaRequestId, Answer, AnswerError, Authenticator, Discard, Emsk, Event,
    Failure, FullAuthenticator, Instant, Keys, MethodFacts, MethodType, Msk, Output, Peer, Query,
    QueryId, Received, Signal, eapol,
};

/// The Type of the scripted methods.
pub(crate) const SCRIPTED: u8 = 200;

pub(crate) const SCRIPTED_FACTS: MethodFacts = MethodFacts {
    method: MethodType::ietf(SCRIPTED),
    name: "scripted",
    document: "the test at hand",
    derives_keys: true,
    mutual: false,
};

pub(crate) const IDENTITY: u8 = 1;
pub(crate) const NOTIFICATION: u8 = 2;
pub(crate) const NAK: u8 = 3;
pub(crate) const MD5: u8 = 4;
pub(crate) const GTC: u8 = 6;

pub(crate) fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

pub(crate) fn keys() -> Keys {
    Keys { msk: Msk::new([0x4d; 64]), emsk: Some(Emsk::new([0x45; 64])), session_id: None }
}

/// A packet of this Code with these octets behind the header.
pub(crate) fn packet(code: u8, id: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + body.len()).unwrap();
    [&[code, id], &length.to_be_bytes()[..], body].concat()
}

pub(crate) fn request(id: u8, method: u8, data: &[u8]) -> Vec<u8> {
    packet(1, id, &[&[method], data].concat())
}

pub(crate) fn response(id: u8, method: u8, data: &[u8]) -> Vec<u8> {
    packet(2, id, &[&[method], data].concat())
}

pub(crate) fn expanded_request(id: u8, method: MethodType, data: &[u8]) -> Vec<u8> {
    packet(1, id, &[&method.expanded(), data].concat())
}

pub(crate) fn expanded_response(id: u8, method: MethodType, data: &[u8]) -> Vec<u8> {
    packet(2, id, &[&method.expanded(), data].concat())
}

pub(crate) fn success(id: u8) -> Vec<u8> {
    packet(3, id, &[])
}

pub(crate) fn failure(id: u8) -> Vec<u8> {
    packet(4, id, &[])
}

/// An [`Output`] without its secrets, so that it compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Send(Vec<u8>),
    Ask(QueryId, AnswerKind),
    Withdrawn(QueryId),
    /// The number of the request, aaaIdentity, aaaEapRespData.
    AskAaa(u64, String, Vec<u8>),
    Event(Event),
    Success {
        method: MethodType,
        identity: String,
        keys: bool,
    },
    Failed(Failure),
}

impl From<&Output> for Seen {
    fn from(output: &Output) -> Self {
        match output {
            Output::Send(packet) => Self::Send(packet.clone()),
            Output::Ask(id, query) => Self::Ask(*id, query.wants()),
            Output::Withdrawn(id) => Self::Withdrawn(*id),
            Output::AskAaa(AaaRequest { id, identity, eap_message }) => {
                Self::AskAaa(id.get(), identity.to_string(), eap_message.clone())
            }
            Output::Event(event) => Self::Event(event.clone()),
            Output::Finished(Ok(outcome)) => {
                if let Some(exported) = &outcome.keys {
                    assert_eq!(exported.msk.expose(), keys().msk.expose());
                }
                Self::Success {
                    method: outcome.method,
                    identity: outcome.peer_identity.to_string(),
                    keys: outcome.keys.is_some(),
                }
            }
            Output::Finished(Err(failure)) => Self::Failed(failure.clone()),
        }
    }
}

/// The scripted method's success.
pub(crate) fn succeeded(keys: bool) -> Seen {
    Seen::Success { method: MethodType::ietf(SCRIPTED), identity: "user".into(), keys }
}

pub(crate) fn started(method: u8) -> Seen {
    Seen::Event(Event::MethodStarted(MethodType::ietf(method)))
}

pub(crate) fn refused(method: u8) -> Seen {
    Seen::Event(Event::MethodRefused(MethodType::ietf(method)))
}

pub(crate) fn asked(id: u64, kind: AnswerKind) -> Seen {
    Seen::Ask(QueryId::new(id), kind)
}

pub(crate) fn withdrawn(id: u64) -> Seen {
    Seen::Withdrawn(QueryId::new(id))
}

/// The verbs that every session has.
pub(crate) trait Session {
    fn packet(&mut self, packet: &[u8], now: Instant) -> Received;
    fn answer(&mut self, id: QueryId, answer: Answer, now: Instant) -> Result<(), AnswerError>;
    /// Most have no AAA server.
    fn answer_by_aaa(&mut self, _: AaaRequestId, _: AaaAnswer<'_>, _: Instant) -> Received {
        Received::Discarded(Discard::AaaUnexpected)
    }
    fn signal(&mut self, signal: Signal, now: Instant);
    fn timeout(&mut self, now: Instant);
    fn output(&mut self) -> Option<Output>;
    fn deadline(&self) -> Option<Instant>;
}

macro_rules! session {
    ($($name:ty $({ $($more:tt)* })?),*) => {$(
        impl Session for $name {
            $($($more)*)?
            fn packet(&mut self, packet: &[u8], now: Instant) -> Received {
                self.handle_packet(packet, now)
            }
            fn answer(
                &mut self,
                id: QueryId,
                answer: Answer,
                now: Instant,
            ) -> Result<(), AnswerError> {
                self.handle_answer(id, answer, now)
            }
            fn signal(&mut self, signal: Signal, now: Instant) {
                self.handle_signal(signal, now);
            }
            fn timeout(&mut self, now: Instant) {
                self.handle_timeout(now);
            }
            fn output(&mut self) -> Option<Output> {
                self.poll_output()
            }
            fn deadline(&self) -> Option<Instant> {
                self.poll_timeout()
            }
        }
    )*};
}

session!(
    Peer,
    Authenticator,
    FullAuthenticator {
        fn answer_by_aaa(
            &mut self,
            id: AaaRequestId,
            answer: AaaAnswer<'_>,
            now: Instant,
        ) -> Received {
            self.handle_aaa(id, answer, now)
        }
    },
    eapol::Supplicant,
    eapol::PortAuthenticator {
        fn answer_by_aaa(
            &mut self,
            id: AaaRequestId,
            answer: AaaAnswer<'_>,
            now: Instant,
        ) -> Received {
            self.handle_aaa(id, answer, now)
        }
    }
);

/// A session with a host that has a clock and drains the outputs after every input.
pub(crate) struct Host<S> {
    pub(crate) session: S,
    pub(crate) now: u64,
    /// What the question asked last says.
    pub(crate) query: Option<Query>,
}

impl<S: Session> Host<S> {
    pub(crate) fn new(session: S) -> Self {
        Self { session, now: 0, query: None }
    }

    pub(crate) fn time(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    pub(crate) fn receive(&mut self, packet: &[u8]) -> (Received, Vec<Seen>) {
        let fate = self.session.packet(packet, self.time());
        (fate, self.drain())
    }

    /// Receives a packet that has to be accepted.
    pub(crate) fn accept(&mut self, packet: &[u8]) -> Vec<Seen> {
        let (fate, outputs) = self.receive(packet);
        assert_eq!(fate, Received::Accepted, "{packet:02x?}");
        outputs
    }

    /// Receives a packet that has to be dropped without a trace but the reason.
    pub(crate) fn drop_of(&mut self, packet: &[u8]) -> Received {
        let deadline = self.session.deadline();
        let (fate, outputs) = self.receive(packet);
        assert_eq!(outputs, [], "{packet:02x?}");
        assert_eq!(self.session.deadline(), deadline, "{packet:02x?}");
        fate
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Vec<Seen> {
        self.session.signal(signal, self.time());
        self.drain()
    }

    /// Answers a question; the answer has to be taken.
    pub(crate) fn answer(&mut self, id: u64, answer: Answer) -> Vec<Seen> {
        let taken = self.try_answer(id, answer);
        assert_eq!(taken, Ok(()));
        self.drain()
    }

    pub(crate) fn try_answer(&mut self, id: u64, answer: Answer) -> Result<(), AnswerError> {
        self.session.answer(QueryId::new(id), answer, self.time())
    }

    /// Lets time pass without telling.
    pub(crate) fn sleep(&mut self, millis: u64) {
        self.now += millis;
    }

    /// Lets time pass and tells.
    pub(crate) fn wait(&mut self, millis: u64) -> Vec<Seen> {
        self.sleep(millis);
        self.session.timeout(self.time());
        self.drain()
    }

    /// Waits for the deadline: nothing happens one millisecond before it.
    pub(crate) fn expire(&mut self) -> Vec<Seen> {
        let left = self.left().unwrap();
        if left > 1 {
            assert_eq!(self.wait(left - 1), []);
        }
        self.wait(left.min(1))
    }

    /// Milliseconds to the deadline.
    pub(crate) fn left(&self) -> Option<u64> {
        self.session.deadline().map(|at| at.as_millis() - self.now)
    }

    pub(crate) fn drain(&mut self) -> Vec<Seen> {
        let mut outputs = Vec::new();
        while let Some(output) = self.session.output() {
            outputs.push(Seen::from(&output));
            if let Output::Ask(_, query) = output {
                self.query = Some(query);
            }
        }
        outputs
    }
}
