//! What a server allows inside a tunnel.

use std::error::Error;

#[cfg(feature = "fast")]
use eap_rs::fast::{FastServerConfig, FastServerConfigBuilder};
use eap_rs::peap::{PeapServerConfig, PeapServerConfigBuilder};
use eap_rs::tls::TlsServerConfig;
#[cfg(feature = "fast")]
use eap_rs::tls::TlsServerConfigBuilder;
use eap_rs::ttls::TtlsServerConfig;
use eap_rs::{AuthenticatorConfig, InnerMethod, MethodType};

/// EAP-TTLS with any of these inside. `retries` is how often a peer may try another password;
/// `inner_tls` makes the settings of EAP-TLS inside the tunnel.
pub(crate) fn ttls(
    inner: &[InnerMethod],
    retries: u8,
    tls: TlsServerConfig,
    inner_tls: impl Fn() -> Result<TlsServerConfig, Box<dyn Error>>,
) -> Result<TtlsServerConfig, Box<dyn Error>> {
    let mut config = TtlsServerConfig::builder(tls);
    for protocol in inner {
        config = match protocol {
            InnerMethod::Pap => config.pap(),
            InnerMethod::Chap => config.chap(),
            InnerMethod::MsChap => config.mschap(),
            InnerMethod::MsChapV2 => config.mschapv2(),
            _ => config,
        };
    }
    if let Some(eap) = eap(inner, retries, inner_tls)? {
        config = config.eap(eap);
    }
    Ok(config.build()?)
}

/// PEAP with any of these inside.
pub(crate) fn peap(
    inner: &[InnerMethod],
    retries: u8,
    tls: TlsServerConfig,
    inner_tls: impl Fn() -> Result<TlsServerConfig, Box<dyn Error>>,
    edit: impl FnOnce(PeapServerConfigBuilder) -> PeapServerConfigBuilder,
) -> Result<PeapServerConfig, Box<dyn Error>> {
    let eap = eap(inner, retries, inner_tls)?.ok_or("PEAP takes EAP methods only")?;
    Ok(edit(PeapServerConfig::builder(tls, eap)).build()?)
}

/// EAP-FAST with any of these inside, by a server with this A-ID.
#[cfg(feature = "fast")]
pub(crate) fn fast(
    inner: &[InnerMethod],
    retries: u8,
    (tls, authority): (TlsServerConfigBuilder, &[u8]),
    inner_tls: impl Fn() -> Result<TlsServerConfig, Box<dyn Error>>,
    edit: impl FnOnce(FastServerConfigBuilder) -> FastServerConfigBuilder,
) -> Result<FastServerConfig, Box<dyn Error>> {
    let eap = eap(inner, retries, inner_tls)?.ok_or("EAP-FAST takes EAP methods only")?;
    Ok(edit(FastServerConfig::builder(tls, eap, authority)).build()?)
}

/// The EAP methods among these.
fn eap(
    inner: &[InnerMethod],
    retries: u8,
    tls: impl Fn() -> Result<TlsServerConfig, Box<dyn Error>>,
) -> Result<Option<AuthenticatorConfig>, Box<dyn Error>> {
    let mut config = AuthenticatorConfig::builder().password_retries(retries);
    let mut any = false;
    for protocol in inner {
        config = match protocol {
            InnerMethod::Eap(MethodType::TLS) => config.tls(tls()?),
            InnerMethod::Eap(method) => config.method(*method),
            _ => continue,
        };
        any = true;
    }
    Ok(if any { Some(config.build()?) } else { None })
}
