//! The peer's settings of EAP-FAST.

use std::ffi::c_char;
use std::sync::Arc;

use eap_rs::{PeerConfig, Secret};

use super::library::{self, FastPeerConfig};
use super::{eaprs_gtc_form, eaprs_provisioning, gtc_form, provisioning};
use crate::boundary::{bytes, give, guard, lend_text, object, object_mut, take};
use crate::config::Builder;
use crate::config::tls::TlsPeerSettings;
use crate::{eaprs_peer_builder, eaprs_peer_config, eaprs_status, eaprs_tls_peer_builder};

/// Collects a peer's settings of EAP-FAST.
pub struct eaprs_fast_peer_builder(Builder<Settings>);

/// A peer's settings of EAP-FAST: may be shared by any number of configurations and threads, may be
/// freed while configurations use them. New PACs are kept in them: every session that shares them
/// uses those.
pub struct eaprs_fast_peer_config(Arc<FastPeerConfig>);

/// What is in the core's builder, kept until build: it is used up by it, but a C builder can be
/// corrected and built again.
#[cfg_attr(
    not(feature = "fast"),
    allow(dead_code, reason = "nothing is built of them: EAP-FAST is not there")
)]
pub(super) struct Settings {
    pub(super) inner: Arc<PeerConfig>,
    pub(super) tls: Option<TlsPeerSettings>,
    pub(super) pacs: Secret,
    pub(super) provisioning: Option<eaprs_provisioning>,
    pub(super) gtc_form: eaprs_gtc_form,
    pub(super) allow_no_inner_method: bool,
}

impl eaprs_fast_peer_builder {
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

/// Makes a builder. The conversation inside the tunnel is that of `inner`: identity, password and
/// methods, none of them with a tunnel. It is shared: it may be freed. At least one of `..._tls`,
/// `..._pacs` or anonymous provisioning is needed.
///
/// # Safety
/// `inner` is a live handle; `builder` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_builder_new(
    inner: *const eaprs_peer_config,
    builder: *mut *mut eaprs_fast_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let inner = unsafe { object(inner) };
    guard(|| {
        let new = eaprs_fast_peer_builder(Builder::new(Settings {
            inner: Arc::clone(&inner?.0),
            tls: None,
            pacs: Secret::new([]),
            provisioning: None,
            gtc_form: eaprs_gtc_form::default(),
            allow_no_inner_method: false,
        }));
        // SAFETY: the caller's promise.
        unsafe { give(builder, new) }.map(|()| eaprs_status::Ok)
    })
}

/// Accepts servers by their certificates as well, and shows ours, if there is one, as `tls` says
/// now: its settings are copied. Without this, only a PAC opens a tunnel, or, if that is allowed,
/// nobody does. TLS versions are as said there, but for 1.3, and 1.0 to 1.2 if nothing is said;
/// sessions are not resumed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_builder_tls(
    builder: *mut eaprs_fast_peer_builder,
    tls: *const eaprs_tls_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, tls) = unsafe { (object_mut(builder), object(tls)) };
    guard(|| {
        let tls = tls?.settings()?;
        builder?.change(|settings| settings.tls = Some(tls))
    })
}

/// The PACs that there are: a file of wpa_supplicant, text or binary, such as
/// `eaprs_session_pac_file` gives it. No octets are no PACs, as if this were not called. Of more than
/// 100, the newest are kept. They are copied, and wiped.
///
/// # Safety
/// `builder` is a live handle; `file` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_builder_pacs(
    builder: *mut eaprs_fast_peer_builder,
    file: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, file) = unsafe { (object_mut(builder), bytes(file, len)) };
    guard(|| {
        let pacs = Secret::new(file?);
        builder?.change(|settings| settings.pacs = pacs)
    })
}

/// In which tunnels new PACs are accepted, an `eaprs_provisioning`. If not set: in those in which
/// the server has shown a certificate, where `..._tls` says which; otherwise in none. An anonymous
/// tunnel needs EAP-MSCHAPv2 inside.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_builder_provisioning(
    builder: *mut eaprs_fast_peer_builder,
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
pub unsafe extern "C" fn eaprs_fast_peer_builder_gtc_form(
    builder: *mut eaprs_fast_peer_builder,
    form: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let form = gtc_form(form)?;
        builder?.change(|settings| settings.gtc_form = form)
    })
}

/// Is content with a server that runs no method inside: where the PAC, or our certificate, is
/// authentication enough.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_builder_allow_no_inner_method(
    builder: *mut eaprs_fast_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.change(|settings| settings.allow_no_inner_method = true))
}

/// Checks everything and makes settings. The builder stays, to be corrected or freed. A library that
/// was built without the feature `fast` refuses them.
///
/// # Safety
/// `builder` is a live handle; `config` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_builder_build(
    builder: *mut eaprs_fast_peer_builder,
    config: *mut *mut eaprs_fast_peer_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let built = eaprs_fast_peer_config(Arc::new(builder?.0.build(library::build_peer)?));
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
pub unsafe extern "C" fn eaprs_fast_peer_builder_error(
    builder: *const eaprs_fast_peer_builder,
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
pub unsafe extern "C" fn eaprs_fast_peer_builder_free(builder: *mut eaprs_fast_peer_builder) {
    // SAFETY: the caller's promise.
    unsafe { take(builder) }
}

/// Frees settings. NULL is ignored; configurations that use them go on.
///
/// # Safety
/// `config` is NULL or a live handle; it is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_fast_peer_config_free(config: *mut eaprs_fast_peer_config) {
    // SAFETY: the caller's promise.
    unsafe { take(config) }
}

/// Accepts EAP-FAST (Type 43) with these settings, after the methods named before. The identity of
/// `builder` travels in clear text, and may be an anonymous one. It shares the settings: they may be
/// freed.
///
/// # Safety
/// Both are live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_peer_builder_fast(
    builder: *mut eaprs_peer_builder,
    config: *const eaprs_fast_peer_config,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, config) = unsafe { (object_mut(builder), object(config)) };
    guard(|| {
        let config = Arc::clone(&config?.0);
        Ok(builder?.0.set(|b| library::accept(b, config)))
    })
}
