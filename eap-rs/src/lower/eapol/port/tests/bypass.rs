//! Who does not speak 802.1X.

use super::*;
use crate::Query;
use crate::query::AnswerKind;
use crate::testing::{asked, failure, withdrawn};

const PRINTER: MacAddress = MacAddress([2, 0, 0, 0, 0, 9]);
const DELAY: u64 = 30_000;

fn first() -> PortAuthenticatorConfigBuilder {
    config().mac_bypass(MacBypass::First)
}

fn after() -> PortAuthenticatorConfigBuilder {
    config().mac_bypass(MacBypass::After(Duration::from_millis(DELAY)))
}

/// A frame of no protocol that we speak.
fn any_frame(source: MacAddress) -> Vec<u8> {
    [&[0xff; 6][..], &source.0, &[8, 0, 0x45, 0]].concat()
}

fn question(port: &Port) -> MacAddress {
    let Some(Query::MacBypass { mac }) = &port.query else { panic!("{:?}", port.query) };
    *mac
}

fn verdict(id: u64) -> Seen {
    asked(id, AnswerKind::Verdict)
}

/// One that waits for the first frame.
fn listening(config: &PortAuthenticatorConfigBuilder) -> Port {
    let mut port = port_with(config, &eap_config());
    assert_eq!(port.signal(Signal::PortUp), [pae(Disconnected)]);
    assert_eq!(port.left(), None);
    port
}

/// One that asks about the printer, under the id 1.
fn asking(config: &PortAuthenticatorConfigBuilder) -> Port {
    let mut port = listening(config);
    assert_eq!(port.accept(&any_frame(PRINTER)), [verdict(1)]);
    assert_eq!(question(&port), PRINTER);
    port
}

/// One that has let in the printer.
fn let_in(config: &PortAuthenticatorConfigBuilder) -> Port {
    let mut port = asking(config);
    assert_eq!(port.answer(1, Answer::Verdict(true)), [opened()]);
    assert_eq!((port.session.state(), port.session.station()), (Disconnected, Some(PRINTER)));
    assert_eq!(port.left(), Some(REAUTH_PERIOD));
    port
}

#[test]
fn without_it_no_frame_but_eapol_matters() {
    let (mut port, _) = asking_for_identity(&config());
    assert_eq!(port.drop_of(&any_frame(PRINTER)), Received::Discarded(Discard::NotEapol));
}

#[test]
fn first_asks_about_the_first_station_and_about_one_at_a_time() {
    let mut port = listening(&first());
    for nobody in [SWITCH, GROUP_ADDRESS, MacAddress([0; 6])] {
        let fate = port.drop_of(&any_frame(nobody));
        assert_eq!(fate, Received::Discarded(Discard::NotEapol), "{nobody}");
    }
    assert_eq!(port.accept(&any_frame(PRINTER)), [verdict(1)]);
    for other in [PRINTER, PC, PHONE] {
        assert_eq!(port.drop_of(&any_frame(other)), Received::Discarded(Discard::NotEapol));
    }
    assert_eq!(port.answer(1, Answer::Verdict(true)), [opened()]);
    assert_eq!(port.drop_of(&any_frame(PC)), Received::Discarded(Discard::NotEapol));
}

#[test]
fn first_goes_on_to_802_1x_when_the_address_is_refused() {
    for answer in [Answer::Verdict(false), Answer::Decline] {
        let mut port = asking(&first());
        let outputs = port.answer(1, answer);
        assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
        // 802.1X has its turn: nobody is asked about until nobody has answered for long enough.
        for _ in 0..2 {
            assert_eq!(port.drop_of(&any_frame(PC)), Received::Discarded(Discard::NotEapol));
            port.expire();
        }
        assert_eq!(port.expire(), [pae(Disconnected)]);
        assert_eq!(port.accept(&any_frame(PRINTER)), [verdict(2)]);
    }
}

#[test]
fn a_question_that_nobody_answers_is_a_no() {
    let mut port = asking(&first());
    assert_eq!(port.left(), Some(AAA_TIMEOUT));
    let outputs = port.expire();
    assert_eq!(outputs[..3], [withdrawn(1), pae(Connecting), pae(Authenticating)]);
    assert_eq!(port.try_answer(1, Answer::Verdict(true)), Err(AnswerError::Stale));
    assert_eq!(port.session.port(), Unauthorized);
}

#[test]
fn an_answer_has_to_be_a_verdict_to_the_question() {
    let mut port = asking(&first());
    let wrong = AnswerError::WrongKind { expected: AnswerKind::Verdict };
    assert_eq!(port.try_answer(1, Answer::Text("yes".into())), Err(wrong));
    assert_eq!(port.try_answer(2, Answer::Verdict(true)), Err(AnswerError::Stale));
    assert_eq!(port.session.port(), Unauthorized);
    port.answer(1, Answer::Verdict(true));
    assert_eq!(port.try_answer(1, Answer::Verdict(true)), Err(AnswerError::Stale));
}

#[test]
fn a_start_preempts_the_question_and_the_wait_for_a_frame() {
    let not_eapol = Received::Discarded(Discard::NotEapol);
    let mut port = listening(&first());
    assert_eq!(port.accept(&start(PHONE))[..2], [pae(Connecting), pae(Authenticating)]);
    assert_eq!(port.drop_of(&any_frame(PRINTER)), not_eapol);

    // Whoever was asked about: nobody has been let in.
    let mut port = asking(&first());
    let outputs = port.accept(&start(PHONE));
    assert_eq!(outputs[..3], [withdrawn(1), pae(Connecting), pae(Authenticating)]);
    let outputs = log_in(&mut port, identity_request(&outputs));
    assert_eq!(outputs[2..], [pae(Authenticated), opened()]);
    assert_eq!(port.drop_of(&any_frame(PRINTER)), not_eapol);
}

#[test]
fn who_has_been_let_in_may_log_in_with_the_port_open() {
    let mut port = let_in(&first());
    let outputs = port.accept(&start(PRINTER));
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    assert_eq!(port.session.port(), Authorized);
    let id = identity_request(&outputs);
    port.accept(&eap(PRINTER, &response(id, IDENTITY, b"user")));
    let outputs = aaa(&mut port, 1, accept(&success(id)));
    assert_eq!(outputs[1..], [granted(), pae(Authenticated)]);
    assert_eq!(port.accept(&logoff(PRINTER))[0], closed());
}

#[test]
fn who_has_been_let_in_and_is_then_refused_is_out() {
    let mut port = let_in(&first());
    let id = identity_request(&port.accept(&start(PRINTER)));
    port.accept(&eap(PRINTER, &response(id, IDENTITY, b"user")));
    let outputs = aaa(&mut port, 1, reject(&failure(id)));
    assert_eq!(outputs[1..], [failed(Failure::AaaRejected), pae(Held), closed()]);
    assert_eq!(port.drop_of(&any_frame(PRINTER)), Received::Discarded(Discard::NotEapol));
    assert_eq!(port.expire(), [pae(Disconnected)]);
}

#[test]
fn who_has_been_let_in_and_then_falls_silent_stays() {
    let mut port = let_in(&first());
    port.accept(&start(PRINTER));
    assert_eq!(port.expire(), [failed(Failure::NoResponse), pae(Disconnected)]);
    assert_eq!((port.session.port(), port.session.station()), (Authorized, Some(PRINTER)));
    // Nor does it harm to try again and again.
    for _ in 0..10 {
        port.accept(&start(PRINTER));
        assert_eq!(port.session.port(), Authorized);
    }
}

#[test]
fn another_station_is_not_heard_while_one_is_let_in() {
    let mut port = let_in(&first());
    let other = Received::Discarded(Discard::OtherStation);
    assert_eq!(port.drop_of(&start(PC)), other);
    assert_eq!(port.drop_of(&logoff(PC)), other);
    // Its own logoff, or one by proxy, is.
    assert_eq!(port.accept(&logoff(PRINTER)), [closed()]);
    assert_eq!(port.accept(&any_frame(PC)), [verdict(2)]);
}

#[test]
fn who_has_been_let_in_is_asked_about_again_with_the_port_open() {
    let mut port = let_in(&first());
    assert_eq!(port.expire(), [verdict(2)]);
    assert_eq!((port.now, port.session.port()), (REAUTH_PERIOD, Authorized));
    assert_eq!(port.answer(2, Answer::Verdict(true)), []);
    assert_eq!(port.left(), Some(REAUTH_PERIOD));
    assert_eq!(port.signal(Signal::Restart), [verdict(3)]);
    let outputs = port.answer(3, Answer::Verdict(false));
    assert_eq!(outputs[..2], [closed(), pae(Connecting)]);
    assert_eq!(port.session.station(), None);
}

#[test]
fn a_start_during_the_second_question_leaves_the_port_as_it_is() {
    let mut port = let_in(&first());
    port.signal(Signal::Restart);
    assert_eq!(port.drop_of(&start(PC)), Received::Discarded(Discard::OtherStation));
    let outputs = port.accept(&start(PRINTER));
    assert_eq!(outputs[..3], [withdrawn(2), pae(Connecting), pae(Authenticating)]);
    assert_eq!(port.session.port(), Authorized);
    assert_eq!(port.expire(), [failed(Failure::NoResponse), pae(Disconnected)]);
    assert_eq!(port.session.port(), Authorized);
}

#[test]
fn the_servers_limit_counts_for_who_has_been_let_in() {
    let mut port = let_in(&first());
    let now = port.time();
    port.session.set_session_limit(SessionLimit::Terminate(Duration::from_secs(10)), now);
    assert_eq!(port.left(), Some(10_000));
    assert_eq!(port.expire(), [closed()]);
    assert_eq!(port.accept(&any_frame(PRINTER)), [verdict(2)]);
}

#[test]
fn port_down_puts_out_who_has_been_let_in_and_withdraws_the_question() {
    assert_eq!(let_in(&first()).signal(Signal::PortDown), [pae(Initialize), closed()]);
    let mut port = asking(&first());
    assert_eq!(port.signal(Signal::PortDown), [pae(Initialize), withdrawn(1)]);
    assert_eq!(port.signal(Signal::PortUp), [pae(Disconnected)]);
}

#[test]
fn after_gives_802_1x_its_time_and_then_asks_about_who_was_heard_last() {
    let (mut port, _) = asking_for_identity(&after());
    port.accept(&any_frame(PC));
    port.accept(&any_frame(PRINTER));
    let mut outputs = Vec::new();
    while port.now < DELAY {
        assert!(port.query.is_none());
        outputs = port.wait(100);
    }
    assert_eq!(outputs, [pae(Disconnected), verdict(1)]);
    assert_eq!(question(&port), PRINTER);
    assert_eq!(port.answer(1, Answer::Verdict(true)), [opened()]);
    assert_eq!(port.session.station(), Some(PRINTER));
}

#[test]
fn after_its_time_a_silent_device_is_asked_about_with_its_first_frame() {
    let (mut port, _) = asking_for_identity(&after());
    while port.now < 2 * DELAY {
        // 802.1X goes on meanwhile.
        let left = port.left().unwrap();
        port.wait(left);
    }
    assert_eq!(port.session.state(), Authenticating);
    assert_eq!(port.accept(&any_frame(PRINTER)), [pae(Disconnected), verdict(1)]);
}

#[test]
fn after_asks_about_nobody_who_speaks_802_1x() {
    let (mut port, id) = asking_for_identity(&after());
    port.accept(&any_frame(PHONE));
    identify(&mut port, id);
    assert_eq!(port.wait(DELAY), []);
    assert_eq!(port.drop_of(&any_frame(PC)), Received::Discarded(Discard::NotEapol));
    assert!(port.query.is_none());
}

#[test]
fn after_a_refusal_it_asks_again_no_sooner_than_the_quiet_period_is_over() {
    let (mut port, _) = asking_for_identity(&after());
    port.accept(&any_frame(PRINTER));
    port.wait(DELAY);
    let outputs = port.answer(1, Answer::Verdict(false));
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    let refused_at = port.now;
    port.query = None;
    while port.query.is_none() {
        let _ = port.receive(&any_frame(PRINTER));
        port.wait(100);
    }
    assert!(port.now - refused_at >= QUIET_PERIOD);
    assert_eq!(question(&port), PRINTER);
}

#[test]
fn after_a_failed_login_it_gives_802_1x_its_time_again() {
    let (mut port, id) = asking_for_identity(&after());
    let request = identify(&mut port, id);
    aaa(&mut port, request, reject(&failure(id)));
    assert_eq!(port.drop_of(&any_frame(PHONE)), Received::Discarded(Discard::NotEapol));
    let outputs = port.expire();
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    port.accept(&any_frame(PHONE));
    port.query = None;
    let began = port.now;
    while port.query.is_none() {
        port.wait(100);
    }
    assert_eq!(port.now - began, DELAY);
}
