//! Both ends of a login, one turn at a time; every question is answered at once.

use std::sync::Arc;

use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig, TlsVersion};
use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, ConfigError, Credential, Instant, MethodType,
    Output, Peer, PeerConfig, Query, Received, Secret,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::pki::{Pki, SERVER_NAME};

/// What the user types and the operator has on file.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Configurations as a host keeps them: built once, shared by all its sessions.
pub(crate) struct Setup {
    peer: Arc<PeerConfig>,
    authenticator: Arc<AuthenticatorConfig>,
}

impl Setup {
    pub(crate) fn new(method: MethodType) -> Result<Self, ConfigError> {
        let peer = PeerConfig::builder()
            .identity("phone-17@example.org")
            .password(PASSWORD)
            .method(method)
            .build()?;
        let authenticator =
            AuthenticatorConfig::builder().server_name("switch-3").method(method).build()?;
        Ok(Self { peer: Arc::new(peer), authenticator: Arc::new(authenticator) })
    }

    /// EAP-TLS with one version only.
    pub(crate) fn tls(pki: &Pki, version: TlsVersion) -> Result<Self, ConfigError> {
        let (own, ca) = (&pki.client, pki.ca.as_bytes());
        let servers = CertificatePolicy::for_servers().ca(ca).server_name(SERVER_NAME);
        let peer = TlsPeerConfig::builder(servers)
            .certificate(own.certificate.as_bytes(), own.key.as_bytes())
            .min_version(version)
            .max_version(version)
            .build()?;
        let own = &pki.server;
        let server = TlsServerConfig::builder(own.certificate.as_bytes(), own.key.as_bytes())
            .clients(CertificatePolicy::for_clients().ca(ca))
            .min_version(version)
            .max_version(version)
            .build()?;
        let peer = PeerConfig::builder().identity("phone-17@example.org").tls(peer).build()?;
        let authenticator = AuthenticatorConfig::builder().tls(server).build()?;
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
    match query {
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
