//! Helpers for the layers below EAP. Optional; they do no I/O either.

pub mod eapol;
pub mod radius;
