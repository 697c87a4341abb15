//! A file of PACs, in either format.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eap_rs::fuzzing::pac_file(data));
