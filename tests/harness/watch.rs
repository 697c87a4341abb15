//! What must hold after every input, of any session in any test.

use eap_rs::{
    Answer, AnswerError, Credential, Instant, Output, QueryId, Received, SUPPORTED, Signal,
};

use crate::session::{Cause, Session};

/// A session of which every input is checked:
///
/// - at most one packet is sent ([`Session::MAX_SENT`]), and few outputs in all;
/// - a state that waits has a deadline, and one that lies ahead once the time has been told;
/// - a discarded packet changes nothing;
/// - one question is open at most; only that one is withdrawn;
/// - a conversation finishes once and is silent then; success needs a method that was answered;
///   no built-in method exports keys.
#[derive(Debug)]
pub struct Watched<S> {
    session: S,
    port_enabled: bool,
    over: bool,
    open: Option<QueryId>,
    last_sent: Vec<u8>,
}

impl<S: Session> Watched<S> {
    /// Watches a session that has had no input yet.
    pub fn new(session: S) -> Self {
        Self { session, port_enabled: S::ENABLED, over: false, open: None, last_sent: Vec::new() }
    }

    /// The session.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// The open question.
    pub fn open_question(&self) -> Option<QueryId> {
        self.open
    }

    /// The last packet sent; empty before the first.
    pub fn last_sent(&self) -> &[u8] {
        &self.last_sent
    }

    /// The deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.session.poll_timeout()
    }

    /// Runs the input that only this kind of session has.
    pub fn run(&mut self, now: Instant, input: impl FnOnce(&mut S, Instant)) -> Vec<Output> {
        self.port_enabled = true;
        self.over = false;
        input(&mut self.session, now);
        self.drain(&Cause::Timeout)
    }

    /// Feeds a packet.
    pub fn packet(&mut self, packet: &[u8], now: Instant) -> (Received, Vec<Output>) {
        let before = self
            .session
            .is_inert_when_discarding()
            .then(|| (format!("{:?}", self.session), self.deadline()));
        let fate = self.session.handle_packet(packet, now);
        let outputs = self.drain(&Cause::Packet(packet));
        if matches!(fate, Received::Discarded(_))
            && let Some(before) = before
        {
            assert!(outputs.is_empty(), "{fate:?} {packet:02x?} gave {outputs:?}");
            assert_eq!(
                (format!("{:?}", self.session), self.deadline()),
                before,
                "{fate:?} {packet:02x?} changed the session"
            );
        }
        (fate, outputs)
    }

    /// Answers a question.
    pub fn answer(
        &mut self,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> (Result<(), AnswerError>, Vec<Output>) {
        let favourable = match &answer {
            Answer::Verdict(verdict) => *verdict,
            Answer::Credential(credential) => matches!(credential, Credential::Cleartext(_)),
            // Of whoever resumes a session.
            Answer::Offer(offer) => !offer.methods.is_empty(),
            _ => false,
        };
        let result = self.session.handle_answer(id, answer, now);
        match result {
            Ok(()) => assert_eq!(self.open.take(), Some(id), "an answer to no question was taken"),
            Err(AnswerError::Stale) => assert_ne!(self.open, Some(id), "an open question is stale"),
            Err(_) => {}
        }
        let outputs = self.drain(&Cause::Answer { favourable });
        assert!(result.is_ok() || outputs.is_empty(), "{result:?} gave {outputs:?}");
        (result, outputs)
    }

    /// Gives a signal.
    pub fn signal(&mut self, signal: Signal, now: Instant) -> Vec<Output> {
        match signal {
            Signal::PortDown => self.port_enabled = false,
            Signal::PortUp if !self.port_enabled => {
                self.port_enabled = true;
                self.over = false;
            }
            Signal::Restart if self.port_enabled => self.over = false,
            _ => {}
        }
        self.session.handle_signal(signal, now);
        self.drain(&Cause::Signal(signal))
    }

    /// Tells the time.
    pub fn timeout(&mut self, now: Instant) -> Vec<Output> {
        self.session.handle_timeout(now);
        let outputs = self.drain(&Cause::Timeout);
        let deadline = self.deadline();
        assert!(deadline.is_none_or(|deadline| deadline > now), "{deadline:?} has passed: {now:?}");
        outputs
    }

    fn drain(&mut self, cause: &Cause<'_>) -> Vec<Output> {
        let outputs: Vec<Output> = core::iter::from_fn(|| self.session.poll_output()).collect();
        assert!(outputs.len() <= 8, "{cause:?} gave {outputs:?}");
        let before = self.last_sent.clone();
        let mut sent = 0;
        for output in &outputs {
            assert!(!self.over || S::GOES_ON, "the conversation is over, yet: {output:?}");
            match output {
                Output::Send(packet) => {
                    S::check_sent(packet);
                    self.last_sent.clone_from(packet);
                    sent += 1;
                }
                Output::Ask(id, _) => assert_eq!(self.open.replace(*id), None, "two questions"),
                Output::Withdrawn(id) => assert_eq!(self.open.take(), Some(*id)),
                Output::Finished(result) => {
                    self.over = true;
                    if let Ok(outcome) = result {
                        assert!(S::may_succeed(cause, &before), "{cause:?} gave {outcome:?}");
                        assert!(outcome.method.is_method());
                        let derives_keys = SUPPORTED
                            .iter()
                            .any(|facts| facts.method == outcome.method && facts.derives_keys);
                        assert_eq!(outcome.keys.is_some(), derives_keys);
                    }
                }
                _ => {}
            }
        }
        assert!(sent <= S::MAX_SENT, "{cause:?} sent {sent} packets");
        if self.port_enabled && self.session.is_waiting(self.over) {
            assert!(self.deadline().is_some(), "waits for ever: {:?}", self.session);
        }
        outputs
    }
}
