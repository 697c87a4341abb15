//! Family 3, success before done: Success and Failure under every Identifier in every state.

use eap_rs::{Discard, Failure, MethodType, Received, Signal};
use eap_tests::script::{self, failure, request, success};
use eap_tests::talk::FACTS as TALK;

use crate::peer_states::{FIRST, MD5_CHALLENGE, OnResult, PeerState, SECOND, STATES, answered};
use crate::peer_states::{config, identified, md5_sent, second};

/// What this packet under this Identifier has to do in this state.
fn expected(
    state: &PeerState,
    is_success: bool,
    id: u8,
) -> (Received, Option<Result<(), Failure>>) {
    let discarded = |reason| (Received::Discarded(reason), None);
    if let OnResult::Discards(reason) = state.on_result {
        return discarded(reason);
    }
    if state.last != Some(id) {
        return discarded(Discard::WrongIdentifier);
    }
    let result = match (&state.on_result, is_success) {
        (OnResult::Discards(reason) | OnResult::DiscardsMatching(reason), _) => {
            return discarded(*reason);
        }
        (OnResult::Ends(_), true) => Ok(()),
        (OnResult::Fails(_), true) => Err(Failure::SuccessTooEarly),
        (OnResult::Ends(failure) | OnResult::Fails(failure), false) => Err(failure.clone()),
    };
    (Received::Accepted, Some(result))
}

#[test]
fn success_and_failure_are_heeded_in_legal_states_under_the_right_identifier_only() {
    for state in STATES {
        for is_success in [true, false] {
            for id in 0..=255 {
                let mut peer = (state.enter)();
                peer.result = None;
                let sent = peer.sent.len();
                let packet = if is_success { success(id) } else { failure(id) };
                let fate = peer.feed(&packet);
                let result = peer.result.map(|result| result.map(|_| ()));
                let expected = expected(&state, is_success, id);
                assert_eq!((fate, result), expected, "{}: {packet:02x?}", state.name);
                // RFC 3748 §4.2: neither is ever answered.
                assert_eq!(peer.sent.len(), sent);
            }
        }
    }
}

/// RFC 4137 §8.3: the option takes one more Identifier, and changes nothing else.
#[test]
fn the_next_identifier_is_heeded_if_configured_and_no_other() {
    let config = config().identity("alice").password("wonderland").accept_next_identifier();
    for id in 0..=255 {
        let mut peer = script::peer(&config);
        let _ = peer.feed(&request(FIRST, MethodType::IDENTITY, b""));
        let early = peer.feed(&success(id));
        assert_eq!(early == Received::Accepted, id == FIRST || id == FIRST + 1);
        assert!(!matches!(peer.result, Some(Ok(_))), "{id}");

        let mut peer = script::peer(&config);
        let _ = peer.feed(&request(255, MethodType::MD5, MD5_CHALLENGE));
        let fate = peer.feed(&success(id));
        assert_eq!(fate == Received::Accepted, id == 255 || id == 0);
        assert_eq!(matches!(peer.result, Some(Ok(_))), id == 255 || id == 0);
    }
}

/// CVE-2021-45079 (strongSwan before 5.9.5): an EAP-Success before the method had finished was
/// accepted.
#[test]
fn cve_2021_45079_early_success_is_not_accepted() {
    let before_the_end = STATES.iter().filter(|s| !matches!(s.on_result, OnResult::Ends(_)));
    let before_the_end = before_the_end.filter(|state| state.name != "succeeded");
    let mut states = 0;
    for state in before_the_end {
        for id in 0..=255 {
            let mut peer = (state.enter)();
            let _ = peer.feed(&success(id));
            assert!(!matches!(peer.result, Some(Ok(_))), "{}: {id}", state.name);
        }
        // The lower layer's word is no better than the authenticator's.
        let mut peer = (state.enter)();
        peer.signal(Signal::AltAccept);
        assert!(!matches!(peer.result, Some(Ok(_))), "{}", state.name);
        states += 1;
    }
    assert_eq!(states, 10);
}

/// A Success ignored while a method runs leaves it running: the real one still counts.
#[test]
fn an_early_success_does_not_disturb_a_method_that_goes_on() {
    let mut peer = second(TALK.method, b"?");
    assert_eq!(peer.feed(&success(SECOND)), Received::Discarded(Discard::UnexpectedResult));
    assert_eq!(peer.feed(&request(SECOND + 1, TALK.method, b"?")), Received::Accepted);
    assert_eq!(peer.last_identifier(), SECOND + 1);

    let mut peer = second(MethodType::MD5, MD5_CHALLENGE);
    assert_eq!(peer.feed(&success(SECOND)), Received::Discarded(Discard::QuestionOpen));
    let mut peer = answered(peer);
    assert_eq!(peer.feed(&success(SECOND)), Received::Accepted);
    assert!(peer.result.unwrap().is_ok());
}

/// CVE-2019-12586 (ESP-IDF): an EAP-Success before any method crashed the peer.
#[test]
fn cve_2019_12586_a_result_before_any_method_is_survived() {
    for packet in [success, failure] {
        for id in 0..=255 {
            let mut peer = script::peer(&config().identity("alice").password("wonderland"));
            assert_eq!(peer.feed(&packet(id)), Received::Discarded(Discard::WrongIdentifier));
            for (id, method, data) in
                [(FIRST, MethodType::IDENTITY, &b""[..]), (SECOND, MethodType::MD5, MD5_CHALLENGE)]
            {
                assert_eq!(peer.feed(&request(id, method, data)), Received::Accepted);
            }
            assert_eq!(peer.feed(&success(SECOND)), Received::Accepted);
            assert!(matches!(peer.result, Some(Ok(_))), "{id}");
        }
    }
    let mut peer = identified();
    assert_eq!(peer.feed(&success(FIRST)), Received::Accepted);
    assert_eq!(peer.result.unwrap().unwrap_err(), Failure::SuccessTooEarly);
}

/// RFC 4137 §4.2: COND_SUCC takes the authenticator's word, not its silence.
#[test]
fn silence_after_the_last_response_is_no_success() {
    for enter in [md5_sent, || answered(second(MethodType::GTC, b"Token: "))] {
        let mut peer = enter();
        peer.advance_to_deadline();
        assert_eq!(peer.result.unwrap().unwrap_err(), Failure::NoRequest);
    }
}
