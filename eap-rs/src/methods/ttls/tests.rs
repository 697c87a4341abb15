//! Phase 2 against another end that says what it likes, inside a tunnel that is in order.

use std::sync::Arc;

use proptest::prelude::*;

use super::avp::{AvpBuffer, AvpCode};
use super::*;
use crate::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep,
    Willingness,
};
use crate::testing::rng;
use crate::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};
use crate::tunnel::peer::{self, PeerEnd};
use crate::tunnel::server::{self, Expected, ServerEnd};
use crate::{
    Answer, Authenticator, AuthenticatorConfig, Credential, Discard, Instant, Outcome, Output,
    PacketBuffer, Peer as OurPeer, PeerConfig, Query, Secret,
};

const NOW: Instant = Instant::from_millis(0);
const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

struct Tunnels {
    peer: Arc<TlsPeerConfig>,
    server: Arc<TlsServerConfig>,
}

impl Tunnels {
    fn new(version: TlsVersion) -> Self {
        let made = rcgen::generate_simple_self_signed(["radius.example.org".to_owned()]).unwrap();
        let policy = CertificatePolicy::for_servers().insecure_no_server_authentication();
        let peer = TlsPeerConfig::builder(policy).max_version(version).build().unwrap();
        let key = made.signing_key.serialize_pem();
        let server = TlsServerConfig::builder(made.cert.pem().as_bytes(), key.as_bytes());
        Self {
            peer: Arc::new(peer),
            server: Arc::new(server.max_version(version).build().unwrap()),
        }
    }
}

/// A peer that sends these messages, one after the other, and takes whatever comes.
struct OtherPeer {
    end: PeerEnd,
    messages: Vec<Vec<u8>>,
}

impl PeerMethod for OtherPeer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match self.end.receive(data, cx, reply) {
            Ok(peer::Heard::Answered) => {}
            Ok(peer::Heard::Message | peer::Heard::YourTurn) => {
                let _ = self.end.read();
                let may_speak = self.end.established().is_some() && !self.messages.is_empty();
                let message = if may_speak { self.messages.remove(0) } else { Vec::new() };
                self.end.send(&message, reply).unwrap();
            }
            _ => return PeerStep::Fail(Failure::Declined),
        }
        PeerStep::Reply(Progress::MayEnd(Willingness::CondSucc))
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut PeerContext<'_>,
        _: &mut PacketBuffer,
    ) -> PeerStep {
        PeerStep::Fail(Failure::Declined)
    }
}

/// A server that answers phase 2 with these messages, one after the other, and then grants access.
struct OtherServer {
    end: ServerEnd,
    messages: Vec<Vec<u8>>,
}

impl ServerMethod for OtherServer {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        self.end.start(cx, request)
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        self.end.check(data, Expected { acknowledgement: true, message: true })
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let is_over = match self.end.receive(data, cx, request) {
            server::Heard::Step(step) => return step,
            server::Heard::Acknowledged => true,
            server::Heard::Message => !self.end.read().unwrap().is_empty(),
        };
        match (is_over, self.messages.is_empty()) {
            (true, true) => return ServerStep::Succeed,
            (true, false) => self.end.write(&self.messages.remove(0)).unwrap(),
            (false, _) => {}
        }
        self.end.send(request)
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        _: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        ServerStep::Fail(Failure::Declined)
    }

    fn keys(&mut self) -> Option<crate::Keys> {
        self.end.keys()
    }
}

type Ended = Option<Result<Outcome, Failure>>;

/// Both ends, until neither has anything left to say.
fn drive(peer: PeerConfig, server: AuthenticatorConfig) -> (Ended, Ended) {
    let mut peer = OurPeer::new(Arc::new(peer), rng());
    let mut server = Authenticator::new(Arc::new(server), rng());
    server.start(NOW);
    let (mut peer_ended, mut server_ended) = (None, None);
    loop {
        if let Some(output) = server.poll_output() {
            match output {
                Output::Send(packet) => drop(peer.handle_packet(&packet, NOW)),
                Output::Ask(id, query) => {
                    server.handle_answer(id, answer(&query), NOW).unwrap();
                }
                Output::Finished(result) => server_ended = Some(result),
                _ => {}
            }
        } else if let Some(output) = peer.poll_output() {
            match output {
                Output::Send(packet) => drop(server.handle_packet(&packet, NOW)),
                Output::Ask(id, _) => peer.handle_answer(id, Answer::Decline, NOW).unwrap(),
                Output::Finished(result) => peer_ended = Some(result),
                _ => {}
            }
        } else {
            return (peer_ended, server_ended);
        }
    }
}

fn answer(query: &Query) -> Answer {
    match query.innermost() {
        Query::CheckPassword { identity, password } => {
            Answer::Verdict(identity.as_bytes() == b"alice" && password.ct_eq(b"secret"))
        }
        _ => Answer::Credential(Credential::Cleartext(Secret::from("secret"))),
    }
}

/// Our server, which allows everything, and a peer that says this in phase 2.
fn serve(tunnels: &Tunnels, messages: &[Vec<u8>]) -> Result<Outcome, Failure> {
    let eap = AuthenticatorConfig::builder().method(MethodType::GTC).build().unwrap();
    let ttls = TtlsServerConfig::builder(Arc::clone(&tunnels.server));
    let ttls = ttls.pap().chap().mschap().mschapv2().eap(eap).build().unwrap();
    let server = AuthenticatorConfig::builder().ttls(ttls).build().unwrap();
    let (tls, messages) = (Arc::clone(&tunnels.peer), messages.to_vec());
    let other = move || {
        let end = PeerEnd::new(Arc::clone(&tls) as _, FACTS.method, VERSION);
        Box::new(OtherPeer { end, messages: messages.clone() }) as Box<dyn PeerMethod>
    };
    let peer = PeerConfig::builder().identity("@").custom_method(FACTS, other).build().unwrap();
    drive(peer, server).1.unwrap()
}

/// Our peer with this inside, and a server that answers with these messages.
fn log_in(
    tunnels: &Tunnels,
    inner: impl Fn(TtlsPeerConfigBuilder) -> TtlsPeerConfigBuilder,
    messages: &[&[u8]],
) -> Result<Outcome, Failure> {
    let ttls = TtlsPeerConfig::builder(Arc::clone(&tunnels.peer));
    let ttls = inner(ttls).build().unwrap();
    let peer = PeerConfig::builder().identity("@").ttls(ttls).build().unwrap();
    let tls = Arc::clone(&tunnels.server);
    let messages: Vec<_> = messages.iter().map(|message| message.to_vec()).collect();
    let other = move || {
        let end = ServerEnd::new(Arc::clone(&tls) as _, FACTS.method, VERSION);
        Box::new(OtherServer { end, messages: messages.clone() }) as Box<dyn ServerMethod>
    };
    let server = AuthenticatorConfig::builder().custom_method(FACTS, other).build().unwrap();
    drive(peer, server).0.unwrap()
}

fn pap() -> Vec<u8> {
    let mut password = [0; 16];
    password[..6].copy_from_slice(b"secret");
    let avps = AvpBuffer::default().with(AvpCode::USER_NAME, &[b"alice"]);
    avps.with(AvpCode::USER_PASSWORD, &[&password]).as_slice().to_vec()
}

fn avp(code: AvpCode, data: &[u8]) -> Vec<u8> {
    AvpBuffer::default().with(code, &[data]).as_slice().to_vec()
}

fn failed(reason: &'static str) -> Failure {
    Failure::MethodFailed { method: FACTS.method, reason }
}

/// Phase 2 may come with the Finished of TLS 1.3.
#[test]
fn a_peer_that_does_it_right_is_let_in() {
    for version in VERSIONS {
        let outcome = serve(&Tunnels::new(version), &[pap()]).unwrap();
        assert_eq!(outcome.inner.unwrap().identity.as_bytes(), b"alice");
    }
}

/// CVE-2026-25075, in a whole login: every length of a message; what follows a success counts no
/// more.
#[test]
fn cve_2026_25075_every_length_of_the_first_message() {
    let tunnels = Tunnels::new(TlsVersion::V1_3);
    let whole = pap();
    for len in 1..whole.len() {
        assert!(serve(&tunnels, &[whole[..len].to_vec()]).is_err(), "{len}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_at_once() {
    let unknown = avp(AvpCode::REPLY_MESSAGE, b"x");
    let cases = [
        (b"alice".to_vec(), "malformed AVP"),
        (vec![0], "malformed AVP"),
        (
            [pap(), avp(AvpCode::CHAP_PASSWORD, b"x")].concat(),
            "several protocols inside the tunnel at once",
        ),
        (
            [pap(), avp(AvpCode::EAP_MESSAGE, b"x")].concat(),
            "several protocols inside the tunnel at once",
        ),
        ([pap(), unknown.clone()].concat(), "a mandatory AVP is not understood"),
        ([pap(), pap()].concat(), "an AVP is there twice"),
        (unknown, "no protocol that is allowed inside the tunnel"),
        (avp(AvpCode::USER_PASSWORD, b"secret"), "no user name"),
        (avp(AvpCode::EAP_MESSAGE, b""), "an EAP packet inside the tunnel was not taken"),
        (avp(AvpCode::EAP_MESSAGE, &[3, 0, 0, 4]), "an EAP packet inside the tunnel was not taken"),
        (
            [avp(AvpCode::USER_NAME, &[b'a'; 1016]), avp(AvpCode::USER_PASSWORD, b"x")].concat(),
            "a user name of more than 1015 octets",
        ),
    ];
    for version in VERSIONS {
        let tunnels = Tunnels::new(version);
        for (message, reason) in &cases {
            let result = serve(&tunnels, std::slice::from_ref(message));
            assert_eq!(result.unwrap_err(), failed(reason));
        }
    }
}

/// A server of MS-CHAP-V2 has to prove that it knows the password, whatever else it says.
#[test]
fn access_is_not_taken_from_a_server_that_proves_nothing() {
    let wrong = format!("\x01S={}", "0".repeat(40));
    let wrong = avp(AvpCode::MS_CHAP2_SUCCESS, wrong.as_bytes());
    let unproved = failed("the network does not know the password");
    let v2 = |builder: TtlsPeerConfigBuilder| builder.mschapv2().identity("a").password("secret");
    for version in VERSIONS {
        let tunnels = Tunnels::new(version);
        assert_eq!(log_in(&tunnels, v2, &[]).unwrap_err(), Failure::SuccessTooEarly);
        assert_eq!(log_in(&tunnels, v2, &[&wrong]).unwrap_err(), unproved);
        let empty = avp(AvpCode::MS_CHAP2_SUCCESS, b"");
        assert_eq!(log_in(&tunnels, v2, &[&empty]).unwrap_err(), unproved);
        // The protected success is none before.
        assert_eq!(log_in(&tunnels, v2, &[&[0]]).unwrap_err(), failed("malformed AVP"));
        let unknown = avp(AvpCode::USER_NAME, b"x");
        let refused = failed("a mandatory AVP is not understood");
        assert_eq!(log_in(&tunnels, v2, &[&unknown]).unwrap_err(), refused);
        // In an EAP conversation nobody has answered anything yet.
        let eap = |builder: TtlsPeerConfigBuilder| {
            let inner = PeerConfig::builder().identity("a").password("x").method(MethodType::GTC);
            builder.eap(inner.build().unwrap())
        };
        assert_eq!(log_in(&tunnels, eap, &[]).unwrap_err(), Failure::SuccessTooEarly);
        let success = avp(AvpCode::EAP_MESSAGE, &[3, 1, 0, 4]);
        assert!(log_in(&tunnels, eap, &[&success]).is_err());
        assert!(log_in(&tunnels, eap, &[&[0]]).is_err());
    }
}

#[test]
fn another_password_may_be_wanted() {
    let pap = |builder: TtlsPeerConfigBuilder| builder.pap().identity("a").password("secret");
    for version in VERSIONS {
        let tunnels = Tunnels::new(version);
        assert!(log_in(&tunnels, pap, &[]).is_ok());
        // Nobody is there to type it.
        let reply = avp(AvpCode::REPLY_MESSAGE, b"Next token:");
        assert_eq!(log_in(&tunnels, pap, &[&reply]).unwrap_err(), Failure::Declined);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Without the password nobody is let in.
    #[test]
    fn noise_lets_nobody_in(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..80), 1..4)
    ) {
        let tunnels = Tunnels::new(TlsVersion::V1_3);
        prop_assert!(serve(&tunnels, &messages).is_err());
    }
}
