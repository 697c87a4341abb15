//! PEAP: what both sides' settings share, and how a configuration gets it.

use std::sync::Arc;

use eap_rs::peap::{CryptoBinding, PeapPeerConfig, PeapPeerConfigBuilder, PeapServerConfig};

use super::{
    eaprs_authenticator_builder, eaprs_authenticator_config, eaprs_peer_builder, eaprs_peer_config,
    eaprs_tls_peer_config, eaprs_tls_server_config,
};
use crate::boundary::{guard, object, object_mut};
use crate::eaprs_status;

/// Whether both sides prove that the tunnel of PEAP version 0 and the method inside have the same
/// ends. Without it, what a peer has said outside any tunnel could be carried into the tunnel of
/// somebody else.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_crypto_binding {
    /// Never.
    Off = 1,
    /// If the other side does; one that does it wrongly is refused. The usual choice: not every
    /// server does.
    IfOffered = 2,
    /// Always: who does not is refused. Not with PEAP version 1, which has none.
    Required = 3,
}

fn crypto_binding(number: u32) -> Result<CryptoBinding, eaprs_status> {
    match number {
        1 => Ok(CryptoBinding::Off),
        2 => Ok(CryptoBinding::IfOffered),
        3 => Ok(CryptoBinding::Required),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// What a server may get wrong, and the peer puts up with.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_peap_quirk {
    /// Cisco ACS sends an empty packet in the place of the Result; it counts once the method inside
    /// has succeeded. Not with EAPRS_CRYPTO_BINDING_REQUIRED.
    AcceptMissingResult = 1,
    /// A server that is confused by the length that each message of the handshake says, also where
    /// it fits one packet. Without it, the NPS of Windows Server 2008 is.
    OmitLength = 2,
}

fn with_quirks(
    mut config: PeapPeerConfigBuilder,
    quirks: u32,
) -> Result<PeapPeerConfigBuilder, eaprs_status> {
    const ACCEPT_MISSING_RESULT: u32 = eaprs_peap_quirk::AcceptMissingResult as u32;
    const OMIT_LENGTH: u32 = eaprs_peap_quirk::OmitLength as u32;
    if quirks & !(ACCEPT_MISSING_RESULT | OMIT_LENGTH) != 0 {
        return Err(eaprs_status::InvalidArgument);
    }
    if quirks & ACCEPT_MISSING_RESULT != 0 {
        config = config.accept_missing_result();
    }
    Ok(config.announce_length(quirks & OMIT_LENGTH == 0))
}

/// Accepts PEAP (Type 25), after the methods named before. The conversation inside the tunnel is
/// that of `inner`: identity, password and methods, none of them with a tunnel. The identity of
/// `builder` travels in clear text, and may be an anonymous one. `max_version` is the highest
/// version of PEAP, 0 (as a rule) or 1; `crypto_binding` an `eaprs_crypto_binding`; `quirks` the sum
/// of the `eaprs_peap_quirk` to put up with, 0 as a rule. Both configurations are shared: they may
/// be freed.
///
/// # Safety
/// All three are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_peap(
    builder: *mut eaprs_peer_builder,
    tls: *const eaprs_tls_peer_config,
    inner: *const eaprs_peer_config,
    max_version: u8,
    crypto_binding: u32,
    quirks: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls, inner) = unsafe { (object_mut(builder), object(tls), object(inner)) };
    guard(|| {
        let binding = self::crypto_binding(crypto_binding)?;
        let config = PeapPeerConfig::builder(Arc::clone(&tls?.0), Arc::clone(&inner?.0))
            .max_version(max_version)
            .crypto_binding(binding);
        let config = with_quirks(config, quirks)?.build();
        Ok(builder?.0.set_built(config, |b, config| b.peap(config)))
    })
}

/// Offers PEAP (Type 25), after the methods named before. Inside the tunnel the peer is offered the
/// methods of `inner`, none of them with a tunnel. `max_version` is the highest version of PEAP, 0
/// (as a rule) or 1; `crypto_binding` an `eaprs_crypto_binding`. Both configurations are shared:
/// they may be freed.
///
/// # Safety
/// All three are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_peap(
    builder: *mut eaprs_authenticator_builder,
    tls: *const eaprs_tls_server_config,
    inner: *const eaprs_authenticator_config,
    max_version: u8,
    crypto_binding: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls, inner) = unsafe { (object_mut(builder), object(tls), object(inner)) };
    guard(|| {
        let binding = self::crypto_binding(crypto_binding)?;
        let config = PeapServerConfig::builder(Arc::clone(&tls?.0), Arc::clone(&inner?.0))
            .max_version(max_version)
            .crypto_binding(binding)
            .build();
        Ok(builder?.0.set_built(config, |b, config| b.peap(config)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_crypto_bindings_are_those_of_the_header() {
        for (number, binding) in [
            (eaprs_crypto_binding::Off, CryptoBinding::Off),
            (eaprs_crypto_binding::IfOffered, CryptoBinding::IfOffered),
            (eaprs_crypto_binding::Required, CryptoBinding::Required),
        ] {
            assert_eq!(crypto_binding(number as u32), Ok(binding));
        }
        assert_eq!(crypto_binding(0), Err(eaprs_status::InvalidArgument));
        assert_eq!(crypto_binding(4), Err(eaprs_status::InvalidArgument));
    }
}
