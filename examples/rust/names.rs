//! The methods' names on a command line.

use eap_rs::method::NAMED;
use eap_rs::{InnerMethod, MethodFacts, SUPPORTED};
use lexopt::Error;

/// The numbers 1 to 7 of an IP phone's setting "802.1X mode", by method name. 0 is "disabled".
pub(crate) const PHONE_MODES: [&str; 7] = [
    "md5",
    "tls",
    "peap/mschapv2",
    "ttls/eap-mschapv2",
    "peap/gtc",
    "ttls/eap-gtc",
    "fast/mschapv2",
];

/// A method on a command line: by itself, or inside another's tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    /// The method itself, or the one with the tunnel.
    pub(crate) facts: &'static MethodFacts,
    /// What happens inside the tunnel.
    pub(crate) inner: Option<InnerMethod>,
}

/// Everything that can be named.
pub(crate) fn all() -> impl Iterator<Item = Named> {
    NAMED.iter().filter_map(|named| {
        let facts = SUPPORTED.iter().find(|facts| facts.method == named.method)?;
        Some(Named { name: named.name, facts, inner: named.inner })
    })
}

/// The method of that name or phone number.
pub(crate) fn find(wanted: &str) -> Result<Named, Error> {
    let mode = (1..).zip(PHONE_MODES).find(|(number, _)| wanted == format!("{number}"));
    let name = mode.map_or(wanted, |(_, name)| name);
    if let Some(named) = all().find(|named| named.name.eq_ignore_ascii_case(name)) {
        return Ok(named);
    }
    let is_fast = name.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case("fast"));
    Err(if is_fast && !cfg!(feature = "fast") {
        "EAP-FAST is not in this build: feature `fast`".into()
    } else {
        format!("unknown method {wanted:?}\navailable: {}", available()).into()
    })
}

/// The names there are.
pub(crate) fn available() -> String {
    all().map(|named| named.name).collect::<Vec<_>>().join(", ")
}

/// The names there are, for a help text: in lines that begin this far to the right.
pub(crate) fn available_from(column: usize) -> String {
    let (mut text, mut end) = (String::new(), column);
    for named in all() {
        let separator = if text.is_empty() { "" } else { ", " };
        let len = separator.len() + named.name.len();
        // Room for the comma.
        if end + len < MAX_COLUMN {
            text.push_str(separator);
            end += len;
        } else {
            text.push_str(",\n");
            text.extend(std::iter::repeat_n(' ', column));
            end = column + named.name.len();
        }
        text.push_str(named.name);
    }
    text
}

/// How wide a help text is.
const MAX_COLUMN: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phone_mode_is_a_method_unless_it_is_not_in_this_build() {
        for (number, name) in (1..).zip(PHONE_MODES) {
            match find(&format!("{number}")) {
                Ok(named) => assert_eq!(named.name, name),
                Err(error) => {
                    assert_eq!((name, cfg!(feature = "fast")), ("fast/mschapv2", false));
                    assert_eq!(error.to_string(), "EAP-FAST is not in this build: feature `fast`");
                }
            }
        }
    }

    #[test]
    fn a_tunnel_without_anything_inside_is_no_method() {
        for name in ["peap", "ttls", "fast/", "fast/md5"] {
            assert!(find(name).is_err(), "{name}");
        }
    }
}
