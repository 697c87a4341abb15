//! Either end of EAP-FAST under a program of packets, TLVs inside the tunnel, signals and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_tests::fuzzing::fast_session(data));
