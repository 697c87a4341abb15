use proptest::prelude::*;
use rand::rngs::StdRng;

use super::*;
use crate::methods::fast::testing::rng;
use crate::{Event, Identifier};

const CONTENT: Progress = Progress::MayEnd(Willingness::CondSucc);

struct Host {
    identity: Identity,
    password: Option<Secret>,
    retries: u8,
    events: Vec<Event>,
    rng: StdRng,
}

impl Host {
    fn new() -> Self {
        let identity = Identity::from("alice");
        Self { identity, password: None, retries: 0, events: Vec::new(), rng: rng() }
    }

    fn with_password() -> Self {
        Self { password: Some(Secret::from("wonderland")), ..Self::new() }
    }

    fn peer(&mut self) -> PeerContext<'_> {
        PeerContext {
            identifier: Identifier(1),
            identity: &self.identity,
            password: self.password.as_ref(),
            nt_hash: None,
            unix_time: None,
            tunneled: true,
            events: &mut self.events,
            rng: &mut self.rng,
        }
    }

    fn server(&mut self) -> ServerContext<'_> {
        ServerContext {
            identifier: Identifier(1),
            identity: &self.identity,
            server_name: "",
            prompt: "Password",
            password_retries: self.retries,
            unix_time: None,
            mtu: 1020,
            events: &mut self.events,
            rng: &mut self.rng,
        }
    }
}

/// What the peer does with a request, and what it writes.
fn ask(peer: &mut Peer, host: &mut Host, data: &[u8]) -> (PeerStep, Vec<u8>) {
    let mut reply = PacketBuffer::default();
    let step = peer.handle_request(data, &mut host.peer(), &mut reply);
    (step, reply.as_slice().to_vec())
}

fn tell(peer: &mut Peer, host: &mut Host, secret: &str) -> Vec<u8> {
    let mut reply = PacketBuffer::default();
    let step =
        peer.handle_answer(Answer::Secret(Secret::from(secret)), &mut host.peer(), &mut reply);
    assert!(matches!(step, PeerStep::Reply(CONTENT)), "{step:?}");
    reply.as_slice().to_vec()
}

/// What the server does with a response, and what it writes.
fn respond(server: &mut Server, host: &mut Host, data: &[u8]) -> (ServerStep, Vec<u8>) {
    assert_eq!(server.check(data), Ok(()));
    let mut request = PacketBuffer::default();
    let step = server.handle_response(data, &mut host.server(), &mut request);
    (step, request.as_slice().to_vec())
}

fn judge(server: &mut Server, host: &mut Host, verdict: bool) -> (ServerStep, Vec<u8>) {
    let mut request = PacketBuffer::default();
    let step = server.handle_answer(Answer::Verdict(verdict), &mut host.server(), &mut request);
    (step, request.as_slice().to_vec())
}

fn started(form: GtcForm, host: &mut Host) -> (Server, Vec<u8>) {
    let mut server = Server::new(form);
    let mut request = PacketBuffer::default();
    assert!(matches!(server.start(&mut host.server(), &mut request), ServerStep::Request));
    (server, request.as_slice().to_vec())
}

fn is_checked(step: &ServerStep, expected: &[u8]) -> bool {
    matches!(step, ServerStep::Ask(Query::CheckPassword { identity, password })
        if *identity == Identity::from("alice") && password.ct_eq(expected))
}

#[test]
fn rfc_5421_2_name_and_password() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    let (mut server, challenge) = started(GtcForm::Labelled, &mut host);
    assert_eq!(challenge, b"CHALLENGE=Password");
    let (step, response) = ask(&mut peer, &mut host, &challenge);
    assert!(matches!(step, PeerStep::Reply(CONTENT)));
    assert_eq!(response, b"RESPONSE=alice\0wonderland");
    let (step, request) = respond(&mut server, &mut host, &response);
    assert!(is_checked(&step, b"wonderland") && request.is_empty());
    assert!(matches!(judge(&mut server, &mut host, true).0, ServerStep::Succeed));
}

#[test]
fn a_person_types_what_is_not_configured() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::new());
    let (step, response) = ask(&mut peer, &mut host, "CHALLENGE=Kennwort für Zoë".as_bytes());
    let PeerStep::Ask(Query::Token { challenge }) = step else { panic!("{step:?}") };
    assert_eq!((challenge.as_str(), response), ("Kennwort für Zoë", vec![]));
    assert_eq!(tell(&mut peer, &mut host, "ü"), "RESPONSE=alice\0ü".as_bytes());
    let step = peer.handle_answer(Answer::Decline, &mut host.peer(), &mut PacketBuffer::default());
    assert!(matches!(step, PeerStep::Fail(Failure::Declined)));
}

#[test]
fn another_challenge_wants_the_value_alone() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    ask(&mut peer, &mut host, b"CHALLENGE=Password");
    let (step, _) = ask(&mut peer, &mut host, b"CHALLENGE=Next token");
    assert!(matches!(step, PeerStep::Ask(Query::Token { .. })), "the password was not right");
    assert_eq!(tell(&mut peer, &mut host, "123456"), b"RESPONSE=123456");
}

#[test]
fn an_error_may_allow_another_try() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    ask(&mut peer, &mut host, b"CHALLENGE=Password");
    let (step, response) = ask(&mut peer, &mut host, b"E=691 R=1 M=Try again");
    let PeerStep::Ask(Query::Password { refused: Some(refused), .. }) = step else {
        panic!("{step:?}")
    };
    assert_eq!(refused, AccountRefusal::new(AccountError::WrongPassword, "Try again"));
    assert!(response.is_empty());
    assert_eq!(tell(&mut peer, &mut host, "other"), b"RESPONSE=alice\0other");
}

#[test]
fn an_error_that_allows_none_is_acknowledged() {
    for (text, error) in [
        ("E=691 R=0 M=No", AccountError::WrongPassword),
        ("E=755 R=0 M=No", AccountError::Other(755)),
        ("E=647 M=No", AccountError::Disabled),
        ("E=9 X=1 R=0 M=No", AccountError::Other(9)),
    ] {
        let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
        ask(&mut peer, &mut host, b"CHALLENGE=Password");
        let (step, response) = ask(&mut peer, &mut host, text.as_bytes());
        let refusal = AccountRefusal::new(error, "No");
        let expected = Progress::Done(Verdict::Fail(Failure::Account(refusal)));
        assert!(matches!(step, PeerStep::Reply(progress) if progress == expected), "{text}");
        assert_eq!(response, b"", "{text}");
    }
}

#[test]
fn a_new_password_is_typed_when_the_old_one_has_expired() {
    for number in [648, 709] {
        let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
        ask(&mut peer, &mut host, b"CHALLENGE=Password");
        let (step, _) = ask(&mut peer, &mut host, format!("E={number} R=1 M=").as_bytes());
        assert!(matches!(step, PeerStep::Ask(Query::NewPassword { .. })));
        assert_eq!(tell(&mut peer, &mut host, "new"), b"RESPONSE=alice\0new");
    }
}

#[test]
fn tries_come_to_an_end() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    for _ in 0..MAX_RETRIES {
        let (step, _) = ask(&mut peer, &mut host, b"E=691 R=1 M=");
        assert!(matches!(step, PeerStep::Ask(_)));
    }
    let (step, _) = ask(&mut peer, &mut host, b"E=691 R=1 M=");
    assert!(matches!(step, PeerStep::Reply(Progress::Done(Verdict::Fail(_)))));
}

#[test]
fn what_has_no_label_is_refused_and_the_password_stays_here() {
    for data in [&b"Password: "[..], b"challenge=x", b" CHALLENGE=", b"CHALLENGE", b"\0", b"R=1"] {
        let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
        let (step, response) = ask(&mut peer, &mut host, data);
        assert!(matches!(step, PeerStep::Fail(Failure::MethodFailed { .. })), "{data:?}");
        assert_eq!(response, b"");
    }
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    let (step, _) = ask(&mut peer, &mut host, b"");
    assert!(matches!(step, PeerStep::Discard(Discard::EmptyMessage)));
}

#[test]
fn the_password_does_not_leave_outside_a_tunnel() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    let mut cx = PeerContext { tunneled: false, ..host.peer() };
    let mut reply = PacketBuffer::default();
    let step = peer.handle_request(b"CHALLENGE=", &mut cx, &mut reply);
    assert!(matches!(step, PeerStep::Ask(_)));
}

#[test]
fn a_zero_in_the_identity_would_end_it() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Labelled), Host::with_password());
    host.identity = Identity::new(b"alice\0root");
    let (step, response) = ask(&mut peer, &mut host, b"CHALLENGE=");
    assert!(matches!(step, PeerStep::Fail(_)) && response.is_empty());
}

#[test]
fn the_plain_form_is_for_who_wants_it() {
    let (mut peer, mut host) = (Peer::new(GtcForm::Plain), Host::with_password());
    let (mut server, challenge) = started(GtcForm::Plain, &mut host);
    assert_eq!(challenge, b"Password");
    let (_, response) = ask(&mut peer, &mut host, &challenge);
    assert_eq!(response, b"wonderland");
    let (step, _) = respond(&mut server, &mut host, &response);
    assert!(is_checked(&step, b"wonderland"));
    let (step, _) = judge(&mut server, &mut host, false);
    assert!(matches!(step, ServerStep::Fail(Failure::BadCredentials)));
    let (mut server, _) = started(GtcForm::Plain, &mut host);
    let (step, _) = respond(&mut server, &mut host, b"RESPONSE=x\0y");
    assert!(is_checked(&step, b"RESPONSE=x\0y"), "that is somebody's password");

    let mut peer = Peer::new(GtcForm::Plain);
    let (_, response) = ask(&mut peer, &mut host, b"CHALLENGE=Password");
    assert_eq!(response, b"RESPONSE=alice\0wonderland", "the server speaks the other form");
}

#[test]
fn a_wrong_password_is_told() {
    let mut host = Host { retries: 1, ..Host::new() };
    let (mut server, _) = started(GtcForm::Labelled, &mut host);
    respond(&mut server, &mut host, b"RESPONSE=alice\0x");
    let (step, request) = judge(&mut server, &mut host, false);
    assert!(matches!(step, ServerStep::Request));
    assert_eq!(request, b"E=691 R=1 M=Authentication failed");
    respond(&mut server, &mut host, b"RESPONSE=EXAMPLE\\alice\0y");
    let (_, request) = judge(&mut server, &mut host, false);
    assert_eq!(request, b"E=691 R=0 M=Authentication failed");
    for acknowledgement in [&b""[..], b"RESPONSE=alice\0wonderland"] {
        let (step, _) = respond(&mut server, &mut host, acknowledgement);
        assert!(matches!(step, ServerStep::Fail(Failure::BadCredentials)));
    }
}

#[test]
fn a_peer_may_give_up() {
    let mut host = Host { retries: 1, ..Host::new() };
    let (mut server, _) = started(GtcForm::Labelled, &mut host);
    respond(&mut server, &mut host, b"RESPONSE=alice\0x");
    judge(&mut server, &mut host, false);
    let (step, _) = respond(&mut server, &mut host, b"");
    assert!(matches!(step, ServerStep::Fail(Failure::BadCredentials)));
}

#[test]
fn the_password_of_somebody_else_is_not_looked_at() {
    let mut host = Host::new();
    let (mut server, _) = started(GtcForm::Labelled, &mut host);
    let (step, request) = respond(&mut server, &mut host, b"RESPONSE=bob\0x");
    assert!(matches!(step, ServerStep::Request));
    assert_eq!(request, b"E=691 R=0 M=Authentication failed");
}

#[test]
fn what_is_no_response_is_dropped() {
    let mut host = Host::new();
    let (server, _) = started(GtcForm::Labelled, &mut host);
    let whole = b"RESPONSE=alice\0x";
    for len in 0..whole.len() - 1 {
        assert!(server.check(&whole[..len]).is_err(), "{len}");
    }
    assert_eq!(server.check(&whole[..whole.len() - 1]), Ok(()), "the password may be empty");
    let long = |name, password| {
        [b"RESPONSE=", &vec![b'a'; name][..], &[0], &vec![b'b'; password]].concat()
    };
    assert_eq!(server.check(&long(1015, 1015)), Ok(()));
    assert_eq!(server.check(&long(1016, 0)), Err(Discard::ResponseTooLong));
    assert_eq!(server.check(&long(0, 1016)), Err(Discard::ResponseTooLong));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        name in proptest::collection::vec(1..=u8::MAX, 0..50),
        password in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        let mut out = PacketBuffer::default();
        Response { name: &name, password: &password }.write(&mut out);
        let read = Response::parse(out.as_slice()).unwrap();
        prop_assert_eq!((read.name, read.password), (&name[..], &password[..]));
    }

    #[test]
    fn anything_is_survived(data in proptest::collection::vec(any::<u8>(), 0..60)) {
        for form in [GtcForm::Labelled, GtcForm::Plain] {
            let (mut peer, mut host) = (Peer::new(form), Host::with_password());
            ask(&mut peer, &mut host, &data);
            let (mut server, _) = started(form, &mut host);
            if server.check(&data).is_ok() {
                respond(&mut server, &mut host, &data);
            }
        }
    }
}
