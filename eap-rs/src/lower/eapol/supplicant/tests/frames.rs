//! Which frames are taken, and where ours go.

use super::*;
use crate::testing::success;
use Received::{Accepted, Discarded};

const PC: MacAddress = MacAddress([2, 0, 0, 0, 0, 9]);

fn identity_request(id: u8) -> Vec<u8> {
    request(id, IDENTITY, b"")
}

fn from_to(source: MacAddress, destination: MacAddress, packet: &[u8]) -> Vec<u8> {
    write_frame(destination, source, EapolVersion::V2, PduType::EapPacket, packet)
}

/// The destination of the only frame among these outputs.
fn destination(outputs: &[Seen]) -> MacAddress {
    let mut frames = outputs.iter().filter_map(|seen| match seen {
        Seen::Send(frame) => Some(EthernetFrame::parse(frame).unwrap().destination),
        _ => None,
    });
    let only = frames.next().unwrap();
    assert_eq!(frames.next(), None);
    only
}

#[test]
fn frames_go_to_the_group_address_even_if_we_are_addressed_by_ours() {
    let mut host = connecting();
    let outputs = host.accept(&from_to(SWITCH, PHONE, &identity_request(1)));
    assert_eq!(destination(&outputs), GROUP_ADDRESS);
    assert_eq!(destination(&host.signal(Signal::Logoff)), GROUP_ADDRESS);
}

#[test]
fn frames_go_to_the_authenticator_as_seen_once_it_has_used_our_address() {
    let mut host = host_with(&config().destination(Destination::AsSeen));
    assert_eq!(destination(&host.signal(Signal::PortUp)), GROUP_ADDRESS);
    let outputs = host.accept(&from_to(SWITCH, GROUP_ADDRESS, &identity_request(1)));
    assert_eq!(destination(&outputs), GROUP_ADDRESS);
    let outputs = host.accept(&from_to(SWITCH, PHONE, &identity_request(2)));
    assert_eq!(destination(&outputs), SWITCH);
    assert_eq!(destination(&host.signal(Signal::Logoff)), SWITCH);
    assert_eq!(destination(&host.signal(Signal::Logon)), SWITCH);
    // Behind another link there is another authenticator.
    host.signal(Signal::PortDown);
    assert_eq!(destination(&host.signal(Signal::PortUp)), GROUP_ADDRESS);
}

#[test]
fn the_version_written_is_the_configured_one() {
    for version in [EapolVersion::V1, EapolVersion::V2, EapolVersion::V3] {
        let mut host = host_with(&config().version(version));
        let outputs = host.signal(Signal::PortUp);
        let Some(Seen::Send(start)) = outputs.last() else { panic!("{outputs:?}") };
        assert_eq!(*start, write_frame(GROUP_ADDRESS, PHONE, version, PduType::Start, &[]));
        let outputs = host.accept(&frame(&identity_request(1)));
        let Some(Seen::Send(sent)) = outputs.last() else { panic!("{outputs:?}") };
        assert_eq!(EthernetFrame::parse(sent).unwrap().pdu.version, version as u8);
    }
}

#[test]
fn every_version_but_0_is_read() {
    for version in 1..=255 {
        let mut packet = frame(&identity_request(1));
        packet[14] = version;
        assert_eq!(connecting().receive(&packet).0, Accepted, "{version}");
    }
    let mut packet = frame(&identity_request(1));
    packet[14] = 0;
    assert_eq!(connecting().drop_of(&packet), Discarded(Discard::EapolVersion));
}

#[test]
fn padding_and_a_priority_tag_are_tolerated() {
    let mut packet = frame(&identity_request(1));
    packet.splice(12..12, [0x81, 0x00, 0xe0, 0x00]);
    packet.extend([0; 40]);
    assert_eq!(connecting().receive(&packet).0, Accepted);
}

#[test]
fn frames_that_are_not_for_us_are_discarded() {
    let eapol = |pdu_type| write_frame(GROUP_ADDRESS, SWITCH, EapolVersion::V1, pdu_type, &[]);
    let mut key = frame(&identity_request(1));
    key[15] = 3;
    let mut ipv4 = frame(&identity_request(1));
    ipv4[12..14].copy_from_slice(&[0x08, 0x00]);
    let cases = [
        (from_to(PHONE, GROUP_ADDRESS, &identity_request(1)), Discard::OwnFrame),
        (from_to(PHONE, PHONE, &identity_request(1)), Discard::OwnFrame),
        (from_to(SWITCH, PC, &identity_request(1)), Discard::NotForUs),
        (from_to(SWITCH, MacAddress([0xff; 6]), &identity_request(1)), Discard::NotForUs),
        // What other supplicants on a shared link send.
        (eapol(PduType::Start), Discard::EapolType(1)),
        (eapol(PduType::Logoff), Discard::EapolType(2)),
        (key, Discard::EapolType(3)),
        (frame(&response(1, IDENTITY, b"eve")), Discard::UnexpectedCode(Code::Response)),
        (ipv4, Discard::NotEapol),
        (frame(&identity_request(1))[..20].to_vec(), Discard::EapolLength),
        (frame(&[1, 1, 0]), Discard::Truncated),
        (Vec::new(), Discard::FrameTruncated),
    ];
    for (frame, reason) in cases {
        for mut host in [connecting(), authenticating(), held(), authenticated()] {
            let before = host.session.state();
            host.sleep(10);
            assert_eq!(host.drop_of(&frame), Discarded(reason), "{frame:02x?}");
            assert_eq!(host.session.state(), before);
        }
    }
}

#[test]
fn frames_that_are_not_for_us_do_not_change_where_ours_go() {
    let mut host = host_with(&config().destination(Destination::AsSeen));
    host.signal(Signal::PortUp);
    for useless in [
        from_to(SWITCH, PC, &identity_request(1)),
        from_to(PC, PHONE, &response(1, IDENTITY, b"eve")),
    ] {
        assert!(matches!(host.drop_of(&useless), Discarded(_)));
    }
    assert_eq!(destination(&host.signal(Signal::Restart)), GROUP_ADDRESS);
}

#[test]
fn a_packet_that_the_peer_drops_does_not_change_where_ours_go() {
    let mut host = host_with(&config().destination(Destination::AsSeen));
    host.signal(Signal::PortUp);
    host.accept(&from_to(SWITCH, PHONE, &identity_request(1)));
    for dropped in [success(9), request(2, MD5, &[0])] {
        assert!(matches!(host.drop_of(&from_to(PC, PHONE, &dropped)), Discarded(_)));
    }
    let outputs = host.accept(&from_to(SWITCH, GROUP_ADDRESS, &identity_request(2)));
    assert_eq!(destination(&outputs), SWITCH);
}

#[test]
fn a_host_that_does_not_drain_is_fed_no_more() {
    let mut host = authenticated();
    let now = host.time();
    for _ in 0..16 {
        host.session.handle_signal(Signal::Restart, now);
    }
    let fate = host.session.handle_packet(&frame(&success(1)), now);
    assert_eq!(fate, Discarded(Discard::Backlog));
    // One change of state, and a Start for each restart.
    assert_eq!(host.drain().len(), 17);
    assert_eq!(host.receive(&frame(&identity_request(1))).0, Accepted);
}
