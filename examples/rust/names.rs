//! The methods' names on a command line.

use eap_rs::{MethodFacts, SUPPORTED};
use lexopt::Error;

/// The numbers 1 to 7 of an IP phone's setting "802.1X mode", by method name. 0 is "disabled".
pub(crate) const PHONE_MODES: [&str; 7] =
    ["md5", "tls", "peap/mschapv2", "ttls/eap-mschapv2", "peap/gtc", "ttls/eap-gtc", "fast"];

/// Names that are settled before the library has the method.
const PLANNED: [&str; 13] = [
    "peap/mschapv2",
    "peap/gtc",
    "peap/md5",
    "peap/tls",
    "ttls/pap",
    "ttls/chap",
    "ttls/mschap",
    "ttls/mschapv2",
    "ttls/eap-mschapv2",
    "ttls/eap-gtc",
    "ttls/eap-md5",
    "ttls/eap-tls",
    "fast",
];

/// The method of that name or phone number.
pub(crate) fn find(wanted: &str) -> Result<&'static MethodFacts, Error> {
    let mode = (1..).zip(PHONE_MODES).find(|(number, _)| wanted == format!("{number}"));
    let name = mode.map_or(wanted, |(_, name)| name);
    let is_wanted = |other: &str| other.eq_ignore_ascii_case(name);
    if let Some(facts) = SUPPORTED.iter().find(|facts| is_wanted(facts.name)) {
        return Ok(facts);
    }
    let available = available();
    Err(match (PLANNED.iter().find(|planned| is_wanted(planned)), mode) {
        (Some(name), Some((number, _))) => {
            format!("method {number} ({name}) is not available yet\navailable: {available}")
        }
        (Some(name), None) => format!("method {name} is not available yet\navailable: {available}"),
        (None, _) => format!("unknown method {wanted:?}\navailable: {available}"),
    }
    .into())
}

/// The names there are.
pub(crate) fn available() -> String {
    SUPPORTED.iter().map(|facts| facts.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_method_is_both_supported_and_planned() {
        for facts in SUPPORTED {
            assert!(!PLANNED.contains(&facts.name), "{}", facts.name);
        }
    }

    #[test]
    fn every_phone_mode_is_supported_or_planned() {
        for name in PHONE_MODES {
            let supported = SUPPORTED.iter().any(|facts| facts.name == name);
            assert!(supported || PLANNED.contains(&name), "{name}");
        }
    }
}
