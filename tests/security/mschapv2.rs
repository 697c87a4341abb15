//! EAP-MSCHAPv2, families 1, 3, 4, 6, 7, 9 and 13: a real end against octets written by the test, and
//! against the other end's octets where they do not belong.

use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, Credential, Discard, Failure, MethodType, Packet,
    Peer, PeerConfig, Received, Secret,
};
use eap_tests::script::{self, Scripted, failure, request, success};
use eap_tests::session::Session;

const MSCHAPV2: MethodType = MethodType::MSCHAPV2;

/// A peer that has given its name.
fn identified() -> Scripted<Peer> {
    let config = PeerConfig::builder().identity("alice").password("wonderland").method(MSCHAPV2);
    script::peer(&config).then(|peer| {
        assert_eq!(peer.feed(&request(1, MethodType::IDENTITY, b"")), Received::Accepted);
    })
}

/// An authenticator that has sent its Challenge.
fn challenging(retries: u8) -> Scripted<Authenticator> {
    let config = AuthenticatorConfig::builder().method(MSCHAPV2).password_retries(retries);
    script::authenticator(&config).then(|server| {
        server.start();
        assert_eq!(server.respond(MethodType::IDENTITY, b"alice"), Received::Accepted);
    })
}

fn challenge(id: u8) -> Vec<u8> {
    request(id, MSCHAPV2, &[&[1, id, 0, 24, 16][..], &[0x5b; 16], b"srv"].concat())
}

fn text(id: u8, op_code: u8, text: &str) -> Vec<u8> {
    let length = u16::try_from(4 + text.len()).unwrap().to_be_bytes();
    request(id, MSCHAPV2, &[&[op_code, id], &length[..], text.as_bytes()].concat())
}

fn answered() -> Scripted<Peer> {
    identified().then(|peer| assert_eq!(peer.feed(&challenge(2)), Received::Accepted))
}

/// Feeds one end what the other has sent last.
fn pass<A: Session, B: Session>(from: &Scripted<A>, to: &mut Scripted<B>) {
    assert_eq!(to.feed(from.sent.last().unwrap()), Received::Accepted);
}

fn password(text: &str) -> Answer {
    Answer::Credential(Credential::Cleartext(Secret::from(text)))
}

/// Both ends, just after the right response has been judged: the Success has been sent.
fn judged() -> (Scripted<Peer>, Scripted<Authenticator>) {
    let (mut peer, mut server) = (identified(), challenging(0));
    pass(&server, &mut peer);
    pass(&peer, &mut server);
    server.answer(password("wonderland")).unwrap();
    (peer, server)
}

/// CVE-2025-62291 (strongSwan): a Failure Request of six to eight octets.
#[test]
fn cve_2025_62291_a_short_failure_request_is_discarded() {
    for op_code in 0..=255 {
        for len in 0..=60_usize {
            let mut data = vec![0; len];
            for (place, octet) in data.iter_mut().zip([op_code, 2, 0, len as u8]) {
                *place = octet;
            }
            let data = request(3, MSCHAPV2, &data);
            let fate = identified().feed(&data);
            assert!(matches!(fate, Received::Discarded(_)), "{data:02x?} {fate:?}");
            let mut peer = answered();
            let fate = peer.feed(&data);
            let is_result = len >= 4 && [3, 4].contains(&op_code);
            assert_eq!(fate == Received::Accepted, is_result, "{data:02x?} {fate:?}");
            assert!(!matches!(peer.result, Some(Ok(_))));
        }
    }
    for len in 0..4 {
        let data = &[4, 3, 0, 0][..len];
        let fate = answered().feed(&request(3, MSCHAPV2, data));
        assert_eq!(fate, Received::Discarded(Discard::MschapLength));
    }
    // An empty text is no reason to read beyond it: it is a refusal.
    let mut peer = answered();
    assert_eq!(peer.feed(&text(3, 4, "")), Received::Accepted);
    assert!(matches!(peer.result, Some(Err(Failure::Account(_)))));
}

/// CVE-2015-8023 (strongSwan), CVE-2006-1354 (FreeRADIUS): a Success in answer to the Challenge.
#[test]
fn cve_2015_8023_a_success_in_answer_to_the_challenge_is_discarded() {
    for data in [&[3][..], &[3, 2, 0, 4], &[3, 0, 0, 0, 0]] {
        let mut server = challenging(0);
        let fate = server.respond(MSCHAPV2, data);
        assert_eq!(fate, Received::Discarded(Discard::MschapOpCode(3)));
        assert!(server.asked.is_empty() && server.result.is_none());
        // The real peer is still heard.
        let mut peer = identified();
        pass(&server, &mut peer);
        pass(&peer, &mut server);
    }
}

/// Family 4: in each state, every OpCode but those that are due.
#[test]
fn cve_2006_1354_each_state_of_the_authenticator_takes_its_own_messages_only() {
    type Enter = fn() -> Scripted<Authenticator>;
    let refused: Enter = || {
        let mut server = challenging(1);
        let mut peer = identified();
        pass(&server, &mut peer);
        pass(&peer, &mut server);
        server.answer(password("another")).unwrap();
        server
    };
    let states: [(Enter, &[u8]); 3] =
        [(|| challenging(1), &[]), (refused, &[4]), (|| judged().1, &[3, 4])];
    for (enter, due) in states {
        for op_code in 0..=255 {
            let mut server = enter();
            let fate = server.respond(MSCHAPV2, &[op_code, 9, 0, 4]);
            assert_eq!(fate == Received::Accepted, due.contains(&op_code), "{op_code} {fate:?}");
            assert_eq!(matches!(server.result, Some(Ok(_))), due.len() == 2 && op_code == 3);
        }
    }
}

/// Family 3: success before the server has proved itself.
#[test]
fn access_granted_before_the_server_has_proved_itself_is_not_used() {
    for enter in [identified, answered] {
        let mut peer = enter();
        let id = peer.last_identifier();
        let _ = peer.feed(&success(id));
        assert!(!matches!(peer.result, Some(Ok(_))), "{:?}", peer.result);
    }
    let mut peer = answered();
    assert_eq!(peer.feed(&success(2)), Received::Accepted);
    assert!(matches!(peer.result, Some(Err(Failure::SuccessTooEarly))));
    // A Success first, as if the response had been judged before it was sent.
    let mut peer = identified();
    let forged = text(2, 3, &format!("S={}", "00".repeat(20)));
    assert_eq!(peer.feed(&forged), Received::Discarded(Discard::MschapOpCode(3)));
}

#[test]
fn a_success_without_the_proof_ends_the_login_without_an_answer() {
    for proof in ["", "S=", "M=OK", "S=0000000000000000000000000000000000000000"] {
        let mut peer = answered();
        let sent = peer.sent.len();
        assert_eq!(peer.feed(&text(3, 3, proof)), Received::Accepted);
        let reason = "EAP-MSCHAPv2 failed: the network does not know the password";
        assert_eq!(peer.result.unwrap().unwrap_err().to_string(), reason);
        assert_eq!(peer.sent.len(), sent);
    }
}

/// Family 5: keys come out with the result, and not before.
#[test]
fn keys_are_exported_after_the_last_message_only() {
    let (mut peer, mut server) = judged();
    pass(&server, &mut peer);
    assert!(peer.result.is_none() && server.result.is_none());
    pass(&peer, &mut server);
    pass(&server, &mut peer);
    let keys = |result: Option<Result<eap_rs::Outcome, Failure>>| {
        result.unwrap().unwrap().keys.unwrap().msk.expose().to_vec()
    };
    assert_eq!(keys(peer.result), keys(server.result));
}

/// A forged Failure after the proof: the server has said that it grants access.
#[test]
fn a_forged_failure_after_the_proof_changes_nothing() {
    let (mut peer, server) = judged();
    pass(&server, &mut peer);
    let id = peer.last_identifier();
    assert_eq!(peer.feed(&failure(id)), Received::Discarded(Discard::UnexpectedResult));
    peer.advance_to_deadline();
    assert!(matches!(peer.result, Some(Ok(_))));
}

/// Family 9, reflection and relay: what proves one end to one challenge proves nothing else.
#[test]
fn a_response_is_good_for_its_own_challenge_only() {
    let (first, mut second) = (challenging(0), challenging(0));
    second.signal(eap_rs::Signal::Restart);
    assert_eq!(second.respond(MethodType::IDENTITY, b"alice"), Received::Accepted);
    assert_ne!(first.sent.last().unwrap()[10..], second.sent.last().unwrap()[10..]);
    let mut peer = identified();
    pass(&first, &mut peer);
    let Ok(Packet::Response(response)) = Packet::parse(peer.sent.last().unwrap()) else { panic!() };
    assert_eq!(second.respond(MSCHAPV2, response.data), Received::Accepted);
    second.answer(password("wonderland")).unwrap();
    let Ok(Packet::Request(refusal)) = Packet::parse(second.sent.last().unwrap()) else { panic!() };
    assert_eq!(refusal.data[0], 4);
    assert_eq!(second.respond(MSCHAPV2, &[4]), Received::Accepted);
    assert!(matches!(second.result, Some(Err(Failure::BadCredentials))));
}

/// Family 13: a repeated Request is answered with the stored octets, never with another proof.
#[test]
fn one_challenge_gets_one_response() {
    let mut peer = answered();
    let first = peer.sent.last().unwrap().clone();
    assert_eq!(peer.feed(&challenge(2)), Received::Duplicate);
    assert_eq!(*peer.sent.last().unwrap(), first);
    let sent = peer.sent.len();
    assert_eq!(peer.feed(&challenge(3)), Received::Discarded(Discard::MschapOpCode(1)));
    assert_eq!(peer.sent.len(), sent);
}

/// Family 7: after a conversation nothing is left of it.
#[test]
fn a_conversation_that_begins_again_has_to_prove_everything_again() {
    let (mut peer, mut server) = judged();
    pass(&server, &mut peer);
    let acknowledgement = peer.sent.last().unwrap().clone();
    server.signal(eap_rs::Signal::Restart);
    assert_eq!(server.respond(MethodType::IDENTITY, b"alice"), Received::Accepted);
    let Ok(Packet::Response(ack)) = Packet::parse(&acknowledgement) else { panic!() };
    let fate = server.respond(MSCHAPV2, ack.data);
    assert_eq!(fate, Received::Discarded(Discard::MschapOpCode(3)));
    assert!(server.result.is_none());
}
