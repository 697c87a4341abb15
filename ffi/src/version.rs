//! Which library this is.

use std::ffi::c_char;

use crate::boundary::guard;
use eap_rs::{MethodType, SUPPORTED};

/// The version this header belongs to.
pub const EAPRS_VERSION_MAJOR: u32 = 0;
/// The version this header belongs to.
pub const EAPRS_VERSION_MINOR: u32 = 1;
/// The version this header belongs to.
pub const EAPRS_VERSION_PATCH: u32 = 0;

/// The version of the library in use, for example "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn eaprs_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The version of the library in use: major << 16 | minor << 8 | patch.
#[unsafe(no_mangle)]
pub extern "C" fn eaprs_version_number() -> u32 {
    EAPRS_VERSION_MAJOR << 16 | EAPRS_VERSION_MINOR << 8 | EAPRS_VERSION_PATCH
}

/// Whether the library in use has this IETF method Type.
#[unsafe(no_mangle)]
pub extern "C" fn eaprs_has_method(method: u32) -> bool {
    guard(|| Ok(SUPPORTED.iter().any(|facts| ietf(method) == Some(facts.method))))
}

/// The Type with this number in the IETF's one-octet space.
pub(crate) fn ietf(method: u32) -> Option<MethodType> {
    u8::try_from(method).ok().map(MethodType::ietf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_numbers_are_those_of_the_package() {
        let macros = format!("{EAPRS_VERSION_MAJOR}.{EAPRS_VERSION_MINOR}.{EAPRS_VERSION_PATCH}");
        assert_eq!(macros, env!("CARGO_PKG_VERSION"));
        assert_eq!(eaprs_version_number(), 0x0000_0100);
    }
}
