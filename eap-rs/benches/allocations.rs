//! Heap allocations per login and per packet, the peak of each side, and what an open session
//! holds.
//!
//! ```text
//! cargo bench -p eap-rs --bench allocations
//! ```
//!
//! The numbers do not depend on the machine's speed; run it once. Configurations are not counted:
//! they are shared by all sessions. A packet handed to the host is an allocation of the side that
//! sends it, and so are the host's answers to its questions. 320 octets of each side are the
//! host's random generator. What rustls needs without EAP stands beside the methods over TLS.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

mod bare;
mod heap;
mod pair;
mod pki;

use std::error::Error;
use std::mem::size_of;

use eap_rs::tls::TlsVersion;
use eap_rs::{Authenticator, MethodType, Peer};

use bare::{Bare, BareEnd};
use heap::{Count, Side, in_use, released};
use pair::{AuthenticatorEnd, OVER_TLS, PeerEnd, Setup};
use pki::Pki;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// When a session waits: at first, and after each packet that it has sent.
const WAITS: &[&str] = &["new", "in Identity", "in its method"];
const TLS_WAITS: &[&str] =
    &["new", "in Identity", "after Start", "in the handshake", "after the handshake"];
const IN_THE_HANDSHAKE: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    // `testing` counts without writing a profile.
    let _profiler = dhat::Profiler::builder().testing().build();
    for (name, method) in [("MD5-Challenge", MethodType::MD5), ("GTC", MethodType::GTC)] {
        let setup = Setup::new(method)?;
        // What is allocated once per process is not a login's.
        setup.login();
        print_login(name, &setup);
        print_at_rest(&setup, WAITS);
    }
    let pki = Pki::p256()?;
    for (method, setup, who) in OVER_TLS {
        for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
            let (setup, bare) = (setup(&pki, version)?, Bare::new(&pki, version, who));
            setup.login();
            bare.handshake();
            print_login(&format!("{method}, {version}, P-256"), &setup);
            print_bare(&bare);
            print_at_rest(&setup, TLS_WAITS);
            print_many(&setup);
        }
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
    let (mut peer_heap, mut server_heap) = (Side::default(), Side::default());
    let (mut peer, created) = peer_heap.create(|| setup.peer());
    line("peer is created", created, None);
    let (mut authenticator, created) = server_heap.create(|| setup.authenticator());
    line("authenticator is created", created, None);
    let (mut request, count) = server_heap.turn(|| authenticator.start());
    line("authenticator starts", count, request.as_ref());
    while let Some(packet) = request {
        let (response, count) = peer_heap.turn(|| peer.turn(&packet));
        line(&format!("peer takes {} octets", packet.len()), count, response.as_ref());
        let Some(packet) = response else { break };
        let (next, count) = server_heap.turn(|| authenticator.turn(&packet));
        line(&format!("authenticator takes {} octets", packet.len()), count, next.as_ref());
        request = next;
    }
    println!("  {:<50} {:>11} {:>7}", "in all", total.blocks, total.octets);
    let (blocks, octets) = (total.blocks.div_ceil(sent), total.octets.div_ceil(sent));
    println!(
        "  {:<50} {blocks:>11} {octets:>7}\n",
        format!("per packet sent ({sent}), rounded up")
    );
    println!("  {:<62} {:>7}", "peer, peak of the heap", peer_heap.peak());
    println!("  {:<62} {:>7}\n", "authenticator, peak of the heap", server_heap.peak());
}

/// The peaks of a handshake by rustls alone, and what its server holds half way.
fn print_bare(bare: &Bare) {
    let (mut client_heap, mut server_heap) = (Side::default(), Side::default());
    let (mut client, _) = client_heap.create(|| bare.client());
    let (mut server, _) = server_heap.create(|| bare.server());
    let (mut flight, _) = client_heap.turn(|| client.turn(&[]));
    while let Some(records) = flight {
        let (answer, _) = server_heap.turn(|| server.turn(&records));
        flight = answer.and_then(|records| client_heap.turn(|| client.turn(&records)).0);
    }
    println!("  {:<62} {:>7}", "rustls client, peak of the heap", client_heap.peak());
    println!("  {:<62} {:>7}", "rustls server, peak of the heap", server_heap.peak());
    let mut server = bare.server();
    let hello = bare.client().turn(&[]);
    drop(hello.and_then(|hello| server.turn(&hello)));
    let held = size_of::<BareEnd>() as u64 + released(server).octets;
    println!("  {:<62} {held:>7}\n", "rustls server, held in the handshake");
}

/// What each side holds while it waits for the other. The heap is measured by giving it back.
fn print_at_rest(setup: &Setup, waits: &[&str]) {
    println!(
        "  {:<34} {:>8} {:>12} {:>15}",
        "held, in octets", "session", "heap blocks", "heap octets"
    );
    let row = |what: &str, session: usize, heap: Count| {
        println!("  {what:<34} {session:>8} {:>12} {:>15}", heap.blocks, heap.octets);
        session as u64 + heap.octets
    };
    let mut most = 0;
    for (packets, when) in waits.iter().enumerate() {
        let (peer, authenticator) = waiting(setup, packets);
        assert_eq!((peer.done, authenticator.done), (None, None));
        row(&format!("peer, {when}"), size_of::<Peer>(), released(peer));
        let when = format!("authenticator, {when}");
        most = most.max(row(&when, size_of::<Authenticator>(), released(authenticator)));
    }
    print_rest("authenticator at rest, at most", most);
}

/// What a server holds for each of many conversations that wait half way.
fn print_many(setup: &Setup) {
    const MANY: usize = 1000;
    let mut open = Vec::with_capacity(MANY);
    let before = in_use();
    open.extend((0..MANY).map(|_| waiting(setup, IN_THE_HANDSHAKE).1));
    let each = (in_use() - before).div_ceil(MANY) + size_of::<Authenticator>();
    print_rest(&format!("each of {MANY} authenticators in the handshake"), each as u64);
    println!();
}

/// Both ends when each has sent so many packets; the last of the peer's is on its way.
fn waiting(setup: &Setup, packets: usize) -> (PeerEnd, AuthenticatorEnd) {
    let (mut peer, mut authenticator) = (setup.peer(), setup.authenticator());
    let mut response: Option<Vec<u8>> = None;
    for packet in 0..packets {
        let request = match packet {
            0 => authenticator.start(),
            _ => response.and_then(|response| authenticator.turn(&response)),
        };
        response = request.and_then(|request| peer.turn(&request));
    }
    (peer, authenticator)
}

fn print_rest(what: &str, octets: u64) {
    const LIMIT: u64 = 16 * 1024;
    let verdict = if octets <= LIMIT { "within" } else { "ABOVE" };
    println!("  {what:<53} {octets:>7}, {verdict} 16 KiB");
}
