use super::*;

/// The attributes as they would be in a packet.
fn packet(attributes: &[(AttributeType, &[u8])]) -> Vec<u8> {
    let builder =
        attributes.iter().fold(request(), |builder, (kind, value)| builder.attribute(*kind, value));
    built(builder)
}

fn read(attributes: &[(AttributeType, &[u8])]) -> Result<Option<Vlan>, UnusableVlan> {
    RadiusPacket::parse(&packet(attributes)).unwrap().attributes().vlan()
}

fn vlan(attributes: &[(AttributeType, &[u8])]) -> Option<Vlan> {
    read(attributes).unwrap()
}

/// The peer must not get another VLAN than the one that cannot be read.
#[track_caller]
fn assert_unusable(attributes: &[(AttributeType, &[u8])]) {
    assert_eq!(read(attributes), Err(UnusableVlan::NoSuchVlan));
}

/// RFC 2868 §3.1: as if there had been an Access-Reject.
#[track_caller]
fn assert_other_tunnel(attributes: &[(AttributeType, &[u8])]) {
    assert_eq!(read(attributes), Err(UnusableVlan::OtherTunnel));
}

const TYPE: AttributeType = AttributeType::TUNNEL_TYPE;
const MEDIUM: AttributeType = AttributeType::TUNNEL_MEDIUM_TYPE;
const GROUP: AttributeType = AttributeType::TUNNEL_PRIVATE_GROUP_ID;

#[test]
fn rfc_3580_section_3_31_a_vlan_is_three_attributes() {
    let found = vlan(&[(TYPE, &[0, 0, 0, 13]), (MEDIUM, &[0, 0, 0, 6]), (GROUP, b"\x0042")]);
    assert_eq!(found, Some(Vlan::Id(42)));
    // In any order, and without a tag where that is no character.
    let found = vlan(&[(GROUP, b"42"), (MEDIUM, &[0, 0, 0, 6]), (TYPE, &[0, 0, 0, 13])]);
    assert_eq!(found, Some(Vlan::Id(42)));
    let found = vlan(&[(GROUP, b"guests"), (MEDIUM, &[0, 0, 0, 6]), (TYPE, &[0, 0, 0, 13])]);
    assert_eq!(found, Some(Vlan::Name("guests".into())));
}

#[test]
fn a_tunnel_of_another_kind_is_no_vlan() {
    // L2TP; IPv4; no medium; a type that cannot be read.
    assert_other_tunnel(&[(TYPE, &[0, 0, 0, 3]), (MEDIUM, &[0, 0, 0, 6]), (GROUP, b"42")]);
    assert_other_tunnel(&[(TYPE, &[0, 0, 0, 13]), (MEDIUM, &[0, 0, 0, 1]), (GROUP, b"42")]);
    assert_other_tunnel(&[(TYPE, &[0, 0, 0, 13]), (GROUP, b"42")]);
    assert_other_tunnel(&[(TYPE, &[13]), (MEDIUM, &[0, 0, 0, 6]), (GROUP, b"42")]);
    // No tunnel at all.
    assert_eq!(vlan(&[(MEDIUM, &[0, 0, 0, 6]), (GROUP, b"42")]), None);
    assert_eq!(vlan(&[]), None);
}

#[test]
fn a_vlan_that_is_none_is_an_error() {
    assert_unusable(&[(TYPE, &[0, 0, 0, 13]), (MEDIUM, &[0, 0, 0, 6])]);
    for group in [&b""[..], b"\0", b"0", b"\x004095", b"\xff\xfe", b"\x01another tunnel's"] {
        assert_unusable(&[(TYPE, &[0, 0, 0, 13]), (MEDIUM, &[0, 0, 0, 6]), (GROUP, group)]);
    }
}

/// RFC 2868 §3.1.
#[test]
fn attributes_belong_to_the_tunnel_with_their_tag() {
    let two = [
        (TYPE, &[1, 0, 0, 3][..]),
        (MEDIUM, &[1, 0, 0, 1]),
        (GROUP, b"\x01first"),
        (TYPE, &[2, 0, 0, 13]),
        (MEDIUM, &[2, 0, 0, 6]),
        (GROUP, b"\x0217"),
    ];
    assert_eq!(vlan(&two), Some(Vlan::Id(17)));
    // The Type of one, the medium of another.
    assert_other_tunnel(&[two[2], two[3], two[1]]);
    assert_other_tunnel(&[(TYPE, &[1, 0, 0, 13]), (MEDIUM, &[2, 0, 0, 6]), (GROUP, b"\x0117")]);
}

#[test]
fn a_vlan_is_1_to_4094_or_a_name() {
    let cases = [
        ("1", Some(Vlan::Id(1))),
        ("4094", Some(Vlan::Id(4094))),
        ("0042", Some(Vlan::Id(42))),
        ("0", None),
        ("4095", None),
        ("99999999999999999999", None),
        ("", None),
        ("-1", Some(Vlan::Name("-1".into()))),
        ("VLAN 7", Some(Vlan::Name("VLAN 7".into()))),
    ];
    for (text, expected) in cases {
        assert_eq!(Vlan::parse(text), expected, "{text}");
        let group = [b"\0", text.as_bytes()].concat();
        let found = read(&[(TYPE, &[0, 0, 0, 13]), (MEDIUM, &[0, 0, 0, 6]), (GROUP, &group)]);
        assert_eq!(found.ok().flatten(), expected, "{text}");
    }
    assert_eq!(Vlan::parse(&"x".repeat(253)), None);
    assert_eq!(Vlan::Name("a\x1b[2Jb".into()).to_string(), "a\\u{1b}[2Jb");
}

#[test]
fn what_is_written_is_read() {
    for vlan in [Vlan::Id(1), Vlan::Id(4094), Vlan::Name("voice".into())] {
        let octets = built(request().vlan(&vlan));
        assert_eq!(RadiusPacket::parse(&octets).unwrap().attributes().vlan(), Ok(Some(vlan)));
    }
}

/// An attribute of a number has four octets, and no other length.
#[test]
fn every_length_of_a_number() {
    for len in 0..=253 {
        let value = vec![1; len];
        let octets = packet(&[
            (AttributeType::SESSION_TIMEOUT, &value),
            (AttributeType::TERMINATION_ACTION, &value),
        ]);
        let attributes = RadiusPacket::parse(&octets).unwrap().attributes();
        let expected = (len == 4).then_some(0x0101_0101);
        assert_eq!(attributes.clone().session_timeout(), expected);
        assert_eq!(attributes.termination_action(), TerminationAction::Default);
        for kind in [TYPE, MEDIUM] {
            let other = if kind == TYPE { MEDIUM } else { TYPE };
            let right = if other == TYPE { [0, 0, 0, 13] } else { [0, 0, 0, 6] };
            assert_other_tunnel(&[(kind, &value), (other, &right), (GROUP, b"42")]);
        }
    }
}

#[test]
fn rfc_3580_section_3_19_termination_action() {
    for (octets, expected) in [
        ([0, 0, 0, 0], TerminationAction::Default),
        ([0, 0, 0, 1], TerminationAction::RadiusRequest),
        ([0, 0, 0, 2], TerminationAction::Default),
    ] {
        let octets = packet(&[(AttributeType::TERMINATION_ACTION, &octets)]);
        let attributes = RadiusPacket::parse(&octets).unwrap().attributes();
        assert_eq!(attributes.termination_action(), expected);
    }
}

#[test]
fn eap_key_name_is_asked_for_and_told() {
    for question in [&b""[..], b"\0"] {
        let octets = packet(&[(AttributeType::EAP_KEY_NAME, question)]);
        let packet = RadiusPacket::parse(&octets).unwrap();
        assert!(packet.asks_eap_key_name());
        assert_eq!(packet.attributes().eap_key_name(), None);
    }
    let octets = packet(&[(AttributeType::EAP_KEY_NAME, b"\x0dsession")]);
    let packet = RadiusPacket::parse(&octets).unwrap();
    assert!(!packet.asks_eap_key_name());
    assert_eq!(packet.attributes().eap_key_name(), Some(&b"\x0dsession"[..]));
}
