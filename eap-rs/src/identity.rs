//! The name a peer gives (RFC 3748 §5.1, RFC 7542).

use core::fmt;
use std::sync::Arc;

mod nai;

pub use nai::{Nai, Realm};

/// An identity as it travels in an EAP-Response/Identity: octets, by convention UTF-8 in the form
/// of a Network Access Identifier (RFC 7542). It may be empty (RFC 3748 §5.1).
///
/// `Display` is safe for logs and screens: what is not UTF-8 or not printable is escaped. Cloning
/// shares the octets.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Identity(Arc<[u8]>);

impl Identity {
    /// The most octets an identity may have: what fits the 1020-octet packet that every EAP
    /// implementation must be ready for (RFC 3748 §3.1, §5.1).
    pub const MAX_LEN: usize = 1015;

    /// An identity of exactly these octets.
    #[must_use]
    pub fn new(octets: impl AsRef<[u8]>) -> Self {
        Self(octets.as_ref().into())
    }

    /// The octets as they travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The identity as text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(&self.0).ok()
    }

    /// The identity as a Network Access Identifier, if it is one (RFC 7542 §2.2).
    #[must_use]
    pub fn nai(&self) -> Option<Nai<'_>> {
        Nai::parse(self.as_str()?)
    }

    /// What to give in its place where everybody can read it, outside a tunnel: `@example.org` of
    /// `alice@example.org`, so that the conversation finds the home realm, and nothing of the user
    /// (RFC 7542 §2.4). `anonymous` if there is no realm that is one by RFC 7542 §2.2.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        let text = self.as_str().unwrap_or_default();
        let realm = text.rfind('@').and_then(|at| text.get(at..));
        let realm = realm.filter(|text| Nai::parse(text).is_some());
        Self::new(realm.unwrap_or("anonymous"))
    }

    /// The octets without the Windows domain in front, as MS-CHAP hashes them (RFC 2759 §4):
    /// `alice` of `EXAMPLE\\alice`.
    #[must_use]
    pub fn without_domain(&self) -> &[u8] {
        without_domain(&self.0)
    }
}

/// [`Identity::without_domain`]. What comes before the first backslash is the domain.
pub(crate) fn without_domain(name: &[u8]) -> &[u8] {
    let mut parts = name.splitn(2, |octet| *octet == b'\\');
    let first = parts.next();
    parts.next().or(first).unwrap_or_default()
}

impl From<&str> for Identity {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() || character == '\\' {
                    write!(f, "{}", character.escape_default())?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            for octet in chunk.invalid() {
                write!(f, "\\x{octet:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(\"{self}\")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_escapes_what_a_terminal_would_obey() {
        assert_eq!(Identity::from("alice@example.org").to_string(), "alice@example.org");
        assert_eq!(Identity::new(b"a\x1b[2J\xff\0").to_string(), "a\\u{1b}[2J\\xff\\u{0}");
        assert_eq!(Identity::new(b"\xff").as_str(), None);
    }

    #[test]
    fn an_anonymous_identity_tells_the_realm_and_nothing_else() {
        for (identity, anonymous) in [
            ("alice@example.org", "@example.org"),
            ("@example.org", "@example.org"),
            ("alice smith@Example.org", "@Example.org"),
            ("alice@example.net@example.org", "@example.org"),
            ("other.example!alice@example.org", "@example.org"),
            ("алиса@пример.example", "@пример.example"),
            ("alice", "anonymous"),
            ("alice@example", "anonymous"),
            ("alice@example.org ", "anonymous"),
            ("EXAMPLE\\alice", "anonymous"),
            ("", "anonymous"),
        ] {
            assert_eq!(Identity::from(identity).anonymous(), Identity::from(anonymous));
        }
        assert_eq!(Identity::new(b"al\xffice@example.org").anonymous().as_bytes(), b"anonymous");
    }

    #[test]
    fn the_domain_ends_at_the_first_backslash() {
        assert_eq!(Identity::from("EXAMPLE\\alice\\x").without_domain(), b"alice\\x");
        assert_eq!(Identity::from("alice@example.org").without_domain(), b"alice@example.org");
        for empty in ["EXAMPLE\\", "\\", ""] {
            assert_eq!(Identity::from(empty).without_domain(), b"");
        }
    }
}
