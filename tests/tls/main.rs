//! EAP-TLS (RFC 5216, RFC 9190) in memory: between our own two ends, and against a bare rustls.
//!
//! | module | what it is |
//! |---|---|
//! | [`login`], [`refusal`] | logins that succeed and fail, with cause and alert |
//! | [`chains`] | 20 kB of certificates, and where the limits are |
//! | [`flows`] | the figures of the RFCs |
//! | [`fragments`], [`closing`], [`hellos`] | attacks |
//! | [`wire`], [`bare`], [`transcript`] | what these are made of |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code"
)]

mod bare;
mod chains;
mod closing;
mod flows;
mod fragments;
mod hellos;
#[cfg(feature = "openssl")]
mod legacy;
mod login;
mod mtu;
mod questions;
mod refusal;
mod resumption;
mod transcript;
mod wire;

use std::sync::Arc;

use eap_rs::tls::{
    CertificatePolicy, CertificatePolicyBuilder, TlsPeerConfig, TlsPeerConfigBuilder,
    TlsServerConfig, TlsServerConfigBuilder, TlsVersion,
};
use eap_rs::{AuthenticatorConfig, PeerConfig};
use eap_tests::certs::{Ca, Identity, NOW};
use eap_tests::pair::Pair;

const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

/// One CA for both sides, a server and a client of it.
struct Setup {
    ca: Ca,
    server: Identity,
    client: Identity,
    versions: [TlsVersion; 2],
    fragment_size: usize,
    /// What both sides look certificates up in.
    revocation_lists: Vec<Vec<u8>>,
    unix_time: u64,
}

impl Setup {
    fn new() -> Self {
        let ca = Ca::default();
        let server = ca.server("radius.example.org");
        let client = ca.client("alice@example.org");
        Self {
            ca,
            server,
            client,
            versions: VERSIONS,
            fragment_size: 1398,
            revocation_lists: Vec::new(),
            unix_time: NOW,
        }
    }

    fn version(mut self, version: TlsVersion) -> Self {
        self.versions = [version, version];
        self
    }

    fn servers(&self) -> CertificatePolicyBuilder {
        CertificatePolicy::for_servers()
            .ca(self.ca.pem.as_bytes())
            .server_name("radius.example.org")
    }

    fn clients(&self) -> CertificatePolicyBuilder {
        CertificatePolicy::for_clients().ca(self.ca.pem.as_bytes())
    }

    fn peer_builder(&self, servers: CertificatePolicyBuilder) -> TlsPeerConfigBuilder {
        let [min, max] = self.versions;
        TlsPeerConfig::builder(self.with_lists(servers))
            .certificate(self.client.certificate.as_bytes(), self.client.key.as_bytes())
            .min_version(min)
            .max_version(max)
            .fragment_size(self.fragment_size)
    }

    fn server_builder(&self, clients: CertificatePolicyBuilder) -> TlsServerConfigBuilder {
        let [min, max] = self.versions;
        let (certificate, key) = (&self.server.certificate, &self.server.key);
        TlsServerConfig::builder(certificate.as_bytes(), key.as_bytes())
            .clients(self.with_lists(clients))
            .min_version(min)
            .max_version(max)
            .fragment_size(self.fragment_size)
    }

    fn peer(&self) -> TlsPeerConfig {
        self.peer_builder(self.servers()).build().unwrap()
    }

    fn server(&self) -> TlsServerConfig {
        self.server_builder(self.clients()).build().unwrap()
    }

    fn with_lists(&self, policy: CertificatePolicyBuilder) -> CertificatePolicyBuilder {
        self.revocation_lists.iter().fold(policy, |policy, list| policy.crl(list))
    }

    fn drive(&self) -> Pair {
        self.drive_with(self.peer(), self.server())
    }

    fn drive_with(
        &self,
        peer: impl Into<Arc<TlsPeerConfig>>,
        server: impl Into<Arc<TlsServerConfig>>,
    ) -> Pair {
        self.pair(peer, server).drive()
    }

    fn pair(
        &self,
        peer: impl Into<Arc<TlsPeerConfig>>,
        server: impl Into<Arc<TlsServerConfig>>,
    ) -> Pair {
        let peer = PeerConfig::builder().identity("@example.org").tls(peer).require_keys();
        let server = AuthenticatorConfig::builder().tls(server).require_keys();
        Pair::new(1, &peer, &server).at_unix_time(self.unix_time)
    }
}
