//! Family 15, caps: rounds, queues and timers under a flood.

use std::sync::Arc;

use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, Discard, Failure, Instant, MethodType, Peer,
    Received, Secret,
};
use eap_tests::script::{self, failure, request, response, success};
use eap_tests::talk::{FACTS as TALK, TalkServer};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::authenticator_states::{self, RESPONSE, proposed, started};
use crate::peer_states::{self, FIRST, SECOND, identified, second};

const FLOOD: usize = 10_000;

/// Rubbish of every kind: malformed, misdirected, of the wrong Type, of the wrong Identifier.
fn rubbish(right: u8) -> impl Iterator<Item = Vec<u8>> {
    let wrong = right.wrapping_add(100);
    (0..FLOOD).map(move |n| match n % 8 {
        0 => vec![],
        1 => vec![1, right, 0, 3],
        2 => vec![1, right, 0xff, 0xff, 4, 1, 2, 3],
        3 => vec![5, right, 0, 5, 1],
        4 => success(wrong),
        5 => failure(wrong),
        6 => vec![1, right, 0, 5, 3],
        _ => vec![2, wrong, 0, 5, 4],
    })
}

#[test]
fn discarded_packets_neither_fill_the_peer_nor_put_off_its_time_out() {
    let enters = [identified, peer_states::md5_sent, || second(MethodType::GTC, b"Token: ")];
    for enter in enters {
        let mut peer = enter();
        let deadline = peer.deadline().unwrap();
        let outputs = (peer.sent.len(), peer.asked.len(), peer.events.len());
        for packet in rubbish(SECOND) {
            peer.now += 1;
            assert!(matches!(peer.feed(&packet), Received::Discarded(_)), "{packet:02x?}");
        }
        assert_eq!((peer.sent.len(), peer.asked.len(), peer.events.len()), outputs);
        assert_eq!(peer.deadline(), Some(deadline));
        peer.advance_to_deadline();
        let failure = peer.result.unwrap().unwrap_err();
        assert!(matches!(failure, Failure::NoRequest | Failure::Unanswered));
    }
}

#[test]
fn discarded_packets_neither_fill_the_authenticator_nor_put_off_its_retransmission() {
    for enter in [started, || proposed(MethodType::MD5), || proposed(MethodType::GTC)] {
        let mut server = enter();
        let deadline = server.deadline().unwrap();
        let sent = server.sent.len();
        for packet in rubbish(server.last_identifier()) {
            assert!(matches!(server.feed(&packet), Received::Discarded(_)), "{packet:02x?}");
        }
        assert_eq!((server.sent.len(), server.deadline()), (sent, Some(deadline)));
        server.advance_to_deadline();
        assert_eq!(server.sent.len(), sent + 1);
        assert_eq!(server.sent[sent], server.sent[sent - 1]);
    }
}

#[test]
fn a_flood_between_all_retransmissions_does_not_keep_the_conversation_alive() {
    let mut server = started();
    while let Some(deadline) = server.deadline() {
        for packet in rubbish(server.last_identifier()).take(100) {
            let _ = server.feed(&packet);
        }
        assert_eq!(server.deadline(), Some(deadline));
        server.advance_to_deadline();
    }
    assert_eq!(server.result.unwrap().unwrap_err(), Failure::NoResponse);
    assert_eq!(server.sent.len(), 6);
    assert!(server.now <= 52_000, "{} ms", server.now);
}

/// RFC 3748 §4.1: duplicates prompt nobody twice, and do not keep the prompt open.
#[test]
fn repeated_and_renumbered_requests_neither_ask_again_nor_keep_the_question_open() {
    let mut peer = second(MethodType::GTC, b"Token: ");
    let deadline = peer.deadline();
    for n in 0..FLOOD {
        peer.now += 1;
        let id = u8::try_from(n % 256).unwrap();
        let fate = peer.feed(&request(id, MethodType::GTC, b"Token: "));
        assert!(!matches!(fate, Received::Discarded(_)), "{fate:?}");
    }
    assert_eq!((peer.asked.len(), peer.deadline()), (2, deadline));
    let last = u8::try_from((FLOOD - 1) % 256).unwrap();
    peer.answer(Answer::Secret(Secret::from("1234"))).unwrap();
    assert_eq!(peer.last_identifier(), last);
}

#[test]
fn the_peer_gives_up_after_its_rounds() {
    let config = peer_states::config().identity("alice").max_rounds(20);
    let talk: fn(u8) -> Vec<u8> = |id| request(id, TALK.method, b"?");
    let kinds: [fn(u8) -> Vec<u8>; 4] = [
        talk,
        |id| request(id, MethodType::NOTIFICATION, b"again"),
        |id| request(id, MethodType::IDENTITY, b""),
        |id| request(id, MethodType::ietf(13), b""),
    ];
    for kind in kinds {
        let mut peer = script::peer(&config);
        let rounds = (0..=255).take_while(|id| peer.feed(&kind(*id)) == Received::Accepted).count();
        assert_eq!(rounds, 21);
        assert_eq!(peer.sent.len(), 20);
        assert_eq!(peer.result.unwrap().unwrap_err(), Failure::TooManyRounds { limit: 20 });
    }
    // Repetitions are no rounds: answering them costs the peer nothing it did not have.
    let mut peer = script::peer(&config);
    let _ = peer.feed(&talk(FIRST));
    for _ in 0..1_000 {
        assert_eq!(peer.feed(&talk(FIRST)), Received::Duplicate);
    }
    assert!(peer.result.is_none());
}

#[test]
fn the_authenticator_gives_up_after_its_rounds() {
    let config = authenticator_states::config().max_rounds(20);
    let mut server = script::authenticator(&config);
    server.start();
    let _ = server.respond(MethodType::IDENTITY, b"alice");
    server.answer(Answer::Offer(eap_rs::Offer::new([TALK.method]))).unwrap();
    while server.result.is_none() {
        assert_eq!(server.respond(TALK.method, b"!"), Received::Accepted);
    }
    assert_eq!(server.result.unwrap().unwrap_err(), Failure::TooManyRounds { limit: 20 });
    assert_eq!(server.sent.len(), 21);
}

/// A host that does not drain is the host's mistake; the network must not turn it into a leak.
#[test]
fn a_peer_that_nobody_drains_stays_small() {
    let config = peer_states::config().identity("alice").max_rounds(u16::MAX);
    let mut peer = Peer::new(Arc::new(config.build().unwrap()), StdRng::seed_from_u64(1));
    let now = Instant::from_millis(0);
    let mut refused = 0;
    for n in 0..FLOOD {
        let id = u8::try_from(n % 256).unwrap();
        let message = request(id, MethodType::NOTIFICATION, &[b'a'; 1_000]);
        refused +=
            usize::from(peer.handle_packet(&message, now) == Received::Discarded(Discard::Backlog));
    }
    let outputs = std::iter::from_fn(|| peer.poll_output()).count();
    assert!(outputs <= 20 && refused > FLOOD - 20, "{outputs} outputs, {refused} refused");
    // Drained, it goes on.
    assert_eq!(peer.handle_packet(&request(3, MethodType::IDENTITY, b""), now), Received::Accepted);
}

#[test]
fn an_authenticator_that_nobody_drains_stays_small() {
    let config = AuthenticatorConfig::builder()
        .custom_method(TALK, || Box::new(TalkServer))
        .max_rounds(u16::MAX);
    let config = Arc::new(config.build().unwrap());
    let mut server = Authenticator::new(config, StdRng::seed_from_u64(1));
    let now = Instant::from_millis(0);
    server.start(now);
    let mut refused = 0;
    for n in 0..FLOOD {
        // The attacker does not know the Identifier, and soon hits it.
        let id = u8::try_from(n % 256).unwrap();
        for method in [MethodType::IDENTITY, TALK.method] {
            let fate = server.handle_packet(&response(id, method, RESPONSE), now);
            refused += usize::from(fate == Received::Discarded(Discard::Backlog));
        }
    }
    let outputs = std::iter::from_fn(|| server.poll_output()).count();
    assert!(outputs <= 20 && refused > FLOOD, "{outputs} outputs, {refused} refused");
}

/// RFC 3748 §5.2: 1,020 octets are what everybody has to take; more is cut before it is shown.
#[test]
fn what_is_shown_to_a_person_is_bounded_and_cannot_command_a_terminal() {
    let evil = [b"\x1b[2J\x07".as_slice(), &[b'a'; 60_000]].concat();
    let mut peer = second(MethodType::NOTIFICATION, &evil);
    let _ = peer.feed(&request(SECOND + 1, MethodType::GTC, &evil));
    let eap_rs::Event::Notification(shown) = &peer.events[0] else { panic!("{:?}", peer.events) };
    let Some(eap_rs::Query::Token { challenge }) = peer.asked.last() else { panic!() };
    for text in [shown, challenge] {
        assert!(text.len() <= 1_015 && !text.contains(char::is_control), "{} octets", text.len());
    }
}
