//! EAP-TLS (RFC 5216, RFC 9190): both sides authenticate with certificates.

mod peer;
mod server;

pub(crate) use peer::Peer;
pub(crate) use server::Server;

use crate::MethodType;
use crate::method::MethodFacts;

pub(crate) const FACTS: MethodFacts = MethodFacts {
    method: MethodType::TLS,
    name: "tls",
    document: "RFC 5216, RFC 9190",
    derives_keys: true,
    mutual: true,
};

/// EAP-TLS has no versions of its own: the flags' low bits are reserved.
const VERSION: u8 = 0;

/// The protected success indication of TLS 1.3: one octet of application data (RFC 9190 §2.5).
const PROTECTED_SUCCESS: [u8; 1] = [0];
