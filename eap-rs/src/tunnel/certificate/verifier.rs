//! The policy as rustls wants it: one verifier per configuration, for either role.
//!
//! A verifier cannot tell rustls more than an alert, and one that many sessions share cannot keep
//! what it has found out for one of them. rustls calls it, though, from within the session's own
//! call and on the same thread, so the finding is left there: [`take_refusal`].

use core::cell::RefCell;
use core::time::Duration;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{CertificatePolicy, CertificateRefusal};

thread_local! {
    static REFUSAL: RefCell<Option<CertificateRefusal>> = const { RefCell::new(None) };
}

/// Why a certificate was refused in the last call into rustls on this thread, if one was.
pub(crate) fn take_refusal() -> Option<CertificateRefusal> {
    REFUSAL.take()
}

/// The clock of one session, in seconds since 1970; `None` while it is not known.
#[derive(Debug)]
pub(crate) struct SessionClock(pub(crate) Option<u64>);

impl TimeProvider for SessionClock {
    /// rustls has no time that is not known, and does without sessions rather than without time:
    /// the beginning of 1970 stands for it.
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.unwrap_or(0))))
    }
}

fn known(now: UnixTime) -> Option<u64> {
    Some(now.as_secs()).filter(|seconds| *seconds > 0)
}

/// Asks the policy. The clock is a [`SessionClock`].
#[derive(Debug)]
pub(crate) struct PolicyVerifier {
    policy: Arc<CertificatePolicy>,
    /// Whether a client may do without a certificate.
    optional: bool,
}

impl PolicyVerifier {
    /// For either side; who is judged has to have a certificate.
    pub(crate) fn new(policy: Arc<CertificatePolicy>) -> Self {
        Self { policy, optional: false }
    }

    /// For clients who may have none.
    pub(crate) fn for_optional_clients(policy: Arc<CertificatePolicy>) -> Self {
        Self { policy, optional: true }
    }

    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let borrowed = |der| CertificateDer::from(AsRef::<[u8]>::as_ref(der));
        let chain: Vec<_> =
            std::iter::once(end_entity).chain(intermediates).map(borrowed).collect();
        self.policy.check(&chain, known(now)).map_err(|refusal| {
            let error = refusal.to_rustls();
            REFUSAL.replace(Some(refusal));
            error
        })
    }

    fn check_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.policy.provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn check_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.policy.provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    // Legacy algorithms are for chains only: a SHA-1 signature made *during* the handshake could
    // be forged while it runs (RFC 9155).
    fn schemes(&self) -> Vec<SignatureScheme> {
        self.policy.provider().signature_verification_algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for PolicyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

impl ClientCertVerifier for PolicyVerifier {
    fn client_auth_mandatory(&self) -> bool {
        !self.optional
    }

    /// None: a phone has one certificate and shall send it; the names of many CAs would only
    /// become fragments.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates, now).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}
