//! A message of phase 2 of EAP-FAST, read by both sides.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_rs::fuzzing::fast_tlv(data));
