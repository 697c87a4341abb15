//! PEAP (\[MS-PEAP\]).

mod login;
mod questions;
mod refusal;
mod resumption;

use std::sync::Arc;

use eap_rs::peap::{
    PeapPeerConfig, PeapPeerConfigBuilder, PeapServerConfig, PeapServerConfigBuilder,
};
use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig};
use eap_rs::{
    AuthenticatorConfig, AuthenticatorConfigBuilder, MethodType, Outcome, PeerConfig,
    PeerConfigBuilder,
};
use eap_tests::certs::NOW;
use eap_tests::pair::Pair;

use crate::{ALICE, ANONYMOUS, PASSWORD, Setup};

const INNER: [MethodType; 4] =
    [MethodType::MSCHAPV2, MethodType::GTC, MethodType::MD5, MethodType::TLS];

/// Who logs in, and how.
#[derive(Clone, Copy)]
pub(crate) struct User {
    pub(crate) inner: MethodType,
    pub(crate) identity: Option<&'static str>,
    pub(crate) password: Option<&'static str>,
}

impl User {
    pub(crate) fn new(inner: MethodType) -> Self {
        Self { inner, identity: Some(ALICE), password: Some(PASSWORD) }
    }
}

impl Setup {
    pub(crate) fn peap_inner_peer(&self, user: User) -> PeerConfigBuilder {
        let mut builder = PeerConfig::builder();
        if let Some(identity) = user.identity {
            builder = builder.identity(identity);
        }
        if user.inner == MethodType::TLS {
            let (certificate, key) = (&self.client.certificate, &self.client.key);
            let tls = self.peer().certificate(certificate.as_bytes(), key.as_bytes());
            return builder.tls(tls.build().unwrap());
        }
        match user.password {
            Some(password) => builder.password(password).method(user.inner),
            None => builder.method(user.inner),
        }
    }

    fn peap_inner_server(&self, inner: MethodType) -> AuthenticatorConfigBuilder {
        let builder = AuthenticatorConfig::builder();
        if inner != MethodType::TLS {
            return builder.method(inner);
        }
        let clients = CertificatePolicy::for_clients().ca(self.ca.pem.as_bytes());
        builder.tls(self.server().clients(clients).build().unwrap())
    }

    pub(crate) fn peap_peer(&self, tls: Arc<TlsPeerConfig>, user: User) -> PeapPeerConfigBuilder {
        PeapPeerConfig::builder(tls, self.peap_inner_peer(user).build().unwrap())
    }

    pub(crate) fn peap_server(
        &self,
        tls: Arc<TlsServerConfig>,
        inner: MethodType,
    ) -> PeapServerConfigBuilder {
        PeapServerConfig::builder(tls, self.peap_inner_server(inner).build().unwrap())
    }

    /// Ends with TLS settings of their own, version 0.
    fn peap(&self, user: User) -> Pair {
        let peer = Arc::new(self.peer().build().unwrap());
        let server = Arc::new(self.server().build().unwrap());
        pair(self.peap_peer(peer, user), self.peap_server(server, user.inner))
    }
}

pub(crate) fn pair(peer: PeapPeerConfigBuilder, server: PeapServerConfigBuilder) -> Pair {
    let peer = PeerConfig::builder().identity(ANONYMOUS).peap(peer.build().unwrap());
    let server = AuthenticatorConfig::builder().peap(server.build().unwrap());
    Pair::new(1, &peer.require_keys(), &server.require_keys()).at_unix_time(NOW)
}

/// Both have succeeded, with the same keys.
#[track_caller]
pub(crate) fn outcomes(pair: &Pair) -> [&Outcome; 2] {
    let peer = pair.peer.result().as_ref().unwrap();
    let server = pair.authenticator.result().as_ref().unwrap();
    assert_eq!((peer.method, server.method), (MethodType::PEAP, MethodType::PEAP));
    let [ours, theirs] = [peer, server].map(|outcome| outcome.keys.as_ref().unwrap());
    assert_eq!(ours.msk.expose(), theirs.msk.expose());
    assert_eq!(ours.msk.expose().len(), 64);
    let [emsk, other_emsk] =
        [ours, theirs].map(|keys| keys.emsk.as_ref().map(|emsk| emsk.expose().to_vec()));
    assert_eq!(emsk, other_emsk);
    let [id, other_id] = [ours, theirs].map(|keys| keys.session_id.as_ref().unwrap().expose());
    assert_eq!((id, id[0], id.len()), (other_id, 25, 65));
    [peer, server]
}
