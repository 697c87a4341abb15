//! Runs a test for many seeds and names the one that failed.

use core::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `test` for each seed.
///
/// # Panics
/// If the test does, with the seed; the test's own message has been printed before.
pub fn for_each(seeds: Range<u64>, mut test: impl FnMut(u64)) {
    for seed in seeds {
        let outcome = catch_unwind(AssertUnwindSafe(|| test(seed)));
        assert!(outcome.is_ok(), "failed with seed {seed}");
    }
}
