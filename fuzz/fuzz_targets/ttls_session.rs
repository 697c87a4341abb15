//! Either end of EAP-TTLS under a program of packets, messages inside the tunnel, signals and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::ttls_session(data));
