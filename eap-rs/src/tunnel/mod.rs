//! What the TLS-based methods share: a TLS connection whose records travel in EAP packets.

pub(crate) mod certificate;
pub(crate) mod engine;
#[cfg(feature = "fast")]
pub(crate) mod fast;
pub(crate) mod fragment;
mod hello;
pub(crate) mod inner;
pub(crate) mod keys;
#[cfg(feature = "openssl")]
mod openssl;
pub(crate) mod peer;
pub(crate) mod resumption;
mod rustls;
pub(crate) mod server;
pub(crate) mod settings;

use engine::{Established, TlsEngine, TlsError};
use fragment::{Arrival, Fragments, Limits, Part, Refusal};
use resumption::Owner;

use crate::tls::{CertificateInfo, CertificateRefusal, TlsAlert, TlsSummary};
use crate::{Failure, PacketBuffer};

/// One TLS connection and its fragments, of either side.
pub(crate) struct Tunnel {
    fragments: Fragments,
    engine: Box<dyn TlsEngine>,
    /// Whether the host is still to be asked about the other side's certificates.
    ask_host: bool,
}

/// Where the TLS connections of a method come from.
pub(crate) trait TunnelSource: Send + Sync {
    /// A connection for a conversation of this owner, that begins at this time.
    fn tunnel(&self, owner: Owner, unix_time: Option<u64>) -> Result<Tunnel, TlsError>;

    /// A server's: whether the host is asked about logins inside whose sessions are resumed.
    fn asks_about_resumption(&self) -> bool {
        false
    }
}

/// What the other side has presented, for the host to judge.
pub(crate) struct Presented {
    /// In DER, the other side's own first.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) certificate: Box<CertificateInfo>,
}

/// What a packet did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It was about fragments; the packet in answer is written.
    Answered,
    /// The server began, with this version of the method.
    Start(u8),
    /// It acknowledged the last of our message.
    Acknowledged,
    /// It completed a message, which the TLS engine has taken, or not.
    Fed(Result<(), TlsError>),
}

impl Tunnel {
    pub(crate) fn new(engine: Box<dyn TlsEngine>, limits: Limits, ask_host: bool) -> Self {
        Self { fragments: Fragments::new(limits), engine, ask_host }
    }

    /// From here on, no EAP packet sent is longer than `mtu`.
    pub(crate) fn set_mtu(&mut self, mtu: usize) {
        self.fragments.set_mtu(mtu);
    }

    /// Whether a message that fits one packet says its length, too.
    pub(crate) fn announce_length(&mut self, announce: bool) {
        self.fragments.announce_length(announce);
    }

    /// What the Type-Data of a packet would be taken for. Changes nothing.
    pub(crate) fn inspect<'a>(&self, data: &'a [u8]) -> Result<Part<'a>, Refusal> {
        self.fragments.inspect(data)
    }

    /// Takes the Type-Data of a packet; what [`Turn::Answered`] says is appended to `out`.
    pub(crate) fn receive(
        &mut self,
        data: &[u8],
        version: u8,
        out: &mut PacketBuffer,
    ) -> Result<Turn, Refusal> {
        match self.fragments.receive(data)? {
            Arrival::Start(version) => Ok(Turn::Start(version)),
            Arrival::Acknowledged if !self.fragments.is_sending() => Ok(Turn::Acknowledged),
            Arrival::Acknowledged | Arrival::Fragment => {
                self.fragments.write_next(version, out);
                Ok(Turn::Answered)
            }
            Arrival::Message(records) => Ok(Turn::Fed(self.engine.feed(&records))),
        }
    }

    /// Collects what the engine has to send; says whether there is anything.
    pub(crate) fn collect(&mut self) -> bool {
        self.engine.take_output(self.fragments.message());
        self.fragments.is_sending()
    }

    /// Appends the next packet's Type-Data: a fragment, or an acknowledgement.
    pub(crate) fn write_next(&mut self, version: u8, out: &mut PacketBuffer) {
        self.fragments.write_next(version, out);
    }

    /// Whether fragments of a collected message are left.
    pub(crate) fn is_sending(&self) -> bool {
        self.fragments.is_sending()
    }

    /// What the handshake agreed on, once it is over.
    pub(crate) fn summary(&self) -> Option<TlsSummary> {
        let Established { version, suite, resumed } = self.engine.established()?;
        let chain = self.engine.peer_chain();
        let certificate = chain.first().and_then(|der| CertificateInfo::from_der(der).ok());
        let certificate = certificate.map(Box::new);
        Some(TlsSummary { version, suite, resumed, certificate })
    }

    /// What the host is to be asked about now, if the policy says so: once, when the other side's
    /// certificates are verified.
    ///
    /// # Errors
    /// [`CertificateRefusal::Malformed`].
    pub(crate) fn question(&mut self) -> Result<Option<Presented>, TlsError> {
        let chain = self.engine.peer_chain();
        let (true, Some(leaf)) = (self.ask_host, chain.first()) else { return Ok(None) };
        let certificate = CertificateInfo::from_der(leaf).map_err(TlsError::Certificate)?;
        let chain = chain.iter().map(|der| der.to_vec()).collect();
        self.ask_host = false;
        Ok(Some(Presented { chain, certificate: Box::new(certificate) }))
    }

    pub(crate) fn engine(&self) -> &dyn TlsEngine {
        self.engine.as_ref()
    }

    pub(crate) fn engine_mut(&mut self) -> &mut dyn TlsEngine {
        self.engine.as_mut()
    }
}

/// close_notify (RFC 8446 §6.1).
pub(crate) const CLOSED: TlsError = TlsError::AlertReceived(TlsAlert(0));

/// What becomes of a connection whose certificates the host has refused.
pub(crate) const DECLINED: TlsError = TlsError::Certificate(CertificateRefusal::Declined);

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::AlertReceived(alert) => Self::TlsAlert(alert),
            TlsError::Certificate(refusal) => Self::Certificate(refusal),
            TlsError::Incompatible(missing) => Self::TlsIncompatible(missing),
            TlsError::Protocol(reason) => Self::Tls(reason),
        }
    }
}
