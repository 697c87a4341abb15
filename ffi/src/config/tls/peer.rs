//! The peer's TLS settings.

use std::ffi::c_char;
use std::sync::Arc;

use eap_rs::tls::{CertificatePolicy, TlsPeerConfig, TlsPeerConfigBuilder};
use eap_rs::{ConfigError, Secret};

use super::trust::Trust;
use super::{Common, Own, apply_common, tls_version};
use crate::boundary::{bytes, give, guard, lend_text, object, object_mut, take};
use crate::config::Builder;
use crate::{eaprs_peer_builder, eaprs_status};

/// Collects a peer's TLS settings.
pub struct eaprs_tls_peer_builder(Builder<Settings>);

/// A peer's TLS settings: immutable, may be shared by any number of configurations and threads,
/// may be freed while configurations use them.
pub struct eaprs_tls_peer_config(pub(in crate::config) Arc<TlsPeerConfig>);

impl eaprs_tls_peer_builder {
    fn change(
        &mut self,
        setting: impl FnOnce(&mut Settings),
    ) -> Result<eaprs_status, eaprs_status> {
        Ok(self.0.set(|mut settings| {
            setting(&mut settings);
            settings
        }))
    }

    /// The settings as they are now.
    pub(in crate::config) fn settings(&self) -> Result<Settings, eaprs_status> {
        self.0.inner.clone().ok_or(eaprs_status::Panic)
    }

    pub(super) fn trust(
        &mut self,
        setting: impl FnOnce(&mut Trust),
    ) -> Result<eaprs_status, eaprs_status> {
        self.change(|settings| setting(&mut settings.server))
    }
}

#[derive(Clone, Default)]
pub(in crate::config) struct Settings {
    server: Trust,
    own: Option<Own>,
    key_password: Option<Arc<Secret>>,
    common: Common,
    resumption: Option<bool>,
    require_indication_on_resumption: bool,
}

impl Settings {
    fn build(&self) -> Result<TlsPeerConfig, ConfigError> {
        self.builder().build()
    }

    /// The core's builder, with what is set.
    pub(in crate::config) fn builder(&self) -> TlsPeerConfigBuilder {
        let server = self.server.apply(CertificatePolicy::for_servers());
        let mut builder = apply_common!(TlsPeerConfig::builder(server), &self.common);
        if let Some(own) = &self.own {
            builder = builder.certificate(own.certificate.expose(), own.key.expose());
        }
        if let Some(password) = &self.key_password {
            builder = builder.key_password(password.expose());
        }
        if let Some(resume) = self.resumption {
            builder = builder.resumption(resume);
        }
        if self.require_indication_on_resumption {
            builder = builder.require_indication_on_resumption();
        }
        builder
    }
}

/// Makes a builder. At least a CA, a pin, `..._ask_host` or `..._insecure_no_server_authentication`
/// is needed, and for EAP-TLS a certificate.
///
/// # Safety
/// `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_new(
    builder: *mut *mut eaprs_tls_peer_builder,
) -> eaprs_status {
    guard(|| {
        let new = eaprs_tls_peer_builder(Builder::new(Settings::default()));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// Our own certificate and its key. The certificate is PEM, with its intermediates, or DER; the key
/// PKCS#8, PKCS#1 or SEC1. One PEM that holds both may be given twice. They are copied, and wiped.
///
/// # Safety
/// `builder` is a live handle; `certificate` and `key` have as many octets as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_certificate(
    builder: *mut eaprs_tls_peer_builder,
    certificate: *const u8,
    certificate_len: usize,
    key: *const u8,
    key_len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, certificate, key) =
        unsafe { (object_mut(builder), bytes(certificate, certificate_len), bytes(key, key_len)) };
    guard(|| {
        let own = Own::new(certificate?, key?);
        builder?.change(|settings| settings.own = Some(own))
    })
}

/// The password of the key, if it is encrypted (PKCS#8). It is copied, and wiped.
///
/// # Safety
/// `builder` is a live handle; `password` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_key_password(
    builder: *mut eaprs_tls_peer_builder,
    password: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, password) = unsafe { (object_mut(builder), bytes(password, len)) };
    guard(|| {
        let password = Arc::new(Secret::new(password?));
        builder?.change(|settings| settings.key_password = Some(password))
    })
}

/// The lowest version of TLS accepted: `EAPRS_TLS_1_2` (if not set) or `EAPRS_TLS_1_3`.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_min_version(
    builder: *mut eaprs_tls_peer_builder,
    version: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let version = tls_version(version)?;
        builder?.change(|settings| settings.common.min_version = Some(version))
    })
}

/// Speaks TLS with OpenSSL, and so also TLS 1.0 and 1.1 (`EAPRS_TLS_1_0` is then the lowest version,
/// if none is set), suites with CBC and those without forward secrecy: for servers that are too old for
/// anything else. Sessions are not resumed then. A library that was built without the feature `fast` says so when the
/// configuration is built.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_legacy_tls(
    builder: *mut eaprs_tls_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.common.legacy = true))
}

/// The highest version of TLS accepted: `EAPRS_TLS_1_2` or `EAPRS_TLS_1_3` (if not set).
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_max_version(
    builder: *mut eaprs_tls_peer_builder,
    version: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let version = tls_version(version)?;
        builder?.change(|settings| settings.common.max_version = Some(version))
    })
}

/// The most octets of TLS in one packet sent, 64 to 65000; 1398 if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_fragment_size(
    builder: *mut eaprs_tls_peer_builder,
    octets: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.common.fragment_size = Some(octets)))
}

/// The most octets of one message received, all its fragments together, 4096 to 16777216; 65536 if
/// not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_max_message(
    builder: *mut eaprs_tls_peer_builder,
    octets: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.common.max_message = Some(octets)))
}

/// Whether sessions are resumed, where the server lets us; they are if not set. They are kept in
/// the settings that are built: every session that shares those resumes them, for the same
/// identity.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_resumption(
    builder: *mut eaprs_tls_peer_builder,
    resume: bool,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.resumption = Some(resume)))
}

/// Has a server of TLS 1.3 say that it grants access (RFC 9190 section 2.5) also when it resumes a
/// session. Without this, EAP-Success suffices then, because some servers send nothing else.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_require_indication_on_resumption(
    builder: *mut eaprs_tls_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.require_indication_on_resumption = true))
}

/// Checks everything and makes settings. The builder stays, to be corrected or freed.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_build(
    builder: *mut eaprs_tls_peer_builder,
    config: *mut *mut eaprs_tls_peer_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built = eaprs_tls_peer_config(Arc::new(builder?.0.build(Settings::build)?));
        // SAFETY: the caller's promise.
        unsafe { give(config, built) }.map(|()| eaprs_status::Ok)
    })
}

/// Why the last build was refused: NUL-terminated text that starts with the setting, or NULL.
/// Borrowed until the next call on this builder.
///
/// # Safety
/// `builder` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_error(
    builder: *const eaprs_tls_peer_builder,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { lend_text(object(builder).ok().and_then(|builder| builder.0.error()), len) }
}

/// Frees a builder. NULL is ignored.
///
/// # Safety
/// `builder` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_free(builder: *mut eaprs_tls_peer_builder) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees settings. NULL is ignored; configurations that use them go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_config_free(config: *mut eaprs_tls_peer_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}

/// Accepts EAP-TLS (Type 13) with these settings, after the methods named before. It shares them:
/// they may be freed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_tls(
    builder: *mut eaprs_peer_builder,
    config: *const eaprs_tls_peer_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, config) = unsafe { (object_mut(builder), object(config)) };
    guard(|| {
        let config = Arc::clone(&config?.0);
        Ok(builder?.0.set(|b| b.tls(config)))
    })
}
