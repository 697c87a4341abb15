//! The host's clock, as the core sees it.

use core::ops::Add;
use core::time::Duration;

/// A point on the host's monotonic clock: milliseconds since any start the host likes.
///
/// The core never reads a clock. Every call that may arm or expire a timer takes an `Instant`;
/// it must not run backwards. It is unrelated to the calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The point `millis` milliseconds after the host's start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the host's start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; zero if `earlier` lies ahead.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates, and rounds up to whole milliseconds so that a timer never fires early.
impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addition_rounds_up_and_saturates() {
        let start = Instant::from_millis(7);
        assert_eq!((start + Duration::from_micros(1)).as_millis(), 8);
        assert_eq!((start + Duration::MAX).as_millis(), u64::MAX);
        assert_eq!(start.saturating_since(Instant::from_millis(9)), Duration::ZERO);
    }
}
