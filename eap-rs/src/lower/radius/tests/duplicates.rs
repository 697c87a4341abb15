use super::*;
use crate::Instant;
use Seen::{Answered, InProgress, New};
use core::time::Duration;

fn cache(capacity: usize) -> DuplicateCache<u16> {
    DuplicateCache::new(capacity, Duration::from_secs(30))
}

/// Of a source, a request with this Identifier and Authenticator, at this second.
fn check(
    cache: &mut DuplicateCache<u16>,
    source: u16,
    identifier: u8,
    authenticator: u8,
    second: u64,
) -> Seen<'_> {
    let octets = built(RadiusBuilder::request(identifier, [authenticator; 16]));
    let request = RadiusPacket::parse(&octets).unwrap();
    cache.check(source, &request, Instant::from_millis(second * 1000))
}

#[test]
fn a_request_is_new_then_in_progress_then_answered() {
    let mut cache = cache(10);
    assert_eq!(check(&mut cache, 1, 7, 1, 0), New);
    assert_eq!(check(&mut cache, 1, 7, 1, 1), InProgress);
    cache.answered(1, 7, &[1; 16], b"reply");
    assert_eq!(check(&mut cache, 1, 7, 1, 2), Answered(b"reply"));
    assert_eq!(check(&mut cache, 1, 7, 1, 3), Answered(b"reply"));
}

#[test]
fn source_identifier_and_authenticator_tell_requests_apart() {
    let mut cache = cache(10);
    for (source, identifier) in [(1, 7), (2, 7), (1, 8)] {
        assert_eq!(check(&mut cache, source, identifier, 1, 0), New);
    }
    cache.answered(1, 7, &[1; 16], b"reply");
    assert_eq!(check(&mut cache, 2, 7, 1, 0), InProgress);
    assert_eq!(check(&mut cache, 1, 8, 1, 0), InProgress);
    // RFC 5080 §2.2.2: the same Identifier with another Authenticator purges the entry.
    assert_eq!(check(&mut cache, 1, 7, 2, 0), New);
    assert_eq!(check(&mut cache, 1, 7, 1, 0), New);
    assert_eq!(cache.len(), 3);
}

#[test]
fn a_late_answer_is_not_stored_for_the_next_request() {
    let mut cache = cache(10);
    assert_eq!(check(&mut cache, 1, 7, 1, 0), New);
    assert_eq!(check(&mut cache, 1, 7, 2, 0), New);
    cache.answered(1, 7, &[1; 16], b"late");
    cache.answered(9, 7, &[2; 16], b"of another client");
    assert_eq!(check(&mut cache, 1, 7, 2, 0), InProgress);
}

#[test]
fn requests_are_forgotten_after_their_lifetime() {
    let mut cache = cache(10);
    assert_eq!(check(&mut cache, 1, 7, 1, 0), New);
    assert_eq!(check(&mut cache, 1, 8, 1, 10), New);
    assert_eq!(check(&mut cache, 1, 7, 1, 29), InProgress);
    // A repetition does not prolong it.
    assert_eq!(check(&mut cache, 1, 7, 1, 30), New);
    assert_eq!(check(&mut cache, 1, 8, 1, 39), InProgress);
    assert_eq!(check(&mut cache, 2, 1, 1, 1000), New);
    assert_eq!(cache.len(), 1);
}

#[test]
fn the_oldest_is_forgotten_when_it_is_full() {
    let mut cache = cache(3);
    for identifier in 0..5 {
        assert_eq!(check(&mut cache, 1, identifier, 1, 0), New);
    }
    assert_eq!(cache.len(), 3);
    for identifier in 2..5 {
        assert_eq!(check(&mut cache, 1, identifier, 1, 0), InProgress);
    }
    assert_eq!(check(&mut cache, 1, 0, 1, 0), New);
}

#[test]
fn a_client_that_uses_its_identifiers_again_and_again_does_not_fill_it() {
    let mut cache = cache(1000);
    for round in 0..200 {
        for identifier in 0..=255 {
            assert_eq!(check(&mut cache, 1, identifier, round, 0), New);
        }
    }
    assert_eq!(cache.len(), 256);
    assert_eq!(check(&mut cache, 1, 0, 199, 0), InProgress);
}
