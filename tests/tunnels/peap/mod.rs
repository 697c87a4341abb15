//! PEAP (\[MS-PEAP\]).

mod login;
mod refusal;
mod resumption;

use std::sync::Arc;

use eap_rs::peap::{
    CryptoBinding, PeapPeerConfig, PeapPeerConfigBuilder, PeapServerConfig, PeapServerConfigBuilder,
};
use eap_rs::tls::{
    CertificatePolicy, Resumption, TlsPeerConfig, TlsPeerConfigBuilder, TlsServerConfig,
    TlsServerConfigBuilder, TlsVersion,
};
use eap_rs::{
    AuthenticatorConfig, AuthenticatorConfigBuilder, MethodType, Outcome, PeerConfig,
    PeerConfigBuilder,
};
use eap_tests::certs::{Ca, Identity, NOW};
use eap_tests::pair::Pair;

const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

const INNER_METHODS: [MethodType; 4] =
    [MethodType::MSCHAPV2, MethodType::GTC, MethodType::MD5, MethodType::TLS];

const ALICE: &str = "alice@example.org";
const OUTSIDE: &str = "@example.org";

/// What both sides have in common.
struct Setup {
    ca: Ca,
    server: Identity,
    client: Identity,
    tls_version: TlsVersion,
    fragment_size: usize,
    inner_method: MethodType,
    password: &'static str,
    identity: &'static str,
    version: u8,
    resumption: Option<Resumption>,
}

impl Setup {
    fn new(tls_version: TlsVersion, inner_method: MethodType) -> Self {
        let ca = Ca::default();
        let server = ca.server("radius.example.org");
        let client = ca.client(ALICE);
        Self {
            ca,
            server,
            client,
            tls_version,
            fragment_size: 1398,
            inner_method,
            password: "wonderland",
            identity: ALICE,
            version: 0,
            resumption: None,
        }
    }

    fn peer_tls(&self) -> TlsPeerConfigBuilder {
        let servers = CertificatePolicy::for_servers()
            .ca(self.ca.pem.as_bytes())
            .server_name("radius.example.org");
        TlsPeerConfig::builder(servers)
            .min_version(self.tls_version)
            .max_version(self.tls_version)
            .fragment_size(self.fragment_size)
    }

    fn server_tls(&self) -> TlsServerConfigBuilder {
        let (certificate, key) = (&self.server.certificate, &self.server.key);
        let builder = TlsServerConfig::builder(certificate.as_bytes(), key.as_bytes())
            .min_version(self.tls_version)
            .max_version(self.tls_version)
            .fragment_size(self.fragment_size);
        match &self.resumption {
            Some(resumption) => builder.resumption(resumption.clone()),
            None => builder,
        }
    }

    fn inner_peer(&self) -> PeerConfigBuilder {
        let builder = PeerConfig::builder().identity(self.identity).password(self.password);
        if self.inner_method != MethodType::TLS {
            return builder.method(self.inner_method);
        }
        let tls = self
            .peer_tls()
            .certificate(self.client.certificate.as_bytes(), self.client.key.as_bytes());
        builder.tls(tls.build().unwrap())
    }

    fn inner_server(&self) -> AuthenticatorConfigBuilder {
        let builder = AuthenticatorConfig::builder();
        if self.inner_method != MethodType::TLS {
            return builder.method(self.inner_method);
        }
        let clients = CertificatePolicy::for_clients().ca(self.ca.pem.as_bytes());
        builder.tls(self.server_tls().clients(clients).build().unwrap())
    }

    fn peer(&self) -> PeapPeerConfigBuilder {
        let inner = self.inner_peer().build().unwrap();
        PeapPeerConfig::builder(self.peer_tls().build().unwrap(), inner).max_version(self.version)
    }

    fn server(&self) -> PeapServerConfigBuilder {
        let inner = self.inner_server().build().unwrap();
        PeapServerConfig::builder(self.server_tls().build().unwrap(), inner)
            .max_version(self.version)
    }

    fn pair(&self) -> Pair {
        pair(self.peer(), self.server())
    }
}

fn pair(peer: PeapPeerConfigBuilder, server: PeapServerConfigBuilder) -> Pair {
    shared(&Arc::new(peer.build().unwrap()), &Arc::new(server.build().unwrap()))
}

fn shared(peer: &Arc<PeapPeerConfig>, server: &Arc<PeapServerConfig>) -> Pair {
    let peer = PeerConfig::builder().identity(OUTSIDE).peap(Arc::clone(peer)).require_keys();
    let server = AuthenticatorConfig::builder().peap(Arc::clone(server)).require_keys();
    Pair::new(1, &peer, &server).at_unix_time(NOW)
}

/// Both have succeeded, with the same keys.
fn outcomes(pair: &Pair) -> (&Outcome, &Outcome) {
    let peer = pair.peer.result().as_ref().unwrap();
    let server = pair.authenticator.result().as_ref().unwrap();
    assert_eq!((peer.method, server.method), (MethodType::PEAP, MethodType::PEAP));
    let (ours, theirs) = (peer.keys.as_ref().unwrap(), server.keys.as_ref().unwrap());
    assert_eq!(ours.msk.expose(), theirs.msk.expose());
    assert_eq!(ours.msk.expose().len(), 64);
    let emsk = |outcome: &Outcome| {
        outcome.keys.as_ref().unwrap().emsk.as_ref().map(|emsk| emsk.expose().to_vec())
    };
    assert_eq!(emsk(peer), emsk(server));
    let (ours, theirs) = (ours.session_id.as_ref().unwrap(), theirs.session_id.as_ref().unwrap());
    assert_eq!((ours.expose(), ours.expose()[0], ours.expose().len()), (theirs.expose(), 25, 65));
    (peer, server)
}
