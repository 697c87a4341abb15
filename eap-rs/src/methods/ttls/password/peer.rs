//! The peer's side.

use std::sync::Arc;

use super::response::{ChapResponse, MsChap2Response, MsChapResponse, exchange, write_password};
use crate::crypto::NtHash;
use crate::method::PeerContext;
use crate::methods::mschapv2::{FailureMessage, authenticator_response};
use crate::methods::ttls::avp::{AvpCode, Avps, Unacceptable};
use crate::methods::ttls::config::{PasswordConfig, PasswordProtocol};
use crate::methods::ttls::{FACTS, ImplicitChallenge, Said};
use crate::packet::displayable;
use crate::tunnel::inner::tunneled;
use crate::{Answer, Failure, Identity, InnerOutcome, Query, Secret};

const NO_TEXT: Unacceptable = Unacceptable("the password is not UTF-8");

/// What is understood in a message of the server's.
const UNDERSTOOD: [AvpCode; 3] =
    [AvpCode::REPLY_MESSAGE, AvpCode::MS_CHAP2_SUCCESS, AvpCode::MS_CHAP_ERROR];

pub(in crate::methods::ttls) struct PasswordPeer {
    config: Arc<PasswordConfig>,
    challenge: ImplicitChallenge,
    identity: Identity,
    state: State,
}

enum State {
    AskingIdentity,
    AskingPassword,
    /// What was sent is up to the server.
    Sent,
    /// The server has to prove that it knows the password.
    Proving(Secret),
    /// It has.
    Proved,
}

impl PasswordPeer {
    pub(in crate::methods::ttls) fn new(
        config: &Arc<PasswordConfig>,
        challenge: ImplicitChallenge,
    ) -> Self {
        let config = Arc::clone(config);
        Self { config, challenge, identity: Identity::default(), state: State::AskingIdentity }
    }

    pub(in crate::methods::ttls) fn begin(
        &mut self,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        match &self.config.identity {
            Some(identity) => self.log_in(identity.clone(), cx),
            None => Ok(ask(cx, Query::Identity { prompt: String::new() })),
        }
    }

    fn log_in(
        &mut self,
        identity: Identity,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        self.identity = identity;
        let config = Arc::clone(&self.config);
        match (&config.nt_hash, &config.password) {
            (Some(hash), _) => self.prove_hash(hash, cx),
            (None, Some(password)) => self.prove(password, cx),
            (None, None) => {
                self.state = State::AskingPassword;
                Ok(ask(cx, Query::Password { identity: self.identity.clone(), refused: None }))
            }
        }
    }

    fn prove(
        &mut self,
        password: &Secret,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        let avps = match self.config.protocol {
            PasswordProtocol::Pap => write_password(&self.identity, password),
            PasswordProtocol::Chap => ChapResponse::compute(&self.challenge, password)
                .write(&self.challenge, &self.identity),
            PasswordProtocol::MsChap | PasswordProtocol::MsChapV2 => {
                return self.prove_hash(&NtHash::of_secret(password).ok_or(NO_TEXT)?, cx);
            }
        };
        self.state = State::Sent;
        Ok(avps.into())
    }

    fn prove_hash(
        &mut self,
        password: &NtHash,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        let Self { challenge, identity, .. } = self;
        if self.config.protocol == PasswordProtocol::MsChap {
            let response = MsChapResponse::compute(challenge, password)?;
            self.state = State::Sent;
            return Ok(response.write(challenge, identity).into());
        }
        let mut peer_challenge = [0; 16];
        cx.rng.fill_bytes(&mut peer_challenge);
        let exchange = exchange(challenge, &peer_challenge, identity)?;
        let nt_response = exchange.nt_response(password);
        let expected = Secret::new(exchange.authenticator_response(password, &nt_response));
        let avps = MsChap2Response { peer_challenge, nt_response }.write(challenge, identity);
        self.state = State::Proving(expected);
        Ok(avps.into())
    }

    /// Takes a message of the server's.
    pub(in crate::methods::ttls) fn handle(
        &mut self,
        avps: &Avps<'_>,
        cx: &PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        avps.understand(&UNDERSTOOD)?;
        if let Some(error) = avps.get(AvpCode::MS_CHAP_ERROR)?
            && self.config.protocol.takes_nt_hash()
        {
            let text = error.get(1..).unwrap_or_default();
            let refusal = FailureMessage::parse(text).refusal;
            return Ok(Said { result: Some(Failure::Account(refusal)), ..Said::default() });
        }
        if let Some(success) = avps.get(AvpCode::MS_CHAP2_SUCCESS)?
            && let State::Proving(expected) = &self.state
        {
            if !self.is_proof(success, expected) {
                return Err(Unacceptable("the network does not know the password"));
            }
            self.state = State::Proved;
        }
        // RFC 5281 §11.2.5: another password is wanted, of a token card for example.
        if let (PasswordProtocol::Pap, Some(challenge)) =
            (self.config.protocol, avps.get(AvpCode::REPLY_MESSAGE)?)
        {
            self.state = State::AskingPassword;
            return Ok(ask(cx, Query::Token { challenge: displayable(challenge) }));
        }
        Ok(Said::default())
    }

    /// RFC 2548 §2.3.3.
    fn is_proof(&self, success: &[u8], expected: &Secret) -> bool {
        let Some((identifier, text)) = success.split_first() else { return false };
        *identifier == self.challenge.identifier
            && authenticator_response(text).is_some_and(|response| expected.ct_eq(&response))
    }

    pub(in crate::methods::ttls) fn answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        match (&self.state, answer) {
            (State::AskingIdentity, Answer::Text(name)) => self.log_in(Identity::new(name), cx),
            (State::AskingPassword, Answer::Secret(password)) => self.prove(&password, cx),
            _ => Ok(Said { result: Some(Failure::Declined), ..Said::default() }),
        }
    }

    pub(in crate::methods::ttls) fn is_content(&self) -> bool {
        matches!(self.state, State::Sent | State::Proved)
    }

    /// The server has granted access.
    pub(in crate::methods::ttls) fn outcome(&self) -> InnerOutcome {
        InnerOutcome { method: self.config.protocol.into(), identity: self.identity.clone() }
    }
}

fn ask(cx: &PeerContext<'_>, query: Query) -> Said<Failure> {
    tunneled(FACTS.method, cx.identity, query).into()
}
