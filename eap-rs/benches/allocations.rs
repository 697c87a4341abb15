//! Heap allocations per login and per packet, and what an open session holds.
//!
//! ```text
//! cargo bench -p eap-rs --bench allocations
//! ```
//!
//! The numbers do not depend on the machine's speed; run it once. Configurations are not counted:
//! they are shared by all sessions. A reallocation counts as an allocation of its new size. A
//! packet handed to the host is an allocation of the side that sends it, and so are the host's
//! answers to its questions. 320 octets of each side are the host's random generator.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

mod pair;

use std::mem::size_of;

use dhat::HeapStats;
use eap_rs::{Authenticator, ConfigError, MethodType, Peer};

use pair::Setup;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> Result<(), ConfigError> {
    // `testing` counts without writing a profile.
    let _profiler = dhat::Profiler::builder().testing().build();
    for (name, method) in [("MD5-Challenge", MethodType::MD5), ("GTC", MethodType::GTC)] {
        let setup = Setup::new(method)?;
        // What is allocated once per process is not a login's.
        setup.login();
        print_login(name, &setup);
        print_at_rest(&setup);
    }
    Ok(())
}

/// One line per turn: the allocations between taking a packet and giving the next.
fn print_login(name: &str, setup: &Setup) {
    println!("{:<52} allocations  octets", format!("{name} login"));
    let mut total = Count::default();
    let mut sent = 0_u64;
    let mut line = |what: &str, count: Count, packet: Option<&Vec<u8>>| {
        let gives = match packet {
            Some(octets) => format!("gives {} octets", octets.len()),
            None => "gives nothing".to_owned(),
        };
        println!("  {what:<32} {gives:<17} {:>11} {:>7}", count.blocks, count.octets);
        total = total + count;
        sent += u64::from(packet.is_some());
    };
    let (mut peer, created) = counted(|| setup.peer());
    line("peer is created", created, None);
    let (mut authenticator, created) = counted(|| setup.authenticator());
    line("authenticator is created", created, None);
    let (mut request, count) = counted(|| authenticator.start());
    line("authenticator starts", count, request.as_ref());
    while let Some(packet) = request {
        let (response, count) = counted(|| peer.turn(&packet));
        line(&format!("peer takes {} octets", packet.len()), count, response.as_ref());
        let Some(packet) = response else { break };
        let (next, count) = counted(|| authenticator.turn(&packet));
        line(&format!("authenticator takes {} octets", packet.len()), count, next.as_ref());
        request = next;
    }
    println!("  {:<50} {:>11} {:>7}", "in all", total.blocks, total.octets);
    let (blocks, octets) = (total.blocks.div_ceil(sent), total.octets.div_ceil(sent));
    println!(
        "  {:<50} {blocks:>11} {octets:>7}\n",
        format!("per packet sent ({sent}), rounded up")
    );
}

/// What each side holds while it waits for the other: at first, after Identity was sent, after the
/// method's packet was sent. The heap is measured by giving it back.
fn print_at_rest(setup: &Setup) {
    println!(
        "  {:<34} {:>8} {:>12} {:>15}",
        "held, in octets", "session", "heap blocks", "heap octets"
    );
    let row = |what: &str, session: usize, heap: Count| {
        println!("  {what:<34} {session:>8} {:>12} {:>15}", heap.blocks, heap.octets);
    };
    for (when, turns) in [("new", 0), ("in Identity", 1), ("in its method", 2)] {
        let (mut peer, mut authenticator) = (setup.peer(), setup.authenticator());
        let mut request = None;
        if turns > 0 {
            request = authenticator.start();
        }
        for turn in 1..=turns {
            let response = request.take().and_then(|packet| peer.turn(&packet));
            // The last response stays on its way.
            if turn < turns {
                request = response.and_then(|packet| authenticator.turn(&packet));
            }
        }
        drop(request);
        row(&format!("peer, {when}"), size_of::<Peer>(), released(peer));
        row(&format!("authenticator, {when}"), size_of::<Authenticator>(), released(authenticator));
    }
    println!();
}

#[derive(Clone, Copy, Default)]
struct Count {
    blocks: u64,
    octets: u64,
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { blocks: self.blocks + other.blocks, octets: self.octets + other.octets }
    }
}

/// What `call` allocates.
fn counted<T>(call: impl FnOnce() -> T) -> (T, Count) {
    let before = HeapStats::get();
    let result = call();
    let after = HeapStats::get();
    let count = Count {
        blocks: after.total_blocks - before.total_blocks,
        octets: after.total_bytes - before.total_bytes,
    };
    (result, count)
}

/// What `value` held on the heap.
fn released<T>(value: T) -> Count {
    let before = HeapStats::get();
    drop(value);
    let after = HeapStats::get();
    let difference = |before: usize, after: usize| before.saturating_sub(after) as u64;
    Count {
        blocks: difference(before.curr_blocks, after.curr_blocks),
        octets: difference(before.curr_bytes, after.curr_bytes),
    }
}
