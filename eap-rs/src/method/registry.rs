//! The methods of this library: a table of facts, not code.

use core::fmt;
use std::sync::Arc;

use super::{PeerMethod, ServerMethod};
use crate::MethodType;
use crate::methods::{md5, mschapv2, peap, tls, token, ttls};

/// What is known of a method before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodFacts {
    /// Its Type.
    pub method: MethodType,
    /// Its name in commands and settings.
    pub name: &'static str,
    /// The document that defines it.
    pub document: &'static str,
    /// Whether a success yields [`Keys`](crate::Keys).
    pub derives_keys: bool,
    /// Whether it authenticates the server to the peer, too.
    pub mutual: bool,
}

/// Every built-in method, both roles each.
pub const SUPPORTED: &[MethodFacts] = &[
    md5::FACTS,
    token::OTP,
    token::GTC,
    tls::FACTS,
    mschapv2::FACTS,
    ttls::FACTS,
    peap::FACTS,
    #[cfg(feature = "fast")]
    crate::methods::fast::FACTS,
];

/// Makes the peer's side of a method, once per conversation.
pub(crate) type PeerFactory = Arc<dyn Fn() -> Box<dyn PeerMethod> + Send + Sync>;

/// Makes the authenticator's side of a method, once per conversation.
pub(crate) type ServerFactory = Arc<dyn Fn() -> Box<dyn ServerMethod> + Send + Sync>;

/// A built-in method that needs no settings of its own, with the factories of its two sides.
pub(crate) struct BuiltIn {
    pub(crate) facts: MethodFacts,
    pub(crate) peer: fn() -> Box<dyn PeerMethod>,
    pub(crate) server: fn() -> Box<dyn ServerMethod>,
}

pub(crate) fn built_in(method: MethodType) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|entry| entry.facts.method == method)
}

const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        facts: md5::FACTS,
        peer: || Box::new(md5::Peer::default()),
        server: || Box::new(md5::Server::default()),
    },
    BuiltIn {
        facts: token::OTP,
        peer: || Box::new(token::Peer::otp()),
        server: || Box::new(token::OtpServer),
    },
    BuiltIn {
        facts: token::GTC,
        peer: || Box::new(token::Peer::gtc()),
        server: || Box::new(token::GtcServer),
    },
    BuiltIn {
        facts: mschapv2::FACTS,
        peer: || Box::new(mschapv2::Peer::default()),
        server: || Box::new(mschapv2::Server::default()),
    },
];

/// The supported methods, for error texts.
pub(crate) struct Supported;

impl fmt::Display for Supported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, facts) in SUPPORTED.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{} ({})", facts.method, facts.name)?;
        }
        Ok(())
    }
}
