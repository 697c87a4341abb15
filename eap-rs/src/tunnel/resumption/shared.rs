//! Sessions that the host keeps, for several servers.

use core::fmt;
use core::time::Duration;

use sha2::{Digest, Sha256};

use super::Owner;

/// A session for the host to keep ([`Resumption::share_sessions`](super::Resumption::share_sessions)),
/// until one of the servers asks for it by its name.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealedSession {
    /// What it will be asked for by. Nobody can tell from it whose session it is.
    pub name: [u8; Self::NAME_LEN],
    /// The session, sealed with the ticket keys: some hundred octets, and the client's certificates
    /// if it has shown any.
    pub octets: Vec<u8>,
    /// How long it is of use, in whole seconds.
    pub lifetime: Duration,
}

impl SealedSession {
    /// Octets of a name.
    pub const NAME_LEN: usize = 32;
}

/// Shows sizes.
impl fmt::Debug for SealedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSession({} octets, {:?})", self.octets.len(), self.lifetime)
    }
}

/// The name of a session: others, who see its TLS name in clear text, cannot have it looked up.
pub(super) fn name(owner: &Owner, id: &[u8]) -> [u8; SealedSession::NAME_LEN] {
    let identity = owner.identity.as_bytes();
    Sha256::new()
        .chain_update(b"eap-rs shared session")
        .chain_update(owner.method.expanded())
        .chain_update(u64::try_from(identity.len()).unwrap_or(u64::MAX).to_be_bytes())
        .chain_update(identity)
        .chain_update(id)
        .finalize()
        .into()
}
