//! Which frames are taken, and what is sent.

use super::*;

#[test]
fn frames_of_other_protocols_and_for_others_are_dropped() {
    let (mut port, id) = asking_for_identity(&config());
    let answer = response(id, IDENTITY, b"user");
    let to = |destination, source| {
        write_frame(destination, source, EapolVersion::V2, PduType::EapPacket, &answer)
    };
    let mut ipv4 = start(PHONE);
    ipv4[12..14].copy_from_slice(&[8, 0]);
    let mut key = start(PHONE);
    key[15] = 3;
    let mut long = start(PHONE);
    long[17] = 200;
    let cases = [
        (to(PC, PHONE), Discard::NotForUs),
        (to(MacAddress([0xff; 6]), PHONE), Discard::NotForUs),
        (to(GROUP_ADDRESS, SWITCH), Discard::OwnFrame),
        (to(GROUP_ADDRESS, MacAddress([1, 0, 0, 0, 0, 1])), Discard::NotAStation),
        (to(GROUP_ADDRESS, MacAddress([0; 6])), Discard::NotAStation),
        (ipv4, Discard::NotEapol),
        (key, Discard::EapolType(3)),
        (long, Discard::EapolLength),
        (vec![0; 11], Discard::FrameTruncated),
        (Vec::new(), Discard::FrameTruncated),
    ];
    for (frame, reason) in cases {
        assert_eq!(port.drop_of(&frame), Received::Discarded(reason), "{frame:02x?}");
    }
    assert_eq!(port.session.station(), None);
    // To our own address they may come as well, with an end that is padding.
    let mut frame = to(SWITCH, PHONE);
    frame.extend([0; 30]);
    assert_eq!(port.accept(&frame).len(), 2);
}

#[test]
fn a_packet_that_eap_drops_binds_nobody() {
    let (mut port, id) = asking_for_identity(&config());
    let wrong = response(id.wrapping_add(1), IDENTITY, b"user");
    let fate = Received::Discarded(Discard::WrongIdentifier);
    assert_eq!(port.drop_of(&eap(PC, &wrong)), fate);
    let request = request(id, IDENTITY, b"");
    let fate = port.drop_of(&eap(PC, &request));
    assert!(matches!(fate, Received::Discarded(Discard::UnexpectedCode(_))));
    assert_eq!(port.session.station(), None);
    identify(&mut port, id);
    assert_eq!(port.session.station(), Some(PHONE));
}

#[test]
fn another_station_can_neither_end_nor_take_over_what_it_has_no_part_in() {
    let other = Received::Discarded(Discard::OtherStation);
    let (mut port, _) = asking_for_identity(&config());
    let id = identity_request(&port.accept(&start(PHONE)));
    for frame in [start(PC), logoff(PC), eap(PC, &response(id, IDENTITY, b"pc"))] {
        assert_eq!(port.drop_of(&frame), other);
    }
    let mut port = authenticated(&config());
    for frame in [start(PC), logoff(PC), eap(PC, &response(id, IDENTITY, b"pc"))] {
        assert_eq!(port.drop_of(&frame), other);
    }
    // Also while the station logs in again.
    let outputs = port.accept(&start(PHONE));
    let id = identity_request(&outputs);
    assert_eq!(port.drop_of(&eap(PC, &response(id, IDENTITY, b"pc"))), other);
    assert_eq!(port.session.port(), Authorized);
}

#[test]
fn a_proxy_logoff_has_the_stations_address() {
    let mut port = authenticated(&config());
    let frame = crate::lower::eapol::logoff_frame(PHONE, EapolVersion::V1);
    assert_eq!(port.accept(&frame)[0], closed());
}

#[test]
fn a_logoff_of_nobody_is_dropped() {
    let (mut port, _) = asking_for_identity(&config());
    let fate = Received::Discarded(Discard::NoConversation);
    assert_eq!(port.drop_of(&logoff(PHONE)), fate);
}

#[test]
fn a_repeated_response_is_a_duplicate() {
    let (mut port, id) = asking_for_identity(&config());
    identify(&mut port, id);
    let again = eap(PHONE, &response(id, IDENTITY, b"user"));
    assert_eq!(port.receive(&again), (Received::Duplicate, vec![]));
}

#[test]
fn an_authenticated_port_has_no_use_for_a_response() {
    let mut port = authenticated(&config());
    let fate = port.drop_of(&eap(PHONE, &response(1, IDENTITY, b"user")));
    assert_eq!(fate, Received::Discarded(Discard::NoConversation));
}

#[test]
fn requests_go_to_the_group_or_to_the_station_once_it_has_spoken() {
    let destinations = |destination| {
        let config = config().destination(destination).version(EapolVersion::V3);
        let mut port = port_with(&config, &eap_config());
        let before = port.signal(Signal::PortUp);
        let behind = port.accept(&start(PHONE));
        [before, behind].map(|outputs| {
            let frame = outputs.iter().find_map(|output| match output {
                Seen::Send(frame) => Some(frame),
                _ => None,
            });
            let frame = EthernetFrame::parse(frame.unwrap()).unwrap();
            assert_eq!((frame.source, frame.pdu.version), (SWITCH, 3));
            frame.destination
        })
    };
    assert_eq!(destinations(Destination::Group), [GROUP_ADDRESS; 2]);
    assert_eq!(destinations(Destination::AsSeen), [GROUP_ADDRESS, PHONE]);
}

#[test]
fn a_host_that_does_not_drain_is_not_flooded() {
    let mut port = port_with(&config(), &eap_config());
    let now = port.time();
    port.session.handle_signal(Signal::PortUp, now);
    let fates: Vec<_> = (0..100).map(|_| port.session.handle_packet(&start(PHONE), now)).collect();
    assert_eq!(fates.last(), Some(&Received::Discarded(Discard::Backlog)));
    assert!(port.drain().len() < 32);
}
