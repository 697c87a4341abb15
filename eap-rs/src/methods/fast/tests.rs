//! Phase 2, without TLS: both ends, and each against an end that says what it wants.

mod hostile_peer;
mod hostile_server;

use std::sync::Arc;

use rand::rngs::StdRng;

use super::gtc::GtcForm;
use super::keys::{CipherSizes, TunnelKeys};
use super::opaque::{KnownPac, PacKeys};
use super::pac::{Pac, PacType};
use super::phase2::peer::{Conclusion, PeerTurn, Phase2Peer};
use super::phase2::server::{Phase2Server, ServerTurn};
use super::settings::{Opening, PeerSettings, Provisioning, ServerSettings};
use super::testing::rng;
use super::tlv::{Message, Sender, Status};
use crate::method::{PeerContext, Progress, ServerContext, Verdict, Willingness};
use crate::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig};
use crate::{
    Answer, AuthenticatorConfig, Credential, Event, Failure, Identifier, Identity, InnerMethod,
    MethodType, PeerConfig, Query, Secret,
};

const AUTHORITY: &[u8; 16] = b"0123456789abcdef";
const NOW: u64 = 1_700_000_000;

/// Keys of a tunnel; others with another number.
fn tunnel(number: u8) -> TunnelKeys {
    let none = CipherSizes { mac_key: 0, key: 0, iv: 0 };
    TunnelKeys::of_key_block(&[number; 72], none).unwrap()
}

fn peer_config(methods: &[MethodType]) -> PeerConfig {
    let config = PeerConfig::builder().identity("alice").password("wonderland");
    methods.iter().fold(config, |config, method| config.method(*method)).build().unwrap()
}

fn server_config(methods: &[MethodType]) -> AuthenticatorConfig {
    let config = AuthenticatorConfig::builder();
    methods.iter().fold(config, |config, method| config.method(*method)).build().unwrap()
}

fn pac_keys() -> Arc<PacKeys> {
    Arc::new(PacKeys::new(&[[7; 32]]).unwrap())
}

/// What a conversation begins with.
struct Setting {
    opening: Opening,
    peer: PeerSettings,
    server: ServerSettings,
    pac: Option<KnownPac>,
    tunnels: [TunnelKeys; 2],
    password: &'static str,
    may_store: bool,
    /// Whether the peer has shown a PAC that does not open a tunnel.
    useless_pac: bool,
}

impl Setting {
    /// One method, and no PAC.
    fn new(method: MethodType) -> Self {
        Self::of(&[server_config(&[method])], &[method])
    }

    fn of(server: &[AuthenticatorConfig], peer: &[MethodType]) -> Self {
        let (form, off) = (GtcForm::Labelled, Provisioning::Off);
        let mut server = ServerSettings::new(server, form, AUTHORITY);
        server.provisioning = off;
        Self {
            opening: Opening::Certificate,
            peer: PeerSettings::new(&peer_config(peer), form, off),
            server,
            pac: None,
            tunnels: [tunnel(1), tunnel(1)],
            password: "wonderland",
            may_store: true,
            useless_pac: false,
        }
    }

    fn provisioning(mut self, opening: Opening, provisioning: Provisioning) -> Self {
        self.opening = opening;
        self.peer.provisioning = provisioning;
        self.server.provisioning = provisioning;
        self.server.pac_keys = Some(pac_keys());
        self
    }

    fn run(self) -> End {
        let Self { opening, peer, server, pac, tunnels: [at_peer, at_server], .. } = self;
        let mut ends = Ends {
            peer: Phase2Peer::new(Arc::new(peer), opening, &at_peer, AUTHORITY),
            server: Phase2Server::new(Arc::new(server), opening, pac, &at_server),
            host: Host::default(),
        };
        if self.useless_pac {
            ends.server.replace_pac();
        }
        let (mut log, mut pacs) = (Vec::new(), Vec::new());
        let mut turn = ends.server.begin(&mut ends.host.server());
        for _ in 0..100 {
            turn = match turn {
                ServerTurn::Send(octets) => {
                    log.push((Sender::Server, octets.to_vec()));
                    let answer = ends.say_to_peer(&octets, self.may_store, &mut pacs);
                    log.push((Sender::Peer, answer.clone()));
                    ends.server.handle(&answer, &mut ends.host.server())
                }
                ServerTurn::Ask(query) => {
                    let answer = answer(&query, self.password);
                    ends.server.answered(answer, &mut ends.host.server())
                }
                ServerTurn::Succeed => {
                    let keys = ends.server.keys();
                    return End { log, pacs, server: Ok(keys), ends };
                }
                ServerTurn::Fail(failure) => return End { log, pacs, server: Err(failure), ends },
            };
        }
        panic!("it does not end");
    }
}

/// What a conversation has ended with.
struct End {
    log: Vec<(Sender, Vec<u8>)>,
    pacs: Vec<Pac>,
    server: Result<crate::Keys, Failure>,
    ends: Ends,
}

impl End {
    /// The messages, as they are read.
    fn messages(&self) -> Vec<Message<'_>> {
        self.log.iter().map(|(sender, octets)| Message::parse(octets, *sender).unwrap()).collect()
    }

    fn assert_granted(&self) {
        let keys = self.ends.peer.keys().expect("the peer has keys");
        let server = self.server.as_ref().expect("the server is content");
        assert_eq!(keys.msk.expose(), server.msk.expose());
        assert_eq!(
            keys.emsk.as_ref().map(crate::Emsk::expose),
            server.emsk.as_ref().map(crate::Emsk::expose)
        );
        assert_eq!(keys.msk.expose().len(), 64);
        assert_eq!(self.ends.server.inner(), self.granted());
    }

    fn granted(&self) -> Option<&crate::InnerOutcome> {
        match self.ends.peer.conclusion() {
            Some(Conclusion::Granted(inner)) => inner.as_ref(),
            other => panic!("{other:?}"),
        }
    }

    fn refusal(&self) -> Failure {
        assert!(self.ends.peer.keys().is_none());
        match self.ends.peer.conclusion() {
            Some(Conclusion::Refused(failure)) => failure.clone(),
            other => panic!("{other:?}"),
        }
    }
}

struct Ends {
    peer: Phase2Peer,
    server: Phase2Server,
    host: Host,
}

impl Ends {
    fn say_to_peer(&mut self, octets: &[u8], may_store: bool, pacs: &mut Vec<Pac>) -> Vec<u8> {
        let mut turn = self.peer.handle(octets, &mut self.host.peer());
        loop {
            turn = match turn {
                PeerTurn::Send(octets) => return octets.to_vec(),
                PeerTurn::Ask(query) => panic!("everything is configured: {query:?}"),
                PeerTurn::Store(pac) => {
                    if may_store {
                        pacs.push(*pac);
                    }
                    self.peer.stored(may_store)
                }
            };
        }
    }
}

fn answer(query: &Query, known: &str) -> Answer {
    match query.innermost() {
        Query::Credential { .. } => Answer::Credential(Credential::Cleartext(Secret::from(known))),
        Query::CheckPassword { password, .. } => Answer::Verdict(password.ct_eq(known.as_bytes())),
        other => panic!("{other:?}"),
    }
}

struct Host {
    identity: Identity,
    unix_time: Option<u64>,
    events: Vec<Event>,
    rng: StdRng,
}

impl Default for Host {
    fn default() -> Self {
        let identity = Identity::from("anonymous");
        Self { identity, unix_time: Some(NOW), events: Vec::new(), rng: rng() }
    }
}

impl Host {
    fn peer(&mut self) -> PeerContext<'_> {
        PeerContext {
            identifier: Identifier(1),
            identity: &self.identity,
            password: None,
            nt_hash: None,
            unix_time: self.unix_time,
            tunneled: false,
            events: &mut self.events,
            rng: &mut self.rng,
        }
    }

    fn server(&mut self) -> ServerContext<'_> {
        ServerContext {
            identifier: Identifier(1),
            identity: &self.identity,
            server_name: "srv",
            prompt: "Password: ",
            password_retries: 0,
            unix_time: self.unix_time,
            mtu: 1020,
            events: &mut self.events,
            rng: &mut self.rng,
        }
    }
}

#[test]
fn eap_tls_runs_inside() {
    let own = rcgen::generate_simple_self_signed(["alice.example.org".to_owned()]).unwrap();
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let (certificate, key) = (certificate.as_bytes(), key.as_bytes());
    let servers = CertificatePolicy::for_servers().insecure_no_server_authentication();
    let peer = TlsPeerConfig::builder(servers).certificate(certificate, key).build().unwrap();
    let clients = CertificatePolicy::for_clients().ca(certificate);
    let server = TlsServerConfig::builder(certificate, key).clients(clients).build().unwrap();
    let peer = PeerConfig::builder().identity("alice").tls(peer).build().unwrap();
    let server = [AuthenticatorConfig::builder().tls(server).build().unwrap()];
    let mut setting = Setting::new(MethodType::GTC);
    setting.peer = PeerSettings::new(&peer, GtcForm::Labelled, Provisioning::Off);
    setting.server = ServerSettings::new(&server, GtcForm::Labelled, AUTHORITY);
    let end = setting.run();
    end.assert_granted();
    assert_eq!(end.granted().unwrap().method, InnerMethod::Eap(MethodType::TLS));
}

#[test]
fn one_method_ends_with_result_and_binding_alone() {
    for method in [MethodType::MSCHAPV2, MethodType::GTC, MethodType::MD5] {
        let end = Setting::new(method).run();
        end.assert_granted();
        assert_eq!(end.granted().unwrap().method, InnerMethod::Eap(method));
        assert_eq!(end.granted().unwrap().identity, Identity::from("alice"));
        assert!(end.pacs.is_empty());
        let messages = end.messages();
        let (last, before) = messages.split_last_chunk::<2>().map(|(b, l)| (l, b)).unwrap();
        for message in last {
            assert_eq!((message.result, message.intermediate), (Some(Status::Success), None));
            assert!(message.binding.is_some() && message.payload.is_none());
            assert!(message.action.is_none() && message.pac.is_none());
        }
        for message in before {
            assert_eq!(*message, Message { payload: message.payload, ..Message::default() });
            assert!(message.payload.is_some());
        }
        assert_eq!(end.ends.peer.progress(), Progress::Done(Verdict::CondSucc));
    }
}

#[test]
fn a_wrong_password_ends_in_failure_on_both_sides() {
    for method in [MethodType::MSCHAPV2, MethodType::GTC, MethodType::MD5] {
        let end = Setting { password: "other", ..Setting::new(method) }.run();
        assert_eq!(end.server.as_ref().unwrap_err(), &Failure::BadCredentials, "{method}");
        // What follows is EAP-Failure: wpa_supplicant listens to no Result TLV then.
        assert!(end.messages().iter().all(|message| message.result.is_none()), "{method}");
        assert!(end.ends.peer.keys().is_none());
        let why = end.ends.peer.rejection();
        match method {
            MethodType::MD5 => assert_eq!(why, None),
            _ => assert!(matches!(why, Some(Failure::Account(_))), "{method}: {why:?}"),
        }
    }
}

#[test]
fn gtc_speaks_the_form_of_fast_unless_told_otherwise() {
    let has = |end: &End, wanted: &[u8]| {
        end.log.iter().any(|(_, octets)| octets.windows(wanted.len()).any(|it| it == wanted))
    };
    let end = Setting::new(MethodType::GTC).run();
    assert!(has(&end, b"CHALLENGE=Password") && has(&end, b"RESPONSE=alice\0wonderland"));
    let form = GtcForm::Plain;
    let (peer, server) = (peer_config(&[MethodType::GTC]), [server_config(&[MethodType::GTC])]);
    let plain = || {
        let mut setting = Setting::new(MethodType::GTC);
        setting.server = ServerSettings::new(&server, form, AUTHORITY);
        setting
    };
    let end = plain().run();
    assert!(matches!(end.refusal(), Failure::MethodFailed { .. }));
    assert!(!has(&end, b"wonderland"));
    let peer = PeerSettings::new(&peer, form, Provisioning::Off);
    let end = Setting { peer, ..plain() }.run();
    end.assert_granted();
    assert!(!has(&end, b"CHALLENGE=") && has(&end, b"wonderland"));
}

#[test]
fn a_peer_asks_for_a_pac_and_stores_it() {
    for may_store in [true, false] {
        let setting = Setting::new(MethodType::MSCHAPV2);
        let setting = setting.provisioning(Opening::Certificate, Provisioning::Authenticated);
        let end = Setting { may_store, ..setting }.run();
        end.assert_granted();
        let messages = end.messages();
        let [asked, given, stored] = messages.last_chunk().unwrap();
        assert!(asked.action.is_some() && asked.pac == Some(&[0, 10, 0, 2, 0, 1]));
        assert_eq!(given.result, Some(Status::Success));
        assert!(given.pac.is_some() && given.binding.is_none());
        let acknowledgement = [0, 8, 0, 2, 0, if may_store { 1 } else { 2 }];
        assert_eq!(stored.pac, Some(&acknowledgement[..]));
        assert_eq!(end.pacs.len(), usize::from(may_store));
        if let [pac] = &end.pacs[..] {
            let known = pac_keys().open(&pac.opaque, AUTHORITY).unwrap();
            assert_eq!(known.key.expose(), pac.key.expose());
            assert_eq!(known.identity, Some(Identity::from("alice")));
            assert_eq!(pac.expires(), Some(NOW + 7 * 86_400));
            assert_eq!(end.ends.peer.progress(), Progress::Done(Verdict::CondSucc));
        }
    }
}

#[test]
fn a_server_that_has_no_pac_for_anybody_grants_access_all_the_same() {
    let mut setting = Setting::new(MethodType::MSCHAPV2);
    setting.peer.provisioning = Provisioning::Authenticated;
    let end = setting.run();
    end.assert_granted();
    assert!(end.pacs.is_empty());
    // It may still send one, or EAP-Success.
    assert_eq!(end.ends.peer.progress(), Progress::MayEnd(Willingness::CondSucc));
}

#[test]
fn an_anonymous_tunnel_is_for_a_pac_and_nothing_else() {
    for provisioning in [Provisioning::Anonymous, Provisioning::Both] {
        let both = [MethodType::GTC, MethodType::MSCHAPV2];
        let setting = Setting::of(&[server_config(&both)], &both);
        let end = setting.provisioning(Opening::Anonymous, provisioning).run();
        assert_eq!(end.ends.peer.conclusion(), Some(&Conclusion::Provisioned));
        assert!(end.ends.peer.keys().is_none() && end.server.is_err());
        assert!(matches!(end.ends.peer.progress(), Progress::Done(Verdict::Fail(_))));
        assert_eq!(end.pacs.len(), 1);
        let messages = end.messages();
        let bound = messages.iter().position(|message| message.binding.is_some()).unwrap();
        for message in &messages[bound..bound + 2] {
            assert_eq!((message.intermediate, message.result), (Some(Status::Success), None));
        }
        // Challenges that travel are zeros (RFC 5422 §3.2.3).
        let wire: Vec<&[u8]> = messages.iter().filter_map(|message| message.payload).collect();
        assert!(
            wire.iter()
                .any(|packet| packet[4] == 26 && packet[9] == 16 && packet[10..26] == [0; 16])
        );
        assert!(
            wire.iter()
                .any(|packet| packet[4] == 26 && packet[9] == 49 && packet[10..26] == [0; 16])
        );
        assert!(!wire.iter().any(|packet| packet[4] == 6), "no GTC");
    }
}

#[test]
fn an_anonymous_tunnel_with_somebody_in_between_proves_nothing() {
    let setting = Setting::new(MethodType::MSCHAPV2);
    let mut setting = setting.provisioning(Opening::Anonymous, Provisioning::Both);
    setting.tunnels = [tunnel(1), tunnel(2)];
    let end = setting.run();
    assert_eq!(end.server.as_ref().unwrap_err(), &Failure::BadCredentials);
    assert!(end.pacs.is_empty());
    assert!(matches!(end.ends.peer.rejection(), Some(Failure::Account(_))));
    assert_eq!(end.ends.peer.conclusion(), None);
}

#[test]
fn an_anonymous_tunnel_that_is_not_allowed_does_not_see_the_peer() {
    for provisioning in [Provisioning::Off, Provisioning::Authenticated] {
        let setting = Setting::new(MethodType::MSCHAPV2);
        let mut setting = setting.provisioning(Opening::Anonymous, Provisioning::Both);
        setting.peer.provisioning = provisioning;
        let end = setting.run();
        assert!(matches!(end.refusal(), Failure::MethodFailed { .. }));
        assert!(!end.log.iter().any(|(_, octets)| octets.windows(5).any(|it| it == b"alice")));

        let setting = Setting::new(MethodType::MSCHAPV2);
        let mut setting = setting.provisioning(Opening::Anonymous, Provisioning::Both);
        setting.server.provisioning = provisioning;
        assert_eq!(setting.run().messages(), [Message::failure(None); 2]);
    }
}

#[test]
fn only_mschapv2_runs_in_an_anonymous_tunnel() {
    let setting = Setting::of(&[server_config(&[MethodType::GTC])], &[MethodType::GTC]);
    let end = setting.provisioning(Opening::Anonymous, Provisioning::Both).run();
    assert!(end.server.is_err() && end.pacs.is_empty());
    let both = [MethodType::MSCHAPV2, MethodType::GTC];
    let setting = Setting::of(&[server_config(&both)], &[MethodType::GTC]);
    let end = setting.provisioning(Opening::Anonymous, Provisioning::Both).run();
    assert!(end.server.is_err() && end.pacs.is_empty());
}

fn known(identity: Option<&str>, left: u32) -> KnownPac {
    known_of(PacType::Tunnel, identity, left)
}

fn known_of(kind: PacType, identity: Option<&str>, left: u32) -> KnownPac {
    let expires = u32::try_from(NOW).unwrap() + left;
    let terms = super::opaque::Terms {
        kind,
        expires,
        authority: AUTHORITY,
        authority_name: b"",
        identity: identity.map(Identity::from),
    };
    let pac = pac_keys().issue(terms, &mut rng()).unwrap();
    pac_keys().open(&pac.opaque, AUTHORITY).unwrap()
}

#[test]
fn a_pac_is_renewed_before_it_runs_out() {
    for (left, is_renewed) in [(86_401, false), (86_400, true), (1, true), (0, true)] {
        // Also where nobody gets a first one.
        let setting = Setting::new(MethodType::MSCHAPV2);
        let mut setting = setting.provisioning(Opening::Pac, Provisioning::Off);
        setting.pac = Some(known(Some("alice"), left));
        let end = setting.run();
        end.assert_granted();
        assert_eq!(end.pacs.len(), usize::from(is_renewed), "{left}");
    }
}

#[test]
fn a_machine_stays_a_machine_and_acknowledges_nothing() {
    let setting = Setting::new(MethodType::MSCHAPV2);
    let mut setting = setting.provisioning(Opening::Pac, Provisioning::Off);
    setting.pac = Some(known_of(PacType::Machine, None, 1));
    let end = setting.run();
    end.assert_granted();
    assert_eq!(end.pacs[0].kind(), PacType::Machine);
    assert_eq!(end.messages().last().unwrap().pac, None);
}

/// wpa_supplicant does not ask then.
#[test]
fn a_pac_that_opens_nothing_is_replaced_without_being_asked() {
    for provisioning in [Provisioning::Authenticated, Provisioning::Off] {
        let setting = Setting::new(MethodType::GTC);
        let setting = setting.provisioning(Opening::Certificate, provisioning);
        let end = Setting { useless_pac: true, ..setting }.run();
        end.assert_granted();
        assert_eq!(end.pacs.len(), usize::from(provisioning != Provisioning::Off));
        assert!(end.messages().iter().all(|message| message.action.is_none()));
    }
}

#[test]
fn a_pac_of_one_is_not_for_the_login_of_another() {
    let setting = Setting::new(MethodType::MSCHAPV2);
    let mut setting = setting.provisioning(Opening::Pac, Provisioning::Off);
    setting.pac = Some(known(Some("bob"), 86_401));
    let end = setting.run();
    assert!(matches!(
        end.server,
        Err(Failure::MethodFailed { reason: "the PAC is another's", .. })
    ));
    end.refusal();
    let setting = Setting::new(MethodType::MSCHAPV2);
    let mut setting = setting.provisioning(Opening::Pac, Provisioning::Off);
    setting.pac = Some(known(None, 86_401));
    setting.run().assert_granted();
}

#[test]
fn methods_run_one_after_the_other() {
    let two = [server_config(&[MethodType::MSCHAPV2]), server_config(&[MethodType::GTC])];
    let end = Setting::of(&two, &[MethodType::MSCHAPV2, MethodType::GTC]).run();
    end.assert_granted();
    assert_eq!(end.granted().unwrap().method, InnerMethod::Eap(MethodType::GTC));
    let messages = end.messages();
    let bound: Vec<_> = messages.iter().filter(|message| message.binding.is_some()).collect();
    let results: Vec<_> =
        bound.iter().map(|message| (message.intermediate, message.result)).collect();
    let success = Some(Status::Success);
    let expected = [(success, None), (success, None), (success, success), (success, success)];
    assert_eq!(results, expected);
}

#[test]
fn two_tunnels_are_not_one() {
    for method in [MethodType::MSCHAPV2, MethodType::GTC] {
        let end = Setting { tunnels: [tunnel(1), tunnel(2)], ..Setting::new(method) }.run();
        let expected = Failure::MethodFailed {
            method: MethodType::ietf(43),
            reason: "the crypto-binding is wrong",
        };
        assert_eq!(end.refusal(), expected);
        // RFC 4851 §A.7.
        let messages = end.messages();
        let compromise = Message::failure(Some(super::tlv::ErrorCode::TUNNEL_COMPROMISE));
        assert_eq!(messages.last(), Some(&compromise));
        assert!(end.server.is_err());
    }
}
