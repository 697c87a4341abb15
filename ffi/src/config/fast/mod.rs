//! EAP-FAST: what both sides' settings share, and how a configuration gets it.
//!
//! The functions are there in every build: one without the feature `fast` refuses to build
//! settings.

#[cfg(not(feature = "fast"))]
mod absent;
mod pac_keys;
mod peer;
#[cfg(feature = "fast")]
mod present;
mod server;

pub use pac_keys::*;
pub use peer::*;
pub use server::*;

#[cfg(not(feature = "fast"))]
use absent as library;
#[cfg(feature = "fast")]
use present as library;

use crate::eaprs_status;

/// In which tunnels of EAP-FAST a peer may be given a PAC that has none (RFC 5422 section 2). One
/// that it has is renewed in any case.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_provisioning {
    /// In none.
    Off = 1,
    /// In those in which the server has shown a certificate: the usual choice.
    Authenticated = 2,
    /// In those in which nobody has shown anything. Whoever is at the other end, or reads along, can
    /// try passwords against what is sent there (RFC 5422 section 6.2).
    Anonymous = 3,
    /// In both.
    Both = 4,
}

fn provisioning(number: u32) -> Result<eaprs_provisioning, eaprs_status> {
    match number {
        1 => Ok(eaprs_provisioning::Off),
        2 => Ok(eaprs_provisioning::Authenticated),
        3 => Ok(eaprs_provisioning::Anonymous),
        4 => Ok(eaprs_provisioning::Both),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// How GTC is spoken inside EAP-FAST.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum eaprs_gtc_form {
    /// As RFC 5421 has it: the name and the password, each with a label.
    #[default]
    Labelled = 1,
    /// As outside EAP-FAST: a text, and a password in answer. FreeRADIUS 3.2 does no other. A peer
    /// that accepts it speaks the other form, too, with a server that does.
    Plain = 2,
}

fn gtc_form(number: u32) -> Result<eaprs_gtc_form, eaprs_status> {
    match number {
        1 => Ok(eaprs_gtc_form::Labelled),
        2 => Ok(eaprs_gtc_form::Plain),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_header() {
        use eaprs_provisioning::{Anonymous, Authenticated, Both, Off};
        for policy in [Off, Authenticated, Anonymous, Both] {
            assert_eq!(provisioning(policy as u32), Ok(policy));
        }
        for form in [eaprs_gtc_form::Labelled, eaprs_gtc_form::Plain] {
            assert_eq!(gtc_form(form as u32), Ok(form));
        }
        for number in [0, 5, 256] {
            assert_eq!(provisioning(number), Err(eaprs_status::InvalidArgument));
            assert_eq!(gtc_form(number), Err(eaprs_status::InvalidArgument));
        }
        assert_eq!(gtc_form(3), Err(eaprs_status::InvalidArgument));
    }
}
