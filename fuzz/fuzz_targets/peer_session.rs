//! A peer under a program of packets, answers, signals and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::peer_session(data));
