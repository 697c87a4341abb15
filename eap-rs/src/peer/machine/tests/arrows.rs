//! One test for each arrow of RFC 4137 appendix A.1, in the order of its table.

use super::*;
use crate::method::Verdict::{CondSucc, Fail, UncondSucc};
use crate::method::Willingness;
use crate::packet::Code;
use crate::testing::{MD5, NAK, NOTIFICATION, failure, refused, succeeded, success};
use crate::{Discard, Event, Failure, MethodType, Received, Signal};
use Progress::{Continue, Done, MayEnd};
use Received::{Accepted, Discarded, Duplicate};

const TYPE: MethodType = MethodType::ietf(SCRIPTED);

fn discarded_as_unexpected(method: u8) -> Received {
    Discarded(Discard::UnexpectedType(MethodType::ietf(method)))
}

/// A peer in each state that it can rest in without a question, with the state's name.
fn resting() -> Vec<(&'static str, Host<Peer>)> {
    let mut idle = peer([]);
    idle.wait(0);
    let mut succeeded = peer_after(Step::reply(Done(CondSucc)));
    succeeded.accept(&success(1));
    let mut failed = identified_peer([]);
    failed.accept(&failure(1));
    let mut disabled = peer([]);
    disabled.signal(Signal::PortDown);
    vec![
        ("INITIALIZE", peer([])),
        ("IDLE", idle),
        ("IDLE with a method", peer_after(Step::reply(Continue))),
        ("SUCCESS", succeeded),
        ("FAILURE", failed),
        ("DISABLED", disabled),
    ]
}

#[test]
fn port_down_goes_to_disabled_from_everywhere() {
    for (state, mut peer) in resting() {
        assert_eq!(peer.signal(Signal::PortDown), [], "{state}");
        assert_eq!(peer.left(), None, "{state}");
        let fate = peer.drop_of(&request(9, IDENTITY, b""));
        assert_eq!(fate, Discarded(Discard::PortDisabled), "{state}");
    }
}

#[test]
fn restart_goes_to_initialize_from_everywhere_but_disabled() {
    for (state, mut peer) in resting() {
        assert_eq!(peer.signal(Signal::Restart), [], "{state}");
        if state == "DISABLED" {
            assert_eq!(peer.left(), None);
            continue;
        }
        // selectedMethod and lastId are NONE again: an Identity Request is answered, under 1, too.
        assert_eq!(peer.left(), Some(CLIENT_TIMEOUT), "{state}");
        let identity = sent(response(1, IDENTITY, b"user"));
        assert_eq!(peer.accept(&request(1, IDENTITY, b"")), [identity], "{state}");
    }
}

#[test]
fn disabled_on_port_up_goes_to_initialize() {
    let mut peer = peer_after(Step::reply(Done(CondSucc)).with_keys());
    peer.signal(Signal::PortDown);
    assert_eq!(peer.signal(Signal::PortUp), []);
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    // Nothing is left of the conversation before: not its lastId, decision, method or keys.
    assert_eq!(peer.drop_of(&success(1)), Discarded(Discard::WrongIdentifier));
    assert_eq!(peer.accept(&request(1, IDENTITY, b"")), [sent(response(1, IDENTITY, b"user"))]);
}

#[test]
fn port_up_changes_nothing_where_the_port_is_up() {
    let mut peer = peer_after(Step::reply(Done(CondSucc)));
    peer.sleep(100);
    assert_eq!(peer.signal(Signal::PortUp), []);
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT - 100));
    assert_eq!(peer.accept(&success(1)), [succeeded(false)]);
}

#[test]
fn initialize_goes_to_idle() {
    let mut peer = peer([]);
    assert_eq!(peer.left(), None);
    assert_eq!(peer.wait(5), []);
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
}

#[test]
fn initialize_clears_what_the_conversation_before_has_left() {
    let mut peer = peer_after_all([
        Step::reply(MayEnd(Willingness::CondSucc)).with_keys(),
        Step::reply(Done(CondSucc)),
    ]);
    peer.signal(Signal::Restart);
    peer.accept(&request(2, SCRIPTED, b"again"));
    assert_eq!(peer.accept(&success(2)), [succeeded(false)]);
}

#[test]
fn idle_on_eap_req_goes_to_received() {
    let mut peer = peer([Step::reply(Continue)]);
    assert_eq!(peer.accept(&request(7, IDENTITY, b"")), [sent(response(7, IDENTITY, b"user"))]);
    assert_eq!(peer.accept(&request(8, SCRIPTED, b"")), [started(SCRIPTED), sent(reply(8, b""))]);
}

#[test]
fn idle_on_alt_accept_with_a_decision_other_than_fail_goes_to_success() {
    for progress in [MayEnd(Willingness::CondSucc), Done(CondSucc), Done(UncondSucc)] {
        let mut peer = peer_after(Step::reply(progress.clone()));
        assert_eq!(peer.signal(Signal::AltAccept), [succeeded(false)], "{progress:?}");
    }
}

#[test]
fn idle_on_timeout_with_unconditional_success_goes_to_success() {
    let mut peer = peer_after(Step::reply(Done(UncondSucc)));
    assert_eq!(peer.expire(), [succeeded(false)]);
}

#[test]
fn idle_on_alt_reject_goes_to_failure() {
    let mut fresh = peer([]);
    fresh.wait(0);
    let satisfied = peer_after(Step::reply(Done(UncondSucc)));
    for mut peer in [peer([]), fresh, identified_peer([]), satisfied] {
        assert_eq!(peer.signal(Signal::AltReject), [Seen::Failed(Failure::LowerLayer)]);
        assert_eq!(peer.left(), None);
    }
}

#[test]
fn idle_on_timeout_with_any_other_decision_goes_to_failure() {
    let mut fresh = peer([]);
    fresh.wait(0);
    let conditional = peer_after(Step::reply(Done(CondSucc)).with_keys());
    for mut peer in [fresh, identified_peer([]), conditional] {
        assert_eq!(peer.expire(), [Seen::Failed(Failure::NoRequest)]);
        assert_eq!(peer.left(), None);
    }
}

#[test]
fn idle_on_alt_accept_with_fail_where_the_method_may_end_goes_to_failure() {
    let willing = peer_after(Step::reply(MayEnd(Willingness::Fail)));
    for mut peer in [peer([]), identified_peer([]), willing] {
        assert_eq!(peer.signal(Signal::AltAccept), [Seen::Failed(Failure::SuccessTooEarly)]);
    }
}

#[test]
fn idle_on_alt_accept_with_fail_where_the_method_continues_stays() {
    let mut peer = peer_after(Step::reply(Continue));
    assert_eq!(peer.signal(Signal::AltAccept), []);
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
}

#[test]
fn received_with_a_request_of_the_selected_method_goes_to_method() {
    let mut peer = peer_after_all([Step::reply(Continue), Step::reply(Continue)]);
    assert_eq!(peer.accept(&request(2, SCRIPTED, b"second")), [sent(reply(2, b"second"))]);
}

#[test]
fn received_with_a_method_request_goes_to_get_method() {
    let mut peer = identified_peer([Step::reply(Continue)]);
    assert_eq!(peer.accept(&request(2, SCRIPTED, b"x")), [started(SCRIPTED), sent(reply(2, b"x"))]);
}

#[test]
fn received_with_an_identity_request_goes_to_identity() {
    // RFC 3748 §5.1 does not forbid a second Identity Request before the method.
    let mut peer = identified_peer([]);
    assert_eq!(peer.accept(&request(2, IDENTITY, b"who")), [sent(response(2, IDENTITY, b"user"))]);
}

#[test]
fn received_with_a_notification_goes_to_notification() {
    let before = peer([]);
    let during = peer_after(Step::reply(Continue));
    let may_end = peer_after(Step::reply(MayEnd(Willingness::CondSucc)));
    for mut peer in [before, during, may_end] {
        assert_eq!(
            peer.accept(&request(2, NOTIFICATION, b"Your password expires")),
            [
                Seen::Event(Event::Notification("Your password expires".into())),
                sent(response(2, NOTIFICATION, b"")),
            ]
        );
    }
}

#[test]
fn received_with_the_last_id_goes_to_retransmit() {
    let mut peer = peer_after(Step::reply(Continue));
    let (fate, outputs) = peer.receive(&request(1, SCRIPTED, b"first"));
    assert_eq!((fate, outputs), (Duplicate, vec![sent(reply(1, b"first"))]));
}

#[test]
fn received_with_success_and_a_decision_other_than_fail_goes_to_success() {
    for progress in [MayEnd(Willingness::CondSucc), Done(CondSucc), Done(UncondSucc)] {
        let mut peer = peer_after(Step::reply(progress.clone()));
        assert_eq!(peer.accept(&success(1)), [succeeded(false)], "{progress:?}");
    }
}

#[test]
fn received_with_failure_where_the_method_may_end_goes_to_failure() {
    let mut refusing = peer([]);
    refusing.accept(&request(1, MD5, &[1, 0]));
    let rejected = || Failure::Rejected { method: TYPE };
    let cases = [
        (identified_peer([]), Failure::IdentityRejected),
        (refusing, Failure::MethodRefused { wanted: MethodType::MD5 }),
        (peer_after(Step::reply(MayEnd(Willingness::Fail))), rejected()),
        (peer_after(Step::reply(MayEnd(Willingness::CondSucc))), rejected()),
        (peer_after(Step::reply(Done(CondSucc)).with_keys()), rejected()),
    ];
    for (mut peer, why) in cases {
        assert_eq!(peer.accept(&failure(1)), [Seen::Failed(why)]);
    }
}

#[test]
fn received_with_success_and_fail_where_the_method_may_end_goes_to_failure() {
    let mut refusing = peer([]);
    refusing.accept(&request(1, MD5, &[1, 0]));
    let willing = peer_after(Step::reply(MayEnd(Willingness::Fail)).with_keys());
    for mut peer in [identified_peer([]), refusing, willing] {
        assert_eq!(peer.accept(&success(1)), [Seen::Failed(Failure::SuccessTooEarly)]);
    }
}

#[test]
fn received_with_anything_else_goes_to_discard() {
    let continuing = || peer_after(Step::reply(Continue));
    let done = || peer_after(Step::reply(Done(CondSucc)));
    let cases = [
        // Not from an authenticator.
        (
            continuing(),
            response(2, SCRIPTED, b""),
            Discarded(Discard::UnexpectedCode(Code::Response)),
        ),
        // Another Type than selectedMethod's.
        (continuing(), request(2, IDENTITY, b""), discarded_as_unexpected(IDENTITY)),
        (continuing(), request(2, MD5, &[1, 0]), discarded_as_unexpected(MD5)),
        // methodState DONE.
        (done(), request(2, SCRIPTED, b""), discarded_as_unexpected(SCRIPTED)),
        (done(), request(2, NOTIFICATION, b"a"), Discarded(Discard::NotificationNotAllowed)),
        // RFC 3748 §5.2: a Notification has a message.
        (continuing(), request(2, NOTIFICATION, b""), Discarded(Discard::EmptyMessage)),
        // reqId != lastId, or no lastId at all.
        (done(), success(2), Discarded(Discard::WrongIdentifier)),
        (done(), success(0), Discarded(Discard::WrongIdentifier)),
        (done(), failure(2), Discarded(Discard::WrongIdentifier)),
        (peer([]), success(0), Discarded(Discard::WrongIdentifier)),
        (peer([]), failure(0), Discarded(Discard::WrongIdentifier)),
        // methodState CONT.
        (continuing(), success(1), Discarded(Discard::UnexpectedResult)),
        (continuing(), failure(1), Discarded(Discard::UnexpectedResult)),
        // decision UNCOND_SUCC.
        (
            peer_after(Step::reply(Done(UncondSucc))),
            failure(1),
            Discarded(Discard::UnexpectedResult),
        ),
    ];
    for (mut peer, packet, expected) in cases {
        peer.wait(0);
        assert_eq!(peer.drop_of(&packet), expected, "{packet:02x?}");
    }
}

#[test]
fn method_that_ignores_the_request_goes_to_discard() {
    let why = Discard::Method("out of order");
    let mut peer = peer_after_all([
        Step::reply(Continue),
        PeerStep::Discard(why).into(),
        Step::reply(Continue),
    ]);
    peer.sleep(100);
    assert_eq!(peer.drop_of(&request(2, SCRIPTED, b"bad")), Discarded(why));
    // lastId is still 1, and 2 is still to come.
    assert_eq!(peer.receive(&request(1, SCRIPTED, b"first")).0, Duplicate);
    assert_eq!(peer.accept(&request(2, SCRIPTED, b"good")), [sent(reply(2, b"good"))]);
}

#[test]
fn method_done_with_fail_goes_to_failure() {
    let why = Failure::MethodFailed { method: TYPE, reason: "not our server" };
    let mut peer = peer_after_all([
        Step::reply(MayEnd(Willingness::CondSucc)).with_keys(),
        PeerStep::Fail(why.clone()).into(),
    ]);
    assert_eq!(peer.accept(&request(2, SCRIPTED, b"")), [Seen::Failed(why)]);
}

#[test]
fn method_otherwise_goes_to_send_response() {
    let states = [
        Continue,
        MayEnd(Willingness::Fail),
        MayEnd(Willingness::CondSucc),
        Done(CondSucc),
        Done(UncondSucc),
        Done(Fail(Failure::BadCredentials)),
    ];
    for progress in states {
        let mut peer = identified_peer([Step::reply(progress.clone())]);
        let outputs = peer.accept(&request(2, SCRIPTED, b"x"));
        assert_eq!(outputs[..2], [started(SCRIPTED), sent(reply(2, b"x"))], "{progress:?}");
    }
}

#[test]
fn get_method_with_an_acceptable_type_goes_to_method() {
    // The Request that proposes the method is also its first.
    let mut peer = peer([PeerStep::Discard(Discard::EmptyMessage).into(), Step::reply(Continue)]);
    let (fate, outputs) = peer.receive(&request(1, SCRIPTED, b""));
    // What is discarded has selected nothing.
    assert_eq!((fate, outputs), (Discarded(Discard::EmptyMessage), vec![]));
    assert_eq!(peer.accept(&request(1, SCRIPTED, b"x")), [started(SCRIPTED), sent(reply(1, b"x"))]);
}

#[test]
fn get_method_with_an_unacceptable_type_sends_a_nak() {
    let mut peer = identified_peer([Step::reply(Continue)]);
    assert_eq!(
        peer.accept(&request(2, MD5, &[1, 0])),
        [refused(MD5), sent(response(2, NAK, &[SCRIPTED]))]
    );
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    // selectedMethod is still NONE.
    assert_eq!(peer.accept(&request(3, SCRIPTED, b"")), [started(SCRIPTED), sent(reply(3, b""))]);
}

#[test]
fn identity_goes_to_send_response() {
    let mut peer = host(&config([]).identity("alice@example.org"));
    assert_eq!(
        peer.accept(&request(200, IDENTITY, b"Hello\0nasid=7")),
        [sent(response(200, IDENTITY, b"alice@example.org"))]
    );
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
}

#[test]
fn notification_goes_to_send_response() {
    let mut peer = peer_after(Step::reply(Continue));
    peer.sleep(100);
    peer.accept(&request(2, NOTIFICATION, b"a"));
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    // The Response is lastRespData.
    let again = peer.receive(&request(2, NOTIFICATION, b"a"));
    assert_eq!(again, (Duplicate, vec![sent(response(2, NOTIFICATION, b""))]));
}

#[test]
fn retransmit_goes_to_send_response() {
    let mut peer = peer_after(Step::reply(Done(CondSucc)));
    peer.sleep(100);
    for _ in 0..3 {
        let again = peer.receive(&request(1, SCRIPTED, b"whatever it says"));
        assert_eq!(again, (Duplicate, vec![sent(reply(1, b"first"))]));
        assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    }
    assert_eq!(peer.accept(&success(1)), [succeeded(false)]);
}

#[test]
fn discard_goes_to_idle_and_leaves_its_timer_running() {
    let mut peer = peer_after(Step::reply(Continue));
    peer.sleep(CLIENT_TIMEOUT - 1);
    for packet in [&[][..], &[1, 2, 0, 9, 1], &[7, 2, 0, 4], &request(2, MD5, &[1, 0])] {
        assert!(matches!(peer.drop_of(packet), Discarded(_)), "{packet:02x?}");
    }
    assert_eq!(peer.wait(1), [Seen::Failed(Failure::NoRequest)]);
}

#[test]
fn send_response_goes_to_idle_with_last_id_and_a_new_timer() {
    let mut peer = peer_after_all([Step::reply(Continue), Step::reply(Done(CondSucc))]);
    peer.sleep(100);
    peer.accept(&request(2, SCRIPTED, b""));
    assert_eq!(peer.left(), Some(CLIENT_TIMEOUT));
    assert_eq!(peer.drop_of(&success(1)), Discarded(Discard::WrongIdentifier));
    assert_eq!(peer.accept(&success(2)), [succeeded(false)]);
}

#[test]
fn success_hands_out_the_keys_and_rests() {
    let mut peer = peer_after(Step::reply(Done(CondSucc)).with_keys());
    assert_eq!(peer.accept(&success(1)), [succeeded(true)]);
    assert_rests(peer);
}

#[test]
fn failure_forgets_the_keys_and_rests() {
    let mut peer = peer_after(Step::reply(Done(CondSucc)).with_keys());
    assert_eq!(peer.accept(&failure(1)), [Seen::Failed(Failure::Rejected { method: TYPE })]);
    // No later output could show them; they are wiped nevertheless.
    assert!(peer.session.keys.is_none() && peer.session.selected.is_none());
    assert_rests(peer);
}

/// Nothing but a restart leads out of SUCCESS and FAILURE.
fn assert_rests(mut peer: Host<Peer>) {
    assert_eq!(peer.left(), None);
    let packets =
        [request(1, SCRIPTED, b"first"), request(2, IDENTITY, b""), success(1), failure(1)];
    for packet in packets {
        assert_eq!(peer.drop_of(&packet), Discarded(Discard::Finished));
    }
    for signal in [Signal::AltAccept, Signal::AltReject, Signal::PortUp, Signal::Logoff] {
        assert_eq!(peer.signal(signal), [], "{signal:?}");
    }
    assert_eq!(peer.wait(CLIENT_TIMEOUT * 2), []);
    assert_eq!(peer.signal(Signal::Restart), []);
    assert_eq!(peer.receive(&request(1, IDENTITY, b"")).0, Accepted);
}
