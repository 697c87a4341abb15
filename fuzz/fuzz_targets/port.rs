//! A port of a switch under a program of frames, answers, signals and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::port(data));
