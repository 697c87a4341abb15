//! Naks and the offer: which method is proposed next (RFC 3748 §5.3, RFC 4137 §5.4).

use super::*;
use crate::query::AnswerKind;
use crate::testing::{
    GTC, MD5, NAK, NOTIFICATION, asked, expanded_response, failure, refused, succeeded, success,
};
use crate::{Answer, Discard, Failure, MethodFacts, MethodType, Offer, Query, Received};
use Received::Discarded;
use ServerStep::{Request, Succeed};

const VENDOR: MethodType = MethodType::vendor(20, 6);

/// An authenticator with the methods scripted, GTC and one of a vendor, that has proposed the
/// first.
fn with_three_methods() -> (Host<Authenticator>, u8) {
    let vendors = Script::new([Request.into(), Request.into(), Request.into()]);
    let facts = MethodFacts { method: VENDOR, ..SCRIPTED_FACTS };
    proposed_by(
        config([Request.into(), Request.into()])
            .method(MethodType::GTC)
            .custom_method(facts, move || Box::new(vendors.start())),
    )
}

fn no_common_method(id: u8) -> [Seen; 2] {
    [sent(failure(id)), Seen::Failed(Failure::NoCommonMethod)]
}

fn gtc_request(id: u8) -> [Seen; 2] {
    [started(GTC), sent(request(id, GTC, b"Password: "))]
}

#[test]
fn the_methods_are_proposed_in_our_order_among_those_the_peer_accepts() {
    let (mut host, id) = with_three_methods();
    let outputs = host.accept(&response(id, NAK, &[254, 99, GTC]));
    let id = id.wrapping_add(1);
    assert_eq!(outputs, [&[refused(SCRIPTED)][..], &gtc_request(id)].concat());
}

#[test]
fn a_nak_with_254_keeps_the_vendors_methods() {
    let (mut host, id) = with_three_methods();
    let outputs = host.accept(&response(id, NAK, &[254]));
    let id = id.wrapping_add(1);
    let data = [&VENDOR.expanded()[..], &[id], b"start"].concat();
    assert_eq!(
        outputs,
        [
            refused(SCRIPTED),
            Seen::Event(Event::MethodStarted(VENDOR)),
            sent(crate::testing::packet(1, id, &data)),
        ]
    );
}

#[test]
fn an_expanded_nak_names_vendors_methods_one_by_one() {
    let (mut host, id) = with_three_methods();
    let types = [MethodType::vendor(20, 7).expanded(), VENDOR.expanded()].concat();
    let outputs = host.accept(&expanded_response(id, MethodType::NAK, &types));
    assert_eq!(outputs[1], Seen::Event(Event::MethodStarted(VENDOR)));

    let (mut host, id) = with_three_methods();
    let types = MethodType::GTC.expanded();
    let outputs = host.accept(&expanded_response(id, MethodType::NAK, &types));
    assert_eq!(outputs[1..], gtc_request(id.wrapping_add(1)));
}

#[test]
fn a_nak_without_an_alternative_exhausts_the_offer() {
    for legacy in [true, false] {
        let (mut host, id) = with_three_methods();
        let nak = if legacy {
            response(id, NAK, &[0])
        } else {
            expanded_response(id, MethodType::NAK, &MethodType::NONE.expanded())
        };
        let outputs = host.accept(&nak);
        assert_eq!(outputs, [&[refused(SCRIPTED)][..], &no_common_method(id)].concat());
        assert_eq!(host.left(), None);
    }
}

#[test]
fn naks_exhaust_the_offer_one_method_after_the_other() {
    let (mut host, id) = with_three_methods();
    host.accept(&response(id, NAK, &[GTC, 254]));
    let id = id.wrapping_add(1);
    let outputs = host.accept(&response(id, NAK, &[SCRIPTED, MD5]));
    // What was refused once is not proposed again, even if the peer names it.
    assert_eq!(outputs, [&[refused(GTC)][..], &no_common_method(id)].concat());
}

#[test]
fn a_peer_that_proposes_what_it_refuses_gets_no_second_proposal() {
    let (mut host, id) = proposed([]);
    let outputs = host.accept(&response(id, NAK, &[SCRIPTED]));
    assert_eq!(outputs, [&[refused(SCRIPTED)][..], &no_common_method(id)].concat());
}

#[test]
fn a_nak_after_the_methods_first_response_is_discarded() {
    // RFC 3748 §5.3: a Nak is no answer to anything but the first Request of a method.
    let (mut host, id) = proposed([Request.into(), Succeed.into()]);
    host.accept(&response(id, SCRIPTED, b""));
    let id = id.wrapping_add(1);
    let unexpected = Discarded(Discard::UnexpectedType(MethodType::NAK));
    assert_eq!(host.drop_of(&response(id, NAK, &[0])), unexpected);
    let expanded = expanded_response(id, MethodType::NAK, &MethodType::NONE.expanded());
    assert_eq!(host.drop_of(&expanded), unexpected);
    let outputs = host.accept(&response(id, SCRIPTED, b""));
    assert_eq!(outputs, [sent(success(id)), succeeded(false)]);
}

#[test]
fn a_nak_after_a_response_that_was_discarded_is_still_the_first_answer() {
    let (mut host, id) = proposed([]);
    let bad = response(id, SCRIPTED, crate::testing::scripted::BAD);
    assert!(matches!(host.drop_of(&bad), Discarded(_)));
    assert_eq!(host.accept(&response(id, NAK, &[0]))[0], refused(SCRIPTED));
}

#[test]
fn a_malformed_nak_is_discarded_and_the_proposal_stands() {
    let (mut host, id) = proposed([Succeed.into()]);
    let half = &MethodType::GTC.expanded()[..7];
    for nak in [response(id, NAK, &[]), expanded_response(id, MethodType::NAK, half)] {
        assert_eq!(host.drop_of(&nak), Discarded(Discard::MalformedNak));
    }
    let outputs = host.accept(&response(id, SCRIPTED, b""));
    assert_eq!(outputs, [sent(success(id)), succeeded(false)]);
}

#[test]
fn a_response_in_expanded_form_is_the_methods() {
    let (mut host, id) = proposed([Request.into()]);
    let outputs = host.accept(&expanded_response(id, MethodType::ietf(SCRIPTED), b"x"));
    assert_eq!(outputs, [sent(method_request(id.wrapping_add(1), id, b"x"))]);
}

/// An authenticator that has asked for its policy, with currentId.
fn asking_policy() -> (Host<Authenticator>, u8) {
    let mut host = host(&config([Request.into()]).method(MethodType::GTC).ask_policy());
    let id = start(&mut host);
    assert_eq!(identify(&mut host, id), [asked(1, AnswerKind::Offer)]);
    (host, id)
}

fn offer(methods: &[MethodType], notification: Option<&str>) -> Answer {
    let notification = notification.map(Into::into);
    Answer::Offer(Offer { methods: methods.into(), notification, ..Offer::default() })
}

#[test]
fn the_policy_question_names_the_identity() {
    let (host, _) = asking_policy();
    let user = Identity::from("user");
    assert!(matches!(&host.query, Some(Query::Policy { identity }) if *identity == user));
    assert_eq!(host.left(), Some(ANSWER_TIMEOUT));
}

#[test]
fn the_offer_is_proposed_in_its_own_order() {
    let (mut host, id) = asking_policy();
    let both = [MethodType::GTC, MethodType::ietf(SCRIPTED)];
    let next = id.wrapping_add(1);
    assert_eq!(host.answer(1, offer(&both, None)), gtc_request(next));
    let outputs = host.accept(&response(next, NAK, &[SCRIPTED]));
    let last = next.wrapping_add(1);
    assert_eq!(
        outputs,
        [refused(GTC), started(SCRIPTED), sent(method_request(last, last, b"start"))]
    );
}

#[test]
fn an_offer_may_have_a_notification_which_is_sent_once() {
    let (mut host, id) = asking_policy();
    let id = id.wrapping_add(1);
    let outputs = host.answer(1, offer(&[MethodType::GTC], Some("Hi")));
    assert_eq!(outputs, [sent(request(id, NOTIFICATION, b"Hi"))]);
    let next = id.wrapping_add(1);
    let outputs = host.accept(&response(id, NOTIFICATION, b""));
    assert_eq!(outputs, gtc_request(next));
    let outputs = host.accept(&response(next, NAK, &[SCRIPTED]));
    assert_eq!(outputs, [&[refused(GTC)][..], &no_common_method(next)].concat());
}

#[test]
fn an_empty_notification_is_not_sent() {
    let (mut host, id) = asking_policy();
    let outputs = host.answer(1, offer(&[MethodType::GTC], Some("")));
    assert_eq!(outputs, gtc_request(id.wrapping_add(1)));
}

#[test]
fn an_offer_without_a_notification_has_the_configured_one() {
    let config = config([]).method(MethodType::GTC).ask_policy().notification("Welcome");
    for (own, sent_message) in [(None, "Welcome"), (Some(""), "Welcome"), (Some("Hi"), "Hi")] {
        let mut host = host(&config);
        let id = start(&mut host);
        identify(&mut host, id);
        let notification = request(id.wrapping_add(1), NOTIFICATION, sent_message.as_bytes());
        assert_eq!(host.answer(1, offer(&[MethodType::GTC], own)), [sent(notification)]);
    }
}

#[test]
fn methods_that_the_configuration_does_not_have_are_left_out_of_the_offer() {
    let (mut host, id) = asking_policy();
    let methods = [MethodType::MD5, VENDOR, MethodType::NAK, MethodType::GTC];
    assert_eq!(host.answer(1, offer(&methods, None)), gtc_request(id.wrapping_add(1)));
}

#[test]
fn an_offer_of_nothing_and_a_decline_refuse_the_peer() {
    for answer in [offer(&[], None), offer(&[MethodType::MD5], None), Answer::Decline] {
        let (mut host, id) = asking_policy();
        let expected = [sent(failure(id)), Seen::Failed(Failure::PolicyRefused)];
        assert_eq!(host.answer(1, answer), expected);
        assert_eq!(host.left(), None);
    }
}

#[test]
fn the_identity_may_be_empty() {
    let mut host = host(&config([]).ask_policy());
    let id = start(&mut host);
    let outputs = host.accept(&response(id, IDENTITY, b""));
    let nobody = Seen::Event(Event::PeerIdentity(Identity::default()));
    assert_eq!(outputs, [nobody, asked(1, AnswerKind::Offer)]);
}
