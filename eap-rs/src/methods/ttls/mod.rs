//! EAP-TTLSv0 (RFC 5281; with TLS 1.3 RFC 9427): TLS authenticates the server, and inside its tunnel
//! the peer shows that it knows a password, or runs an EAP method.
//!
//! Phase 1 is the tunnel's business. Phase 2 is a message of AVPs from the peer; what may follow
//! depends on the protocol in it. A side of phase 2 takes AVPs and says what it has to say
//! ([`Said`]); it knows nothing of TLS, fragments or EAP headers.
//!
//! # Departures
//!
//! - RFC 5281 §11.2.4 has a peer give up after a wrong password. Where the error of MS-CHAP-V2 allows
//!   another try (RFC 2759 §6), the peer makes one, with the challenge and the identifier of the error;
//!   a server allows as many as
//!   [`password_retries`](crate::AuthenticatorConfigBuilder::password_retries) says.
//! - A server does not ask for several authentications (RFC 5281 §11.3).
//! - A server of TLS 1.3 says that it grants access (RFC 9190 §2.5) only when it resumes a session,
//!   as others do: otherwise phase 2 has said it.

mod avp;
mod config;
mod eap;
mod password;
mod peer;
mod server;
#[cfg(test)]
mod tests;

#[cfg(fuzzing)]
pub(crate) use avp::fuzzing;
pub use config::{
    TtlsPeerConfig, TtlsPeerConfigBuilder, TtlsServerConfig, TtlsServerConfigBuilder,
};
pub(crate) use peer::Peer;
pub(crate) use server::Server;

use crate::method::MethodFacts;
use crate::tunnel::engine::TlsError;
use crate::tunnel::{Tunnel, keys};
use crate::{Failure, MethodType, Query};
use avp::{AvpBuffer, Unacceptable};
use config::PasswordProtocol;

pub(crate) const FACTS: MethodFacts = MethodFacts {
    method: MethodType::TTLS,
    name: "ttls",
    document: "RFC 5281, RFC 9427",
    derives_keys: true,
    mutual: true,
};

/// TTLSv0.
const VERSION: u8 = 0;

/// One octet of application data that says that the server grants access (RFC 9190 §2.5, RFC 9427).
const PROTECTED_SUCCESS: [u8; 1] = [0];

/// What a side of phase 2 has to say after an input; nothing of it is an empty message.
#[derive(Debug)]
struct Said<T> {
    avps: AvpBuffer,
    /// What the host has to answer first.
    question: Option<Query>,
    /// How phase 2 has ended, once the AVPs are sent.
    result: Option<T>,
}

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self { avps: AvpBuffer::default(), question: None, result: None }
    }
}

impl<T> From<AvpBuffer> for Said<T> {
    fn from(avps: AvpBuffer) -> Self {
        Self { avps, ..Self::default() }
    }
}

impl<T> From<Query> for Said<T> {
    fn from(query: Query) -> Self {
        Self { question: Some(query), ..Self::default() }
    }
}

impl From<Unacceptable> for Failure {
    fn from(Unacceptable(reason): Unacceptable) -> Self {
        Self::MethodFailed { method: FACTS.method, reason }
    }
}

/// A challenge that neither side has chosen (RFC 5281 §11.1); empty for PAP, which has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ImplicitChallenge {
    octets: Vec<u8>,
    identifier: u8,
}

impl ImplicitChallenge {
    /// What the engine of a handshake that is over says to both sides. In TLS 1.3 the number of
    /// octets enters the calculation.
    fn derive(protocol: PasswordProtocol, tunnel: Option<&Tunnel>) -> Result<Self, TlsError> {
        let (Some(len), Some(tunnel)) = (protocol.challenge_len(), tunnel) else {
            return Ok(Self::default());
        };
        let mut octets = vec![0; len + 1];
        keys::ttls_challenge(tunnel.engine(), &mut octets)?;
        let identifier = octets.pop().unwrap_or_default();
        Ok(Self { octets, identifier })
    }
}
