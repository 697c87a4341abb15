//! Certificates, keys and revocation lists as a configuration takes them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::certificate(data));
