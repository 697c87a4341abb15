//! The peer's side of EAP-MSCHAPv2 (\[MS-CHAP\] §3.2).

use rand_core::CryptoRng;

use super::packet::{self, ChangePassword, FailureMessage, Proof, Request};
use super::{FACTS, TunnelChallenges, keys};
use crate::crypto::mschap::{AUTHENTICATOR_RESPONSE_LEN, CHALLENGE_LEN, Exchange};
use crate::crypto::{NtHash, password_change};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Verdict, Willingness};
use crate::{AccountRefusal, Answer, Discard, Failure, Keys, PacketBuffer, Query, Secret};

/// Servers may end with a bare EAP-Failure (FreeRADIUS 3.2): it has to be heard. A Success is too
/// early.
const NOT_YET: Progress = Progress::MayEnd(Willingness::Fail);

/// After so many wrong passwords no other is asked for, whatever the server allows.
pub(in crate::methods) const MAX_RETRIES: u8 = 5;

#[derive(Debug, Default)]
pub(crate) struct Peer {
    state: State,
    retries: u8,
    keys: Option<Keys>,
    /// In place of those that travel.
    challenges: Option<TunnelChallenges>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Begin,
    /// A password is being asked for.
    Asking(Challenge),
    /// A new password is being asked for.
    AskingNew {
        challenge: Challenge,
        old: NtHash,
    },
    Sent(Sent),
    Done,
}

/// What a response is to be computed for.
#[derive(Clone, Copy, Debug)]
struct Challenge {
    /// The MS-CHAPv2-ID of the response.
    id: u8,
    octets: [u8; CHALLENGE_LEN],
}

/// A response has been sent.
#[derive(Debug)]
struct Sent {
    password: NtHash,
    /// RFC 2759 §8.8: what proves that the server knows the password.
    expected: Secret,
    keys: Keys,
    /// RFC 2759 §9.1: after a change of password there is no other try.
    is_change: bool,
}

impl Peer {
    /// One that does not use the challenges that travel.
    #[cfg(feature = "fast")]
    pub(crate) fn with_challenges(challenges: TunnelChallenges) -> Self {
        Self { challenges: Some(challenges), ..Self::default() }
    }

    fn challenged(
        &mut self,
        challenge: Challenge,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match (cx.nt_hash, cx.password) {
            (Some(hash), _) => self.respond(challenge, NtHash::new(*hash.expose()), cx, reply),
            (None, Some(password)) => self.respond_with(challenge, password, cx, reply),
            (None, None) => self.ask(challenge, None, cx),
        }
    }

    fn ask(
        &mut self,
        challenge: Challenge,
        refused: Option<AccountRefusal>,
        cx: &PeerContext<'_>,
    ) -> PeerStep {
        self.state = State::Asking(challenge);
        PeerStep::Ask(Query::Password { identity: cx.identity.clone(), refused })
    }

    fn respond_with(
        &mut self,
        challenge: Challenge,
        password: &Secret,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match NtHash::of_secret(password) {
            Some(hash) => self.respond(challenge, hash, cx, reply),
            None => fail("the password is not UTF-8"),
        }
    }

    fn respond(
        &mut self,
        challenge: Challenge,
        password: NtHash,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let (peer_challenge, sent) = match &self.challenges {
            Some(challenges) => (*challenges.peer, [0; CHALLENGE_LEN]),
            None => {
                let challenge = random(cx.rng);
                (challenge, challenge)
            }
        };
        let name = cx.identity.as_bytes();
        let exchange = exchange(&challenge, &peer_challenge, name);
        let nt_response = exchange.nt_response(&password);
        Proof { peer_challenge: &sent, nt_response: &nt_response, name }.write(challenge.id, reply);
        self.state = State::Sent(Sent::new(&exchange, &nt_response, password, false));
        PeerStep::Reply(NOT_YET)
    }

    /// RFC 2759 §7.
    fn change_password(
        &mut self,
        challenge: Challenge,
        old: &NtHash,
        new: &Secret,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let encrypted = core::str::from_utf8(new.expose()).ok().and_then(|new| {
            let encrypted = password_change::encrypt_password(new, old, cx.rng)?;
            Some((NtHash::of_password(new), encrypted))
        });
        let Some((new, encrypted_password)) = encrypted else {
            return fail("the new password is too long");
        };
        let peer_challenge = random(cx.rng);
        let exchange = exchange(&challenge, &peer_challenge, cx.identity.as_bytes());
        let nt_response = exchange.nt_response(&new);
        let encrypted_hash = password_change::encrypt_hash(old, &new);
        ChangePassword { encrypted_password, encrypted_hash, peer_challenge, nt_response }
            .write(challenge.id, reply);
        self.state = State::Sent(Sent::new(&exchange, &nt_response, new, true));
        PeerStep::Reply(NOT_YET)
    }

    fn succeeded(
        &mut self,
        sent: Sent,
        authenticator_response: Option<[u8; AUTHENTICATOR_RESPONSE_LEN]>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        if !authenticator_response.is_some_and(|response| sent.expected.ct_eq(&response)) {
            return fail("the network does not know the password");
        }
        self.keys = Some(sent.keys);
        packet::write_success_response(reply);
        PeerStep::Reply(Progress::Done(Verdict::UncondSucc))
    }

    fn refused(
        &mut self,
        sent: Sent,
        id: u8,
        message: FailureMessage,
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        // RFC 2759 §7 has the Identifier plus one; IAS wants it for another try, too.
        let challenge = |octets| Challenge { id: id.wrapping_add(1), octets };
        let (retry, change) = match self.challenges {
            None => (message.challenge_for_retry(), message.challenge_for_change()),
            Some(_) => (None, None),
        };
        let refused = message.refusal;
        match (retry, change) {
            (Some(octets), _) if !sent.is_change && self.retries < MAX_RETRIES => {
                self.retries = self.retries.saturating_add(1);
                self.ask(challenge(octets), Some(refused), cx)
            }
            (_, Some(octets)) if !sent.is_change => {
                self.state = State::AskingNew { challenge: challenge(octets), old: sent.password };
                PeerStep::Ask(Query::NewPassword { identity: cx.identity.clone(), refused })
            }
            _ => {
                packet::write_failure_response(reply);
                PeerStep::Reply(Progress::Done(Verdict::Fail(Failure::Account(refused))))
            }
        }
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let request = match Request::parse(data) {
            Ok(request) => request,
            Err(reason) => return PeerStep::Discard(reason),
        };
        let op_code = request.op_code();
        match (core::mem::replace(&mut self.state, State::Done), request) {
            (State::Begin, Request::Challenge { id, challenge }) => {
                let octets = self.challenges.as_ref().map_or(*challenge, |own| *own.server);
                self.challenged(Challenge { id, octets }, cx, reply)
            }
            (State::Sent(sent), Request::Success { authenticator_response }) => {
                self.succeeded(sent, authenticator_response, reply)
            }
            (State::Sent(sent), Request::Failure { id, message }) => {
                self.refused(sent, id, message, cx, reply)
            }
            (state, _) => {
                self.state = state;
                PeerStep::Discard(Discard::MschapOpCode(op_code))
            }
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let Answer::Secret(password) = answer else { return PeerStep::Fail(Failure::Declined) };
        match core::mem::replace(&mut self.state, State::Done) {
            State::Asking(challenge) => self.respond_with(challenge, &password, cx, reply),
            State::AskingNew { challenge, old } => {
                self.change_password(challenge, &old, &password, cx, reply)
            }
            State::Begin | State::Sent(_) | State::Done => PeerStep::Fail(Failure::Declined),
        }
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }
}

impl Sent {
    fn new(
        exchange: &Exchange<'_>,
        nt_response: &[u8; 24],
        password: NtHash,
        is_change: bool,
    ) -> Self {
        let expected = exchange.authenticator_response(&password, nt_response);
        let keys = keys(&password, nt_response);
        Self { expected: Secret::new(expected), keys, password, is_change }
    }
}

fn exchange<'a>(
    challenge: &'a Challenge,
    peer_challenge: &'a [u8; CHALLENGE_LEN],
    name: &'a [u8],
) -> Exchange<'a> {
    Exchange { authenticator_challenge: &challenge.octets, peer_challenge, name }
}

fn random(rng: &mut dyn CryptoRng) -> [u8; CHALLENGE_LEN] {
    let mut octets = [0; CHALLENGE_LEN];
    rng.fill_bytes(&mut octets);
    octets
}

fn fail(reason: &'static str) -> PeerStep {
    PeerStep::Fail(Failure::MethodFailed { method: FACTS.method, reason })
}
