//! What a conversation has to say while OpenSSL runs its handshake.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use eap_rs_openssl::{Handshake, MasterSecret};
use rustls_pki_types::CertificateDer;

use crate::tls::{CertificateInfo, CertificatePolicy, CertificateRefusal};

/// Handshakes that are abbreviated by a secret of both sides: the PAC-Key of EAP-FAST.
pub(crate) trait TicketSecrets: Send + Sync {
    /// A server: what the client shows in the SessionTicket extension.
    fn ticket(&self, ticket: &[u8]);

    /// The master secret; `None` for a full handshake.
    fn master_secret(
        &self,
        client_random: &[u8; 32],
        server_random: &[u8; 32],
    ) -> Option<MasterSecret>;
}

/// Judges the other side's certificates, and keeps what came of it.
pub(super) struct Judgement {
    /// Without one, no certificate is accepted.
    policy: Option<Arc<CertificatePolicy>>,
    unix_time: Option<u64>,
    secrets: Option<Arc<dyn TicketSecrets>>,
    chain: OnceLock<Vec<Vec<u8>>>,
    refusal: Mutex<Option<CertificateRefusal>>,
}

impl Judgement {
    pub(super) fn new(
        policy: Option<Arc<CertificatePolicy>>,
        unix_time: Option<u64>,
        secrets: Option<Arc<dyn TicketSecrets>>,
    ) -> Self {
        let (chain, refusal) = (OnceLock::new(), Mutex::default());
        Self { policy, unix_time, secrets, chain, refusal }
    }

    /// Whether the handshake may be abbreviated.
    pub(super) fn has_secrets(&self) -> bool {
        self.secrets.is_some()
    }

    /// The certificates that were accepted.
    pub(super) fn chain(&self) -> Vec<&[u8]> {
        self.chain.get().into_iter().flatten().map(Vec::as_slice).collect()
    }

    pub(super) fn take_refusal(&self) -> Option<CertificateRefusal> {
        self.refusal().take()
    }

    fn refusal(&self) -> MutexGuard<'_, Option<CertificateRefusal>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, chain: &[Vec<u8>]) -> Result<(), CertificateRefusal> {
        let Some(policy) = &self.policy else {
            let leaf = chain.first().and_then(|der| CertificateInfo::from_der(der).ok());
            let leaf = leaf.ok_or(CertificateRefusal::NoCertificate)?;
            return Err(CertificateRefusal::UntrustedCa { issuer: leaf.issuer });
        };
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        policy.check(&chain, self.unix_time)
    }
}

impl Handshake for Judgement {
    fn session_ticket(&self, ticket: &[u8]) {
        if let Some(secrets) = &self.secrets {
            secrets.ticket(ticket);
        }
    }

    fn master_secret(
        &self,
        client_random: &[u8; 32],
        server_random: &[u8; 32],
    ) -> Option<MasterSecret> {
        self.secrets.as_ref()?.master_secret(client_random, server_random)
    }

    fn judge(&self, chain: &[Vec<u8>]) -> Result<(), u8> {
        if let Err(refusal) = self.check(chain) {
            let alert = refusal.alert();
            *self.refusal() = Some(refusal);
            return Err(alert);
        }
        // There is no renegotiation: the first is the only one.
        self.chain.get_or_init(|| chain.to_vec());
        Ok(())
    }
}
