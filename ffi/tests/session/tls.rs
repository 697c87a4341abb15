//! EAP-TLS: questions about certificates, and sessions that are resumed.

use std::ptr;

use eap_rs::tls::CertificateInfo;
use eap_rs_ffi::*;
use rcgen::{CertificateParams, DnType, KeyPair};

use crate::handles::{Certificate, Pair, Reading, Session, nothing};

const TLS: u32 = 13;
const HOUR: u64 = 3600;
/// 2030-06-01.
pub(crate) const NOW: u64 = 1_906_502_400;

/// A certificate that nobody but its owner vouches for, and its key.
pub(crate) struct Own {
    name: &'static str,
    pub(crate) der: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Own {
    pub(crate) fn new(name: &'static str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { name, der, key: key.serialize_der() }
    }

    /// What the accessors are to say of it.
    fn shown(&self, chain: Vec<Vec<u8>>) -> Certificate {
        let sha256 = CertificateInfo::from_der(&self.der).unwrap().sha256.to_vec();
        Certificate { subject: Some(format!("CN={}", self.name)), sha256: Some(sha256), chain }
    }
}

/// Settings of both sides, whose hosts are the only ones who know whom to trust.
struct Ends {
    peer: *mut eaprs_tls_peer_config,
    server: *mut eaprs_tls_server_config,
}

impl Ends {
    fn new(client: &Own, server: &Own, keys: *const eaprs_ticket_keys) -> Self {
        let mut ends = Self { peer: ptr::null_mut(), server: ptr::null_mut() };
        let (certificate, key) = (&client.der, &client.key);
        let mut builder = ptr::null_mut();
        // SAFETY: each handle is made by the call before and freed once; octets have their lengths.
        unsafe {
            ok(eaprs_tls_peer_builder_new(&raw mut builder));
            ok(eaprs_tls_peer_builder_certificate(
                builder,
                certificate.as_ptr(),
                certificate.len(),
                key.as_ptr(),
                key.len(),
            ));
            ok(eaprs_tls_peer_builder_ask_host(builder));
            ok(eaprs_tls_peer_builder_build(builder, &raw mut ends.peer));
            eaprs_tls_peer_builder_free(builder);
        }
        let (certificate, key) = (&server.der, &server.key);
        let mut builder = ptr::null_mut();
        // SAFETY: as above.
        unsafe {
            ok(eaprs_tls_server_builder_new(
                certificate.as_ptr(),
                certificate.len(),
                key.as_ptr(),
                key.len(),
                &raw mut builder,
            ));
            ok(eaprs_tls_server_builder_ask_host(builder));
            ok(eaprs_tls_server_builder_resumption(builder, HOUR, 0));
            ok(eaprs_tls_server_builder_ticket_keys(builder, keys));
            ok(eaprs_tls_server_builder_build(builder, &raw mut ends.server));
            eaprs_tls_server_builder_free(builder);
        }
        ends
    }

    /// A login that succeeds.
    fn log_in(&self) -> Pair {
        let mut pair = Pair::of(self.peer(), self.authenticator());
        for session in [&pair.peer, &pair.authenticator] {
            // SAFETY: a live handle.
            ok(unsafe { eaprs_session_set_unix_time(session.0, NOW, 0) });
        }
        pair.run();
        assert!(pair.results.iter().all(|results| results.len() == 1 && results[0].succeeded));
        pair
    }

    fn peer(&self) -> Session {
        let (mut builder, mut config, mut session) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: each handle is made by the call before and freed once; a text of its length.
        unsafe {
            ok(eaprs_peer_builder_new(&raw mut builder));
            ok(eaprs_peer_builder_identity(builder, b"alice".as_ptr(), 5));
            ok(eaprs_peer_builder_tls(builder, self.peer));
            ok(eaprs_peer_builder_build(builder, &raw mut config));
            eaprs_peer_builder_free(builder);
            ok(eaprs_session_new_peer(config, &raw mut session));
            eaprs_peer_config_free(config);
        }
        Session(session)
    }

    fn authenticator(&self) -> Session {
        let (mut builder, mut config, mut session) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: each handle is made by the call before and freed once.
        unsafe {
            ok(eaprs_authenticator_builder_new(&raw mut builder));
            ok(eaprs_authenticator_builder_tls(builder, self.server));
            ok(eaprs_authenticator_builder_build(builder, &raw mut config));
            eaprs_authenticator_builder_free(builder);
            ok(eaprs_session_new_authenticator(config, &raw mut session));
            eaprs_authenticator_config_free(config);
        }
        Session(session)
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        // SAFETY: live handles, freed once.
        unsafe {
            eaprs_tls_peer_config_free(self.peer);
            eaprs_tls_server_config_free(self.server);
        }
    }
}

pub(crate) fn ok(status: eaprs_status) {
    assert_eq!(status, eaprs_status::Ok);
}

fn ticket_keys(octet: u8) -> *mut eaprs_ticket_keys {
    let mut keys = ptr::null_mut();
    // SAFETY: one key of its length, and a valid pointer.
    ok(unsafe { eaprs_ticket_keys_new([octet; EAPRS_TICKET_KEY_LEN].as_ptr(), 1, &raw mut keys) });
    keys
}

#[test]
fn a_bare_failure_in_the_handshake_has_a_number_of_its_own() {
    let own = Own::new("alice");
    let keys = ticket_keys(1);
    let ends = Ends::new(&own, &own, keys);
    let mut peer = ends.peer();
    for packet in [&[1, 7, 0, 5, 1][..], &[1, 8, 0, 6, 13, 0x20]] {
        assert_eq!(peer.feed(packet), eaprs_received::Accepted);
        while peer.poll() != eaprs_output::None {}
    }
    assert_eq!(peer.feed(&[4, 8, 0, 4]), eaprs_received::Accepted);
    assert_eq!(peer.poll(), eaprs_output::Finished);
    let Reading { failure, method, .. } = peer.read();
    assert_eq!((failure, method), (eaprs_failure::TlsUnfinished, (TLS, 0)));
    // SAFETY: a live handle, freed once.
    unsafe { eaprs_ticket_keys_free(keys) };
}

/// Both hosts are asked in the first login; in a resumed one, the server's alone.
#[test]
fn certificates_are_asked_about_and_sessions_resumed() {
    let (client, server) = (Own::new("alice"), Own::new("radius.example.org"));
    let keys = ticket_keys(1);
    let ends = Ends::new(&client, &server, keys);
    let questions = [eaprs_query::VerifyServer, eaprs_query::VerifyClient];
    for (resumed, asked) in [(false, &questions[..]), (true, &questions[1..])] {
        let pair = ends.log_in();
        assert_eq!(pair.asked, asked);
        let question = Reading {
            text: Some("CN=alice".into()),
            identity: Some(b"alice".to_vec()),
            query: (eaprs_query::VerifyClient, 1),
            certificate: client.shown(vec![client.der.clone()]),
            ..nothing()
        };
        assert_eq!(pair.question, question);
        for (result, seen) in pair.results.iter().flatten().zip([&server, &client]) {
            assert_eq!((result.method, result.tls_resumed), ((TLS, 0), resumed));
            assert_eq!(result.tls.0, EAPRS_TLS_1_3);
            assert_eq!(result.certificate, seen.shown(Vec::new()));
        }
    }
    // SAFETY: a live handle, freed once.
    unsafe { eaprs_ticket_keys_free(keys) };
}

/// The keys live on in the settings when their handle is gone; other keys open no ticket.
#[test]
fn ticket_keys_are_shared_and_replaced() {
    let (client, server) = (Own::new("alice"), Own::new("radius.example.org"));
    let keys = ticket_keys(1);
    let ends = Ends::new(&client, &server, keys);
    let resumed = || ends.log_in().results[0][0].tls_resumed;
    assert_eq!([resumed(), resumed()], [false, true]);
    // SAFETY: a live handle, and a key of its length.
    ok(unsafe { eaprs_ticket_keys_replace(keys, [2; EAPRS_TICKET_KEY_LEN].as_ptr(), 1) });
    // SAFETY: a live handle, freed once.
    unsafe { eaprs_ticket_keys_free(keys) };
    assert_eq!([resumed(), resumed()], [false, true]);
}
