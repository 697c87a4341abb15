//! What a peer may say, and what a server must not believe.

use super::*;
use crate::methods::peap::binding::CompoundKeys;
use crate::packet::Packet;

const GTC: MethodType = MethodType::GTC;

/// What the server says to a peer that it refuses.
const REFUSAL: [u8; 11] = [1, 0, 0, 11, 33, 0x80, 3, 0, 2, 0, 2];

fn compound(keys: &Keys) -> CompoundKeys {
    CompoundKeys::of_method(&keys.msk, None).unwrap()
}

fn response(keys: &Keys) -> Binding {
    compound(keys).bind(Sender::Peer, &mut rng())
}

/// Whatever a refused peer says, it is over.
#[track_caller]
fn assert_over(mut at: AtServer, expected: Failure) {
    assert_eq!(at.heard, REFUSAL);
    let step = at.result(Status::Success, Some(response(&at.keys)));
    assert_eq!(server_failure(step), expected);
}

#[test]
fn consent_is_taken_with_the_binding_that_the_policy_wants() {
    use CryptoBinding::{IfOffered, Off, Required};
    for tls_version in TLS_VERSIONS {
        for policy in [Off, IfOffered, Required] {
            for bound in [false, true] {
                let edit = |config: PeapServerConfigBuilder| config.crypto_binding(policy);
                let mut at = AtServer::with(tls_version, GTC, 0, edit).authenticated();
                let request = Extensions::parse(&at.heard[5..], Sender::Server).unwrap();
                assert_eq!(request.status, Status::Success);
                assert_eq!(request.binding.is_some(), policy != Off);
                if let Some(binding) = request.binding {
                    assert!(compound(&at.keys).verify(&binding));
                }
                let binding = bound.then(|| response(&at.keys));
                let step = at.result(Status::Success, binding);
                let expected = match (policy, bound) {
                    (Off, true) => Some("the peer binds what was not to be bound"),
                    (Required, false) => Some("the peer does without crypto-binding"),
                    _ => None,
                };
                match expected {
                    Some(reason) => assert_eq!(server_failure(step), because(reason)),
                    None => {
                        assert!(matches!(step, ServerStep::Succeed));
                        let exported = at.server.method.keys().unwrap();
                        let expected = match bound {
                            true => compound(&at.keys).msk(),
                            false => crate::Msk::new(at.keys.msk.expose()),
                        };
                        assert_eq!(exported.msk.expose(), expected.expose());
                    }
                }
                assert_eq!(at.server.method.inner().is_some(), expected.is_none());
            }
        }
    }
}

#[test]
fn a_wrong_or_reflected_binding_is_refused() {
    for tls_version in TLS_VERSIONS {
        let mut at = AtServer::new(tls_version, GTC).authenticated();
        let wrong = CompoundKeys::resumed(&at.keys.msk).unwrap().bind(Sender::Peer, &mut rng());
        let step = at.result(Status::Success, Some(wrong));
        assert_eq!(server_failure(step), because("the peer's crypto-binding is wrong"));

        let mut at = AtServer::new(tls_version, GTC).authenticated();
        let own = Extensions::parse(&at.heard[5..], Sender::Server).unwrap().binding;
        let step = at.result(Status::Success, own);
        assert_eq!(server_failure(step), because("a crypto-binding TLV sent back"));
    }
}

#[test]
fn a_peer_that_does_not_consent_is_refused() {
    for tls_version in TLS_VERSIONS {
        let mut at = AtServer::new(tls_version, GTC).authenticated();
        let reason = because("the peer does not want to be authenticated like this");
        assert_eq!(server_failure(at.result(Status::Failure, None)), reason);
        for said in [&[33, 0x80, 3, 0, 2, 0, 1][..], &[6, 1], &[2, 9, 0, 11, 33, 0x80, 3, 0, 2, 0]]
        {
            let mut at = AtServer::new(tls_version, GTC).authenticated();
            let reason = because("the peer does not say how it ended");
            assert_eq!(server_failure(at.say(said)), reason);
        }
        let at = AtServer::new(tls_version, GTC).authenticated();
        assert_eq!(at.server.method.check(&[0]), Err(Discard::TunnelAckUnexpected));
    }
}

#[test]
fn a_result_before_the_end_is_refused() {
    for tls_version in TLS_VERSIONS {
        for identified in [false, true] {
            let mut at = AtServer::new(tls_version, GTC);
            if identified {
                at.say(ALICE);
            }
            let binding = response(&at.keys);
            assert!(matches!(at.result(Status::Success, Some(binding)), ServerStep::Request));
            assert_over(at, because("unexpected packet inside the tunnel"));
        }
    }
}

#[test]
fn a_wrong_password_stays_wrong_whatever_the_peer_says() {
    for tls_version in TLS_VERSIONS {
        let mut at = AtServer::new(tls_version, GTC);
        at.say(ALICE);
        assert!(matches!(at.say(b"\x06guess"), ServerStep::Ask(_)));
        let (step, request) = at.server.answer(Answer::Verdict(false));
        at.listen(&step, &request);
        assert_over(at, Failure::BadCredentials);
    }
}

/// Every beginning of these octets, and every lie in one of these 16-bit fields.
fn lies(octets: &[u8], fields: &[usize]) -> Vec<Vec<u8>> {
    let mut lies: Vec<_> = (1..octets.len()).map(|len| octets[..len].to_vec()).collect();
    for field in fields {
        let honest = u16::from_be_bytes([octets[*field], octets[field + 1]]);
        for len in [0, 1, honest - 1, honest + 1, honest | 0x8000, u16::MAX] {
            let mut lie = octets.to_vec();
            lie[*field..field + 2].copy_from_slice(&len.to_be_bytes());
            lies.push(lie);
        }
    }
    lies
}

/// Also CVE-2023-21690, CVE-2023-21692 and CVE-2023-36028: a server of PEAP ran what it was sent
/// inside the tunnel.
#[test]
fn cve_2023_21689_lengths_that_lie_inside_the_tunnel_end_the_login() {
    const RESULT: &[usize] = &[2, 7, 13];
    let required = |config: PeapServerConfigBuilder| config.crypto_binding(CryptoBinding::Required);
    let agreed = || AtServer::with(TlsVersion::V1_2, GTC, 0, required).authenticated();
    let result = |at: &AtServer| {
        let binding = Some(response(&at.keys));
        let octets = Extensions { status: Status::Success, binding }.to_octets();
        framing::extensions(Code::Response, 9, &octets)
    };
    let mut honest = agreed();
    let octets = result(&honest);
    assert!(matches!(honest.say(&octets), ServerStep::Succeed));
    for i in 0..lies(&octets, RESULT).len() {
        let mut at = agreed();
        let lie = lies(&result(&at), RESULT).swap_remove(i);
        assert!(matches!(at.say(&lie), ServerStep::Fail(_)), "{lie:02x?}");
        assert!(at.server.method.inner().is_none());
    }

    // Capabilities and the Statement of Health, which this server has not asked for.
    let microsoft =
        |kind: u8| [&[2, 1, 0, 16, 254, 0, 1, 0x37, 0, 0, 0, kind][..], &[0; 4]].concat();
    for octets in [microsoft(0x22), microsoft(0x21)] {
        for lie in lies(&octets, &[2]).into_iter().chain(lies(&octets[4..], &[])) {
            let mut at = AtServer::new(TlsVersion::V1_2, GTC);
            at.say(ALICE);
            assert!(matches!(at.say(&lie), ServerStep::Request), "{lie:02x?}");
            assert_over(at, because("unexpected packet inside the tunnel"));
        }
    }
}

#[test]
fn what_is_no_answer_inside_ends_the_login() {
    for said in [&[4, 1, 2][..], &[13, 0], &[25, 0], &[0], &[1], &[254, 0]] {
        let mut at = AtServer::new(TlsVersion::V1_3, GTC);
        at.say(ALICE);
        assert!(matches!(at.say(said), ServerStep::Request), "{said:02x?}");
        assert_over(at, because("unexpected packet inside the tunnel"));
    }
    let mut at = AtServer::new(TlsVersion::V1_3, GTC);
    at.say(ALICE);
    assert!(matches!(at.say(&[3, 4]), ServerStep::Request));
    assert_over(at, Failure::NoCommonMethod);
}

#[test]
fn the_version_is_agreed_on_once_and_never_above_the_offer() {
    for (offered, answered) in [(0, 1), (0, 2), (1, 2), (1, 7)] {
        let mut server = ServerSide::new(
            PeapServerConfig::builder(tls(TlsVersion::V1_3).1, inner_server(GTC))
                .max_version(offered)
                .build()
                .unwrap(),
        );
        assert_eq!(server.start(), [0x20 | offered]);
        let (step, _) = server.response(&[answered, 22, 3, 1]).unwrap();
        let reason = because("the peer wants a version that is not offered");
        assert_eq!(server_failure(step), reason);
    }
    let mut at = AtServer::with(TlsVersion::V1_3, GTC, 0, |config| config.max_version(1));
    assert_eq!(at.heard, IDENTITY_REQUEST, "the peer has stepped down");
    let mut reply = PacketBuffer::default();
    at.end.send(ALICE, &mut reply).unwrap();
    let mut changed = reply.as_slice().to_vec();
    changed[0] = 1;
    assert_eq!(at.server.method.check(&changed), Err(Discard::TunnelVersion));
    assert_eq!(at.server.method.check(&[0x20]), Err(Discard::TunnelStart));
}

#[test]
fn version_1_is_confirmed_by_a_repetition_or_nothing() {
    for said in [&[3, 9, 0, 4][..], &[]] {
        let edit = |config: PeapServerConfigBuilder| config.max_version(1);
        let mut at = AtServer::with(TlsVersion::V1_2, GTC, 1, edit);
        let answer = |at: &AtServer, data: &[u8]| {
            let mut packet = [&[2, at.heard[1], 0, 0][..], data].concat();
            packet[3] = u8::try_from(packet.len()).unwrap();
            packet
        };
        let identity = answer(&at, ALICE);
        at.say(&identity);
        let token = answer(&at, b"\x06wonderland");
        assert!(matches!(at.say(&token), ServerStep::Ask(_)));
        let (step, request) = at.server.answer(Answer::Verdict(true));
        at.listen(&step, &request);
        assert!(matches!(Packet::parse(&at.heard), Ok(Packet::Success(_))));
        let step = match said {
            [] => at.server.response(&[1]).unwrap().0,
            said => at.say(said),
        };
        assert!(matches!(step, ServerStep::Succeed), "{step:?}");
        assert_eq!(at.server.method.keys().unwrap().msk.expose(), at.keys.msk.expose());
    }
}

/// A login that goes on elsewhere is carried into a tunnel of the attacker's own (RFC 7029): the
/// binding is what he cannot make.
#[test]
fn an_inner_method_that_is_relayed_is_caught_by_the_binding() {
    for policy in [CryptoBinding::IfOffered, CryptoBinding::Required] {
        let edit = |config: PeapServerConfigBuilder| config.crypto_binding(policy);
        let mut at = AtServer::with(TlsVersion::V1_3, MethodType::MSCHAPV2, 0, edit);
        at.say(ALICE);
        let victim = PeerConfig::builder().identity("alice").password("wonderland");
        let victim = victim.method(MethodType::MSCHAPV2).build().unwrap();
        let mut victim = crate::Peer::new(Arc::new(victim), rng());
        let mut relay = |id: u8, request: &[u8]| {
            let now = crate::Instant::from_millis(0);
            let packet = crate::testing::packet(1, id, request);
            let _ = victim.handle_packet(&packet, now);
            let outputs = core::iter::from_fn(|| victim.poll_output());
            outputs.fold(None, |sent, output| match output {
                crate::Output::Send(packet) => Some(packet[4..].to_vec()),
                _ => sent,
            })
        };
        let proof = relay(2, &at.heard).unwrap();
        let mut step = at.say(&proof);
        if matches!(step, ServerStep::Ask(_)) {
            let credential = Credential::Cleartext(Secret::from("wonderland"));
            let request;
            (step, request) = at.server.answer(Answer::Credential(credential));
            at.listen(&step, &request);
        }
        assert!(matches!(step, ServerStep::Request));
        let last = relay(3, &at.heard).unwrap();
        assert!(matches!(at.say(&last), ServerStep::Request));
        let demand = Extensions::parse(&at.heard[5..], Sender::Server).unwrap();
        assert_eq!(demand.status, Status::Success);
        // The victim's MSK is not the attacker's.
        let step = at.result(Status::Success, Some(response(&at.keys)));
        assert_eq!(server_failure(step), because("the peer's crypto-binding is wrong"));
        assert!(at.server.method.inner().is_none());
    }
}
