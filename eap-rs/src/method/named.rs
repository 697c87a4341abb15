//! Methods by the names that commands and settings have for them.

use crate::{InnerMethod, MethodType};

/// A method as it can be named: by itself, or inside another's tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedMethod {
    /// For example `tls` or `peap/mschapv2`.
    pub name: &'static str,
    /// The method itself, or the one with the tunnel.
    pub method: MethodType,
    /// What happens inside the tunnel.
    pub inner: Option<InnerMethod>,
}

/// All that can be named.
pub const NAMED: &[NamedMethod] = &[
    NamedMethod::plain("md5", MethodType::MD5),
    NamedMethod::plain("otp", MethodType::OTP),
    NamedMethod::plain("gtc", MethodType::GTC),
    NamedMethod::plain("tls", MethodType::TLS),
    NamedMethod::plain("mschapv2", MethodType::MSCHAPV2),
    NamedMethod::ttls("ttls/pap", InnerMethod::Pap),
    NamedMethod::ttls("ttls/chap", InnerMethod::Chap),
    NamedMethod::ttls("ttls/mschap", InnerMethod::MsChap),
    NamedMethod::ttls("ttls/mschapv2", InnerMethod::MsChapV2),
    NamedMethod::ttls("ttls/eap-mschapv2", InnerMethod::Eap(MethodType::MSCHAPV2)),
    NamedMethod::ttls("ttls/eap-gtc", InnerMethod::Eap(MethodType::GTC)),
    NamedMethod::ttls("ttls/eap-md5", InnerMethod::Eap(MethodType::MD5)),
    NamedMethod::ttls("ttls/eap-tls", InnerMethod::Eap(MethodType::TLS)),
    NamedMethod::peap("peap/mschapv2", MethodType::MSCHAPV2),
    NamedMethod::peap("peap/gtc", MethodType::GTC),
    NamedMethod::peap("peap/md5", MethodType::MD5),
    NamedMethod::peap("peap/tls", MethodType::TLS),
    #[cfg(feature = "fast")]
    NamedMethod::fast("fast/mschapv2", MethodType::MSCHAPV2),
    #[cfg(feature = "fast")]
    NamedMethod::fast("fast/gtc", MethodType::GTC),
    #[cfg(feature = "fast")]
    NamedMethod::fast("fast/tls", MethodType::TLS),
];

impl NamedMethod {
    /// The method of this name, in lower or upper case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        NAMED.iter().find(|named| named.name.eq_ignore_ascii_case(name)).copied()
    }

    /// The name of a method with this inside.
    #[must_use]
    pub fn of(method: MethodType, inner: Option<InnerMethod>) -> Option<Self> {
        NAMED.iter().find(|named| named.method == method && named.inner == inner).copied()
    }

    const fn plain(name: &'static str, method: MethodType) -> Self {
        Self { name, method, inner: None }
    }

    const fn ttls(name: &'static str, inner: InnerMethod) -> Self {
        Self { name, method: MethodType::TTLS, inner: Some(inner) }
    }

    #[cfg(feature = "fast")]
    const fn fast(name: &'static str, inner: MethodType) -> Self {
        Self { name, method: MethodType::FAST, inner: Some(InnerMethod::Eap(inner)) }
    }

    const fn peap(name: &'static str, inner: MethodType) -> Self {
        Self { name, method: MethodType::PEAP, inner: Some(InnerMethod::Eap(inner)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::SUPPORTED;

    #[test]
    fn every_supported_method_has_a_name_that_leads_to_it() {
        for facts in SUPPORTED {
            let mut named = NAMED.iter().filter(|named| named.method == facts.method);
            assert!(named.next().is_some(), "{}", facts.name);
        }
        for named in NAMED {
            assert_eq!(NamedMethod::find(&named.name.to_uppercase()), Some(*named));
            assert_eq!(NamedMethod::of(named.method, named.inner), Some(*named));
            let facts = SUPPORTED.iter().find(|facts| facts.method == named.method).unwrap();
            assert!(named.name.starts_with(facts.name), "{}", named.name);
            assert_eq!(named.inner.is_some(), facts.method.is_tunnel(), "{}", named.name);
        }
    }
}
