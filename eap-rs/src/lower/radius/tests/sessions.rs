use core::time::Duration;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::method::ServerStep;
use crate::testing::scripted::Script;
use crate::testing::{
    GTC, IDENTITY, MD5, NAK, SCRIPTED_FACTS, failure, packet, request, response, success,
};
use crate::{
    Answer, AnswerError, AuthenticatorConfig, AuthenticatorConfigBuilder, Discard, Failure,
    Instant, MethodType, Query,
};

type Table = SessionTable<StdRng>;

fn config() -> AuthenticatorConfigBuilder {
    AuthenticatorConfig::builder().backend().method(MethodType::GTC).method(MethodType::MD5)
}

fn table_of(config: &AuthenticatorConfigBuilder, capacity: usize) -> Table {
    SessionTable::new(Arc::new(config.build().unwrap()), capacity, StdRng::seed_from_u64(1))
}

fn table() -> Table {
    table_of(&config(), 10)
}

fn at(second: u64) -> Instant {
    Instant::from_millis(second * 1000)
}

/// The outputs but for events.
fn drain(table: &mut Table) -> Vec<(SessionState, SessionOutput)> {
    std::iter::from_fn(|| table.poll_output())
        .filter(|(_, output)| !matches!(output, SessionOutput::Event(_)))
        .collect()
}

/// Feeds a request with this State and EAP-Message.
fn feed(
    table: &mut Table,
    state: Option<&[u8]>,
    eap: &[u8],
    now: Instant,
) -> Result<SessionState, RadiusDiscard> {
    let mut request = super::request().eap_message(eap);
    if let Some(state) = state {
        request = request.attribute(AttributeType::STATE, state);
    }
    table.handle_packet(&RadiusPacket::parse(&built(request)).unwrap(), now)
}

/// Begins a conversation with the identity of "user", and gives the State and the challenge.
fn begin(table: &mut Table, id: u8, second: u64) -> (SessionState, Vec<u8>) {
    let identity = response(id, IDENTITY, b"user");
    let state = feed(table, None, &identity, at(second)).unwrap();
    (state, challenge(table, state))
}

fn challenge(table: &mut Table, expected: SessionState) -> Vec<u8> {
    let outputs = drain(table);
    let [(state, SessionOutput::Challenge { eap_message, .. })] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(*state, expected);
    eap_message.clone()
}

/// The EAP-Message and the failure of a conversation that has ended, "user"'s.
fn finished(table: &mut Table, expected: SessionState) -> (Option<Vec<u8>>, Result<(), Failure>) {
    let mut outputs = drain(table);
    assert_eq!(outputs.len(), 1, "{outputs:?}");
    let Some((state, SessionOutput::Finished { eap_message, identity, result, .. })) =
        outputs.pop()
    else {
        panic!("no result")
    };
    assert_eq!(state, expected);
    assert_eq!(identity.to_string(), "user");
    (eap_message, result.map(|outcome| assert_eq!(outcome.peer_identity, identity)))
}

/// Answers the question whether a password is right.
fn answer(table: &mut Table, expected: SessionState, verdict: bool) {
    let outputs = drain(table);
    let [(state, SessionOutput::Ask(id, Query::CheckPassword { password, .. }))] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert!(*state == expected && password.ct_eq(b"secret"));
    table.handle_answer(*state, *id, Answer::Verdict(verdict), at(0)).unwrap();
    let stale = table.handle_answer(*state, *id, Answer::Verdict(verdict), at(0));
    assert_eq!(stale, Err(AnswerError::Stale));
}

#[test]
fn a_login_from_identity_to_result() {
    for (verdict, code, expected) in [(true, 3, Ok(())), (false, 4, Err(Failure::BadCredentials))] {
        let mut table = table();
        let (state, eap) = begin(&mut table, 7, 0);
        assert_eq!(eap, request(8, GTC, b"Password: "));
        let taken = feed(&mut table, Some(&state.0), &response(8, GTC, b"secret"), at(0));
        assert_eq!(taken, Ok(state));
        answer(&mut table, state, verdict);
        assert_eq!(finished(&mut table, state), (Some(packet(code, 8, &[])), expected));
        // It is over, and forgotten.
        assert!(table.is_empty() && table.poll_timeout().is_none());
        let again = feed(&mut table, Some(&state.0), &response(8, GTC, b"secret"), at(0));
        assert_eq!(again, Err(RadiusDiscard::UnknownState));
    }
}

#[test]
fn an_answer_that_comes_too_late_is_none() {
    let mut table = table_of(&config().answer_timeout(Duration::from_secs(5)), 10);
    let (state, _) = begin(&mut table, 7, 0);
    feed(&mut table, Some(&state.0), &response(8, GTC, b"secret"), at(0)).unwrap();
    let outputs = drain(&mut table);
    let [(_, SessionOutput::Ask(id, _))] = outputs[..] else { panic!("{outputs:?}") };
    let late = table.handle_answer(state, id, Answer::Verdict(true), at(6));
    assert_eq!(late, Err(AnswerError::Stale));
    let end = drain(&mut table).pop();
    let Some((_, SessionOutput::Finished { identity, inner_identity, method, result, .. })) = end
    else {
        panic!("{end:?}")
    };
    assert_eq!(identity.to_string(), "user");
    assert_eq!((inner_identity, method), (None, Some(MethodType::GTC)));
    assert_eq!(result.unwrap_err(), Failure::Unanswered);
}

#[test]
fn eap_start_asks_for_the_identity() {
    // RFC 3579 §2.1: an EAP-Message without octets.
    let mut table = table();
    let state = feed(&mut table, None, b"", at(0)).unwrap();
    let eap = challenge(&mut table, state);
    assert_eq!(eap, request(eap[1], IDENTITY, b""));
    feed(&mut table, Some(&state.0), &response(eap[1], IDENTITY, b"user"), at(0)).unwrap();
    assert_eq!(challenge(&mut table, state)[4], GTC);
}

#[test]
fn conversations_do_not_disturb_each_other() {
    let mut table = table();
    let (one, _) = begin(&mut table, 7, 0);
    let (two, _) = begin(&mut table, 7, 0);
    assert_ne!(one, two);
    feed(&mut table, Some(&one.0), &response(8, NAK, &[MD5]), at(0)).unwrap();
    assert_eq!(challenge(&mut table, one)[4], MD5);
    feed(&mut table, Some(&two.0), &response(8, GTC, b"secret"), at(0)).unwrap();
    answer(&mut table, two, true);
    assert_eq!(finished(&mut table, two), (Some(success(8)), Ok(())));
    assert_eq!(table.len(), 1);
}

#[test]
fn a_state_that_names_no_conversation_is_dropped() {
    let mut table = table();
    let (state, _) = begin(&mut table, 7, 0);
    let eap = response(8, GTC, b"secret");
    let mut other = state.0;
    other[15] ^= 1;
    for unknown in [&other[..], &state.0[..15], &[&state.0[..], &[0]].concat(), &[]] {
        let fate = feed(&mut table, Some(unknown), &eap, at(0));
        assert_eq!(fate, Err(RadiusDiscard::UnknownState));
    }
    assert_eq!(feed(&mut table, Some(&state.0), &eap, at(0)), Ok(state));
}

#[test]
fn a_bad_eap_packet_is_dropped_and_the_conversation_goes_on() {
    let mut table = table();
    let (state, _) = begin(&mut table, 7, 0);
    for (eap, reason) in [
        (vec![2], Discard::Truncated),
        (response(7, GTC, b"secret"), Discard::WrongIdentifier),
        (response(8, MD5, b"secret"), Discard::UnexpectedType(MethodType::MD5)),
        (vec![], Discard::Truncated),
    ] {
        let fate = feed(&mut table, Some(&state.0), &eap, at(0));
        assert_eq!(fate, Err(RadiusDiscard::Eap(reason)));
        assert!(drain(&mut table).is_empty());
    }
    feed(&mut table, Some(&state.0), &response(8, GTC, b"secret"), at(0)).unwrap();
    // Again, while the question is open.
    let again = feed(&mut table, Some(&state.0), &response(8, GTC, b"secret"), at(0));
    assert_eq!(again, Err(RadiusDiscard::Duplicate));
    answer(&mut table, state, false);
    assert_eq!(finished(&mut table, state).0, Some(failure(8)));
}

#[test]
fn what_begins_no_conversation_takes_no_place() {
    let mut table = table();
    for eap in [vec![2], request(1, IDENTITY, b""), success(1), response(1, NAK, &[])] {
        let fate = feed(&mut table, None, &eap, at(0));
        assert!(matches!(fate, Err(RadiusDiscard::Eap(_))), "{fate:?}");
    }
    assert!(table.is_empty() && table.poll_output().is_none());
}

#[test]
fn the_table_is_bounded_and_conversations_expire() {
    let mut table = table_of(&config().response_timeout(Duration::from_secs(40)), 3);
    for second in 0..3 {
        begin(&mut table, 7, second);
    }
    let identity = response(7, IDENTITY, b"user");
    let full = feed(&mut table, None, &identity, at(39));
    assert_eq!(full, Err(RadiusDiscard::TooManySessions));
    assert_eq!(table.poll_timeout(), Some(at(40)));
    // The first two are given up to make place, without a reply to anybody.
    assert!(feed(&mut table, None, &identity, at(41)).is_ok());
    let outputs = drain(&mut table);
    let ended = outputs.iter().filter(|(_, output)| {
        matches!(
            output,
            SessionOutput::Finished { eap_message: None, result: Err(Failure::NoResponse), .. }
        )
    });
    assert_eq!(ended.count(), 2, "{outputs:?}");
    assert_eq!(table.len(), 2);
    table.handle_timeout(at(1000));
    assert!(table.is_empty());
}

#[test]
fn who_is_refused_and_falls_silent_is_given_up_for_that_reason() {
    let script = Script::new([ServerStep::Request.into()]);
    let start = move || Box::new(script.start().that_rejects(Failure::BadCredentials)) as _;
    let config = AuthenticatorConfig::builder().backend().custom_method(SCRIPTED_FACTS, start);
    let mut table = table_of(&config, 1);
    let (state, _) = begin(&mut table, 7, 0);
    table.handle_timeout(at(1000));
    assert_eq!(finished(&mut table, state), (None, Err(Failure::BadCredentials)));
}

#[test]
fn a_response_puts_the_deadline_off() {
    let mut table = table_of(&config().response_timeout(Duration::from_secs(40)), 3);
    let (state, _) = begin(&mut table, 7, 0);
    feed(&mut table, Some(&state.0), &response(8, NAK, &[MD5]), at(30)).unwrap();
    assert!(matches!(drain(&mut table)[..], [(_, SessionOutput::Challenge { .. })]));
    table.handle_timeout(at(40));
    assert!(drain(&mut table).is_empty() && table.len() == 1);
    assert_eq!(table.poll_timeout(), Some(at(70)));
    table.handle_timeout(at(70));
    assert!(table.is_empty() && table.poll_timeout().is_none());
}

#[test]
fn a_question_that_is_not_answered_ends_in_a_reject() {
    let mut table = table();
    let (state, _) = begin(&mut table, 7, 0);
    feed(&mut table, Some(&state.0), &response(8, GTC, b"secret"), at(0)).unwrap();
    assert!(matches!(drain(&mut table)[..], [(_, SessionOutput::Ask(..))]));
    table.handle_timeout(table.poll_timeout().unwrap());
    let outputs = drain(&mut table);
    let [
        (_, SessionOutput::Withdrawn(_)),
        (_, SessionOutput::Finished { eap_message, result, .. }),
    ] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!(eap_message, &Some(failure(8)));
    assert_eq!(result.as_ref().unwrap_err(), &Failure::Unanswered);
}

/// RFC 3579 §2.3: who has to find a token needs more time than the network.
#[test]
fn a_challenge_says_how_long_a_person_may_take() {
    let mut table = table();
    let identity = response(7, IDENTITY, b"user");
    let state = feed(&mut table, None, &identity, at(0)).unwrap();
    let hint = |table: &mut Table| match drain(table).pop() {
        Some((_, SessionOutput::Challenge { method_timeout, .. })) => method_timeout,
        other => panic!("{other:?}"),
    };
    assert_eq!(hint(&mut table), Some(Duration::from_secs(30)), "GTC");
    feed(&mut table, Some(&state.0), &response(8, NAK, &[MD5]), at(1)).unwrap();
    assert_eq!(hint(&mut table), None, "MD5-Challenge");
}
