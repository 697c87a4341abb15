//! Requests that come again (RFC 5080 §2.2.2).

use core::time::Duration;
use std::collections::BTreeMap;

use super::packet::RadiusPacket;
use crate::Instant;

/// Remembers requests and what was answered, so that a retransmitted request gets the same answer
/// and is not processed twice.
///
/// `S` is where a request came from, address and port: two sources of equal value are the same
/// client. One cache serves one socket. It is used by one thread at a time; a host of several
/// threads has a mutex around it.
#[derive(Debug)]
pub struct DuplicateCache<S> {
    entries: BTreeMap<(S, u8), Entry>,
    /// By number: the order of their arrival, that is of their expiry.
    arrivals: BTreeMap<u64, (Instant, S, u8)>,
    next_number: u64,
    capacity: usize,
    lifetime: Duration,
}

#[derive(Debug)]
struct Entry {
    authenticator: [u8; 16],
    number: u64,
    reply: Option<Vec<u8>>,
}

/// What is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// It is new: process it.
    New,
    /// It was seen, and its answer is not ready: drop it.
    InProgress,
    /// It was answered: send this again.
    Answered(&'a [u8]),
}

impl<S: Ord + Clone> DuplicateCache<S> {
    /// The time that RFC 5080 §2.2.2 names as the longest worth waiting for.
    pub const LIFETIME: Duration = Duration::from_secs(30);

    /// A cache of at most `capacity` requests, each for `lifetime` (5 to 30 s according to RFC 5080
    /// §2.2.2). When it is full, the oldest request is forgotten.
    #[must_use]
    pub fn new(capacity: usize, lifetime: Duration) -> Self {
        Self {
            entries: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            next_number: 0,
            capacity: capacity.max(1),
            lifetime,
        }
    }

    /// Looks a request up, and remembers it. It must have passed
    /// [`RadiusPacket::check_request`]: a forged request must not affect the cache.
    pub fn check(&mut self, source: S, request: &RadiusPacket<'_>, now: Instant) -> Seen<'_> {
        self.purge(now);
        let key = (source, request.identifier());
        let known = self
            .entries
            .get(&key)
            .is_some_and(|entry| entry.authenticator == *request.authenticator());
        if !known {
            // Another Authenticator under the same Identifier is the client's next request.
            self.insert(&key, request, now);
            return Seen::New;
        }
        match self.entries.get(&key).and_then(|entry| entry.reply.as_deref()) {
            Some(reply) => Seen::Answered(reply),
            None => Seen::InProgress,
        }
    }

    /// Stores the answer to a request. An answer to a request that is forgotten, or has been
    /// replaced by the client's next, is not stored.
    pub fn answered(
        &mut self,
        source: S,
        identifier: u8,
        request_authenticator: &[u8; 16],
        reply: &[u8],
    ) {
        if let Some(entry) = self.entries.get_mut(&(source, identifier))
            && entry.authenticator == *request_authenticator
        {
            entry.reply = Some(reply.to_vec());
        }
    }

    /// How many requests are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no request is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn insert(&mut self, key: &(S, u8), request: &RadiusPacket<'_>, now: Instant) {
        if let Some(replaced) = self.entries.remove(key) {
            self.arrivals.remove(&replaced.number);
        }
        while self.entries.len() >= self.capacity {
            self.forget_oldest();
        }
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        let authenticator = *request.authenticator();
        self.entries.insert(key.clone(), Entry { authenticator, number, reply: None });
        self.arrivals.insert(number, (now, key.0.clone(), key.1));
    }

    fn purge(&mut self, now: Instant) {
        while let Some((_, (arrived, ..))) = self.arrivals.first_key_value()
            && now >= *arrived + self.lifetime
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, (_, source, id))) = self.arrivals.pop_first() {
            self.entries.remove(&(source, id));
        }
    }
}
