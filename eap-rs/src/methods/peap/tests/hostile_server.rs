//! What a server may say, and what a peer must not believe.

use super::*;
use crate::methods::peap::binding::CompoundKeys;

/// What the peer says to a Result that it does not believe.
const REFUSAL: [u8; 11] = [2, 9, 0, 11, 33, 0x80, 3, 0, 2, 0, 2];
const CONSENT: [u8; 11] = [2, 9, 0, 11, 33, 0x80, 3, 0, 2, 0, 1];

fn compound(keys: &Keys) -> CompoundKeys {
    CompoundKeys::of_method(&keys.msk, None).unwrap()
}

fn request(keys: &Keys) -> Binding {
    compound(keys).bind(Sender::Server, &mut rng())
}

/// CVE-2023-52160: a server without a user database grants access to everybody.
#[test]
fn cve_2023_52160_success_before_any_method_is_refused() {
    for tls_version in TLS_VERSIONS {
        for identified in [false, true] {
            for bound in [false, true] {
                let mut at = AtPeer::new(tls_version);
                if identified {
                    assert_not_yet(&at.say(IDENTITY_REQUEST).0);
                }
                let binding = bound.then(|| request(&at.keys));
                let (step, said) = at.result(Status::Success, binding);
                assert_eq!(failure(step), Failure::SuccessTooEarly);
                assert_eq!(said, REFUSAL);
                assert!(at.peer.method.keys().is_none());
            }
            // Version 1 says it in another way.
            let mut at = AtPeer::with(tls_version, 1, |config| config.max_version(1));
            if identified {
                assert_not_yet(&at.say(&[1, 7, 0, 5, 1]).0);
            }
            assert_eq!(failure(at.say(&[3, 8, 0, 4]).0), Failure::SuccessTooEarly);
        }
    }
}

#[test]
fn success_while_the_method_goes_on_or_after_a_nak_is_refused() {
    for tls_version in TLS_VERSIONS {
        // MSCHAPv2 proves both sides; a Challenge proves none.
        let challenge = [&[26, 1, 1, 0, 24, 16][..], &[7; 16], b"srv"].concat();
        for (request, reply) in [(&challenge[..], 26), (&[6, b'?'][..], 3)] {
            let mut at = AtPeer::new(tls_version);
            at.say(IDENTITY_REQUEST);
            let (step, said) = at.say(request);
            assert_not_yet(&step);
            assert_eq!(said[0], reply);
            let (step, said) = at.result(Status::Success, None);
            assert_eq!(failure(step), Failure::SuccessTooEarly);
            assert_eq!(said, REFUSAL);
        }
    }
}

#[test]
fn success_after_the_method_is_taken_with_the_binding_that_the_policy_wants() {
    use CryptoBinding::{IfOffered, Off, Required};
    for tls_version in TLS_VERSIONS {
        for policy in [Off, IfOffered, Required] {
            for offered in [false, true] {
                let mut at = AtPeer::with(tls_version, 0, |config| config.crypto_binding(policy))
                    .authenticated();
                let binding = offered.then(|| request(&at.keys));
                let (step, said) = at.result(Status::Success, binding);
                if policy == Required && !offered {
                    let reason = because("the server does without crypto-binding");
                    assert_eq!((failure(step), &said[..]), (reason, &REFUSAL[..]));
                    continue;
                }
                assert_granted(&step);
                let exported = at.peer.method.keys().unwrap();
                if policy == Off || !offered {
                    assert_eq!(said, CONSENT);
                    assert_eq!(exported.msk.expose(), at.keys.msk.expose());
                    continue;
                }
                assert_eq!((&said[4..11], said.len()), (&CONSENT[4..], 71));
                let answer = Extensions::parse(&said[5..], Sender::Peer).unwrap();
                let keys = compound(&at.keys);
                assert!(keys.verify(&answer.binding.unwrap()));
                assert_eq!(exported.msk.expose(), keys.msk().expose());
                assert!(exported.emsk.is_none());
            }
        }
    }
}

#[test]
fn a_wrong_binding_is_refused_without_one_of_ours() {
    for tls_version in TLS_VERSIONS {
        for keys in [
            |keys: &Keys| CompoundKeys::resumed(&keys.msk).unwrap(),
            |keys: &Keys| CompoundKeys::of_method(&keys.msk, Some(&keys.msk)).unwrap(),
            |_: &Keys| CompoundKeys::of_method(&crate::Msk::new([1; 64]), None).unwrap(),
        ] {
            let mut at = AtPeer::new(tls_version).authenticated();
            let binding = keys(&at.keys).bind(Sender::Server, &mut rng());
            let (step, said) = at.result(Status::Success, Some(binding));
            assert_eq!(failure(step), because("the server's crypto-binding is wrong"));
            assert_eq!(said, REFUSAL);
            assert!(at.peer.method.keys().is_none());
        }
        let mut at = AtPeer::new(tls_version).authenticated();
        let sent_back = compound(&at.keys).bind(Sender::Peer, &mut rng());
        let (step, _) = at.result(Status::Success, Some(sent_back));
        assert_eq!(failure(step), because("a crypto-binding TLV sent back"));
    }
}

#[test]
fn a_result_that_is_malformed_is_refused() {
    for data in [
        &[][..],
        &[0x80, 3, 0, 2, 0, 3],
        &[0x80, 3, 0, 2, 1, 1],
        &[0x80, 3, 0, 1, 1],
        &[0x80, 3, 0, 0],
        &[0x80, 3, 0, 2, 0, 1, 0],
        &[0x80, 3, 0, 3, 0, 1],
        &[0x80, 3, 0, 2, 0, 1, 0x80, 3, 0, 2, 0, 2],
        &[0x80, 3, 0, 2, 0, 1, 0x80, 99, 0, 0],
    ] {
        let mut at = AtPeer::new(TlsVersion::V1_3).authenticated();
        let (step, said) = at.say(&framing::extensions(Code::Request, 9, data));
        assert!(matches!(failure(step), Failure::MethodFailed { .. }), "{data:02x?}");
        assert_eq!(said, REFUSAL, "{data:02x?}");
    }
}

#[test]
fn a_result_of_failure_is_answered_and_says_who_refused() {
    let mut at = AtPeer::new(TlsVersion::V1_2).authenticated();
    let (step, said) = at.result(Status::Failure, None);
    assert_eq!(failure(step), Failure::Rejected { method: MethodType::MD5 });
    assert_eq!(said, REFUSAL);

    let mut at = AtPeer::new(TlsVersion::V1_2);
    at.say(IDENTITY_REQUEST);
    at.say(&[6, b'?']);
    let (step, _) = at.result(Status::Failure, None);
    assert_eq!(failure(step), Failure::MethodRefused { wanted: MethodType::GTC });

    let mut at = AtPeer::new(TlsVersion::V1_2);
    at.say(IDENTITY_REQUEST);
    assert_eq!(failure(at.result(Status::Failure, None).0), Failure::IdentityRejected);

    let mut at = AtPeer::new(TlsVersion::V1_2);
    let (step, _) = at.result(Status::Failure, None);
    assert_eq!(failure(step), Failure::Rejected { method: MethodType::PEAP });

    let mut at = AtPeer::with(TlsVersion::V1_2, 1, |config| config.max_version(1));
    at.say(&[1, 7, 0, 5, 1]);
    assert_eq!(failure(at.say(&[4, 8, 0, 4]).0), Failure::IdentityRejected);
}

#[test]
fn a_second_method_and_a_result_without_header_end_the_login() {
    let result = [33, 0x80, 3, 0, 2, 0, 1];
    let success = [3, 9, 0, 4];
    for second in [&[6, b'?'][..], &[26, 1], &[13, 0x20], &result, &success, &[0], &[2], &[3, 4]] {
        let mut at = AtPeer::new(TlsVersion::V1_3).authenticated();
        let (step, said) = at.say(second);
        assert_eq!(failure(step), because("unexpected packet inside the tunnel"), "{second:02x?}");
        assert!(said.is_empty());
        assert!(at.peer.method.keys().is_none());
    }
}

#[test]
fn tunnels_inside_the_tunnel_are_refused() {
    for tunnel in [21, 25, 43, 55] {
        let mut at = AtPeer::new(TlsVersion::V1_3);
        at.say(IDENTITY_REQUEST);
        let (step, said) = at.say(&[tunnel, 0x20]);
        assert_not_yet(&step);
        assert_eq!(said, [3, 4, 26], "{tunnel}");
    }
}

#[test]
fn a_close_in_phase_2_is_a_failure() {
    for tls_version in TLS_VERSIONS {
        let mut at = AtPeer::new(tls_version).authenticated();
        let request = at.server.close();
        let (step, _) = at.peer.request(request.as_slice());
        assert!(matches!(failure(step), Failure::TlsAlert(_)));
    }
}

#[test]
fn the_version_and_the_start_are_for_the_beginning() {
    let mut at = AtPeer::new(TlsVersion::V1_3);
    let mut request = at.server.say(IDENTITY_REQUEST);
    for version in 1..8 {
        request[0] = version;
        let (step, _) = at.peer.request(&request);
        assert!(matches!(step, PeerStep::Discard(Discard::TunnelVersion)), "{version}");
    }
    let (step, _) = at.peer.request(&[0x20]);
    assert!(matches!(step, PeerStep::Discard(Discard::TunnelStart)));
    request[0] = 0;
    assert_not_yet(&at.peer.request(&request).0);
}

#[test]
fn a_peer_never_answers_with_a_higher_version_than_it_may_speak() {
    for (offered, max, spoken) in [(0, 0, 0), (1, 0, 0), (3, 0, 0), (0, 1, 0), (1, 1, 1), (2, 1, 1)]
    {
        let config = PeapPeerConfig::builder(tls(TlsVersion::V1_3).0, inner_peer());
        let mut peer = PeerSide::new(config.max_version(max).build().unwrap());
        let (step, reply) = peer.request(&[0x20 | offered]);
        assert_not_yet(&step);
        assert_eq!(reply[0] & 7, spoken, "{offered} {max}");
    }
}
