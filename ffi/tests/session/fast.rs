//! EAP-FAST: PACs that come out of a session and go into the next, keys that are replaced; and what
//! a build without it says.

use std::ffi::CStr;
use std::ptr;

use eap_rs_ffi::*;

use crate::handles::{Pair, Session, peer_builder};
use crate::tls::{NOW, Own, ok};

const FAST: u32 = 43;
const GTC: u32 = 6;

/// What a build without EAP-FAST says of its settings.
const ABSENT: &str = "methods: EAP-FAST is not in this build: feature `fast`";

/// A peer's settings with these PACs, whose host is the only one who knows whom to trust; or why
/// there are none.
fn peer_settings(pacs: &[u8]) -> Result<*mut eaprs_fast_peer_config, String> {
    let (mut inner, mut tls, mut builder, mut config) =
        (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: each handle is made by the call before and freed once; octets have their lengths.
    unsafe {
        let inside = peer_builder(Some("alice"), Some("secret"), GTC);
        ok(eaprs_peer_builder_build(inside, &raw mut inner));
        eaprs_peer_builder_free(inside);
        ok(eaprs_fast_peer_builder_new(inner, &raw mut builder));
        eaprs_peer_config_free(inner);
        ok(eaprs_tls_peer_builder_new(&raw mut tls));
        ok(eaprs_tls_peer_builder_ask_host(tls));
        ok(eaprs_fast_peer_builder_tls(builder, tls));
        eaprs_tls_peer_builder_free(tls);
        ok(eaprs_fast_peer_builder_pacs(builder, pacs.as_ptr(), pacs.len()));
        let built = match eaprs_fast_peer_builder_build(builder, &raw mut config) {
            eaprs_status::Ok => Ok(config),
            status => {
                assert_eq!(status, eaprs_status::InvalidConfig);
                let error = CStr::from_ptr(eaprs_fast_peer_builder_error(builder, ptr::null_mut()));
                Err(error.to_str().unwrap().to_owned())
            }
        };
        eaprs_fast_peer_builder_free(builder);
        built
    }
}

fn server_settings(
    server: &Own,
    keys: *const eaprs_pac_keys,
) -> Result<*mut eaprs_fast_server_config, String> {
    let (mut inner, mut tls, mut builder, mut config) =
        (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let (certificate, key, authority) = (&server.der, &server.key, [7; 16]);
    // SAFETY: as above.
    unsafe {
        let mut inside = ptr::null_mut();
        ok(eaprs_authenticator_builder_new(&raw mut inside));
        ok(eaprs_authenticator_builder_method(inside, GTC));
        ok(eaprs_authenticator_builder_build(inside, &raw mut inner));
        eaprs_authenticator_builder_free(inside);
        ok(eaprs_tls_server_builder_new(
            certificate.as_ptr(),
            certificate.len(),
            key.as_ptr(),
            key.len(),
            &raw mut tls,
        ));
        let (octets, len) = (authority.as_ptr(), authority.len());
        ok(eaprs_fast_server_builder_new(tls, inner, octets, len, &raw mut builder));
        eaprs_tls_server_builder_free(tls);
        eaprs_authenticator_config_free(inner);
        ok(eaprs_fast_server_builder_pac_keys(builder, keys));
        let built = match eaprs_fast_server_builder_build(builder, &raw mut config) {
            eaprs_status::Ok => Ok(config),
            status => {
                assert_eq!(status, eaprs_status::InvalidConfig);
                let error = eaprs_fast_server_builder_error(builder, ptr::null_mut());
                Err(CStr::from_ptr(error).to_str().unwrap().to_owned())
            }
        };
        eaprs_fast_server_builder_free(builder);
        built
    }
}

/// Makes both sessions of the settings, which are freed at once, and runs them.
fn log_in(peer: *mut eaprs_fast_peer_config, server: *mut eaprs_fast_server_config) -> Pair {
    let (mut config, mut session) = (ptr::null_mut(), ptr::null_mut());
    let (mut offer, mut other) = (ptr::null_mut(), ptr::null_mut());
    let (mut outside, mut authenticator) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: each handle is made by the call before and freed once; a text of its length.
    unsafe {
        ok(eaprs_peer_builder_new(&raw mut outside));
        ok(eaprs_peer_builder_identity(outside, b"nobody".as_ptr(), 6));
        ok(eaprs_peer_builder_fast(outside, peer));
        eaprs_fast_peer_config_free(peer);
        ok(eaprs_peer_builder_build(outside, &raw mut config));
        eaprs_peer_builder_free(outside);
        ok(eaprs_session_new_peer(config, &raw mut session));
        eaprs_peer_config_free(config);
        ok(eaprs_authenticator_builder_new(&raw mut authenticator));
        ok(eaprs_authenticator_builder_fast(authenticator, server));
        eaprs_fast_server_config_free(server);
        ok(eaprs_authenticator_builder_build(authenticator, &raw mut offer));
        eaprs_authenticator_builder_free(authenticator);
        ok(eaprs_session_new_authenticator(offer, &raw mut other));
        eaprs_authenticator_config_free(offer);
        ok(eaprs_session_set_unix_time(session, NOW, 0));
        ok(eaprs_session_set_unix_time(other, NOW, 0));
    }
    let mut pair = Pair::of(Session(session), Session(other));
    pair.run();
    pair
}

#[test]
fn pacs_come_out_and_go_in_or_the_build_says_why_not() {
    let server = Own::new("radius.example.org");
    let mut keys = ptr::null_mut();
    // SAFETY: one key of its length, and a valid pointer.
    ok(unsafe { eaprs_pac_keys_new([1; EAPRS_PAC_KEY_LEN].as_ptr(), 1, &raw mut keys) });
    if eaprs_has_method(FAST) {
        let mut pacs = Vec::new();
        for (by_pac, key) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
            // SAFETY: a live handle, and a key of its length.
            ok(unsafe { eaprs_pac_keys_replace(keys, [key; EAPRS_PAC_KEY_LEN].as_ptr(), 1) });
            let peer = peer_settings(&pacs).unwrap();
            let pair = log_in(peer, server_settings(&server, keys).unwrap());
            for result in pair.results.iter().flatten() {
                assert!(result.succeeded && result.tls_resumed == by_pac);
                assert_eq!(result.method, (FAST, 0));
            }
            assert_eq!(pair.results[0][0].keys, pair.results[1][0].keys);
            assert_eq!(pair.pac_file.is_some(), !by_pac);
            pacs = pair.pac_file.unwrap_or(pacs);
        }
        assert!(peer_settings(b"what?").unwrap_err().starts_with("pacs: line 1: "));
    } else {
        assert_eq!(peer_settings(&[]).unwrap_err(), ABSENT);
        assert_eq!(server_settings(&server, keys).unwrap_err(), ABSENT);
    }
    // SAFETY: a live handle, freed once.
    unsafe { eaprs_pac_keys_free(keys) };
}
