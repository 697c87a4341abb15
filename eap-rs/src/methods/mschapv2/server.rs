//! The authenticator's side of EAP-MSCHAPv2 (\[MS-CHAP\] §3.3).

use core::time::Duration;

use super::packet::{self, ChangePassword, FailureMessage, Proof, Response};
use super::{FACTS, TunnelChallenges, keys};
use crate::crypto::mschap::{CHALLENGE_LEN, Exchange, RESPONSE_LEN};
use crate::crypto::{NtHash, password_change};
use crate::identity::without_domain;
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::methods::token::TYPING_TIME;
use crate::{
    AccountError, AccountRefusal, Answer, Credential, CredentialKind, Discard, Failure, Keys,
    PacketBuffer, Query, Secret,
};

/// For a person whose peer has no words of its own for the number.
const REFUSED: &str = "Authentication failed";

#[derive(Debug, Default)]
pub(crate) struct Server {
    state: State,
    retries: u8,
    keys: Option<Keys>,
    /// In place of those that travel.
    challenges: Option<TunnelChallenges>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Start,
    /// A Challenge has been sent, or a Failure that allows another try after this.
    Challenged {
        challenge: [u8; CHALLENGE_LEN],
        refused: Option<Failure>,
    },
    /// The host is looking the credential up.
    LookingUp(Received),
    /// The password was right, but has expired; another is wanted.
    Expired {
        challenge: [u8; CHALLENGE_LEN],
        name: Vec<u8>,
        old: NtHash,
    },
    /// The host is storing the new password.
    Storing {
        received: Received,
        new: NtHash,
    },
    SuccessSent(Keys),
    FailureSent(Failure),
}

/// A response, and what it answers.
#[derive(Debug)]
struct Received {
    challenge: [u8; CHALLENGE_LEN],
    peer_challenge: [u8; CHALLENGE_LEN],
    nt_response: [u8; RESPONSE_LEN],
    name: Vec<u8>,
}

impl Received {
    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            authenticator_challenge: &self.challenge,
            peer_challenge: &self.peer_challenge,
            name: &self.name,
        }
    }

    fn proves(&self, password: &NtHash) -> bool {
        Secret::new(self.exchange().nt_response(password)).ct_eq(&self.nt_response)
    }
}

impl Server {
    /// One that does not use the challenges that travel.
    #[cfg(feature = "fast")]
    pub(crate) fn with_challenges(challenges: TunnelChallenges) -> Self {
        Self { challenges: Some(challenges), ..Self::default() }
    }

    fn look_up(
        &mut self,
        challenge: [u8; CHALLENGE_LEN],
        proof: &Proof<'_>,
        cx: &ServerContext<'_>,
    ) -> ServerStep {
        self.state = State::LookingUp(Received {
            challenge,
            peer_challenge: self.challenges.as_ref().map_or(*proof.peer_challenge, |c| *c.peer),
            nt_response: *proof.nt_response,
            name: proof.name.to_vec(),
        });
        ServerStep::Ask(Query::Credential {
            identity: cx.identity.clone(),
            method: FACTS.method,
            accepts: &[CredentialKind::Cleartext, CredentialKind::NtHash],
        })
    }

    fn looked_up(
        &mut self,
        received: Received,
        credential: Credential,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let (credential, restriction) = credential.split();
        let known = match credential {
            Credential::NtHash(hash) => Some(hash),
            Credential::Cleartext(password) => NtHash::of_secret(&password),
            _ => None,
        };
        let is_known = known.is_some();
        // Somebody unknown takes the time of a wrong password.
        let password = known.unwrap_or_else(|| NtHash::new(random(cx)));
        let is_right = received.proves(&password)
            && without_domain(&received.name) == cx.identity.without_domain();
        match (is_known, is_right, restriction) {
            (true, true, None) => self.succeed(&received, &password, cx, request),
            (true, true, Some(AccountError::PasswordExpired)) if self.challenges.is_none() => {
                let challenge = random(cx);
                let refusal = AccountRefusal::new(AccountError::PasswordExpired, "Expired");
                write_failure(&FailureMessage::new(refusal, false, challenge), cx, request);
                self.state = State::Expired { challenge, name: received.name, old: password };
                ServerStep::Request
            }
            (true, true, Some(error)) => self.refuse(
                AccountRefusal::new(error, REFUSED),
                Failure::Account(AccountRefusal::new(error, "")),
                cx,
                request,
            ),
            (true, false, _) => self.wrong_password(Failure::BadCredentials, cx, request),
            (false, ..) => self.wrong_password(Failure::UnknownIdentity, cx, request),
        }
    }

    fn succeed(
        &mut self,
        received: &Received,
        password: &NtHash,
        cx: &ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let response = received.exchange().authenticator_response(password, &received.nt_response);
        packet::write_success(cx.identifier.next().0, &response, request);
        self.state = State::SuccessSent(keys(password, &received.nt_response));
        ServerStep::Request
    }

    fn wrong_password(
        &mut self,
        failure: Failure,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let refusal = AccountRefusal::new(AccountError::WrongPassword, REFUSED);
        if self.retries >= cx.password_retries || self.challenges.is_some() {
            return self.refuse(refusal, failure, cx, request);
        }
        self.retries = self.retries.saturating_add(1);
        let challenge = random(cx);
        write_failure(&FailureMessage::new(refusal, true, challenge), cx, request);
        self.state = State::Challenged { challenge, refused: Some(failure) };
        ServerStep::Request
    }

    fn refuse(
        &mut self,
        refusal: AccountRefusal,
        failure: Failure,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        write_failure(&FailureMessage::new(refusal, false, random(cx)), cx, request);
        self.state = State::FailureSent(failure);
        ServerStep::Request
    }

    /// RFC 2759 §7: whoever has the old password's hash can read the new password, which proves
    /// itself by the response.
    fn change(
        &mut self,
        received: Received,
        old: &NtHash,
        change: &ChangePassword,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let ChangePassword { encrypted_password, encrypted_hash, .. } = change;
        if let Some((new_password, new)) =
            password_change::open(old, encrypted_password, encrypted_hash)
            && received.proves(&new)
        {
            self.state = State::Storing { received, new };
            return ServerStep::Ask(Query::ChangePassword {
                identity: cx.identity.clone(),
                new_password,
            });
        }
        self.refuse_change(cx, request)
    }

    fn refuse_change(
        &mut self,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let error = AccountError::ChangingPassword;
        let failure = Failure::Account(AccountRefusal::new(error, ""));
        self.refuse(AccountRefusal::new(error, "New password refused"), failure, cx, request)
    }
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        let (challenge, sent) = match &self.challenges {
            Some(challenges) => (*challenges.server, [0; CHALLENGE_LEN]),
            None => {
                let challenge = random(cx);
                (challenge, challenge)
            }
        };
        packet::write_challenge(cx.identifier.0, &sent, cx.server_name, request);
        self.state = State::Challenged { challenge, refused: None };
        ServerStep::Request
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        let response = Response::parse(data)?;
        let is_due = match (&self.state, &response) {
            (State::Challenged { .. }, Response::Proof(_))
            | (State::Challenged { refused: Some(_), .. }, Response::Failure)
            | (State::Expired { .. }, Response::ChangePassword(_) | Response::Failure)
            | (State::SuccessSent(_), Response::Success | Response::Failure)
            // It has failed, whatever the peer says to it.
            | (State::FailureSent(_), _) => true,
            _ => false,
        };
        if is_due { Ok(()) } else { Err(Discard::MschapOpCode(response.op_code())) }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match (core::mem::take(&mut self.state), Response::parse(data)) {
            (State::Challenged { challenge, .. }, Ok(Response::Proof(proof))) => {
                self.look_up(challenge, &proof, cx)
            }
            (State::Expired { challenge, name, old }, Ok(Response::ChangePassword(change))) => {
                let ChangePassword { peer_challenge, nt_response, .. } = *change;
                let received = Received { challenge, peer_challenge, nt_response, name };
                self.change(received, &old, &change, cx, request)
            }
            (State::SuccessSent(keys), Ok(Response::Success)) => {
                self.keys = Some(keys);
                ServerStep::Succeed
            }
            (State::SuccessSent(_), _) => ServerStep::Fail(Failure::MethodFailed {
                method: FACTS.method,
                reason: "the peer refused this server",
            }),
            (State::Expired { .. }, _) => {
                let refusal = AccountRefusal::new(AccountError::PasswordExpired, "");
                ServerStep::Fail(Failure::Account(refusal))
            }
            (State::FailureSent(failure) | State::Challenged { refused: Some(failure), .. }, _) => {
                ServerStep::Fail(failure)
            }
            _ => ServerStep::Fail(Failure::BadCredentials),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match (core::mem::take(&mut self.state), answer) {
            (State::LookingUp(received), Answer::Credential(credential)) => {
                self.looked_up(received, credential, cx, request)
            }
            (State::LookingUp(received), _) => {
                self.looked_up(received, Credential::Unknown, cx, request)
            }
            (State::Storing { received, new }, Answer::Verdict(true)) => {
                self.succeed(&received, &new, cx, request)
            }
            (State::Storing { .. }, _) => self.refuse_change(cx, request),
            _ => ServerStep::Fail(Failure::BadCredentials),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        match self.state {
            State::Challenged { refused: Some(_), .. } | State::Expired { .. } => Some(TYPING_TIME),
            _ => None,
        }
    }

    fn rejection(&self) -> Option<Failure> {
        match &self.state {
            State::FailureSent(failure) => Some(failure.clone()),
            _ => None,
        }
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }
}

fn write_failure(message: &FailureMessage, cx: &ServerContext<'_>, request: &mut PacketBuffer) {
    packet::write_failure(cx.identifier.next().0, message, request);
}

fn random(cx: &mut ServerContext<'_>) -> [u8; CHALLENGE_LEN] {
    let mut octets = [0; CHALLENGE_LEN];
    cx.rng.fill_bytes(&mut octets);
    octets
}
