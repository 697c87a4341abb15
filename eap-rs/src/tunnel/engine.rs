//! What the TLS-based methods need of a TLS library: octets in, octets out.

use crate::InnerOutcome;
use crate::tls::{CertificateRefusal, SealedSession, TlsAlert, TlsVersion};

/// One TLS connection, of either side. It does no I/O: records go in with [`Self::feed`] and come
/// out of [`Self::take_output`].
pub(crate) trait TlsEngine: Send {
    /// Takes records from the other side. What they cause to be sent comes out of
    /// [`Self::take_output`], also after an error: then it is the alert.
    fn feed(&mut self, records: &[u8]) -> Result<(), TlsError>;

    /// Appends the records to send.
    fn take_output(&mut self, out: &mut Vec<u8>);

    /// Queues data to be sent encrypted. The handshake is over.
    fn write(&mut self, data: &[u8]) -> Result<(), TlsError>;

    /// Appends the data that has come in.
    fn read(&mut self, out: &mut Vec<u8>) -> Result<(), TlsError>;

    /// What was agreed on; `None` while the handshake goes on.
    fn established(&self) -> Option<Established>;

    /// The other side's certificates in DER, its own first: verified as far as the policy goes.
    /// Empty until then.
    fn peer_chain(&self) -> Vec<&[u8]>;

    /// Whether an earlier session is being resumed, as far as is known yet.
    fn is_resumed(&self) -> bool;

    /// The authentication has succeeded as a whole, with this login inside the tunnel: from here on
    /// the session may be resumed.
    ///
    /// What the host shall keep is returned.
    fn keep_session(&mut self, inner: Option<&InnerOutcome>) -> Option<SealedSession>;

    /// The name of the session that the host has to be asked for, before anything else: what it
    /// says goes to [`Self::take_session`]. On a server only.
    fn wanted_session(&self) -> Option<[u8; SealedSession::NAME_LEN]> {
        None
    }

    /// Goes on with the records of before, and this session, if the host has it.
    fn take_session(&mut self, _sealed: Option<&[u8]>) -> Result<(), TlsError> {
        Ok(())
    }

    /// Who was authenticated in the tunnel whose session is resumed.
    fn resumed_inner(&self) -> Option<InnerOutcome>;

    /// Queues the alert that nothing follows: close_notify (RFC 8446 §6.1).
    fn close(&mut self);

    /// Whether the other side has sent it.
    fn is_closed(&self) -> bool;

    /// Keying material (RFC 5705, RFC 8446 §7.5). `context` of `None` is no context, which in
    /// TLS 1.2 is not an empty one. The handshake is over.
    fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<(), TlsError>;

    /// The master secret of TLS 1.2 and earlier, for the key block of EAP-FAST (RFC 4851 §5.1).
    #[cfg(feature = "openssl")]
    fn master_secret(&self) -> Option<zeroize::Zeroizing<[u8; 48]>> {
        None
    }

    /// The randoms of client and server, for the Session-Id of TLS 1.2 (RFC 5216 §2.3).
    fn randoms(&self) -> Option<Randoms>;
}

/// The client's random, then the server's.
pub(crate) type Randoms = [[u8; 32]; 2];

/// The result of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Established {
    pub(crate) version: TlsVersion,
    /// The cipher suite's name.
    pub(crate) suite: &'static str,
    pub(crate) resumed: bool,
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TlsError {
    /// The other side said so.
    AlertReceived(TlsAlert),
    /// The other side's certificate was refused.
    Certificate(CertificateRefusal),
    /// Nothing that both sides speak: the text says what is missing.
    Incompatible(String),
    /// The other side broke the protocol, or the library failed.
    Protocol(String),
}
