//! One test for each arrow of RFC 4137 appendix A.2, in the order of its table.

use super::*;
use crate::packet::Code;
use crate::testing::scripted::{BAD, BAD_REASON};
use crate::testing::{GTC, MD5, NAK, NOTIFICATION, failure, packet, refused, succeeded, success};
use crate::{Discard, Failure, MethodType, Received, Signal};
use Received::{Accepted, Discarded};
use ServerStep::{Request, Succeed};

fn fail() -> Step {
    ServerStep::Fail(Failure::BadCredentials).into()
}

/// The wait is this long, give or take the jitter.
fn assert_waits(host: &Host<Authenticator>, millis: u64) {
    let left = host.left().unwrap();
    assert!((millis - 1..=millis + 1).contains(&left), "{left} instead of {millis}");
}

/// An authenticator in each state that it can rest in without a question, with the state's name.
fn resting() -> Vec<(&'static str, Host<Authenticator>)> {
    let (idle, _) = begun([]);
    let (in_method, _) = proposed([]);
    let (mut succeeded, id) = proposed([Succeed.into()]);
    succeeded.accept(&response(id, SCRIPTED, b""));
    let (mut failed, id) = proposed([fail()]);
    failed.accept(&response(id, SCRIPTED, b""));
    vec![
        ("DISABLED", authenticator([])),
        ("IDLE", idle),
        ("IDLE with a method", in_method),
        ("SUCCESS", succeeded),
        ("FAILURE", failed),
        ("TIMEOUT_FAILURE", timed_out()),
    ]
}

fn timed_out() -> Host<Authenticator> {
    let (mut host, _) = begun([]);
    for _ in 0..MAX_RETRANS {
        host.expire();
    }
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
    host
}

#[test]
fn port_down_goes_to_disabled_from_everywhere() {
    for (state, mut host) in resting() {
        assert_eq!(host.signal(Signal::PortDown), [], "{state}");
        assert_eq!(host.left(), None, "{state}");
        for id in 0..=255 {
            let fate = host.drop_of(&response(id, IDENTITY, b""));
            assert_eq!(fate, Discarded(Discard::PortDisabled), "{state}");
        }
    }
}

#[test]
fn restart_goes_to_initialize_from_everywhere_but_disabled() {
    for (state, mut host) in resting() {
        let outputs = host.signal(Signal::Restart);
        if state == "DISABLED" {
            assert_eq!(outputs, []);
        } else {
            identity_requested(&outputs);
        }
    }
}

#[test]
fn disabled_on_port_up_goes_to_initialize() {
    let (mut host, _) = proposed([]);
    host.signal(Signal::PortDown);
    identity_requested(&host.signal(Signal::PortUp));
    // Where the port is up already it is no news.
    assert_eq!(host.signal(Signal::PortUp), []);
}

#[test]
fn initialize_goes_to_select_action() {
    let (host, _) = begun([]);
    assert_waits(&host, INITIAL);
}

#[test]
fn initialize_clears_what_the_conversation_before_has_left() {
    let (mut host, id) = proposed([Request.into(), Request.into(), Succeed.into()]);
    host.accept(&response(id, SCRIPTED, b""));
    let id = identity_requested(&host.signal(Signal::Restart));
    // The identity, the method and methodState are as at the beginning.
    assert_eq!(host.drop_of(&response(id, SCRIPTED, b"")), unexpected(SCRIPTED));
    assert_eq!(identify(&mut host, id)[0], started(SCRIPTED));
}

#[test]
fn idle_on_timeout_goes_to_retransmit() {
    let (mut host, id) = begun([]);
    assert_eq!(host.expire(), [sent(request(id, IDENTITY, b""))]);
}

#[test]
fn idle_on_eap_resp_goes_to_received() {
    let (mut host, id) = begun([Request.into()]);
    assert_eq!(host.receive(&response(id, IDENTITY, b"user")).0, Accepted);
}

#[test]
fn retransmit_up_to_max_retrans_goes_to_idle() {
    let (mut host, id) = proposed([]);
    for _ in 0..MAX_RETRANS {
        assert_eq!(host.expire(), [sent(method_request(id, id, b"start"))]);
        assert!(host.left().is_some());
    }
}

#[test]
fn retransmit_beyond_max_retrans_goes_to_timeout_failure() {
    let (mut host, _) = proposed([]);
    for _ in 0..MAX_RETRANS {
        host.expire();
    }
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
}

#[test]
fn received_with_a_nak_of_the_proposal_goes_to_nak() {
    let (mut host, id) = proposed([]);
    assert_eq!(host.accept(&response(id, NAK, &[0]))[0], refused(SCRIPTED));
}

#[test]
fn received_with_a_response_of_the_current_method_goes_to_integrity_check() {
    let (mut host, id) = proposed([]);
    assert_eq!(host.drop_of(&response(id, SCRIPTED, BAD)), Discarded(BAD_REASON));
}

#[test]
fn received_with_anything_else_goes_to_discard() {
    let (mut host, id) = proposed([Request.into()]);
    host.sleep(10);
    let other = id.wrapping_add(1);
    let code = |code| Discarded(Discard::UnexpectedCode(code));
    let cases = [
        (request(id, SCRIPTED, b""), code(Code::Request)),
        (success(id), code(Code::Success)),
        (failure(id), code(Code::Failure)),
        (response(other, SCRIPTED, b""), Discarded(Discard::WrongIdentifier)),
        (response(other, NAK, &[0]), Discarded(Discard::WrongIdentifier)),
        (response(id.wrapping_sub(1), IDENTITY, b""), Discarded(Discard::WrongIdentifier)),
        (response(id, IDENTITY, b"user"), unexpected(IDENTITY)),
        (response(id, NOTIFICATION, b""), unexpected(NOTIFICATION)),
        (response(id, MD5, b""), unexpected(MD5)),
        (response(id, NAK, &[]), Discarded(Discard::MalformedNak)),
        (packet(2, id, &[]), Discarded(Discard::MissingType)),
        (vec![2, id, 0, 9, SCRIPTED], Discarded(Discard::LengthExceedsPacket)),
    ];
    for (packet, expected) in cases {
        assert_eq!(host.drop_of(&packet), expected, "{packet:02x?}");
    }
    assert_eq!(host.receive(&response(id, SCRIPTED, b"")).0, Accepted);
}

fn unexpected(method: u8) -> Received {
    Discarded(Discard::UnexpectedType(MethodType::ietf(method)))
}

#[test]
fn nak_goes_to_select_action() {
    let (mut host, id) = proposed_by(config([Request.into()]).method(MethodType::GTC));
    assert_eq!(
        host.accept(&response(id, NAK, &[GTC])),
        [refused(SCRIPTED), started(GTC), sent(request(id.wrapping_add(1), GTC, b"Password: "))]
    );
}

#[test]
fn select_action_with_failure_goes_to_failure() {
    let (mut host, id) = proposed([fail()]);
    assert_eq!(
        host.accept(&response(id, SCRIPTED, b"")),
        [sent(failure(id)), Seen::Failed(Failure::BadCredentials)]
    );
}

#[test]
fn select_action_with_success_goes_to_success() {
    let (mut host, id) = proposed([Succeed.into()]);
    assert_eq!(host.accept(&response(id, SCRIPTED, b"")), [sent(success(id)), succeeded(false)]);
}

#[test]
fn select_action_otherwise_goes_to_propose_method() {
    let config = config([Request.into()]).notification("Welcome");
    let mut host = host(&config);
    let id = start(&mut host);
    let notification = request(id.wrapping_add(1), NOTIFICATION, b"Welcome");
    assert_eq!(identify(&mut host, id), [sent(notification)]);
    let last = id.wrapping_add(2);
    assert_eq!(
        host.accept(&response(id.wrapping_add(1), NOTIFICATION, b"")),
        [started(SCRIPTED), sent(method_request(last, last, b"start"))]
    );
}

#[test]
fn integrity_check_that_ignores_the_response_goes_to_discard() {
    let (mut host, id) = begun([Request.into(), Request.into()]);
    let long = response(id, IDENTITY, &[b'a'; 1016]);
    assert_eq!(host.drop_of(&long), Discarded(Discard::ResponseTooLong));
    identify(&mut host, id);
    let id = id.wrapping_add(1);
    assert_eq!(host.drop_of(&response(id, SCRIPTED, BAD)), Discarded(BAD_REASON));
    // The script has one step left, for the Response that is good.
    assert_eq!(host.receive(&response(id, SCRIPTED, b"good")).0, Accepted);
}

#[test]
fn integrity_check_that_passes_goes_to_method_response() {
    let (mut host, id) = proposed([Request.into()]);
    let next = id.wrapping_add(1);
    let outputs = host.accept(&response(id, SCRIPTED, b"x"));
    assert_eq!(outputs, [sent(method_request(next, id, b"x"))]);
}

#[test]
fn method_response_at_the_end_goes_to_select_action() {
    for step in [Succeed.into(), fail()] {
        let (mut host, id) = proposed([step]);
        let outputs = host.accept(&response(id, SCRIPTED, b""));
        assert_eq!(outputs.len(), 2, "{outputs:?}");
        assert_eq!(host.left(), None);
    }
}

#[test]
fn method_response_otherwise_goes_to_method_request() {
    let (mut host, mut id) = proposed([Request.into(), Request.into(), Succeed.into()]);
    for _ in 0..2 {
        let outputs = host.accept(&response(id, SCRIPTED, b"x"));
        assert_eq!(outputs, [sent(method_request(id.wrapping_add(1), id, b"x"))]);
        id = id.wrapping_add(1);
    }
    assert_eq!(host.accept(&response(id, SCRIPTED, b"")), [sent(success(id)), succeeded(false)]);
}

#[test]
fn propose_method_goes_to_method_request() {
    // Identity and Notification are CONTINUE from the beginning: they cannot be refused.
    let mut host = host(&config([Request.into()]).notification("Welcome"));
    let id = start(&mut host);
    assert_eq!(host.drop_of(&response(id, NAK, &[SCRIPTED])), unexpected(NAK));
    identify(&mut host, id);
    let id = id.wrapping_add(1);
    assert_eq!(host.drop_of(&response(id, NAK, &[SCRIPTED])), unexpected(NAK));
    host.accept(&response(id, NOTIFICATION, b""));
    // A method is PROPOSED.
    let id = id.wrapping_add(1);
    assert_eq!(host.receive(&response(id, NAK, &[0])).0, Accepted);
}

#[test]
fn method_request_goes_to_send_request_under_the_next_identifier() {
    let mut host = authenticator([Request.into()]);
    // The first Identifier is random: some start is 255.
    let mut id = start(&mut host);
    for _ in 0..10_000 {
        if id == 255 {
            break;
        }
        id = start(&mut host);
    }
    assert_eq!(id, 255);
    assert_eq!(identify(&mut host, id)[1], sent(method_request(0, 0, b"start")));
}

#[test]
fn the_first_identifier_is_random() {
    let mut host = authenticator([]);
    let ids: std::collections::BTreeSet<u8> = (0..200).map(|_| start(&mut host)).collect();
    assert!(ids.len() > 100, "{}", ids.len());
}

#[test]
fn discard_goes_to_idle() {
    let (mut host, id) = begun([Request.into()]);
    host.sleep(10);
    assert!(matches!(host.drop_of(&[2]), Discarded(_)));
    assert_eq!(host.accept(&response(id, IDENTITY, b"user")).len(), 3);
}

#[test]
fn send_request_goes_to_idle_with_a_retrans_count_of_0() {
    let (mut host, id) = begun([Request.into()]);
    for _ in 0..MAX_RETRANS {
        host.expire();
    }
    identify(&mut host, id);
    // Nothing was measured, so the wait is that of a first transmission.
    assert_waits(&host, INITIAL);
    for _ in 0..MAX_RETRANS {
        assert!(matches!(host.expire()[..], [Seen::Send(_)]));
    }
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
}

#[test]
fn timeout_failure_sends_nothing_and_rests() {
    assert_rests(timed_out());
}

#[test]
fn failure_sends_eap_failure_under_the_last_identifier_and_rests() {
    let (mut host, id) = proposed([Request.into(), fail().with_keys()]);
    host.accept(&response(id, SCRIPTED, b""));
    let id = id.wrapping_add(1);
    assert_eq!(
        host.accept(&response(id, SCRIPTED, b"")),
        [sent(failure(id)), Seen::Failed(Failure::BadCredentials)]
    );
    assert_rests(host);
}

#[test]
fn success_sends_eap_success_under_the_last_identifier_and_rests() {
    for with_keys in [false, true] {
        let end = if with_keys { Step::from(Succeed).with_keys() } else { Succeed.into() };
        let (mut host, id) = proposed([Request.into(), end]);
        host.accept(&response(id, SCRIPTED, b""));
        let id = id.wrapping_add(1);
        assert_eq!(
            host.accept(&response(id, SCRIPTED, b"")),
            [sent(success(id)), succeeded(with_keys)]
        );
        assert!(host.session.keys.is_none());
        assert_rests(host);
    }
}

#[test]
fn keys_of_a_round_that_is_not_the_last_are_not_taken() {
    // m.getKey is called when the method is done (RFC 4137 §5.4).
    let (mut host, id) = proposed([Step::from(Request).with_keys(), Succeed.into()]);
    host.accept(&response(id, SCRIPTED, b""));
    let id = id.wrapping_add(1);
    let outputs = host.accept(&response(id, SCRIPTED, b""));
    assert_eq!(outputs, [sent(success(id)), succeeded(false)]);
}

/// Nothing but a restart leads out of SUCCESS, FAILURE and TIMEOUT_FAILURE.
fn assert_rests(mut host: Host<Authenticator>) {
    assert_eq!(host.left(), None);
    for id in 0..=255 {
        for method in [IDENTITY, NAK, SCRIPTED] {
            let fate = host.drop_of(&response(id, method, b"x"));
            assert_eq!(fate, Discarded(Discard::Finished));
        }
    }
    let signals = [Signal::AltAccept, Signal::AltReject, Signal::PortUp, Signal::Logoff];
    for signal in signals {
        assert_eq!(host.signal(signal), [], "{signal:?}");
    }
    assert_eq!(host.wait(1_000_000), []);
    identity_requested(&host.signal(Signal::Restart));
}
