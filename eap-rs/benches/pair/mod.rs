//! Both ends of a login, one turn at a time; every question is answered at once.

use std::sync::Arc;

use eap_rs::peap::{PeapPeerConfig, PeapServerConfig};
use eap_rs::tls::{
    CertificatePolicy, TlsPeerConfig, TlsPeerConfigBuilder, TlsServerConfig,
    TlsServerConfigBuilder, TlsVersion,
};
use eap_rs::ttls::{TtlsPeerConfig, TtlsServerConfig};
use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, ConfigError, Credential, Instant, MethodType,
    Output, Peer, PeerConfig, Query, Received, Secret,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::bare::Authenticated;
use crate::pki::{Pki, SERVER_NAME};

/// What the user types and the operator has on file.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Who logs in, and what is said of it outside a tunnel.
const IDENTITY: &str = "phone-17@example.org";
const ANONYMOUS: &str = "@example.org";

/// Configurations as a host keeps them: built once, shared by all its sessions.
pub(crate) struct Setup {
    peer: Arc<PeerConfig>,
    authenticator: Arc<AuthenticatorConfig>,
}

/// The methods over TLS, and what certificates do in each.
pub(crate) const OVER_TLS: [(&str, OverTls, Authenticated); 3] = [
    ("EAP-TLS", Setup::tls, Authenticated::Both),
    ("PEAP-MSCHAPv2", Setup::peap_mschapv2, Authenticated::Server),
    ("TTLS-PAP", Setup::ttls_pap, Authenticated::Server),
];

type OverTls = fn(&Pki, TlsVersion) -> Result<Setup, ConfigError>;

impl Setup {
    pub(crate) fn new(method: MethodType) -> Result<Self, ConfigError> {
        let peer =
            PeerConfig::builder().identity(IDENTITY).password(PASSWORD).method(method).build()?;
        let authenticator =
            AuthenticatorConfig::builder().server_name("switch-3").method(method).build()?;
        Ok(Self { peer: Arc::new(peer), authenticator: Arc::new(authenticator) })
    }

    /// EAP-TLS with one version only.
    pub(crate) fn tls(pki: &Pki, version: TlsVersion) -> Result<Self, ConfigError> {
        let own = &pki.client;
        let peer = tunnel_peer(pki, version)
            .certificate(own.certificate.as_bytes(), own.key.as_bytes())
            .build()?;
        let clients = CertificatePolicy::for_clients().ca(pki.ca.as_bytes());
        let server = tunnel_server(pki, version).clients(clients).build()?;
        let peer = PeerConfig::builder().identity(IDENTITY).tls(peer).build()?;
        let authenticator = AuthenticatorConfig::builder().tls(server).build()?;
        Ok(Self { peer: Arc::new(peer), authenticator: Arc::new(authenticator) })
    }

    /// PEAPv0 with EAP-MSCHAPv2 inside, and with crypto-binding, in one version of TLS.
    pub(crate) fn peap_mschapv2(pki: &Pki, version: TlsVersion) -> Result<Self, ConfigError> {
        let method = MethodType::MSCHAPV2;
        let inner = PeerConfig::builder().identity(IDENTITY).password(PASSWORD).method(method);
        let peer = PeapPeerConfig::builder(tunnel_peer(pki, version).build()?, inner.build()?);
        let inner = AuthenticatorConfig::builder().server_name("radius-1").method(method);
        let server =
            PeapServerConfig::builder(tunnel_server(pki, version).build()?, inner.build()?);
        let peer = PeerConfig::builder().identity(ANONYMOUS).peap(peer.build()?).build()?;
        let authenticator = AuthenticatorConfig::builder().peap(server.build()?).build()?;
        Ok(Self { peer: Arc::new(peer), authenticator: Arc::new(authenticator) })
    }

    /// EAP-TTLS with PAP inside, in one version of TLS.
    pub(crate) fn ttls_pap(pki: &Pki, version: TlsVersion) -> Result<Self, ConfigError> {
        let peer = TtlsPeerConfig::builder(tunnel_peer(pki, version).build()?)
            .pap()
            .identity(IDENTITY)
            .password(PASSWORD);
        let server = TtlsServerConfig::builder(tunnel_server(pki, version).build()?).pap();
        let peer = PeerConfig::builder().identity(ANONYMOUS).ttls(peer.build()?).build()?;
        let authenticator = AuthenticatorConfig::builder().ttls(server.build()?).build()?;
        Ok(Self { peer: Arc::new(peer), authenticator: Arc::new(authenticator) })
    }

    pub(crate) fn peer(&self) -> PeerEnd {
        let mut session = Peer::new(self.peer.clone(), StdRng::seed_from_u64(1));
        session.set_unix_time(UNIX_TIME, NOW);
        PeerEnd { session, done: None }
    }

    pub(crate) fn authenticator(&self) -> AuthenticatorEnd {
        let rng = StdRng::seed_from_u64(2);
        let mut session = Authenticator::new(self.authenticator.clone(), rng);
        session.set_unix_time(UNIX_TIME, NOW);
        AuthenticatorEnd { session, done: None }
    }

    /// A login from the first packet to the last; a refused one is a broken benchmark.
    pub(crate) fn login(&self) {
        let (mut peer, mut authenticator) = (self.peer(), self.authenticator());
        let mut request = authenticator.start();
        while let Some(packet) = request {
            request = peer.turn(&packet).and_then(|response| authenticator.turn(&response));
        }
        assert_eq!((peer.done, authenticator.done), (Some(true), Some(true)));
    }
}

/// The peer's side of TLS, without a certificate.
fn tunnel_peer(pki: &Pki, version: TlsVersion) -> TlsPeerConfigBuilder {
    let servers = CertificatePolicy::for_servers().ca(pki.ca.as_bytes()).server_name(SERVER_NAME);
    TlsPeerConfig::builder(servers).min_version(version).max_version(version)
}

/// The server's side of TLS, which wants no certificate.
pub(crate) fn tunnel_server(pki: &Pki, version: TlsVersion) -> TlsServerConfigBuilder {
    let own = &pki.server;
    TlsServerConfig::builder(own.certificate.as_bytes(), own.key.as_bytes())
        .min_version(version)
        .max_version(version)
}

/// The time of every event: no timer is under test.
const NOW: Instant = Instant::from_millis(0);
/// 2030-06-01, for the dates of certificates.
const UNIX_TIME: u64 = 1_906_502_400;

macro_rules! end {
    ($(#[$doc:meta])* $name:ident, $session:ident) => {
        $(#[$doc])*
        pub(crate) struct $name {
            session: $session,
            /// Whether the login was granted, once it has ended.
            pub(crate) done: Option<bool>,
        }

        impl $name {
            /// Takes a packet; gives the one to send.
            pub(crate) fn turn(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
                assert_eq!(self.session.handle_packet(packet, NOW), Received::Accepted);
                self.drain()
            }

            fn drain(&mut self) -> Option<Vec<u8>> {
                let mut packet = None;
                while let Some(output) = self.session.poll_output() {
                    match output {
                        Output::Send(octets) => packet = Some(octets),
                        Output::Ask(id, query) => {
                            let taken = self.session.handle_answer(id, answer(&query), NOW);
                            assert_eq!(taken, Ok(()));
                        }
                        Output::Finished(result) => self.done = Some(result.is_ok()),
                        _ => {}
                    }
                }
                packet
            }
        }
    };
}

end! {
    /// The peer.
    PeerEnd, Peer
}
end! {
    /// The authenticator.
    AuthenticatorEnd, Authenticator
}

impl AuthenticatorEnd {
    /// Gives the first packet.
    pub(crate) fn start(&mut self) -> Option<Vec<u8>> {
        self.session.start(NOW);
        self.drain()
    }
}

fn answer(query: &Query) -> Answer {
    match query.innermost() {
        Query::Token { .. } => Answer::Secret(Secret::from(PASSWORD)),
        Query::Credential { .. } => {
            Answer::Credential(Credential::Cleartext(Secret::from(PASSWORD)))
        }
        Query::CheckPassword { password, .. } => {
            Answer::Verdict(password.ct_eq(PASSWORD.as_bytes()))
        }
        _ => Answer::Decline,
    }
}
