//! What comes before the method: notification, Nak, policy.

use eap_rs::{AuthenticatorConfig, Event, Failure, MethodType, Offer, PeerConfig};
use eap_tests::answers::Directory;
use eap_tests::pair::Pair;
use eap_tests::talk::{FACTS as TALK, TalkPeer, TalkServer};

use crate::{peer, server};

#[test]
fn a_notification_is_shown_and_the_login_goes_on() {
    let config = server(MethodType::MD5).notification("Maintenance at\nmidnight");
    let pair = Pair::new(1, &peer(MethodType::MD5), &config).drive();
    assert!(pair.peer.result().is_ok() && pair.authenticator.result().is_ok());
    assert_eq!(
        pair.peer.events,
        [
            Event::Notification("Maintenance at\nmidnight".into()),
            Event::MethodStarted(MethodType::MD5)
        ]
    );
    assert_eq!(pair.peer.sent.len(), 3);
}

#[test]
fn the_server_falls_back_to_what_the_peer_accepts() {
    let config = AuthenticatorConfig::builder()
        .method(MethodType::GTC)
        .method(MethodType::OTP)
        .method(MethodType::MD5);
    let pair = Pair::new(2, &peer(MethodType::MD5), &config).drive();
    for result in [pair.peer.result(), pair.authenticator.result()] {
        assert_eq!(result.as_ref().unwrap().method, MethodType::MD5);
    }
    // OTP is not among what the Nak names, so it is not tried.
    assert_eq!(
        pair.authenticator.events[1..],
        [
            Event::MethodStarted(MethodType::GTC),
            Event::MethodRefused(MethodType::GTC),
            Event::MethodStarted(MethodType::MD5)
        ]
    );
    assert_eq!(
        pair.peer.events,
        [Event::MethodRefused(MethodType::GTC), Event::MethodStarted(MethodType::MD5)]
    );
}

#[test]
fn the_servers_order_decides_among_common_methods() {
    let both = PeerConfig::builder()
        .identity("alice@example.org")
        .method(MethodType::MD5)
        .method(MethodType::GTC);
    let config = AuthenticatorConfig::builder().method(MethodType::GTC).method(MethodType::MD5);
    let pair = Pair::new(3, &both, &config).drive();
    assert_eq!(pair.peer.result().as_ref().unwrap().method, MethodType::GTC);
}

#[test]
fn nothing_in_common_is_said_as_such_on_both_sides() {
    let pair = Pair::new(4, &peer(MethodType::MD5), &server(MethodType::GTC)).drive();
    assert_eq!(*pair.peer.failure(), Failure::MethodRefused { wanted: MethodType::GTC });
    assert_eq!(*pair.authenticator.failure(), Failure::NoCommonMethod);
}

/// RFC 3748 §5.3.2: a Request in Expanded form is refused in Expanded form, and the alternatives
/// in it are found.
#[test]
fn a_vendors_method_is_refused_with_an_expanded_nak() {
    let config = AuthenticatorConfig::builder()
        .custom_method(TALK, || Box::new(TalkServer))
        .method(MethodType::MD5);
    let pair = Pair::new(5, &peer(MethodType::MD5), &config).drive();
    assert_eq!(pair.peer.result().as_ref().unwrap().method, MethodType::MD5);
    let nak = &pair.peer.sent[1].1;
    assert_eq!(nak[4..], [254, 0, 0, 0, 0, 0, 0, 3, 254, 0, 0, 0, 0, 0, 0, 4]);
}

/// RFC 3748 §5.3.1: 254 in a legacy Nak is the wish for a vendor's method.
#[test]
fn a_peer_of_a_vendors_method_gets_it() {
    let config = PeerConfig::builder()
        .identity("alice@example.org")
        .custom_method(TALK, || Box::new(TalkPeer));
    let server = AuthenticatorConfig::builder()
        .method(MethodType::MD5)
        .custom_method(TALK, || Box::new(TalkServer))
        .max_rounds(10);
    let pair = Pair::new(6, &config, &server).drive();
    assert_eq!(pair.peer.sent[1].1[4..], [3, 254]);
    assert_eq!(pair.peer.events[1], Event::MethodStarted(TALK.method));
    // The method never ends: the server's round limit does.
    assert_eq!(*pair.authenticator.failure(), Failure::TooManyRounds { limit: 10 });
    assert_eq!(pair.authenticator.sent.len(), 11);
}

#[test]
fn the_policy_decides_for_each_peer() {
    let config = server(MethodType::MD5).method(MethodType::GTC).ask_policy();
    let run = |offer| {
        let directory = Directory { offer, ..Directory::default() };
        Pair::new(7, &peer(MethodType::GTC), &config).with_directory(directory).drive()
    };
    let pair = run(Offer::new([MethodType::GTC]));
    assert_eq!(pair.peer.result().as_ref().unwrap().method, MethodType::GTC);
    assert_eq!(pair.authenticator.asked, ["policy", "check password"]);
    // No method at all is a refusal, before anything is proposed.
    let pair = run(Offer::default());
    assert_eq!(*pair.authenticator.failure(), Failure::PolicyRefused);
    assert_eq!(*pair.peer.failure(), Failure::IdentityRejected);
}
