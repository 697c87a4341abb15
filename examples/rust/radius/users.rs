//! The accounts of the server.

use std::collections::BTreeMap;
use std::fs;

use eap_rs::{Answer, Credential, Identity, Query, Secret};
use toml::{Table, Value};

/// What everybody is shown who logs in by OTP, known or not: the challenge of one user only would
/// tell who exists.
const OTP_CHALLENGE: &str = "One-time password: ";

/// Names and passwords.
#[derive(Debug, Default)]
pub(crate) struct Users(BTreeMap<String, Secret>);

impl Users {
    /// Adds a user from `NAME:PASSWORD`.
    pub(crate) fn add_pair(&mut self, pair: &str) -> Result<(), String> {
        let (name, password) = pair.split_once(':').ok_or("--user: accepted: NAME:PASSWORD")?;
        self.0.insert(name.to_owned(), Secret::from(password));
        Ok(())
    }

    /// Adds the users of a TOML file.
    pub(crate) fn add_file(&mut self, path: &str) -> Result<(), String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        self.add_text(&text).map_err(|error| format!("{path}: {error}"))
    }

    /// A parser's own message would show the line, and with it a password.
    fn add_text(&mut self, text: &str) -> Result<(), String> {
        let file: Table = text.parse().map_err(|_| "this is not TOML")?;
        let Some(Value::Table(users)) = file.get("users") else {
            return Err("no [users.NAME]".into());
        };
        for (name, user) in users {
            let password = user.get("password").and_then(Value::as_str);
            let password = password.ok_or_else(|| format!("[users.{name}] has no password"))?;
            self.0.insert(name.clone(), Secret::from(password));
        }
        Ok(())
    }

    /// Answers what a conversation asks.
    pub(crate) fn answer(&self, query: &Query) -> Answer {
        match query.innermost() {
            Query::Credential { identity, .. } => {
                Answer::Credential(self.password(identity).map_or(Credential::Unknown, |secret| {
                    Credential::Cleartext(Secret::new(secret.expose()))
                }))
            }
            Query::CheckPassword { identity, password } => Answer::Verdict(
                self.password(identity).is_some_and(|secret| secret.ct_eq(password.expose())),
            ),
            Query::Challenge { .. } => Answer::Text(OTP_CHALLENGE.into()),
            _ => Answer::Decline,
        }
    }

    fn password(&self, identity: &Identity) -> Option<&Secret> {
        self.0.get(identity.as_str()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(users: &Users, name: &str, password: &str) -> bool {
        let query = Query::CheckPassword {
            identity: Identity::from(name),
            password: Secret::from(password),
        };
        matches!(users.answer(&query), Answer::Verdict(true))
    }

    #[test]
    fn pairs_and_files_add_users() {
        let mut users = Users::default();
        users.add_pair("alice:with:colons").unwrap();
        users.add_text("[users.\"bob@example.org\"]\npassword = \"pä\"\n").unwrap();
        assert!(knows(&users, "alice", "with:colons"));
        assert!(knows(&users, "bob@example.org", "pä"));
        assert!(!knows(&users, "alice", "with"));
        assert!(!knows(&users, "carol", ""));
    }

    #[test]
    fn errors_say_what_is_wrong_and_no_password() {
        let error = |text| Users::default().add_text(text).unwrap_err();
        assert_eq!(error("[users.bob]\npassword = hunter2\n"), "this is not TOML");
        assert_eq!(error("[bob]\npassword = \"hunter2\"\n"), "no [users.NAME]");
        assert_eq!(error("[users.bob]\npass = \"hunter2\"\n"), "[users.bob] has no password");
        assert_eq!(error("[users]\nbob = \"hunter2\"\n"), "[users.bob] has no password");
        let error = Users::default().add_pair("hunter2").unwrap_err();
        assert_eq!(error, "--user: accepted: NAME:PASSWORD");
    }
}
