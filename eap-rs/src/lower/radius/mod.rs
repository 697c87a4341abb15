//! EAP in RADIUS (RFC 3579): packets, keys, duplicates, and the conversations of a server.
//!
//! The host owns the socket: it hands in datagrams and sends those that come out. A server does
//! this with each datagram:
//!
//! 1. [`RadiusPacket::parse`], [`RadiusPacket::check_request`];
//! 2. [`DuplicateCache::check`]: a request that was seen before is not processed again;
//! 3. [`SessionTable::handle_packet`] with the packet, for its State, EAP-Message and Framed-MTU;
//! 4. for each [`SessionOutput`] that is a reply, [`RadiusBuilder::response`], and
//!    [`DuplicateCache::answered`].
//!
//! A client hands an [`AccessRequest`] to a [`RadiusClient`], which finds a server that answers, and
//! takes the [`RadiusReply`]: State and EAP-Message of a challenge, keys and VLAN of an acceptance.
//!
//! Message-Authenticator is the first attribute of everything that is built, and required of
//! everything that is received: without it, an Access-Reject can be made into an Access-Accept on
//! the way (CVE-2024-3596).
//!
//! Why not a crate: `radius` and `radius-server` come with tokio and own the socket, `radius-rust`
//! has its users parse a dictionary first. What remains of RADIUS for EAP is little, and most of it
//! is policy that none of them has: Message-Authenticator always, duplicates, failover.

mod access_request;
mod authorization;
mod builder;
mod client;
mod duplicates;
mod mppe;
mod packet;
mod password;
mod sessions;

pub use access_request::AccessRequest;
pub use authorization::{TerminationAction, UnusableVlan, Vlan};
pub use builder::{RadiusBuildError, RadiusBuilder};
pub use client::{
    RadiusClient, RadiusClientConfig, RadiusClientConfigBuilder, RadiusClientOutput, RadiusReply,
    RequestId, SendError, ServerId,
};
pub use duplicates::{DuplicateCache, Seen};
pub use mppe::MppeKeys;
pub use packet::{
    Attribute, AttributeType, Attributes, RadiusCode, RadiusDiscard, RadiusPacket, SharedSecret,
};
pub use sessions::{SessionOutput, SessionState, SessionTable};

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

/// Octets before the attributes: Code, Identifier, Length, Authenticator (RFC 2865 §3).
const HEADER_LEN: usize = 20;

/// The most octets of a packet (RFC 2865 §3).
const MAX_LEN: usize = 4096;

/// The most octets of an attribute's value (RFC 2865 §5).
const MAX_VALUE_LEN: usize = 253;

/// MD5 over the concatenation of `parts`.
fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HMAC-MD5 over the concatenation of `parts`, for Message-Authenticator (RFC 3579 §3.2).
fn hmac_md5(secret: &SharedSecret, parts: &[&[u8]]) -> [u8; 16] {
    // A key of any length makes an HMAC (RFC 2104 §3); the fallback cannot be reached, and no
    // packet would pass with it.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(secret.expose()) else {
        return [0; 16];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
