//! Checks that both configurations make.

use core::ops::RangeInclusive;
use core::time::Duration;

use crate::ConfigError;

/// Ten hours: longer waits are mistakes of a unit.
const MAX_TIME: Duration = Duration::from_secs(36_000);

pub(crate) fn check_time(field: &'static str, time: Duration) -> Result<(), ConfigError> {
    check_range(field, millis(time), 1..=millis(MAX_TIME))
}

pub(crate) fn check_range(
    field: &'static str,
    value: u64,
    accepted: RangeInclusive<u64>,
) -> Result<(), ConfigError> {
    if accepted.contains(&value) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange { field, value, min: *accepted.start(), max: *accepted.end() })
}

pub(crate) fn check_len(field: &'static str, len: usize, max: usize) -> Result<(), ConfigError> {
    if len > max {
        return Err(ConfigError::TooLong { field, len, max });
    }
    Ok(())
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
