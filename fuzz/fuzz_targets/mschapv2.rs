//! Either end of EAP-MSCHAPv2 under a program of packets, answers, signals and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::mschapv2(data));
