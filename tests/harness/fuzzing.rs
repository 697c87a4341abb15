//! What the fuzz targets call. The corpora are replayed through the same functions by
//! `cargo test`.
//!
//! [`packet`], [`radius`] and [`tlv`] read their data as one packet, [`identity`] as one identity,
//! [`certificate`] as one file. The others read it as a little program: an operation, a length, that many octets, and so on until
//! the data ends.
//!
//! | operation (mod 8) | octets |
//! |---|---|
//! | 0 | a packet as it is (for [`eapol`] and [`port`]: a frame) |
//! | 1 | a packet without header: what to add to the Identifier that is current, Code, Type and data; header, and frame, are made |
//! | 2 | an answer to the open question: its kind, then its text. Without a question, for [`tls_peer`], [`tls_server`], [`ttls_session`] and `fast_session`: the honest packet that is due; octets are laid over it by exclusive or, from an offset in the first two on |
//! | 3 | a signal |
//! | 4 | nothing; the time passes up to the deadline |
//! | 5 | milliseconds, big-endian, that pass |
//! | 6 | an answer to a question that is not open |
//! | 7 | nothing; the last packet is repeated |
//!
//! [`Watched`] checks after each operation what has to hold.

#[cfg(feature = "fast")]
mod fast;
mod inside;
mod names;
mod ttls;

use core::time::Duration;
use std::sync::{Arc, OnceLock};

use eap_rs::eapol::{
    EthernetFrame, MacAddress, MacBypass, PortAuthenticator, PortAuthenticatorConfig, Supplicant,
    SupplicantConfig,
};
use eap_rs::packet::{Body, HEADER_LEN, Nak, TypeForm, displayable};
use eap_rs::radius::{
    AccessRequest, AttributeType, DuplicateCache, RadiusBuilder, RadiusClient, RadiusClientConfig,
    RadiusClientOutput, RadiusCode, RadiusPacket, Seen, ServerId, SessionOutput, SessionTable,
    SharedSecret,
};
use eap_rs::tls::{
    CertificateInfo, CertificatePolicy, ClockPolicy, Resumption, TicketKeys, TlsPeerConfig,
    TlsServerConfig, TlsVersion,
};
use eap_rs::{
    AccountError, Answer, Authenticator, AuthenticatorConfig, Credential, Instant, MethodType,
    NtHash, Offer, Output, Packet, Peer, PeerConfig, PeerConfigBuilder, QueryId, Secret, Signal,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::certs::{Ca, NOW};
use crate::honest::{Counterpart, Honest};
use crate::script::frame;
use crate::session::Session;
use crate::watch::Watched;

#[cfg(feature = "fast")]
pub use fast::fast_session;
pub use inside::{peap_session, tlv};
pub use names::identity;
pub use ttls::ttls_session;

/// The address of the port in [`eapol`].
pub const OUR_MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);

/// The address of the switch in [`eapol`].
pub const SWITCH_MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

/// Reads one packet, and writes again what was read.
pub fn packet(data: &[u8]) {
    let Ok(packet) = Packet::parse(data) else { return };
    let length = usize::from(u16::from_be_bytes([data[2], data[3]]));
    let mut rebuilt = vec![packet.code() as u8, packet.identifier().0, data[2], data[3]];
    if let Packet::Request(body) | Packet::Response(body) = &packet {
        match (body.form, body.method.legacy()) {
            (TypeForm::Legacy, Some(octet)) => rebuilt.push(octet),
            _ => rebuilt.extend(body.method.expanded()),
        }
        rebuilt.extend(body.data);
        assert!(displayable(body.data).chars().all(|c| c == '\n' || !c.is_control()));
        let shown = eap_rs::Identity::new(body.data).to_string();
        assert!(!shown.contains(char::is_control));
        if body.method == MethodType::NAK {
            nak(body);
        }
    }
    assert_eq!(rebuilt, data[..length]);
    assert_eq!(Packet::parse(&rebuilt), Ok(packet));
}

fn nak(body: &Body<'_>) {
    let Ok(nak) = Nak::parse(body) else { return };
    let width = match body.form {
        TypeForm::Legacy => 1,
        TypeForm::Expanded => MethodType::EXPANDED_LEN,
    };
    let proposed: Vec<MethodType> = nak.proposed().collect();
    assert!(proposed.len() * width <= body.data.len());
    assert!(proposed.iter().all(|method| method.is_method()));
}

/// The secret of [`radius`].
pub const RADIUS_SECRET: &str = "xyzzy5461";

/// Reads one RADIUS packet, and writes again what was read; then takes it for a request, for a
/// response to itself, and, genuine or not, to a server.
pub fn radius(data: &[u8]) {
    let Ok(packet) = RadiusPacket::parse(data) else { return };
    let secret = SharedSecret::new(RADIUS_SECRET).unwrap();
    let mut rebuilt = data[..20].to_vec();
    for attribute in packet.attributes() {
        rebuilt.extend([attribute.kind.0, u8::try_from(attribute.value.len() + 2).unwrap()]);
        rebuilt.extend(attribute.value);
    }
    assert_eq!(rebuilt.len(), usize::from(u16::from_be_bytes([data[2], data[3]])));
    assert_eq!(rebuilt, data[..rebuilt.len()]);
    let authenticator = packet.authenticator();
    let genuine = packet.check_request(&secret).is_ok();
    let response = packet.check_response(&secret, packet.identifier(), authenticator);
    assert!(!genuine || response.is_err(), "a request is no response");
    if let Ok(Some(keys)) = packet.mppe_keys(&secret, authenticator) {
        assert!(keys.recv.expose().len() < 256 && keys.send.expose().len() < 256);
    }

    radius_attributes(&packet, &secret);
    radius_client(data, genuine);

    let mut cache = DuplicateCache::new(4, DuplicateCache::<u8>::LIFETIME);
    assert_eq!(cache.check(0, &packet, Instant::from_millis(0)), Seen::New);
    assert_eq!(cache.check(0, &packet, Instant::from_millis(1)), Seen::InProgress);
    radius_reply(&packet, &secret);
}

/// What a switch reads of an answer.
fn radius_attributes(packet: &RadiusPacket<'_>, secret: &SharedSecret) {
    let attributes = packet.attributes();
    if let Ok(Some(vlan)) = attributes.clone().vlan() {
        let rebuilt = RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, packet).vlan(&vlan);
        // Proxy-States may leave no room.
        if let Ok(rebuilt) = rebuilt.build(secret) {
            let again = RadiusPacket::parse(&rebuilt).unwrap().attributes().vlan();
            assert_eq!(again, Ok(Some(vlan)));
        }
    }
    let timeouts = packet.values(AttributeType::SESSION_TIMEOUT).next();
    assert_eq!(attributes.clone().session_timeout().is_some(), timeouts.is_some_and(is_number));
    let _action = attributes.clone().termination_action();
    assert!(attributes.eap_key_name().is_none_or(|name| name.len() <= 253));
    if let Some(password) = packet.user_password(secret) {
        assert!(password.expose().len() <= 128 && password.expose().last() != Some(&0));
    }
}

fn is_number(value: &[u8]) -> bool {
    value.len() == 4
}

/// Takes the packet for an answer to a request that is always the same.
fn radius_client(data: &[u8], is_request: bool) {
    let config = RadiusClientConfig::builder().server(SharedSecret::new(RADIUS_SECRET).unwrap());
    let mut client = RadiusClient::new(Arc::new(config.build().unwrap()), rng());
    let request = AccessRequest::new().eap_message(&[2, 1, 0, 5, 1]);
    let now = Instant::from_millis(0);
    client.send(request, None, now).unwrap();
    let timer = client.poll_timeout();
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::Send { .. })));
    match client.handle_datagram(ServerId(0), data) {
        Ok(()) => {
            assert!(!is_request && client.is_empty());
            let Some(RadiusClientOutput::Reply { reply, .. }) = client.poll_output() else {
                panic!("no reply")
            };
            assert_eq!(reply.keys().is_some(), reply.mppe_keys().is_some());
        }
        Err(_) => {
            assert_eq!((client.len(), client.poll_timeout()), (1, timer));
            assert!(client.poll_output().is_none());
        }
    }
}

/// A server's reply, if there is one, passes with the client.
fn radius_reply(request: &RadiusPacket<'_>, secret: &SharedSecret) {
    let config = AuthenticatorConfig::builder().backend().method(MethodType::MD5);
    let mut table = SessionTable::new(Arc::new(config.build().unwrap()), 4, rng());
    let taken = table.handle_packet(request, Instant::from_millis(0));
    assert_eq!(taken.is_ok(), table.poll_timeout().is_some());
    while let Some((state, output)) = table.poll_output() {
        let SessionOutput::Challenge { eap_message: challenge, .. } = output else { continue };
        let reply = RadiusBuilder::response(RadiusCode::ACCESS_CHALLENGE, request)
            .attribute(AttributeType::STATE, state.0)
            .eap_message(&challenge)
            .build(secret);
        // Proxy-States may leave no room for anything else.
        let Ok(reply) = reply else { continue };
        let reply = RadiusPacket::parse(&reply).unwrap();
        let fate = reply.check_response(secret, request.identifier(), request.authenticator());
        assert_eq!(fate, Ok(()));
        assert_eq!(reply.eap_message(), Some(challenge));
    }
}

/// A peer that speaks every method and has to ask for everything. The first octet's lowest bit
/// gives it identity and password.
pub fn peer_session(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let peer = Peer::new(Arc::new(peer_config(*options).build().unwrap()), rng());
    let mut machine = Machine::new(peer);
    machine.timeout(0);
    machine.run(program);
}

/// An authenticator that speaks every method. The first octet's lowest bit has it ask for a
/// policy, the next send a notification.
pub fn server_session(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let mut config = AuthenticatorConfig::builder()
        .method(MethodType::MD5)
        .method(MethodType::OTP)
        .method(MethodType::GTC)
        .server_name("switch-3")
        .max_rounds(30);
    if options & 1 != 0 {
        config = config.ask_policy();
    }
    if options & 2 != 0 {
        config = config.notification("hello");
    }
    let server = Authenticator::new(Arc::new(config.build().unwrap()), rng());
    let mut machine = Machine::new(server);
    machine.start();
    machine.run(program);
}

/// A supplicant whose link has come up; the options are those of [`peer_session`]. The data is
/// read as one frame, too.
pub fn eapol(data: &[u8]) {
    if let Ok(frame) = EthernetFrame::parse(data) {
        assert!(frame.pdu.version > 0);
        assert!(frame.pdu.body.len() + 18 <= data.len());
    }
    let Some((options, program)) = data.split_first() else { return };
    let config = SupplicantConfig::builder(OUR_MAC).build().unwrap();
    let peer = peer_config(*options).build().unwrap();
    let supplicant = Supplicant::new(Arc::new(config), Arc::new(peer), rng());
    let mut machine = Machine::new(supplicant);
    machine.signal(Signal::PortUp);
    machine.run(program);
}

/// A port of a switch whose link has come up, with methods of its own. The first octet's lowest bit
/// has it ask for a policy; the next two let stations in by their address, first or after 5 s.
pub fn port(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let mut eap = AuthenticatorConfig::builder()
        .method(MethodType::MD5)
        .method(MethodType::GTC)
        .max_rounds(30);
    if options & 1 != 0 {
        eap = eap.ask_policy();
    }
    let mut config = PortAuthenticatorConfig::builder(SWITCH_MAC).quiet_period(SECOND * 5);
    if options & 2 != 0 {
        config = config.mac_bypass(MacBypass::First);
    } else if options & 4 != 0 {
        config = config.mac_bypass(MacBypass::After(SECOND * 5));
    }
    let (config, eap) = (Arc::new(config.build().unwrap()), Arc::new(eap.build().unwrap()));
    let mut machine = Machine::new(PortAuthenticator::new(config, eap, rng()));
    machine.signal(Signal::PortUp);
    machine.run(program);
}

/// A peer in the middle of EAP-TLS with an honest server: it has sent its ClientHello. The first
/// octet's lowest bit takes TLS 1.2.
pub fn tls_peer(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let (peer, server) = tls_ends(*options);
    let mut machine = Machine::new(peer).with(Honest::authenticator(server));
    machine.timeout(0);
    machine.step(HONEST, &[]);
    machine.step(HONEST, &[]);
    machine.run(program);
}

/// An authenticator in the middle of EAP-TLS with an honest peer: it has sent its Start. The
/// options are those of [`tls_peer`].
pub fn tls_server(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let (peer, server) = tls_ends(*options);
    let mut machine = Machine::new(server).with(Honest::peer(peer));
    machine.start();
    machine.step(HONEST, &[]);
    machine.run(program);
}

/// Either end in the middle of EAP-MSCHAPv2. The first octet's lowest bit chooses: a peer (next bit:
/// without a password; next: one that has sent its Response), or an authenticator that has been
/// sent the right Response; the next two bits say what the host has answered to that, and the next
/// that what follows is no program but the Type-Data of a Response, which may be longer.
pub fn mschapv2(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    match options & 1 {
        0 => mschapv2_peer(options >> 1, program),
        _ => mschapv2_server(options >> 1, program),
    }
}

fn mschapv2_peer(options: u8, program: &[u8]) {
    let mut config = PeerConfig::builder().identity("alice").method(MethodType::MSCHAPV2);
    if options & 1 == 0 {
        config = config.password("wonderland");
    }
    let config = Arc::new(config.max_rounds(30).build().unwrap());
    let mut machine = Machine::new(Peer::new(config, rng()));
    machine.timeout(0);
    machine.step(1, &[1, 1, 1]);
    if options & 2 != 0 {
        machine.step(1, &[&[1, 1, 26, 1, 7, 0, 24, 16][..], &[0x5b; 16], b"srv"].concat());
    }
    machine.run(program);
}

fn mschapv2_server(options: u8, program: &[u8]) {
    let config = AuthenticatorConfig::builder().method(MethodType::MSCHAPV2).password_retries(2);
    let server = Authenticator::new(Arc::new(config.max_rounds(30).build().unwrap()), rng());
    let mut machine = Machine::new(server);
    machine.start();
    machine.step(1, &[0, 2, 1, b'a']);
    let config = PeerConfig::builder().identity("a").password("wonderland");
    let config = config.method(MethodType::MSCHAPV2).build().unwrap();
    let mut peer = Peer::new(Arc::new(config), rng());
    let _ = peer.handle_packet(machine.session.last_sent(), Instant::from_millis(0));
    while let Some(output) = peer.poll_output() {
        if let Output::Send(response) = output {
            machine.feed(response);
        }
    }
    // Nothing yet, the credential, the same of an expired password, another credential.
    match options & 3 {
        0 => {}
        1 => machine.step(2, b"\x02wonderland"),
        2 => machine.step(2, b"\x12wonderland"),
        _ => machine.step(2, b"\x02looking-glass"),
    }
    if options & 4 == 0 {
        return machine.run(program);
    }
    let id = Authenticator::current_identifier(machine.session.last_sent());
    let data = program.get(..4096).unwrap_or(program);
    machine.feed(crate::script::response(id, MethodType::MSCHAPV2, data));
}

fn tls_ends(options: u8) -> (Peer, Authenticator) {
    let (peer, server) = tls()[usize::from(options & 1)].clone();
    let peer = PeerConfig::builder().identity("@example.org").tls(peer).max_rounds(30);
    let server = AuthenticatorConfig::builder().tls(server).max_rounds(30);
    let peer = Peer::new(Arc::new(peer.build().unwrap()), rng());
    let mut server = Authenticator::new(Arc::new(server.build().unwrap()), rng());
    // Without the time, sessions are not resumed.
    server.set_unix_time(NOW, Instant::default());
    (peer, server)
}

type TlsEnds = (Arc<TlsPeerConfig>, Arc<TlsServerConfig>);

/// The settings of both ends in TLS 1.3 and 1.2, made once: certificates take time. The flights
/// of both are fragmented.
fn tls() -> &'static [TlsEnds; 2] {
    static TLS: OnceLock<[TlsEnds; 2]> = OnceLock::new();
    TLS.get_or_init(|| {
        let ca = Ca::default();
        let (server, client) = (ca.server("radius.example.org"), ca.client("alice"));
        let keys = Arc::new(TicketKeys::new(&[[7; 32]]).unwrap());
        [TlsVersion::V1_3, TlsVersion::V1_2].map(|version| {
            let servers = CertificatePolicy::for_servers().ca(ca.pem.as_bytes());
            let peer = TlsPeerConfig::builder(servers.clock(ClockPolicy::Ignore))
                .certificate(client.certificate.as_bytes(), client.key.as_bytes())
                .fragment_size(400)
                .max_version(version);
            let (certificate, key) = (server.certificate.as_bytes(), server.key.as_bytes());
            let clients = CertificatePolicy::for_clients().ca(ca.pem.as_bytes());
            let server = TlsServerConfig::builder(certificate, key)
                .clients(clients.clock(ClockPolicy::Ignore))
                .resumption(Resumption::for_lifetime(HOUR).ticket_keys(keys.clone()))
                .fragment_size(400);
            (Arc::new(peer.build().unwrap()), Arc::new(server.build().unwrap()))
        })
    })
}

/// Certificates, keys and revocation lists as a host would hand them in.
pub fn certificate(data: &[u8]) {
    let policy = CertificatePolicy::for_servers().ca(data).crl(data);
    let _ =
        TlsPeerConfig::builder(policy).certificate(data, data).key_password("wonderland").build();
    let insecure = CertificatePolicy::for_servers().insecure_no_server_authentication();
    let _ = TlsPeerConfig::builder(insecure).certificate(data, data).build();
    let _ = CertificateInfo::from_der(data);
}

fn credential(kind: u8, password: Secret) -> Credential {
    let password = Credential::Cleartext(password);
    match kind % 4 {
        0 => password,
        1 => Credential::NtHash(NtHash::new([kind; NtHash::LEN])),
        2 => password.restricted(AccountError::PasswordExpired),
        _ => password.restricted(AccountError::from_number(kind.into())),
    }
}

fn peer_config(options: u8) -> PeerConfigBuilder {
    let config = PeerConfig::builder()
        .method(MethodType::GTC)
        .method(MethodType::MD5)
        .method(MethodType::OTP)
        .max_rounds(30);
    match options & 1 {
        0 => config,
        _ => config.identity("alice@example.org").password("wonderland"),
    }
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(0)
}

/// How a packet without header becomes what this kind of session is fed.
trait Fed: Session {
    /// The Identifier that the next packet may well have.
    fn current_identifier(last_sent: &[u8]) -> u8;
    /// The EAP packet, in a frame if need be.
    fn framed(packet: Vec<u8>) -> Vec<u8> {
        packet
    }
}

impl Fed for Peer {
    fn current_identifier(last_sent: &[u8]) -> u8 {
        last_sent.get(1).copied().unwrap_or(0)
    }
}

impl Fed for Authenticator {
    fn current_identifier(last_sent: &[u8]) -> u8 {
        last_sent.get(1).copied().unwrap_or(0)
    }
}

impl Fed for Supplicant {
    fn current_identifier(last_sent: &[u8]) -> u8 {
        EthernetFrame::parse(last_sent).map_or(0, |frame| Peer::current_identifier(frame.pdu.body))
    }

    fn framed(packet: Vec<u8>) -> Vec<u8> {
        frame(OUR_MAC, SWITCH_MAC, &packet)
    }
}

impl Fed for PortAuthenticator {
    fn current_identifier(last_sent: &[u8]) -> u8 {
        Supplicant::current_identifier(last_sent)
    }

    fn framed(packet: Vec<u8>) -> Vec<u8> {
        frame(SWITCH_MAC, OUR_MAC, &packet)
    }
}

struct Machine<S> {
    session: Watched<S>,
    now: u64,
    last_fed: Vec<u8>,
    /// Of every question asked so far.
    asked: Vec<QueryId>,
    honest: Option<Box<dyn Counterpart>>,
}

/// The operation that is the host's turn, or, where there is one, the honest end's.
const HONEST: u8 = 2;

const SECOND: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3600);

impl Machine<Authenticator> {
    fn start(&mut self) {
        let outputs = self.session.run(self.instant(), Authenticator::start);
        self.note(&outputs);
    }
}

impl<S: Fed> Machine<S> {
    fn new(session: S) -> Self {
        Self {
            session: Watched::new(session),
            now: 0,
            last_fed: Vec::new(),
            asked: Vec::new(),
            honest: None,
        }
    }

    fn with(self, honest: impl Counterpart + 'static) -> Self {
        Self { honest: Some(Box::new(honest)), ..self }
    }

    fn run(&mut self, mut program: &[u8]) {
        while let [operation, length, rest @ ..] = program {
            let (octets, next) = rest.split_at(usize::from(*length).min(rest.len()));
            self.step(operation % 8, octets);
            program = next;
        }
    }

    fn step(&mut self, operation: u8, octets: &[u8]) {
        match operation {
            0 => self.feed(octets.to_vec()),
            1 => {
                if let [offset, code, body @ ..] = octets {
                    let current = S::current_identifier(self.session.last_sent());
                    let length = u16::try_from(HEADER_LEN + body.len()).unwrap().to_be_bytes();
                    let header = [*code, current.wrapping_add(*offset), length[0], length[1]];
                    self.feed(S::framed([&header, body].concat()));
                }
            }
            HONEST => {
                if let Some(id) = self.session.open_question() {
                    self.answer(id, octets);
                } else if let Some(honest) = &mut self.honest {
                    let packet = honest.turn(self.session.last_sent(), octets);
                    self.feed(packet);
                }
            }
            3 => {
                if let Some(signal) = octets.first() {
                    self.signal(SIGNALS[usize::from(*signal) % SIGNALS.len()]);
                }
            }
            4 => {
                let deadline = self.session.deadline().map_or(self.now, Instant::as_millis);
                self.timeout(deadline.saturating_sub(self.now));
            }
            5 => {
                let millis =
                    octets.iter().take(3).fold(0, |sum, octet| sum << 8 | u64::from(*octet));
                self.timeout(millis);
            }
            6 => {
                let open = self.session.open_question();
                let stale = self.asked.iter().copied().find(|id| Some(*id) != open);
                self.answer(stale.unwrap_or(QueryId::new(u64::MAX)), octets);
            }
            _ => self.feed(self.last_fed.clone()),
        }
    }

    fn feed(&mut self, packet: Vec<u8>) {
        let (_, outputs) = self.session.packet(&packet, self.instant());
        self.note(&outputs);
        self.last_fed = packet;
    }

    fn answer(&mut self, id: QueryId, octets: &[u8]) {
        let (kind, text) = octets.split_first().unwrap_or((&0, &[]));
        let (_, outputs) = self.session.answer(id, answer(*kind, text), self.instant());
        self.note(&outputs);
    }

    fn signal(&mut self, signal: Signal) {
        let outputs = self.session.signal(signal, self.instant());
        self.note(&outputs);
    }

    fn timeout(&mut self, millis: u64) {
        self.now += millis;
        let outputs = self.session.timeout(self.instant());
        self.note(&outputs);
    }

    fn note(&mut self, outputs: &[Output]) {
        for output in outputs {
            // Who succeeds has the keys of the honest end, if that has any.
            if let Output::Finished(Ok(outcome)) = output
                && let Some(honest) = &mut self.honest
            {
                // None of the targets with TTLS resumes a session; in EAP-FAST, something runs inside
                // in any case.
                let has_inner = [MethodType::TTLS, MethodType::FAST].contains(&outcome.method);
                assert!(!has_inner || outcome.inner.is_some());
                let is_anonymous = outcome
                    .tls
                    .as_ref()
                    .is_some_and(|tls| tls.suite.contains("anon") && !tls.resumed);
                assert!(!is_anonymous, "nobody was there");
                let _ = honest.reply(self.session.last_sent());
                if let Some(keys) = honest.keys() {
                    assert_eq!(outcome.keys.as_ref().unwrap().msk.expose(), keys.msk.expose());
                }
            }
        }
        self.asked.extend(outputs.iter().filter_map(|output| match output {
            Output::Ask(id, _) => Some(*id),
            _ => None,
        }));
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }
}

const SIGNALS: [Signal; 7] = [
    Signal::Restart,
    Signal::AltAccept,
    Signal::AltReject,
    Signal::PortUp,
    Signal::PortDown,
    Signal::Logoff,
    Signal::Logon,
];

fn answer(kind: u8, text: &[u8]) -> Answer {
    match kind % 8 {
        0 => Answer::Text(String::from_utf8_lossy(text).into_owned()),
        1 => Answer::Secret(Secret::new(text)),
        2 => Answer::Credential(credential(kind >> 3, Secret::new(text))),
        3 => Answer::Credential(Credential::Unknown),
        4 => Answer::Verdict(true),
        5 => Answer::Verdict(false),
        6 => {
            let methods: Vec<MethodType> = text.iter().copied().map(MethodType::ietf).collect();
            Answer::Offer(Offer::new(methods))
        }
        7 if kind > 127 => Answer::Session(text.to_vec()),
        _ => Answer::Decline,
    }
}
