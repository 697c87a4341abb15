//! The server against a peer that says what it wants.

use proptest::prelude::*;

use super::*;
use crate::methods::fast::binding::Binding;
use crate::methods::fast::keys::{CompoundKeys, InnerKey};
use crate::methods::fast::tlv::{Action, ErrorCode, Nak};

struct Tunnel {
    server: Phase2Server,
    host: Host,
    keys: CompoundKeys,
    /// The Identifier of the server's packet.
    identifier: u8,
    /// The server's binding.
    request: Option<Binding>,
}

impl Tunnel {
    fn new(provisioning: Provisioning) -> Self {
        let mut settings =
            ServerSettings::new([&server_config(&[MethodType::GTC])], GtcForm::Labelled, AUTHORITY);
        settings.provisioning = provisioning;
        settings.pac_keys = Some(pac_keys());
        let keys = tunnel(1);
        let (settings, opening) = (Arc::new(settings), Opening::Certificate);
        let mut tunnel = Self {
            server: Phase2Server::new(settings, opening, None, &keys),
            host: Host::default(),
            keys: CompoundKeys::new(&keys).after(&InnerKey::new(MethodType::GTC, None)),
            identifier: 0,
            request: None,
        };
        let turn = tunnel.server.begin(&mut tunnel.host.server());
        tunnel.listen(&turn);
        tunnel
    }

    fn listen(&mut self, turn: &ServerTurn) {
        let ServerTurn::Send(octets) = turn else { panic!("{turn:?}") };
        let message = Message::parse(octets, Sender::Server).unwrap();
        self.identifier = message.payload.map_or(self.identifier, |packet| packet[1]);
        self.request = message.binding;
    }

    fn tell(&mut self, message: Message<'_>) -> ServerTurn {
        self.server.handle(&message.to_octets(), &mut self.host.server())
    }

    fn payload(&mut self, packet: &[u8]) -> ServerTurn {
        self.tell(Message { payload: Some(packet), ..Message::default() })
    }

    /// GTC has run, and the server has said so.
    fn bound(provisioning: Provisioning) -> Self {
        let mut tunnel = Self::new(provisioning);
        let identity = [&[2, tunnel.identifier, 0, 10, 1], &b"alice"[..]].concat();
        let turn = tunnel.payload(&identity);
        tunnel.listen(&turn);
        let response = b"RESPONSE=alice\0wonderland";
        let response = [&[2, tunnel.identifier, 0, 30, 6], &response[..]].concat();
        let turn = tunnel.payload(&response);
        assert!(matches!(turn, ServerTurn::Ask(_)), "{turn:?}");
        let turn = tunnel.server.answered(Answer::Verdict(true), &mut tunnel.host.server());
        tunnel.listen(&turn);
        tunnel
    }

    /// What a peer would say.
    fn honest(&self) -> Message<'static> {
        let cmk = self.keys.cmk().unwrap();
        let binding = Some(Binding::response(cmk, &self.request.unwrap()));
        Message { result: Some(Status::Success), binding, ..Message::default() }
    }

    fn refuses(&mut self, message: Message<'_>, error: Option<ErrorCode>) -> bool {
        let turn = self.tell(message);
        let is_told = matches!(turn, ServerTurn::Send(octets)
            if *octets == *Message::failure(error).to_octets());
        // Whatever is said to that.
        is_told && matches!(self.tell(self.honest_or_nothing()), ServerTurn::Fail(_))
    }

    fn honest_or_nothing(&self) -> Message<'static> {
        self.request.map_or_else(Message::default, |_| self.honest())
    }
}

#[test]
fn a_person_has_time_to_type() {
    let tunnel = Tunnel::new(Provisioning::Off);
    assert_eq!(tunnel.server.timeout(), None, "an identity needs nobody");
    let mut tunnel = Tunnel::new(Provisioning::Off);
    let identity = [&[2, tunnel.identifier, 0, 10, 1], &b"alice"[..]].concat();
    tunnel.payload(&identity);
    assert!(tunnel.server.timeout().is_some());
    assert_eq!(Tunnel::bound(Provisioning::Off).server.timeout(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nobody_gets_in_by_chance(
        messages in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                Just(Message { result: Some(Status::Success), ..Message::default() }
                    .to_octets().to_vec()),
                any::<[u8; 60]>().prop_map(|mut octets| {
                    octets[..8].copy_from_slice(&[0x80, 12, 0, 56, 0, 1, 1, 1]);
                    let binding = Some(Binding(octets));
                    Message { result: Some(Status::Success), binding, ..Message::default() }
                        .to_octets().to_vec()
                }),
            ],
            1..5,
        ),
        is_bound: bool,
    ) {
        let mut tunnel = match is_bound {
            true => Tunnel::bound(Provisioning::Both),
            false => Tunnel::new(Provisioning::Both),
        };
        for message in messages {
            let turn = tunnel.server.handle(&message, &mut tunnel.host.server());
            prop_assert!(!matches!(turn, ServerTurn::Succeed));
        }
    }
}

#[test]
fn an_honest_peer_is_let_in() {
    let mut tunnel = Tunnel::bound(Provisioning::Off);
    let honest = tunnel.honest();
    assert!(matches!(tunnel.tell(honest), ServerTurn::Succeed));
    assert_eq!(tunnel.server.keys().msk.expose(), tunnel.keys.msk().expose());
}

#[test]
fn nobody_is_let_in_without_the_right_binding() {
    let compromise = Some(ErrorCode::TUNNEL_COMPROMISE);
    let mut tunnel = Tunnel::bound(Provisioning::Off);
    let honest = tunnel.honest();
    assert!(tunnel.refuses(Message { binding: None, ..honest }, compromise));
    for place in [5, 6, 7, 8, 39, 40, 59] {
        let mut tunnel = Tunnel::bound(Provisioning::Off);
        let honest = tunnel.honest();
        let mut binding = honest.binding.unwrap();
        binding.0[place] ^= 1;
        let binding = Some(binding);
        assert!(tunnel.refuses(Message { binding, ..honest }, compromise), "{place}");
    }
    let mut tunnel = Tunnel::bound(Provisioning::Off);
    let binding = tunnel.request;
    let honest = tunnel.honest();
    assert!(tunnel.refuses(Message { binding, ..honest }, compromise), "sent back");
}

#[test]
fn the_peer_repeats_what_it_was_told() {
    let unexpected = Some(ErrorCode::UNEXPECTED_TLVS);
    let mut tunnel = Tunnel::bound(Provisioning::Off);
    let honest = tunnel.honest();
    assert!(tunnel.refuses(Message { result: None, ..honest }, unexpected));
    let mut tunnel = Tunnel::bound(Provisioning::Off);
    let honest = tunnel.honest();
    let intermediate = Some(Status::Success);
    assert!(tunnel.refuses(Message { intermediate, ..honest }, unexpected));
    let mut tunnel = Tunnel::bound(Provisioning::Off);
    let honest = tunnel.honest();
    let intermediate = Some(Status::Failure);
    assert!(tunnel.refuses(Message { intermediate, ..honest }, None));
}

#[test]
fn a_peer_that_fails_has_failed() {
    for error in [None, Some(ErrorCode::TUNNEL_COMPROMISE)] {
        let mut tunnel = Tunnel::bound(Provisioning::Off);
        assert!(matches!(tunnel.tell(Message::failure(error)), ServerTurn::Fail(_)));
        let mut tunnel = Tunnel::new(Provisioning::Off);
        assert!(matches!(tunnel.tell(Message::failure(error)), ServerTurn::Fail(_)));
    }
}

#[test]
fn a_method_is_not_skipped() {
    let unexpected = Some(ErrorCode::UNEXPECTED_TLVS);
    let success = Message { result: Some(Status::Success), ..Message::default() };
    let binding = Tunnel::bound(Provisioning::Off).honest().binding;
    for message in [
        success,
        Message { binding, ..success },
        Message { binding, ..Message::default() },
        Message { intermediate: Some(Status::Success), binding, ..Message::default() },
        Message { pac: Some(&[0, 10, 0, 2, 0, 1]), ..Message::default() },
        Message { pac: Some(&[]), payload: Some(b"\x02\x01\0\x0a\x01alice"), ..Message::default() },
        Message::default(),
        Message { nak: Some(Nak { vendor: 0, kind: 9 }), ..Message::default() },
    ] {
        assert!(Tunnel::new(Provisioning::Off).refuses(message, unexpected), "{message:?}");
    }
}

#[test]
fn requests_for_pacs_come_to_an_end() {
    let wanted = |tunnel: &Tunnel| Message {
        action: Some(Action::ProcessTlv),
        pac: Some(&[0, 10, 0, 2, 0, 1]),
        ..tunnel.honest()
    };
    let mut tunnel = Tunnel::bound(Provisioning::Authenticated);
    let message = wanted(&tunnel);
    assert!(matches!(tunnel.tell(message), ServerTurn::Send(_)));
    let again = Message { binding: None, ..message };
    assert!(tunnel.refuses(again, Some(ErrorCode::UNEXPECTED_TLVS)));
    // Where none is issued, it has no consequence.
    for provisioning in [Provisioning::Off, Provisioning::Anonymous] {
        let mut tunnel = Tunnel::bound(provisioning);
        let message = wanted(&tunnel);
        assert!(matches!(tunnel.tell(message), ServerTurn::Succeed));
    }
    let mut tunnel = Tunnel::bound(Provisioning::Authenticated);
    tunnel.host.unix_time = None;
    let message = wanted(&tunnel);
    assert!(matches!(tunnel.tell(message), ServerTurn::Succeed), "nobody knows what time it is");
}

#[test]
fn what_else_may_be_requested() {
    for (action, pac, is_issued) in [
        (Some(Action::NegotiateEap), &[0, 10, 0, 2, 0, 1][..], false),
        (None, &[0, 10, 0, 2, 0, 1], false),
        (Some(Action::ProcessTlv), &[0, 10, 0, 2, 0, 3], false),
        (Some(Action::ProcessTlv), &[0, 10, 0, 2, 0, 9], false),
        (Some(Action::ProcessTlv), &[0, 2, 0, 1, 7], false),
        (Some(Action::ProcessTlv), &[0, 10, 0, 2, 0, 2], true),
        (Some(Action::ProcessTlv), b"\0\x0a\0\x02\0\x02\0\x05\0\x05alice", true),
        (Some(Action::ProcessTlv), b"\0\x0a\0\x02\0\x02\0\x05\0\x06host/a", false),
    ] {
        let mut tunnel = Tunnel::bound(Provisioning::Authenticated);
        let message = Message { action, pac: Some(pac), ..tunnel.honest() };
        match tunnel.tell(message) {
            ServerTurn::Send(octets) if is_issued => {
                let message = Message::parse(&octets, Sender::Server).unwrap();
                let pac = Pac::parse(message.pac.unwrap(), AUTHORITY).unwrap().unwrap();
                assert_eq!(pac.identity(), Some(&Identity::from("alice")));
            }
            ServerTurn::Succeed if !is_issued => {}
            turn => panic!("{pac:?} {turn:?}"),
        }
    }
}
