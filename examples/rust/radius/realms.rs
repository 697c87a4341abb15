//! Whom the server is there for.

use eap_rs::{Answer, Identity, MethodType, Offer, Realm};

/// The realms of the users. Whoever names another is refused before a method begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Realms(Vec<String>);

impl Realms {
    pub(crate) fn add(&mut self, name: String) -> Result<(), String> {
        if Realm::parse(&name).is_none() {
            return Err(format!("--realm {name:?}; accepted: a name like example.org"));
        }
        self.0.push(name);
        Ok(())
    }

    /// Whether everybody is served.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What this peer is offered: all of `methods`, or nothing. Who names no realm is at home
    /// (RFC 7542 §3).
    pub(crate) fn offer(&self, identity: &Identity, methods: &[MethodType]) -> Answer {
        let realm = identity.nai().map(|nai| nai.realm());
        let is_served = match realm {
            Some(Some(realm)) => self.0.iter().any(|name| realm.is_same_or_below(name)),
            Some(None) => true,
            None => !identity.as_bytes().contains(&b'@'),
        };
        if is_served { Answer::Offer(Offer::new(methods)) } else { Answer::Decline }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realms_and_those_below_are_served_and_so_is_who_names_none() {
        let mut realms = Realms::default();
        realms.add("example.org".into()).unwrap();
        for (identity, expected) in [
            ("alice@example.org", true),
            ("@Sales.Example.org", true),
            ("alice", true),
            ("EXAMPLE\\alice", true),
            ("", true),
            ("alice@example.net", false),
            ("alice@org", false),
            ("alice@example.org@example.net", false),
            ("alice@notexample.org", false),
        ] {
            let offer = realms.offer(&Identity::from(identity), &[MethodType::MD5]);
            assert_eq!(matches!(offer, Answer::Offer(_)), expected, "{identity}");
        }
        assert!(realms.add("org".into()).is_err());
    }
}
