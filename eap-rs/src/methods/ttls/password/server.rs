//! The server's side.

use super::change::PasswordChange;
use super::response::{ChapResponse, MsChap2Response, MsChapResponse, exchange, read_password};
use crate::crypto::{NtHash, password_change};
use crate::method::ServerContext;
use crate::methods::mschapv2::{FailureMessage, success_text};
use crate::methods::ttls::avp::{AvpBuffer, AvpCode, Avps, Unacceptable};
use crate::methods::ttls::config::PasswordProtocol;
use crate::methods::ttls::{FACTS, ImplicitChallenge, Said};
use crate::tunnel::inner::tunneled;
use crate::{
    AccountError, AccountRefusal, Answer, Credential, CredentialKind, Event, Failure, Identity,
    InnerOutcome, Query, Secret,
};

/// What is understood in the peer's message.
const UNDERSTOOD: [AvpCode; 7] = [
    AvpCode::USER_NAME,
    AvpCode::USER_PASSWORD,
    AvpCode::CHAP_PASSWORD,
    AvpCode::CHAP_CHALLENGE,
    AvpCode::MS_CHAP_CHALLENGE,
    AvpCode::MS_CHAP_RESPONSE,
    AvpCode::MS_CHAP2_RESPONSE,
];

/// What is understood in a message that changes the password.
const UNDERSTOOD_CHANGE: [AvpCode; 4] = [
    AvpCode::USER_NAME,
    AvpCode::MS_CHAP_NT_ENC_PW,
    AvpCode::MS_CHAP2_CPW,
    AvpCode::MS_CHAP_CHALLENGE,
];

/// For a person whose peer has no words of its own for the number.
const REFUSED: &str = "Authentication failed";

const MISSING: Unacceptable = Unacceptable("an AVP of the protocol inside the tunnel is missing");

pub(in crate::methods::ttls) struct PasswordServer {
    /// The tunnel's; after an error that does not end it, our own.
    challenge: ImplicitChallenge,
    identity: Identity,
    state: State,
    retries: u8,
}

enum State {
    /// The host is asked about this.
    LookingUp(Response),
    /// The password was wrong, and the peer may try another.
    Refused(Failure),
    /// The password was right, but has expired: another is wanted.
    Expired(NtHash),
    /// The host is storing the new password.
    Storing {
        response: MsChap2Response,
        new: NtHash,
    },
    Over,
}

/// What the host is asked about.
enum Response {
    Pap,
    Chap(ChapResponse),
    MsChap(MsChapResponse),
    MsChapV2(MsChap2Response),
}

type Result = core::result::Result<InnerOutcome, Failure>;

impl PasswordServer {
    /// Takes the peer's message of this protocol.
    pub(in crate::methods::ttls) fn begin(
        protocol: PasswordProtocol,
        challenge: ImplicitChallenge,
        avps: &Avps<'_>,
        cx: &mut ServerContext<'_>,
    ) -> core::result::Result<(Self, Said<Result>), Unacceptable> {
        avps.understand(&UNDERSTOOD)?;
        let name = avps.get(AvpCode::USER_NAME)?.ok_or(Unacceptable("no user name"))?;
        if name.len() > Identity::MAX_LEN {
            return Err(Unacceptable("a user name of more than 1015 octets"));
        }
        let identity = Identity::new(name);
        cx.events.push(Event::InnerIdentity(identity.clone()));
        let avp = |code| avps.get(code)?.ok_or(MISSING);
        let credential = |accepts| Query::Credential {
            identity: identity.clone(),
            method: FACTS.method,
            accepts,
        };
        let hashes = &[CredentialKind::Cleartext, CredentialKind::NtHash];
        let (response, query) = match protocol {
            PasswordProtocol::Pap => {
                let password = read_password(avp(AvpCode::USER_PASSWORD)?);
                (Response::Pap, Query::CheckPassword { identity: identity.clone(), password })
            }
            PasswordProtocol::Chap => {
                let avp = avp(AvpCode::CHAP_PASSWORD)?;
                let response = ChapResponse::read(avp, avps, &challenge)?;
                (Response::Chap(response), credential(&[CredentialKind::Cleartext]))
            }
            PasswordProtocol::MsChap => {
                let avp = avp(AvpCode::MS_CHAP_RESPONSE)?;
                let response = MsChapResponse::read(avp, avps, &challenge)?;
                (Response::MsChap(response), credential(hashes))
            }
            PasswordProtocol::MsChapV2 => {
                let avp = avp(AvpCode::MS_CHAP2_RESPONSE)?;
                let response = MsChap2Response::read(avp, avps, &challenge)?;
                (Response::MsChapV2(response), credential(hashes))
            }
        };
        let said = tunneled(FACTS.method, cx.identity, query).into();
        let state = State::LookingUp(response);
        Ok((Self { challenge, identity, state, retries: 0 }, said))
    }

    /// Whether the peer has been refused, but not for good: it may try again, or say nothing more.
    pub(in crate::methods::ttls) const fn awaits_another(&self) -> bool {
        matches!(self.state, State::Refused(_) | State::Expired(_))
    }

    /// The peer does not try again.
    pub(in crate::methods::ttls) fn abandoned(&mut self) -> Failure {
        match core::mem::replace(&mut self.state, State::Over) {
            State::Refused(failure) => failure,
            State::Expired(_) => expired(),
            _ => Failure::BadCredentials,
        }
    }

    /// Takes what the peer says to an error that was not the end (RFC 5281 §11.2.4).
    pub(in crate::methods::ttls) fn handle(
        &mut self,
        avps: &Avps<'_>,
        cx: &mut ServerContext<'_>,
    ) -> core::result::Result<Said<Result>, Unacceptable> {
        match core::mem::replace(&mut self.state, State::Over) {
            State::Refused(_) => {
                avps.understand(&UNDERSTOOD)?;
                let name = avps.get(AvpCode::USER_NAME)?;
                if name.is_some_and(|name| name != self.identity.as_bytes()) {
                    return Err(Unacceptable("another user than before"));
                }
                let avp = avps.get(AvpCode::MS_CHAP2_RESPONSE)?.ok_or(MISSING)?;
                let response = MsChap2Response::read(avp, avps, &self.challenge)?;
                self.state = State::LookingUp(Response::MsChapV2(response));
                Ok(tunneled(FACTS.method, cx.identity, self.credential_query()).into())
            }
            State::Expired(old) => {
                avps.understand(&UNDERSTOOD_CHANGE)?;
                let change = PasswordChange::read(avps, &self.challenge)?;
                self.change(&old, &change, cx)
            }
            _ => Err(Unacceptable("more data inside the tunnel than expected")),
        }
    }

    fn credential_query(&self) -> Query {
        Query::Credential {
            identity: self.identity.clone(),
            method: FACTS.method,
            accepts: &[CredentialKind::Cleartext, CredentialKind::NtHash],
        }
    }

    /// Whoever knows the old password can read the new one, which proves itself by the response.
    fn change(
        &mut self,
        old: &NtHash,
        change: &PasswordChange,
        cx: &mut ServerContext<'_>,
    ) -> core::result::Result<Said<Result>, Unacceptable> {
        let PasswordChange { encrypted_password, encrypted_hash, peer_challenge, nt_response } =
            change;
        let exchange = exchange(&self.challenge, peer_challenge, &self.identity)?;
        let opened = password_change::open(old, encrypted_password, encrypted_hash);
        let proved =
            opened.filter(|(_, new)| Secret::new(exchange.nt_response(new)).ct_eq(nt_response));
        let Some((new_password, new)) = proved else { return Ok(self.refused_change(cx)) };
        let (peer_challenge, nt_response) = (*peer_challenge, *nt_response);
        let response = MsChap2Response { peer_challenge, nt_response };
        self.state = State::Storing { response, new };
        let query = Query::ChangePassword { identity: self.identity.clone(), new_password };
        Ok(tunneled(FACTS.method, cx.identity, query).into())
    }

    fn refused_change(&self, cx: &mut ServerContext<'_>) -> Said<Result> {
        let mut challenge = [0; 16];
        cx.rng.fill_bytes(&mut challenge);
        let error = AccountError::ChangingPassword;
        let refusal = AccountRefusal::new(error, "New password refused");
        let message = FailureMessage::new(refusal, false, challenge);
        Said {
            avps: text(AvpCode::MS_CHAP_ERROR, &self.challenge, &message.to_string()),
            question: None,
            result: Some(Err(Failure::Account(AccountRefusal::new(error, "")))),
        }
    }

    /// The host has stored the new password, or not.
    fn stored(
        &mut self,
        response: &MsChap2Response,
        new: &NtHash,
        is_stored: bool,
        cx: &mut ServerContext<'_>,
    ) -> core::result::Result<Said<Result>, Unacceptable> {
        if !is_stored {
            return Ok(self.refused_change(cx));
        }
        let exchange = exchange(&self.challenge, &response.peer_challenge, &self.identity)?;
        let proof = exchange.authenticator_response(new, &response.nt_response);
        let (method, identity) = (PasswordProtocol::MsChapV2.into(), self.identity.clone());
        Ok(Said {
            avps: text(AvpCode::MS_CHAP2_SUCCESS, &self.challenge, &success_text(&proof)),
            question: None,
            result: Some(Ok(InnerOutcome { method, identity })),
        })
    }

    pub(in crate::methods::ttls) fn answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
    ) -> core::result::Result<Said<Result>, Unacceptable> {
        let verdict = matches!(answer, Answer::Verdict(true));
        let response = match core::mem::replace(&mut self.state, State::Over) {
            State::LookingUp(response) => response,
            State::Storing { response, new } => return self.stored(&response, &new, verdict, cx),
            _ => return Err(Unacceptable("an answer to nothing that was asked")),
        };
        let (credential, restriction) = match answer {
            Answer::Credential(credential) => credential.split(),
            _ => (Credential::Unknown, None),
        };
        // Somebody unknown takes the time of a wrong password.
        let mut made_up = [0; 16];
        cx.rng.fill_bytes(&mut made_up);
        let Self { challenge, identity, .. } = self;
        let mut proof = AvpBuffer::default();
        let mut old = None;
        let (protocol, is_known, is_right) = match &response {
            Response::Pap => (PasswordProtocol::Pap, true, verdict),
            Response::Chap(response) => {
                let known = cleartext(credential);
                let is_known = known.is_some();
                let password = known.unwrap_or_else(|| Secret::new(made_up));
                let is_right = response.is(&ChapResponse::compute(challenge, &password));
                (PasswordProtocol::Chap, is_known, is_right)
            }
            Response::MsChap(response) => {
                let (password, is_known) = nt_hash(credential, made_up);
                let is_right = response.is(&MsChapResponse::compute(challenge, &password)?);
                (PasswordProtocol::MsChap, is_known, is_right)
            }
            Response::MsChapV2(response) => {
                let (password, is_known) = nt_hash(credential, made_up);
                let MsChap2Response { peer_challenge, nt_response } = response;
                let exchange = exchange(challenge, peer_challenge, identity)?;
                let is_right = Secret::new(exchange.nt_response(&password)).ct_eq(nt_response);
                let response = exchange.authenticator_response(&password, nt_response);
                proof = text(AvpCode::MS_CHAP2_SUCCESS, challenge, &success_text(&response));
                old = Some(password);
                (PasswordProtocol::MsChapV2, is_known, is_right)
            }
        };
        let failure = match (is_known, is_right, restriction) {
            (true, true, None) => {
                let inner = InnerOutcome { method: protocol.into(), identity: identity.clone() };
                return Ok(Said { avps: proof, question: None, result: Some(Ok(inner)) });
            }
            (true, true, Some(AccountError::PasswordExpired)) if old.is_some() => {
                let refusal = AccountRefusal::new(AccountError::PasswordExpired, "Expired");
                let avps = self.another(refusal, made_up);
                self.state = old.map_or(State::Over, State::Expired);
                return Ok(avps.into());
            }
            (true, true, Some(error)) => Failure::Account(AccountRefusal::new(error, "")),
            (true, false, _) => Failure::BadCredentials,
            (false, ..) => Failure::UnknownIdentity,
        };
        let is_wrong = !matches!(failure, Failure::Account(_));
        if old.is_some() && is_wrong && self.retries < cx.password_retries {
            self.retries = self.retries.saturating_add(1);
            let refusal = AccountRefusal::new(AccountError::WrongPassword, REFUSED);
            let avps = self.another(refusal, made_up);
            self.state = State::Refused(failure);
            return Ok(avps.into());
        }
        let avps = match old {
            Some(_) => self.refusal(&failure, made_up),
            None => AvpBuffer::default(),
        };
        Ok(Said { avps, question: None, result: Some(Err(failure)) })
    }

    /// An error that is not the end, with what the next response is to be computed for.
    fn another(&mut self, refusal: AccountRefusal, challenge: [u8; 16]) -> AvpBuffer {
        let identifier = self.challenge.identifier.wrapping_add(1);
        self.challenge = ImplicitChallenge { octets: challenge.to_vec(), identifier };
        let message = FailureMessage::new(refusal, true, challenge);
        text(AvpCode::MS_CHAP_ERROR, &self.challenge, &message.to_string())
    }

    /// What the peer is told of a failure: MS-CHAP-V2 has words for it.
    fn refusal(&self, failure: &Failure, challenge: [u8; 16]) -> AvpBuffer {
        let error = match failure {
            Failure::Account(AccountRefusal { error, .. }) => *error,
            _ => AccountError::WrongPassword,
        };
        let message = FailureMessage::new(AccountRefusal::new(error, REFUSED), false, challenge);
        text(AvpCode::MS_CHAP_ERROR, &self.challenge, &message.to_string())
    }
}

fn expired() -> Failure {
    Failure::Account(AccountRefusal::new(AccountError::PasswordExpired, ""))
}

/// RFC 2548 §2.1.5, §2.3.3.
fn text(code: AvpCode, challenge: &ImplicitChallenge, text: &str) -> AvpBuffer {
    AvpBuffer::default().with(code, &[&[challenge.identifier], text.as_bytes()])
}

fn cleartext(credential: Credential) -> Option<Secret> {
    match credential {
        Credential::Cleartext(password) => Some(password),
        _ => None,
    }
}

/// The hash to compare with, and whether it is somebody's.
fn nt_hash(credential: Credential, made_up: [u8; NtHash::LEN]) -> (NtHash, bool) {
    let known = match credential {
        Credential::NtHash(hash) => Some(hash),
        Credential::Cleartext(password) => NtHash::of_secret(&password),
        _ => None,
    };
    let is_known = known.is_some();
    (known.unwrap_or_else(|| NtHash::new(made_up)), is_known)
}
