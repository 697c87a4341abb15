//! Extensions of PEAP inside a tunnel, to both sides.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::tlv(data));
