//! One identity: its realm, and what of it may be known.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::identity(data));
