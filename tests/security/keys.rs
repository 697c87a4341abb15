//! Family 5, zero or absent keys: a method that derives none exports none.

use std::sync::Arc;

use eap_rs::method::{PeerContext, PeerMethod, PeerStep, Progress, Willingness};
use eap_rs::{
    Answer, AuthenticatorConfig, ConfigError, Credential, Failure, Identity, Instant, Keys,
    MethodFacts, MethodType, Msk, Output, PacketBuffer, Peer, PeerConfig, Query, Received,
    SUPPORTED, Secret, Signal,
};
use eap_tests::pair::Pair;
use eap_tests::script::{self, request};
use eap_tests::talk::{FACTS as TALK, TalkPeer, TalkServer};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::authenticator_states::{self, proposed};
use crate::peer_states::{self, MD5_CHALLENGE, SECOND, identified, md5_sent};

fn keyless() -> impl Iterator<Item = &'static MethodFacts> {
    SUPPORTED.iter().filter(|facts| !facts.derives_keys)
}

/// CVE-2019-12587 (ESP-IDF): whatever method ended, a key of zeros was installed.
#[test]
fn cve_2019_12587_success_without_keys_exports_none() {
    for facts in keyless() {
        let peer = PeerConfig::builder().identity("alice@example.org").method(facts.method);
        let server = AuthenticatorConfig::builder().method(facts.method);
        let pair = Pair::new(1, &peer, &server).drive();
        for result in [pair.peer.result(), pair.authenticator.result()] {
            assert!(result.as_ref().unwrap().keys.is_none(), "{}", facts.name);
        }
    }
}

#[test]
fn a_keyless_method_is_refused_where_keys_are_needed() {
    for facts in keyless() {
        let refused = Some(ConfigError::MethodWithoutKeys(facts.method));
        let peer = PeerConfig::builder().method(facts.method).require_keys();
        assert_eq!(peer.build().err(), refused);
        let server = AuthenticatorConfig::builder().require_keys().method(facts.method);
        assert_eq!(server.build().err(), refused);
    }
}

#[test]
fn a_methods_own_word_on_its_keys_counts_for_custom_methods_too() {
    let refused = Some(ConfigError::MethodWithoutKeys(TALK.method));
    let peer = PeerConfig::builder().custom_method(TALK, || Box::new(TalkPeer)).require_keys();
    assert_eq!(peer.build().err(), refused);
    let server =
        AuthenticatorConfig::builder().custom_method(TALK, || Box::new(TalkServer)).require_keys();
    assert_eq!(server.build().err(), refused);

    let with_keys = MethodFacts { derives_keys: true, ..TALK };
    let peer = PeerConfig::builder().custom_method(with_keys, || Box::new(TalkPeer)).require_keys();
    assert!(peer.build().is_ok());
    assert_eq!(
        peer.method(MethodType::MD5).build().err(),
        Some(ConfigError::MethodWithoutKeys(MethodType::MD5))
    );
}

/// An empty password is a password of no octets, not the absence of one: it must not match
/// whatever comes, nor be matched by it.
#[test]
fn an_empty_credential_lets_only_the_empty_password_in() {
    for (stored, succeeds) in [("", false), ("wonderland", true)] {
        let mut server = script::authenticator(
            &AuthenticatorConfig::builder().method(MethodType::MD5).server_name("sw"),
        );
        server.start();
        let _ = server.respond(MethodType::IDENTITY, b"alice");
        let request = server.sent.last().unwrap().clone();
        let config = peer_states::config().identity("alice").password("wonderland");
        let mut peer = script::peer(&config);
        let _ = peer.feed(&request);
        let _ = server.feed(peer.sent.last().unwrap());
        let credential = Credential::Cleartext(Secret::from(stored));
        server.answer(Answer::Credential(credential)).unwrap();
        assert_eq!(server.result.unwrap().is_ok(), succeeds, "{stored:?}");
    }
}

/// A digest of zeros, or of the wrong secret, is wrong whatever the directory says.
#[test]
fn an_md5_value_of_zeros_is_not_accepted() {
    for stored in ["", "\0", "wonderland"] {
        let mut server = proposed(MethodType::MD5);
        let _ = server.respond(MethodType::MD5, &[&[16][..], &[0; 16]].concat());
        let credential = Credential::Cleartext(Secret::from(stored));
        server.answer(Answer::Credential(credential)).unwrap();
        assert!(server.result.unwrap().is_err());
    }
}

/// A method that has its key with the first Response: the peer must not hand it out before, nor in
/// another conversation than, the success it belongs to.
#[derive(Debug)]
struct KeyedPeer;

impl PeerMethod for KeyedPeer {
    fn handle_request(
        &mut self,
        _: &[u8],
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        PeerStep::Reply(Progress::MayEnd(Willingness::CondSucc))
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        PeerStep::Fail(Failure::Declined)
    }

    fn keys(&mut self) -> Option<Keys> {
        Some(Keys { msk: Msk::new([0xa5; 64]), emsk: None, session_id: None })
    }
}

#[test]
fn a_key_belongs_to_the_success_of_its_own_conversation() {
    const KEYED: MethodFacts = MethodFacts { derives_keys: true, ..TALK };
    let config = PeerConfig::builder()
        .password("wonderland")
        .custom_method(KEYED, || Box::new(KeyedPeer))
        .method(MethodType::MD5);
    let mut peer = Peer::new(Arc::new(config.build().unwrap()), StdRng::seed_from_u64(1));
    let now = Instant::from_millis(0);
    let feed = |peer: &mut Peer, packet: &[u8]| {
        assert_eq!(peer.handle_packet(packet, now), Received::Accepted);
        std::iter::from_fn(|| peer.poll_output()).find_map(|output| match output {
            Output::Finished(result) => Some(result),
            _ => None,
        })
    };
    let keyed = request(1, KEYED.method, b"");
    let md5 = request(1, MethodType::MD5, MD5_CHALLENGE);

    assert!(feed(&mut peer, &keyed).is_none());
    peer.handle_signal(Signal::Restart, now);
    assert!(feed(&mut peer, &md5).is_none());
    let outcome = feed(&mut peer, &script::success(1)).unwrap().unwrap();
    assert!(outcome.keys.is_none(), "a key of the conversation before");

    peer.handle_signal(Signal::Restart, now);
    assert!(feed(&mut peer, &keyed).is_none());
    assert!(feed(&mut peer, &script::failure(1)).unwrap().is_err());

    peer.handle_signal(Signal::Restart, now);
    assert!(feed(&mut peer, &keyed).is_none());
    let outcome = feed(&mut peer, &script::success(1)).unwrap().unwrap();
    assert_eq!(outcome.keys.unwrap().msk.expose(), [0xa5; 64]);
}

#[test]
fn a_restart_forgets_the_identity() {
    let mut peer = identified();
    peer.signal(Signal::Restart);
    let _ = peer.feed(&request(SECOND, MethodType::MD5, MD5_CHALLENGE));
    let Some(Query::Password { identity, .. }) = peer.asked.last() else { panic!("{peer:?}") };
    assert_eq!(*identity, Identity::default());
}

/// The result of one conversation is not that of the next.
#[test]
fn a_restart_forgets_the_success() {
    let mut peer = md5_sent();
    let _ = peer.feed(&script::success(SECOND));
    assert!(matches!(peer.result, Some(Ok(_))));
    peer.result = None;
    peer.signal(Signal::Restart);
    let _ = peer.feed(&script::success(SECOND));
    peer.signal(Signal::AltAccept);
    assert!(!matches!(peer.result, Some(Ok(_))));

    let succeeded = authenticator_states::STATES.iter().find(|s| s.name == "succeeded").unwrap();
    let mut server = (succeeded.enter)();
    assert!(matches!(server.result, Some(Ok(_))));
    server.result = None;
    server.signal(Signal::Restart);
    assert_eq!(server.sent.last().unwrap()[4], 1, "it begins with the identity again");
    assert!(server.result.is_none());
}
