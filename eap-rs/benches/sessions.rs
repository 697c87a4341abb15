//! Time per packet of a RADIUS server with few and with many open conversations. What each holds:
//! `allocations`.
//!
//! ```text
//! cargo bench -p eap-rs --bench sessions
//! cargo bench -p eap-rs --bench sessions -- --quick   # a rough answer
//! ```
//!
//! Conversations take turns: each packet goes to the one that has waited longest, so that with many
//! of them nothing about it is left in the processor's caches. The tables take turns as well, so
//! that whatever else the machine does slows both. No login is finished here: it would need a peer
//! for each conversation, and its cryptography would hide what is to be seen.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a benchmark that cannot run stops")]

#[allow(dead_code, reason = "shared with benchmarks of logins")]
mod bare;
#[allow(dead_code, reason = "shared with benchmarks of logins")]
mod pair;
#[allow(dead_code, reason = "shared with benchmarks of logins")]
mod pki;

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::{Measurement, WallTime};
use eap_rs::radius::{SessionOutput, SessionState, SessionTable};
use eap_rs::tls::TlsVersion;
use eap_rs::ttls::TtlsServerConfig;
use eap_rs::{Answer, AuthenticatorConfig, Instant, MethodType};
use rand::SeedableRng;
use rand::rngs::StdRng;

use pair::{Setup, tunnel_server};
use pki::Pki;

const FEW: usize = 100;
const MANY: usize = 100_000;
const PACKETS_PER_ROUND: u32 = 1000;
/// The tables' clock: 10,000 packets a second.
const PACKETS_PER_MS: u64 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = if std::env::args().any(|arg| arg == "--quick") { 20 } else { 500 };
    println!("{:<28} {FEW:>10} {MANY:>10} {:>6}", "time per packet", "ratio");
    for (name, script) in [("MD5-Challenge", Script::md5()?), ("EAP-TTLS", Script::ttls()?)] {
        let mut tables = [FEW, MANY].map(|open| Conversations::new(&script, open));
        let mut times = [vec![], vec![]];
        for _ in 0..rounds {
            for (table, times) in tables.iter_mut().zip(&mut times) {
                let start = WallTime.start();
                (0..PACKETS_PER_ROUND).for_each(|_| table.turn());
                times.push(WallTime.end(start) / PACKETS_PER_ROUND);
            }
        }
        let [few, many] = times.map(median);
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        println!("{name:<28} {few:>10.2?} {many:>10.2?} {ratio:>6.2}");
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// What peers say after their identity, up to a refusal; the Identifier is the Request's.
struct Script {
    config: Arc<AuthenticatorConfig>,
    says: Vec<Vec<u8>>,
}

const IDENTITY: &[u8] = b"\x02\x01\x00\x11\x01@example.org";

impl Script {
    fn md5() -> Result<Self, Box<dyn Error>> {
        let config = AuthenticatorConfig::builder().backend().method(MethodType::MD5).build()?;
        let response = [&[2, 0, 0, 22, 4, 16][..], &[0; 16]].concat();
        Ok(Self { config: Arc::new(config), says: vec![response] })
    }

    fn ttls() -> Result<Self, Box<dyn Error>> {
        let (pki, version) = (Pki::p256()?, TlsVersion::V1_3);
        // In two fragments, as with a longer certificate chain.
        let tunnel = tunnel_server(&pki, version).fragment_size(500).build()?;
        let ttls = TtlsServerConfig::builder(tunnel).pap().build()?;
        let config = AuthenticatorConfig::builder().backend().ttls(ttls).build()?;
        // One hello for all: servers do not mind.
        let mut peer = Setup::ttls_pap(&pki, version)?.peer();
        let hello = peer.turn(&[1, 1, 0, 6, 21, 0x20]).ok_or("no hello")?;
        let acknowledgement = vec![2, 0, 0, 6, 21, 0];
        let alert = vec![2, 0, 0, 13, 21, 0, 21, 3, 3, 0, 2, 2, 40];
        Ok(Self { config: Arc::new(config), says: vec![hello, acknowledgement, alert] })
    }
}

/// A table, and conversations that take turns.
struct Conversations<'a> {
    script: &'a Script,
    table: SessionTable<StdRng>,
    slots: VecDeque<Slot>,
    packets: u64,
}

/// A conversation that waits, or one yet to begin.
#[derive(Clone, Copy, Default)]
struct Slot {
    state: Option<SessionState>,
    /// Of the Request that is to be answered.
    identifier: u8,
    said: usize,
}

impl<'a> Conversations<'a> {
    /// So many open ones, as many at each point of the conversation.
    fn new(script: &'a Script, open: usize) -> Self {
        let rng = StdRng::seed_from_u64(1);
        let table = SessionTable::new(script.config.clone(), 2 * open, rng);
        let mut new = Self { script, table, slots: VecDeque::new(), packets: 0 };
        let points = script.says.len() + 1;
        for i in 0..open * points / script.says.len() {
            let slot = (0..i % points).fold(Slot::default(), |slot, _| new.step(slot));
            new.slots.push_back(slot);
        }
        new
    }

    fn turn(&mut self) {
        if let Some(slot) = self.slots.pop_front() {
            let next = self.step(slot);
            self.slots.push_back(next);
        }
    }

    fn step(&mut self, slot: Slot) -> Slot {
        let mut said = slot.said;
        let mut packet = IDENTITY.to_vec();
        if slot.state.is_some() {
            packet.clone_from(&self.script.says[said]);
            packet[1] = slot.identifier;
            said += 1;
        }
        self.packets += 1;
        let now = Instant::from_millis(self.packets / PACKETS_PER_MS);
        let state = slot.state.as_ref().map(|state| &state.0[..]);
        let taken = self.table.handle_eap_message(state, &packet, None, now);
        let state = taken.unwrap_or_else(|reason| panic!("a broken benchmark: {reason}"));
        let mut next = Slot::default();
        while let Some((_, output)) = self.table.poll_output() {
            match output {
                SessionOutput::Challenge { eap_message, .. } => {
                    next = Slot { state: Some(state), identifier: eap_message[1], said };
                }
                SessionOutput::Ask(id, _) => {
                    let answered = self.table.handle_answer(state, id, Answer::Decline, now);
                    assert_eq!(answered, Ok(()));
                }
                _ => {}
            }
        }
        assert_eq!(next.state.is_some(), said < self.script.says.len());
        next
    }
}
