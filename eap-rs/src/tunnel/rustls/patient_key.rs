//! A key that signs nothing as long as the host has to be asked for the session to be resumed: the
//! ClientHello will be processed again, and the costliest part of a handshake not be done twice.

use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

use crate::tunnel::resumption::ServerDesk;

#[derive(Debug)]
pub(super) struct PatientKey {
    key: Arc<dyn SigningKey>,
    desk: Arc<ServerDesk>,
}

impl SigningKey for PatientKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        match self.desk.wanted() {
            Some(_) => None,
            None => self.key.choose_scheme(offered),
        }
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

/// The certificate of a server, whoever asks.
#[derive(Debug)]
pub(super) struct PatientServer(Arc<CertifiedKey>);

impl PatientServer {
    pub(super) fn new(own: &CertifiedKey, desk: &Arc<ServerDesk>) -> Self {
        let (key, desk) = (Arc::clone(&own.key), Arc::clone(desk));
        Self(Arc::new(CertifiedKey {
            cert: own.cert.clone(),
            key: Arc::new(PatientKey { key, desk }),
            ocsp: own.ocsp.clone(),
        }))
    }
}

impl ResolvesServerCert for PatientServer {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
