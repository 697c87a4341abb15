//! Family 1, lengths: every prefix and every lie of a length field, in every state of both
//! machines. [`Watched`](eap_tests::watch::Watched) checks after each that what was discarded
//! changed nothing, and that what was not stayed within bounds.

use eap_rs::packet::{HEADER_LEN, TypeForm};
use eap_rs::{Answer, Code, Discard, MethodType, Received, Secret};
use eap_tests::script::{self, Scripted, failure, packet, request, response, success};
use eap_tests::session::Session;
use eap_tests::talk::FACTS as TALK;

use crate::authenticator_states::{self, RESPONSE, proposed};
use crate::peer_states::{self, FIRST, MD5_CHALLENGE, SECOND, identified};

/// One packet of every kind, with this Identifier.
fn packets(identifier: u8) -> Vec<Vec<u8>> {
    let mut packets = vec![success(identifier), failure(identifier)];
    let bodies: [(MethodType, &[u8]); 10] = [
        (MethodType::IDENTITY, b"alice\0networkid=lab"),
        (MethodType::NOTIFICATION, b"hello"),
        (MethodType::NAK, &[4, 6, 254]),
        (MethodType::MD5, MD5_CHALLENGE),
        (MethodType::MD5, RESPONSE),
        (MethodType::OTP, b"otp-md5 1 dog2"),
        (MethodType::GTC, b"Token: "),
        (MethodType::ietf(13), &[0xc0, 0, 0, 0, 9, 1]),
        (MethodType::vendor(9, 1), b"vendor's data"),
        (TALK.method, b"?"),
    ];
    for (method, data) in bodies {
        for code in [Code::Request, Code::Response] {
            packets.push(packet(code, identifier, method, TypeForm::Legacy, data));
            packets.push(packet(code, identifier, method, TypeForm::Expanded, data));
        }
    }
    let types = [MethodType::NAK.expanded(), MethodType::MD5.expanded(), TALK.method.expanded()];
    let (_, alternatives) = types.split_first().unwrap();
    let expanded_nak = alternatives.concat();
    packets.push(packet(
        Code::Response,
        identifier,
        MethodType::NAK,
        TypeForm::Expanded,
        &expanded_nak,
    ));
    packets
}

fn with_length(packet: &[u8], length: usize) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[2..4].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
    packet
}

/// Feeds `packets` to the state, which is entered anew after each that had an effect.
fn feed_all<S: Session>(
    enter: impl Fn() -> Scripted<S>,
    packets: impl IntoIterator<Item = Vec<u8>>,
    check: impl Fn(&[u8], Received),
) {
    let mut session = enter();
    for packet in packets {
        let fate = session.feed(&packet);
        check(&packet, fate);
        if !matches!(fate, Received::Discarded(_)) {
            session = enter();
        }
    }
}

/// In every state of both machines.
fn in_every_state(packets: impl Fn(u8) -> Vec<Vec<u8>>, check: impl Fn(&[u8], Received)) {
    for state in peer_states::STATES {
        for identifier in [FIRST, SECOND, 9] {
            feed_all(state.enter, packets(identifier), &check);
        }
    }
    for state in authenticator_states::STATES {
        let session = (state.enter)();
        let identifier = match session.session.last_sent() {
            [] => 0,
            _ => session.last_identifier(),
        };
        feed_all(state.enter, packets(identifier), &check);
    }
}

#[test]
fn every_prefix_of_every_packet_is_discarded_in_every_state() {
    let prefixes = |identifier| {
        let packets = packets(identifier).into_iter();
        packets
            .flat_map(|packet| (0..packet.len()).map(move |len| packet[..len].to_vec()))
            .collect()
    };
    in_every_state(prefixes, |packet, fate| {
        let reason = match packet.len() {
            ..HEADER_LEN => Discard::Truncated,
            _ => Discard::LengthExceedsPacket,
        };
        assert_eq!(fate, Received::Discarded(reason), "{packet:02x?}");
    });
}

/// A shorter packet that says so: it may be valid, and then is processed within bounds.
#[test]
fn every_packet_may_be_cut_at_every_octet_in_every_state() {
    let cut = |identifier| {
        let packets = packets(identifier).into_iter();
        let lengths = |packet: Vec<u8>| {
            (HEADER_LEN..packet.len()).map(move |len| with_length(&packet[..len], len))
        };
        packets.flat_map(lengths).collect()
    };
    in_every_state(cut, |packet, fate| {
        if packet.len() == HEADER_LEN && packet[0] <= 2 {
            assert_eq!(fate, Received::Discarded(Discard::MissingType));
        }
    });
}

#[test]
fn every_lie_of_the_length_field_is_seen_through_in_every_state() {
    let lies = |identifier| {
        let packets = packets(identifier).into_iter();
        let lengths = |packet: Vec<u8>| {
            let near = 0..packet.len() + 20;
            let far = [0x100, 0x7fff, 0x8000, 0xff00, 0xffff];
            near.chain(far).map(move |length| with_length(&packet, length))
        };
        packets.flat_map(lengths).collect()
    };
    in_every_state(lies, |packet, fate| {
        let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
        if length < HEADER_LEN {
            assert_eq!(fate, Received::Discarded(Discard::LengthTooShort));
        } else if length > packet.len() {
            assert_eq!(fate, Received::Discarded(Discard::LengthExceedsPacket));
        }
    });
}

#[test]
fn all_values_of_the_length_field_against_one_state_of_each_machine() {
    let lies = |packet: Vec<u8>| {
        let lengths = (0..=0xffff).filter(|length| !(4..=24).contains(length));
        lengths.map(move |length| with_length(&packet, length))
    };
    let check =
        |packet: &[u8], fate| assert!(matches!(fate, Received::Discarded(_)), "{packet:02x?}");
    feed_all(identified, lies(request(SECOND, MethodType::MD5, &[1; 17])), check);
    let enter = || proposed(MethodType::MD5);
    let id = enter().last_identifier();
    feed_all(enter, lies(response(id, MethodType::MD5, RESPONSE)), check);
}

/// RFC 1994 §4.1: the Value-Size counts one octet or more, and no more than there are.
#[test]
fn every_lie_of_the_md5_value_size_is_seen_through_by_the_peer() {
    for size in 0..=255_u8 {
        for present in [0, 1, 15, 16, 17, 254, 255, 300] {
            let mut data = vec![size];
            data.extend(std::iter::repeat_n(0xa5, present));
            let mut peer = identified();
            let fate = peer.feed(&request(SECOND, MethodType::MD5, &data));
            if size == 0 || usize::from(size) > present {
                assert_eq!(fate, Received::Discarded(Discard::MalformedMd5Value));
                // It has not spoilt the conversation: the real challenge is answered.
                let fate = peer.feed(&request(SECOND, MethodType::MD5, MD5_CHALLENGE));
                assert_eq!(fate, Received::Accepted);
            } else {
                assert_eq!(fate, Received::Accepted);
            }
            peer.answer(Answer::Secret(Secret::from("wonderland"))).unwrap();
            assert_eq!(peer.sent.last().unwrap()[..6], [2, SECOND, 0, 27, 4, 16]);
        }
    }
}

#[test]
fn every_lie_of_the_md5_value_size_is_seen_through_by_the_authenticator() {
    for size in 0..=255_u8 {
        for present in [0, 1, 15, 16, 17, 254, 255, 300] {
            let mut data = vec![size];
            data.extend(std::iter::repeat_n(0xa5, present));
            let mut server = proposed(MethodType::MD5);
            let fate = server.respond(MethodType::MD5, &data);
            // RFC 3748 §5.4: MD5 has sixteen octets; what follows is the name.
            match size == 16 && present >= 16 {
                true => assert_eq!(fate, Received::Accepted),
                false => {
                    assert_eq!(fate, Received::Discarded(Discard::MalformedMd5Value));
                    assert_eq!(server.respond(MethodType::MD5, RESPONSE), Received::Accepted);
                }
            }
        }
    }
}

/// CVE-2020-8597 (pppd, lwIP): a wrong bounds test on the name behind the MD5 value.
#[test]
fn cve_2020_8597_a_name_of_any_length_is_only_a_name() {
    const FULL: usize = 0xffff - HEADER_LEN - 1 - 17;
    let expected = peer_response(&[]);
    let lengths = (0..=1_100).chain((11..16).flat_map(|bits| (1 << bits) - 30..=(1 << bits) + 2));
    for len in lengths.chain(FULL - 3..=FULL) {
        let name = vec![b'A'; len];
        assert_eq!(peer_response(&name), expected, "{len}");
        let mut data = RESPONSE.to_vec();
        data.extend(&name);
        assert_eq!(proposed(MethodType::MD5).respond(MethodType::MD5, &data), Received::Accepted);
    }
}

fn peer_response(name: &[u8]) -> Vec<u8> {
    let config = peer_states::config().identity("alice").password("wonderland");
    let mut peer = script::peer(&config);
    let data = [&[16; 17], name].concat();
    assert_eq!(peer.feed(&request(SECOND, MethodType::MD5, &data)), Received::Accepted);
    peer.sent.pop().unwrap()
}

/// CVE-2020-8597, second half: pppd ran its EAP parser although EAP had not been negotiated.
#[test]
fn cve_2020_8597_eap_on_a_disabled_port_is_ignored() {
    for state in &peer_states::STATES[1..2] {
        let packets = (0..=255).flat_map(packets);
        feed_all(state.enter, packets, |packet, fate| {
            let disabled = Received::Discarded(Discard::PortDisabled);
            // A Nak in a Request is no packet at all.
            let nak = Received::Discarded(Discard::NakInRequest);
            assert!(fate == disabled || fate == nak, "{packet:02x?} {fate:?}");
        });
    }
    for state in &authenticator_states::STATES[..2] {
        feed_all(state.enter, (0..=255).flat_map(packets), |packet, fate| {
            assert!(matches!(fate, Received::Discarded(_)), "{packet:02x?}");
        });
    }
}
