//! §8.1's waiting states: IDENTITY and METHOD while the host is being asked.

use super::*;
use crate::method::{Verdict, Willingness};
use crate::query::AnswerKind;
use crate::testing::{
    GTC, MD5, NOTIFICATION, asked, failure, packet, refused, succeeded, success, withdrawn,
};
use crate::{AnswerError, Discard, Failure, Identity, MethodType, Query, Received, Secret, Signal};
use Received::{Accepted, Discarded, Duplicate};

fn secret(text: &str) -> Answer {
    Answer::Secret(Secret::from(text))
}

fn token() -> Step {
    PeerStep::Ask(Query::Token { challenge: "PIN".into() }).into()
}

/// A peer whose method asks about Request 1, with what it does afterwards.
fn asking(after: impl IntoIterator<Item = Step>) -> Host<Peer> {
    let mut peer = peer([token()].into_iter().chain(after));
    let outputs = peer.accept(&request(1, SCRIPTED, b"first"));
    assert_eq!(outputs, [started(SCRIPTED), asked(1, AnswerKind::Secret)]);
    assert!(peer.session.is_asking());
    peer
}

/// A peer of the built-in methods, without a password.
fn phone() -> Host<Peer> {
    let config = PeerConfig::builder().identity("bob").method(MethodType::MD5);
    host(&config.method(MethodType::GTC))
}

/// `printf '\ID' 'hello' '0123456789abcdef' | md5sum`, for two Identifiers.
const DIGEST_OF_1: u128 = 0xc6a7_2e73_d500_080d_b218_ebcf_fa63_6c03;

fn md5_request(id: u8) -> Vec<u8> {
    request(id, MD5, b"\x100123456789abcdef")
}

fn md5_response(id: u8, digest: u128) -> Vec<u8> {
    response(id, MD5, &[&[16], &digest.to_be_bytes()[..], b"bob"].concat())
}

#[test]
fn identity_waits_for_an_answer_and_goes_to_send_response() {
    let mut peer = host(&anonymous([]));
    let outputs = peer.accept(&request(1, IDENTITY, b"Who?\0nasid=7"));
    assert_eq!(outputs, [asked(1, AnswerKind::Text)]);
    assert!(matches!(&peer.query, Some(Query::Identity { prompt }) if prompt == "Who?"));
    assert_eq!(peer.left(), Some(ANSWER_TIMEOUT));
    peer.sleep(100_000);
    let outputs = peer.answer(1, Answer::Text("user".into()));
    assert_eq!(outputs, [sent(response(1, IDENTITY, b"user"))]);
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
}

#[test]
fn identity_that_was_typed_is_the_outcomes() {
    let mut peer = host(&anonymous([Step::reply(Progress::Done(Verdict::CondSucc))]));
    peer.accept(&request(1, IDENTITY, b""));
    peer.answer(1, Answer::Text("user".into()));
    peer.accept(&request(2, SCRIPTED, b""));
    assert_eq!(peer.accept(&success(2)), [succeeded(false)]);
}

#[test]
fn method_waits_for_an_answer_and_goes_to_send_response() {
    let mut peer = asking([Step::reply(Progress::Done(Verdict::CondSucc)).with_keys()]);
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(1, b"answered"))]);
    assert!(!peer.session.is_asking());
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    assert_eq!(peer.accept(&success(1)), [succeeded(true)]);
}

#[test]
fn method_asks_for_the_password_of_the_identity_it_gave() {
    let mut peer = phone();
    peer.accept(&md5_request(1));
    let bob = Identity::from("bob");
    assert!(matches!(&peer.query, Some(Query::Password { identity, .. }) if *identity == bob));
    assert_eq!(peer.answer(1, secret("hello")), [sent(md5_response(1, DIGEST_OF_1))]);
}

#[test]
fn method_may_ask_again_and_the_ids_differ() {
    let mut peer = asking([token(), Step::reply(Progress::Continue)]);
    peer.sleep(1000);
    assert_eq!(peer.answer(1, secret("x")), [asked(2, AnswerKind::Secret)]);
    assert_eq!(peer.left(), Some(ANSWER_TIMEOUT));
    assert_eq!(peer.try_answer(1, secret("x")), Err(AnswerError::Stale));
    assert_eq!(peer.answer(2, secret("y")), [sent(reply(1, b"answered"))]);
}

#[test]
fn method_that_fails_on_an_answer_goes_to_failure() {
    let why = Failure::MethodFailed { method: MethodType::ietf(SCRIPTED), reason: "bad PIN" };
    let mut peer = asking([PeerStep::Fail(why.clone()).into()]);
    assert_eq!(peer.answer(1, secret("x")), [Seen::Failed(why)]);
}

#[test]
fn method_that_discards_on_an_answer_goes_to_idle_with_its_timer_set_anew() {
    let mut peer = asking([
        PeerStep::Discard(Discard::Method("gone")).into(),
        Step::reply(Progress::Continue),
    ]);
    peer.sleep(1000);
    assert_eq!(peer.answer(1, secret("x")), []);
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    // Nothing was sent under Identifier 1, so it is no duplicate.
    assert_eq!(peer.accept(&request(1, SCRIPTED, b"x")), [sent(reply(1, b"x"))]);
}

#[test]
fn deadline_withdraws_and_goes_to_failure() {
    let mut anonymous = host(&anonymous([]));
    anonymous.accept(&request(1, IDENTITY, b""));
    for mut peer in [asking([]), anonymous] {
        assert_eq!(peer.expire(), [withdrawn(1), Seen::Failed(Failure::Unanswered)]);
        assert_eq!(peer.now, ANSWER_TIMEOUT);
        assert_eq!(peer.left(), None);
        assert_eq!(peer.try_answer(1, secret("late")), Err(AnswerError::Stale));
    }
}

#[test]
fn client_timer_stands_still_while_a_question_is_open() {
    let mut peer = asking([Step::reply(Progress::Continue)]);
    assert_eq!(peer.wait(CLIENT_TIMEOUT + 1), []);
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(1, b"answered"))]);
}

#[test]
fn a_duplicate_request_asks_nobody_twice() {
    let mut peer = asking([Step::reply(Progress::Continue)]);
    peer.sleep(1000);
    for _ in 0..3 {
        assert_eq!(peer.drop_of(&request(1, SCRIPTED, b"first")), Duplicate);
    }
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(1, b"answered"))]);
    let again = peer.receive(&request(1, SCRIPTED, b"first"));
    assert_eq!(again, (Duplicate, vec![sent(reply(1, b"answered"))]));
}

#[test]
fn a_new_request_that_asks_the_same_takes_the_question_over() {
    let mut peer = asking([Step::reply(Progress::Continue)]);
    peer.sleep(1000);
    assert_eq!(peer.drop_of(&request(2, SCRIPTED, b"first")), Accepted);
    assert_eq!(peer.drop_of(&request(2, SCRIPTED, b"first")), Duplicate);
    assert_eq!(peer.left(), Some(ANSWER_TIMEOUT - 1000));
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(2, b"answered"))]);
    // lastId is 2.
    assert_eq!(peer.receive(&request(2, SCRIPTED, b"first")).0, Duplicate);
}

#[test]
fn an_identity_question_is_taken_over_by_the_next_identity_request() {
    let mut peer = host(&anonymous([]));
    peer.accept(&request(255, IDENTITY, b"Who?"));
    assert_eq!(peer.drop_of(&request(0, IDENTITY, b"Who?")), Accepted);
    let outputs = peer.answer(1, Answer::Text("user".into()));
    assert_eq!(outputs, [sent(response(0, IDENTITY, b"user"))]);
}

#[test]
fn md5_digest_is_computed_with_the_identifier_then_current() {
    let mut peer = phone();
    peer.accept(&md5_request(7));
    assert_eq!(peer.drop_of(&md5_request(1)), Accepted);
    assert_eq!(peer.answer(1, secret("hello")), [sent(md5_response(1, DIGEST_OF_1))]);
}

#[test]
fn anything_else_is_discarded_until_the_answer_is_there() {
    let open = || Discarded(Discard::QuestionOpen);
    let mut peer = asking([Step::reply(Progress::Continue)]);
    peer.sleep(1000);
    let others = [
        request(2, SCRIPTED, b"second"),
        request(2, IDENTITY, b""),
        request(2, NOTIFICATION, b"hello"),
        request(2, MD5, b"first"),
        success(1),
        failure(1),
        success(0),
    ];
    for other in others {
        assert_eq!(peer.drop_of(&other), open(), "{other:02x?}");
    }
    let unexpected = Discarded(Discard::UnexpectedCode(crate::Code::Response));
    assert_eq!(peer.drop_of(&response(1, SCRIPTED, b"first")), unexpected);
    assert_eq!(peer.drop_of(&packet(9, 1, b"")), Discarded(Discard::UnknownCode(9)));
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(1, b"answered"))]);
}

#[test]
fn an_answer_that_is_late_repeated_or_to_no_question_is_stale() {
    assert_eq!(peer([]).try_answer(1, secret("x")), Err(AnswerError::Stale));
    let mut peer = asking([Step::reply(Progress::Continue)]);
    for unknown in [0, 2, u64::MAX] {
        assert_eq!(peer.try_answer(unknown, secret("x")), Err(AnswerError::Stale));
        assert_eq!(peer.try_answer(unknown, Answer::Decline), Err(AnswerError::Stale));
    }
    peer.answer(1, secret("x"));
    assert_eq!(peer.try_answer(1, secret("x")), Err(AnswerError::Stale));
    assert_eq!(peer.try_answer(1, Answer::Decline), Err(AnswerError::Stale));
    assert_eq!(peer.drain(), []);
}

#[test]
fn an_answer_of_the_wrong_kind_or_length_leaves_the_question_open() {
    let mut peer = asking([Step::reply(Progress::Continue)]);
    let expected = AnswerKind::Secret;
    let wrong = [
        Answer::Text("x".into()),
        Answer::Verdict(true),
        Answer::Offer(crate::Offer::default()),
        Answer::Credential(crate::Credential::Unknown),
    ];
    for answer in wrong {
        assert_eq!(peer.try_answer(1, answer), Err(AnswerError::WrongKind { expected }));
    }
    let long = AnswerError::TooLong { len: 1016, max: 1015 };
    assert_eq!(peer.try_answer(1, secret(&"x".repeat(1016))), Err(long));
    assert_eq!(peer.drain(), []);
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(1, b"answered"))]);
}

#[test]
fn declining_goes_to_failure() {
    let mut anonymous = host(&anonymous([]));
    anonymous.accept(&request(1, IDENTITY, b""));
    for mut peer in [asking([]), anonymous] {
        assert_eq!(peer.answer(1, Answer::Decline), [Seen::Failed(Failure::Declined)]);
        assert_eq!(peer.left(), None);
    }
}

#[test]
fn restart_and_port_down_withdraw() {
    for (signal, left) in [(Signal::Restart, Some(CLIENT_TIMEOUT)), (Signal::PortDown, None)] {
        let mut peer = asking([]);
        assert_eq!(peer.signal(signal), [withdrawn(1)], "{signal:?}");
        assert_eq!(peer.left(), left, "{signal:?}");
        assert_eq!(peer.try_answer(1, secret("x")), Err(AnswerError::Stale), "{signal:?}");
    }
}

#[test]
fn ids_are_not_reused_after_a_restart() {
    let mut peer = asking([token()]);
    peer.signal(Signal::Restart);
    let outputs = peer.accept(&request(1, SCRIPTED, b"first"));
    assert_eq!(outputs, [started(SCRIPTED), asked(2, AnswerKind::Secret)]);
    assert_eq!(peer.try_answer(1, secret("x")), Err(AnswerError::Stale));
}

#[test]
fn alt_reject_withdraws_and_goes_to_failure() {
    let mut peer = asking([]);
    let expected = [withdrawn(1), Seen::Failed(Failure::LowerLayer)];
    assert_eq!(peer.signal(Signal::AltReject), expected);
}

#[test]
fn alt_accept_withdraws_and_ends_as_the_decision_has_it() {
    // methodState INIT: no reply yet.
    let mut peer = asking([]);
    let too_early = [withdrawn(1), Seen::Failed(Failure::SuccessTooEarly)];
    assert_eq!(peer.signal(Signal::AltAccept), too_early);

    let second = |progress| {
        let mut peer =
            peer_after_all([Step::reply(progress), token(), Step::reply(Progress::Continue)]);
        assert_eq!(peer.accept(&request(2, SCRIPTED, b"")), [asked(1, AnswerKind::Secret)]);
        peer
    };
    let mut willing = second(Progress::MayEnd(Willingness::CondSucc));
    assert_eq!(willing.signal(Signal::AltAccept), [withdrawn(1), succeeded(false)]);
    let mut continuing = second(Progress::Continue);
    assert_eq!(continuing.signal(Signal::AltAccept), []);
    assert_eq!(continuing.answer(1, secret("x")), [sent(reply(2, b"answered"))]);
}

#[test]
fn other_signals_leave_the_question_open() {
    let mut peer = asking([Step::reply(Progress::Continue)]);
    for signal in [Signal::PortUp, Signal::Logoff, Signal::Logon] {
        assert_eq!(peer.signal(signal), [], "{signal:?}");
    }
    assert_eq!(peer.answer(1, secret("x")), [sent(reply(1, b"answered"))]);
}

#[test]
fn token_card_may_want_a_second_response() {
    let mut peer = phone();
    peer.accept(&request(1, GTC, b"PIN"));
    assert_eq!(peer.answer(1, secret("1234")), [sent(response(1, GTC, b"1234"))]);
    assert_eq!(peer.accept(&request(2, GTC, b"Next")), [asked(2, AnswerKind::Secret)]);
    assert!(matches!(&peer.query, Some(Query::Token { challenge }) if challenge == "Next"));
    assert_eq!(peer.answer(2, secret("5678")), [sent(response(2, GTC, b"5678"))]);
    let outcome = Seen::Success { method: MethodType::GTC, identity: "bob".into(), keys: false };
    assert_eq!(peer.accept(&success(2)), [outcome]);
}

#[test]
fn a_question_of_a_refused_method_is_never_asked() {
    let mut peer = host(&PeerConfig::builder().identity("bob").method(MethodType::MD5));
    let outputs = peer.accept(&request(1, GTC, b"PIN"));
    assert_eq!(outputs, [refused(GTC), sent(response(1, crate::testing::NAK, &[MD5]))]);
}
