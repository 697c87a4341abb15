//! The time as the library wants it: milliseconds of a clock that only goes forward, and the
//! calendar.

use std::time::{self, SystemTime, UNIX_EPOCH};

use eap_rs::Instant;

/// A clock that starts at 0.
pub(crate) struct Clock(time::Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(time::Instant::now())
    }

    pub(crate) fn now(&self) -> Instant {
        let millis = self.0.elapsed().as_millis();
        Instant::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}

/// The calendar; a machine that runs these tools has one.
pub(crate) fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
