//! The policy as rustls wants it: one verifier per session, for either role.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::CertificatePolicy;

/// Asks the policy and remembers why it said no. rustls's own clock is not used.
#[derive(Debug)]
pub(crate) struct PolicyVerifier {
    policy: Arc<CertificatePolicy>,
    unix_time: Option<u64>,
    refusal: OnceLock<super::CertificateRefusal>,
}

impl PolicyVerifier {
    /// For either side. `unix_time` is what the host knows when the session starts.
    pub(crate) fn new(policy: Arc<CertificatePolicy>, unix_time: Option<u64>) -> Arc<Self> {
        Arc::new(Self { policy, unix_time, refusal: OnceLock::new() })
    }

    /// Why the other side's certificate was refused, once it was.
    pub(crate) fn refusal(&self) -> Option<&super::CertificateRefusal> {
        self.refusal.get()
    }

    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Result<(), Error> {
        let borrowed = |der| CertificateDer::from(AsRef::<[u8]>::as_ref(der));
        let chain: Vec<_> =
            std::iter::once(end_entity).chain(intermediates).map(borrowed).collect();
        self.policy.check(&chain, self.unix_time).map_err(|refusal| {
            let error = refusal.to_rustls();
            // The first one stays; a handshake has one certificate message.
            let _ = self.refusal.set(refusal);
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
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates).map(|()| ServerCertVerified::assertion())
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
        true
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
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates).map(|()| ClientCertVerified::assertion())
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
