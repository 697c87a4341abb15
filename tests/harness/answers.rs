//! Who answers the questions. Each takes its time, which is the link's.

use eap_rs::{Answer, Credential, Offer, Query, Secret};

/// Somebody who answers.
pub trait Answers {
    /// The answer, and how many milliseconds later it is there; `None` if it never will be.
    fn answer(&mut self, query: &Query) -> Option<(u64, Answer)>;
}

/// The name of a question, for counting; inside a tunnel it is the same.
pub fn kind(query: &Query) -> &'static str {
    match query.innermost() {
        Query::Identity { .. } => "identity",
        Query::Password { .. } => "password",
        Query::Token { .. } => "token",
        Query::Policy { .. } => "policy",
        Query::Credential { .. } => "credential",
        Query::CheckPassword { .. } => "check password",
        Query::Challenge { .. } => "challenge",
        Query::VerifyServer { .. } => "verify server",
        Query::VerifyClient { .. } => "verify client",
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
    /// The user's OTP challenge.
    pub challenge: &'static str,
    /// What everybody is offered, if the authenticator asks.
    pub offer: Offer,
    /// Whether clients' certificates are in order.
    pub trusts: bool,
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
            challenge: "otp-md5 487 dog2",
            offer: Offer::default(),
            trusts: true,
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
            Query::Policy { .. } => Answer::Offer(self.offer.clone()),
            Query::Credential { identity, .. } if knows(identity) => {
                Answer::Credential(Credential::Cleartext(Secret::from(self.password)))
            }
            Query::Credential { .. } => Answer::Credential(Credential::Unknown),
            Query::CheckPassword { identity, password } => {
                Answer::Verdict(knows(identity) && password.ct_eq(self.password.as_bytes()))
            }
            Query::Challenge { identity, .. } if knows(identity) => {
                Answer::Text(self.challenge.into())
            }
            Query::Challenge { .. } => Answer::Decline,
            Query::VerifyClient { .. } => Answer::Verdict(self.trusts),
            other => panic!("not a question for a directory: {other:?}"),
        };
        Some((self.delay, answer))
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
    /// How long they take.
    pub delay: u64,
    /// The challenges they were shown.
    pub shown: Vec<String>,
}

impl User {
    /// Milliseconds for somebody who has to find the token card.
    pub const SLOW: u64 = 60_000;
}

impl Default for User {
    fn default() -> Self {
        let Directory { identity, password, .. } = Directory::default();
        Self { identity, password, trusts: true, delay: 0, shown: Vec::new() }
    }
}

impl Answers for User {
    fn answer(&mut self, query: &Query) -> Option<(u64, Answer)> {
        let answer = match query.innermost() {
            Query::Identity { .. } => Answer::Text(self.identity.into()),
            Query::Password { .. } => Answer::Secret(Secret::from(self.password)),
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
