//! Phase 2: what goes on inside the tunnel, whatever has opened it.

pub(super) mod peer;
pub(super) mod server;
