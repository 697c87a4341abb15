use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use super::*;

const UNKNOWN: AvpCode = AvpCode { vendor: 9, code: 1 };

fn two() -> Vec<u8> {
    AvpBuffer::default()
        .with(AvpCode::USER_NAME, &[b"ali", b"ce"])
        .with(AvpCode::MS_CHAP_CHALLENGE, &[&[7; 8]])
        .as_slice()
        .to_vec()
}

#[test]
fn what_is_written_is_read() {
    let octets = two();
    assert_eq!(octets.len(), 16 + 20);
    assert_eq!(octets[..16], *b"\0\0\0\x01\x40\0\0\x0dalice\0\0\0");
    assert_eq!(octets[16..28], *b"\0\0\0\x0b\xc0\0\0\x14\0\0\x01\x37");
    let avps = Avps::parse(&octets).unwrap();
    assert_eq!(avps.get(AvpCode::USER_NAME), Ok(Some(&b"alice"[..])));
    assert_eq!(avps.get(AvpCode::MS_CHAP_CHALLENGE), Ok(Some(&[7; 8][..])));
    assert_eq!(avps.get(AvpCode::USER_PASSWORD), Ok(None));
    assert_eq!(avps.eap_message(), None);
}

#[test]
fn every_length_of_a_message() {
    let octets = two();
    for len in 0..=octets.len() {
        let avps = Avps::parse(&octets[..len]);
        // Cut in front of an AVP, or in the padding of the first.
        let count = match len {
            0 => 0,
            13..=16 => 1,
            36 => 2,
            _ => {
                assert_eq!(avps, Err(Unacceptable("malformed AVP")), "{len}");
                continue;
            }
        };
        assert_eq!(avps.unwrap().0.len(), count, "{len}");
    }
}

/// CVE-2026-25075: lengths below the header's, above what is there, with the vendor's outside, and
/// with padding that does not fit.
#[test]
fn cve_2026_25075_every_length_field() {
    for flags in [0x00, 0x40, 0x80, 0xc0] {
        for present in 0..=24_usize {
            for claimed in (0..=40).chain([0x00ff_fffd, 0x00ff_ffff]) {
                let mut octets = vec![0; HEADER_LEN + present];
                octets[4] = flags;
                octets[5..8].copy_from_slice(&u32::to_be_bytes(claimed)[1..]);
                let claimed = usize::try_from(claimed).unwrap();
                let header = if flags & VENDOR_SPECIFIC == 0 { 8 } else { 12 };
                let split = Avp::split(&octets);
                if claimed < header || claimed > octets.len() {
                    assert_eq!(split, None, "{flags:#x} {present} {claimed}");
                } else {
                    let (avp, rest) = split.unwrap();
                    assert_eq!(avp.data.len(), claimed - header);
                    let end = claimed.next_multiple_of(4).min(octets.len());
                    assert_eq!(rest.len(), octets.len() - end);
                }
            }
        }
    }
}

#[test]
fn a_length_inside_another_avp_ends_that_one() {
    let inner = AvpBuffer::default().with(AvpCode::USER_NAME, &[b"mallory"]);
    let outer = AvpBuffer::default().with(UNKNOWN, &[inner.as_slice()]);
    let octets = outer.as_slice();
    assert_eq!(Avps::parse(octets).unwrap().get(AvpCode::USER_NAME), Ok(None));
    let mut shortened = octets.to_vec();
    shortened[7] = 12;
    let avps = Avps::parse(&shortened).unwrap();
    assert_eq!(avps.get(AvpCode::USER_NAME), Ok(Some(&b"mallory"[..])));
}

#[test]
fn vendor_0_is_no_vendor_and_reserved_flags_are_nothing() {
    let avps = b"\0\0\0\x01\xff\0\0\x0d\0\0\0\0x\0\0\0";
    let avps = Avps::parse(avps).unwrap();
    assert_eq!(avps.0, [Avp { code: AvpCode::USER_NAME, mandatory: true, data: b"x" }]);
}

#[test]
fn what_is_mandatory_has_to_be_understood() {
    let octets = AvpBuffer::default().with(UNKNOWN, &[b"x"]).as_slice().to_vec();
    let refused = Err(Unacceptable("a mandatory AVP is not understood"));
    let understood = |octets: &[u8], known: &[AvpCode]| Avps::parse(octets)?.understand(known);
    assert_eq!(understood(&octets, &[AvpCode::USER_NAME]), refused);
    assert_eq!(understood(&octets, &[AvpCode::USER_NAME, UNKNOWN]), Ok(()));
    let mut optional = octets;
    optional[4] &= !MANDATORY;
    assert_eq!(understood(&optional, &[]), Ok(()));
}

#[test]
fn an_avp_for_each_of_two_readers_is_refused() {
    let octets = [two(), two()].concat();
    let avps = Avps::parse(&octets).unwrap();
    assert_eq!(avps.get(AvpCode::USER_NAME), Err(Unacceptable("an AVP is there twice")));
}

#[test]
fn a_packet_may_come_in_parts() {
    let octets = AvpBuffer::default()
        .with(AvpCode::EAP_MESSAGE, &[b"ab"])
        .with(AvpCode::USER_NAME, &[b"alice"])
        .with(AvpCode::EAP_MESSAGE, &[b"", b"cde"]);
    let avps = Avps::parse(octets.as_slice()).unwrap();
    assert_eq!(avps.eap_message().as_deref(), Some(&b"abcde"[..]));
    let empty = AvpBuffer::default().with(AvpCode::EAP_MESSAGE, &[]);
    let avps = Avps::parse(empty.as_slice()).unwrap();
    assert_eq!(avps.eap_message(), Some(vec![]));
}

#[test]
fn what_cannot_be_said_is_left_out() {
    let huge = vec![0; 0x0100_0000 - HEADER_LEN];
    assert_eq!(AvpBuffer::default().with(AvpCode::EAP_MESSAGE, &[&huge]).as_slice(), b"");
}

#[test]
fn the_corpus_of_the_fuzz_target_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/avp");
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("every target has a corpus") {
        let path = entry.unwrap().path();
        let data = fs::read(&path).unwrap();
        let outcome = catch_unwind(|| fuzzing::avp(&data));
        assert!(outcome.is_ok(), "{} fails", path.display());
        files += 1;
    }
    assert!(files >= 10, "{} has {files} files", folder.display());
}
