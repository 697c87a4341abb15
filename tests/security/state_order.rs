//! Family 4, state order: Responses of every Type and Identifier, and every other Code, in every
//! state of the authenticator; Requests of every Type in every state of the peer.

use eap_rs::packet::TypeForm;
use eap_rs::{
    Answer, Authenticator, Code, Credential, Discard, MethodType, Peer, Received, Secret,
};
use eap_tests::script::{Scripted, failure, packet, request, response, success};
use eap_tests::talk::FACTS as TALK;
use proptest::prelude::*;

use crate::authenticator_states::{Legal, RESPONSE, STATES, offered, proposed, started};
use crate::peer_states;

#[test]
fn each_authenticator_state_takes_its_own_response_only() {
    for state in STATES {
        let mut server = (state.enter)();
        let current = match server.session.last_sent() {
            [] => None,
            _ => Some(server.last_identifier()),
        };
        let types = (0..=255).map(MethodType::ietf).chain([TALK.method, MethodType::vendor(9, 1)]);
        for method in types {
            for id in 0..=255 {
                let fate = server.feed(&response(id, method, RESPONSE));
                let expected = match state.legal {
                    _ if method == MethodType::NONE || current != Some(id) => Expected::Discarded,
                    Legal::Nothing => Expected::Discarded,
                    Legal::Duplicates => Expected::Exactly(Received::Duplicate),
                    Legal::Response { method: own, nak }
                        if method == own || (nak && method == MethodType::NAK) =>
                    {
                        Expected::Exactly(Received::Accepted)
                    }
                    Legal::Response { .. } => {
                        Expected::Exactly(Received::Discarded(Discard::UnexpectedType(method)))
                    }
                };
                match expected {
                    Expected::Exactly(exactly) => {
                        assert_eq!(fate, exactly, "{}: {method} {id}", state.name);
                    }
                    Expected::Discarded => {
                        let discarded = matches!(fate, Received::Discarded(_));
                        assert!(discarded, "{}: {method} {id} was {fate:?}", state.name);
                    }
                }
                if fate == Received::Accepted {
                    server = (state.enter)();
                }
            }
        }
    }
}

enum Expected {
    Exactly(Received),
    Discarded,
}

/// RFC 4137 §5.1: an authenticator has no use for what authenticators send.
#[test]
fn an_authenticator_never_takes_what_authenticators_send() {
    for state in STATES {
        let mut server = (state.enter)();
        for id in 0..=255 {
            let mut packets = vec![success(id), failure(id)];
            packets.extend(
                (1..=255)
                    .filter(|number| *number != 3)
                    .map(|number| request(id, MethodType::ietf(number), RESPONSE)),
            );
            for packet in packets {
                let fate = server.feed(&packet);
                let unexpected = matches!(fate, Received::Discarded(Discard::UnexpectedCode(_)));
                assert!(unexpected, "{}: {packet:02x?} {fate:?}", state.name);
            }
        }
    }
}

/// RFC 3748 §4.1: a peer has no use for what peers send.
#[test]
fn a_peer_never_takes_a_response() {
    for state in peer_states::STATES {
        let mut peer = (state.enter)();
        for id in 0..=255 {
            for number in 0..=255 {
                let fate = peer.feed(&response(id, MethodType::ietf(number), RESPONSE));
                assert!(matches!(fate, Received::Discarded(_)), "{}: {fate:?}", state.name);
            }
        }
    }
}

/// RFC 3748 §2.1: once a method has begun, no other Type but Notification is taken.
#[test]
fn a_peer_that_has_begun_a_method_takes_no_other() {
    type Enter = fn() -> Scripted<Peer>;
    let in_progress: [(Enter, MethodType); 3] = [
        (|| peer_states::second(TALK.method, b"?"), TALK.method),
        (|| peer_states::answered(peer_states::second(MethodType::GTC, b"?")), MethodType::GTC),
        // RFC 3748 §5.4: one challenge; even a second of the same Type comes too late.
        (peer_states::md5_sent, MethodType::MD5),
    ];
    for (enter, own) in in_progress {
        let mut peer = enter();
        for number in 0..=255 {
            let method = MethodType::ietf(number);
            let goes_on = own != MethodType::MD5;
            let legal = goes_on && (method == own || method == MethodType::NOTIFICATION);
            let fate = peer.feed(&request(9, method, RESPONSE));
            assert_eq!(fate == Received::Accepted, legal, "{method}: {fate:?}");
            if legal {
                peer = enter();
            }
        }
    }
}

#[test]
fn a_nak_is_an_answer_to_a_proposal_only() {
    let nak = |server: &mut Scripted<Authenticator>| server.respond(MethodType::NAK, &[5]);
    let wrong_place = Received::Discarded(Discard::UnexpectedType(MethodType::NAK));
    assert_eq!(nak(&mut started()), wrong_place);
    // After the method's first Response it is no proposal any more (RFC 3748 §5.3.1).
    let mut talking = proposed(TALK.method);
    assert_eq!(talking.respond(TALK.method, b"!"), Received::Accepted);
    assert_eq!(nak(&mut talking), wrong_place);
    // The same method is not proposed again, even if the Nak names it.
    let mut server = offered(eap_rs::Offer::new([MethodType::MD5, MethodType::GTC]));
    assert_eq!(server.respond(MethodType::NAK, &[4, 6]), Received::Accepted);
    let sent = server.sent.last().unwrap();
    assert_eq!((sent[0], sent[4]), (Code::Request as u8, 6));
}

#[test]
fn a_method_response_before_any_proposal_is_discarded() {
    for method in [MethodType::MD5, MethodType::OTP, MethodType::GTC, TALK.method] {
        let mut server = started();
        let fate = server.respond(method, RESPONSE);
        assert_eq!(fate, Received::Discarded(Discard::UnexpectedType(method)));
        assert!(server.asked.is_empty());
    }
}

/// RFC 3748 §5.7: the same Type in its other form is the same Type, no second one.
#[test]
fn an_expanded_form_opens_no_second_way_in() {
    let mut server = started();
    let id = server.last_identifier();
    let md5 = packet(Code::Response, id, MethodType::MD5, TypeForm::Expanded, RESPONSE);
    assert_eq!(server.feed(&md5), Received::Discarded(Discard::UnexpectedType(MethodType::MD5)));
}

/// One move of an attacker without the password.
#[derive(Clone, Debug)]
enum Move {
    Response { method: MethodType, data: Vec<u8>, stale: u8 },
    Replay(usize),
    Wait,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let types = prop_oneof![(1..=6_u8).prop_map(MethodType::ietf), Just(TALK.method)];
    let data = prop_oneof![
        Just(RESPONSE.to_vec()),
        Just(b"alice".to_vec()),
        Just(vec![4, 5, 6, 254]),
        prop::collection::vec(any::<u8>(), 0..24),
    ];
    let stale = prop_oneof![8 => Just(0), 1 => 0..4_u8];
    let one = prop_oneof![
        8 => (types, data, stale)
            .prop_map(|(method, data, stale)| Move::Response { method, data, stale }),
        1 => (0..20_usize).prop_map(Move::Replay),
        1 => Just(Move::Wait),
    ];
    prop::collection::vec(one, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// CVE-2006-1354 (FreeRADIUS): Responses out of order took the server past the authentication.
    /// Here the directory answers truthfully, so nobody without the password gets in.
    #[test]
    fn cve_2006_1354_no_order_of_responses_replaces_the_password(moves in moves()) {
        let mut server = started();
        let mut fed = Vec::new();
        for one in moves {
            let packet = match one {
                Move::Response { method, data, stale } => {
                    response(server.last_identifier().wrapping_sub(stale), method, &data)
                }
                Move::Replay(index) if index < fed.len() => fed.swap_remove(index),
                Move::Replay(_) => continue,
                Move::Wait => {
                    if server.deadline().is_some() {
                        server.advance_to_deadline();
                    }
                    continue;
                }
            };
            let _ = server.feed(&packet);
            fed.push(packet);
            answer_truthfully(&mut server);
        }
        prop_assert!(!matches!(server.result, Some(Ok(_))));
        prop_assert!(!server.sent.iter().any(|packet| packet[0] == Code::Success as u8));
    }
}

fn answer_truthfully(server: &mut Scripted<Authenticator>) {
    while server.session.open_question().is_some() {
        let answer = match server.asked.last().unwrap() {
            eap_rs::Query::Policy { .. } => Answer::Offer(eap_rs::Offer::new([
                MethodType::MD5,
                MethodType::GTC,
                MethodType::OTP,
                TALK.method,
            ])),
            eap_rs::Query::Credential { .. } => {
                Answer::Credential(Credential::Cleartext(Secret::from("correct horse battery")))
            }
            eap_rs::Query::CheckPassword { password, .. } => {
                Answer::Verdict(password.ct_eq(b"correct horse battery"))
            }
            eap_rs::Query::Challenge { .. } => Answer::Text("otp-md5 1 dog2".into()),
            other => panic!("unexpected: {other:?}"),
        };
        server.answer(answer).unwrap();
    }
}
