//! Replays the fuzz corpora through what the fuzz targets call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: to stop is how a test fails"
)]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use eap_tests::fuzzing;

#[test]
fn packet() {
    replay("packet", fuzzing::packet);
}

#[test]
fn peer_session() {
    replay("peer_session", fuzzing::peer_session);
}

#[test]
fn server_session() {
    replay("server_session", fuzzing::server_session);
}

#[test]
fn eapol() {
    replay("eapol", fuzzing::eapol);
}

#[test]
fn port() {
    replay("port", fuzzing::port);
}

#[test]
fn mschapv2() {
    replay("mschapv2", fuzzing::mschapv2);
}

#[test]
fn tls_peer() {
    replay("tls_peer", fuzzing::tls_peer);
}

#[test]
fn tls_server() {
    replay("tls_server", fuzzing::tls_server);
}

#[test]
fn ttls_session() {
    replay("ttls_session", fuzzing::ttls_session);
}

#[test]
fn certificate() {
    replay("certificate", fuzzing::certificate);
}

#[test]
fn identity() {
    replay("identity", fuzzing::identity);
}

#[test]
fn radius() {
    replay("radius", fuzzing::radius);
}

#[test]
fn tlv() {
    replay("tlv", fuzzing::tlv);
}

#[test]
fn peap_session() {
    replay("peap_session", fuzzing::peap_session);
}

#[cfg(feature = "fast")]
#[test]
fn fast_session() {
    replay("fast_session", fuzzing::fast_session);
}

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("every target has a corpus") {
        let path = entry.unwrap().path();
        let data = fs::read(&path).unwrap();
        let outcome = catch_unwind(|| run(&data));
        assert!(outcome.is_ok(), "{} fails", path.display());
        files += 1;
    }
    assert!(files >= 10, "{} has {files} files", folder.display());
}
