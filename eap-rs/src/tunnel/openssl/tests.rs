//! Handshakes that a secret of both sides abbreviates, and those without certificates. Others:
//! `tests/tls/legacy.rs`.

use core::ops::RangeInclusive;
use std::sync::Mutex;

use eap_rs_openssl::MasterSecret;

use super::*;
use crate::tunnel::rustls::Clients;

const VERSIONS: RangeInclusive<TlsVersion> = TlsVersion::V1_0..=TlsVersion::V1_2;

/// A master secret made of an octet and both randoms.
#[derive(Default)]
struct Secrets {
    octet: Mutex<Option<u8>>,
    seen: Mutex<Vec<u8>>,
}

impl Secrets {
    fn of(octet: u8) -> Arc<Self> {
        Arc::new(Self { octet: Mutex::new(Some(octet)), ..Self::default() })
    }
}

impl TicketSecrets for Secrets {
    fn ticket(&self, ticket: &[u8]) {
        *self.seen.lock().unwrap() = ticket.to_vec();
        *self.octet.lock().unwrap() = ticket.first().copied().filter(|octet| *octet != 0);
    }

    fn master_secret(&self, client: &[u8; 32], server: &[u8; 32]) -> Option<MasterSecret> {
        let mut secret = MasterSecret::new([(*self.octet.lock().unwrap())?; 48]);
        secret[..16].copy_from_slice(&client[..16]);
        secret[16..32].copy_from_slice(&server[..16]);
        Some(secret)
    }
}

fn client(profile: Profile, ticket: Option<(Vec<u8>, Arc<Secrets>)>) -> OpenSslEngine {
    let template = ClientTemplate::new(profile, &VERSIONS, None, None).unwrap();
    let secrets = ticket.map(|(ticket, secrets)| (ticket, secrets as _));
    OpenSslEngine::client(&template, None, secrets).unwrap()
}

/// A server without a certificate.
fn server(secrets: Arc<Secrets>) -> OpenSslEngine {
    let template =
        ServerTemplate::new(Profile::FastAnonymous, &VERSIONS, Clients::None, None).unwrap();
    OpenSslEngine::server(&template, None, Some(secrets)).unwrap()
}

/// Passes records until neither has any left.
fn run(client: &mut OpenSslEngine, server: &mut OpenSslEngine) -> [Result<(), TlsError>; 2] {
    let mut results = [Ok(()), Ok(())];
    for _ in 0..10 {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        client.take_output(&mut to_server);
        if !to_server.is_empty() {
            results[1] = results[1].clone().and(server.feed(&to_server));
        }
        server.take_output(&mut to_client);
        if !to_client.is_empty() {
            results[0] = results[0].clone().and(client.feed(&to_client));
        }
    }
    results
}

#[track_caller]
fn assert_same(client: &mut OpenSslEngine, server: &mut OpenSslEngine, resumed: bool) {
    let [ours, theirs] = [&*client, &*server].map(|end| end.established().unwrap());
    assert_eq!(ours, theirs);
    assert_eq!((ours.version, ours.resumed), (TlsVersion::V1_2, resumed));
    assert!(client.master_secret().is_some());
    assert_eq!(client.master_secret(), server.master_secret());
    assert_eq!(client.randoms(), server.randoms());
    client.write(b"hello").unwrap();
    assert_eq!(run(client, server), [Ok(()), Ok(())]);
    let mut heard = Vec::new();
    server.read(&mut heard).unwrap();
    assert_eq!(heard, b"hello");
}

#[test]
fn a_secret_of_both_sides_abbreviates_the_handshake() {
    for len in [1, 200, 1000] {
        let ticket = vec![7; len];
        let (secrets, seen) = (Secrets::of(7), Arc::<Secrets>::default());
        let mut client = client(Profile::FastAnonymous, Some((ticket.clone(), secrets)));
        let mut server = server(Arc::clone(&seen));
        assert_eq!(run(&mut client, &mut server), [Ok(()), Ok(())]);
        assert_eq!(*seen.seen.lock().unwrap(), ticket);
        assert_same(&mut client, &mut server, true);
    }
}

#[test]
fn a_secret_that_differs_is_found_out() {
    let mut client = client(Profile::FastAnonymous, Some((vec![7; 40], Secrets::of(8))));
    let mut server = server(Arc::default());
    let [ours, _] = run(&mut client, &mut server);
    assert!(ours.is_err());
    assert!(client.established().is_none() && server.established().is_none());
}

#[test]
fn a_ticket_that_does_not_open_leads_to_a_full_handshake() {
    let mut client = client(Profile::FastAnonymous, Some((vec![0; 40], Secrets::of(7))));
    let mut server = server(Arc::default());
    assert_eq!(run(&mut client, &mut server), [Ok(()), Ok(())]);
    assert_same(&mut client, &mut server, false);
}

#[test]
fn nobody_is_anonymous_who_does_not_want_to() {
    let mut open = client(Profile::FastAnonymous, None);
    let mut server_end = server(Arc::default());
    assert_eq!(run(&mut open, &mut server_end), [Ok(()), Ok(())]);
    assert_same(&mut open, &mut server_end, false);
    let suite = open.established().unwrap().suite;
    assert_eq!(suite, "TLS_DH_anon_WITH_AES_128_CBC_SHA");
    let mut strict = client(Profile::Fast, None);
    let [_, theirs] = run(&mut strict, &mut server(Arc::default()));
    assert!(matches!(theirs, Err(TlsError::Incompatible(_))), "{theirs:?}");
}

#[test]
fn without_a_ticket_the_extension_is_left_out() {
    let mut hello = Vec::new();
    client(Profile::Fast, None).take_output(&mut hello);
    // RFC 4851 §3.2.2: an empty one is forbidden.
    assert!(!hello.windows(4).any(|octets| octets == [0, 35, 0, 0]));
    let mut hello = Vec::new();
    client(Profile::Fast, Some((vec![9; 3], Secrets::of(9)))).take_output(&mut hello);
    assert!(hello.windows(7).any(|octets| octets == [0, 35, 0, 3, 9, 9, 9]));
}

#[test]
fn a_close_is_seen_and_rubbish_is_an_error() {
    let mut client = client(Profile::FastAnonymous, None);
    let mut server = server(Arc::default());
    assert_eq!(run(&mut client, &mut server), [Ok(()), Ok(())]);
    client.close();
    assert_eq!(run(&mut client, &mut server), [Ok(()), Ok(())]);
    assert!(server.is_closed() && !client.is_closed());
    for octets in [&[0; 5][..], &[22, 3, 1, 255, 255], &[22, 3, 3, 0, 4, 1, 0, 0, 0], b"GET / "] {
        let mut server = self::server(Arc::default());
        let fed = server.feed(octets).and_then(|()| server.feed(&[0; 70_000]));
        assert!(fed.is_err(), "{octets:?}");
        assert!(server.established().is_none());
    }
}
