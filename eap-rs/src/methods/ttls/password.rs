//! The protocols of phase 2 that are not EAP (RFC 5281 §11.2.2 to §11.2.5).

mod change;
mod peer;
mod response;
mod server;
#[cfg(test)]
mod tests;

#[cfg(any(test, fuzzing))]
pub(super) use change::PasswordChange;
pub(super) use peer::PasswordPeer;
pub(super) use server::PasswordServer;
