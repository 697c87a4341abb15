//! Questions instead of callbacks: everything a session may ask its host (RFC 4137 §8.1).
//!
//! While a question is open:
//!
//! - it is the session's only one, and its deadline is in `poll_timeout()`; when that passes,
//!   `Withdrawn(id)` and `Finished(Err(Unanswered))` come out;
//! - a repeated Request or Response is a `Duplicate` and prompts nobody twice;
//! - a new Request that asks the same rebinds the question to its Identifier; anything else is
//!   discarded, the authenticator will retransmit it;
//! - an authenticator's retransmission timer is stopped, for no Request is outstanding;
//! - `Restart`, `PortDown`, success or failure from the lower layer withdraw it;
//! - a late or repeated answer is [`AnswerError::Stale`].

use core::fmt;
use core::time::Duration;

use crate::crypto::password_change::MAX_PASSWORD_UNITS;
use crate::eapol::MacAddress;
use crate::tls::{CertificateInfo, SealedSession};
use crate::{
    AccountError, AccountRefusal, AnswerError, Identity, InnerMethod, Instant, MethodType, NtHash,
    Secret,
};

/// Names one question of one session. Never reused within the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueryId(u64);

impl QueryId {
    /// The number behind the id, for languages that have no such type.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id with this number; if no such question is open, an answer to it is stale.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// A question. [`Answer::Decline`] is a valid answer to each.
#[derive(Debug)]
#[non_exhaustive]
pub enum Query {
    /// Peer: who are you? Wants [`Answer::Text`].
    Identity {
        /// The authenticator's prompt; may be empty.
        prompt: String,
    },
    /// Peer: the password of this identity? Wants [`Answer::Secret`].
    Password {
        /// Whose password.
        identity: Identity,
        /// Why it is asked for again: the authenticator refused the one before, and allows another
        /// try.
        refused: Option<AccountRefusal>,
    },
    /// Peer: which password shall this identity have from now on? The old one was right. Wants
    /// [`Answer::Secret`], UTF-8 of 1 to 256 UTF-16 units.
    NewPassword {
        /// Whose password.
        identity: Identity,
        /// Why: as a rule, the old one has expired.
        refused: AccountRefusal,
    },
    /// Peer: what does the token card say, or the one-time password? Wants [`Answer::Secret`].
    Token {
        /// The authenticator's challenge, to be shown as it is.
        challenge: String,
    },
    /// Peer: may this server be trusted? Asked where the policy says so
    /// ([`ask_host`](crate::tls::CertificatePolicyBuilder::ask_host)), about a chain that has
    /// passed the rest of it, not for a resumed session. Nothing of ours is sent before the
    /// answer. Wants [`Answer::Verdict`].
    VerifyServer {
        /// The server's certificates in DER, its own first.
        chain: Vec<Vec<u8>>,
        /// What the first of them says.
        certificate: Box<CertificateInfo>,
    },
    /// Authenticator: which methods are offered to this identity? Wants [`Answer::Offer`];
    /// declining refuses the peer.
    Policy {
        /// Who asks for access.
        identity: Identity,
    },
    /// Authenticator: the stored credential of this identity? Wants [`Answer::Credential`];
    /// declining counts as an unknown identity.
    Credential {
        /// Whose credential.
        identity: Identity,
        /// The method that needs it.
        method: MethodType,
        /// The kinds the method can work with; to it, any other is an unknown identity.
        accepts: &'static [CredentialKind],
    },
    /// Authenticator: this identity has proved its old password, which has expired, and wants this
    /// one from now on: is it stored? Wants [`Answer::Verdict`]; "no" and declining refuse the new
    /// password and the login.
    ChangePassword {
        /// Whose password.
        identity: Identity,
        /// The new password, UTF-8; to be stored before the answer.
        new_password: Secret,
    },
    /// Authenticator: is this the password, or token response, of this identity? Wants
    /// [`Answer::Verdict`]; declining counts as "no".
    CheckPassword {
        /// Whose password.
        identity: Identity,
        /// What the peer sent.
        password: Secret,
    },
    /// Authenticator: may this client log in? Asked where the policy says so
    /// ([`ask_host`](crate::tls::CertificatePolicyBuilder::ask_host)), about a chain that has
    /// passed the rest of it, for a resumed session again. Wants [`Answer::Verdict`]; declining
    /// counts as "no".
    VerifyClient {
        /// The identity the peer gave, which may be another than the certificate's.
        identity: Identity,
        /// The client's certificates in DER, its own first.
        chain: Vec<Vec<u8>>,
        /// What the first of them says.
        certificate: Box<CertificateInfo>,
    },
    /// Authenticator: this identity was authenticated inside the tunnel before, and resumes the
    /// session of then: may it still log in? Asked where the server's
    /// [`Resumption`](crate::tls::Resumption::ask_host) says so. Wants [`Answer::Verdict`]; "no" and
    /// declining have the peer authenticate again inside the tunnel.
    Resume {
        /// Who was authenticated.
        identity: Identity,
        /// By what.
        method: InnerMethod,
    },
    /// Authenticator: what is stored under this name? Asked where sessions are
    /// [shared](crate::tls::Resumption::share_sessions), when a peer wants to resume one. It is
    /// given out once: the host takes it from its store, which gets it, or a new one, back with
    /// the success of the login. Wants [`Answer::Session`]; declining means that nothing is there,
    /// and leads to a full login.
    StoredSession {
        /// The name that [`Outcome::session`](crate::Outcome::session) had.
        name: [u8; SealedSession::NAME_LEN],
    },
    /// Any of the others, asked by a conversation inside a tunnel. The answer is that of `query`:
    /// whoever does not care where a question comes from looks at [`Query::innermost`].
    Tunneled {
        /// The method whose tunnel it is.
        method: MethodType,
        /// The identity that the peer gave outside, in clear text; often an anonymous one.
        outer_identity: Identity,
        /// The question. Identities in it are those given inside.
        query: Box<Query>,
    },
    /// Port authenticator: may the station with this address in without 802.1X? An address is no
    /// secret: what it lets in should be little. Wants [`Answer::Verdict`]; declining counts as
    /// "no".
    MacBypass {
        /// Its address.
        mac: MacAddress,
    },
    /// Authenticator: which challenge shall this identity be shown (RFC 2289)? Wants
    /// [`Answer::Text`]; declining counts as an unknown identity, which the peer then sees at once:
    /// to keep it from telling who exists, answer with a made-up challenge.
    Challenge {
        /// Who is to be challenged.
        identity: Identity,
        /// The method that needs it.
        method: MethodType,
    },
}

impl Query {
    /// The question itself, whether or not it is asked inside a tunnel.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        match self {
            Self::Tunneled { query, .. } => query.innermost(),
            query => query,
        }
    }

    /// The kind of answer wanted.
    #[must_use]
    pub fn wants(&self) -> AnswerKind {
        match self.innermost() {
            Self::Identity { .. } | Self::Challenge { .. } => AnswerKind::Text,
            Self::Password { .. } | Self::NewPassword { .. } | Self::Token { .. } => {
                AnswerKind::Secret
            }
            Self::Policy { .. } => AnswerKind::Offer,
            Self::StoredSession { .. } => AnswerKind::Session,
            Self::Credential { .. } => AnswerKind::Credential,
            Self::CheckPassword { .. }
            | Self::ChangePassword { .. }
            | Self::VerifyServer { .. }
            | Self::VerifyClient { .. }
            | Self::Resume { .. }
            | Self::MacBypass { .. }
            // Not innermost.
            | Self::Tunneled { .. } => AnswerKind::Verdict,
        }
    }
}

/// An answer to a [`Query`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// An identity or a challenge, at most 1015 octets.
    Text(String),
    /// A password or token response, at most 1015 octets.
    Secret(Secret),
    /// What this peer is offered.
    Offer(Offer),
    /// The credential stored for this identity.
    Credential(Credential),
    /// Yes or no.
    Verdict(bool),
    /// A session as it was stored, at most 65535 octets. What is not the one asked for, or is too
    /// old, counts as none.
    Session(Vec<u8>),
    /// No answer will come.
    Decline,
}

/// The answer to [`Query::Policy`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// The methods to propose, in this order. Those the configuration does not have are skipped.
    pub methods: Vec<MethodType>,
    /// A message to have displayed first (RFC 3748 §5.2), at most 1015 octets.
    pub notification: Option<String>,
    /// Whether the AAA server decides when none of the methods is left: at once if there are none,
    /// or when the peer has refused them all. A [`FullAuthenticator`](crate::FullAuthenticator)'s
    /// only; to others it is no offer.
    pub pass_through: bool,
}

impl Offer {
    /// An offer of these methods, without a notification.
    #[must_use]
    pub fn new(methods: impl Into<Vec<MethodType>>) -> Self {
        Self { methods: methods.into(), ..Self::default() }
    }

    /// No method of our own: the AAA server decides.
    #[must_use]
    pub fn pass_through() -> Self {
        Self::default().or_pass_through()
    }

    /// The same, and if the peer refuses them all, the AAA server decides.
    #[must_use]
    pub fn or_pass_through(mut self) -> Self {
        self.pass_through = true;
        self
    }
}

/// The answer to [`Query::Credential`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// The password in clear text.
    Cleartext(Secret),
    /// The NT hash of the password.
    NtHash(NtHash),
    /// This credential, but the account may not be used as it is. A peer is told so after the right
    /// password; after a wrong one it sees what it always would.
    Restricted(Box<Credential>, AccountError),
    /// There is no such identity. The peer sees what it would see after a wrong password.
    Unknown,
}

impl Credential {
    /// The credential of an account that may not be used as it is. After
    /// [`AccountError::PasswordExpired`] a method that can do so lets the peer choose a new
    /// password ([`Query::ChangePassword`]).
    #[must_use]
    pub fn restricted(self, error: AccountError) -> Self {
        Self::Restricted(Box::new(self), error)
    }

    /// The credential itself, and its outermost restriction.
    pub(crate) fn split(self) -> (Self, Option<AccountError>) {
        let mut restriction = None;
        let mut credential = self;
        while let Self::Restricted(inner, error) = credential {
            restriction.get_or_insert(error);
            credential = *inner;
        }
        (credential, restriction)
    }
}

/// The kinds of [`Credential`] that a method can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// [`Credential::Cleartext`].
    Cleartext,
    /// [`Credential::NtHash`].
    NtHash,
}

/// The kinds of [`Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnswerKind {
    /// [`Answer::Text`].
    Text,
    /// [`Answer::Secret`].
    Secret,
    /// [`Answer::Offer`].
    Offer,
    /// [`Answer::Credential`].
    Credential,
    /// [`Answer::Verdict`].
    Verdict,
    /// [`Answer::Session`].
    Session,
}

impl fmt::Display for AnswerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Secret => "a secret",
            Self::Offer => "an offer of methods",
            Self::Credential => "a credential",
            Self::Verdict => "a verdict",
            Self::Session => "a session",
        })
    }
}

/// The most octets of an answer that travels: those of [`Identity::MAX_LEN`].
const MAX_ANSWER_LEN: usize = Identity::MAX_LEN;
/// The most octets of a session: those of the longest chain of certificates, and some.
const MAX_SESSION_LEN: usize = 65_535;

/// The question a machine is waiting for.
#[derive(Debug)]
pub(crate) struct OpenQuestion {
    pub(crate) id: QueryId,
    pub(crate) deadline: Instant,
    wants: AnswerKind,
    form: Form,
}

/// What a text or secret has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Any,
    /// A challenge has at least one octet (RFC 3748 §5.5, §5.6).
    NotEmpty,
    /// Has to fit the block in which it travels (RFC 2759 §8.9).
    NewPassword,
}

impl OpenQuestion {
    /// Whether this answer can be taken.
    pub(crate) fn check(&self, id: QueryId, answer: &Answer) -> Result<(), AnswerError> {
        if id != self.id {
            return Err(AnswerError::Stale);
        }
        let (kind, len, max) = match answer {
            Answer::Text(text) => (AnswerKind::Text, text.len(), MAX_ANSWER_LEN),
            Answer::Secret(secret) => (AnswerKind::Secret, secret.expose().len(), MAX_ANSWER_LEN),
            Answer::Offer(offer) => {
                let len = offer.notification.as_ref().map_or(0, String::len);
                (AnswerKind::Offer, len, MAX_ANSWER_LEN)
            }
            Answer::Credential(_) => (AnswerKind::Credential, 0, 0),
            Answer::Verdict(_) => (AnswerKind::Verdict, 0, 0),
            Answer::Session(sealed) => (AnswerKind::Session, sealed.len(), MAX_SESSION_LEN),
            Answer::Decline => return Ok(()),
        };
        if kind != self.wants {
            return Err(AnswerError::WrongKind { expected: self.wants });
        }
        if len == 0 && self.form != Form::Any {
            return Err(AnswerError::Empty);
        }
        if len > max {
            return Err(AnswerError::TooLong { len, max });
        }
        match (self.form, answer) {
            (Form::NewPassword, Answer::Secret(password)) => check_new_password(password),
            _ => Ok(()),
        }
    }
}

fn check_new_password(password: &Secret) -> Result<(), AnswerError> {
    let text = core::str::from_utf8(password.expose()).map_err(|_| AnswerError::NotUtf8)?;
    match text.encode_utf16().count() {
        ..=MAX_PASSWORD_UNITS => Ok(()),
        len => Err(AnswerError::TooLong { len, max: MAX_PASSWORD_UNITS }),
    }
}

/// Gives out ids.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    asked: u64,
}

impl Questions {
    pub(crate) fn open(&mut self, query: &Query, now: Instant, patience: Duration) -> OpenQuestion {
        self.asked = self.asked.saturating_add(1);
        OpenQuestion {
            id: QueryId(self.asked),
            deadline: now + patience,
            wants: query.wants(),
            form: match query.innermost() {
                Query::Challenge { .. } => Form::NotEmpty,
                Query::NewPassword { .. } => Form::NewPassword,
                _ => Form::Any,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_checked_against_its_question() {
        let mut questions = Questions::default();
        let query = Query::Token { challenge: "PIN".into() };
        let open = questions.open(&query, Instant::default(), Duration::from_secs(1));
        let secret = || Answer::Secret(Secret::from("1"));
        assert_eq!(open.check(open.id, &secret()), Ok(()));
        assert_eq!(open.check(open.id, &Answer::Decline), Ok(()));
        assert_eq!(open.check(QueryId::new(9), &secret()), Err(AnswerError::Stale));
        assert_eq!(
            open.check(open.id, &Answer::Verdict(true)),
            Err(AnswerError::WrongKind { expected: AnswerKind::Secret })
        );
        assert_eq!(
            open.check(open.id, &Answer::Secret(Secret::new([0; 1016]))),
            Err(AnswerError::TooLong { len: 1016, max: 1015 })
        );
        let policy = Query::Policy { identity: Identity::default() };
        let policy = questions.open(&policy, Instant::default(), Duration::ZERO);
        let notification = Some("n".repeat(1016));
        assert_eq!(
            policy.check(policy.id, &Answer::Offer(Offer { notification, ..Offer::default() })),
            Err(AnswerError::TooLong { len: 1016, max: 1015 })
        );
        assert_ne!(questions.open(&query, Instant::default(), Duration::ZERO).id, open.id);
    }

    #[test]
    fn a_new_password_has_to_fit_its_block() {
        let refused = AccountRefusal::new(AccountError::PasswordExpired, "");
        let query = Query::NewPassword { identity: Identity::default(), refused };
        let open = Questions::default().open(&query, Instant::default(), Duration::ZERO);
        let check = |password: &[u8]| open.check(open.id, &Answer::Secret(Secret::new(password)));
        assert_eq!(check("ü".repeat(256).as_bytes()), Ok(()));
        assert_eq!(check(b""), Err(AnswerError::Empty));
        assert_eq!(check(b"\xff"), Err(AnswerError::NotUtf8));
        let too_long = Err(AnswerError::TooLong { len: 258, max: 256 });
        assert_eq!(check("𝄞".repeat(129).as_bytes()), too_long);
    }

    #[test]
    fn the_outermost_restriction_counts() {
        let plain = Credential::Cleartext(Secret::from("x"));
        let (plain, restriction) = plain.split();
        assert!(matches!(plain, Credential::Cleartext(_)) && restriction.is_none());
        let restricted = plain.restricted(AccountError::Disabled);
        let (plain, restriction) = restricted.restricted(AccountError::NoPermission).split();
        assert!(matches!(plain, Credential::Cleartext(_)));
        assert_eq!(restriction, Some(AccountError::NoPermission));
    }
}
