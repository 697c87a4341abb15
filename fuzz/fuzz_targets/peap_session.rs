//! Messages inside the tunnel of PEAP, to either side.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::peap_session(data));
