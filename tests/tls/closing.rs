//! Families 3 and 6: a side that closes the TLS connection and goes on all the same, with a
//! handshake of its own choosing, or with octets that are no TLS.

use eap_rs::tls::{TlsAlert, TlsVersion};
use eap_rs::{Authenticator, Discard, Failure, MethodType, Peer, Received};
use eap_tests::script::{Scripted, request, response, success};

use crate::bare::{Bare, provider};
use crate::wire::type_data;
use crate::{Setup, VERSIONS};

/// A close_notify in the clear (RFC 8446 §6.1).
const CLOSE_NOTIFY: [u8; 7] = [21, 3, 3, 0, 2, 1, 0];

fn setup(version: TlsVersion) -> Setup {
    let mut setup = Setup::new().version(version);
    setup.fragment_size = 65_000;
    setup
}

/// Our peer, and the server's part of the conversation by hand.
struct HostileServer {
    peer: Scripted<Peer>,
    server: Bare,
    identifier: u8,
}

impl HostileServer {
    /// The peer has sent its ClientHello; here is the answer to it.
    fn after_client_hello(setup: &Setup) -> (Self, Vec<u8>) {
        let peer = setup.scripted_peer(setup.peer());
        let server = setup.bare_server(provider(), |_| {});
        let mut hostile = Self { peer, server, identifier: 1 };
        let _ = hostile.peer.feed(&request(1, MethodType::IDENTITY, b""));
        let hello = hostile.send_flags(0x20, &[]);
        let flight = hostile.server.feed(&hello);
        (hostile, flight)
    }

    /// The peer's handshake, and the server's, is over; what the server has left to send.
    fn after_handshake(setup: &Setup) -> (Self, Vec<u8>) {
        let (mut hostile, flight) = Self::after_client_hello(setup);
        let answer = hostile.send(&flight);
        let last = hostile.server.feed(&answer);
        assert!(hostile.server.is_done());
        (hostile, last)
    }

    fn send(&mut self, records: &[u8]) -> Vec<u8> {
        self.send_flags(0, records)
    }

    /// Sends records, and gives those of the answer.
    fn send_flags(&mut self, flags: u8, records: &[u8]) -> Vec<u8> {
        self.identifier += 1;
        let data = [&[flags][..], records].concat();
        let sent = self.peer.sent.len();
        let _ = self.peer.feed(&request(self.identifier, MethodType::TLS, &data));
        self.peer.sent.get(sent).map_or(Vec::new(), |reply| type_data(reply).unwrap()[1..].to_vec())
    }

    fn say(&mut self, data: &[u8]) -> Vec<u8> {
        self.server.say(data);
        self.server.take()
    }

    /// The server's word is taken now, and the keys are those of its TLS.
    fn succeed(mut self) {
        assert_eq!(self.peer.feed(&success(self.peer.last_identifier())), Received::Accepted);
        self.server.assert_keys(&self.peer.result.unwrap().unwrap());
    }

    /// Not even with the server's word.
    fn fail(mut self) -> Failure {
        let _ = self.peer.feed(&success(self.peer.last_identifier()));
        self.peer.result.unwrap().unwrap_err()
    }
}

/// A client by hand against our authenticator.
struct HostileClient {
    server: Scripted<Authenticator>,
    client: Bare,
}

impl HostileClient {
    /// The server waits for a ClientHello; here it is.
    fn before_client_hello(setup: &Setup) -> (Self, Vec<u8>) {
        let server = setup.scripted_server(setup.server());
        let client = setup.bare_client(provider(), |_| {});
        let mut hostile = Self { server, client };
        let identifier = hostile.server.last_identifier();
        let identity = response(identifier, MethodType::IDENTITY, b"@example.org");
        assert_eq!(hostile.server.feed(&identity), Received::Accepted);
        let hello = hostile.client.take();
        (hostile, hello)
    }

    /// The server waits for the client's flight; here it is.
    fn before_client_flight(setup: &Setup) -> (Self, Vec<u8>) {
        let (mut hostile, hello) = Self::before_client_hello(setup);
        let flight = hostile.send(&hello);
        let answer = hostile.client.feed(&flight);
        (hostile, answer)
    }

    fn send(&mut self, records: &[u8]) -> Vec<u8> {
        let sent = self.server.sent.len();
        let _ = self.server.respond(MethodType::TLS, &[&[0][..], records].concat());
        let reply = self.server.sent.get(sent).and_then(|reply| type_data(reply));
        reply.map_or(Vec::new(), |data| data[1..].to_vec())
    }

    fn say(&mut self, data: &[u8]) -> Vec<u8> {
        self.client.say(data);
        self.client.take()
    }

    /// An acknowledgement is all that is missing.
    fn succeed(mut self) {
        assert_eq!(self.server.respond(MethodType::TLS, &[0]), Received::Accepted);
        self.client.assert_keys(&self.server.result.unwrap().unwrap());
    }

    /// Not even with an acknowledgement.
    fn fail(mut self) -> Failure {
        if self.server.result.is_none() {
            let _ = self.server.respond(MethodType::TLS, &[0]);
        }
        self.server.result.unwrap().unwrap_err()
    }
}

/// RFC 8446 §6.1 knows a close_notify only from a side that has its keys: in the clear anybody
/// could have sent it. rustls takes no notice, and the login goes on.
#[test]
fn a_close_notify_in_the_clear_before_the_servers_flight_is_no_end() {
    for version in VERSIONS {
        for together in [true, false] {
            let (mut hostile, flight) = HostileServer::after_client_hello(&setup(version));
            let answer = if together {
                hostile.send(&[&CLOSE_NOTIFY[..], &flight].concat())
            } else {
                assert_eq!(hostile.send(&CLOSE_NOTIFY), [], "acknowledged");
                hostile.send(&flight)
            };
            let mut last = hostile.server.feed(&answer);
            assert!(hostile.server.is_done());
            if version == TlsVersion::V1_3 {
                last.extend(hostile.say(&[0]));
            }
            assert_eq!(hostile.send(&last), []);
            hostile.succeed();
        }
    }
}

/// In TLS 1.3 nothing is in the clear any more: octets that are not encrypted end it.
#[test]
fn a_close_notify_in_the_clear_behind_the_servers_flight_ends_tls_13() {
    let (mut hostile, flight) = HostileServer::after_client_hello(&setup(TlsVersion::V1_3));
    let _ = hostile.send(&[&flight[..], &CLOSE_NOTIFY].concat());
    assert!(matches!(hostile.fail(), Failure::Tls(_)));
}

/// RFC 9190 §2.5: a server that closes has not granted access, whatever it says behind that.
#[test]
fn a_server_that_closes_before_the_protected_success_is_not_believed() {
    let rubbish = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    for together in [true, false] {
        for behind in [None, Some(vec![0]), Some(rubbish.clone())] {
            let (mut hostile, last) = HostileServer::after_handshake(&setup(TlsVersion::V1_3));
            hostile.server.tls.send_close_notify();
            let close = [last, hostile.server.take()].concat();
            let behind = match behind {
                // Encrypted as it should be, if rustls still does it.
                Some(octets) if octets == [0] => hostile.say(&octets),
                octets => octets.unwrap_or_default(),
            };
            if together {
                let _ = hostile.send(&[close, behind].concat());
            } else {
                let _ = hostile.send(&close);
                let _ = hostile.send(&behind);
            }
            let _ = hostile.fail();
        }
    }
}

/// What has been granted stays granted: the protected success came first.
#[test]
fn a_server_that_closes_behind_the_protected_success_has_granted_access() {
    let (mut hostile, mut last) = HostileServer::after_handshake(&setup(TlsVersion::V1_3));
    last.extend(hostile.say(&[0]));
    hostile.server.tls.send_close_notify();
    last.extend(hostile.server.take());
    assert_eq!(hostile.send(&last), []);
    let sent = hostile.peer.sent.len();
    let _ = hostile.send(b"HTTP/1.1 200 OK");
    assert_eq!(hostile.peer.sent.len(), sent, "nobody listens");
    hostile.succeed();
}

#[test]
fn the_peer_hears_nothing_behind_the_servers_finished_of_tls_12() {
    let (mut hostile, last) = HostileServer::after_handshake(&setup(TlsVersion::V1_2));
    hostile.server.tls.send_close_notify();
    let close = hostile.server.take();
    assert_eq!(hostile.send(&[last, close].concat()), []);
    let sent = hostile.peer.sent.len();
    let _ = hostile.send(b"HTTP/1.1 200 OK");
    assert_eq!(hostile.peer.sent.len(), sent, "nobody listens");
    hostile.succeed();
}

/// RFC 9190 §2.5: TLS 1.3 knows one octet of application data, TLS 1.2 none.
#[test]
fn application_data_other_than_the_protected_success_ends_the_login() {
    for version in VERSIONS {
        for data in [&[1][..], &[0, 0], b"HTTP/1.1 200 OK", &[0; 16_384]] {
            let (mut hostile, mut last) = HostileServer::after_handshake(&setup(version));
            last.extend(hostile.say(data));
            let _ = hostile.send(&last);
            assert!(matches!(hostile.fail(), Failure::Tls(_)), "{version}");
        }
    }
    let (mut hostile, mut last) = HostileServer::after_handshake(&setup(TlsVersion::V1_2));
    last.extend(hostile.say(&[0]));
    let _ = hostile.send(&last);
    assert!(matches!(hostile.fail(), Failure::Tls(_)), "a protected success in TLS 1.2");
}

#[test]
fn a_close_notify_in_the_clear_before_the_clients_hello_is_no_end() {
    for version in VERSIONS {
        for together in [true, false] {
            let (mut hostile, hello) = HostileClient::before_client_hello(&setup(version));
            let flight = if together {
                hostile.send(&[&CLOSE_NOTIFY[..], &hello].concat())
            } else {
                assert_eq!(hostile.send(&CLOSE_NOTIFY), [], "acknowledged");
                hostile.send(&hello)
            };
            let answer = hostile.client.feed(&flight);
            let last = hostile.send(&answer);
            assert_eq!(hostile.client.feed(&last), []);
            hostile.succeed();
        }
    }
}

/// RFC 9190 §2.1.4: in TLS 1.3 close_notify says "not going to continue normally".
#[test]
fn a_client_that_closes_before_its_flight_is_refused_in_tls_13() {
    let (mut hostile, flight) = HostileClient::before_client_flight(&setup(TlsVersion::V1_3));
    let _ = hostile.send(&[&CLOSE_NOTIFY[..], &flight].concat());
    assert_eq!(hostile.fail(), Failure::TlsAlert(TlsAlert(0)));
}

/// Its Finished has authenticated it; RFC 8446 §6.1: what follows its close_notify is ignored.
#[test]
fn a_client_that_closes_behind_its_finished_has_authenticated() {
    for version in VERSIONS {
        for rubbish in [&b""[..], b"GET / HTTP/1.1\r\n\r\n"] {
            let (mut hostile, flight) = HostileClient::before_client_flight(&setup(version));
            hostile.client.tls.send_close_notify();
            let close = hostile.client.take();
            let last = hostile.send(&[&flight, &close, rubbish].concat());
            let _ = hostile.client.feed(&last);
            hostile.succeed();
        }
    }
}

/// The last packet of a login has no data. With TLS 1.3 the server has granted access by then.
#[test]
fn records_in_place_of_the_last_acknowledgement_earn_nothing() {
    for version in VERSIONS {
        let (mut hostile, flight) = HostileClient::before_client_flight(&setup(version));
        let _ = hostile.send(&flight);
        hostile.client.tls.send_close_notify();
        let close = hostile.client.take();
        for records in [close, b"GET / HTTP/1.1\r\n\r\n".to_vec()] {
            let data = [&[0][..], &records].concat();
            let fate = hostile.server.respond(MethodType::TLS, &data);
            assert!(!matches!(hostile.server.result, Some(Ok(_))));
            if version == TlsVersion::V1_3 {
                assert_eq!(fate, Received::Discarded(Discard::TunnelAckExpected));
            }
        }
        match version {
            TlsVersion::V1_3 => hostile.succeed(),
            _ => drop(hostile.fail()),
        }
    }
}

/// RFC 9190 §2.1.1: no application data of the client's.
#[test]
fn application_data_of_a_client_ends_the_login() {
    for version in VERSIONS {
        for data in [&[0][..], b"GET / HTTP/1.1", &[0; 16_384]] {
            let (mut hostile, mut flight) = HostileClient::before_client_flight(&setup(version));
            if version == TlsVersion::V1_3 {
                flight.extend(hostile.say(data));
                let _ = hostile.send(&flight);
            } else {
                let last = hostile.send(&flight);
                let _ = hostile.client.feed(&last);
                let records = hostile.say(data);
                let _ = hostile.send(&records);
            }
            assert!(matches!(hostile.fail(), Failure::Tls(_)), "{version}");
        }
    }
}
