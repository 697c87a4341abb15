//! What other implementations do that \[MS-PEAP\] does not say.

use super::*;

/// Cisco ACS ends phase 2 with an empty packet.
#[test]
fn an_empty_packet_stands_for_the_result_if_that_is_accepted() {
    for tls_version in TLS_VERSIONS {
        let mut at = AtPeer::with(tls_version, 0, |config| config.accept_missing_result());
        assert!(matches!(at.peer.request(&[0]).0, PeerStep::Discard(_)));
        let mut at = at.authenticated();
        let (step, reply) = at.peer.request(&[0]);
        assert_granted(&step);
        assert_eq!(reply, [0]);
        assert_eq!(at.peer.method.keys().unwrap().msk.expose(), at.keys.msk.expose());

        let mut at = AtPeer::new(tls_version).authenticated();
        let (step, _) = at.peer.request(&[0]);
        assert!(matches!(step, PeerStep::Discard(Discard::TunnelAckUnexpected)), "{step:?}");
    }
}

/// The NPS of Windows Server 2008 takes a handshake without lengths for something else.
#[test]
fn a_peer_says_the_length_in_phase_1_if_it_is_to() {
    for (announces, flags) in [(true, 0x80), (false, 0)] {
        let config = PeapPeerConfig::builder(tls(TlsVersion::V1_3).0, inner_peer());
        let mut peer = PeerSide::new(config.announce_length(announces).build().unwrap());
        let (_, hello) = peer.request(&[0x20]);
        assert_eq!(hello[0], flags);
        if announces {
            let length = u32::from_be_bytes(hello[1..5].try_into().unwrap());
            assert_eq!(usize::try_from(length).unwrap(), hello.len() - 5);
        }
    }
    // Not in phase 2, nor in version 1, whose servers do not need it.
    let mut at = AtPeer::new(TlsVersion::V1_3);
    let request = at.server.say(IDENTITY_REQUEST);
    assert_eq!(at.peer.request(&request).1[0], 0);
    let config = PeapPeerConfig::builder(tls(TlsVersion::V1_3).0, inner_peer()).max_version(1);
    let mut peer = PeerSide::new(config.build().unwrap());
    assert_eq!(peer.request(&[0x21]).1[0], 1);
}

/// FreeRADIUS sends the first packet with its header.
#[test]
fn a_request_for_the_identity_may_have_a_header() {
    let mut at = AtPeer::new(TlsVersion::V1_2);
    let (step, said) = at.say(&[1, 77, 0, 5, 1]);
    assert_not_yet(&step);
    assert_eq!(said, ALICE);
}

/// FreeRADIUS says in PEAP, too, what only EAP-TLS and EAP-TTLS say; and that only when it resumes.
#[test]
fn an_indication_of_success_in_a_full_login_is_nothing_that_peap_knows() {
    let mut at = AtPeer::new(TlsVersion::V1_3);
    let (step, _) = at.say(&[0]);
    assert_eq!(failure(step), because("unexpected packet inside the tunnel"));
}

#[test]
fn what_only_windows_asks_is_answered() {
    let mut at = AtPeer::new(TlsVersion::V1_2);
    at.say(IDENTITY_REQUEST);
    let capabilities = [1, 5, 0, 16, 254, 0, 1, 0x37, 0, 0, 0, 0x22, 0, 0, 0, 1];
    let (step, said) = at.say(&capabilities);
    assert_not_yet(&step);
    assert_eq!((said[0], &said[2..]), (2, &capabilities[2..]));
    let health = [&[254, 0, 1, 0x37, 0, 0, 0, 0x21][..], &[0; 12]].concat();
    let (step, said) = at.say(&health);
    assert_not_yet(&step);
    assert_eq!(said, [3, 4]);
    let (step, said) = at.say(CHALLENGE);
    assert_not_yet(&step);
    assert_eq!(said[0], 4);
}
