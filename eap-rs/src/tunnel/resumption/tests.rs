//! The desks and tickets by themselves. Both ends: `tests/tls/resumption.rs`.

use core::time::Duration;
use std::sync::Arc;

use rustls::crypto::SecureRandom;
use rustls::server::{ProducesTickets, StoresServerSessions};

use super::*;
use crate::{InnerMethod, InnerOutcome};

const NOW: u64 = 1_900_000_000;
const LIFETIME: u64 = 3600;

fn random() -> &'static dyn SecureRandom {
    crate::tunnel::certificate::testing::provider().secure_random
}

fn sessions(edit: impl FnOnce(Resumption) -> Resumption) -> Arc<ServerSessions> {
    let resumption = edit(Resumption::for_lifetime(Duration::from_secs(LIFETIME)));
    Arc::new(ServerSessions::new(resumption, random()).unwrap())
}

fn with_tickets() -> Arc<ServerSessions> {
    let keys = Arc::new(TicketKeys::new(&[[7; 32]]).unwrap());
    sessions(|resumption| resumption.ticket_keys(keys))
}

fn owner(method: MethodType, identity: &str) -> Owner {
    Owner { method, identity: Identity::new(identity) }
}

fn alice() -> Owner {
    owner(MethodType::TLS, "alice")
}

/// A login of alice that has succeeded and left this session.
fn leave(sessions: &Arc<ServerSessions>, id: &[u8], unix_time: u64) {
    let desk = sessions.open(alice(), unix_time);
    assert!(desk.put(id.to_vec(), b"state".to_vec()));
    desk.keep(None);
}

/// FreeRADIUS offered sessions for resumption before the inner authentication was over.
#[test]
fn cve_2017_9148_a_session_is_not_there_before_the_login_has_succeeded() {
    let sessions = sessions(|resumption| resumption);
    let desk = sessions.open(alice(), NOW);
    assert!(desk.put(b"id".to_vec(), b"state".to_vec()));
    let other = sessions.open(alice(), NOW);
    assert_eq!((other.get(b"id"), other.take(b"id")), (None, None));
    // It fails: nothing is left of it.
    drop(desk);
    assert_eq!(sessions.open(alice(), NOW).get(b"id"), None);
}

#[test]
fn a_session_being_resumed_is_nobody_elses_until_that_login_has_succeeded() {
    let sessions = sessions(|resumption| resumption);
    leave(&sessions, b"id", NOW);
    let first = sessions.open(alice(), NOW + 1);
    assert_eq!(first.get(b"id").as_deref(), Some(&b"state"[..]));
    assert_eq!(sessions.open(alice(), NOW + 1).get(b"id"), None);
    first.keep(None);
    let second = sessions.open(alice(), NOW + 2);
    assert!(second.get(b"id").is_some());
    drop(second);
    assert_eq!(sessions.open(alice(), NOW + 3).get(b"id"), None);
}

#[test]
fn a_session_of_tls_1_3_serves_once() {
    let sessions = sessions(|resumption| resumption);
    leave(&sessions, b"id", NOW);
    let desk = sessions.open(alice(), NOW);
    assert!(desk.take(b"id").is_some());
    desk.keep(None);
    assert_eq!(sessions.open(alice(), NOW).take(b"id"), None);
}

#[test]
fn neither_another_identity_nor_another_method_can_use_a_session_or_take_it_away() {
    let memory = sessions(|resumption| resumption);
    leave(&memory, b"id", NOW);
    let sealed = with_tickets();
    let ticket = sealed.open(alice(), NOW).encrypt(b"state").unwrap();
    for other in [owner(MethodType::TLS, "bob"), owner(MethodType::ietf(25), "alice")] {
        let desk = memory.open(other.clone(), NOW);
        assert_eq!((desk.get(b"id"), desk.take(b"id")), (None, None));
        assert_eq!(sealed.open(other, NOW).decrypt(&ticket), None);
    }
    assert!(memory.open(alice(), NOW).get(b"id").is_some());
    assert!(sealed.open(alice(), NOW).decrypt(&ticket).is_some());
}

#[test]
fn a_lifetime_is_counted_from_the_first_login_and_told_in_the_ticket() {
    let sealed = with_tickets();
    let first = sealed.open(alice(), NOW);
    assert_eq!(ProducesTickets::lifetime(&*first), 3600);
    let ticket = first.encrypt(b"state").unwrap();
    let desk = sealed.open(alice(), NOW + 1000);
    assert!(desk.decrypt(&ticket).is_some());
    assert_eq!(ProducesTickets::lifetime(&*desk), 2600);
    let renewed = desk.encrypt(b"state").unwrap();
    assert!(sealed.open(alice(), NOW + LIFETIME - 1).decrypt(&renewed).is_some());
    for late in [NOW + LIFETIME, NOW + 2 * LIFETIME, NOW - 1] {
        assert_eq!(sealed.open(alice(), late).decrypt(&renewed), None);
    }
}

#[test]
fn the_memory_is_bounded_and_the_oldest_go_first() {
    let sessions = sessions(|resumption| resumption.capacity(3));
    for id in 0_u8..5 {
        leave(&sessions, &[id], NOW);
    }
    // Used again and again, one session takes no more than one place.
    for _ in 0..10 {
        let desk = sessions.open(alice(), NOW);
        assert!(desk.get(&[3]).is_some());
        desk.keep(None);
    }
    let there = |id| sessions.open(alice(), NOW).take(&[id]).is_some();
    assert_eq!([0, 1, 2, 3, 4].map(there), [false, false, true, true, true]);
}

#[test]
fn what_is_too_old_leaves_the_memory() {
    let sessions = sessions(|resumption| resumption);
    leave(&sessions, b"old", NOW);
    leave(&sessions, b"new", NOW + LIFETIME);
    assert!(format!("{sessions:?}").contains("sessions: 1"), "{sessions:?}");
}

#[test]
fn a_closed_desk_hands_nothing_out() {
    let memory = sessions(|resumption| resumption);
    leave(&memory, b"id", NOW);
    let desk = memory.open(alice(), NOW);
    desk.close();
    assert_eq!((desk.get(b"id"), desk.take(b"id")), (None, None));
    let sealed = with_tickets();
    let ticket = sealed.open(alice(), NOW).encrypt(b"state").unwrap();
    let desk = sealed.open(alice(), NOW);
    desk.close();
    assert_eq!(desk.decrypt(&ticket), None);
}

#[test]
fn a_ticket_that_was_tampered_with_or_cut_does_not_open() {
    let sealed = with_tickets();
    let ticket = sealed.open(alice(), NOW).encrypt(b"state").unwrap();
    let opens = |ticket: &[u8]| sealed.open(alice(), NOW).decrypt(ticket).is_some();
    assert!(opens(&ticket));
    for len in 0..ticket.len() {
        assert!(!opens(&ticket[..len]), "{len}");
    }
    for bit in 0..ticket.len() * 8 {
        let mut ticket = ticket.clone();
        ticket[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(&ticket), "{bit}");
    }
}

#[test]
fn no_two_tickets_are_alike_and_none_shows_what_it_holds() {
    let sealed = with_tickets();
    let [first, second] =
        [0, 0].map(|_| sealed.open(alice(), NOW).encrypt(b"secret state").unwrap());
    assert_ne!(first, second);
    // The name of the key is what they share.
    assert_eq!(first[..8], second[..8]);
    for hidden in [&b"secret state"[..], b"alice"] {
        assert!(!first.windows(hidden.len()).any(|octets| octets == hidden));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let keys = TicketKeys::new(&[[7; 32], [8; 32]]).unwrap();
    assert_eq!(format!("{keys:?}"), "TicketKeys(2)");
}

fn shared() -> Arc<ServerSessions> {
    let keys = Arc::new(TicketKeys::new(&[[7; 32]]).unwrap());
    sessions(|resumption| resumption.ticket_keys(keys).share_sessions())
}

fn alice_inside(identity: &str) -> Owner {
    owner(MethodType::TTLS, identity)
}

/// A login that has succeeded and left this session with the host.
fn leave_with_host(sessions: &Arc<ServerSessions>, inner: InnerMethod) -> SealedSession {
    let desk = sessions.open(alice_inside("@example.org"), NOW);
    assert!(desk.put(b"id".to_vec(), b"state".to_vec()));
    let identity = Identity::new("alice");
    desk.keep(Some(&InnerOutcome { method: inner, identity })).unwrap()
}

#[test]
fn the_host_is_asked_once_for_what_it_keeps_and_every_inner_method_comes_back() {
    use InnerMethod::{Chap, Eap, MsChap, MsChapV2, Pap};
    for inner in [Pap, Chap, MsChap, MsChapV2, Eap(MethodType::GTC), Eap(MethodType::vendor(9, 1))]
    {
        let left = leave_with_host(&shared(), inner);
        let desk = shared().open(alice_inside("@example.org"), NOW + 1);
        assert_eq!((desk.wanted(), desk.get(b"id")), (None, None));
        assert_eq!(desk.wanted(), Some(left.name));
        // A client may offer several; one is looked up.
        assert_eq!(desk.get(b"other"), None);
        assert_eq!(desk.wanted(), Some(left.name));
        desk.looked_up(Some(&left.octets));
        assert_eq!((desk.wanted(), desk.get(b"id")), (None, Some(b"state".to_vec())));
        let there = desk.inner().unwrap();
        assert_eq!((there.method, there.identity.as_bytes()), (inner, &b"alice"[..]));
        assert_eq!((desk.get(b"id"), desk.wanted()), (None, None));
    }
}

#[test]
fn what_the_host_keeps_is_no_ticket_and_nobody_elses() {
    let sessions = shared();
    let left = leave_with_host(&sessions, InnerMethod::Pap);
    assert_eq!(sessions.open(alice(), NOW).decrypt(&left.octets), None);
    let ticket = sessions.open(alice(), NOW).encrypt(b"state").unwrap();
    for (owner, id, sealed) in [
        (alice_inside("@example.org"), &b"id"[..], &ticket),
        (alice_inside("@example.org"), b"other", &left.octets),
        (alice_inside("mallory"), b"id", &left.octets),
        (owner(MethodType::PEAP, "@example.org"), b"id", &left.octets),
    ] {
        let desk = sessions.open(owner, NOW);
        assert_eq!(desk.get(id), None);
        desk.looked_up(Some(sealed));
        assert_eq!((desk.get(id), desk.wanted()), (None, None));
    }
}

#[test]
fn too_late_to_begin_again_nobody_is_asked() {
    let desk = shared().open(alice_inside("@example.org"), NOW);
    desk.end_lookup();
    assert_eq!((desk.get(b"id"), desk.wanted()), (None, None));
    let closed = shared().open(alice_inside("@example.org"), NOW);
    closed.close();
    assert_eq!((closed.get(b"id"), closed.wanted()), (None, None));
}
