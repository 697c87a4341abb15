//! The authenticator's machines of a port, arrow by arrow (IEEE 802.1X-2004 §8.2.4, §8.2.8, §8.2.9),
//! and MAC bypass.

mod arrows;
mod bypass;
mod frames;

use super::*;
use crate::lower::eapol::EapolVersion;
use crate::testing::{Host, IDENTITY, MD5, Seen, request, response, rng, success};
use crate::{AuthenticatorConfigBuilder, Identity, MethodType, Retransmission};
use PortState::{
    Authenticated, Authenticating, Connecting, Disconnected, ForceAuth, ForceUnauth, Held,
    Initialize,
};
use PortStatus::{Authorized, Unauthorized};

const PHONE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const PC: MacAddress = MacAddress([2, 0, 0, 0, 0, 3]);
const SWITCH: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

const QUIET_PERIOD: u64 = 60_000;
const REAUTH_PERIOD: u64 = 3_600_000;
/// How long a Request stands that is not answered.
const PATIENCE: u64 = 1000;
const AAA_TIMEOUT: u64 = 60_000;

type Port = Host<PortAuthenticator>;

fn config() -> PortAuthenticatorConfigBuilder {
    PortAuthenticatorConfig::builder(SWITCH)
}

/// Everything is passed through, and nothing is sent twice.
fn eap_config() -> AuthenticatorConfigBuilder {
    AuthenticatorConfig::builder().pass_through().retransmission(once())
}

fn once() -> Retransmission {
    let second = Duration::from_millis(PATIENCE);
    let mut once = Retransmission::default();
    (once.initial, once.max, once.max_retransmissions) = (second, second, 0);
    once.min = Duration::from_millis(1);
    once
}

fn port_with(config: &PortAuthenticatorConfigBuilder, eap: &AuthenticatorConfigBuilder) -> Port {
    let (config, eap) = (config.build().unwrap(), eap.build().unwrap());
    Host::new(PortAuthenticator::new(Arc::new(config), Arc::new(eap), rng()))
}

/// A frame of a station to the group address.
fn frame(source: MacAddress, pdu_type: PduType, body: &[u8]) -> Vec<u8> {
    write_frame(GROUP_ADDRESS, source, EapolVersion::V2, pdu_type, body)
}

fn start(source: MacAddress) -> Vec<u8> {
    frame(source, PduType::Start, &[])
}

fn logoff(source: MacAddress) -> Vec<u8> {
    frame(source, PduType::Logoff, &[])
}

fn eap(source: MacAddress, packet: &[u8]) -> Vec<u8> {
    frame(source, PduType::EapPacket, packet)
}

/// A frame of ours to the group address, as an output.
fn sent(packet: &[u8]) -> Seen {
    let frame = write_frame(GROUP_ADDRESS, SWITCH, EapolVersion::V1, PduType::EapPacket, packet);
    Seen::Send(frame)
}

fn pae(state: PortState) -> Seen {
    Seen::Event(Event::PortPae(state))
}

fn opened() -> Seen {
    Seen::Event(Event::Port(Authorized))
}

fn closed() -> Seen {
    Seen::Event(Event::Port(Unauthorized))
}

fn failed(failure: Failure) -> Seen {
    Seen::Failed(failure)
}

/// Finds the one Identity Request among these, and gives its Identifier.
#[track_caller]
fn identity_request(outputs: &[Seen]) -> u8 {
    let ids: Vec<u8> = (outputs.iter())
        .filter_map(|output| match output {
            Seen::Send(frame) => Some(EthernetFrame::parse(frame).unwrap().pdu.body),
            _ => None,
        })
        .filter(|packet| packet[0] == Code::Request as u8)
        .map(|packet| {
            assert_eq!(packet[4..], [IDENTITY]);
            packet[1]
        })
        .collect();
    let [id] = ids[..] else { panic!("not one Identity Request: {outputs:?}") };
    id
}

/// One that asks for an identity; with the Request's Identifier.
fn asking_for_identity(config: &PortAuthenticatorConfigBuilder) -> (Port, u8) {
    let mut port = port_with(config, &eap_config());
    let outputs = port.signal(Signal::PortUp);
    let id = identity_request(&outputs);
    assert_eq!(port.session.state(), Authenticating);
    (port, id)
}

/// The station tells its identity, which is passed on under the id that comes back.
#[track_caller]
fn identify(port: &mut Port, id: u8) -> u64 {
    let answer = response(id, IDENTITY, b"user");
    let outputs = port.accept(&eap(PHONE, &answer));
    let [Seen::Event(Event::PeerIdentity(who)), Seen::AskAaa(request, _, packet)] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!((who, packet), (&Identity::from("user"), &answer));
    *request
}

/// The server answers.
fn aaa(port: &mut Port, request: u64, answer: AaaAnswer<'_>) -> Vec<Seen> {
    let now = port.time();
    let fate = port.session.handle_aaa(AaaRequestId::new(request), answer, now);
    assert_eq!(fate, Received::Accepted);
    port.drain()
}

fn accept(packet: &[u8]) -> AaaAnswer<'_> {
    AaaAnswer::Success { eap_message: Some(packet), keys: None }
}

fn reject(packet: &[u8]) -> AaaAnswer<'_> {
    AaaAnswer::Failure { eap_message: Some(packet) }
}

/// A login whose method ends at once: what happens at the end of it.
#[track_caller]
fn log_in(port: &mut Port, id: u8) -> Vec<Seen> {
    let request = identify(port, id);
    aaa(port, request, accept(&success(id)))
}

/// A server that knows the peer by its identity alone.
fn granted() -> Seen {
    Seen::Success { method: MethodType::NONE, identity: "user".into(), keys: false }
}

/// A port in AUTHENTICATED.
fn authenticated(config: &PortAuthenticatorConfigBuilder) -> Port {
    let (mut port, id) = asking_for_identity(config);
    log_in(&mut port, id);
    assert_eq!((port.session.state(), port.session.port()), (Authenticated, Authorized));
    port
}

/// A port in HELD.
fn held(config: &PortAuthenticatorConfigBuilder) -> Port {
    let (mut port, id) = asking_for_identity(config);
    let request = identify(&mut port, id);
    aaa(&mut port, request, reject(&crate::testing::failure(id)));
    assert_eq!((port.session.state(), port.session.port()), (Held, Unauthorized));
    port
}
