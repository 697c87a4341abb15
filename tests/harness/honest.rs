//! The other end of a login under attack: a real session that does its part.

use eap_rs::{Authenticator, Instant, Keys, Output, Peer};

use crate::session::Session;

/// An end that answers what it is given; no time passes for it.
#[derive(Debug)]
pub struct Honest<S> {
    session: S,
    last: Vec<u8>,
    keys: Option<Keys>,
}

/// An honest end of either role.
pub trait Counterpart {
    /// What it has to say to this packet; to one that it drops, what it said before.
    fn reply(&mut self, packet: &[u8]) -> Vec<u8>;

    /// The keys, if it has come to success.
    fn keys(&self) -> Option<&Keys>;
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

const NOW: Instant = Instant::from_millis(0);
