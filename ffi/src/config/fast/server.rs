//! The authenticator's settings of EAP-FAST.

use std::ffi::c_char;
use std::sync::Arc;

use eap_rs::AuthenticatorConfig;

use super::library::{self, FastServerConfig, PacKeys};
use super::{eaprs_gtc_form, eaprs_pac_keys, eaprs_provisioning, gtc_form, provisioning};
use crate::boundary::{bytes, give, guard, lend_text, object, object_mut, take, text};
use crate::config::Builder;
use crate::config::tls::TlsServerSettings;
use crate::{
    eaprs_authenticator_builder, eaprs_authenticator_config, eaprs_status, eaprs_tls_server_builder,
};

/// Collects an authenticator's settings of EAP-FAST.
pub struct eaprs_fast_server_builder(Builder<Settings>);

/// An authenticator's settings of EAP-FAST: immutable, may be shared by any number of configurations
/// and threads, may be freed while configurations use them.
pub struct eaprs_fast_server_config(Arc<FastServerConfig>);

/// What is in the core's builder, kept until build: it is used up by it, but a C builder can be
/// corrected and built again.
#[cfg_attr(
    not(feature = "fast"),
    allow(dead_code, reason = "nothing is built of them: EAP-FAST is not there")
)]
pub(super) struct Settings {
    pub(super) tls: TlsServerSettings,
    pub(super) inner: Arc<AuthenticatorConfig>,
    pub(super) then: Vec<Arc<AuthenticatorConfig>>,
    pub(super) authority: Vec<u8>,
    pub(super) authority_name: String,
    pub(super) pac_keys: Option<Arc<PacKeys>>,
    /// In seconds.
    pub(super) pac_lifetime: Option<u64>,
    /// In seconds.
    pub(super) pac_renewal: Option<u64>,
    pub(super) provisioning: Option<eaprs_provisioning>,
    pub(super) gtc_form: eaprs_gtc_form,
}

impl eaprs_fast_server_builder {
    fn change(
        &mut self,
        setting: impl FnOnce(&mut Settings),
    ) -> Result<eaprs_status, eaprs_status> {
        Ok(self.0.set(|mut settings| {
            setting(&mut settings);
            settings
        }))
    }
}

/// Makes a builder with the certificate, as `tls` says it now: its settings are copied; with the
/// conversation inside the tunnel, which is that of `inner` and shared; and with the A-ID by which
/// peers know the server: 16 octets, chosen at random, the same on all servers that share their PAC
/// keys.
///
/// # Safety
/// `tls` and `inner` are live handles; `authority` has `len` octets; `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_new(
    tls: *const eaprs_tls_server_builder,
    inner: *const eaprs_authenticator_config,
    authority: *const u8,
    len: usize,
    builder: *mut *mut eaprs_fast_server_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (tls, inner, authority) = unsafe { (object(tls), object(inner), bytes(authority, len)) };
    guard(|| {
        let new = eaprs_fast_server_builder(Builder::new(Settings {
            tls: tls?.settings()?,
            inner: Arc::clone(&inner?.0),
            then: Vec::new(),
            authority: authority?.to_owned(),
            authority_name: String::new(),
            pac_keys: None,
            pac_lifetime: None,
            pac_renewal: None,
            provisioning: None,
            gtc_form: eaprs_gtc_form::default(),
        }));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// Runs this conversation as well, after the others have succeeded: a machine's and then its user's,
/// for example. At most 8 in all. It is shared: it may be freed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_then(
    builder: *mut eaprs_fast_server_builder,
    inner: *const eaprs_authenticator_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, inner) = unsafe { (object_mut(builder), object(inner)) };
    guard(|| {
        let inner = Arc::clone(&inner?.0);
        builder?.change(|settings| settings.then.push(inner))
    })
}

/// What people know the server by: UTF-8, at most 1015 octets.
///
/// # Safety
/// `builder` is a live handle; `name` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_authority_name(
    builder: *mut eaprs_fast_server_builder,
    name: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, name) = unsafe { (object_mut(builder), text(name, len)) };
    guard(|| {
        let name = name?.to_owned();
        builder?.change(|settings| settings.authority_name = name)
    })
}

/// Accepts PACs that these keys open, and issues others. Without them every tunnel is opened by our
/// certificate. They are shared: the handle may be freed, and its keys replaced at any time.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_pac_keys(
    builder: *mut eaprs_fast_server_builder,
    keys: *const eaprs_pac_keys,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, keys) = unsafe { (object_mut(builder), object(keys)) };
    guard(|| {
        let keys = Arc::clone(&keys?.0);
        builder?.change(|settings| settings.pac_keys = Some(keys))
    })
}

/// How long a PAC is good, 1 second to 10 years, in seconds; 604800 (7 days) if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_pac_lifetime(
    builder: *mut eaprs_fast_server_builder,
    seconds: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.pac_lifetime = Some(seconds)))
}

/// With how much time left a PAC is renewed, at most 10 years, in seconds; 86400 (a day) if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_pac_renewal(
    builder: *mut eaprs_fast_server_builder,
    seconds: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.pac_renewal = Some(seconds)))
}

/// In which tunnels PACs are issued to peers that have none, an `eaprs_provisioning`; AUTHENTICATED
/// if not set, where there are PAC keys. An anonymous tunnel needs EAP-MSCHAPv2 inside, and gives no
/// access.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_provisioning(
    builder: *mut eaprs_fast_server_builder,
    policy: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let policy = provisioning(policy)?;
        builder?.change(|settings| settings.provisioning = Some(policy))
    })
}

/// How GTC is spoken inside, an `eaprs_gtc_form`; LABELLED if not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_gtc_form(
    builder: *mut eaprs_fast_server_builder,
    form: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let form = gtc_form(form)?;
        builder?.change(|settings| settings.gtc_form = form)
    })
}

/// Checks everything and makes settings. The builder stays, to be corrected or freed. A library that
/// was built without the feature `fast` refuses them.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_builder_build(
    builder: *mut eaprs_fast_server_builder,
    config: *mut *mut eaprs_fast_server_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built = eaprs_fast_server_config(Arc::new(builder?.0.build(library::build_server)?));
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
pub unsafe extern "C" fn eaprs_fast_server_builder_error(
    builder: *const eaprs_fast_server_builder,
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
pub unsafe extern "C" fn eaprs_fast_server_builder_free(builder: *mut eaprs_fast_server_builder) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees settings. NULL is ignored; configurations that use them go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_server_config_free(config: *mut eaprs_fast_server_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}

/// Offers EAP-FAST (Type 43) with these settings, after the methods named before. It shares them:
/// they may be freed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_authenticator_builder_fast(
    builder: *mut eaprs_authenticator_builder,
    config: *const eaprs_fast_server_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, config) = unsafe { (object_mut(builder), object(config)) };
    guard(|| {
        let config = Arc::clone(&config?.0);
        Ok(builder?.0.set(|b| library::offer(b, config)))
    })
}
