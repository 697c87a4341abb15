//! The peer's machine, arrow by arrow. A scripted method puts it where a test wants it.

mod arrows;
mod departures;
mod forms;
mod progress;
mod questions;

use std::sync::Arc;

use crate::method::{PeerMethod, PeerStep, Progress};
use crate::testing::scripted::{self, Script};
use crate::testing::{
    Host, IDENTITY, SCRIPTED, SCRIPTED_FACTS, Seen, request, response, rng, started,
};
use crate::{Answer, Peer, PeerConfig, PeerConfigBuilder};

const CLIENT_TIMEOUT: u64 = 60_000;
const ANSWER_TIMEOUT: u64 = 120_000;

type Step = scripted::Step<PeerStep>;

/// A configuration with the scripted method and an identity.
fn config(steps: impl IntoIterator<Item = Step>) -> PeerConfigBuilder {
    anonymous(steps).identity("user")
}

/// Without an identity, so that the peer asks.
fn anonymous(steps: impl IntoIterator<Item = Step>) -> PeerConfigBuilder {
    let script = Script::new(steps);
    PeerConfig::builder().custom_method(SCRIPTED_FACTS, move || Box::new(script.start()))
}

fn host(config: &PeerConfigBuilder) -> Host<Peer> {
    Host::new(Peer::new(Arc::new(config.build().unwrap()), rng()))
}

fn peer(steps: impl IntoIterator<Item = Step>) -> Host<Peer> {
    host(&config(steps))
}

/// A peer whose method has given its first reply, with lastId 1.
fn peer_after(step: Step) -> Host<Peer> {
    peer_after_all([step])
}

fn peer_after_all(steps: impl IntoIterator<Item = Step>) -> Host<Peer> {
    let mut peer = peer(steps);
    assert_eq!(
        peer.accept(&request(1, SCRIPTED, b"first")),
        [started(SCRIPTED), sent(reply(1, b"first"))]
    );
    peer
}

/// A peer that has told its identity, with lastId 1.
fn identified_peer(steps: impl IntoIterator<Item = Step>) -> Host<Peer> {
    let mut peer = peer(steps);
    assert_eq!(peer.accept(&request(1, IDENTITY, b"")), [sent(response(1, IDENTITY, b"user"))]);
    peer
}

/// What the scripted method replies to a Request with this Type-Data.
fn reply(id: u8, data: &[u8]) -> Vec<u8> {
    response(id, SCRIPTED, &[&[id], data].concat())
}

fn sent(packet: Vec<u8>) -> Seen {
    Seen::Send(packet)
}
