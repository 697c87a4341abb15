//! Every arrow of the PAE between its resting states.

use super::*;
use crate::method::ServerStep;
use crate::query::AnswerKind;
use crate::testing::scripted::Script;
use crate::testing::{SCRIPTED_FACTS, failure, withdrawn};
use crate::{Offer, Query};

#[test]
fn it_is_silent_until_the_port_is_up() {
    let mut port = port_with(&config(), &eap_config());
    assert_eq!((port.session.state(), port.session.port()), (Initialize, Unauthorized));
    assert_eq!(port.left(), None);
    assert_eq!(port.wait(1_000_000), []);
    for signal in [Signal::Restart, Signal::Logoff, Signal::Logon, Signal::AltAccept] {
        assert_eq!(port.signal(signal), [], "{signal:?}");
    }
    let disabled = Received::Discarded(Discard::PortDisabled);
    for frame in [start(PHONE), logoff(PHONE), eap(PHONE, &response(1, IDENTITY, b"user"))] {
        assert_eq!(port.drop_of(&frame), disabled);
    }
}

#[test]
fn initialize_on_port_up_goes_by_disconnected_and_restart_to_authenticating() {
    let mut port = port_with(&config(), &eap_config());
    let outputs = port.signal(Signal::PortUp);
    let id = identity_request(&outputs);
    let question = sent(&request(id, IDENTITY, b""));
    assert_eq!(outputs, [pae(Connecting), pae(Authenticating), question]);
    assert_eq!(port.session.port(), Unauthorized);
    // Where the port is up already it is no news.
    assert_eq!(port.signal(Signal::PortUp), []);
}

#[test]
fn connecting_waits_for_a_server_that_is_to_begin() {
    let eap_config = eap_config().pass_identity_through();
    let mut port = port_with(&config(), &eap_config);
    let outputs = port.signal(Signal::PortUp);
    assert_eq!(outputs, [pae(Connecting), Seen::AskAaa(1, String::new(), vec![])]);
    assert_eq!(port.left(), Some(AAA_TIMEOUT));
    // It is what the station that wants to begin has to wait for.
    assert_eq!(port.accept(&start(PHONE)), []);
    assert_eq!(port.session.station(), Some(PHONE));
    let question = request(9, IDENTITY, b"who?");
    let next = AaaAnswer::Request { eap_message: &question, method_timeout: None };
    assert_eq!(aaa(&mut port, 1, next), [pae(Authenticating), sent(&question)]);
}

#[test]
fn authenticating_on_success_goes_to_authenticated_and_opens_the_port() {
    let (mut port, id) = asking_for_identity(&config());
    let outputs = log_in(&mut port, id);
    assert_eq!(outputs, [sent(&success(id)), granted(), pae(Authenticated), opened()]);
    assert_eq!(port.left(), Some(REAUTH_PERIOD));
    assert_eq!(port.session.station(), Some(PHONE));
}

#[test]
fn authenticating_with_a_method_of_our_own_needs_no_server() {
    let eap_config = AuthenticatorConfig::builder().method(MethodType::GTC);
    let mut port = port_with(&config(), &eap_config);
    let id = identity_request(&port.signal(Signal::PortUp));
    port.accept(&eap(PHONE, &response(id, IDENTITY, b"user")));
    let answer = response(id.wrapping_add(1), crate::testing::GTC, b"token");
    let asked = Seen::Ask(QueryId::new(1), AnswerKind::Verdict);
    assert_eq!(port.accept(&eap(PHONE, &answer)), [asked]);
    let outputs = port.answer(1, Answer::Verdict(true));
    assert_eq!(outputs[2..], [pae(Authenticated), opened()]);
}

#[test]
fn authenticating_on_failure_goes_to_held() {
    let (mut port, id) = asking_for_identity(&config());
    let request = identify(&mut port, id);
    let outputs = aaa(&mut port, request, reject(&failure(id)));
    assert_eq!(outputs, [sent(&failure(id)), failed(Failure::AaaRejected), pae(Held)]);
    assert_eq!(port.left(), Some(QUIET_PERIOD));
    assert_eq!(port.session.station(), None);
}

#[test]
fn authenticating_without_an_answer_of_anybody_begins_again_without_a_word() {
    let (mut port, _) = asking_for_identity(&config());
    for _ in 0..10 {
        let outputs = port.expire();
        assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
        assert_eq!(outputs.len(), 3);
        identity_request(&outputs);
    }
}

#[test]
fn authenticating_with_a_station_that_falls_silent_says_so_and_is_free_for_others() {
    let (mut port, id) = asking_for_identity(&config());
    let request_id = identify(&mut port, id);
    let challenge = request(77, MD5, b"\x01challenge");
    let next = AaaAnswer::Request { eap_message: &challenge, method_timeout: None };
    assert_eq!(aaa(&mut port, request_id, next), [sent(&challenge)]);
    let outputs = port.expire();
    let end = [failed(Failure::NoResponse), sent(&failure(77)), pae(Connecting)];
    assert_eq!(outputs[..3], end);
    identity_request(&outputs);
    assert_eq!(port.session.station(), None);
    port.accept(&start(PC));
    assert_eq!(port.session.station(), Some(PC));
}

#[test]
fn authenticating_with_a_station_that_is_refused_and_falls_silent_says_why() {
    let script = Script::new([ServerStep::Request.into()]);
    let start = move || Box::new(script.start().that_rejects(Failure::BadCredentials)) as _;
    let eap_config = AuthenticatorConfig::builder().custom_method(SCRIPTED_FACTS, start);
    let mut port = port_with(&config(), &eap_config.retransmission(once()));
    let id = identity_request(&port.signal(Signal::PortUp));
    port.accept(&eap(PHONE, &response(id, IDENTITY, b"user")));
    let outputs = port.expire();
    let canned = sent(&failure(id.wrapping_add(1)));
    assert_eq!(outputs[..3], [failed(Failure::BadCredentials), canned, pae(Connecting)]);
    identity_request(&outputs);
}

#[test]
fn authenticating_with_a_server_that_does_not_answer_begins_again() {
    let (mut port, id) = asking_for_identity(&config());
    identify(&mut port, id);
    assert_eq!(port.left(), Some(AAA_TIMEOUT));
    let outputs = port.expire();
    let end = [failed(Failure::AaaTimeout), sent(&failure(id)), pae(Connecting)];
    assert_eq!(outputs[..3], end);
    identity_request(&outputs);
    assert_eq!(port.session.port(), Unauthorized);
}

#[test]
fn authenticating_on_start_goes_by_aborting_to_a_new_conversation() {
    let (mut port, id) = asking_for_identity(&config());
    let request = identify(&mut port, id);
    let outputs = port.accept(&start(PHONE));
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    let next = identity_request(&outputs);
    // What the server says to the conversation before is late.
    let late = accept(&[3, 0, 0, 4]);
    let now = port.time();
    let fate = port.session.handle_aaa(AaaRequestId::new(request), late, now);
    assert_eq!(fate, Received::Discarded(Discard::AaaUnexpected));
    assert_eq!(port.drain(), []);
    assert_eq!(log_in(&mut port, next).last(), Some(&opened()));
}

#[test]
fn aborting_withdraws_the_question_that_is_open() {
    let eap_config = || eap_config().method(MethodType::MD5).ask_policy();
    let asking = || {
        let mut port = port_with(&config(), &eap_config());
        let id = identity_request(&port.signal(Signal::PortUp));
        let outputs = port.accept(&eap(PHONE, &response(id, IDENTITY, b"user")));
        assert_eq!(outputs[1..], [Seen::Ask(QueryId::new(1), AnswerKind::Offer)]);
        assert!(matches!(port.query, Some(Query::Policy { .. })));
        port
    };
    let mut port = asking();
    assert_eq!(port.accept(&start(PHONE))[0], withdrawn(1));
    let offer = || Answer::Offer(Offer::pass_through());
    assert_eq!(port.try_answer(1, offer()), Err(AnswerError::Stale));
    assert_eq!(asking().accept(&logoff(PHONE))[0], withdrawn(1));
    assert_eq!(asking().signal(Signal::PortDown), [withdrawn(1), pae(Initialize)]);
    assert!(matches!(asking().answer(1, offer())[..], [Seen::AskAaa(..)]));
}

#[test]
fn authenticating_on_logoff_goes_by_aborting_and_disconnected_to_a_new_conversation() {
    let (mut port, id) = asking_for_identity(&config());
    identify(&mut port, id);
    let outputs = port.accept(&logoff(PHONE));
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    assert_eq!((outputs.len(), port.session.station()), (3, None));
}

#[test]
fn authenticated_on_start_logs_in_again_with_the_port_open() {
    let mut port = authenticated(&config());
    let outputs = port.accept(&start(PHONE));
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    assert_eq!(port.session.port(), Authorized);
    let outputs = log_in(&mut port, identity_request(&outputs));
    assert_eq!(outputs[1..], [granted(), pae(Authenticated)]);
}

#[test]
fn authenticated_on_reauthenticate_logs_in_again_with_the_port_open() {
    let mut port = authenticated(&config());
    let outputs = port.signal(Signal::Restart);
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
    assert_eq!(port.session.port(), Authorized);
    let id = identity_request(&outputs);
    let request = identify(&mut port, id);
    let outputs = aaa(&mut port, request, reject(&failure(id)));
    assert_eq!(outputs[1..], [failed(Failure::AaaRejected), pae(Held), closed()]);
}

#[test]
fn authenticated_on_logoff_closes_the_port() {
    let mut port = authenticated(&config());
    let outputs = port.accept(&logoff(PHONE));
    assert_eq!(outputs[..3], [closed(), pae(Connecting), pae(Authenticating)]);
    assert_eq!((outputs.len(), port.session.station()), (4, None));
    // The session's end has gone with it.
    assert!(port.left().unwrap() < 10_000);
}

#[test]
fn held_listens_to_nobody_and_begins_again_after_the_quiet_period() {
    let mut port = held(&config());
    let quiet = Received::Discarded(Discard::QuietPeriod);
    for station in [PHONE, PC] {
        assert_eq!(port.drop_of(&start(station)), quiet);
        assert_eq!(port.drop_of(&logoff(station)), quiet);
        assert_eq!(port.drop_of(&eap(station, &response(1, IDENTITY, b"user"))), quiet);
    }
    assert_eq!(port.signal(Signal::Restart), []);
    let outputs = port.expire();
    assert_eq!(port.now, QUIET_PERIOD);
    assert_eq!(outputs[..2], [pae(Connecting), pae(Authenticating)]);
}

#[test]
fn a_reauthentication_without_response_closes_the_port_after_reauth_max() {
    let mut port = authenticated(&config().reauth_max(2));
    port.signal(Signal::Restart);
    for _ in 0..2 {
        let outputs = port.expire();
        let expected = [failed(Failure::NoResponse), pae(Connecting), pae(Authenticating)];
        assert_eq!(outputs[..3], expected);
        assert_eq!((port.session.port(), port.session.station()), (Authorized, Some(PHONE)));
    }
    let outputs = port.expire();
    let expected = [failed(Failure::NoResponse), closed(), pae(Connecting), pae(Authenticating)];
    assert_eq!(outputs[..4], expected);
    assert_eq!(port.session.station(), None);
}

#[test]
fn the_station_that_begins_again_and_again_loses_the_port() {
    let mut port = authenticated(&config().reauth_max(2));
    for _ in 0..3 {
        port.accept(&start(PHONE));
        assert_eq!(port.session.port(), Authorized);
    }
    assert_eq!(port.accept(&start(PHONE))[0], closed());
}

#[test]
fn the_reauthentication_timer_runs_as_long_as_the_port_is_open() {
    let mut port = authenticated(&config());
    let outputs = port.expire();
    assert_eq!(port.now, REAUTH_PERIOD);
    log_in(&mut port, identity_request(&outputs));
    assert_eq!(port.left(), Some(REAUTH_PERIOD));

    assert_eq!(authenticated(&config().reauth_period(None)).left(), None);
    let soon = config().reauth_period(Some(Duration::from_secs(5)));
    assert_eq!(authenticated(&soon).left(), Some(5000));
}

#[test]
fn a_reauthentication_that_is_due_during_one_is_that_one() {
    let mut port = authenticated(&config().reauth_period(Some(Duration::from_millis(1200))));
    port.sleep(1000);
    let outputs = port.accept(&start(PHONE));
    identify(&mut port, identity_request(&outputs));
    assert_eq!(port.wait(200), []);
    assert_eq!((port.session.state(), port.session.port()), (Authenticating, Authorized));
}

#[test]
fn the_servers_limit_takes_the_place_of_the_reauth_period_for_one_session() {
    let limit = |port: &mut Port, limit| {
        let now = port.time();
        port.session.set_session_limit(limit, now);
        assert_eq!(port.drain(), []);
    };
    let seconds = Duration::from_secs;
    let mut port = authenticated(&config());
    limit(&mut port, SessionLimit::Reauthenticate(seconds(100)));
    assert_eq!(port.left(), Some(100_000));
    let outputs = port.expire();
    assert_eq!((outputs[0].clone(), port.session.port()), (pae(Connecting), Authorized));
    log_in(&mut port, identity_request(&outputs));
    assert_eq!(port.left(), Some(REAUTH_PERIOD));

    let mut port = authenticated(&config().reauth_period(None));
    limit(&mut port, SessionLimit::Terminate(seconds(100)));
    assert_eq!(port.left(), Some(100_000));
    let outputs = port.expire();
    assert_eq!(outputs[..3], [closed(), pae(Connecting), pae(Authenticating)]);

    // RFC 3580 §3.17 has 0 for "at once".
    let mut port = authenticated(&config());
    limit(&mut port, SessionLimit::Reauthenticate(Duration::ZERO));
    assert_eq!(port.left(), Some(1000));

    // Where nobody has been let in there is nothing to limit.
    let mut port = held(&config());
    limit(&mut port, SessionLimit::Terminate(seconds(1)));
    assert_eq!(port.left(), Some(QUIET_PERIOD));
}

#[test]
fn a_session_that_ends_during_a_login_ends_it() {
    let mut port = authenticated(&config());
    let now = port.time();
    port.session.set_session_limit(SessionLimit::Terminate(Duration::from_secs(1)), now);
    port.sleep(900);
    let outputs = port.accept(&start(PHONE));
    let request = identify(&mut port, identity_request(&outputs));
    assert_eq!(port.wait(100)[0], closed());
    let now = port.time();
    let late = port.session.handle_aaa(AaaRequestId::new(request), accept(&[]), now);
    assert_eq!(late, Received::Discarded(Discard::AaaUnexpected));
}

#[test]
fn port_down_goes_to_initialize_from_everywhere() {
    let authenticating = asking_for_identity(&config()).0;
    for mut port in [authenticating, held(&config())] {
        assert_eq!(port.signal(Signal::PortDown), [pae(Initialize)]);
        assert_eq!((port.left(), port.session.station()), (None, None));
    }
    let mut port = authenticated(&config());
    assert_eq!(port.signal(Signal::PortDown), [pae(Initialize), closed()]);
    assert_eq!((port.left(), port.session.station()), (None, None));
    assert_eq!(port.wait(1_000_000), []);
    assert_eq!(port.signal(Signal::PortUp)[0], pae(Connecting));
}

#[test]
fn a_forced_port_answers_a_start_with_what_it_is() {
    let cases = [
        (PortControl::ForceAuthorized, ForceAuth, success as fn(u8) -> Vec<u8>),
        (PortControl::ForceUnauthorized, ForceUnauth, failure),
    ];
    for (control, state, result) in cases {
        let mut port = port_with(&config().control(control), &eap_config());
        let outputs = port.signal(Signal::PortUp);
        assert_eq!(outputs[0], pae(state));
        assert_eq!(outputs.last(), Some(&sent(&result(1))));
        assert_eq!(outputs.contains(&opened()), state == ForceAuth);
        assert_eq!(port.left(), None);
        assert_eq!(port.accept(&start(PHONE)), [sent(&result(2))]);
        assert_eq!(port.accept(&start(PC)), [sent(&result(3))]);
        let stray = Received::Discarded(Discard::NoConversation);
        assert_eq!(port.drop_of(&eap(PHONE, &response(1, IDENTITY, b"user"))), stray);
        assert_eq!(port.drop_of(&logoff(PHONE)), stray);
        assert_eq!(port.signal(Signal::Restart), []);
        let now = port.time();
        port.session.set_session_limit(SessionLimit::Terminate(Duration::from_secs(1)), now);
        assert_eq!(port.left(), None);
        let outputs = port.signal(Signal::PortDown);
        assert_eq!((outputs[0].clone(), port.session.port()), (pae(Initialize), Unauthorized));
    }
}

#[test]
fn the_control_may_change_while_the_port_is_up() {
    let set = |port: &mut Port, control| {
        let now = port.time();
        port.session.set_control(control, now);
        port.drain()
    };
    let mut port = authenticated(&config());
    assert_eq!(set(&mut port, PortControl::Auto), []);
    let outputs = set(&mut port, PortControl::ForceUnauthorized);
    assert_eq!(outputs[..3], [pae(Initialize), closed(), pae(ForceUnauth)]);
    let outputs = set(&mut port, PortControl::ForceAuthorized);
    assert_eq!(outputs[..3], [pae(Initialize), pae(ForceAuth), opened()]);
    // Who was let in by force has not logged in.
    let outputs = set(&mut port, PortControl::Auto);
    let begins = [pae(Initialize), closed(), pae(Connecting), pae(Authenticating)];
    assert_eq!(outputs[..4], begins);

    let mut port = port_with(&config(), &eap_config());
    assert_eq!(set(&mut port, PortControl::ForceAuthorized), []);
    assert_eq!(port.signal(Signal::PortUp)[..2], [pae(ForceAuth), opened()]);
}
