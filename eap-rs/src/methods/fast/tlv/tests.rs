use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const SUCCESS: [u8; 6] = [0x80, 3, 0, 2, 0, 1];
const FAILURE: [u8; 6] = [0x80, 3, 0, 2, 0, 2];
const STEP: [u8; 6] = [0x80, 10, 0, 2, 0, 1];
const STEP_FAILED: [u8; 6] = [0x80, 10, 0, 2, 0, 2];
/// wpa_supplicant's request for a PAC.
const WANTED: [u8; 16] = [0, 19, 0, 2, 0, 1, 0, 11, 0, 6, 0, 10, 0, 2, 0, 1];
const IDENTITY: [u8; 5] = [1, 7, 0, 5, 1];
const UNKNOWN: [u8; 4] = [0x80, 99, 0, 0];

fn binding() -> Binding {
    let mut octets = [9; BINDING_LEN];
    octets[..4].copy_from_slice(&[0x80, 12, 0, 56]);
    Binding(octets)
}

fn tlv(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    write(kind, &[value], &mut octets);
    octets
}

fn payload(packet: &[u8]) -> Vec<u8> {
    tlv(0x8009, packet)
}

fn parse(octets: &[u8]) -> Result<Message<'_>, Refusal> {
    Message::parse(octets, Sender::Server)
}

fn from_peer(octets: &[u8]) -> Result<Message<'_>, Refusal> {
    Message::parse(octets, Sender::Peer)
}

/// A violation of the rules, not a compromise.
fn is_unexpected(octets: &[u8]) -> bool {
    matches!(parse(octets), Err(Refusal::Fatal(ErrorCode::UNEXPECTED_TLVS, _)))
}

fn is_compromise(octets: &[u8]) -> bool {
    matches!(parse(octets), Err(Refusal::Fatal(ErrorCode::TUNNEL_COMPROMISE, _)))
}

#[test]
fn what_wpa_supplicant_asks_for_is_read() {
    let octets = [&SUCCESS[..], &binding().0, &WANTED].concat();
    let message = from_peer(&octets).unwrap();
    assert_eq!(message.result, Some(Status::Success));
    assert_eq!(message.binding, Some(binding()));
    assert_eq!(message.action, Some(Action::ProcessTlv));
    assert_eq!(message.pac, Some(&[0, 10, 0, 2, 0, 1][..]));
}

#[test]
fn rfc_4851_3_6_2_and_4_2_3_answers() {
    let answer = Refusal::Fatal(ErrorCode::TUNNEL_COMPROMISE, "").answer();
    let expected = [&FAILURE[..], &[0x80, 5, 0, 4, 0, 0, 7, 0xd1]].concat();
    assert_eq!(*answer.to_octets(), expected);
    let answer = Refusal::Unknown(Nak { vendor: 0, kind: 99 }).answer();
    assert_eq!(*answer.to_octets(), [0x80, 4, 0, 6, 0, 0, 0, 0, 0, 99]);
}

#[test]
fn the_result_is_written_first_and_the_pac_last() {
    let message = Message {
        result: Some(Status::Success),
        intermediate: Some(Status::Success),
        binding: Some(binding()),
        pac: Some(b"pac"),
        ..Message::default()
    };
    let expected = [&SUCCESS[..], &STEP, &binding().0, &[0x80, 11, 0, 3], b"pac"].concat();
    assert_eq!(*message.to_octets(), expected);
}

#[test]
fn what_does_not_fit_is_left_out() {
    let huge = vec![0; 65_536];
    let message = Message { payload: Some(&huge), ..Message::default() };
    assert_eq!(*message.to_octets(), b"");
    let message = Message { payload: huge.get(1..), ..Message::default() };
    assert_eq!(message.to_octets().len(), 65_539);
}

#[test]
fn there_is_at_most_one_of_each() {
    let packet = payload(&IDENTITY);
    let pac = tlv(0x800b, b"");
    for one in [&SUCCESS[..], &STEP_FAILED, &binding().0, &packet, &pac] {
        assert!(parse(one).is_ok());
        assert!(is_unexpected(&[one, one].concat()), "{one:?}");
    }
    let action = [0x80, 19, 0, 2, 0, 1];
    assert!(from_peer(&action).is_ok());
    assert!(from_peer(&[action, action].concat()).is_err());
    let two = [&SUCCESS[..], &FAILURE].concat();
    assert!(is_unexpected(&two));
}

#[test]
fn a_result_of_any_other_value_or_length_is_refused() {
    for kind in [3, 10] {
        for value in (0..=u16::MAX).filter(|value| ![1, 2].contains(value)) {
            let octets = [tlv(kind, &value.to_be_bytes()), binding().0.to_vec()].concat();
            assert!(is_unexpected(&octets), "{kind} {value}");
        }
        for value in [&[][..], &[1], &[0, 0, 1], &[0, 1, 0], &[0, 1, 0, 1]] {
            let octets = [tlv(kind, value), binding().0.to_vec()].concat();
            assert!(is_unexpected(&octets), "{kind} {value:?}");
        }
    }
}

#[test]
fn what_is_mandatory_and_unknown_is_answered_with_a_nak() {
    for kind in (0..=0x3fff).filter(|kind| !(3..=20).contains(kind)).step_by(37) {
        let octets = [payload(&IDENTITY), tlv(MANDATORY | kind, b"?")].concat();
        assert_eq!(parse(&octets), Err(Refusal::Unknown(Nak { vendor: 0, kind })));
        let octets = [payload(&IDENTITY), tlv(kind, b"?")].concat();
        assert_eq!(parse(&octets).unwrap().payload, Some(&IDENTITY[..]));
    }
    // The first one, whatever else there is.
    let octets = [&UNKNOWN[..], &tlv(0x8000 | 98, b""), &STEP].concat();
    assert_eq!(parse(&octets), Err(Refusal::Unknown(Nak { vendor: 0, kind: 99 })));
}

#[test]
fn a_result_is_not_answered_with_a_nak() {
    for result in [SUCCESS, FAILURE] {
        assert!(is_unexpected(&[&UNKNOWN[..], &result].concat()));
        assert!(is_unexpected(&[&result[..], &UNKNOWN].concat()));
    }
    assert!(parse(&[&[0, 99, 0, 0][..], &SUCCESS].concat()).is_ok());
}

#[test]
fn a_vendor_is_named_in_the_nak() {
    let vendor = |kind| tlv(kind, &[0, 0, 1, 0x37, 1, 2, 3]);
    let expected = Refusal::Unknown(Nak { vendor: 311, kind: 7 });
    assert_eq!(parse(&vendor(0x8007)), Err(expected));
    assert_eq!(parse(&vendor(7)), Ok(Message::default()));
    assert_eq!(parse(&[vendor(7), vendor(7)].concat()), Ok(Message::default()));
    assert!(is_unexpected(&[vendor(0x8007), SUCCESS.to_vec()].concat()));
    for value in [&[][..], &[0, 0, 1], &[1, 0, 1, 0x37]] {
        assert!(is_unexpected(&tlv(0x8007, value)));
        assert_eq!(parse(&tlv(7, value)), Ok(Message::default()));
    }
}

#[test]
fn rfc_5422_4_3_roots_are_skipped_whatever_they_say() {
    for kind in [18, 20, 0x8012, 0x8014] {
        assert_eq!(parse(&tlv(kind, &[0, 9])), Ok(Message::default()));
    }
}

#[test]
fn rfc_4851_4_3_what_goes_together() {
    let packet = payload(&IDENTITY);
    let nak = tlv(0x8004, &[0, 0, 0, 0, 0, 99]);
    let fatal = tlv(0x8005, &2001_u32.to_be_bytes());
    let remark = tlv(0x8005, &17_u32.to_be_bytes());
    assert!(is_unexpected(&[&SUCCESS[..], &packet].concat()));
    assert!(is_unexpected(&[&FAILURE[..], &packet].concat()));
    assert!(is_unexpected(&[&FAILURE[..], &binding().0].concat()));
    assert!(is_unexpected(&[&FAILURE[..], &nak].concat()));
    assert!(is_unexpected(&[&packet[..], &nak].concat()));
    assert!(is_unexpected(&fatal));
    assert!(is_unexpected(&[&SUCCESS[..], &fatal].concat()));
    assert!(is_compromise(&STEP), "nothing binds the method");
    assert!(is_compromise(&[&STEP[..], &SUCCESS].concat()));

    assert!(parse(&[&FAILURE[..], &fatal].concat()).is_ok());
    assert!(parse(&[&FAILURE[..], &STEP_FAILED].concat()).is_ok());
    assert!(parse(&[&STEP[..], &binding().0, &packet].concat()).is_ok());
    assert!(parse(&[&SUCCESS[..], &STEP, &binding().0, &remark].concat()).is_ok());
    assert!(parse(&SUCCESS).is_ok(), "whether something was to be bound, the caller knows");
    assert_eq!(parse(&[&nak[..], &nak].concat()).unwrap().nak, Some(Nak { vendor: 0, kind: 99 }));
    let worst = parse(&[&FAILURE[..], &remark, &fatal, &remark].concat()).unwrap().error;
    assert_eq!(worst, Some(ErrorCode::TUNNEL_COMPROMISE));
}

#[test]
fn a_server_requests_no_action() {
    assert!(is_unexpected(&[&SUCCESS[..], &WANTED].concat()));
    for value in [&[][..], &[0, 0], &[0, 3], &[1, 1], &[1], &[0, 1, 0]] {
        let octets = [SUCCESS.to_vec(), tlv(19, value)].concat();
        let refusal = from_peer(&octets).unwrap_err();
        assert!(matches!(refusal, Refusal::Fatal(ErrorCode::UNEXPECTED_TLVS, _)), "{value:?}");
    }
}

#[test]
fn a_payload_is_a_whole_packet_of_the_other_side() {
    let hint = [0, 42, 0, 1, 7];
    let octets = payload(&[&IDENTITY[..], &hint].concat());
    assert_eq!(parse(&octets).unwrap().payload, Some(&IDENTITY[..]));
    for wrong in [
        &[][..],
        &[1, 7, 0],
        &[1, 7, 0, 4],
        &[1, 7, 0, 0, 1],
        &[1, 7, 0, 6, 1],
        &[1, 7, 1, 5, 1],
        &[0, 7, 0, 5, 1],
        &[2, 7, 0, 5, 1],
        &[3, 7, 0, 4],
        &[4, 7, 0, 4],
        &[1, 7, 0, 5, 1, 0],
        &[1, 7, 0, 5, 1, 0, 42, 0, 1],
        &[1, 7, 0, 5, 1, 0x80, 42, 0, 0],
    ] {
        assert!(is_unexpected(&payload(wrong)), "{wrong:?}");
    }
    assert!(from_peer(&payload(&[2, 7, 0, 5, 1])).is_ok());
    assert!(from_peer(&payload(&IDENTITY)).is_err());
}

#[test]
fn hints_are_never_mandatory() {
    let step =
        |hints: &[u8]| [tlv(0x800a, &[&[0, 1][..], hints].concat()), binding().0.to_vec()].concat();
    assert!(parse(&step(&[0, 42, 0, 0])).is_ok());
    assert!(is_unexpected(&step(&UNKNOWN)));
    assert!(is_unexpected(&step(&[0, 42, 0])));
    let nak = |hints: &[u8]| tlv(0x8004, &[&[0, 0, 0, 9, 0, 1][..], hints].concat());
    assert_eq!(parse(&nak(&[0, 42, 0, 0])).unwrap().nak, Some(Nak { vendor: 9, kind: 1 }));
    assert!(is_unexpected(&nak(&UNKNOWN)));
    for wrong in [&[][..], &[0, 0, 0, 0, 0], &[1, 0, 0, 0, 0, 1]] {
        assert!(is_unexpected(&tlv(0x8004, wrong)), "{wrong:?}");
    }
}

#[test]
fn lengths_that_are_wrong() {
    for len in (0..=80_u8).filter(|len| *len != 56) {
        assert!(is_compromise(&tlv(0x800c, &vec![0; len.into()])), "{len}");
    }
    for len in (0..=6).filter(|len| *len != 4) {
        let octets = [FAILURE.to_vec(), tlv(0x8005, &vec![0; len])].concat();
        assert!(is_unexpected(&octets), "{len}");
    }
    for stray in 1..4 {
        assert!(is_unexpected(&[&SUCCESS[..], &[0; 3][..stray]].concat()));
    }
    assert!(is_unexpected(&[0x80, 9, 0xff, 0xff, 1, 7, 0, 5, 1]));
}

#[test]
fn every_truncation_and_every_lie_about_a_length_is_noticed() {
    let packet = payload(&IDENTITY);
    let octets = [&STEP[..], &binding().0, &packet].concat();
    let message = parse(&octets).unwrap();
    for len in 0..octets.len() {
        let cut = parse(&octets[..len]);
        match len {
            0 => assert_eq!(cut, Ok(Message::default())),
            6 => assert!(is_compromise(&octets[..len])),
            66 => assert_eq!(cut, Ok(Message { payload: None, ..message })),
            _ => assert!(is_unexpected(&octets[..len]), "{len}"),
        }
    }
    for field in [2, 3, 8, 9, 68, 69] {
        for value in 0..=u8::MAX {
            let mut lie = octets.clone();
            if lie[field] != value {
                lie[field] = value;
                assert_ne!(parse(&lie), Ok(message), "{field} {value}");
            }
        }
    }
}

#[test]
fn the_corpus_of_the_fuzz_target_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/fast_tlv");
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("every target has a corpus") {
        let path = entry.unwrap().path();
        let data = fs::read(&path).unwrap();
        let outcome = catch_unwind(|| fuzzing::fast_tlv(&data));
        assert!(outcome.is_ok(), "{} fails", path.display());
        files += 1;
    }
    assert!(files >= 10, "{} has {files} files", folder.display());
}

fn any_status() -> impl Strategy<Value = Option<Status>> {
    proptest::option::of(prop_oneof![Just(Status::Success), Just(Status::Failure)])
}

proptest! {
    #[test]
    fn anything_is_survived(
        octets in proptest::collection::vec(any::<u8>(), 0..200), server: bool,
    ) {
        let sender = if server { Sender::Server } else { Sender::Peer };
        fuzzing::fast_tlv(&octets);
        if let Err(refusal) = Message::parse(&octets, sender) {
            prop_assert!(Message::parse(&refusal.answer().to_octets(), sender).is_ok());
        }
    }

    #[test]
    fn what_is_written_is_read(
        result in any_status(),
        intermediate in any_status(),
        bound: bool,
        packet in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..300)),
        pac in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
        action: bool,
        error in proptest::option::of(0..3000_u32),
    ) {
        let packet = packet.map(|data| {
            let [l0, l1] = u16::try_from(data.len() + 4).unwrap().to_be_bytes();
            [&[2, 1, l0, l1], &data[..]].concat()
        });
        let message = Message {
            result,
            intermediate,
            error: error.map(ErrorCode),
            nak: None,
            binding: bound.then(binding),
            payload: packet.as_deref(),
            action: action.then_some(Action::NegotiateEap),
            pac: pac.as_deref(),
        };
        let octets = message.to_octets();
        prop_assert_eq!(octets.capacity(), octets.len());
        let expected = message.check(Sender::Peer).map(|()| message);
        prop_assert_eq!(from_peer(&octets), expected);
    }
}
