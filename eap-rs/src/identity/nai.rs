//! Network Access Identifiers (RFC 7542): `user@realm`.
//!
//! # Departures
//!
//! - Whether a text is in Normal Form Composed (RFC 7542 §2.1), and whether a realm could really be
//!   registered (§2.5), takes tables of Unicode, which are not here.
//! - `\(user\)@example.net` is among the valid examples of §3.4, and the grammar of §2.2 has no
//!   backslash: the grammar prevails.

use core::fmt;

/// An identity that is a Network Access Identifier (RFC 7542 §2.2): a user, a realm, or both with
/// an `@` between them.
///
/// Nobody has to have one: a server must not refuse an identity because it is none (RFC 7542
/// §2.6.1). What the user part means is known to the realm only, which alone may take it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nai<'a> {
    user: &'a str,
    realm: Option<Realm<'a>>,
}

impl<'a> Nai<'a> {
    /// Reads an identifier.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (user, realm) = match text.split_once('@') {
            Some((user, realm)) => (user, Some(Realm::parse(realm)?)),
            None => (text, None),
        };
        let is_private = user.is_empty() && realm.is_some();
        (is_private || is_user(user)).then_some(Self { user, realm })
    }

    /// What is in front of the `@`; empty where only the realm is told, for the user's privacy
    /// (RFC 7542 §2.4).
    #[must_use]
    pub const fn user(&self) -> &'a str {
        self.user
    }

    /// What is behind the `@`.
    #[must_use]
    pub const fn realm(&self) -> Option<Realm<'a>> {
        self.realm
    }

    /// Where the realm is asked to send this on to, and under which name: the realm in front of the
    /// first `!`, and `user@home.example.org` of `home.example.org!user@other.example.net` (RFC
    /// 7542 §3.3.1, RFC 5729 §3.2). A name with a `!` in it may look the same.
    #[must_use]
    pub fn decoration(&self) -> Option<(Realm<'a>, String)> {
        self.realm?;
        let (home, user) = self.user.split_once('!')?;
        let home = Realm::parse(home)?;
        let undecorated = format!("{user}@{home}");
        (user.is_empty() || is_user(user)).then_some((home, undecorated))
    }
}

impl fmt::Display for Nai<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.user)?;
        self.realm.map_or(Ok(()), |realm| write!(f, "@{realm}"))
    }
}

/// The realm of an identifier (RFC 7542 §2.2): two labels at least, with dots between them, of
/// letters, digits, hyphens inside, and whatever is not ASCII.
///
/// Two that are written differently are not equal here, and may be the same: see
/// [`Realm::is_same`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Realm<'a>(&'a str);

impl<'a> Realm<'a> {
    /// Reads a realm.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let fits = !text.is_ascii() || text.len() <= MAX_DOMAIN;
        (fits && text.contains('.') && text.split('.').all(is_label)).then_some(Self(text))
    }

    /// The realm as it was written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether it is this realm. The case of ASCII letters makes no difference if both are all
    /// ASCII; others have to be the same octets: to compare them in any other way takes knowledge
    /// that only the home realm has (RFC 7542 §3).
    #[must_use]
    pub fn is_same(&self, realm: &str) -> bool {
        self.0 == realm || (self.0.is_ascii() && self.0.eq_ignore_ascii_case(realm))
    }

    /// Whether it is this realm or one below it, as `sales.example.com` is below `example.com`.
    /// Nothing is below what is no realm, as `com` (RFC 7542 §3).
    #[must_use]
    pub fn is_same_or_below(&self, realm: &str) -> bool {
        if Realm::parse(realm).is_none() {
            return false;
        }
        let starts = self.0.match_indices('.').filter_map(|(dot, _)| self.0.get(dot + 1..));
        core::iter::once(self.0).chain(starts).any(|end| Self(end).is_same(realm))
    }
}

impl fmt::Display for Realm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `utf8-username`.
fn is_user(text: &str) -> bool {
    text.split('.').all(|string| !string.is_empty() && string.chars().all(is_atext))
}

/// `utf8-atext`.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// `label`; what DNS cannot have is none (RFC 7542 §2.5).
fn is_label(text: &str) -> bool {
    let is_rtext = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric(),
        false => !c.is_control() && !c.is_whitespace(),
    };
    let fits = !text.is_ascii() || text.len() <= MAX_LABEL;
    fits && text.chars().all(|c| c == '-' || is_rtext(c))
        && text.starts_with(is_rtext)
        && text.ends_with(is_rtext)
}

/// Octets of a label and of a domain name (RFC 1035 §2.3.4), without the lengths and the root.
const MAX_LABEL: usize = 63;
const MAX_DOMAIN: usize = 253;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples of RFC 7542 §3.4, with their user and realm.
    const VALID: [(&str, &str, Option<&str>); 14] = [
        ("bob", "bob", None),
        ("joe@example.com", "joe", Some("example.com")),
        ("fred@foo-9.example.com", "fred", Some("foo-9.example.com")),
        ("jack@3rd.depts.example.com", "jack", Some("3rd.depts.example.com")),
        ("fred.smith@example.com", "fred.smith", Some("example.com")),
        ("fred_smith@example.com", "fred_smith", Some("example.com")),
        ("fred$@example.com", "fred$", Some("example.com")),
        ("fred=?#$&*+-/^smith@example.com", "fred=?#$&*+-/^smith", Some("example.com")),
        ("nancy@eng.example.net", "nancy", Some("eng.example.net")),
        ("eng.example.net!nancy@example.net", "eng.example.net!nancy", Some("example.net")),
        ("eng%nancy@example.net", "eng%nancy", Some("example.net")),
        ("@privatecorp.example.net", "", Some("privatecorp.example.net")),
        ("bob@\u{3b4}\u{3bf}\u{3ba}\u{3b9}\u{3bc}\u{3ae}.com", "bob", Some("δοκιμή.com")),
        (
            "alice@xn--tmonesimerkki-bfbb.example.net",
            "alice",
            Some("xn--tmonesimerkki-bfbb.example.net"),
        ),
    ];

    /// The same section's, and one that it takes for valid against the grammar.
    const INVALID: [&str; 9] = [
        "fred@example",
        "fred@example_9.com",
        "fred@example.net@example.net",
        "fred.@example.net",
        "eng:nancy@example.net",
        "eng;nancy@example.net",
        "(user)@example.net",
        "<nancy>@example.net",
        r"\(user\)@example.net",
    ];

    #[test]
    fn the_examples_of_rfc_7542_are_read_as_it_says() {
        for (text, user, realm) in VALID {
            let nai = Nai::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((nai.user(), nai.realm().map(|realm| realm.as_str())), (user, realm));
        }
        // As the RFC prints it, in octets.
        let octets = "626f6240ceb4cebfcebaceb9cebcceae2e636f6d";
        assert_eq!(VALID[12].0.bytes().map(|o| format!("{o:02x}")).collect::<String>(), octets);
        for text in INVALID {
            assert_eq!(Nai::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_grammar_leaves_out_is_no_identifier() {
        for text in [
            "",
            "@",
            "bob@",
            "@example",
            ".bob",
            "bob.",
            "b..b",
            "bob smith",
            "b\0b",
            "a\\b",
            "bob@.example.com",
            "bob@example.com.",
            "bob@example..com",
            "bob@-a.example",
            "bob@a-.example",
            "bob@a.b c.example",
            "bob@a.b\u{85}",
            "bob@a.\u{3000}b",
            "\"bob\"",
        ] {
            assert_eq!(Nai::parse(text), None, "{text:?}");
        }
        for (len, expected) in [(63, true), (64, false)] {
            let text = format!("bob@{}.example", "a".repeat(len));
            assert_eq!(Nai::parse(&text).is_some(), expected);
        }
        for (len, expected) in [(61, true), (62, false)] {
            let label = "a".repeat(63);
            let realm = format!("{label}.{label}.{label}.{}", "a".repeat(len));
            assert_eq!(Realm::parse(&realm).is_some(), expected, "{}", realm.len());
        }
    }

    #[test]
    fn realms_are_compared_without_case_in_ascii_only() {
        let same = |a, b| Realm::parse(a).unwrap().is_same(b);
        assert!(same("Example.COM", "eXample.com"));
        assert!(!same("example.com", "example.org"));
        assert!(same("δοκιμή.com", "δοκιμή.com"));
        assert!(!same("δοκιμή.com", "δοκιμή.COM"));
        assert!(!same("δοκιμή.com", "ΔΟΚΙΜΉ.com"));
        // KELVIN SIGN folds to k.
        assert!(!same("k.example", "\u{212a}.example"));
    }

    #[test]
    fn a_realm_is_below_another_at_a_dot() {
        let below = |a, b| Realm::parse(a).unwrap().is_same_or_below(b);
        assert!(below("sales.example.com", "EXAMPLE.com"));
        assert!(below("example.com", "example.com"));
        assert!(below("a.b.δοκιμή.com", "δοκιμή.com"));
        for (realm, other) in [
            ("sales.example.com", "com"),
            ("notexample.com", "example.com"),
            ("example.com", "sales.example.com"),
            ("example.com", ".example.com"),
            ("example.com", ""),
        ] {
            assert!(!below(realm, other), "{realm} {other}");
        }
    }

    #[test]
    fn decorations_lead_home_one_realm_at_a_time() {
        let home = |text| {
            let (realm, text) = Nai::parse(text).unwrap().decoration()?;
            Some((realm.to_string(), text))
        };
        let leads = |realm: &str, text: &str| Some((realm.to_owned(), text.to_owned()));
        assert_eq!(
            home("homerealm.example.org!user@otherrealm.example.net"),
            leads("homerealm.example.org", "user@homerealm.example.org")
        );
        assert_eq!(home("b.org!a.org!user@c.org"), leads("b.org", "a.org!user@b.org"));
        assert_eq!(home("home.org!@other.org"), leads("home.org", "@home.org"));
        for plain in ["user@other.org", "us!er@other.org", "home.org!user", "!user@other.org"] {
            assert_eq!(home(plain), None, "{plain}");
        }
    }

    /// The grammar of RFC 7542 §2.2.
    fn user() -> impl Strategy<Value = String> {
        "[a-z0-9!#$%&'*+/=?^_`{|}~äδ中-]{1,8}(\\.[a-zA-Zé!-]{1,8}){0,3}"
    }

    fn realm() -> impl Strategy<Value = String> {
        "[a-zA-Z0-9ä中]([a-z0-9ä-]{0,8}[a-z0-9δ])?(\\.[a-zA-Z0-9]([a-z-]{0,8}[a-z])?){1,4}"
    }

    proptest! {
        #[test]
        fn everything_that_the_grammar_makes_is_read(user in user(), realm in realm()) {
            let parts = |text: &str| {
                let nai = Nai::parse(text)?;
                Some((nai.user().to_owned(), nai.realm().map(|realm| realm.to_string())))
            };
            prop_assert_eq!(parts(&user), Some((user.clone(), None)));
            let both = format!("{user}@{realm}");
            prop_assert_eq!(parts(&both), Some((user, Some(realm.clone()))));
            let private = format!("@{realm}");
            prop_assert_eq!(parts(&private), Some((String::new(), Some(realm))));
        }

        #[test]
        fn what_is_read_is_written_again(text in "\\PC{0,20}|[a.@!-]{0,12}") {
            if let Some(nai) = Nai::parse(&text) {
                prop_assert_eq!(nai.to_string(), text.as_str());
                if let Some((home, undecorated)) = nai.decoration() {
                    let undecorated = Nai::parse(&undecorated).unwrap();
                    prop_assert_eq!(undecorated.realm(), Some(home));
                }
            }
        }

        #[test]
        fn sameness_does_not_depend_on_the_order(a in realm(), b in realm()) {
            let same = |a: &str, b: &str| Realm::parse(a).unwrap().is_same(b);
            prop_assert_eq!(same(&a, &b), same(&b, &a));
            prop_assert!(same(&a, &a));
            let below = format!("x.{a}");
            prop_assert!(Realm::parse(&below).unwrap().is_same_or_below(&a));
        }
    }
}
