//! The peer's side.

use std::sync::Arc;

use super::change::PasswordChange;
use super::response::{ChapResponse, MsChap2Response, MsChapResponse, exchange, write_password};
use crate::crypto::{NtHash, password_change};
use crate::method::PeerContext;
use crate::methods::mschapv2::{FailureMessage, MAX_RETRIES, authenticator_response};
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
    /// The tunnel's; after an error, the server's.
    challenge: ImplicitChallenge,
    identity: Identity,
    state: State,
    retries: u8,
}

enum State {
    AskingIdentity,
    AskingPassword,
    /// A new password is being asked for; the old one was right.
    AskingNew(NtHash),
    /// What was sent is up to the server.
    Sent,
    /// The server has to prove that it knows the password.
    Proving(Proving),
    /// It has.
    Proved,
    /// Nothing will make it content any more.
    Over,
}

/// What a response of MS-CHAP-V2 leads to.
struct Proving {
    /// RFC 2759 §8.7: what proves that the server knows the password.
    expected: Secret,
    password: NtHash,
    /// RFC 2759 §9.1: after a change of password there is no other try.
    is_change: bool,
}

impl PasswordPeer {
    pub(in crate::methods::ttls) fn new(
        config: &Arc<PasswordConfig>,
        challenge: ImplicitChallenge,
    ) -> Self {
        let config = Arc::clone(config);
        let (identity, state) = (Identity::default(), State::AskingIdentity);
        Self { config, challenge, identity, state, retries: 0 }
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
            (Some(hash), _) => self.prove_hash(NtHash::new(*hash.expose()), cx),
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
                return self.prove_hash(NtHash::of_secret(password).ok_or(NO_TEXT)?, cx);
            }
        };
        self.state = State::Sent;
        Ok(avps.into())
    }

    fn prove_hash(
        &mut self,
        password: NtHash,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        let Self { challenge, identity, .. } = self;
        if self.config.protocol == PasswordProtocol::MsChap {
            let response = MsChapResponse::compute(challenge, &password)?;
            self.state = State::Sent;
            return Ok(response.write(challenge, identity).into());
        }
        let mut peer_challenge = [0; 16];
        cx.rng.fill_bytes(&mut peer_challenge);
        let exchange = exchange(challenge, &peer_challenge, identity)?;
        let nt_response = exchange.nt_response(&password);
        let expected = Secret::new(exchange.authenticator_response(&password, &nt_response));
        let avps = MsChap2Response { peer_challenge, nt_response }.write(challenge, identity);
        self.state = State::Proving(Proving { expected, password, is_change: false });
        Ok(avps.into())
    }

    /// RFC 5281 §11.2.4: the new password travels under the old one.
    fn change_password(
        &mut self,
        old: &NtHash,
        new: &Secret,
        cx: &mut PeerContext<'_>,
    ) -> Result<Said<Failure>, Unacceptable> {
        let text = core::str::from_utf8(new.expose()).map_err(|_| NO_TEXT)?;
        let encrypted_password = password_change::encrypt_password(text, old, cx.rng)
            .ok_or(Unacceptable("the new password is too long"))?;
        let password = NtHash::of_password(text);
        let mut peer_challenge = [0; 16];
        cx.rng.fill_bytes(&mut peer_challenge);
        let exchange = exchange(&self.challenge, &peer_challenge, &self.identity)?;
        let nt_response = exchange.nt_response(&password);
        let expected = Secret::new(exchange.authenticator_response(&password, &nt_response));
        let encrypted_hash = password_change::encrypt_hash(old, &password);
        let change =
            PasswordChange { encrypted_password, encrypted_hash, peer_challenge, nt_response };
        let avps = change.write(&self.challenge);
        self.state = State::Proving(Proving { expected, password, is_change: true });
        Ok(avps.into())
    }

    /// MS-CHAP-Error: another try, a new password, or the end.
    fn refused(
        &mut self,
        identifier: u8,
        message: FailureMessage,
        cx: &PeerContext<'_>,
    ) -> Said<Failure> {
        let (retry, change) = (message.challenge_for_retry(), message.challenge_for_change());
        let refused = message.refusal;
        let challenge =
            |octets: [u8; 16]| ImplicitChallenge { octets: octets.to_vec(), identifier };
        let identity = self.identity.clone();
        match (core::mem::replace(&mut self.state, State::Over), retry, change) {
            (State::Proving(Proving { is_change: false, .. }), Some(octets), _)
                if self.retries < MAX_RETRIES =>
            {
                self.retries = self.retries.saturating_add(1);
                self.challenge = challenge(octets);
                self.state = State::AskingPassword;
                ask(cx, Query::Password { identity, refused: Some(refused) })
            }
            (State::Proving(Proving { is_change: false, password, .. }), _, Some(octets)) => {
                self.challenge = challenge(octets);
                self.state = State::AskingNew(password);
                ask(cx, Query::NewPassword { identity, refused })
            }
            _ => Said { result: Some(Failure::Account(refused)), ..Said::default() },
        }
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
            let (identifier, text) = error.split_first().unwrap_or((&0, &[]));
            return Ok(self.refused(*identifier, FailureMessage::parse(text), cx));
        }
        if let Some(success) = avps.get(AvpCode::MS_CHAP2_SUCCESS)?
            && let State::Proving(Proving { expected, .. }) = &self.state
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
        match (core::mem::replace(&mut self.state, State::Over), answer) {
            (State::AskingIdentity, Answer::Text(name)) => self.log_in(Identity::new(name), cx),
            (State::AskingPassword, Answer::Secret(password)) => self.prove(&password, cx),
            (State::AskingNew(old), Answer::Secret(new)) => self.change_password(&old, &new, cx),
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
