//! The arrows that appendix A.3 of RFC 4137 has and A.2 has not, in the order of its table, and the
//! departures of `backend`.

use super::*;
use crate::query::AnswerKind;
use crate::testing::{GTC, MD5, NAK, NOTIFICATION, failure, succeeded, success};
use crate::{Discard, Failure, MethodType, Received, Signal};
use Received::{Accepted, Discarded};
use ServerStep::{Request, Succeed};

const RESPONSE_TIMEOUT: u64 = 60_000;

fn backend(steps: impl IntoIterator<Item = Step>) -> Host<Authenticator> {
    host(&config(steps).backend())
}

fn pick_up(host: &mut Host<Authenticator>, packet: &[u8]) -> (Received, Vec<Seen>) {
    let now = host.time();
    let fate = host.session.pick_up(packet, now);
    (fate, host.drain())
}

/// A backend that has picked up the identity of "user" under Identifier 7; the script needs no step
/// for it.
fn picked_up(steps: impl IntoIterator<Item = Step>) -> Host<Authenticator> {
    let mut host = backend([ServerStep::Request.into()].into_iter().chain(steps));
    let (fate, outputs) = pick_up(&mut host, &response(7, IDENTITY, b"user"));
    assert_eq!(fate, Accepted);
    let identity = Event::PeerIdentity(Identity::from("user"));
    let first = sent(method_request(8, 8, b"start"));
    assert_eq!(outputs, [Seen::Event(identity), started(SCRIPTED), first]);
    host
}

#[test]
fn initialize_without_response_goes_to_select_action() {
    let mut host = backend([Request.into()]);
    let id = start(&mut host);
    assert_eq!(host.left(), Some(RESPONSE_TIMEOUT));
    assert_eq!(identify(&mut host, id)[0], started(SCRIPTED));
}

#[test]
fn initialize_with_a_nak_goes_to_nak() {
    // The NAS has proposed something that we do not know of; the peer would accept GTC.
    let config = config([]).method(MethodType::MD5).method(MethodType::GTC).backend();
    let mut host = super::host(&config);
    let (fate, outputs) = pick_up(&mut host, &response(7, NAK, &[GTC]));
    assert_eq!(fate, Accepted);
    assert_eq!(outputs, [sent(request(8, IDENTITY, b""))]);
    let mut outputs = host.accept(&response(8, IDENTITY, b"user"));
    assert_eq!(outputs.split_off(1), [started(GTC), sent(request(9, GTC, b"Password: "))]);
}

#[test]
fn initialize_with_another_response_goes_to_pick_up_method() {
    let mut host = picked_up([Succeed.into()]);
    let outputs = host.accept(&response(8, SCRIPTED, b""));
    assert_eq!(outputs, [sent(success(8)), succeeded(false)]);
}

#[test]
fn pick_up_method_without_a_method_goes_to_select_action() {
    for method in [SCRIPTED, MD5, NOTIFICATION] {
        let mut host = backend([]);
        let (fate, outputs) = pick_up(&mut host, &response(255, method, b"x"));
        assert_eq!(fate, Accepted);
        // The Identifier after 255 is 0.
        assert_eq!(outputs, [sent(request(0, IDENTITY, b""))]);
    }
}

#[test]
fn pick_up_method_with_the_identity_goes_to_method_response() {
    // METHOD_RESPONSE goes on to SELECT_ACTION, which proposes, asks, or has a notification first.
    let mut host = super::host(&config([]).backend().ask_policy());
    let (_, outputs) = pick_up(&mut host, &response(7, IDENTITY, b"user"));
    let identity = Seen::Event(Event::PeerIdentity(Identity::from("user")));
    assert_eq!(outputs, [identity.clone(), crate::testing::asked(1, AnswerKind::Offer)]);
    let mut host = super::host(&config([]).backend().notification("Welcome"));
    let (_, outputs) = pick_up(&mut host, &response(7, IDENTITY, b"user"));
    assert_eq!(outputs, [identity, sent(request(8, NOTIFICATION, b"Welcome"))]);
}

/// A backend with a method that a NAS may have begun.
fn backend_of_a_begun_method(steps: impl IntoIterator<Item = Step>) -> AuthenticatorConfigBuilder {
    let script = Script::new(steps);
    AuthenticatorConfig::builder()
        .custom_method(SCRIPTED_FACTS, move || Box::new(script.start().that_can_be_picked_up()))
        .retransmission(retransmission())
        .backend()
}

#[test]
fn pick_up_method_with_a_method_goes_to_method_response() {
    let config = backend_of_a_begun_method([Request.into(), Request.into(), Succeed.into()]);
    let mut host = super::host(&config);
    let (fate, outputs) = pick_up(&mut host, &response(7, SCRIPTED, b"hello"));
    assert_eq!(fate, Accepted);
    assert_eq!(outputs, [started(SCRIPTED), sent(method_request(8, 7, b"hello"))]);
    let outputs = host.accept(&response(8, SCRIPTED, b""));
    let nobody =
        Seen::Success { method: MethodType::ietf(SCRIPTED), identity: String::new(), keys: false };
    assert_eq!(outputs, [sent(success(8)), nobody]);
}

/// Policy.doPickUp.
#[test]
fn pick_up_method_takes_what_everybody_is_offered_and_what_can_go_on() {
    let begun = || backend_of_a_begun_method([Request.into()]);
    let refused = [
        // The host is to be asked, and it is asked about an identity.
        (begun().ask_policy(), response(7, SCRIPTED, b"hello")),
        // There is something to be said first.
        (begun().notification("Welcome"), response(7, SCRIPTED, b"hello")),
        // The method cannot go on with it.
        (begun(), response(7, SCRIPTED, scripted::BAD)),
        (
            backend_of_a_begun_method([ServerStep::Fail(Failure::Unanswered).into()]),
            response(7, SCRIPTED, b"hello"),
        ),
        // Not offered at all.
        (begun(), response(7, GTC, b"hello")),
    ];
    for (config, packet) in refused {
        let mut host = super::host(&config);
        assert_eq!(pick_up(&mut host, &packet), (Accepted, vec![sent(request(8, IDENTITY, b""))]));
    }
}

#[test]
fn received_and_discard_are_as_in_the_stand_alone_authenticator() {
    let mut host = picked_up([Succeed.into()]);
    let wrong = Discarded(Discard::WrongIdentifier);
    assert_eq!(host.drop_of(&response(7, IDENTITY, b"user")), wrong);
    assert_eq!(
        host.drop_of(&response(8, IDENTITY, b"user")),
        Discarded(Discard::UnexpectedType(MethodType::IDENTITY))
    );
    assert_eq!(host.receive(&response(8, SCRIPTED, b"")).0, Accepted);
}

#[test]
fn disabled_is_left_by_a_response() {
    let mut host = picked_up([Request.into()]);
    host.signal(Signal::PortDown);
    assert_eq!(host.drop_of(&response(8, SCRIPTED, b"")), Discarded(Discard::PortDisabled));
    let (fate, outputs) = pick_up(&mut host, &response(20, IDENTITY, b"user"));
    assert_eq!((fate, outputs.last()), (Accepted, Some(&sent(method_request(21, 21, b"start")))));
}

#[test]
fn a_response_that_would_be_dropped_begins_nothing() {
    let long = response(8, IDENTITY, &[b'a'; 1016]);
    let cases = [
        (request(8, SCRIPTED, b""), Discard::UnexpectedCode(crate::Code::Request)),
        (success(8), Discard::UnexpectedCode(crate::Code::Success)),
        (failure(8), Discard::UnexpectedCode(crate::Code::Failure)),
        (response(8, NAK, &[]), Discard::MalformedNak),
        (long, Discard::ResponseTooLong),
        (vec![], Discard::Truncated),
    ];
    for (packet, reason) in cases {
        let mut host = backend([]);
        assert_eq!(pick_up(&mut host, &packet), (Discarded(reason), vec![]));
        let fate = host.drop_of(&response(8, IDENTITY, b""));
        assert_eq!(fate, Discarded(Discard::PortDisabled));
        // A conversation in progress is not disturbed.
        let mut host = picked_up([Succeed.into()]);
        assert_eq!(pick_up(&mut host, &packet), (Discarded(reason), vec![]));
        assert_eq!(host.receive(&response(8, SCRIPTED, b"")).0, Accepted);
    }
}

#[test]
fn a_question_of_the_conversation_before_is_withdrawn() {
    let mut host = super::host(&config([]).backend().ask_policy());
    let _ = pick_up(&mut host, &response(7, IDENTITY, b"user"));
    let (_, outputs) = pick_up(&mut host, &response(9, IDENTITY, b"user"));
    assert_eq!(outputs[0], crate::testing::withdrawn(1));
    assert_eq!(outputs[2], crate::testing::asked(2, AnswerKind::Offer));
}

#[test]
fn idle_without_a_response_goes_to_timeout_failure_and_never_to_retransmit() {
    for millis in [1, RESPONSE_TIMEOUT] {
        let timeout = Duration::from_millis(millis);
        let mut host = super::host(&config([]).backend().response_timeout(timeout));
        start(&mut host);
        assert_eq!(host.left(), Some(millis));
        assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
        assert_eq!(host.left(), None);
    }
}

#[test]
fn each_response_is_waited_for_anew() {
    let mut host = picked_up([Request.into(), Request.into()]);
    for id in 8..10 {
        assert_eq!(host.left(), Some(RESPONSE_TIMEOUT));
        host.sleep(RESPONSE_TIMEOUT - 1);
        host.accept(&response(id, SCRIPTED, b""));
    }
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
}

#[test]
fn a_person_is_given_the_time_that_the_method_asks_for() {
    for (timeout, left) in [(10, 30_000), (45, 45_000)] {
        let config = AuthenticatorConfig::builder().method(MethodType::GTC).backend();
        let mut host = host(&config.response_timeout(Duration::from_secs(timeout)));
        let _ = pick_up(&mut host, &response(7, IDENTITY, b"user"));
        assert_eq!(host.left(), Some(left));
    }
}
