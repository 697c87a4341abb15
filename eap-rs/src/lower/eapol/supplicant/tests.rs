//! The supplicant's machine, arrow by arrow (IEEE 802.1X-2004 §8.2.11, §8.2.12).

mod arrows;
mod conversation;
mod frames;

use super::*;
use crate::MethodType;
use crate::testing::{GTC, Host, IDENTITY, MD5, Seen, asked, request, response, rng, started};

const PHONE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const SWITCH: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

const START_PERIOD: u64 = 30_000;
const HELD_PERIOD: u64 = 60_000;
const AUTH_PERIOD: u64 = 30_000;
const ANSWER_TIMEOUT: u64 = 120_000;

/// An MD5 challenge, and what "bob" with the password "hello" answers to it under Identifier 1.
const CHALLENGE: &[u8] = b"\x100123456789abcdef";

fn config() -> SupplicantConfigBuilder {
    SupplicantConfig::builder(PHONE)
}

fn host_with(config: &SupplicantConfigBuilder) -> Host<Supplicant> {
    let peer = PeerConfig::builder().identity("bob").password("hello");
    let peer = peer.method(MethodType::MD5).method(MethodType::GTC).build().unwrap();
    let config = config.build().unwrap();
    Host::new(Supplicant::new(Arc::new(config), Arc::new(peer), rng()))
}

fn supplicant() -> Host<Supplicant> {
    host_with(&config())
}

/// A frame from the switch to the group address.
fn frame(packet: &[u8]) -> Vec<u8> {
    write_frame(GROUP_ADDRESS, SWITCH, EapolVersion::V2, PduType::EapPacket, packet)
}

/// A frame of ours to the group address, as an output.
fn sent(pdu_type: PduType, body: &[u8]) -> Seen {
    Seen::Send(write_frame(GROUP_ADDRESS, PHONE, EapolVersion::V1, pdu_type, body))
}

fn eapol_start() -> Seen {
    sent(PduType::Start, &[])
}

fn eap(packet: &[u8]) -> Seen {
    sent(PduType::EapPacket, packet)
}

fn pae(state: PaeState) -> Seen {
    Seen::Event(Event::Pae(state))
}

fn port(status: PortStatus) -> Seen {
    Seen::Event(Event::Port(status))
}

fn failed(failure: Failure) -> Seen {
    Seen::Failed(failure)
}

fn succeeded() -> Seen {
    Seen::Success { method: MethodType::MD5, identity: "bob".into(), keys: false }
}

/// A supplicant in CONNECTING.
fn connecting() -> Host<Supplicant> {
    let mut host = supplicant();
    host.signal(Signal::PortUp);
    assert_eq!(host.session.state(), PaeState::Connecting);
    host
}

/// Runs the conversation up to the method's Response, under Identifiers 1 and 2.
fn converse(host: &mut Host<Supplicant>) {
    host.accept(&frame(&request(1, IDENTITY, b"")));
    let outputs = host.accept(&frame(&request(2, MD5, CHALLENGE)));
    assert_eq!(outputs[0], started(MD5));
    assert!(matches!(outputs[1..], [Seen::Send(_)]), "{outputs:?}");
    assert_eq!(host.session.state(), PaeState::Authenticating);
}

/// A supplicant in AUTHENTICATING that has told its identity, with lastId 1.
fn authenticating() -> Host<Supplicant> {
    let mut host = connecting();
    let outputs = host.accept(&frame(&request(1, IDENTITY, b"")));
    assert_eq!(outputs, [pae(PaeState::Authenticating), eap(&response(1, IDENTITY, b"bob"))]);
    host
}

/// A supplicant in AUTHENTICATED, with an authenticator.
fn authenticated() -> Host<Supplicant> {
    let mut host = connecting();
    converse(&mut host);
    host.accept(&frame(&crate::testing::success(2)));
    assert_eq!(host.session.state(), PaeState::Authenticated);
    host
}

/// A supplicant in HELD.
fn held() -> Host<Supplicant> {
    let mut host = authenticating();
    host.accept(&frame(&crate::testing::failure(1)));
    assert_eq!(host.session.state(), PaeState::Held);
    host
}

/// A supplicant in LOGOFF.
fn logged_off() -> Host<Supplicant> {
    let mut host = connecting();
    host.signal(Signal::Logoff);
    assert_eq!(host.session.state(), PaeState::Logoff);
    host
}

/// A supplicant in AUTHENTICATING that asks for a token, with a port that is not open yet.
fn asking() -> Host<Supplicant> {
    let mut host = authenticating();
    let outputs = host.accept(&frame(&request(2, GTC, b"PIN")));
    assert_eq!(outputs, [started(GTC), asked(1, crate::query::AnswerKind::Secret)]);
    host
}
