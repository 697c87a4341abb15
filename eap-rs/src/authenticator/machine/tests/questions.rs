//! §8.1's waiting: METHOD_REQUEST and METHOD_RESPONSE while the host is being asked.

use super::*;
use crate::query::AnswerKind;
use crate::testing::{GTC, IDENTITY, MD5, NAK, asked, failure, succeeded, success, withdrawn};
use crate::{
    Answer, AnswerError, Credential, Discard, Failure, MethodType, Query, Received, Secret, Signal,
};
use Received::{Discarded, Duplicate};
use ServerStep::{Ask, Request, Succeed};

fn credential() -> Step {
    let identity = Identity::from("user");
    Ask(Query::Credential { identity, method: MethodType::MD5, accepts: &[] }).into()
}

fn challenge() -> Step {
    let identity = Identity::from("user");
    Ask(Query::Challenge { identity, method: MethodType::OTP }).into()
}

fn known() -> Answer {
    Answer::Credential(Credential::Cleartext(Secret::from("hello")))
}

/// An authenticator whose method asks about a Response, with its Identifier.
fn asking(after: impl IntoIterator<Item = Step>) -> (Host<Authenticator>, u8) {
    let (mut host, id) = proposed([credential()].into_iter().chain(after));
    let outputs = host.accept(&response(id, SCRIPTED, b"x"));
    assert_eq!(outputs, [asked(1, AnswerKind::Credential)]);
    assert!(host.session.is_asking());
    (host, id)
}

#[test]
fn method_response_waits_for_an_answer_and_goes_on() {
    let (mut host, id) = asking([Request.into(), Step::from(Succeed).with_keys()]);
    let next = id.wrapping_add(1);
    // The method is told the Identifier of the Response, the Request has the next.
    assert_eq!(host.answer(1, known()), [sent(method_request(next, id, b"answered"))]);
    assert!(!host.session.is_asking());
    let outputs = host.accept(&response(next, SCRIPTED, b""));
    assert_eq!(outputs, [sent(success(next)), succeeded(true)]);
}

#[test]
fn method_response_may_end_with_the_answer() {
    let (mut host, id) = asking([Step::from(Succeed).with_keys()]);
    assert_eq!(host.answer(1, known()), [sent(success(id)), succeeded(true)]);
    let (mut host, id) = asking([ServerStep::Fail(Failure::UnknownIdentity).into()]);
    // Declining is the method's to judge.
    let expected = [sent(failure(id)), Seen::Failed(Failure::UnknownIdentity)];
    assert_eq!(host.answer(1, Answer::Decline), expected);
}

#[test]
fn method_request_waits_for_an_answer_and_goes_to_send_request() {
    let mut host = authenticator([challenge(), Request.into()]);
    let id = start(&mut host);
    let outputs = identify(&mut host, id);
    assert_eq!(outputs, [started(SCRIPTED), asked(1, AnswerKind::Text)]);
    let next = id.wrapping_add(1);
    let outputs = host.answer(1, Answer::Text("otp-md5 7 seed".into()));
    assert_eq!(outputs, [sent(method_request(next, next, b"answered"))]);
    // It is the proposal: it may be refused.
    let outputs = host.accept(&response(next, NAK, &[0]));
    assert_eq!(outputs.last(), Some(&Seen::Failed(Failure::NoCommonMethod)));
}

#[test]
fn a_challenge_must_not_be_empty() {
    let mut host = authenticator([challenge(), Request.into()]);
    let id = start(&mut host);
    identify(&mut host, id);
    assert_eq!(host.try_answer(1, Answer::Text(String::new())), Err(AnswerError::Empty));
    assert_eq!(host.answer(1, Answer::Text("x".into())).len(), 1);
}

#[test]
fn the_method_may_ask_again_and_the_ids_differ() {
    let (mut host, id) = asking([credential(), Succeed.into()]);
    host.sleep(1000);
    assert_eq!(host.answer(1, known()), [asked(2, AnswerKind::Credential)]);
    assert_eq!(host.left(), Some(ANSWER_TIMEOUT));
    assert_eq!(host.try_answer(1, known()), Err(AnswerError::Stale));
    assert_eq!(host.answer(2, known()), [sent(success(id)), succeeded(false)]);
}

#[test]
fn no_request_is_sent_again_while_a_question_is_open() {
    let (mut host, _) = asking([Request.into()]);
    assert_eq!(host.left(), Some(ANSWER_TIMEOUT));
    assert_eq!(host.wait(ANSWER_TIMEOUT - 1), []);
    assert_eq!(host.answer(1, known()).len(), 1);
    // The timer begins with the Request that follows.
    assert!(host.left().unwrap() < INITIAL + 2);
    assert!(matches!(host.expire()[..], [Seen::Send(_)]));
}

#[test]
fn deadline_withdraws_sends_eap_failure_and_goes_to_failure() {
    let (method_response, id) = asking([]);
    let mut method_request = authenticator([challenge()]);
    let first = start(&mut method_request);
    identify(&mut method_request, first);
    let mut select_action = host(&config([]).ask_policy());
    let only = start(&mut select_action);
    identify(&mut select_action, only);
    for (mut host, id) in [(method_response, id), (method_request, first), (select_action, only)] {
        assert_eq!(
            host.expire(),
            [withdrawn(1), sent(failure(id)), Seen::Failed(Failure::Unanswered)]
        );
        assert_eq!(host.now, ANSWER_TIMEOUT);
        assert_eq!(host.left(), None);
        assert_eq!(host.try_answer(1, Answer::Decline), Err(AnswerError::Stale));
    }
}

#[test]
fn a_duplicate_response_asks_nobody_twice() {
    let (mut host, id) = asking([Succeed.into()]);
    host.sleep(1000);
    for data in [&b"x"[..], b"another"] {
        assert_eq!(host.drop_of(&response(id, SCRIPTED, data)), Duplicate);
    }
    assert_eq!(host.answer(1, known()), [sent(success(id)), succeeded(false)]);
}

#[test]
fn anything_else_is_discarded_until_the_answer_is_there() {
    let (mut host, id) = asking([Succeed.into()]);
    host.sleep(1000);
    for other in [id.wrapping_add(1), id.wrapping_sub(1)] {
        let fate = host.drop_of(&response(other, SCRIPTED, b"x"));
        assert_eq!(fate, Discarded(Discard::WrongIdentifier));
    }
    let unexpected = Discarded(Discard::UnexpectedCode(crate::Code::Request));
    assert_eq!(host.drop_of(&request(id, IDENTITY, b"")), unexpected);
    assert_eq!(host.answer(1, known()), [sent(success(id)), succeeded(false)]);
}

#[test]
fn an_answer_that_is_late_repeated_or_to_no_question_is_stale() {
    let mut host = authenticator([]);
    assert_eq!(host.try_answer(0, known()), Err(AnswerError::Stale));
    let (mut host, _) = asking([Succeed.into()]);
    for unknown in [0, 2, u64::MAX] {
        assert_eq!(host.try_answer(unknown, known()), Err(AnswerError::Stale));
        assert_eq!(host.try_answer(unknown, Answer::Decline), Err(AnswerError::Stale));
    }
    host.answer(1, known());
    assert_eq!(host.try_answer(1, known()), Err(AnswerError::Stale));
    assert_eq!(host.drain(), []);
}

#[test]
fn an_answer_of_the_wrong_kind_leaves_the_question_open() {
    let (mut host, id) = asking([Succeed.into()]);
    let expected = AnswerKind::Credential;
    let wrong = [
        Answer::Text("x".into()),
        Answer::Secret(Secret::from("hello")),
        Answer::Verdict(true),
        Answer::Offer(crate::Offer::default()),
    ];
    for answer in wrong {
        assert_eq!(host.try_answer(1, answer), Err(AnswerError::WrongKind { expected }));
    }
    assert_eq!(host.drain(), []);
    assert_eq!(host.answer(1, known()), [sent(success(id)), succeeded(false)]);
}

#[test]
fn restart_start_and_port_down_withdraw() {
    let (mut host, _) = asking([]);
    let outputs = host.signal(Signal::Restart);
    assert_eq!(outputs[0], withdrawn(1));
    identity_requested(&outputs[1..]);
    assert_eq!(host.try_answer(1, known()), Err(AnswerError::Stale));

    let (mut host, _) = asking([]);
    host.session.start(host.time());
    let outputs = host.drain();
    assert_eq!(outputs[0], withdrawn(1));
    identity_requested(&outputs[1..]);

    let (mut host, _) = asking([]);
    assert_eq!(host.signal(Signal::PortDown), [withdrawn(1)]);
    assert_eq!(host.left(), None);
}

#[test]
fn signals_of_a_peer_or_supplicant_are_ignored() {
    let (mut host, id) = asking([Succeed.into()]);
    let signals =
        [Signal::AltAccept, Signal::AltReject, Signal::Logoff, Signal::Logon, Signal::PortUp];
    for signal in signals {
        assert_eq!(host.signal(signal), [], "{signal:?}");
    }
    assert_eq!(host.answer(1, known()), [sent(success(id)), succeeded(false)]);
}

#[test]
fn ids_are_not_reused_after_a_restart() {
    let (mut host, _) = asking([Request.into(), credential()]);
    let id = identity_requested(&host.signal(Signal::Restart)[1..]);
    identify(&mut host, id);
    let outputs = host.accept(&response(id.wrapping_add(1), SCRIPTED, b""));
    assert_eq!(outputs, [asked(2, AnswerKind::Credential)]);
}

#[test]
fn the_password_to_check_is_what_the_peer_sent() {
    let config = AuthenticatorConfig::builder().method(MethodType::GTC);
    let mut host = host(&config.retransmission(retransmission()));
    let id = start(&mut host);
    identify(&mut host, id);
    let id = id.wrapping_add(1);
    let outputs = host.accept(&response(id, GTC, b"1234"));
    assert_eq!(outputs, [asked(1, AnswerKind::Verdict)]);
    let Some(Query::CheckPassword { identity, password }) = &host.query else { panic!() };
    assert_eq!((identity, password.expose()), (&Identity::from("user"), &b"1234"[..]));
    let outcome = Seen::Success { method: MethodType::GTC, identity: "user".into(), keys: false };
    assert_eq!(host.answer(1, Answer::Verdict(true)), [sent(success(id)), outcome]);
}

#[test]
fn md5_is_checked_with_the_identifier_of_the_response() {
    let config = AuthenticatorConfig::builder().method(MethodType::MD5);
    for password in ["hello", "wrong"] {
        let mut host = host(&config);
        let id = start(&mut host);
        let outputs = identify(&mut host, id);
        let id = id.wrapping_add(1);
        let Some(Seen::Send(sent_request)) = outputs.last() else { panic!() };
        assert_eq!(sent_request[..6], [1, id, 0, 22, MD5, 16]);
        let digest = {
            use md5::Digest as _;
            md5::Md5::digest([&[id], &b"hello"[..], &sent_request[6..]].concat())
        };
        let value = [&[16], &digest[..], b"user"].concat();
        let outputs = host.accept(&response(id, MD5, &value));
        assert_eq!(outputs, [asked(1, AnswerKind::Credential)]);
        let stored = Answer::Credential(Credential::Cleartext(Secret::from(password)));
        let end = if password == "hello" { success(id) } else { failure(id) };
        assert_eq!(host.answer(1, stored)[0], sent(end));
    }
}
