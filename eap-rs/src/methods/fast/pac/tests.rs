use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use proptest::prelude::*;

use super::attributes::{PeerSays, acknowledgement, request};
use super::*;
use crate::methods::fast::testing::hex;
use crate::methods::fast::tlv::{Status, write};

const AUTHORITY: &[u8; 16] = b"0123456789abcdef";
const KEY: [u8; 32] = [0xa5; 32];

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    write(kind, &[value], &mut octets);
    octets
}

/// As FreeRADIUS sends it: with bits of its own, and a name of 32 octets.
fn from_freeradius() -> Vec<u8> {
    let mut name = b"Test PAC Authority".to_vec();
    name.resize(32, 0);
    let info = [
        attribute(0x8003, &1_800_000_000_u32.to_be_bytes()),
        attribute(0x8004, AUTHORITY),
        attribute(0x8007, &name),
        attribute(0x800a, &[0, 1]),
    ]
    .concat();
    [attribute(0x8001, &KEY), attribute(0x8002, b"opaque"), attribute(0x8009, &info)].concat()
}

fn info(authority: &[u8]) -> Vec<u8> {
    [attribute(4, authority), attribute(7, b"radius")].concat()
}

fn pac(kind: PacType, authority: &[u8], identity: Option<&str>, opaque: u8) -> Pac {
    Pac {
        kind,
        key: PacKey::new(&[opaque; 32]),
        opaque: [opaque].into(),
        info: PacInfo {
            expires: Some(1000),
            authority: authority.into(),
            authority_name: b"radius".as_slice().into(),
            identity: identity.map(Identity::from),
        },
    }
}

fn tunnel(opaque: u8) -> Pac {
    pac(PacType::Tunnel, AUTHORITY, None, opaque)
}

/// The PAC-Opaques of a store, newest first.
fn opaques(store: &PacStore) -> Vec<u8> {
    store.iter().map(|pac| pac.opaque[0]).collect()
}

fn load(file: &[u8]) -> Result<PacStore, PacFileError> {
    let mut store = PacStore::new();
    store.load(file).map(|()| store)
}

mod attributes_of_rfc_5422_4_2 {
    use super::*;

    fn parse(octets: &[u8]) -> Result<Option<Pac>, &'static str> {
        Pac::parse(octets, AUTHORITY)
    }

    #[test]
    fn what_freeradius_sends_is_taken() {
        let pac = parse(&from_freeradius()).unwrap().unwrap();
        assert_eq!(pac.kind(), PacType::Tunnel);
        assert_eq!((pac.key.expose(), &*pac.opaque), (&KEY, &b"opaque"[..]));
        assert_eq!(pac.authority(), AUTHORITY);
        assert_eq!(pac.authority_name(), "Test PAC Authority");
        assert_eq!((pac.identity(), pac.expires()), (None, Some(1_800_000_000)));
        let again = parse(&pac.to_attributes()).unwrap().unwrap();
        assert_eq!(again.info, pac.info);
        assert_eq!(pac.to_attributes().capacity(), pac.to_attributes().len());
    }

    #[test]
    fn without_a_type_it_is_for_a_tunnel() {
        let octets =
            [attribute(1, &KEY), attribute(2, b"o"), attribute(9, &info(AUTHORITY))].concat();
        assert_eq!(parse(&octets).unwrap().unwrap().kind(), PacType::Tunnel);
    }

    #[test]
    fn other_types_are_ignored() {
        for kind in [3, 4, 0x100, 0xffff_u16] {
            let info = [info(AUTHORITY), attribute(10, &kind.to_be_bytes())].concat();
            assert!(parse(&attribute(9, &info)).unwrap().is_none(), "{kind}");
        }
        let info = [info(AUTHORITY), attribute(10, &[0, 2])].concat();
        let octets = [attribute(9, &info), attribute(2, b"o"), attribute(1, &KEY)].concat();
        assert_eq!(parse(&octets).unwrap().unwrap().kind(), PacType::Machine);
    }

    #[test]
    fn what_is_not_acceptable() {
        let (key, opaque) = (attribute(1, &KEY), attribute(2, b"o"));
        let good = attribute(9, &info(AUTHORITY));
        let refused = |parts: &[&[u8]]| parse(&parts.concat()).unwrap_err();
        assert_eq!(refused(&[&key, &opaque]), "a PAC without PAC-Info");
        assert_eq!(refused(&[&opaque, &good]), "a PAC without PAC-Key");
        assert_eq!(refused(&[&key, &good]), "a PAC without PAC-Opaque");
        for len in [0, 31, 33] {
            let key = attribute(1, &vec![0; len]);
            assert_eq!(refused(&[&key, &opaque, &good]), "a PAC-Key that has not 32 octets");
        }
        for len in [0, MAX_OPAQUE_LEN + 1] {
            let opaque = attribute(2, &vec![0; len]);
            let expected = "a PAC-Opaque that is empty or too long";
            assert_eq!(refused(&[&key, &opaque, &good]), expected);
        }
        assert_eq!(refused(&[&key, &key, &opaque, &good]), "a PAC attribute is there twice");
        let refused = |info: &[&[u8]]| refused(&[&key, &opaque, &attribute(9, &info.concat())]);
        let (a_id, name) = (attribute(4, AUTHORITY), attribute(7, b"radius"));
        assert_eq!(refused(&[&info(b"0123456789abcdeg")]), "a PAC of another server");
        assert_eq!(refused(&[&info(&AUTHORITY[..15])]), "a PAC of another server");
        assert_eq!(refused(&[&info(b"")]), "an A-ID that is empty");
        assert_eq!(refused(&[&info(&[1; 1016])]), "an A-ID that is too long");
        assert_eq!(refused(&[&name]), "a PAC-Info without A-ID");
        assert_eq!(refused(&[&a_id]), "a PAC-Info without A-ID-Info");
        for misplaced in [1, 2, 8, 9] {
            let misplaced = attribute(misplaced, b"");
            let expected = "a PAC-Info with what does not belong there";
            assert_eq!(refused(&[&a_id, &name, &misplaced]), expected);
        }
        let wrong = attribute(3, &[0; 3]);
        assert_eq!(refused(&[&a_id, &name, &wrong]), "a PAC-Lifetime that has not four octets");
        let wrong = attribute(10, &[1]);
        assert_eq!(refused(&[&a_id, &name, &wrong]), "a PAC-Type that has not two octets");
        let wrong = attribute(5, &[b'a'; 1016]);
        assert_eq!(refused(&[&a_id, &name, &wrong]), "an I-ID that is too long");
    }

    #[test]
    fn an_empty_a_id_of_a_start_matches_none() {
        assert!(Pac::parse(&from_freeradius(), b"").is_err());
    }

    #[test]
    fn every_truncation_is_refused() {
        let octets = from_freeradius();
        for len in 0..octets.len() {
            assert!(parse(&octets[..len]).is_err(), "{len}");
        }
        for place in 0..octets.len() {
            // Whatever a length says, it is no panic.
            for octet in [0, 1, 0x7f, 0xff] {
                let mut lie = octets.clone();
                lie[place] = octet;
                let _ = parse(&lie);
            }
        }
    }

    #[test]
    fn what_a_peer_says() {
        let tunnel = request(PacType::Tunnel);
        assert_eq!(tunnel, [0, 10, 0, 2, 0, 1], "as wpa_supplicant has it");
        let kind = PacType::Tunnel;
        assert_eq!(PeerSays::parse(&tunnel), Ok(PeerSays::Wanted { kind, identity: None }));
        let machine =
            [request(PacType::Machine), attribute(5, b"host/phone-17.example.org")].concat();
        let identity = Some(Identity::from("host/phone-17.example.org"));
        let kind = PacType::Machine;
        assert_eq!(PeerSays::parse(&machine), Ok(PeerSays::Wanted { kind, identity }));
        for status in [Status::Success, Status::Failure] {
            let octets = acknowledgement(status);
            assert_eq!(octets, [0, 8, 0, 2, 0, status as u8]);
            assert_eq!(PeerSays::parse(&octets), Ok(PeerSays::Acknowledged(status)));
        }
        let shown = attribute(2, b"opaque");
        assert_eq!(PeerSays::parse(&shown), Ok(PeerSays::UserAuthorization(b"opaque")));
        for unknown in [&b""[..], &[0, 10, 0, 2, 0, 9], &[0, 63, 0, 0]] {
            assert_eq!(PeerSays::parse(unknown), Ok(PeerSays::Unknown));
        }
        for wrong in [
            &[0, 10, 0, 1, 1][..],
            &[0, 8, 0, 2, 0, 3],
            &[0, 8, 0, 0],
            &[0, 10, 0, 2, 0],
            &[0, 10],
            &[tunnel.clone(), tunnel.clone()].concat(),
        ] {
            assert!(PeerSays::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_survived(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PeerSays::parse(&octets);
            if let Ok(Some(pac)) = Pac::parse(&octets, AUTHORITY) {
                prop_assert!(Pac::parse(&pac.to_attributes(), AUTHORITY).is_ok());
            }
        }
    }
}

mod choice {
    use super::*;

    fn select(store: &PacStore, identity: Option<&str>, now: Option<u64>) -> Option<u8> {
        let identity = identity.map(Identity::from);
        store.select(AUTHORITY, identity.as_ref(), now).map(|pac| pac.opaque[0])
    }

    #[test]
    fn one_for_a_tunnel_goes_before_one_for_a_machine() {
        let mut store = PacStore::new();
        assert_eq!(select(&store, None, None), None);
        store.insert(pac(PacType::Machine, AUTHORITY, None, 1));
        assert_eq!(select(&store, None, None), Some(1));
        store.insert(tunnel(2));
        store.insert(pac(PacType::Machine, AUTHORITY, Some("host/a"), 3));
        assert_eq!(select(&store, None, None), Some(2));
        assert!(store.select(b"another", None, None).is_none());
        assert!(store.select(&AUTHORITY[..15], None, None).is_none());
    }

    #[test]
    fn what_is_for_one_identity_is_not_for_another() {
        let mut store = PacStore::new();
        store.insert(pac(PacType::Tunnel, AUTHORITY, Some("alice"), 1));
        assert_eq!(select(&store, Some("alice"), None), Some(1));
        assert_eq!(select(&store, Some("bob"), None), None);
        assert_eq!(select(&store, None, None), Some(1), "who it is may turn out later");
        store.insert(pac(PacType::Tunnel, AUTHORITY, Some("bob"), 2));
        assert_eq!(select(&store, Some("alice"), None), Some(1));
        store.insert(tunnel(3));
        assert_eq!(select(&store, Some("alice"), None), Some(3), "the newest");
    }

    #[test]
    fn what_has_expired_is_not_used() {
        let mut store = PacStore::new();
        store.insert(tunnel(1));
        assert_eq!(select(&store, None, Some(999)), Some(1));
        assert_eq!(select(&store, None, Some(1000)), None);
        store.remove_expired(999);
        assert_eq!(store.len(), 1);
        store.remove_expired(1000);
        assert!(store.is_empty());
        let mut forever = tunnel(2);
        forever.info.expires = None;
        store.insert(forever);
        store.remove_expired(u64::MAX);
        assert_eq!(select(&store, None, Some(u64::MAX)), Some(2));
    }

    #[test]
    fn a_new_one_takes_the_place_of_the_old_one() {
        let mut store = PacStore::with_capacity(3).unwrap();
        store.insert(tunnel(1));
        store.insert(pac(PacType::Machine, AUTHORITY, None, 2));
        store.insert(tunnel(3));
        assert_eq!(opaques(&store), [3, 2]);
        store.insert(pac(PacType::Tunnel, AUTHORITY, Some("alice"), 4));
        store.insert(pac(PacType::Tunnel, b"another", None, 5));
        assert_eq!(opaques(&store), [5, 4, 3], "the oldest is dropped");
        assert!(PacStore::with_capacity(0).is_err() && PacStore::with_capacity(1001).is_err());
    }
}

mod files {
    use super::*;

    /// As `wpa_supplicant` writes it, of two servers.
    const TEXT: &str = "wpa_supplicant EAP-FAST PAC file - version 1\n\
        START\n\
        PAC-Type=1\n\
        PAC-Key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\
        PAC-Opaque=c0ffee\n\
        PAC-Info=00030004499602d200040003010203000700067261646975730005000\
        5616c696365000a00020001\n\
        A-ID=010203\n\
        I-ID=616c696365\n\
        I-ID-txt=alice\n\
        A-ID-Info=726164697573\n\
        A-ID-Info-txt=radius\n\
        END\n\
        START\n\
        PAC-Type=2\n\
        PAC-Key=FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\n\
        PAC-Opaque=00\n\
        A-ID=04\n\
        END\n";

    fn problem(text: &str) -> (usize, PacFileProblem) {
        match load(text.as_bytes()).unwrap_err() {
            PacFileError::Line { line, problem } => (line, problem),
            PacFileError::Entry { .. } => panic!("it is no binary file"),
        }
    }

    #[test]
    fn the_text_file_of_wpa_supplicant() {
        let store = load(TEXT.as_bytes()).unwrap();
        let [first, second] = [0, 1].map(|place| store.iter().nth(place).unwrap());
        assert_eq!(first.kind(), PacType::Tunnel);
        assert_eq!(first.key.expose()[..], (0..32).collect::<Vec<u8>>());
        assert_eq!((&*first.opaque, first.authority()), (&hex("c0ffee")[..], &[1, 2, 3][..]));
        assert_eq!(first.identity(), Some(&Identity::from("alice")));
        assert_eq!(first.authority_name(), "radius");
        assert_eq!(first.expires(), Some(0x4996_02d2));
        assert_eq!((second.kind(), second.key.expose()), (PacType::Machine, &[0xff; 32]));
        assert_eq!((second.identity(), second.expires()), (None, None));
        assert_eq!(load(TEXT.replace('\n', "\r\n").as_bytes()).unwrap().len(), 2);
        assert_eq!(load(TEXT.trim_end().as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn what_is_written_is_what_wpa_supplicant_writes() {
        let mut store = PacStore::new();
        store.insert(tunnel(0x2a));
        let expected = "wpa_supplicant EAP-FAST PAC file - version 1\n\
            START\n\
            PAC-Type=1\n\
            PAC-Key=2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a\n\
            PAC-Opaque=2a\n\
            PAC-Info=00030004000003e80004001030313233343536373839616263646566\
            00070006726164697573000a00020001\n\
            A-ID=30313233343536373839616263646566\n\
            A-ID-Info=726164697573\n\
            A-ID-Info-txt=radius\n\
            END\n";
        assert_eq!(core::str::from_utf8(store.to_text().expose()), Ok(expected));
    }

    #[test]
    fn the_binary_file_of_wpa_supplicant() {
        let mut store = PacStore::new();
        store.insert(tunnel(0x2a));
        let entry = [
            &[0, 1][..],
            &[0x2a; 32],
            &[0, 1, 0x2a],
            &[0, 44],
            &hex("00030004000003e80004001030313233343536373839616263646566"),
            &hex("00070006726164697573000a00020001"),
        ]
        .concat();
        let file = [&[0x6a, 0xe4, 0x92, 0x0c, 0, 0], &entry[..]].concat();
        assert_eq!(store.to_binary().expose(), file);
        assert_eq!(opaques(&load(&file).unwrap()), [0x2a]);
        for len in 1..file.len() {
            let result = load(&file[..len]);
            assert_eq!(result.is_ok(), len == 6, "{len}");
        }
        let at = |file: &[u8]| match load(file).unwrap_err() {
            PacFileError::Entry { offset, problem } => (offset, problem),
            PacFileError::Line { .. } => panic!("it is no text"),
        };
        let twice = [&file[..], &entry].concat();
        assert_eq!(at(&twice[..twice.len() - 1]), (file.len(), PacFileProblem::CutShort));
        let changed = |place: usize, octet: u8| {
            let mut file = file.clone();
            file[place] = octet;
            at(&file)
        };
        assert_eq!(changed(5, 1), (0, PacFileProblem::Format));
        assert_eq!(changed(7, 3), (6, PacFileProblem::Type));
        assert_eq!(changed(41, 0), (6, PacFileProblem::CutShort));
        let expected = PacFileProblem::Info("a PAC attribute is cut short");
        assert_eq!(changed(48, 0xff), (6, expected));
    }

    #[test]
    fn a_file_of_nothing_has_no_pacs() {
        assert!(load(b"").unwrap().is_empty());
        assert!(load(b"wpa_supplicant EAP-FAST PAC file - version 1").unwrap().is_empty());
        assert!(load(&[0x6a, 0xe4, 0x92, 0x0c, 0, 0]).unwrap().is_empty());
        assert_eq!(load(PacStore::new().to_text().expose()).unwrap().len(), 0);
    }

    #[test]
    fn an_error_says_where_and_what_is_accepted() {
        use PacFileProblem as Problem;
        assert_eq!(problem("something else"), (1, Problem::Format));
        assert_eq!(problem("\n"), (1, Problem::Format));
        let with = |old: &str, new: &str| problem(&TEXT.replacen(old, new, 1));
        assert_eq!(with("version 1", "version 2"), (1, Problem::Format));
        assert_eq!(with("START\n", ""), (2, Problem::OutsideBlock));
        assert_eq!(with("END\n", ""), (12, Problem::StartInBlock));
        let cut = TEXT.trim_end().trim_end_matches("END");
        assert_eq!(problem(cut), (18, Problem::NoEnd));
        for kind in ["0", "3", "", "1x", "01", "x"] {
            let changed = with("PAC-Type=1", &format!("PAC-Type={kind}"));
            assert_eq!(changed, (3, Problem::Type));
        }
        let length = |field, len, min, max| Problem::Length { field, len, min, max };
        assert_eq!(with("=0001", "=01"), (4, length("PAC-Key", 31, 32, 32)));
        assert_eq!(with("=0001", "=000001"), (4, length("PAC-Key", 33, 32, 32)));
        assert_eq!(with("=0001", "=001"), (4, Problem::Digits { field: "PAC-Key" }));
        assert_eq!(with("=0001", "=00gg"), (4, Problem::Digits { field: "PAC-Key" }));
        assert_eq!(with("=c0ffee", ""), (5, length("PAC-Opaque", 0, 1, 4096)));
        let long = format!("=c0ffee{}", "00".repeat(4096));
        assert_eq!(with("=c0ffee", &long), (5, length("PAC-Opaque", 4099, 1, 4096)));
        assert_eq!(with("=010203", "=+123"), (7, Problem::Digits { field: "A-ID" }));
        let twice = "A-ID=010203\nA-ID=010203\n";
        assert_eq!(with("A-ID=010203\n", twice), (8, Problem::Twice { field: "A-ID" }));
        assert_eq!(with("A-ID=04\n", ""), (17, Problem::Missing { field: "A-ID" }));
        assert_eq!(with("PAC-Opaque=00\n", ""), (17, Problem::Missing { field: "PAC-Opaque" }));
        assert_eq!(with("PAC-Info=00030004", "PAC-Info=000300ff").0, 6);
        let without_key = TEXT.replace("PAC-Key=F", "PAC-Kez=F");
        assert_eq!(problem(&without_key), (18, Problem::Missing { field: "PAC-Key" }));

        let error = load(TEXT.replace("PAC-Type=1", "PAC-Type=9").as_bytes()).unwrap_err();
        let text = "line 3: PAC-Type: accepted: 1 (tunnel) and 2 (machine)";
        assert_eq!(error.to_string(), text);
        let error = load(TEXT.replace("=c0ff", "=zzzz").as_bytes()).unwrap_err();
        let text = "line 5: PAC-Opaque: accepted: pairs of hexadecimal digits";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn a_pac_info_says_what_the_lines_do_not() {
        let text = TEXT.replacen("A-ID=010203\n", "", 1).replacen("I-ID=616c696365\n", "", 1);
        let store = load(text.as_bytes()).unwrap();
        let first = store.iter().next().unwrap();
        assert_eq!(first.authority(), [1, 2, 3]);
        assert_eq!(first.identity(), Some(&Identity::from("alice")));
    }

    #[test]
    fn a_file_that_is_wrong_changes_nothing() {
        let mut store = PacStore::new();
        store.insert(tunnel(1));
        assert!(store.load(&TEXT.as_bytes()[..100]).is_err());
        assert_eq!(opaques(&store), [1]);
        assert_eq!(store.load(TEXT.as_bytes()), Ok(()));
        assert_eq!(opaques(&store), [0xc0, 0]);
    }

    #[test]
    fn of_too_many_the_newest_are_taken() {
        let mut store = PacStore::new();
        for number in 0..10 {
            store.insert(pac(PacType::Tunnel, &[number], None, number));
        }
        let mut small = PacStore::with_capacity(3).unwrap();
        small.load(store.to_text().expose()).unwrap();
        assert_eq!(opaques(&small), [9, 8, 7]);
        let twice = "START\nPAC-Key=".to_string() + &"11".repeat(32) + "\nPAC-Opaque=02\nA-ID=09\n";
        let header = "wpa_supplicant EAP-FAST PAC file - version 1\n";
        let other = twice.replace("=02", "=03");
        let store = load(format!("{header}{twice}END\n{other}END\n").as_bytes()).unwrap();
        assert_eq!(opaques(&store), [2]);
    }

    #[test]
    fn the_readable_form_writes_no_lines_of_its_own() {
        let mut store = PacStore::new();
        let mut hostile = tunnel(1);
        hostile.info.authority_name = b"x\nPAC-Key=00\nEND\r\0\0".as_slice().into();
        hostile.info.identity = Some(Identity::new(b"\nEND\n\xff"));
        store.insert(hostile);
        let file = store.to_text();
        let text = core::str::from_utf8(file.expose()).unwrap();
        assert!(text.contains("A-ID-Info-txt=x PAC-Key=00 END \n"));
        assert_eq!(text.lines().filter(|line| *line == "END").count(), 1);
        let again = load(file.expose()).unwrap();
        assert!(again.iter().next().unwrap().info == store.iter().next().unwrap().info);
    }

    #[test]
    fn nothing_secret_is_printed() {
        let store = load(TEXT.as_bytes()).unwrap();
        let shown = format!("{:?} {:?}", store.iter().next().unwrap(), store.to_text());
        assert!(shown.starts_with(
            "Pac { kind: Tunnel, key: PacKey(32 octets), opaque: 3 octets, authority: 3 octets, \
             authority_name: \"radius\", identity: Some(Identity(\"alice\")), \
             expires: Some(1234567890) } Secret("
        ));
    }

    #[test]
    fn every_truncation_of_a_text_is_survived() {
        for len in 0..TEXT.len() {
            let cut = &TEXT.as_bytes()[..len];
            let is_whole = [0, 44, 45].contains(&len) || cut.trim_ascii_end().ends_with(b"END");
            assert_eq!(load(cut).is_ok(), is_whole, "{len}");
        }
    }

    #[test]
    fn the_corpus_of_the_fuzz_target_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/pac_file");
        let mut files = 0;
        for entry in fs::read_dir(&folder).expect("every target has a corpus") {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            let outcome = catch_unwind(|| fuzzing::pac_file(&data));
            assert!(outcome.is_ok(), "{} fails", path.display());
            files += 1;
        }
        assert!(files >= 10, "{} has {files} files", folder.display());
    }

    fn any_pac() -> impl Strategy<Value = Pac> {
        let octets = |range| proptest::collection::vec(any::<u8>(), range);
        (
            any::<bool>(),
            any::<[u8; 32]>(),
            octets(1..200),
            octets(1..3),
            octets(0..40),
            proptest::option::of(octets(0..40)),
            any::<Option<u32>>(),
        )
            .prop_map(|(machine, key, opaque, authority, name, identity, expires)| Pac {
                kind: if machine { PacType::Machine } else { PacType::Tunnel },
                key: PacKey::new(&key),
                opaque: opaque.into(),
                info: PacInfo {
                    expires,
                    authority: authority.into(),
                    authority_name: name.into(),
                    identity: identity.map(Identity::new),
                },
            })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pacs in proptest::collection::vec(any_pac(), 0..12)) {
            let mut store = PacStore::new();
            pacs.into_iter().for_each(|pac| store.insert(pac));
            fuzzing::pac_file(store.to_text().expose());
            fuzzing::pac_file(store.to_binary().expose());
            let fields = |store: &PacStore| -> Vec<_> {
                store.iter().map(|pac| (*pac.key.expose(), pac.info.clone())).collect()
            };
            for file in [store.to_text(), store.to_binary()] {
                prop_assert_eq!(fields(&load(file.expose()).unwrap()), fields(&store));
            }
        }

        #[test]
        fn anything_is_survived(octets in proptest::collection::vec(any::<u8>(), 0..100)) {
            fuzzing::pac_file(&octets);
            let binary = [&[0x6a, 0xe4, 0x92, 0x0c, 0, 0][..], &octets].concat();
            fuzzing::pac_file(&binary);
        }
    }
}
