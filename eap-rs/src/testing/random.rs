//! Random sequences of inputs, and the rules that every session keeps whatever the sequence.

use core::time::Duration;
use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::{GTC, IDENTITY, MD5, NAK, NOTIFICATION, SCRIPTED, Session, keys, packet};
use crate::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep, Verdict,
    Willingness,
};
use crate::query::AnswerKind;
use crate::{
    AaaAnswer, AaaRequestId, Answer, Credential, Discard, Failure, Identity, Instant, Keys,
    MethodType, Offer, Output, PacketBuffer, Query, QueryId, Received, Secret, Signal,
};

/// One input.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// Octets as they come.
    Noise(Vec<u8>),
    /// A packet under the Identifier sent last plus this.
    Packet {
        code: u8,
        ahead: u8,
        body: Vec<u8>,
    },
    /// The packet that the other side would send next: Code, Identifier and, in a Response, the
    /// Type are right.
    Next {
        body: Vec<u8>,
    },
    /// An answer to the question asked last, or to one before or after it.
    Answer {
        id: i64,
        answer: AnswerSketch,
    },
    /// An answer of the AAA server to the request sent last, or to one before or after it.
    Aaa {
        id: i64,
        answer: AaaSketch,
    },
    Signal(Signal),
    /// Only the clock moves.
    Sleep(u64),
    /// `handle_timeout`, this late.
    Timeout(u64),
    /// `handle_timeout` at the deadline.
    Deadline,
}

/// An [`AaaAnswer`] that can be printed and copied.
#[derive(Clone, Debug)]
pub(crate) enum AaaSketch {
    /// A packet of this Code, and a hint.
    Request(u8, Vec<u8>, Option<Duration>),
    NoRequest,
    Success {
        keys: bool,
        packet: bool,
    },
    Failure {
        packet: bool,
    },
}

/// An [`Answer`] that can be printed and copied.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnswerSketch {
    Text(usize),
    Secret(usize),
    Offer(&'static [MethodType]),
    Known,
    Unknown,
    Verdict(bool),
    Decline,
    /// What the question wants.
    Wanted,
}

impl AnswerSketch {
    fn draw(self, wanted: AnswerKind) -> Answer {
        let sketch = match (self, wanted) {
            (Self::Wanted, AnswerKind::Text) => Self::Text(1),
            (Self::Wanted, AnswerKind::Secret) => Self::Secret(1),
            (Self::Wanted, AnswerKind::Offer) => Self::Offer(ALL_METHODS),
            (Self::Wanted, AnswerKind::Credential) => Self::Known,
            (Self::Wanted, AnswerKind::Verdict) => Self::Verdict(true),
            (sketch, _) => sketch,
        };
        match sketch {
            Self::Text(len) => Answer::Text("x".repeat(len)),
            Self::Secret(len) => Answer::Secret(Secret::new(vec![b'x'; len])),
            Self::Offer(methods) => Answer::Offer(Offer::new(methods).or_pass_through()),
            Self::Known => Answer::Credential(Credential::Cleartext(Secret::from("x"))),
            Self::Unknown => Answer::Credential(Credential::Unknown),
            Self::Verdict(verdict) => Answer::Verdict(verdict),
            Self::Decline | Self::Wanted => Answer::Decline,
        }
    }
}

const ALL_METHODS: &[MethodType] = &[MethodType::ietf(SCRIPTED), MethodType::GTC, MethodType::MD5];

/// An input, and whether the host drains the outputs after it.
pub(crate) type Sequence = Vec<(Input, bool)>;

fn sequence() -> impl Strategy<Value = Sequence> {
    vec((input(), proptest::bool::weighted(0.85)), 0..100)
}

fn input() -> impl Strategy<Value = Input> {
    let id = prop_oneof![8 => Just(0_i64), 1 => -2..=2_i64];
    let time = prop_oneof![0..2000_u64, 0..200_000_u64];
    prop_oneof![
        2 => vec(any::<u8>(), 0..24).prop_map(Input::Noise),
        12 => body().prop_map(|body| Input::Next { body }),
        12 => (1..=4_u8, 0..=2_u8, body())
            .prop_map(|(code, ahead, body)| Input::Packet { code, ahead, body }),
        4 => (3..=4_u8, 0..=2_u8)
            .prop_map(|(code, ahead)| Input::Packet { code, ahead, body: Vec::new() }),
        10 => (id.clone(), answer()).prop_map(|(id, answer)| Input::Answer { id, answer }),
        6 => (id, aaa()).prop_map(|(id, answer)| Input::Aaa { id, answer }),
        6 => Just(Input::Packet { code: 3, ahead: 0, body: Vec::new() }),
        3 => Just(Input::Signal(Signal::Restart)),
        1 => signal().prop_map(Input::Signal),
        2 => time.clone().prop_map(Input::Sleep),
        2 => time.prop_map(Input::Timeout),
        1 => Just(Input::Deadline),
    ]
}

/// A Type, in either form, with Type-Data.
fn body() -> impl Strategy<Value = Vec<u8>> {
    const TYPES: &[u8] = &[IDENTITY, NOTIFICATION, NAK, MD5, GTC, 13, SCRIPTED, SCRIPTED, SCRIPTED];
    let data = prop_oneof![
        8 => (0..16_u8).prop_map(|step| vec![step]),
        1 => Just(Vec::new()),
        1 => Just([&[16][..], &[7; 16], b"name"].concat()),
        1 => Just(vec![SCRIPTED, GTC, MD5]),
        1 => vec(any::<u8>(), 0..20),
    ];
    (proptest::sample::select(TYPES), proptest::bool::weighted(0.1), data).prop_map(
        |(method, expanded, data)| match expanded {
            false => [&[method], &data[..]].concat(),
            true => [&MethodType::ietf(method).expanded(), &data[..]].concat(),
        },
    )
}

fn answer() -> impl Strategy<Value = AnswerSketch> {
    let length = prop_oneof![6 => Just(1_usize), 1 => Just(0), 1 => Just(1016)];
    prop_oneof![
        20 => Just(AnswerSketch::Wanted),
        2 => length.clone().prop_map(AnswerSketch::Text),
        2 => length.prop_map(AnswerSketch::Secret),
        2 => Just(AnswerSketch::Offer(ALL_METHODS)),
        1 => Just(AnswerSketch::Offer(&[])),
        2 => Just(AnswerSketch::Known),
        1 => Just(AnswerSketch::Unknown),
        2 => any::<bool>().prop_map(AnswerSketch::Verdict),
        1 => Just(AnswerSketch::Decline),
    ]
}

fn aaa() -> impl Strategy<Value = AaaSketch> {
    let code = prop_oneof![9 => Just(1_u8), 1 => 0..6_u8];
    // What Session-Timeout can say.
    let hint = [0, 1, 60, u32::MAX].map(|seconds| Duration::from_secs(seconds.into()));
    let hint = proptest::option::weighted(0.3, proptest::sample::select(hint.to_vec()));
    prop_oneof![
        8 => (code, body(), hint)
            .prop_map(|(code, body, hint)| AaaSketch::Request(code, body, hint)),
        1 => Just(AaaSketch::NoRequest),
        2 => any::<(bool, bool)>()
            .prop_map(|(keys, packet)| AaaSketch::Success { keys, packet }),
        1 => any::<bool>().prop_map(|packet| AaaSketch::Failure { packet }),
    ]
}

fn signal() -> impl Strategy<Value = Signal> {
    proptest::sample::select(
        &[
            Signal::Restart,
            Signal::AltAccept,
            Signal::AltReject,
            Signal::PortUp,
            Signal::PortDown,
            Signal::Logoff,
            Signal::Logon,
        ][..],
    )
}

/// A method that does what the first octet of the Type-Data says.
#[derive(Default)]
pub(crate) struct Obedient {
    order: u8,
    exports: Option<Keys>,
}

impl Obedient {
    fn peer_step(&mut self, order: u8) -> PeerStep {
        self.order = order;
        self.exports = (order.is_multiple_of(2)).then(keys);
        match order {
            0..4 => PeerStep::Reply(Progress::Continue),
            4 => PeerStep::Reply(Progress::MayEnd(Willingness::Fail)),
            5 => PeerStep::Reply(Progress::MayEnd(Willingness::CondSucc)),
            6 | 7 => PeerStep::Reply(Progress::Done(Verdict::CondSucc)),
            8 => PeerStep::Reply(Progress::Done(Verdict::UncondSucc)),
            9 => PeerStep::Reply(Progress::Done(Verdict::Fail(Failure::BadCredentials))),
            10 => PeerStep::Fail(Failure::BadCredentials),
            11 => PeerStep::Discard(Discard::Method("as told")),
            _ => PeerStep::Ask(Query::Token { challenge: "?".into() }),
        }
    }

    fn server_step(&mut self, order: u8) -> ServerStep {
        self.order = order;
        self.exports = (order.is_multiple_of(2)).then(keys);
        match order {
            0..6 => ServerStep::Request,
            6..9 => ServerStep::Succeed,
            9 => ServerStep::Fail(Failure::BadCredentials),
            _ => ServerStep::Ask(Query::CheckPassword {
                identity: Identity::default(),
                password: Secret::from("?"),
            }),
        }
    }
}

impl PeerMethod for Obedient {
    fn handle_request(
        &mut self,
        data: &[u8],
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        self.peer_step(data.first().copied().unwrap_or_default())
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        self.peer_step(self.order.wrapping_sub(6))
    }

    fn keys(&mut self) -> Option<Keys> {
        self.exports.take()
    }
}

impl ServerMethod for Obedient {
    fn start(&mut self, cx: &mut ServerContext<'_>, _: &mut PacketBuffer) -> ServerStep {
        // Sometimes the first Request has to wait.
        self.server_step(if cx.identifier.0.is_multiple_of(3) { 10 } else { 0 })
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        if data.is_empty() { Err(Discard::EmptyMessage) } else { Ok(()) }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        _: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        self.server_step(data.first().copied().unwrap_or_default())
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        self.server_step(self.order.wrapping_sub(4))
    }

    fn keys(&mut self) -> Option<Keys> {
        self.exports.take()
    }
}

/// What differs between the sessions.
pub(crate) struct Rules<S> {
    pub(crate) is_asking: fn(&S) -> bool,
    /// Wraps a packet as the session receives it.
    pub(crate) wrap: fn(&[u8]) -> Vec<u8>,
    /// Gives the packet, if any, in what the session sends.
    pub(crate) unwrap: fn(&[u8]) -> &[u8],
    /// The Code it receives: 1 or 2.
    pub(crate) receives: u8,
    /// It carries one conversation, until it is restarted: one packet for one input, silence after
    /// the result, and no trace of what was discarded. The others begin again by themselves.
    pub(crate) one_conversation: bool,
    /// It has an AAA server to pass peers through to.
    pub(crate) has_aaa: bool,
}

/// How often something was seen, so that a property does not hold for lack of cases.
#[derive(Debug, Default)]
struct Seen {
    sent: u32,
    asked: u32,
    /// The most in one sequence.
    taken: u32,
    withdrawn: u32,
    with_keys: u32,
    without_keys: u32,
    failed: u32,
    asked_aaa: u32,
}

/// Runs `make`'s sessions through random sequences of inputs.
pub(crate) fn check<S: Session, C: Strategy>(
    rules: &Rules<S>,
    configurations: C,
    make: impl Fn(C::Value) -> S,
) {
    let config = Config { failure_persistence: None, ..Config::default() };
    // The same cases in each run; PROPTEST_CASES asks for more of them.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let enough = config.cases >= 256;
    let seen = RefCell::new(Seen::default());
    let result = TestRunner::new_with_rng(config, random).run(
        &(configurations, sequence()),
        |(config, inputs)| {
            let mut watch = Watch::new(make(config), rules);
            watch.drain(&mut seen.borrow_mut())?;
            for (input, drains) in inputs {
                watch.give(input)?;
                if drains {
                    watch.drain(&mut seen.borrow_mut())?;
                }
            }
            watch.drain(&mut seen.borrow_mut())
        },
    );
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let Seen { sent, asked, taken, withdrawn, with_keys, without_keys, failed, asked_aaa } =
        seen.into_inner();
    let asked_aaa = if rules.has_aaa { asked_aaa } else { 1 };
    let all = [sent, asked, taken, withdrawn, with_keys, without_keys, failed, asked_aaa];
    assert!(!enough || all.iter().all(|count| *count > 0), "not all was seen: {all:?}");
}

/// A session under observation.
struct Watch<'a, S> {
    session: S,
    rules: &'a Rules<S>,
    now: u64,
    last_identifier: u8,
    last_type: u8,
    wanted: AnswerKind,
    /// Since the outputs were drained.
    inputs: usize,
    restarted: bool,
    discarded: bool,
    finished: bool,
    asked: BTreeSet<u64>,
    taken: BTreeSet<u64>,
    withdrawn: BTreeSet<u64>,
    /// The number of the last request to the AAA server.
    asked_aaa: u64,
    /// Whether this conversation is the AAA server's to decide.
    passed: bool,
    /// Whether the AAA server has just granted access, and with keys.
    granted: Option<bool>,
}

impl<'a, S: Session> Watch<'a, S> {
    fn new(session: S, rules: &'a Rules<S>) -> Self {
        Self {
            session,
            rules,
            now: 0,
            last_identifier: 0,
            last_type: IDENTITY,
            wanted: AnswerKind::Text,
            // Making it may have been one: a conversation that has begun.
            inputs: 1,
            restarted: false,
            discarded: false,
            finished: false,
            asked: BTreeSet::new(),
            taken: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            asked_aaa: 0,
            passed: false,
            granted: None,
        }
    }

    fn give(&mut self, input: Input) -> Result<(), TestCaseError> {
        self.inputs += 1;
        match input {
            Input::Noise(octets) => self.receive(&octets),
            Input::Packet { code, ahead, body } => self.receive_packet(code, ahead, &body),
            Input::Next { body } if self.rules.receives == 1 => self.receive_packet(1, 1, &body),
            Input::Next { mut body } => {
                body[0] = self.last_type;
                self.receive_packet(2, 0, &body);
            }
            Input::Answer { id, answer } => {
                let last = self.asked.last().copied().unwrap_or_default();
                let id = last.saturating_add_signed(id);
                let now = Instant::from_millis(self.now);
                if self.session.answer(QueryId::new(id), answer.draw(self.wanted), now).is_ok() {
                    prop_assert!(self.taken.insert(id), "{} was answered twice", id);
                    prop_assert!(!self.withdrawn.contains(&id), "{} was withdrawn", id);
                }
            }
            Input::Aaa { id, answer } => {
                let id = AaaRequestId::new(self.asked_aaa.saturating_add_signed(id));
                self.answer_by_aaa(id, answer);
            }
            Input::Signal(signal) => {
                self.restarted |= matches!(signal, Signal::Restart | Signal::PortUp);
                self.session.signal(signal, Instant::from_millis(self.now));
            }
            Input::Sleep(millis) => self.now += millis,
            Input::Timeout(millis) => {
                self.now += millis;
                self.session.timeout(Instant::from_millis(self.now));
            }
            Input::Deadline => {
                if let Some(deadline) = self.session.deadline() {
                    self.now = self.now.max(deadline.as_millis());
                }
                self.session.timeout(Instant::from_millis(self.now));
                let next = self.session.deadline().map(Instant::as_millis);
                prop_assert!(next.is_none_or(|next| next > self.now), "a deadline that stays");
            }
        }
        let waits = (self.rules.is_asking)(&self.session);
        prop_assert!(!waits || self.session.deadline().is_some(), "waits without a deadline");
        Ok(())
    }

    fn receive_packet(&mut self, code: u8, ahead: u8, body: &[u8]) {
        let packet = packet(code, self.last_identifier.wrapping_add(ahead), body);
        self.receive(&(self.rules.wrap)(&packet));
    }

    fn answer_by_aaa(&mut self, id: AaaRequestId, sketch: AaaSketch) {
        let now = Instant::from_millis(self.now);
        let result = |code| packet(code, self.last_identifier, &[]);
        let (request, success, failure);
        let granted = match sketch {
            AaaSketch::Success { keys, .. } => Some(keys),
            _ => None,
        };
        let answer = match sketch {
            AaaSketch::Request(code, body, method_timeout) => {
                request = packet(code, self.last_identifier.wrapping_add(1), &body);
                AaaAnswer::Request { eap_message: &request, method_timeout }
            }
            AaaSketch::NoRequest => AaaAnswer::NoRequest,
            AaaSketch::Success { keys: with_keys, packet } => {
                success = packet.then(|| result(3));
                let keys = with_keys.then(keys);
                AaaAnswer::Success { eap_message: success.as_deref(), keys }
            }
            AaaSketch::Failure { packet } => {
                failure = packet.then(|| result(4));
                AaaAnswer::Failure { eap_message: failure.as_deref() }
            }
        };
        let fate = self.session.answer_by_aaa(id, answer, now);
        self.discarded = matches!(fate, Received::Discarded(_));
        if !self.discarded {
            self.granted = self.granted.or(granted);
        }
    }

    fn receive(&mut self, octets: &[u8]) {
        let fate = self.session.packet(octets, Instant::from_millis(self.now));
        self.discarded = matches!(fate, Received::Discarded(_));
    }

    fn drain(&mut self, seen: &mut Seen) -> Result<(), TestCaseError> {
        let one_conversation = self.rules.one_conversation;
        if self.restarted {
            self.finished = false;
            self.passed = false;
        }
        let granted = self.granted.take();
        let mut outputs = 0;
        let mut sent = 0;
        while let Some(output) = self.session.output() {
            outputs += 1;
            match output {
                Output::Send(packet) => {
                    let silent = one_conversation && self.finished;
                    prop_assert!(!silent, "sends after the conversation is over");
                    sent += 1;
                    let packet = (self.rules.unwrap)(&packet);
                    if let [_, identifier, _, _, method, ..] = *packet {
                        (self.last_identifier, self.last_type) = (identifier, method);
                    }
                }
                Output::Ask(id, query) => {
                    self.wanted = query.wants();
                    let open = self.open();
                    prop_assert!(open.is_empty(), "{:?} still open", open);
                    prop_assert!(self.asked.insert(id.get()), "{:?} asked twice", id);
                    seen.asked += 1;
                }
                Output::Withdrawn(id) => {
                    prop_assert!(self.asked.contains(&id.get()), "{:?} was never asked", id);
                    prop_assert!(!self.taken.contains(&id.get()), "{:?} was answered", id);
                    prop_assert!(self.withdrawn.insert(id.get()), "{:?} withdrawn twice", id);
                    seen.withdrawn += 1;
                }
                Output::AskAaa(request) => {
                    let id = request.id.get();
                    prop_assert!(id > self.asked_aaa, "{} asked twice", id);
                    (self.asked_aaa, self.passed) = (id, true);
                    seen.asked_aaa += 1;
                }
                Output::Finished(result) => {
                    if let (true, false, Ok(outcome)) = (self.passed, self.restarted, &result) {
                        let keys = Some(outcome.keys.is_some());
                        prop_assert_eq!(keys, granted, "not what the AAA server has granted");
                    }
                    // Where the order of inputs and outputs is not known, nothing is claimed.
                    self.finished = !self.restarted;
                    match result {
                        Ok(outcome) if outcome.keys.is_some() => seen.with_keys += 1,
                        Ok(_) => seen.without_keys += 1,
                        Err(_) => seen.failed += 1,
                    }
                }
                Output::Event(_) => {}
            }
        }
        if one_conversation {
            prop_assert!(sent <= self.inputs, "{} packets for {} inputs", sent, self.inputs);
            let trace = self.inputs == 1 && self.discarded && outputs > 0;
            prop_assert!(!trace, "a discarded packet left a trace");
        }
        let open = usize::from((self.rules.is_asking)(&self.session));
        prop_assert_eq!(self.open().len(), open, "questions that are open");
        prop_assert!(self.taken.is_subset(&self.asked), "an answer without a question");
        seen.sent += u32::try_from(sent).unwrap_or(u32::MAX);
        seen.taken = seen.taken.max(u32::try_from(self.taken.len()).unwrap_or(u32::MAX));
        self.inputs = 0;
        self.restarted = false;
        self.discarded = false;
        Ok(())
    }

    /// Questions that were neither answered nor withdrawn.
    fn open(&self) -> Vec<u64> {
        let ended = |id: &&u64| !self.taken.contains(id) && !self.withdrawn.contains(id);
        self.asked.iter().filter(ended).copied().collect()
    }
}
