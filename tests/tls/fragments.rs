//! Families 1, 2 and 15, lengths, fragments and caps, in every stage of a login: what is malformed
//! or has no place is discarded with its reason, and the login then succeeds all the same.

use eap_rs::tls::TlsVersion;
use eap_rs::{Discard, Failure, MethodType, Received};
use eap_tests::script::request;

use crate::wire::{LENGTH_INCLUDED, MORE_FRAGMENTS, Role, START, Stage, Wire, type_data};
use crate::{Setup, VERSIONS};

const FLOOD: usize = 10_000;

/// Every place where a side waits for a packet.
const STAGES: [(Role, Stage); 10] = [
    (Role::Peer, Stage::Waiting(0)),
    (Role::Peer, Stage::Waiting(1)),
    (Role::Peer, Stage::Receiving),
    (Role::Peer, Stage::Sending),
    (Role::Peer, Stage::Waiting(2)),
    (Role::Server, Stage::Waiting(0)),
    (Role::Server, Stage::Sending),
    (Role::Server, Stage::Waiting(1)),
    (Role::Server, Stage::Receiving),
    (Role::Server, Stage::Waiting(2)),
];

const NOT_STARTED: (Role, Stage) = STAGES[0];
/// The server's last message is on its way: only its acknowledgement is missing.
const ALL_SENT: (Role, Stage) = STAGES[9];

/// One place in one version; both sides' flights are fragmented.
struct Place {
    setup: Setup,
    role: Role,
    stage: Stage,
}

impl Place {
    fn enter(&self) -> Wire {
        self.setup.wire().until(self.role, self.stage)
    }

    fn is(&self, place: (Role, Stage)) -> bool {
        (self.role, self.stage) == place
    }

    /// RFC 9190 §2.5: the server has granted access; nothing a peer says takes it back.
    fn has_granted(&self) -> bool {
        self.is(ALL_SENT) && self.setup.versions[0] == TlsVersion::V1_3
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {:?}", self.setup.versions[0], self.role, self.stage)
    }
}

fn at_every_stage(test: impl Fn(&Place)) {
    for version in VERSIONS {
        for (role, stage) in STAGES {
            let mut setup = Setup::new().version(version);
            setup.fragment_size = 400;
            test(&Place { setup, role, stage });
        }
    }
}

fn with_length(flags: u8, total: u32, data: &[u8]) -> Vec<u8> {
    [&[flags | LENGTH_INCLUDED][..], &total.to_be_bytes(), data].concat()
}

/// What these flags with so many octets of 0 behind them are at this stage; `None` if something
/// can be made of them.
fn short_body(place: &Place, flags: u8, len: usize) -> Option<Discard> {
    let has = |flag| flags & flag != 0;
    if has(LENGTH_INCLUDED) && len != 4 {
        return Some(Discard::TunnelLength);
    }
    let has_data = len > 0 && !has(LENGTH_INCLUDED);
    match (has(START), has(MORE_FRAGMENTS), has_data) {
        (true, true, _) | (true, false, true) | (false, true, false) => Some(Discard::TunnelFlags),
        (true, false, false) if place.is(NOT_STARTED) => None,
        (true, false, false) => Some(Discard::TunnelStart),
        // An acknowledgement.
        (false, false, false) => match place.stage {
            Stage::Sending => None,
            Stage::Identity | Stage::Receiving => Some(Discard::TunnelLength),
            Stage::Waiting(_) if place.is(NOT_STARTED) => Some(Discard::TunnelNotStarted),
            Stage::Waiting(_) if place.is(ALL_SENT) => None,
            Stage::Waiting(_) => Some(Discard::TunnelAckUnexpected),
        },
        (false, more, true) => match place.stage {
            Stage::Sending => Some(Discard::TunnelAckExpected),
            Stage::Receiving if more => None,
            // A first fragment without a length, a last one that comes too early.
            Stage::Identity | Stage::Receiving => Some(Discard::TunnelLength),
            Stage::Waiting(_) if more => Some(Discard::TunnelLength),
            Stage::Waiting(_) if place.is(NOT_STARTED) => Some(Discard::TunnelNotStarted),
            Stage::Waiting(_) if place.has_granted() => Some(Discard::TunnelAckExpected),
            Stage::Waiting(_) => None,
        },
    }
}

/// CVE-2026-25532 (ESP-IDF): an underflow where the payload behind the flags was missing.
#[test]
fn cve_2026_25532_every_flag_combination_with_a_short_body_at_every_stage() {
    at_every_stage(|place| {
        let mut wire = place.enter();
        let flags = (0..8).flat_map(|top| [top << 5, top << 5 | 0x1f]);
        for (flags, len) in flags.flat_map(|flags| (0..=6).map(move |len| (flags, len))) {
            let what = format!("{place} {flags:#04x} {len}");
            let packet = [&[flags][..], &vec![0; len]].concat();
            let fate = wire.inject(place.role, &packet);
            if let Some(reason) = short_body(place, flags, len) {
                assert_eq!(fate, Received::Discarded(reason), "{what}");
                continue;
            }
            assert_eq!(fate, Received::Accepted, "{what}");
            // What is due, if a forger sends it, is the only way to success.
            let is_due = len == 0 || flags & LENGTH_INCLUDED != 0;
            if !is_due {
                wire.fail(&what);
            }
            wire = place.enter();
        }
        wire.succeed(&place.to_string());
    });
}

/// The flags may be left out of an acknowledgement, and of nothing else.
#[test]
fn a_packet_without_flags_at_every_stage() {
    at_every_stage(|place| {
        let mut wire = place.enter();
        match short_body(place, 0, 0) {
            Some(reason) => assert_eq!(wire.inject(place.role, &[]), Received::Discarded(reason)),
            None => {
                assert_eq!(wire.inject(place.role, &[]), Received::Accepted);
                wire = place.enter();
            }
        }
        wire.succeed(&place.to_string());
    });
}

/// CVE-2012-4445 (hostapd): a TLS Message Length smaller than the data, with more to follow.
#[test]
fn cve_2012_4445_a_total_that_contradicts_its_packet_at_every_stage() {
    let data = [0x16; 300];
    let mut lies = vec![with_length(0, 300, &[])];
    for total in [0, 1, 4, 5, 127, 128, 255, 256, 299] {
        lies.extend([0, MORE_FRAGMENTS].map(|flags| with_length(flags, total, &data)));
    }
    // Sound by themselves: there is more than the packet says, or nothing more.
    let wrong_flag = [
        with_length(0, 301, &data),
        with_length(0, 65_536, &data),
        with_length(MORE_FRAGMENTS, 300, &data),
    ];
    at_every_stage(|place| {
        let what = place.to_string();
        let mut wire = place.enter();
        for packet in &lies {
            let fate = wire.inject(place.role, packet);
            assert_eq!(fate, Received::Discarded(Discard::TunnelLength), "{what}");
        }
        let reason = match place.stage {
            Stage::Sending => Discard::TunnelAckExpected,
            _ => Discard::TunnelLength,
        };
        for packet in &wrong_flag {
            assert_eq!(wire.inject(place.role, packet), Received::Discarded(reason), "{what}");
        }
        wire.succeed(&what);
    });
}

/// CVE-2018-11574 (pppd): an integer overflow in the reassembly.
#[test]
fn cve_2018_11574_a_total_above_the_cap_ends_the_login_where_a_message_may_begin() {
    let reason = "the other side's message is too long";
    let too_long = Failure::MethodFailed { method: MethodType::TLS, reason };
    let totals = [65_537, 0x00ff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, u32::MAX];
    at_every_stage(|place| {
        for total in totals {
            let what = format!("{place} {total}");
            let mut wire = place.enter();
            let fate = wire.inject(place.role, &with_length(MORE_FRAGMENTS, total, &[0x16; 200]));
            let expected = match place.stage {
                Stage::Sending => Received::Discarded(Discard::TunnelAckExpected),
                Stage::Receiving => Received::Discarded(Discard::TunnelLength),
                _ if place.has_granted() => Received::Discarded(Discard::TunnelAckExpected),
                _ => Received::Accepted,
            };
            assert_eq!(fate, expected, "{what}");
            if fate != Received::Accepted {
                wire.succeed(&what);
                continue;
            }
            assert_eq!(wire.failure(place.role), &too_long, "{what}");
            wire.fail(&what);
        }
    });
}

#[test]
fn a_total_that_changes_from_fragment_to_fragment_is_discarded() {
    at_every_stage(|place| {
        if place.stage != Stage::Receiving {
            return;
        }
        let mut wire = place.enter();
        let total = total_received(&wire, place.role);
        for other in [0, 1, total - 1, total + 1, 65_536, 65_537, u32::MAX] {
            for flags in [0, MORE_FRAGMENTS] {
                let fate = wire.inject(place.role, &with_length(flags, other, &[0x16; 3]));
                assert_eq!(fate, Received::Discarded(Discard::TunnelLength), "{other}");
            }
        }
        wire.succeed("the total as it was");
    });
}

/// A message ends where its total says, not before and not behind.
#[test]
fn fragments_beyond_the_total_or_short_of_it_are_discarded() {
    at_every_stage(|place| {
        if place.stage != Stage::Receiving {
            return;
        }
        let mut wire = place.enter();
        let total = usize::try_from(total_received(&wire, place.role)).unwrap();
        let shapes =
            [(0, 1), (0, total), (0, 60_000), (MORE_FRAGMENTS, total), (MORE_FRAGMENTS, 60_000)];
        for (flags, len) in shapes {
            let packet = [&[flags][..], &vec![0x16; len]].concat();
            let fate = wire.inject(place.role, &packet);
            assert_eq!(fate, Received::Discarded(Discard::TunnelLength), "{flags:#04x} {len}");
        }
        wire.succeed("the fragments as they are");
    });
}

/// CVE-2019-11555 (hostap): a fragment where none was expected.
#[test]
fn cve_2019_11555_what_came_last_comes_again_at_every_stage() {
    at_every_stage(|place| {
        let what = place.to_string();
        let mut wire = place.enter();
        let Some(last) =
            wire.received(place.role).last().and_then(|p| type_data(p)).map(<[u8]>::to_vec)
        else {
            return;
        };
        let fate = wire.inject(place.role, &last);
        let reason = match (place.role, place.stage) {
            (Role::Peer, Stage::Waiting(1)) => Discard::TunnelStart,
            _ if place.has_granted() => Discard::TunnelAckExpected,
            (_, Stage::Waiting(1)) | (Role::Peer, Stage::Waiting(_)) => {
                Discard::TunnelAckUnexpected
            }
            (_, Stage::Sending) => Discard::TunnelAckExpected,
            // Twice the first fragment may be more than the message.
            (_, Stage::Receiving) if fate != Received::Accepted => Discard::TunnelLength,
            // The message is spoilt, or TLS has no use for its last part.
            _ => {
                assert_eq!(fate, Received::Accepted, "{what}");
                return wire.fail(&what);
            }
        };
        assert_eq!(fate, Received::Discarded(reason), "{what}");
        wire.succeed(&what);
    });
}

#[test]
fn a_whole_message_again_changes_nothing_for_the_better() {
    for version in VERSIONS {
        for (role, sent) in [(Role::Peer, 2), (Role::Server, 1), (Role::Server, 2)] {
            let what = format!("{version} {role:?} {sent}");
            let mut wire = Setup::new().version(version).wire().until(role, Stage::Waiting(sent));
            let again = type_data(wire.received(role).last().unwrap()).unwrap().to_vec();
            assert!(again.len() > 100, "a flight");
            // RFC 9190 §2.5: the server has granted access.
            if (version, role, sent) == (TlsVersion::V1_3, Role::Server, 2) {
                let fate = wire.inject(role, &again);
                assert_eq!(fate, Received::Discarded(Discard::TunnelAckExpected));
                wire.succeed(&what);
            } else {
                assert_eq!(wire.inject(role, &again), Received::Accepted, "{what}");
                wire.fail(&what);
            }
        }
    }
}

#[test]
fn a_start_in_the_middle_is_discarded_at_every_stage_but_the_first() {
    at_every_stage(|place| {
        if place.is(NOT_STARTED) {
            return;
        }
        let mut wire = place.enter();
        for start in [vec![START], vec![START | 1], with_length(START, 0, &[])] {
            let fate = wire.inject(place.role, &start);
            assert_eq!(fate, Received::Discarded(Discard::TunnelStart), "{place}");
        }
        wire.succeed(&place.to_string());
    });
}

#[test]
fn ten_thousand_empty_fragments_change_nothing() {
    let empty: [&[u8]; 3] = [
        &[MORE_FRAGMENTS],
        &[MORE_FRAGMENTS | LENGTH_INCLUDED, 0, 0, 0, 0],
        &[START | MORE_FRAGMENTS],
    ];
    at_every_stage(|place| {
        let mut wire = place.enter();
        let flood = if place.stage == Stage::Receiving { FLOOD } else { 300 };
        for packet in empty.iter().cycle().take(flood) {
            let fate = wire.inject(place.role, packet);
            assert_eq!(fate, Received::Discarded(Discard::TunnelFlags), "{place}");
        }
        wire.succeed(&place.to_string());
    });
}

/// Fragments that are sound, and never come to an end.
#[test]
fn fragments_of_one_octet_end_with_the_rounds() {
    for version in VERSIONS {
        let setup = Setup::new().version(version);
        for role in [Role::Peer, Role::Server] {
            let mut wire =
                setup.wire().until(role, Stage::Waiting(usize::from(role == Role::Peer)));
            let mut taken = 0;
            let mut identifier = wire.server.last_identifier();
            for n in 0..FLOOD {
                let data = match n {
                    0 => with_length(MORE_FRAGMENTS, 65_536, &[0x16]),
                    _ => vec![MORE_FRAGMENTS, 0x16],
                };
                let fate = match role {
                    Role::Peer => wire.peer.feed(&request(identifier, MethodType::TLS, &data)),
                    Role::Server => wire.inject(role, &data),
                };
                identifier = identifier.wrapping_add(1);
                match fate {
                    Received::Accepted => taken += 1,
                    fate => assert!(matches!(fate, Received::Discarded(_)), "{fate:?}"),
                }
            }
            assert!(taken <= 100, "{taken}");
            assert_eq!(wire.failure(role), &Failure::TooManyRounds { limit: 100 });
        }
    }
}

/// The total of the message under way, from its first fragment.
fn total_received(wire: &Wire, role: Role) -> u32 {
    let first = wire.received(role).iter().rev().filter_map(|packet| type_data(packet));
    let first = first.map_while(|data| (data[0] & MORE_FRAGMENTS != 0).then_some(data)).last();
    u32::from_be_bytes(first.unwrap()[1..5].try_into().unwrap())
}
