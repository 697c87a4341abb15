//! Hosts that are peer and authenticator at once, as both ends of a PPP link may be (RFC 3748 §2.4).

use eap_rs::packet::{Layer, Packet};
use eap_rs::{
    Answer, Authenticator, Credential, Instant, MethodType, Outcome, Output, Peer, Query, Received,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::{peer, server};

/// One end of the link.
struct Host {
    peer: Peer,
    authenticator: Authenticator,
    /// Of its peer, and of its authenticator.
    ends: [Option<Outcome>; 2],
}

const NOW: Instant = Instant::from_millis(0);

impl Host {
    fn new(seed: u64) -> Self {
        let rng = |n| StdRng::seed_from_u64(seed + n);
        let peer = peer(MethodType::MSCHAPV2).password("wonderland").build().unwrap();
        let server = server(MethodType::MSCHAPV2).build().unwrap();
        let mut authenticator = Authenticator::new(server.into(), rng(0));
        authenticator.start(NOW);
        Self { peer: Peer::new(peer.into(), rng(1)), authenticator, ends: [None, None] }
    }

    fn receive(&mut self, packet: &[u8]) {
        let fate = match Packet::parse(packet).unwrap().layer() {
            Layer::Peer => self.peer.handle_packet(packet, NOW),
            Layer::Authenticator => self.authenticator.handle_packet(packet, NOW),
        };
        assert_eq!(fate, Received::Accepted);
    }

    /// What it sends.
    fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        while let Some(output) = self.peer.poll_output() {
            match output {
                Output::Send(packet) => sent.push(packet),
                Output::Finished(result) => self.ends[0] = Some(result.unwrap()),
                _ => {}
            }
        }
        while let Some(output) = self.authenticator.poll_output() {
            match output {
                Output::Send(packet) => sent.push(packet),
                Output::Finished(result) => self.ends[1] = Some(result.unwrap()),
                Output::Ask(id, Query::Credential { .. }) => {
                    let stored = Credential::Cleartext("wonderland".into());
                    let answer = Answer::Credential(stored);
                    self.authenticator.handle_answer(id, answer, NOW).unwrap();
                }
                _ => {}
            }
        }
        sent
    }
}

#[test]
fn two_conversations_in_opposite_directions_do_not_disturb_each_other() {
    for seed in 0..50 {
        let mut hosts = [Host::new(seed), Host::new(seed + 1000)];
        let mut moved = true;
        while moved {
            moved = false;
            for (from, to) in [(0, 1), (1, 0)] {
                for packet in hosts[from].drain() {
                    moved = true;
                    hosts[to].receive(&packet);
                }
            }
        }
        let [one, other] = &hosts;
        for (peer, authenticator) in [(one, other), (other, one)] {
            let ends = [&peer.ends[0], &authenticator.ends[1]].map(|end| end.as_ref().unwrap());
            let [ours, theirs] = ends.map(|end| end.keys.as_ref().unwrap().msk.expose());
            assert_eq!(ours, theirs);
        }
    }
}
