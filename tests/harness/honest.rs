//! The other end of a login under attack: a real session that does its part.

use eap_rs::{Answer, Authenticator, Instant, Keys, Output, Peer, Query};

use crate::answers::{Answers, Directory, User};
use crate::session::Session;

/// An end that answers what it is given; no time passes for it. Its questions are answered by
/// [`Directory`] and [`User`].
#[derive(Debug)]
pub struct Honest<S> {
    session: S,
    last: Vec<u8>,
    keys: Option<Keys>,
}

/// The other end of either role, whose TLS at least is in order.
pub trait Counterpart {
    /// What it has to say to this packet; to one that it drops, what it said before.
    fn reply(&mut self, packet: &[u8]) -> Vec<u8>;

    /// The keys, if it has come so far.
    fn keys(&self) -> Option<&Keys>;

    /// Its reply, with octets of the program. An honest one is bent: they are laid over it by
    /// exclusive or, from an offset in the first two on.
    fn turn(&mut self, packet: &[u8], octets: &[u8]) -> Vec<u8> {
        let mut reply = self.reply(packet);
        if let [high, low, over @ ..] = octets {
            let offset = usize::from(u16::from_be_bytes([*high, *low]));
            reply.iter_mut().skip(offset).zip(over).for_each(|(octet, over)| *octet ^= over);
        }
        reply
    }
}

impl Honest<Peer> {
    /// A peer.
    pub fn peer(mut peer: Peer) -> Self {
        peer.handle_timeout(NOW);
        Self::new(peer)
    }
}

impl Honest<Authenticator> {
    /// An authenticator that has been started.
    pub fn authenticator(mut authenticator: Authenticator) -> Self {
        authenticator.start(NOW);
        Self::new(authenticator)
    }
}

impl<S: Session> Honest<S> {
    fn new(session: S) -> Self {
        Self { session, last: Vec::new(), keys: None }
    }
}

impl<S: Session> Counterpart for Honest<S> {
    fn reply(&mut self, packet: &[u8]) -> Vec<u8> {
        let _ = self.session.handle_packet(packet, NOW);
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(packet) => self.last = packet,
                Output::Ask(id, query) => {
                    let _ = self.session.handle_answer(id, answer(&query), NOW);
                }
                Output::Finished(Ok(outcome)) => self.keys = outcome.keys,
                _ => {}
            }
        }
        self.last.clone()
    }

    fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }
}

fn answer(query: &Query) -> Answer {
    let answer = match query.innermost() {
        Query::Token { .. } | Query::Password { .. } | Query::NewPassword { .. } => {
            User::default().answer(query)
        }
        _ => Directory::default().answer(query),
    };
    answer.map_or(Answer::Decline, |(_, answer)| answer)
}

const NOW: Instant = Instant::from_millis(0);
