//! Who answers the questions. Each takes its time, which is the link's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use eap_rs::{AccountError, Answer, Credential, Failure, Offer, Outcome, Query, Secret};

/// Somebody who answers.
pub trait Answers {
    /// The answer, and how many milliseconds later it is there; `None` if it never will be.
    fn answer(&mut self, query: &Query) -> Option<(u64, Answer)>;

    /// Learns how the conversation has ended.
    fn finished(&mut self, _result: &Result<Outcome, Failure>) {}
}

/// A store that several servers share: sealed sessions by name.
#[derive(Clone, Debug, Default)]
pub struct Sessions(pub Arc<Mutex<HashMap<[u8; 32], Vec<u8>>>>);

/// The name of a question, for counting; inside a tunnel it is the same.
pub fn kind(query: &Query) -> &'static str {
    match query.innermost() {
        Query::Identity { .. } => "identity",
        Query::Password { .. } => "password",
        Query::NewPassword { .. } => "new password",
        Query::Token { .. } => "token",
        Query::Policy { .. } => "policy",
        Query::Credential { .. } => "credential",
        Query::CheckPassword { .. } => "check password",
        Query::ChangePassword { .. } => "change password",
        Query::Challenge { .. } => "challenge",
        Query::VerifyServer { .. } => "verify server",
        Query::VerifyClient { .. } => "verify client",
        Query::Resume { .. } => "resume",
        Query::StoredSession { .. } => "stored session",
        other => panic!("a question nobody has an answer for: {other:?}"),
    }
}

/// The server's user database: it knows one user.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Who it knows.
    pub identity: &'static str,
    /// The user's password, or what the token card shows.
    pub password: &'static str,
    /// Why the account may not be used as it is.
    pub restriction: Option<AccountError>,
    /// Whether new passwords are stored.
    pub stores: bool,
    /// The new password, when the user has chosen one.
    pub changed: Option<Vec<u8>>,
    /// The user's OTP challenge.
    pub challenge: &'static str,
    /// What everybody is offered, if the authenticator asks.
    pub offer: Offer,
    /// Whether clients' certificates are in order.
    pub trusts: bool,
    /// Whether those whose accounts are in order may resume their sessions.
    pub resumes: bool,
    /// The sessions that are kept for the server.
    pub sessions: Sessions,
    /// The outer identities with the questions from inside a tunnel, in order.
    pub outer_identities: Vec<String>,
    /// How long a look-up takes.
    pub delay: u64,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            identity: "alice@example.org",
            password: "wonderland",
            restriction: None,
            stores: true,
            changed: None,
            challenge: "otp-md5 487 dog2",
            offer: Offer::default(),
            trusts: true,
            resumes: true,
            sessions: Sessions::default(),
            outer_identities: Vec::new(),
            delay: 20,
        }
    }
}

impl Answers for Directory {
    fn answer(&mut self, query: &Query) -> Option<(u64, Answer)> {
        if let Query::Tunneled { outer_identity, .. } = query {
            self.outer_identities.push(outer_identity.to_string());
        }
        let knows = |identity: &eap_rs::Identity| identity.as_bytes() == self.identity.as_bytes();
        let answer = match query.innermost() {
            Query::Resume { identity, .. } => {
                let in_order = knows(identity) && self.restriction.is_none();
                Answer::Verdict(in_order && self.resumes)
            }
            Query::Policy { .. } => Answer::Offer(self.offer.clone()),
            Query::Credential { identity, .. } if knows(identity) => {
                let stored = Credential::Cleartext(Secret::from(self.password));
                Answer::Credential(match self.restriction {
                    Some(error) => stored.restricted(error),
                    None => stored,
                })
            }
            Query::ChangePassword { identity, new_password } => {
                self.changed = Some(new_password.expose().to_vec());
                Answer::Verdict(knows(identity) && self.stores)
            }
            Query::Credential { .. } => Answer::Credential(Credential::Unknown),
            Query::CheckPassword { identity, password } => {
                let is_right = knows(identity) && password.ct_eq(self.password.as_bytes());
                Answer::Verdict(is_right && self.restriction.is_none())
            }
            Query::Challenge { identity, .. } if knows(identity) => {
                Answer::Text(self.challenge.into())
            }
            Query::Challenge { .. } => Answer::Decline,
            Query::VerifyClient { .. } => Answer::Verdict(self.trusts),
            Query::StoredSession { name } => {
                let session = self.sessions.0.lock().unwrap().remove(name);
                session.map_or(Answer::Decline, Answer::Session)
            }
            other => panic!("not a question for a directory: {other:?}"),
        };
        Some((self.delay, answer))
    }

    fn finished(&mut self, result: &Result<Outcome, Failure>) {
        if let Ok(Outcome { session: Some(session), .. }) = result {
            self.sessions.0.lock().unwrap().insert(session.name, session.octets.clone());
        }
    }
}

/// The person (or the settings) behind the peer.
#[derive(Clone, Debug)]
pub struct User {
    /// What they call themselves.
    pub identity: &'static str,
    /// What they type, whatever the challenge.
    pub password: &'static str,
    /// Whether they trust servers.
    pub trusts: bool,
    /// What they type after each wrong password.
    pub retries: Vec<&'static str>,
    /// What they choose after an expired password; nothing, if it is empty.
    pub new_password: &'static str,
    /// How long they take.
    pub delay: u64,
    /// The challenges they were shown, and why their passwords were refused.
    pub shown: Vec<String>,
}

impl User {
    /// Milliseconds for somebody who has to find the token card.
    pub const SLOW: u64 = 60_000;
}

impl Default for User {
    fn default() -> Self {
        let Directory { identity, password, .. } = Directory::default();
        Self {
            identity,
            password,
            retries: Vec::new(),
            new_password: "looking-glass",
            trusts: true,
            delay: 0,
            shown: Vec::new(),
        }
    }
}

impl Answers for User {
    fn answer(&mut self, query: &Query) -> Option<(u64, Answer)> {
        let answer = match query.innermost() {
            Query::Identity { .. } => Answer::Text(self.identity.into()),
            Query::Password { refused: None, .. } => Answer::Secret(Secret::from(self.password)),
            Query::Password { refused: Some(refused), .. } => {
                self.shown.push(refused.to_string());
                match self.retries.is_empty() {
                    true => Answer::Decline,
                    false => Answer::Secret(Secret::from(self.retries.remove(0))),
                }
            }
            Query::NewPassword { refused, .. } => {
                self.shown.push(refused.to_string());
                match self.new_password {
                    "" => Answer::Decline,
                    password => Answer::Secret(Secret::from(password)),
                }
            }
            Query::Token { challenge } => {
                self.shown.push(challenge.clone());
                Answer::Secret(Secret::from(self.password))
            }
            Query::VerifyServer { certificate, .. } => {
                self.shown.push(certificate.to_string());
                Answer::Verdict(self.trusts)
            }
            other => panic!("not a question for a user: {other:?}"),
        };
        Some((self.delay, answer))
    }
}
