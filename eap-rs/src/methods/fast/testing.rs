//! What the tests share.

use rand::SeedableRng;
use rand::rngs::StdRng;

pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        digits.chars().map(|c| c.to_digit(16).unwrap().try_into().unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

pub(super) fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}
