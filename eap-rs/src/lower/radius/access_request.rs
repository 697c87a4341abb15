//! What a client asks, whichever server is to answer it.

use zeroize::Zeroizing;

use super::builder::{RadiusBuildError, RadiusBuilder};
use super::packet::{AttributeType, SharedSecret};
use crate::Secret;

/// The attributes of an Access-Request, before it is known which server it goes to: with its secret
/// and an Authenticator of its own it becomes a packet, once for each server that is tried.
#[derive(Default)]
pub struct AccessRequest {
    attributes: Vec<(AttributeType, Vec<u8>)>,
    password: Option<Secret>,
    eap_message: Option<Zeroizing<Vec<u8>>>,
}

impl AccessRequest {
    /// A request with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an attribute of at most 253 octets.
    #[must_use]
    pub fn attribute(mut self, kind: AttributeType, value: impl AsRef<[u8]>) -> Self {
        self.attributes.push((kind, value.as_ref().to_vec()));
        self
    }

    /// Appends a number of four octets.
    #[must_use]
    pub fn number(self, kind: AttributeType, value: u32) -> Self {
        self.attribute(kind, value.to_be_bytes())
    }

    /// Sets the EAP packet; an empty one is an EAP-Start (RFC 3579 §2.1).
    #[must_use]
    pub fn eap_message(mut self, packet: &[u8]) -> Self {
        self.eap_message = Some(Zeroizing::new(packet.to_vec()));
        self
    }

    /// Sets User-Password (RFC 2865 §5.2), 1 to 128 octets: for those who do not speak EAP, as in
    /// MAC authentication bypass. It does not go together with an EAP packet.
    #[must_use]
    pub fn user_password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self
    }

    /// Whether it carries EAP: then no answer without Message-Authenticator will do.
    pub(super) const fn has_eap(&self) -> bool {
        self.eap_message.is_some()
    }

    /// Whether it belongs to a conversation that a server has begun.
    pub(super) fn has_state(&self) -> bool {
        self.attributes.iter().any(|(kind, _)| *kind == AttributeType::STATE)
    }

    pub(super) fn build(
        &self,
        identifier: u8,
        authenticator: [u8; 16],
        secret: &SharedSecret,
    ) -> Result<Vec<u8>, RadiusBuildError> {
        if self.password.is_some() && self.has_eap() {
            return Err(RadiusBuildError::PasswordWithEap);
        }
        let mut request = RadiusBuilder::request(identifier, authenticator);
        for (kind, value) in &self.attributes {
            request = request.attribute(*kind, value);
        }
        if let Some(password) = &self.password {
            request = request.user_password(password, secret);
        }
        if let Some(packet) = &self.eap_message {
            request = request.eap_message(packet);
        }
        request.build(secret)
    }
}

/// Shows Types and sizes: values are personal, or secrets.
impl core::fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let kinds: Vec<u8> = self.attributes.iter().map(|(kind, _)| kind.0).collect();
        f.debug_struct("AccessRequest")
            .field("attributes", &kinds)
            .field("eap_message", &self.eap_message.as_ref().map(|packet| packet.len()))
            .finish_non_exhaustive()
    }
}
