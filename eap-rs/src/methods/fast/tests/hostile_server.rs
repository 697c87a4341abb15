//! The peer against a server that says what it wants.

use proptest::prelude::*;

use super::*;
use crate::methods::fast::MAX_METHODS;
use crate::methods::fast::binding::Binding;
use crate::methods::fast::keys::{CompoundKeys, InnerKey};
use crate::methods::fast::tlv::ErrorCode;

const SUCCESS: Message<'static> = Message {
    result: Some(Status::Success),
    error: None,
    nak: None,
    intermediate: None,
    binding: None,
    payload: None,
    action: None,
    pac: None,
};

const IDENTITY: &[u8] = &[1, 1, 0, 5, 1];
const CHALLENGE: &[u8] = b"\x01\x02\x00\x10\x06CHALLENGE=?";

struct Tunnel {
    peer: Phase2Peer,
    host: Host,
    keys: CompoundKeys,
}

impl Tunnel {
    fn new(opening: Opening, provisioning: Provisioning, require_inner_method: bool) -> Self {
        let methods = [MethodType::GTC, MethodType::MSCHAPV2];
        let config = peer_config(&methods);
        let mut settings = PeerSettings::new(&config, GtcForm::Labelled, provisioning);
        settings.require_inner_method = require_inner_method;
        let keys = tunnel(1);
        Self {
            peer: Phase2Peer::new(Arc::new(settings), opening, &keys, AUTHORITY),
            host: Host::default(),
            keys: CompoundKeys::new(&keys),
        }
    }

    fn say(&mut self, octets: &[u8]) -> Vec<u8> {
        match self.peer.handle(octets, &mut self.host.peer()) {
            PeerTurn::Send(octets) => octets.to_vec(),
            turn => panic!("{turn:?}"),
        }
    }

    fn tell(&mut self, message: Message<'_>) -> Vec<u8> {
        self.say(&message.to_octets())
    }

    fn payload(&mut self, packet: &[u8]) -> Vec<u8> {
        self.tell(Message { payload: Some(packet), ..Message::default() })
    }

    /// GTC has run, and not been bound.
    fn after_gtc() -> Self {
        let mut tunnel = Self::new(Opening::Certificate, Provisioning::Off, true);
        assert_eq!(tunnel.payload(IDENTITY), b"\x80\x09\0\x0a\x02\x01\0\x0a\x01alice");
        let response = tunnel.payload(CHALLENGE);
        assert!(response.ends_with(b"\x06RESPONSE=alice\0wonderland"));
        tunnel.keys = tunnel.keys.after(&InnerKey::new(MethodType::GTC, None));
        tunnel
    }

    fn binding(&mut self) -> Option<Binding> {
        let cmk = self.keys.cmk().unwrap();
        Some(Binding::request(cmk, &mut self.host.rng))
    }

    fn is_refused(&self) -> bool {
        matches!(self.peer.conclusion(), Some(Conclusion::Refused(_))) && self.peer.keys().is_none()
    }

    fn refuses(&mut self, message: Message<'_>, error: Option<ErrorCode>) -> bool {
        self.tell(message) == *Message::failure(error).to_octets() && self.is_refused()
    }
}

#[test]
fn a_question_keeps_the_answer_for_later() {
    let config = PeerConfig::builder().identity("alice").method(MethodType::GTC).build().unwrap();
    let settings = PeerSettings::new(&config, GtcForm::Labelled, Provisioning::Off);
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, true);
    tunnel.peer =
        Phase2Peer::new(Arc::new(settings), Opening::Certificate, &super::tunnel(1), AUTHORITY);
    tunnel.payload(IDENTITY);
    let payload = Message { payload: Some(CHALLENGE), ..Message::default() };
    let turn = tunnel.peer.handle(&payload.to_octets(), &mut tunnel.host.peer());
    let PeerTurn::Ask(query) = turn else { panic!("{turn:?}") };
    assert!(matches!(query.innermost(), Query::Token { challenge } if challenge == "?"));
    let typed = || Answer::Secret(Secret::from("123"));
    let turn = tunnel.peer.answered(typed(), &mut tunnel.host.peer());
    let PeerTurn::Send(octets) = turn else { panic!("{turn:?}") };
    assert!(octets.ends_with(b"\x06RESPONSE=alice\x00123"));

    // The challenge of the next method comes with the binding of this one.
    tunnel.keys = tunnel.keys.after(&InnerKey::new(MethodType::GTC, None));
    let binding = tunnel.binding();
    let step = Message { intermediate: Some(Status::Success), binding, ..payload };
    let turn = tunnel.peer.handle(&step.to_octets(), &mut tunnel.host.peer());
    assert!(matches!(turn, PeerTurn::Ask(_)), "{turn:?}");
    let turn = tunnel.peer.answered(typed(), &mut tunnel.host.peer());
    let PeerTurn::Send(octets) = turn else { panic!("{turn:?}") };
    let answer = Message::parse(&octets, Sender::Peer).unwrap();
    assert_eq!(answer.intermediate, Some(Status::Success));
    assert!(answer.binding.is_some() && answer.payload.is_some());

    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, true);
    let turn = tunnel.peer.answered(typed(), &mut tunnel.host.peer());
    assert!(matches!(turn, PeerTurn::Send(_)) && tunnel.is_refused(), "nothing was asked");
}

#[test]
fn a_refusal_is_the_end() {
    let mut tunnel = Tunnel::after_gtc();
    tunnel.tell(Message::default());
    assert!(tunnel.is_refused());
    let binding = tunnel.binding();
    assert!(tunnel.refuses(Message { binding, ..SUCCESS }, None));
}

#[test]
fn success_comes_after_a_method() {
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, true);
    assert!(tunnel.refuses(SUCCESS, None));
    let expected = Some(&Conclusion::Refused(Failure::SuccessTooEarly));
    assert_eq!(tunnel.peer.conclusion(), expected);
    // If the settings say so, a certificate is enough (RFC 4851 §3.3).
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, false);
    assert_eq!(tunnel.tell(SUCCESS), *SUCCESS.to_octets());
    assert!(tunnel.peer.keys().is_some());
    // In an anonymous tunnel it never is.
    let mut tunnel = Tunnel::new(Opening::Anonymous, Provisioning::Both, false);
    assert!(tunnel.refuses(SUCCESS, None));
}

#[test]
fn success_comes_after_the_method_is_over() {
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, false);
    tunnel.payload(IDENTITY);
    assert!(tunnel.refuses(SUCCESS, None));
}

#[test]
fn a_method_has_to_be_bound() {
    let compromise = Some(ErrorCode::TUNNEL_COMPROMISE);
    assert!(Tunnel::after_gtc().refuses(SUCCESS, compromise));
    let step = Message { intermediate: Some(Status::Success), ..Message::default() };
    assert!(Tunnel::after_gtc().refuses(step, compromise));
    let mut tunnel = Tunnel::after_gtc();
    let binding = tunnel.binding();
    let answer = tunnel.tell(Message { binding, ..SUCCESS });
    let answer = Message::parse(&answer, Sender::Peer).unwrap();
    assert_eq!(answer.result, Some(Status::Success));
    let verified = answer.binding.unwrap();
    let cmk = tunnel.keys.cmk().unwrap();
    assert_eq!(verified.verify_response(cmk, &binding.unwrap()), Ok(()));
    assert_eq!(tunnel.peer.keys().unwrap().msk.expose(), tunnel.keys.msk().expose());
}

#[test]
fn a_binding_that_is_wrong_is_a_compromise() {
    let compromise = Some(ErrorCode::TUNNEL_COMPROMISE);
    let good = Tunnel::after_gtc().binding().unwrap();
    for place in [5, 6, 7, 8, 39, 40, 59] {
        let mut wrong = good;
        wrong.0[place] ^= 1;
        let binding = Some(wrong);
        assert!(Tunnel::after_gtc().refuses(Message { binding, ..SUCCESS }, compromise));
    }
    // That of a method that has not run, and of one that is not over.
    let binding = Some(good);
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, false);
    assert!(tunnel.refuses(Message { binding, ..SUCCESS }, compromise));
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, false);
    tunnel.payload(IDENTITY);
    assert!(tunnel.refuses(Message { binding, ..SUCCESS }, compromise));
}

#[test]
fn a_failure_of_a_method_is_no_success() {
    let mut tunnel = Tunnel::after_gtc();
    let failed = Message { intermediate: Some(Status::Failure), ..Message::default() };
    assert_eq!(tunnel.tell(failed), *failed.to_octets());
    assert!(tunnel.refuses(SUCCESS, None));
    let mut tunnel = Tunnel::after_gtc();
    assert!(tunnel.refuses(Message { intermediate: Some(Status::Failure), ..SUCCESS }, None));
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, false);
    assert!(tunnel.refuses(failed, Some(ErrorCode::UNEXPECTED_TLVS)));
}

#[test]
fn failure_is_answered_with_failure() {
    for error in [None, Some(ErrorCode::TUNNEL_COMPROMISE), Some(ErrorCode::UNEXPECTED_TLVS)] {
        assert!(Tunnel::after_gtc().refuses(Message::failure(error), None));
    }
    let mut tunnel = Tunnel::after_gtc();
    tunnel.tell(Message::failure(None));
    assert!(matches!(tunnel.peer.progress(), Progress::Done(Verdict::Fail(_))));
}

#[test]
fn what_is_not_understood_is_named_and_the_conversation_goes_on() {
    let mut tunnel = Tunnel::after_gtc();
    assert_eq!(tunnel.say(&[0x80, 99, 0, 0]), [0x80, 4, 0, 6, 0, 0, 0, 0, 0, 99]);
    let binding = tunnel.binding();
    tunnel.tell(Message { binding, ..SUCCESS });
    assert!(tunnel.peer.keys().is_some());
}

#[test]
fn what_breaks_the_rules_is_the_end() {
    let error = Some(ErrorCode::UNEXPECTED_TLVS);
    let nak = super::super::tlv::Nak { vendor: 0, kind: 9 };
    let nak = Message { nak: Some(nak), ..Message::default() };
    assert!(Tunnel::after_gtc().refuses(nak, error));
    assert!(Tunnel::after_gtc().refuses(Message::default(), error));
    let early = Message { pac: Some(&[]), ..Message::default() };
    assert!(Tunnel::after_gtc().refuses(early, error));
    let mut tunnel = Tunnel::after_gtc();
    assert_eq!(tunnel.say(&[0x80]), *Message::failure(error).to_octets());
    let payload = Some(&[1, 1, 0, 5, 99][..]);
    let mut tunnel = Tunnel::after_gtc();
    assert!(tunnel.refuses(Message { payload, ..Message::default() }, error));
}

#[test]
fn methods_come_to_an_end() {
    let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, true);
    tunnel.payload(IDENTITY);
    let again = Message {
        intermediate: Some(Status::Failure),
        payload: Some(IDENTITY),
        ..Message::default()
    };
    for _ in 1..MAX_METHODS {
        tunnel.tell(again);
        assert!(!tunnel.is_refused());
    }
    assert!(tunnel.refuses(again, Some(ErrorCode::UNEXPECTED_TLVS)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Messages in any order, some of them those of an honest server.
    #[test]
    fn nobody_is_granted_access_without_the_keys(
        messages in proptest::collection::vec(
            prop_oneof![
                Just(Message { payload: Some(IDENTITY), ..Message::default() }.to_octets().to_vec()),
                Just(Message { payload: Some(CHALLENGE), ..Message::default() }.to_octets().to_vec()),
                (any::<[u8; 52]>(), any::<bool>(), any::<bool>()).prop_map(|(octets, last, step)| {
                    let mut binding = [0; 60];
                    binding[..8].copy_from_slice(&[0x80, 12, 0, 56, 0, 1, 1, 0]);
                    binding[8..].copy_from_slice(&octets);
                    binding[39] &= 0xfe;
                    let status = |yes: bool| yes.then_some(Status::Success);
                    let message = Message {
                        result: status(last),
                        intermediate: status(step),
                        binding: Some(Binding(binding)),
                        ..Message::default()
                    };
                    message.to_octets().to_vec()
                }),
                Just(SUCCESS.to_octets().to_vec()),
                Just(Message::failure(None).to_octets().to_vec()),
                Just(Message { intermediate: Some(Status::Failure), ..Message::default() }
                    .to_octets().to_vec()),
                proptest::collection::vec(any::<u8>(), 0..40),
            ],
            0..8,
        ),
    ) {
        let mut tunnel = Tunnel::new(Opening::Certificate, Provisioning::Off, true);
        for message in messages {
            let turn = tunnel.peer.handle(&message, &mut tunnel.host.peer());
            prop_assert!(!matches!(turn, PeerTurn::Store(_)));
            if matches!(turn, PeerTurn::Ask(_)) {
                tunnel.peer.answered(Answer::Decline, &mut tunnel.host.peer());
            }
            prop_assert!(tunnel.peer.keys().is_none());
        }
    }
}

#[test]
fn a_pac_has_to_be_acceptable_and_wanted() {
    let terms = |authority| super::super::opaque::Terms {
        kind: PacType::Tunnel,
        expires: u32::MAX,
        authority,
        authority_name: b"radius",
        identity: None,
    };
    let of = |authority| pac_keys().issue(terms(authority), &mut rng()).unwrap().to_attributes();
    let given = |pac: &[u8], provisioning| {
        let mut tunnel = Tunnel::new(Opening::Certificate, provisioning, false);
        let turn = tunnel
            .peer
            .handle(&Message { pac: Some(pac), ..SUCCESS }.to_octets(), &mut tunnel.host.peer());
        (tunnel, turn)
    };
    let (_, turn) = given(&of(AUTHORITY), Provisioning::Authenticated);
    assert!(matches!(turn, PeerTurn::Store(_)));
    let (tunnel, turn) = given(&of(b"another"), Provisioning::Authenticated);
    assert!(matches!(turn, PeerTurn::Send(_)) && tunnel.is_refused());
    let (tunnel, turn) = given(&of(AUTHORITY), Provisioning::Off);
    let PeerTurn::Send(octets) = turn else { panic!("{turn:?}") };
    assert!(octets.ends_with(&[0, 8, 0, 2, 0, 2]), "not stored");
    assert!(tunnel.peer.keys().is_some());
}
