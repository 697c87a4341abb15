//! What a peer does inside a tunnel.

use std::error::Error;

#[cfg(feature = "fast")]
use eap_rs::fast::{FastPeerConfig, FastPeerConfigBuilder};
use eap_rs::peap::{PeapPeerConfig, PeapPeerConfigBuilder};
use eap_rs::tls::TlsPeerConfig;
use eap_rs::ttls::TtlsPeerConfig;
use eap_rs::{InnerMethod, MethodType, NtHash, PeerConfig};

/// Who logs in.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) identity: &'a str,
    /// Asked for if it is not here.
    pub(crate) password: Option<&'a str>,
    /// In the place of the password.
    pub(crate) nt_hash: Option<&'a NtHash>,
}

impl<'a> Who<'a> {
    /// Somebody who is asked for the password.
    pub(crate) fn new(identity: &'a str) -> Self {
        Self { identity, password: None, nt_hash: None }
    }

    fn nt_hash(&self) -> Option<NtHash> {
        self.nt_hash.map(|hash| NtHash::new(*hash.expose()))
    }
}

/// EAP-TTLS with this inside. `tls` makes the settings of the tunnel, and of EAP-TLS inside it.
pub(crate) fn ttls(
    inner: InnerMethod,
    who: Who<'_>,
    tls: impl Fn() -> Result<TlsPeerConfig, Box<dyn Error>>,
) -> Result<TtlsPeerConfig, Box<dyn Error>> {
    let config = TtlsPeerConfig::builder(tls()?);
    let config = match inner {
        InnerMethod::Eap(method) => config.eap(eap(method, who, tls)?),
        _ => {
            let mut config = config.identity(who.identity);
            if let Some(password) = who.password {
                config = config.password(password);
            }
            if let Some(hash) = who.nt_hash() {
                config = config.nt_hash(hash);
            }
            match inner {
                InnerMethod::Chap => config.chap(),
                InnerMethod::MsChap => config.mschap(),
                InnerMethod::MsChapV2 => config.mschapv2(),
                _ => config.pap(),
            }
        }
    };
    Ok(config.build()?)
}

/// PEAP with this inside.
pub(crate) fn peap(
    inner: InnerMethod,
    who: Who<'_>,
    tls: impl Fn() -> Result<TlsPeerConfig, Box<dyn Error>>,
    edit: impl FnOnce(PeapPeerConfigBuilder) -> PeapPeerConfigBuilder,
) -> Result<PeapPeerConfig, Box<dyn Error>> {
    let InnerMethod::Eap(method) = inner else { return Err("PEAP takes EAP methods only".into()) };
    let tunnel = tls()?;
    Ok(edit(PeapPeerConfig::builder(tunnel, eap(method, who, tls)?)).build()?)
}

/// EAP-FAST with this inside; `tls` makes the settings of EAP-TLS inside the tunnel.
#[cfg(feature = "fast")]
pub(crate) fn fast(
    inner: InnerMethod,
    who: Who<'_>,
    tls: impl Fn() -> Result<TlsPeerConfig, Box<dyn Error>>,
    edit: impl FnOnce(FastPeerConfigBuilder) -> Result<FastPeerConfigBuilder, Box<dyn Error>>,
) -> Result<FastPeerConfig, Box<dyn Error>> {
    let InnerMethod::Eap(method) = inner else {
        return Err("EAP-FAST takes EAP methods only".into());
    };
    Ok(edit(FastPeerConfig::builder(eap(method, who, tls)?))?.build()?)
}

fn eap(
    method: MethodType,
    who: Who<'_>,
    tls: impl Fn() -> Result<TlsPeerConfig, Box<dyn Error>>,
) -> Result<PeerConfig, Box<dyn Error>> {
    let mut config = PeerConfig::builder().identity(who.identity);
    if let Some(password) = who.password {
        config = config.password(password);
    }
    if let Some(hash) = who.nt_hash() {
        config = config.nt_hash(hash);
    }
    config = match method {
        MethodType::TLS => config.tls(tls()?),
        method => config.method(method),
    };
    Ok(config.build()?)
}
