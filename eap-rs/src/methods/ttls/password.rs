//! The protocols of phase 2 that are not EAP (RFC 5281 §11.2.2 to §11.2.5).

mod peer;
mod response;
mod server;
#[cfg(test)]
mod tests;

pub(super) use peer::PasswordPeer;
pub(super) use server::PasswordServer;
