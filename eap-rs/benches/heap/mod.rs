//! What the heap says. A reallocation counts as an allocation of its new size; at a peak only the
//! new size is there.

use std::hint::black_box;

use dhat::HeapStats;

#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) blocks: u64,
    pub(crate) octets: u64,
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { blocks: self.blocks + other.blocks, octets: self.octets + other.octets }
    }
}

/// The heap of one of two sides that take turns.
#[derive(Default)]
pub(crate) struct Side {
    held: i64,
    peak: i64,
}

impl Side {
    /// Makes the side; says what that allocates.
    pub(crate) fn create<T>(&mut self, call: impl FnOnce() -> T) -> (T, Count) {
        self.run(call, |_| 0)
    }

    /// Lets the side take its turn; says what that allocates. The packet that it gives is no
    /// longer its own.
    pub(crate) fn turn(
        &mut self,
        call: impl FnOnce() -> Option<Vec<u8>>,
    ) -> (Option<Vec<u8>>, Count) {
        self.run(call, |packet| packet.as_ref().map_or(0, Vec::capacity))
    }

    /// The most octets that the side has held, up to now.
    pub(crate) fn peak(&self) -> i64 {
        self.peak
    }

    fn run<T>(&mut self, call: impl FnOnce() -> T, given: impl FnOnce(&T) -> usize) -> (T, Count) {
        let ballast = fill_to_the_peak();
        let before = HeapStats::get();
        let result = call();
        let after = HeapStats::get();
        drop(ballast);
        let at_peak = self.held + difference(before.curr_bytes, after.max_bytes);
        self.peak = self.peak.max(at_peak);
        let change = difference(before.curr_bytes, after.curr_bytes);
        self.held += change - difference(0, given(&result));
        let count = Count {
            blocks: after.total_blocks - before.total_blocks,
            octets: after.total_bytes - before.total_bytes,
        };
        (result, count)
    }
}

/// Allocates up to the peak of the process, so that what is allocated on top moves it.
fn fill_to_the_peak() -> Vec<u8> {
    let HeapStats { curr_bytes, max_bytes, .. } = HeapStats::get();
    black_box(Vec::with_capacity(max_bytes - curr_bytes))
}

/// The octets on the heap.
pub(crate) fn in_use() -> usize {
    HeapStats::get().curr_bytes
}

/// What `value` held on the heap.
pub(crate) fn released<T>(value: T) -> Count {
    let before = HeapStats::get();
    drop(value);
    let after = HeapStats::get();
    let difference = |before: usize, after: usize| before.saturating_sub(after) as u64;
    Count {
        blocks: difference(before.curr_blocks, after.curr_blocks),
        octets: difference(before.curr_bytes, after.curr_bytes),
    }
}

fn difference(before: usize, after: usize) -> i64 {
    after as i64 - before as i64
}
