//! The server's side.

use super::response::{ChapResponse, MsChap2Response, MsChapResponse, exchange, read_password};
use crate::crypto::NtHash;
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

/// For a person whose peer has no words of its own for the number.
const REFUSED: &str = "Authentication failed";

const MISSING: Unacceptable = Unacceptable("an AVP of the protocol inside the tunnel is missing");

pub(in crate::methods::ttls) struct PasswordServer {
    challenge: ImplicitChallenge,
    identity: Identity,
    response: Response,
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
        Ok((Self { challenge, identity, response }, said))
    }

    pub(in crate::methods::ttls) fn answer(
        &self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
    ) -> core::result::Result<Said<Result>, Unacceptable> {
        let verdict = matches!(answer, Answer::Verdict(true));
        let (credential, restriction) = match answer {
            Answer::Credential(credential) => credential.split(),
            _ => (Credential::Unknown, None),
        };
        // Somebody unknown takes the time of a wrong password.
        let mut made_up = [0; 16];
        cx.rng.fill_bytes(&mut made_up);
        let Self { challenge, identity, response } = self;
        let mut proof = AvpBuffer::default();
        let (protocol, is_known, is_right) = match response {
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
                (PasswordProtocol::MsChapV2, is_known, is_right)
            }
        };
        let failure = match (is_known, is_right, restriction) {
            (true, true, None) => {
                let inner = InnerOutcome { method: protocol.into(), identity: identity.clone() };
                return Ok(Said { avps: proof, question: None, result: Some(Ok(inner)) });
            }
            (true, true, Some(error)) => Failure::Account(AccountRefusal::new(error, "")),
            (true, false, _) => Failure::BadCredentials,
            (false, ..) => Failure::UnknownIdentity,
        };
        Ok(Said {
            avps: self.refusal(&failure, made_up),
            question: None,
            result: Some(Err(failure)),
        })
    }

    /// What the peer is told of a failure: MS-CHAP-V2 has words for it.
    fn refusal(&self, failure: &Failure, challenge: [u8; 16]) -> AvpBuffer {
        if !matches!(self.response, Response::MsChapV2(_)) {
            return AvpBuffer::default();
        }
        let error = match failure {
            Failure::Account(AccountRefusal { error, .. }) => *error,
            _ => AccountError::WrongPassword,
        };
        let message = FailureMessage::new(AccountRefusal::new(error, REFUSED), false, challenge);
        text(AvpCode::MS_CHAP_ERROR, &self.challenge, &message.to_string())
    }
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
