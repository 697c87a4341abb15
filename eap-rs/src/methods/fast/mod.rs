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
//! | the tunnel of each side | [`peer`], [`server`] |
//! | what goes on inside, whatever has opened it | [`phase2`] |
//! | what they are told | [`config`], [`settings`] |

mod binding;
mod config;
mod gtc;
mod keys;
mod opaque;
mod pac;
mod peer;
mod phase2;
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
pub use config::{
    FastPeerConfig, FastPeerConfigBuilder, FastServerConfig, FastServerConfigBuilder, PacFile,
};
pub use gtc::GtcForm;
pub use opaque::PacKeys;
pub use pac::{Pac, PacFileError, PacFileProblem, PacStore, PacType};
pub(crate) use peer::Peer;
pub(crate) use server::Server;
pub use settings::Provisioning;

use keys::{CipherSizes, Randoms, TlsPrf, TunnelKeys};
use settings::Opening;
use tlv::{ErrorCode, Refusal};

use crate::method::MethodFacts;
use crate::tls::TlsVersion;
use crate::tunnel::engine::{Established, TlsEngine};
use crate::{Failure, MethodType};

pub(crate) const FACTS: MethodFacts = MethodFacts {
    method: MethodType::FAST,
    name: "fast",
    document: "RFC 4851, RFC 5422",
    derives_keys: true,
    mutual: true,
};

/// The version both sides speak: there is no other (RFC 4851 §4.1).
const VERSION: u8 = 1;

const METHOD: MethodType = MethodType::FAST;

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

/// How a tunnel was opened, and the keys that EAP-FAST takes from it.
fn tunnel_keys(established: Established, engine: &dyn TlsEngine) -> Option<(Opening, TunnelKeys)> {
    let opening = match established {
        Established { resumed: true, .. } => Opening::Pac,
        Established { suite, .. } if suite.contains("_anon_") => Opening::Anonymous,
        _ => Opening::Certificate,
    };
    let prf = match established.version {
        TlsVersion::V1_0 | TlsVersion::V1_1 => TlsPrf::Md5Sha1,
        TlsVersion::V1_2 => TlsPrf::Sha256,
        // Neither tickets nor a key block.
        TlsVersion::V1_3 => return None,
    };
    let sizes = CipherSizes::of_suite(established.suite)?;
    let (secret, [client, server]) = (engine.master_secret()?, engine.randoms()?);
    let randoms = Randoms { client: &client, server: &server };
    Some((opening, TunnelKeys::derive(prf, &secret, randoms, sizes)?))
}

fn failed(reason: &'static str) -> Failure {
    Failure::MethodFailed { method: METHOD, reason }
}
