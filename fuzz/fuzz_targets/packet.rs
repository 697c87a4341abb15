//! One EAP packet: read, and written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::packet(data));
