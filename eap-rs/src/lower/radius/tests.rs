//! The RADIUS helper: octets of the RFCs, every truncation, and a server's conversations.

mod authorization;
mod duplicates;
mod keys;
mod packets;
mod passwords;
mod sessions;

use super::*;

const REQUEST_AUTHENTICATOR: [u8; 16] = *b"0123456789abcdef";

fn secret() -> SharedSecret {
    SharedSecret::new("xyzzy5461").unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { panic!("{digits}") };
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn request() -> RadiusBuilder {
    RadiusBuilder::request(7, REQUEST_AUTHENTICATOR)
}

fn built(builder: RadiusBuilder) -> Vec<u8> {
    builder.build(&secret()).unwrap()
}
