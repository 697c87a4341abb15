//! The authenticator's machine, arrow by arrow. A scripted method puts it where a test wants it.

mod arrows;
mod backend;
mod departures;
mod naks;
mod questions;
mod timers;

use core::time::Duration;
use std::sync::Arc;

use crate::method::ServerStep;
use crate::testing::scripted::{self, Script};
use crate::testing::{
    Host, IDENTITY, SCRIPTED, SCRIPTED_FACTS, Seen, request, response, rng, started,
};
use crate::{
    Authenticator, AuthenticatorConfig, AuthenticatorConfigBuilder, Event, Identity, Retransmission,
};

type Step = scripted::Step<ServerStep>;

/// The wait before a round trip has been measured.
const INITIAL: u64 = 1000;
const ANSWER_TIMEOUT: u64 = 30_000;
const MAX_RETRANS: u8 = 5;

/// With hardly any jitter, which is half of the minimum at most.
fn retransmission() -> Retransmission {
    Retransmission { min: Duration::from_millis(1), ..Retransmission::default() }
}

fn config(steps: impl IntoIterator<Item = Step>) -> AuthenticatorConfigBuilder {
    let script = Script::new(steps);
    AuthenticatorConfig::builder()
        .custom_method(SCRIPTED_FACTS, move || Box::new(script.start()))
        .retransmission(retransmission())
}

fn host(config: &AuthenticatorConfigBuilder) -> Host<Authenticator> {
    Host::new(Authenticator::new(Arc::new(config.build().unwrap()), rng()))
}

fn authenticator(steps: impl IntoIterator<Item = Step>) -> Host<Authenticator> {
    host(&config(steps))
}

/// Starts, and gives the Identifier of the Identity Request.
fn start(host: &mut Host<Authenticator>) -> u8 {
    host.session.start(host.time());
    identity_requested(&host.drain())
}

/// Checks that an Identity Request is all that was sent, and gives its Identifier.
fn identity_requested(outputs: &[Seen]) -> u8 {
    let [Seen::Send(packet)] = outputs else { panic!("{outputs:?}") };
    let id = packet[1];
    assert_eq!(*packet, request(id, IDENTITY, b""));
    id
}

/// Gives "user" as the identity, and checks that it is reported.
fn identify(host: &mut Host<Authenticator>, id: u8) -> Vec<Seen> {
    let mut outputs = host.accept(&response(id, IDENTITY, b"user"));
    assert_eq!(outputs.remove(0), Seen::Event(Event::PeerIdentity(Identity::from("user"))));
    outputs
}

/// An authenticator that waits for the identity, with currentId.
fn begun(steps: impl IntoIterator<Item = Step>) -> (Host<Authenticator>, u8) {
    let mut host = authenticator(steps);
    let id = start(&mut host);
    (host, id)
}

/// An authenticator that has proposed its method, with currentId; the script needs no step for it.
fn proposed(steps: impl IntoIterator<Item = Step>) -> (Host<Authenticator>, u8) {
    proposed_by(config([ServerStep::Request.into()].into_iter().chain(steps)))
}

/// The same with a configuration that has a first step in its script.
fn proposed_by(config: AuthenticatorConfigBuilder) -> (Host<Authenticator>, u8) {
    let mut host = host(&config);
    let id = start(&mut host);
    let outputs = identify(&mut host, id);
    let id = id.wrapping_add(1);
    assert_eq!(outputs, [started(SCRIPTED), sent(method_request(id, id, b"start"))]);
    (host, id)
}

/// What the scripted method requests under `id`, having been told `told`.
fn method_request(id: u8, told: u8, data: &[u8]) -> Vec<u8> {
    request(id, SCRIPTED, &[&[told], data].concat())
}

fn sent(packet: Vec<u8>) -> Seen {
    Seen::Send(packet)
}
