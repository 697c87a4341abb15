//! EAP-TTLS: how a configuration gets it.

use std::sync::Arc;

use eap_rs::ttls::{
    TtlsPeerConfig, TtlsPeerConfigBuilder, TtlsServerConfig, TtlsServerConfigBuilder,
};

use super::{
    eaprs_authenticator_builder, eaprs_authenticator_config, eaprs_peer_builder, eaprs_peer_config,
    eaprs_tls_peer_config, eaprs_tls_server_config,
};
use crate::boundary::{bytes, guard, object, object_mut};
use crate::query::nt_hash;
use crate::{eaprs_inner, eaprs_status};

const PAP: u32 = eaprs_inner::Pap as u32;
const CHAP: u32 = eaprs_inner::Chap as u32;
const MS_CHAP: u32 = eaprs_inner::MsChap as u32;
const MS_CHAP_V2: u32 = eaprs_inner::MsChapV2 as u32;

/// Accepts EAP-TTLS (Type 21) with an EAP method inside, after the methods named before. The
/// conversation inside the tunnel is that of `inner`: identity, password and methods, none of them
/// with a tunnel. The identity of `builder` travels in clear text, and may be an anonymous one.
/// Both configurations are shared: they may be freed.
///
/// # Safety
/// All three are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_ttls_eap(
    builder: *mut eaprs_peer_builder,
    tls: *const eaprs_tls_peer_config,
    inner: *const eaprs_peer_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls, inner) = unsafe { (object_mut(builder), object(tls), object(inner)) };
    guard(|| {
        let tls = Arc::clone(&tls?.0);
        let config = TtlsPeerConfig::builder(tls).eap(Arc::clone(&inner?.0)).build();
        Ok(builder?.0.set_built(config, |b, config| b.ttls(config)))
    })
}

/// Accepts EAP-TTLS (Type 21) with a password inside, after the methods named before. `protocol`
/// is the `eaprs_inner` that proves it: PAP, CHAP, MS_CHAP or MS_CHAP_V2. Identity and password are
/// those inside the tunnel, each at most 1015 octets; the session asks for one that is NULL. They
/// are copied, and wiped with the configuration. The identity of `builder` travels in clear text,
/// and may be an anonymous one. The TLS settings are shared: they may be freed.
///
/// # Safety
/// Both are live handles; `identity` and `password` have as many octets as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_ttls(
    builder: *mut eaprs_peer_builder,
    tls: *const eaprs_tls_peer_config,
    protocol: u32,
    identity: *const u8,
    identity_len: usize,
    password: *const u8,
    password_len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls) = unsafe { (object_mut(builder), object(tls)) };
    let is_given = [!identity.is_null(), !password.is_null()];
    // SAFETY: the caller's promise.
    let given = unsafe { [bytes(identity, identity_len), bytes(password, password_len)] };
    guard(|| {
        let mut config = proved_by(TtlsPeerConfig::builder(Arc::clone(&tls?.0)), protocol)?;
        let ([has_identity, has_password], [identity, password]) = (is_given, given);
        let (identity, password) = (identity?, password?);
        if has_identity {
            config = config.identity(identity);
        }
        if has_password {
            config = config.password(password);
        }
        Ok(builder?.0.set_built(config.build(), |b, config| b.ttls(config)))
    })
}

/// As `eaprs_peer_builder_ttls`, with the NT hash of the password in its place, 16 octets: for
/// MS_CHAP and MS_CHAP_V2.
///
/// # Safety
/// Both are live handles; `identity` and `hash` have as many octets as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_ttls_nt_hash(
    builder: *mut eaprs_peer_builder,
    tls: *const eaprs_tls_peer_config,
    protocol: u32,
    identity: *const u8,
    identity_len: usize,
    hash: *const u8,
    hash_len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls) = unsafe { (object_mut(builder), object(tls)) };
    let is_given = !identity.is_null();
    // SAFETY: the caller's promise.
    let (identity, hash) = unsafe { (bytes(identity, identity_len), bytes(hash, hash_len)) };
    guard(|| {
        let (identity, hash) = (identity?, nt_hash(hash?)?);
        let config = proved_by(TtlsPeerConfig::builder(Arc::clone(&tls?.0)), protocol)?;
        let config = if is_given { config.identity(identity) } else { config };
        let config = config.nt_hash(hash).build();
        Ok(builder?.0.set_built(config, |b, config| b.ttls(config)))
    })
}

fn proved_by(
    config: TtlsPeerConfigBuilder,
    protocol: u32,
) -> Result<TtlsPeerConfigBuilder, eaprs_status> {
    match protocol {
        PAP => Ok(config.pap()),
        CHAP => Ok(config.chap()),
        MS_CHAP => Ok(config.mschap()),
        MS_CHAP_V2 => Ok(config.mschapv2()),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// Offers EAP-TTLS (Type 21), after the methods named before. The peer chooses what happens inside
/// the tunnel: EAP, with the methods of `inner`, none of them with a tunnel, unless `inner` is NULL;
/// or a protocol in `protocols`, the sum of the `eaprs_inner` allowed of PAP, CHAP, MS_CHAP and
/// MS_CHAP_V2. One at least is needed. Both configurations are shared: they may be freed.
///
/// # Safety
/// `builder` and `tls` are live handles; `inner` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_ttls(
    builder: *mut eaprs_authenticator_builder,
    tls: *const eaprs_tls_server_config,
    inner: *const eaprs_authenticator_config,
    protocols: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls, inner) = unsafe { (object_mut(builder), object(tls), object(inner)) };
    guard(|| {
        let mut config = allowing(TtlsServerConfig::builder(Arc::clone(&tls?.0)), protocols)?;
        if let Ok(inner) = inner {
            config = config.eap(Arc::clone(&inner.0));
        }
        Ok(builder?.0.set_built(config.build(), |b, config| b.ttls(config)))
    })
}

fn allowing(
    mut config: TtlsServerConfigBuilder,
    protocols: u32,
) -> Result<TtlsServerConfigBuilder, eaprs_status> {
    if protocols & !(PAP | CHAP | MS_CHAP | MS_CHAP_V2) != 0 {
        return Err(eaprs_status::InvalidArgument);
    }
    if protocols & PAP != 0 {
        config = config.pap();
    }
    if protocols & CHAP != 0 {
        config = config.chap();
    }
    if protocols & MS_CHAP != 0 {
        config = config.mschap();
    }
    if protocols & MS_CHAP_V2 != 0 {
        config = config.mschapv2();
    }
    Ok(config)
}
