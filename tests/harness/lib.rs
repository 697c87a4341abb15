//! An in-memory harness for eap-rs: two ends, a bad link, a clock that a test turns.
//!
//! | module | what it is |
//! |---|---|
//! | [`session`] | what the roles have in common |
//! | [`watch`] | what must hold after every input of any session in any test |
//! | [`link`] | a seeded link: loss, duplication, reordering, delay |
//! | [`answers`] | who answers the questions: a directory, a user; each takes its time |
//! | [`certs`] | certificates, made when a test runs |
//! | [`pair`] | a peer and an authenticator over a link, driven until both are done |
//! | [`triple`] | a peer, the switch that passes it through, and the server behind |
//! | [`script`] | one end is real, the other is octets written by the test |
//! | [`seeds`] | runs a test for many seeds and names the one that failed |
//! | [`talk`] | a method that never ends, for the states no built-in method has |
//! | [`honest`] | the other end of a login under attack |
//! | `fast` | the other end of EAP-FAST, which says inside the tunnel what it is told to |
//! | [`fuzzing`] | what the fuzz targets call; the corpora are replayed through it |
//!
//! Everything follows from a `u64` seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: to stop is how a test fails"
)]

pub mod answers;
pub mod certs;
#[cfg(feature = "fast")]
pub mod fast;
pub mod fuzzing;
pub mod honest;
pub mod link;
pub mod pair;
pub mod script;
pub mod seeds;
pub mod session;
pub mod talk;
pub mod triple;
pub mod watch;

/// The README's program compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
