//! The methods that authenticate the peer inside a tunnel, between our own two ends, in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code"
)]

mod client_certificates;
#[cfg(feature = "fast")]
mod fast;
mod passwords;
mod peap;
mod shared_sessions;
mod ttls;

use eap_rs::tls::{
    CertificatePolicy, TlsPeerConfig, TlsPeerConfigBuilder, TlsServerConfig,
    TlsServerConfigBuilder, TlsVersion,
};
use eap_rs::{InnerMethod, MethodType, Outcome};
use eap_tests::certs::{Ca, Identity, NOW};

const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

const ANONYMOUS: &str = "@example.org";
const ALICE: &str = "alice@example.org";
const PASSWORD: &str = "wonderland";

/// A CA with a server and a client of it.
struct Setup {
    ca: Ca,
    server: Identity,
    client: Identity,
    version: TlsVersion,
    fragment_size: usize,
    unix_time: u64,
}

impl Setup {
    fn new(version: TlsVersion) -> Self {
        let ca = Ca::default();
        let server = ca.server("radius.example.org");
        let client = ca.client(ALICE);
        Self { ca, server, client, version, fragment_size: 1398, unix_time: NOW }
    }

    /// The tunnel on the peer's side, without a certificate.
    fn peer(&self) -> TlsPeerConfigBuilder {
        let servers = CertificatePolicy::for_servers()
            .ca(self.ca.pem.as_bytes())
            .server_name("radius.example.org");
        TlsPeerConfig::builder(servers)
            .min_version(self.version)
            .max_version(self.version)
            .fragment_size(self.fragment_size)
    }

    /// The tunnel on the server's side, which asks for no certificate.
    fn server(&self) -> TlsServerConfigBuilder {
        let (certificate, key) = (&self.server.certificate, &self.server.key);
        TlsServerConfig::builder(certificate.as_bytes(), key.as_bytes())
            .min_version(self.version)
            .max_version(self.version)
            .fragment_size(self.fragment_size)
    }
}

/// Both outcomes are of the same login, with this method inside.
#[track_caller]
fn assert_same(peer: &Outcome, server: &Outcome, outer: MethodType, inner: InnerMethod) {
    assert_eq!((peer.method, server.method), (outer, outer));
    let [ours, theirs] = [peer, server].map(|outcome| outcome.keys.as_ref().unwrap());
    assert_eq!(ours.msk.expose().len(), 64);
    assert_eq!(ours.msk.expose(), theirs.msk.expose());
    let [emsk, other_emsk] = [ours, theirs].map(|keys| keys.emsk.as_ref().unwrap().expose());
    assert_eq!(emsk, other_emsk);
    let [id, other_id] = [ours, theirs].map(|keys| keys.session_id.as_ref().unwrap().expose());
    assert_eq!(id, other_id);
    assert_eq!(u32::from(id[0]), outer.number());
    assert_eq!(peer.tls.as_ref().unwrap().suite, server.tls.as_ref().unwrap().suite);
    let authenticated = server.inner.as_ref().unwrap();
    assert_eq!(authenticated.method, inner);
    assert_eq!(authenticated.identity.as_str(), Some(ALICE));
}
