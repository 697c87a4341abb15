//! A seeded link: loss, duplication, reordering and delay, in simulated milliseconds.

use core::ops::RangeInclusive;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the authenticator.
    ToPeer,
    /// From the peer.
    ToAuthenticator,
}

/// How bad one direction is.
#[derive(Clone, Debug)]
pub struct Quality {
    /// Packets lost, in percent.
    pub loss: u8,
    /// Packets that arrive twice, in percent.
    pub duplication: u8,
    /// Packets (and duplicates) that may be overtaken, in percent.
    pub reordering: u8,
    /// How long a packet travels.
    pub delay: RangeInclusive<u64>,
    /// How much longer one travels that may be overtaken.
    pub detour: RangeInclusive<u64>,
}

impl Quality {
    /// Loses nothing, keeps the order, takes one millisecond.
    pub const PERFECT: Self =
        Self { loss: 0, duplication: 0, reordering: 0, delay: 1..=1, detour: 0..=0 };

    /// Loses 30 %, repeats 20 %, delays 20 % for long enough that retransmissions overtake them.
    pub const BAD: Self =
        Self { loss: 30, duplication: 20, reordering: 20, delay: 1..=300, detour: 500..=5_000 };
}

/// A packet on its way, or arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it arrives.
    pub at: u64,
    /// Which way it goes.
    pub direction: Direction,
    /// The packet.
    pub packet: Vec<u8>,
}

/// The link between two ends.
#[derive(Debug)]
pub struct Link {
    rng: StdRng,
    to_peer: Quality,
    to_authenticator: Quality,
    /// In the order sent.
    in_flight: Vec<Delivery>,
    /// The latest arrival without a detour, by direction.
    latest: [u64; 2],
    delivered: Vec<Delivery>,
    lost: usize,
}

impl Link {
    /// A link with these two directions.
    pub fn new(seed: u64, to_peer: Quality, to_authenticator: Quality) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            to_peer,
            to_authenticator,
            in_flight: Vec::new(),
            latest: [0; 2],
            delivered: Vec::new(),
            lost: 0,
        }
    }

    /// A link that is the same both ways.
    pub fn symmetric(seed: u64, quality: Quality) -> Self {
        Self::new(seed, quality.clone(), quality)
    }

    /// Puts a packet on the link.
    pub fn send(&mut self, direction: Direction, packet: &[u8], now: u64) {
        if self.chance(self.quality(direction).loss) {
            self.lost += 1;
            return;
        }
        let copies = 1 + usize::from(self.chance(self.quality(direction).duplication));
        for _ in 0..copies {
            let at = self.arrival(direction, now);
            self.in_flight.push(Delivery { at, direction, packet: packet.to_vec() });
        }
    }

    /// When the next packet arrives.
    pub fn next_arrival(&self) -> Option<u64> {
        self.in_flight.iter().map(|delivery| delivery.at).min()
    }

    /// Takes a packet that has arrived by `now` off the link.
    pub fn receive(&mut self, now: u64) -> Option<Delivery> {
        let at = self.next_arrival().filter(|at| *at <= now)?;
        let first = self.in_flight.iter().position(|delivery| delivery.at == at)?;
        let delivery = self.in_flight.remove(first);
        self.delivered.push(delivery.clone());
        Some(delivery)
    }

    /// Everything that has arrived, in order of arrival.
    pub fn delivered(&self) -> &[Delivery] {
        &self.delivered
    }

    /// How many packets were lost.
    pub fn lost(&self) -> usize {
        self.lost
    }

    fn quality(&self, direction: Direction) -> &Quality {
        match direction {
            Direction::ToPeer => &self.to_peer,
            Direction::ToAuthenticator => &self.to_authenticator,
        }
    }

    fn arrival(&mut self, direction: Direction, now: u64) -> u64 {
        let Quality { reordering, delay, detour, .. } = self.quality(direction).clone();
        let straight = now + self.rng.random_range(delay);
        if self.chance(reordering) {
            return straight + self.rng.random_range(detour);
        }
        // What goes straight does not overtake what went straight before.
        let latest = &mut self.latest[direction as usize];
        *latest = straight.max(*latest);
        *latest
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.random_range(0..100) < percent
    }
}
