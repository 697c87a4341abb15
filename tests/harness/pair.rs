//! A peer and an authenticator over a link, with a simulated clock.

use std::sync::Arc;

use eap_rs::{
    Answer, Authenticator, AuthenticatorConfigBuilder, Event, Failure, Instant, Outcome, Output,
    Peer, PeerConfigBuilder, QueryId,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::answers::{Answers, Directory, User, kind};
use crate::link::{Direction, Link, Quality};
use crate::script;
use crate::session::Session;
use crate::watch::Watched;

/// How a conversation ended on one side.
#[derive(Debug)]
pub struct Finish {
    /// When.
    pub at: u64,
    /// How many packets the link had delivered by then, in both directions.
    pub deliveries: usize,
    /// The result.
    pub result: Result<Outcome, Failure>,
}

/// One side of a [`Pair`], and what is to be known of its conversation.
#[derive(Debug)]
pub struct Side<S, A> {
    /// The session.
    pub session: Watched<S>,
    /// Who answers its questions.
    pub answers: A,
    /// The kinds of the questions asked, in order.
    pub asked: Vec<&'static str>,
    /// The questions withdrawn.
    pub withdrawn: usize,
    /// What happened.
    pub events: Vec<Event>,
    /// The packets sent, with the time.
    pub sent: Vec<(u64, Vec<u8>)>,
    /// How it ended.
    pub finish: Option<Finish>,
    /// Answers under way.
    pending: Option<(u64, QueryId, Answer)>,
}

impl<S: Session, A: Answers> Side<S, A> {
    fn new(session: S, answers: A) -> Self {
        Self {
            session: Watched::new(session),
            answers,
            asked: Vec::new(),
            withdrawn: 0,
            events: Vec::new(),
            sent: Vec::new(),
            finish: None,
            pending: None,
        }
    }

    /// How often this kind of question was asked.
    pub fn asks(&self, kind: &str) -> usize {
        self.asked.iter().filter(|asked| **asked == kind).count()
    }

    /// The result; the conversation must be over.
    pub fn result(&self) -> &Result<Outcome, Failure> {
        &self.finish.as_ref().expect("the conversation is not over").result
    }

    /// The reason it failed; it must have.
    pub fn failure(&self) -> &Failure {
        self.result().as_ref().expect_err("the conversation succeeded")
    }

    fn deadline(&self) -> Option<u64> {
        let timer = self.session.deadline().map(Instant::as_millis);
        let answer = self.pending.as_ref().map(|(due, ..)| *due);
        [timer, answer].into_iter().flatten().min()
    }

    fn take_due_answer(&mut self, now: u64) -> Option<(QueryId, Answer)> {
        self.pending.take_if(|(due, ..)| *due <= now).map(|(_, id, answer)| (id, answer))
    }

    fn take(&mut self, outputs: Vec<Output>, now: u64, deliveries: usize) -> Option<Vec<u8>> {
        let mut packet = None;
        for output in outputs {
            match output {
                Output::Send(octets) => {
                    self.sent.push((now, octets.clone()));
                    packet = Some(octets);
                }
                Output::Ask(id, query) => {
                    self.asked.push(kind(&query));
                    let answer = self.answers.answer(&query);
                    self.pending = answer.map(|(delay, answer)| (now + delay, id, answer));
                }
                Output::Withdrawn(_) => {
                    self.withdrawn += 1;
                    self.pending = None;
                }
                Output::Event(event) => self.events.push(event),
                Output::Finished(result) => {
                    assert!(self.finish.is_none(), "finished twice");
                    self.answers.finished(&result);
                    self.finish = Some(Finish { at: now, deliveries, result });
                }
                other => panic!("an output nobody expects: {other:?}"),
            }
        }
        packet
    }
}

/// A peer and an authenticator.
#[derive(Debug)]
pub struct Pair {
    /// The peer, with its user.
    pub peer: Side<Peer, User>,
    /// The authenticator, with its directory.
    pub authenticator: Side<Authenticator, Directory>,
    /// The link between them.
    pub link: Link,
    /// The time.
    pub now: u64,
    unix_time: Option<u64>,
    is_curt: bool,
    refuses_from: Option<usize>,
}

impl Pair {
    /// Two ends with these settings, known to each other by the defaults of [`User`] and
    /// [`Directory`]; the link is perfect.
    pub fn new(seed: u64, peer: &PeerConfigBuilder, server: &AuthenticatorConfigBuilder) -> Self {
        let peer_rng = StdRng::seed_from_u64(seed.wrapping_mul(2));
        let server_rng = StdRng::seed_from_u64(seed.wrapping_mul(2) ^ 1);
        let peer = Peer::new(Arc::new(peer.build().unwrap()), peer_rng);
        let server = Authenticator::new(Arc::new(server.build().unwrap()), server_rng);
        Self {
            peer: Side::new(peer, User::default()),
            authenticator: Side::new(server, Directory::default()),
            link: Link::symmetric(seed, Quality::PERFECT),
            now: 0,
            unix_time: None,
            is_curt: false,
            refuses_from: None,
        }
    }

    /// Over this link instead.
    #[must_use]
    pub fn over(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// With this user instead.
    #[must_use]
    pub fn with_user(mut self, user: User) -> Self {
        self.peer.answers = user;
        self
    }

    /// With this directory instead.
    #[must_use]
    pub fn with_directory(mut self, directory: Directory) -> Self {
        self.authenticator.answers = directory;
        self
    }

    /// With this calendar on both sides, in seconds since 1970.
    #[must_use]
    pub fn at_unix_time(mut self, seconds: u64) -> Self {
        self.unix_time = Some(seconds);
        self
    }

    /// The peer falls silent with what ends it, as wpa_supplicant does in EAP-FAST with an alert.
    #[must_use]
    pub fn without_last_words(mut self) -> Self {
        self.is_curt = true;
        self
    }

    /// The authenticator sends a bare EAP-Failure in the place of its packet with this number, and
    /// of all behind it; the first has the number 0.
    #[must_use]
    pub fn refusing_from(mut self, packet: usize) -> Self {
        self.refuses_from = Some(packet);
        self
    }

    /// Starts the authenticator, tells the peer the time, and goes on until nothing is left to
    /// happen.
    #[must_use]
    pub fn drive(mut self) -> Self {
        let unix_time = self.unix_time;
        self.tell_peer(|peer, now| peer.timeout(now));
        self.tell_peer(|peer, now| {
            peer.run(now, |peer, now| {
                unix_time.inspect(|seconds| peer.set_unix_time(*seconds, now));
            })
        });
        let now = self.instant();
        let outputs = self.authenticator.session.run(now, |authenticator, now| {
            unix_time.inspect(|seconds| authenticator.set_unix_time(*seconds, now));
            authenticator.start(now);
        });
        self.take_from_authenticator(outputs);
        let mut steps = 0;
        while let Some(next) = self.next_event() {
            self.now = self.now.max(next);
            self.step();
            steps += 1;
            assert!(steps < 10_000, "it goes on for ever");
        }
        self
    }

    fn next_event(&self) -> Option<u64> {
        let deadlines =
            [self.link.next_arrival(), self.peer.deadline(), self.authenticator.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// What is due: arrivals before answers before timers.
    fn step(&mut self) {
        while let Some(delivery) = self.link.receive(self.now) {
            let packet = &delivery.packet;
            match delivery.direction {
                Direction::ToPeer => self.tell_peer(|peer, now| peer.packet(packet, now).1),
                Direction::ToAuthenticator => {
                    self.tell_authenticator(|server, now| server.packet(packet, now).1);
                }
            }
        }
        if let Some((id, answer)) = self.peer.take_due_answer(self.now) {
            self.tell_peer(|peer, now| taken(peer.answer(id, answer, now)));
        }
        if let Some((id, answer)) = self.authenticator.take_due_answer(self.now) {
            self.tell_authenticator(|server, now| taken(server.answer(id, answer, now)));
        }
        self.tell_peer(|peer, now| peer.timeout(now));
        self.tell_authenticator(|server, now| server.timeout(now));
    }

    fn tell_peer(&mut self, input: impl FnOnce(&mut Watched<Peer>, Instant) -> Vec<Output>) {
        let now = self.instant();
        let outputs = input(&mut self.peer.session, now);
        let deliveries = self.link.delivered().len();
        let packet = self.peer.take(outputs, self.now, deliveries);
        let is_silent = self.is_curt && self.peer.finish.is_some();
        if let Some(packet) = packet.filter(|_| !is_silent) {
            self.link.send(Direction::ToAuthenticator, &packet, self.now);
        }
    }

    fn tell_authenticator(
        &mut self,
        input: impl FnOnce(&mut Watched<Authenticator>, Instant) -> Vec<Output>,
    ) {
        let now = self.instant();
        let outputs = input(&mut self.authenticator.session, now);
        self.take_from_authenticator(outputs);
    }

    fn take_from_authenticator(&mut self, outputs: Vec<Output>) {
        let deliveries = self.link.delivered().len();
        if let Some(mut packet) = self.authenticator.take(outputs, self.now, deliveries) {
            if self.refuses_from.is_some_and(|first| self.authenticator.sent.len() > first) {
                // RFC 3748 §4.2: its Identifier is that of the Response.
                packet = script::failure(self.peer.sent.last().map_or(0, |(_, packet)| packet[1]));
            }
            self.link.send(Direction::ToPeer, &packet, self.now);
        }
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }
}

fn taken((result, outputs): (Result<(), eap_rs::AnswerError>, Vec<Output>)) -> Vec<Output> {
    result.expect("an answer in time is taken");
    outputs
}
