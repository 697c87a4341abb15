//! Our two ends in lockstep: every packet passes through the test's hands.

use std::sync::Arc;

use eap_rs::tls::{TlsPeerConfig, TlsServerConfig};
use eap_rs::{
    Authenticator, AuthenticatorConfig, Failure, Keys, MethodType, Outcome, Peer, PeerConfig,
    Received,
};
use eap_tests::script::{self, Scripted, request, response};

use crate::Setup;
use crate::transcript::flow;

/// The flags of RFC 5216 §3.1.
pub(crate) const LENGTH_INCLUDED: u8 = 0x80;
pub(crate) const MORE_FRAGMENTS: u8 = 0x40;
pub(crate) const START: u8 = 0x20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Peer,
    Server,
}

/// What a side is doing when it waits for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The identity has not been dealt with.
    Identity,
    /// Nothing of a message is under way; it has sent so many whole messages.
    Waiting(usize),
    /// It has acknowledged a fragment.
    Receiving,
    /// It has sent a fragment.
    Sending,
}

pub(crate) struct Wire {
    pub(crate) peer: Scripted<Peer>,
    pub(crate) server: Scripted<Authenticator>,
    /// How many packets of the server, and of the peer, have arrived.
    arrived: [usize; 2],
}

impl Setup {
    /// Our two ends; the server has asked for the identity.
    pub(crate) fn wire(&self) -> Wire {
        self.wire_with(self.peer(), self.server())
    }

    pub(crate) fn wire_with(
        &self,
        peer: impl Into<Arc<TlsPeerConfig>>,
        server: impl Into<Arc<TlsServerConfig>>,
    ) -> Wire {
        let (peer, server) = (self.scripted_peer(peer), self.scripted_server(server));
        Wire { peer, server, arrived: [0; 2] }
    }

    pub(crate) fn scripted_peer(&self, tls: impl Into<Arc<TlsPeerConfig>>) -> Scripted<Peer> {
        let config = PeerConfig::builder().identity("@example.org").tls(tls);
        script::peer(&config.require_keys()).then(|peer| {
            let tell = |session: &mut Peer, now| session.set_unix_time(self.unix_time, now);
            let outputs = peer.session.run(peer.instant(), tell);
            peer.take(outputs);
        })
    }

    /// An authenticator that has been started.
    pub(crate) fn scripted_server(
        &self,
        tls: impl Into<Arc<TlsServerConfig>>,
    ) -> Scripted<Authenticator> {
        let config = AuthenticatorConfig::builder().tls(tls).require_keys();
        script::authenticator(&config).then(|server| {
            let outputs = server.session.run(server.instant(), |session, now| {
                session.set_unix_time(self.unix_time, now);
                session.start(now);
            });
            server.take(outputs);
        })
    }
}

impl Wire {
    /// Who gets the next packet.
    pub(crate) fn next(&self) -> Option<Role> {
        match self.arrived {
            [to_peer, _] if to_peer < self.server.sent.len() => Some(Role::Peer),
            [_, to_server] if to_server < self.peer.sent.len() => Some(Role::Server),
            _ => None,
        }
    }

    /// The next packet arrives.
    pub(crate) fn step(&mut self) -> Received {
        let [to_peer, to_server] = self.arrived;
        match self.next().expect("no packet is on its way") {
            Role::Peer => {
                self.arrived[0] = to_peer + 1;
                self.peer.feed(&self.server.sent[to_peer])
            }
            Role::Server => {
                self.arrived[1] = to_server + 1;
                self.server.feed(&self.peer.sent[to_server])
            }
        }
    }

    /// Goes on until this side waits in this stage, and the packet it waits for is on its way.
    pub(crate) fn until(mut self, role: Role, stage: Stage) -> Self {
        while self.next() != Some(role) || self.stage(role) != stage {
            assert!(self.next().is_some(), "{role:?} was never {stage:?}");
            let _ = self.step();
        }
        self
    }

    fn stage(&self, role: Role) -> Stage {
        let received = self.received(role);
        let sent = match role {
            Role::Peer => &self.peer.sent[..],
            Role::Server => &self.server.sent[..],
        };
        let identities = if role == Role::Peer { 1 } else { 2 };
        if sent.len() < identities {
            return Stage::Identity;
        }
        let has_more = |packets: &[Vec<u8>]| {
            packets.last().and_then(|p| type_data(p)).is_some_and(is_fragment)
        };
        if has_more(sent) {
            Stage::Sending
        } else if has_more(received) {
            Stage::Receiving
        } else {
            let whole = |data: &&[u8]| data.len() > 1 && !is_fragment(data);
            Stage::Waiting(sent.iter().filter_map(|p| type_data(p)).filter(whole).count())
        }
    }

    /// What has arrived at this side, in order.
    pub(crate) fn received(&self, role: Role) -> &[Vec<u8>] {
        let [to_peer, to_server] = self.arrived;
        match role {
            Role::Peer => &self.server.sent[..to_peer],
            Role::Server => &self.peer.sent[..to_server],
        }
    }

    /// A forged packet with the Identifier that is due.
    pub(crate) fn inject(&mut self, role: Role, data: &[u8]) -> Received {
        let identifier = self.server.last_identifier();
        match role {
            Role::Peer => self.peer.feed(&request(identifier, MethodType::TLS, data)),
            Role::Server => self.server.feed(&response(identifier, MethodType::TLS, data)),
        }
    }

    /// Lets all that is on its way arrive.
    pub(crate) fn run(mut self) -> Self {
        while self.next().is_some() {
            let _ = self.step();
        }
        self
    }

    /// What was said so far.
    pub(crate) fn flow(&self) -> Vec<String> {
        flow(&self.server.sent, &self.peer.sent)
    }

    /// Goes on to success, with equal keys.
    pub(crate) fn succeed(self, what: &str) {
        let wire = self.run();
        let [peer, server] = [&wire.peer.result, &wire.server.result].map(|result| {
            let result = result.as_ref().unwrap_or_else(|| panic!("{what}: no end"));
            result.as_ref().unwrap_or_else(|failure| panic!("{what}: {failure}"))
        });
        assert_equal_keys(peer, server);
    }

    /// Why this side has failed.
    pub(crate) fn failure(&self, role: Role) -> &Failure {
        let result = match role {
            Role::Peer => &self.peer.result,
            Role::Server => &self.server.result,
        };
        result.as_ref().expect("it goes on").as_ref().expect_err("it has succeeded")
    }

    /// Neither side has come to success, and neither will.
    pub(crate) fn fail(self, what: &str) {
        let mut wire = self.run();
        // What has no end yet comes to one with time.
        while wire.peer.result.is_none() {
            wire.peer.advance_to_deadline();
        }
        while wire.server.result.is_none() {
            wire.server.advance_to_deadline();
        }
        for result in [wire.peer.result, wire.server.result] {
            assert!(matches!(result, Some(Err(_))), "{what}: {result:?}");
        }
    }
}

fn keys(outcome: &Outcome) -> &Keys {
    outcome.keys.as_ref().expect("EAP-TLS derives keys")
}

pub(crate) fn assert_equal_keys(peer: &Outcome, server: &Outcome) {
    let [peer, server] = [keys(peer), keys(server)];
    assert_eq!(peer.msk.expose(), server.msk.expose());
    assert_eq!(peer.emsk.as_ref().unwrap().expose(), server.emsk.as_ref().unwrap().expose());
    let [peer_id, server_id] = [peer, server].map(|keys| keys.session_id.as_ref().unwrap());
    assert_eq!(peer_id.expose(), server_id.expose());
    assert_eq!(peer.msk.expose().len(), 64);
    assert_ne!(peer.msk.expose(), [0; 64]);
    // RFC 5216 §2.3, RFC 9190 §2.3: the Type, then 64 octets.
    assert_eq!((peer_id.expose().len(), peer_id.expose()[0]), (65, 13));
}

/// The Type-Data of an EAP-TLS packet.
pub(crate) fn type_data(packet: &[u8]) -> Option<&[u8]> {
    match packet {
        [1 | 2, _, _, _, 13, data @ ..] => Some(data),
        _ => None,
    }
}

pub(crate) fn is_fragment(data: &[u8]) -> bool {
    data.first().is_some_and(|flags| flags & MORE_FRAGMENTS != 0)
}
