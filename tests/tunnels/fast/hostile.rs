//! Ends that do not keep to the rules, and OpenSSL with what it negotiates: the other end is a
//! [`Puppet`], or an honest one whose packets are changed on the way.

use std::sync::Arc;

use eap_rs::fast::{FastPeerConfigBuilder, Provisioning};
use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, Discard, Event, Failure, Instant, Keys, MethodType,
    Outcome, Peer, PeerConfig, Received,
};
use eap_tests::certs::Identity;
use eap_tests::fast::{
    ANONYMOUS_SUITE, CRYPTO_BINDING, EAP_PAYLOAD, INTERMEDIATE_RESULT, PAC, Puppet, REQUEST_ACTION,
    RESULT, Ticket, binding, status, tlv,
};
use eap_tests::honest::{Counterpart, Honest};
use eap_tests::script::{self, Scripted, request, success};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::SslVersion;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{AUTHORITY, Bench};
use crate::{ALICE, ANONYMOUS, PASSWORD};

const ECDSA: &str = "ECDHE-ECDSA-AES128-SHA";
/// What both our ends take beside it.
const RSA: [&str; 5] = [
    "ECDHE-RSA-AES128-SHA",
    "DHE-RSA-AES128-SHA",
    "DHE-RSA-AES256-SHA",
    "AES128-SHA",
    "AES256-SHA",
];
const VERSIONS: [SslVersion; 3] = [SslVersion::TLS1, SslVersion::TLS1_1, SslVersion::TLS1_2];
const TLS1_2: SslVersion = SslVersion::TLS1_2;

/// RFC 4851 §4.2.4: 2001 and 2002.
const COMPROMISED: [u8; 4] = [0, 0, 7, 0xd1];
const UNEXPECTED: [u8; 4] = [0, 0, 7, 0xd2];

fn challenge(identifier: u8) -> Vec<u8> {
    tlv(EAP_PAYLOAD, &request(identifier, MethodType::GTC, b"CHALLENGE=Password"))
}

fn ok() -> Vec<u8> {
    status(RESULT, 1)
}

fn bound() -> Vec<u8> {
    status(INTERMEDIATE_RESULT, 1)
}

/// Our peer, and a puppet of a server.
struct AtPeer {
    peer: Scripted<Peer>,
    server: Puppet,
}

impl AtPeer {
    /// GTC inside; the server has a certificate.
    fn new() -> Self {
        let bench = Bench::new(MethodType::GTC);
        let server = Puppet::server(ECDSA, TLS1_2, &bench.setup.server, None);
        Self::of(&bench, bench.peer(), server)
    }

    fn of(bench: &Bench, peer: FastPeerConfigBuilder, server: Puppet) -> Self {
        let config = PeerConfig::builder().identity(ANONYMOUS).fast(peer.build().unwrap());
        let config = config.max_rounds(30).build().unwrap();
        let mut peer = Peer::new(Arc::new(config), StdRng::seed_from_u64(1));
        peer.set_unix_time(bench.setup.unix_time, Instant::default());
        let mut peer = Scripted::new(peer);
        peer.advance(0);
        let start = [&[0x21, 0, 4, 0, 16][..], AUTHORITY].concat();
        let _ = peer.feed(&request(1, MethodType::IDENTITY, b""));
        let _ = peer.feed(&request(2, MethodType::FAST, &start));
        let mut at = Self { peer, server };
        // The flight that ends with our Finished is the last one without data.
        for _ in 0..8 {
            if at.server.is_open() || at.peer.result.is_some() {
                break;
            }
            at.turn(&[]);
        }
        at
    }

    /// GTC has been answered.
    fn answered() -> Self {
        let mut at = Self::new();
        at.turn(&challenge(1));
        at.listen();
        assert!(at.server.heard_tlv(EAP_PAYLOAD).unwrap().ends_with(PASSWORD.as_bytes()));
        at
    }

    fn turn(&mut self, message: &[u8]) {
        let packet = self.server.turn(self.peer.session.last_sent(), message);
        let _ = self.peer.feed(&packet);
    }

    /// Takes what the peer has said last.
    fn listen(&mut self) {
        self.server.hear(self.peer.session.last_sent());
    }

    /// The server is content, whatever has been said.
    fn grant(&mut self) -> Option<&Outcome> {
        let last = self.peer.last_identifier();
        let _ = self.peer.feed(&success(last));
        self.peer.result.as_ref().and_then(|result| result.as_ref().ok())
    }

    /// Says these, one after the other, and is content: neither access nor a PAC comes of it.
    #[track_caller]
    fn gains_nothing(mut self, messages: &[&[u8]]) -> Self {
        for message in messages {
            self.turn(message);
        }
        self.listen();
        assert!(self.grant().is_none());
        let stored = |event: &Event| matches!(event, Event::PacUpdated(_));
        assert!(!self.peer.events.iter().any(stored));
        self
    }

    #[track_caller]
    fn says(&self, error: [u8; 4]) {
        assert_eq!(self.server.heard_tlv(RESULT), Some(&[0, 2][..]));
        assert_eq!(self.server.heard_tlv(5), Some(&error[..]));
    }
}

/// Our authenticator, and a puppet of a peer.
struct AtServer {
    server: Scripted<Authenticator>,
    peer: Puppet,
}

impl AtServer {
    fn new() -> Self {
        Self::of(&Bench::new(MethodType::GTC), Puppet::client(ECDSA, TLS1_2, None))
    }

    fn of(bench: &Bench, peer: Puppet) -> Self {
        let config = AuthenticatorConfig::builder().fast(bench.server().build().unwrap());
        let config = config.max_rounds(30).build().unwrap();
        let mut server = Authenticator::new(Arc::new(config), StdRng::seed_from_u64(1));
        server.set_unix_time(bench.setup.unix_time, Instant::default());
        let mut server = Scripted::new(server);
        server.start();
        let _ = server.respond(MethodType::IDENTITY, b"@");
        let mut at = Self { server, peer };
        // What comes with the last flight, or after it, is the first thing said inside.
        for _ in 0..8 {
            if at.server.result.is_some() || at.peer.heard_tlv(EAP_PAYLOAD).is_some() {
                break;
            }
            at.turn(&[]);
            at.listen();
        }
        at
    }

    /// GTC has been passed, and the server has said what binds it.
    fn passed(mut self) -> Self {
        self.inner(MethodType::IDENTITY, ALICE.as_bytes());
        self.inner(MethodType::GTC, format!("RESPONSE={ALICE}\0{PASSWORD}").as_bytes());
        self.server.answer(Answer::Verdict(true)).unwrap();
        self.listen();
        assert!(self.peer.heard_tlv(CRYPTO_BINDING).is_some());
        self
    }

    /// The Identifier is filled in.
    fn inner(&mut self, method: MethodType, data: &[u8]) {
        self.turn(&tlv(EAP_PAYLOAD, &script::response(0, method, data)));
    }

    fn turn(&mut self, message: &[u8]) {
        let packet = self.peer.turn(self.server.session.last_sent(), message);
        let _ = self.server.feed(&packet);
    }

    fn listen(&mut self) {
        self.peer.hear(self.server.session.last_sent());
    }

    fn outcome(&self) -> Option<&Outcome> {
        self.server.result.as_ref().and_then(|result| result.as_ref().ok())
    }

    /// Says these, and acknowledges whatever comes: access does not.
    #[track_caller]
    fn gains_nothing(mut self, messages: &[&[u8]]) -> Self {
        for message in messages {
            self.turn(message);
        }
        self.listen();
        self.turn(&status(RESULT, 2));
        assert!(self.outcome().is_none());
        assert!(matches!(self.server.result, Some(Err(_))), "it is over");
        self
    }

    #[track_caller]
    fn says(&self, error: [u8; 4]) {
        assert_eq!(self.peer.heard_tlv(RESULT), Some(&[0, 2][..]));
        assert_eq!(self.peer.heard_tlv(5), Some(&error[..]));
    }
}

#[track_caller]
fn assert_keys(ours: &Outcome, theirs: &Keys) {
    let ours = ours.keys.as_ref().unwrap();
    assert_eq!(ours.msk.expose(), theirs.msk.expose());
    let [ours, theirs] = [ours, theirs].map(|keys| keys.emsk.as_ref().unwrap().expose());
    assert_eq!(ours, theirs);
}

/// RFC 4851 §5.1: where `session_key_seed` begins depends on the suite, and what it is made of on
/// the version.
#[test]
fn every_suite_yields_the_keys_of_the_documents() {
    let mut bench = Bench::new(MethodType::GTC);
    let ec = Identity {
        certificate: bench.setup.server.certificate.clone(),
        key: bench.setup.server.key.clone(),
    };
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let key = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let pair = rcgen::KeyPair::from_pem(&key).unwrap();
    let rsa = bench.setup.ca.issue_for(&pair, |params| {
        eap_tests::certs::for_server(params, "radius.example.org");
    });
    let rsa = Identity { certificate: rsa.certificate, key };
    let suites = RSA.map(|suite| (suite, &rsa)).into_iter().chain([(ECDSA, &ec)]);
    for (suite, own) in suites {
        for version in VERSIONS {
            let server = Puppet::server(suite, version, own, None);
            let mut at = AtPeer::of(&bench, bench.peer(), server);
            assert_eq!(at.server.suite(), suite);
            at.turn(&challenge(1));
            at.turn(&[binding(0, 1), ok()].concat());
            let keys = at.server.keys_after(1);
            assert_keys(at.grant().expect(suite), &keys);

            bench.setup.server =
                Identity { certificate: own.certificate.clone(), key: own.key.clone() };
            let mut at = AtServer::of(&bench, Puppet::client(suite, version, None)).passed();
            assert_eq!(at.peer.suite(), suite);
            at.turn(&[ok(), binding(1, 1)].concat());
            assert_keys(at.outcome().expect(suite), &at.peer.keys_after(1));
        }
    }
}

/// The same of a tunnel that a PAC has opened.
#[test]
fn a_pac_yields_the_keys_of_the_documents() {
    let (bench, ticket) = with_pac();
    for version in VERSIONS {
        let server = Puppet::server(ECDSA, version, &bench.setup.server, Some(ticket.key));
        let mut at = AtPeer::of(&bench, bench.peer(), server);
        assert!(at.server.is_resumed());
        at.turn(&challenge(1));
        at.turn(&[binding(0, 1), ok()].concat());
        let keys = at.server.keys_after(1);
        let outcome = at.grant().unwrap();
        assert_keys(outcome, &keys);
        assert!(outcome.tls.as_ref().unwrap().resumed);

        let peer = Puppet::client(ECDSA, version, Some(ticket.clone()));
        let mut at = AtServer::of(&bench, peer).passed();
        assert!(at.peer.is_resumed());
        at.turn(&[ok(), binding(1, 1)].concat());
        assert_keys(at.outcome().unwrap(), &at.peer.keys_after(1));
    }
}

/// A peer that has a PAC, and the PAC.
fn with_pac() -> (Bench, Ticket) {
    let mut bench = Bench::new(MethodType::GTC);
    let _ = bench.log_in();
    let ticket = Ticket::of_file(bench.pacs.as_ref().unwrap().expose());
    (bench, ticket)
}

#[test]
fn a_binding_that_was_tampered_with_opens_nothing() {
    for octet in 0..60 {
        let mut at = AtPeer::answered();
        let mut forged = at.server.completed(&binding(0, 1));
        forged[octet] ^= 1 << (octet % 8);
        let at = at.gains_nothing(&[&[forged, ok()].concat()]);
        if octet > 3 {
            at.says(COMPROMISED);
        }

        let mut at = AtServer::new().passed();
        let mut forged = at.peer.completed(&binding(1, 1));
        forged[octet] ^= 1 << (octet % 8);
        let at = at.gains_nothing(&[&[ok(), forged].concat()]);
        if octet > 3 {
            at.says(COMPROMISED);
        }
    }
}

#[test]
fn a_binding_is_there_and_of_this_method_and_version() {
    let lies = |sub_type: u8, place: usize, value: u8| {
        let mut lie = binding(sub_type, 1);
        lie[place] = value;
        lie
    };
    let wrong = |sub_type: u8| {
        vec![
            binding(sub_type ^ 1, 1),
            binding(sub_type, 2),
            // Version and Received Version, with a MAC over the lie.
            lies(sub_type, 5, 0),
            lies(sub_type, 5, 2),
            lies(sub_type, 6, 0),
            lies(sub_type, 6, 2),
            lies(sub_type, 7, 2),
        ]
    };
    for wrong in wrong(0) {
        AtPeer::answered().gains_nothing(&[&[wrong, ok()].concat()]).says(COMPROMISED);
    }
    AtPeer::answered().gains_nothing(&[&ok()]).says(COMPROMISED);
    for wrong in wrong(1) {
        AtServer::new().passed().gains_nothing(&[&[ok(), wrong].concat()]).says(COMPROMISED);
    }
    AtServer::new().passed().gains_nothing(&[&ok()]).says(COMPROMISED);
}

#[test]
fn a_binding_of_another_session_is_of_no_use() {
    let mut earlier = AtPeer::answered();
    let replayed = earlier.server.completed(&binding(0, 1));
    AtPeer::answered().gains_nothing(&[&[replayed, ok()].concat()]).says(COMPROMISED);

    let mut earlier = AtServer::new().passed();
    let replayed = earlier.peer.completed(&binding(1, 1));
    AtServer::new().passed().gains_nothing(&[&[ok(), replayed].concat()]).says(COMPROMISED);
    // What it has just heard.
    let mut at = AtServer::new().passed();
    let heard = at.peer.heard_tlv(CRYPTO_BINDING).unwrap().to_vec();
    let reflected = at.peer.completed(&tlv(CRYPTO_BINDING, &heard));
    at.gains_nothing(&[&[ok(), reflected].concat()]).says(COMPROMISED);
}

/// PAC attributes (RFC 5422 §4.2).
fn pac(authority: &[u8]) -> Vec<u8> {
    let attribute = |kind: u8, value: &[u8]| {
        let len = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[0, kind, len[0], len[1]], value].concat()
    };
    let info = [
        attribute(3, &[0x7f, 0xff, 0xff, 0xff]),
        attribute(4, authority),
        attribute(7, b"test"),
        attribute(10, &[0, 1]),
    ];
    let parts = [attribute(1, &[7; 32]), attribute(2, b"opaque"), attribute(9, &info.concat())];
    tlv(PAC, &parts.concat())
}

#[test]
fn a_pac_comes_after_the_binding_with_the_result_and_from_this_server() {
    let honest = || [ok(), pac(AUTHORITY)].concat();
    let bind = || [bound(), binding(0, 1)].concat();
    // So it is taken.
    let mut at = AtPeer::answered();
    at.turn(&bind());
    at.turn(&honest());
    assert!(at.peer.events.iter().any(|event| matches!(event, Event::PacUpdated(_))));
    assert!(at.grant().is_some());

    AtPeer::new().gains_nothing(&[&honest()]);
    AtPeer::answered().gains_nothing(&[&honest()]).says(COMPROMISED);
    AtPeer::answered().gains_nothing(&[&pac(AUTHORITY)]).says(UNEXPECTED);
    AtPeer::answered().gains_nothing(&[&bind(), &pac(AUTHORITY)]).says(UNEXPECTED);
    AtPeer::answered()
        .gains_nothing(&[&[bound(), binding(0, 1), pac(AUTHORITY)].concat()])
        .says(UNEXPECTED);
    let other = [ok(), pac(b"another server's")].concat();
    AtPeer::answered().gains_nothing(&[&bind(), &other]).says(UNEXPECTED);
    let failed = [status(RESULT, 2), pac(AUTHORITY)].concat();
    AtPeer::answered().gains_nothing(&[&bind(), &failed]);
}

#[test]
fn a_ticket_that_is_no_pac_of_ours_is_followed_by_a_full_handshake() {
    let (bench, ticket) = with_pac();
    let body = &ticket.body;
    let mut bodies: Vec<Vec<u8>> = vec![vec![], vec![0, 2, 0, 0], body[4..].to_vec()];
    bodies.extend((0..body.len()).map(|octet| {
        let mut bent = body.clone();
        // The first octet's upper bits are flags that some set.
        bent[octet] ^= 1 << (octet % 6);
        bent
    }));
    bodies.extend((0..body.len()).step_by(9).map(|len| body[..len].to_vec()));
    // Cut short, with a length that says so.
    let short = body.len() - 5;
    bodies.push([&[0, 2, 0, u8::try_from(short).unwrap()], &body[4..4 + short]].concat());
    for body in bodies {
        let shown = Ticket { body: body.clone(), key: ticket.key };
        let at = AtServer::of(&bench, Puppet::client(ECDSA, TLS1_2, Some(shown)));
        assert!(!at.peer.is_resumed(), "{body:02x?}");
        assert!(at.peer.is_open() || at.server.result.is_some(), "{body:02x?}");
        assert!(at.outcome().is_none());
    }
    // Zeros behind it are some clients' habit.
    let padded = Ticket { body: [&ticket.body[..], &[0; 3]].concat(), key: ticket.key };
    assert!(AtServer::of(&bench, Puppet::client(ECDSA, TLS1_2, Some(padded))).peer.is_resumed());
    // Whoever has overheard a PAC-Opaque has not the key.
    let stolen = Ticket { body: ticket.body, key: [0; 32] };
    let at = AtServer::of(&bench, Puppet::client(ECDSA, TLS1_2, Some(stolen)));
    assert!(!at.peer.is_open());
    assert!(at.server.result.as_ref().is_none_or(Result::is_err));
}

/// The peer has a PAC, and the server only pretends to know it.
#[test]
fn a_server_without_the_pac_key_gets_no_further() {
    let (bench, _) = with_pac();
    let server = Puppet::server(ECDSA, TLS1_2, &bench.setup.server, Some([0; 32]));
    let mut at = AtPeer::of(&bench, bench.peer(), server);
    assert!(!at.server.is_open());
    assert!(at.grant().is_none());
    // A PAC is accepted that was not shown.
    let bench = Bench::new(MethodType::GTC);
    let server = Puppet::server(ECDSA, TLS1_2, &bench.setup.server, Some([0; 32]));
    let mut at = AtPeer::of(&bench, bench.peer(), server);
    assert!(!at.server.is_open());
    assert!(at.grant().is_none());
}

#[test]
fn an_anonymous_suite_has_to_be_offered() {
    let bench = Bench::new(MethodType::GTC);
    // A server that has nothing else.
    let server = Puppet::server(ANONYMOUS_SUITE, TLS1_2, &bench.setup.server, None);
    let mut at = AtPeer::of(&bench, bench.peer(), server);
    assert!(!at.server.is_open());
    assert!(at.grant().is_none());

    // And one that chooses it all the same.
    let config = PeerConfig::builder().identity(ANONYMOUS).fast(bench.peer().build().unwrap());
    let mut peer = script::peer(&config);
    let mut server = Puppet::server(ECDSA, TLS1_2, &bench.setup.server, None);
    let _ = peer.feed(&request(1, MethodType::IDENTITY, b""));
    let start = [&[0x21, 0, 4, 0, 16][..], AUTHORITY].concat();
    let _ = peer.feed(&request(2, MethodType::FAST, &start));
    let mut hello = server.turn(peer.session.last_sent(), &[]);
    // EAP header, flags, record, handshake, version, random; then session id and suite.
    let id = 6 + 5 + 4 + 2 + 32;
    let suite = id + 1 + usize::from(hello[id]);
    assert_eq!(hello[suite..suite + 2], [0xc0, 0x09]);
    hello[suite..suite + 2].copy_from_slice(&[0x00, 0x34]);
    let _ = peer.feed(&hello);
    let last = peer.last_identifier();
    let _ = peer.feed(&success(last));
    assert!(peer.result.as_ref().is_none_or(Result::is_err), "{:?}", peer.result);
    server.hear(peer.session.last_sent());
    assert!(!server.is_open());
}

/// A peer and an authenticator that provision a PAC in an anonymous tunnel.
fn anonymous() -> (Bench, Scripted<Peer>, Honest<Authenticator>) {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    (bench.provisioning, bench.certificates) = (Provisioning::Anonymous, false);
    let peer = PeerConfig::builder().identity(ANONYMOUS).fast(bench.peer().build().unwrap());
    let server = AuthenticatorConfig::builder().fast(bench.server().build().unwrap());
    let mut server =
        Authenticator::new(Arc::new(server.build().unwrap()), StdRng::seed_from_u64(2));
    server.set_unix_time(bench.setup.unix_time, Instant::default());
    (bench, script::peer(&peer), Honest::authenticator(server))
}

/// RFC 5422 §3.5: whatever the server says in the end.
#[test]
fn an_anonymous_tunnel_gives_no_access() {
    let (_, mut peer, mut server) = anonymous();
    let mut packet = server.reply(&[]);
    for _ in 0..20 {
        // EAP-Failure turns into EAP-Success, and comes early, too.
        if packet.first() == Some(&4) {
            packet[0] = 3;
        }
        let _ = peer.feed(&packet);
        if peer.result.is_some() {
            break;
        }
        packet = server.reply(peer.session.last_sent());
    }
    assert!(peer.events.iter().any(|event| matches!(event, Event::PacUpdated(_))));
    assert!(matches!(peer.result, Some(Err(Failure::PacProvisioned))), "{:?}", peer.result);
    assert!(server.keys().is_none());
}

/// RFC 5422 §3.2.2: a password in clear text is for servers that are somebody.
#[test]
fn in_an_anonymous_tunnel_there_is_mschapv2_or_nothing() {
    let mut bench = Bench::new(MethodType::MSCHAPV2);
    (bench.provisioning, bench.certificates) = (Provisioning::Anonymous, false);
    let inner = PeerConfig::builder().identity(ALICE).password(PASSWORD);
    let inner = inner.method(MethodType::GTC).method(MethodType::MSCHAPV2);
    for method in [MethodType::GTC, MethodType::MD5, MethodType::TLS] {
        let peer = eap_rs::fast::FastPeerConfig::builder(inner.build().unwrap());
        let peer = peer.provisioning(Provisioning::Anonymous);
        let server = Puppet::server(ANONYMOUS_SUITE, TLS1_2, &bench.setup.server, None);
        let mut at = AtPeer::of(&bench, peer, server);
        assert!(at.server.is_open());
        at.turn(&tlv(EAP_PAYLOAD, &request(1, method, b"CHALLENGE=Password")));
        at.listen();
        // A Nak that wants MSCHAPv2.
        let said = at.server.heard_tlv(EAP_PAYLOAD).unwrap();
        assert_eq!(said, [2, 1, 0, 6, 3, 26]);
        at.gains_nothing(&[&[ok(), binding(0, 1)].concat(), &[ok(), pac(AUTHORITY)].concat()]);
    }
    // Nor does the server listen to one.
    let peer = Puppet::client(ANONYMOUS_SUITE, TLS1_2, None);
    let mut at = AtServer::of(&bench, peer);
    at.inner(MethodType::IDENTITY, ALICE.as_bytes());
    at.inner(MethodType::NAK, &[6]);
    at.listen();
    assert!(at.server.asked.is_empty());
    at.gains_nothing(&[&[ok(), binding(1, 1)].concat()]);
}

/// The types of the records in a packet.
fn records(packet: &[u8]) -> Vec<u8> {
    let skip = if packet[5] & 0x80 == 0 { 6 } else { 10 };
    let (mut rest, mut types) = (&packet[skip..], Vec::new());
    while let [kind, _, _, high, low, next @ ..] = rest {
        types.push(*kind);
        rest = &next[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    types
}

#[test]
fn renegotiation_is_refused() {
    const HANDSHAKE: u8 = 22;
    let mut at = AtPeer::answered();
    at.server.renegotiate();
    at.turn(&[]);
    assert!(!records(at.peer.session.last_sent()).contains(&HANDSHAKE));
    at.gains_nothing(&[]);

    let mut at = AtServer::new();
    at.peer.renegotiate();
    at.turn(&[]);
    assert!(!records(at.server.session.last_sent()).contains(&HANDSHAKE));
    at.gains_nothing(&[]);
}

/// RFC 4851 §4.1: the version is that of the whole conversation.
#[test]
fn the_version_does_not_change() {
    let mut at = AtPeer::answered();
    for version in [0, 2, 7] {
        let packet = at.server.turn(at.peer.session.last_sent(), &[]);
        let other = [&packet[..5], &[version], &packet[6..]].concat();
        assert_eq!(at.peer.feed(&other), Received::Discarded(Discard::TunnelVersion));
    }
    at.turn(&[binding(0, 1), ok()].concat());
    assert!(at.grant().is_some());

    let mut at = AtServer::new().passed();
    let packet = at.peer.turn(at.server.session.last_sent(), &[ok(), binding(1, 1)].concat());
    for version in [0, 2, 7] {
        let other = [&packet[..5], &[version], &packet[6..]].concat();
        assert_eq!(at.server.feed(&other), Received::Discarded(Discard::TunnelVersion));
    }
    let _ = at.server.feed(&packet);
    assert!(at.outcome().is_some());
}

fn too_many(result: Option<&Result<Outcome, Failure>>) -> bool {
    matches!(result, Some(Err(Failure::TooManyRounds { limit: 30 })))
}

#[test]
fn what_goes_on_for_ever_comes_to_an_end() {
    // Unknown, and mandatory: each is answered by a NAK.
    let mut at = AtPeer::new();
    for _ in 0..40 {
        at.turn(&tlv(60, b"?"));
    }
    assert!(too_many(at.peer.result.as_ref()));
    let mut at = AtServer::new();
    for _ in 0..40 {
        at.turn(&tlv(60, b"?"));
    }
    assert!(too_many(at.server.result.as_ref()));
    // Methods that begin and do not end.
    let mut at = AtPeer::new();
    for identifier in 0..40 {
        at.turn(&tlv(EAP_PAYLOAD, &request(identifier, MethodType::IDENTITY, b"")));
    }
    assert!(matches!(at.peer.result, Some(Err(_))));
    // Requests for actions.
    let action = tlv(REQUEST_ACTION, &[0, 1]);
    AtPeer::answered().gains_nothing(&[action.as_slice(); 3]).says(UNEXPECTED);
    let wanted = [action, tlv(PAC, &[0, 10, 0, 2, 0, 1])].concat();
    let mut at = AtServer::new().passed();
    let mut message = [ok(), binding(1, 1), wanted.clone()].concat();
    for _ in 0..40 {
        at.turn(&message);
        at.listen();
        message = [ok(), wanted.clone()].concat();
    }
    assert!(at.server.result.is_some());
}
