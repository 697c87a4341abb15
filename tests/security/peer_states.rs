//! Every state in which a peer rests, and what is legal in it.

use eap_rs::{
    Answer, Discard, Failure, MethodType, Peer, PeerConfig, PeerConfigBuilder, Received, Secret,
    Signal,
};
use eap_tests::script::{self, Scripted, failure, request, success};
use eap_tests::talk::{FACTS as TALK, TalkPeer};

/// The Identifier of the first Request in every state; the next has one more.
pub(crate) const FIRST: u8 = 7;

/// The Identifier of the second Request.
pub(crate) const SECOND: u8 = 8;

/// A state, and the Identifier of the last Response.
pub(crate) struct PeerState {
    pub(crate) name: &'static str,
    pub(crate) last: Option<u8>,
    pub(crate) enter: fn() -> Scripted<Peer>,
    /// What a Success, and a Failure, under that Identifier does; under any other it is discarded.
    pub(crate) on_result: OnResult,
}

#[derive(Clone)]
pub(crate) enum OnResult {
    /// Either is discarded for this reason, whatever its Identifier.
    Discards(Discard),
    /// Either is discarded, for this reason if its Identifier is right.
    DiscardsMatching(Discard),
    /// Either ends the conversation in failure: Success as `SuccessTooEarly`, Failure as this.
    Fails(Failure),
    /// Success is success, Failure is this.
    Ends(Failure),
}

/// A peer that asks for everything and speaks every method.
pub(crate) fn config() -> PeerConfigBuilder {
    PeerConfig::builder()
        .method(MethodType::MD5)
        .method(MethodType::OTP)
        .method(MethodType::GTC)
        .custom_method(TALK, || Box::new(TalkPeer))
}

pub(crate) const STATES: [PeerState; 14] = [
    PeerState {
        name: "no request yet",
        last: None,
        enter: fresh,
        on_result: OnResult::Discards(Discard::WrongIdentifier),
    },
    PeerState {
        name: "port down",
        last: None,
        enter: || identified().then(|peer| peer.signal(Signal::PortDown)),
        on_result: OnResult::Discards(Discard::PortDisabled),
    },
    PeerState {
        name: "identity question open",
        last: None,
        enter: identity_asked,
        on_result: OnResult::Discards(Discard::QuestionOpen),
    },
    PeerState {
        name: "identity given",
        last: Some(FIRST),
        enter: identified,
        on_result: OnResult::Fails(Failure::IdentityRejected),
    },
    PeerState {
        name: "nak sent",
        last: Some(SECOND),
        enter: || second(MethodType::ietf(13), &[0x20]),
        on_result: OnResult::Fails(Failure::MethodRefused { wanted: MethodType::ietf(13) }),
    },
    PeerState {
        name: "notification shown",
        last: Some(SECOND),
        enter: || second(MethodType::NOTIFICATION, b"hello"),
        on_result: OnResult::Fails(Failure::IdentityRejected),
    },
    PeerState {
        name: "password question open",
        last: Some(FIRST),
        enter: || second(MethodType::MD5, MD5_CHALLENGE),
        on_result: OnResult::Discards(Discard::QuestionOpen),
    },
    PeerState {
        name: "MD5 response sent",
        last: Some(SECOND),
        enter: md5_sent,
        on_result: OnResult::Ends(Failure::Rejected { method: MethodType::MD5 }),
    },
    PeerState {
        name: "token question open",
        last: Some(FIRST),
        enter: || second(MethodType::GTC, b"Token: "),
        on_result: OnResult::Discards(Discard::QuestionOpen),
    },
    PeerState {
        name: "token sent",
        last: Some(SECOND),
        enter: || answered(second(MethodType::GTC, b"Token: ")),
        on_result: OnResult::Ends(Failure::Rejected { method: MethodType::GTC }),
    },
    PeerState {
        name: "one-time password sent",
        last: Some(SECOND),
        enter: || answered(second(MethodType::OTP, b"otp-md5 1 dog2")),
        on_result: OnResult::Ends(Failure::Rejected { method: MethodType::OTP }),
    },
    PeerState {
        name: "method goes on",
        last: Some(SECOND),
        enter: || second(TALK.method, b"?"),
        on_result: OnResult::DiscardsMatching(Discard::UnexpectedResult),
    },
    PeerState {
        name: "succeeded",
        last: Some(SECOND),
        enter: || md5_sent().then(|peer| accept(peer, &success(SECOND))),
        on_result: OnResult::Discards(Discard::Finished),
    },
    PeerState {
        name: "failed",
        last: Some(SECOND),
        enter: || md5_sent().then(|peer| accept(peer, &failure(SECOND))),
        on_result: OnResult::Discards(Discard::Finished),
    },
];

/// A value of four octets and a name.
pub(crate) const MD5_CHALLENGE: &[u8] = &[4, 1, 2, 3, 4, b's', b'w'];

fn fresh() -> Scripted<Peer> {
    script::peer(&config())
}

fn identity_asked() -> Scripted<Peer> {
    fresh().then(|peer| accept(peer, &request(FIRST, MethodType::IDENTITY, b"")))
}

/// The identity has been given.
pub(crate) fn identified() -> Scripted<Peer> {
    identity_asked().then(|peer| peer.answer(Answer::Text("alice".into())).unwrap())
}

/// After the identity, a second Request.
pub(crate) fn second(method: MethodType, data: &[u8]) -> Scripted<Peer> {
    identified().then(|peer| accept(peer, &request(SECOND, method, data)))
}

/// The open question has been answered with a secret.
pub(crate) fn answered(peer: Scripted<Peer>) -> Scripted<Peer> {
    peer.then(|peer| peer.answer(Answer::Secret(Secret::from("wonderland"))).unwrap())
}

/// The response to an MD5 challenge has been sent.
pub(crate) fn md5_sent() -> Scripted<Peer> {
    answered(second(MethodType::MD5, MD5_CHALLENGE))
}

fn accept(peer: &mut Scripted<Peer>, packet: &[u8]) {
    assert_eq!(peer.feed(packet), Received::Accepted);
}
