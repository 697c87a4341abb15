//! The TLS engine by OpenSSL, for what rustls does not speak: TLS 1.0 and 1.1, suites with CBC and
//! without forward secrecy, and the handshakes of EAP-FAST. Unsafe code is in the crate
//! `eap-rs-openssl` alone.

mod handshake;
mod template;
#[cfg(test)]
mod tests;
mod wire;

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use openssl::ssl::{ErrorCode, ShutdownState, SslStream, SslVersion};
use zeroize::Zeroizing;

use handshake::Judgement;
pub(crate) use handshake::TicketSecrets;
pub(super) use template::{ClientTemplate, Own, Profile, ServerTemplate};
use wire::Wire;

use super::engine::{Established, Randoms, TlsEngine, TlsError};
use crate::InnerOutcome;
use crate::tls::{CertificateRefusal, SealedSession, TlsAlert, TlsVersion};

pub(super) struct OpenSslEngine {
    stream: SslStream<Wire>,
    judgement: Arc<Judgement>,
    established: bool,
    is_closed: bool,
    /// What has come in, decrypted.
    plain: Zeroizing<Vec<u8>>,
}

impl OpenSslEngine {
    pub(super) fn client(
        template: &ClientTemplate,
        unix_time: Option<u64>,
        secrets: Option<(Vec<u8>, Arc<dyn TicketSecrets>)>,
    ) -> Result<Self, TlsError> {
        let judgement = template.judgement(unix_time, secrets.as_ref().map(|(_, s)| Arc::clone(s)));
        let ticket = secrets.map(|(ticket, _)| ticket);
        let stream = template.connect(&judgement, ticket.as_deref()).map_err(library)?;
        let mut engine = Self::new(stream, judgement);
        // A client has the first word.
        engine.advance()?;
        Ok(engine)
    }

    pub(super) fn server(
        template: &ServerTemplate,
        unix_time: Option<u64>,
        secrets: Option<Arc<dyn TicketSecrets>>,
    ) -> Result<Self, TlsError> {
        let judgement = template.judgement(unix_time, secrets);
        let stream = template.accept(&judgement).map_err(library)?;
        Ok(Self::new(stream, judgement))
    }

    fn new(stream: SslStream<Wire>, judgement: Arc<Judgement>) -> Self {
        let plain = Zeroizing::default();
        Self { stream, judgement, established: false, is_closed: false, plain }
    }

    /// Goes on as far as what has come in allows.
    fn advance(&mut self) -> Result<(), TlsError> {
        if !self.established {
            match self.stream.do_handshake() {
                Ok(()) => self.established = true,
                Err(error) if error.code() == ErrorCode::WANT_READ => return Ok(()),
                Err(error) => return Err(self.convert(&error)),
            }
        }
        let mut part = Zeroizing::new([0; 1024]);
        loop {
            match self.stream.ssl_read(&mut *part) {
                Ok(len) => self.plain.extend(part.get(..len).unwrap_or_default()),
                Err(error) if error.code() == ErrorCode::WANT_READ => return Ok(()),
                Err(error) if error.code() == ErrorCode::ZERO_RETURN => {
                    self.is_closed = true;
                    return Ok(());
                }
                Err(error) => return Err(self.convert(&error)),
            }
        }
    }

    fn convert(&self, error: &openssl::ssl::Error) -> TlsError {
        if let Some(refusal) = self.judgement.take_refusal() {
            return TlsError::Certificate(refusal);
        }
        let Some(first) = error.ssl_error().and_then(|stack| stack.errors().first()) else {
            return TlsError::Protocol("the TLS library failed".into());
        };
        let reason = first.reason().unwrap_or("the TLS library failed").to_owned();
        match first.reason_code() {
            // SSL_AD_REASON_OFFSET: an alert that has come in.
            code @ 1000..=1255 => {
                TlsError::AlertReceived(TlsAlert(u8::try_from(code - 1000).unwrap_or(u8::MAX)))
            }
            PEER_DID_NOT_RETURN_A_CERTIFICATE => {
                TlsError::Certificate(CertificateRefusal::NoCertificate)
            }
            NO_CIPHERS_AVAILABLE
            | NO_SHARED_CIPHER
            | UNSUPPORTED_PROTOCOL
            | WRONG_VERSION_NUMBER
            | NO_SUITABLE_KEY_SHARE
            | NO_SHARED_SIGNATURE_ALGORITHMS
            | VERSION_TOO_LOW => TlsError::Incompatible(reason),
            _ => TlsError::Protocol(reason),
        }
    }
}

/// Reasons of OpenSSL's `sslerr.h`, which are part of its ABI.
const NO_SUITABLE_KEY_SHARE: i32 = 101;
const NO_CIPHERS_AVAILABLE: i32 = 181;
const NO_SHARED_CIPHER: i32 = 193;
const PEER_DID_NOT_RETURN_A_CERTIFICATE: i32 = 199;
const UNSUPPORTED_PROTOCOL: i32 = 258;
const WRONG_VERSION_NUMBER: i32 = 267;
const NO_SHARED_SIGNATURE_ALGORITHMS: i32 = 376;
const VERSION_TOO_LOW: i32 = 396;

impl TlsEngine for OpenSslEngine {
    fn feed(&mut self, records: &[u8]) -> Result<(), TlsError> {
        self.stream.get_mut().receive(records);
        self.advance()
    }

    fn take_output(&mut self, out: &mut Vec<u8>) {
        self.stream.get_mut().take_output(out);
    }

    fn write(&mut self, data: &[u8]) -> Result<(), TlsError> {
        self.stream.write_all(data).map_err(|error| match error.kind() {
            ErrorKind::Interrupted | ErrorKind::WouldBlock => TlsError::Protocol(BUSY.into()),
            _ => TlsError::Protocol(error.to_string()),
        })
    }

    fn read(&mut self, out: &mut Vec<u8>) -> Result<(), TlsError> {
        out.append(&mut self.plain);
        Ok(())
    }

    fn established(&self) -> Option<Established> {
        if !self.established {
            return None;
        }
        let ssl = self.stream.ssl();
        let version = match ssl.version2()? {
            SslVersion::TLS1 => TlsVersion::V1_0,
            SslVersion::TLS1_1 => TlsVersion::V1_1,
            SslVersion::TLS1_2 => TlsVersion::V1_2,
            SslVersion::TLS1_3 => TlsVersion::V1_3,
            _ => return None,
        };
        let suite = ssl.current_cipher()?.standard_name()?;
        Some(Established { version, suite, resumed: ssl.session_reused() })
    }

    fn peer_chain(&self) -> Vec<&[u8]> {
        self.judgement.chain()
    }

    fn is_resumed(&self) -> bool {
        self.stream.ssl().session_reused()
    }

    /// This engine keeps no sessions.
    fn keep_session(&mut self, _: Option<&InnerOutcome>) -> Option<SealedSession> {
        None
    }

    fn resumed_inner(&self) -> Option<InnerOutcome> {
        None
    }

    fn close(&mut self) {
        if !self.stream.get_shutdown().contains(ShutdownState::SENT) {
            // What this returns says whether the other side has closed, too.
            let _ = self.stream.shutdown();
        }
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<(), TlsError> {
        let label = core::str::from_utf8(label)
            .map_err(|_| TlsError::Protocol("no label for an exporter".into()))?;
        self.stream.ssl().export_keying_material(out, label, context).map_err(library)
    }

    fn randoms(&self) -> Option<Randoms> {
        let mut randoms = [[0; 32]; 2];
        let [client, server] = &mut randoms;
        let ssl = self.stream.ssl();
        let lens = [ssl.client_random(client), ssl.server_random(server)];
        (lens == [32, 32]).then_some(randoms)
    }

    fn master_secret(&self) -> Option<Zeroizing<[u8; 48]>> {
        let mut secret = Zeroizing::new([0; 48]);
        let len = self.stream.ssl().session()?.master_key(&mut *secret);
        (len == secret.len()).then_some(secret)
    }
}

const BUSY: &str = "the TLS library is not ready for data";

/// Out of memory, as a rule.
fn library(error: impl core::fmt::Display) -> TlsError {
    TlsError::Protocol(error.to_string())
}
