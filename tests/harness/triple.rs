//! A peer, the switch that passes it through, and the RADIUS server behind: the link between the
//! first two as bad as a test wants it, the simulated clock the same for all.

use std::sync::Arc;

use eap_rs::radius::{SessionOutput, SessionState, SessionTable};
use eap_rs::{
    AaaAnswer, AaaRequest, Answer, AuthenticatorConfigBuilder, Failure, FullAuthenticator, Instant,
    Keys, Outcome, Output, Peer, PeerConfigBuilder, Query,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::answers::{Answers, Directory, User};
use crate::link::{Direction, Link, Quality};

/// How long the server takes for an answer.
const AAA_DELAY: u64 = 3;

/// Three ends.
#[derive(Debug)]
pub struct Triple {
    /// The peer.
    pub peer: Peer,
    /// The switch.
    pub switch: FullAuthenticator,
    /// The server.
    pub server: SessionTable<StdRng>,
    /// The link between peer and switch.
    pub link: Link,
    /// How each of them saw it end.
    pub results: Results,
    /// The most conversations that the server had at once.
    pub conversations: usize,
    /// How often the server was asked.
    pub requests: usize,
    now: u64,
    user: User,
    directory: Directory,
    /// What the server names the conversation.
    state: Option<SessionState>,
    /// On its way to the server.
    asked: Option<(u64, AaaRequest)>,
}

/// How it ended.
#[derive(Debug, Default)]
pub struct Results {
    /// For the peer.
    pub peer: Option<Result<Outcome, Failure>>,
    /// For the switch.
    pub switch: Option<Result<Outcome, Failure>>,
    /// For the server.
    pub server: Option<Result<Outcome, Failure>>,
}

impl Triple {
    /// Three ends with these settings; the user and the directory are the defaults.
    pub fn new(
        seed: u64,
        peer: &PeerConfigBuilder,
        switch: &AuthenticatorConfigBuilder,
        server: &AuthenticatorConfigBuilder,
        quality: Quality,
        unix_time: u64,
    ) -> Self {
        let rng = |n| StdRng::seed_from_u64(seed.wrapping_mul(3).wrapping_add(n));
        let now = Instant::from_millis(0);
        let mut peer = Peer::new(Arc::new(peer.build().unwrap()), rng(0));
        peer.set_unix_time(unix_time, now);
        let mut server = SessionTable::new(Arc::new(server.build().unwrap()), 4, rng(2));
        server.set_unix_time(unix_time, now);
        Self {
            peer,
            switch: FullAuthenticator::new(Arc::new(switch.build().unwrap()), rng(1)),
            server,
            link: Link::symmetric(seed, quality),
            results: Results::default(),
            conversations: 0,
            requests: 0,
            now: 0,
            user: User::default(),
            directory: Directory::default(),
            state: None,
            asked: None,
        }
    }

    /// With this password instead of the right one.
    #[must_use]
    pub fn with_password(mut self, password: &'static str) -> Self {
        self.user.password = password;
        self
    }

    /// Starts the switch, and goes on until nothing is left to happen.
    #[must_use]
    pub fn drive(mut self) -> Self {
        self.peer.handle_timeout(self.instant());
        self.switch.start(self.instant());
        for _ in 0..20_000 {
            self.drain();
            let Some(next) = self.next_event() else { return self };
            self.now = self.now.max(next);
            self.step();
        }
        panic!("it goes on for ever");
    }

    fn next_event(&self) -> Option<u64> {
        let timers = [self.peer.poll_timeout(), self.switch.poll_timeout()];
        let timers = timers.into_iter().flatten().map(Instant::as_millis);
        let others = [self.link.next_arrival(), self.asked.as_ref().map(|(due, _)| *due)];
        timers.chain(others.into_iter().flatten()).min()
    }

    fn step(&mut self) {
        let now = self.instant();
        while let Some(delivery) = self.link.receive(self.now) {
            let _fate = match delivery.direction {
                Direction::ToPeer => self.peer.handle_packet(&delivery.packet, now),
                Direction::ToAuthenticator => self.switch.handle_packet(&delivery.packet, now),
            };
            self.drain();
        }
        if let Some((_, request)) = self.asked.take_if(|(due, _)| *due <= self.now) {
            self.serve(request);
        }
        self.peer.handle_timeout(now);
        self.switch.handle_timeout(now);
        self.server.handle_timeout(now);
    }

    fn drain(&mut self) {
        let now = self.instant();
        while let Some(output) = self.peer.poll_output() {
            match output {
                Output::Send(packet) => {
                    self.link.send(Direction::ToAuthenticator, &packet, self.now);
                }
                Output::Ask(id, query) => {
                    let answer = answered(&mut self.user, &query);
                    self.peer.handle_answer(id, answer, now).unwrap();
                }
                Output::Finished(result) => self.results.peer = Some(result),
                _ => {}
            }
        }
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Send(packet) => self.link.send(Direction::ToPeer, &packet, self.now),
                Output::AskAaa(request) => {
                    assert!(self.asked.is_none(), "asked twice");
                    self.asked = Some((self.now + AAA_DELAY, request));
                }
                Output::Finished(result) => self.results.switch = Some(result),
                _ => {}
            }
        }
    }

    /// The server processes a request, and the switch is told.
    fn serve(&mut self, request: AaaRequest) {
        self.requests += 1;
        let now = self.instant();
        let state = self.state.map(|state| state.0);
        let state = state.as_ref().map(<[u8; 16]>::as_slice);
        let Ok(state) = self.server.handle_eap_message(state, &request.eap_message, None, now)
        else {
            // RADIUS drops the request; the switch is told here rather than by a time-out.
            let _fate = self.switch.handle_aaa(request.id, AaaAnswer::NoRequest, now);
            return;
        };
        self.state = Some(state);
        self.conversations = self.conversations.max(self.server.len());
        let (mut packet, mut end) = (None, None);
        while let Some((_, output)) = self.server.poll_output() {
            match output {
                SessionOutput::Ask(id, query) => {
                    let given = answered(&mut self.directory, &query);
                    self.server.handle_answer(state, id, given, now).unwrap();
                }
                SessionOutput::Challenge { eap_message, .. } => packet = Some(eap_message),
                SessionOutput::Finished { eap_message, result, .. } => {
                    packet = eap_message;
                    let keys = result.as_ref().ok().and_then(|outcome| outcome.keys.as_ref());
                    end = Some((result.is_ok(), keys.map(copied)));
                    self.results.server = Some(result);
                }
                _ => {}
            }
        }
        let eap_message = packet.as_deref();
        let answer = match end {
            None => AaaAnswer::Request {
                eap_message: eap_message.expect("the server answers"),
                method_timeout: None,
            },
            Some((true, keys)) => AaaAnswer::Success { eap_message, keys },
            Some((false, _)) => AaaAnswer::Failure { eap_message },
        };
        let _fate = self.switch.handle_aaa(request.id, answer, now);
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }
}

fn answered(who: &mut impl Answers, query: &Query) -> Answer {
    who.answer(query).map_or(Answer::Decline, |(_, answer)| answer)
}

/// The keys as RADIUS carries them: without the EMSK, which never leaves the server.
fn copied(keys: &Keys) -> Keys {
    Keys {
        msk: eap_rs::Msk::new(keys.msk.expose()),
        emsk: None,
        session_id: keys.session_id.as_ref().map(|id| eap_rs::SessionId::new(id.expose())),
    }
}
