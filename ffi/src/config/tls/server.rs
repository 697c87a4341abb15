//! The authenticator's TLS settings.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use eap_rs::tls::{
    CertificatePolicy, Resumption, TicketKeys, TlsServerConfig, TlsServerConfigBuilder,
};
use eap_rs::{ConfigError, Secret};

use super::trust::Trust;
use super::{Common, Own, apply_common, eaprs_ticket_keys, tls_version};
use crate::boundary::{bytes, give, guard, lend_text, object, object_mut, take};
use crate::config::Builder;
use crate::{eaprs_authenticator_builder, eaprs_status};

/// Collects an authenticator's TLS settings.
pub struct eaprs_tls_server_builder(Builder<Settings>);

/// An authenticator's TLS settings: immutable, may be shared by any number of configurations and
/// threads, may be freed while configurations use them.
pub struct eaprs_tls_server_config(pub(in crate::config) Arc<TlsServerConfig>);

impl eaprs_tls_server_builder {
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
        self.change(|settings| setting(settings.clients.get_or_insert_default()))
    }
}

#[derive(Clone)]
pub(in crate::config) struct Settings {
    own: Own,
    key_password: Option<Arc<Secret>>,
    /// Without it, nobody is asked for a certificate.
    clients: Option<Trust>,
    clients_optional: bool,
    common: Common,
    /// The lifetime in seconds and the capacity; without them, ticket keys are refused.
    resumption: Option<(u64, usize)>,
    ask_resumption: bool,
    ticket_keys: Option<Arc<TicketKeys>>,
}

impl Settings {
    fn build(&self) -> Result<TlsServerConfig, ConfigError> {
        self.builder().build()
    }

    /// The core's builder, with what is set.
    pub(in crate::config) fn builder(&self) -> TlsServerConfigBuilder {
        let Own { certificate, key } = &self.own;
        let builder = TlsServerConfig::builder(certificate.expose(), key.expose());
        let mut builder = apply_common!(builder, &self.common);
        if let Some(clients) = &self.clients {
            let policy = clients.apply(CertificatePolicy::for_clients());
            builder = if self.clients_optional {
                builder.optional_clients(policy)
            } else {
                builder.clients(policy)
            };
        }
        if let Some(password) = &self.key_password {
            builder = builder.key_password(password.expose());
        }
        if let Some(resumption) = self.resumption() {
            builder = builder.resumption(resumption);
        }
        builder
    }

    /// A lifetime that is not set is one out of range if there are ticket keys.
    fn resumption(&self) -> Option<Resumption> {
        if self.resumption.is_none() && self.ticket_keys.is_none() {
            return None;
        }
        let (seconds, capacity) = self.resumption.unwrap_or_default();
        let mut resumption = Resumption::for_lifetime(Duration::from_secs(seconds));
        if capacity != 0 {
            resumption = resumption.capacity(capacity);
        }
        if let Some(keys) = &self.ticket_keys {
            resumption = resumption.ticket_keys(Arc::clone(keys));
        }
        if self.ask_resumption {
            resumption = resumption.ask_host();
        }
        Some(resumption)
    }
}

/// Makes a builder with our own certificate and its key: the certificate PEM, with its
/// intermediates, or DER; the key PKCS#8, PKCS#1 or SEC1. One PEM that holds both may be given
/// twice. They are copied, and wiped. Peers are asked for a certificate if a client CA or
/// `..._ask_host` says which are accepted: EAP-TLS needs that, PEAP and EAP-TTLS can go without.
///
/// # Safety
/// `certificate` and `key` have as many octets as is said; `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_new(
    certificate: *const u8,
    certificate_len: usize,
    key: *const u8,
    key_len: usize,
    builder: *mut *mut eaprs_tls_server_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (certificate, key) = unsafe { (bytes(certificate, certificate_len), bytes(key, key_len)) };
    guard(|| {
        let new = eaprs_tls_server_builder(Builder::new(Settings {
            own: Own::new(certificate?, key?),
            key_password: None,
            clients: None,
            clients_optional: false,
            common: Common::default(),
            resumption: None,
            ask_resumption: false,
            ticket_keys: None,
        }));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// The password of the key, if it is encrypted (PKCS#8). It is copied, and wiped.
///
/// # Safety
/// `builder` is a live handle; `password` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_key_password(
    builder: *mut eaprs_tls_server_builder,
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

/// Lets peers without a certificate through the handshake; one that is shown still has to be
/// accepted, by a client CA or `..._ask_host`. Not for EAP-TLS.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_client_optional(
    builder: *mut eaprs_tls_server_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        builder?.change(|settings| {
            settings.clients.get_or_insert_default();
            settings.clients_optional = true;
        })
    })
}

/// The lowest version of TLS accepted: `EAPRS_TLS_1_2` (if not set) or `EAPRS_TLS_1_3`.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_min_version(
    builder: *mut eaprs_tls_server_builder,
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
/// if none is set), suites with CBC and those without forward secrecy: for peers that are too old for
/// anything else. It does not go together with resumption. A library that was built without the feature `fast` says so when the
/// configuration is built.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_legacy_tls(
    builder: *mut eaprs_tls_server_builder,
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
pub unsafe extern "C" fn eaprs_tls_server_builder_max_version(
    builder: *mut eaprs_tls_server_builder,
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
pub unsafe extern "C" fn eaprs_tls_server_builder_fragment_size(
    builder: *mut eaprs_tls_server_builder,
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
pub unsafe extern "C" fn eaprs_tls_server_builder_max_message(
    builder: *mut eaprs_tls_server_builder,
    octets: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.common.max_message = Some(octets)))
}

/// Lets peers resume their sessions for `lifetime_seconds`, 1 to 604800, after a full login; if not
/// set, every login is a full one. At most `capacity` sessions are kept in memory, up to 1000000,
/// the oldest go first; 0 stands for 1024. Sessions need the calendar: see
/// `eaprs_session_set_unix_time`.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_resumption(
    builder: *mut eaprs_tls_server_builder,
    lifetime_seconds: u64,
    capacity: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.resumption = Some((lifetime_seconds, capacity))))
}

/// Asks `EAPRS_QUERY_RESUME` whether who was authenticated inside a tunnel may still log in, when the
/// session of then is to be resumed: an account may have been locked since.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_ask_resumption(
    builder: *mut eaprs_tls_server_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.ask_resumption = true))
}

/// Has peers keep their sessions, in tickets sealed with these keys: every server with the same
/// keys resumes them. `..._resumption` sets their lifetime. The keys are shared, not copied: they
/// may be replaced later, and the handle be freed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_ticket_keys(
    builder: *mut eaprs_tls_server_builder,
    keys: *const eaprs_ticket_keys,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, keys) = unsafe { (object_mut(builder), object(keys)) };
    guard(|| {
        let keys = Arc::clone(&keys?.0);
        builder?.change(|settings| settings.ticket_keys = Some(keys))
    })
}

/// Checks everything and makes settings. The builder stays, to be corrected or freed.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_build(
    builder: *mut eaprs_tls_server_builder,
    config: *mut *mut eaprs_tls_server_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built = eaprs_tls_server_config(Arc::new(builder?.0.build(Settings::build)?));
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
pub unsafe extern "C" fn eaprs_tls_server_builder_error(
    builder: *const eaprs_tls_server_builder,
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
pub unsafe extern "C" fn eaprs_tls_server_builder_free(builder: *mut eaprs_tls_server_builder) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees settings. NULL is ignored; configurations that use them go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_config_free(config: *mut eaprs_tls_server_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}

/// Offers EAP-TLS (Type 13) with these settings, after the methods named before. It shares them:
/// they may be freed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_tls(
    builder: *mut eaprs_authenticator_builder,
    config: *const eaprs_tls_server_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, config) = unsafe { (object_mut(builder), object(config)) };
    guard(|| {
        let config = Arc::clone(&config?.0);
        Ok(builder?.0.set(|b| b.tls(config)))
    })
}
