//! The accounts of the server.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;

use eap_rs::radius::Vlan;
use eap_rs::{AccountError, Answer, Credential, Identity, NtHash, Query, Secret};
use toml::{Table, Value};

use crate::nt_hash;

/// What everybody is shown who logs in by OTP, known or not: the challenge of one user only would
/// tell who exists.
const OTP_CHALLENGE: &str = "One-time password: ";

/// Names and accounts. What users change of them is gone with the process.
#[derive(Debug, Default)]
pub(crate) struct Users(RefCell<BTreeMap<String, Account>>);

#[derive(Debug)]
struct Account {
    password: Stored,
    /// Why it may not be used as it is.
    restriction: Option<AccountError>,
    granted: Granted,
}

/// What a user gets with access.
#[derive(Clone, Debug, Default)]
pub(crate) struct Granted {
    pub(crate) vlan: Option<Vlan>,
    /// After how many seconds the user is authenticated again.
    pub(crate) session_timeout: Option<u32>,
}

#[derive(Debug)]
enum Stored {
    Password(Secret),
    NtHash(NtHash),
}

/// What `status` of an account may be.
const STATUSES: [(&str, AccountError); 4] = [
    ("expired", AccountError::PasswordExpired),
    ("disabled", AccountError::Disabled),
    ("wrong-hour", AccountError::RestrictedHours),
    ("no-permission", AccountError::NoPermission),
];

impl Users {
    /// Adds a user from `NAME:PASSWORD`.
    pub(crate) fn add_pair(&mut self, pair: &str) -> Result<(), String> {
        let (name, password) = pair.split_once(':').ok_or("--user: accepted: NAME:PASSWORD")?;
        self.add(name, Stored::Password(Secret::from(password)), None, Granted::default());
        Ok(())
    }

    fn add(
        &mut self,
        name: &str,
        password: Stored,
        restriction: Option<AccountError>,
        granted: Granted,
    ) {
        self.0.get_mut().insert(name.to_owned(), Account { password, restriction, granted });
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
            let field = |field| user.get(field).and_then(Value::as_str);
            let stored = match (field("password"), field("nt_hash")) {
                (Some(password), _) => Stored::Password(Secret::from(password)),
                (None, Some(digits)) => Stored::NtHash(
                    nt_hash::read(digits)
                        .ok_or_else(|| format!("[users.{name}] nt_hash: 32 digits"))?,
                ),
                (None, None) => return Err(format!("[users.{name}] has no password")),
            };
            let known = |status| STATUSES.into_iter().find(|(word, _)| *word == status);
            let restriction = match field("status").map(known) {
                None => None,
                Some(Some((_, error))) => Some(error),
                Some(None) => {
                    let accepted = STATUSES.map(|(word, _)| word).join(", ");
                    return Err(format!("[users.{name}] status: accepted: {accepted}"));
                }
            };
            let granted = Granted::read(user).map_err(|what| format!("[users.{name}] {what}"))?;
            self.add(name, stored, restriction, granted);
        }
        Ok(())
    }

    /// Answers what a conversation asks.
    pub(crate) fn answer(&self, query: &Query) -> Answer {
        match query.innermost() {
            Query::Credential { identity, .. } => {
                let found = self.with_account(identity, |account| account.credential());
                Answer::Credential(found.unwrap_or(Credential::Unknown))
            }
            Query::CheckPassword { identity, password } => {
                let found = self.with_account(identity, |account| account.has(password));
                Answer::Verdict(found.unwrap_or(false))
            }
            Query::Resume { identity, .. } => {
                let found = self.with_account(identity, |account| account.restriction.is_none());
                Answer::Verdict(found.unwrap_or(false))
            }
            Query::ChangePassword { identity, new_password } => {
                let changed = self.with_account(identity, |account| {
                    account.password = Stored::Password(Secret::new(new_password.expose()));
                    account.restriction = None;
                });
                Answer::Verdict(changed.is_some())
            }
            Query::Challenge { .. } => Answer::Text(OTP_CHALLENGE.into()),
            _ => Answer::Decline,
        }
    }

    /// What this user gets with access.
    pub(crate) fn granted(&self, identity: &Identity) -> Granted {
        self.with_account(identity, |account| account.granted.clone()).unwrap_or_default()
    }

    /// The account of that name, or of that name without the Windows domain in front.
    fn with_account<T>(
        &self,
        identity: &Identity,
        act: impl FnOnce(&mut Account) -> T,
    ) -> Option<T> {
        let mut accounts = self.0.borrow_mut();
        let names = [identity.as_str()?, str::from_utf8(identity.without_domain()).ok()?];
        let name = names.into_iter().find(|name| accounts.contains_key(*name))?;
        accounts.get_mut(name).map(act)
    }
}

impl Granted {
    fn read(user: &Value) -> Result<Self, &'static str> {
        let vlan = match user.get("vlan") {
            None => None,
            Some(Value::Integer(number)) => Some(Vlan::parse(&number.to_string())),
            Some(other) => Some(other.as_str().and_then(Vlan::parse)),
        };
        let vlan =
            vlan.map(|read| read.ok_or("vlan: accepted: 1 to 4094, or a name")).transpose()?;
        let seconds = |value: &Value| {
            let seconds = value.as_integer().and_then(|seconds| seconds.try_into().ok());
            seconds.ok_or("session_timeout: accepted: seconds")
        };
        let session_timeout = user.get("session_timeout").map(seconds).transpose()?;
        Ok(Self { vlan, session_timeout })
    }
}

impl Account {
    fn credential(&self) -> Credential {
        let credential = match &self.password {
            Stored::Password(password) => Credential::Cleartext(Secret::new(password.expose())),
            Stored::NtHash(hash) => Credential::NtHash(NtHash::new(*hash.expose())),
        };
        match self.restriction {
            Some(error) => credential.restricted(error),
            None => credential,
        }
    }

    fn has(&self, password: &Secret) -> bool {
        self.restriction.is_none()
            && match &self.password {
                Stored::Password(stored) => stored.ct_eq(password.expose()),
                Stored::NtHash(stored) => str::from_utf8(password.expose()).is_ok_and(|text| {
                    Secret::new(stored.expose()).ct_eq(NtHash::of_password(text).expose())
                }),
            }
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
    fn an_nt_hash_does_for_a_password() {
        let mut users = Users::default();
        let hash = "3e057cd123205aa168af5f121716b335";
        users.add_text(&format!("[users.alice]\nnt_hash = \"{hash}\"\n")).unwrap();
        assert!(knows(&users, "alice", "wonderland"));
        assert!(!knows(&users, "alice", ""));
    }

    #[test]
    fn the_domain_may_be_part_of_the_name_or_not() {
        let mut users = Users::default();
        users.add_pair("alice:a").unwrap();
        users.add_pair("EXAMPLE\\bob:b").unwrap();
        assert!(knows(&users, "EXAMPLE\\alice", "a"));
        assert!(knows(&users, "EXAMPLE\\bob", "b"));
        assert!(!knows(&users, "bob", "b"));
    }

    #[test]
    fn a_changed_password_lifts_its_expiry() {
        let mut users = Users::default();
        users.add_text("[users.alice]\npassword = \"a\"\nstatus = \"expired\"\n").unwrap();
        assert!(!knows(&users, "alice", "a"));
        let change = Query::ChangePassword {
            identity: Identity::from("alice"),
            new_password: Secret::from("b"),
        };
        assert!(matches!(users.answer(&change), Answer::Verdict(true)));
        assert!(knows(&users, "alice", "b"));
        assert!(!knows(&users, "alice", "a"));
    }

    #[test]
    fn a_user_may_have_a_vlan_and_a_session_timeout() {
        let mut users = Users::default();
        let text = "[users.alice]\npassword = \"a\"\nvlan = 42\nsession_timeout = 3600\n\
                    [users.bob]\npassword = \"b\"\nvlan = \"guests\"\n";
        users.add_text(text).unwrap();
        let granted = |name: &str| {
            let Granted { vlan, session_timeout } = users.granted(&Identity::from(name));
            (vlan.map(|vlan| vlan.to_string()), session_timeout)
        };
        assert_eq!(granted("alice"), (Some("42".into()), Some(3600)));
        assert_eq!(granted("bob"), (Some("guests".into()), None));
        assert_eq!(granted("carol"), (None, None));
        let error = |what| {
            let text = format!("[users.alice]\npassword = \"a\"\n{what}\n");
            Users::default().add_text(&text).unwrap_err()
        };
        assert_eq!(error("vlan = 4095"), "[users.alice] vlan: accepted: 1 to 4094, or a name");
        assert_eq!(
            error("session_timeout = -1"),
            "[users.alice] session_timeout: accepted: seconds"
        );
    }

    #[test]
    fn errors_say_what_is_wrong_and_no_password() {
        let error = |text| Users::default().add_text(text).unwrap_err();
        assert_eq!(error("[users.bob]\npassword = hunter2\n"), "this is not TOML");
        assert_eq!(error("[bob]\npassword = \"hunter2\"\n"), "no [users.NAME]");
        assert_eq!(error("[users.bob]\npass = \"hunter2\"\n"), "[users.bob] has no password");
        assert_eq!(error("[users]\nbob = \"hunter2\"\n"), "[users.bob] has no password");
        let error =
            |text| Users::default().add_text(&format!("[users.bob]\n{text}\n")).unwrap_err();
        assert_eq!(error("nt_hash = \"hunter2\""), "[users.bob] nt_hash: 32 digits");
        assert_eq!(
            error("password = \"hunter2\"\nstatus = \"x\""),
            "[users.bob] status: accepted: expired, disabled, wrong-hour, no-permission"
        );
        let error = Users::default().add_pair("hunter2").unwrap_err();
        assert_eq!(error, "--user: accepted: NAME:PASSWORD");
    }
}
