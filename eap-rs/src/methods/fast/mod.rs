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
//! | phase 2 of each side, between the tunnel and the methods | [`peer`], [`server`] |
//! | what they are told | [`settings`] |

#![cfg_attr(
    not(test),
    allow(dead_code, reason = "TLS, which is to carry it, is not connected to it yet")
)]

mod binding;
mod gtc;
mod keys;
mod opaque;
mod pac;
mod peer;
mod server;
mod settings;
mod start;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tlv;

#[cfg(fuzzing)]
pub(crate) use self::{pac::fuzzing::pac_file, tlv::fuzzing::fast_tlv};
pub use gtc::GtcForm;
pub use opaque::PacKeys;
pub use pac::{Pac, PacFileError, PacFileProblem, PacStore, PacType};
pub use settings::Provisioning;

use crate::{Failure, MethodType};
use tlv::{ErrorCode, Refusal};

/// The version both sides speak: there is no other (RFC 4851 §4.1).
const VERSION: u8 = 1;

const METHOD: MethodType = MethodType::ietf(43);

/// So many methods may run in a tunnel, one after the other.
const MAX_METHODS: usize = 8;

/// Why a side gives up, and what it says.
#[derive(Debug)]
struct Stop {
    error: Option<ErrorCode>,
    failure: Failure,
}

/// A violation of the rules is told (RFC 4851 §3.6.2).
impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fatal(error, reason) => Self { error: Some(error), failure: failed(reason) },
            Refusal::Unknown(_) => failed("an unknown TLV is mandatory").into(),
        }
    }
}

/// Anything else is a failure, and no more is said.
impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self { error: None, failure }
    }
}

fn failed(reason: &'static str) -> Failure {
    Failure::MethodFailed { method: METHOD, reason }
}
