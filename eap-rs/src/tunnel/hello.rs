//! The random of a hello, for the Session-Id of TLS 1.2 (RFC 5216 §2.3): TLS libraries keep it to
//! themselves, and both hellos are plain text.
//!
//! Record boundaries are nobody's word: a hello may be spread over any number of records, and
//! alerts that mean nothing may stand before it.

use core::ops::Range;

/// Where the random stands: behind the header of the handshake message and the version.
const RANDOM: Range<usize> = 6..38;

const RECORD_HEADER_LEN: usize = 5;
const HANDSHAKE: u8 = 22;

/// Watches what goes one way.
#[derive(Debug, Default)]
pub(super) struct HelloRandom {
    /// The records until the random is found.
    records: Vec<u8>,
    random: Option<[u8; 32]>,
}

impl HelloRandom {
    /// Sees the next records, or parts of them.
    pub(super) fn watch(&mut self, octets: &[u8]) {
        if self.random.is_some() {
            return;
        }
        self.records.extend_from_slice(octets);
        let hello = handshake_octets(&self.records);
        self.random = hello.get(RANDOM).and_then(|random| random.try_into().ok());
        if self.random.is_some() {
            self.records = Vec::new();
        }
    }

    /// The random, if the hello has passed.
    pub(super) fn get(&self) -> Option<[u8; 32]> {
        self.random
    }
}

/// What the handshake records hold, up to the end of the random.
fn handshake_octets(mut records: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(RANDOM.end);
    while let Some(([kind, _, _, high, low], rest)) =
        records.split_first_chunk::<RECORD_HEADER_LEN>()
    {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let (body, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        if *kind == HANDSHAKE {
            octets.extend(body.iter().take(RANDOM.end.saturating_sub(octets.len())));
        }
        records = rest;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM_OCTETS: [u8; 32] = [0xa5; 32];

    fn hello() -> Vec<u8> {
        [&[1, 0, 0, 60, 3, 3][..], &RANDOM_OCTETS, &[0; 24]].concat()
    }

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 3, 1, 0, u8::try_from(body.len()).unwrap()][..], body].concat()
    }

    #[test]
    fn a_hello_in_records_of_any_size_with_alerts_before_it() {
        for size in 1..=62 {
            let parts =
                hello().chunks(size).map(|part| record(HANDSHAKE, part)).collect::<Vec<_>>();
            let records = [record(21, &[1, 0]), parts.concat()].concat();
            let mut whole = HelloRandom::default();
            whole.watch(&records);
            assert_eq!(whole.get(), Some(RANDOM_OCTETS), "{size}");
            // The octets come as they like.
            let mut octets = HelloRandom::default();
            records.iter().for_each(|octet| octets.watch(&[*octet]));
            assert_eq!(octets.get(), Some(RANDOM_OCTETS), "{size}");
            assert!(octets.records.is_empty());
        }
    }

    #[test]
    fn the_first_hello_counts_and_half_of_one_does_not() {
        let mut random = HelloRandom::default();
        random.watch(&record(HANDSHAKE, &hello()[..37]));
        assert_eq!(random.get(), None);
        random.watch(&record(HANDSHAKE, &hello()[37..]));
        random.watch(&record(HANDSHAKE, &[0; 60]));
        assert_eq!(random.get(), Some(RANDOM_OCTETS));
    }
}
