//! One RADIUS packet: read, written again, checked, and given to a server.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::radius(data));
