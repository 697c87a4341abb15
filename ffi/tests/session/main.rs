//! The exported functions as C calls them. Meant to be run under AddressSanitizer as well: what the
//! accessors lend is read through the pointers they return.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: to stop is how a test fails"
)]

mod fast;
mod handles;
mod tls;

use std::ptr;

use eap_rs_ffi::*;

use handles::{MD5, OTP, Pair, Reading, Session, nothing, peer_builder};

/// Packets of an authenticator, Identifiers 7 to 11.
const IDENTITY: [u8; 8] = [1, 7, 0, 8, 1, b'w', b'h', b'o'];
const NOTIFICATION: [u8; 7] = [1, 8, 0, 7, 2, b'h', b'i'];
/// Type 9 of vendor 0x00137e, in the Expanded form (RFC 3748 §5.7).
const VENDOR_METHOD: [u8; 12] = [1, 9, 0, 12, 254, 0x00, 0x13, 0x7e, 0, 0, 0, 9];
const MD5_CHALLENGE: [u8; 8] = [1, 10, 0, 8, 4, 2, 0xca, 0xfe];
const FAILURE: [u8; 4] = [4, 10, 0, 4];

#[test]
fn a_login_with_md5() {
    let mut pair = Pair::new(MD5);
    pair.run();
    for results in &pair.results {
        let success = Reading {
            identity: Some(b"alice".to_vec()),
            method: (MD5, 0),
            succeeded: true,
            ..nothing()
        };
        assert_eq!(results, &[success]);
    }
    assert_eq!(pair.asked, [eaprs_query::Credential]);
}

#[test]
fn a_login_with_otp_asks_for_challenge_token_and_verdict() {
    let mut pair = Pair::new(OTP);
    pair.run();
    assert_eq!(
        pair.asked,
        [eaprs_query::Challenge, eaprs_query::Token, eaprs_query::CheckPassword]
    );
    assert!(pair.results.iter().all(|results| results.len() == 1 && results[0].succeeded));
}

#[test]
fn every_output_of_a_peer_reads_as_itself_and_as_nothing_else() {
    let mut peer = Session::peer(None, None, MD5);
    assert_eq!(peer.read(), nothing());

    assert_eq!(peer.feed(&IDENTITY), eaprs_received::Accepted);
    assert_eq!(peer.read(), nothing(), "not stepped to yet");
    let question =
        Reading { text: Some("who".into()), query: (eaprs_query::Identity, 1), ..nothing() };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Ask, question));
    assert_eq!(peer.answer_text(1, "alice"), eaprs_status::Ok);
    let response = Reading { packet: Some(b"\x02\x07\0\x0a\x01alice".to_vec()), ..nothing() };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Send, response));

    assert_eq!(peer.feed(&NOTIFICATION), eaprs_received::Accepted);
    let message =
        Reading { text: Some("hi".into()), event: eaprs_event::Notification, ..nothing() };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Event, message));
    assert_eq!(peer.poll(), eaprs_output::Send);

    assert_eq!(peer.feed(&VENDOR_METHOD), eaprs_received::Accepted);
    let refused = Reading {
        text: Some("vendor 4990 Type 9".into()),
        event: eaprs_event::MethodRefused,
        method: (9, 0x13_7e),
        ..nothing()
    };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Event, refused));
    assert_eq!(peer.poll(), eaprs_output::Send);

    assert_eq!(peer.feed(&MD5_CHALLENGE), eaprs_received::Accepted);
    let started = Reading {
        text: Some("MD5-Challenge".into()),
        event: eaprs_event::MethodStarted,
        method: (MD5, 0),
        ..nothing()
    };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Event, started));
    let question = Reading {
        identity: Some(b"alice".to_vec()),
        query: (eaprs_query::Password, 2),
        ..nothing()
    };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Ask, question));
    assert_eq!(peer.answer_secret(2, b"secret"), eaprs_status::Ok);
    assert_eq!(peer.poll(), eaprs_output::Send);

    assert_eq!(peer.feed(&FAILURE), eaprs_received::Accepted);
    assert_eq!(peer.poll(), eaprs_output::Finished);
    let Reading { text, failure, method, .. } = peer.read();
    assert_eq!((failure, method), (eaprs_failure::Rejected, (MD5, 0)));
    assert!(text.unwrap().contains("MD5-Challenge"));
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::None, nothing()));
}

#[test]
fn a_withdrawn_question_has_its_id_alone() {
    let mut peer = Session::peer(None, None, MD5);
    assert_eq!(peer.feed(&IDENTITY), eaprs_received::Accepted);
    assert_eq!(peer.poll(), eaprs_output::Ask);
    assert_eq!(peer.signal(eaprs_signal::PortDown), eaprs_status::Ok);
    let withdrawn = Reading { query: (eaprs_query::None, 1), ..nothing() };
    assert_eq!((peer.poll(), peer.read()), (eaprs_output::Withdrawn, withdrawn));
    assert_eq!(peer.answer_text(1, "late"), eaprs_status::StaleAnswer);
}

#[test]
fn the_outputs_of_a_supplicant_read_as_themselves() {
    let mut port = Session::supplicant();
    assert_eq!(port.signal(eaprs_signal::PortUp), eaprs_status::Ok);
    let state = |pae| Reading { event: eaprs_event::Pae, pae, ..nothing() };
    let (connecting, open) =
        (state(eaprs_pae_state::Connecting), state(eaprs_pae_state::Authenticated));
    assert_eq!((port.poll(), port.read()), (eaprs_output::Event, connecting));
    assert_eq!(port.poll(), eaprs_output::Send);
    assert_eq!(port.read().packet.unwrap()[12..], [0x88, 0x8e, 1, 1, 0, 0]);
    assert_eq!(port.time(30_000), eaprs_status::Ok);
    let nobody = Reading { event: eaprs_event::NoAuthenticator, ..nothing() };
    assert_eq!((port.poll(), port.read()), (eaprs_output::Event, nobody));
    assert_eq!((port.poll(), port.read()), (eaprs_output::Event, open));
    let authorized = Reading { event: eaprs_event::Port, port_authorized: true, ..nothing() };
    assert_eq!((port.poll(), port.read()), (eaprs_output::Event, authorized));
    assert_eq!(port.poll(), eaprs_output::None);
}

/// What is lent must outlive every call with a const handle; were it remade or moved, the sanitizer
/// would stop this test.
#[test]
fn what_is_borrowed_lasts_until_the_next_call_that_is_not_const() {
    let mut peer = Session::peer(None, Some("secret"), MD5);
    assert_eq!(peer.feed(&IDENTITY[..3]), eaprs_received::Discarded);
    assert_eq!(peer.feed(&IDENTITY), eaprs_received::Accepted);
    assert_eq!(peer.poll(), eaprs_output::Ask);
    let prompt = peer.lend(|session, len| {
        // SAFETY: a live handle and a valid length.
        unsafe { eaprs_session_text(session, len) }.cast()
    });
    peer.read();
    assert_eq!(prompt.octets(), b"who");

    assert_eq!(peer.answer_text(1, "alice"), eaprs_status::Ok);
    assert_eq!(peer.poll(), eaprs_output::Send);
    let packet = peer.lend(|session, len| {
        // SAFETY: a live handle and a valid length.
        unsafe { eaprs_session_packet(session, len) }
    });
    // The other handles a host has are other objects.
    let mut other = Session::peer(Some("bob"), None, MD5);
    assert_eq!(other.feed(&IDENTITY), eaprs_received::Accepted);
    peer.read();
    assert_eq!(packet.octets(), b"\x02\x07\0\x0a\x01alice");

    assert_eq!(peer.feed(&IDENTITY[..3]), eaprs_received::Discarded);
    let reason = peer.lend(|session, len| {
        // SAFETY: a live handle and a valid length.
        unsafe { eaprs_session_discard_text(session, len) }.cast()
    });
    peer.read();
    assert_eq!(reason.octets(), b"shorter than an EAP header");
    // Other calls than handle_packet leave it.
    assert_eq!(peer.poll(), eaprs_output::None);
    assert_eq!(peer.time(1), eaprs_status::Ok);
    assert_eq!(reason.octets(), b"shorter than an EAP header");
}

/// A host may pass on what another session lends without copying it.
#[test]
fn what_one_session_lends_can_be_fed_to_another() {
    let mut peer = Session::peer(Some("alice"), None, MD5);
    let mut authenticator = Session::authenticator(MD5);
    authenticator.start();
    assert_eq!(authenticator.poll(), eaprs_output::Send);
    let mut len = 0;
    // SAFETY: live handles; the packet is lent by a session that is not called meanwhile.
    let received = unsafe {
        let packet = eaprs_session_packet(authenticator.0, &raw mut len);
        eaprs_session_handle_packet(peer.0, packet, len, 0)
    };
    assert_eq!(received, eaprs_received::Accepted);
    assert_eq!(peer.poll(), eaprs_output::Send);
}

#[test]
fn null_is_a_status_or_nothing() {
    let none: *mut eaprs_session = ptr::null_mut();
    let mut len = 99;
    // SAFETY: NULL is allowed everywhere.
    unsafe {
        assert_eq!(eaprs_session_poll(none), eaprs_output::None);
        assert_eq!(eaprs_session_timeout_ms(none, 0), u64::MAX);
        assert_eq!(eaprs_session_handle_packet(none, ptr::null(), 0, 0), eaprs_received::Error);
        assert_eq!(eaprs_session_packet(none, &raw mut len), ptr::null());
        assert_eq!(len, 0);
        for status in [
            eaprs_session_start(none, 0),
            eaprs_session_handle_timeout(none, 0),
            eaprs_session_handle_signal(none, 1, 0),
            eaprs_session_answer_text(none, 1, ptr::null(), 0, 0),
            eaprs_session_answer_secret(none, 1, ptr::null(), 0, 0),
            eaprs_session_answer_offer(none, 1, ptr::null(), 0, 0),
            eaprs_session_answer_credential(none, 1, ptr::null(), 0, 0),
            eaprs_session_answer_verdict(none, 1, true, 0),
            eaprs_session_answer_decline(none, 1, 0),
            eaprs_session_new_peer(ptr::null(), ptr::null_mut()),
            eaprs_session_new_authenticator(ptr::null(), ptr::null_mut()),
            eaprs_session_new_supplicant(ptr::null(), ptr::null(), ptr::null_mut()),
            eaprs_peer_builder_new(ptr::null_mut()),
            eaprs_authenticator_builder_new(ptr::null_mut()),
            eaprs_supplicant_builder_new([0; 6].as_ptr(), ptr::null_mut()),
        ] {
            assert_eq!(status, eaprs_status::NullPointer);
        }
        eaprs_session_free(none);
    }
}

/// Nothing leaks when the last step of making a handle has nowhere to write it.
#[test]
fn a_session_that_cannot_be_handed_out_is_freed() {
    let mut config = ptr::null_mut();
    // SAFETY: each handle is made by the call before and freed once.
    unsafe {
        let builder = peer_builder(Some("alice"), Some("secret"), MD5);
        assert_eq!(eaprs_peer_builder_build(builder, ptr::null_mut()), eaprs_status::NullPointer);
        assert_eq!(eaprs_peer_builder_build(builder, &raw mut config), eaprs_status::Ok);
        eaprs_peer_builder_free(builder);
        assert_eq!(eaprs_session_new_peer(config, ptr::null_mut()), eaprs_status::NullPointer);
        eaprs_peer_config_free(config);
    }
}
