//! When Requests are sent again (RFC 3748 §4.3, RFC 6298).

use super::*;
use crate::testing::{MD5, NAK};
use crate::{Failure, MethodType, Received};
use ServerStep::Request;

fn assert_left(host: &Host<Authenticator>, millis: u64) {
    let left = host.left().unwrap();
    assert!((millis - 1..=millis + 1).contains(&left), "{left} instead of {millis}");
}

#[test]
fn the_wait_doubles_with_each_transmission() {
    let (mut host, id) = begun([]);
    for wait in [1, 2, 4, 8, 16] {
        assert_left(&host, wait * INITIAL);
        assert_eq!(host.expire(), [sent(request(id, IDENTITY, b""))]);
    }
    assert_left(&host, 20_000);
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
}

#[test]
fn a_round_trip_is_measured_on_a_request_that_was_sent_once() {
    let (mut host, id) = begun([Request.into()]);
    host.sleep(100);
    identify(&mut host, id);
    // RFC 6298 §2.2: SRTT = 100, RTTVAR = 50, RTO = SRTT + 4 * RTTVAR.
    assert_left(&host, 300);
}

#[test]
fn no_round_trip_is_measured_on_a_request_that_was_sent_twice() {
    // RFC 6298 §3, Karn's algorithm: which of the two was answered is not known.
    let (mut host, id) = begun([Request.into()]);
    host.expire();
    host.sleep(100);
    identify(&mut host, id);
    assert_left(&host, INITIAL);
}

#[test]
fn a_nak_is_measured_too() {
    let (mut host, id) = proposed_by(config([Request.into()]).method(MethodType::MD5));
    // The Identity Response came at once, so the estimate is RTOmin.
    assert_left(&host, 1);
    host.sleep(80);
    host.accept(&response(id, NAK, &[MD5]));
    // RFC 6298 §2.3: SRTT = 1/8 * 80, RTTVAR = 1/4 * 80.
    assert_left(&host, 10 + 4 * 20);
}

#[test]
fn a_discarded_response_is_not_measured() {
    let (mut host, id) = begun([Request.into()]);
    host.sleep(50);
    let long = response(id, IDENTITY, &[b'a'; 1016]);
    assert!(matches!(host.drop_of(&long), Received::Discarded(_)));
    host.sleep(50);
    identify(&mut host, id);
    assert_left(&host, 300);
}

#[test]
fn a_persons_time_is_waited_for_and_not_measured() {
    let config = AuthenticatorConfig::builder().method(MethodType::GTC).method(MethodType::MD5);
    let mut host = host(&config.retransmission(retransmission()));
    let id = start(&mut host);
    host.sleep(100);
    identify(&mut host, id);
    let id = id.wrapping_add(1);
    assert_left(&host, 30_000);
    host.sleep(20_000);
    host.accept(&response(id, NAK, &[MD5]));
    // Still the estimate of the Identity round trip.
    assert_left(&host, 300);
}

#[test]
fn a_methods_hint_is_not_backed_off() {
    let script = Script::new([Request.into()]);
    let hint = Duration::from_secs(7);
    let config = AuthenticatorConfig::builder()
        .custom_method(SCRIPTED_FACTS, move || Box::new(script.start().with_timeout(hint)))
        .retransmission(retransmission());
    let (mut host, id) = proposed_by(config);
    for _ in 0..MAX_RETRANS {
        assert_left(&host, 7000);
        assert_eq!(host.expire(), [sent(method_request(id, id, b"start"))]);
    }
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
}

#[test]
fn what_the_method_has_decided_is_the_cause_and_not_the_silence_that_follows() {
    for backend in [false, true] {
        let script = Script::new([Request.into()]);
        let start = move || Box::new(script.start().that_rejects(Failure::UnknownIdentity)) as _;
        let config = AuthenticatorConfig::builder().custom_method(SCRIPTED_FACTS, start);
        let config = if backend { config.backend() } else { config };
        let (mut host, id) = proposed_by(config.retransmission(retransmission()));
        for _ in 0..if backend { 0 } else { MAX_RETRANS } {
            assert_eq!(host.expire(), [sent(method_request(id, id, b"start"))]);
        }
        assert_eq!(host.expire(), [Seen::Failed(Failure::UnknownIdentity)]);
        assert_eq!(host.left(), None);
    }
}

#[test]
fn early_and_late_calls_are_harmless() {
    let (mut host, id) = begun([]);
    for _ in 0..5 {
        assert_eq!(host.wait(100), []);
    }
    // An hour late, it is sent once and not as often as the hour has seconds.
    assert_eq!(host.wait(3_600_000), [sent(request(id, IDENTITY, b""))]);
    assert_left(&host, 2 * INITIAL);
}

#[test]
fn no_retransmission_at_all_can_be_configured() {
    let once = Retransmission { max_retransmissions: 0, ..retransmission() };
    let mut host = host(&config([]).retransmission(once));
    start(&mut host);
    assert_eq!(host.expire(), [Seen::Failed(Failure::NoResponse)]);
}
