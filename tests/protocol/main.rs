//! Whole conversations: a peer and an authenticator over a link.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: to stop is how a test fails"
)]

mod bad_link;
mod both_roles;
mod cable;
mod login;
mod mschapv2;
mod negotiation;
mod pass_through;

use eap_rs::{AuthenticatorConfig, AuthenticatorConfigBuilder, MethodType};
use eap_rs::{PeerConfig, PeerConfigBuilder};
use eap_tests::answers::User;

/// A peer that knows its identity and is asked for everything else.
fn peer(method: MethodType) -> PeerConfigBuilder {
    PeerConfig::builder().identity(User::default().identity).method(method)
}

fn server(method: MethodType) -> AuthenticatorConfigBuilder {
    AuthenticatorConfig::builder().method(method).server_name("switch-3").token_prompt("Token: ")
}
