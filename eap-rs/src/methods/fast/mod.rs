//! EAP-FAST (RFC 4851, RFC 5421, RFC 5422): another EAP method inside a TLS tunnel, which a
//! Protected Access Credential may open in place of a certificate.
//!
//! | to see | open |
//! |---|---|
//! | TLVs, and which go together | [`tlv`] |
//! | the keys of tunnel, PAC and methods | [`keys`] |
//! | what binds tunnel and methods | [`binding`] |
//! | PACs, the attributes they travel in, the files they are kept in | [`pac`] |
//! | PACs as the server sees them | [`opaque`] |
//! | A-ID and PAC-Opaque in clear text | [`start`] |
//! | a password inside the tunnel | [`gtc`] |

#![cfg_attr(
    not(test),
    allow(dead_code, reason = "TLS, which is to carry it, is not connected to it yet")
)]

mod binding;
mod gtc;
mod keys;
mod opaque;
mod pac;
mod start;
#[cfg(test)]
mod testing;
mod tlv;

#[cfg(fuzzing)]
pub(crate) use self::{pac::fuzzing::pac_file, tlv::fuzzing::fast_tlv};

use crate::{Failure, MethodType};

pub use gtc::GtcForm;
pub use opaque::PacKeys;
pub use pac::{Pac, PacFileError, PacFileProblem, PacStore, PacType};

/// The version both sides speak: there is no other (RFC 4851 §4.1).
const VERSION: u8 = 1;

const METHOD: MethodType = MethodType::ietf(43);

fn failed(reason: &'static str) -> Failure {
    Failure::MethodFailed { method: METHOD, reason }
}
