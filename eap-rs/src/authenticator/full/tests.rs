//! Part 2 of the full authenticator's machine: the arrows of appendix A.4 of RFC 4137, in the order
//! of its table, and the departures.

use core::time::Duration;
use std::sync::Arc;

use super::{AaaAnswer, AaaRequestId, FullAuthenticator};
use crate::method::ServerStep;
use crate::query::AnswerKind;
use crate::testing::scripted::Script;
use crate::testing::{
    GTC, Host, IDENTITY, MD5, NAK, NOTIFICATION, SCRIPTED, SCRIPTED_FACTS, Seen, asked, failure,
    keys, packet, refused, request, response, rng, started, success,
};
use crate::{
    Answer, AuthenticatorConfig, AuthenticatorConfigBuilder, Discard, Event, Failure, Identity,
    Keys, MethodType, Msk, Offer, Received, Retransmission, Signal,
};
use Received::{Accepted, Discarded, Duplicate};

/// The wait before a round trip has been measured.
const INITIAL: u64 = 1000;
const AAA_TIMEOUT: u64 = 60_000;

type Full = Host<FullAuthenticator>;

fn config() -> AuthenticatorConfigBuilder {
    let min = Duration::from_millis(1);
    let retransmission = Retransmission { min, ..Retransmission::default() };
    AuthenticatorConfig::builder().retransmission(retransmission).pass_through()
}

fn host(config: &AuthenticatorConfigBuilder) -> Full {
    Host::new(FullAuthenticator::new(Arc::new(config.build().unwrap()), rng()))
}

fn start(host: &mut Full) -> Vec<Seen> {
    host.session.start(host.time());
    host.drain()
}

/// Gives the identity of "user" to one that asks for it; gives its Identifier and what comes next.
fn identify(host: &mut Full) -> (u8, Vec<Seen>) {
    let outputs = start(host);
    let [Seen::Send(packet)] = &outputs[..] else { panic!("{outputs:?}") };
    let id = packet[1];
    assert_eq!(*packet, request(id, IDENTITY, b""));
    // Karn: nothing is measured on a Request that was sent twice.
    assert_eq!(host.expire(), outputs);
    let mut outputs = host.accept(&response(id, IDENTITY, b"user"));
    assert_eq!(outputs.remove(0), identity("user"));
    (id, outputs)
}

fn identity(name: &str) -> Seen {
    Seen::Event(Event::PeerIdentity(Identity::from(name)))
}

fn ask(id: u64, packet: Vec<u8>) -> Seen {
    Seen::AskAaa(id, "user".into(), packet)
}

fn sent(packet: Vec<u8>) -> Seen {
    Seen::Send(packet)
}

fn failed(failure: Failure) -> Seen {
    Seen::Failed(failure)
}

fn granted(method: u8, keys: bool) -> Seen {
    Seen::Success { method: MethodType::ietf(method), identity: "user".into(), keys }
}

fn aaa(host: &mut Full, id: u64, answer: AaaAnswer<'_>) -> (Received, Vec<Seen>) {
    let now = host.time();
    (host.session.handle_aaa(AaaRequestId::new(id), answer, now), host.drain())
}

/// The AAA server answers, and is heard.
fn aaa_says(host: &mut Full, id: u64, answer: AaaAnswer<'_>) -> Vec<Seen> {
    let (fate, outputs) = aaa(host, id, answer);
    assert_eq!(fate, Accepted);
    outputs
}

/// Whether it waits for this long, but for jitter.
#[track_caller]
fn waits(host: &Full, millis: u64) {
    let left = host.left().unwrap();
    assert!(left.abs_diff(millis) <= 1, "{left} instead of {millis}");
}

fn next_request(eap_message: &[u8]) -> AaaAnswer<'_> {
    AaaAnswer::Request { eap_message, method_timeout: None }
}

fn accept(packet: &[u8]) -> AaaAnswer<'_> {
    AaaAnswer::Success { eap_message: Some(packet), keys: None }
}

fn reject(packet: &[u8]) -> AaaAnswer<'_> {
    AaaAnswer::Failure { eap_message: Some(packet) }
}

/// In AAA_IDLE, having asked the AAA server about the identity: its request 1. With currentId.
fn aaa_idle() -> (Full, u8) {
    let mut host = host(&config());
    let (id, outputs) = identify(&mut host);
    assert_eq!(outputs, [ask(1, response(id, IDENTITY, b"user"))]);
    (host, id)
}

/// In IDLE2, having sent the AAA server's Request under Identifier 77.
fn idle_2() -> Full {
    let (mut host, _) = aaa_idle();
    let md5 = request(77, MD5, b"\x01challenge");
    assert_eq!(aaa_says(&mut host, 1, next_request(&md5)), [sent(md5)]);
    host
}

#[test]
fn select_action_with_passthrough_goes_to_initialize_passthrough() {
    // Without methods, at once; with methods, when the peer has refused them all.
    aaa_idle();
    let script = Script::new([ServerStep::Request.into()]);
    let own = move || -> Box<dyn crate::method::ServerMethod> { Box::new(script.start()) };
    let mut host = host(&config().custom_method(SCRIPTED_FACTS, own).method(MethodType::MD5));
    let (id, outputs) = identify(&mut host);
    let id = id.wrapping_add(1);
    assert_eq!(outputs[0], started(SCRIPTED));
    let outputs = host.accept(&response(id, NAK, &[MD5, GTC]));
    assert_eq!(outputs[..2], [refused(SCRIPTED), started(MD5)]);
    let nak = response(id.wrapping_add(1), NAK, &[GTC]);
    let outputs = host.accept(&nak);
    assert_eq!(outputs, [refused(MD5), ask(1, nak)]);
}

#[test]
fn select_action_asks_who_decides() {
    let mut host = host(&config().method(MethodType::GTC).ask_policy());
    let (id, outputs) = identify(&mut host);
    assert_eq!(outputs, [asked(1, AnswerKind::Offer)]);
    let outputs = host.answer(1, Answer::Offer(Offer::pass_through()));
    assert_eq!(outputs, [ask(1, response(id, IDENTITY, b"user"))]);
    host.signal(Signal::Restart);
    let (_, outputs) = identify(&mut host);
    assert_eq!(outputs, [asked(2, AnswerKind::Offer)]);
    let own = Offer::new([MethodType::GTC]);
    assert_eq!(host.answer(2, Answer::Offer(own))[0], started(GTC));
}

#[test]
fn initialize_passthrough_with_current_id_goes_to_aaa_request() {
    let (host, _) = aaa_idle();
    assert!(host.session.is_asking_aaa());
}

#[test]
fn initialize_passthrough_without_current_id_goes_to_aaa_idle() {
    let mut host = host(&config().pass_identity_through());
    assert_eq!(start(&mut host), [Seen::AskAaa(1, String::new(), vec![])]);
    // The AAA server asks for the identity, and learns it as every Response.
    let outputs = aaa_says(&mut host, 1, next_request(&request(5, IDENTITY, b"Hello")));
    assert_eq!(outputs, [sent(request(5, IDENTITY, b"Hello"))]);
    let named = response(5, IDENTITY, b"user");
    assert_eq!(host.accept(&named), [identity("user"), ask(2, named)]);
}

#[test]
fn idle_2_with_retrans_while_over_goes_to_retransmit_2() {
    let mut host = idle_2();
    waits(&host, INITIAL);
    assert_eq!(host.expire(), [sent(request(77, MD5, b"\x01challenge"))]);
}

#[test]
fn idle_2_with_a_response_goes_to_received_2() {
    let mut host = idle_2();
    let md5 = response(77, MD5, b"\x01answer");
    assert_eq!(host.accept(&md5), [ask(2, md5)]);
}

#[test]
fn retransmit_2_more_than_max_retrans_goes_to_timeout_failure_2() {
    let mut host = idle_2();
    for _ in 0..Retransmission::default().max_retransmissions {
        assert_eq!(host.expire(), [sent(request(77, MD5, b"\x01challenge"))]);
    }
    assert_eq!(host.expire(), [failed(Failure::NoResponse)]);
    assert_eq!(host.left(), None);
}

#[test]
fn retransmit_2_up_to_max_retrans_goes_to_idle_2() {
    let mut host = idle_2();
    host.expire();
    // With back-off, and the peer may still respond.
    waits(&host, 2 * INITIAL);
    let md5 = response(77, MD5, b"\x01answer");
    assert_eq!(host.accept(&md5), [ask(2, md5)]);
}

#[test]
fn received_2_with_the_current_id_goes_to_aaa_request() {
    let mut host = idle_2();
    // Whatever Type it is of: that is the AAA server's to judge. What the lower layer has put
    // behind it is not part of it.
    let nak = response(77, NAK, &[GTC]);
    assert_eq!(host.accept(&[&nak[..], &[0; 20]].concat()), [ask(2, nak)]);
}

#[test]
fn received_2_with_anything_else_goes_to_discard_2() {
    let mut host = idle_2();
    let wrong = host.drop_of(&response(78, MD5, b"\x01answer"));
    assert_eq!(wrong, Discarded(Discard::WrongIdentifier));
    for (code, octets) in [(1, request(77, MD5, b"x")), (3, success(77)), (4, failure(77))] {
        let Discarded(Discard::UnexpectedCode(_)) = host.drop_of(&octets) else { panic!("{code}") };
    }
    assert_eq!(host.drop_of(&packet(2, 77, b"")), Discarded(Discard::MissingType));
}

#[test]
fn aaa_request_with_the_identity_sets_aaa_identity() {
    let mut host = idle_2();
    host.accept(&response(77, MD5, b"\x01answer"));
    aaa_says(&mut host, 2, next_request(&request(78, IDENTITY, b"")));
    let named = response(78, IDENTITY, b"somebody else");
    let outputs = host.accept(&named);
    assert_eq!(outputs[0], identity("somebody else"));
    assert_eq!(outputs[1], Seen::AskAaa(3, "somebody else".into(), named));
}

#[test]
fn aaa_idle_with_no_request_goes_to_discard_2() {
    let mut host = idle_2();
    let left = host.left();
    host.accept(&response(77, MD5, b"\x01forged"));
    assert_eq!(aaa_says(&mut host, 2, AaaAnswer::NoRequest), []);
    // The Request stands, as long as it would have without the Response.
    assert_eq!(host.left(), left);
    let md5 = response(77, MD5, b"\x01answer");
    assert_eq!(host.accept(&md5), [ask(3, md5)]);
}

#[test]
fn aaa_idle_with_a_request_goes_to_aaa_response() {
    let (mut host, _) = aaa_idle();
    let gtc = request(200, GTC, b"Token: ");
    // A packet may have padding here as well.
    let outputs = aaa_says(&mut host, 1, next_request(&[&gtc[..], b"\0\0"].concat()));
    assert_eq!(outputs, [sent(gtc)]);
}

#[test]
fn aaa_idle_with_aaa_timeout_goes_to_timeout_failure_2() {
    let (mut host, _) = aaa_idle();
    assert_eq!(host.left(), Some(AAA_TIMEOUT));
    // No message to the peer, RFC 4137 §7.5.
    assert_eq!(host.expire(), [failed(Failure::AaaTimeout)]);
    let mut host = super::tests::host(&config().aaa_timeout(Duration::from_secs(5)));
    identify(&mut host);
    assert_eq!(host.left(), Some(5000));
    // The AAA client may know sooner.
    let (mut host, _) = aaa_idle();
    assert_eq!(aaa_says(&mut host, 1, AaaAnswer::Timeout), [failed(Failure::AaaTimeout)]);
    assert_eq!(host.left(), None);
}

#[test]
fn aaa_idle_with_aaa_fail_goes_to_failure_2() {
    let (mut host, id) = aaa_idle();
    let outputs = aaa_says(&mut host, 1, reject(&failure(id)));
    assert_eq!(outputs, [sent(failure(id)), failed(Failure::AaaRejected)]);
    assert_eq!(host.left(), None);
}

#[test]
fn aaa_idle_with_aaa_success_goes_to_success_2() {
    let mut host = idle_2();
    host.accept(&response(77, MD5, b"\x01answer"));
    let outputs = aaa_says(&mut host, 2, accept(&success(77)));
    assert_eq!(outputs, [sent(success(77)), granted(MD5, false)]);
    assert_eq!(host.left(), None);
}

#[test]
fn aaa_response_takes_over_the_identifier_and_the_method_timeout() {
    let (mut host, _) = aaa_idle();
    let gtc = request(9, GTC, b"Token: ");
    let method_timeout = Some(Duration::from_secs(120));
    let outputs = aaa_says(&mut host, 1, AaaAnswer::Request { eap_message: &gtc, method_timeout });
    assert_eq!(outputs, [sent(gtc)]);
    waits(&host, 120_000);
    host.accept(&response(9, GTC, b"123456"));
    // The next Request has none.
    aaa_says(&mut host, 2, next_request(&request(10, GTC, b"Again: ")));
    waits(&host, INITIAL);
}

#[test]
fn discard_2_goes_to_idle_2() {
    let mut host = idle_2();
    let wrong = host.drop_of(&response(1, MD5, b"x"));
    assert_eq!(wrong, Discarded(Discard::WrongIdentifier));
    assert_eq!(host.expire(), [sent(request(77, MD5, b"\x01challenge"))]);
}

#[test]
fn send_request_2_goes_to_idle_2_with_a_retrans_count_of_zero() {
    let mut host = idle_2();
    for _ in 0..3 {
        host.expire();
    }
    host.accept(&response(77, MD5, b"\x01answer"));
    aaa_says(&mut host, 2, next_request(&request(78, MD5, b"\x01more")));
    // Karn: nothing was measured on a Request that was sent four times.
    waits(&host, INITIAL);
}

#[test]
fn the_round_trip_is_measured_in_part_2_as_well() {
    let mut host = idle_2();
    host.sleep(100);
    host.accept(&response(77, MD5, b"\x01answer"));
    aaa_says(&mut host, 2, next_request(&request(78, MD5, b"\x01more")));
    // RFC 6298 §2.2: 100 + 4 × 50.
    waits(&host, 300);
}

#[test]
fn success_2_hands_the_keys_on() {
    let mut host = idle_2();
    host.accept(&response(77, SCRIPTED, b"x"));
    let answer = AaaAnswer::Success { eap_message: Some(&success(77)), keys: Some(keys()) };
    let outputs = aaa_says(&mut host, 2, answer);
    assert_eq!(outputs, [sent(success(77)), granted(SCRIPTED, true)]);
}

#[test]
fn success_2_without_keys_where_they_are_required_is_a_failure() {
    let mut host = host(&config().require_keys());
    let (id, _) = identify(&mut host);
    let outputs = aaa_says(&mut host, 1, accept(&success(id)));
    assert_eq!(outputs, [sent(failure(id)), failed(Failure::AaaWithoutKeys)]);
}

#[test]
fn final_states_take_nothing() {
    let (mut host, id) = aaa_idle();
    aaa_says(&mut host, 1, accept(&success(id)));
    assert_eq!(host.drop_of(&response(id, MD5, b"x")), Discarded(Discard::Finished));
    for answer in [accept(&success(id)), reject(&failure(id)), AaaAnswer::NoRequest] {
        let late = aaa(&mut host, 1, answer);
        assert_eq!(late, (Discarded(Discard::AaaUnexpected), vec![]));
    }
}

/// RFC 3579 §2.6.3: the kind of answer decides, and what contradicts it is neither passed on nor
/// made good.
#[test]
fn an_eap_message_that_contradicts_the_result_is_not_passed_on() {
    for contradiction in [Some(failure(7)), Some(request(7, MD5, b"x")), Some(vec![3]), None] {
        let (mut host, _) = aaa_idle();
        let answer = AaaAnswer::Success { eap_message: contradiction.as_deref(), keys: None };
        assert_eq!(aaa_says(&mut host, 1, answer), [granted(0, false)]);
    }
    for contradiction in [Some(success(7)), Some(request(7, MD5, b"x")), Some(vec![4]), None] {
        let (mut host, _) = aaa_idle();
        let answer = AaaAnswer::Failure { eap_message: contradiction.as_deref() };
        assert_eq!(aaa_says(&mut host, 1, answer), [failed(Failure::AaaRejected)]);
    }
}

#[test]
fn a_request_of_the_aaa_servers_that_is_none_is_discarded() {
    let (mut host, id) = aaa_idle();
    let none = [success(id), failure(id), response(id, MD5, b"x"), vec![], vec![1, 2, 0, 9, 4]];
    for none in none {
        let (fate, outputs) = aaa(&mut host, 1, next_request(&none));
        assert!(matches!(fate, Discarded(_)), "{none:02x?}");
        assert_eq!(outputs, []);
    }
    // It may still send one.
    let md5 = request(3, MD5, b"\x01challenge");
    assert_eq!(aaa_says(&mut host, 1, next_request(&md5)), [sent(md5)]);
}

#[test]
fn a_repeated_response_is_a_duplicate_while_the_aaa_server_is_asked() {
    let (mut host, id) = aaa_idle();
    assert_eq!(host.receive(&response(id, IDENTITY, b"user")), (Duplicate, vec![]));
    let other = host.receive(&response(id.wrapping_add(1), IDENTITY, b"user"));
    assert_eq!(other, (Discarded(Discard::WrongIdentifier), vec![]));
}

/// Departure: an answer to what was asked before a restart is not the new conversation's.
#[test]
fn an_answer_to_another_request_is_discarded() {
    let (mut host, id) = aaa_idle();
    host.signal(Signal::Restart);
    let (id_2, outputs) = identify(&mut host);
    assert_eq!(outputs, [ask(2, response(id_2, IDENTITY, b"user"))]);
    let answer = AaaAnswer::Success { eap_message: Some(&success(id)), keys: Some(keys()) };
    assert_eq!(aaa(&mut host, 1, answer), (Discarded(Discard::AaaUnexpected), vec![]));
    assert_eq!(aaa(&mut host, 3, accept(&success(id))).0, Discarded(Discard::AaaUnexpected));
    let outputs = aaa_says(&mut host, 2, accept(&success(id_2)));
    assert_eq!(outputs, [sent(success(id_2)), granted(0, false)]);
}

/// Departure: nothing can be sent again if the AAA server was to begin.
#[test]
fn no_request_to_begin_with_leaves_aaa_idle_waiting() {
    let mut host = host(&config().pass_identity_through());
    start(&mut host);
    assert_eq!(aaa_says(&mut host, 1, AaaAnswer::NoRequest), []);
    assert_eq!(host.left(), Some(AAA_TIMEOUT));
    assert_eq!(host.expire(), [failed(Failure::AaaTimeout)]);
}

/// Departure: after the identity was passed through, the Identity Request still stands.
#[test]
fn no_request_after_part_1_has_its_last_request_sent_again() {
    let (mut host, id) = aaa_idle();
    assert_eq!(aaa_says(&mut host, 1, AaaAnswer::NoRequest), []);
    assert_eq!(host.expire(), [sent(request(id, IDENTITY, b""))]);
}

/// Departure.
#[test]
fn rounds_are_limited_in_both_parts_together() {
    let mut host = host(&config().max_rounds(2));
    identify(&mut host);
    aaa_says(&mut host, 1, next_request(&request(77, MD5, b"x")));
    host.accept(&response(77, MD5, b"x"));
    let outputs = aaa_says(&mut host, 2, next_request(&request(78, MD5, b"x")));
    let limit = 2;
    assert_eq!(outputs, [sent(failure(77)), failed(Failure::TooManyRounds { limit })]);
}

#[test]
fn a_notification_or_nak_on_the_way_is_not_the_method() {
    let mut host = idle_2();
    host.accept(&response(77, MD5, b"\x01answer"));
    for (n, method) in [(2, NOTIFICATION), (3, NAK), (4, IDENTITY)] {
        let id = u8::try_from(n).unwrap();
        aaa_says(&mut host, n, next_request(&request(id, NOTIFICATION, b"x")));
        host.accept(&response(id, method, b"user"));
    }
    assert_eq!(aaa_says(&mut host, 5, accept(&success(4)))[1], granted(MD5, false));
}

#[test]
fn the_port_takes_part_2_with_it() {
    let mut host = idle_2();
    assert_eq!(host.signal(Signal::PortDown), []);
    assert_eq!(host.left(), None);
    assert_eq!(host.drop_of(&response(77, MD5, b"x")), Discarded(Discard::PortDisabled));
    let outputs = host.signal(Signal::PortUp);
    let [Seen::Send(packet)] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(packet[4], IDENTITY);
    // Up is up: it does not begin again.
    assert_eq!(host.signal(Signal::PortUp), []);
}

#[test]
fn other_signals_change_nothing() {
    for signal in [Signal::PortUp, Signal::AltAccept, Signal::AltReject, Signal::Logoff] {
        let (mut host, id) = aaa_idle();
        assert_eq!(host.signal(signal), []);
        assert_eq!(aaa_says(&mut host, 1, accept(&success(id)))[1], granted(0, false));
    }
}

/// Departure: RFC 3579 §2.6.5, a server does not expect the Response to what it has not sent.
#[test]
fn the_response_to_a_notification_of_ours_is_not_the_aaa_servers() {
    let mut host = host(&config().notification("Welcome"));
    let (id, outputs) = identify(&mut host);
    let id = id.wrapping_add(1);
    assert_eq!(outputs, [sent(request(id, NOTIFICATION, b"Welcome"))]);
    let read = response(id, NOTIFICATION, b"");
    // The Identifier of the Notification is taken, so that the AAA server goes on behind it.
    assert_eq!(host.accept(&read), [ask(1, response(id, IDENTITY, b"user"))]);
    assert_eq!(host.receive(&read), (Duplicate, vec![]));
    let md5 = request(id.wrapping_add(1), MD5, b"\x01challenge");
    assert_eq!(aaa_says(&mut host, 1, next_request(&md5)), [sent(md5)]);
}

#[test]
fn a_method_timeout_of_nothing_is_none_and_one_of_for_ever_ends_never() {
    for (hint, wait) in [(Duration::ZERO, INITIAL), (Duration::MAX, u64::MAX)] {
        let (mut host, _) = aaa_idle();
        let gtc = request(9, GTC, b"Token: ");
        let answer = AaaAnswer::Request { eap_message: &gtc, method_timeout: Some(hint) };
        assert_eq!(aaa_says(&mut host, 1, answer), [sent(gtc)]);
        let deadline = host.session.poll_timeout().unwrap();
        let left = deadline.saturating_since(host.time()).as_millis();
        assert!(left.abs_diff(wait.into()) <= 10_000, "{left} instead of {wait}");
    }
}

#[test]
fn keys_of_no_octets_are_absent() {
    let none = || Keys { msk: Msk::new([]), emsk: None, session_id: None };
    let (mut host, id) = aaa_idle();
    let answer = AaaAnswer::Success { eap_message: Some(&success(id)), keys: Some(none()) };
    assert_eq!(aaa_says(&mut host, 1, answer), [sent(success(id)), granted(0, false)]);
    let mut host = super::tests::host(&config().require_keys());
    let (id, _) = identify(&mut host);
    let answer = AaaAnswer::Success { eap_message: Some(&success(id)), keys: Some(none()) };
    let outputs = aaa_says(&mut host, 1, answer);
    assert_eq!(outputs, [sent(failure(id)), failed(Failure::AaaWithoutKeys)]);
}

/// An offer to pass through is none where there is nothing to pass through to.
#[test]
fn others_do_not_pass_through() {
    let config = config().method(MethodType::MD5).ask_policy().build().unwrap();
    let mut host = Host::new(crate::Authenticator::new(Arc::new(config), rng()));
    host.session.start(host.time());
    let [Seen::Send(first)] = &host.drain()[..] else { panic!() };
    host.accept(&response(first[1], IDENTITY, b"user"));
    let outputs = host.answer(1, Answer::Offer(Offer::pass_through()));
    assert_eq!(outputs, [sent(failure(first[1])), failed(Failure::PolicyRefused)]);
}
