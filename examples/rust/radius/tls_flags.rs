//! The flags that only TLS-based methods have a use for. Both tools take them.

use std::collections::BTreeMap;
use std::fs;

use eap_rs::MethodType;
use eap_rs::peap::CryptoBinding;
use eap_rs::tls::TlsVersion;
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
            "anonymous" | "insecure-no-server-authentication" | "legacy-tls" => String::new(),
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
        for (flag, other) in [
            ("ca", "insecure-no-server-authentication"),
            ("anonymous", "anonymous-identity"),
            ("legacy-tls", "resume"),
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
        ] {
            if self.has(flag) && !self.has(other) {
                return Err(format!("--{flag} needs --{other}").into());
            }
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

fn read(flag: &str, path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("--{flag} {path}: {error}"))
}

/// Whether the settings of TLS mean something to this method.
pub(crate) fn is_tls_based(method: &Named) -> bool {
    method.inner.is_some() || method.facts.method == MethodType::TLS
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
        "fragment-size" if !in_range(value, 64..=65_000) => "64 to 65000",
        "resume" if !in_range(value, 1..=1_000_000) => "1 to 1000000",
        "session-lifetime" if !in_range(value, 1..=604_800) => "1 to 604800",
        _ => return Ok(()),
    };
    Err(format!("--{flag} {value:?}; accepted: {accepted}").into())
}

fn in_range(value: &str, range: std::ops::RangeInclusive<u32>) -> bool {
    value.parse().is_ok_and(|number| range.contains(&number))
}
