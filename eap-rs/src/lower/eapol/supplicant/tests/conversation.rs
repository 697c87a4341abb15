//! authWhile, and questions, while a conversation is in progress.

use super::*;
use crate::Secret;
use crate::query::AnswerKind;
use crate::testing::{NAK, NOTIFICATION, failure, success, withdrawn};
use PaeState::{Authenticating, Connecting, Disconnected, Held, Logoff};
use Received::{Accepted, Discarded, Duplicate};

fn secret(text: &str) -> Answer {
    Answer::Secret(Secret::from(text))
}

#[test]
fn each_packet_of_the_conversation_extends_auth_period() {
    let mut host = authenticating();
    host.sleep(20_000);
    host.accept(&frame(&request(2, MD5, CHALLENGE)));
    assert_eq!(host.left(), Some(AUTH_PERIOD));
    host.sleep(20_000);
    assert_eq!(host.receive(&frame(&request(2, MD5, CHALLENGE))).0, Duplicate);
    assert_eq!(host.left(), Some(AUTH_PERIOD));
}

#[test]
fn a_discarded_packet_does_not_extend_auth_period() {
    let mut host = authenticating();
    let useless = [
        frame(&request(2, MD5, &[0])),
        frame(&success(9)),
        frame(&failure(9)),
        frame(&request(2, NOTIFICATION, b"")),
        frame(&response(1, IDENTITY, b"bob")),
        frame(&[1, 2, 0]),
    ];
    for _ in 0..AUTH_PERIOD / 1000 - 1 {
        host.sleep(1000);
        for packet in &useless {
            assert!(matches!(host.drop_of(packet), Discarded(_)), "{packet:02x?}");
        }
    }
    assert_eq!(host.wait(1000)[0], failed(Failure::NoRequest));
}

#[test]
fn a_request_that_restarts_and_is_dropped_leaves_auth_period_running() {
    let mut host = connecting();
    let fate = host.receive(&frame(&request(1, NOTIFICATION, b"")));
    assert_eq!(fate, (Discarded(Discard::EmptyMessage), vec![pae(Authenticating)]));
    assert_eq!(host.left(), Some(AUTH_PERIOD));
    assert_eq!(host.expire()[..2], [failed(Failure::NoRequest), pae(Connecting)]);
}

#[test]
fn a_refused_method_is_a_conversation_too() {
    let mut host = authenticating();
    let outputs = host.accept(&frame(&request(2, 13, b"\x20")));
    assert_eq!(outputs.last(), Some(&eap(&response(2, NAK, &[MD5, GTC]))));
    assert_eq!(host.left(), Some(AUTH_PERIOD));
    let wanted = MethodType::ietf(13);
    let refused = [failed(Failure::MethodRefused { wanted }), pae(Held)];
    assert_eq!(host.accept(&frame(&failure(2))), refused);
}

#[test]
fn auth_period_stands_still_while_a_question_is_open() {
    let mut host = asking();
    assert_eq!(host.left(), Some(ANSWER_TIMEOUT));
    assert_eq!(host.wait(AUTH_PERIOD * 3), []);
    // A repeated Request prompts nobody and does not start the timer.
    assert_eq!(host.drop_of(&frame(&request(2, GTC, b"PIN"))), Duplicate);
    assert_eq!(host.drop_of(&frame(&request(3, GTC, b"PIN"))), Accepted);
    assert_eq!(host.answer(1, secret("1234")), [eap(&response(3, GTC, b"1234"))]);
    assert_eq!(host.left(), Some(AUTH_PERIOD));
}

#[test]
fn a_question_in_the_first_request_stops_auth_period_too() {
    let peer = PeerConfig::builder().method(MethodType::MD5).build().unwrap();
    let config = config().build().unwrap();
    let mut host = Host::new(Supplicant::new(Arc::new(config), Arc::new(peer), rng()));
    host.signal(Signal::PortUp);
    let outputs = host.accept(&frame(&request(1, IDENTITY, b"")));
    assert_eq!(outputs, [pae(Authenticating), asked(1, AnswerKind::Text)]);
    assert_eq!(host.left(), Some(ANSWER_TIMEOUT));
    let outputs = host.answer(1, Answer::Text("eve".into()));
    assert_eq!(outputs, [eap(&response(1, IDENTITY, b"eve"))]);
    assert_eq!(host.left(), Some(AUTH_PERIOD));
}

#[test]
fn an_unanswered_or_declined_question_goes_to_held() {
    let mut unanswered = asking();
    let expected = [withdrawn(1), failed(Failure::Unanswered), pae(Held)];
    assert_eq!(unanswered.expire(), expected);
    let mut declined = asking();
    assert_eq!(declined.answer(1, Answer::Decline), [failed(Failure::Declined), pae(Held)]);
    for mut host in [unanswered, declined] {
        assert_eq!(host.left(), Some(HELD_PERIOD));
        assert_eq!(host.try_answer(1, secret("late")), Err(AnswerError::Stale));
    }
}

#[test]
fn what_leaves_the_conversation_withdraws_the_question() {
    let mut down = asking();
    assert_eq!(down.signal(Signal::PortDown), [withdrawn(1), pae(Disconnected)]);
    let mut off = asking();
    let logoff = sent(PduType::Logoff, &[]);
    assert_eq!(off.signal(Signal::Logoff), [withdrawn(1), pae(Logoff), logoff]);
    let mut again = asking();
    let expected = [withdrawn(1), pae(Connecting), eapol_start()];
    assert_eq!(again.signal(Signal::Restart), expected);
    let mut rejected = asking();
    let expected = [withdrawn(1), failed(Failure::LowerLayer), pae(Held)];
    assert_eq!(rejected.signal(Signal::AltReject), expected);
    for mut host in [down, off, again, rejected] {
        assert_eq!(host.try_answer(1, secret("late")), Err(AnswerError::Stale));
        assert_eq!(host.drain(), []);
    }
}

#[test]
fn a_restarted_conversation_begins_with_a_new_question() {
    let mut host = asking();
    host.signal(Signal::Restart);
    host.accept(&frame(&request(1, IDENTITY, b"")));
    let outputs = host.accept(&frame(&request(2, GTC, b"PIN")));
    assert_eq!(outputs, [started(GTC), asked(2, AnswerKind::Secret)]);
}

#[test]
fn canned_results_are_discarded_wherever_there_is_no_conversation() {
    let cases = [
        (supplicant(), Discard::PortDisabled),
        (connecting(), Discard::NoConversation),
        (held(), Discard::NoConversation),
        (authenticated(), Discard::NoConversation),
        (logged_off(), Discard::LoggedOff),
    ];
    for (mut host, reason) in cases {
        let before = (host.session.state(), host.session.port());
        for id in 0..=255 {
            for result in [success(id), failure(id)] {
                assert_eq!(host.drop_of(&frame(&result)), Discarded(reason), "{before:?}");
            }
        }
        assert_eq!((host.session.state(), host.session.port()), before);
    }
}

#[test]
fn a_success_before_the_method_does_not_open_the_port() {
    let mut host = authenticating();
    let outputs = host.accept(&frame(&success(1)));
    assert_eq!(outputs, [failed(Failure::SuccessTooEarly), pae(Held)]);
    assert_eq!(host.session.port(), PortStatus::Unauthorized);
}
