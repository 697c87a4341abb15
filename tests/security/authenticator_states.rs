//! Every state in which an authenticator rests, and what is legal in it.

use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, AuthenticatorConfigBuilder, Credential, Failure,
    MethodType, Offer, Received, Secret, Signal,
};
use eap_tests::script::{self, Scripted};
use eap_tests::talk::{FACTS as TALK, TalkServer};

/// A state, and the Response that is legal in it.
pub(crate) struct AuthenticatorState {
    pub(crate) name: &'static str,
    pub(crate) enter: fn() -> Scripted<Authenticator>,
    pub(crate) legal: Legal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Legal {
    /// None.
    Nothing,
    /// One of the Type of the outstanding Request; a Nak too, if it is a proposal.
    Response { method: MethodType, nak: bool },
    /// None, and what has the current Identifier is a duplicate: a question is open.
    Duplicates,
}

/// An authenticator that asks for everything and speaks every method.
pub(crate) fn config() -> AuthenticatorConfigBuilder {
    AuthenticatorConfig::builder()
        .method(MethodType::MD5)
        .method(MethodType::OTP)
        .method(MethodType::GTC)
        .custom_method(TALK, || Box::new(TalkServer))
        .ask_policy()
}

pub(crate) const STATES: [AuthenticatorState; 15] = [
    AuthenticatorState { name: "not started", enter: not_started, legal: Legal::Nothing },
    AuthenticatorState {
        name: "port down",
        enter: || started().then(|server| server.signal(Signal::PortDown)),
        legal: Legal::Nothing,
    },
    AuthenticatorState {
        name: "identity requested",
        enter: started,
        legal: Legal::Response { method: MethodType::IDENTITY, nak: false },
    },
    AuthenticatorState {
        name: "policy question open",
        enter: identified,
        legal: Legal::Duplicates,
    },
    AuthenticatorState {
        name: "notification sent",
        enter: || {
            let mut offer = Offer::new([MethodType::MD5]);
            offer.notification = Some("hello".into());
            offered(offer)
        },
        legal: Legal::Response { method: MethodType::NOTIFICATION, nak: false },
    },
    AuthenticatorState {
        name: "MD5 proposed",
        enter: || proposed(MethodType::MD5),
        legal: Legal::Response { method: MethodType::MD5, nak: true },
    },
    AuthenticatorState {
        name: "credential question open",
        enter: credential_asked,
        legal: Legal::Duplicates,
    },
    AuthenticatorState {
        name: "GTC proposed",
        enter: || proposed(MethodType::GTC),
        legal: Legal::Response { method: MethodType::GTC, nak: true },
    },
    AuthenticatorState { name: "verdict open", enter: verdict_asked, legal: Legal::Duplicates },
    AuthenticatorState {
        name: "challenge question open",
        enter: || proposed(MethodType::OTP),
        legal: Legal::Duplicates,
    },
    AuthenticatorState {
        name: "OTP proposed",
        enter: || {
            proposed(MethodType::OTP)
                .then(|server| server.answer(Answer::Text("otp-md5 1 dog2".into())).unwrap())
        },
        legal: Legal::Response { method: MethodType::OTP, nak: true },
    },
    AuthenticatorState {
        name: "method goes on",
        enter: || proposed(TALK.method).then(|server| accept(server, TALK.method, b"!")),
        legal: Legal::Response { method: TALK.method, nak: false },
    },
    AuthenticatorState {
        name: "succeeded",
        enter: || verdict_asked().then(|server| server.answer(Answer::Verdict(true)).unwrap()),
        legal: Legal::Nothing,
    },
    AuthenticatorState {
        name: "failed",
        enter: || {
            credential_asked().then(|server| {
                let password = Credential::Cleartext(Secret::from("wonderland"));
                server.answer(Answer::Credential(password)).unwrap();
                assert_eq!(
                    server.result.as_ref().unwrap().as_ref().unwrap_err(),
                    &Failure::BadCredentials
                );
            })
        },
        legal: Legal::Nothing,
    },
    AuthenticatorState {
        name: "peer given up",
        enter: || {
            started().then(|server| {
                while server.deadline().is_some() {
                    server.advance_to_deadline();
                }
            })
        },
        legal: Legal::Nothing,
    },
];

/// A Type-Data that every method's check lets pass: an MD5 value, a text.
pub(crate) const RESPONSE: &[u8] = &[16; 17];

fn not_started() -> Scripted<Authenticator> {
    script::authenticator(&config())
}

/// The identity has been requested.
pub(crate) fn started() -> Scripted<Authenticator> {
    not_started().then(Scripted::start)
}

fn identified() -> Scripted<Authenticator> {
    started().then(|server| accept(server, MethodType::IDENTITY, b"alice"))
}

/// The policy has been given.
pub(crate) fn offered(offer: Offer) -> Scripted<Authenticator> {
    identified().then(|server| server.answer(Answer::Offer(offer)).unwrap())
}

/// This method's first Request has been sent, or its first question asked.
pub(crate) fn proposed(method: MethodType) -> Scripted<Authenticator> {
    offered(Offer::new([method]))
}

fn credential_asked() -> Scripted<Authenticator> {
    proposed(MethodType::MD5).then(|server| accept(server, MethodType::MD5, RESPONSE))
}

fn verdict_asked() -> Scripted<Authenticator> {
    proposed(MethodType::GTC).then(|server| accept(server, MethodType::GTC, RESPONSE))
}

fn accept(server: &mut Scripted<Authenticator>, method: MethodType, data: &[u8]) {
    assert_eq!(server.respond(method, data), Received::Accepted);
}
