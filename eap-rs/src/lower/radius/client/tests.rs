use core::time::Duration;
use std::sync::Arc;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::radius::{AttributeType, RadiusBuilder, RadiusCode, SharedSecret};

const SECRETS: [&str; 3] = ["first", "second", "third"];

type Client = RadiusClient<StdRng>;

fn config(servers: usize) -> RadiusClientConfigBuilder {
    let secrets = SECRETS[..servers].iter().map(|secret| SharedSecret::new(secret).unwrap());
    secrets.fold(RadiusClientConfig::builder(), RadiusClientConfigBuilder::server)
}

fn client_of(config: RadiusClientConfigBuilder) -> Client {
    RadiusClient::new(Arc::new(config.build().unwrap()), StdRng::seed_from_u64(1))
}

fn client(servers: usize) -> Client {
    client_of(config(servers))
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn eap() -> AccessRequest {
    AccessRequest::new().attribute(AttributeType::USER_NAME, "alice").eap_message(&[2, 1, 0, 5, 1])
}

/// What is to be sent.
#[track_caller]
fn sent(client: &mut Client) -> (ServerId, Vec<u8>) {
    match client.poll_output() {
        Some(RadiusClientOutput::Send { server, datagram }) => (server, datagram),
        other => panic!("{other:?}"),
    }
}

/// A server's answer to a datagram.
fn answer(server: ServerId, datagram: &[u8], code: RadiusCode) -> Vec<u8> {
    let request = RadiusPacket::parse(datagram).unwrap();
    let secret = SharedSecret::new(SECRETS[server.0]).unwrap();
    request.check_request(&secret).unwrap();
    RadiusBuilder::response(code, &request)
        .attribute(AttributeType::STATE, b"state of the server")
        .build(&secret)
        .unwrap()
}

/// Lets time pass to the next timer, and gives how long that was.
fn expire(client: &mut Client, now: &mut u64) -> u64 {
    let next = client.poll_timeout().unwrap().as_millis();
    let waited = next - *now;
    *now = next;
    client.handle_timeout(at(next));
    waited
}

#[test]
fn a_request_is_answered() {
    let mut client = client(1);
    let id = client.send(eap(), None, at(0)).unwrap();
    let (server, datagram) = sent(&mut client);
    let reply = answer(server, &datagram, RadiusCode::ACCESS_CHALLENGE);
    client.handle_datagram(server, &reply).unwrap();
    let Some(RadiusClientOutput::Reply { request, server: ServerId(0), reply }) =
        client.poll_output()
    else {
        panic!("no reply")
    };
    assert_eq!((request, reply.code()), (id, RadiusCode::ACCESS_CHALLENGE));
    assert_eq!(reply.state(), Some(&b"state of the server"[..]));
    assert!(reply.keys().is_none(), "absent keys are absent");
    assert!(client.is_empty() && client.poll_timeout().is_none());
}

/// RFC 5080 §2.2.1: 2 s, doubled, each ±10 %, until it was sent five times.
#[test]
fn a_request_is_sent_again_octet_by_octet_as_rfc_5080_has_it() {
    let mut client = client_of(config(1).max_duration(Duration::from_secs(600)));
    let id = client.send(eap(), None, at(0)).unwrap();
    let (_, first) = sent(&mut client);
    let (mut now, mut wait) = (0, 2000);
    for _ in 1..5 {
        let waited = expire(&mut client, &mut now);
        assert!(waited.abs_diff(wait) <= wait / 10 + 1, "{waited} instead of {wait}");
        assert_eq!(sent(&mut client).1, first);
        wait = (2 * waited).min(16_000);
    }
    let waited = expire(&mut client, &mut now);
    assert!(waited.abs_diff(wait) <= wait / 5, "{waited} instead of {wait}");
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::ServerDead(ServerId(0)))));
    let Some(RadiusClientOutput::TimedOut { request, .. }) = client.poll_output() else { panic!() };
    assert_eq!(request, id);
    assert!(client.is_empty() && client.poll_timeout().is_none());
}

#[test]
fn a_request_is_given_up_when_mrd_is_over() {
    let mut client = client_of(config(1).max_transmissions(100));
    client.send(eap(), None, at(0)).unwrap();
    let mut now = 0;
    while client.poll_timeout().is_some() {
        expire(&mut client, &mut now);
    }
    assert_eq!(now, 30_000);
}

#[test]
fn what_is_no_answer_changes_nothing() {
    let mut client = client(2);
    client.send(eap(), None, at(0)).unwrap();
    let (server, datagram) = sent(&mut client);
    let timer = client.poll_timeout();
    let genuine = answer(server, &datagram, RadiusCode::ACCESS_ACCEPT);
    let forged: Vec<Vec<u8>> = (0..genuine.len() * 8)
        .map(|bit| {
            let mut forged = genuine.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            forged
        })
        .collect();
    for forged in &forged {
        assert!(client.handle_datagram(server, forged).is_err(), "{forged:02x?}");
    }
    for cut in 0..genuine.len() {
        assert!(client.handle_datagram(server, &genuine[..cut]).is_err());
    }
    // The other server has not been asked, and there is none beyond it.
    for other in [ServerId(1), ServerId(2), ServerId(usize::MAX)] {
        let fate = client.handle_datagram(other, &genuine);
        assert_eq!(fate, Err(RadiusDiscard::UnexpectedResponse));
    }
    assert!(client.poll_output().is_none());
    assert_eq!(client.poll_timeout(), timer);
    client.handle_datagram(server, &genuine).unwrap();
    // Twice is once too often.
    let fate = client.handle_datagram(server, &genuine);
    assert_eq!(fate, Err(RadiusDiscard::UnexpectedResponse));
}

/// CVE-2024-3596.
#[test]
fn an_answer_without_message_authenticator_is_taken_only_without_eap_and_when_told_so() {
    let bare_with = |datagram: &[u8], attributes: &[u8]| {
        let request = RadiusPacket::parse(datagram).unwrap();
        let len = u8::try_from(20 + attributes.len()).unwrap();
        let start = [2, request.identifier(), 0, len];
        let secret = SECRETS[0].as_bytes();
        let digest = super::super::md5(&[&start, request.authenticator(), attributes, secret]);
        [&start[..], &digest, attributes].concat()
    };
    let bare = |datagram: &[u8]| bare_with(datagram, &[]);
    let without_eap = || AccessRequest::new().user_password("00-10-a4".into());
    for (insecure, request, expected) in [
        (false, eap(), Err(RadiusDiscard::NoMessageAuthenticator)),
        (false, without_eap(), Err(RadiusDiscard::NoMessageAuthenticator)),
        (true, eap(), Err(RadiusDiscard::NoMessageAuthenticator)),
        (true, without_eap(), Ok(())),
    ] {
        let config = config(1);
        let config = match insecure {
            true => config.insecure_missing_message_authenticator(),
            false => config,
        };
        let mut client = client_of(config);
        client.send(request, None, at(0)).unwrap();
        let (server, datagram) = sent(&mut client);
        // RFC 3579 §3.3: where there is EAP in the answer, there is no way without.
        let with_eap = bare_with(&datagram, &[79, 6, 3, 1, 0, 4]);
        let fate = client.handle_datagram(server, &with_eap);
        assert_eq!(fate, Err(RadiusDiscard::NoMessageAuthenticator));
        let mut reply = bare(&datagram);
        assert_eq!(client.handle_datagram(server, &reply), expected);
        // The Response Authenticator counts all the same.
        if insecure {
            client.send(without_eap(), None, at(0)).unwrap();
            let (_, datagram) = std::iter::from_fn(|| client.poll_output())
                .find_map(|output| match output {
                    RadiusClientOutput::Send { server, datagram } => Some((server, datagram)),
                    _ => None,
                })
                .unwrap();
            reply = bare(&datagram);
            reply[19] ^= 1;
            let wrong = Err(RadiusDiscard::WrongResponseAuthenticator);
            assert_eq!(client.handle_datagram(server, &reply), wrong);
        }
    }
}

#[test]
fn the_next_server_is_tried_with_its_own_secret_and_the_dead_one_left_in_peace() {
    let mut client = client_of(config(2).max_transmissions(1));
    let id = client.send(eap(), None, at(0)).unwrap();
    let (first, datagram) = sent(&mut client);
    let mut now = 0;
    expire(&mut client, &mut now);
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::ServerDead(ServerId(0)))));
    let (second, other) = sent(&mut client);
    assert_eq!((first, second), (ServerId(0), ServerId(1)));
    assert_ne!(datagram[4..20], other[4..20], "an Authenticator of its own");
    // Too late.
    let late = answer(first, &datagram, RadiusCode::ACCESS_ACCEPT);
    let fate = client.handle_datagram(first, &late);
    assert_eq!(fate, Err(RadiusDiscard::UnexpectedResponse));
    let reply = answer(second, &other, RadiusCode::ACCESS_CHALLENGE);
    client.handle_datagram(second, &reply).unwrap();
    let Some(RadiusClientOutput::Reply { request, server, .. }) = client.poll_output() else {
        panic!("no reply")
    };
    assert_eq!((request, server), (id, second));
    // The next conversation begins with the one that is alive, until the hold-down is over.
    client.send(eap(), None, at(now)).unwrap();
    assert_eq!(sent(&mut client).0, second);
    client.send(eap(), None, at(now + 60_000)).unwrap();
    assert_eq!(sent(&mut client).0, first);
}

#[test]
fn a_conversation_stays_with_its_server() {
    let mut client = client_of(config(2).max_transmissions(1));
    let bound = || eap().attribute(AttributeType::STATE, b"of the second");
    let id = client.send(bound(), Some(ServerId(1)), at(0)).unwrap();
    assert_eq!(sent(&mut client).0, ServerId(1));
    let mut now = 0;
    expire(&mut client, &mut now);
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::ServerDead(ServerId(1)))));
    let Some(RadiusClientOutput::TimedOut { request, server }) = client.poll_output() else {
        panic!("goes on")
    };
    assert_eq!((request, server), (id, ServerId(1)));
    let homeless = client.send(bound(), None, at(now));
    assert_eq!(homeless, Err(SendError::StateWithoutServer));
    let missing = client.send(bound(), Some(ServerId(2)), at(now));
    assert_eq!(missing, Err(SendError::NoSuchServer(ServerId(2))));
}

#[test]
fn with_all_servers_dead_the_first_is_tried_again() {
    let mut client = client_of(config(2).max_transmissions(1));
    let mut now = 0;
    client.send(eap(), None, at(now)).unwrap();
    for _ in 0..2 {
        expire(&mut client, &mut now);
    }
    while client.poll_output().is_some() {}
    client.send(eap(), None, at(now)).unwrap();
    let (server, datagram) = sent(&mut client);
    assert_eq!(server, ServerId(0));
    let reply = answer(server, &datagram, RadiusCode::ACCESS_ACCEPT);
    client.handle_datagram(server, &reply).unwrap();
    let alive = client.poll_output();
    assert!(matches!(alive, Some(RadiusClientOutput::ServerAlive(ServerId(0)))), "{alive:?}");
}

#[test]
fn two_hundred_and_fifty_six_requests_are_under_way_and_no_more() {
    let mut client = client(1);
    let ids: Vec<RequestId> = (0..256).map(|_| client.send(eap(), None, at(0)).unwrap()).collect();
    let mut identifiers: Vec<u8> = (0..256).map(|_| sent(&mut client).1[1]).collect();
    identifiers.sort_unstable();
    assert_eq!(identifiers, (0..=255).collect::<Vec<u8>>());
    assert_eq!(client.send(eap(), None, at(0)), Err(SendError::TooManyRequests));
    client.cancel(ids[100]);
    client.send(eap(), None, at(0)).unwrap();
    assert_eq!(client.len(), 256);
}

#[test]
fn a_server_with_its_hands_full_is_passed_over() {
    let mut client = client(2);
    for _ in 0..256 {
        client.send(eap(), None, at(0)).unwrap();
        assert_eq!(sent(&mut client).0, ServerId(0));
    }
    client.send(eap(), None, at(0)).unwrap();
    assert_eq!(sent(&mut client).0, ServerId(1));
    let bound = eap().attribute(AttributeType::STATE, b"of the first");
    let refused = client.send(bound, Some(ServerId(0)), at(0));
    assert_eq!(refused, Err(SendError::TooManyRequests));
}

/// Otherwise a peer could take the server away from all others, with packets that it drops.
#[test]
fn a_server_that_answers_others_is_not_dead_for_keeping_silent_about_one() {
    let mut client = client_of(config(2).max_transmissions(1));
    client.send(eap(), None, at(0)).unwrap();
    let (server, _) = sent(&mut client);
    client.send(eap(), None, at(1)).unwrap();
    let (same, datagram) = sent(&mut client);
    assert_eq!(server, same);
    let reply = answer(server, &datagram, RadiusCode::ACCESS_CHALLENGE);
    client.handle_datagram(server, &reply).unwrap();
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::Reply { .. })));
    let mut now = 1;
    expire(&mut client, &mut now);
    // The other one may know what to say to it.
    assert_eq!(sent(&mut client).0, ServerId(1));
    client.send(eap(), None, at(now)).unwrap();
    assert_eq!(sent(&mut client).0, server);
}

/// Requests of a quick network come within one tick of the clock.
#[test]
fn a_server_that_stops_answering_within_a_millisecond_is_dead() {
    let mut client = client_of(config(2).max_transmissions(1));
    client.send(eap(), None, at(0)).unwrap();
    let (server, datagram) = sent(&mut client);
    let reply = answer(server, &datagram, RadiusCode::ACCESS_CHALLENGE);
    client.handle_datagram(server, &reply).unwrap();
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::Reply { .. })));
    client.send(eap(), Some(server), at(0)).unwrap();
    assert_eq!(sent(&mut client).0, server);
    expire(&mut client, &mut 0);
    let dead = client.poll_output();
    assert!(matches!(dead, Some(RadiusClientOutput::ServerDead(s)) if s == server), "{dead:?}");
}

#[test]
fn a_dead_server_that_answers_after_its_hold_down_is_said_to_be_alive() {
    let mut client = client_of(config(1).max_transmissions(1));
    let mut now = 0;
    for _ in 0..2 {
        client.send(eap(), None, at(now)).unwrap();
        expire(&mut client, &mut now);
        now += 100_000;
    }
    client.send(eap(), None, at(now)).unwrap();
    let outputs: Vec<_> = std::iter::from_fn(|| client.poll_output()).collect();
    let dead = outputs.iter().filter(|o| matches!(o, RadiusClientOutput::ServerDead(_))).count();
    assert_eq!(dead, 1, "it has not come back in between: {outputs:?}");
    let Some(RadiusClientOutput::Send { server, datagram }) = outputs.last() else { panic!() };
    let reply = answer(*server, datagram, RadiusCode::ACCESS_ACCEPT);
    client.handle_datagram(*server, &reply).unwrap();
    assert!(matches!(client.poll_output(), Some(RadiusClientOutput::ServerAlive(ServerId(0)))));
}

/// A limit that cannot be read is not taken for none.
#[test]
fn an_answer_with_a_number_of_another_length_is_dropped() {
    let numbers = [
        AttributeType::SESSION_TIMEOUT,
        AttributeType::IDLE_TIMEOUT,
        AttributeType::TERMINATION_ACTION,
    ];
    for (kind, len) in numbers.into_iter().flat_map(|kind| (0..=8).map(move |len| (kind, len))) {
        let mut client = client(1);
        client.send(eap(), None, at(0)).unwrap();
        let (server, datagram) = sent(&mut client);
        let request = RadiusPacket::parse(&datagram).unwrap();
        let reply = RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request)
            .attribute(kind, vec![0; len])
            .build(&SharedSecret::new(SECRETS[0]).unwrap())
            .unwrap();
        let fate = client.handle_datagram(server, &reply);
        assert_eq!(fate.is_ok(), len == 4, "{kind:?} {len}");
    }
}

#[test]
fn a_request_that_radius_cannot_carry_is_not_sent() {
    let mut client = client(1);
    let long = AccessRequest::new().attribute(AttributeType::USER_NAME, vec![b'a'; 254]);
    assert_eq!(
        client.send(long, None, at(0)).unwrap_err().to_string(),
        "attribute 1: 254 octets given, at most 253 accepted"
    );
    let password = AccessRequest::new().user_password(crate::Secret::new([b'a'; 129]));
    assert_eq!(
        client.send(password, None, at(0)).unwrap_err().to_string(),
        "User-Password: 129 octets given, 1 to 128 accepted"
    );
    let both = eap().user_password("00-10-a4".into());
    assert_eq!(
        client.send(both, None, at(0)).unwrap_err().to_string(),
        "User-Password: does not go together with an EAP packet"
    );
    assert!(client.is_empty() && client.poll_output().is_none());
}

#[test]
fn errors_name_the_setting_and_what_is_accepted() {
    let cases = [
        (config(0), "servers: empty, at least one character is needed"),
        (config(1).max_transmissions(0), "max_transmissions: 0 given, 1 to 100 accepted"),
        (
            config(1).max_wait(Duration::from_secs(1)),
            "max_wait: 1000 given, 2000 to 36000000 accepted",
        ),
        (config(1).initial_wait(Duration::ZERO), "initial_wait: 0 given, 1 to 36000000 accepted"),
    ];
    for (config, text) in cases {
        assert_eq!(config.build().unwrap_err().to_string(), text);
    }
}

/// What a bad network does with a datagram.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Answered,
    /// The answer comes twice.
    Repeated,
    /// A forged answer comes first.
    Forged,
    /// The answer comes behind the next datagram's.
    Overtaken,
}

proptest! {
    /// Every request has exactly one end, whatever the network does, and only genuine answers are
    /// passed on.
    #[test]
    fn every_request_ends_once(
        fates in proptest::collection::vec(
            prop_oneof![
                3 => Just(Fate::Lost), 3 => Just(Fate::Answered), 1 => Just(Fate::Repeated),
                1 => Just(Fate::Forged), 1 => Just(Fate::Overtaken),
            ],
            0..120,
        ),
        requests in 1..20_usize,
        servers in 1..4_usize,
    ) {
        let mut client = client(servers);
        let mut open: Vec<RequestId> =
            (0..requests).map(|_| client.send(eap(), None, at(0)).unwrap()).collect();
        let (mut now, mut fates) = (0, fates.into_iter());
        let mut overtaken: Option<(ServerId, Vec<u8>)> = None;
        for _ in 0..10_000 {
            while let Some(output) = client.poll_output() {
                let (server, datagram) = match output {
                    RadiusClientOutput::Send { server, datagram } => (server, datagram),
                    RadiusClientOutput::Reply { request, .. }
                    | RadiusClientOutput::TimedOut { request, .. } => {
                        let place = open.iter().position(|id| *id == request);
                        prop_assert!(place.is_some(), "{:?} ended twice", request);
                        open.swap_remove(place.unwrap());
                        continue;
                    }
                    _ => continue,
                };
                let fate = fates.next().unwrap_or(Fate::Lost);
                let reply = answer(server, &datagram, RadiusCode::ACCESS_ACCEPT);
                match fate {
                    Fate::Lost => {}
                    Fate::Answered => {
                        let _fate = client.handle_datagram(server, &reply);
                    }
                    Fate::Repeated => {
                        let _first = client.handle_datagram(server, &reply);
                        prop_assert!(client.handle_datagram(server, &reply).is_err());
                    }
                    Fate::Forged => {
                        let mut forged = reply.clone();
                        forged[25] ^= 0x40;
                        prop_assert!(client.handle_datagram(server, &forged).is_err());
                    }
                    Fate::Overtaken => {
                        if let Some((server, reply)) = overtaken.replace((server, reply)) {
                            let _fate = client.handle_datagram(server, &reply);
                        }
                    }
                }
            }
            prop_assert_eq!(client.len(), open.len());
            if open.is_empty() {
                prop_assert!(client.poll_timeout().is_none());
                return Ok(());
            }
            expire(&mut client, &mut now);
        }
        prop_assert!(false, "it goes on for ever");
    }
}
