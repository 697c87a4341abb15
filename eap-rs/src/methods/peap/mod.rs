//! PEAP (\[MS-PEAP\]): a password, or another EAP method, inside a TLS tunnel.
//!
//! Version 0 is that of Microsoft. Each side says in the tunnel how it ended (Result), and both
//! prove that the tunnel and the method inside have the same two ends (crypto-binding). Version 1
//! (draft-josefsson-pppext-eap-tls-eap) has neither: an EAP-Success in the tunnel is all. The
//! version is agreed on in clear text, so that who has a choice can be talked into version 1:
//! therefore both sides speak nothing but version 0, if not told otherwise.
//!
//! | to see | open |
//! |---|---|
//! | Result and Crypto-Binding TLVs | [`tlv`] |
//! | the keys that bind tunnel and method | [`binding`] |
//! | how inner packets are written | [`framing`] |
//! | Capabilities, Statement of Health | [`microsoft`] |
//!
//! # Departures
//!
//! - Outer TLVs are not sent, and a Start with some is dropped. Nobody sends any, and the two sides
//!   would compute the compound MAC over different ones (\[MS-PEAP\] §3.1.5.5.1).
//! - A peer of which Success is wanted too early answers with failure and ends, where \[MS-PEAP\]
//!   §3.2.5.4 has it ignore the demand (CVE-2023-52160).
//! - Whatever is malformed inside the tunnel ends the login: it is no forgery, and nobody would
//!   send it again.
//! - An unknown mandatory TLV ends the login, where \[MS-PEAP\] §2.2.4 has the packet dropped.

mod binding;
mod config;
mod framing;
mod microsoft;
mod peer;
mod server;
mod tlv;

pub use config::{
    CryptoBinding, PeapPeerConfig, PeapPeerConfigBuilder, PeapServerConfig, PeapServerConfigBuilder,
};
pub(crate) use peer::Peer;
pub(crate) use server::Server;

use crate::method::MethodFacts;
use crate::{Failure, InnerMethod, InnerOutcome, Keys, MethodType, Msk, Outcome, SessionId};

pub(crate) const FACTS: MethodFacts = MethodFacts {
    method: MethodType::PEAP,
    name: "peap",
    document: "[MS-PEAP], RFC 9427",
    derives_keys: true,
    mutual: true,
};

/// What a method inside has yielded.
struct Authenticated {
    inner: InnerOutcome,
    /// Absent if the method derives none.
    msk: Option<Msk>,
}

impl From<Outcome> for Authenticated {
    fn from(outcome: Outcome) -> Self {
        let method = InnerMethod::Eap(outcome.method);
        let inner = InnerOutcome { method, identity: outcome.peer_identity };
        Self { inner, msk: outcome.keys.map(|keys| keys.msk) }
    }
}

/// The keys of the tunnel; once both sides have bound it to what was inside, those of the binding
/// (\[MS-PEAP\] §3.1.5.5.2), which have no EMSK.
struct TunnelKeys {
    tunnel: Keys,
    bound: Option<Msk>,
}

impl TunnelKeys {
    fn new(tunnel: Keys) -> Self {
        Self { tunnel, bound: None }
    }

    fn export(&self) -> Keys {
        let Keys { msk, emsk, session_id } = &self.tunnel;
        let session_id = session_id.as_ref().map(|id| SessionId::new(id.expose()));
        match &self.bound {
            Some(bound) => Keys { msk: Msk::new(bound.expose()), emsk: None, session_id },
            None => Keys {
                msk: Msk::new(msk.expose()),
                emsk: emsk.as_ref().map(|emsk| crate::Emsk::new(emsk.expose())),
                session_id,
            },
        }
    }
}

fn failed(reason: &'static str) -> Failure {
    Failure::MethodFailed { method: FACTS.method, reason }
}

#[cfg(test)]
mod tests;
