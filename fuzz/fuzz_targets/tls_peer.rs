//! A peer in the middle of EAP-TLS under a program of packets, signals and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::tls_peer(data));
