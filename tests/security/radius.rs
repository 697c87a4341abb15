//! RADIUS: Message-Authenticator, and lengths that lie.

use core::time::Duration;
use std::sync::Arc;

use eap_rs::radius::{
    AccessRequest, AttributeType, RadiusBuilder, RadiusClient, RadiusClientConfig,
    RadiusClientOutput, RadiusCode, RadiusDiscard, RadiusPacket, ServerId, SessionTable,
    SharedSecret, Vlan,
};
use eap_rs::{AuthenticatorConfig, Instant, MethodType, Msk};
use rand::SeedableRng;
use rand::rngs::StdRng;

const NOW: Instant = Instant::from_millis(0);
const SERVER: ServerId = ServerId(0);

fn secret() -> SharedSecret {
    SharedSecret::new("testing123").unwrap()
}

/// A client with a request under way, and the request.
fn asking() -> (RadiusClient<StdRng>, Vec<u8>) {
    let config = RadiusClientConfig::builder().server(secret()).dead_time(Duration::from_secs(1));
    let config = Arc::new(config.build().unwrap());
    let mut client = RadiusClient::new(config, StdRng::seed_from_u64(1));
    let request = AccessRequest::new()
        .attribute(AttributeType::USER_NAME, "alice")
        .eap_message(&[2, 1, 0, 10, 1, b'a', b'l', b'i', b'c', b'e']);
    client.send(request, None, NOW).unwrap();
    let Some(RadiusClientOutput::Send { datagram, .. }) = client.poll_output() else { panic!() };
    (client, datagram)
}

/// A genuine answer with everything in it that is read.
fn accept(request: &[u8]) -> Vec<u8> {
    let request = RadiusPacket::parse(request).unwrap();
    RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request)
        .attribute(AttributeType::STATE, b"0123456789abcdef")
        .number(AttributeType::SESSION_TIMEOUT, 3600)
        .number(AttributeType::TERMINATION_ACTION, 1)
        .vlan(&Vlan::Id(42))
        .attribute(AttributeType::EAP_KEY_NAME, b"\x0dsession")
        .eap_message(&[3, 1, 0, 4])
        .mppe_keys(&Msk::new([7; 64]), &secret(), &mut StdRng::seed_from_u64(2))
        .build(&secret())
        .unwrap()
}

/// Signs a packet that somebody has altered, with the secret that only the server has: what is
/// refused then is refused for what it says.
fn signed_again(mut packet: Vec<u8>, request: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    use md5::{Digest, Md5};

    packet[4..20].copy_from_slice(&request[4..20]);
    packet[22..38].fill(0);
    let mut mac = Hmac::<Md5>::new_from_slice(b"testing123").unwrap();
    mac.update(&packet);
    packet[22..38].copy_from_slice(&mac.finalize().into_bytes());
    let digest = Md5::new().chain_update(&packet).chain_update("testing123").finalize();
    packet[4..20].copy_from_slice(&digest);
    packet
}

/// The places of the attributes.
fn attributes(packet: &[u8]) -> Vec<usize> {
    let mut places = vec![];
    let mut at = 20;
    while at < packet.len() {
        places.push(at);
        at += usize::from(packet[at + 1]);
    }
    places
}

#[test]
fn a_genuine_answer_is_taken() {
    let (mut client, request) = asking();
    let reply = signed_again(accept(&request), &request);
    assert_eq!(reply, accept(&request), "the test signs as the library does");
    client.handle_datagram(SERVER, &reply).unwrap();
    let Some(RadiusClientOutput::Reply { reply, .. }) = client.poll_output() else { panic!() };
    assert_eq!(reply.attributes().vlan(), Ok(Some(Vlan::Id(42))));
    assert_eq!(reply.keys().unwrap().msk.expose(), [7; 64]);
}

/// BlastRADIUS: whoever knows an Access-Reject's Response Authenticator can make an Access-Accept of
/// the same one, by MD5 alone. Without Message-Authenticator it is not taken.
#[test]
fn cve_2024_3596_an_accept_made_of_a_reject_is_dropped() {
    use md5::{Digest, Md5};

    let (mut client, request) = asking();
    for (code, attributes) in [
        (2, vec![79, 6, 3, 1, 0, 4]),
        (2, vec![]),
        // The collision's blocks, in Proxy-States.
        (2, [&[33, 253][..], &[7; 251]].concat()),
    ] {
        let len = u16::try_from(20 + attributes.len()).unwrap().to_be_bytes();
        let start = [code, request[1], len[0], len[1]];
        // The attacker's result: a Response Authenticator that is right.
        let digest = Md5::new()
            .chain_update(start)
            .chain_update(&request[4..20])
            .chain_update(&attributes)
            .chain_update("testing123")
            .finalize();
        let forged = [&start[..], &digest, &attributes].concat();
        let fate = client.handle_datagram(SERVER, &forged);
        assert_eq!(fate, Err(RadiusDiscard::NoMessageAuthenticator));
    }
    assert_eq!(client.len(), 1, "the request goes on");
    client.handle_datagram(SERVER, &accept(&request)).unwrap();
}

#[test]
fn cve_2024_3596_message_authenticator_comes_first() {
    let (_, request) = asking();
    for packet in [request.clone(), accept(&request)] {
        assert_eq!(packet[20..22], [80, 18]);
    }
}

#[test]
fn cve_2024_3596_every_bit_of_an_answer_counts() {
    let (mut client, request) = asking();
    let genuine = accept(&request);
    for bit in 0..genuine.len() * 8 {
        let mut forged = genuine.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(client.handle_datagram(SERVER, &forged).is_err(), "bit {bit}");
    }
    client.handle_datagram(SERVER, &genuine).unwrap();
}

/// Twice, cut short, too long, or not there: also in an answer that is signed otherwise.
#[test]
fn cve_2024_3596_a_message_authenticator_of_another_form_is_dropped() {
    let (mut client, request) = asking();
    let genuine = accept(&request);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut altered = genuine.clone();
        change(&mut altered);
        let len = u16::try_from(altered.len()).unwrap().to_be_bytes();
        altered[2..4].copy_from_slice(&len);
        signed_again(altered, &request)
    };
    let twice = with(&|packet| packet.extend([&[80, 18][..], &[0; 16]].concat()));
    let malformed = Err(RadiusDiscard::MalformedMessageAuthenticator);
    assert_eq!(client.handle_datagram(SERVER, &twice), malformed);
    for len in (2..=40_u8).filter(|len| *len != 18) {
        let other = with(&|packet| {
            let value = vec![0; usize::from(len) - 2];
            packet.splice(20..38, [&[80, len][..], &value].concat());
        });
        assert!(client.handle_datagram(SERVER, &other).is_err(), "{len}");
    }
    // The name of another attribute over the same octets.
    let renamed = with(&|packet| packet[20] = 24);
    let missing = Err(RadiusDiscard::NoMessageAuthenticator);
    assert_eq!(client.handle_datagram(SERVER, &renamed), missing);
    assert_eq!(client.len(), 1);
}

/// CVE-2026-35333, CVE-2022-41861: each length of each attribute of a packet that is otherwise
/// right.
#[test]
fn cve_2026_35333_every_length_of_every_attribute() {
    let (_, request) = asking();
    let genuine = accept(&request);
    for at in attributes(&genuine) {
        for len in 0..=u8::MAX {
            let mut altered = genuine.clone();
            altered[at + 1] = len;
            let is_whole = RadiusPacket::parse(&altered).is_ok();
            let ends = attributes_end(&altered);
            assert_eq!(is_whole, ends, "attribute at {at}, length {len}");
            let (mut client, _) = asking();
            let altered = if at == 20 { altered } else { signed_again(altered, &request) };
            let taken = client.handle_datagram(SERVER, &altered).is_ok();
            assert!(is_whole || !taken);
        }
    }
    // And each length of the packet itself.
    for len in 0..=u16::MAX {
        let mut altered = genuine.clone();
        altered[2..4].copy_from_slice(&len.to_be_bytes());
        let (mut client, _) = asking();
        let taken = client.handle_datagram(SERVER, &altered).is_ok();
        assert_eq!(taken, usize::from(len) == genuine.len(), "{len}");
    }
}

/// Whether the attributes, one after the other, end where the packet does.
fn attributes_end(packet: &[u8]) -> bool {
    let mut at = 20;
    while at < packet.len() {
        match packet.get(at + 1) {
            Some(len) if *len >= 2 => at += usize::from(*len),
            _ => return false,
        }
    }
    at == packet.len()
}

/// An EAP packet that is cut short between its EAP-Message attributes is none.
#[test]
fn a_truncated_eap_message_begins_no_conversation() {
    let config = AuthenticatorConfig::builder().backend().method(MethodType::MD5).build().unwrap();
    let mut table = SessionTable::new(Arc::new(config), 10, StdRng::seed_from_u64(1));
    let name = [b'a'; 600];
    let identity = [&[2, 1, 2, 93, 1][..], &name].concat();
    for len in 1..identity.len() {
        let request = RadiusBuilder::request(1, [7; 16]).eap_message(&identity[..len]);
        let request = request.build(&secret()).unwrap();
        let request = RadiusPacket::parse(&request).unwrap();
        assert!(table.handle_packet(&request, NOW).is_err(), "{len}");
        assert!(table.is_empty());
    }
    let request = RadiusBuilder::request(1, [7; 16]).eap_message(&identity).build(&secret());
    let request = request.unwrap();
    table.handle_packet(&RadiusPacket::parse(&request).unwrap(), NOW).unwrap();
    assert_eq!(table.len(), 1);
}

/// Whatever its signature, a packet of another Code is no answer.
#[test]
fn an_answer_of_another_code_is_dropped() {
    let (mut client, request) = asking();
    for code in (0..=u8::MAX).filter(|code| ![2, 3, 11].contains(code)) {
        let mut altered = accept(&request);
        altered[0] = code;
        let fate = client.handle_datagram(SERVER, &signed_again(altered, &request));
        assert_eq!(fate, Err(RadiusDiscard::UnexpectedCode(code)));
    }
}
