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

/// The calendar as the host last told it, carried on by its monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calendar(Option<(u64, Instant)>);

impl Calendar {
    /// It is `unix_seconds` at `now`.
    pub(crate) fn set(&mut self, unix_seconds: u64, now: Instant) {
        self.0 = Some((unix_seconds, now));
    }

    /// Seconds since 1970-01-01 UTC, if the host has said.
    pub(crate) fn at(&self, now: Instant) -> Option<u64> {
        let (unix_seconds, then) = self.0?;
        Some(unix_seconds.saturating_add(now.saturating_since(then).as_secs()))
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
    fn the_calendar_goes_on_from_where_it_was_set() {
        let mut calendar = Calendar::default();
        assert_eq!(calendar.at(Instant::from_millis(5)), None);
        calendar.set(1_700_000_000, Instant::from_millis(10_000));
        assert_eq!(calendar.at(Instant::from_millis(12_500)), Some(1_700_000_002));
    }

    #[test]
    fn addition_rounds_up_and_saturates() {
        let start = Instant::from_millis(7);
        assert_eq!((start + Duration::from_micros(1)).as_millis(), 8);
        assert_eq!((start + Duration::MAX).as_millis(), u64::MAX);
        assert_eq!(start.saturating_since(Instant::from_millis(9)), Duration::ZERO);
    }
}
