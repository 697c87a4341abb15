//! EAP-TTLS (RFC 5281, RFC 9427).

mod login;
mod refusal;
mod resumption;

use std::sync::Arc;

use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsServerConfig};
use eap_rs::ttls::{TtlsPeerConfig, TtlsPeerConfigBuilder, TtlsServerConfig};
use eap_rs::{AuthenticatorConfig, InnerMethod, MethodType, NtHash, PeerConfig};
use eap_tests::pair::Pair;

use crate::{ALICE, ANONYMOUS, PASSWORD, Setup};

/// Who logs in, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(crate) inner: InnerMethod,
    pub(crate) identity: Option<&'static str>,
    pub(crate) password: Option<&'static str>,
    pub(crate) hashed: bool,
}

impl User {
    pub(crate) fn new(inner: InnerMethod) -> Self {
        Self { inner, identity: Some(ALICE), password: Some(PASSWORD), hashed: false }
    }

    pub(crate) fn builder(self, setup: &Setup, tls: Arc<TlsPeerConfig>) -> TtlsPeerConfigBuilder {
        let mut builder = TtlsPeerConfig::builder(tls);
        if let InnerMethod::Eap(method) = self.inner {
            let mut eap = PeerConfig::builder();
            if let Some(identity) = self.identity {
                eap = eap.identity(identity);
            }
            if let Some(password) = self.password {
                eap = eap.password(password);
            }
            let eap = match method {
                MethodType::TLS => eap.tls(setup.inner_peer()),
                method => eap.method(method),
            };
            return builder.eap(eap.build().unwrap());
        }
        if let Some(identity) = self.identity {
            builder = builder.identity(identity);
        }
        builder = match self.password {
            Some(password) if self.hashed => builder.nt_hash(NtHash::of_password(password)),
            Some(password) => builder.password(password),
            None => builder,
        };
        match self.inner {
            InnerMethod::Pap => builder.pap(),
            InnerMethod::Chap => builder.chap(),
            InnerMethod::MsChap => builder.mschap(),
            InnerMethod::MsChapV2 => builder.mschapv2(),
            other => panic!("{other:?}"),
        }
    }
}

/// Everything that a peer can do inside.
const INNER: [InnerMethod; 8] = [
    InnerMethod::Pap,
    InnerMethod::Chap,
    InnerMethod::MsChap,
    InnerMethod::MsChapV2,
    InnerMethod::Eap(MethodType::MSCHAPV2),
    InnerMethod::Eap(MethodType::GTC),
    InnerMethod::Eap(MethodType::MD5),
    InnerMethod::Eap(MethodType::TLS),
];

impl Setup {
    /// EAP-TLS inside, with the same certificates.
    fn inner_peer(&self) -> TlsPeerConfig {
        self.peer()
            .certificate(self.client.certificate.as_bytes(), self.client.key.as_bytes())
            .build()
            .unwrap()
    }

    /// A server that allows one method inside.
    pub(crate) fn ttls_server(
        &self,
        tls: Arc<TlsServerConfig>,
        inner: InnerMethod,
    ) -> TtlsServerConfig {
        let builder = TtlsServerConfig::builder(tls);
        let builder = match inner {
            InnerMethod::Pap => builder.pap(),
            InnerMethod::Chap => builder.chap(),
            InnerMethod::MsChap => builder.mschap(),
            InnerMethod::MsChapV2 => builder.mschapv2(),
            InnerMethod::Eap(MethodType::TLS) => {
                let clients = CertificatePolicy::for_clients().ca(self.ca.pem.as_bytes());
                let tls = self.server().clients(clients).build().unwrap();
                builder.eap(AuthenticatorConfig::builder().tls(tls).build().unwrap())
            }
            InnerMethod::Eap(method) => {
                builder.eap(AuthenticatorConfig::builder().method(method).build().unwrap())
            }
            other => panic!("{other:?}"),
        };
        builder.build().unwrap()
    }

    fn pair(&self, user: User) -> Pair {
        let server = Arc::new(self.server().build().unwrap());
        self.pair_with(user, self.ttls_server(server, user.inner))
    }

    fn pair_with(&self, user: User, server: TtlsServerConfig) -> Pair {
        self.pair_of(user, Arc::new(self.peer().build().unwrap()), server)
    }

    pub(crate) fn pair_of(
        &self,
        user: User,
        tls: Arc<TlsPeerConfig>,
        server: TtlsServerConfig,
    ) -> Pair {
        let ttls = user.builder(self, tls).build().unwrap();
        let peer = PeerConfig::builder().identity(ANONYMOUS).ttls(ttls).require_keys();
        let server = AuthenticatorConfig::builder().ttls(server).require_keys();
        Pair::new(1, &peer, &server).at_unix_time(self.unix_time)
    }
}
