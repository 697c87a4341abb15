//! Both sides without the machines around them: every message in every state.

use proptest::prelude::*;
use rand::Rng;
use rand::rngs::StdRng;

use super::packet::{ChangePassword, Proof};
use super::{Peer, Server};
use crate::crypto::mschap::Exchange;
use crate::crypto::{NtHash, password_change};
use crate::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep, Verdict,
    Willingness,
};
use crate::testing::rng;
use crate::{
    AccountError, Answer, Credential, Discard, Failure, Identifier, Identity, Keys, PacketBuffer,
    Query, Secret,
};

const NAME: &str = "alice@example.org";
const PASSWORD: &str = "wonderland";
const NEW_PASSWORD: &str = "looking-glass";
const IDENTIFIER: Identifier = Identifier(7);

struct PeerSide {
    method: Peer,
    identity: Identity,
    password: Option<Secret>,
    rng: StdRng,
}

impl PeerSide {
    fn new(identity: &str) -> Self {
        let password = Some(Secret::from(PASSWORD));
        Self { method: Peer::default(), identity: Identity::from(identity), password, rng: rng() }
    }

    fn run(
        &mut self,
        call: impl FnOnce(&mut Peer, &mut PeerContext<'_>, &mut PacketBuffer) -> PeerStep,
    ) -> (PeerStep, Vec<u8>) {
        let mut cx = PeerContext {
            identifier: IDENTIFIER,
            identity: &self.identity,
            password: self.password.as_ref(),
            nt_hash: None,
            unix_time: None,
            tunneled: false,
            events: &mut Vec::new(),
            rng: &mut self.rng,
        };
        let mut reply = PacketBuffer::default();
        let step = call(&mut self.method, &mut cx, &mut reply);
        (step, reply.as_slice().to_vec())
    }

    fn request(&mut self, data: &[u8]) -> (PeerStep, Vec<u8>) {
        self.run(|method, cx, reply| method.handle_request(data, cx, reply))
    }

    fn type_in(&mut self, password: &str) -> (PeerStep, Vec<u8>) {
        let answer = Answer::Secret(Secret::from(password));
        self.run(|method, cx, reply| method.handle_answer(answer, cx, reply))
    }
}

struct ServerSide {
    method: Server,
    identity: Identity,
    password_retries: u8,
    rng: StdRng,
}

impl ServerSide {
    fn new(password_retries: u8) -> Self {
        let identity = Identity::from(NAME);
        Self { method: Server::default(), identity, password_retries, rng: rng() }
    }

    fn run(
        &mut self,
        call: impl FnOnce(&mut Server, &mut ServerContext<'_>, &mut PacketBuffer) -> ServerStep,
    ) -> (ServerStep, Vec<u8>) {
        let mut cx = ServerContext {
            identifier: IDENTIFIER,
            identity: &self.identity,
            server_name: "srv",
            prompt: "",
            password_retries: self.password_retries,
            unix_time: None,
            mtu: 1400,
            events: &mut Vec::new(),
            rng: &mut self.rng,
        };
        let mut request = PacketBuffer::default();
        let step = call(&mut self.method, &mut cx, &mut request);
        (step, request.as_slice().to_vec())
    }

    fn start(&mut self) -> Vec<u8> {
        self.run(|method, cx, request| method.start(cx, request)).1
    }

    fn response(&mut self, data: &[u8]) -> Result<(ServerStep, Vec<u8>), Discard> {
        self.method.check(data)?;
        Ok(self.run(|method, cx, request| method.handle_response(data, cx, request)))
    }

    fn answer(&mut self, answer: Answer) -> (ServerStep, Vec<u8>) {
        self.run(|method, cx, request| method.handle_answer(answer, cx, request))
    }

    fn credential(&mut self) -> (ServerStep, Vec<u8>) {
        self.answer(Answer::Credential(cleartext()))
    }
}

fn cleartext() -> Credential {
    Credential::Cleartext(Secret::from(PASSWORD))
}

/// The Response to a Challenge, or to the challenge of a Failure.
fn proof(challenge: [u8; 16], password: &str, name: &str) -> Vec<u8> {
    let peer_challenge = [0x21; 16];
    let exchange = Exchange {
        authenticator_challenge: &challenge,
        peer_challenge: &peer_challenge,
        name: name.as_bytes(),
    };
    let nt_response = exchange.nt_response(&NtHash::of_password(password));
    let mut data = PacketBuffer::default();
    Proof { peer_challenge: &peer_challenge, nt_response: &nt_response, name: name.as_bytes() }
        .write(7, &mut data);
    data.as_slice().to_vec()
}

/// What a new password of these parts travels in.
fn change(challenge: [u8; 16], old: &str, new: &str, proved: &str) -> ChangePassword {
    let (old, peer_challenge) = (NtHash::of_password(old), [0x22; 16]);
    let exchange = Exchange {
        authenticator_challenge: &challenge,
        peer_challenge: &peer_challenge,
        name: NAME.as_bytes(),
    };
    ChangePassword {
        encrypted_password: password_change::encrypt_password(new, &old, &mut rng()).unwrap(),
        encrypted_hash: password_change::encrypt_hash(&old, &NtHash::of_password(new)),
        peer_challenge,
        nt_response: exchange.nt_response(&NtHash::of_password(proved)),
    }
}

fn written(change: &ChangePassword) -> Vec<u8> {
    let mut data = PacketBuffer::default();
    change.write(8, &mut data);
    data.as_slice().to_vec()
}

/// The challenge in a Challenge or Failure.
fn challenge_of(request: &[u8]) -> [u8; 16] {
    match request[0] {
        1 => request[5..21].try_into().unwrap(),
        _ => {
            let text = core::str::from_utf8(&request[4..]).unwrap();
            let digits = text.split("C=").nth(1).unwrap().split(' ').next().unwrap();
            u128::from_str_radix(digits, 16).unwrap().to_be_bytes()
        }
    }
}

fn text_of(request: &[u8]) -> &str {
    core::str::from_utf8(&request[4..]).unwrap()
}

#[track_caller]
fn assert_equal_keys(peer: Option<Keys>, server: Option<Keys>) {
    let (peer, server) = (peer.unwrap(), server.unwrap());
    assert_eq!(peer.msk.expose(), server.msk.expose());
    assert_eq!(peer.msk.expose().len(), 32);
    assert!(peer.emsk.is_none() && peer.session_id.is_none());
}

#[test]
fn both_sides_prove_themselves_and_share_the_keys() {
    for name in [NAME, "EXAMPLE\\alice@example.org", "OTHER\\alice@example.org"] {
        let (mut peer, mut server) = (PeerSide::new(name), ServerSide::new(0));
        let (step, response) = peer.request(&server.start());
        assert!(matches!(step, PeerStep::Reply(Progress::MayEnd(Willingness::Fail))));
        let (step, _) = server.response(&response).unwrap();
        assert!(matches!(step, ServerStep::Ask(Query::Credential { .. })));
        let (step, success) = server.credential();
        assert!(matches!(step, ServerStep::Request));
        assert!(server.method.keys().is_none() && peer.method.keys().is_none());
        let (step, response) = peer.request(&success);
        assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::UncondSucc))));
        assert_eq!(response, [3]);
        assert!(matches!(server.response(&response), Ok((ServerStep::Succeed, _))));
        assert_equal_keys(peer.method.keys(), server.method.keys());
    }
}

#[test]
fn an_nt_hash_is_as_good_as_the_password_on_either_side() {
    let (mut peer, mut server) = (PeerSide::new(NAME), ServerSide::new(0));
    peer.password = None;
    let challenge = server.start();
    let hash = NtHash::of_password(PASSWORD);
    let mut cx = PeerContext {
        identifier: IDENTIFIER,
        identity: &peer.identity,
        password: None,
        nt_hash: Some(&hash),
        unix_time: None,
        tunneled: false,
        events: &mut Vec::new(),
        rng: &mut peer.rng,
    };
    let mut reply = PacketBuffer::default();
    peer.method.handle_request(&challenge, &mut cx, &mut reply);
    server.response(reply.as_slice()).unwrap();
    let stored = Credential::NtHash(NtHash::of_password(PASSWORD));
    let (_, success) = server.answer(Answer::Credential(stored));
    let (step, _) = peer.request(&success);
    assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::UncondSucc))));
}

#[test]
fn a_response_for_another_name_is_a_wrong_password() {
    for name in ["bob", "alice", "ALICE@example.org", "alice@example.org\\", ""] {
        let mut server = ServerSide::new(0);
        let challenge = challenge_of(&server.start());
        server.response(&proof(challenge, PASSWORD, name)).unwrap();
        let (_, failure) = server.credential();
        assert!(text_of(&failure).starts_with("E=691 R=0 C="), "{name}");
        let (step, _) = server.response(&[4]).unwrap();
        assert!(matches!(step, ServerStep::Fail(Failure::BadCredentials)), "{name}");
    }
}

/// A server that has been told of a response with this credential; what it says.
fn judged(password: &str, answer: Answer, retries: u8) -> (ServerSide, Vec<u8>) {
    let mut server = ServerSide::new(retries);
    let challenge = challenge_of(&server.start());
    server.response(&proof(challenge, password, NAME)).unwrap();
    let (step, request) = server.answer(answer);
    assert!(matches!(step, ServerStep::Request));
    (server, request)
}

#[test]
fn somebody_unknown_sees_what_somebody_with_a_wrong_password_sees() {
    let shape = |request: &[u8]| {
        let text = text_of(request);
        let (before, after) = text.split_once(" C=").unwrap();
        (request[..4].to_vec(), before.to_owned(), after.get(32..).unwrap().to_owned())
    };
    for retries in [0, 2] {
        let (_, wrong) = judged("guess", Answer::Credential(cleartext()), retries);
        for answer in [
            Answer::Credential(Credential::Unknown),
            Answer::Decline,
            Answer::Credential(Credential::Unknown.restricted(AccountError::Disabled)),
            Answer::Credential(cleartext().restricted(AccountError::Disabled)),
            Answer::Credential(cleartext().restricted(AccountError::PasswordExpired)),
            Answer::Credential(Credential::Cleartext(Secret::new(b"\xff"))),
        ] {
            let (mut server, unknown) = judged("guess", answer, retries);
            assert_eq!(shape(&unknown), shape(&wrong));
            assert_ne!(challenge_of(&unknown), [0; 16]);
            assert!(matches!(server.response(&[4]), Ok((ServerStep::Fail(_), _))));
        }
    }
}

#[test]
fn a_restriction_is_told_after_the_right_password_only() {
    for error in [646, 647, 649, 691, 5].map(AccountError::from_number) {
        let stored = Answer::Credential(cleartext().restricted(error));
        let (mut server, failure) = judged(PASSWORD, stored, 3);
        let expected = format!("E={} R=0 C=", error.number());
        assert!(text_of(&failure).starts_with(&expected), "{}", text_of(&failure));
        let mut peer = PeerSide::new(NAME);
        peer.request(&ServerSide::new(0).start());
        let (step, response) = peer.request(&failure);
        let PeerStep::Reply(Progress::Done(Verdict::Fail(Failure::Account(refusal)))) = step else {
            panic!("{step:?}")
        };
        assert_eq!((refusal.error, response.as_slice()), (error, &[4][..]));
        let (step, _) = server.response(&response).unwrap();
        assert!(
            matches!(step, ServerStep::Fail(Failure::Account(refusal)) if refusal.error == error)
        );
    }
}

#[test]
fn each_try_is_asked_for_once_and_has_a_challenge_of_its_own() {
    let (mut peer, mut server) = (PeerSide::new(NAME), ServerSide::new(2));
    peer.password = Some(Secret::from("typo"));
    let mut request = server.start();
    let mut response = peer.request(&request).1;
    let mut seen = vec![challenge_of(&request)];
    for password in ["typo again", PASSWORD] {
        server.response(&response).unwrap();
        request = server.credential().1;
        assert!(text_of(&request).starts_with("E=691 R=1 C="), "{}", text_of(&request));
        assert!(!seen.contains(&challenge_of(&request)));
        seen.push(challenge_of(&request));
        assert!(server.method.timeout().is_some(), "a person has to type");
        let (PeerStep::Ask(Query::Password { refused: Some(refused), .. }), _) =
            peer.request(&request)
        else {
            panic!()
        };
        assert_eq!(refused.to_string(), "wrong name or password");
        assert_eq!(refused.message, "Authentication failed");
        response = peer.type_in(password).1;
    }
    server.response(&response).unwrap();
    let (_, success) = server.credential();
    assert_eq!(success[0], 3);
    let (step, _) = peer.request(&success);
    assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::UncondSucc))));
}

#[test]
fn tries_are_counted_on_both_sides() {
    let mut server = ServerSide::new(2);
    let mut challenge = challenge_of(&server.start());
    for retry in [true, true, false] {
        server.response(&proof(challenge, "guess", NAME)).unwrap();
        let (_, failure) = server.credential();
        let expected = format!("E=691 R={} C=", u8::from(retry));
        assert!(text_of(&failure).starts_with(&expected), "{}", text_of(&failure));
        challenge = challenge_of(&failure);
    }
    // The right password comes too late.
    let (step, _) = server.response(&proof(challenge, PASSWORD, NAME)).unwrap();
    assert!(matches!(step, ServerStep::Fail(Failure::BadCredentials)));

    let mut peer = PeerSide::new(NAME);
    peer.request(&ServerSide::new(0).start());
    let (_, endless) = judged("guess", Answer::Decline, u8::MAX);
    for _ in 0..5 {
        assert!(matches!(peer.request(&endless).0, PeerStep::Ask(Query::Password { .. })));
        peer.type_in("guess");
    }
    let (step, response) = peer.request(&endless);
    assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::Fail(_)))));
    assert_eq!(response, [4]);
}

fn expired() -> Answer {
    Answer::Credential(cleartext().restricted(AccountError::PasswordExpired))
}

#[test]
fn an_expired_password_is_changed() {
    let (mut peer, mut server) = (PeerSide::new(NAME), ServerSide::new(0));
    let response = peer.request(&server.start()).1;
    server.response(&response).unwrap();
    let (_, failure) = server.answer(expired());
    assert!(text_of(&failure).starts_with("E=648 R=0 C="), "{}", text_of(&failure));
    assert!(server.method.timeout().is_some(), "a person has to think of one");
    let (PeerStep::Ask(Query::NewPassword { refused, .. }), _) = peer.request(&failure) else {
        panic!()
    };
    assert_eq!(refused.to_string(), "the password has expired");
    let (_, change) = peer.type_in(NEW_PASSWORD);
    assert_eq!(change.len(), 586);
    let (step, _) = server.response(&change).unwrap();
    let ServerStep::Ask(Query::ChangePassword { new_password, .. }) = step else { panic!() };
    assert_eq!(new_password.expose(), NEW_PASSWORD.as_bytes());
    let (_, success) = server.answer(Answer::Verdict(true));
    let (step, response) = peer.request(&success);
    assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::UncondSucc))));
    assert!(matches!(server.response(&response), Ok((ServerStep::Succeed, _))));
    assert_equal_keys(peer.method.keys(), server.method.keys());
}

#[test]
fn a_new_password_that_is_not_stored_is_refused() {
    for answer in [Answer::Verdict(false), Answer::Decline] {
        let (mut peer, mut server) = (PeerSide::new(NAME), ServerSide::new(0));
        let response = peer.request(&server.start()).1;
        server.response(&response).unwrap();
        let (_, failure) = server.answer(expired());
        peer.request(&failure);
        let (_, change) = peer.type_in(NEW_PASSWORD);
        server.response(&change).unwrap();
        let (_, failure) = server.answer(answer);
        assert!(text_of(&failure).starts_with("E=709 R=0 C="), "{}", text_of(&failure));
        let (step, response) = peer.request(&failure);
        let PeerStep::Reply(Progress::Done(Verdict::Fail(failure))) = step else { panic!() };
        assert_eq!(failure.to_string(), "the new password was not accepted");
        assert!(matches!(server.response(&response), Ok((ServerStep::Fail(_), _))));
    }
}

#[test]
fn a_change_that_does_not_prove_itself_is_refused() {
    let right = |challenge| change(challenge, PASSWORD, NEW_PASSWORD, NEW_PASSWORD);
    type Alter = fn(&mut ChangePassword, [u8; 16]);
    let wrong: [Alter; 6] = [
        |change, _| change.encrypted_password[515] ^= 1,
        |change, _| change.encrypted_password[500] ^= 1,
        |change, _| change.encrypted_hash[0] ^= 1,
        |change, _| change.nt_response[0] ^= 1,
        |change, challenge| *change = self::change(challenge, "guess", NEW_PASSWORD, NEW_PASSWORD),
        |change, challenge| *change = self::change(challenge, PASSWORD, "", ""),
    ];
    for (index, alter) in wrong.iter().enumerate() {
        let (mut server, failure) = judged(PASSWORD, expired(), 0);
        let mut change = right(challenge_of(&failure));
        alter(&mut change, challenge_of(&failure));
        let (step, failure) = server.response(&written(&change)).unwrap();
        assert!(matches!(step, ServerStep::Request), "{index}");
        assert!(text_of(&failure).starts_with("E=709 R=0 C="), "{index}");
    }
    let (mut server, failure) = judged(PASSWORD, expired(), 0);
    let change = written(&right(challenge_of(&failure)));
    assert!(matches!(
        server.response(&change),
        Ok((ServerStep::Ask(Query::ChangePassword { .. }), _))
    ));
}

/// RFC 2759 §9.1: after a change of password there is neither another try nor another change.
#[test]
fn nothing_follows_a_refused_change() {
    let (_, failure) = judged(PASSWORD, expired(), 0);
    for next in [failure.clone(), judged("guess", Answer::Decline, 1).1] {
        let mut peer = PeerSide::new(NAME);
        peer.request(&ServerSide::new(0).start());
        assert!(matches!(peer.request(&failure).0, PeerStep::Ask(Query::NewPassword { .. })));
        peer.type_in(NEW_PASSWORD);
        let (step, response) = peer.request(&next);
        assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::Fail(_)))), "{step:?}");
        assert_eq!(response, [4]);
    }
}

#[test]
fn a_success_that_proves_nothing_is_refused() {
    let mut server = ServerSide::new(0);
    let challenge = server.start();
    for text in ["", "S=", "M=OK", &format!("S={}", "00".repeat(20)), &"0".repeat(40)] {
        let mut peer = PeerSide::new(NAME);
        peer.request(&challenge);
        let length = u8::try_from(4 + text.len()).unwrap();
        let success = [&[3, 7, 0, length], text.as_bytes()].concat();
        let (step, reply) = peer.request(&success);
        assert!(matches!(step, PeerStep::Fail(Failure::MethodFailed { .. })), "{text}");
        assert!(reply.is_empty() && peer.method.keys().is_none());
    }
    // The proof for one peer is none for another.
    let mut peer = PeerSide::new(NAME);
    let response = peer.request(&challenge).1;
    server.response(&response).unwrap();
    let (_, success) = server.credential();
    let mut other = PeerSide::new(NAME);
    other.rng.next_u64();
    other.request(&challenge);
    assert!(matches!(other.request(&success).0, PeerStep::Fail(_)));
}

#[test]
fn the_peer_takes_each_message_in_its_state_only() {
    let challenge = ServerSide::new(0).start();
    let (_, failure) = judged("guess", Answer::Decline, 0);
    let (_, success) = judged(PASSWORD, Answer::Credential(cleartext()), 0);
    let discarded = |peer: &mut PeerSide, data: &[u8]| {
        let (step, reply) = peer.request(data);
        assert!(
            matches!(step, PeerStep::Discard(Discard::MschapOpCode(code)) if code == data[0]),
            "{data:02x?}: {step:?}"
        );
        assert!(reply.is_empty());
    };
    let mut peer = PeerSide::new(NAME);
    discarded(&mut peer, &success);
    discarded(&mut peer, &failure);
    peer.request(&challenge);
    discarded(&mut peer, &challenge);
    peer.request(&failure);
    for request in [&challenge, &success, &failure] {
        discarded(&mut peer, request);
    }
    assert!(peer.method.keys().is_none());
}

/// What a hostile peer may send, and a host answer.
#[derive(Clone, Copy, Debug)]
enum Input {
    Right,
    Wrong,
    Success,
    Failure,
    Change,
    WrongChange,
    Known,
    Expired,
    Yes,
    Decline,
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    use Input::{
        Change, Decline, Expired, Failure, Known, Right, Success, Wrong, WrongChange, Yes,
    };
    let any = prop::sample::select(vec![
        Right,
        Right,
        Wrong,
        Success,
        Success,
        Failure,
        Change,
        Change,
        WrongChange,
        Known,
        Known,
        Expired,
        Expired,
        Yes,
        Decline,
    ]);
    prop::collection::vec(any, 0..12)
}

proptest! {
    /// CVE-2006-1354 (FreeRADIUS), CVE-2015-8023 (strongSwan): whatever the order of messages, the
    /// server is content only with a peer that has proved a password, after it has said so.
    #[test]
    fn cve_2006_1354_no_order_of_messages_replaces_the_proof(inputs in inputs()) {
        let mut server = ServerSide::new(1);
        let mut challenge = challenge_of(&server.start());
        let mut asking: Option<&str> = None;
        // Whether the last response proves the password, and whether Success was sent for it.
        let (mut proved, mut announced) = (false, false);
        for input in inputs {
            let data = match input {
                Input::Right => proof(challenge, PASSWORD, NAME),
                Input::Wrong => proof(challenge, "guess", NAME),
                Input::Success => vec![3],
                Input::Failure => vec![4],
                Input::Change => written(&change(challenge, PASSWORD, NEW_PASSWORD, NEW_PASSWORD)),
                Input::WrongChange => written(&change(challenge, PASSWORD, NEW_PASSWORD, "guess")),
                _ => Vec::new(),
            };
            let (step, request) = match (asking, input) {
                (Some(wants), Input::Known | Input::Expired | Input::Yes | Input::Decline) => {
                    let answer = match (wants, input) {
                        ("credential", Input::Known) => Answer::Credential(cleartext()),
                        ("credential", Input::Expired) => expired(),
                        ("verdict", Input::Yes) => Answer::Verdict(true),
                        (_, Input::Decline) => Answer::Decline,
                        _ => continue,
                    };
                    proved &= !matches!(input, Input::Expired | Input::Decline);
                    asking = None;
                    server.answer(answer)
                }
                (None, _) if !data.is_empty() => {
                    let Ok(result) = server.response(&data) else { continue };
                    if matches!(result.0, ServerStep::Ask(_)) {
                        proved = matches!(input, Input::Right | Input::Change);
                    }
                    result
                }
                _ => continue,
            };
            match step {
                ServerStep::Ask(Query::Credential { .. }) => asking = Some("credential"),
                ServerStep::Ask(_) => {
                    prop_assert!(proved);
                    asking = Some("verdict");
                }
                ServerStep::Request if request[0] == 3 => {
                    prop_assert!(proved);
                    announced = true;
                }
                ServerStep::Request => challenge = challenge_of(&request),
                ServerStep::Succeed => {
                    prop_assert!(announced && matches!(input, Input::Success));
                    prop_assert!(server.method.keys().is_some());
                    break;
                }
                ServerStep::Fail(_) => {
                    prop_assert!(server.method.keys().is_none());
                    break;
                }
            }
            prop_assert!(server.method.keys().is_none());
        }
    }
}

/// CVE-2015-8023 (strongSwan): an empty Success in answer to the Challenge.
#[test]
fn cve_2015_8023_a_success_is_no_answer_to_a_challenge() {
    for data in [&[3][..], &[3, 7, 0, 4], &[3, 0, 0, 0]] {
        let mut server = ServerSide::new(0);
        let challenge = challenge_of(&server.start());
        assert_eq!(server.response(data).unwrap_err(), Discard::MschapOpCode(3));
        // Nor is it while the response is being looked up, in the state of a wrong password, or of
        // an expired one.
        server.response(&proof(challenge, "guess", NAME)).unwrap();
        assert_eq!(server.response(data).unwrap_err(), Discard::MschapOpCode(3));
        server.credential();
        assert!(matches!(server.response(data), Ok((ServerStep::Fail(_), _))));
        let (mut server, _) = judged(PASSWORD, expired(), 0);
        assert_eq!(server.response(data).unwrap_err(), Discard::MschapOpCode(3));
    }
}
