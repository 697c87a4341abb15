//! What is wrong with the settings, in the words of the command line.

use std::error::Error;

use eap_rs::ConfigError;

use crate::tls_flags::TlsFlags;

/// What the library's settings are called here, where it is something else.
const NAMES: [(&str, &str); 11] = [
    ("authority", "--a-id"),
    ("authority_name", "--a-id-info"),
    ("certificate", "--cert"),
    ("client_ca", "--ca"),
    ("max_version", "--tls-max"),
    ("min_version", "--tls-min"),
    ("mschapv2", "fast/mschapv2"),
    ("pac_keys", "--pac-key"),
    ("pac_renewal", "--pac-refresh"),
    ("resumption", "--ticket-key"),
    ("tls", "--ca"),
];

/// The error with the flags in the place of the library's settings.
pub(crate) fn in_flags(error: &(dyn Error + 'static), flags: &TlsFlags) -> String {
    match error.downcast_ref() {
        Some(ConfigError::Needs { field, needs }) => {
            format!("{} needs {}", given(field, flags), name(needs))
        }
        Some(ConfigError::Conflict { field, with }) => {
            let (field, with) = (given(field, flags), given(with, flags));
            format!("{field} and {with} contradict each other")
        }
        Some(ConfigError::NoTrust) => "nothing to trust is configured; accepted: --ca, \
             --insecure-no-server-authentication, with EAP-FAST also a PAC in --pac-file"
            .into(),
        // What the TLS library says is about no setting of its own.
        Some(error @ (ConfigError::Tls(_) | ConfigError::NoTlsProvider(_))) => error.to_string(),
        Some(error) => error.to_string().replacen(error.field(), &name(error.field()), 1),
        None => error.to_string(),
    }
}

fn name(setting: &str) -> String {
    match NAMES.iter().find(|(known, _)| *known == setting) {
        Some((_, name)) => (*name).into(),
        // Several settings, in words.
        None if setting.contains(' ') => setting.into(),
        None => format!("--{}", setting.replace('_', "-")),
    }
}

/// With its value.
fn given(setting: &str, flags: &TlsFlags) -> String {
    let name = name(setting);
    match name.strip_prefix("--").and_then(|flag| flags.get(flag)) {
        Some(value) if !value.is_empty() => format!("{name} {value}"),
        _ => name,
    }
}
