//! TLS sessions that outlive their conversation (RFC 5216 §2.1.2, RFC 9190 §2.1.2).
//!
//! A session may be resumed only after the conversation that made it has succeeded *as a whole*,
//! only by the same identity in the same method, and never after a failure (CVE-2017-9148 and its
//! family). So each conversation has a desk of its own: it hands out what may be resumed, having
//! taken it away from everybody else, collects what the TLS library wants kept, and puts both back
//! when it is told of the success. A desk that is dropped before that has kept nothing.

mod client;
mod record;
mod server;
mod shared;
mod store;
#[cfg(test)]
mod tests;
mod ticket;

pub(crate) use client::{ClientDesk, ClientSessions};
pub use server::Resumption;
pub(crate) use server::{ServerDesk, ServerSessions};
pub use shared::SealedSession;
pub use ticket::TicketKeys;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Identity, MethodType};

/// Whose session it is. The identity is the one that travels in clear text (EAP-Response/Identity).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) method: MethodType,
    pub(crate) identity: Identity,
}

/// A panic elsewhere has left nothing half-done behind these locks: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
