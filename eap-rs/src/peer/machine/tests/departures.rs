//! The departures that the machine's first comment lists, each both ways.

use super::*;
use crate::method::{Verdict, Willingness};
use crate::testing::{MD5, NAK, NOTIFICATION, failure, refused, succeeded, success};
use crate::{Discard, Event, Failure, MethodType, Received, Signal};
use Received::Discarded;

const TYPE: MethodType = MethodType::ietf(SCRIPTED);

fn done() -> Step {
    Step::reply(Progress::Done(Verdict::CondSucc))
}

/// A satisfied peer with this lastId.
fn satisfied(config: &PeerConfigBuilder, last_id: u8) -> Host<Peer> {
    let mut peer = host(config);
    peer.accept(&request(last_id, SCRIPTED, b""));
    peer
}

#[test]
fn client_timer_starts_with_the_first_input_whatever_it_is() {
    let mut told_the_time = peer([]);
    told_the_time.now = 500;
    assert_eq!(told_the_time.wait(0), []);
    assert_eq!(told_the_time.left(), Some(CLIENT_TIMEOUT));

    let mut up = peer([]);
    up.now = 500;
    assert_eq!(up.signal(Signal::PortUp), []);
    assert_eq!(up.left(), Some(CLIENT_TIMEOUT));

    let mut discarding = peer([]);
    discarding.now = 500;
    assert_eq!(discarding.receive(&success(1)), (Discarded(Discard::WrongIdentifier), vec![]));
    assert_eq!(discarding.left(), Some(CLIENT_TIMEOUT));
}

#[test]
fn a_method_that_discards_its_first_request_is_not_selected() {
    let why = Discard::Method("rubbish");
    let config = config([PeerStep::Discard(why).into(), done()]).method(MethodType::MD5);
    let mut peer = host(&config.password("hello"));
    peer.wait(0);
    assert_eq!(peer.drop_of(&request(1, SCRIPTED, b"rubbish")), Discarded(why));
    // Neither the identity nor another method is locked out.
    assert_eq!(peer.accept(&request(1, IDENTITY, b"")), [sent(response(1, IDENTITY, b"user"))]);
    let outputs = peer.accept(&request(2, MD5, b"\x100123456789abcdef"));
    assert_eq!(outputs[0], started(MD5));
}

#[test]
fn a_method_that_discards_a_later_request_stays_selected() {
    let why = Discard::Method("rubbish");
    let steps = [Step::reply(Progress::Continue), PeerStep::Discard(why).into(), done()];
    let mut peer = host(&config(steps).method(MethodType::MD5));
    peer.accept(&request(1, SCRIPTED, b""));
    assert_eq!(peer.drop_of(&request(2, SCRIPTED, b"rubbish")), Discarded(why));
    let unexpected = Discarded(Discard::UnexpectedType(MethodType::MD5));
    assert_eq!(peer.drop_of(&request(2, MD5, b"\x100123456789abcdef")), unexpected);
    assert_eq!(peer.accept(&request(2, SCRIPTED, b"x")), [sent(reply(2, b"x"))]);
}

#[test]
fn a_method_that_asks_about_its_first_request_is_selected() {
    let ask = PeerStep::Ask(crate::Query::Token { challenge: "PIN".into() });
    let mut peer = host(&config([ask.into(), done()]).method(MethodType::MD5));
    peer.accept(&request(1, SCRIPTED, b""));
    peer.answer(1, Answer::Secret(crate::Secret::from("x")));
    let unexpected = Discarded(Discard::UnexpectedType(MethodType::MD5));
    assert_eq!(peer.drop_of(&request(2, MD5, b"")), unexpected);
    assert_eq!(peer.accept(&success(1)), [succeeded(false)]);
}

#[test]
fn the_next_identifier_is_refused_in_a_result_unless_switched_on() {
    for last_id in [1_u8, 255] {
        let next = last_id.wrapping_add(1);
        for result in [success(next), failure(next)] {
            let mut peer = satisfied(&config([done()]), last_id);
            assert_eq!(peer.drop_of(&result), Discarded(Discard::WrongIdentifier));
        }
    }
}

#[test]
fn the_next_identifier_is_accepted_in_a_result_if_switched_on() {
    for last_id in [1_u8, 255] {
        for id in [last_id, last_id.wrapping_add(1)] {
            let lenient = || satisfied(&config([done()]).accept_next_identifier(), last_id);
            assert_eq!(lenient().accept(&success(id)), [succeeded(false)]);
            let rejected = Failure::Rejected { method: TYPE };
            assert_eq!(lenient().accept(&failure(id)), [Seen::Failed(rejected)]);
        }
        for id in [last_id.wrapping_sub(1), last_id.wrapping_add(2)] {
            let mut peer = satisfied(&config([done()]).accept_next_identifier(), last_id);
            assert_eq!(peer.drop_of(&success(id)), Discarded(Discard::WrongIdentifier));
            assert_eq!(peer.drop_of(&failure(id)), Discarded(Discard::WrongIdentifier));
        }
    }
}

#[test]
fn the_next_identifier_means_nothing_before_the_first_response() {
    let mut peer = host(&config([]).accept_next_identifier());
    peer.wait(0);
    for id in [0, 1, 255] {
        assert_eq!(peer.drop_of(&success(id)), Discarded(Discard::WrongIdentifier));
    }
}

#[test]
fn the_next_identifier_does_not_relax_the_decision() {
    let mut peer =
        satisfied(&config([Step::reply(Progress::Continue)]).accept_next_identifier(), 1);
    assert_eq!(peer.drop_of(&success(2)), Discarded(Discard::UnexpectedResult));
}

#[test]
fn a_method_done_with_fail_has_its_reply_sent_first() {
    let failed = Failure::MethodFailed { method: TYPE, reason: "wrong server" };
    let step = Step::reply(Progress::Done(Verdict::Fail(failed.clone()))).with_keys();
    let mut peer = identified_peer([step]);
    assert_eq!(
        peer.accept(&request(2, SCRIPTED, b"x")),
        [started(SCRIPTED), sent(reply(2, b"x")), Seen::Failed(failed)]
    );
    assert_eq!(peer.left(), None);
}

#[test]
fn a_method_that_fails_with_nothing_to_say_sends_nothing() {
    let mut peer = identified_peer([PeerStep::Fail(Failure::BadCredentials).into()]);
    assert_eq!(
        peer.accept(&request(2, SCRIPTED, b"x")),
        [started(SCRIPTED), Seen::Failed(Failure::BadCredentials)]
    );
}

#[test]
fn a_conversation_within_the_round_limit_goes_on() {
    let mut peer = host(&config([Step::reply(Progress::Continue), done()]).max_rounds(3));
    peer.accept(&request(1, IDENTITY, b""));
    peer.accept(&request(2, SCRIPTED, b""));
    assert_eq!(peer.accept(&request(3, SCRIPTED, b"x")), [sent(reply(3, b"x"))]);
    assert_eq!(peer.accept(&success(3)), [succeeded(false)]);
}

#[test]
fn a_conversation_beyond_the_round_limit_goes_to_failure_whatever_the_request() {
    let too_many = || Seen::Failed(Failure::TooManyRounds { limit: 1 });
    let notified = Seen::Event(Event::Notification("a".into()));
    let verdict_fail = Step::reply(Progress::Done(Verdict::Fail(Failure::BadCredentials)));
    let cases: [(Option<Step>, Vec<u8>, Vec<Seen>); 5] = [
        (None, request(2, IDENTITY, b""), vec![too_many()]),
        (None, request(2, NOTIFICATION, b"a"), vec![notified, too_many()]),
        (None, request(2, MD5, &[1, 0]), vec![refused(MD5), too_many()]),
        (Some(done().with_keys()), request(2, SCRIPTED, b""), vec![started(SCRIPTED), too_many()]),
        (Some(verdict_fail), request(2, SCRIPTED, b""), vec![started(SCRIPTED), too_many()]),
    ];
    for (step, packet, expected) in cases {
        let mut peer = host(&config(step).max_rounds(1));
        peer.accept(&request(1, IDENTITY, b""));
        assert_eq!(peer.accept(&packet), expected, "{packet:02x?}");
        assert_eq!(peer.left(), None);
    }
}

#[test]
fn retransmissions_are_no_rounds_and_a_restart_counts_anew() {
    let mut peer = host(&config([]).max_rounds(1));
    for _ in 0..3 {
        assert_eq!(peer.accept(&request(1, IDENTITY, b"")), [sent(response(1, IDENTITY, b"user"))]);
        for _ in 0..5 {
            assert_eq!(peer.receive(&request(1, IDENTITY, b"")).0, Received::Duplicate);
        }
        peer.signal(Signal::Restart);
    }
}

#[test]
fn a_response_that_fits_no_packet_goes_to_failure() {
    let mut peer = identified_peer([Step::reply(Progress::MayEnd(Willingness::CondSucc))]);
    // The scripted method repeats the Request and adds one octet.
    let reason = "the response does not fit a packet";
    assert_eq!(
        peer.accept(&request(2, SCRIPTED, &[0; 65_530])),
        [started(SCRIPTED), Seen::Failed(Failure::MethodFailed { method: TYPE, reason }),]
    );
}

#[test]
fn a_host_that_does_not_drain_is_fed_no_more() {
    let mut peer = identified_peer([]);
    let now = peer.time();
    for _ in 0..16 {
        let fate = peer.session.handle_packet(&request(1, IDENTITY, b""), now);
        assert_eq!(fate, Received::Duplicate);
    }
    let fate = peer.session.handle_packet(&request(2, IDENTITY, b""), now);
    assert_eq!(fate, Discarded(Discard::Backlog));
    assert_eq!(peer.drain().len(), 16);
    assert_eq!(peer.accept(&request(2, MD5, b"")).last(), Some(&sent(response(2, NAK, &[200]))));
}
