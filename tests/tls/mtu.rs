//! Framed-MTU (RFC 2865 §5.12, RFC 3579 §2.4): how long the EAP packets of a RADIUS server are.

use std::sync::Arc;

use eap_rs::radius::{
    AttributeType, RadiusBuilder, RadiusPacket, SessionOutput, SessionTable, SharedSecret,
};
use eap_rs::tls::TlsVersion;
use eap_rs::{AuthenticatorConfig, Instant, Output, Peer, PeerConfig};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rcgen::SanType;

use crate::{NOW, Setup};

/// Logs in at a server with a certificate of some 6000 octets, over RADIUS. Gives the length of
/// the longest EAP packet that the server sends.
fn longest(version: TlsVersion, framed_mtu: Option<&[u8]>, fragment_size: usize) -> usize {
    let mut setup = Setup::new().version(version);
    setup.server = setup.ca.issue(|params| {
        params.subject_alt_names = (0..200)
            .map(|n| format!("radius-{n}.branch.example.org"))
            .chain(["radius.example.org".to_owned()])
            .map(|name| SanType::DnsName(name.try_into().unwrap()))
            .collect();
    });
    let config = PeerConfig::builder().identity("@example.org").tls(setup.peer()).build();
    let mut peer = Peer::new(Arc::new(config.unwrap()), StdRng::seed_from_u64(1));
    setup.fragment_size = fragment_size;
    let config = AuthenticatorConfig::builder().backend().tls(setup.server()).build();
    let mut table = SessionTable::new(Arc::new(config.unwrap()), 1, StdRng::seed_from_u64(2));
    let now = Instant::from_millis(0);
    peer.set_unix_time(NOW, now);
    table.set_unix_time(NOW, now);

    let secret = SharedSecret::new("secret").unwrap();
    let (mut eap, mut state, mut longest) = (vec![1, 0, 0, 5, 1], None, 0);
    loop {
        assert!(peer.handle_packet(&eap, now) == eap_rs::Received::Accepted);
        let response = sent(&mut peer).unwrap();
        let mut request = RadiusBuilder::request(0, [7; 16]).eap_message(&response);
        for (kind, value) in [
            (AttributeType::STATE, state.as_ref().map(<[u8; 16]>::as_slice)),
            (AttributeType::FRAMED_MTU, framed_mtu),
        ] {
            if let Some(value) = value {
                request = request.attribute(kind, value);
            }
        }
        let request = request.build(&secret).unwrap();
        let session = table.handle_packet(&RadiusPacket::parse(&request).unwrap(), now).unwrap();
        let outputs = std::iter::from_fn(|| table.poll_output()).map(|(_, output)| output);
        let [output] = &outputs
            .filter(|output| !matches!(output, SessionOutput::Event(_)))
            .collect::<Vec<_>>()[..]
        else {
            panic!("one reply to each request")
        };
        match output {
            SessionOutput::Challenge { eap_message, .. } => eap.clone_from(eap_message),
            SessionOutput::Finished { result, .. } => {
                assert!(result.is_ok(), "{result:?}");
                return longest;
            }
            output => panic!("{output:?}"),
        }
        longest = longest.max(eap.len());
        state = Some(session.0);
    }
}

fn sent(peer: &mut Peer) -> Option<Vec<u8>> {
    std::iter::from_fn(|| peer.poll_output()).find_map(|output| match output {
        Output::Send(packet) => Some(packet),
        Output::Finished(result) => panic!("{result:?}"),
        _ => None,
    })
}

#[test]
fn no_eap_packet_of_a_radius_server_is_longer_than_framed_mtu_allows() {
    let mtu = |octets: u32| octets.to_be_bytes();
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let longest = |framed_mtu: Option<&[u8]>, size| longest(version, framed_mtu, size);
        // The EAPOL header is part of the link's MTU.
        assert_eq!(longest(Some(&mtu(1400)), 65_000), 1396);
        assert_eq!(longest(Some(&mtu(1400)), 1398), 1396);
        // RFC 3748 §3.1: every link carries 1020 octets.
        assert_eq!(longest(Some(&mtu(64)), 65_000), 1020);
        assert_eq!(longest(Some(&mtu(0)), 65_000), 1020);
        // It is a limit, and no order to send that much.
        assert_eq!(longest(Some(&mtu(1400)), 200), 206);
        // RADIUS has a limit of its own, whatever the link carries.
        for no_limit in [None, Some(&mtu(9000)[..]), Some(&mtu(u32::MAX)), Some(&[5, 120])] {
            assert_eq!(longest(no_limit, 65_000), 3072);
            assert_eq!(longest(no_limit, 1398), 1404);
        }
    }
}
