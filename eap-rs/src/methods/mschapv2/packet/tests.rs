//! Octets on the wire.

use super::*;

const CHALLENGE_OCTETS: [u8; 16] = [0x5b; 16];

fn proof() -> Proof<'static> {
    Proof { peer_challenge: &[0x21; 16], nt_response: &[0x82; 24], name: b"User" }
}

fn change() -> ChangePassword {
    ChangePassword {
        encrypted_password: [1; 516],
        encrypted_hash: [2; 16],
        peer_challenge: [3; 16],
        nt_response: [4; 24],
    }
}

fn written(write: impl FnOnce(&mut PacketBuffer)) -> Vec<u8> {
    let mut out = PacketBuffer::default();
    write(&mut out);
    out.as_slice().to_vec()
}

fn with_ms_length(mut data: Vec<u8>, length: usize) -> Vec<u8> {
    data[2..4].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
    data
}

#[test]
fn layouts_are_those_of_the_draft() {
    let challenge = written(|out| write_challenge(7, &CHALLENGE_OCTETS, "srv", out));
    assert_eq!(challenge[..5], [1, 7, 0, 24, 16]);
    assert_eq!(challenge[5..], [&CHALLENGE_OCTETS[..], b"srv"].concat());
    let response = written(|out| proof().write(7, out));
    assert_eq!(response[..5], [2, 7, 0, 58, 49]);
    assert_eq!(response[5..21], [0x21; 16]);
    assert_eq!(response[21..29], [0; 8]);
    assert_eq!(response[29..53], [0x82; 24]);
    assert_eq!(response[53..], *b"\0User");
    let success = written(|out| write_success(7, &[0xa5; 20], out));
    assert_eq!(success[..4], [3, 7, 0, 51]);
    assert_eq!(success[4..], [b"S=", &b"A5".repeat(20)[..], b" M=OK"].concat());
    let change = written(|out| change().write(7, out));
    assert_eq!((change.len(), &change[..4]), (586, &[7, 7, 2, 74][..]));
    assert_eq!(change[4..520], [1; 516]);
    assert_eq!(change[520..536], [2; 16]);
    assert_eq!(change[536..552], [3; 16]);
    assert_eq!(change[552..560], [0; 8]);
    assert_eq!(change[560..584], [4; 24]);
    assert_eq!(change[584..], [0, 0]);
    assert_eq!(written(write_success_response), [3]);
    assert_eq!(written(write_failure_response), [4]);
}

#[test]
fn round_trips() {
    let challenge = written(|out| write_challenge(7, &CHALLENGE_OCTETS, "srv", out));
    let Ok(Request::Challenge { id: 7, challenge }) = Request::parse(&challenge) else { panic!() };
    assert_eq!(*challenge, CHALLENGE_OCTETS);
    let success = written(|out| write_success(7, &[0xa5; 20], out));
    let Ok(Request::Success { authenticator_response }) = Request::parse(&success) else {
        panic!()
    };
    assert_eq!(authenticator_response, Some([0xa5; 20]));
    let response = written(|out| proof().write(7, out));
    assert!(matches!(Response::parse(&response), Ok(Response::Proof(read)) if read == proof()));
    let data = written(|out| change().write(7, out));
    assert!(
        matches!(Response::parse(&data), Ok(Response::ChangePassword(read)) if *read == change())
    );
}

/// CVE-2025-62291 (strongSwan): a Failure Request shorter than its header.
#[test]
fn every_length_of_every_op_code_is_read_or_refused() {
    for op_code in 0..=255 {
        for len in 0..=700 {
            let mut data = vec![0x30; len];
            if let Some(first) = data.first_mut() {
                *first = op_code;
            }
            let honest = if len < HEADER_LEN { data } else { with_ms_length(data, len) };
            let request = Request::parse(&honest);
            let response = Response::parse(&honest);
            match (len, op_code) {
                (0, _) => {
                    assert_eq!(request.unwrap_err(), Discard::MschapLength);
                    assert_eq!(response.unwrap_err(), Discard::MschapLength);
                    continue;
                }
                (_, SUCCESS | FAILURE) => {
                    assert_eq!(request.is_ok(), len >= HEADER_LEN, "{op_code} {len}");
                    assert!(response.is_ok(), "{op_code} {len}");
                }
                (_, CHANGE_PASSWORD) => assert_eq!(response.is_ok(), len == 586, "{len}"),
                (_, CHALLENGE) => assert!(request.is_err(), "a Value-Size of 0x30"),
                (_, RESPONSE) => assert!(response.is_err(), "a Value-Size of 0x30"),
                (_, other) => {
                    assert_eq!(request.unwrap_err(), Discard::MschapOpCode(other));
                    assert_eq!(response.unwrap_err(), Discard::MschapOpCode(other));
                }
            }
        }
    }
}

#[test]
fn a_challenge_and_a_response_may_be_cut_down_to_an_empty_name() {
    let challenge = written(|out| write_challenge(7, &CHALLENGE_OCTETS, "srv", out));
    let response = written(|out| proof().write(7, out));
    for len in HEADER_LEN..=challenge.len() {
        let cut = with_ms_length(challenge[..len].to_vec(), len);
        assert_eq!(Request::parse(&cut).is_ok(), len >= 21, "{len}");
    }
    for len in HEADER_LEN..=response.len() {
        let cut = with_ms_length(response[..len].to_vec(), len);
        assert_eq!(Response::parse(&cut).is_ok(), len >= 54, "{len}");
    }
}

#[test]
fn every_lie_of_ms_length_is_seen_through() {
    let honest = [
        (written(|out| write_challenge(7, &CHALLENGE_OCTETS, "srv", out)), true),
        (written(|out| write_success(7, &[0xa5; 20], out)), true),
        (written(|out| proof().write(7, out)), false),
        (written(|out| change().write(7, out)), false),
    ];
    for (data, is_request) in honest {
        for length in 0..=0xffff {
            let lie = with_ms_length(data.clone(), length);
            let read = match is_request {
                true => Request::parse(&lie).map(|_| ()),
                false => Response::parse(&lie).map(|_| ()),
            };
            let expected = if length == data.len() { Ok(()) } else { Err(Discard::MschapLength) };
            assert_eq!(read, expected, "{length}");
        }
    }
}

#[test]
fn every_lie_of_the_value_size_is_seen_through() {
    for size in 0..=255 {
        let mut challenge = written(|out| write_challenge(7, &CHALLENGE_OCTETS, "srv", out));
        challenge[4] = size;
        assert_eq!(Request::parse(&challenge).is_ok(), size == 16);
        let mut response = written(|out| proof().write(7, out));
        response[4] = size;
        assert_eq!(Response::parse(&response).is_ok(), size == 49);
    }
}

#[test]
fn a_name_may_have_any_octets_up_to_a_limit() {
    for len in [0, 1, 256, 257, Identity::MAX_LEN, Identity::MAX_LEN + 1, 60_000] {
        let name = vec![0xff; len];
        let data = written(|out| Proof { name: &name, ..proof() }.write(7, out));
        match Response::parse(&data) {
            Ok(Response::Proof(read)) => assert_eq!(read.name.len(), len),
            Err(reason) => {
                assert_eq!(reason, Discard::ResponseTooLong);
                assert!(len > Identity::MAX_LEN);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_authenticator_response_is_forty_digits_of_either_case() {
    let digits = "a5".repeat(20);
    let read = |text: &str| authenticator_response(text.as_bytes());
    for text in [
        format!("S={digits}"),
        format!("S={} M=OK", digits.to_uppercase()),
        format!("S={digits}  M="),
        format!("S={digits}\0"),
    ] {
        assert_eq!(read(&text), Some([0xa5; 20]), "{text}");
    }
    for text in [
        String::new(),
        "S=".into(),
        format!("S={}", digits.trim_start_matches('a')),
        format!("S={digits}a"),
        format!("S={digits}aa"),
        format!("s={digits}"),
        format!(" S={digits}"),
        format!("M=OK S={digits}"),
        digits.clone(),
    ] {
        assert_eq!(read(&text), None, "{text}");
    }
}
