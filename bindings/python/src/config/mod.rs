//! Configurations: keyword arguments in place of the core's builders, methods by name.

mod authenticator;
mod fast;
mod peer;
mod resumption;
mod tls;

pub(crate) use authenticator::{Asks, AuthenticatorConfig};
pub(crate) use fast::PacKeys;
pub(crate) use peer::PeerConfig;
pub(crate) use resumption::TicketKeys;
pub(crate) use tls::{TlsPeerConfig, TlsServerConfig};

use eap_rs::method::{NAMED, NamedMethod};
use eap_rs::peap::CryptoBinding;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::{config, setting, within};

/// A sequence of names. A single one would be a sequence, too: of its letters.
struct Names(Vec<String>);

impl Names {
    fn all(given: Option<Self>) -> Vec<String> {
        given.map_or_else(Vec::new, |names| names.0)
    }
}

impl<'py> FromPyObject<'_, 'py> for Names {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|_| {
            let kind = object.get_type().name().map(|name| name.to_string());
            let kind = kind.unwrap_or_default();
            PyTypeError::new_err(format!("{kind} given, accepted: a sequence of str"))
        })
    }
}

/// The methods of these names.
fn methods(py: Python<'_>, names: &[String]) -> PyResult<Vec<NamedMethod>> {
    names
        .iter()
        .map(|name| {
            NamedMethod::find(name).ok_or_else(|| {
                if name.starts_with("fast/") && !cfg!(feature = "fast") {
                    return config(py, &fast::not_in_this_build("methods"));
                }
                let accepted: Vec<_> = NAMED.iter().map(|named| named.name).collect();
                let accepted = accepted.join(", ");
                setting(py, "methods", format!("methods: {name:?} given, accepted: {accepted}"))
            })
        })
        .collect()
}

/// One of the words that a setting accepts.
pub(crate) fn word<T: Copy>(
    py: Python<'_>,
    field: &str,
    given: &str,
    words: &[(&str, T)],
) -> PyResult<T> {
    let found = words.iter().find(|(word, _)| *word == given);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let accepted: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let accepted = accepted.join(", ");
        setting(py, field, format!("{field}: {given:?} given, accepted: {accepted}"))
    })
}

const CRYPTO_BINDINGS: &[(&str, CryptoBinding)] = &[
    ("off", CryptoBinding::Off),
    ("if-offered", CryptoBinding::IfOffered),
    ("required", CryptoBinding::Required),
];

/// PEAP's settings, which both sides have.
#[derive(Clone, Copy)]
struct PeapSettings {
    max_version: u8,
    crypto_binding: CryptoBinding,
}

impl PeapSettings {
    fn new(py: Python<'_>, max_version: i64, crypto_binding: &str) -> PyResult<Self> {
        let crypto_binding = word(py, "crypto_binding", crypto_binding, CRYPTO_BINDINGS)?;
        let max_version = within(py, "peap_version", max_version, 0..=1)?;
        Ok(Self { max_version, crypto_binding })
    }
}

/// What only a TLS-based method has.
fn needs_tls(py: Python<'_>, method: NamedMethod) -> PyErr {
    setting(py, "tls", format!("tls: None given, but {} needs certificates", method.name))
}
