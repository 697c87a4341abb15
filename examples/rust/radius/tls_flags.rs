//! The flags that only TLS-based methods have a use for. Both tools take them.

use std::collections::BTreeMap;
use std::fs;

#[cfg(feature = "fast")]
use eap_rs::fast::Provisioning;
use eap_rs::peap::CryptoBinding;
use eap_rs::tls::TlsVersion;
use eap_rs::{InnerMethod, MethodType};
use lexopt::{Error, Parser, ValueExt};

use crate::names::Named;

/// What was given, by flag, in the order given. Values are checked when they are read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsFlags(BTreeMap<&'static str, Vec<String>>);

impl TlsFlags {
    /// Reads the value of `flag`, if it is one of `flags`.
    pub(crate) fn read(
        &mut self,
        flag: &str,
        flags: &[&'static str],
        arguments: &mut Parser,
    ) -> Result<bool, Error> {
        let Some(flag) = flags.iter().find(|known| **known == flag) else { return Ok(false) };
        let value = match *flag {
            "anonymous" | "insecure-no-server-authentication" | "legacy-tls" | "gtc-plain" => {
                String::new()
            }
            _ => arguments.value()?.string()?,
        };
        check(flag, &value)?;
        self.0.entry(flag).or_default().push(value);
        Ok(true)
    }

    /// Refuses what makes no sense together, or with these methods.
    pub(crate) fn check(&self, methods: &[Named]) -> Result<(), Error> {
        if let Some(flag) = self.0.keys().next()
            && !methods.iter().any(is_tls_based)
        {
            return Err(format!("--{flag} is only for TLS-based methods").into());
        }
        if let Some(flag) = self.0.keys().find(|flag| FAST.contains(flag))
            && !methods.iter().any(|method| method.facts.method == MethodType::FAST)
        {
            return Err(format!("--{flag} is only for EAP-FAST").into());
        }
        for (flag, other) in [
            ("ca", "insecure-no-server-authentication"),
            ("server-name", "insecure-no-server-authentication"),
            ("anonymous", "anonymous-identity"),
            ("legacy-tls", "resume"),
            ("legacy-tls", "ticket-key"),
            ("legacy-tls", "session-lifetime"),
        ] {
            if self.has(flag) && self.has(other) {
                return Err(format!("--{flag} and --{other} contradict each other").into());
            }
        }
        for (flag, other) in [
            ("cert", "key"),
            ("key", "cert"),
            ("crl", "ca"),
            ("client-certificates", "ca"),
            ("client-name", "ca"),
            ("client-name-suffix", "ca"),
            ("pac-lifetime", "pac-key"),
            ("pac-refresh", "pac-key"),
        ] {
            if self.has(flag) && !self.has(other) {
                return Err(format!("--{flag} needs --{other}").into());
            }
        }
        for flag in ["tls-min", "tls-max"] {
            let Some(version) = self.get(flag) else { continue };
            if ["1.0", "1.1"].contains(&version)
                && !self.has("legacy-tls")
                && methods.iter().any(begins_with_1_2)
            {
                return Err(format!("--{flag} {version} needs --legacy-tls").into());
            }
        }
        if self.get("crypto-binding") == Some("required")
            && self.get("peap-max-version") == Some("1")
        {
            let error = "--crypto-binding required and --peap-max-version 1 contradict each other";
            return Err(error.into());
        }
        Ok(())
    }

    /// What was given for `flag`, the last time.
    pub(crate) fn get(&self, flag: &str) -> Option<&str> {
        self.0.get(flag)?.last().map(String::as_str)
    }

    /// What was given for `flag`, every time.
    pub(crate) fn all(&self, flag: &str) -> &[String] {
        self.0.get(flag).map_or(&[], Vec::as_slice)
    }

    /// Whether `flag` was given.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.0.contains_key(flag)
    }

    /// The TLS version that was given for `flag`.
    pub(crate) fn version(&self, flag: &str) -> Option<TlsVersion> {
        self.get(flag).map(|version| match version {
            "1.0" => TlsVersion::V1_0,
            "1.1" => TlsVersion::V1_1,
            "1.2" => TlsVersion::V1_2,
            _ => TlsVersion::V1_3,
        })
    }

    /// What was said about PEAP's crypto-binding.
    pub(crate) fn crypto_binding(&self) -> Option<CryptoBinding> {
        self.get("crypto-binding").map(|binding| match binding {
            "off" => CryptoBinding::Off,
            "required" => CryptoBinding::Required,
            _ => CryptoBinding::IfOffered,
        })
    }

    /// In which tunnels PACs are issued, or taken.
    #[cfg(feature = "fast")]
    pub(crate) fn provisioning(&self) -> Option<Provisioning> {
        self.get("provisioning").map(|provisioning| match provisioning {
            "anonymous" => Provisioning::Anonymous,
            "authenticated" => Provisioning::Authenticated,
            "both" => Provisioning::Both,
            _ => Provisioning::Off,
        })
    }

    /// The number that was given for `flag`.
    pub(crate) fn number(&self, flag: &str) -> Option<usize> {
        self.get(flag)?.parse().ok()
    }

    /// The octets of the file that was given for `flag`.
    pub(crate) fn file(&self, flag: &str) -> Result<Option<Vec<u8>>, String> {
        self.get(flag).map(|path| read(flag, path)).transpose()
    }

    /// The octets of every file that was given for `flag`.
    pub(crate) fn files(&self, flag: &str) -> Result<Vec<Vec<u8>>, String> {
        self.all(flag).iter().map(|path| read(flag, path)).collect()
    }
}

/// Those that only EAP-FAST has a use for.
const FAST: [&str; 8] = [
    "pac-file",
    "pac-key",
    "a-id",
    "a-id-info",
    "pac-lifetime",
    "pac-refresh",
    "provisioning",
    "gtc-plain",
];

/// Octets as digits, at least one.
pub(crate) fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let octets = pairs.map(|pair| match pair {
        [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
            u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
        }
        _ => None,
    });
    octets.collect::<Option<Vec<_>>>().filter(|octets| !octets.is_empty())
}

fn read(flag: &str, path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("--{flag} {path}: {error}"))
}

/// Whether the settings of TLS mean something to this method.
pub(crate) fn is_tls_based(method: &Named) -> bool {
    method.inner.is_some() || method.facts.method == MethodType::TLS
}

/// Whether the peer has to show a certificate.
pub(crate) fn needs_certificate(method: &Named) -> bool {
    let innermost = match method.inner {
        Some(InnerMethod::Eap(method)) => method,
        _ => method.facts.method,
    };
    innermost == MethodType::TLS
}

/// Whether this method, or the one inside, has no TLS before 1.2 unless told otherwise.
fn begins_with_1_2(method: &Named) -> bool {
    is_tls_based(method) && (method.facts.method != MethodType::FAST || needs_certificate(method))
}

fn check(flag: &str, value: &str) -> Result<(), Error> {
    let accepted = match flag {
        "tls-min" | "tls-max" if !["1.0", "1.1", "1.2", "1.3"].contains(&value) => {
            "1.2, 1.3, with --legacy-tls also 1.0, 1.1"
        }
        "client-certificates" if !["optional", "required"].contains(&value) => "optional, required",
        "peap-max-version" if !["0", "1"].contains(&value) => "0, 1",
        "crypto-binding" if !["off", "if-offered", "required"].contains(&value) => {
            "off, if-offered, required"
        }
        "provisioning" if !["none", "anonymous", "authenticated", "both"].contains(&value) => {
            "none, anonymous, authenticated, both"
        }
        "pac-file" if value.is_empty() => "the name of a file",
        "a-id" if hexadecimal(value).is_none_or(|octets| octets.len() > 1015) => {
            "2 to 2030 hexadecimal digits"
        }
        "a-id-info" if value.len() > 1015 => "at most 1015 octets",
        "pac-lifetime" if !in_range(value, 1..=TEN_YEARS) => "1 to 315360000",
        "pac-refresh" if !in_range(value, 0..=TEN_YEARS) => "0 to 315360000",
        "fragment-size" if !in_range(value, 64..=65_000) => "64 to 65000",
        "resume" if !in_range(value, 1..=1_000_000) => "1 to 1000000",
        "session-lifetime" if !in_range(value, 1..=604_800) => "1 to 604800",
        _ => return Ok(()),
    };
    Err(format!("--{flag} {value:?}; accepted: {accepted}").into())
}

/// In seconds.
const TEN_YEARS: u32 = 315_360_000;

fn in_range(value: &str, range: std::ops::RangeInclusive<u32>) -> bool {
    value.parse().is_ok_and(|number| range.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_pairs_of_digits() {
        assert_eq!(hexadecimal("00fF"), Some(vec![0, 255]));
        for digits in ["", "0", "000", "+1", "0x", "g0", "\u{e9}"] {
            assert_eq!(hexadecimal(digits), None, "{digits}");
        }
    }
}
