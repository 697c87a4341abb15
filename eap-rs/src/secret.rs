//! Secrets and keys: wiped when dropped, never printed, read only through `expose`.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password, token response or pre-shared key.
///
/// It has no `Display`, `Clone` or `PartialEq`; [`Secret::expose`] is the only way to its octets.
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Copies `octets` into memory that is wiped when the secret is dropped.
    #[must_use]
    pub fn new(octets: impl AsRef<[u8]>) -> Self {
        Self(Zeroizing::new(octets.as_ref().into()))
    }

    /// The octets. Every use of this method is a place to audit.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Compares without a timing trace of the contents (the lengths are not hidden).
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.expose().ct_eq(other).into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} octets)", self.0.len())
    }
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(Zeroizing<Box<[u8]>>);

        impl $name {
            /// Copies `octets` into memory that is wiped when the key is dropped.
            #[must_use]
            pub fn new(octets: impl AsRef<[u8]>) -> Self {
                Self(Zeroizing::new(octets.as_ref().into()))
            }

            /// The octets. Every use of this method is a place to audit.
            #[must_use]
            pub fn expose(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} octets)"), self.0.len())
            }
        }
    };
}

key! {
    /// Master Session Key (RFC 5247 §1.2), for the lower layer: 64 octets; of EAP-MSCHAPv2, which
    /// has no more, 32.
    Msk
}
key! {
    /// Extended Master Session Key (RFC 5247 §1.2): at least 64 octets, never leaves the two ends.
    Emsk
}
key! {
    /// Session-Id (RFC 5247 §1.4): names the conversation uniquely; its first octet is the type.
    SessionId
}

/// What a key-deriving method exports (RFC 3748 §7.10). A method that derives none yields no
/// `Keys` at all.
#[derive(Debug)]
pub struct Keys {
    /// The Master Session Key.
    pub msk: Msk,
    /// The Extended Master Session Key, where the method defines one.
    pub emsk: Option<Emsk>,
    /// The Session-Id, where the method defines one.
    pub session_id: Option<SessionId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_sizes_only() {
        let keys = Keys {
            msk: Msk::new([0x41; 64]),
            emsk: Some(Emsk::new([0x42; 64])),
            session_id: Some(SessionId::new([0x43; 65])),
        };
        assert_eq!(
            format!("{keys:?} {:?}", Secret::from("CCC")),
            "Keys { msk: Msk(64 octets), emsk: Some(Emsk(64 octets)), \
             session_id: Some(SessionId(65 octets)) } Secret(3 octets)"
        );
    }

    #[test]
    fn comparison_covers_content_and_length() {
        let secret = Secret::from("hello");
        assert!(secret.ct_eq(b"hello"));
        assert!(!secret.ct_eq(b"hellO"));
        assert!(!secret.ct_eq(b"hell"));
    }
}
