//! Each side against an end of a tunnel that says what it wants.

mod hostile_peer;
mod hostile_server;
mod quirks;

use std::sync::Arc;

use rand::rngs::StdRng;

use super::tlv::{Binding, Extensions, Sender, Status};
use super::{
    CryptoBinding, FACTS, PeapPeerConfig, PeapPeerConfigBuilder, PeapServerConfig,
    PeapServerConfigBuilder, Peer, Server, framing,
};
use crate::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep, Verdict,
    Willingness,
};
use crate::testing::rng;
use crate::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};
use crate::tunnel::peer::PeerEnd;
use crate::tunnel::server::ServerEnd;
use crate::tunnel::{peer, server};
use crate::{
    Answer, AuthenticatorConfig, Code, Credential, Discard, Failure, Identifier, Identity, Keys,
    MethodType, PacketBuffer, PeerConfig, Query, Secret,
};

const TLS_VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

const ALICE: &[u8] = b"\x01alice";
const IDENTITY_REQUEST: &[u8] = &[1];
/// Of MD5-Challenge.
const CHALLENGE: &[u8] = b"\x04\x0416 oWhatever";

/// The settings of both ends' TLS. Nobody looks at certificates here.
fn tls(version: TlsVersion) -> (TlsPeerConfig, TlsServerConfig) {
    let own = rcgen::generate_simple_self_signed(["radius.example.org".to_owned()]).unwrap();
    let policy = CertificatePolicy::for_servers().insecure_no_server_authentication();
    let peer = TlsPeerConfig::builder(policy).min_version(version).max_version(version);
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let server = TlsServerConfig::builder(certificate.as_bytes(), key.as_bytes())
        .min_version(version)
        .max_version(version);
    (peer.build().unwrap(), server.build().unwrap())
}

fn inner_peer() -> PeerConfig {
    let config = PeerConfig::builder().identity("alice").password("wonderland");
    config.method(MethodType::MD5).method(MethodType::MSCHAPV2).build().unwrap()
}

fn inner_server(method: MethodType) -> AuthenticatorConfig {
    AuthenticatorConfig::builder().method(method).build().unwrap()
}

struct PeerSide {
    method: Peer,
    identifier: u8,
    rng: StdRng,
}

impl PeerSide {
    fn new(config: PeapPeerConfig) -> Self {
        Self { method: Peer::new(Arc::new(config)), identifier: 0, rng: rng() }
    }

    fn request(&mut self, data: &[u8]) -> (PeerStep, Vec<u8>) {
        self.identifier += 1;
        let (identity, mut events) = (Identity::from("@example.org"), Vec::new());
        let mut cx = PeerContext {
            identifier: Identifier(self.identifier),
            identity: &identity,
            password: None,
            nt_hash: None,
            unix_time: None,
            tunneled: false,
            events: &mut events,
            rng: &mut self.rng,
        };
        let mut reply = PacketBuffer::default();
        let step = self.method.handle_request(data, &mut cx, &mut reply);
        (step, reply.as_slice().to_vec())
    }
}

struct ServerSide {
    method: Server,
    identifier: u8,
    rng: StdRng,
}

impl ServerSide {
    fn new(config: PeapServerConfig) -> Self {
        Self { method: Server::new(Arc::new(config)), identifier: 0, rng: rng() }
    }

    fn run(
        &mut self,
        call: impl FnOnce(&mut Server, &mut ServerContext<'_>, &mut PacketBuffer) -> ServerStep,
    ) -> (ServerStep, Vec<u8>) {
        self.identifier += 1;
        let identity = Identity::from("@example.org");
        let mut events = Vec::new();
        let mut cx = server_context(self.identifier, &identity, &mut events, &mut self.rng);
        let mut request = PacketBuffer::default();
        let step = call(&mut self.method, &mut cx, &mut request);
        (step, request.as_slice().to_vec())
    }

    fn start(&mut self) -> Vec<u8> {
        self.run(|method, cx, request| method.start(cx, request)).1
    }

    fn response(&mut self, data: &[u8]) -> Result<(ServerStep, Vec<u8>), Discard> {
        self.method.check(data)?;
        Ok(self.run(|method, cx, request| method.handle_response(data, cx, request)))
    }

    fn answer(&mut self, answer: Answer) -> (ServerStep, Vec<u8>) {
        self.run(|method, cx, request| method.handle_answer(answer, cx, request))
    }
}

fn server_context<'a>(
    identifier: u8,
    identity: &'a Identity,
    events: &'a mut Vec<crate::Event>,
    rng: &'a mut StdRng,
) -> ServerContext<'a> {
    ServerContext {
        identifier: Identifier(identifier),
        identity,
        server_name: "srv",
        prompt: "Password: ",
        password_retries: 0,
        unix_time: None,
        mtu: 65_535,
        events,
        rng,
    }
}

/// A server's end of a tunnel with nobody behind it but the test.
struct HostileServer {
    end: ServerEnd,
    tls_version: TlsVersion,
    rng: StdRng,
}

impl HostileServer {
    /// Takes a Response; `None` if the tunnel is there, and the peer waits.
    fn hear(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        let mut request = PacketBuffer::default();
        match self.receive(data, &mut request) {
            server::Heard::Step(ServerStep::Request) => {}
            server::Heard::Message => match self.end.established() {
                Some(_) if self.tls_version == TlsVersion::V1_3 => return None,
                _ => assert!(matches!(self.end.send(&mut request), ServerStep::Request)),
            },
            server::Heard::Acknowledged => return None,
            server::Heard::Step(step) => panic!("{step:?}"),
        }
        Some(request.as_slice().to_vec())
    }

    fn receive(&mut self, data: &[u8], request: &mut PacketBuffer) -> server::Heard {
        let (identity, mut events) = (Identity::default(), Vec::new());
        let cx = server_context(1, &identity, &mut events, &mut self.rng);
        self.end.receive(data, &cx, request)
    }

    /// close_notify.
    fn close(&mut self) -> PacketBuffer {
        let mut request = PacketBuffer::default();
        assert!(matches!(self.end.close(&mut request), ServerStep::Request));
        request
    }

    /// A Request with these octets in the tunnel.
    fn say(&mut self, octets: &[u8]) -> Vec<u8> {
        self.end.write(octets).unwrap();
        let mut request = PacketBuffer::default();
        assert!(matches!(self.end.send(&mut request), ServerStep::Request));
        request.as_slice().to_vec()
    }

    /// What is in the tunnel of this Response.
    fn read(&mut self, data: &[u8]) -> Vec<u8> {
        assert!(matches!(
            self.receive(data, &mut PacketBuffer::default()),
            server::Heard::Message | server::Heard::Acknowledged
        ));
        self.end.read().unwrap()
    }
}

/// Our peer and a hostile server, with a tunnel between them.
struct AtPeer {
    peer: PeerSide,
    server: HostileServer,
    keys: Keys,
}

impl AtPeer {
    fn new(tls_version: TlsVersion) -> Self {
        Self::with(tls_version, 0, |config| config)
    }

    fn with(
        tls_version: TlsVersion,
        version: u8,
        edit: impl FnOnce(PeapPeerConfigBuilder) -> PeapPeerConfigBuilder,
    ) -> Self {
        let (peer_tls, server_tls) = tls(tls_version);
        let config = edit(PeapPeerConfig::builder(peer_tls, inner_peer())).build().unwrap();
        let mut peer = PeerSide::new(config);
        let end = ServerEnd::new(Arc::new(server_tls), FACTS.method, version);
        let mut server = HostileServer { end, tls_version, rng: rng() };
        let (identity, mut events) = (Identity::from("@example.org"), Vec::new());
        let mut cx = server_context(1, &identity, &mut events, &mut server.rng);
        let mut request = PacketBuffer::default();
        server.end.start(&mut cx, &mut request);
        let mut next = Some(request.as_slice().to_vec());
        while let Some(request) = next {
            let (step, reply) = peer.request(&request);
            assert_not_yet(&step);
            next = server.hear(&reply);
        }
        let keys = server.end.keys().unwrap();
        Self { peer, server, keys }
    }

    /// What the peer does about these octets, and what it says in the tunnel.
    fn say(&mut self, octets: &[u8]) -> (PeerStep, Vec<u8>) {
        let request = self.server.say(octets);
        let (step, reply) = self.peer.request(&request);
        let said = match step {
            PeerStep::Reply(_) => self.server.read(&reply),
            _ => Vec::new(),
        };
        (step, said)
    }

    /// The peer has been authenticated inside.
    fn authenticated(mut self) -> Self {
        let (step, said) = self.say(IDENTITY_REQUEST);
        assert_not_yet(&step);
        assert_eq!(said, ALICE);
        let (step, said) = self.say(CHALLENGE);
        assert_not_yet(&step);
        assert_eq!(said[..2], [4, 16]);
        self
    }

    /// Says how it ended, with this binding.
    fn result(&mut self, status: Status, binding: Option<Binding>) -> (PeerStep, Vec<u8>) {
        let octets = Extensions { status, binding }.to_octets();
        self.say(&framing::extensions(Code::Request, 9, &octets))
    }
}

/// A peer's end of a tunnel with nobody behind it but the test.
struct AtServer {
    server: ServerSide,
    end: PeerEnd,
    rng: StdRng,
    keys: Keys,
    /// What the server has said last, in the tunnel.
    heard: Vec<u8>,
}

impl AtServer {
    fn new(tls_version: TlsVersion, method: MethodType) -> Self {
        Self::with(tls_version, method, 0, |config| config)
    }

    fn with(
        tls_version: TlsVersion,
        method: MethodType,
        version: u8,
        edit: impl FnOnce(PeapServerConfigBuilder) -> PeapServerConfigBuilder,
    ) -> Self {
        let (peer_tls, server_tls) = tls(tls_version);
        let config = PeapServerConfig::builder(server_tls, inner_server(method));
        let mut server = ServerSide::new(edit(config).build().unwrap());
        let mut end = PeerEnd::new(Arc::new(peer_tls), FACTS.method, version);
        let mut request = server.start();
        let mut rng = rng();
        let heard = loop {
            let mut reply = PacketBuffer::default();
            if let peer::Heard::Message = receive(&mut end, &request, &mut reply, &mut rng) {
                let heard = end.read().unwrap();
                if !heard.is_empty() {
                    break heard;
                }
                end.reply(&mut reply);
            }
            let (step, next) = server.response(reply.as_slice()).unwrap();
            assert!(matches!(step, ServerStep::Request), "{step:?}");
            request = next;
        };
        let keys = end.keys().unwrap();
        Self { server, end, rng, keys, heard }
    }

    /// What the server does about these octets; what it says is heard.
    fn say(&mut self, octets: &[u8]) -> ServerStep {
        let mut reply = PacketBuffer::default();
        self.end.send(octets, &mut reply).unwrap();
        let (step, request) = self.server.response(reply.as_slice()).unwrap();
        self.listen(&step, &request);
        step
    }

    fn listen(&mut self, step: &ServerStep, request: &[u8]) {
        if matches!(step, ServerStep::Request) {
            let mut reply = PacketBuffer::default();
            let heard = receive(&mut self.end, request, &mut reply, &mut self.rng);
            assert!(matches!(heard, peer::Heard::Message));
            self.heard = self.end.read().unwrap();
        }
    }

    /// The peer has given the right response to a challenge of GTC: it is told so.
    fn authenticated(mut self) -> Self {
        assert_eq!(self.heard, IDENTITY_REQUEST);
        assert!(matches!(self.say(ALICE), ServerStep::Request));
        assert_eq!(self.heard, b"\x06Password: ");
        let ServerStep::Ask(Query::Tunneled { query, .. }) = self.say(b"\x06wonderland") else {
            panic!()
        };
        assert!(matches!(*query, Query::CheckPassword { .. }));
        let (step, request) = self.server.answer(Answer::Verdict(true));
        self.listen(&step, &request);
        self
    }

    /// Says how it ended, with this binding.
    fn result(&mut self, status: Status, binding: Option<Binding>) -> ServerStep {
        let octets = Extensions { status, binding }.to_octets();
        self.say(&framing::extensions(Code::Response, 9, &octets))
    }
}

fn receive(
    end: &mut PeerEnd,
    request: &[u8],
    reply: &mut PacketBuffer,
    rng: &mut StdRng,
) -> peer::Heard {
    let (identity, mut events) = (Identity::default(), Vec::new());
    let cx = PeerContext {
        identifier: Identifier(1),
        identity: &identity,
        password: None,
        nt_hash: None,
        unix_time: None,
        tunneled: false,
        events: &mut events,
        rng,
    };
    let Ok(heard) = end.receive(request, &cx, reply) else { panic!("{request:02x?}") };
    heard
}

/// EAP-Success would be too early.
#[track_caller]
fn assert_not_yet(step: &PeerStep) {
    assert!(matches!(step, PeerStep::Reply(Progress::MayEnd(Willingness::Fail))), "{step:?}");
}

/// EAP-Success is all that is missing.
#[track_caller]
fn assert_granted(step: &PeerStep) {
    assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::CondSucc))), "{step:?}");
}

/// It is over, for this reason.
#[track_caller]
fn failure(step: PeerStep) -> Failure {
    match step {
        PeerStep::Reply(Progress::Done(Verdict::Fail(failure))) | PeerStep::Fail(failure) => {
            failure
        }
        step => panic!("{step:?}"),
    }
}

#[track_caller]
fn server_failure(step: ServerStep) -> Failure {
    match step {
        ServerStep::Fail(failure) => failure,
        step => panic!("{step:?}"),
    }
}

fn because(reason: &'static str) -> Failure {
    super::failed(reason)
}
