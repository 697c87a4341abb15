//! The Extensible Authentication Protocol (RFC 3748), peer and authenticator, without I/O.
//!
//! # The loop
//!
//! A session is fed packets, answers, signals and the time; it gives packets, questions and
//! results. The host owns the link, the clock and the user.
//!
//! ```
//! use std::sync::Arc;
//! use eap_rs::{Answer, Instant, MethodType, Output, Peer, PeerConfig};
//!
//! # use rand::SeedableRng;
//! # let rng = rand::rngs::StdRng::seed_from_u64(1);
//! # let frame = [1, 7, 0, 5, 1];
//! # let now = Instant::from_millis(0);
//! # let mut sent = Vec::new();
//! let config = PeerConfig::builder()
//!     .identity("phone-17")
//!     .password("secret")
//!     .method(MethodType::MD5)
//!     .build()?;
//! let mut peer = Peer::new(Arc::new(config), rng);
//!
//! let fate = peer.handle_packet(&frame, now); // Accepted, Duplicate or Discarded(reason)
//! while let Some(output) = peer.poll_output() {
//!     match output {
//!         Output::Send(packet) => sent.push(packet),
//!         Output::Ask(id, _question) => peer.handle_answer(id, Answer::Decline, now)?,
//!         Output::Finished(Ok(outcome)) => println!("welcome, {}", outcome.peer_identity),
//!         Output::Finished(Err(why)) => println!("no: {why}"),
//!         _ => {}
//!     }
//! }
//! let wake_me = peer.poll_timeout();
//! # assert_eq!(sent, [b"\x02\x07\x00\x0d\x01phone-17"]);
//! # assert!(wake_me.is_some() && fate == eap_rs::Received::Accepted);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Three rules
//!
//! 1. No I/O, no clock, no waiting, no callbacks.
//! 2. The network cannot cause an `Err`: a bad packet is [`Received::Discarded`] with a reason.
//! 3. RFC 4137's diagrams are visible: one `machine.rs` per role, with the RFC's state names.
//!
//! # Where to look next
//!
//! [`Peer`] and [`Authenticator`] are the two ends; [`eapol::Supplicant`] is a peer on an
//! IEEE 802.1X port, [`eapol::PortAuthenticator`] the switch's side of it. [`Query`] lists everything a session may ask, [`Failure`] every way it may
//! end badly. [`method`] is for those who bring a method of their own.

#![forbid(unsafe_code)]

mod account;
mod authenticator;
mod config;
mod crypto;
mod error;
#[cfg(feature = "fast")]
pub mod fast;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod lower;
pub mod method;
mod methods;
mod output;
pub mod packet;
pub mod peap;
mod peer;
mod query;
mod secret;
#[cfg(test)]
mod testing;
mod time;
pub mod tls;
pub mod ttls;
mod tunnel;

pub use account::{AccountError, AccountRefusal};
pub use authenticator::{
    AaaAnswer, AaaRequest, AaaRequestId, Authenticator, AuthenticatorConfig,
    AuthenticatorConfigBuilder, FullAuthenticator, Retransmission,
};
pub use crypto::NtHash;
pub use error::{AnswerError, ConfigError, Discard, Failure};
pub use identity::{Identity, Nai, Realm};
pub use lower::{eapol, radius};
pub use method::{MethodFacts, SUPPORTED};
pub use output::{Event, Outcome, Output, Received, Signal};
pub use packet::{Code, Identifier, MethodType, Packet, PacketBuffer};
pub use peer::{Peer, PeerConfig, PeerConfigBuilder};
pub use query::{Answer, AnswerKind, Credential, CredentialKind, Offer, Query, QueryId};
pub use secret::{Emsk, Keys, Msk, Secret, SessionId};
pub use time::Instant;
pub use tunnel::inner::{InnerMethod, InnerOutcome};
