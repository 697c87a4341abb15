//! The fragment layer of the TLS-based methods under a program of packets and messages.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_rs::fuzzing::fragment(data));
