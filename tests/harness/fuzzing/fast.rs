//! Either end of EAP-FAST. The other end is an honest one of ours, or OpenSSL, which says inside
//! the tunnel what the program wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use eap_rs::fast::{FastPeerConfig, FastServerConfig, PacFile, PacKeys, PacStore, Provisioning};
use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig};
use eap_rs::{
    Authenticator, AuthenticatorConfig, AuthenticatorConfigBuilder, Event, Instant, MethodType,
    Peer, PeerConfig, PeerConfigBuilder,
};
use openssl::ssl::{SslContext, SslVersion};

use super::{HONEST, Machine, rng};
use crate::certs::{Ca, Identity, NOW};
use crate::fast::{ANONYMOUS_SUITE, Puppet, Ticket, client_context, server_context};
use crate::honest::Honest;
use crate::pair::Pair;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const START: u8 = 0x20;

const SERVER_NAME: &str = "radius.example.org";
/// Whom [`Directory`](crate::answers::Directory) knows.
const IDENTITY: &str = "alice@example.org";
const PASSWORD: &str = "wonderland";
const AUTHORITY: &[u8; 16] = b"0123456789abcdef";
const SUITE: &str = "ECDHE-ECDSA-AES128-SHA";

/// Either end of EAP-FAST: the peer has sent its ClientHello, the authenticator its Start. The first
/// octet chooses.
///
/// | bits | meaning |
/// |---|---|
/// | 0 | an authenticator instead of a peer |
/// | 1 | the peer has a PAC |
/// | 2 | nobody is authenticated by certificates: the tunnel is for a PAC |
/// | 3 | GTC inside instead of MSCHAPv2; GTC it is in any case with bit 4 and without bit 2 |
/// | 4 | the other end is OpenSSL: the octets of operation 2 are laid over nothing, but said inside the tunnel, filled in by [`Puppet::say`] |
/// | 5 | our end's packets are short |
pub fn fast_session(data: &[u8]) {
    let Some((options, program)) = data.split_first() else { return };
    let ends = ends();
    let has = |bit: u8| options & (1 << bit) != 0;
    let [has_pac, is_anonymous, is_puppet, is_short] = [has(1), has(2), has(4), has(5)];
    let method = match () {
        () if is_anonymous => MethodType::MSCHAPV2,
        () if is_puppet || has(3) => MethodType::GTC,
        () => MethodType::MSCHAPV2,
    };
    let ticket = has_pac.then(|| ends.ticket.clone());
    let puppets = &ends.puppets[usize::from(is_anonymous)];
    match (has(0), is_puppet) {
        (false, false) => {
            let server = Honest::authenticator(ends.server(is_anonymous, method, false));
            let peer = ends.peer(has_pac, is_anonymous, method, is_short);
            let mut machine = Machine::new(peer).with(server);
            machine.timeout(0);
            machine.step(HONEST, &[]);
            machine.step(HONEST, &[]);
            machine.run(program);
        }
        (true, false) => {
            let peer = Honest::peer(ends.peer(has_pac, is_anonymous, method, false));
            let server = ends.server(is_anonymous, method, is_short);
            let mut machine = Machine::new(server).with(peer);
            machine.start();
            machine.step(HONEST, &[]);
            machine.run(program);
        }
        (false, true) => {
            let key = ticket.map(|ticket| ticket.key);
            let server = Puppet::server_of(&puppets.server, key);
            let peer = ends.peer(has_pac, is_anonymous, method, is_short);
            let mut machine = Machine::new(peer).with(server);
            machine.timeout(0);
            machine.step(1, &[1, REQUEST, 1]);
            machine.step(1, &[&[1, REQUEST, 43, START | 1, 0, 4, 0, 16][..], AUTHORITY].concat());
            machine.run(program);
        }
        (true, true) => {
            let peer = Puppet::client_of(&puppets.client, ticket);
            let server = ends.server(is_anonymous, method, is_short);
            let mut machine = Machine::new(server).with(peer);
            machine.start();
            machine.step(1, &[0, RESPONSE, 1, b'@']);
            machine.run(program);
        }
    }
}

/// What stays the same, made once: certificates and OpenSSL's contexts take time.
struct Ends {
    ca: Ca,
    peers: Mutex<HashMap<[bool; 4], KeptPeer>>,
    /// By certificate, and anonymous.
    puppets: [Puppets; 2],
    /// That accept a certificate, and that accept nobody; each with what runs inside.
    servers: Vec<(bool, MethodType, bool, Arc<AuthenticatorConfig>)>,
    /// A PAC of Alice's.
    file: Vec<u8>,
    ticket: Ticket,
}

/// Good for another run as long as its PACs are those that it began with.
struct KeptPeer {
    fast: Arc<FastPeerConfig>,
    pacs: PacFile,
    config: Arc<PeerConfig>,
}

impl KeptPeer {
    fn new(fast: FastPeerConfig) -> Self {
        let fast = Arc::new(fast);
        let config = outer(Arc::clone(&fast)).max_rounds(40).build().unwrap();
        Self { pacs: fast.pac_file(), fast, config: Arc::new(config) }
    }
}

/// OpenSSL's own ends.
struct Puppets {
    client: SslContext,
    server: SslContext,
}

impl Puppets {
    fn new(suite: &str, own: &Identity) -> Self {
        let version = SslVersion::TLS1_2;
        let client = client_context(suite, version);
        Self { client, server: server_context(suite, version, own) }
    }
}

impl Ends {
    fn peer(&self, has_pac: bool, is_anonymous: bool, method: MethodType, is_short: bool) -> Peer {
        let pacs = if has_pac { &self.file[..] } else { b"" };
        let new = || KeptPeer::new(peer(&self.ca, pacs, is_anonymous, method, is_short));
        let options = [has_pac, is_anonymous, method == MethodType::GTC, is_short];
        let mut peers = self.peers.lock().unwrap();
        let kept = peers.entry(options).or_insert_with(new);
        if kept.fast.pac_file() != kept.pacs {
            *kept = new();
        }
        let mut peer = Peer::new(Arc::clone(&kept.config), rng());
        peer.set_unix_time(NOW, Instant::default());
        peer
    }

    fn server(&self, is_anonymous: bool, method: MethodType, is_short: bool) -> Authenticator {
        let wanted = (is_anonymous, method, is_short);
        let mut servers = self.servers.iter();
        let found = servers.find(|(a, b, c, _)| (*a, *b, *c) == wanted).unwrap();
        let mut server = Authenticator::new(Arc::clone(&found.3), rng());
        server.set_unix_time(NOW, Instant::default());
        server
    }
}

/// Short ones take several packets for a flight.
const fn fragment_size(is_short: bool) -> usize {
    if is_short { 200 } else { 65_000 }
}

const fn provisioning(is_anonymous: bool) -> Provisioning {
    if is_anonymous { Provisioning::Anonymous } else { Provisioning::Authenticated }
}

fn peer(
    ca: &Ca,
    pacs: &[u8],
    is_anonymous: bool,
    method: MethodType,
    is_short: bool,
) -> FastPeerConfig {
    let inner = PeerConfig::builder().identity(IDENTITY).password(PASSWORD).method(method);
    let mut store = PacStore::new();
    if !pacs.is_empty() {
        store.load(pacs).unwrap();
    }
    let fast = FastPeerConfig::builder(inner.build().unwrap())
        .pacs(store)
        .provisioning(provisioning(is_anonymous));
    let fast = if is_anonymous {
        fast
    } else {
        let policy = CertificatePolicy::for_servers().ca(ca.pem.as_bytes());
        fast.tls(TlsPeerConfig::builder(policy).fragment_size(fragment_size(is_short)))
    };
    fast.build().unwrap()
}

fn outer(fast: impl Into<Arc<FastPeerConfig>>) -> PeerConfigBuilder {
    PeerConfig::builder().identity("@example.org").fast(fast)
}

fn server(
    own: &Identity,
    keys: &Arc<PacKeys>,
    is_anonymous: bool,
    method: MethodType,
    is_short: bool,
) -> AuthenticatorConfigBuilder {
    let inner = AuthenticatorConfig::builder().password_retries(1).method(method);
    let tls = TlsServerConfig::builder(own.certificate.as_bytes(), own.key.as_bytes())
        .fragment_size(fragment_size(is_short));
    let fast = FastServerConfig::builder(tls, inner.build().unwrap(), AUTHORITY)
        .pac_keys(Arc::clone(keys))
        .provisioning(provisioning(is_anonymous))
        .build()
        .unwrap();
    AuthenticatorConfig::builder().fast(fast)
}

fn ends() -> &'static Ends {
    static ENDS: OnceLock<Ends> = OnceLock::new();
    ENDS.get_or_init(|| {
        let ca = Ca::default();
        let own = ca.server(SERVER_NAME);
        let keys = Arc::new(PacKeys::new(&[[1; 32]]).unwrap());
        let (gtc, mschapv2) = (MethodType::GTC, MethodType::MSCHAPV2);
        let pair = Pair::new(
            1,
            &outer(peer(&ca, b"", false, gtc, false)),
            &server(&own, &keys, false, gtc, false),
        );
        let pair = pair.at_unix_time(NOW).drive();
        let file = pair.peer.events.iter().find_map(|event| match event {
            Event::PacUpdated(file) => Some(file.expose().to_vec()),
            _ => None,
        });
        let file = file.expect("a first login brings a PAC");
        let mut servers = Vec::new();
        for is_short in [false, true] {
            for (is_anonymous, method) in [(false, gtc), (false, mschapv2), (true, mschapv2)] {
                let config = server(&own, &keys, is_anonymous, method, is_short).max_rounds(40);
                let config = Arc::new(config.build().unwrap());
                servers.push((is_anonymous, method, is_short, config));
            }
        }
        let puppets = [SUITE, ANONYMOUS_SUITE].map(|suite| Puppets::new(suite, &own));
        Ends { ca, peers: Mutex::default(), puppets, servers, ticket: Ticket::of_file(&file), file }
    })
}
