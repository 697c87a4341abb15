//! Hellos as nobody sends them today: versions long out of use, records of a few octets.

use eap_rs::tls::{TlsAlert, TlsVersion};
use eap_rs::{Failure, MethodType};
use eap_tests::script::request;

use crate::bare::{message, provider};
use crate::wire::{START, type_data};
use crate::{Setup, VERSIONS};

/// A close_notify in the clear.
const CLOSE_NOTIFY: [u8; 7] = [21, 3, 3, 0, 2, 1, 0];

fn setup(version: TlsVersion) -> Setup {
    let mut setup = Setup::new().version(version);
    setup.fragment_size = 65_000;
    setup
}

/// A hello of this version in one record, with these octets behind the random and the empty
/// session id.
fn hello(kind: u8, version: [u8; 2], rest: &[u8]) -> Vec<u8> {
    let body = [&version[..], &[0x5a; 32], &[0], rest].concat();
    let message = [&[kind, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
    [&[22, 3, 1, 0, u8::try_from(message.len()).unwrap()][..], &message].concat()
}

/// SSL 3, TLS 1.0, TLS 1.1.
const OLD: [[u8; 2]; 3] = [[3, 0], [3, 1], [3, 2]];

/// CVE-2017-13832 (Apple): a supplicant that could do no better than TLS 1.0.
#[test]
fn cve_2017_13832_a_client_with_an_old_version_is_refused() {
    for old in OLD {
        let mut server = Setup::new().scripted_server(Setup::new().server());
        let _ = server.respond(MethodType::IDENTITY, b"@example.org");
        // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression; signature_algorithms, which rustls
        // asks after first.
        let extensions = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
        let hello = hello(1, old, &[&[0, 2, 0xc0, 0x13, 1, 0][..], &extensions].concat());
        let _ = server.respond(MethodType::TLS, &[&[0][..], &hello].concat());
        let alert = type_data(server.sent.last().unwrap()).unwrap();
        // RFC 8446 §6.2: fatal, protocol_version.
        assert_eq!((alert[1], &alert[alert.len() - 2..]), (21, &[2, 70][..]), "{old:?}");
        let _ = server.respond(MethodType::TLS, &[0]);
        let failure = server.result.unwrap().unwrap_err();
        assert!(matches!(failure, Failure::TlsIncompatible(_)), "{failure}");
    }
}

/// CVE-2017-13832 (Apple): a supplicant that let itself be led to TLS 1.0.
#[test]
fn cve_2017_13832_a_server_that_chooses_an_old_version_is_refused() {
    for old in OLD {
        let mut peer = Setup::new().scripted_peer(Setup::new().peer());
        let _ = peer.feed(&request(1, MethodType::IDENTITY, b""));
        let _ = peer.feed(&request(2, MethodType::TLS, &[START]));
        let hello = hello(2, old, &[0xc0, 0x13, 0]);
        let _ = peer.feed(&request(3, MethodType::TLS, &[&[0][..], &hello].concat()));
        let alert = type_data(peer.sent.last().unwrap()).unwrap();
        assert_eq!((alert[1], &alert[alert.len() - 2..]), (21, &[2, 70][..]), "{old:?}");
        let failure = peer.result.unwrap().unwrap_err();
        assert!(matches!(failure, Failure::TlsIncompatible(_)), "{failure}");
    }
}

/// The lowest version is the host's to choose; a server that has only lower ones is refused.
#[test]
fn cve_2017_13832_a_version_below_the_lowest_is_refused() {
    let (old, new) = (setup(TlsVersion::V1_2), setup(TlsVersion::V1_3));
    let meeting = new.meet_server(old.bare_server(provider(), |_| {}));
    let refused = Failure::TlsAlert(TlsAlert(70));
    assert_eq!(meeting.ours.result.unwrap().unwrap_err(), refused);
    let meeting = new.meet_client(old.bare_client(provider(), |_| {}));
    let refused = meeting.ours.result.unwrap().unwrap_err();
    assert!(matches!(refused, Failure::TlsIncompatible(_)), "{refused}");
}

/// RFC 5246 §6.2.1: record boundaries mean nothing.
#[test]
fn hellos_in_records_of_a_few_octets_pass() {
    for version in VERSIONS {
        let setup = setup(version);
        let small = setup.bare_client(provider(), |config| config.max_fragment_size = Some(32));
        let meeting = setup.meet_client(small);
        meeting.bare.assert_keys(&meeting.ours.result.unwrap().unwrap());
        let small = setup.bare_server(provider(), |config| config.max_fragment_size = Some(32));
        let meeting = setup.meet_server(small);
        meeting.bare.assert_keys(&meeting.ours.result.unwrap().unwrap());
    }
}

/// RFC 5216 §2.3: the Session-Id has both randoms, whatever a man in the middle does to the
/// records around them.
#[test]
fn the_session_id_does_not_depend_on_records_or_alerts_in_the_clear() {
    let setup = setup(TlsVersion::V1_2);
    let mut server = setup.scripted_server(setup.server());
    let mut client = setup.bare_client(provider(), |config| config.max_fragment_size = Some(32));
    let _ = server.respond(MethodType::IDENTITY, b"@example.org");
    let hello = client.take();
    let client_random = handshake_octets(&hello)[6..38].to_vec();
    let _ = server.respond(MethodType::TLS, &[&[0][..], &CLOSE_NOTIFY, &hello].concat());
    let flight = message(type_data(server.sent.last().unwrap()).unwrap()).to_vec();
    let server_random = handshake_octets(&flight)[6..38].to_vec();
    let answer = client.feed(&flight);
    let _ = server.respond(MethodType::TLS, &[&[0][..], &answer].concat());
    let _ = server.respond(MethodType::TLS, &[0]);
    let outcome = server.result.unwrap().unwrap();
    let session_id = outcome.keys.unwrap().session_id.unwrap();
    assert_eq!(session_id.expose(), [&[13][..], &client_random, &server_random].concat());
}

fn handshake_octets(mut records: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    while let [22, 3, _, 0, len, rest @ ..] = records {
        let (body, rest) = rest.split_at(usize::from(*len));
        octets.extend(body);
        records = rest;
    }
    match records {
        // A long record comes first or not at all.
        [22, 3, _, _, _, rest @ ..] => rest.to_vec(),
        _ => octets,
    }
}
