//! The C library: opaque handles, integers and borrowed octets over the `eap-rs` core.
//!
//! `include/eap_rs.h` is generated from these files. What its user has to know stands in its first
//! comment, which is part of `cbindgen.toml`.
//!
//! Only `boundary.rs` turns pointers into references and keeps panics in; elsewhere an `unsafe`
//! block is one line that calls it.

#![allow(non_camel_case_types, reason = "the types carry the names they have in C")]

mod aaa;
mod boundary;
mod config;
mod eapol;
mod identity;
mod output;
mod query;
mod session;
mod status;
mod tls;
mod version;

pub use aaa::*;
pub use config::*;
pub use eapol::*;
pub use identity::*;
pub use output::*;
pub use query::*;
pub use session::*;
pub use status::*;
pub use tls::*;
pub use version::*;
