//! The TLS engine by rustls: the only folder that drives a connection of that library.

mod patient_key;
mod template;

use std::sync::Arc;

use rustls::{CipherSuite, Connection, HandshakeKind, ProtocolVersion};

pub(super) use template::{ClientTemplate, Clients, ServerTemplate};

use super::certificate::{CertificateRefusal, take_refusal};
use super::engine::{Established, Randoms, TlsEngine, TlsError};
use super::hello::HelloRandom;
use super::resumption::{ClientDesk, Owner, ServerDesk};
use crate::InnerOutcome;
use crate::tls::{SealedSession, TlsAlert, TlsVersion};

pub(super) struct RustlsEngine {
    connection: Connection,
    side: Side,
    sent: HelloRandom,
    received: HelloRandom,
    is_closed: bool,
}

enum Side {
    Client { desk: Option<Arc<ClientDesk>> },
    Server(Server),
}

struct Server {
    template: Arc<ServerTemplate>,
    desk: Option<Arc<ServerDesk>>,
    unix_time: Option<u64>,
    /// What has come in, as long as it may have to be processed again.
    hello: Option<Vec<u8>>,
    /// Whether the certificates of a resumed session have been judged.
    judged: bool,
}

impl RustlsEngine {
    pub(super) fn client(
        template: &ClientTemplate,
        owner: Owner,
        unix_time: Option<u64>,
    ) -> Result<Self, TlsError> {
        let desk = template.open_desk(owner, unix_time);
        let connection = template.connect(desk.as_ref(), unix_time).map_err(convert)?;
        Ok(Self::new(connection.into(), Side::Client { desk }))
    }

    pub(super) fn server(
        template: &Arc<ServerTemplate>,
        owner: Owner,
        unix_time: Option<u64>,
    ) -> Result<Self, TlsError> {
        let template = Arc::clone(template);
        let desk = template.open_desk(owner, unix_time);
        let connection = template.connect(desk.as_ref(), unix_time).map_err(convert)?;
        // Without a desk, nothing is resumed.
        let hello = desk.is_some().then(Vec::new);
        let server = Server { template, desk, unix_time, hello, judged: false };
        Ok(Self::new(connection.into(), Side::Server(server)))
    }

    fn new(connection: Connection, side: Side) -> Self {
        Self {
            connection,
            side,
            sent: HelloRandom::default(),
            received: HelloRandom::default(),
            is_closed: false,
        }
    }

    fn process(&mut self, mut records: &[u8]) -> Result<(), TlsError> {
        take_refusal();
        while !records.is_empty() {
            let taken = self.connection.read_tls(&mut records).map_err(protocol)?;
            let state = self.connection.process_new_packets().map_err(convert)?;
            self.is_closed = state.peer_has_closed();
            if taken == 0 {
                return Err(TlsError::Protocol("records after the end".into()));
            }
        }
        Ok(())
    }

    fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// A server that resumes has seen no certificate: the policy judges the one of then by what
    /// it knows now. If it refuses, the same ClientHello gets a full handshake, so that the client
    /// can show a better one, or hears the alert.
    fn judge_resumed(&mut self) -> Result<(), TlsError> {
        let Some(kind) = self.connection.handshake_kind() else { return Ok(()) };
        let Side::Server(server) = &mut self.side else { return Ok(()) };
        // After a HelloRetryRequest it is too late to begin again.
        let hello = server.hello.take();
        if let Some(desk) = &server.desk {
            desk.end_lookup();
        }
        if kind != HandshakeKind::Resumed || core::mem::replace(&mut server.judged, true) {
            return Ok(());
        }
        let chain = self.connection.peer_certificates().unwrap_or_default();
        let Err(refusal) = server.template.clients().check(chain, server.unix_time) else {
            return Ok(());
        };
        if let Some(desk) = &server.desk {
            desk.close();
        }
        let Some(hello) = hello else { return Err(TlsError::Certificate(refusal)) };
        self.begin_again(&hello)
    }

    /// Processes the same ClientHello once more, knowing something else.
    fn begin_again(&mut self, hello: &[u8]) -> Result<(), TlsError> {
        if let Side::Server(server) = &self.side {
            let connection = server.template.connect(server.desk.as_ref(), server.unix_time);
            self.connection = connection.map_err(convert)?.into();
        }
        self.process(hello)
    }
}

fn convert(error: rustls::Error) -> TlsError {
    match error {
        rustls::Error::AlertReceived(alert) => TlsError::AlertReceived(TlsAlert(alert.into())),
        rustls::Error::NoCertificatesPresented => {
            TlsError::Certificate(CertificateRefusal::NoCertificate)
        }
        rustls::Error::InvalidCertificate(error) => match take_refusal() {
            Some(refusal) => TlsError::Certificate(refusal),
            None => TlsError::Protocol(error.to_string()),
        },
        rustls::Error::PeerIncompatible(missing) => TlsError::Incompatible(format!("{missing:?}")),
        other => TlsError::Protocol(other.to_string()),
    }
}

impl TlsEngine for RustlsEngine {
    fn feed(&mut self, records: &[u8]) -> Result<(), TlsError> {
        self.received.watch(records);
        if let Side::Server(Server { hello: Some(hello), .. }) = &mut self.side {
            hello.extend_from_slice(records);
        }
        let fed = self.process(records);
        if self.wanted_session().is_some() {
            // Whatever became of it, it was without the session.
            return Ok(());
        }
        fed?;
        self.judge_resumed()
    }

    fn take_output(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        while self.connection.wants_write() {
            // Writing to memory does not fail.
            if self.connection.write_tls(out).is_err() {
                break;
            }
        }
        self.sent.watch(out.get(start..).unwrap_or_default());
    }

    fn write(&mut self, data: &[u8]) -> Result<(), TlsError> {
        std::io::Write::write_all(&mut self.connection.writer(), data).map_err(protocol)
    }

    fn read(&mut self, out: &mut Vec<u8>) -> Result<(), TlsError> {
        use std::io::ErrorKind::WouldBlock;
        match std::io::Read::read_to_end(&mut self.connection.reader(), out) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == WouldBlock => Ok(()),
            Err(error) => Err(protocol(error)),
        }
    }

    fn established(&self) -> Option<Established> {
        if self.connection.is_handshaking() {
            return None;
        }
        let version = match self.connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => TlsVersion::V1_2,
            ProtocolVersion::TLSv1_3 => TlsVersion::V1_3,
            _ => return None,
        };
        Some(Established {
            version,
            suite: registered_name(self.connection.negotiated_cipher_suite()?.suite())?,
            resumed: self.is_resumed(),
        })
    }

    fn peer_chain(&self) -> Vec<&[u8]> {
        let chain = self.connection.peer_certificates().unwrap_or_default();
        chain.iter().map(AsRef::as_ref).collect()
    }

    fn is_resumed(&self) -> bool {
        Self::is_resumed(self)
    }

    fn keep_session(&mut self, inner: Option<&InnerOutcome>) -> Option<SealedSession> {
        match &self.side {
            Side::Client { desk: Some(desk) } => {
                let chain = self.connection.peer_certificates().unwrap_or_default();
                desk.keep(chain, inner);
                None
            }
            Side::Server(Server { desk: Some(desk), .. }) => desk.keep(inner),
            Side::Client { desk: None } | Side::Server(Server { desk: None, .. }) => None,
        }
    }

    fn wanted_session(&self) -> Option<[u8; SealedSession::NAME_LEN]> {
        match &self.side {
            Side::Server(Server { desk: Some(desk), .. }) => desk.wanted(),
            Side::Server(_) | Side::Client { .. } => None,
        }
    }

    fn take_session(&mut self, sealed: Option<&[u8]>) -> Result<(), TlsError> {
        let Side::Server(Server { desk: Some(desk), hello: Some(hello), .. }) = &self.side else {
            return Ok(());
        };
        desk.looked_up(sealed);
        let hello = hello.clone();
        self.begin_again(&hello)?;
        self.judge_resumed()
    }

    fn resumed_inner(&self) -> Option<InnerOutcome> {
        match &self.side {
            Side::Server(Server { desk: Some(desk), .. }) if self.is_resumed() => desk.inner(),
            Side::Client { desk: Some(desk) } if self.is_resumed() => desk.inner(),
            Side::Server(_) | Side::Client { .. } => None,
        }
    }

    fn close(&mut self) {
        self.connection.send_close_notify();
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<(), TlsError> {
        self.connection.export_keying_material(out, label, context).map(|_| ()).map_err(convert)
    }

    fn randoms(&self) -> Option<Randoms> {
        let (sent, received) = (self.sent.get()?, self.received.get()?);
        Some(match &self.connection {
            Connection::Client(_) => [sent, received],
            Connection::Server(_) => [received, sent],
        })
    }
}

/// rustls has a prefix of its own for the suites of TLS 1.3.
fn registered_name(suite: CipherSuite) -> Option<&'static str> {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => Some("TLS_AES_128_GCM_SHA256"),
        CipherSuite::TLS13_AES_256_GCM_SHA384 => Some("TLS_AES_256_GCM_SHA384"),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => Some("TLS_CHACHA20_POLY1305_SHA256"),
        other => other.as_str(),
    }
}

fn protocol(error: std::io::Error) -> TlsError {
    TlsError::Protocol(error.to_string())
}
