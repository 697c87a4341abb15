//! The departures that the machine's first comment lists; §8.1's waiting is in `questions`.

use super::*;
use crate::testing::{GTC, MD5, NAK, failure, refused, succeeded, success};
use crate::{Discard, Failure, MethodType, Received, Signal};
use Received::{Accepted, Discarded};
use ServerStep::{Request, Succeed};

#[test]
fn discard_leaves_the_retransmission_timer_running() {
    let (mut host, id) = begun([]);
    let left = host.left().unwrap();
    for _ in 0..left - 1 {
        host.sleep(1);
        for packet in [response(id, MD5, b""), vec![0xff]] {
            assert!(matches!(host.drop_of(&packet), Discarded(_)));
        }
    }
    assert_eq!(host.wait(1), [sent(request(id, IDENTITY, b""))]);
}

#[test]
fn a_response_that_passes_sets_the_timer_anew() {
    let (mut host, id) = begun([Request.into()]);
    host.sleep(900);
    identify(&mut host, id);
    assert!(host.left().unwrap() > INITIAL);
}

#[test]
fn a_conversation_within_the_round_limit_goes_on() {
    let (mut host, id) =
        proposed_by(config([Request.into(), Request.into(), Succeed.into()]).max_rounds(3));
    host.accept(&response(id, SCRIPTED, b""));
    let id = id.wrapping_add(1);
    let outputs = host.accept(&response(id, SCRIPTED, b""));
    assert_eq!(outputs, [sent(success(id)), succeeded(false)]);
}

#[test]
fn a_conversation_beyond_the_round_limit_goes_to_failure() {
    let too_many = |limit| Seen::Failed(Failure::TooManyRounds { limit });
    let (mut host, id) = proposed_by(config([Request.into(), Request.into()]).max_rounds(2));
    let outputs = host.accept(&response(id, SCRIPTED, b""));
    assert_eq!(outputs, [sent(failure(id)), too_many(2)]);
    assert_eq!(host.left(), None);

    // A proposal is a round, too.
    let config = config([Request.into()]).method(MethodType::GTC).max_rounds(2);
    let (mut host, id) = proposed_by(config);
    let outputs = host.accept(&response(id, NAK, &[GTC]));
    let started = started(GTC);
    assert_eq!(outputs, [refused(SCRIPTED), started, sent(failure(id)), too_many(2)]);
}

#[test]
fn retransmissions_are_no_rounds_and_a_restart_counts_anew() {
    let mut host = host(&config([]).max_rounds(1));
    for _ in 0..3 {
        start(&mut host);
        for _ in 0..MAX_RETRANS {
            assert!(matches!(host.expire()[..], [Seen::Send(_)]));
        }
    }
}

#[test]
fn a_request_that_fits_no_packet_goes_to_failure() {
    let (mut host, id) = proposed([Request.into()]);
    // The scripted method repeats the Response and adds one octet.
    let outputs = host.accept(&response(id, SCRIPTED, &[0; 65_530]));
    let method = MethodType::ietf(SCRIPTED);
    let reason = "the request does not fit a packet";
    let failed = Seen::Failed(Failure::MethodFailed { method, reason });
    assert_eq!(outputs, [sent(failure(id)), failed]);
}

#[test]
fn a_host_that_does_not_drain_is_fed_no_more() {
    let (mut host, id) = begun([Request.into()]);
    for _ in 0..16 {
        host.session.handle_signal(Signal::Restart, host.time());
    }
    let now = host.time();
    let fate = host.session.handle_packet(&response(id, IDENTITY, b""), now);
    assert_eq!(fate, Discarded(Discard::Backlog));
    let Some(Seen::Send(last)) = host.drain().pop() else { panic!() };
    assert_eq!(host.receive(&response(last[1], IDENTITY, b"user")).0, Accepted);
}
