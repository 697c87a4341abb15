//! What went wrong in other implementations must not go wrong here: one module per family of
//! flaws, and named tests for the CVEs whose method we have. Those of EAP-TLS are in `tests/tls`,
//! those of certificates beside their policy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: to stop is how a test fails"
)]

mod authenticator_states;
mod disabled_methods;
mod early_success;
mod keys;
mod lengths;
mod mschapv2;
mod peer_states;
mod port;
mod radius;
mod resources;
mod state_order;
