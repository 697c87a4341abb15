//! A switch passes the peer through to a RADIUS server (RFC 4137 §7), over a link that loses 30 % of
//! the packets.

use eap_rs::peap::{PeapPeerConfig, PeapServerConfig};
use eap_rs::tls::{
    CertificatePolicy, TlsPeerConfig, TlsPeerConfigBuilder, TlsServerConfig, TlsServerConfigBuilder,
};
use eap_rs::ttls::{TtlsPeerConfig, TtlsServerConfig};
use eap_rs::{
    AuthenticatorConfig, AuthenticatorConfigBuilder, Failure, MethodType, PeerConfig,
    PeerConfigBuilder,
};
use eap_tests::answers::User;
use eap_tests::certs::{Ca, Identity, NOW};
use eap_tests::link::Quality;
use eap_tests::seeds;
use eap_tests::triple::Triple;

const ALICE: &str = "alice@example.org";

const LOSSY: Quality =
    Quality { loss: 30, duplication: 20, reordering: 0, delay: 1..=50, detour: 0..=0 };

/// Certificates for both sides.
struct Setup {
    ca: Ca,
    server: Identity,
    client: Identity,
}

impl Setup {
    fn new() -> Self {
        let ca = Ca::default();
        let (server, client) = (ca.server("radius.example.org"), ca.client(ALICE));
        Self { ca, server, client }
    }

    fn tls_peer(&self) -> TlsPeerConfigBuilder {
        let policy = CertificatePolicy::for_servers().ca(self.ca.pem.as_bytes());
        let (certificate, key) = (&self.client.certificate, &self.client.key);
        TlsPeerConfig::builder(policy).certificate(certificate.as_bytes(), key.as_bytes())
    }

    fn tls_server(&self) -> TlsServerConfigBuilder {
        let (certificate, key) = (&self.server.certificate, &self.server.key);
        TlsServerConfig::builder(certificate.as_bytes(), key.as_bytes())
    }

    /// The peer's and the server's settings for a method.
    fn ends(&self, method: MethodType) -> (PeerConfigBuilder, AuthenticatorConfigBuilder) {
        let peer = PeerConfig::builder().identity(ALICE).max_rounds(200);
        let server = AuthenticatorConfig::builder().backend();
        let tunnel = || (self.tls_peer().build().unwrap(), self.tls_server().build().unwrap());
        match method {
            MethodType::TLS => {
                let clients = CertificatePolicy::for_clients().ca(self.ca.pem.as_bytes());
                let server_tls = self.tls_server().clients(clients).build().unwrap();
                (peer.tls(self.tls_peer().build().unwrap()), server.tls(server_tls))
            }
            MethodType::PEAP => {
                let inside = PeerConfig::builder().identity(ALICE).method(MethodType::MSCHAPV2);
                let allowed = AuthenticatorConfig::builder().method(MethodType::MSCHAPV2);
                let (ours, theirs) = tunnel();
                let ours = PeapPeerConfig::builder(ours, inside.build().unwrap());
                let theirs = PeapServerConfig::builder(theirs, allowed.build().unwrap());
                (peer.peap(ours.build().unwrap()), server.peap(theirs.build().unwrap()))
            }
            MethodType::TTLS => {
                let (ours, theirs) = tunnel();
                let ours = TtlsPeerConfig::builder(ours).pap().identity(ALICE);
                let theirs = TtlsServerConfig::builder(theirs).pap();
                (peer.ttls(ours.build().unwrap()), server.ttls(theirs.build().unwrap()))
            }
            method => (peer.method(method), server.method(method)),
        }
    }

    fn triple(&self, method: MethodType, seed: u64, quality: Quality) -> Triple {
        let switch = AuthenticatorConfig::builder().pass_through();
        self.triple_with(&switch, method, seed, quality)
    }

    fn triple_with(
        &self,
        switch: &AuthenticatorConfigBuilder,
        method: MethodType,
        seed: u64,
        quality: Quality,
    ) -> Triple {
        let (peer, server) = self.ends(method);
        Triple::new(seed, &peer, switch, &server, quality, NOW)
    }
}

const METHODS: [MethodType; 4] =
    [MethodType::MD5, MethodType::TLS, MethodType::PEAP, MethodType::TTLS];

#[test]
fn three_ends_agree_on_keys_and_identity() {
    let setup = Setup::new();
    for method in METHODS {
        let triple = setup.triple(method, 1, Quality::PERFECT).drive();
        let ends = [triple.results.peer, triple.results.switch, triple.results.server];
        let [peer, switch, server] = ends.map(|end| end.unwrap().unwrap());
        assert_eq!([peer.method, switch.method, server.method], [method; 3]);
        assert_eq!(switch.peer_identity.to_string(), ALICE);
        assert_eq!(peer.keys.is_some(), method != MethodType::MD5);
        if let Some(keys) = &peer.keys {
            let [switch, server] = [switch.keys.unwrap(), server.keys.unwrap()];
            assert_eq!(keys.msk.expose(), switch.msk.expose());
            assert_eq!(keys.msk.expose(), server.msk.expose());
            assert!(switch.emsk.is_none(), "the EMSK stays with the two ends");
            let ids = [&keys.session_id, &switch.session_id].map(|id| id.as_ref().unwrap());
            assert_eq!(ids[0].expose(), ids[1].expose());
        } else {
            assert!(switch.keys.is_none() && server.keys.is_none());
        }
        assert_eq!((triple.conversations, triple.server.len()), (1, 0));
    }
}

/// RFC 3579 §2.6.5: the server begins with the identity, and does not hear of what it has not asked.
#[test]
fn a_switch_may_say_something_before_it_passes_the_peer_through() {
    let setup = Setup::new();
    let switch = AuthenticatorConfig::builder().notification("Welcome").pass_through();
    for method in METHODS {
        let silent = setup.triple(method, 1, Quality::PERFECT).drive();
        let triple = setup.triple_with(&switch, method, 1, Quality::PERFECT).drive();
        assert!(triple.results.peer.unwrap().is_ok(), "{method}");
        assert!(triple.results.switch.unwrap().is_ok(), "{method}");
        assert_eq!(triple.requests, silent.requests, "{method}");
    }
}

#[test]
fn a_wrong_password_is_refused_by_all_three() {
    let setup = Setup::new();
    for method in [MethodType::MD5, MethodType::PEAP, MethodType::TTLS] {
        let triple = setup.triple(method, 1, Quality::PERFECT);
        let triple = triple.with_password("looking glass").drive();
        let server = triple.results.server.unwrap().unwrap_err();
        assert!(matches!(server, Failure::BadCredentials), "{server:?}");
        assert_eq!(triple.results.switch.unwrap().unwrap_err(), Failure::AaaRejected);
        assert!(triple.results.peer.unwrap().is_err());
    }
}

#[test]
fn a_lossy_link_ends_well_or_for_nobody_who_was_not_authenticated() {
    let setup = Setup::new();
    for method in METHODS {
        let mut granted = 0;
        seeds::for_each(0..100, |seed| {
            let knows = !seed.is_multiple_of(4);
            let triple = setup.triple(method, seed, LOSSY);
            let password = if knows { User::default().password } else { "looking glass" };
            let triple = triple.with_password(password).drive();
            let knows = knows || method == MethodType::TLS;
            let switch = triple.results.switch.expect("the switch comes to an end");
            // What is lost is asked again of the peer, never of a second conversation.
            assert!(triple.conversations <= 1);
            if let Ok(outcome) = switch {
                granted += 1;
                assert!(knows);
                let server = triple.results.server.as_ref().unwrap().as_ref().unwrap();
                let msk = |keys: &Option<eap_rs::Keys>| {
                    keys.as_ref().map(|keys| keys.msk.expose().to_vec())
                };
                assert_eq!(msk(&outcome.keys), msk(&server.keys));
            }
            if let Some(Ok(outcome)) = triple.results.peer {
                assert!(knows);
                let server = triple.results.server;
                assert!(server.is_none_or(|server| server.is_ok()), "{outcome:?}");
            }
        });
        assert!((40..=100).contains(&granted), "{method}: {granted} of 100");
    }
}

/// RFC 3579 §2.1: a NAS may begin with the Start of EAP-TLS or EAP-TTLS.
#[test]
fn a_backend_goes_on_with_a_start_of_the_switch() {
    use eap_rs::{Answer, Authenticator, Instant, Output, Packet, Peer, Received};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    let setup = Setup::new();
    let now = Instant::from_millis(0);
    for method in [MethodType::TLS, MethodType::TTLS] {
        let (peer, server) = setup.ends(method);
        let rng = StdRng::seed_from_u64;
        let mut peer = Peer::new(peer.build().unwrap().into(), rng(1));
        let mut server = Authenticator::new(server.build().unwrap().into(), rng(2));
        peer.set_unix_time(NOW, now);
        server.set_unix_time(NOW, now);
        let start = [1, 40, 0, 6, method.legacy().unwrap(), 0x20];
        assert_eq!(peer.handle_packet(&start, now), Received::Accepted);
        let (mut begun, mut ends) = (false, (None, None));
        let mut moved = true;
        while moved {
            moved = false;
            while let Some(output) = peer.poll_output() {
                moved = true;
                match output {
                    Output::Send(packet) if begun => {
                        assert_eq!(server.handle_packet(&packet, now), Received::Accepted);
                    }
                    Output::Send(packet) => {
                        assert_eq!(server.pick_up(&packet, now), Received::Accepted);
                        begun = true;
                    }
                    Output::Ask(id, _) => {
                        let password = Answer::Secret("wonderland".into());
                        peer.handle_answer(id, password, now).unwrap();
                    }
                    Output::Finished(result) => ends.0 = Some(result.unwrap()),
                    _ => {}
                }
            }
            while let Some(output) = server.poll_output() {
                moved = true;
                match output {
                    Output::Send(packet) => {
                        let first = Packet::parse(&packet).unwrap().identifier().0;
                        assert!(first > 40, "Identifiers go on behind the switch's");
                        assert_eq!(peer.handle_packet(&packet, now), Received::Accepted);
                    }
                    Output::Ask(id, _) => {
                        server.handle_answer(id, Answer::Verdict(true), now).unwrap();
                    }
                    Output::Finished(result) => ends.1 = Some(result.unwrap()),
                    _ => {}
                }
            }
        }
        let (Some(peer), Some(server)) = ends else { panic!("{method} did not end") };
        assert_eq!(peer.keys.unwrap().msk.expose(), server.keys.unwrap().msk.expose());
        assert_eq!(server.peer_identity.as_bytes(), b"", "nobody has asked");
    }
}
